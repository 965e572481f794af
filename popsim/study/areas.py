"""Counted areas: what the catalogue says of them and what the study changes, in the money and years of the study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from popsim.errors import Keys, Problem
from popsim.study.catalogue import CatalogueArea, CatalogueReading, payment_faults
from popsim.study.dependence import area_shares
from popsim.study.model import Area, Component, Exponent
from popsim.study.money import Money
from popsim.study.place import Place
from popsim.study.settings import as_cofinancing, as_delay, as_escalation, as_exponents, as_setting, in_order
from popsim.study.toml_models import AreaTable, CatalogueComponent, StudyFile
from popsim.study.validate import Checked

__all__ = ["check_areas", "counted_areas", "resolve_areas"]

STATED = "The study states this cost in place of the catalogue's and gives no reasons."


def counted_areas(study: Checked[StudyFile], catalogue: CatalogueReading) -> list[CatalogueArea]:
    """Return the areas that the study counts, in the order of the catalogue."""
    tables = study.content.area
    return [area for area in catalogue.areas if area.id in tables and tables[area.id].include]


def check_areas(study: Checked[StudyFile], catalogue: CatalogueReading) -> list[Problem]:
    """List areas and components that the catalogue does not have, and areas of which nothing is counted."""
    place, tables, known = study.place, study.content.area, catalogue.ids()
    allowed = "areas of the catalogue"
    problems = [
        place.unknown(("area", area), "area", area, allowed, known)
        for area in tables
        if area not in known and catalogue.complete
    ]
    if not any(table.include for table in tables.values()) and study.sound("area"):
        allowed = "at least one table [area.<id>] without include = false"
        mend = f"areas of the catalogue: {', '.join(known)}"
        problems.append(place.problem(("area",), "no area is counted", allowed, mend))
    for area in catalogue.areas:
        if area.id not in tables or not area.complete:
            continue
        table, keys = tables[area.id], ("area", area.id, "component")
        names = [component.id for component in area.components]
        allowed = f"components of area {area.id} in the catalogue"
        unknown = [name for name in table.component if name not in names]
        problems += [place.unknown((*keys, name), "component", name, allowed, names) for name in unknown]
        if table.include and not any(_is_counted(table, name) for name in names):
            allowed = "at least one component of a counted area"
            mend = f"leave the area out: area.{area.id}.include = false"
            problems.append(place.problem(keys, "every component has include = false", allowed, mend))
    return problems


def _is_counted(table: AreaTable, component: str) -> bool:
    return component not in table.component or table.component[component].include


def resolve_areas(
    study: Checked[StudyFile],
    catalogue: CatalogueReading,
    money: Money | None,
    once: Callable[[str, Callable[[], Area]], Area],
    problems: list[Problem],
) -> tuple[Area, ...]:
    """Return the areas that a study counts, in the order of the catalogue.

    Parameters
    ----------
    study
        The study file.
    catalogue
        The catalogue.
    money
        What leads to the money of the study; None where it is not known.
    once
        Called with the id of an area and what makes it: the area may have been made before.
    problems
        Every problem of the money and of the components is added here.
    """
    if money is not None and (found := money.check(study.place)):
        problems += found
        money = None
    for area in catalogue.areas:
        if area.id in study.content.area and not study.content.area[area.id].include:
            for index in range(len(area.components)):
                _changed(study, area, index, problems)
    return tuple(
        once(area.id, partial(_resolve_area, study, area, money, problems)) for area in counted_areas(study, catalogue)
    )


def _resolve_area(study: Checked[StudyFile], area: CatalogueArea, money: Money | None, problems: list[Problem]) -> Area:
    content, table, keys = study.content, study.content.area[area.id], ("area", area.id)
    exponents = as_exponents(table, keys)
    components = tuple(
        _component(study, area, index, exponents, money, problems)
        for index, component in enumerate(area.components)
        if _is_counted(table, component.id)
    )
    own_escalation = (table.escalation, (*keys, "escalation"))
    shares = area_shares(content, area.id)
    return Area(
        id=area.id,
        name=area.name,
        description=area.description,
        document=area.document,
        size_exponent=exponents["size"].value if "size" in exponents else 0.0,
        common_share=shares.common,
        components=components,
        group_share=shares.group,
        need=as_setting(table.need),
        delay=as_delay(table.delay or content.delay),
        escalation=as_escalation(*(own_escalation if table.escalation else (content.escalation, ("escalation",)))),
        cofinancing=as_cofinancing(table.financing or content.financing, content.financing),
    )


def _component(
    study: Checked[StudyFile],
    area: CatalogueArea,
    index: int,
    exponents: Mapping[str, Exponent],
    money: Money | None,
    problems: list[Problem],
) -> Component:
    """Return one component of an area as the study plans it, its cost still in the money of the catalogue."""
    component, keys = area.components[index], ("component", area.positions[index])
    stated = study.content.area[area.id].component.get(component.id)
    factor = 1.0
    if money is not None:
        factor, found = money.factor(component.currency, component.price_year, area.place, keys)
        problems += map(area.place.located, found)
    component = _changed(study, area, index, problems)
    if stated is not None:
        exponents = {**exponents, **as_exponents(stated, ("area", area.id, "component", component.id))}
    return Component(
        id=component.id,
        name=component.name,
        kind=component.kind,
        cost=component.cost,
        currency=component.currency,
        price_year=component.price_year,
        money_factor=factor,
        profile=_profile(study, area, index, component, problems),
        basis=component.basis,
        rationale=component.rationale,
        sources=tuple(component.source),
        exponents=in_order(exponents, study.content.driver),
        need=None if stated is None else as_setting(stated.need),
    )


def _changed(study: Checked[StudyFile], area: CatalogueArea, index: int, problems: list[Problem]) -> CatalogueComponent:
    """Return a component of the catalogue with what the study changes in it."""
    component = area.components[index]
    change = study.content.area[area.id].component.get(component.id)
    if change is None:
        return component
    # What the catalogue cites speaks of the cost that was there.
    changes = {} if change.cost is None else {"basis": "judgement", "rationale": STATED, "source": []}
    for name in ("cost", "basis", "rationale", "start", "spread", "years", "every"):
        if getattr(change, name) is not None:
            changes[name] = getattr(change, name)
    changed = component.model_copy(update=changes)
    faults = list(payment_faults(changed)) if changes.keys() & {"spread", "years", "every"} else []
    for key, *fault in faults:
        place, keys = _stated_at(study, area, index, key)
        problems.append(place.located(place.problem(keys, *fault)))
    return component if faults else changed


def _stated_at(study: Checked[StudyFile], area: CatalogueArea, index: int, key: str) -> tuple[Place, Keys]:
    """Return where a key of a component stands: in the study, or else in the catalogue."""
    component = area.components[index].id
    change = study.content.area[area.id].component.get(component)
    if change is not None and getattr(change, key) is not None:
        return study.place, ("area", area.id, "component", component, key)
    return area.place, ("component", area.positions[index], key)


def _profile(
    study: Checked[StudyFile],
    area: CatalogueArea,
    index: int,
    component: CatalogueComponent,
    problems: list[Problem],
) -> tuple[float, ...]:
    """Return when a component is paid in the years of the study, all on time; see `CatalogueComponent.profile`."""
    years = study.content.study.years
    if not study.has("study") or next(payment_faults(component), None):
        return ()
    postponed = study.content.area[area.id].postponed or 0
    moved = component.model_copy(update={"start": component.start + postponed})
    if moved.last(years) <= years:
        return moved.profile(years)
    late = moved.start > years
    if component.last(years) <= years:
        stated: tuple[Place, Keys] = study.place, ("area", area.id, "postponed")
    else:
        key = "start" if late else "spread" if component.kind == "one-off" else "years"
        stated = _stated_at(study, area, index, key)
    place, keys = stated
    name = f" of component {component.id}" if postponed else ""
    paid, year = ("first", moved.start) if late else ("last", moved.last(years))
    found = f"{paid} payment{name} in programme year {year}"
    allowed = f"programme years 1 to {years} ({study.place.at('study', 'years')} = {years})"
    mend = "pay earlier, or lengthen the study: years beyond the programme are not counted"
    problems.append(place.located(place.problem(keys, found, allowed, mend)))
    return ()
