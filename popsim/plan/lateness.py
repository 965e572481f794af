"""How late payments are expected to be: the expected weight of each whole year of lateness, found without drawing."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri

from popsim.arrays import Floats, Integers
from popsim.families.base import Family
from popsim.families.discrete import Discrete
from popsim.families.scaled import Scaled
from popsim.layout import SCORE_LIMIT
from popsim.plan.quadrature import legendre, nodes
from popsim.plan.rows import is_drawn
from popsim.study.model import Amount

_ORDER = 8
_STRETCHES = np.linspace(-SCORE_LIMIT, SCORE_LIMIT, 23)
_FINE, _MIDDLE, _COARSE = 0.01, 0.25, 1.0
"""Widths of stretches of the normal score where three quantities are integrated over: of the innermost; of the other
factor, coarser where a start with a density smooths what is integrated."""


@lru_cache(maxsize=512)
def lag_weights(begin: Amount, late: Amount, cost_per_year: float, lags: int, level: Amount = 1.0) -> tuple[float, ...]:
    """Return the expected weight of each lag 0 ... lags - 1, what delay adds to the cost included.

    Parameters
    ----------
    begin, late
        Years at which a country begins and by which its work is late, independent of each other.
    cost_per_year
        Share of the cost that each year of delay adds.
    lags
        The last lag holds all lateness beyond it.
    level
        Factor on `late`, independent of both: work is level x late years late.

    Examples
    --------
    >>> lag_weights(0.0, 1.25, 0.0, 3)
    (0.0, 0.75, 0.25)
    >>> lag_weights(0.0, 1.25, 0.0, 3, level=0.8)
    (0.0, 1.0, 0.0)
    """
    delay = _product(level, late)
    if delay is None:
        return _three_drawn(begin, level, late, cost_per_year, lags)
    late = delay
    # Stretches are broken in the one that has a density, or else kinks at whole years would cost digits.
    inner_is_begin = _has_density(begin) or not _has_density(late)
    outer, inner = (late, begin) if inner_is_begin else (begin, late)
    outer_values, outer_weights = nodes(outer, _ORDER, 0.5) if isinstance(outer, Family) else _sure(outer)
    inner_values, inner_weights = _broken(inner, outer_values, lags)
    lateness = np.clip(outer_values[:, None] + inner_values, 0.0, lags - 1.0)
    delayed = outer_values[:, None] if inner_is_begin else inner_values
    paid = outer_weights[:, None] * inner_weights * (1.0 + cost_per_year * delayed)
    whole = np.floor(lateness).astype(np.int64)
    part = lateness - whole
    lower = np.bincount(whole.ravel(), (paid * (1.0 - part)).ravel(), lags + 1)
    upper = np.bincount(whole.ravel() + 1, (paid * part).ravel(), lags + 1)
    return tuple((lower + upper)[:lags].tolist())


def _product(one: Amount, two: Amount) -> Amount | None:
    """Return the distribution of the product of two independent quantities; None where no family has it."""
    one, two = _sure_where_known(one), _sure_where_known(two)
    if not isinstance(one, Family):
        one, two = two, one
    if not isinstance(two, Family):
        # A distribution is scaled by factors above zero alone.
        return one * two if not isinstance(one, Family) else Scaled(one, two) if two > 0.0 else 0.0
    if not isinstance(one, Family) or _has_density(one) or _has_density(two):
        return None
    (values, weights), (others, other_weights) = nodes(one), nodes(two)
    products, place = np.unique(np.outer(values, others), return_inverse=True)
    chances = np.bincount(place.ravel(), np.outer(weights, other_weights).ravel())
    return Discrete(products.tolist(), chances.tolist()) if len(products) > 1 else float(products[0])


def _sure_where_known(amount: Amount) -> Amount:
    return amount.support()[0] if isinstance(amount, Family) and not is_drawn(amount) else amount


def _three_drawn(begin: Amount, level: Amount, late: Amount, cost_per_year: float, lags: int) -> tuple[float, ...]:
    """Return the weights of lags where level and delay are drawn, at least one of them from a density.

    That one is integrated over finely, by sums over stretches between whole years of lateness; the product is the same
    whichever it is.
    """
    inner, outer = (late, level) if _has_density(late) else (level, late)
    assert isinstance(inner, Family)  # noqa: S101
    assert isinstance(outer, Family)  # noqa: S101
    values, weights = nodes(inner, _ORDER, _FINE)
    # Sums up to a value of 1, of the value and of its square: what lies above the last whole year adds no rounding.
    sums = np.cumsum([weights, weights * values, weights * values * values], axis=1)
    sums = np.concatenate([np.zeros((3, 1)), sums], axis=1)
    # A level near zero leaves kinks where the start is a whole year.
    begins, begin_weights = _that_count(*(each[0] for each in _broken(begin, np.zeros(1), lags)))
    factors, factor_weights = _that_count(*nodes(outer, _ORDER, _COARSE if _has_density(begin) else _MIDDLE))
    begins, factors = begins[:, None], factors[None, :]
    chance = begin_weights[:, None] * factor_weights
    more = cost_per_year * factors
    found = np.zeros(lags)
    below = sums[:, np.zeros(chance.shape, dtype=np.int64)]
    for lag in range(lags - 1):
        upto = sums[:, _count_below(values, lag + 1.0 - begins, factors)]
        one, first, second = upto - below
        below = upto
        # Of begins + factors x value years, `after` is paid a year later: that part of a year, prolonged.
        rest = begins - lag
        all_paid = one + more * first
        after = rest * all_paid + factors * (first + more * second)
        found[lag] += (chance * (all_paid - after)).sum()
        found[lag + 1] += (chance * after).sum()
    one, first, _ = sums[:, -1][:, None, None] - below
    found[lags - 1] += (chance * (one + more * first)).sum()
    return tuple(found.tolist())


def _that_count(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the nodes that add something that could be seen, to a chance or to a mean."""
    counts = weights * (1.0 + values) > 1e-13
    return values[counts], weights[counts]


