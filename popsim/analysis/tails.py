"""Monte Carlo errors of means and standard deviations of heavy-tailed samples.

The standard error s / sqrt(n) is too small where a few scenarios make most of the variance: of a lognormal of sigma 3,
10,000 scenarios hold a third of the variance once in ten times. So the tail is modelled, and with it the sampling
distribution of the mean. With z the normal score of a scenario (of rank r among n from above, about that of r / n):

    log((x - c) / (x_k - c)) = b (z - z_k) + C ((z^2 - z_k^2) / 2 - z_c (z - z_k))      above the k-th largest, x_k

A lognormal has C = 0 and b = sigma. Given the exceedance of x_k, the likelihood of b has its maximum in closed form,
and its Fisher information is known. How far down the straight line reaches is chosen as Lepski does (1990, Theory
Probab. Appl. 35): the largest k = n/2, n/4, n/8, ... whose b agrees with those of all smaller ones. A bend C that the
b of the levels show beyond chance is shrunk by what chance explains (James and Stein 1961), and is never downward. The
origin c is 0 where that fits from the median on; else 0 and the median are both tried and the larger error is taken.

The error is the half-width of the 95 % interval of the mean under the model over 1.96, by simulation of the largest
scenarios (Poisson process of exceedances) with b drawn from its own error; what is below is normal. Where the model
puts more than half of the mean beyond the largest scenario that is to be expected, where the error exceeds all that the
tail adds to the mean, or where no two levels agree, the scenarios cannot have seen the tail and the error is infinite.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from popsim.analysis.blocks import mean_of, sum_of
from popsim.arrays import Floats, Integers, Mask

UNSEEN = "the sample cannot have seen the tail"
"""Why an error is infinite."""

KURTOSIS = 20.0
KURTOSIS_PER_SCENARIO = 0.02
"""Below either, s / sqrt(n) is right: the variance of s^2 over s^4 is about kurtosis / n."""
_LEAST = 10
"""Scenarios above the highest level."""
_AGREE = 2.8
"""Standard errors by which two levels may differ and still agree."""
_MISFIT = 0.02
"""Probability of a worse fit of the bend below which the levels further down are left out."""
_MOST_BENT = 0.55
"""Above it the variance may be infinite: the bend of a Pareto tail of exponent a is about 1 / a."""
_FAR_SHORTER = 16
_BENT_SHORTER = 4
"""An origin whose line is so many times shorter than that of another is not the one of this tail; one that bends
so much that the variance may be infinite is left out sooner: a wrong origin bends a line."""
_SIMULATED = 64
_SAMPLES = 2_000
_TOGETHER = 250
"""Samples whose largest scenarios are made at a time."""
_SEED = 20_010_517
_UNSEEN_SHARE = 0.5
_OUT_OF_MODEL = 10.0
"""Where s / sqrt(n) is so many times the modelled error, some scenarios are no part of the model's tail."""
_NORMAL = 1.959964


class TailErrors(NamedTuple):
    """Monte Carlo errors of mean and standard deviation; infinite where the sample cannot have seen the tail."""

    mean: float
    std: float


class _Levels(NamedTuple):
    """What depends on the number of scenarios alone, by threshold, from the lowest to the highest."""

    above: Integers
    score: Floats
    variance: Floats
    """Of log b."""
    weight: Floats
    """Information on log b in the scenarios between a level and the next."""
    middle: Floats
    """Mean score of the same scenarios."""


class _Fit(NamedTuple):
    above: int
    origin: float
    threshold: float
    """Value of the scenario at the level, less the origin."""
    score: float
    slope: float
    slope_error: float
    """Of the logarithm of the slope."""
    bend: float
    centre: float
    alone: bool
    """Whether the level agrees with no other."""


def is_heavy(kurtosis: Floats, count: int) -> Mask:
    """Return whether s / sqrt(n) may be too small as an error, by the kurtosis of the sample (3 for a normal).

    Examples
    --------
    >>> is_heavy(np.array([3.0, 110.0, 4_000.0]), 10_000).tolist()
    [False, False, True]
    """
    return np.asarray((kurtosis > KURTOSIS) & (kurtosis > KURTOSIS_PER_SCENARIO * count))


