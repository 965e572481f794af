"""Counted areas: what the catalogue says of them, in the money and the years of the study."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from popsim.errors import Problem, nearest
from popsim.study.catalogue import CatalogueArea, CatalogueComponent, CatalogueReading
from popsim.study.changes import Plans, unknown_components
from popsim.study.dependence import area_shares
from popsim.study.events import resolve_cofinancing, resolve_delay, resolve_escalation, resolve_need
from popsim.study.exponents import in_order, resolve_exponents, size_exponent
from popsim.study.model import Area, Component, Exponent, Setting
from popsim.study.money import Money
from popsim.study.place import Keys, Place, words
from popsim.study.settings import Settings
from popsim.study.toml_models import StudyFile
from popsim.study.translate import Checked

__all__ = ["counted_areas", "resolve_areas"]

Resolved = TypeVar("Resolved")


def counted_areas(study: Checked[StudyFile], catalogue: CatalogueReading) -> list[str]:
    """Return the ids of counted areas whose common_share is known, in the order of the catalogue."""
    tables = {area.id: study.content.area.get(area.id) for area in catalogue.areas}
    return [
        area
        for area, table in tables.items()
        if table is not None and table.include and study.sound("area", area, "common_share")
    ]


def resolve_areas(
    settings: Settings, catalogue: CatalogueReading, money: Money | None, once: Callable[..., Area]
) -> tuple[tuple[Area, ...], list[Problem]]:
    """Areas that the study counts, in the order of the catalogue, and every problem in them.

    `money` is None where it is not known what leads to the money of the study. `once` is called with the id of an area,
    what makes it, and the lists that this adds problems to; it may have the area already.
    """
    study = settings.study
    problems: list[Problem] = []
    tables = study.content.area
    known = [area.id for area in catalogue.areas]
    problems += [
        Problem(
            study.place.at("area", area),
            (),
            f"unknown area {area!r}",
            f"areas of the catalogue: {words(known)}",
            nearest(area, known),
        )
        for area in tables
        if area not in known and catalogue.complete
    ]
    if not any(table.include for table in tables.values()) and study.sound("area"):
        problems.append(
            Problem(
                study.place.at("area"),
                (),
                "no area is counted",
                "at least one table [area.<id>] without include = false",
                f"areas of the catalogue: {words(known)}",
            )
        )
    usable = money if money is not None and _money_is_sound(study, money, problems) else None

    def factor(component: CatalogueComponent, place: Place, index: int) -> float:
        return _money_factor(component, usable, place, index, problems) if usable else 1.0

    for area in catalogue.areas:
        if area.id in tables and not tables[area.id].include:
            _check_left_out(settings, area, catalogue)
    counted = [area for area in catalogue.areas if area.id in tables and tables[area.id].include]
    made = [
        once(area.id, partial(_area, settings, area, catalogue, factor), problems, settings.problems)
        for area in counted
    ]
    return tuple(made), problems


def _check_left_out(settings: Settings, area: CatalogueArea, catalogue: CatalogueReading) -> None:
    """Check what the study says of an area that it leaves out, but not that its payments fit into the programme."""
    table, keys = settings.study.content.area[area.id], ("area", area.id)
    _stated_components(settings, Plans(settings, catalogue, area, table))
    resolve_need(settings, (*keys, "need"), table.need)
    resolve_delay(settings, (*keys, "delay"), table.delay)
    resolve_escalation(settings, (*keys, "escalation"), table.escalation)
    resolve_cofinancing(settings, (*keys, "financing"), table.financing)


class _Stated(NamedTuple):
    """A component with what the study says of it."""

    position: int
    component: CatalogueComponent
    exponents: dict[str, Exponent]
    need: Setting | None


def _stated_components(settings: Settings, plans: Plans) -> tuple[dict[str, Exponent], list[_Stated]]:
    """Exponents of an area, and those of its components that are not left out."""
    area, table, keys = plans.area, plans.table, ("area", plans.area.id)
    settings.problems += unknown_components(settings, area, table, _ids_are_sound(area, plans.catalogue))
    exponents = resolve_exponents(settings, keys, table)
    found = []
    for index, listed in enumerate(area.components):
        change, own = table.component.get(listed.id), (*keys, "component", listed.id)
        component = plans.changed(index)
        if change is None:
            found.append(_Stated(index, component, exponents, None))
            continue
        all_exponents = exponents | resolve_exponents(settings, own, change)
        need = resolve_need(settings, (*own, "need"), change.need)
        if change.include:
            found.append(_Stated(index, component, all_exponents, need))
    return exponents, found


def _ids_are_sound(area: CatalogueArea, catalogue: CatalogueReading) -> bool:
    document = catalogue.checked[area.file]
    return all(document.sound("component", index, "id") for index in range(len(area.components)))


def _money_is_sound(study: Checked[StudyFile], money: Money, problems: list[Problem]) -> bool:
    found = money.check(study.place)
    problems += found
    return not found


def _area(
    settings: Settings,
    area: CatalogueArea,
    catalogue: CatalogueReading,
    factor: Callable[[CatalogueComponent, Place, int], float],
) -> Area:
    study = settings.study
    content, table, keys = study.content, study.content.area[area.id], ("area", area.id)
    document = catalogue.checked[area.file]
    plans = Plans(settings, catalogue, area, table)
    exponents, stated = _stated_components(settings, plans)
    components = []
    for index, component, component_exponents, need in stated:
        sound = document.sound("component", index, "currency") and document.sound("component", index, "price_year")
        components.append(
            Component(
                id=component.id,
                name=component.name,
                kind=component.kind,
                cost=component.cost,
                currency=component.currency,
                price_year=component.price_year,
                money_factor=factor(component, document.place, index) if sound else 1.0,
                profile=plans.profile(index, component),
                basis=component.basis,
                rationale=component.rationale,
                sources=component.sources,
                exponents=in_order(component_exponents, content.driver),
                need=need,
            )
        )
    if not components:
        settings.problems.append(
            Problem(
                study.place.at(*keys, "component"),
                (),
                "every component has include = false",
                "at least one component of a counted area",
                f"leave the area out: area.{area.id}.include = false",
            )
        )
    shares = area_shares(content, area.id)
    return Area(
        id=area.id,
        name=area.name,
        description=area.description,
        document=area.document,
        size_exponent=size_exponent(exponents),
        common_share=shares.common,
        components=tuple(components),
        group_share=shares.group,
        need=resolve_need(settings, (*keys, "need"), table.need),
        delay=_own_or_general(settings, area.id, "delay", resolve_delay),
        escalation=_own_or_general(settings, area.id, "escalation", resolve_escalation),
        cofinancing=_own_or_general(settings, area.id, "financing", resolve_cofinancing),
    )


def _own_or_general(
    settings: Settings, area: str, name: str, resolve: Callable[[Settings, Keys, Any], Resolved]
) -> Resolved:
    """Resolve a table of an area, or in its place the table of that name of the study."""
    own = getattr(settings.study.content.area[area], name)
    if own is not None:
        return resolve(settings, ("area", area, name), own)
    return resolve(settings, (name,), getattr(settings.study.content, name))


def _money_factor(
    component: CatalogueComponent, money: Money, place: Place, index: int, problems: list[Problem]
) -> float:
    factor, found = money.factor(component.currency, component.price_year, place, ("component", index))
    problems += [place.located(problem) for problem in found]
    return factor
