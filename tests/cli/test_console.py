"""Every command under every encoding ends well, and its reader finds letters instead of escapes and question marks."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO, cast

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.cli.console import ReadableStream, printable, spell
from popsim.cli.main import main
from popsim.report.summary_csv import safe_cell

QUICK = ("--no-drivers", "--no-assumptions")
ENCODINGS = ("cp1252", "cp437", "cp850", "latin-1", "ascii", "utf-8")
NAMES = "Côte d’Ivoire, São Tomé, Türkiye, Łódź, Đồng, Ærø: ≥ 5 − 3 – 2 → 4 × 1 ± “€”…"

STUDY = f"""\
format = 1
study = {{ name = "spelt", title = "{NAMES}", description = "", first_year = 2027, years = 3 }}
scenarios = {{ count = 40, seed = 1 }}
money = {{ currency = "EUR", price_year = 2025, price_index = "prices.csv" }}
catalogue = {{ folder = "catalogue" }}
countries = {{ file = "countries.csv", rationale = "Aşağı → yukarı." }}
size = {{ driver = "population", reference = 1_000_000, rationale = "Ça suffit.", basis = "judgement" }}
area.x = {{}}
report = {{ breakdowns = ["area", "region"] }}

[dependence]
between_areas = 0
between_components = 0
common_share = 0
rationale = "–"
basis = "judgement"

[[option]]
id = "later"
name = "Später − übermorgen"
rationale = "Ÿ"
set.start = {{ years = 1, basis = "judgement", rationale = "Ÿ" }}
"""
CATALOGUE = """\
format = 1

[area]
id = "x"
name = "Élaboration d’un plan → œuvre"
document = "–"
description = "–"

[[component]]
id = "only"
name = "Größe ≥ 1 m²"
kind = "one-off"
currency = "EUR"
price_year = 2025
basis = "judgement"
rationale = "−"
cost = { family = "triangular", low = 1e6, mode = 2e6, high = 4e6 }
source = [{ document = "Źródło", figure = "2 mln zł", status = "verified", address = "" }]
"""


@pytest.fixture(scope="module")
def spelt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study in the letters of many languages, and its run."""
    folder = tmp_path_factory.mktemp("spelt")
    write(folder, STUDY)
    with pytest.raises(SystemExit) as leaving:
        main(["run", str(folder), "--out", str(folder / "run"), *QUICK])
    assert not leaving.value.code
    shutil.copytree(folder / "run", folder / "first")
    return folder


def write(folder: Path, study: str) -> None:
    (folder / "catalogue").mkdir()
    (folder / "study.toml").write_text(study, encoding="utf-8")
    (folder / "catalogue" / "x.toml").write_text(CATALOGUE, encoding="utf-8")
    (folder / "prices.csv").write_text("currency,year,index,series,source\nEUR,2025,100,série,–\n", encoding="utf-8")
    (folder / "countries.csv").write_text(
        "code,name,region,population\nCIV,Côte d’Ivoire,Afrique – Ouest,1000000\nTUR,Türkiye,Asie,2000000\n",
        encoding="utf-8",
    )


