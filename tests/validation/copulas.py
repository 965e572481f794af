"""Correlations of a Gaussian copula against closed forms: Spearman's, Kendall's, quadrants, octants, covariances."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from scipy import stats

import popsim as ps

from .claims import ALARM, Claim, Section, binomial_score, score_limit, score_of

SEED = 42
BATCHES, BATCH = 100, 10_000
CORRELATIONS = (-0.95, -0.5, 0.2, 0.5, 0.8, 0.99)
MARGINALS = {"one": ps.LogNormal(3.0, 1.5), "two": ps.Triangular(0.0, 1.0, 9.0)}
"""Rank correlations do not depend on them."""


def spearman(r: float, count: int) -> float:
    """Return the expectation of Spearman's correlation of a sample of two normals (Moran 1948).

    doi:10.1093/biomet/35.1-2.203; for many scenarios 6 / pi arcsin(r / 2).
    """
    return 6.0 / math.pi / (count + 1.0) * (math.asin(r) + (count - 2.0) * math.asin(r / 2.0))


def kendall(r: float) -> float:
    """Return Kendall's correlation of two normals."""
    return 2.0 / math.pi * math.asin(r)


def _batches(r: float) -> list[tuple[np.ndarray, np.ndarray]]:
    drawn = ps.sample(MARGINALS, scenarios=BATCHES * BATCH, seed=SEED, correlation=r)
    return list(zip(*(np.split(drawn[name].values, BATCHES) for name in MARGINALS), strict=True))


def batch_score(values: list[float], expected: float) -> float:
    """Return how far the mean of independent batches is from what is expected, by Student's t, as a normal score."""
    found = np.array(values)
    t = (found.mean() - expected) / (found.std(ddof=1) / math.sqrt(len(found)))
    return score_of(2.0 * float(stats.t.sf(abs(t), len(found) - 1)))


def _measure_spearman(r: float) -> tuple[float, float]:
    found = [float(stats.spearmanr(one, two).statistic) for one, two in _batches(r)]
    return batch_score(found, spearman(r, BATCH)), batch_score(found, kendall(r))


def _measure_kendall(r: float) -> tuple[float, float]:
    found = [float(stats.kendalltau(one[:2_000], two[:2_000]).statistic) for one, two in _batches(r)]
    return batch_score(found, kendall(r)), batch_score(found, spearman(r, BATCH))


def _measure_octants() -> tuple[float, float]:
    """Shares of scenarios in which two, and three, costs are above their medians."""
    names = ("a", "b", "c")
    r = {("a", "b"): 0.8, ("a", "c"): -0.4, ("b", "c"): -0.2}
    matrix = {"a": {"b": 0.8, "c": -0.4}, "b": {"c": -0.2}}
    count = BATCHES * BATCH
    drawn = ps.sample(
        {"a": ps.LogNormal(1.0, 0.8), "b": ps.Gamma(2.0, 3.0), "c": ps.Normal(0.0, 1.0)},
        scenarios=count,
        seed=SEED,
        correlation=matrix,
    )
    medians = {"a": math.exp(1.0), "b": float(ps.Gamma(2.0, 3.0).ppf(0.5)), "c": 0.0}
    above = {name: drawn[name].values > medians[name] for name in names}

    def largest(sign: float) -> float:
        """`sign` -1 turns the correlations round."""
        angles = {pair: sign * math.asin(value) for pair, value in r.items()}
        scores = [
            binomial_score(int((above[i] & above[j]).sum()), count, 0.25 + angle / (2.0 * math.pi))
            for (i, j), angle in angles.items()
        ]
        of_three = int((above["a"] & above["b"] & above["c"]).sum())
        scores.append(binomial_score(of_three, count, 0.125 + sum(angles.values()) / (4.0 * math.pi)))
        return max(scores)

    return largest(1.0), largest(-1.0)


def _measure_product() -> tuple[float, float]:
    """Return the score of the mean product of two lognormals, of which the expectation is exp(...)."""
    s, t, r = 0.5, 0.3, 0.6
    drawn = ps.sample(
        {"x": ps.LogNormal(0.0, s), "y": ps.LogNormal(0.0, t)}, scenarios=BATCHES * BATCH, seed=SEED, correlation=r
    )
    product = drawn["x"].values * drawn["y"].values
    means = [float(part.mean()) for part in np.split(product, BATCHES)]
    return (
        batch_score(means, math.exp((s * s + t * t) / 2.0 + r * s * t)),
        batch_score(means, math.exp((s * s + t * t) / 2.0)),
    )


def claims() -> list[Claim]:
    """Return the claims of this section."""
    draws = f"{BATCHES} independent batches of {BATCH:,} scenarios"
    return [
        *(
            Claim(
                f"Spearman's correlation for r = {r}",
                f"{draws} of a lognormal and a triangle",
                "6 / pi arcsin(r / 2), and for a finite sample Moran (1948)",
                "normal score of Student's t of the mean of batches",
                score_limit(),
                "Kendall's correlation as the reference",
                partial(_measure_spearman, r),
                SEED,
                ALARM,
            )
            for r in CORRELATIONS
        ),
        *(
            Claim(
                f"Kendall's correlation for r = {r}",
                f"{BATCHES} independent batches of 2,000 scenarios of a lognormal and a triangle",
                "2 / pi arcsin(r)",
                "normal score of Student's t of the mean of batches",
                score_limit(),
                "Spearman's correlation as the reference",
                partial(_measure_kendall, r),
                SEED,
                ALARM,
            )
            for r in (-0.5, 0.2, 0.8)
        ),
        Claim(
            "shares of quadrants and octants of three correlated costs",
            "share of 1,000,000 scenarios above two medians, and above three",
            "1/4 + arcsin(r) / (2 pi); 1/8 + sum of arcsin(r) / (4 pi)",
            "largest normal score of four exact binomial probabilities",
            score_limit(4),
            "correlations of the opposite sign as the reference",
            _measure_octants,
            SEED,
            ALARM,
        ),
        Claim(
            "mean product of two correlated lognormals",
            f"{draws}; sigma 0.5 and 0.3, r = 0.6",
            "exp((s^2 + t^2) / 2 + r s t)",
            "normal score of Student's t of the mean of batches",
            score_limit(),
            "the product of independent lognormals as the reference",
            _measure_product,
            SEED,
            ALARM,
        ),
    ]


SECTION = Section(
    "copulas",
    "Correlations of a Gaussian copula",
    """`correlation` in `ps.sample`, and the shares and correlations of a study, are correlations of normal scores. Rank
correlations of the costs then follow in closed form, whatever the families. Correlations within and between countries
of a study are compared with what the study states in `tests/plan/test_dependence.py`.""",
    claims,
)
