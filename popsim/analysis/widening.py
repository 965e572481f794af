"""How much wider than 1.96 standard errors an interval has to be where few or skewed values tell the error.

Every error that popsim states is the half-width of a 95 % interval over 1.96, so that a figure plus and minus 1.96
errors holds the true one in some 95 % of runs. For many values of a light tail that is the standard error. Else it is
more, by what is known of the distribution of (estimate - true value) / (estimated standard error):

- R replicates: Student's t with R - 1 degrees of freedom.
- a mean of n values of skewness g and kurtosis k: the term in 1 / n of the Edgeworth expansion of Student's statistic,
  for an interval with two sides (Hall 1988, Ann. Statist. 16, doi:10.1214/aos/1176350933),
  1 + (z^4 + 2 z^2 - 3) / 18 g^2 / n - (z^2 - 3) / 12 k / n, here without the part that Student's t has of its own.
- an interval of 1 / x whose upper end is ten times x or more says nothing: the error is infinite. x is a figure, or the
  square s^2 of a standard deviation, so that the end is then 3.2 times s.
- a positive figure x whose error e grows with it: log(x) is nearer to normal. The interval is x exp(+- z e / x), and
  its upper side is stated, since such a figure is too low more often than too high.
- a standard deviation s: 1 / s^2 is nearer to normal; again the upper side is stated.
- a correlation r: atanh(r) is nearer to normal (Fisher 1921, Metron 1). The side towards 0 is stated: a sample that has
  seen little of the tails makes r too large more often than too small.
- a quantile: the binomial interval of its rank, whose ends are values of the sample, holds it exactly as often as it
  says, whatever the distribution. The root mean square of both sides is stated; W values between the ends tell the
  density, so that it is widened as by Student's t with W degrees of freedom.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from popsim.arrays import Floats

TOO_LARGE = "too_large_because"
"""Attribute of an error that is known to be too large: why, and what it takes to have a sharper one."""
OTHER_DESIGN = (
    "one set of points does not tell its own error: this is that of as many random scenarios, larger as a rule; "
    "independent scramblings (design 'sobol' with replicates) have errors of their own"
)
FEW_REPLICATES = (
    "few replicates may not have seen so heavy a tail: where their spread says less, this is the error of as many "
    "random scenarios, larger as a rule; estimates of several seeds differ by less"
)
BOUNDED = (
    "the sample cannot have seen the tail of the difference: this is the sum of the errors of both means, larger than "
    "that of their difference as a rule; the difference of expected costs, which are exact, has none"
)
SKEWED_QUOTIENTS = (
    "costs are skewed (kurtosis above 8): the error counts what the largest scenarios do to a numerator and to what "
    "divides it as if these were apart, where some of it cancels; more scenarios bring it closer"
)
SKEWED_DIFFERENCES = (
    "the difference is skewed: this is the larger of two errors, that of the scenarios and that of a model of their "
    "tail, and larger than it has to be as a rule; estimates of several seeds differ by less"
)
SKEWED_INDICES = (
    "the results are skewed (kurtosis above 8): the error holds for the index that a rare scenario moves most, and is "
    "larger than that of others as a rule; estimates of several seeds differ by less"
)
STEEP_END = (
    "an end at which the density is steep, as one of a skewed distribution, is known better than the error assumes; "
    "quantiles of stated probabilities have sharper errors"
)
SWINGS = (
    "all that the draws of other groups may still shift in the means of blocks counts as an error; estimates of "
    "several seeds differ by less"
)
SEARCHED = (
    "by how much the search finds too low a sum counts in full, and falls sooner than the error assumes; estimates of "
    "several seeds differ by less"
)
"""Why errors are too large, in the words of the attribute."""

TOO_SMALL = "too_small_because"
"""Attribute of an error that may be too small: why, and what it takes to have one that is not."""
LITTLE_SEEN = (
    "few scenarios show so heavy a tail, and a run that has seen less of it than most states too small an error, so "
    "that sometimes only nine in ten of the intervals that are stated hold the true value; more scenarios mend it"
)
"""Why errors may be too small, in the words of the attribute."""

NORMAL = 1.959964
"""Half a 95 % interval of a normal, in standard errors."""

SKEWNESS = (NORMAL**4 + 2.0 * NORMAL**2 - 3.0) / 18.0
KURTOSIS = (NORMAL**2 - 3.0) / 12.0
"""Parts of the squared skewness and of the kurtosis in the factor of `skewness_factor`."""
STUDENT = (NORMAL**2 + 1.0) / 4.0
"""Student's t with v degrees of freedom is z (1 + (z^2 + 1) / 4 / v), but for smaller terms."""

