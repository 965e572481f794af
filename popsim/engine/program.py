"""From what a plan says of needs, lateness and prices to the steps that a kernel runs.

Buffers are numbered: four for odds and ends, then values that are kept, weights of presences, paths, growths, and last
the accumulators.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np

from popsim.engine.sums import Accumulators, Targets
from popsim.families.base import Floats
from popsim.layout import (
    ADD_PRODUCT,
    ADD_SHARE,
    DISCOUNT,
    DOT,
    GATE,
    GROWN,
    LAGGED,
    LAGGED_TWICE,
    MULTIPLY,
    PLUS,
    POWER,
    PROLONG,
    SET,
    SPLIT,
    STRIKE,
    TIMES,
)
from popsim.plan.model import Integers, Plan
from popsim.plan.moves import Moves
from popsim.plan.tables.builder import pointers

__all__ = ["NO_PROGRAM", "Program", "make_program"]

_ZERO, _SCRATCH, _DRAWN, _PAID, _KEPT = range(5)


class Program(NamedTuple):
    """Steps (code, to, one, two, fifth) with a number each; empty where costs are all there is.

    A row puts its value into buffer `row_keep`, runs its steps, and has its cost in buffer `row_value`. Steps after
    those of the last row end a block.
    """

    row_keep: Integers
    row_value: Integers
    row_start: Integers
    steps: Integers
    numbers: Floats
    slots: int


def _frozen(program: Program) -> Program:
    for array in program[:-1]:
        array.setflags(write=False)
    return program


_NONE = np.zeros(0, dtype=np.int64)
NO_PROGRAM = _frozen(Program(_NONE, _NONE, _NONE, np.zeros((0, 5), dtype=np.int64), np.zeros(0), 0))
"""For rows that are costs and no more."""


class _Writer:
    """Writes steps; buffers are named by where the plan numbers them."""

    def __init__(self, plan: Plan) -> None:
        # Lists, since single numbers of arrays are slow to take.
        self.moves = Moves(*(array.tolist() for array in plan.moves))
        kept, weights, growths = plan.moves.counts.tolist()
        self.years: int = plan.moves.path_static.shape[1]
        self.weights = _KEPT + kept
        self.paths = self.weights + weights
        self.growths = self.paths + plan.moves.path_static.size
        self.sums = self.growths + growths
        self.steps: list[tuple[int, int, int, int, int]] = []
        self.numbers: list[float] = []

    def step(self, code: int, to: int, one: int = 0, two: int = 0, fifth: int = 1, number: float = 0.0) -> None:
        self.steps.append((code, to, one, two, fifth))
        self.numbers.append(number)

    def path(self, path: int, year: int) -> int:
        place: int = self.paths + path * self.years + year
        return place

    def presence(self, p: int) -> None:
        """Write the weights of a presence: what is paid, at the lag at which it is paid."""
        m = self.moves
        at, lags = self.weights + m.presence_slot[p], m.presence_lags[p]
        begin, late, late_cost = m.presence_begin[p], m.presence_late[p], m.presence_late_cost[p]
        self.step(SET, at, number=1.0)
        for g in range(m.gate_start[p], m.gate_start[p + 1]):
            kept = m.gate_kept[g]
            two = _KEPT + kept if kept >= 0 else _ZERO
            self.step(GATE, at, _KEPT + m.gate_score[g], two, number=m.gate_threshold[g])
        for g in range(m.power_start[p], m.power_start[p + 1]):
            self.step(POWER, at, _KEPT + m.power_kept[g], number=m.power_log[g])
        if late >= 0 and late_cost != 0.0:
            self.step(PROLONG, at, _KEPT + late, number=late_cost)
        if lags > 1:
            lateness = _KEPT + max(begin, late)
            if begin >= 0 and late >= 0:
                lateness = _SCRATCH
                self.step(PLUS, lateness, _KEPT + begin, _KEPT + late)
            self.step(SPLIT, at + 1, lateness, number=lags - 1.0)

    def world(self) -> None:
        """Write paths and growths."""
        m = self.moves
        for path in range(len(m.path_static)):
            for year in range(self.years):
                at = self.path(path, year)
                self.step(SET, at, number=m.path_static[path][year])
                for j in range(m.rate_start[path], m.rate_start[path + 1]):
                    rate, power = _KEPT + m.rate_kept[j], m.rate_power[j][year]
                    for _ in range(power):
                        self.step(ADD_PRODUCT, at, at, rate)
                    for _ in range(-power):
                        self.step(DISCOUNT, at, rate)
                for j in range(m.shock_start[path], m.shock_start[path + 1]):
                    score, factor = _KEPT + m.shock_score[j], _KEPT + m.shock_factor[j]
                    self.step(STRIKE, at, score, factor, number=m.shock_threshold[j])
        for growth in range(len(m.growth_path)):
            self._growth(growth)

    def _growth(self, growth: int) -> None:
        m = self.moves
        profile, path = m.profile[m.growth_profile[growth]], m.growth_path[growth]
        for lag in range(m.growth_lags[growth]):
            at = self.growths + m.growth_slot[growth] + lag
            self.step(SET, at)
            for year in range(max(m.growth_from[growth], lag), m.growth_to[growth]):
                if profile[year - lag] != 0.0:
                    self.step(ADD_SHARE, at, self.path(path, year), number=profile[year - lag])

    def pay(self, row: int, lag_targets: list[int], is_summed: bool) -> int:
        """Write the payments of a row: sums by lag, and its cost within the horizon; tell where that is."""
        m = self.moves
        presence, growth = m.row_presence[row], m.row_growth[row]
        weight, lags = 0, 1
        if presence >= 0:
            weight, lags = self.weights + m.presence_slot[presence], m.presence_lags[presence]
            self.step(MULTIPLY, _DRAWN, weight)
        if lags == 1:
            for target in lag_targets:
                self.step(ADD_SHARE, self.sums + target, _DRAWN, number=1.0)
        else:
            for target, other in itertools.zip_longest(lag_targets[::2], lag_targets[1::2]):
                if other is None:
                    self.step(LAGGED, self.sums + target, _DRAWN, weight + 1)
                else:
                    self.step(LAGGED_TWICE, self.sums + target, _DRAWN, weight + 1, self.sums + other)
        if growth < 0 or not is_summed:
            return _DRAWN
        at = self.growths + m.growth_slot[growth]
        if lags == 1:
            self.step(TIMES, _PAID, _DRAWN, at)
        else:
            self.step(GROWN, _PAID, _DRAWN, weight + 1, at)
        return _PAID

    def cells(self, plan: Plan, sums: Accumulators) -> None:
        """Write what the sums by lag come to."""
        for cell, place in sums.cells.items():
            lags = int(plan.component_lags[cell.component])
            at, source = self.sums + place, self.sums + cell.source
            if cell.growth >= 0:
                self.step(DOT, at, source, self.growths + self.moves.growth_slot[cell.growth], lags)
                continue
            profile = self.moves.profile[cell.component]
            self.step(SET, at)
            for lag in range(min(lags, cell.year + 1)):
                if profile[cell.year - lag] != 0.0:
                    self.step(ADD_SHARE, at, source + lag, number=profile[cell.year - lag])
            self.step(MULTIPLY, at, self.path(int(plan.component_path[cell.component]), cell.year))


def make_program(plan: Plan, sums: Accumulators, targets: Targets) -> Program:
    """Write the steps of a plan for the sums that are asked for; none for a plan without moves."""
    if not plan.moves.any:
        return NO_PROGRAM
    writer = _Writer(plan)
    moves = writer.moves
    lag_start, lag_target = (array.tolist() for array in sums.lag_targets())
    summed = (np.diff(targets.target_start) > 0).tolist()
    first = int(plan.draws.row_start[1])
    keep, value, counts = [], [], []
    for row in range(len(moves.row_keep)):
        before = len(writer.steps)
        if row == max(first - 1, 0):
            writer.step(SET, _ZERO)
            writer.world()
        if moves.row_keep[row] >= 0:
            keep.append(_KEPT + moves.row_keep[row])
            value.append(_ZERO)
        else:
            for p in range(moves.presence_start[row], moves.presence_start[row + 1]):
                writer.presence(p)
            value.append(writer.pay(row, lag_target[lag_start[row] : lag_start[row + 1]], summed[row]))
            keep.append(_DRAWN)
        counts.append(len(writer.steps) - before)
    writer.cells(plan, sums)
    return _frozen(
        Program(
            row_keep=np.array(keep, dtype=np.int64),
            row_value=np.array(value, dtype=np.int64),
            row_start=pointers(counts),
            steps=np.array(writer.steps, dtype=np.int64),
            numbers=np.array(writer.numbers),
            slots=writer.sums,
        )
    )
