"""Tables to fill in, and the packaged or any other catalogue as such tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from popsim.errors import FileError, Problem
from popsim.study.catalogue import load_catalogue
from popsim.study.catalogue_models import DataRow
from popsim.study.files import packaged, parse_toml, read_text
from popsim.study.importing.columns import AREAS, COSTS, DATA, EXPERTS, OVERLAPS, SOURCES, Column, TableKind
from popsim.study.importing.text import toml_value

TEMPLATE = (
    "area", "name", "kind", "start", "spread", "years", "every", "currency", "price_year", "cost.low", "cost.mode",
    "cost.high", "cost.p05", "cost.p95", "basis", "covers", "scope", "rationale", "source.document", "source.figure",
    "source.status", "source.address",
)  # fmt: skip
"""Keys of the columns of a template; a table may have more of them, or fewer."""
REMARKS = (
    "One cost to a row, in one country of reference size. Lines that begin with # are not read.",
    "Amounts: low and high (limits); or low, mode and high; or p05 and p95 (one chance in twenty below, and above).",
    "kind: one-off, per-year (needs years: a number, or all) or stepped (needs years and every).",
    "basis: evidence, proxy, expert or judgement. status: verified or derived. Rows with an area alone are left out.",
)
BESIDE_A_COMPONENT = {"source": SOURCES, "expert": EXPERTS, "data": DATA}


def template_text() -> str:
    """Return a CSV file with headings and an empty row for each area of the packaged catalogue."""
    columns = {column.key: column for column in COSTS.columns}
    lines = [[f"# {remark}"] for remark in REMARKS]
    lines.append([columns[key].heading for key in TEMPLATE])
    areas = load_catalogue(packaged("distributions"))
    empty = [""] * (len(TEMPLATE) - 1)
    return _csv([*lines, *([f"{area.id}: {area.name}", *empty] for area in areas)])


def catalogue_tables(folder: Path) -> dict[str, str]:
    """Return a catalogue as the tables that an import reads: text of a CSV file by kind of table.

    Parameters
    ----------
    folder
        Folder with one TOML file for each area.

    Raises
    ------
    PopsimError
        For a catalogue that has problems, or keys that the tables have no column for.
    """
    rows = {
        (area.id, each.id): getattr(each, "data", []) for area in load_catalogue(folder) for each in area.components
    }
    tables: dict[str, tuple[TableKind, list[dict[str, str]]]] = {
        kind.name: (kind, []) for kind in (COSTS, OVERLAPS, SOURCES, EXPERTS, DATA, AREAS)
    }
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml"), key=lambda path: path.name):
        raw = parse_toml(read_text(path), path.name)
        tables[AREAS.name][1].append({key: _cell(value) for key, value in raw["area"].items()})
        problems += [
            Problem(path.name, (key,), "a table", "keys that tables of costs have columns for")
            for key in raw.keys() - {"format", "area", "component", "overlap"}
        ]
        entries = [(COSTS, each) for each in raw["component"]] + [(OVERLAPS, each) for each in raw.get("overlap", ())]
        for own, stated in entries:
            component = _with_rows(stated, rows.get((raw["area"]["id"], stated["id"]), []))
            for kind, row in _rows(raw["area"]["id"], component, own):
                unknown = row.keys() - {column.key for column in kind.columns} - _quantiles(kind, row)
                allowed = f"keys that the table of {kind.name} has a column for"
                problems += [
                    Problem(path.name, ("component", str(component["id"]), key), "", allowed) for key in unknown
                ]
                tables[kind.name][1].append(row)
    if problems:
        raise FileError(problems)
    return {name: _table(kind, rows) for name, (kind, rows) in tables.items() if rows}


def _with_rows(component: Mapping[str, Any], rows: Sequence[DataRow]) -> Mapping[str, Any]:
    """Return a component that is fitted to a CSV file with the rows of that file as its own."""
    cost = component.get("cost")
    if not isinstance(cost, Mapping) or not isinstance(cost.get("data"), str):
        return component
    own = {key: value for key, value in cost.items() if key != "data"}
    return {**component, "cost": own, "data": [row.model_dump(exclude_unset=True) for row in rows]}


def _rows(area: str, component: Mapping[str, Any], own: TableKind) -> Iterator[tuple[TableKind, dict[str, str]]]:
    """Yield the row of a component, and those of its sources, experts and data."""
    row = {"area": area}
    for key, value in component.items():
        if key == "cost":
            row |= _cost(value)
        elif key not in BESIDE_A_COMPONENT:
            row[key] = toml_value(value) if isinstance(value, Mapping) else _cell(value)
    yield own, row
    for key, kind in BESIDE_A_COMPONENT.items():
        for entry in component.get(key, ()):
            cells = {name: _cell(value) for name, value in entry.items()}
            yield kind, {"area": area, "component": str(component["id"]), **cells}


def _cost(cost: Mapping[str, Any]) -> dict[str, str]:
    """Return a cost in columns of its own where each of its keys has one, else as a table in one cell."""
    row = {f"cost.{key}": value for key, value in cost.items()}
    known = {column.key for column in COSTS.columns} | _quantiles(COSTS, row)
    if row.keys() <= known and not any(isinstance(value, Mapping) for value in row.values()):
        return {key: _cell(value) for key, value in row.items()}
    return {"cost": toml_value(cost)}


def _quantiles(kind: TableKind, row: Mapping[str, object]) -> set[str]:
    """Return keys of quantiles that have no column of their own among those declared."""
    names = [key.removeprefix("cost.") for key in row if key.startswith("cost.")]
    columns = (kind.column(name) for name in names)
    return {column.key for column in columns if column is not None}


def _cell(value: object) -> str:
    """Return a value as a cell: numbers in full, lists with blanks between."""
    if isinstance(value, list):
        return " ".join(map(_cell, value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def _table(kind: TableKind, rows: Sequence[Mapping[str, str]]) -> str:
    used = {key for row in rows for key in row}
    declared = [column for column in kind.columns if column.key in used]
    others = sorted(used - {column.key for column in declared})
    extra = [Column(key, "money", "", (key.removeprefix("cost."),)) for key in others]
    columns = [*declared, *extra]
    lines = [[column.heading for column in columns]]
    return _csv([*lines, *([row.get(column.key, "") for column in columns] for row in rows)])


def _csv(lines: Sequence[Sequence[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(lines)
    return stream.getvalue()
