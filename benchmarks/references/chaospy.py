"""chaospy: a joint distribution with a Nataf (normal) copula, after its documentation on copulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.jobs import Floats, Job, correlation
from popsim import LogNormal, Pert, Triangular, Uniform
from popsim.families import Family

SCENARIOS = 2048
NOTE = "Nataf copula"


def prepare(job: Job) -> Callable[[int], Floats]:
    """Make the distributions; give the function that samples and sums."""
    import chaospy

    matrix = correlation(job.areas).tolist()
    joint = [chaospy.Nataf(chaospy.J(*(_marginal(chaospy, family) for family in row)), matrix) for row in job.marginals]

    def sums_by_area(scenarios: int) -> Floats:
        sums = np.zeros((job.areas, scenarios))
        for country in range(job.countries):
            sample = joint[country % len(joint)].sample(scenarios, rule="random", seed=country)
            sums += job.scales[country] * sample
        return sums

    return sums_by_area


def _marginal(chaospy: Any, family: Family) -> Any:
    if isinstance(family, LogNormal):
        return chaospy.LogNormal(family.mu, family.sigma)
    if isinstance(family, Triangular):
        return chaospy.Triangle(family.low, family.mode_, family.high)
    if isinstance(family, Uniform):
        return chaospy.Uniform(family.low, family.high)
    assert isinstance(family, Pert)
    share = (family.mode_ - family.low) / (family.high - family.low)
    return chaospy.Beta(1.0 + family.shape * share, 1.0 + family.shape * (1.0 - share), family.low, family.high)
