"""Search for limits that hold together in enough scenarios at the least sum: bisection, then exchange between parts.

Limits stand on values that occur. The start is a common quantile level for all parts. From there, limits are exchanged:
one part's limit is lowered until it loses some scenarios, another's is raised until it has won as many back, wherever
that saves most; first in large steps, then in smaller ones, until no exchange of two parts saves anything. What is
found is a local optimum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.families.base import Floats

__all__ = ["Limits", "cheapest_limits", "common_limits", "holds_together"]

_LARGEST, _RATIO = 0.5, 1.4
"""Exchanges begin with so large a share of the scenarios; each step is so many times smaller than the one before."""
_MOST_MOVES = 2_000
"""A bound on exchanges, far beyond what they need."""


class Limits(NamedTuple):
    """One limit for each part, and how many scenarios keep within all of them."""

    limit: Floats
    kept: int


def holds_together(values: Floats, limit: Floats) -> Floats:
    """Tell for each scenario (part, scenario) whether every part keeps within its limit."""
    return np.asarray((values <= limit[:, np.newaxis]).all(axis=0))


def common_limits(values: Floats, wanted: int) -> Limits:
    """Give every part its limit at the lowest common rank at which at least `wanted` scenarios keep within all.

    Parameters
    ----------
    values
        (part, scenario)
    wanted
        Number of scenarios, at most all.
    """
    ordered = np.sort(values, axis=1)
    low, high = wanted - 1, values.shape[1] - 1
    while low < high:
        middle = (low + high) // 2
        if int(holds_together(values, ordered[:, middle]).sum()) >= wanted:
            high = middle
        else:
            low = middle + 1
    limit = ordered[:, low]
    return Limits(limit, int(holds_together(values, limit).sum()))


def cheapest_limits(values: Floats, wanted: int) -> Limits:
    """Lower the sum of the limits, from those at a common rank, as far as exchanges of two parts can.

    Parameters
    ----------
    values
        (part, scenario)
    wanted
        Number of scenarios that keep within all limits, at most all.

    Examples
    --------
    >>> values = np.array([[1.0, 2.0, 3.0, 9.0], [5.0, 6.0, 4.0, 1.0]])
    >>> found = cheapest_limits(values, 3)
    >>> found.limit.tolist(), found.kept
    ([3.0, 6.0], 3)
    """
    limit = common_limits(values, wanted).limit.copy()
    steps = _steps(values.shape[1])
    moves, before = 0, -1
    while moves > before:
        before = moves
        for step in steps:
            while moves < _MOST_MOVES and _exchange(values, limit, wanted, step):
                moves += 1
    return Limits(limit, int(holds_together(values, limit).sum()))


def _steps(count: int) -> list[int]:
    """List the numbers of scenarios to exchange, from the largest to one."""
    steps, size = [1], _LARGEST * count
    while size >= 2.0:
        steps.append(int(size))
        size /= _RATIO
    return sorted(set(steps), reverse=True)


def _exchange(values: Floats, limit: Floats, wanted: int, step: int) -> bool:
    """Make the exchange of about `step` scenarios that saves most; False where none saves anything."""
    over = values > limit[:, np.newaxis]
    broken = over.sum(axis=0)
    kept = broken == 0
    spare = int(kept.sum()) - wanted
    # Those that one limit alone keeps out, by that limit: raising it wins them.
    outside = [np.flatnonzero((broken == 1) & row) for row in over]
    best, move = 1e-12 * max(float(np.abs(limit).sum()), 1e-300), None
    for a in range(len(values)):
        inside = values[a, kept]
        if spare > 0:
            # What may be lost without winning any back.
            lowered, lost = _lowered(inside, spare)
            if lowered is not None and lost <= spare and float(limit[a] - lowered) > best:
                best, move = float(limit[a] - lowered), (a, lowered, a, lowered)
        lowered, lost = _lowered(inside, step + spare)
        if lowered is None:
            continue
        saved = float(limit[a] - lowered)
        for b in range(len(values)):
            if b == a or saved <= best:
                continue
            won = values[b, outside[b][values[a, outside[b]] <= lowered]]
            short = lost - spare
            if len(won) < short:
                continue
            raised = float(np.partition(won, short - 1)[short - 1])
            if saved - (raised - float(limit[b])) > best:
                best, move = saved - (raised - float(limit[b])), (a, lowered, b, raised)
    if move is None:
        return False
    a, lowered, b, raised = move
    limit[a] = lowered
    limit[b] = raised
    return True


def _lowered(inside: Floats, step: int) -> tuple[float | None, int]:
    """Give the largest value that leaves out at least `step` of these, and how many it leaves out."""
    count = len(inside)
    if step >= count:
        return None, 0
    last = np.partition(inside, count - step)[count - step]
    below = inside[inside < last]
    if len(below) == 0:
        return None, 0
    return float(below.max()), count - len(below)
