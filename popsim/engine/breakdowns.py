"""What a result holds: its labels and totals, which sums a run keeps, and which variables are made of them."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from popsim import schema
from popsim.arrays import Floats
from popsim.engine.sums import Accumulators, Names, OptionSums, Part, Weighted, places_among
from popsim.engine.targets import Sums
from popsim.errors import ParameterError, Problem, UnknownNameError, nearest
from popsim.plan.merge import Placed, grown, merge_all
from popsim.plan.model import Labels, Plan
from popsim.plan.price_profiles import with_growths_after
from popsim.plan.program import make_program
from popsim.schema import TOTALS, Total
from popsim.types import By


class Scope(NamedTuple):
    """The labels of all options together, and the totals that any of them has."""

    labels: Labels
    group_values: dict[str, tuple[str, ...]]
    """Values of each group of countries that any option has, in order."""
    is_financed: bool
    totals: tuple[Total, ...]
    """The cost, at each of the prices within and after the horizon, and then the need for financing."""


def scope_of(plans: Sequence[Plan]) -> Scope:
    """Return what the results of some options hold together.

    Areas and countries that an option lacks are zero there, and so is what it pays after the last year if it is never
    late. An option that does not say who pays needs financing for all that it costs; one without inflation, or without
    a discount rate, has constant prices for nominal or discounted money.
    """
    is_financed = any(plan.is_financed for plan in plans)
    is_late = any(plan.is_ever_late for plan in plans)
    totals = tuple(
        total
        for total in TOTALS.values()
        if (total.base == "cost" or is_financed)
        and any(plan.has_prices(total.prices) for plan in plans)
        and (total.span == "within_horizon" or (total.span == "after_horizon" and is_late))
    )
    labels = plans[0].labels if len(plans) == 1 else _union([plan.labels for plan in plans])
    values = {name: _merged([dict(plan.labels.groups)[name] for plan in plans]) for name, _ in labels.groups}
    return Scope(labels, values, is_financed, totals)


def _union(parts: Sequence[Labels]) -> Labels:
    """Return the labels of the first, then what others add, in their order; groups of countries that all options have.

    A country that options put into different groups is labelled as in the first of them.
    """
    countries = {code: (labels, i) for labels in reversed(parts) for i, code in enumerate(labels.country)}
    components = {name: (labels, i) for labels in reversed(parts) for i, name in enumerate(labels.component)}
    area_names = {area: name for labels in reversed(parts) for area, name in _pairs(labels.area, labels.area_name)}
    codes = _merged([labels.country for labels in parts])
    areas = _merged([labels.area for labels in parts])
    names = _merged([labels.component for labels in parts])
    homes = [countries[code] for code in codes]
    shared = [name for name, _ in parts[0].groups if all(name in dict(labels.groups) for labels in parts)]
    known = [components[name] for name in names]
    return dataclasses.replace(
        parts[0],
        country=codes,
        country_name=tuple(labels.country_name[i] for labels, i in homes),
        groups=tuple((name, tuple(dict(labels.groups)[name][i] for labels, i in homes)) for name in shared),
        area=areas,
        area_name=tuple(area_names[area] for area in areas),
        component=names,
        component_name=tuple(labels.component_name[i] for labels, i in known),
        component_area=tuple(areas.index(labels.area[labels.component_area[i]]) for labels, i in known),
        component_basis=tuple(labels.component_basis[i] for labels, i in known),
        component_width=tuple(labels.width[i] for labels, i in known),
    )


def _pairs(ids: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(ids, names, strict=True))


def _merged(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part))


_WHAT = ("area", "component", "basis", "width")
"""Dimensions by which components differ."""

Output = list[Weighted]
"""Accumulators and their weights."""


@dataclass(frozen=True)
class Breakdown:
    """One variable of the result: its dimensions with their labels, and the outputs that hold it."""

    variable: str
    dims: Names
    labels: tuple[tuple[object, ...], ...]
    first_output: int
    """Number of the first of its outputs, among those of its option."""
    total: str
    """The total that it breaks down."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each dimension."""
        return tuple(len(labels) for labels in self.labels)

    def part_of(self, out: Floats) -> Floats:
        """Return its values among the outputs (..., output, scenario) of an option; shape (..., *shape, scenario)."""
        size = math.prod(self.shape)
        return out[..., self.first_output : self.first_output + size, :].reshape(
            *out.shape[:-2], *self.shape, out.shape[-1]
        )


