"""Sums of costs against their exact distributions: normals, gammas, uniforms, events; others by FFT convolution."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

import popsim as ps
from popsim.families import Family

from ..reproduction.small import component, through_popsim, write
from .claims import ALARM, Claim, Section, binomial_score, score_limit

Floats = NDArray[np.float64]

SEED = 43
COUNT = 1_000_000
LEVELS = np.array([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])
POINTS = 2**20
"""Of a grid on which densities are convolved."""


def largest_score(total: Floats, quantiles: Sequence[float], levels: Sequence[float]) -> float:
    """Return the largest score of the numbers of scenarios up to quantiles, each an exact binomial probability."""
    return max(
        binomial_score(int((total <= quantile).sum()), len(total), float(level))
        for quantile, level in zip(quantiles, levels, strict=True)
    )


def convolved(laws: Sequence[Callable[[Floats], Floats]], most: float) -> tuple[Floats, Floats]:
    """Return a grid from 0 to `most`, and the distribution function of a sum of positive costs on it.

    Each cost's probability is put on the points of the grid by cells half a step either side. Cells of a sum are then
    off by less than a step for each cost, and what is above `most` comes round from the top: both are far below what
    1,000,000 scenarios tell.
    """
    step = most / POINTS
    edges = (np.arange(POINTS + 1) - 0.5) * step
    spectrum = np.ones(POINTS + 1, dtype=np.complex128)
    for cdf in laws:
        cells = np.diff(cdf(edges))
        # Whatever is at or below zero is at zero.
        cells[0] = cdf(edges[1:2])[0]
        spectrum *= np.fft.rfft(cells, 2 * POINTS)
    density = np.fft.irfft(spectrum, 2 * POINTS)[:POINTS]
    return edges[1:], np.cumsum(density)


@cache
def _sums_of_lognormals() -> tuple[Floats, Floats]:
    laws = [partial(stats.lognorm.cdf, s=s, scale=math.exp(mu)) for mu, s in _LOGNORMALS]
    return convolved(laws, 3_000.0)


_LOGNORMALS = ((1.0, 0.3), (0.5, 0.8), (0.0, 1.5))


def _total(families: Sequence[Family], seed: int = SEED, **options: Any) -> Floats:
    drawn = ps.sample({f"x{k}": each for k, each in enumerate(families)}, scenarios=COUNT, seed=seed, **options)
    return np.asarray(sum(drawn[f"x{k}"].values for k in range(len(families))))


def _against(total: Floats, law: Any, wrong: Any) -> tuple[float, float]:
    """Compare with a frozen distribution of scipy, and with a wrong one."""
    return largest_score(total, law.ppf(LEVELS), LEVELS), largest_score(total, wrong.ppf(LEVELS), LEVELS)


def _at_quantiles(total: Floats, grid: tuple[Floats, Floats]) -> tuple[float, float]:
    """Compare with a distribution function on a grid, and with the same of amounts 1 % larger."""
    points, cdf = grid
    places = np.searchsorted(cdf, LEVELS)
    right = largest_score(total, points[places], cdf[places])
    return right, largest_score(total, 1.01 * points[places], cdf[places])


def _measure_normals() -> tuple[float, float]:
    deviations = np.array([1.0, 2.0, 5.0, 0.1, 3.0])
    total = _total([ps.Normal(10.0, s) for s in deviations], correlation=0.3)
    variance = 0.7 * (deviations**2).sum() + 0.3 * deviations.sum() ** 2
    return _against(total, stats.norm(50.0, math.sqrt(variance)), stats.norm(50.0, math.sqrt(1.03 * variance)))


def _measure_gammas() -> tuple[float, float]:
    total = _total([ps.Gamma(shape, 2.0) for shape in (0.3, 1.0, 2.5)])
    return _against(total, stats.gamma(3.8, scale=2.0), stats.gamma(3.8, scale=2.02))


def _measure_uniforms() -> tuple[float, float]:
    total = _total([ps.Uniform(0.0, 1.0)] * 5)
    return _against(total, stats.irwinhall(5), stats.irwinhall(5, scale=1.01))


def _measure_gammas_of_unlike_scale() -> tuple[float, float]:
    laws = [partial(stats.gamma.cdf, a=shape, scale=scale) for shape, scale in ((2.0, 1.0), (0.7, 5.0))]
    return _at_quantiles(_total([ps.Gamma(2.0, 1.0), ps.Gamma(0.7, 5.0)]), convolved(laws, 200.0))


def _measure_lognormals() -> tuple[float, float]:
    return _at_quantiles(_total([ps.LogNormal(mu, s) for mu, s in _LOGNORMALS]), _sums_of_lognormals())


def _study_of(areas: dict[str, dict[str, dict[str, Any]]], **tables: Any) -> Floats:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), areas, **tables)
        return np.asarray(through_popsim(path, COUNT)["cost"].values)


def _measure_events() -> tuple[float, float]:
    """Eight needs of one in three, each at a cost of 100: a binomial number of payments."""
    countries = tuple((f"C{chr(65 + k)}A", "North", 1_000_000) for k in range(8))
    stated = {"probability": 1.0 / 3.0, "basis": "judgement", "rationale": "Made up for a test."}
    total = _study_of({"x": {"k": component(100.0)}}, countries=countries, area={"x": {"need": stated}})
    number = np.rint(total / 100.0).astype(np.int64)

    def largest(chance: float) -> float:
        law = stats.binom(8, chance)
        return max(binomial_score(int((number <= k).sum()), COUNT, float(law.cdf(k))) for k in range(8))

    return largest(1.0 / 3.0), largest(0.34)


def _measure_study() -> tuple[float, float]:
    """Two countries, of which each needs a lognormal with a chance of 0.6, and pays a gamma every year of three."""
    stated = {"probability": 0.6, "basis": "judgement", "rationale": "Made up for a test."}
    areas = {
        "x": {"k": component({"family": "lognormal", "mu": 4.0, "sigma": 0.9})},
        "y": {"k": component({"family": "gamma", "shape": 2.0, "scale": 20.0}, "per-year", years="all")},
    }
    total = _study_of(areas, area={"x": {"need": stated}, "y": {}})

    def needed(x: Floats) -> Floats:
        return np.where(x < 0.0, 0.0, 0.4 + 0.6 * stats.lognorm.cdf(x, s=0.9, scale=math.exp(4.0)))

    yearly = partial(stats.gamma.cdf, a=2.0, scale=60.0)
    return _at_quantiles(total, convolved([needed, needed, yearly, yearly], 20_000.0))


def claims() -> list[Claim]:
    """Return the claims of this section."""
    rows: tuple[tuple[str, str, str, str, Callable[[], tuple[float, float]]], ...] = (
        (
            "sum of five correlated normals",
            "r = 0.3 between all",
            "normal, variance sum of s_i s_j r_ij",
            "a variance 3 % larger",
            _measure_normals,
        ),
        ("sum of three gammas of one scale", "shapes 0.3, 1, 2.5", "gamma of shape 3.8", "1 % more", _measure_gammas),
        ("sum of five uniforms", "on 0 to 1", "Irwin-Hall distribution", "1 % more", _measure_uniforms),
        (
            "sum of two gammas of unlike scale",
            "shapes 2 and 0.7, scales 1 and 5",
            "FFT convolution on 2^20 points",
            "1 % more",
            _measure_gammas_of_unlike_scale,
        ),
        (
            "sum of three lognormals",
            "sigma 0.3, 0.8 and 1.5",
            "FFT convolution on 2^20 points",
            "1 % more",
            _measure_lognormals,
        ),
        (
            "study in which eight countries need a known cost",
            "chance 1/3 each, through files of a study",
            "binomial distribution",
            "a chance of 0.34",
            _measure_events,
        ),
        (
            "study of needs, lognormals and gammas",
            "two countries, two areas, three years, through files of a study",
            "FFT convolution on 2^20 points",
            "1 % more",
            _measure_study,
        ),
    )
    return [
        Claim(
            name,
            f"{COUNT:,} scenarios, {detail}",
            reference,
            "largest normal score of exact binomial probabilities at "
            + ("eight sums" if "eight" in name else "quantiles from 1 to 99 %"),
            score_limit(8),
            control,
            measure,
            SEED if "study" not in name else 5,
            ALARM,
        )
        for name, detail, reference, control, measure in rows
    ]


def figure(folder: Path) -> str:
    """Draw quantiles of the sum of lognormals against those of the convolution."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    points, cdf = _sums_of_lognormals()
    levels = np.concatenate([np.logspace(-5, -2, 20), np.linspace(0.02, 0.98, 60), 1.0 - np.logspace(-2, -5, 20)])
    expected = points[np.searchsorted(cdf, levels)]
    found = np.quantile(_total([ps.LogNormal(mu, s) for mu, s in _LOGNORMALS]), levels)
    with rc_context({"svg.hashsalt": "popsim", "svg.fonttype": "none"}):
        drawn = Figure(figsize=(4.2, 4.0), layout="constrained")
        axes = drawn.add_subplot()
        axes.plot(expected, expected, color="0.6", linewidth=1.0)
        axes.plot(expected, found, ".", markersize=4.0)
        axes.set(xscale="log", yscale="log", xlabel="convolution", ylabel="1,000,000 scenarios")
        drawn.savefig(folder / "sums.svg", metadata={"Date": None, "Creator": None})
    return "Quantiles from 0.001 % to 99.999 % of the sum of three lognormals:\n\n![quantiles of a sum](sums.svg)"


SECTION = Section(
    "sums",
    "Sums of costs",
    """How many scenarios lie at or below a quantile of the exact distribution is binomial, so that each comparison has
an exact probability. Where the distribution has no closed form, densities are convolved on a grid; its step and its end
move probabilities by less than 1e-5, and the standard error of a share is 5e-4.""",
    claims,
    figure,
)
