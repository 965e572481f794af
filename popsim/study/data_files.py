"""CSV files of amounts that were read, beside the files of the catalogue: rows [[component.data]] in another form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from popsim.errors import FileError, Keys, Problem, nearest, words
from popsim.schema import MOST_CHANGES
from popsim.study.catalogue_models import DataRow
from popsim.study.files import read_bytes
from popsim.study.place import Place
from popsim.study.toml_models import Table, key
from popsim.study.validate import check_document
from popsim.tables import Dialect, Fault, Row, TextTable, decode, read_table

REQUIRED = tuple(name for name, field in DataRow.model_fields.items() if field.is_required())
NUMBERS = ("amount", "year", "countries", "size", "share")
WHOLE = ("year", "countries")


class DataTable(Table):
    """The rows of a CSV file of data."""

    data: Annotated[list[DataRow], Field(max_length=MOST_CHANGES)] = key("amounts that were read")


def read_data_file(path: Path, place: Place, keys: Keys) -> tuple[str, tuple[DataRow, ...], list[Problem]]:
    """Return the text of a CSV file of data, its rows, and every problem; rows that have a problem are left out.

    Parameters
    ----------
    path
        The file.
    place, keys
        Where it is named.
    """
    try:
        text, _ = decode(read_bytes(path), str(path), None, place.file, keys)
    except FileError as error:
        return "", (), [replace(each, file=place.file, keys=keys) for each in error.problems]
    table, problems = read_table(text, path.name, REQUIRED, NUMBERS, Dialect(key="csv"))
    if not set(REQUIRED) <= set(table.columns):
        return text, (), problems
    known = list(DataRow.model_fields)
    problems += [
        table.problem(f"column {name}", f"unknown column {name!r}", f"columns: {words(known)}", nearest(name, known))
        for name in table.columns
        if name not in known
    ]
    if not table.rows and table.whole:
        problems.append(table.problem("", "names of columns and no row", "a row for each amount"))
    faults: list[Fault] = []
    stated = [_stated(table, row, known, faults) for row in table.rows]
    problems += table.problems(faults)
    checked, refused = check_document(DataTable, {"data": stated}, Place(path.name))
    problems += [_at_line(each, table) for each in refused if not _is_reported(each, table, faults)]
    if problems or checked is None:
        return text, (), problems
    return text, tuple(checked.content.data), []


def _stated(table: TextTable, row: Row, known: list[str], faults: list[Fault]) -> Mapping[str, Any]:
    """Return what a row states, with numbers as numbers and several countries as a list."""
    stated: dict[str, Any] = {}
    for name, text in zip(table.columns, row.cells, strict=True):
        if not text or name not in known:
            continue
        stated[name] = text
        if name in NUMBERS:
            number = table.number(text)
            if number is None:
                faults.append(Fault(row, name, repr(text), "a number"))
            else:
                stated[name] = int(number) if name in WHOLE and number == int(number) else number
        elif name == "country" and len(text.split()) > 1:
            stated[name] = text.split()
    return stated


def _at_line(problem: Problem, table: TextTable) -> Problem:
    """Return a problem of a row with the line and the column in which it stands."""
    match problem.keys:
        case ("data", int(index), *rest) if index < len(table.rows):
            column = f", column {rest[0]}" if rest else ""
            return replace(problem, keys=(), position=f"line {table.rows[index].line}{column}")
    return problem


def _is_reported(problem: Problem, table: TextTable, faults: list[Fault]) -> bool:
    match problem.keys:
        case ("data", int(index), str(column), *_):
            return any(fault.row == table.rows[index] and fault.column == column for fault in faults)
    return False
