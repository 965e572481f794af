"""Points of which only bounds are known: by the likelihood, maximised and integrated numerically.

A point that is known to be more than x adds log P(more than x) to the log-likelihood, one known to be at most x
log P(at most x), one between x and u log P(between). The distribution of a new amount is the average of the family over
level and spread by their likelihood, with a prior that is even in the level and in the logarithm of the spread (for the
gamma, the prior of `popsim.fits.shapes`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.families.mixture import Mixture
from popsim.fits.data import Data
from popsim.fits.model import Estimate, Model, no_spread

_STEP, _REACH = 0.5, 4.0
"""Step and reach in t, of points at sinh(t) standard deviations from the estimates."""
_LEAST = 1e-9
_NEEDED = 5
_LEVELS, _OF_LOGARITHMS = 690.0, (1e-4, 7.0)
"""Levels and spreads that are considered, where these are of logarithms: all that floats hold of amounts."""
_SPREADS = (1e-6, 50.0)
"""Spreads, as shares of that of the points without regard to what is known of them."""


def log_likelihood(model: Model, data: Data, level: Floats, spread: Floats) -> Floats:
    """Return the log-likelihood at levels and spreads, arrays of one shape."""
    with np.errstate(all="ignore"):
        law = model.law(level[..., None], spread[..., None])
    x = data.amounts
    bounds = data.censored or (None,) * data.count
    upper = np.array([bound if isinstance(bound, float) else math.inf for bound in bounds])
    upper = upper * np.exp(-data.known_exponent * data.distances)
    kinds = np.array(["between" if isinstance(bound, float) else bound or "known" for bound in bounds])
    with np.errstate(all="ignore"):
        choices: dict[str, Callable[[], Floats]] = {
            "known": lambda: np.asarray(law.logpdf(x)),
            "left": lambda: np.asarray(law.logcdf(x)),
            "right": lambda: np.asarray(law.logsf(x)),
            "between": lambda: np.asarray(np.log(law.cdf(upper) - law.cdf(x))),
        }
        total = np.zeros(np.shape(level))
        for kind, choice in choices.items():
            if (kinds == kind).any():
                total = total + np.where(kinds == kind, choice(), 0.0).sum(axis=-1)
    return np.asarray(np.where(np.isnan(total), -math.inf, total))


def estimate_censored(model: Model, data: Data) -> Estimate:
    """Return the estimates of largest likelihood, with errors from its curvature.

    Raises
    ------
    ParameterError
        Where the likelihood grows without limit as the spread vanishes.
    """
    from scipy import optimize

    first = model.estimate(Data(data.values, data.sizes, data.size_exponent))

    def loss(place: Floats) -> float:
        level, spread = first.level + place[0] * first.spread, first.spread * math.exp(place[1])
        return -float(log_likelihood(model, data, np.array(level), np.array(spread)))

    options = {"xatol": 1e-11, "fatol": 1e-13, "maxiter": 4_000}
    found = optimize.minimize(loss, np.zeros(2), method="Nelder-Mead", options=options)
    # A second search from there, in case the first simplex had collapsed.
    found = optimize.minimize(loss, found.x, method="Nelder-Mead", options=options)
    if not (_SPREADS[0] < math.exp(found.x[1]) < _SPREADS[1] and math.isfinite(found.fun)):
        raise no_spread(data)
    errors = np.sqrt(np.diag(np.linalg.inv(_curvature(loss, found.x))))
    level, spread = first.level + found.x[0] * first.spread, first.spread * math.exp(found.x[1])
    stretch = data.known_exponent * float(
        sum(d for d, bound in zip(data.distances.tolist(), data.censored or (), strict=True) if bound is None)
    )
    return Estimate(
        float(level),
        float(errors[0]) * first.spread,
        float(spread),
        float(errors[1] * spread),
        data.known_exponent,
        0.0,
        float(spread),
        -float(found.fun) - stretch,
    )


def predictive_censored(model: Model, data: Data, estimate: Estimate, distance: float) -> Family:
    """Return the average of the family over levels and spreads, by their weights.

    Raises
    ------
    ParameterError
        With fewer than five points of which the value is known.
    """
    if data.known < _NEEDED:
        found, allowed = f"{data.known} points of which the value is known", f"{_NEEDED} such points or more"
        raise ParameterError(
            Problem("fit()", ("censored",), found, allowed, "leave points out of which bounds are known")
        )

    def weight(level: Floats, log_spread: Floats) -> Floats:
        spread = np.exp(log_spread)
        return log_likelihood(model, data, level, spread) + model.log_prior_of_spread(spread)

    def loss(place: Floats) -> float:
        level, log_spread = estimate.level + place[0] * estimate.spread, math.log(estimate.spread) + place[1]
        return -float(log_likelihood(model, data, np.array(level), np.array(math.exp(log_spread))))

    root = np.linalg.cholesky(np.linalg.inv(_curvature(loss, np.zeros(2))))
    places = np.arange(-_REACH, _REACH + 0.5 * _STEP, _STEP)
    first, second = (np.sinh(each).ravel() for each in np.meshgrid(places, places, indexing="ij"))
    steps = np.outer(np.cosh(places), np.cosh(places)).ravel()
    # The level moves with the spread and not the other way, so that one spread has levels to all sides.
    log_spreads = math.log(estimate.spread) + float(np.hypot(root[1, 0], root[1, 1])) * second
    slope = float((root @ root.T)[0, 1] / (root @ root.T)[1, 1])
    apart = math.sqrt(max(float((root @ root.T)[0, 0]) - slope**2 * float((root @ root.T)[1, 1]), 1e-12))
    wide = np.exp(log_spreads - math.log(estimate.spread))
    levels = estimate.level + estimate.spread * wide * apart * first
    levels = levels + estimate.spread * slope * (log_spreads - math.log(estimate.spread))
    inside = np.abs(levels) < _LEVELS if model.positive else np.isfinite(levels)
    if model.positive:
        inside &= (log_spreads > math.log(_OF_LOGARITHMS[0])) & (log_spreads < math.log(_OF_LOGARITHMS[1]))
    log_weights = weight(levels[inside], log_spreads[inside]) + np.log(steps[inside] * wide[inside])
    weights = np.exp(log_weights - log_weights.max())
    kept = weights > _LEAST * weights.sum()
    members = [
        model.member(replace(estimate, level=level, spread=spread, likeliest_spread=spread), distance)
        for level, spread in zip(levels[inside][kept].tolist(), np.exp(log_spreads[inside][kept]).tolist(), strict=True)
    ]
    return Mixture(members, weights[kept] / weights[kept].sum())


def _curvature(loss: Callable[[Floats], float], place: Floats) -> Floats:
    """Return second derivatives of a function of two variables, by differences."""
    step = 1e-3
    result = np.zeros((2, 2))
    unit = np.eye(2) * step
    for i in range(2):
        for j in range(2):
            corners = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
            values = [a * b * loss(place + a * unit[i] + b * unit[j]) for a, b in corners]
            result[i, j] = sum(values) / (4.0 * step**2)
    return result
