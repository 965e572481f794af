"""Who is counted: rows of the countries file, the selection, and the measures of countries that costs scale with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from popsim.errors import Keys, Problem, nearest, shown, words
from popsim.schema import LARGEST, LONGEST_ID, LONGEST_NAME, LONGEST_TEXT, MOST_COUNTRIES, SMALLEST
from popsim.study.labels import ColumnLabels
from popsim.study.model import Country, Driver
from popsim.study.place import Place
from popsim.study.toml_models import StudyFile
from popsim.study.validate import Checked
from popsim.tables import Fault, Row, TextTable
from popsim.types import BASES, Basis

COUNTRY_COLUMNS = ("code", "name")
"""Columns that every countries file has."""

RESERVED = ("code", "name", "population", "population_year", "population_basis", "note", "source")
"""Columns with a meaning of their own; every other column, scaling measures apart, is a group of countries."""

_REMARKS = ("note", "source")

TAKEN = ("option", "scenario", "country", "area", "year", "component", "basis", "width", "quantile")
"""Names of dimensions, which no group may have."""

LeftOut = tuple[tuple[str, str, str], ...]
"""(code, name, reason) of countries that are not counted."""


def scaling_measures(content: StudyFile) -> tuple[Driver, ...]:
    """Return what costs scale with: the size of countries, where the study has one, and its further drivers."""
    size = {} if content.size is None else {"size": (content.size.driver, content.size)}
    tables = size | {name: (table.column, table) for name, table in content.driver.items()}
    return tuple(
        Driver(name, column, table.reference, (table.lowest, table.highest), table.basis, table.rationale)
        for name, (column, table) in tables.items()
    )


def measured_columns(content: StudyFile) -> tuple[str, ...]:
    """Return the columns that hold scaling measures: they group no countries."""
    at_data = [content.size.data_driver] if content.size and content.size.data_driver else []
    return tuple(dict.fromkeys([*(measure.column for measure in scaling_measures(content)), *at_data]))


def columns_are_sound(study: Checked[StudyFile]) -> bool:
    """Return whether the columns of all scaling measures are known."""
    return study.has("size") and study.sound("driver")


def group_columns(table: TextTable, measured: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that group countries: all but the reserved ones and those that describe what is measured."""
    apart = {*RESERVED, *(name + ending for name in measured for ending in ("", "_year", "_basis"))}
    return tuple(column for column in table.columns if column and column not in apart)


def resolve_countries(
    study: Checked[StudyFile], table: TextTable | None
) -> tuple[tuple[Country, ...], LeftOut, list[Problem]]:
    """Return the countries that are counted, those that are not, and every problem.

    Parameters
    ----------
    study
        The study file.
    table
        The countries file; None where it could not be read.
    """
    content = study.content
    measures = scaling_measures(content)
    if table is not None and len(table.rows) > MOST_COUNTRIES:
        return (), (), [table.problem("", f"{len(table.rows):,} rows", f"at most {MOST_COUNTRIES:,} countries")]
    problems = [] if table is None else _check_codes(table)
    problems += _check_measures(study, measures, table)
    if table is None:
        return (), (), problems
    columns = measured_columns(content)
    groups = group_columns(table, columns)
    sound = columns_are_sound(study)
    problems += _check_selection(study, table, groups)
    problems += _check_groups(table, groups) if sound else []
    problems += _check_labels(study, groups, columns if sound else table.columns)
    measured = sound and all(column in table.columns for column in columns)
    labels = ColumnLabels.of(content.headings, content.labels)
    selected = [column for column in content.countries.select if column in groups]
    countries: list[Country] = []
    left_out: list[tuple[str, str, str]] = []
    faults: list[Fault] = []
    for row in table.rows:
        reason = _reason(study, table, row, selected, labels)
        if reason:
            left_out.append((table.cell(row, "code"), table.cell(row, "name"), reason))
        elif measured:
            country = _country(table, row, groups, measures, faults)
            countries += [country] if country else []
    problems += table.problems(faults)
    if len(left_out) == len(table.rows) and table.whole:
        problems.append(
            study.place.problem(
                ("countries", "select"),
                f"none of {len(table.rows)} countries is kept",
                "at least one country",
                "widen the selection, or name countries in countries.also",
            )
        )
    return tuple(countries), tuple(left_out), problems


