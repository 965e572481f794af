"""Monte Carlo errors of what is missing where an amount does not suffice, and of what is missing on average."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.analysis.blocks import mean_of, std_of
from popsim.analysis.order import mean_factor, replicate_means, spread_error
from popsim.analysis.tails import is_heavy, tail_errors
from popsim.analysis.widening import of_heavy, of_positive, student_factor
from popsim.arrays import Floats

LEAST = 5
"""Scenarios beyond an amount below which the average of what is missing in them has no error."""
TOO_FEW = f"the amount does not suffice in fewer than {LEAST} scenarios, which give no error of an average"
"""Why an error is infinite."""
_HEAVY = 20.0
"""Kurtosis of all scenarios above which their upper tail is taken for that of a power."""


class ExcessErrors(NamedTuple):
    """Errors of what is missing on average."""

    beyond: float
    """In the scenarios in which the amount does not suffice."""
    overall: float
    """In all scenarios."""


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
    >>> [round(error, 4) for error in excess_errors(values, 3.0)]
    [0.1976, 0.0136]
    """
    count, beyond = len(values), values[values > amount]
    number = len(beyond)
    if number < LEAST:
        return ExcessErrors(np.inf, np.inf) if number else ExcessErrors(0.0, 0.0)
    mean = float(beyond.mean())
    shortfall, share = mean - amount, number / count
    second = float(mean_of(number, lambda some: np.square(beyond[some] - mean)))
    of_share = np.sqrt(share * (1.0 - share) / count)
    if second > 0.0 and is_heavy(_kurtosis(beyond, mean, second), number):
        error = tail_errors(values, amount).mean / share
        # Var(overall) = p^2 Var(mean missing) + (mean missing)^2 p (1 - p) / n.
        return ExcessErrors(error, float(np.hypot(share * error, shortfall * of_share)))
    wider = float(mean_factor(number, lambda some: beyond[some] - mean))
    middle = float(mean_of(count, lambda some: values[some]))
    spread = float(mean_of(count, lambda some: np.square(values[some] - middle)))
    heavy = bool(_kurtosis(values, middle, spread) > _HEAVY)

    def missing(some: slice) -> Floats:
        return np.maximum(values[some] - amount, 0.0)

    def influence(some: slice) -> Floats:
        here = missing(some)
        return np.asarray((here - shortfall * (here > 0.0)) / share)

    if replicates == 1:
        error = np.sqrt(second / (number - 1)) * student_factor(number)
        overall = float(std_of(count, missing)) / np.sqrt(count)
    else:
        error, overall = (
            float(spread_error(replicate_means(count, terms, replicates))) for terms in (influence, missing)
        )
    side = of_heavy if heavy else of_positive
    if heavy:
        overall *= float(mean_factor(count, missing))
    return ExcessErrors(
        float(side(np.array(shortfall), np.array(error * wider))),
        float(of_positive(np.array(shortfall * share), np.array(overall))),
    )


def _kurtosis(values: Floats, mean: float, second: float) -> Floats:
    if second == 0.0:
        return np.array(0.0)
    std = np.sqrt(second)
    return np.asarray(mean_of(len(values), lambda some: np.square(np.square((values[some] - mean) / std))))
