"""Several plans merged into one that draws for all of them what they have in common once.

A row of one plan is a row of another where both draw the same distribution, from the same streams with the same
weights, and do the same with it. Rows are compared by what they hold, never by where they stand, so plans may be of any
studies that count the same years: what differs is drawn beside what does not. Streams, scores, tables, registers,
activations, price paths and price profiles are shared likewise.

Each plan finds its own costs among those of the merged one, in the order that they have in itself, so every sum of them
has the bits that it has when the plan is drawn alone.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from popsim.arrays import Floats, Integers, Words, pointers
from popsim.layout import CONSTANT, NORMAL
from popsim.plan.model import Draws, Plan
from popsim.plan.moves import NO_MOVES, Moves
from popsim.plan.price_profiles import with_growths_after

_NONE = -1
_LONGEST = 3
"""Buffers of an activation that can be late: its weight, and the two parts of its lateness."""


class Placed(NamedTuple):
    """Where one plan is in a merged plan."""

    cost: Integers
    """Place of each of its costs among the costs of the merged plan; they rise."""
    component: Integers
    """Component of the merged plan for each of its own."""
    registers: dict[int, int]
    """Register of the merged plan for each of its own that all countries have in common."""


class Merged(NamedTuple):
    """A plan that draws all that several plans draw, and where each of these is in it."""

    plan: Plan
    placed: tuple[Placed, ...]


def merge(plans: Sequence[Plan]) -> Merged | None:
    """Return one plan that draws for all of these; None where they cannot be merged.

    They can where they count the same years and have countries and components in an order that agrees, and where either
    all or none of them turn costs into payments by steps.

    Parameters
    ----------
    plans
        One or more, as `grown` gives them.

    Examples
    --------
    >>> from popsim.plan import compile
    >>> from popsim.study import load_study
    >>> changed = {"area.network.size_exponent": 0.3}
    >>> one, other = grown([compile(load_study("example")), compile(load_study("example", changed))])
    >>> merged = merge([one, other])
    >>> len(one.row_country) < len(merged.plan.row_country) < len(one.row_country) + len(other.row_country)
    True
    """
    countries = _common_order([plan.labels.country for plan in plans])
    components = _common_order([plan.labels.component for plan in plans])
    is_alike = len({(plan.labels.years, plan.moves.any, len(plan.component_growth)) for plan in plans}) == 1
    if countries is None or components is None or not is_alike:
        return None
    merger = _Merger(plans, countries, components)
    return Merged(merger.plan(), tuple(merger.placed(plan) for plan in plans))


def merge_all(plans: Sequence[Plan]) -> list[tuple[list[int], Merged]]:
    """Return as few merged plans as these take, each with the places of its plans among them.

    Parameters
    ----------
    plans
        As `grown` gives them.

    Examples
    --------
    >>> from popsim.plan import compile
    >>> from popsim.study import load_study
    >>> short = load_study("example", {"study.years": 9})
    >>> study, again = load_study("example"), load_study("example", {"scenarios.seed": 2})
    >>> [places for places, _ in merge_all(grown(map(compile, (study, short, again))))]
    [[0, 2], [1]]
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, plan in enumerate(plans):
        groups.setdefault((plan.labels.years, plan.moves.any), []).append(place)
    found: list[tuple[list[int], Merged]] = []
    for places in groups.values():
        together = merge([plans[place] for place in places])
        if together is not None:
            found.append((places, together))
            continue
        for place in places:
            alone = merge([plans[place]])
            if alone is None:
                message = "a plan is always merged with itself"
                raise AssertionError(message)
            found.append(([place], alone))
    return found