def read_breakdowns(breakdowns: str | Iterable[By], labels: Labels) -> tuple[Names, ...]:
    """Check the breakdowns and put each in the order of dimensions.

    Raises
    ------
    ParameterError
        For what is no list.
    UnknownNameError
        For a name that is neither a dimension nor a group of countries.
    """
    groups = [name for name, _ in labels.groups]
    known = ["country", *groups, *_WHAT, "year"]
    order = {name: (1 if name in groups else 2 * schema.DIMENSIONS.index(name) - 3) for name in known}
    if not isinstance(breakdowns, Iterable):
        allowed, mend = "a list of breakdowns, each a name or a list of names", '["area", ("area", "year")]'
        raise ParameterError(Problem("", ("breakdowns",), repr(breakdowns), allowed, mend))
    found: list[tuple[str, str, str]] = []
    read = []
    for breakdown in [breakdowns] if isinstance(breakdowns, str) else breakdowns:
        names = (breakdown,) if isinstance(breakdown, str) else breakdown
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            found.append((repr(breakdown), "a name, or a list of names", ""))
            continue
        unknown = [name for name in names if name not in known]
        found += [(repr(name), ", ".join(known), nearest(name, known)) for name in unknown]
        if len(set(names)) < len(names) or not names:
            found.append((repr(breakdown), "one or more different names", ""))
        if not found:
            read.append(tuple(sorted(names, key=lambda name: order[name])))
    if found:
        raise UnknownNameError(Problem("", ("breakdowns",), *each) for each in found)
    return tuple(dict.fromkeys(read))


def arrange(plan: Plan, breakdowns: Sequence[Names], scope: Scope | None = None) -> Sums:
    """Lay out the accumulators and outputs of `cost`, of the other totals, and of the breakdowns."""
    return arrange_together([plan], breakdowns, scope_of([plan]) if scope is None else scope)[0][1]


def arrange_together(plans: Sequence[Plan], breakdowns: Sequence[Names], scope: Scope) -> list[tuple[Plan, Sums]]:
    """Return the plans that are to be drawn, and what to sum of each.

    Outputs are numbered option by option. A plan whose draws another draws as well has its outputs among that one's,
    so it costs no draws; the outputs that a plan leaves to others are empty.
    """
    return arrange_variables(plans, describe_variables(breakdowns, scope))


def arrange_variables(plans: Sequence[Plan], described: tuple[Breakdown, ...]) -> list[tuple[Plan, Sums]]:
    """Return the plans that are to be drawn, and what to sum of each for these variables; plans without costs are not.

    Parameters
    ----------
    plans
        Of all options, in the order of their outputs.
    described
        One after another, as `describe_variables` lays them out.
    """
    whole = [with_growths_after(plan) for plan in plans]
    leaders: dict[str, list[int]] = {}
    for i, plan in enumerate(plans):
        if not (plan.row_component >= 0).any():
            continue
        leads = next((each for each in plans[:i] if each.labels.option[0] == plan.drawn_with), None)
        is_led = leads is not None and plan.drawn_with in leaders and places_among(plan, leads) is not None
        leaders.setdefault(plan.drawn_with if is_led else plan.labels.option[0], []).append(i)
    return [
        (plans[together[0]], _sums(whole, dict.fromkeys(together), whole[together[0]], described))
        for together in leaders.values()
    ]


def arrange_merged(plans: Sequence[Plan], breakdowns: Sequence[Names], scope: Scope) -> list[tuple[Plan, Sums]]:
    """Return plans that draw for all of these what any of them draws, each once, and what is to be summed of each.

    As `arrange_together`, for plans that differ in anything: those of many cases of a study. What they have in common
    is found by what their rows hold (`popsim.plan.merge`).
    """
    whole = grown(plans)
    described = describe_variables(breakdowns, scope)
    return [
        (merged.plan, _sums(whole, dict(zip(places, merged.placed, strict=True)), merged.plan, described))
        for places, merged in merge_all(whole)
    ]


