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

Standard errors come from the influence of each scenario on the estimate (the infinitesimal jackknife), intervals from
the bootstrap; where runs are made of independent replicates, both from the spread of these.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.analysis.bootstrap import Bootstrap
from popsim.analysis.order import Moments
from popsim.families.base import Floats

__all__ = [
    "REFERENCES",
    "Estimate",
    "Index",
    "Replicates",
    "Share",
    "indices",
    "reported",
    "share_of",
    "without_errors",
]

REFERENCES = (
    "Sobol (2001), doi:10.1016/S0378-4754(00)00270-6; Jansen (1999), doi:10.1016/S0010-4655(98)00154-4; "
    "Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018; Janon et al. (2014), doi:10.1051/ps/2013040"
)
"""Where indices and estimators are from."""


class Estimate(NamedTuple):
    """A figure, its standard error, and an interval; an interval is not held within 0 and 1."""

    value: float
    error: float
    low: float
    high: float


class Index(NamedTuple):
    """First-order and total index of a group of inputs."""

    first_order: Estimate
    total: Estimate


class Replicates(NamedTuple):
    """Runs of so many independent parts of equal length, one after another, such as scrambled Sobol points."""

    number: int
    confidence: float


def indices(a: Floats, b: Floats, mixed: Floats, spread: Bootstrap | Replicates) -> Index:
    """Estimate the first-order and total index of a group; NaN where the result never varies.

    Parameters
    ----------
    a, b
        Results of two independent runs, by scenario.
    mixed
        Results with the group's inputs from b and all others from a.
    spread
        What tells the interval: the bootstrap where all scenarios are independent, replicates where they are not.

    Examples
    --------
    >>> x, y = np.arange(4.0), np.array([1.0, 3.0, 0.0, 2.0])
    >>> index = indices(x, y, x, Replicates(2, 0.95))  # nothing is taken from b
    >>> round(index.first_order.value, 9) + 0.0, index.total.value
    (0.0, 0.0)
    """
    columns = np.stack([a, b, mixed])
    if np.ptp(columns) == 0.0:
        nothing = Estimate(np.nan, np.nan, np.nan, np.nan)
        return Index(nothing, nothing)
    one, other, both = (columns - columns.mean()) / columns.std()
    features = np.stack([one, other, both, one**2, other**2, both**2, one * other, one * both, other * both])
    again = spread.means(features) if isinstance(spread, Bootstrap) else np.empty((0, len(features)))
    controls = _controls(features)
    first = _estimate((other, both), (1, 2, 8), controls, again, spread)
    rest = _estimate((one, both), (0, 2, 7), controls, again, spread)
    return Index(first, Estimate(1.0 - rest.value, rest.error, 1.0 - rest.high, 1.0 - rest.low))


def without_errors(table: Floats, run: Floats) -> Floats:
    """Take the errors off indices whose run cannot have seen the tail that makes the variance: they are not known.

    Parameters
    ----------
    table
        (..., index, estimate): value, error, and the ends of its interval.
    run
        Results (..., scenario).

    Examples
    --------
    >>> table = np.array([[0.3, 0.01, 0.28, 0.32]])
    >>> run = np.exp(5.0 * np.random.default_rng(1).standard_normal(10_000))
    >>> without_errors(table, run).tolist()
    [[0.3, inf, -inf, inf]]
    """
    unseen = np.isinf(Moments(run).std_error)
    return np.where(unseen[..., np.newaxis, np.newaxis] & _UNKNOWN, np.array([0.0, np.inf, -np.inf, np.inf]), table)


_UNKNOWN = np.array([False, True, True, True])


class Share(NamedTuple):
    """A share of a variance as it is reported: an estimate, or where its error hides it, what it lies below."""

    value: float
    """Within 0 and 1."""
    error: float
    bound: float
    """Upper end of the 95 % interval."""

    @property
    def is_known(self) -> bool:
        """Whether there is a share at all, and an error of it."""
        return bool(np.isfinite(self.value) and np.isfinite(self.error))

    @property
    def is_resolved(self) -> bool:
        """Whether the share is more than its own error: 1.96 standard errors above 0."""
        return self.is_known and self.value > _NOTHING and self.value > _HALF_WIDTH * self.error


_HALF_WIDTH = 1.959964
_NOTHING = 1e-9
"""Shares below are rounding of the computer."""


