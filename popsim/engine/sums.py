"""The accumulators of a run: which sums each row adds to, and what they are made into at the end of a block.

Costs are always summed by component over all countries, in the order of the plan, and all that tells no countries apart
is made of these sums; so `cost` has the same bits whatever else is asked for. A component that can be late, or whose
prices move, is summed by lag, and its sums are brought to years and totals once for a block (cells). What is to be
financed of a component has sums of its own where different shares of it are co-financed. A share that is a number is a
weight; one that is uncertain multiplies the sums once for a block, after all else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers, pointers
from popsim.plan.merge import Placed
from popsim.plan.model import GROWTH_ROWS, Plan
from popsim.plan.program import Cell, Financed, LagSums, Share
from popsim.schema import Total
from popsim.types import Prices

Names = tuple[str, ...]
Group = tuple[str, ...]
Weighted = tuple[int, float]
"""Accumulator and weight."""


class Part(NamedTuple):
    """An accumulator and its weight in a sum."""

    place: int
    weight: float
    share: int = -1
    """Number of the uncertain share that it is multiplied by; -1 for none."""


class Targets(NamedTuple):
    """Pointers from rows to the accumulators that they add to, and from outputs to weighted accumulators.

    A row adds its cost to each `target`. What it adds by lag is among the steps of the program.
    `row_output` is the output that holds a row's values as they are, which then has no accumulators; -1 for none.
    """

    target_start: Integers
    target: Integers
    target_count: int
    output_start: Integers
    output_target: Integers
    output_weight: Floats
    row_output: Integers


class Grouped(NamedTuple):
    """Sums of groups of costs."""

    sums: list[tuple[int, int, int, int]]
    """Group, component and share of each, and its first accumulator."""
    known_by: tuple[object, ...]
    """What the sums are known by the places of, which stay theirs as long as it is held."""


class Accumulators:
    """Numbers the accumulators of a run by the rows that add to them; options that are drawn together share them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows = np.flatnonzero(plan.row_component >= 0)
        self._count = 0
        self._places: dict[tuple[bool, bytes], int] = {}
        self._plain: list[Integers] = []
        self._lagged: list[Integers] = []
        self._cells: dict[Cell, int] = {}
        self._shares: dict[Share, int] = {}
        self._financed: dict[tuple[Financed, ...], int] = {}
        self.known: dict[tuple[object, ...], Grouped] = {}
        """Groups of costs that have accumulators, by what put costs into groups: `OptionSums` looks here first."""

    def places(self, rows: Integers, which: Integers, sizes: Sequence[int], lagged: bool) -> list[int]:
        """Return the first accumulator of each group of costs; groups of the same costs have the same.

        `rows` are numbers of costs, `which` the group of each; a group takes `sizes` accumulators, one for each lag.
        """
        order = np.argsort(which, kind="stable")
        members = np.split(rows[order], np.searchsorted(which[order], np.arange(1, len(sizes))))[: len(sizes)]
        column = np.full(len(self.rows), -1, dtype=np.int64)
        found = []
        for group, size in zip(members, sizes, strict=True):
            key = (lagged, group.tobytes())
            if key not in self._places:
                self._places[key] = self._count
                column[group] = self._count
                self._count += size
            found.append(self._places[key])
        (self._lagged if lagged else self._plain).append(column)
        return found

    def cell(self, cell: Cell) -> int:
        """Return the accumulator of a cell."""
        if cell not in self._cells:
            self._cells[cell] = self._count
            self._count += 1
        return self._cells[cell]

    def share(self, share: Share) -> int:
        """Return the number of an uncertain share."""
        return self._shares.setdefault(share, len(self._shares))

    def settled(self, parts: Sequence[Part]) -> list[Weighted]:
        """Return accumulators and weights of a sum; its parts with uncertain shares are one accumulator together."""
        found = [(part.place, part.weight) for part in parts if part.share < 0]
        by_share: dict[int, list[Weighted]] = {}
        for part in parts:
            if part.share >= 0:
                by_share.setdefault(part.share, []).append((part.place, part.weight))
        if by_share:
            key = tuple(Financed(share, tuple(each)) for share, each in by_share.items())
            if key not in self._financed:
                self._financed[key] = self._count
                self._count += 1
            found.append((self._financed[key], 1.0))
        return found

    def targets(self, outputs: Sequence[Sequence[Weighted]]) -> Targets:
        """Return the pointers from rows to accumulators and from these to outputs."""
        target_start, target = _listed(self._plain, self.rows, len(self.plan.row_component))
        return Targets(
            target_start=target_start,
            target=target,
            target_count=self._count,
            output_start=pointers([len(output) for output in outputs]),
            output_target=np.array([k for output in outputs for k, _ in output], dtype=np.int64),
            output_weight=np.array([weight for output in outputs for _, weight in output], dtype=np.float64),
            row_output=np.full(len(self.plan.row_component), -1, dtype=np.int64),
        )

    def lag_sums(self, targets: Targets) -> LagSums:
        """Return the sums by lag that rows add to, and the cells that were asked for."""
        start, target = _listed(self._lagged, self.rows, len(self.plan.row_component))
        is_summed = np.diff(targets.target_start) > 0
        used = set(targets.output_target.tolist())
        used |= {place for each in self._financed for of_share in each for place, _ in of_share.parts}
        cells = {cell: place for cell, place in self._cells.items() if place in used}
        return LagSums(start, target, cells, is_summed, tuple(self._shares), self._financed)


