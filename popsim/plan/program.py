"""From what a plan stores of needs, lateness and prices to the steps that a kernel runs.

Buffers are numbered: four fixed ones, then registers, weights of activations, price paths, price profiles, and
last the accumulators. A step is its code, the buffers that it writes and reads, and a number; `popsim.layout` has the
codes with what they do, and the functions below write them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from popsim import layout
from popsim.arrays import Floats, Integers, Mask, pointers
from popsim.plan.model import Plan
from popsim.plan.row_steps import Buffers, write_rows

_ZERO, _SCRATCH, _DRAWN, _PAID, _REGISTERS = range(5)

_OF_ALL = ("path_", "rate_", "shock_", "profile", "growth_")
"""Beginnings of the names of arrays of prices, which all countries have in common."""

Step = tuple[int, int, int, int, int, float]
"""Code, the buffer that is written, three that are read or counted by, and a number."""


def set_to(to: int, number: float = 0.0) -> Step:
    """Write to = number."""
    return (layout.SET, to, 0, 0, 1, number)


def multiply(to: int, by: int) -> Step:
    """Write to x= by."""
    return (layout.MULTIPLY, to, by, 0, 1, 0.0)


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
        lists = {name: array.tolist() for name, array in plan.moves._asdict().items() if name.startswith(_OF_ALL)}
        self.moves = plan.moves._replace(**lists)
        registers, weights, profiles = plan.moves.counts.tolist()
        self.plan = plan
        self.years: int = plan.moves.path_static.shape[1]
        at_weights = _REGISTERS + registers
        self.paths = at_weights + weights
        self.profiles = self.paths + plan.moves.path_static.size
        self.shares = self.profiles + profiles
        self.sums = self.shares + shares
        self.buffers = Buffers(_ZERO, _SCRATCH, _DRAWN, _PAID, _REGISTERS, at_weights, self.profiles, self.sums)
        self.steps: list[Step] = []

    def path(self, path: int, year: int) -> int:
        place: int = self.paths + path * self.years + year
        return place

    def table(self) -> tuple[Integers, Floats]:
        """Return the steps that were written, and the number of each."""
        # Places of buffers are whole numbers that floats hold exactly.
        table = np.array(self.steps, dtype=np.float64).reshape(-1, 6)
        return table[:, :5].astype(np.int64), table[:, 5].copy()

    def common(self, used: Container[int]) -> None:
        """Write what all countries have in common, with the price profiles that are used."""
        self.steps.append(set_to(_ZERO))
        self.price_paths()
        self.price_profiles(used)

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
    writer.common({cell.price_profile for cell in sums.cells} | set(plan.moves.row_growth[sums.is_summed].tolist()))
    of_all = len(writer.steps)
    writer.ending(sums)
    steps, numbers = writer.table()
    rows = write_rows(plan.moves, writer.buffers, sums.start, sums.target, sums.is_summed)
    # What all countries have in common is made by the last row that draws for them, before its own steps.
    last_of_all = max(int(plan.draws.row_start[1]) - 1, 0)
    before = int(np.searchsorted(rows.row, last_of_all))
    counts = np.bincount(rows.row, minlength=len(plan.moves.row_keep))
    counts[last_of_all] += of_all
    return Program(
        row_keep=rows.keep,
        row_value=rows.value,
        row_start=pointers(counts),
        steps=np.concatenate([rows.steps[:before], steps[:of_all], rows.steps[before:], steps[of_all:]]),
        numbers=np.concatenate([rows.numbers[:before], numbers[:of_all], rows.numbers[before:], numbers[of_all:]]),
        slots=writer.buffers.sums,
    ).frozen()


def make_ending(plan: Plan, sums: LagSums) -> tuple[Program, dict[int, int]]:
    """Return the steps that make results of sums of all rows, without those of rows, and the buffer of each register.

    They are those of `make_program`, for whoever holds the sums and the registers that all countries have in common.
    """
    if not plan.moves.any:
        return NO_PROGRAM, {}
    writer = _Writer(plan, len(sums.shares))
    writer.common({cell.price_profile for cell in sums.cells})
    writer.ending(sums)
    steps, numbers = writer.table()
    none = np.zeros(0, dtype=np.int64)
    program = Program(none, none, pointers(none), steps, numbers, writer.buffers.sums).frozen()
    registers = plan.moves.row_keep[: int(plan.draws.row_start[1])].tolist()
    return program, {each: _REGISTERS + each for each in registers if each >= 0}
