"""Expected shares of payments by whole years of lateness."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from popsim.families.base import Family, Floats
from popsim.layout import SCORE_LIMIT
from popsim.plan.quadrature import legendre, nodes
from popsim.study.model import Amount

__all__ = ["lag_weights"]

_ORDER = 8
_STRETCHES = np.linspace(-SCORE_LIMIT, SCORE_LIMIT, 23)


@lru_cache(maxsize=512)
def lag_weights(begin: Amount, late: Amount, cost_per_year: float, lags: int) -> tuple[float, ...]:
    """Return the expected weight of each lag 0 ... lags - 1, what delay adds to the cost included.

    Parameters
    ----------
    begin, late
        Years at which a country begins and by which its work is late, independent of each other.
    cost_per_year
        Share of the cost that each year of `late` adds.
    lags
        The last lag holds all lateness beyond it.

    Examples
    --------
    >>> lag_weights(0.0, 1.25, 0.0, 3)
    (0.0, 0.75, 0.25)
    """
    # Stretches are broken in the one that has a density, or else kinks at whole years would cost digits.
    inner_is_begin = _has_density(begin) or not _has_density(late)
    outer, inner = (late, begin) if inner_is_begin else (begin, late)
    outer_values, outer_weights = nodes(outer, _ORDER, 0.5) if isinstance(outer, Family) else _sure(outer)
    inner_values, inner_weights = _broken(inner, outer_values, lags)
    lateness = np.clip(outer_values[:, None] + inner_values, 0.0, lags - 1.0)
    delay = outer_values[:, None] if inner_is_begin else inner_values
    paid = outer_weights[:, None] * inner_weights * (1.0 + cost_per_year * delay)
    whole = np.floor(lateness).astype(np.int64)
    part = lateness - whole
    lower = np.bincount(whole.ravel(), (paid * (1.0 - part)).ravel(), lags + 1)
    upper = np.bincount(whole.ravel() + 1, (paid * part).ravel(), lags + 1)
    return tuple((lower + upper)[:lags].tolist())


def _has_density(amount: Amount) -> bool:
    return isinstance(amount, Family) and amount.jumps() is None


def _sure(value: float) -> tuple[Floats, Floats]:
    return np.array([value]), np.ones(1)


def _broken(amount: Amount, others: Floats, lags: int) -> tuple[Floats, Floats]:
    """Values and weights, a row for each of `others`, in stretches that end where the sum is a whole year."""
    if not isinstance(amount, Family) or not _has_density(amount):
        values, weights = nodes(amount) if isinstance(amount, Family) else _sure(amount)
        return np.broadcast_to(values, (len(others), len(values))), np.broadcast_to(weights, (len(others), len(values)))
    from scipy.special import ndtr, ndtri

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
