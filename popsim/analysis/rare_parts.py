"""Parts of a study: some of its areas or components, with a unit in place of a cost, or with another chance or draw.

Streams are named after what they are for, so that a part draws what the whole study draws.
"""

from __future__ import annotations

from dataclasses import replace

from popsim.families.base import Family
from popsim.families.constant import Constant
from popsim.plan.study_view import AGENCY_FEE, MATERIALISED, stream_of
from popsim.schema import STUDY_FILE
from popsim.study.model import Amount, Area, Component, Overlap, Setting, Study
from popsim.study.split import ShareOfWhole


def with_areas(study: Study, *areas: Area) -> Study:
    """Return a study of other areas, without its options."""
    # Without what distinguishes options but changes no draw: the same part of two options is then equal.
    return replace(study, areas=areas, options=(), breakdowns=(), files=((STUDY_FILE, ""),), title="", description="")


def of_areas(study: Study, ids: tuple[str, ...]) -> Study:
    """Return a study of some of its areas."""
    return with_areas(study, *(area for area in study.areas if area.id in ids))


def only(area: Area, *components: Component) -> Area:
    """Return an area with one component that costs anything, or a few.

    Another stays where there are several, at no cost: components of an area draw otherwise than one alone. So does the
    component that decides on the need of one of them.
    """
    chosen = _with_deciding(area, components)
    if len(chosen) == 1:
        others = [each for each in area.components if each.id != chosen[0].id][:1]
        chosen += tuple(replace(_costing(each, 0.0), need=None) for each in others)
    return replace(area, components=chosen)


def _with_deciding(area: Area, components: tuple[Component, ...]) -> tuple[Component, ...]:
    """Return components of an area, and at no cost those that decide on their needs and are not among them."""
    deciding = {each.needed_with for each in components} - {each.id for each in components}
    return (*components, *(_costing_as_drawn(each, 0.0) for each in area.components if each.id in deciding))


def _costing(component: Component, cost: float) -> Component:
    """Return a component at a known cost, the same in all countries."""
    return replace(component, cost=Constant(cost), part=None, exponents=())


def _costing_as_drawn(component: Component, cost: float) -> Component:
    """Return a component at a known cost, needed by the score that it has."""
    unit = _costing(component, cost)
    if component.part is None:
        return unit
    # Where needs correlate with costs, they do with that of the whole.
    whole = replace(component.part.whole, cost=Constant(cost))
    return replace(unit, part=replace(component.part, whole=whole, share=1.0))


def drawing(component: Component, drawn: Family) -> Component:
    """Return a component that draws something else: its unit cost, or its share of a whole."""
    if component.part is None:
        return replace(component, cost=drawn)
    return replace(
        component, cost=ShareOfWhole(component.part.whole.cost, drawn), part=replace(component.part, share=drawn)
    )


def parts_sharing(study: Study, whole: Overlap, cost: Family) -> Study:
    """Return the components that share a whole, which has another cost, and nothing else."""
    other, areas = replace(whole, cost=cost), []
    for area in study.areas:
        parts = [
            replace(each, cost=ShareOfWhole(cost, _as_family(each.part.share)), part=replace(each.part, whole=other))
            for each in area.components
            if each.part is not None and each.part.whole.id == whole.id
        ]
        areas += [replace(area, components=_with_deciding(area, tuple(parts)))] if parts else []
    return with_areas(study, *areas)


def _as_family(amount: Amount) -> Family:
    return amount if isinstance(amount, Family) else Constant(amount)


def always_needed(part: Study) -> Study:
    """Return a part in which everything is needed everywhere."""
    sure = Setting(1.0)
    areas = [
        replace(
            area,
            need=None if area.need is None else sure,
            components=tuple(replace(each, need=None if each.need is None else sure) for each in area.components),
        )
        for area in part.areas
    ]
    return with_areas(part, *areas)


