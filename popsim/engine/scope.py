"""What a result holds when several options are in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

from popsim.plan.model import Labels, Plan
from popsim.schema import TOTALS, Total

__all__ = ["Scope", "scope_of"]


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
    """Labels of the first, then what others add, in their order; groups of countries that all options have.

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
    )


def _pairs(ids: Sequence[str], names: Sequence[str]) -> list[tuple[str, str]]:
    return list(zip(ids, names, strict=True))


def _merged(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part))
