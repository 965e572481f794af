"""`popsim import`: a spreadsheet of own costs becomes a catalogue that `popsim check` accepts."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

TABLE = """\
area;component;kind;years;currency;price year;p05;p95;basis;rationale
c;Running the unit;per-year;all;USD;2024;40.000,50;80.000;judgement;Known to the ministry.
e;A laboratory;one-off;;USD;2024;1.000.000;2.500.000;judgement;Asked for in the budget.
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "costs.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_a_study_takes_the_imported_costs(call: Callable[..., Any], tmp_path: Path) -> None:
    call("init", "mine")
    areas = json.loads(call("catalogue", "mine", "--json").out)["areas"]
    unit = next(area for area in areas if area["id"] == "c")
    # A study may name components by their ids, so they stay.
    rows = [f"c;{each['id']};{each['name']};one-off;EUR;2024;50.000,5;80.000" for each in unit["components"]]
    lines = ["area;id;name;kind;currency;price year;low;high;basis;rationale", *(f"{row};judgement;x" for row in rows)]
    (tmp_path / "costs.csv").write_text("\n".join(lines), encoding="utf-8")
    refused = call("import", "costs.csv", "--out", "mine/catalogue")
    assert (refused.status, refused.out) == (2, "")
    assert "--overwrite replaces the whole file" in refused.err
    done = call("import", "costs.csv", "--out", "mine/catalogue", "--overwrite")
    assert done.status == 0, done.err
    assert "The file that was there is replaced." in done.out
    assert "Note: costs.csv: read with ',' as the decimal sign and '.' between thousands." in done.err
    facts = json.loads(call("catalogue", "mine", "--json").out)["areas"]
    assert {each["currency"] for area in facts if area["id"] == "c" for each in area["components"]} == {"EUR"}
    # The packaged study has no exchange rates, so that it asks for them; in its own currency it takes the costs.
    assert "EUR" in call("check", "mine").err
    (tmp_path / "costs.csv").write_text("\n".join(lines).replace("EUR", "USD"), encoding="utf-8")
    assert call("import", "costs.csv", "--out", "mine/catalogue", "--overwrite").status == 0
    checked = call("check", "mine")
    assert checked.status == 0, checked.err


def test_what_was_taken_is_printed_and_in_json(call: Callable[..., Any], table: Path) -> None:
    done = call("import", "costs.csv", "--out", "new")
    assert done.status == 0
    assert "running_the_unit from costs.csv, line 2" in done.out
    assert '{ family = "lognormal", p05 = 40000.5, p95 = 80_000 }' in done.out
    assert "amounts read as a lognormal, whose upper tail is long" in done.out
    assert "2 components in new." in done.out
    facts = json.loads(call("import", "costs.csv", "--out", "new", "--overwrite", "--json").out)
    assert [each["area"] for each in facts["files"]] == ["c", "e"]
    assert facts["files"][0]["components"][0]["id"] == "running_the_unit"
    assert facts["files"][0]["replaced"] is True
    assert facts["refused"] == []


def test_what_is_refused_names_the_cell(call: Callable[..., Any], tmp_path: Path) -> None:
    book = Workbook()
    for row in (("Area", "Component", "Low", "High"), ("c", "Desk", "few", 2), ("c", "Car", 1, 2)):
        book.active.append(row)
    book.save(tmp_path / "costs.xlsx")
    stated = ("--currency", "USD", "--price-year", "2024")
    done = call("import", "costs.xlsx", "--out", "new", *stated)
    assert (done.status, done.out) == (2, "")
    assert "costs.xlsx: sheet Sheet, cell C2 (Low)\n    found    'few'\n    allowed  a number" in done.err
    assert "kind: paid once, every year, or every few years" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "new").exists()
    for column, cells in {"E": ("Kind", "one-off", "one-off"), "F": ("Basis", "judgement", "judgement")}.items():
        for row, cell in enumerate(cells, 1):
            book.active[f"{column}{row}"] = cell
    for row, cell in enumerate(("Rationale", "r", "r"), 1):
        book.active[f"G{row}"] = cell
    book.save(tmp_path / "costs.xlsx")
    assert call("import", "costs.xlsx", "--out", "new", *stated).status == 2
    done = call("import", "costs.xlsx", "--out", "new", *stated, "--partial", "--amounts-in", "thousands")
    assert done.status == 0
    assert "1 component in new." in done.out
    assert "low = 1_000" in done.out.replace("1000", "1_000")
    assert "Refused, and not written:\ncosts.xlsx: sheet Sheet, cell C2 (Low)" in done.err


def test_a_template_is_written_once_and_can_be_filled_in(call: Callable[..., Any], tmp_path: Path) -> None:
    done = call("import", "--template", "costs.csv")
    assert done.status == 0
    assert "Import it:  popsim import costs.csv --out DIR" in done.out
    before = (tmp_path / "costs.csv").read_bytes()
    again = call("import", "--template", "costs.csv")
    assert (again.status, again.out) == (2, "")
    assert "a file that does not exist yet" in again.err
    assert (tmp_path / "costs.csv").read_bytes() == before
    empty = call("import", "costs.csv", "--out", "new")
    assert empty.status == 2
    assert "a row for each component" in empty.err


