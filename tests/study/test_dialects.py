"""Tables as spreadsheets write them are read to the same values, or refused; never to other values."""

from __future__ import annotations

import csv
import io
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popsim.errors import FileError, StudyError
from popsim.plan import compile as compile_plan
from popsim.study import load_study
from popsim.study.model import Study
from popsim.study.toml_models import CsvTable
from popsim.tables import Dialect, TextTable, decode, read_table

HEAD = ("code", "name", "people", "share")


def table_of(text: str, said: Dialect | None = None) -> TextTable:
    table, problems = read_table(text, "c.csv", ("code", "name"), ("people", "share"), said)
    assert problems == []
    return table


def numbers(table: TextTable, column: str = "people") -> list[float | None]:
    return [table.number(cell) for cell in table.column(column)]


def column(*cells: str, delimiter: str = ";") -> str:
    rows = [("code", "name", "people"), *((f"C{i}", f"Land {i}", cell) for i, cell in enumerate(cells))]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return written.getvalue()


@pytest.mark.parametrize(
    ("text", "values", "reading"),
    [
        (column("1.5", "2000"), [1.5, 2000], "';' between columns and '.' as the decimal sign"),
        (column("1,5", "2000"), [1.5, 2000], "';' between columns and ',' as the decimal sign"),
        (
            column("1.234,5", "345.678"),
            [1234.5, 345678],
            "';' between columns, ',' as the decimal sign and '.' between thousands",
        ),
        (
            column("1,234.5", "345,678", delimiter="\t"),
            [1234.5, 345678],
            "tab between columns, '.' as the decimal sign and ',' between thousands",
        ),
        (column("8.078.314", "12"), [8078314, 12], "';' between columns and '.' between thousands"),
        (column("8'078'314", "345’678"), [8078314, 345678], "';' between columns and \"'\" between thousands"),
        (
            column("8 078 314", "345\u202f678,5", "1\u00a0000"),
            [8078314, 345678.5, 1000],
            "';' between columns, ',' as the decimal sign and space between thousands",
        ),
        (column("0,125", "1,250"), [0.125, 1.25], "';' between columns and ',' as the decimal sign"),
        (column("1.5E+06", "2", delimiter="|"), [1.5e6, 2], "'|' between columns and '.' as the decimal sign"),
        (column("-1,5", "\u22122,5"), [-1.5, -2.5], "';' between columns and ',' as the decimal sign"),
        (column("1,5", "2", delimiter=","), [1.5, 2], "',' as the decimal sign"),
        (column("8,078,314", "12", delimiter=","), [8078314, 12], "',' between thousands"),
        # As the parity of the CFA franc stands in the packaged example: commas between columns, a point in numbers.
        (column("655.957", delimiter=","), [655.957], ""),
        (column("1.5", "2000", delimiter=","), [1.5, 2000], ""),
        (column("7", "2000", delimiter=","), [7, 2000], ""),
        (
            column("1.234", "345.678", delimiter=","),
            [1.234, 345.678],
            "'.' as the decimal sign ('1.234' and others in column people have three decimals)",
        ),
        (
            "code;name;people;share\nAAA;Land A;1.234;0.5\nBBB;Land B;345.678;0.25\n",
            [1.234, 345.678],
            "';' between columns and '.' as the decimal sign ('1.234' and others in column people have three decimals)",
        ),
    ],
)
def test_what_a_file_shows_is_read_and_said(text: str, values: list[float], reading: str) -> None:
    table = table_of(text)
    assert numbers(table) == values
    assert table.reading == (f"with {reading}" if reading else "")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("cells", "lines"),
    [
        (["8.078.314", "345.678"], ("line 3", "line 2")),
        (["8,078,314", "345,678"], ("line 3", "line 2")),
        (["345,678"], ("line 2",)),
        (["1.5", "1,5"], ("line 2", "line 3")),
        (["8.078.314", "1.5"], ("line 2", "line 3")),
        (["1.234,5", "1,234.5"], ("line 2", "line 3")),
        (["8'078'314", "8 078 314"], ("line 2", "line 3")),
        (["1,5", "345.678"], ("line 3",)),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_once(cells: list[str], lines: tuple[str, ...], delimiter: str) -> None:
    text = column(*cells, delimiter=delimiter)
    table, problems = read_table(text, "c.csv", ("code", "name"), ("people",), Dialect(key="csv.countries"))
    assert len(problems) == 1
    assert problems[0].where == "c.csv: column people"
    assert all(line in problems[0].found for line in lines)
    assert problems[0].mend
    assert numbers(table) == [None] * len(cells)


@pytest.mark.parametrize("cells", [["1.234"], ["1.234", "345.678", "12"], ["1.234", "1000"]])
def test_points_and_three_digits_alone_are_ambiguous_unless_commas_part_columns(cells: list[str]) -> None:
    _, problems = read_table(column(*cells), "c.csv", ("code",), ("people",), Dialect(key="csv.countries"))
    assert [problem.allowed for problem in problems] == ["numbers that can be read in one way"]
    assert 'decimal = "," and thousands = ".", or decimal = "."' in problems[0].mend


@pytest.mark.parametrize(
    ("said", "values"),
    [
        # A decimal comma makes points separators of thousands, as 8.078.314 shows.
        (Dialect(decimal=","), [8078314, 345678]),
        (Dialect(decimal=",", thousands="."), [8078314, 345678]),
        (Dialect(thousands="."), [8078314, 345678]),
        (Dialect(decimal="."), [None, None]),
        (Dialect(thousands=""), [None, None]),
        (Dialect(thousands=","), [None, None]),
    ],
)
def test_what_the_study_says_decides(said: Dialect, values: list[float | None]) -> None:
    text = column("8.078.314", "345.678")
    table, problems = read_table(text, "c.csv", ("code",), ("people",), said)
    assert numbers(table) == values
    assert len(problems) == values.count(None) / 2


def test_marks_of_one_file_lie_over_those_of_all() -> None:
    csv_table = CsvTable.model_validate({"delimiter": ";", "decimal": ",", "countries": {"delimiter": "tab"}})
    assert csv_table.of("countries") == Dialect("\t", ",")
    assert csv_table.of("price_index") == Dialect(";", ",")


def test_empty_rows_and_columns_at_the_ends_do_not_count() -> None:
    head = '# a comment\n"# another, of a spreadsheet";;;;\ncode;name;people;;\n'
    text = f"{head}AAA;Land A;1,5;;\n;;;;\nBBB;Land B;2;;\n;;;;\n"
    table = table_of(text)
    assert table.columns == ("code", "name", "people")
    assert [(row.line, row.cells[0]) for row in table.rows] == [(4, "AAA"), (6, "BBB")]


def test_a_cell_in_quotation_marks_goes_on_in_the_next_lines() -> None:
    text = 'code,name,people\nAAA,"Land A,\n# of two lines",1\nBBB,"Land ""B""",2\n'
    table = table_of(text)
    assert table.column("name") == ["Land A, # of two lines", 'Land "B"']
    assert [row.line for row in table.rows] == [2, 4]
    _, problems = read_table(text.replace('B""",', 'B""'), "c.csv", ("code",))
    assert [problem.where for problem in problems] == ["c.csv: line 4"]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;"])
def test_a_first_line_names_the_sign_between_columns(first: str) -> None:
    assert table_of(f"{first}\ncode;name;people\nAAA;a, b;1,5\n").column("name") == ["a, b"]
    text = f"{first}\ncode;name;people\nAAA;a;1\n"
    _, problems = read_table(text, "c.csv", ("code",), (), Dialect(delimiter=",", key="csv.countries"))
    assert ["sep=;" in problem.found for problem in problems] == [True]
    _, problems = read_table("sep=:\ncode:name\n", "c.csv", ("code",))
    assert len(problems) == 1


def test_commas_in_numbers_and_between_columns_are_one_problem() -> None:
    text = "code,name,people\n" + "".join(f"C{i},Land {i},{i},5\n" for i in range(50))
    _, problems = read_table(text, "c.csv", ("code",), ("people",))
    assert len(problems) == 1
    assert "save the file with ';' between columns" in problems[0].mend


def test_a_wrong_sign_is_one_problem_that_names_the_right_one() -> None:
    said = Dialect(delimiter=";")
    _, problems = read_table(column("1", "2", delimiter=","), "c.csv", ("code", "name"), ("people",), said)
    assert len(problems) == 1
    assert "the sign between columns may be ','" in problems[0].mend
    text = column(*(f"{i},5" for i in range(9)))
    _, problems = read_table(text, "c.csv", ("code",), ("people",), Dialect(decimal="."))
    assert len(problems) == 1
    assert "(9 in all)" in problems[0].found


@pytest.mark.parametrize(
    ("encoding", "note"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", "from UTF-16"), ("cp1252", "from windows-1252 (it is not UTF-8)")],
)
def test_encodings_of_spreadsheets_are_read(encoding: str, note: str) -> None:
    text = "code;name\r\nCIV;Côte d’Ivoire\r\nTUR;Türkiye\r\n"
    found, said = decode(text.encode(encoding), "c.csv", None)
    assert found == text.replace("\r\n", "\n")
    assert said.startswith(note)
    assert bool(said) == bool(note)


@pytest.mark.parametrize(
    "data",
    [
        "Россия".encode("cp1251"),
        "Ελλάδα".encode("cp1253"),
        "日本".encode("shift_jis"),
        "code".encode("utf-16-le"),
        b"Gr\x81n",
        "Côte".encode("mac_roman"),
    ],
)
def test_other_encodings_are_refused_unless_named(data: bytes) -> None:
    with pytest.raises(FileError, match="encoding"):
        decode(data, "c.csv", None)
    assert decode("Россия".encode("cp1251"), "c.csv", "cp1251")[0] == "Россия"


# ---- a random table, written in any way that a program writes one ---------------------------------------------------

CONVENTIONS = [
    (delimiter, decimal, thousands)
    for delimiter in ",;\t|"
    for decimal in ".,"
    for thousands in ("", ".", ",", "'", " ", "\u00a0", "\u202f")
    # No program puts commas between columns and commas before decimals.
    if decimal != thousands and not (delimiter == "," and decimal == ",")
]
VALUES = st.integers(0, 10**10).flatmap(lambda n: st.sampled_from([n, n // 10**4 + 1, n % 10**6]).map(str))
FRACTIONS = st.one_of(st.just(""), st.text("0123456789", min_size=1, max_size=4))


def written(whole: str, fraction: str, decimal: str, thousands: str) -> str:
    grouped = f"{int(whole):,}".replace(",", thousands)
    return grouped + (decimal + fraction if fraction else "")


def read(text: str) -> list[list[float | None]] | None:
    """Read a table as popsim does; None where it is refused."""
    table, problems = read_table(text, "c.csv", HEAD, HEAD[2:])
    if problems or table.numbers is None:
        return None
    return [[table.number(cell) for cell in row.cells[2:]] for row in table.rows]


def read_points(text: str) -> list[list[float | None]] | None:
    """Read a table as one does who takes a point for the decimal sign wherever that gives a number."""
    _, *rows = csv.reader(io.StringIO(text), delimiter=";")
    return [[float(cell) if cell.count(".") < 2 else float(cell.replace(".", "")) for cell in row[2:]] for row in rows]


Style = tuple[str, str, bool, bool, int]
"""Encoding, end of lines, everything in quotation marks, a first line that names the sign, empty columns and rows."""
STYLES = st.tuples(
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
)


def is_wrong(
    cells: list[list[tuple[str, str]]],
    convention: tuple[str, str, str],
    reader: Callable[[str], list[list[float | None]] | None],
    style: Style = ("utf-8", "\n", False, False, 0),
) -> bool:
    """Whether a table comes back with other values than were written; being refused is right."""
    delimiter, decimal, thousands = convention
    encoding, end, quoted, named, more = style
    file = io.StringIO()
    quoting: Any = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    writer = csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow([*HEAD, *[""] * more])
    for i, row in enumerate(cells):
        numbers_ = [written(*cell, decimal, thousands) for cell in row]
        writer.writerow([f"C{i}", f"Länd, {i}; x|y", *numbers_, *[""] * more])
    if more:
        writer.writerow([""] * (len(HEAD) + more))
    head = f"sep={delimiter}{end}" if named else ""
    try:
        data = (head + file.getvalue()).encode(encoding)
    except UnicodeEncodeError:
        return False
    text, _ = decode(data, "c.csv", None)
    values = reader(text)
    return values is not None and values != [[float(f"{whole}.{part or 0}") for whole, part in row] for row in cells]


TABLES = st.lists(st.lists(st.tuples(VALUES, FRACTIONS), min_size=2, max_size=2), min_size=1, max_size=6)


@settings(max_examples=400, deadline=None)
@given(cells=TABLES, convention=st.sampled_from([c for c in CONVENTIONS if c[0] != "," or c[2] != "."]), style=STYLES)
def test_no_convention_is_read_to_other_values(
    cells: list[list[tuple[str, str]]], convention: tuple[str, str, str], style: Style
) -> None:
    assert not is_wrong(cells, convention, read, style)


def test_a_reader_that_takes_points_as_they_come_is_noticed() -> None:
    cells = [[("345678", ""), ("8078314", "")]]
    assert is_wrong(cells, (";", ",", "."), read_points)
    assert not is_wrong(cells, (";", ",", "."), read)


@settings(max_examples=60, deadline=None)
@given(cells=TABLES, convention=st.sampled_from(CONVENTIONS))
def test_what_is_said_is_enough(cells: list[list[tuple[str, str]]], convention: tuple[str, str, str]) -> None:
    delimiter, decimal, thousands = convention
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(
        [HEAD, *([f"C{i}", f"L{i}", *(written(*c, decimal, thousands) for c in row)] for i, row in enumerate(cells))]
    )
    said = Dialect(delimiter, decimal, " " if thousands.isspace() else thousands)
    table = table_of(file.getvalue(), said)
    assert table.reading == ""
    for position, name in enumerate(HEAD[2:]):
        assert numbers(table, name) == [float(f"{row[position][0]}.{row[position][1] or 0}") for row in cells]


CODES = st.from_regex(r"[A-Za-z0-9ÄÉ]([A-Za-z0-9._-]{0,4}[A-Za-z0-9])?", fullmatch=True)

# ---- whole studies ---------------------------------------------------------------------------------------------------


def spreadsheet(path: Path, convention: tuple[str, str, str], numeric: set[str], encoding: str) -> None:
    """Write a plain CSV file again, as a spreadsheet of another language would."""
    delimiter, decimal, thousands = convention
    rows = list(csv.reader(line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] != "#"))
    places = [i for i, name in enumerate(rows[0]) if name in numeric]
    for row in rows[1:]:
        for i in places:
            whole, _, fraction = row[i].partition(".")
            row[i] = written(whole, fraction, decimal, thousands)
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    path.write_bytes(file.getvalue().encode(encoding))


def copied(study: Study, folder: Path) -> Study:
    for name, text in study.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return load_study(folder / "study.toml")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_study_from_a_spreadsheet_is_the_same_study_and_keeps(small: Path, tmp_path: Path, encoding: str) -> None:
    plain = load_study(small)
    spreadsheet(small / "countries.csv", (";", ",", "'"), {"population"}, encoding)
    spreadsheet(small / "prices.csv", (";", ",", ""), {"index"}, encoding)
    study = load_study(small)
    assert study.countries == plain.countries
    assert study.areas == plain.areas
    assert [line.partition(":")[0] for line in study.reading] == ["countries.csv", "prices.csv"]
    assert plain.reading == plain.notes == ()
    again = copied(study, tmp_path / "copy")
    assert (again, again.files) == (study, study.files)


def test_the_study_can_say_how_each_file_is_written(small: Path, tmp_path: Path) -> None:
    plain = load_study(small)
    spreadsheet(small / "countries.csv", ("\t", ",", "."), {"population"}, "cp1252")
    said: dict[str, object] = {
        "csv.countries": {"delimiter": "tab", "decimal": ",", "thousands": ".", "encoding": "windows-1252"}
    }
    with pytest.raises(StudyError):
        load_study(small, {"csv.delimiter": ";", "csv.decimal": ",", "csv.thousands": "."})
    study = load_study(small, said)
    assert study.countries == plain.countries
    assert study.reading == ()
    again = copied(study, tmp_path / "copy")
    assert (again, again.files) == (study, study.files)
    assert "encoding" not in tomllib.loads(study.files[0][1])["csv"]["countries"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    codes=st.lists(
        st.from_regex(r"[A-Za-z0-9ÄÉ]([A-Za-z0-9._-]{0,4}[A-Za-z0-9])?", fullmatch=True),
        min_size=6,
        max_size=6,
        unique=True,
    )
)
def test_codes_of_any_units_stay_text(small: Path, codes: list[str]) -> None:
    source = Path(__file__).parent / "fixtures" / "small" / "countries.csv"
    text = source.read_text(encoding="utf-8")
    for old, new in zip(["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"], codes, strict=True):
        text = text.replace(f"\n{old},", f"\n{new},")
    (small / "countries.csv").write_text(text, encoding="utf-8")
    study = load_study(small, {"countries.select": {}, "countries.without": [codes[0]]})
    assert [country.code for country in study.countries] == codes[1:]


def test_the_packaged_study_from_a_spreadsheet_has_the_same_plan(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    for name in ("configs", "distributions"):
        shutil.copytree(root / name, tmp_path / name)
    for name, number in (("countries.csv", "population"), ("prices.csv", "index")):
        path = tmp_path / "configs" / name
        # Comments are cells to a spreadsheet: their commas part them, and their quotation marks are doubled.
        rows = [next(csv.reader([line])) for line in path.read_text(encoding="utf-8").splitlines()]
        head = next(row for row in rows if not row[0].startswith("#"))
        for row in rows[rows.index(head) + 1 :]:
            whole, _, fraction = row[head.index(number)].partition(".")
            row[head.index(number)] = written(whole, fraction, ",", "\u00a0")
        width = max(map(len, rows)) + 2
        with path.open("w", encoding="cp1252", newline="") as file:
            csv.writer(file, delimiter=";").writerows([*row, *[""] * (width - len(row))] for row in [*rows, [], []])
    study = load_study(tmp_path / "configs" / "pops.toml", data_folders=[tmp_path / "distributions"])
    assert compile_plan(study).digest == compile_plan(load_study("pops")).digest
    assert [line.partition(":")[0] for line in study.reading] == ["countries.csv", "prices.csv"]
    assert study.notes == ()


@pytest.mark.parametrize("name", ["Côte d'Ivoire", "Köln", "Panamá;5", "Bogotá", "août;1"])
@pytest.mark.parametrize("encoding", ["cp850", "cp437"])
def test_a_dos_code_page_is_never_read_as_windows(name: str, encoding: str) -> None:
    with pytest.raises(FileError):
        decode(f"{name}\n".encode(encoding), "c.csv", None)


def test_windows_marks_where_they_stand_in_western_texts_are_read() -> None:
    text = "Côte d’Ivoire – «\u00a0été\u00a0» Alsace–Lorraine; 1\u00a0000; “deux”; 5 €; n° 7; §\u00a05\n"
    assert decode(text.encode("cp1252"), "c.csv", None)[0] == text
