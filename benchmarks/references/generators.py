"""numpy's own generators, one call per quantity: what independent draws cost. No correlation at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.jobs import Floats, Job
from popsim import Gamma, LogNormal, Metalog, Normal, Pert, Triangular, Uniform
from popsim.families import Family


def draw(rng: Any, family: Family, size: int) -> Floats:
    """Draw from numpy's generator of a family; where it has none, from the quantile function of uniforms.

    Parameters
    ----------
    rng
        ``numpy.random.Generator``, or anything with the same methods, such as mkl_random's.
    family
        The distribution.
    size
        How many.
    """
    return _METHODS[family.family](rng, family, size)


def sums_by_area(job: Job, scenarios: int, seed: int = 1) -> Floats:
    """Sum the cost of all countries by area; (area, scenario)."""
    rng = np.random.default_rng(seed)
    sums = np.zeros((job.areas, scenarios))
    for country in range(job.countries):
        for area, family in enumerate(job.of_country(country)):
            values = draw(rng, family, scenarios)
            values *= job.scales[country]
            sums[area] += values
    return sums


def _normal(rng: Any, family: Family, size: int) -> Floats:
    assert isinstance(family, Normal)
    return np.asarray(rng.normal(family.mean_, family.std_, size))


def _lognormal(rng: Any, family: Family, size: int) -> Floats:
    assert isinstance(family, LogNormal)
    return np.asarray(rng.lognormal(family.mu, family.sigma, size))


def _triangular(rng: Any, family: Family, size: int) -> Floats:
    assert isinstance(family, Triangular)
    return np.asarray(rng.triangular(family.low, family.mode_, family.high, size))


def _uniform(rng: Any, family: Family, size: int) -> Floats:
    assert isinstance(family, Uniform)
    return np.asarray(rng.uniform(family.low, family.high, size))


def _pert(rng: Any, family: Family, size: int) -> Floats:
    assert isinstance(family, Pert)
    share = (family.mode_ - family.low) / (family.high - family.low)
    values = rng.beta(1.0 + family.shape * share, 1.0 + family.shape * (1.0 - share), size)
    values *= family.high - family.low
    values += family.low
    return np.asarray(values)


def _gamma(rng: Any, family: Family, size: int) -> Floats:
    assert isinstance(family, Gamma)
    return np.asarray(rng.gamma(family.shape, family.scale, size))


def _metalog(rng: Any, family: Family, size: int) -> Floats:
    """Four-term metalog without bounds: Keelin (2016), "The metalog distributions", doi:10.1287/deca.2016.0338."""
    assert isinstance(family, Metalog)
    a1, a2, a3, a4 = family.coefficients
    u = rng.random(size)
    odds = np.log(u / (1.0 - u))
    u -= 0.5
    return np.asarray(a1 + odds * (a2 + a3 * u) + a4 * u)


_METHODS: dict[str, Callable[[Any, Family, int], Floats]] = {
    "normal": _normal,
    "lognormal": _lognormal,
    "triangular": _triangular,
    "uniform": _uniform,
    "pert": _pert,
    "gamma": _gamma,
    "metalog": _metalog,
}
