"""Everything that a study can say beside its costs, one feature at a time, for the studies of `studies`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from popsim.families import Beta, Discrete, Family, Gamma, LogNormal, Triangular, Uniform
from popsim.study.load import load_study
from popsim.study.model import Amount, Delay, Escalation, Exponent, Option, Overlap, Part, Setting, Shock, Study
from popsim.study.split import share_of

FULL = Path(__file__).parent.parent / "reproduction" / "studies" / "full" / "study.toml"
BREAKDOWNS = (
    *("country", "area", "year", "region", "component", "basis"),
    *(("area", "year"), ("region", "area", "year"), ("country", "year"), ("region", "component"), ("basis", "year")),
)
Feature = Callable[[Study], Study]


def full(overrides: dict[str, Any] | None = None) -> Study:
    """The study with every feature and two options that is held against the re-implementation as well."""
    return load_study(FULL, overrides)


def with_area(study: Study, which: str, **changes: Any) -> Study:
    areas = tuple(dataclasses.replace(item, **changes) if item.id == which else item for item in study.areas)
    return dataclasses.replace(study, areas=areas)


def with_all_areas(study: Study, **changes: Any) -> Study:
    return dataclasses.replace(study, areas=tuple(dataclasses.replace(area, **changes) for area in study.areas))


def with_component(study: Study, which: str, place: int, **changes: Any) -> Study:
    (found,) = (area for area in study.areas if area.id == which)
    parts = list(found.components)
    parts[place] = dataclasses.replace(parts[place], **changes)
    return with_area(study, which, components=tuple(parts))


def with_dependence(study: Study, **changes: Any) -> Study:
    return dataclasses.replace(study, dependence=dataclasses.replace(study.dependence, **changes))


def need_of_area(study: Study) -> Study:
    return with_area(study, "a", need=Setting(0.6, (("income", "UMC", 0.25), ("region", "South", 1.0))))


def need_of_component(study: Study) -> Study:
    return with_component(study, "b", 0, need=Setting(Beta(2.0, 3.0), (("region", "South", Uniform(0.5, 1.0)),)))


def needs_with_cost(study: Study) -> Study:
    study = with_dependence(study, need_with_cost=0.6, between_needs=0.4, need_common_share=0.3)
    study = with_component(study, "b", 0, need=Setting(Beta(2.0, 3.0)))
    study = with_area(study, "b", need=Setting(Discrete((0.2, 0.9), (0.5, 0.5))))
    return with_area(study, "a", need=Setting(0.7))


def exponents(study: Study) -> Study:
    size = Exponent("size", Triangular(0.2, 0.5, 0.9), "exponent/area/a/size")
    return with_component(study, "a", 0, exponents=(size,))


def start(study: Study) -> Study:
    study = with_dependence(study, start_common_share=0.4)
    return dataclasses.replace(study, start=Setting(Uniform(0.0, 1.5), (("income", "LIC", 0.75),)))


def delay(study: Study) -> Study:
    study = with_dependence(study, delay_between_areas=0.5, delay_common_share=0.3)
    return with_all_areas(study, delay=Delay(Setting(Triangular(0.0, 0.5, 2.5)), 0.1))


def unbounded_delay(study: Study) -> Study:
    return with_area(study, "b", delay=Delay(Setting(Gamma(2.0, 0.9)), 0.0))


def level_of_delay(study: Study) -> Study:
    """One level for areas a and b, which share it, and a known one for area c."""
    study = delay(study)
    common = Delay(Setting(Triangular(0.0, 0.5, 2.5), (("income", "LIC", 1.5),)), 0.1, Uniform(0.5, 1.5))
    study = with_area(with_area(study, "a", delay=common), "b", delay=common)
    return with_area(study, "c", delay=Delay(Setting(Triangular(0.0, 0.5, 2.5)), 0.0, 0.75, "delay/area/c/level"))


def needed_with(study: Study) -> Study:
    study = with_dependence(need_of_component(study), need_with_cost=0.4)
    (found,) = (area for area in study.areas if area.id == "b")
    return with_component(study, "b", 1, need=found.components[0].need, needed_with=found.components[0].id)


def escalation(study: Study) -> Study:
    study = with_all_areas(study, escalation=Escalation(Uniform(-0.02, 0.06), "escalation"))
    return with_area(study, "c", escalation=Escalation(0.03, "escalation/area/c"))


def shocks(study: Study) -> Study:
    one = Shock("one", "one", ("a", "c"), 0.3, Triangular(1.0, 1.2, 2.0), "judgement", "")
    two = Shock("two", "two", ("c",), 0.4, 0.7, "judgement", "")
    return dataclasses.replace(study, shocks=(one, two))


def money(study: Study) -> Study:
    return dataclasses.replace(study, inflation=Triangular(0.0, 0.02, 0.08), discount_rate=0.04)


def financing(study: Study) -> Study:
    study = with_all_areas(study, cofinancing=Setting(0.2, (("region", "South", 0.5),)))
    return with_area(dataclasses.replace(study, agency_fee=0.09), "c", cofinancing=Setting(0.1))


def shared(study: Study, share: Amount, rest: Amount, cost: Family, **of_whole: Any) -> Study:
    """Let the second component of area b and the first of area c be shares of one whole, which area b states."""
    (stating,) = (area for area in study.areas if area.id == "b")
    shares = stating.common_share, None
    whole = Overlap("one", "One whole", "b", cost, "USD", 2020, 1.0, "proxy", "of a test", (), shares)
    whole = dataclasses.replace(whole, **of_whole)
    study = with_component(study, "b", 1, cost=share_of(cost, share), part=Part(whole, share, 1))
    return with_component(study, "c", 0, cost=share_of(cost, rest), part=Part(whole, rest, -1))


def overlap(study: Study) -> Study:
    return shared(study, Triangular(0.2, 0.4, 0.7), Uniform(0.3, 0.5), LogNormal(2.0, 0.6))


def uncertain_financing(study: Study) -> Study:
    """One pledge for all areas, another of area c, and one of a component alone."""
    pledge = Setting(Uniform(0.1, 0.5), (("region", "South", Triangular(0.2, 0.3, 1.0)),), stream="cofinancing")
    study = with_all_areas(study, cofinancing=pledge)
    study = with_area(study, "c", cofinancing=Setting(0.1, (("income", "LIC", Beta(2.0, 5.0)),)))
    study = with_component(study, "b", 1, cofinancing=Setting(Discrete((0.0, 0.4), (0.3, 0.7))))
    return dataclasses.replace(study, agency_fee=Uniform(0.05, 0.1), materialised=Triangular(0.3, 0.8, 1.0))


def everything(study: Study) -> Study:
    for feature in FEATURES.values():
        if feature is not everything:
            study = feature(study)
    return study


FEATURES: dict[str, Feature] = {
    "need of an area": need_of_area,
    "need of a component": need_of_component,
    "needs with cost": needs_with_cost,
    "exponents": exponents,
    "start": start,
    "delay": delay,
    "unbounded delay": unbounded_delay,
    "level of delay": level_of_delay,
    "needed with": needed_with,
    "escalation": escalation,
    "shocks": shocks,
    "money": money,
    "financing": financing,
    "overlap": overlap,
    "uncertain financing": uncertain_financing,
    "everything": everything,
}


def option(name: str, study: Study) -> Option:
    return Option(name, f"option {name}", "of a test", (), dataclasses.replace(study, options=()))


def with_options(study: Study, **others: Study) -> Study:
    return dataclasses.replace(study, options=tuple(option(name, other) for name, other in others.items()))


def dear(study: Study) -> Study:
    """Another unit cost in area a, and no more."""
    return with_component(study, "a", 0, cost=LogNormal(3.5, 0.5))


def few_countries(study: Study) -> Study:
    """The study and its options in a few of its countries, in which all that a country may say of itself differs."""
    options = tuple(dataclasses.replace(each, study=few_countries(each.study)) for each in study.options)
    return dataclasses.replace(study, countries=study.countries[::19], options=options)