def _check_codes(table: TextTable) -> list[Problem]:
    """List what is wrong with the codes and names of countries."""
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    allowed = "letters, digits, and _ . - between them, such as KEN, BR-SP or 007"
    for row in table.rows:
        code = table.cell(row, "code")
        if not re.fullmatch(r"\w(?:[\w.-]*\w)?", code):
            mend = "take an ISO 3166 code, or one of your own" + ("" if code else "; take a row of totals out")
            faults.append(Fault(row, "code", shown(code) if code else "nothing", allowed, mend))
        elif code in seen:
            faults.append(Fault(row, "code", f"{code!r}, which stands in line {seen[code]} too", "each code once"))
        seen.setdefault(code, row.line)
        if not table.cell(row, "name"):
            faults.append(Fault(row, "name", "nothing", "a name"))
        for column, cell in zip(table.columns, row.cells, strict=False):
            longest = LONGEST_ID if column == "code" else LONGEST_TEXT if column in _REMARKS else LONGEST_NAME
            if len(cell) > longest:
                faults.append(Fault(row, column, shown(cell), f"at most {longest:,} characters"))
    return table.problems(faults)


def _check_measures(study: Checked[StudyFile], measures: Sequence[Driver], table: TextTable | None) -> list[Problem]:
    """List what is wrong with names, columns and limits; without the countries file columns cannot be judged."""
    allowed = 'small letters, digits and _, beginning with a letter; not "size", which is the table [size]'
    problems = [
        study.place.problem(("driver", name), shown(name), allowed)
        for name in study.content.driver
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name == "size"
    ]
    for measure in measures:
        size, column = measure.name == "size", measure.column
        keys: Keys = ("size",) if size else ("driver", measure.name)
        named_by = (*keys, "driver" if size else "column")
        if table is not None and study.sound(*named_by) and column not in table.columns:
            known = f"a column of {table.name}: {words(table.columns)}"
            problems.append(study.place.problem(named_by, shown(column), known, nearest(column, table.columns)))
        at_data = study.content.size.data_driver if size and study.content.size else None
        if at_data and table is not None and at_data not in table.columns and study.sound("size", "data_driver"):
            known = f"a column of {table.name}: {words(table.columns)}"
            keys_of = ("size", "data_driver")
            problems.append(study.place.problem(keys_of, shown(at_data), known, nearest(at_data, table.columns)))
        low, high = measure.limits
        if low is not None and high is not None and low > high:
            found = f"lowest = {low:.10g}, highest = {high:.10g}"
            problems.append(study.place.problem((*keys, "lowest"), found, "lowest <= highest"))
    return problems


def _check_groups(table: TextTable, groups: tuple[str, ...]) -> list[Problem]:
    """List columns and cells that cannot group countries."""
    problems = []
    for column in groups:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", column) or column in TAKEN or column.endswith("_name"):
            allowed = f"small letters, digits and _; none of {words(TAKEN)}; no ending _name"
            problems.append(table.problem(f"column {column}", shown(column), allowed, "rename the column"))
        problems += table.problems(
            Fault(row, column, "nothing", "a value in every row", "write unclassified where it is not known")
            for row in table.rows
            # A row without a code is no country, which is reported already.
            if not table.cell(row, column) and table.cell(row, "code")
        )
    return problems


def check_group_values(
    place: Place, keys: Keys, column: str, values: Mapping[str, Keys], table: TextTable, groups: Sequence[str]
) -> list[Problem]:
    """List a column that groups no countries, or else values that no country has in it.

    Parameters
    ----------
    place, keys
        Where the column is named.
    column, values
        The column, and values in it with the keys that name them.
    table, groups
        The countries file, and its columns that group countries.
    """
    if column not in groups:
        return [place.unknown(keys, "group", column, "columns that group countries", groups)]
    present = sorted(set(table.column(column)))
    allowed = f"values of column {column} in {table.name}: {words(present)}"
    return [
        place.problem(stated_at, shown(value), allowed, nearest(value, present))
        for value, stated_at in values.items()
        if value not in present and table.whole
    ]


