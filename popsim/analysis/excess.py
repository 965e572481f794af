"""Monte Carlo errors of what is missing where an amount does not suffice, and of what is missing on average."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.analysis.blocks import mean_of, std_of
from popsim.analysis.order import mean_factor, replicate_means, spread_error
from popsim.analysis.tails import is_heavy, tail_errors
from popsim.analysis.widening import of_heavy, of_positive, skewness_factor, student_factor
from popsim.arrays import Floats

LEAST = 5
"""Scenarios beyond an amount below which the average of what is missing in them has no error."""
TOO_FEW = f"the amount does not suffice in fewer than {LEAST} scenarios, which give no error of an average"
"""Why an error is infinite."""
ENOUGH = 20
"""Scenarios beyond an amount from which on they show a heavy tail well enough."""
HEAVY = 20.0
"""Kurtosis of all scenarios above which their upper tail is taken for that of a power."""


class ExcessErrors(NamedTuple):
    """Errors of what is missing on average."""

    beyond: float
    """In the scenarios in which the amount does not suffice."""
    overall: float
    """In all scenarios."""
    is_little_seen: bool = False
    """Whether so few scenarios lie in a heavy tail that `beyond` may be too small."""


class Beyond(NamedTuple):
    """What is missing in scenarios in which an amount does not suffice: number, mean, and central moments."""

    number: float
    mean: float
    second: float
    third: float
    fourth: float

    @property
    def kurtosis(self) -> float:
        """3 for a normal; 0 where all miss the same."""
        return self.fourth / self.second / self.second if self.second > 0.0 else 0.0


def beyond_error(beyond: Beyond, is_skewed: bool) -> float:
    """Return the error of the mean of what is missing in independent scenarios that have no heavy tail of their own.

    Parameters
    ----------
    beyond
        At least `LEAST` scenarios.
    is_skewed
        Whether the kurtosis of all scenarios is above `HEAVY`.

    Examples
    --------
    >>> round(beyond_error(Beyond(100, 2.0, 4.0, 16.0, 144.0), False), 4)
    0.2349
    """
    if beyond.second == 0.0:
        return 0.0
    skewness = np.array(beyond.third / beyond.second**1.5)
    wider = skewness_factor(skewness, np.array(beyond.kurtosis), beyond.number) * student_factor(int(beyond.number))
    error = np.sqrt(beyond.second / (beyond.number - 1.0)) * wider
    return float((of_heavy if is_skewed else of_positive)(np.array(beyond.mean), error))


def excess_errors(values: Floats, amount: float, replicates: int = 1) -> ExcessErrors:
    """Return the Monte Carlo errors of the mean of what values exceed an amount by, where they do and over all.

    Few values of a skewed distribution tell these means. So Student's t, the skewness of the values and the interval
    of the logarithm of the mean are in the error, or that of its inverse for a heavy tail (`popsim.analysis.widening`),
    or a model of that tail (`popsim.analysis.tails`).

    Parameters
    ----------
    values
        (scenario,)
    amount
        What is exceeded, in the unit of the values.
    replicates
        Above 1: scenario s belongs to the independent replicate s % replicates.

    Returns
    -------
    ExcessErrors
        Infinite for fewer than 5 values beyond the amount; 0 for none.

    Examples
    --------
    >>> values = np.random.default_rng(1).standard_exponential(1_000)
    >>> [round(error, 4) for error in excess_errors(values, 3.0)[:2]]
    [0.1976, 0.0136]
    """
    count, beyond = len(values), values[values > amount]
    number = len(beyond)
    if number < LEAST:
        return ExcessErrors(np.inf, np.inf) if number else ExcessErrors(0.0, 0.0)
    mean = float(beyond.mean())
    shortfall, share = mean - amount, number / count
    second = _second(beyond, mean)
    of_share = np.sqrt(share * (1.0 - share) / count)
    if is_modelled(beyond):
        error = tail_errors(values, amount).mean / share
        # Var(overall) = p^2 Var(mean missing) + (mean missing)^2 p (1 - p) / n.
        return ExcessErrors(error, float(np.hypot(share * error, shortfall * of_share)))
    middle = float(mean_of(count, lambda some: values[some]))
    spread = float(mean_of(count, lambda some: np.square(values[some] - middle)))
    heavy = bool(_kurtosis(values, middle, spread) > HEAVY)

    def missing(some: slice) -> Floats:
        return np.maximum(values[some] - amount, 0.0)

    def influence(some: slice) -> Floats:
        here = missing(some)
        return np.asarray((here - shortfall * (here > 0.0)) / share)

    if replicates == 1:
        third = float(mean_of(number, lambda some: np.square(beyond[some] - mean) * (beyond[some] - mean)))
        fourth = float(mean_of(number, lambda some: np.square(np.square(beyond[some] - mean))))
        error = beyond_error(Beyond(number, shortfall, second, third, fourth), heavy)
        overall = float(std_of(count, missing)) / np.sqrt(count)
    else:
        plain, overall = (
            float(spread_error(replicate_means(count, terms, replicates))) for terms in (influence, missing)
        )
        # Fewer scenarios than replicates know it no better than so many do.
        plain *= student_factor(min(number, replicates)) / student_factor(replicates)
        plain *= float(mean_factor(number, lambda some: beyond[some] - mean))
        error = float((of_heavy if heavy else of_positive)(np.array(shortfall), np.array(plain)))
    if heavy:
        overall *= float(mean_factor(count, missing))
    overall = float(of_positive(np.array(shortfall * share), np.array(overall)))
    return ExcessErrors(error, overall, heavy and number < ENOUGH and bool(np.isfinite(error)))


def is_modelled(beyond: Floats) -> bool:
    """Return whether the errors of what values beyond an amount exceed it by come from a model of the tail.

    The model knows independent scenarios alone, whatever the design.

    Examples
    --------
    >>> values = np.random.default_rng(1).standard_normal(1_000)
    >>> is_modelled(values), is_modelled(np.exp(2.0 * values))
    (False, True)
    """
    if len(beyond) < LEAST:
        return False
    mean = float(beyond.mean())
    second = _second(beyond, mean)
    return second > 0.0 and bool(is_heavy(_kurtosis(beyond, mean, second), len(beyond)))


def _second(values: Floats, mean: float) -> float:
    return float(mean_of(len(values), lambda some: np.square(values[some] - mean)))


def _kurtosis(values: Floats, mean: float, second: float) -> Floats:
    if second == 0.0:
        return np.array(0.0)
    std = np.sqrt(second)
    return np.asarray(mean_of(len(values), lambda some: np.square(np.square((values[some] - mean) / std))))