def share_of(value: float, error: float) -> Share:
    """Return a share by the rule for noise, from its estimate and standard error.

    Examples
    --------
    >>> share_of(0.30, 0.01).is_resolved, share_of(0.01, 0.02).is_resolved, round(share_of(0.01, 0.02).bound, 3)
    (True, False, 0.049)
    """
    held = min(max(value, 0.0), 1.0) + 0.0 if np.isfinite(value) else value
    return Share(held, error, min(held + _HALF_WIDTH * error, 1.0))


def reported(first_order: tuple[float, float], total: tuple[float, float]) -> tuple[Share, Share]:
    """Return the first-order and total index of one input as they are reported, from (estimate, standard error) each.

    A total index is no smaller than the first-order one. Estimates in the wrong order are both replaced by their
    average with weights 1 / error^2, the least-squares estimate under that order (isotonic regression: Barlow et al.
    1972, Statistical Inference under Order Restrictions). Where the first-order index is resolved, so is the total.

    Examples
    --------
    >>> first, total = reported((0.04, 0.01), (0.03, 0.01))
    >>> round(first.value, 3), round(total.value, 3), round(total.error, 4)
    (0.035, 0.035, 0.0071)
    """
    (low, low_error), (high, high_error) = first_order, total
    if low > high and np.isfinite([low_error, high_error]).all():
        weights = np.array([high_error**2, low_error**2])
        if weights.sum() > 0.0:
            weights = weights / weights.sum()
            low = high = float(weights @ [low, high])
            low_error = high_error = float(np.hypot(weights[0] * low_error, weights[1] * high_error))
        else:
            high = low
    alone, whole = share_of(low, low_error), share_of(high, high_error)
    if alone.is_resolved and not whole.is_resolved:
        # Known from below by the first-order index.
        whole = whole._replace(error=min(whole.error, whole.value / (1.0001 * _HALF_WIDTH)))
    return alone._replace(bound=min(alone.bound, whole.bound)), whole


def _controls(features: Floats) -> Floats:
    """Give what has an expectation of zero, from the features along the first axis."""
    one, other, both, one_squared, other_squared, both_squared, product = features[:7]
    return np.stack([product, one - other, one - both, one_squared - other_squared, one_squared - both_squared])


def _estimate(
    pair: tuple[Floats, Floats],
    places: tuple[int, int, int],
    controls: Floats,
    again: Floats,
    spread: Bootstrap | Replicates,
) -> Estimate:
    """Correlate two columns with controls; `places` are those of the columns and their product among the features."""
    found, influence = _correlation(*pair)
    means = controls.mean(axis=1)
    apart = controls - means[:, np.newaxis]
    # Controls can be linear in one another, as where the group is empty: the smallest weights then.
    weights = np.linalg.lstsq(apart @ apart.T, apart @ influence, rcond=None)[0]
    value, influence = found - float(weights @ means), influence - weights @ apart
    if isinstance(spread, Bootstrap):
        error = _error(influence)
        return Estimate(value, error, *spread.ends(_resampled(again, *places) - weights @ _controls(again.T)))
    from scipy.special import stdtrit

    error = _error(influence.reshape(spread.number, -1).mean(axis=1))
    reach = float(stdtrit(spread.number - 1, (1.0 + spread.confidence) / 2.0)) * error
    return Estimate(value, error, value - reach, value + reach)


def _resampled(means: Floats, y: int, other: int, product: int) -> Floats:
    """Correlation of two columns in every resample, from the means of features."""
    middle = 0.5 * (means[:, y] + means[:, other])
    variance = 0.5 * (means[:, 3 + y] + means[:, 3 + other]) - middle**2
    return np.asarray((means[:, product] - middle**2) / variance)


def _correlation(y: Floats, other: Floats) -> tuple[float, Floats]:
    """Correlation of two columns that have mean and variance in common, and the influence of each scenario on it."""
    middle = 0.5 * (y.mean() + other.mean())
    y, other = y - middle, other - middle
    product, square = y * other, 0.5 * (y**2 + other**2)
    variance = square.mean()
    value = product.mean() / variance
    return float(value), (product - value * square) / variance


def _error(influence: Floats) -> float:
    return float(np.sqrt((influence**2).sum() / (len(influence) - 1) / len(influence)))
