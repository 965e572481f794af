"""OpenTURNS: a joint distribution of a country's areas with a normal copula.

After its documentation on `JointDistribution` and `NormalCopula`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.jobs import Floats, Job, correlation
from popsim import LogNormal, Pert, Triangular, Uniform
from popsim.families import Family

SCENARIOS = 8192
NOTE = "normal copula"


def prepare(job: Job) -> Callable[[int], Floats]:
    """Make the distributions; give the function that samples and sums."""
    import openturns as ot

    ot.RandomGenerator.SetSeed(1)
    matrix = ot.CorrelationMatrix(job.areas, correlation(job.areas).ravel().tolist())
    copula = ot.NormalCopula(matrix)
    joint = [ot.JointDistribution([_marginal(ot, family) for family in row], copula) for row in job.marginals]

    def sums_by_area(scenarios: int) -> Floats:
        sums = np.zeros((job.areas, scenarios))
        for country in range(job.countries):
            sample = np.asarray(joint[country % len(joint)].getSample(scenarios))
            sums += job.scales[country] * sample.T
        return sums

    return sums_by_area


def _marginal(ot: Any, family: Family) -> Any:
    if isinstance(family, LogNormal):
        return ot.LogNormal(family.mu, family.sigma, 0.0)
    if isinstance(family, Triangular):
        return ot.Triangular(family.low, family.mode_, family.high)
    if isinstance(family, Uniform):
        return ot.Uniform(family.low, family.high)
    assert isinstance(family, Pert)
    share = (family.mode_ - family.low) / (family.high - family.low)
    return ot.Beta(1.0 + family.shape * share, 1.0 + family.shape * (1.0 - share), family.low, family.high)
