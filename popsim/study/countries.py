"""Who is counted: rows of the countries file, the selection, the size of each country."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import cast, get_args

from popsim.errors import Problem, nearest
from popsim.study.drivers import Measure, columns_are_sound, measure, measured_columns
from popsim.study.labels import ColumnLabels
from popsim.study.model import Basis, Country
from popsim.study.place import shown, words
from popsim.study.toml_models import SizeTable, StudyFile
from popsim.study.translate import Checked
from popsim.tables import Fault, Row, TextTable

__all__ = ["COUNTRY_COLUMNS", "RESERVED", "check_countries", "group_columns", "select_countries"]

COUNTRY_COLUMNS = ("code", "name")
"""Columns that every countries file has."""

RESERVED = ("code", "name", "population", "population_year", "population_basis", "note", "source")
"""Columns with a meaning of their own; every other column, measures apart, is a group of countries."""

TAKEN = ("option", "scenario", "country", "area", "year", "component", "basis", "quantile")
"""Names of dimensions, which no group may have."""


def check_countries(table: TextTable) -> list[Problem]:
    """List what is wrong with the codes and names of the countries file."""
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    allowed = "letters, digits, and _ . - between them, such as KEN, BR-SP or 007"
    for row in table.rows:
        code = table.cell(row, "code")
        if not re.fullmatch(r"\w(?:[\w.-]*\w)?", code):
            found = shown(code) if code else "nothing"
            mend = "take an ISO 3166 code, or one of your own"
            faults.append(Fault(row, "code", found, allowed, mend if code else f"{mend}; take a row of totals out"))
        elif code in seen:
            faults.append(Fault(row, "code", f"{code!r}, which stands in line {seen[code]} too", "each code once"))
        seen.setdefault(code, row.line)
        if not table.cell(row, "name"):
            faults.append(Fault(row, "name", "nothing", "a name"))
    return table.problems(faults)


def group_columns(table: TextTable, measured: Iterable[str]) -> tuple[str, ...]:
    """Columns that group countries: all but the reserved ones and those that describe what is measured."""
    apart = {*RESERVED, *(name + ending for name in measured for ending in ("", "_year", "_basis"))}
    return tuple(column for column in table.columns if column and column not in apart)


def check_groups(table: TextTable, groups: tuple[str, ...]) -> list[Problem]:
    """List columns and cells that cannot group countries."""
    problems = []
    for column in groups:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", column) or column in TAKEN or column.endswith("_name"):
            problems.append(
                Problem(
                    f"{table.name}: column {column}",
                    (),
                    shown(column),
                    f"small letters, digits and _; none of {words(TAKEN)}; no ending _name",
                    "rename the column",
                )
            )
        problems += table.problems(
            Fault(row, column, "nothing", "a value in every row", "write unclassified where it is not known")
            for row in table.rows
            # A row without a code is no country, which has been said.
            if not table.cell(row, column) and table.cell(row, "code")
        )
    return problems


def select_countries(
    study: Checked[StudyFile], table: TextTable
) -> tuple[tuple[Country, ...], tuple[tuple[str, str, str], ...], list[Problem]]:
    """Countries that are counted, (code, name, reason) of those that are not, and every problem."""
    if not table.columns:
        return (), (), []
    rules, columns = study.content.countries, measured_columns(study.content)
    groups = group_columns(table, columns)
    problems = _check_selection(study, table, groups)
    sound = columns_are_sound(study)
    if sound:
        problems += check_groups(table, groups)
    problems += _check_labels(study, groups, columns if sound else table.columns)
    known = [column for column in rules.select if column in groups]
    labels = ColumnLabels.of(study.content.headings, study.content.labels)
    measured = sound and all(column in table.columns for column in columns)
    countries: list[Country] = []
    left_out: list[tuple[str, str, str]] = []
    faults: list[Fault] = []
    kept = 0
    for row in table.rows:
        code, name = table.cell(row, "code"), table.cell(row, "name")
        reason = _reason(study, table, row, known, labels)
        if reason:
            left_out.append((code, name, reason))
            continue
        kept += 1
        if measured:
            country = _country(table, row, groups, study.content, faults)
            countries += [country] if country else []
    problems += table.problems(faults)
    if not kept and table.whole:
        problems.append(
            Problem(
                study.place.at("countries", "select"),
                (),
                f"none of {len(table.rows)} countries is kept",
                "at least one country",
                "widen the selection, or name countries in countries.also",
            )
        )
    return tuple(countries), tuple(left_out), problems


def _check_selection(study: Checked[StudyFile], table: TextTable, groups: tuple[str, ...]) -> list[Problem]:
    rules, at = study.content.countries, study.place.at
    codes = table.column("code") if "code" in table.columns else []
    problems = []
    for column, values in rules.select.items():
        if column not in groups:
            problems.append(
                Problem(
                    at("countries", "select", column),
                    (),
                    f"unknown group {column!r}",
                    f"columns that group countries: {words(groups)}",
                    nearest(column, groups),
                )
            )
            continue
        present = sorted(set(table.column(column)))
        problems += [
            Problem(
                at("countries", "select", column),
                (),
                shown(value),
                f"values of column {column} in {table.name}: {words(present)}",
                nearest(value, present),
            )
            for value in values
            if value not in present and table.whole
        ]
    for key, listed in (("also", rules.also), ("without", rules.without)):
        problems += [
            Problem(
                at("countries", key), (), f"unknown country {code!r}", f"a code in {table.name}", nearest(code, codes)
            )
            for code in listed
            if code not in codes and table.whole
        ]
    problems += [
        Problem(
            at("countries", "without"),
            (),
            f"{code!r}, which countries.also names too",
            "each country in one of the two",
        )
        for code in rules.without
        if code in rules.also
    ]
    return problems


def _check_labels(study: Checked[StudyFile], groups: tuple[str, ...], measured: Sequence[str]) -> list[Problem]:
    content = study.content
    return [
        Problem(
            study.place.at(key, column),
            (),
            f"unknown group {column!r}",
            f"columns that {what}: {words(known)}",
            nearest(column, known),
        )
        for key, what, columns, known in (
            ("headings", "group or measure countries", content.headings, (*groups, *measured)),
            ("labels", "group countries", content.labels, groups),
        )
        for column in columns
        if column not in known
    ]


def _reason(study: Checked[StudyFile], table: TextTable, row: Row, columns: list[str], labels: ColumnLabels) -> str:
    """Why a country is not counted; empty for one that is."""
    rules, code = study.content.countries, table.cell(row, "code")
    if code in rules.without:
        return "by name, in the study"
    if code in rules.also:
        return ""
    return " and ".join(
        f"{labels.label(column, table.cell(row, column), sentence=True)} ({labels.heading(column, sentence=True)})"
        for column in columns
        if table.cell(row, column) not in rules.select[column]
    )


def _country(
    table: TextTable, row: Row, groups: tuple[str, ...], content: StudyFile, faults: list[Fault]
) -> Country | None:
    measures: dict[str, Measure] = {} if content.size is None else {"size": content.size}
    found = {name: measure(table, row, rule, faults) for name, rule in (measures | content.driver).items()}
    basis = _size_basis(table, row, content.size, faults)
    values = {name: entry for name, entry in found.items() if entry is not None}
    if len(values) < len(found) or basis is None:
        return None
    size, factor, held = values.get("size", (1.0, 1.0, ""))
    return Country(
        code=table.cell(row, "code"),
        name=table.cell(row, "name"),
        groups=tuple((column, table.cell(row, column)) for column in groups),
        size=size,
        size_factor=factor,
        size_basis=basis,
        size_note=table.cell(row, "note"),
        size_held=held,
        factors=tuple((name, entry[1]) for name, entry in values.items()),
    )


def _size_basis(table: TextTable, row: Row, size: SizeTable | None, faults: list[Fault]) -> Basis | None:
    if size is None:
        return "judgement"
    column = f"{size.driver}_basis"
    basis = table.cell(row, column) if column in table.columns else size.basis
    if basis in get_args(Basis):
        return cast(Basis, basis)
    known = get_args(Basis)
    faults.append(Fault(row, column, shown(basis), f"one of {words(known)}", nearest(basis, known)))
    return None