def _count_below(values: Floats, years: Floats, factors: Floats) -> Integers:
    """Return how many of the ascending values are below years / factor: all where a factor of zero leaves years."""
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = np.where(factors > 0.0, years / factors, np.where(years > 0.0, np.inf, -np.inf))
    return np.searchsorted(values, edges)


def _has_density(amount: Amount) -> bool:
    return isinstance(amount, Family) and amount.jumps() is None


def _sure(value: float) -> tuple[Floats, Floats]:
    return np.array([value]), np.ones(1)


def _broken(amount: Amount, others: Floats, lags: int) -> tuple[Floats, Floats]:
    """Return values and weights, a row for each of `others`, in stretches that end where the sum is a whole year."""
    if not isinstance(amount, Family) or not _has_density(amount):
        values, weights = nodes(amount) if isinstance(amount, Family) else _sure(amount)
        return np.broadcast_to(values, (len(others), len(values))), np.broadcast_to(weights, (len(others), len(values)))
    whole = ndtri(amount.cdf(np.arange(1.0, lags) - others[:, None]))
    fixed = np.concatenate([_STRETCHES, ndtri(np.array(amount.kinks(), dtype=np.float64))])
    edges = np.concatenate([whole, np.broadcast_to(fixed, (len(others), len(fixed)))], axis=1)
    edges = np.sort(np.clip(edges, -SCORE_LIMIT, SCORE_LIMIT), axis=1)
    points, point_weights = legendre(_ORDER)
    half = np.diff(edges, axis=1)[..., None] / 2.0
    z = ((edges[:, :-1] + edges[:, 1:])[..., None] / 2.0 + half * points).reshape(len(others), -1)
    weights = (half * point_weights).reshape(len(others), -1) * np.exp(-0.5 * z * z)
    values = np.where(z > 0.0, amount.isf(ndtr(-z)), amount.ppf(ndtr(z)))
    return values, weights / weights.sum(axis=1, keepdims=True)
