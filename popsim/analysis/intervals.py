"""Coverage intervals from scenarios: of equal tails, or the shortest one."""

from __future__ import annotations

import math

import numpy as np

from popsim.arguments import check_name
from popsim.errors import ParameterError, Problem, RunError
from popsim.families.base import Floats
from popsim.types import INTERVALS, Interval

__all__ = ["INTERVALS", "check_interval", "coverage_interval", "shortest_with_error"]

_BLOCKS = 20
"""Blocks of scenarios from whose shortest intervals the error of the whole one is judged."""
_LEAST = 20
"""Scenarios in each tail of a block, on average, below which nothing is said of the error."""


def check_interval(interval: object) -> Interval:
    """Hold the kind of an interval to those that there are.

    Raises
    ------
    ParameterError
        For any other.
    """
    return check_name("interval", interval, INTERVALS)


def coverage_interval(values: Floats, coverage: float, interval: Interval = "symmetric") -> Floats:
    """Give the coverage interval of JCGM 101:2008, clause 7.7, over the last axis; shape (..., 2).

    With M scenarios in order and q = coverage x M, rounded to the nearest whole number, it runs from value r to value
    r + q: r = (M - q) / 2, or (M - q + 1) / 2 rounded down, for equal tails (7.7.2); for the shortest, the r at which
    the interval is shortest, the first where several are (5.3.4 and 7.7.4).

    Raises
    ------
    ParameterError
        When the scenarios are too few: q = M leaves no interval of M values to choose.

    Examples
    --------
    >>> coverage_interval(np.array([[1.0, 2.0, 4.0, 8.0, 16.0]]), 0.6, "shortest").tolist()
    [[1.0, 8.0]]
    """
    count = values.shape[-1]
    inside = math.floor(coverage * count + 0.5)
    if inside >= count:
        needed = math.floor(0.5 / (1.0 - coverage)) + 1
        raise ParameterError(
            Problem(
                "coverage", (), f"{coverage} of {count} scenarios", "fewer than all scenarios", f"at least {needed}"
            )
        )
    ordered = np.sort(values, axis=-1)
    if interval == "shortest":
        first = np.argmin(ordered[..., inside:] - ordered[..., : count - inside], axis=-1)[..., np.newaxis]
    else:
        place = max((count - inside + (count - inside) % 2) // 2, 1) - 1
        first = np.full((*values.shape[:-1], 1), place, dtype=np.int64)
    return np.concatenate([np.take_along_axis(ordered, first + step, axis=-1) for step in (0, inside)], axis=-1)


def shortest_with_error(values: Floats, coverage: float) -> tuple[Floats, Floats]:
    """Shortest coverage interval over the last axis and the Monte Carlo errors of its ends; shapes (..., 2).

    The ends of a shortest interval converge as n^(-1/3), slower than quantiles (Kim and Pollard 1990, Cube root
    asymptotics, Ann. Statist. 18), and no formula without densities gives their errors. So the scenarios are dealt out
    to 20 blocks, and the standard deviation of the blocks' ends is scaled by 20^(-1/3): subsampling with a known rate
    (Politis and Romano 1994, Ann. Statist. 22). Where the shortest interval ends at the edge of the distribution, it
    converges faster and the error is too large.

    Returns
    -------
    tuple of arrays
        Errors are infinite where a block holds too few scenarios to tell: fewer than 20 in its tails on average.

    Raises
    ------
    RunError
        When a value is NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise RunError(Problem("dataset", (), "NaN or infinite values among the scenarios", "finite values"))
    found = coverage_interval(values, coverage, "shortest")
    size = values.shape[-1] // _BLOCKS
    if size * (1.0 - coverage) < _LEAST:
        return found, np.full(found.shape, np.inf)
    # Every 20th scenario, so that points of a design are dealt out evenly.
    blocks = np.stack([values[..., k : size * _BLOCKS : _BLOCKS] for k in range(_BLOCKS)])
    ends = coverage_interval(blocks, coverage, "shortest")
    return found, ends.std(axis=0, ddof=1) * _BLOCKS ** (-1.0 / 3.0)
