"""oneMKL through mkl_random: its generators, methods by inversion (ICDF) where it has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.jobs import Floats, Job
from benchmarks.references import generators

SCENARIOS = 16_384
NOTE = "own generators (ARS5), uncorrelated"
FASTEST = ("SFMT19937", "ARS5", "MCG59")


def generator(name: str) -> Any:
    """Make a generator by oneMKL's name for it; normals are by inversion unless asked otherwise."""
    import mkl_random

    return mkl_random.MKLRandomState(1, brng=name)


def prepare(job: Job) -> Callable[[int], Floats]:
    """Give the function that draws independently and sums."""
    rng = generator("ARS5")

    def sums_by_area(scenarios: int) -> Floats:
        sums = np.zeros((job.areas, scenarios))
        for country in range(job.countries):
            for area, family in enumerate(job.of_country(country)):
                values = generators.draw(rng, family, scenarios)
                values *= job.scales[country]
                sums[area] += values
        return sums

    return sums_by_area
