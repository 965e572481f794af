"""Sobol indices of a group of inputs from three runs: estimators and their errors, on plain arrays.

Runs a and b draw all inputs independently; the mixed run takes the group from b and all else from a. With R(y, y') the
correlation of two columns that have the same mean and variance,

    first-order  S = Var(E[y | group]) / Var(y)      = R(b, mixed)        (what the two share is the group)
    total        T = E[Var(y | the rest)] / Var(y)   = 1 - R(a, mixed)    (what the two do not share is the group)

R is estimated as by Janon et al. (2014, doi:10.1051/ps/2013040), with mean and variance pooled over both columns; so
T is Jansen's (1999, doi:10.1016/S0010-4655(98)00154-4) mean squared difference over twice that variance. Some
functions of the three columns have an expectation of zero: the product of the centred a and b, differences of means and
of squares. Their sample means, weighted by regression, are taken off as control variates. With a weight of one, the
first of these gives the estimator of Saltelli et al. (2010, doi:10.1016/j.cpc.2009.09.018), with a weight of zero that
of Janon et al.; the fitted weight is, for large samples, at least as good as either.

Errors come from the influence of each scenario on the estimate (the infinitesimal jackknife).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.families.base import Floats

__all__ = ["REFERENCES", "Estimate", "Index", "indices", "interval"]

REFERENCES = (
    "Sobol (2001), doi:10.1016/S0378-4754(00)00270-6; Jansen (1999), doi:10.1016/S0010-4655(98)00154-4; "
    "Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018; Janon et al. (2014), doi:10.1051/ps/2013040"
)
"""Where indices and estimators are from."""


class Estimate(NamedTuple):
    """A figure, its standard error, and the degrees of freedom that the error rests on."""

    value: float
    error: float
    freedom: int


class Index(NamedTuple):
    """First-order and total index of a group of inputs."""

    first_order: Estimate
    total: Estimate


def indices(a: Floats, b: Floats, mixed: Floats, replicates: int = 0) -> Index:
    """Estimate the first-order and total index of a group; NaN where the result never varies.

    Parameters
    ----------
    a, b
        Results of two independent runs, by scenario.
    mixed
        Results with the group's inputs from b and all others from a.
    replicates
        0 where all scenarios are independent; otherwise the number of independent parts of equal length, one after
        another, such as scrambled Sobol points, whose spread then tells the error.

    Examples
    --------
    >>> x, y = np.arange(4.0), np.array([1.0, 3.0, 0.0, 2.0])
    >>> index = indices(x, y, x)  # nothing is taken from b
    >>> round(index.first_order.value, 9) + 0.0, index.total.value
    (0.0, 0.0)
    """
    freedom = (replicates or len(a)) - 1
    columns = np.stack([a, b, mixed])
    if np.ptp(columns) == 0.0:
        nothing = Estimate(np.nan, np.nan, freedom)
        return Index(nothing, nothing)
    one, other, both = (columns - columns.mean()) / columns.std()
    controls = np.stack([one * other, one - other, one - both, one**2 - other**2, one**2 - both**2])
    first, its_influence = _controlled(*_correlation(other, both), controls)
    rest, influence = _controlled(*_correlation(one, both), controls)
    return Index(
        Estimate(first, _error(its_influence, replicates), freedom),
        Estimate(1.0 - rest, _error(influence, replicates), freedom),
    )


def interval(value: Floats, error: Floats, freedom: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Give the limits of Student's t interval; they are not held within 0 and 1.

    Examples
    --------
    >>> low, high = interval(np.array(0.5), np.array(0.1), np.array(1e6), 0.95)
    >>> round(low.item(), 3), round(high.item(), 3)
    (0.304, 0.696)
    """
    from scipy.special import stdtrit

    reach = stdtrit(freedom, (1.0 + confidence) / 2.0) * error
    return value - reach, value + reach


def _correlation(y: Floats, other: Floats) -> tuple[float, Floats]:
    """Correlation of two columns that have mean and variance in common, and the influence of each scenario on it."""
    middle = 0.5 * (y.mean() + other.mean())
    y, other = y - middle, other - middle
    product, square = y * other, 0.5 * (y**2 + other**2)
    variance = square.mean()
    value = product.mean() / variance
    return float(value), (product - value * square) / variance


def _controlled(value: float, influence: Floats, controls: Floats) -> tuple[float, Floats]:
    """Take off what the means of controls, whose expectation is zero, explain."""
    means = controls.mean(axis=1)
    apart = controls - means[:, np.newaxis]
    # Controls can be linear in one another, as where the group is empty: the smallest weights then.
    weights = np.linalg.lstsq(apart @ apart.T, apart @ influence, rcond=None)[0]
    return value - float(weights @ means), influence - weights @ apart


def _error(influence: Floats, replicates: int) -> float:
    parts = influence.reshape(replicates, -1).mean(axis=1) if replicates else influence
    return float(np.sqrt((parts**2).sum() / (len(parts) - 1) / len(parts)))