def grown(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    """Return plans as `merge` takes them, with `with_growths_after`; those that had arrays in common still have."""
    known: dict[tuple[int, int], Plan] = {}
    found = []
    for plan in plans:
        made = known.setdefault((id(plan.moves), id(plan.component_growth)), plan)
        if made is plan:
            made = known[id(plan.moves), id(plan.component_growth)] = with_growths_after(plan)
        found.append(dataclasses.replace(plan, moves=made.moves, component_growth=made.component_growth))
    return tuple(found)


def _common_order(lists: Iterable[Sequence[str]]) -> dict[str, int] | None:
    """Return the place of every name in an order that all lists agree with; None where there is none."""
    order: list[str] = []
    lists = tuple(dict.fromkeys(map(tuple, lists)))
    for names in lists:
        known, at = set(order), 0
        for name in names:
            if name in known:
                at = order.index(name) + 1
            else:
                order.insert(at, name)
                at += 1
    place = {name: number for number, name in enumerate(order)}
    agreed = all(place[one] < place[two] for names in lists for one, two in itertools.pairwise(names))
    return place if agreed else None


class _Rows(NamedTuple):
    """Rows of a merged plan, as columns; those of different plans one after another until they are put in order."""

    group: Integers
    is_cost: Integers
    component: Integers
    kind: Integers
    table: Integers
    location: Floats
    scale: Floats
    common: Integers
    stream: Words
    """(row, term)"""
    weight: Floats
    """(row, term)"""
    terms: Integers
    activation: Integers
    price_profile: Integers


class _Activation(NamedTuple):
    group: int
    lags: int
    begin: int
    late: int
    late_cost: float
    level: int
    whole: int
    gates: tuple[tuple[int, int, float], ...]
    powers: tuple[tuple[int, float], ...]


class _Path(NamedTuple):
    static: Floats
    rates: tuple[tuple[int, tuple[int, ...]], ...]
    shocks: tuple[tuple[int, int, float], ...]


class _PriceProfile(NamedTuple):
    path: int
    payments: bytes
    first: int
    last: int
    lags: int


class _Component(NamedTuple):
    place: int
    lags: int
    path: int
    price_profiles: tuple[int, ...]
    payments: bytes


class _Numbers(dict[Any, int]):
    """Numbers what is met, in the order in which it is met."""

    def of(self, key: object) -> int:
        """Return the number of a key; a new one gets the next."""
        return self.setdefault(key, len(self))


class _Own(NamedTuple):
    """What is known of the rows and components of one plan: their numbers in the merged plan."""

    rows: Integers
    is_cost: NDArray[np.bool_]
    components: Integers
    shared_registers: dict[int, int]
    """Row that fills each register which all countries have in common."""


class _Merger:
    """Numbers what plans hold, and writes the plan of all of it.

    Registers are known by the row that fills them until all rows are in order.
    """

    def __init__(self, plans: Sequence[Plan], countries: dict[str, int], components: dict[str, int]) -> None:
        self._first = plans[0]
        self._countries, self._places = countries, components
        self._is_moving = plans[0].moves.any
        self._terms = max(int(np.diff(plan.draws.term_start).max(initial=0)) for plan in plans)
        self._rows, self._activations, self._components = _Numbers(), _Numbers(), _Numbers()
        self._price_profiles, self._commons, self._tables = _Numbers(), _Numbers(), _Numbers()
        self._paths: list[_Path] = []
        self._known_paths: dict[tuple[object, ...], int] = {}
        # A path is found again by its first years, in which a plan that ends sooner needs it.
        self._widths = sorted({plan.moves.path_static.shape[1] for plan in plans}, reverse=True)
        self._columns: list[_Rows] = []
        self._numbered_before: dict[tuple[str, bool], tuple[Integers, Integers]] = {}
        self._known_activations: dict[tuple[bytes, ...], Integers] = {}
        self._plans: dict[tuple[int, ...], _Own] = {}
        self._placed: dict[tuple[int, ...], Placed] = {}
        for plan in sorted(plans, key=lambda plan: -plan.moves.path_static.shape[1]):
            if _key(plan) not in self._plans:
                self._plans[_key(plan)] = self._added(plan)
        self._order()

    def placed(self, plan: Plan) -> Placed:
        """Return where a plan is."""
        key = _key(plan)
        if key not in self._placed:
            own = self._plans[key]
            registers = {register: int(self._register[row]) for register, row in own.shared_registers.items()}
            self._placed[key] = Placed(self._cost_place[own.rows[own.is_cost]], own.components, registers)
        return self._placed[key]

    def _added(self, plan: Plan) -> _Own:
        """Add all that a plan holds, and return its numbers."""
        draws, moves, option = plan.draws, plan.moves, plan.labels.option[0]
        of_groups = [self._countries[code] + 1 for code in plan.labels.country]
        of_group = np.array([0, *of_groups] if self._is_moving else of_groups, dtype=np.int64)
        row_group = np.repeat(np.arange(len(of_group)), np.diff(draws.row_start))
        is_cost = plan.row_component >= 0
        group = of_group[row_group]
        places = np.array([self._places[name] for name in plan.labels.component], dtype=np.int64)
        rows = len(is_cost)
        nothing = np.full(rows, _NONE, dtype=np.int64)
        stream, weight = self._terms_of(draws, row_group)
        columns = _Rows(
            group=group,
            is_cost=is_cost.astype(np.int64),
            component=np.where(is_cost, places[plan.row_component], _NONE),
            kind=draws.row_kind,
            table=self._tables_of(draws),
            location=draws.row_location,
            scale=draws.row_scale,
            common=self._commons_of(draws),
            stream=stream,
            weight=weight,
            terms=np.diff(draws.term_start),
            activation=nothing,
            price_profile=nothing,
        )
        found = np.full(rows, _NONE, dtype=np.int64)
        paths = np.zeros(0, dtype=np.int64)
        profiles = np.zeros(0, dtype=np.int64)
        shared: dict[int, int] = {}
        if self._is_moving:
            kept = ~is_cost
            found[kept] = self._numbered(columns, kept, (option, False))
            register = np.full((len(of_group), int(moves.counts[0])), _NONE, dtype=np.int64)
            register[row_group[kept], moves.row_keep[kept]] = found[kept]
            shared = {number: row for number, row in enumerate(register[0].tolist()) if row >= 0}
            register = np.where(register < 0, register[0], register)
            paths = self._paths_of(moves, register[0])
            profiles = self._profiles_of(moves, paths)
            activations = self._activations_of(moves, register, row_group, of_group)
            columns = columns._replace(
                activation=_looked_up(activations, moves.row_presence),
                price_profile=_looked_up(profiles, moves.row_growth),
            )
        found[is_cost] = self._numbered(columns, is_cost, (option, True))
        return _Own(found, is_cost, self._components_of(plan, places, paths, profiles), shared)

    def _numbered(self, columns: _Rows, which: NDArray[np.bool_], where: tuple[str, bool]) -> Integers:
        """Return the numbers of some rows of a plan; those that no plan had before are kept.

        `where` is the option of the plan, and whether the rows are costs.
        """
        taken = _Rows._make(column[which] for column in columns)
        record = np.column_stack([np.ascontiguousarray(column).view(np.int64) for column in taken])
        size, before = record.shape[1] * 8, len(self._rows)
        found = np.full(len(record), _NONE, dtype=np.int64)
        others = np.arange(len(record))
        # A case of a sweep has most rows where the same option of the case before has them.
        known, numbers = self._numbered_before.get(where, (record[:0], found))
        if known.shape == record.shape:
            same = (known == record).all(axis=1)
            found[same] = numbers[same]
            others = np.flatnonzero(~same)
        data = record[others].tobytes()
        found[others] = [self._rows.of(data[at : at + size]) for at in range(0, len(data), size)]
        self._numbered_before[where] = record, found
        numbers, first = np.unique(found[others], return_index=True)
        new = others[first[numbers >= before]]
        self._columns.append(_Rows._make(column[new] for column in taken))
        return found

    def _terms_of(self, draws: Draws, row_group: Integers) -> tuple[Words, Floats]:
        """Return the own streams of each row, and their weights (row, term)."""
        lengths = np.diff(draws.term_start)
        row = np.repeat(np.arange(len(lengths)), lengths)
        place = np.arange(len(row)) - draws.term_start[row]
        stream = np.zeros((len(lengths), self._terms), dtype=np.uint64)
        weight = np.zeros((len(lengths), self._terms))
        stream[row, place] = draws.own_stream[draws.own_start[row_group[row]] + draws.term_basis]
        weight[row, place] = draws.term_weight
        return stream, weight

    def _tables_of(self, draws: Draws) -> Integers:
        """Return the table of each row, by what is in it; those of kinds without tables have none."""
        used = (draws.row_kind != CONSTANT) & (draws.row_kind != NORMAL)
        starts, which = np.unique(draws.row_table[used], return_inverse=True)
        stops = [*starts[1:].tolist(), len(draws.tables)][: len(starts)]
        numbers = [self._tables.of(draws.tables[a:b].tobytes()) for a, b in zip(starts.tolist(), stops, strict=True)]
        found = np.full(len(used), _NONE, dtype=np.int64)
        found[used] = np.array(numbers, dtype=np.int64)[which]
        return found

    def _commons_of(self, draws: Draws) -> Integers:
        """Return the common score of each row, by the streams and weights in it."""
        streams, weights = draws.shared_stream[draws.common_basis].tolist(), draws.common_weight.tolist()
        bounds = draws.common_start.tolist()
        numbers = [self._commons.of((tuple(streams[a:b]), tuple(weights[a:b]))) for a, b in itertools.pairwise(bounds)]
        return _looked_up(np.array(numbers, dtype=np.int64), draws.row_common)

    def _paths_of(self, moves: Moves, register: Integers) -> Integers:
        found = []
        for path, static in enumerate(moves.path_static):
            rates = slice(*moves.rate_start[path : path + 2].tolist())
            shocks = slice(*moves.shock_start[path : path + 2].tolist())
            made = _Path(
                static,
                tuple(
                    (int(register[kept]), tuple(power.tolist()))
                    for kept, power in zip(moves.rate_kept[rates].tolist(), moves.rate_power[rates], strict=True)
                ),
                tuple(
                    (int(register[score]), int(register[factor]), threshold)
                    for score, factor, threshold in zip(
                        moves.shock_score[shocks].tolist(),
                        moves.shock_factor[shocks].tolist(),
                        moves.shock_threshold[shocks].tolist(),
                        strict=True,
                    )
                ),
            )
            number = self._known_paths.setdefault(_first_years(made, len(static)), len(self._paths))
            if number == len(self._paths):
                self._paths.append(made)
                for width in self._widths:
                    if width < len(static):
                        self._known_paths.setdefault(_first_years(made, width), number)
            found.append(number)
        return np.array(found, dtype=np.int64)

    def _profiles_of(self, moves: Moves, paths: Integers) -> Integers:
        columns = (moves.growth_path, moves.growth_profile, moves.growth_from, moves.growth_to, moves.growth_lags)
        payments = [_payments(row) for row in moves.profile]
        return np.array(
            [
                self._price_profiles.of(_PriceProfile(int(paths[path]), payments[k], first, last, lags))
                for path, k, first, last, lags in zip(*(column.tolist() for column in columns), strict=True)
            ],
            dtype=np.int64,
        )

    def _activations_of(self, moves: Moves, register: Integers, row_group: Integers, of_group: Integers) -> Integers:
        own = row_group[np.repeat(np.arange(len(row_group)), np.diff(moves.presence_start))]
        gate, power = (np.repeat(own, np.diff(start)) for start in (moves.gate_start, moves.power_start))

        def filled_by(group: Integers, numbers: Integers) -> Integers:
            """Return the rows that fill registers; arrays that hold none may be empty."""
            known = numbers if len(numbers) else np.full(len(group), _NONE, dtype=np.int64)
            return np.where(known >= 0, register[group, known], _NONE)

        gates = filled_by(gate, moves.gate_score), filled_by(gate, moves.gate_kept), moves.gate_threshold
        powers = filled_by(power, moves.power_kept), moves.power_log
        columns = (
            of_group[own],
            moves.presence_lags,
            filled_by(own, moves.presence_begin),
            filled_by(own, moves.presence_late),
            moves.presence_late_cost,
            filled_by(own, moves.presence_level),
            filled_by(own, moves.presence_whole),
        )
        starts = moves.gate_start, moves.power_start
        key = tuple(array.tobytes() for array in (*gates, *powers, *columns, *starts))
        if key not in self._known_activations:
            self._known_activations[key] = self._new_activations(gates, powers, columns, starts)
        return self._known_activations[key]

    def _new_activations(
        self,
        gates: tuple[NDArray[Any], ...],
        powers: tuple[NDArray[Any], ...],
        columns: tuple[NDArray[Any], ...],
        starts: tuple[Integers, Integers],
    ) -> Integers:
        """Return the numbers of activations; gates and powers of each lie from its start to that of the next."""
        of_gates, of_powers = (list(zip(*(each.tolist() for each in parts), strict=True)) for parts in (gates, powers))
        gate_start, power_start = (start.tolist() for start in starts)
        found = [
            self._activations.of(
                _Activation._make(
                    (
                        *each,
                        tuple(of_gates[gate_start[p] : gate_start[p + 1]]),
                        tuple(of_powers[power_start[p] : power_start[p + 1]]),
                    )
                )
            )
            for p, each in enumerate(zip(*(column.tolist() for column in columns), strict=True))
        ]
        return np.array(found, dtype=np.int64)

    def _components_of(self, plan: Plan, places: Integers, paths: Integers, profiles: Integers) -> Integers:
        path = paths[plan.component_path] if self._is_moving else np.zeros(len(places), dtype=np.int64)
        growths = _looked_up(profiles, plan.component_growth).T.tolist()
        payments = [_payments(row) for row in plan.moves.profile] if self._is_moving else [b""] * len(places)
        return np.array(
            [
                self._components.of(_Component(place, lags, at, tuple(of_totals), paid))
                for place, lags, at, of_totals, paid in zip(
                    places.tolist(), plan.component_lags.tolist(), path.tolist(), growths, payments, strict=True
                )
            ],
            dtype=np.int64,
        )

    def _order(self) -> None:
        """Put rows in order: by group, what costs depend on first, then costs by component."""
        columns = _Rows._make(np.concatenate(parts) for parts in zip(*self._columns, strict=True))
        order = np.lexsort((np.arange(len(columns.group)), columns.component, columns.is_cost, columns.group))
        self._sorted = _Rows._make(column[order] for column in columns)
        self._row = np.empty(len(order), dtype=np.int64)
        self._row[order] = np.arange(len(order))
        cost_place = np.cumsum(self._sorted.is_cost) - 1
        self._cost_place = cost_place[self._row]
        # Registers that all countries have in common keep their values; others are used anew by each country.
        group = self._sorted.group
        common = int(np.count_nonzero(group == 0))
        place = np.arange(len(group)) - np.searchsorted(group, group)
        self._sorted_register = np.where(self._sorted.is_cost == 0, np.where(group == 0, 0, common) + place, _NONE)
        self._register = self._sorted_register[self._row]
        self._register_count = int(self._sorted_register.max(initial=_NONE)) + 1

    def plan(self) -> Plan:
        """Return the merged plan."""
        rows, count = self._sorted, len(self._sorted.group)
        nothing, components = np.zeros(count), list(self._components)
        return dataclasses.replace(
            self._first,
            draws=self._draws(),
            moves=self._moves() if self._is_moving else NO_MOVES,
            row_country=np.where(rows.is_cost > 0, rows.group - 1, _NONE),
            row_component=np.where(rows.is_cost > 0, rows.component, _NONE),
            row_share=nothing,
            row_mode=nothing,
            row_mean=nothing,
            row_std=nothing,
            component_growth=np.array([each.price_profiles for each in components], dtype=np.int64).T.copy(),
            component_lags=_column(each.lags for each in components),
            component_path=_column(each.path for each in components),
            alternatives=(),
        )

    def _draws(self) -> Draws:
        rows, groups = self._sorted, len(self._countries) + 1
        numbers = np.arange(groups + 1) if self._is_moving else np.arange(1, groups + 1)
        is_term = np.arange(self._terms) < rows.terms[:, np.newaxis]
        owner = np.repeat(rows.group, rows.terms)
        own_owner, own_stream, basis = _distinct(owner, rows.stream[is_term])
        own_start = np.append(np.searchsorted(own_owner, numbers[:-1]), len(own_owner)).astype(np.int64)
        streams = _Numbers()
        commons = list(self._commons)
        common_basis = [streams.of(stream) for of_score, _ in commons for stream in of_score]
        tables = [np.frombuffer(table, dtype=np.float64) for table in self._tables]
        table_start = pointers([len(table) for table in tables])
        return Draws(
            shared_stream=np.array(list(streams), dtype=np.uint64),
            common_start=pointers([len(of_score) for of_score, _ in commons]),
            common_basis=np.array(common_basis, dtype=np.int64),
            common_weight=np.array([weight for _, weights in commons for weight in weights], dtype=np.float64),
            own_start=own_start,
            own_stream=own_stream,
            row_start=np.append(np.searchsorted(rows.group, numbers[:-1]), len(rows.group)).astype(np.int64),
            row_common=rows.common,
            term_start=pointers(rows.terms),
            term_basis=basis - own_start[owner - int(numbers[0])],
            term_weight=rows.weight[is_term],
            row_kind=rows.kind,
            row_table=np.where(rows.table >= 0, table_start[rows.table], 0),
            row_location=rows.location,
            row_scale=rows.scale,
            tables=np.concatenate([np.zeros(0), *tables]),
        ).frozen()

    def _moves(self) -> Moves:
        rows = self._sorted
        activations, number, slots, before = self._laid_out()
        lags = _column(each.lags for each in self._price_profiles)
        gates = [gate for each in activations for gate in each.gates]
        powers = [power for each in activations for power in each.powers]
        whole = [self._register_of(each.whole) for each in activations]
        level = [self._register_of(each.level) for each in activations]
        slot_count = max((slot + _width(each) for each, slot in zip(activations, slots, strict=True)), default=0)
        return Moves(
            row_keep=self._sorted_register,
            row_presence=_looked_up(number, rows.activation),
            row_growth=rows.price_profile,
            presence_start=pointers(np.bincount(before, minlength=len(rows.group))),
            presence_slot=_column(slots),
            presence_lags=_column(each.lags for each in activations),
            presence_begin=_column(self._register_of(each.begin) for each in activations),
            presence_late=_column(self._register_of(each.late) for each in activations),
            presence_late_cost=np.array([each.late_cost for each in activations], dtype=np.float64),
            gate_start=pointers([len(each.gates) for each in activations]),
            gate_score=_column(self._register_of(score) for score, _, _ in gates),
            gate_kept=_column(self._register_of(kept) for _, kept, _ in gates),
            gate_threshold=np.array([threshold for _, _, threshold in gates], dtype=np.float64),
            power_start=pointers([len(each.powers) for each in activations]),
            power_kept=_column(self._register_of(kept) for kept, _ in powers),
            power_log=np.array([logarithm for _, logarithm in powers], dtype=np.float64),
            **self._path_arrays(),
            **self._profile_arrays(),
            counts=np.array([self._register_count, slot_count, int(lags.sum())], dtype=np.int64),
            presence_whole=_column(whole if max(whole, default=_NONE) >= 0 else ()),
            presence_level=_column(level if max(level, default=_NONE) >= 0 else ()),
        ).frozen()

    def _laid_out(self) -> tuple[list[_Activation], Integers, list[int], Integers]:
        """Return activations in the order of rows, the place of each there, its buffers, and the row it is made before.

        Buffers are taken again as soon as no later row of the country needs what is in them.
        """
        used = self._sorted.activation
        rows = np.flatnonzero(used >= 0)
        met, first = np.unique(used[rows], return_index=True)
        last = len(rows) - 1 - np.unique(used[rows][::-1], return_index=True)[1]
        order = np.argsort(first, kind="stable")
        number = np.full(len(self._activations), _NONE, dtype=np.int64)
        number[met[order]] = np.arange(len(order))
        known = list(self._activations)
        slots: list[int] = []
        free: dict[int, list[int]] = {1: [], _LONGEST: []}
        busy: list[tuple[int, int, int]] = []
        group, top = _NONE, 0
        for each in order.tolist():
            activation = known[met[each]]
            if activation.group != group:
                group, top, busy, free = activation.group, 0, [], {1: [], _LONGEST: []}
            begins = int(rows[first[each]])
            for over, slot, width in [entry for entry in busy if entry[0] < begins]:
                busy.remove((over, slot, width))
                free[width].append(slot)
            width = _width(activation)
            if not free[width]:
                free[width].append(top)
                top += width
            slots.append(free[width].pop())
            busy.append((int(rows[last[each]]), slots[-1], width))
        return [known[met[each]] for each in order.tolist()], number, slots, rows[first[order]]

    def _register_of(self, row: int) -> int:
        return _NONE if row < 0 else int(self._register[row])

    def _path_arrays(self) -> dict[str, Any]:
        paths, years = self._paths, self._widths[0]
        static = np.ones((len(paths), years))
        for row, path in zip(static, paths, strict=True):
            row[: len(path.static)] = path.static
        rates = [rate for path in paths for rate in path.rates]
        shocks = [shock for path in paths for shock in path.shocks]
        power = np.zeros((len(rates), years), dtype=np.int64)
        for of_years, (_, powers) in zip(power, rates, strict=True):
            of_years[: len(powers)] = powers
        return {
            "path_static": static,
            "rate_start": pointers([len(path.rates) for path in paths]),
            "rate_kept": _column(self._register_of(row) for row, _ in rates),
            "rate_power": power,
            "shock_start": pointers([len(path.shocks) for path in paths]),
            "shock_score": _column(self._register_of(score) for score, _, _ in shocks),
            "shock_factor": _column(self._register_of(factor) for _, factor, _ in shocks),
            "shock_threshold": np.array([threshold for _, _, threshold in shocks], dtype=np.float64),
        }

    def _profile_arrays(self) -> dict[str, Any]:
        profile = np.zeros((len(self._components), self._widths[0]))
        place: dict[bytes, int] = {}
        for number, component in enumerate(self._components):
            payments = np.frombuffer(component.payments, dtype=np.float64)
            profile[number, : len(payments)] = payments
            place.setdefault(component.payments, number)
        made = list(self._price_profiles)
        lags = _column(each.lags for each in made)
        return {
            "profile": profile,
            "growth_path": _column(each.path for each in made),
            "growth_profile": _column(place[each.payments] for each in made),
            "growth_from": _column(each.first for each in made),
            "growth_to": _column(each.last for each in made),
            "growth_lags": lags,
            "growth_slot": np.cumsum(lags) - lags,
        }


def _key(plan: Plan) -> tuple[int, ...]:
    """Return what tells apart plans that are not one and the same; financing is no part of what is drawn for costs."""
    arrays = (plan.draws, plan.moves, plan.row_component, plan.component_growth, plan.component_lags, plan.labels)
    return tuple(id(each) for each in arrays)


def _looked_up(values: Integers, places: Integers) -> Integers:
    """Return values at places, -1 where the place is -1."""
    found: Integers = np.full(places.shape, _NONE, dtype=np.int64)
    found[places >= 0] = values[places[places >= 0]]
    return found


def _distinct(owner: Integers, stream: Words) -> tuple[Integers, Words, Integers]:
    """Return the pairs that occur, in order, and the place of each of the given ones among them."""
    order = np.lexsort((stream, owner))
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(owner[order]) != 0) | (np.diff(stream[order]) != 0)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.cumsum(is_new) - 1
    return owner[order][is_new], stream[order][is_new], place


def _first_years(path: _Path, years: int) -> tuple[object, ...]:
    rates = tuple((row, powers[:years]) for row, powers in path.rates)
    return years, path.static[:years].tobytes(), rates, path.shocks


def _payments(profile: Floats) -> bytes:
    """Return what is paid in each year, without the years after the last payment."""
    paid = np.flatnonzero(profile)
    return profile[: int(paid[-1]) + 1 if len(paid) else 0].tobytes()


def _width(activation: _Activation) -> int:
    return _LONGEST if activation.lags > 1 else 1


def _column(numbers: Iterable[int]) -> Integers:
    return np.array(list(numbers), dtype=np.int64)
