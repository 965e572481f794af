"""From what a plan stores of needs, lateness and prices to the steps that a kernel runs.

Buffers are numbered: four fixed ones, then registers, weights of activations, price paths, price profiles, and
last the accumulators. A step is its code, the buffers that it writes and reads, and a number; `popsim.layout` has the
codes with what they do, and the functions below write them.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from popsim import layout
from popsim.arrays import Floats, Integers, Mask, pointers
from popsim.plan.model import Plan
from popsim.plan.moves import Moves

_ZERO, _SCRATCH, _DRAWN, _PAID, _REGISTERS = range(5)

Step = tuple[int, int, int, int, int, float]
"""Code, the buffer that is written, three that are read or counted by, and a number."""


def set_to(to: int, number: float = 0.0) -> Step:
    """Write to = number."""
    return (layout.SET, to, 0, 0, 1, number)


def multiply(to: int, by: int) -> Step:
    """Write to x= by."""
    return (layout.MULTIPLY, to, by, 0, 1, 0.0)


def times(to: int, one: int, two: int) -> Step:
    """Write to = one x two."""
    return (layout.TIMES, to, one, two, 1, 0.0)


def plus(to: int, one: int, two: int) -> Step:
    """Write to = one + two."""
    return (layout.PLUS, to, one, two, 1, 0.0)


def add_share(to: int, of: int, share: float) -> Step:
    """Write to += share x of."""
    return (layout.ADD_SHARE, to, of, 0, 1, share)


def compound(to: int, rate: int) -> Step:
    """Write to += to x rate."""
    return (layout.ADD_PRODUCT, to, to, rate, 1, 0.0)


def add_product(to: int, one: int, two: int) -> Step:
    """Write to += one x two."""
    return (layout.ADD_PRODUCT, to, one, two, 1, 0.0)


def discount(to: int, rate: int) -> Step:
    """Write to /= 1 + rate."""
    return (layout.DISCOUNT, to, rate, 0, 1, 0.0)


def gate(at: int, score: int, more: int, threshold: float) -> Step:
    """Leave `at` where score + more + threshold > 0, and write 0 elsewhere."""
    return (layout.GATE, at, score, more, 1, threshold)


def strike(at: int, score: int, factor: int, threshold: float) -> Step:
    """Write at x= factor where score + threshold > 0."""
    return (layout.STRIKE, at, score, factor, 1, threshold)


def scale(at: int, exponent: int, logarithm: float) -> Step:
    """Write at x= exp(logarithm x exponent)."""
    return (layout.POWER, at, exponent, 0, 1, logarithm)


def prolong(at: int, delay: int, cost_per_year: float) -> Step:
    """Write at x= 1 + cost per year x delay."""
    return (layout.PROLONG, at, delay, 0, 1, cost_per_year)


def split(to: int, lateness: int, last: int) -> Step:
    """Write the whole years of a lateness, at most the last lag, and the part of a year into the buffer after it."""
    return (layout.SPLIT, to, lateness, 0, 1, float(last))


def lagged(to: int, paid: int, lag: int, other: int | None = None) -> Step:
    """Add what is paid to the sums of the two lags that it falls between, of one or two sums by lag."""
    if other is None:
        return (layout.LAGGED, to, paid, lag, 1, 0.0)
    return (layout.LAGGED_TWICE, to, paid, lag, other, 0.0)


def profiled(to: int, paid: int, lag: int, profile: int) -> Step:
    """Write what is paid times the price profile between the two lags that it falls between."""
    return (layout.GROWN, to, paid, lag, profile, 0.0)


def dot(to: int, sums: int, profile: int, lags: int) -> Step:
    """Write the sum over lags of sums by lag times a price profile."""
    return (layout.DOT, to, sums, profile, lags, 0.0)


class Program(NamedTuple):
    """Steps (code and four buffers) with a number each; empty where costs are all there is.

    A row puts its value into buffer `row_keep`, runs its steps, and has its cost in buffer `row_value`. Steps after
    those of the last row end a block.
    """

    row_keep: Integers
    row_value: Integers
    row_start: Integers
    steps: Integers
    numbers: Floats
    slots: int

    def frozen(self) -> Program:
        """Return the same arrays, no longer writable."""
        for array in self[:-1]:
            array.setflags(write=False)
        return self


_NONE = np.zeros(0, dtype=np.int64)
NO_PROGRAM = Program(_NONE, _NONE, _NONE, np.zeros((0, 5), dtype=np.int64), np.zeros(0), 0).frozen()
"""For rows that are costs and no more."""


class Cell(NamedTuple):
    """Sums by lag of a component that become one accumulator: by a price profile, or (-1) as what falls in one year."""

    source: int
    component: int
    price_profile: int
    year: int


class Share(NamedTuple):
    """What is to be financed of a cost, (1 - cofinancing * materialised) * (1 + agency fee), by `popsim.plan.shares`.

    Of each part the number, or the register that holds it (-1 for none).
    """

    known: tuple[float, float, float]
    drawn: tuple[int, int, int]


class Financed(NamedTuple):
    """Sums of costs of which one uncertain share is financed: its number, accumulators and their weights."""

    share: int
    parts: tuple[tuple[int, float], ...]


class LagSums(NamedTuple):
    """Which sums a run asks for: by row the accumulators of its sums by lag, and what these are made into."""

    start: Integers
    target: Integers
    cells: Mapping[Cell, int]
    """Accumulator of each cell."""
    is_summed: Mask
    """Whether a row adds its cost to an accumulator without lags, too."""
    shares: tuple[Share, ...] = ()
    """Uncertain shares of who pays."""
    financed: Mapping[tuple[Financed, ...], int] = MappingProxyType({})
    """Accumulator of each sum of what is financed by such shares."""
    registers: tuple[tuple[int, int], ...] = ()
    """Registers of all countries, each with the accumulator that is a copy of it."""


class _Writer:
    """Writes the steps of a plan; buffers are named by where the plan numbers them."""

    def __init__(self, plan: Plan, shares: int) -> None:
        # Lists, since single numbers of arrays are slow to take.
        self.moves = Moves(*(array.tolist() for array in plan.moves))
        registers, weights, profiles = plan.moves.counts.tolist()
        self.plan = plan
        self.years: int = plan.moves.path_static.shape[1]
        self.weights = _REGISTERS + registers
        self.paths = self.weights + weights
        self.profiles = self.paths + plan.moves.path_static.size
        self.shares = self.profiles + profiles
        self.sums = self.shares + shares
        self.steps: list[Step] = []

    def path(self, path: int, year: int) -> int:
        place: int = self.paths + path * self.years + year
        return place

    def price_paths(self) -> None:
        m, write = self.moves, self.steps.append
        for path, static in enumerate(m.path_static):
            for year in range(self.years):
                at = self.path(path, year)
                write(set_to(at, static[year]))
                for j in range(m.rate_start[path], m.rate_start[path + 1]):
                    rate, power = _REGISTERS + m.rate_kept[j], m.rate_power[j][year]
                    self.steps += [compound(at, rate)] * power
                    self.steps += [discount(at, rate)] * -power
                for j in range(m.shock_start[path], m.shock_start[path + 1]):
                    score, factor = _REGISTERS + m.shock_score[j], _REGISTERS + m.shock_factor[j]
                    write(strike(at, score, factor, m.shock_threshold[j]))

    def price_profiles(self, used: Container[int]) -> None:
        m, write = self.moves, self.steps.append
        for growth, path in enumerate(m.growth_path):
            if growth not in used:
                continue
            profile = m.profile[m.growth_profile[growth]]
            for lag in range(m.growth_lags[growth]):
                at = self.profiles + m.growth_slot[growth] + lag
                write(set_to(at))
                for year in range(max(m.growth_from[growth], lag), m.growth_to[growth]):
                    if profile[year - lag] != 0.0:
                        write(add_share(at, self.path(path, year), profile[year - lag]))

    def activation(self, p: int) -> None:
        """Write the weight of an activation: what is paid of a cost, and the lag at which it is paid."""
        m, write = self.moves, self.steps.append
        at, lags = self.weights + m.presence_slot[p], m.presence_lags[p]
        begin, late, late_cost = m.presence_begin[p], m.presence_late[p], m.presence_late_cost[p]
        level = m.presence_level[p] if m.presence_level else -1
        delay = _REGISTERS + late if level < 0 else _SCRATCH
        write(set_to(at, 1.0))
        for j in range(m.gate_start[p], m.gate_start[p + 1]):
            more = _ZERO if m.gate_kept[j] < 0 else _REGISTERS + m.gate_kept[j]
            write(gate(at, _REGISTERS + m.gate_score[j], more, m.gate_threshold[j]))
        for j in range(m.power_start[p], m.power_start[p + 1]):
            write(scale(at, _REGISTERS + m.power_kept[j], m.power_log[j]))
        if m.presence_whole and m.presence_whole[p] >= 0:
            write(multiply(at, _REGISTERS + m.presence_whole[p]))
        if late >= 0 and level >= 0:
            write(times(delay, _REGISTERS + level, _REGISTERS + late))
        if late >= 0 and late_cost != 0.0:
            write(prolong(at, delay, late_cost))
        if lags > 1:
            lateness = delay if late >= 0 else _REGISTERS + begin
            if begin >= 0 and late >= 0:
                lateness = _SCRATCH
                write(plus(lateness, _REGISTERS + begin, delay))
            write(split(at + 1, lateness, lags - 1))

    def pay(self, row: int, lag_targets: list[int], is_summed: bool) -> int:
        """Write the payments of a row: sums by lag, and its cost within the horizon; return where that is."""
        m, write = self.moves, self.steps.append
        activation, growth = m.row_presence[row], m.row_growth[row]
        weight, lags = 0, 1
        if activation >= 0:
            weight, lags = self.weights + m.presence_slot[activation], m.presence_lags[activation]
            write(multiply(_DRAWN, weight))
        targets = [self.sums + target for target in lag_targets]
        if lags == 1:
            self.steps += [add_share(target, _DRAWN, 1.0) for target in targets]
        else:
            for target, other in itertools.zip_longest(targets[::2], targets[1::2]):
                write(lagged(target, _DRAWN, weight + 1, other))
        if growth < 0 or not is_summed:
            return _DRAWN
        profile = self.profiles + m.growth_slot[growth]
        write(times(_PAID, _DRAWN, profile) if lags == 1 else profiled(_PAID, _DRAWN, weight + 1, profile))
        return _PAID

    def cells(self, cells: Mapping[Cell, int]) -> None:
        """Write what the sums by lag come to."""
        m, write = self.moves, self.steps.append
        all_lags, paths = self.plan.component_lags.tolist(), self.plan.component_path.tolist()
        for cell, place in cells.items():
            lags = all_lags[cell.component]
            at, source = self.sums + place, self.sums + cell.source
            if cell.price_profile >= 0:
                write(dot(at, source, self.profiles + m.growth_slot[cell.price_profile], lags))
                continue
            profile = m.profile[cell.component]
            write(set_to(at))
            for lag in range(min(lags, cell.year + 1)):
                if profile[cell.year - lag] != 0.0:
                    write(add_share(at, source + lag, profile[cell.year - lag]))
            write(multiply(at, self.path(paths[cell.component], cell.year)))

    def share(self, number: int, share: Share) -> None:
        """Write what is to be financed of a cost."""
        write, at = self.steps.append, self.shares + number
        (pledged, materialised, fee), (pledge, arrival, fee_drawn) = share
        write(set_to(_SCRATCH, pledged))
        if pledge >= 0:
            write(add_share(_SCRATCH, _REGISTERS + pledge, 1.0))
        if arrival >= 0:
            write(multiply(_SCRATCH, _REGISTERS + arrival))
        write(set_to(at, 1.0))
        write(add_share(at, _SCRATCH, -1.0 if arrival >= 0 else -materialised))
        # What a table gives may pass 1 by a rounding error, and nobody is paid for that.
        write(gate(at, at, _ZERO, 0.0))
        write(compound(at, _REGISTERS + fee_drawn) if fee_drawn >= 0 else add_share(at, at, fee))

    def copies(self, registers: Iterable[tuple[int, int]]) -> None:
        """Write registers into accumulators."""
        for register, place in registers:
            self.steps.append(set_to(self.sums + place))
            self.steps.append(add_share(self.sums + place, _REGISTERS + register, 1.0))

    def ending(self, sums: LagSums) -> None:
        """Write what the sums of all rows come to."""
        self.cells(sums.cells)
        for number, share in enumerate(sums.shares):
            self.share(number, share)
        self.financed(sums.financed)
        self.copies(sums.registers)

    def financed(self, sums: Mapping[tuple[Financed, ...], int]) -> None:
        """Write what costs come to of which uncertain shares are financed."""
        write = self.steps.append
        for of_shares, place in sums.items():
            write(set_to(self.sums + place))
            for share, parts in of_shares:
                source = self.sums + parts[0][0]
                if len(parts) > 1 or parts[0][1] != 1.0:
                    source = _SCRATCH
                    write(set_to(_SCRATCH))
                    self.steps += [add_share(_SCRATCH, self.sums + part, weight) for part, weight in parts]
                write(add_product(self.sums + place, source, self.shares + share))


def make_program(plan: Plan, sums: LagSums) -> Program:
    """Return the steps of a plan for the sums that are asked for; none for a plan without moves."""
    if not plan.moves.any:
        return NO_PROGRAM
    writer = _Writer(plan, len(sums.shares))
    moves = writer.moves
    start, target, is_summed = sums.start.tolist(), sums.target.tolist(), sums.is_summed.tolist()
    last_of_all = max(int(plan.draws.row_start[1]) - 1, 0)
    used = {cell.price_profile for cell in sums.cells} | set(plan.moves.row_growth[sums.is_summed].tolist())
    keep, value, counts = [], [], []
    for row, register in enumerate(moves.row_keep):
        before = len(writer.steps)
        if row == last_of_all:
            writer.steps.append(set_to(_ZERO))
            writer.price_paths()
            writer.price_profiles(used)
        if register >= 0:
            keep.append(_REGISTERS + register)
            value.append(_ZERO)
        else:
            for p in range(moves.presence_start[row], moves.presence_start[row + 1]):
                writer.activation(p)
            value.append(writer.pay(row, target[start[row] : start[row + 1]], is_summed[row]))
            keep.append(_DRAWN)
        counts.append(len(writer.steps) - before)
    writer.ending(sums)
    return _program(writer, keep, value, counts)


def make_ending(plan: Plan, sums: LagSums) -> tuple[Program, dict[int, int]]:
    """Return the steps that make results of sums of all rows, without those of rows, and the buffer of each register.

    They are those of `make_program`, for whoever holds the sums and the registers that all countries have in common.
    """
    if not plan.moves.any:
        return NO_PROGRAM, {}
    writer = _Writer(plan, len(sums.shares))
    writer.steps.append(set_to(_ZERO))
    writer.price_paths()
    writer.price_profiles({cell.price_profile for cell in sums.cells})
    writer.ending(sums)
    registers = plan.moves.row_keep[: int(plan.draws.row_start[1])].tolist()
    return _program(writer, (), (), ()), {each: _REGISTERS + each for each in registers if each >= 0}


def _program(writer: _Writer, keep: Sequence[int], value: Sequence[int], counts: Sequence[int]) -> Program:
    # Places of buffers are whole numbers that floats hold exactly.
    table = np.array(writer.steps, dtype=np.float64).reshape(-1, 6)
    return Program(
        row_keep=np.array(keep, dtype=np.int64),
        row_value=np.array(value, dtype=np.int64),
        row_start=pointers(counts),
        steps=table[:, :5].astype(np.int64),
        numbers=table[:, 5].copy(),
        slots=writer.sums,
    ).frozen()