def test_a_catalogue_goes_to_a_spreadsheet_and_comes_back(call: Callable[..., Any], tmp_path: Path) -> None:
    tables = json.loads(call("catalogue", "--tables", "tables", "--json").out)["tables"]
    assert "tables/costs.csv" in tables
    whole = {path: Path(path).read_bytes() for path in tables}
    Path(tables[-1]).unlink()  # as where the command was stopped: it completes what is there
    assert call("catalogue", "--tables", "tables").status == 0
    assert {path: Path(path).read_bytes() for path in tables} == whole
    Path(tables[0]).write_text("edited", encoding="utf-8")
    again = call("catalogue", "--tables", "tables")
    assert (again.status, again.out) == (2, "")
    assert f"{tables[0]} already" in again.err
    assert "a folder without these files" in again.err
    Path(tables[0]).write_bytes(whole[tables[0]])
    beside = [word for path in tables[1:] for word in (f"--{Path(path).stem}", path)]
    done = call("import", "tables/costs.csv", *beside, "--out", "back")
    assert done.status == 0, done.err
    assert json.loads(call("catalogue", "back", "--json").out) == json.loads(call("catalogue", "--json").out)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert call("catalogue", "--tables", "file/x").status == 2
    # A study draws the same numbers from what came back.
    call("init", "mine")
    assert call("import", "tables/costs.csv", *beside, "--out", "mine/catalogue", "--overwrite").status == 0
    digests = {json.loads(call("check", study, "--json").out)["plan_digest"] for study in ("mine", "pops")}
    assert len(digests) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_may_be_in_any_common_encoding(call: Callable[..., Any], tmp_path: Path, encoding: str) -> None:
    text = TABLE.replace("Known to the ministry.", "Connu du ministère.")
    (tmp_path / "costs.csv").write_bytes(text.encode(encoding))
    assert call("import", "costs.csv").status == 0
    written = (tmp_path / "catalogue" / "c_focal_unit.toml").read_text(encoding="utf-8")
    assert 'rationale = "Connu du ministère."' in written


def test_signs_that_were_not_concluded_are_stated_by_options(call: Callable[..., Any], tmp_path: Path) -> None:
    text = TABLE.replace("40.000,50", "40.000").replace("1.000.000", "100.000").replace("2.500.000", "250.000")
    (tmp_path / "costs.csv").write_text(text, encoding="utf-8")
    done = call("import", "costs.csv")
    assert done.status == 2
    assert 'say on the command line which it is: --decimal "," and --thousands "."' in done.err
    stated = ("--decimal", ",", "--thousands", ".")
    assert "p05 = 40_000, p95 = 80_000" in call("import", "costs.csv", *stated).out
    assert "study" not in call("import", "costs.csv", "--overwrite", "--decimal", ",").err


PACKED = io.BytesIO()
with zipfile.ZipFile(PACKED, "w", zipfile.ZIP_DEFLATED) as packed:
    packed.writestr("[Content_Types].xml", "<a/>")
    packed.writestr("xl/workbook.xml", bytes(140 * 2**20))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"", "no row that holds anything"),
        (b"\xff\xfe\x00", "is not utf-16"),
        (b"area,component\n\xff\x81", "is not UTF-8"),
        (b"area,component\n" + b"c,x\n" * 10_001, "at most 10,000 lines"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "(.xls)"),
        (PACKED.getvalue(), "when unpacked"),
        (b"PK\x03\x04" + bytes(50), "cannot be read as a workbook"),
        (b'area,component\n"c,x\n', "quotation marks in pairs"),
        (b"area,component\n=cmd|' /C calc'!A0,x\n", "an area, by id or name"),
        (b"area,component,low\n\x1b[31mc,x,1\n", "an area, by id or name"),
    ],
    ids=["missing", "empty", "mark", "bytes", "long", "xls", "bomb", "stump", "quote", "formula", "escape"],
)
def test_any_file_ends_in_a_message(
    call: Callable[..., Any], tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "costs").write_bytes(content)
    done = call("import", "costs", "--out", "new")
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert "Traceback" not in done.err
    assert "\x1b" not in done.err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "new"), "TABLE"),
        (("costs.csv", "--template", "t.csv"), "one of the two"),
        (("costs.csv", "--out", "costs.csv"), "a folder"),
        (("costs.csv", "--out", "new", "--encoding", "utf-99"), "--encoding"),
        (("costs.csv", "--out", "new", "--delimiter", ","), "no row of headings"),
        (("costs.csv", "--out", "new", "--data", "none.csv"), "none.csv"),
        (("costs.csv", "--out", "new", "--price-year", "soon"), "soon"),
        (("--template", "none/t.csv"), "writing none/t.csv"),
    ],
)
def test_what_cannot_be_asked_for(
    call: Callable[..., Any], table: Path, arguments: tuple[str, ...], words: str
) -> None:
    done = call("import", *arguments)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert sorted(path.name for path in table.parent.iterdir()) == ["costs.csv"]
