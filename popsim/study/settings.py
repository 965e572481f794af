"""What a study states beside its costs: needs, delays, rises of costs, exponents, shocks and shares of co-financing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from popsim.errors import Keys, Problem, nearest, shown, words
from popsim.families.base import Family
from popsim.study.countries import check_group_values
from popsim.study.model import Amount, Delay, Escalation, Exponent, Setting, Shock
from popsim.study.toml_models import (
    AreaTable,
    ChangeTable,
    CofinancingTable,
    DelayTable,
    EscalationTable,
    FinancingTable,
    NeedTable,
    StartTable,
    StudyFile,
)
from popsim.study.validate import Checked
from popsim.tables import TextTable


def as_setting(table: NeedTable | StartTable | None) -> Setting | None:
    """Return what a table states, for all countries and for groups of them."""
    if table is None:
        return None
    return _setting(table, table.probability if isinstance(table, NeedTable) else table.years)


def _setting(table: NeedTable | StartTable | DelayTable, value: Amount) -> Setting:
    return Setting(value, _entries(table.by), table.basis, table.rationale)


def _entries(by: Mapping[str, Mapping[str, Amount]]) -> tuple[tuple[str, str, Amount], ...]:
    """Return (column, group, value) of each entry of a table `by`."""
    # Groups of one column exclude each other, so that their order means nothing; written files have numbers before
    # tables.
    return tuple(
        (column, group, value)
        for column, values in by.items()
        for group, value in sorted(values.items(), key=lambda item: isinstance(item[1], Family))
    )


def as_delay(table: DelayTable | None, keys: Keys) -> Delay | None:
    """Return how late work is; the draw of its level is named after where it is stated, as in `as_escalation`."""
    if table is None:
        return None
    stream = "/".join(("delay", *map(str, keys), "level"))
    return Delay(_setting(table, table.years), table.cost_per_year, table.level, stream)


def as_escalation(table: EscalationTable | None, keys: Keys) -> Escalation | None:
    """Return a rise of costs; its draw is named after where it is stated, `keys` being those of an area or none."""
    return None if table is None else Escalation(stream="/".join(("escalation", *map(str, keys))), **dict(table))


def as_cofinancing(
    table: FinancingTable | CofinancingTable | None, general: FinancingTable | None, keys: Keys
) -> Setting | None:
    """Return the share of cost that is co-financed; reasons are those of [financing] unless the table has its own.

    Its draws are named after where it is stated, `keys` being those of an area, of a component, or none.
    """
    if table is None or general is None:
        return None
    reasons = table.basis or general.basis, table.rationale or general.rationale
    own = None if isinstance(table, FinancingTable) else table.materialised
    setting = Setting(table.cofinancing, _entries(table.by), *reasons, materialised=own)
    is_uncertain = any(isinstance(value, Family) for value in (setting.value, *(value for *_, value in setting.by)))
    return replace(setting, stream="/".join(("cofinancing", *map(str, keys)))) if is_uncertain else setting


def as_exponents(table: AreaTable | ChangeTable, keys: Keys) -> dict[str, Exponent]:
    """Return the exponents that the table at `keys` states, by driver; each draw is named after where it stands."""
    size = {} if table.size_exponent is None else {"size": table.size_exponent}
    return {
        driver: Exponent(driver, value, "/".join(("exponent", *map(str, keys), driver)))
        for driver, value in (size | table.exponent).items()
    }


def in_order(exponents: Mapping[str, Exponent], drivers: Iterable[str]) -> tuple[Exponent, ...]:
    """Return exponents in the order of the drivers, size first, without those that are 0 and so change nothing."""
    known = (exponents[name] for name in ("size", *drivers) if name in exponents)
    return tuple(exponent for exponent in known if exponent.value != 0.0)


def resolve_shocks(content: StudyFile, counted: Sequence[str]) -> tuple[Shock, ...]:
    """Return the shocks of a study, each with those of its areas that are counted."""
    return tuple(
        Shock(id=name, **(dict(table) | {"areas": tuple(area for area in table.areas if area in counted)}))
        for name, table in content.shock.items()
    )


def check_settings(
    study: Checked[StudyFile], areas: Sequence[str] | None, table: TextTable | None, groups: Sequence[str]
) -> list[Problem]:
    """List names in the settings of a study that nothing else in it has.

    Parameters
    ----------
    study
        The study file.
    areas
        Ids of all areas of the catalogue; None where they are not all known.
    table
        The countries file; None where it could not be read.
    groups
        Columns of it that group countries.
    """
    problems = [*_check_shocks(study, areas), *_check_exponents(study), *_check_cofinancing(study)]
    return problems if table is None else [*problems, *_check_groups(study, table, groups)]


def _check_shocks(study: Checked[StudyFile], known: Sequence[str] | None) -> list[Problem]:
    """List names of shocks and areas that cannot be; `known` are the areas of the catalogue, None if not all known."""
    problems: list[Problem] = []
    for name, table in study.content.shock.items():
        keys: Keys = ("shock", name)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            allowed = "small letters, digits and _, beginning with a letter"
            problems.append(study.place.problem(keys, shown(name), allowed))
        keys = (*keys, "areas")
        problems += [
            study.place.unknown(keys, "area", area, "areas of the catalogue", known)
            for area in table.areas
            if known is not None and area not in known
        ]
        problems += [
            study.place.problem(keys, f"{area!r} {table.areas.count(area)} times", "each area once")
            for area in dict.fromkeys(table.areas)
            if table.areas.count(area) > 1
        ]
    return problems


def _check_groups(study: Checked[StudyFile], table: TextTable, groups: Sequence[str]) -> list[Problem]:
    """List columns and values in tables `by` that the countries file does not have."""
    return [
        problem
        for keys, by in _tables_by(study.content)
        for column, values in by.items()
        for problem in check_group_values(
            study.place, (*keys, column), column, {value: (*keys, column, value) for value in values}, table, groups
        )
    ]


def _tables_by(content: BaseModel, above: Keys = ()) -> Iterator[tuple[Keys, Mapping[str, Mapping[str, Any]]]]:
    """Find the tables `by` of a document, wherever they stand."""
    for name, value in content:
        if name == "by":
            yield (*above, name), value
        elif isinstance(value, BaseModel):
            yield from _tables_by(value, (*above, name))
        elif isinstance(value, dict):
            for key, entry in value.items():
                if isinstance(entry, BaseModel):
                    yield from _tables_by(entry, (*above, name, key))


def _check_exponents(study: Checked[StudyFile]) -> list[Problem]:
    """List exponents of drivers that the study does not have."""
    content, problems = study.content, []
    for area, table in content.area.items():
        parts: list[tuple[Keys, AreaTable | ChangeTable]] = [(("area", area), table)]
        parts += [(("area", area, "component", name), change) for name, change in table.component.items()]
        for keys, part in parts:
            if part.size_exponent is not None and content.size is None and study.has("size"):
                found = f"{shown(part.size_exponent)}, and the study has no table [size]"
                allowed = "size_exponent in a study that says how size is measured"
                mend = "add a table [size], or leave size_exponent out"
                problems.append(study.place.problem((*keys, "size_exponent"), found, allowed, mend))
            for driver in part.exponent:
                if driver not in content.driver and study.has("driver", driver):
                    allowed = f"drivers of the study, each a table [driver.<name>]: {words(content.driver)}"
                    mend = "write size_exponent = ..." if driver == "size" else nearest(driver, list(content.driver))
                    found = f"unknown driver {driver!r}"
                    problems.append(study.place.problem((*keys, "exponent", driver), found, allowed, mend))
    return problems


def _check_cofinancing(study: Checked[StudyFile]) -> list[Problem]:
    """List areas and components that say who finances them in a study that does not say it in general."""
    if study.content.financing is not None or not study.has("financing"):
        return []
    found = "a table, but the study has no table [financing]"
    allowed = "[financing], which says what all areas have in common"
    mend = "add a table [financing] with basis and rationale"
    tables: list[tuple[Keys, CofinancingTable | None]] = []
    for area, table in study.content.area.items():
        tables.append((("area", area), table.financing))
        tables += [(("area", area, "component", name), change.financing) for name, change in table.component.items()]
    return [
        study.place.problem((*keys, "financing"), found, allowed, mend)
        for keys, financing in tables
        if financing is not None
    ]
