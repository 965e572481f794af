"""Measures of countries that costs scale with: the size of a country, and whatever else the study names."""

from __future__ import annotations

import re
from typing import Literal

from popsim.errors import Problem, nearest
from popsim.study.model import Driver
from popsim.study.place import Key, shown, words
from popsim.study.toml_models import DriverTable, SizeTable, StudyFile
from popsim.study.translate import Checked
from popsim.tables import Fault, Row, TextTable

__all__ = ["Measure", "check_drivers", "columns_are_sound", "drivers", "measure", "measured_columns"]

Measure = SizeTable | DriverTable
Held = Literal["", "lowest", "highest"]


def column_of(table: Measure) -> str:
    """Column of the countries file that holds a measure."""
    return table.driver if isinstance(table, SizeTable) else table.column


def _tables(content: StudyFile) -> list[tuple[tuple[str, ...], str, Measure]]:
    """Keys, name of the key that names the column, and table of every measure."""
    size: list[tuple[tuple[str, ...], str, Measure]] = (
        [] if content.size is None else [(("size",), "driver", content.size)]
    )
    return [*size, *((("driver", name), "column", table) for name, table in content.driver.items())]


def measured_columns(content: StudyFile) -> tuple[str, ...]:
    """Columns that hold measures: they group no countries."""
    return tuple(dict.fromkeys(column_of(table) for _, _, table in _tables(content)))


def columns_are_sound(study: Checked[StudyFile]) -> bool:
    """Whether the columns of all measures are known."""
    return study.sound("size", "driver") and all(study.sound("driver", name, "column") for name in study.content.driver)


def drivers(content: StudyFile) -> tuple[Driver, ...]:
    """Measures beside size, as the model has them."""
    return tuple(
        Driver(name, table.column, table.reference, (table.lowest, table.highest), table.basis, table.rationale)
        for name, table in content.driver.items()
    )


def check_drivers(study: Checked[StudyFile], table: TextTable | None) -> list[Problem]:
    """List what is wrong with names, columns and limits; without the countries file columns cannot be judged."""
    problems = [
        Problem(
            study.place.at("driver", name),
            (),
            shown(name),
            'small letters, digits and _, beginning with a letter; not "size", which is the table [size]',
        )
        for name in study.content.driver
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or name == "size"
    ]
    for keys, key, measure_ in _tables(study.content):
        column = column_of(measure_)
        if table is not None and table.columns and study.sound(*keys, key) and column not in table.columns:
            problems.append(
                Problem(
                    study.place.at(*keys, key),
                    (),
                    shown(column),
                    f"a column of {table.name}: {words(table.columns)}",
                    nearest(column, table.columns),
                )
            )
        problems += _check_limits(study, keys, measure_)
    return problems


def _check_limits(study: Checked[StudyFile], keys: tuple[Key, ...], table: Measure) -> list[Problem]:
    if table.lowest is None or table.highest is None or table.lowest <= table.highest:
        return []
    return [
        Problem(
            study.place.at(*keys, "lowest"),
            (),
            f"lowest = {table.lowest:.10g}, highest = {table.highest:.10g}",
            "lowest <= highest",
        )
    ]


def measure(table: TextTable, row: Row, rule: Measure, faults: list[Fault]) -> tuple[float, float, Held] | None:
    """Give the value of a measure in one country, the value over its reference, and which limit held that."""
    column = column_of(rule)
    text = table.cell(row, column)
    if table.numbers is None:
        return None
    value = table.number(text)
    if value is None or value <= 0:
        found = shown(text) if text else "nothing"
        faults.append(Fault(row, column, found, f"a number, {column} > 0", "fill it in, or leave the country out"))
        return None
    counted, held = hold(value, rule)
    return value, counted / rule.reference, held


def hold(value: float, rule: Measure) -> tuple[float, Held]:
    """Hold a measure within the limits that the study states, and say which limit held it."""
    if rule.lowest is not None and value < rule.lowest:
        return rule.lowest, "lowest"
    if rule.highest is not None and value > rule.highest:
        return rule.highest, "highest"
    return value, ""