def _check_selection(study: Checked[StudyFile], table: TextTable, groups: tuple[str, ...]) -> list[Problem]:
    rules, place = study.content.countries, study.place
    problems = []
    for column, values in rules.select.items():
        keys: Keys = ("countries", "select", column)
        problems += check_group_values(place, keys, column, dict.fromkeys(values, keys), table, groups)
    codes, allowed = table.column("code"), f"a code in {table.name}"
    for key, listed in (("also", rules.also), ("without", rules.without)):
        problems += [
            place.problem(("countries", key), f"unknown country {code!r}", allowed, nearest(code, codes))
            for code in listed
            if code not in codes and table.whole
        ]
    for code in rules.without:
        if code in rules.also:
            found, allowed = f"{code!r}, which countries.also names too", "each country in one of the two"
            problems.append(place.problem(("countries", "without"), found, allowed))
    return problems


def _check_labels(study: Checked[StudyFile], groups: tuple[str, ...], measured: Sequence[str]) -> list[Problem]:
    """List columns that [headings] and [labels] name and the countries file does not have."""
    content, place = study.content, study.place
    known = {"headings": (*groups, *measured), "labels": groups}
    allowed = {"headings": "columns that group or measure countries", "labels": "columns that group countries"}
    return [
        place.unknown((name, column), "group", column, allowed[name], known[name])
        for name, stated in (("headings", content.headings), ("labels", content.labels))
        for column in stated
        if column not in known[name]
    ]


def _reason(study: Checked[StudyFile], table: TextTable, row: Row, columns: list[str], labels: ColumnLabels) -> str:
    """Return why a country is not counted; empty for one that is."""
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
    table: TextTable, row: Row, groups: tuple[str, ...], measures: Sequence[Driver], faults: list[Fault]
) -> Country | None:
    """Return a country; None, with a fault noted, where one of its measures cannot be read."""
    values = {measure.name: _value(table, row, measure, faults) for measure in measures}
    size = next((measure for measure in measures if measure.name == "size"), None)
    basis = _size_basis(table, row, size, faults) if size else "judgement"
    known = {name: value for name, value in values.items() if value is not None}
    if len(known) < len(values) or basis is None:
        return None
    factors = {measure.name: _factor(measure, known[measure.name]) for measure in measures}
    size_factor, size_held = factors.get("size", (1.0, ""))
    return Country(
        code=table.cell(row, "code"),
        name=table.cell(row, "name"),
        groups=tuple((column, table.cell(row, column)) for column in groups),
        size=known.get("size", 1.0),
        size_factor=size_factor,
        size_basis=basis,
        size_note=table.cell(row, "note"),
        size_held=size_held,
        factors=tuple((name, factor) for name, (factor, _) in factors.items()),
    )


def _value(table: TextTable, row: Row, measure: Driver, faults: list[Fault]) -> float | None:
    text, column = table.cell(row, measure.column), measure.column
    value = table.number(text)
    if table.numbers is None or (value is not None and SMALLEST <= value <= LARGEST):
        return value
    if value is not None and value > 0:
        faults.append(Fault(row, column, shown(text), f"a number from {SMALLEST:g} to {LARGEST:g}"))
        return None
    mend = "fill it in, or leave the country out"
    faults.append(Fault(row, column, shown(text) if text else "nothing", f"a number, {column} > 0", mend))
    return None


def _factor(measure: Driver, value: float) -> tuple[float, Literal["", "lowest", "highest"]]:
    """Return a value over its reference, within the limits that the study states, and the limit that it was put to."""
    low, high = measure.limits
    if low is not None and value < low:
        return low / measure.reference, "lowest"
    if high is not None and value > high:
        return high / measure.reference, "highest"
    return value / measure.reference, ""


def size_factor(measure: Driver, value: float) -> float:
    """Return a size over its reference, within the limits that the study states."""
    return _factor(measure, value)[0]


def _size_basis(table: TextTable, row: Row, size: Driver, faults: list[Fault]) -> Basis | None:
    column = f"{size.column}_basis"
    basis = table.cell(row, column) if column in table.columns else size.basis
    if basis in BASES:
        return basis
    faults.append(Fault(row, column, shown(basis), f"one of {words(BASES)}", nearest(basis, BASES)))
    return None
