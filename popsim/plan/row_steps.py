"""The steps of all rows of a plan: activations, payments and sums by lag, written for all rows at once.

They stand in the order in which one row after another would write them: before each row the activations that are made
there, then what the row pays. `popsim.plan.program` has what the steps do, and where buffers begin.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popsim import layout
from popsim.arrays import Floats, Integers, Mask
from popsim.plan.moves import Moves


class Buffers(NamedTuple):
    """Where buffers begin, by what they hold; the first four have one each."""

    zero: int
    scratch: int
    drawn: int
    paid: int
    registers: int
    weights: int
    profiles: int
    sums: int


class RowSteps(NamedTuple):
    """Steps of rows with a number each, the row of each, and the buffers that rows put values into and pay from."""

    row: Integers
    steps: Integers
    numbers: Floats
    keep: Integers
    value: Integers


_SECTION, _UNIT = 2**24, 2**28
"""Distances of what steps are put in order by: sections of a unit, and units. A unit is an activation or a payment."""


class _Written:
    """Steps in any order, each with its place in the order of all."""

    def __init__(self) -> None:
        self._parts: list[tuple[Integers, Integers, Integers, Floats]] = []

    def add(
        self,
        row: Integers,
        place: Integers,
        code: ArrayLike,
        to: ArrayLike,
        one: ArrayLike = 0,
        two: ArrayLike = 0,
        fifth: ArrayLike = 1,
        number: ArrayLike = 0.0,
    ) -> None:
        """Add a step for each row that is given."""
        steps = np.empty((len(row), 5), dtype=np.int64)
        for column, each in enumerate((code, to, one, two, fifth)):
            steps[:, column] = each
        self._parts.append((row, place, steps, np.broadcast_to(np.asarray(number, dtype=np.float64), len(row))))

    def ordered(self) -> tuple[Integers, Integers, Floats]:
        """Return the row of each step, the steps and their numbers, in order."""
        row, place, steps, numbers = map(np.concatenate, zip(*self._parts, strict=True))
        order = np.argsort(place, kind="stable")
        return row[order], steps[order], numbers[order]


def write_rows(moves: Moves, at: Buffers, start: Integers, target: Integers, is_summed: Mask) -> RowSteps:
    """Return the steps of all rows.

    Parameters
    ----------
    moves
        Of the plan.
    at
        Where its buffers begin.
    start, target, is_summed
        As `popsim.plan.program.LagSums` has them.
    """
    written, is_cost = _Written(), moves.row_keep < 0
    _write_activations(written, moves, at, is_cost)
    is_paid = _write_payments(written, moves, at, start, target, is_summed & is_cost)
    keep = np.where(is_cost, at.drawn, at.registers + moves.row_keep)
    value = np.where(is_cost, np.where(is_paid, at.paid, at.drawn), at.zero)
    return RowSteps(*written.ordered(), keep, value)


def _write_activations(written: _Written, moves: Moves, at: Buffers, is_cost: NDArray[np.bool_]) -> None:
    """Write the weight of each activation: what is paid of a cost, and the lag at which it is paid."""
    row = np.repeat(np.arange(len(is_cost)), np.diff(moves.presence_start))
    own = np.arange(len(row))
    unit = (own + row) * _UNIT
    weight, lags = at.weights + moves.presence_slot, moves.presence_lags
    begin, late, cost = moves.presence_begin, moves.presence_late, moves.presence_late_cost
    level = moves.presence_level if moves.presence_level.size else np.full(len(row), -1, dtype=np.int64)
    whole = moves.presence_whole if moves.presence_whole.size else np.full(len(row), -1, dtype=np.int64)
    delay = np.where(level < 0, at.registers + late, at.scratch)
    both = (begin >= 0) & (late >= 0)
    lateness = np.where(both, at.scratch, np.where(late >= 0, delay, at.registers + begin))
    counted = is_cost[row]

    def add(
        section: int,
        which: NDArray[np.bool_],
        code: int,
        to: ArrayLike,
        one: ArrayLike = 0,
        two: ArrayLike = 0,
        number: ArrayLike = 0.0,
    ) -> None:
        which = which & counted
        place = unit[which] + section * _SECTION
        to, one, two, number = (np.broadcast_to(each, len(row))[which] for each in (to, one, two, number))
        written.add(row[which], place, code, to, one, two, number=number)

    def add_each(section: int, starts: Integers, code: int, one: Integers, two: Integers | int, number: Floats) -> None:
        owner = np.repeat(own, np.diff(starts))
        place = unit[owner] + section * _SECTION + np.arange(len(owner)) - starts[owner]
        which = counted[owner]
        # Pointers may tell of fewer than there are: point estimates leave out what has one.
        firsts, numbers = one[: len(owner)][which], number[: len(owner)][which]
        seconds = two if isinstance(two, int) else two[: len(owner)][which]
        written.add(row[owner][which], place[which], code, weight[owner][which], firsts, seconds, number=numbers)

    add(0, counted, layout.SET, weight, number=1.0)
    more = np.where(moves.gate_kept < 0, at.zero, at.registers + moves.gate_kept)
    add_each(1, moves.gate_start, layout.GATE, at.registers + moves.gate_score, more, moves.gate_threshold)
    add_each(2, moves.power_start, layout.POWER, at.registers + moves.power_kept, 0, moves.power_log)
    add(3, whole >= 0, layout.MULTIPLY, weight, at.registers + whole)
    add(4, (late >= 0) & (level >= 0), layout.TIMES, delay, at.registers + level, at.registers + late)
    add(5, (late >= 0) & (cost != 0.0), layout.PROLONG, weight, delay, number=cost)
    add(6, (lags > 1) & both, layout.PLUS, at.scratch, at.registers + begin, delay)
    add(7, lags > 1, layout.SPLIT, weight + 1, lateness, number=lags - 1)


def _write_payments(
    written: _Written, moves: Moves, at: Buffers, start: Integers, target: Integers, is_summed: Mask
) -> Mask:
    """Write the payments of each row: sums by lag, and its cost within the horizon; return which rows have that."""
    rows, activation, growth = np.arange(len(is_summed)), moves.row_presence, moves.row_growth
    unit = (moves.presence_start[1:] + rows) * _UNIT
    is_active = activation >= 0
    weight, lags = np.zeros(len(rows), dtype=np.int64), np.ones(len(rows), dtype=np.int64)
    weight[is_active] = at.weights + moves.presence_slot[activation[is_active]]
    lags[is_active] = moves.presence_lags[activation[is_active]]
    active = rows[is_active & (moves.row_keep < 0)]
    written.add(active, unit[active], layout.MULTIPLY, at.drawn, weight[active])
    row = np.repeat(rows, np.diff(start))
    number = np.arange(len(row)) - start[row]
    place, to, is_late = unit[row] + _SECTION + number, at.sums + target, lags[row] > 1
    now = ~is_late
    written.add(row[now], place[now], layout.ADD_SHARE, to[now], at.drawn, number=1.0)
    # Sums by lag are added to two at a time.
    has_other = number + 1 < np.diff(start)[row]
    pair, single = (np.flatnonzero(is_late & (number % 2 == 0) & each) for each in (has_other, ~has_other))
    lag = weight[row] + 1
    written.add(row[pair], place[pair], layout.LAGGED_TWICE, to[pair], at.drawn, lag[pair], to[pair + 1])
    written.add(row[single], place[single], layout.LAGGED, to[single], at.drawn, lag[single])
    is_paid: Mask = (growth >= 0) & is_summed
    profile = np.zeros(len(rows), dtype=np.int64)
    profile[is_paid] = at.profiles + moves.growth_slot[growth[is_paid]]
    for which, code in ((is_paid & (lags == 1), layout.TIMES), (is_paid & (lags > 1), layout.GROWN)):
        paid = rows[which]
        two = profile[paid] if code == layout.TIMES else weight[paid] + 1
        fifth = 1 if code == layout.TIMES else profile[paid]
        written.add(paid, unit[paid] + 2 * _SECTION, code, at.paid, at.drawn, two, fifth)
    return is_paid
