"""What happens to the whole study: starts, delays, rises of costs, shocks, and who pays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from popsim.errors import Problem, nearest
from popsim.schema import FACTOR, PROBABILITY, RATE, SHARE, YEARS
from popsim.study.model import Amount, Delay, Escalation, Setting, Shock
from popsim.study.place import Keys, shown, words
from popsim.study.setting_tables import CofinancingTable, DelayTable, EscalationTable, FinancingTable, NeedTable
from popsim.study.settings import Settings

__all__ = [
    "Events",
    "resolve_cofinancing",
    "resolve_delay",
    "resolve_escalation",
    "resolve_events",
    "resolve_need",
]


def resolve_need(settings: Settings, keys: Keys, table: NeedTable | None) -> Setting | None:
    """Probability of need of an area or a component, whose table stands at `keys`."""
    if table is None:
        return None
    return settings.setting(keys, "probability", table.probability, table.by, PROBABILITY, table.basis, table.rationale)


def resolve_start(settings: Settings) -> Setting | None:
    """When countries begin."""
    table = settings.study.content.start
    if table is None:
        return None
    return settings.setting(("start",), "years", table.years, table.by, YEARS, table.basis, table.rationale)


def resolve_delay(settings: Settings, keys: Keys, table: DelayTable | None) -> Delay | None:
    """How late work is, by the table at `keys`."""
    if table is None:
        return None
    years = settings.setting(keys, "years", table.years, table.by, YEARS, table.basis, table.rationale)
    return Delay(years, table.cost_per_year)


def resolve_escalation(settings: Settings, keys: Keys, table: EscalationTable | None) -> Escalation | None:
    """Rise of costs by the table at `keys`, whose draw is named after what it is of: the study, or an area."""
    if table is None:
        return None
    rate = settings.amount((*keys, "rate"), table.rate, RATE)
    return Escalation(rate, "/".join(("escalation", *map(str, keys[:-1]))), table.basis, table.rationale)


def resolve_cofinancing(
    settings: Settings, keys: Keys, table: FinancingTable | CofinancingTable | None
) -> Setting | None:
    """Share of cost that is co-financed, by the table at `keys`; reasons are those of [financing] unless it has own."""
    whole = settings.study.content.financing
    if table is None:
        return None
    if whole is None:
        settings.problems.append(
            Problem(
                settings.study.place.at(*keys),
                (),
                "a table, but the study has no table [financing]",
                "[financing], which says what all areas have in common",
                "add a table [financing] with basis and rationale",
            )
        )
        return None
    basis, rationale = table.basis or whole.basis, table.rationale or whole.rationale
    return settings.setting(keys, "cofinancing", table.cofinancing, table.by, SHARE, basis, rationale)


def resolve_inflation(settings: Settings) -> Amount | None:
    """General rise of prices."""
    value = settings.study.content.money.inflation
    return None if value is None else settings.amount(("money", "inflation"), value, RATE)


@dataclass(frozen=True)
class Events:
    """What the study as a whole says beside its areas."""

    start: Setting | None
    shocks: tuple[Shock, ...]
    inflation: Amount | None


def resolve_events(settings: Settings, known: Sequence[str] | None, counted: Sequence[str]) -> Events:
    """Resolve the general tables; `known` and `counted` are as in `resolve_shocks`."""
    content = settings.study.content
    # Areas take these from here; what no area takes is checked all the same.
    resolve_delay(settings, ("delay",), content.delay)
    resolve_escalation(settings, ("escalation",), content.escalation)
    resolve_cofinancing(settings, ("financing",), content.financing)
    return Events(resolve_start(settings), resolve_shocks(settings, known, counted), resolve_inflation(settings))


def resolve_shocks(settings: Settings, known: Sequence[str] | None, counted: Sequence[str]) -> tuple[Shock, ...]:
    """Shocks of the study, each with those of its areas that are counted.

    Parameters
    ----------
    settings
        Reader of the study.
    known
        Ids of all areas of the catalogue; None where they are not all known.
    counted
        Ids of the counted areas.
    """
    study = settings.study
    found = []
    for name, table in study.content.shock.items():
        keys = ("shock", name)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            settings.problems.append(
                Problem(study.place.at(*keys), (), shown(name), "small letters, digits and _, beginning with a letter")
            )
        settings.problems += _check_areas(settings, (*keys, "areas"), table.areas, known)
        found.append(
            Shock(
                id=name,
                name=table.name,
                areas=tuple(area for area in table.areas if area in counted),
                probability=table.probability,
                factor=settings.amount((*keys, "factor"), table.factor, FACTOR),
                basis=table.basis,
                rationale=table.rationale,
            )
        )
    return tuple(found)


def _check_areas(settings: Settings, keys: Keys, areas: list[str], known: Sequence[str] | None) -> list[Problem]:
    if not settings.study.sound(*keys):
        return []
    where = settings.study.place.at(*keys)
    problems = [
        Problem(
            where, (), f"unknown area {area!r}", f"areas of the catalogue: {words(known or ())}", nearest(area, known)
        )
        for area in areas
        if known is not None and area not in known
    ]
    problems += [
        Problem(where, (), f"{area!r} {areas.count(area)} times", "each area once")
        for area in dict.fromkeys(areas)
        if areas.count(area) > 1
    ]
    return problems