class OptionSums:
    """The accumulators of one option: of the plan that is drawn, or of one that is drawn with it, or merged into it."""

    def __init__(self, plan: Plan, accumulators: Accumulators, placed: Placed | None = None) -> None:
        placed = places_among(plan, accumulators.plan) if placed is None else placed
        if placed is None:
            raise ValueError(f"{plan.labels.option[0]} is not drawn with {accumulators.plan.labels.option[0]}")
        self._plan, self._accumulators = plan, accumulators
        self._place, self._component, registers = placed
        self._country_labels: dict[str, tuple[str, ...]] = {"country": plan.labels.country, **dict(plan.labels.groups)}
        self._rows = np.flatnonzero(plan.row_component >= 0)
        self._moving = plan.component_growth[0] >= 0
        self._shares, self._share = self._of_rows(registers)
        of_rows = plan.row_component[self._rows]
        self._even = [set(self._share[of_rows == k].tolist()) for k in range(len(plan.labels.component))]
        self._known: dict[tuple[Names, bool, str, bool], dict[Group, dict[int, list[Part]]]] = {}
        # The sums that everything rests on are always made, whatever is asked for.
        for k in range(len(plan.labels.component)):
            self.by_component((), (), k, None)

    def by_group(self, who: Names, group: Group, financed: bool = False) -> list[Part]:
        """Return parts of the cost of a group of countries, or of what is to be financed of it."""
        split = financed and len(self._shares) > 1
        share = self._shares[0] if financed and not split else _WHOLE
        known = self._sums(who, False, "all", split).get(group, {})
        return [share.of(part) for parts in known.values() for part in parts]

    def by_component(
        self, who: Names, group: Group, component: int, year: int | None, financed: bool = False, kind: int = 0
    ) -> list[Part]:
        """Return parts of the cost of one component in a group of countries, in one year or over the horizon.

        `kind` is the row of `component_growth` that says at which prices, and whether within or after the horizon.
        """
        shares = self._even[component] if financed else set()
        split = len(shares) > 1
        share = self._shares[min(shares)] if len(shares) == 1 else _WHOLE
        moving = bool(self._moving[component])
        if not moving or (who and year is None):
            sums = self._sums(who, True, "all" if who and year is None else "still", split)
            if year is not None:
                share = share._replace(weight=share.weight * float(self._plan.year_share[component, year]))
            return [share.of(part) for part in sums.get(group, {}).get(component, [])]
        lagged = self._sums(who, True, "lagged", split).get(group, {}).get(component, [])
        row, at = (kind, -1) if year is None else (-1, year)
        return [share.of(part._replace(place=self._cell(part.place, component, row, at))) for part in lagged]

    def total(self, total: Total) -> list[Part]:
        """Return parts of a total; at prices that the option does not know it is that at constant prices."""
        prices: Prices = total.prices if self._plan.has_prices(total.prices) else "constant"
        kind = GROWTH_ROWS[prices, total.span]
        counts = np.full(len(self._moving), True) if kind == 0 else self._plan.component_growth[kind] >= 0
        financed = total.base == "financing_need"
        return [
            part
            for component in np.flatnonzero(counts).tolist()
            for part in self.by_component((), (), component, None, financed, kind)
        ]

    def _of_rows(self, registers: Mapping[int, int]) -> tuple[list[_Financing], Integers]:
        """Return the shares that are financed of costs, and which of them each cost has."""
        plan, rows = self._plan, self._rows
        if not plan.shares.any:
            stated = plan.row_share[rows] if plan.is_financed else np.ones(len(rows))
            numbers, which = np.unique(stated, return_inverse=True)
            return [_Financing(number) for number in numbers.tolist()], which
        kinds, which = np.unique(plan.shares.row_kind_of_share[rows], return_inverse=True)
        return [self._of_kind(kind, registers) for kind in kinds.tolist()], which

    def _of_kind(self, kind: int, registers: Mapping[int, int]) -> _Financing:
        pledged, materialised, fee = self._plan.shares.share_known[kind].tolist()
        drawn = [registers.get(register, -1) for register in self._plan.shares.share_drawn[kind].tolist()]
        if max(drawn) < 0:
            return _Financing((1.0 - pledged * materialised) * (1.0 + fee))
        share = Share((pledged, materialised, fee), (drawn[0], drawn[1], drawn[2]))
        return _Financing(1.0, self._accumulators.share(share))

    def _cell(self, source: int, component: int, kind: int, year: int) -> int:
        """Return the accumulator of sums by lag as a total (`kind`) or in a year (`kind` -1), as in the drawn plan."""
        drawn = int(self._component[component])
        growth = -1 if kind < 0 else int(self._accumulators.plan.component_growth[kind, drawn])
        return self._accumulators.cell(Cell(source, drawn, growth, year))

    def _sums(self, who: Names, detailed: bool, sort: str, split: bool) -> dict[Group, dict[int, list[Part]]]:
        """Return accumulators by group and component (0 if not detailed), with the share of each that counts.

        `sort` says of which components: "all", those that never move ("still"), or, by lag, the others ("lagged").
        Where `split`, there is one for each share of the cost that is financed. Costs are never split, so that who
        pays changes no bit of them.
        """
        key = (who, detailed, sort, split)
        if key not in self._known:
            self._known[key] = self._make(who, detailed, sort, split)
        return self._known[key]

    def _make(self, who: Names, detailed: bool, sort: str, split: bool) -> dict[Group, dict[int, list[Part]]]:
        share_of = self._share if split else np.zeros_like(self._share)
        countries = len(self._plan.labels.country)
        groups = list(zip(*(self._country_labels[name] for name in who), strict=True)) or [()] * countries
        number = {group: place for place, group in enumerate(dict.fromkeys(groups))}
        # Plans that differ in who pays alone find all but their shares as another left it.
        at = (id(self._place), id(self._plan.labels), who, detailed, sort, split, share_of.tobytes() if split else b"")
        known = self._accumulators.known
        if at not in known:
            group = np.array([number[name] for name in groups])[self._plan.row_country[self._rows]]
            known[at] = self._grouped(group, len(number), share_of, detailed, sort)
        found: dict[Group, dict[int, list[Part]]] = {}
        names = list(number)
        for g, k, share, first in known[at].sums:
            whole = Part(first, 1.0)
            found.setdefault(names[g], {}).setdefault(k, []).append(self._shares[share].of(whole) if split else whole)
        return found

    def _grouped(self, group: Integers, groups: int, share_of: Integers, detailed: bool, sort: str) -> Grouped:
        component = self._plan.row_component[self._rows]
        moving = self._moving[component]
        taken = {"all": np.ones(len(component), dtype=bool), "still": ~moving, "lagged": moving}[sort]
        part = component if detailed else np.zeros_like(component)
        # One number for each group, component and share, which sorts as the three of them do.
        shape = (groups, len(self._plan.labels.component), len(self._shares))
        occurring, which = np.unique(np.ravel_multi_index((group, part, share_of), shape)[taken], return_inverse=True)
        keys = np.unravel_index(occurring, shape)
        sizes = self._plan.component_lags[keys[1]] if sort == "lagged" else np.ones(len(occurring), np.int64)
        firsts = self._accumulators.places(self._place[taken], which, sizes.tolist(), sort == "lagged")
        sums = list(zip(*(key.tolist() for key in keys), firsts, strict=True))
        return Grouped(sums, (self._place, self._plan.labels))


