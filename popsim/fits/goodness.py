"""Whether data look like the family that was fitted to them: the test of Anderson and Darling, by simulation."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import special

from popsim.arrays import Floats
from popsim.errors import PopsimError
from popsim.fits.data import Data
from popsim.fits.model import Estimate, Model


class AndersonDarling(NamedTuple):
    """The statistic, and how often data of the fitted family itself have one as large."""

    statistic: float
    p_value: float
    simulations: int


def scores(model: Model, data: Data, estimate: Estimate) -> Floats:
    """Return the normal score of each point under a fit, its weight allowed for."""
    # At another size the member is the same one, stretched: asked once for all points.
    member, brought = model.member(estimate, 0.0), np.array(data.values) / _stretch(data, estimate)
    below, above = np.asarray(member.cdf(brought)), np.asarray(member.sf(brought))
    z = np.where(below < above, special.ndtri(below), -special.ndtri(above))
    return np.asarray(z * np.sqrt(data.weight))


def _stretch(data: Data, estimate: Estimate) -> Floats:
    """Return how many times as large amounts are at the size of each point as at the centre."""
    return np.asarray(np.exp(estimate.exponent * data.distances))


def statistic(z: Floats) -> float:
    """Return the Anderson-Darling statistic of normal scores.

    References
    ----------
    Anderson and Darling (1954), A test of goodness of fit, doi:10.1080/01621459.1954.10501232.

    Examples
    --------
    >>> round(statistic(np.array([-1.0, 0.0, 1.0])), 4)
    0.1895
    """
    ordered = np.sort(z)
    n = len(ordered)
    odd = 2.0 * np.arange(1, n + 1) - 1.0
    with np.errstate(divide="ignore"):
        return float(-n - np.sum(odd * (special.log_ndtr(ordered) + special.log_ndtr(-ordered[::-1]))) / n)


def anderson_darling(model: Model, data: Data, estimate: Estimate, simulations: int, seed: int) -> AndersonDarling:
    """Return the statistic, and its p-value by the parametric bootstrap: each simulated data set is fitted anew.

    References
    ----------
    Stute, Gonzalez Manteiga and Presedo Quindimil (1993), Bootstrap based goodness-of-fit tests,
    doi:10.1007/BF02613687.
    """
    observed = statistic(scores(model, data, estimate))
    rng = np.random.Generator(np.random.Philox(key=seed))
    member, stretch = model.member(estimate, 0.0), _stretch(data, estimate)
    larger = done = 0
    for _ in range(simulations):
        z = rng.standard_normal(data.count) / np.sqrt(data.weight)
        below, above = special.ndtr(z), special.ndtr(-z)
        values = np.where(below < above, member.ppf(below), member.isf(above)) * stretch
        if not np.isfinite(values).all() or (model.positive and values.min() == 0.0):
            # A weight of next to nothing, or a spread of many powers of ten: floats do not hold such amounts.
            continue
        again = replace(data, values=tuple(values.tolist()))
        try:
            simulated = statistic(scores(model, again, model.estimate(again)))
        except PopsimError:
            # Hardly ever: data without a spread, or a shape beyond the limits.
            continue
        done += 1
        larger += simulated >= observed
    return AndersonDarling(observed, (larger + 1.0) / (done + 1.0), done)