def describe_variables(breakdowns: Sequence[Names], scope: Scope) -> tuple[Breakdown, ...]:
    """Lay out the outputs that an option has for its totals and these breakdowns of cost and financing need."""
    everything: list[tuple[str, Names]] = [("cost", names) for names in ((), *breakdowns)]
    if scope.is_financed:
        everything += [("financing_need", names) for names in ((), *breakdowns)]
    everything += [(total.name, ()) for total in scope.totals if total.name not in schema.BREAKDOWNS]
    return lay_out([(total, names, tuple(_labels(scope, name) for name in names)) for total, names in everything])


def lay_out(variables: Sequence[tuple[str, Names, tuple[tuple[object, ...], ...]]]) -> tuple[Breakdown, ...]:
    """Lay out the outputs of variables: each given by its total, its dimensions, and the labels of these."""
    described, count = [], 0
    for total, names, labels in variables:
        described.append(Breakdown(schema.breakdown_name(names, total), names, labels, count, total))
        count += math.prod(described[-1].shape)
    return tuple(described)


def _sums(
    plans: Sequence[Plan],
    together: Mapping[int, Placed | None],
    drawn: Plan,
    described: tuple[Breakdown, ...],
) -> Sums:
    """Lay out the sums of some of the plans, which another draws; where each is in it, if that is known."""
    count = described[-1].first_output + math.prod(described[-1].shape)
    accumulators = Accumulators(drawn)
    outputs: list[Output] = [[] for _ in range(count * len(plans))]
    for i, placed in together.items():
        sums = OptionSums(plans[i], accumulators, placed)
        for item in described:
            first = i * count + item.first_output
            if item.total not in schema.BREAKDOWNS:
                parts = [part for part in sums.total(schema.TOTALS[item.total]) if part.weight != 0.0]
                outputs[first] = accumulators.settled(parts)
                continue
            cell = _cell_maker(plans[i], sums, item.dims, item.total == "financing_need")
            for place, key in enumerate(itertools.product(*item.labels), first):
                outputs[place] = accumulators.settled(cell(dict(zip(item.dims, key, strict=True))))
    targets = accumulators.targets(outputs)
    lag_sums = accumulators.lag_sums(targets)
    return Sums(targets, described, make_program(drawn, lag_sums), lag_sums)


def _labels(scope: Scope, name: str) -> tuple[object, ...]:
    known: dict[str, tuple[object, ...]] = {
        "area": scope.labels.area,
        "component": scope.labels.component,
        # Most studies ask no expert: a basis that none has would be a column of zeros.
        "width": schema.RANGE_BASES,
        "basis": tuple(each for each in schema.BASES if each != "expert" or each in scope.labels.component_basis),
        "year": scope.labels.years,
        "country": scope.labels.country,
    }
    return known[name] if name in known else scope.group_values[name]


def _cell_maker(
    plan: Plan, sums: OptionSums, names: Names, financed: bool
) -> Callable[[dict[str, object]], list[Part]]:
    """Return the function from the key of a cell to its accumulators and their weights."""
    what = tuple(name for name in names if name in _WHAT)
    who = tuple(name for name in names if name != "year" and name not in what)
    areas = tuple(plan.labels.area[area] for area in plan.labels.component_area)
    known = {
        "area": areas,
        "component": plan.labels.component,
        "basis": plan.labels.component_basis,
        "width": plan.labels.width,
    }
    components: dict[tuple[object, ...], list[int]] = {}
    for k, kind in enumerate(list(zip(*(known[name] for name in what), strict=True)) or [()] * len(areas)):
        components.setdefault(kind, []).append(k)
    years = {year: place for place, year in enumerate(plan.labels.years)}

    def cell(key: dict[str, object]) -> list[Part]:
        group = tuple(str(key[name]) for name in who)
        if not what and "year" not in key and who:
            found = sums.by_group(who, group, financed)
        else:
            year = years[int(str(key["year"]))] if "year" in key else None
            of_kind = components.get(tuple(key[name] for name in what), ())
            found = [entry for k in of_kind for entry in sums.by_component(who, group, k, year, financed)]
        return [part for part in found if part.weight != 0.0]

    return cell
