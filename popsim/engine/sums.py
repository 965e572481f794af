"""The accumulators of a run: which sums each row adds to, and what they are made into at the end of a block.

Costs are always summed by component over all countries, in the order of the plan, and all that tells no countries apart
is made of these sums; so `cost` has the same bits whatever else is asked for. A component that can be late, or whose
prices move, is summed by lag, and its sums are brought to years and totals once for a block (cells). What is to be
financed of a component has sums of its own where countries bear different shares of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from popsim.families.base import Floats
from popsim.plan.lowering import pointers
from popsim.plan.model import Integers, Plan

__all__ = ["Accumulators", "Cell", "Names", "Targets"]

Names = tuple[str, ...]
Group = tuple[str, ...]
Part = tuple[int, float]
"""Accumulator and weight."""


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


class Cell(NamedTuple):
    """Sums by lag of a component that become one accumulator: by a growth, or (growth -1) what falls in one year."""

    source: int
    component: int
    growth: int
    year: int


class Accumulators:
    """Numbers accumulators by what they sum, and remembers which rows add to them."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._country_labels: dict[str, tuple[str, ...]] = {"country": plan.labels.country, **dict(plan.labels.groups)}
        self._rows = np.flatnonzero(plan.row_component >= 0)
        self._moving = plan.component_growth[0] >= 0
        shares = plan.row_share[self._rows] if plan.is_financed else np.ones(len(self._rows))
        financed, self._share = np.unique(shares, return_inverse=True)
        self._shares: list[float] = financed.tolist()
        of_rows = plan.row_component[self._rows]
        self._even = [set(shares[of_rows == k].tolist()) for k in range(len(plan.labels.component))]
        self._count = 0
        self._plain: list[Integers] = []
        self._lagged: list[Integers] = []
        self._known: dict[tuple[Names, bool, str, bool], dict[Group, dict[int, list[Part]]]] = {}
        self._cells: dict[Cell, int] = {}
        # The sums that everything rests on come first, whatever is asked for.
        for k in range(len(plan.labels.component)):
            self.by_component((), (), k, None)

    def by_group(self, who: Names, group: Group, financed: bool = False) -> list[Part]:
        """Parts of the cost of a group of countries, or of what is to be financed of it."""
        split = financed and len(self._shares) > 1
        weight = self._shares[0] if financed and not split else 1.0
        known = self._sums(who, False, "all", split).get(group, {})
        return [(place, weight * share) for parts in known.values() for place, share in parts]

    def by_component(
        self, who: Names, group: Group, component: int, year: int | None, financed: bool = False
    ) -> list[Part]:
        """Parts of the cost of one component in a group of countries, in one year or over the horizon."""
        shares = self._even[component] if financed else {1.0}
        split = len(shares) > 1
        weight = 1.0 if split else min(shares)
        moving = bool(self._moving[component])
        if not moving or (who and year is None):
            sums = self._sums(who, True, "all" if who and year is None else "still", split)
            weight *= 1.0 if year is None else float(self._plan.year_share[component, year])
            return [(place, weight * share) for place, share in sums.get(group, {}).get(component, [])]
        growth = int(self._plan.component_growth[0, component]) if year is None else -1
        lagged = self._sums(who, True, "lagged", split).get(group, {}).get(component, [])
        cells = [Cell(place, component, growth, -1 if year is None else year) for place, _ in lagged]
        return [(self._cell(cell), weight * share) for cell, (_, share) in zip(cells, lagged, strict=True)]

    def totals(self, kind: int) -> list[int]:
        """Accumulators of a total by another growth of each component."""
        growths = self._plan.component_growth[kind]
        return [
            self._cell(Cell(place, component, int(growths[component]), -1))
            for component, parts in self._sums((), True, "lagged", False).get((), {}).items()
            for place, _ in parts
            if growths[component] >= 0
        ]

    def targets(self, outputs: Sequence[Sequence[tuple[int, float]]]) -> Targets:
        """Put pointers from rows to accumulators and from these to outputs."""
        target_start, target = _listed(self._plain, self._rows, len(self._plan.row_component))
        return Targets(
            target_start=target_start,
            target=target,
            target_count=self._count,
            output_start=pointers([len(output) for output in outputs]),
            output_target=np.array([k for output in outputs for k, _ in output], dtype=np.int64),
            output_weight=np.array([weight for output in outputs for _, weight in output], dtype=np.float64),
            row_output=np.full(len(self._plan.row_component), -1, dtype=np.int64),
        )

    def lag_targets(self) -> tuple[Integers, Integers]:
        """Pointers and the first accumulator of each sum by lag that a row adds to."""
        return _listed(self._lagged, self._rows, len(self._plan.row_component))

    @property
    def cells(self) -> dict[Cell, int]:
        """Cells that were asked for, and the accumulator of each."""
        return self._cells

    def _cell(self, cell: Cell) -> int:
        if cell not in self._cells:
            self._cells[cell] = self._count
            self._count += 1
        return self._cells[cell]

    def _sums(self, who: Names, detailed: bool, sort: str, split: bool) -> dict[Group, dict[int, list[Part]]]:
        """Accumulators by group and component (0 if not detailed), with the share of each that counts.

        `sort` says of which components: "all", those that never move ("still"), or, by lag, the others ("lagged").
        Where `split`, there is one for each share of the cost that is financed. Costs are never split, so that who
        pays changes no bit of them.
        """
        key = (who, detailed, sort, split)
        if key not in self._known:
            self._known[key] = self._make(who, detailed, sort, split)
        return self._known[key]

    def _make(self, who: Names, detailed: bool, sort: str, split: bool) -> dict[Group, dict[int, list[Part]]]:
        component = self._plan.row_component[self._rows]
        moving = self._moving[component]
        taken = {"all": np.ones(len(component), dtype=bool), "still": ~moving, "lagged": moving}[sort]
        countries = len(self._plan.labels.country)
        groups = list(zip(*(self._country_labels[name] for name in who), strict=True)) or [()] * countries
        number = {group: place for place, group in enumerate(dict.fromkeys(groups))}
        group = np.array([number[name] for name in groups])[self._plan.row_country[self._rows]]
        part = component if detailed else np.zeros_like(component)
        share_of = self._share if split else np.zeros_like(self._share)
        keys = np.stack([group, part, share_of], axis=1)
        occurring, which = np.unique(keys[taken], axis=0, return_inverse=True)
        sizes = self._plan.component_lags[occurring[:, 1]] if sort == "lagged" else np.ones(len(occurring), np.int64)
        firsts = self._count + np.cumsum(sizes) - sizes
        self._count += int(sizes.sum())
        places = np.full(len(component), -1, dtype=np.int64)
        places[taken] = firsts[which]
        found: dict[Group, dict[int, list[Part]]] = {}
        names = list(number)
        for (g, k, share), first in zip(occurring.tolist(), firsts.tolist(), strict=True):
            found.setdefault(names[g], {}).setdefault(k, []).append((first, self._shares[share] if split else 1.0))
        (self._lagged if sort == "lagged" else self._plain).append(places)
        return found


def _listed(columns: Sequence[Integers], rows: Integers, count: int) -> tuple[Integers, Integers]:
    """Pointers and targets of `count` rows, of which `rows` have those in the columns that are not -1."""
    table = np.stack(columns, axis=1) if columns else np.full((len(rows), 0), -1, dtype=np.int64)
    lengths = np.zeros(count, dtype=np.int64)
    lengths[rows] = (table >= 0).sum(axis=1)
    return pointers(lengths.tolist()), table[table >= 0].astype(np.int64)
