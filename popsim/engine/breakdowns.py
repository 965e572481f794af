"""Which sums a run keeps: accumulators inside the kernel, and outputs made of them.

Costs are always summed by component over all countries, in the order of the plan, and everything that does not tell
countries apart is made of these sums; so `cost` has the same bits whatever else is asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from popsim import schema
from popsim.errors import ParameterError, Problem, UnknownNameError, nearest
from popsim.families.base import Floats
from popsim.plan.lowering import pointers
from popsim.plan.model import Integers, Labels, Plan

__all__ = ["Breakdown", "Sums", "Targets", "arrange", "read_breakdowns", "rows_as_they_are"]

Names = tuple[str, ...]
Cell = Callable[[dict[str, object]], list[tuple[int, float]]]


@dataclass(frozen=True)
class Breakdown:
    """One variable of the result: its dimensions with their labels, and the outputs that hold it."""

    variable: str
    dims: Names
    labels: tuple[tuple[object, ...], ...]
    first_output: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return tuple(len(labels) for labels in self.labels)


class Targets(NamedTuple):
    """Pointers from rows to the accumulators that they add to, and from outputs to weighted accumulators.

    `row_output` is the output that holds a row's values as they are, which then has no accumulators; -1 for none.
    """

    target_start: Integers
    target: Integers
    target_count: int
    output_start: Integers
    output_target: Integers
    output_weight: Floats
    row_output: Integers


def rows_as_they_are(count: int) -> Targets:
    """Give the targets of rows that are outputs themselves."""
    nothing = np.zeros(count + 1, dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    return Targets(nothing, none, 0, nothing, none, np.zeros(0), np.arange(count, dtype=np.int64))


@dataclass(frozen=True, eq=False)
class Sums:
    """What the kernel sums, and which outputs are which variable."""

    targets: Targets
    breakdowns: tuple[Breakdown, ...]


def read_breakdowns(breakdowns: Iterable[str | Sequence[str]], labels: Labels) -> tuple[Names, ...]:
    """Check the breakdowns and put each in the order of dimensions.

    Raises
    ------
    ParameterError
        For one text instead of a list.
    UnknownNameError
        For a name that is neither a dimension nor a group of countries.
    """
    groups = [name for name, _ in labels.groups]
    allowed = ["country", *groups, "area", "year"]
    order = {name: (1 if name in groups else 2 * schema.DIMENSIONS.index(name) - 3) for name in allowed}
    problems, read = [], []
    if isinstance(breakdowns, str):
        raise ParameterError(Problem("breakdowns", repr(breakdowns), "a list of breakdowns", f"write [{breakdowns!r}]"))
    for breakdown in breakdowns:
        if not isinstance(breakdown, str | list | tuple) or not all(isinstance(name, str) for name in breakdown):
            problems.append(Problem("breakdowns", repr(breakdown), "a name, or a list of names"))
            continue
        names = (breakdown,) if isinstance(breakdown, str) else tuple(breakdown)
        for name in names:
            if name not in allowed:
                problems.append(Problem("breakdowns", repr(name), ", ".join(allowed), nearest(str(name), allowed)))  # noqa: PERF401
        if len(set(names)) < len(names) or not names:
            problems.append(Problem("breakdowns", repr(breakdown), "one or more different names"))
        if not problems:
            read.append(tuple(sorted(names, key=lambda name: order[name])))
    if problems:
        raise UnknownNameError(problems)
    return tuple(dict.fromkeys(read))


class _Accumulators:
    """Numbers accumulators by what they sum, and remembers which rows add to them."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.country_labels: dict[str, tuple[str, ...]] = {"country": plan.labels.country, **dict(plan.labels.groups)}
        self.components = len(plan.labels.component)
        self.per_row: list[Integers] = [plan.row_component]
        self.count = self.components
        self.known: dict[tuple[Names, bool], tuple[int, list[tuple[str, ...]]]] = {}

    def by_countries(self, names: Names, detailed: bool) -> tuple[int, list[tuple[str, ...]]]:
        """First accumulator and the groups that occur; `detailed` keeps components apart within each group."""
        if (names, detailed) not in self.known:
            keys = list(zip(*(self.country_labels[name] for name in names), strict=True))
            occurring = list(dict.fromkeys(keys))
            group = np.array([occurring.index(key) for key in keys])[self.plan.row_country]
            width = self.components if detailed else 1
            within = self.plan.row_component if detailed else np.zeros_like(group)
            self.per_row.append(np.asarray(self.count + group * width + within, dtype=np.int64))
            self.known[names, detailed] = (self.count, occurring)
            self.count += len(occurring) * width
        return self.known[names, detailed]


def arrange(plan: Plan, breakdowns: Sequence[Names]) -> Sums:
    """Lay out the accumulators and outputs of `cost` and the breakdowns."""
    accumulators = _Accumulators(plan)
    outputs: list[list[tuple[int, float]]] = [[(k, 1.0) for k in range(accumulators.components)]]
    described = [Breakdown("cost", (), (), 0)]
    for names in breakdowns:
        labels = tuple(_labels(plan.labels, name) for name in names)
        described.append(Breakdown(schema.breakdown_name(names), names, labels, len(outputs)))
        cell = _cell_maker(plan, accumulators, names)
        outputs.extend(cell(dict(zip(names, key, strict=True))) for key in itertools.product(*labels))
    per_row = np.stack(accumulators.per_row, axis=1)
    targets = Targets(
        target_start=np.arange(len(per_row) + 1, dtype=np.int64) * per_row.shape[1],
        target=per_row.ravel().astype(np.int64),
        target_count=accumulators.count,
        output_start=pointers([len(output) for output in outputs]),
        output_target=np.array([k for output in outputs for k, _ in output], dtype=np.int64),
        output_weight=np.array([weight for output in outputs for _, weight in output], dtype=np.float64),
        row_output=np.full(len(per_row), -1, dtype=np.int64),
    )
    return Sums(targets, tuple(described))


def _labels(labels: Labels, name: str) -> tuple[object, ...]:
    if name == "area":
        return labels.area
    if name == "year":
        return labels.years
    return labels.country if name == "country" else tuple(dict.fromkeys(dict(labels.groups)[name]))


def _cell_maker(plan: Plan, accumulators: _Accumulators, names: Names) -> Cell:
    """Make the function from a cell's key to its accumulators and their weights."""
    who = tuple(name for name in names if name not in ("area", "year"))
    detailed = "area" in names or "year" in names
    everyone: list[Names] = [()]
    first, occurring = accumulators.by_countries(who, detailed) if who else (0, everyone)
    areas = plan.labels.component_area

    def cell(key: dict[str, object]) -> list[tuple[int, float]]:
        group = tuple(str(key[name]) for name in who)
        if group not in occurring:
            return []
        position = occurring.index(group)
        if not detailed:
            return [(first + position, 1.0)]
        wanted = [
            k for k in range(accumulators.components) if "area" not in key or plan.labels.area[areas[k]] == key["area"]
        ]
        year = plan.labels.years.index(int(str(key["year"]))) if "year" in key else None
        weights = [1.0 if year is None else float(plan.year_share[k, year]) for k in wanted]
        start = first + position * accumulators.components
        return [(start + k, weight) for k, weight in zip(wanted, weights, strict=True) if weight != 0.0]

    return cell
