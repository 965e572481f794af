"""Search for limits that all hold in enough scenarios, at the least sum: bisection, then exchange between parts.

Limits stand on values that occur. The start is a common quantile level for all parts. From there, limits are exchanged:
one part's limit is lowered until it loses some scenarios, another's is raised until it has won as many back, wherever
that saves most; first in large steps, then in smaller ones, until no exchange of two parts saves anything. What is
found is a local optimum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    """Return for each scenario of (part, scenario) whether every part keeps within its limit."""
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
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = _Ranked(order, np.take_along_axis(values, order, axis=1))
    steps = _steps(values.shape[1])
    moves, before = 0, -1
    while moves > before:
        before = moves
        for step in steps:
            while moves < _MOST_MOVES and _exchange(values, ranked, limit, wanted, step):
                moves += 1
    return Limits(limit, int(holds_together(values, limit).sum()))


def _steps(count: int) -> list[int]:
    """List the numbers of scenarios to exchange, from the largest to one."""
    steps, size = [1], _LARGEST * count
    while size >= 2.0:
        steps.append(int(size))
        size /= _RATIO
    return sorted(set(steps), reverse=True)


def _exchange(values: Floats, ranked: _Ranked, limit: Floats, wanted: int, step: int) -> bool:
    """Make the exchange of about `step` scenarios that saves most; False where none saves anything."""
    over = values > limit[:, np.newaxis]
    broken = over.sum(axis=0)
    kept = broken == 0
    spare = int(kept.sum()) - wanted
    outside = _outside(values, over, broken)
    best, move = 1e-12 * max(float(np.abs(limit).sum()), 1e-300), None
    for a in range(len(values)):
        if spare > 0:
            # What may be lost without winning any back.
            lowered, lost = ranked.lowered(a, kept, spare)
            if lowered is not None and lost <= spare and float(limit[a] - lowered) > best:
                best, move = float(limit[a] - lowered), (a, lowered, a, lowered)
        lowered, lost = ranked.lowered(a, kept, step + spare)
        if lowered is None:
            continue
        saved = float(limit[a] - lowered)
        if saved <= best:
            continue
        parts, raised = _raised(outside, values[a], lowered, lost - spare)
        gain = np.where(parts == a, -np.inf, saved - (raised - limit[parts]))
        if len(gain) and gain.max() > best:
            k = int(gain.argmax())
            best, move = float(gain[k]), (a, lowered, int(parts[k]), float(raised[k]))
    if move is None:
        return False
    a, lowered, b, raised_to = move
    limit[a] = lowered
    limit[b] = raised_to
    return True


class _Ranked(NamedTuple):
    """Scenarios of each part from its largest value to its smallest, and these values; (part, scenario)."""

    order: NDArray[np.int64]
    falling: Floats

    def lowered(self, part: int, kept: NDArray[np.bool_], step: int) -> tuple[float | None, int]:
        """Give the largest value of a part that leaves out at least `step` scenarios kept, and how many it leaves out.

        None where there is no such value.
        """
        count = len(kept)
        # So many largest values hold the answer, unless many are equal.
        for most in (2 * step + count - int(kept.sum()) + 16, count):
            inside = self.falling[part, :most][kept[self.order[part, :most]]]
            if step < len(inside):
                lost = step + int(np.argmax(inside[step:] < inside[step - 1]))
                if inside[lost] < inside[step - 1]:
                    return float(inside[lost]), lost
        return None, 0


class _Outside(NamedTuple):
    """Scenarios that one limit alone keeps out, by that part and then by its value: raising the limit wins them."""

    scenario: NDArray[np.int64]
    part: NDArray[np.int64]
    value: Floats
    first: NDArray[np.int64]
    """Place at which the part of each begins."""


def _outside(values: Floats, over: NDArray[np.bool_], broken: NDArray[np.int64]) -> _Outside:
    scenario = np.flatnonzero(broken == 1)
    part = over[:, scenario].argmax(axis=0)
    value = values[part, scenario]
    order = np.lexsort((value, part))
    scenario, part, value = scenario[order], part[order], value[order]
    return _Outside(scenario, part, value, np.searchsorted(part, part))


def _raised(outside: _Outside, other: Floats, lowered: float, short: int) -> tuple[NDArray[np.int64], Floats]:
    """Give the parts whose limit can win `short` scenarios in which another part is within `lowered`, and to where."""
    won = np.concatenate([[0], np.cumsum(other[outside.scenario] <= lowered)])
    enough = np.flatnonzero((won[1:] - won[outside.first] == short) & (won[1:] > won[:-1]))
    return outside.part[enough], outside.value[enough]