LONGEST = 0.9
"""Half an interval of 1 / x over 1 / x, at most, for a figure x or the square of a standard deviation.

Beyond, the upper end is more than ten times x, and from 1 on there is none: the error is infinite."""


@lru_cache
def student_factor(replicates: int, level: float = 0.975) -> float:
    """Return Student's t for so many replicates over that of a normal; 1 for no replicates.

    Examples
    --------
    >>> round(student_factor(16), 4), student_factor(1)
    (1.0875, 1.0)
    """
    if replicates == 1:
        return 1.0
    from scipy.special import ndtri, stdtrit

    return float(stdtrit(replicates - 1, level) / ndtri(level))


def skewness_factor(skewness: Floats, kurtosis: Floats, count: Floats | float) -> Floats:
    """Return the factor by which skewness widens the interval of a mean; `kurtosis` is 3 for a normal.

    Examples
    --------
    >>> skewness_factor(np.array([0.0, 2.0, 6.0]), np.array([3.0, 9.0, 60.0]), 1_000).round(3).tolist()
    [1.0, 1.004, 1.035]
    """
    return np.asarray(1.0 + np.maximum(SKEWNESS * skewness**2 - KURTOSIS * (kurtosis - 3.0), 0.0) / count)


def spacings_factor(spacings: Floats) -> Floats:
    """Return the factor by which an error widens that so many spacings of the sample tell."""
    return np.asarray(1.0 + STUDENT / np.maximum(spacings, 1.0))


def of_positive(value: Floats, error: Floats) -> Floats:
    """Return the upper side of the interval of the logarithm of a figure, over 1.96; 0 for an error of 0.

    Examples
    --------
    >>> of_positive(np.array([10.0, 10.0]), np.array([0.1, 2.0])).round(3).tolist()
    [0.101, 2.449]
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        wide = value * np.expm1(NORMAL * error / value) / NORMAL
    return np.asarray(np.where(error > 0.0, wide, error))


def of_heavy(value: Floats, error: Floats) -> Floats:
    """Return the upper side of the interval of 1 / figure, over 1.96; infinite where that is no interval.

    Examples
    --------
    >>> of_heavy(np.array([10.0, 10.0, 10.0]), np.array([0.1, 4.0, 6.0])).round(3).tolist()
    [0.102, 18.517, inf]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        part = NORMAL * error / value
        wide = np.where(part <= LONGEST, value * (1.0 / (1.0 - part) - 1.0) / NORMAL, np.inf)
    return np.asarray(np.where(error > 0.0, wide, error))


def of_deviation(deviation: Floats, error: Floats) -> Floats:
    """Return the upper side of the interval of 1 / s^2 for a standard deviation s, over 1.96; infinite where none is.

    Parameters
    ----------
    deviation
        The standard deviation s.
    error
        The standard error of s^2, over s^2.

    Examples
    --------
    >>> of_deviation(np.array([10.0, 10.0]), np.array([0.02, 0.5])).round(3).tolist()
    [0.103, inf]
    """
    part = np.asarray(NORMAL * error)
    is_known = part <= LONGEST
    wide = deviation * ((1.0 - np.where(is_known, part, 0.0)) ** -0.5 - 1.0) / NORMAL
    return np.where(is_known, wide, np.inf)


def of_correlation(value: Floats, error: Floats) -> Floats:
    """Return the side towards 0 of the interval of atanh(correlation), over 1.96; 0 for a correlation of 1 or -1.

    Parameters
    ----------
    value
        The correlation.
    error
        Its standard error.

    Examples
    --------
    >>> of_correlation(np.array([0.0, 0.9, 1.0]), np.array([0.03, 0.03, 0.0])).round(4).tolist()
    [0.03, 0.0398, 0.0]
    """
    size = np.abs(value)
    with np.errstate(invalid="ignore", divide="ignore"):
        away = np.tanh(NORMAL * error / (1.0 - size**2))
        # |r| - tanh(atanh(|r|) - z e), without the difference of what is almost equal.
        wide = away * (1.0 - size**2) / (1.0 - size * away) / NORMAL
    return np.asarray(np.where(np.isinf(error), error, np.where(size < 1.0, wide, 0.0)))
