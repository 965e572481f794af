"""Counted areas: what the catalogue says of them, in the money and the years of the study."""

from __future__ import annotations

from popsim.errors import Problem, nearest
from popsim.study.catalogue import CatalogueArea, CatalogueComponent, CatalogueReading
from popsim.study.model import Area, Component
from popsim.study.place import Place, words
from popsim.study.prices import PriceIndex
from popsim.study.toml_models import StudyFile
from popsim.study.translate import Checked

__all__ = ["common_shares", "resolve_areas"]


def common_shares(study: Checked[StudyFile], catalogue: CatalogueReading) -> dict[str, float]:
    """common_share of each counted area, in the order of the catalogue."""
    base = study.content.dependence.common_share
    return {
        area.id: base if table.common_share is None else table.common_share
        for area, table in ((area, study.content.area.get(area.id)) for area in catalogue.areas)
        if table is not None and table.include and study.sound("area", area.id, "common_share")
    }


def resolve_areas(
    study: Checked[StudyFile], catalogue: CatalogueReading, prices: PriceIndex | None
) -> tuple[tuple[Area, ...], list[Problem]]:
    """Areas that the study counts, in the order of the catalogue, and every problem in them."""
    problems: list[Problem] = []
    tables = study.content.area
    known = [area.id for area in catalogue.areas]
    problems += [
        Problem(
            study.place.at("area", area),
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
                "no area is counted",
                "at least one table [area.<id>] without include = false",
                f"areas of the catalogue: {words(known)}",
            )
        )
    usable = prices if prices is not None and _money_is_sound(study, prices, problems) else None
    counted = [area for area in catalogue.areas if area.id in tables and tables[area.id].include]
    return tuple(_area(study, area, catalogue, usable, problems) for area in counted), problems


def _money_is_sound(study: Checked[StudyFile], prices: PriceIndex, problems: list[Problem]) -> bool:
    money, at = study.content.money, study.place.at
    if not (study.sound("money", "currency") and study.sound("money", "price_year")):
        return False
    found = prices.check(money.currency, money.price_year, at("money", "currency"), at("money", "price_year"))
    problems += found
    return not found


def _area(
    study: Checked[StudyFile],
    area: CatalogueArea,
    catalogue: CatalogueReading,
    prices: PriceIndex | None,
    problems: list[Problem],
) -> Area:
    table, base = study.content.area[area.id], study.content.dependence.common_share
    document = catalogue.checked[area.file]
    components = []
    for index, component in enumerate(area.components):

        def sound(key: str, index: int = index) -> bool:
            return document.sound("component", index, key)

        factor = 1.0
        if prices is not None and sound("currency") and sound("price_year"):
            factor = _money_factor(study, component, prices, document.place, index, problems)
        profile: tuple[float, ...] = (1.0,)
        if study.sound("study", "years") and all(sound(key) for key in ("kind", "start", "spread", "years")):
            profile = _profile(study, component, document.place, index, problems)
        components.append(_component(component, factor, profile))
    return Area(
        id=area.id,
        name=area.name,
        description=area.description,
        document=area.document,
        size_exponent=table.size_exponent,
        common_share=base if table.common_share is None else table.common_share,
        components=tuple(components),
    )


def _component(component: CatalogueComponent, factor: float, profile: tuple[float, ...]) -> Component:
    return Component(
        id=component.id,
        name=component.name,
        kind=component.kind,
        cost=component.cost,
        currency=component.currency,
        price_year=component.price_year,
        money_factor=factor,
        profile=profile,
        basis=component.basis,
        rationale=component.rationale,
        sources=component.sources,
    )


def _money_factor(
    study: Checked[StudyFile],
    component: CatalogueComponent,
    prices: PriceIndex,
    place: Place,
    index: int,
    problems: list[Problem],
) -> float:
    money = study.content.money
    where_currency, where_year = place.at("component", index, "currency"), place.at("component", index, "price_year")
    if component.currency != money.currency:
        problems.append(
            Problem(
                where_currency,
                repr(component.currency),
                f"{money.currency}, the currency of the study",
                f"give the cost in {money.currency}: money is not exchanged between currencies",
            )
        )
        return 1.0
    found = prices.check(component.currency, component.price_year, where_currency, where_year)
    problems += found
    return 1.0 if found else prices.factor(component.currency, component.price_year, money.price_year)


def _profile(
    study: Checked[StudyFile], component: CatalogueComponent, place: Place, index: int, problems: list[Problem]
) -> tuple[float, ...]:
    years = study.content.study.years
    last = component.last(years)
    if last <= years:
        return component.profile(years)
    late = component.start > years
    key = "start" if late else "spread" if component.kind == "one-off" else "years"
    problems.append(
        Problem(
            place.at("component", index, key),
            f"first payment in programme year {component.start}" if late else f"last payment in programme year {last}",
            f"programme years 1 to {years} ({study.place.at('study', 'years')} = {years})",
            "pay earlier, or lengthen the study",
        )
    )
    return (1.0,)