class _Financing(NamedTuple):
    """What is financed of a cost: a number times an uncertain share (-1 for none)."""

    weight: float
    share: int = -1

    def of(self, part: Part) -> Part:
        """Return a part of a cost as what is financed of it; no part has two uncertain shares."""
        return Part(part.place, self.weight * part.weight, max(self.share, part.share))


_WHOLE = _Financing(1.0)


def places_among(plan: Plan, drawn: Plan) -> Placed | None:
    """Return the place of each cost among the costs of another plan, of each component, and the registers of who pays.

    None if that cannot be. It can where every cost of the plan is one of the other, of the same distribution and as
    late, in the same order; and where all that is uncertain of who pays is drawn in the other from the same streams.
    """
    rows, others = np.flatnonzero(plan.row_component >= 0), np.flatnonzero(drawn.row_component >= 0)
    country = _numbers(plan.labels.country, drawn.labels.country)
    component = _numbers(plan.labels.component, drawn.labels.component)
    registers = _registers_among(plan, drawn)
    if country is None or component is None or registers is None or plan.labels.years != drawn.labels.years:
        return None
    places = np.full((len(drawn.labels.country), len(drawn.labels.component)), -1, dtype=np.int64)
    places[drawn.row_country[others], drawn.row_component[others]] = np.arange(len(others))
    place = places[country[plan.row_country[rows]], component[plan.row_component[rows]]]
    is_same = (
        np.array_equal(plan.component_lags, drawn.component_lags[component])
        and np.array_equal(plan.component_growth >= 0, drawn.component_growth[:, component] >= 0)
        and (place >= 0).all()
        and (np.diff(place) > 0).all()
        and all(
            np.array_equal(getattr(plan.draws, name)[rows], getattr(drawn.draws, name)[others][place])
            for name in ("row_kind", "row_location", "row_scale")
        )
    )
    return Placed(place, component, registers) if is_same else None