def in_process(encoding: str, *arguments: str) -> tuple[int, bytes, bytes]:
    """Call the command line with streams of an encoding, as Python opens them: what cannot be encoded is an error."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        with pytest.raises(SystemExit) as leaving:
            main(arguments)
    written = [cast(io.BytesIO, stream.buffer).getvalue() for stream in (out, err) if stream.flush() is None]
    return int(leaving.value.code or 0), written[0], written[1]


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("run", "STUDY", "--out", "STUDY/again", *QUICK),
    ("check", "STUDY"),
    ("budget", "RUN", "--confidence", "80%"),
    ("compare", "RUN"),
    ("report", "RUN"),
    ("drivers", "STUDY", "--scenarios", "1024"),
    ("catalogue", "STUDY/catalogue"),
    ("families",),
    ("schema",),
    ("run", "--help"),
)
SLOW = ("run", "report", "compare", "drivers")
"""These take two of the encodings, one of a single byte and one that has few letters: all write by the same stream."""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.one_in(3)
def test_every_command_is_readable_under_every_encoding(spelt: Path, command: tuple[str, ...]) -> None:
    words = [word.replace("STUDY", str(spelt)).replace("RUN", str(spelt / "run")) for word in command]
    for encoding in ENCODINGS[::4] if command[0] in SLOW else ENCODINGS:
        status, out, err = in_process(encoding, *words)
        assert status == 0, (encoding, err)
        text = (out + err).decode(encoding)
        assert "?" not in text
        assert command[0] == "schema" or not re.search(r"\\[xuU][0-9a-f]{2}", text), (encoding, text)


def test_json_keeps_every_letter_whatever_the_encoding(spelt: Path) -> None:
    texts = {
        encoding: in_process(encoding, "check", str(spelt), "--json")[1].decode(encoding) for encoding in ENCODINGS
    }
    assert {json.loads(text)["title"] for text in texts.values()} == {NAMES}


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        pytest.param({"PYTHONIOENCODING": "ascii"}, marks=pytest.mark.slow),
        pytest.param({"LC_ALL": "C"}, marks=pytest.mark.slow),
    ],
    ids=str,
)
@pytest.mark.one_in(2)
def test_a_redirected_run_ends_well_and_writes_the_same_files(
    spelt: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "popsim.cli.main", "run", str(spelt), "--out", str(tmp_path / "run"), *QUICK],
        env={**{k: v for k, v in os.environ.items() if k != "PYTHONIOENCODING"}, **environment},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"?" not in done.stdout
    for name in ("summary.csv", "study.toml", "report.html"):
        assert (tmp_path / "run" / name).read_bytes() == (spelt / "first" / name).read_bytes()


def test_errors_quote_any_script() -> None:
    for encoding in ENCODINGS:
        status, out, err = in_process(encoding, "check", "étude-研究-\x1b[31m-\udce9.toml")
        assert (status, out) == (2, b"")
        said = err.decode(encoding)
        assert "tude-" in said
        assert "\x1b" not in said
        assert "\\x1b[31m" in said
        assert ("研究" in said) == (encoding == "utf-8")


def test_a_name_cannot_steer_the_terminal(spelt: Path, tmp_path: Path) -> None:
    write(tmp_path, STUDY.replace("Später", "\\u001b]0;owned\\u0007\\u001b[2J\\u202e"))
    catalogue = tmp_path / "catalogue" / "x.toml"
    catalogue.write_text(CATALOGUE.replace("Élaboration", "\\u001b[31m\\u009b"), encoding="utf-8")
    for words in (("run", str(tmp_path), "--out", str(tmp_path / "run"), *QUICK), ("check", str(tmp_path)),
                  ("compare", str(tmp_path / "run")), ("catalogue", str(tmp_path / "catalogue"))):  # fmt: skip
        status, out, _ = in_process("utf-8", *words)
        assert status == 0
        assert not set(out.decode()) & set("\x1b\x07\x9b\u202e")
    assert not set((tmp_path / "run" / "report.html").read_text(encoding="utf-8")) & set("\x1b\x07\x9b")


def test_a_spreadsheet_computes_nothing_of_what_users_wrote(tmp_path: Path) -> None:
    """Names of areas, options and groups that begin like formulas get an apostrophe; numbers and plain text do not."""
    write(tmp_path, STUDY.replace("Später − übermorgen", "=HYPERLINK(1)"))
    catalogue, countries = tmp_path / "catalogue" / "x.toml", tmp_path / "countries.csv"
    catalogue.write_text(CATALOGUE.replace("Élaboration", "@SUM(1)"), encoding="utf-8")
    countries.write_text(countries.read_text(encoding="utf-8").replace("Asie", "+1+cmd|x"), encoding="utf-8")
    assert in_process("utf-8", "run", str(tmp_path), "--out", str(tmp_path / "run"), *QUICK)[0] == 0
    with (tmp_path / "run" / "summary.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    cells = {name: {row[name] for row in table} for name in table[0]}
    assert "'=HYPERLINK(1)" in cells["option_name"]
    assert "'+1+cmd|x" in cells["region"]
    assert any(cell.startswith("'@SUM(1)") for cell in cells["area_name"])
    assert all(float(row["p50"]) == float(row["p50"].lstrip("'")) for row in table)
    for column in cells.values():
        for cell in column:
            assert not re.match("[=+@\t\r-]", cell) or float(cell) < 0


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "-", "\n=1"]
)
def test_formulas_become_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}".replace("\r", "\n"), (
        "a lone carriage return ends a line, as it does on screens"
    )


@pytest.mark.parametrize("text", ["-1.5e6", "+3", "Rules - and control", "", "1e9", "2030", "É = m", "'=1", "-0.0"])
def test_numbers_and_plain_text_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize("missing", ["stdout", "stderr"])
def test_a_stream_that_is_missing_or_closed_is_no_error(
    spelt: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setattr(sys, missing, None)
    with pytest.raises(SystemExit) as leaving:
        main(["check", str(spelt)])
    assert not leaving.value.code


def test_a_full_disk_under_standard_output_is_said(spelt: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        return
    with full.open("w") as nowhere:
        done = subprocess.run(
            [sys.executable, "-m", "popsim.cli.main", "check", str(spelt)],
            stdout=nowhere,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr.startswith("standard output\n    found    No space left")


@pytest.mark.parametrize("arguments", [("families",), ("check", "no-such-study")])
def test_a_reader_that_has_gone_is_no_error(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "popsim.cli.main", *arguments], stdout=nobody, stderr=nobody, check=False
        )
    assert done.returncode == (0 if arguments == ("families",) else 2)


@settings(max_examples=300, deadline=None)
@given(text=st.text(), encoding=st.sampled_from([*ENCODINGS, "cp1251", "cp932", "shift_jis", "iso8859_15", "koi8_r"]))
def test_any_text_can_be_spelt_and_what_the_encoding_has_stays(text: str, encoding: str) -> None:
    spell(text, encoding).encode(encoding)
    kept = text.encode(encoding, "ignore").decode(encoding)
    assert spell(kept, encoding) == kept
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    click.echo(text, file=cast(TextIO, ReadableStream(out)))
    out.flush()
    written = cast(io.BytesIO, out.buffer).getvalue().decode(encoding)
    assert not any(ord(character) < 32 and character not in "\n\r\t" for character in written)


@pytest.mark.parametrize(
    ("text", "ascii_", "latin"),
    [
        ("\u2212 \u2013 \u2014", "- - --", "- - --"),
        ("≥ ≤ → ↔ …", ">= <= -> <-> ...", ">= <= -> <-> ..."),
        ("é Ø ß Đ ễ", "e O ss D e", "é Ø ß D ê"),
        ("€ £ m² ½", "EUR GBP m2 1/2", "EUR £ m² ½"),
        ("e\u0301", "e", "é"),
        ("│ ─ ┼ █", "| - + #", "| - + #"),
        ("中 я", "\\u4e2d \\u044f", "\\u4e2d \\u044f"),
    ],
)
def test_spelling(text: str, ascii_: str, latin: str) -> None:
    assert spell(text, "ascii") == ascii_
    assert spell(text, "latin-1") == latin
    assert spell(text, "utf-8") == spell(text, None) == text


def test_spaces_of_the_page_become_ordinary_ones() -> None:
    assert printable("80\u202f% of US$\u00a05", io.StringIO()) == "80 % of US$ 5"
