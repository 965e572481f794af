"""squigglepy: distributions made to follow each other by `sq.correlate` (Iman and Conover's reordering of ranks).

The correlation that it takes is of ranks, so it is given the one that the normal scores imply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.jobs import Floats, Job, correlation
from popsim import LogNormal, Pert, Triangular, Uniform
from popsim.families import Family

SCENARIOS = 8192
NOTE = "ranks reordered"


def prepare(job: Job) -> Callable[[int], Floats]:
    """Give the function that makes the distributions, samples and sums.

    A correlated variable holds its sample, so each country has variables of its own.
    """
    import squigglepy as sq

    ranks = 6.0 / np.pi * np.arcsin(correlation(job.areas) / 2.0)
    np.fill_diagonal(ranks, 1.0)

    def sums_by_area(scenarios: int) -> Floats:
        sq.set_seed(1)
        sums = np.zeros((job.areas, scenarios))
        for country in range(job.countries):
            row = tuple(_marginal(sq, family) for family in job.of_country(country))
            for area, variable in enumerate(sq.correlate(row, ranks.tolist())):
                sums[area] += job.scales[country] * (variable @ scenarios)
        return sums

    return sums_by_area


def _marginal(sq: Any, family: Family) -> Any:
    if isinstance(family, LogNormal):
        return sq.lognorm(norm_mean=family.mu, norm_sd=family.sigma)
    if isinstance(family, Triangular):
        return sq.triangular(family.low, family.mode_, family.high)
    if isinstance(family, Uniform):
        return sq.uniform(family.low, family.high)
    assert isinstance(family, Pert)
    return sq.pert(family.low, family.mode_, family.high, lam=family.shape)
