"""Tables of costs become files of the catalogue; what cannot be read is refused with its cell."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from popsim.errors import PopsimError, StudyError
from popsim.families import build
from popsim.study.catalogue import load_catalogue
from popsim.study.files import packaged
from popsim.study.importing import Choices, Imported, import_costs
from popsim.study.importing.columns import AREAS, BESIDE, COSTS, TableKind
from popsim.study.importing.components import Defaults
from popsim.study.importing.template import catalogue_tables, template_text
from popsim.study.importing.text import Entry, catalogue_text

HEADINGS = (
    "Area",
    "Component",
    "Kind",
    "Years",
    "Currency",
    "Price year",
    "Low",
    "Likely",
    "High",
    "Basis",
    "Rationale",
)
DESK = ("c", "Running the desk", "per-year", "all", "USD", 2024, 40_000, 50_000, 80_000, "judgement", "Known to us.")
LAB = ("Enforcement capacities", "A laboratory", "one-off", None, "EUR", 2020, 1e6, None, 2.5e6, "judgement", "Asked.")
Rows = Sequence[Sequence[Any]]


def workbook(folder: Path, rows: Rows, name: str = "costs.xlsx", **sheets: Rows) -> Path:
    book = Workbook()
    book.active.title = "Costs"
    for title, table in {"Costs": rows, **sheets}.items():
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in table:
            sheet.append(list(row))
    book.save(folder / name)
    return folder / name


def csv(folder: Path, rows: Rows, name: str = "costs.csv", sign: str = ",") -> Path:
    lines = (sign.join("" if cell is None else str(cell) for cell in row) for row in rows)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def replaced(row: Sequence[Any], **cells: Any) -> tuple[Any, ...]:
    """A row of `HEADINGS` with some cells changed; blanks in headings are written as _."""
    named = dict(zip(HEADINGS, row, strict=True))
    return tuple((named | {name.replace("_", " ").capitalize(): value for name, value in cells.items()}).values())


def refused(table: Path, choices: Choices | None = None) -> list[str]:
    """What is said of a table that is refused; nothing is written then."""
    out = table.parent / "out"
    with pytest.raises(PopsimError) as caught:
        import_costs(table, out, choices)
    assert not out.exists()
    return [str(problem) for problem in caught.value.problems]


def imported(table: Path, choices: Choices | None = None) -> tuple[Imported, dict[str, Any]]:
    """What was taken, and the components that the catalogue has then, by id."""
    out = table.parent / "out"
    done = import_costs(table, out, choices)
    return done, {each.id: each for area in load_catalogue(out) for each in area.components}


@pytest.mark.parametrize("write", [workbook, csv])
def test_a_table_becomes_one_file_for_each_area(tmp_path: Path, write: Any) -> None:
    done, components = imported(write(tmp_path, (HEADINGS, DESK, LAB)))
    assert [written.path.name for written in done.files] == ["c_focal_unit.toml", "e_enforcement_capacities.toml"]
    desk, lab = components["running_the_desk"], components["a_laboratory"]
    assert desk.cost == build({"family": "pert", "low": 40_000, "mode": 50_000, "high": 80_000})
    assert (desk.kind, desk.years, desk.currency, desk.price_year) == ("per-year", "all", "USD", 2024)
    assert lab.cost == build({"family": "uniform", "low": 1_000_000, "high": 2_500_000})
    assert (lab.kind, lab.start, lab.basis, lab.rationale) == ("one-off", 1, "judgement", "Asked.")
    text = (tmp_path / "out" / "c_focal_unit.toml").read_text(encoding="utf-8")
    where = "sheet Costs, row 2" if write is workbook else "line 2"
    assert f"{where}; amounts read as limits of a PERT" in text
    packaged_area = next(area for area in load_catalogue(packaged("distributions")) if area.id == "c")
    assert tomllib.loads(text)["area"]["description"] == packaged_area.description


AMOUNTS = [
    ({"low": 1, "high": 2}, {"family": "uniform", "low": 1, "high": 2}),
    ({"low": 1, "mode": 2, "high": 4}, {"family": "pert", "low": 1, "mode": 2, "high": 4}),
    ({"p05": 1, "p95": 4}, {"family": "lognormal", "p05": 1, "p95": 4}),
    ({"P10": 1, "90%": 4}, {"family": "lognormal", "p10": 1, "p90": 4}),
    ({"mean": 3, "std": 1}, {"family": "lognormal", "mean": 3, "std": 1}),
    ({"low": 1, "high": 4, "coverage": "80%"}, {"family": "lognormal", "low": 1, "high": 4, "coverage": 0.8}),
    ({"p05": 1, "median": 2, "p95": 4}, {"family": "metalog", "low": 0, "p05": 1, "p50": 2, "p95": 4}),
    (
        {"p10": 1, "p50": 2, "p90": 4, "max": 9},
        {"family": "metalog", "low": 0, "high": 9, "p10": 1, "p50": 2, "p90": 4},
    ),
    ({"family": "gamma", "p05": 1, "p95": 4}, {"family": "gamma", "p05": 1, "p95": 4}),
    (
        {"family": "triangular", "low": 1, "mode": 2, "high": 4},
        {"family": "triangular", "low": 1, "mode": 2, "high": 4},
    ),
    ({"family": "constant", "amount": 3}, {"family": "constant", "value": 3}),
    (
        {"distribution": '{ family = "gamma", shape = 2, scale = 3 }'},
        {"family": "gamma", "shape": 2, "scale": 3},
    ),
]
PLAIN = {"area": "c", "name": "x", "kind": "one-off", "currency": "USD", "price year": 2024, "basis": "judgement"}


def one(folder: Path, cells: dict[str, Any], name: str = "costs.xlsx") -> Path:
    row = {**PLAIN, "rationale": "r", **cells}
    return workbook(folder, (tuple(row), tuple(row.values())), name)


@pytest.mark.parametrize(("cells", "cost"), AMOUNTS, ids=[" ".join(cells) for cells, _ in AMOUNTS])
def test_amounts_say_which_shape_they_have(tmp_path: Path, cells: dict[str, Any], cost: dict[str, Any]) -> None:
    done, components = imported(one(tmp_path, cells))
    assert components["x"].cost == build(cost)
    (taken,) = done.files[0].components
    assert bool(taken.read_as) != bool({"family", "distribution"} & set(cells))


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"low": 3}, "found    low = 3"),
        ({"low": 1, "amount": 2, "high": 3}, "write the single amount as mode, p50 or mean"),
        ({}, "found    no amount"),
        ({"amount": 2}, "one amount, 2, without a range"),
        ({"cost": 2}, "one amount, 2, without a range"),
        ({"cost": 2, "amount": 2}, "leave"),
        ({"distribution": "{ family = 1"}, "a table as TOML writes it"),
        ({"distribution": '{ family = "gamma", shape = 2, scale = 3 }', "low": 1}, "a table, and amounts beside it"),
        ({"low": 5, "high": 2}, "low < high"),
        ({"low": -5, "high": 2}, "a cost cannot be negative"),
        ({"low": "12 apples", "high": 20}, "'12 apples'"),
        ({"low": "US$ 12", "high": 20}, "a currency or a unit stands in a column of its own"),
        ({"low": True, "high": 20}, "true"),
        ({"low": dt.date(2024, 1, 1), "high": 20}, "the date 2024-01-01"),
        ({"low": 1, "high": 2, "price year": dt.date(2024, 1, 1)}, "the date 2024-01-01"),
        ({"low": 1, "high": 2, "price year": 2024.5}, "a whole number"),
        ({"low": 1, "high": 2, "start": 2027}, "a programme year: 1 is the first"),
        ({"low": 1, "high": 2, "spread": "0.5 0.4"}, "shares whose sum is 1"),
        ({"low": 1, "high": 2, "spread": "half half"}, "shares with blanks between"),
        ({"low": 1, "high": 2, "kind": "per-year"}, "write all into years"),
        ({"low": 1, "high": 2, "kind": "weekly"}, "one of 'one-off', 'per-year', 'stepped'"),
        ({"low": 1, "high": 2, "kind": "stepped", "years": "some", "every": 2}, "a whole number of years, or all"),
        ({"low": 1, "high": 2, "currency": "dollars"}, "three capital letters"),
        ({"low": 1, "high": 2, "basis": "evidence"}, "fill in document, figure and status"),
        ({"low": 1, "high": 2, "document": "A page"}, "fill in figure"),
        ({"low": 1, "high": 2, "rationale": None}, "fill in rationale"),
        ({"low": 1, "high": 2, "area": "Focal unti"}, 'did you mean "Focal unit"?'),
        ({"low": 1, "high": 2, "area": None}, "take rows of totals out"),
        ({"low": 1, "high": 2, "name": "研究"}, "a name with Latin letters, or an id"),
        ({"low": "=1/0", "high": 2}, "a formula without a stored value"),
        ({"low": "#DIV/0!", "high": 2}, "the error #DIV/0!"),
        ({"low": 1, "high": 2, "rationale": "x" * 20_001}, "20,001 characters"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_cell(tmp_path: Path, cells: dict[str, Any], words: str) -> None:
    said = refused(one(tmp_path, cells))
    assert any(words in each for each in said), said
    assert all(each.startswith("costs.xlsx: sheet Costs, ") for each in said)
    assert len(said) <= 2


def test_the_cell_is_that_of_the_value(tmp_path: Path) -> None:
    (said,) = refused(workbook(tmp_path, (HEADINGS, DESK, replaced(LAB, high="-"))))
    assert said.startswith("costs.xlsx: sheet Costs, cell I3 (High)\n")
    (said,) = refused(workbook(tmp_path, (HEADINGS, DESK, replaced(LAB, high=-1))))
    assert said.startswith("costs.xlsx: sheet Costs, row 3\n")
    (said,) = refused(csv(tmp_path, (HEADINGS, DESK, replaced(LAB, currency="euros"))))
    assert said.startswith("costs.csv: line 3, column Currency\n")


def test_a_per_cent_cell_is_a_share_and_no_amount(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append([*PLAIN, "rationale", "low", "high", "coverage"])
    book.active.append([*PLAIN.values(), "r", 10, 20, 0.8])
    book.active["J2"].number_format = "0%"
    book.save(tmp_path / "costs.xlsx")
    _, components = imported(tmp_path / "costs.xlsx")
    assert components["x"].cost == build({"family": "lognormal", "low": 10, "high": 20, "coverage": 0.8})
    shutil.rmtree(tmp_path / "out")
    book.active["H2"].number_format = "0.0%"
    book.save(tmp_path / "costs.xlsx")
    (said,) = refused(tmp_path / "costs.xlsx")
    assert "found    1000 %" in said


def test_every_problem_of_every_row_comes_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    rows = (
        HEADINGS,
        replaced(DESK, area="z", low="few"),
        replaced(DESK, component="Two", price_year="soon", basis="hope"),
        DESK,
        replaced(LAB, currency="", rationale=""),
    )
    for table in (workbook(tmp_path, rows), csv(tmp_path, rows)):
        said = "\n".join(refused(table))
        for words in ("'z'", "'few'", "'soon'", "'hope'", "currency: currency of the cost", "rationale: why this cost"):
            assert words in said
        assert said.count("found  ") == 6, said


def test_a_row_of_totals_is_refused_once(tmp_path: Path) -> None:
    totals = (None, "Total", None, None, None, None, 90_000, 100_000, 160_000, None, None)
    (said,) = refused(workbook(tmp_path, (HEADINGS, DESK, LAB, totals)))
    assert "take rows of totals out" in said
    remark = ("# Total", *totals[1:])
    assert len(imported(workbook(tmp_path, (HEADINGS, DESK, LAB, remark)))[1]) == 2


def test_a_long_list_of_problems_is_bounded(tmp_path: Path) -> None:
    kinds = [replaced(DESK, component=f"Row {i}", kind=f"kind {i}", low=f"low {i}", basis=None) for i in range(60)]
    said = refused(csv(tmp_path, (HEADINGS, *kinds)))
    assert len(said) == 3
    assert (
        "'low 0', 'low 1', 'low 2', ... at line 2, column Low, line 3, column Low, line 4, column Low, ..." in said[0]
    )
    assert "found    nothing at line 2, line 3, line 4, ... (60 in all)" in "\n".join(said)


def test_more_than_forty_problems_are_counted(tmp_path: Path) -> None:
    headings = [column.heading for column in COSTS.columns if column.sort in ("whole", "year", "money", "share")]
    rows = [("c", f"Row {i}", *["?"] * len(headings)) for i in range(3)]
    said = refused(csv(tmp_path, (("area", "name", *headings), *rows)))
    assert len(said) == 41
    assert "further problems" in said[-1]


def test_an_import_in_part_writes_what_is_in_order_and_says_what_is_not(tmp_path: Path) -> None:
    table = workbook(tmp_path, (HEADINGS, DESK, replaced(LAB, low="few"), replaced(LAB, component="Second")))
    done, components = imported(table, Choices(partial=True))
    assert set(components) == {"running_the_desk", "second"}
    (problem,) = done.refused
    assert problem.where == "costs.xlsx: sheet Costs, cell G3 (Low)"
    shutil.rmtree(tmp_path / "out")
    refused(workbook(tmp_path, (HEADINGS, replaced(LAB, low="few"))), Choices(partial=True))


def test_a_single_amount_is_certain_only_where_that_is_asked_for(tmp_path: Path) -> None:
    table = one(tmp_path, {"amount": 500})
    refused(table)
    done, components = imported(table, Choices(defaults=Defaults(single="constant")))
    assert components["x"].cost == build({"family": "constant", "value": 500})
    assert done.files[0].components[0].read_as == "certain, without a range"
    assert "amounts read as certain, without a range" in done.files[0].path.read_text(encoding="utf-8")


def test_what_holds_for_all_rows_is_stated_once(tmp_path: Path) -> None:
    row = {**PLAIN, "rationale": "r", "low": 4.035, "high": 7}
    row = {name: cell for name, cell in row.items() if name not in ("currency", "price year")}
    table = workbook(tmp_path, (tuple(row), tuple(row.values())))
    assert len(refused(table)) == 2
    _, components = imported(table, Choices(defaults=Defaults("EUR", 2023, 1_000)))
    assert (components["x"].currency, components["x"].price_year) == ("EUR", 2023)
    assert components["x"].cost == build({"family": "uniform", "low": 4035, "high": 7000})
    shutil.rmtree(tmp_path / "out")
    table = one(tmp_path, {"distribution": '{ family = "uniform", low = 4, high = 7 }'})
    assert "--amounts-in does not reach into it" in refused(table, Choices(defaults=Defaults(factor=1_000)))[0]


def test_numbers_that_are_text_are_read_where_they_can_be_read_in_one_way(tmp_path: Path) -> None:
    done, components = imported(one(tmp_path, {"low": "1.234,5", "high": "1 234 567"[:0] or "8.078.314"}))
    assert components["x"].cost == build({"family": "uniform", "low": 1234.5, "high": 8078314})
    assert any("',' as the decimal sign" in note for note in done.notes)
    shutil.rmtree(tmp_path / "out")
    table = one(tmp_path, {"low": "345.678", "high": "900.001"})
    (said,) = refused(table)
    assert '--decimal "," and --thousands "."' in said
    _, components = imported(table, Choices(dialect={"decimal": ",", "thousands": "."}))
    assert components["x"].cost == build({"family": "uniform", "low": 345678, "high": 900001})


def test_sheets_beside_the_costs_add_sources_and_experts(tmp_path: Path) -> None:
    sources = (
        ("Area", "Component", "Document", "Figure", "Status", "URL"),
        ("c", "Running the desk", "Accounts", "44,000 in 2023", "verified", "example.org/a"),
        (None, "running_the_desk", "Budget", "50,000 in 2024", "derived", None),
    )
    table = workbook(tmp_path, (HEADINGS, replaced(DESK, basis="evidence"), LAB), Sources=sources, Notes=(("hello",),))
    done, components = imported(table)
    assert [each.document for each in components["running_the_desk"].source] == ["Accounts", "Budget"]
    assert components["running_the_desk"].source[0].address == "example.org/a"
    assert any("not read: sheet Notes" in note for note in done.notes)
    shutil.rmtree(tmp_path / "out")
    wrong = (*sources, ("c", "Runing the desk", "D", "F", "verified"), ("z", "x", "D", "F", "verified"), (None,) * 4)
    said = "\n".join(
        refused(workbook(tmp_path, (HEADINGS, DESK, LAB), Sources=(*wrong, ("c", None, "D", "F", "seen"))))
    )
    assert 'did you mean "Running the desk"?' in said
    assert "sheet Sources, cell A5 (Area)" in said
    assert "the id or name of a component" in said


FITTED = (
    "f",
    "Projects",
    "one-off",
    "USD",
    2010,
    "lognormal",
    "estimate",
    9e6,
    "An argument.",
    "evidence",
    "grant",
    "r",
)
FITTED_HEADINGS = (
    "area", "name", "kind", "currency", "price year", "fit", "fit size", "cap", "cap rationale", "basis", "scope",
    "rationale",
)  # fmt: skip
DATA_HEADINGS = (
    "component", "name", "amount", "year", "country", "scope", "share", "share rationale", "document", "figure",
    "status", "read", "use", "reason",
)  # fmt: skip
DATA = (
    ("Projects", "Land A", 4e6, 2008, "AAA", "grant", None, None, "Page", "4 m", "verified", dt.date(2026, 11, 27)),
    ("projects", "Land B", 6e6, 2009, "BBB CCC", "grant", 0.5, "Rest: law", "Page", "6 m", "verified", "2026-11"),
    ("Projects", "Land D", 1e6, 2010, "DDD", "grants", None, None, "Page", "1 m", "derived", None),
    ("Projects", "Land E", 2e6, 2010, "EEE", "all in", None, None, "Page", "2 m", "derived", None, "shown", "Planned."),
)


def test_rows_of_data_are_what_a_cost_is_fitted_to(tmp_path: Path) -> None:
    sheets = {"Data": (DATA_HEADINGS, *DATA)}
    _, components = imported(workbook(tmp_path, (FITTED_HEADINGS, FITTED), **sheets))
    component = components["projects"]
    assert component.cost.fit == "lognormal"
    assert (component.cost.size, component.cost.cap, component.cost.cap_rationale) == ("estimate", 9e6, "An argument.")
    assert [row.id for row in component.data] == ["land_a", "land_b", "land_d", "land_e"]
    assert [row.codes for row in component.data][:2] == [("AAA",), ("BBB", "CCC")]
    assert [row.scope for row in component.data] == ["grant", "grant", "grant", "all-in"]
    assert [row.share for row in component.data] == [1, 0.5, 1, 1]
    assert [row.read for row in component.data] == ["2026-11-27", "2026-11", None, None]
    assert component.data[3].reason == "Planned."


@pytest.mark.parametrize(
    ("row", "cells", "words"),
    [
        (0, {"amount": -4}, "sheet Data, cell C2 (amount)"),
        (1, {"share rationale": None}, "sheet Data, row 3"),
        (1, {"share": "50 pieces"}, "sheet Data, cell G3 (share)"),
        (2, {"scope": "partly"}, "sheet Data, cell F4 (scope)"),
        (2, {"name": "Land A"}, "'land_a' a second time"),
        (2, {"component": "Other"}, "sheet Data, cell A4 (component)"),
        (3, {"reason": None}, "sheet Data, row 5"),
        (0, {"amount": None}, "sheet Data, row 2"),
        (0, {"read": "soon"}, "sheet Data, cell L2 (read)"),
    ],
)
def test_a_row_of_data_that_cannot_be_is_refused(tmp_path: Path, row: int, cells: dict[str, Any], words: str) -> None:
    rows = [dict(zip(DATA_HEADINGS, each, strict=False)) for each in DATA]
    rows[row] |= cells
    data = (DATA_HEADINGS, *([each.get(name) for name in DATA_HEADINGS] for each in rows))
    (said,) = refused(workbook(tmp_path, (FITTED_HEADINGS, FITTED), Data=data))
    assert words in said


def test_those_who_were_asked_are_named(tmp_path: Path) -> None:
    headings, row = (*HEADINGS, "Width basis"), (*replaced(DESK, basis="expert"), "Expert judgment")
    said = refused(workbook(tmp_path, (headings, row)))
    assert any("add rows to a table of experts" in each for each in said)
    experts = (("Component", "Role", "Date", "Method"), ("Running the desk", "Head of unit", 2026, "Quartiles asked"))
    _, components = imported(workbook(tmp_path, (headings, row), Experts=experts))
    (expert,) = components["running_the_desk"].expert
    assert (expert.role, expert.date, expert.method) == ("Head of unit", "2026", "Quartiles asked")
    assert components["running_the_desk"].width_basis == "expert"
    shutil.rmtree(tmp_path / "out")
    headings = (*headings, "Expert", "Expert date", "Expert method")
    _, components = imported(workbook(tmp_path, (headings, (*row, "A. Name", "2026-11-29", "Asked"))))
    assert components["running_the_desk"].expert[0].name == "A. Name"


WHOLE = (
    ("area", "id", "name", "currency", "price year", "p05", "p95", "basis", "rationale"),
    ("a", "nip", "One plan", "USD", 2002, 300_000, 800_000, "judgement", "What a plan costs."),
)
SHARED = (
    ("area", "name", "kind", "basis", "rationale", "overlap", "share"),
    ("a", "Inventory", "one-off", "judgement", "About half.", "nip", '{ family = "uniform", low = 0.4, high = 0.6 }'),
    ("b", "Plan", "one-off", "judgement", "A third.", "nip", "30 %"),
)


def test_a_whole_is_shared_by_components_of_several_areas(tmp_path: Path) -> None:
    sources = (("Component", "Document", "Figure", "Status"), ("nip", "Page", "300,000", "verified"))
    _, components = imported(workbook(tmp_path, SHARED, Overlaps=WHOLE, Sources=sources))
    assert (components["inventory"].overlap, components["plan"].overlap) == ("nip", "nip")
    assert components["inventory"].share == build({"family": "uniform", "low": 0.4, "high": 0.6})
    assert components["plan"].share == 0.3
    (whole,) = tomllib.loads((tmp_path / "out" / "a_country_inventory.toml").read_text(encoding="utf-8"))["overlap"]
    assert whole["cost"] == {"family": "lognormal", "p05": 300_000, "p95": 800_000}
    assert whole["source"][0]["figure"] == "300,000"
    shutil.rmtree(tmp_path / "out")
    wrong = (*SHARED[:2], ("b", "Plan", "one-off", "judgement", "A third.", "npi", 0.3))
    said = "\n".join(refused(workbook(tmp_path, wrong, Overlaps=WHOLE)))
    assert "sheet Costs, cell F3 (overlap)" in said
    whole = (WHOLE[0], (*WHOLE[1][:5], "few", *WHOLE[1][6:]))
    assert "sheet Overlaps, cell F2 (p05)" in "\n".join(refused(workbook(tmp_path, SHARED, Overlaps=whole)))


def test_tables_beside_a_csv_file_are_named(tmp_path: Path) -> None:
    costs = csv(tmp_path, (HEADINGS, replaced(DESK, area="wells"), replaced(DESK, area="Pumps", component="Pump")))
    areas = csv(
        tmp_path,
        (
            ("id", "name", "document", "description"),
            ("wells", "Wells", "Plan", "Water"),
            ("pumps", "Pumps", "Plan", "P"),
        ),
        "areas.csv",
    )
    assert "--areas FILE" in refused(costs)[0]
    done, components = imported(costs, Choices(beside={"areas": areas}))
    assert [written.path.name for written in done.files] == ["wells_wells.toml", "pumps_pumps.toml"]
    assert set(components) == {"running_the_desk", "pump"}
    book = workbook(tmp_path, (HEADINGS, DESK), Areas=(("id", "name", "document", "description"), ("w", "W", "P", "D")))
    assert "one table of a kind" in refused_again(book, Choices(beside={"areas": areas}))


def refused_again(table: Path, choices: Choices) -> str:
    with pytest.raises(PopsimError) as caught:
        import_costs(table, table.parent / "other", choices)
    return str(caught.value)


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        (replaced(HEADINGS, rationale="Rationnale"), 'did you mean "rationale"?'),
        (replaced(HEADINGS, rationale="Colour of the folder"), "--ignore 'Colour of the folder'"),
        (replaced(HEADINGS, likely="Lowest"), "'Low' and 'Lowest', which mean the same"),
        (replaced(HEADINGS, likely=None), "no heading above 50000"),
        (replaced(HEADINGS, area="# Area"), "no column area"),
        (("x", "y", *HEADINGS[:1], *["z"] * 8), "no row of headings"),
    ],
)
def test_headings_that_are_not_known_are_refused(tmp_path: Path, headings: Sequence[Any], words: str) -> None:
    said = "\n".join(refused(workbook(tmp_path, (headings, DESK))))
    assert words in said


def test_a_column_is_left_out_on_purpose_alone(tmp_path: Path) -> None:
    rows = ((*HEADINGS, "Desk officer", "# mine", "unused"), (*DESK, "A. Name", "x", None))
    refused(workbook(tmp_path, rows))
    (said,) = refused(workbook(tmp_path, rows), Choices(ignore=("desk officer", "desk oficer")))
    assert said.startswith("--ignore\n    found    desk oficer\n")
    assert set(imported(workbook(tmp_path, rows), Choices(ignore=("desk officer",)))[1]) == {"running_the_desk"}


def test_titles_above_and_remarks_are_not_read_and_this_is_said(tmp_path: Path) -> None:
    rows = (("Costs of the ministry", None), ("as of May",), (), HEADINGS, ("# a remark",), DESK)
    done, components = imported(workbook(tmp_path, rows))
    assert set(components) == {"running_the_desk"}
    assert any("above the headings in row 4" in note for note in done.notes)
    shutil.rmtree(tmp_path / "out")
    done, components = imported(csv(tmp_path, rows, sign=";"))
    assert any("lines 1, 2 above the headings" in note for note in done.notes)


def test_hidden_rows_and_columns_are_not_passed_over(tmp_path: Path) -> None:
    book = Workbook()
    for row in ((*HEADINGS, "Covers"), (*DESK, "all"), (*LAB, "all")):
        book.active.append(row)
    book.active.row_dimensions[3].hidden = True
    book.active.column_dimensions["L"].hidden = True
    book.save(tmp_path / "costs.xlsx")
    (said,) = refused(tmp_path / "costs.xlsx")
    assert "hidden: rows 3 and columns L" in said
    assert "--hidden read, --hidden skip" in said
    done, components = imported(tmp_path / "costs.xlsx", Choices(hidden="skip"))
    assert set(components) == {"running_the_desk"}
    assert "covers" not in (tmp_path / "out" / "c_focal_unit.toml").read_text(encoding="utf-8")
    assert any("not read, as hidden: rows 3 and columns L" in note for note in done.notes)
    book.active.column_dimensions["L"].hidden = False
    book.active["L1"] = "# covers"
    book.save(tmp_path / "costs.xlsx")
    shutil.rmtree(tmp_path / "out")
    done, components = imported(tmp_path / "costs.xlsx", Choices(hidden="read"))
    assert set(components) == {"running_the_desk", "a_laboratory"}
    assert any("read although hidden: rows 3" in note for note in done.notes)


def test_merged_cells_are_refused_where_they_touch_the_table(tmp_path: Path) -> None:
    book = Workbook()
    for row in (("Costs", None), HEADINGS, DESK, replaced(DESK, area=None, component="Second")):
        book.active.append(row)
    book.active.merge_cells("A1:K1")
    book.active.merge_cells("A3:A4")
    book.save(tmp_path / "costs.xlsx")
    said = refused(tmp_path / "costs.xlsx")
    assert "found    merged cells A3:A4\n" in said[0]
    book.active.unmerge_cells("A3:A4")
    book.active["A4"] = "c"
    book.save(tmp_path / "costs.xlsx")
    assert set(imported(tmp_path / "costs.xlsx")[1]) == {"running_the_desk", "second"}


def test_one_sheet_of_several_is_chosen_by_name(tmp_path: Path) -> None:
    table = workbook(tmp_path, (HEADINGS, DESK))
    book = load_workbook(table)
    book["Costs"].title = "May"
    book.create_sheet("June").append(HEADINGS)
    book.save(table)
    (said,) = refused(table)
    assert "call it costs, or name it with --sheet" in said
    assert 'did you mean "May"?' in refused(table, Choices(sheet="Mai"))[0]
    assert set(imported(table, Choices(sheet="may"))[1]) == {"running_the_desk"}


def test_a_file_that_is_there_is_replaced_on_purpose_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(packaged("distributions"), out)
    table = workbook(tmp_path, (HEADINGS, DESK))
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(PopsimError, match="--overwrite replaces the whole file"):
        import_costs(table, out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    done = import_costs(table, out, Choices(overwrite=True))
    (written,) = done.files
    assert written.path.name == "c_focal_unit.toml"
    assert written.replaced
    assert "unit_running" in written.gone
    after = {path.name: path.read_bytes() for path in out.iterdir()}
    assert {name for name in after if after[name] != before.get(name)} == {"c_focal_unit.toml"}


def test_a_whole_that_other_areas_share_is_named_where_it_goes(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(packaged("distributions"), out)
    table = workbook(tmp_path, (HEADINGS, replaced(DESK, area="a")))
    (written,) = import_costs(table, out, Choices(overwrite=True)).files
    assert written.gone == ("nip", "first_inventory", "inventory_update")


def test_a_file_with_a_number_in_place_of_components_has_none(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "c.toml").write_text('component = 5\n[area]\nid = "c"\n', encoding="utf-8")
    table = workbook(tmp_path, (HEADINGS, DESK))
    (written,) = import_costs(table, tmp_path / "out", Choices(overwrite=True)).files
    assert (written.replaced, written.gone) == (True, ())


FIXTURES = Path(__file__).parent / "fixtures"
CATALOGUES = [packaged("distributions"), packaged("configs") / "example" / "catalogue", *FIXTURES.glob("*/catalogue")]


def compared(folder: Path) -> dict[str, Any]:
    """What a catalogue says, by area; whether rows of data stand in a file of their own makes no difference."""

    def plain(component: Any) -> Any:
        cost = component.cost if "cost" in type(component).model_fields else None
        if not isinstance(getattr(cost, "data", None), str):
            return component
        return component.model_copy(update={"cost": cost.model_copy(update={"data": None})})

    return {
        area.id: replace(area, place=None, components=tuple(map(plain, area.components)))
        for area in load_catalogue(folder)
    }


@pytest.mark.parametrize("folder", CATALOGUES, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_catalogue_comes_back_from_its_tables(tmp_path: Path, folder: Path) -> None:
    tables = catalogue_tables(folder)
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    beside = {name: tmp_path / f"{name}.csv" for name in tables if name != "costs"}
    import_costs(tmp_path / "costs.csv", tmp_path / "out", Choices(beside=beside))
    assert compared(tmp_path / "out") == compared(folder)


def test_the_template_is_a_table_of_the_packaged_areas(tmp_path: Path) -> None:
    table = tmp_path / "costs.csv"
    table.write_text(template_text(), encoding="utf-8")
    assert "headings and no row" in "".join(refused(table))
    filled = template_text().replace(
        "c: Focal unit,,,,,,,,,,,,,,,,,,,,,",
        'c: Focal unit,Desk,yearly,,,all,,USD,1998,10,,20,,,judgement,,,"A, b.",,,,',
    )
    table.write_text(filled, encoding="utf-8")
    done, components = imported(table)
    assert components["desk"].price_year == 1998
    assert components["desk"].rationale == "A, b."
    assert any("nothing but the area is filled in" in note for note in done.notes)


@pytest.mark.parametrize("kind", [COSTS, *BESIDE], ids=lambda kind: kind.name)
def test_no_heading_means_two_things(kind: TableKind) -> None:
    for column in kind.columns:
        for name in column.names:
            assert kind.column(name) == column
            assert kind.column(name.upper()) == column
    assert AREAS.column("area") is AREAS.columns[0]


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=400).map(str.strip).filter(bool)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS, st.floats(0, 1e17), st.lists(TEXTS, max_size=3))
def test_what_is_written_is_what_is_read(name: str, comment: str, amount: float, figures: list[str]) -> None:
    component = {"name": name, "cost": {"low": amount, "of": figures}, "source": [{"figure": each} for each in figures]}
    text = catalogue_text({"id": "a", "name": name}, [Entry("component", component, comment)], comment)
    read = tomllib.loads(text)
    assert read["area"] == {"id": "a", "name": name}
    assert read["component"] == [component if figures else {k: v for k, v in component.items() if k != "source"}]


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 10**20), st.floats(), st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(["c", "all", "one-off", "50%", "0.5 0.5", "{ a = 1 }", "USD", "2024-01", "constant", "nan", "#x"]),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(CELLS, min_size=len(COSTS.columns), max_size=len(COSTS.columns)))
def test_any_row_is_taken_or_refused(tmp_path_factory: pytest.TempPathFactory, cells: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = ([column.heading for column in COSTS.columns], cells)
    for sign in (",", ";"):
        text = [[re.sub(rf'[{sign}"\r\n]', "", str(cell)) for cell in row] for row in rows]
        table = csv(folder, text, sign=sign)
        with contextlib.suppress(PopsimError):
            import_costs(table, folder / f"out{ord(sign)}", Choices(partial=True))


def test_a_study_reads_what_was_written(tmp_path: Path) -> None:
    with pytest.raises(StudyError):
        load_catalogue(tmp_path)
    imported(workbook(tmp_path, (HEADINGS, DESK, LAB)))
    assert [area.id for area in load_catalogue(tmp_path / "out")] == ["c", "e"]