def with_need(part: Study, of_area: bool, chance: float) -> Study:
    """Return a part whose area, or whose components, are needed with another probability, where they have one."""
    (area,) = part.areas
    need = Setting(chance)
    if of_area:
        return with_areas(part, replace(area, need=need if area.need is not None else None))
    parts = tuple(replace(each, need=need if each.need is not None else None) for each in area.components)
    return with_areas(part, replace(area, components=parts))


def unit_of(study: Study, area: Area, paid_in: int = 0) -> Component:
    """Return a component that costs one unit wherever the area is needed, paid once in a year of the programme."""
    profile = tuple(1.0 if year == paid_in else 0.0 for year in range(len(study.years)))
    return replace(_costing(area.components[0], 1.0), kind="one-off", profile=profile, need=None)


def unit_part(study: Study, area: Area, component: Component | None) -> Study:
    """Return an area, or one component of it, that costs one unit wherever it is needed."""
    if component is not None:
        return with_areas(study, only(area, _costing_as_drawn(component, 1.0)))
    alone = replace(_costing(area.components[0], 1.0), need=None)
    return with_areas(study, replace(area, components=(alone,)))


def price_unit(study: Study, stream: str, area_id: str) -> Study:
    """Return one unit that is paid in the last year in a country twice as large as others, with no other uncertainty.

    It is multiplied by what is drawn from a stream.
    """
    area = next(area for area in study.areas if area.id == area_id)
    powers = [(part, each) for part in area.components for each in part.exponents if each.stream == stream]
    unit = replace(unit_of(study, area, len(study.years) - 1), exponents=(powers[0][1],) if powers else ())
    country = study.countries[0]
    doubled = replace(country, size_factor=2.0, factors=tuple((name, 2.0) for name, _ in country.factors))
    rise = area.escalation if area.escalation is not None and area.escalation.stream == stream else None
    plain = replace(area, components=(unit,), need=None, delay=None, escalation=rise)
    inflation = study.inflation if stream == "inflation" else None
    return replace(with_areas(study, plain), countries=(doubled,), start=None, inflation=inflation)


def with_stream(part: Study, stream: str, distribution: Family) -> Study:
    """Return a part in which what is drawn from a stream that all countries share has another distribution."""
    if stream == "inflation":
        return replace(part, inflation=distribution)

    def changed(component: Component) -> Component:
        exponents = [replace(e, value=distribution) if e.stream == stream else e for e in component.exponents]
        return replace(component, exponents=tuple(exponents))

    areas = []
    for area in part.areas:
        rise = area.escalation
        if rise is not None and rise.stream == stream:
            rise = replace(rise, rate=distribution)
        areas.append(replace(area, escalation=rise, components=tuple(map(changed, area.components))))
    return with_areas(part, *areas)


def with_level(part: Study, stream: str, level: Family) -> Study:
    """Return a part with another distribution of a level of delays."""
    return with_areas(
        part,
        *(
            replace(area, delay=replace(area.delay, level=level))
            if area.delay is not None and area.delay.level_stream == stream
            else area
            for area in part.areas
        ),
    )


def with_share(part: Study, stream: str, distribution: Family) -> Study:
    """Return a part in which what is drawn from a stream of who pays has another distribution."""
    if stream == AGENCY_FEE:
        return replace(part, agency_fee=distribution)
    if stream == MATERIALISED:
        return replace(part, materialised=distribution)

    def changed(setting: Setting | None, place: str) -> Setting | None:
        if setting is None:
            return None
        place = setting.stream or place
        value = distribution if place == stream else setting.value
        by = tuple(
            (column, group, distribution if stream_of(place, f"{column}={group}") == stream else each)
            for column, group, each in setting.by
        )
        return replace(setting, value=value, by=by)

    areas = []
    for area in part.areas:
        place = f"cofinancing/area/{area.id}"
        parts = [
            replace(each, cofinancing=changed(each.cofinancing, f"{place}/component/{each.id}"))
            for each in area.components
        ]
        areas.append(replace(area, cofinancing=changed(area.cofinancing, place), components=tuple(parts)))
    return with_areas(part, *areas)
