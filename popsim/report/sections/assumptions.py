"""What a study assumes beside its costs: needs, starts and delays, prices, shocks, co-financing, correlations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from popsim.families.base import Family
from popsim.report.document import Block, Details, Entry
from popsim.report.facts import Facts
from popsim.report.numbers import NO_BREAK, THIN, significant
from popsim.report.sections.words import listed, plural
from popsim.study.model import Amount, Area, Setting, Study

__all__ = ["assumptions"]

T = TypeVar("T")
Pairs = list[tuple[str, str]]


class Unit(NamedTuple):
    """How a quantity is printed: times `scale`, between two words."""

    scale: float
    before: str
    after: str


SHARE = Unit(100.0, "", f"{THIN}%")
YEARS = Unit(1.0, "", f"{NO_BREAK}years")
TIMES = Unit(1.0, "times ", "")


def assumptions(facts: Facts) -> tuple[Details, ...]:
    """Give every assumption with what it rests on and why, folded by what it is about."""
    found = (
        ("Need", _needs(facts)),
        ("Starts and delays", _lateness(facts)),
        ("Rises of prices and shocks", _prices(facts)),
        ("Further measures of countries", _measures(facts.study)),
        ("Co-financing", _cofinancing(facts)),
        ("Correlations", [_correlations(facts)]),
    )
    return tuple(
        Details(f"{title}: {plural(len(entries), 'assumption')}", tuple(entries)) for title, entries in found if entries
    )


def _amount(facts: Facts, value: Amount, unit: Unit) -> str:
    """Say a number, or the range of an uncertain one."""
    if not isinstance(value, Family):
        one = unit is YEARS and value == 1.0
        return f"1{NO_BREAK}year" if one else f"{unit.before}{significant(unit.scale * value)}{unit.after}"
    low, middle, high = (significant(unit.scale * float(value.ppf(p))) for p in (facts.low, 0.5, facts.high))
    ends = low if low == high else f"{low} to {high}"
    return f"{unit.before}{ends}{unit.after} ({facts.interval}, median {middle}{unit.after}; {value.family})"


def _setting(facts: Facts, name: str, setting: Setting, unit: Unit) -> Pairs:
    """Say a quantity, and what holds instead for groups of countries: of several groups the first applies."""
    study = facts.study
    special = []
    for column, group, value in setting.by:
        who = f"{study.heading(column, sentence=True)}: {study.label(column, group, sentence=True)}"
        special.append((f"{name}, {who}", _amount(facts, value, unit)))
    return [*special, (f"{name}, other countries" if special else name, _amount(facts, setting.value, unit))]


def _entry(title: str, basis: str, pairs: Pairs, rationale: str) -> Entry:
    return Entry(title, basis, tuple(pairs), rationale, ())


def _alike(areas: Iterable[tuple[Area, T | None]]) -> list[tuple[T, list[str]]]:
    """Gather the areas of which the same is assumed."""
    found: list[tuple[T, list[str]]] = []
    for area, value in areas:
        if value is None:
            continue
        names = next((names for known, names in found if known == value), None)
        if names is None:
            found.append((value, [area.name]))
        else:
            names.append(area.name)
    return found


def _where(study: Study, names: list[str]) -> tuple[str, str]:
    return ("Areas", "all" if len(names) == len(study.areas) else listed(names))


def _needs(facts: Facts) -> list[Block]:
    found: list[Block] = []
    for area in facts.study.areas:
        needs = [(area.name, area.need), *((f"{area.name}: {part.name}", part.need) for part in area.components)]
        found += [
            _entry(name, need.basis, _setting(facts, "Probability of need", need, SHARE), need.rationale)
            for name, need in needs
            if need is not None
        ]
    return found


def _lateness(facts: Facts) -> list[Block]:
    study, found = facts.study, list[Block]()
    if study.start is not None:
        pairs = _setting(facts, "Begins after", study.start, YEARS)
        found.append(_entry("Start of a country", study.start.basis, pairs, study.start.rationale))
    for delay, names in _alike((area, area.delay) for area in study.areas):
        pairs = [_where(study, names), *_setting(facts, "Late by", delay.years, YEARS)]
        pairs.append(("A year of delay adds", _amount(facts, delay.cost_per_year, SHARE)))
        found.append(_entry("Delay of an area’s work", delay.years.basis, pairs, delay.years.rationale))
    return found


def _prices(facts: Facts) -> list[Block]:
    study, found = facts.study, list[Block]()
    for rise, names in _alike((area, area.escalation) for area in study.areas):
        pairs = [_where(study, names), ("Real rise per year", _amount(facts, rise.rate, SHARE))]
        found.append(_entry("Rise of costs beyond general prices", rise.basis, pairs, rise.rationale))
    names_of = {area.id: area.name for area in study.areas}
    for shock in study.shocks:
        pairs = [
            _where(study, [names_of[area] for area in shock.areas if area in names_of]),
            ("Probability", _amount(facts, shock.probability, SHARE)),
            ("Costs become", _amount(facts, shock.factor, TIMES)),
        ]
        found.append(_entry(shock.name, shock.basis, pairs, shock.rationale))
    return found


def _measures(study: Study) -> list[Block]:
    found: list[Block] = []
    for driver in study.drivers:
        pairs = [("Column", driver.column), ("Reference", f"{driver.reference:,.10g}")]
        limits = zip(("Counted as at least", "Counted as at most"), driver.limits, strict=True)
        pairs += [(words, f"{limit:,.10g}") for words, limit in limits if limit is not None]
        found.append(_entry(driver.name.replace("_", " ").capitalize(), driver.basis, pairs, driver.rationale))
    return found


def _cofinancing(facts: Facts) -> list[Block]:
    study, found = facts.study, list[Block]()
    for share, names in _alike((area, area.cofinancing) for area in study.areas):
        pairs = [_where(study, names), *_setting(facts, "Share of the cost", share, SHARE)]
        found.append(_entry("Co-financing", share.basis, pairs, share.rationale))
    return found


def _correlations(facts: Facts) -> Block:
    study = facts.study
    assumed = study.dependence
    between = "a matrix" if assumed.between_areas is None else significant(assumed.between_areas)
    pairs = [
        ("Two areas in one country", between),
        ("Two components of one area", significant(assumed.between_components)),
        ("One area in two countries", significant(assumed.common_share)),
    ]
    if assumed.group is not None and assumed.group_share is not None:
        column = study.heading(assumed.group, sentence=True)
        pairs.append((f"One area in two countries of one {column}", significant(assumed.group_share)))
    if any(area.need or any(part.need for part in area.components) for area in study.areas):
        pairs += [
            ("Need and cost", significant(assumed.need_with_cost)),
            ("Two needs of one country", significant(assumed.between_needs)),
            ("One need in two countries", significant(assumed.need_common_share)),
        ]
    if any(area.delay for area in study.areas):
        pairs += [
            ("Delays of two areas in one country", significant(assumed.delay_between_areas)),
            ("Delays in two countries", significant(assumed.delay_common_share)),
        ]
    if study.start is not None:
        pairs.append(("Starts of two countries", significant(assumed.start_common_share)))
    return _entry("Correlations of normal scores", assumed.basis, pairs, assumed.rationale)