def _registers_among(plan: Plan, drawn: Plan) -> dict[int, int] | None:
    """Return the register that holds each uncertain part of who pays in another plan; None if one is missing there."""
    others, found = _registers(drawn), dict[int, int]()
    for stream, register in _registers(plan).items():
        if stream not in others or _drawn_as(plan, register) != _drawn_as(drawn, others[stream]):
            return None
        found[register] = others[stream]
    return found


def _registers(plan: Plan) -> dict[int, int]:
    """Return the register of each stream of who pays."""
    drawn = plan.shares.share_drawn >= 0
    return dict(zip(plan.shares.share_stream[drawn].tolist(), plan.shares.share_drawn[drawn].tolist(), strict=True))


def _drawn_as(plan: Plan, register: int) -> tuple[float, ...]:
    """Return kind, location and scale of what is drawn for all countries at once and kept in a register."""
    row, draws = int(np.flatnonzero(plan.moves.row_keep == register)[0]), plan.draws
    return int(draws.row_kind[row]), float(draws.row_location[row]), float(draws.row_scale[row])


def _numbers(names: Sequence[str], known: Sequence[str]) -> Integers | None:
    """Return the place of each name among those known; None if one is not."""
    places = {name: place for place, name in enumerate(known)}
    if not all(name in places for name in names):
        return None
    return np.array([places[name] for name in names], dtype=np.int64)


def _listed(columns: Sequence[Integers], rows: Integers, count: int) -> tuple[Integers, Integers]:
    """Return pointers and targets of `count` rows, of which `rows` have those in the columns that are not -1."""
    table = np.stack(columns, axis=1) if columns else np.full((len(rows), 0), -1, dtype=np.int64)
    lengths = np.zeros(count, dtype=np.int64)
    lengths[rows] = (table >= 0).sum(axis=1)
    return pointers(lengths.tolist()), table[table >= 0].astype(np.int64)
