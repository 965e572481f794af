"""Workbooks are read as a person sees them; what is damaged, hostile or too large is refused with how to mend it."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.chart import BarChart

from popsim.errors import FileError
from popsim.tables.workbook import Limits, Sheet, read_workbook

SHEET = "xl/worksheets/sheet1.xml"


def saved(book: Workbook) -> bytes:
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def filled(*rows: tuple[object, ...]) -> Workbook:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return book


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None], **added: bytes) -> bytes:
    """A workbook whose parts were changed; None leaves a part out."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in added.items():
            new.writestr(name, content)
    return stream.getvalue()


def in_sheet(data: bytes, old: bytes, new: bytes) -> bytes:
    def change(name: str, content: bytes) -> bytes:
        # An empty element is written as <v></v>, <v /> or <v/>, by the parser of XML that openpyxl finds.
        content = content.replace(b"<v></v>", b"<v />").replace(b"<v/>", b"<v />")
        assert name != SHEET or old in content
        return content.replace(old, new) if name == SHEET else content

    return repacked(data, change)


def only(data: bytes) -> Sheet:
    (sheet,) = read_workbook(data, "costs.xlsx")
    return sheet


def refusal(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(FileError) as caught:
        read_workbook(data, "costs.xlsx", limits or Limits())
    (problem,) = caught.value.problems
    assert problem.file == "costs.xlsx"
    assert problem.found
    assert problem.allowed
    return str(problem)


def test_kinds_of_cells() -> None:
    book = filled(("text", 3, 2.5, True, dt.date(2024, 5, 1), 0.25, "#REF!", "  ", None, "1 234,5"))
    book.active["F1"].number_format = "0.0%"
    (row,) = only(saved(book)).rows
    kinds = ["text", "number", "number", "truth", "date", "per cent", "error", "empty", "empty", "text"]
    assert [cell.kind for cell in row.cells] == kinds
    assert [cell.reference for cell in row.cells][:3] == ["A1", "B1", "C1"]
    assert row.cells[1].value == 3
    assert row.cells[4].value == dt.datetime(2024, 5, 1)
    assert row.cells[7].value is None


@pytest.mark.parametrize(
    ("number_format", "kind"), [("0%", "per cent"), ('0.00" %"', "number"), (r"0\%", "number"), ("#,##0", "number")]
)
def test_a_quoted_sign_of_per_cent_is_none(number_format: str, kind: str) -> None:
    book = filled((0.5,))
    book.active["A1"].number_format = number_format
    assert only(saved(book)).rows[0].cells[0].kind == kind


def test_formulas_have_the_value_that_was_stored() -> None:
    data = saved(filled(("=1+1", "=2*2", '=""')))
    cells = only(data).rows[0].cells
    assert [cell.kind for cell in cells] == ["formula"] * 3
    data = in_sheet(data, b"<f>2*2</f><v />", b"<f>2*2</f><v>4</v>")
    data = in_sheet(data, b'<c r="C1"><f>""</f><v />', b'<c r="C1" t="str"><f>""</f><v />')
    cells = only(data).rows[0].cells
    assert [(cell.kind, cell.value, cell.computed) for cell in cells] == [
        ("formula", None, True),
        ("number", 4, True),
        ("empty", None, True),
    ]


def test_what_is_hidden_or_merged_is_said() -> None:
    book = filled(("a", "b", "c", "d"), ("e",), (), ("f",))
    sheet = book.active
    sheet.row_dimensions[2].hidden = True
    sheet.column_dimensions.group("B", "C", hidden=True)
    sheet.merge_cells("A4:A6")
    book.create_sheet("Aside").sheet_state = "veryHidden"
    first, second = read_workbook(saved(book), "costs.xlsx")
    assert [(row.number, row.hidden) for row in first.rows] == [(1, False), (2, True), (4, False)]
    assert first.hidden_columns == {1, 2}
    assert first.merged == ("A4:A6",)
    assert (first.hidden, second.hidden, second.name) == (False, True, "Aside")


def test_a_sheet_of_charts_is_no_table() -> None:
    book = filled(("a", 1))
    book.create_chartsheet("Picture").add_chart(BarChart())
    assert [sheet.name for sheet in read_workbook(saved(book), "costs.xlsx")] == ["Sheet"]


def test_formatted_cells_that_hold_nothing_may_reach_anywhere() -> None:
    book = filled(("a",))
    book.active["ZZ20000"].number_format = "0.00"
    (row,) = only(saved(book)).rows
    assert [cell.value for cell in row.cells if cell.value] == ["a"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "cannot be read as a workbook"),
        (b"PK\x03\x04 and so on", "cannot be read as a workbook"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "(.xls)"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
        (repacked(b"PK\x05\x06" + bytes(18), lambda *_: None, a=b"b"), "without a workbook in it (a)"),
        (
            repacked(b"PK\x05\x06" + bytes(18), lambda *_: None, mimetype=b"application/vnd.oasis.opendocument.sheet"),
            "(.ods)",
        ),
        (repacked(b"PK\x05\x06" + bytes(18), lambda *_: None, **{"xl/workbook.bin": b""}), "(.xlsb)"),
        (saved(filled(("a",)))[:-40], "cannot be read as a workbook"),
        (in_sheet(saved(filled(("a",))), b"<sheetData>", b"<sheetData"), "cannot be read as a workbook"),
        (in_sheet(saved(filled(("a",))), b'r="A1"', b'r="A1" s="77"'), "cannot be read as a workbook"),
        (repacked(saved(filled(("a",))), lambda name, old: None if name == SHEET else old), "cannot be read"),
    ],
    ids=["empty", "stump", "xls", "password", "packed", "ods", "xlsb", "cut", "xml", "style", "sheet"],
)
def test_other_and_damaged_files_are_refused(data: bytes, words: str) -> None:
    assert words in refusal(data)


