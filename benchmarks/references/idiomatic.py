"""numpy and scipy as their documentation has it: correlate normals, make them uniform, hand them to `ppf`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from benchmarks.jobs import Floats, Job, correlation


def marginals(job: Job) -> list[list[Any]]:
    """Freeze the distributions, as a script would do at its top."""
    return [[family.reference() for family in row] for row in job.marginals]


def sums_by_area(job: Job, frozen: list[list[Any]], scenarios: int, seed: int = 1) -> Floats:
    """Sum the cost of all countries by area; (area, scenario)."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(correlation(job.areas))
    sums = np.zeros((job.areas, scenarios))
    for country in range(job.countries):
        scores = root @ rng.standard_normal((job.areas, scenarios))
        probabilities = special.ndtr(scores)
        row = frozen[country % len(frozen)]
        for area in range(job.areas):
            sums[area] += job.scales[country] * row[area].ppf(probabilities[area])
    return sums