def tail_errors(values: Floats, floor: float = -np.inf) -> TailErrors:
    """Return the Monte Carlo errors of mean and standard deviation of a heavy-tailed sample.

    Parameters
    ----------
    values
        One row of scenarios, finite; of a heavy lower tail, the mirror image is looked at.
    floor
        Errors are those of max(value, floor): what is missing beyond a budget is a mean over a tail.

    Examples
    --------
    >>> sample = np.exp(2.0 * np.random.default_rng(1).standard_normal(10_000))
    >>> round(float(tail_errors(sample).mean / np.exp(2.0)), 2)
    0.06
    >>> tail_errors(np.exp(5.0 * np.random.default_rng(1).standard_normal(10_000))).mean
    inf
    """
    count, cut = len(values), len(values) // 2
    mean = float(mean_of(count, lambda some: np.maximum(values[some], floor)))
    spread = sum_of(count, lambda some: np.square(np.maximum(values[some], floor) - mean))
    std = float(np.sqrt(spread / (count - 1)))
    if floor == -np.inf and mean - values.min() > values.max() - mean:
        values, mean = -values, -mean
    usual = std / np.sqrt(count)
    top = _largest(values, cut + 1)
    # A point mass at the top is seen as a whole: it has no tail.
    if (top[:_LEAST] == top[0]).sum() >= _LEAST // 2:
        return TailErrors(usual, _usual_std_error(values, floor, mean, std))
    if cut < 4 * _LEAST:
        return TailErrors(np.inf, np.inf)
    tried = [_fit(top, count, 0.0, cut)] if values.min() >= 0.0 and top[-1] > 0.0 else []
    if not tried or tried[0] is None or tried[0].above < cut:
        tried.append(_fit(top, count, float(top[-1]), cut // 2))
    fits = [fit for fit in tried if fit is not None and not fit.alone]
    most = max((fit.above for fit in fits), default=0)
    shorter = {True: _BENT_SHORTER, False: _FAR_SHORTER}
    fits = [fit for fit in fits if fit.above * shorter[fit.bend > _MOST_BENT] > most]
    errors = [_simulated(fit, values, floor, top, usual) for fit in fits]
    if not errors:
        return TailErrors(np.inf, np.inf)
    return TailErrors(max(each.mean for each in errors), max(each.std for each in errors))


def _largest(values: Floats, number: int) -> Floats:
    """Return the largest values, falling."""
    parted = np.partition(values, len(values) - number)
    return np.sort(parted[len(values) - number :])[::-1]


def _usual_std_error(values: Floats, floor: float, mean: float, std: float) -> float:
    def fourths(some: slice) -> Floats:
        return np.square(np.square((np.maximum(values[some], floor) - mean) / std))

    fourth = float(mean_of(len(values), fourths))
    return float(std * np.sqrt(max(fourth - 1.0, 0.0) / len(values)) / 2.0)


@lru_cache(maxsize=8)
def _levels(count: int, most: int) -> _Levels:
    # Imported when used, here and below: it takes 0.1 s, and most samples have no heavy tail.
    from scipy.special import ndtri

    above = [most]
    while above[-1] // 2 >= _LEAST:
        above.append(above[-1] // 2)
    number = np.array(above)
    score = -ndtri(number / count)
    # Information per scenario on log b: the variance of z (z - z_k), at even steps of the probability.
    inside = (np.arange(4_000) + 0.5) / 4_000
    z = -ndtri(np.outer(number / count, inside))
    each = ((z * (z - score[:, np.newaxis]) - 1.0) ** 2).mean(axis=1)
    information = number * each
    density = np.exp(-0.5 * score**2) / np.sqrt(2.0 * np.pi)
    between = np.append(number[:-1] - number[1:], number[-1]) / count
    return _Levels(
        number,
        score,
        1.0 / information,
        np.append(information[:-1] - information[1:], information[-1]),
        (density - np.append(density[1:], 0.0)) / between,
    )


def _fit(top: Floats, count: int, origin: float, most: int) -> _Fit | None:
    """Fit the line; None where the largest scenarios are alike.

    `top` falls, and has one scenario more than `most`.
    """
    levels = _levels(count, most)
    logs = np.log(np.maximum(top[: most + 1] - origin, np.finfo(float).tiny))
    slopes = np.array([_slope(logs[:k] - logs[k], z) for k, z in zip(levels.above, levels.score, strict=True)])
    if not (slopes > 0.0).all():
        return None
    logarithm, last = np.log(slopes), len(slopes) - 1
    chosen = last
    while chosen > 0:
        apart = np.abs(logarithm[chosen - 1] - logarithm[chosen:])
        if (apart > _AGREE * np.sqrt(levels.variance[chosen:] - levels.variance[chosen - 1])).any():
            break
        chosen -= 1
    bend, centre = _bend(levels, slopes, chosen)
    k = int(levels.above[chosen])
    return _Fit(
        above=k,
        origin=origin,
        threshold=float(top[k] - origin),
        score=float(levels.score[chosen]),
        slope=float(slopes[chosen]),
        slope_error=float(np.sqrt(levels.variance[chosen])),
        bend=bend,
        centre=centre,
        alone=chosen == last,
    )


def _slope(excess: Floats, score: float) -> float:
    """Return the b of highest likelihood: b^2 = z_k b mean(e) + mean(e^2)."""
    first, second = score * excess.mean(), np.square(excess).mean()
    return float(0.5 * (first + np.sqrt(first * first + 4.0 * second)))


def _bend(levels: _Levels, slopes: Floats, chosen: int) -> tuple[float, float]:
    """Return the bend of the line, shrunk, and the score at which its slope is that of the chosen level.

    The slopes of the scenarios between one level and the next are independent; a line through them over their mean
    scores is fitted, and from the chosen level on downward as many are added as it fits.
    """
    from scipy.special import chdtri

    information = 1.0 / levels.variance
    bend, error = 0.0, np.inf
    for first in range(chosen, -1, -1):
        apart = len(slopes) - first
        if apart < 3:
            continue
        sums = information[first:] * slopes[first:]
        weight = levels.weight[first:]
        slope = np.append(sums[:-1] - sums[1:], sums[-1]) / weight
        weight = weight / slopes[chosen] ** 2
        middle = levels.middle[first:] - np.average(levels.middle[first:], weights=weight)
        spread = float((weight * middle**2).sum())
        fitted = float((weight * middle * slope).sum()) / spread
        misfit = float((weight * (slope - np.average(slope, weights=weight) - fitted * middle) ** 2).sum())
        if first < chosen and misfit > chdtri(apart - 2, _MISFIT):
            break
        bend, error = fitted, 1.0 / np.sqrt(spread)
    shrunk = bend * (1.0 - (error / bend) ** 2) if bend > error else 0.0
    return shrunk, float(np.average(levels.middle[chosen:], weights=levels.weight[chosen:]))


@lru_cache(maxsize=4)
def _exceedances(count: int, expected: int) -> tuple[Floats, Integers, Floats, Floats]:
    """Scores of the largest scenarios in many samples (NaN beyond their number), that number, and two normals each."""
    from scipy.special import ndtri

    random = np.random.Generator(np.random.Philox(_SEED))
    length = int(expected + 6.0 * np.sqrt(expected) + 6)
    arrivals = np.cumsum(random.standard_exponential((_SAMPLES, length)), axis=1)
    scores = np.where(arrivals < expected, -ndtri(np.minimum(arrivals / count, 1.0)), np.nan)
    happened = np.count_nonzero(~np.isnan(scores), axis=1)
    return scores, happened, *random.standard_normal((2, _SAMPLES))


def _sums_of_largest(fit: _Fit, scores: Floats, slopes: Floats, reach: float) -> Floats:
    """Return the sums, over the largest scenarios of each sample, of their values and of the squares; (2, sample).

    Some samples at a time, in room that stays in a cache: all at once take several times as long.
    """
    sums = np.empty((2, len(scores)))
    room = np.empty((_TOGETHER, scores.shape[1]))
    for start in range(0, len(scores), _TOGETHER):
        some = slice(start, start + _TOGETHER)
        drawn = np.subtract(scores[some], fit.score, out=room[: len(scores[some])])
        np.multiply(slopes[some, np.newaxis], drawn, out=drawn)
        if fit.bend > 0.0:
            drawn += _bent(scores[some], fit, reach)
        np.multiply(fit.threshold, np.exp(drawn, out=drawn), out=drawn)
        np.copyto(drawn, 0.0, where=np.isnan(scores[some]))
        sums[0, some] = drawn.sum(axis=1)
        sums[1, some] = np.square(drawn, out=drawn).sum(axis=1)
    return sums


def _simulated(fit: _Fit, values: Floats, floor: float, top: Floats, usual: float) -> TailErrors:
    """Return the errors under a fit, from samples of the scenarios that are largest."""
    from scipy.special import ndtri

    count = len(values)
    if fit.bend > _MOST_BENT:
        return TailErrors(np.inf, np.inf)
    expected = max(min(fit.above, _SIMULATED, count // 20, int((top > floor).sum())), _LEAST)
    share = expected / count
    start, reach = -float(ndtri(share)), -float(ndtri(1.0 / count))
    scores, happened, one, other = _exceedances(count, expected)
    slopes = fit.slope * np.exp(fit.slope_error * one)
    with np.errstate(over="ignore", invalid="ignore"):
        drawn, squares = _sums_of_largest(fit, scores, slopes, reach)
        excess = happened / count - share
        # The scenarios below, as they are; how many there are is what the exceedances leave.
        below = _below(values, top[expected - 1], count - expected)
        np.maximum(below, floor, out=below)
        below -= fit.origin
        part = (1.0 - share) / count
        firsts, seconds = below.mean(), mean_of(len(below), lambda some: np.square(below[some]))
        variance = mean_of(len(below), lambda some: np.square(below[some] - firsts))
        mean = drawn / count + other * np.sqrt(part * variance) + (1.0 - share - excess) * firsts
        true_mean = fit.threshold * _moment(1, start, slopes, fit, reach) + (1.0 - share) * firsts
        error = _half_width(mean - true_mean)
        square = squares / count + (1.0 - share - excess) * seconds
        true_square = fit.threshold**2 * _moment(2, start, slopes, fit, reach) + (1.0 - share) * seconds
        std = np.sqrt(np.maximum(square - mean**2, 0.0))
        std_error = _half_width(std - np.sqrt(np.maximum(true_square - true_mean**2, 0.0)))
        best = np.array(fit.slope)
        beyond = fit.threshold * float(_moment(1, reach, best, fit, reach))
        whole = fit.threshold * float(_moment(1, start, best, fit, reach)) + (1.0 - share) * firsts + fit.origin
        beyond_square = float(_moment(2, reach, best, fit, reach))
        whole_square = float(_moment(2, start, best, fit, reach)) + (1.0 - share) * seconds / fit.threshold**2
    # An error larger than all that the scenarios above the median add to the mean says nothing.
    base = max(floor, float(top[-1]))
    added = abs(float(mean_of(count, lambda some: np.maximum(values[some], floor)) - base))
    hidden = not np.isfinite(beyond) or beyond > _UNSEEN_SHARE * abs(whole - max(floor, 0.0))
    unseen = hidden or error > added or usual > _OUT_OF_MODEL * error
    unseen_std = unseen or not np.isfinite(beyond_square) or beyond_square > _UNSEEN_SHARE * whole_square
    return TailErrors(np.inf if unseen else error, np.inf if unseen_std else std_error)


def _below(values: Floats, limit: float, number: int) -> Floats:
    """Return so many values that are below a limit, or tie with it, in their order."""
    below = np.full(number, limit)
    is_below = values < limit
    np.compress(is_below, values, out=below[: np.count_nonzero(is_below)])
    return below


def _half_width(apart: Floats) -> float:
    """Return what 95 % of the samples are within, in standard errors of a normal; infinite where some overflow."""
    return float(np.quantile(np.abs(apart), 0.95)) / _NORMAL if np.isfinite(apart).all() else np.inf


def _bent(scores: Floats, fit: _Fit, reach: float) -> Floats:
    """Return what the bend adds to the logarithm of the excess over the threshold; straight beyond `reach`."""
    z = np.minimum(scores, reach)
    bent = fit.bend * ((z * z - fit.score**2) / 2.0 - fit.centre * (z - fit.score))
    return bent + np.maximum(scores - reach, 0.0) * (fit.bend * (reach - fit.centre))


def _moment(power: int, start: float, slope: Floats, fit: _Fit, reach: float) -> Floats:
    """Return the expectation of a power of the excess, where the score is above `start`: integrals of normals."""
    from scipy.special import ndtr

    narrow, steep = 1.0 - power * fit.bend, power * (slope - fit.bend * fit.centre)
    const = -power * (slope * fit.score + fit.bend * (fit.score**2 / 2.0 - fit.centre * fit.score))
    first = min(start, reach)
    if narrow > 0.0:
        root = np.sqrt(narrow)
        ends = [ndtr((z - steep / narrow) * root) for z in (reach, first)]
        near = np.exp(const + steep**2 / (2.0 * narrow)) / root * (ends[0] - ends[1])
    else:
        z = np.linspace(first, reach, 201)
        curve = np.exp(const[..., np.newaxis] + steep[..., np.newaxis] * z - narrow * z * z / 2.0)
        near = np.trapezoid(curve, z, axis=-1) / np.sqrt(2.0 * np.pi)
    straight = power * (slope + fit.bend * (reach - fit.centre))
    offset = power * (slope * (reach - fit.score)) - straight * reach
    offset = offset + power * fit.bend * ((reach**2 - fit.score**2) / 2.0 - fit.centre * (reach - fit.score))
    return np.asarray(near + np.exp(offset + straight**2 / 2.0) * ndtr(straight - max(start, reach)))
