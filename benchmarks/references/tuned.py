"""numpy as someone would write it who counts passes over memory: tables of quantiles, blocks that stay in cache.

Quantiles are tabulated over normal scores, so no probability is computed; `numpy.interp` reads them. The generator is
numpy's fastest (SFC64), every array that can be is written in place, and correlation is one normal per country plus one
per area, which costs less than a product with a root.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from benchmarks.jobs import BETWEEN_AREAS, Floats, Job
from popsim import LogNormal, Pert, Triangular, Uniform
from popsim.families import Family

GRID = np.linspace(-8.25, 8.25, 1024)
BLOCK = 16_384

_BELOW = special.ndtr(GRID)
_ABOVE = special.ndtr(-GRID)


def table(family: Family) -> Floats:
    """Tabulate the quantiles of a distribution over the grid of scores."""
    if isinstance(family, LogNormal):
        return np.asarray(np.exp(family.mu + family.sigma * GRID))
    if isinstance(family, Uniform):
        return np.asarray(family.low + (family.high - family.low) * _BELOW)
    if isinstance(family, Triangular):
        width, rise, fall = family.high - family.low, family.mode_ - family.low, family.high - family.mode_
        rising = family.low + np.sqrt(_BELOW * width * rise)
        return np.where(_BELOW * width < rise, rising, family.high - np.sqrt(_ABOVE * width * fall))
    if isinstance(family, Pert):
        share = (family.mode_ - family.low) / (family.high - family.low)
        a, b = 1.0 + family.shape * share, 1.0 + family.shape * (1.0 - share)
        unit = special.betaincinv(a, b, _BELOW)
        return np.asarray(family.low + (family.high - family.low) * unit)
    raise TypeError(f"no table for {family!r}")


def tables(job: Job) -> list[list[Floats]]:
    """Tabulate all distributions of a job."""
    return [[table(family) for family in row] for row in job.marginals]


def sums_by_area(job: Job, tabulated: list[list[Floats]], scenarios: int, seed: int = 1) -> Floats:
    """Sum the cost of all countries by area; (area, scenario)."""
    rng = np.random.Generator(np.random.SFC64(seed))
    sums = np.zeros((job.areas, scenarios))
    for start in range(0, scenarios, BLOCK):
        block = sums[:, start : start + BLOCK]
        factor, scores = np.empty(block.shape[1]), np.empty(block.shape)
        for country in range(job.countries):
            _scores(rng, factor, scores)
            row = tabulated[country % len(tabulated)]
            for area in range(job.areas):
                values = np.interp(scores[area], GRID, row[area])
                values *= job.scales[country]
                block[area] += values
    return sums


def cube(job: Job, tabulated: list[list[Floats]], scenarios: int, seed: int = 1) -> Floats:
    """Keep every cell; (country, area, scenario)."""
    rng = np.random.Generator(np.random.SFC64(seed))
    result = np.empty((job.countries, job.areas, scenarios))
    factor, scores = np.empty(scenarios), np.empty((job.areas, scenarios))
    for country in range(job.countries):
        _scores(rng, factor, scores)
        row = tabulated[country % len(tabulated)]
        for area in range(job.areas):
            np.multiply(np.interp(scores[area], GRID, row[area]), job.scales[country], out=result[country, area])
    return result


def _scores(rng: np.random.Generator, factor: Floats, scores: Floats) -> None:
    rng.standard_normal(out=factor)
    rng.standard_normal(out=scores)
    scores *= np.sqrt(1.0 - BETWEEN_AREAS)
    factor *= np.sqrt(BETWEEN_AREAS)
    scores += factor