ENTITIES = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;&b;">]>'


def test_a_document_type_is_refused_in_any_encoding() -> None:
    book = saved(filled(("a",)))
    assert "document type" in refusal(in_sheet(book, b"<worksheet", ENTITIES + b"<worksheet"))

    def widened(name: str, content: bytes) -> bytes:
        return (ENTITIES + content).decode().encode("utf-16") if name == SHEET else content

    assert "document type" in refusal(repacked(book, widened))


def test_what_unpacks_to_too_much_is_refused_unread() -> None:
    bomb = repacked(saved(filled(("a",))), lambda _, old: old, zeros=bytes(3_000_000))
    assert len(bomb) < 20_000
    assert "bytes when unpacked" in refusal(bomb, Limits(unpacked=2_000_000))
    assert only(bomb).rows
    assert "bytes" in refusal(bomb, Limits(bytes=1_000))
    many = repacked(saved(filled(("a",))), lambda _, old: old, **{f"part{i}": b"" for i in range(50)})
    assert "files packed into one" in refusal(many, Limits(parts=50))


def test_a_ledger_is_refused_before_it_is_kept() -> None:
    book = saved(filled(*((i, i) for i in range(300))))
    assert "more than 500 cells" in refusal(book, Limits(elements=500))
    assert "row 300, column A" in refusal(book, Limits(rows=299))
    assert "row 1, column B" in refusal(book, Limits(columns=1))
    # Cells need not name their place.
    unnamed = saved(filled((1, 2, 3)))
    for name in (b"A1", b"B1", b"C1"):
        unnamed = in_sheet(unnamed, b' r="' + name + b'"', b"")
    assert "row 1, column C" in refusal(unnamed, Limits(columns=2))
    assert [cell.value for cell in only(unnamed).rows[0].cells] == [1, 2, 3]


@pytest.mark.parametrize("joined", [b"A1:XFD1048576", b"XFD1048576:A1", b"$A$1:$XFD$1048576"])
def test_a_range_over_the_whole_sheet_is_refused(joined: bytes) -> None:
    book = filled(("a", "b"))
    book.active.merge_cells("A1:B1")
    assert "one range over" in refusal(in_sheet(saved(book), b"A1:B1", joined))


WHOLE = saved(filled(("area", "low"), ("c", 1.5), ("=A1", dt.date(2020, 1, 1))))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=40), st.integers(0, len(WHOLE)), st.integers(0, 40))
def test_any_damage_ends_in_a_message(damage: bytes, at: int, taken: int) -> None:
    with contextlib.suppress(FileError):
        read_workbook(WHOLE[:at] + damage + WHOLE[at + taken :], "costs.xlsx")


PARTS = [name for name in zipfile.ZipFile(io.BytesIO(WHOLE)).namelist() if name.endswith((".xml", ".rels"))]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PARTS), st.data())
def test_any_change_inside_ends_in_a_message(part: str, data: st.DataObject) -> None:
    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        at = data.draw(st.integers(0, len(content)))
        piece = data.draw(st.sampled_from([b"", b"<a>", b"</a>", b'"', b"9", b'r="A9"', b't="s"', b"<v>1e999</v>"]))
        return content[:at] + piece + content[at + data.draw(st.integers(0, 12)) :]

    with contextlib.suppress(FileError):
        read_workbook(repacked(WHOLE, change), "costs.xlsx")


def test_openpyxl_is_imported_when_a_workbook_is_opened_and_not_before() -> None:
    code = "import sys, popsim.tables.workbook; print('openpyxl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
