"""No output of any command passes on control characters, marks of direction or formulas that users wrote."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import Workbook

from .conftest import Call
from .surroundings import COSTS, FULL

HOSTILE = "\x1b[31m\x07\x9b2J\x7f\u202eevil\u2028\rdone\ttab\u200b\n=cmd()"
IN_A_CELL = HOSTILE.replace("\r", "").replace("\n", " ")
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")
WORD = "a\x1b[31m\u202eb\x9b\r\x07"
KEYS = ("title", "description", "rationale", "document", "figure", "note", "what", "covers", "assumption", "name")


def hostile_study(folder: Path) -> None:
    """Copy a study, and put the hostile text behind every text that a reader may see."""
    shutil.copytree(FULL, folder)
    escaped = HOSTILE.encode("unicode_escape").decode().replace("\\x", "\\u00")
    pattern = rf'(?<![\w.-])({"|".join(KEYS)}) = "(?!full")([^"\n]*)"'
    for path in folder.rglob("*.toml"):
        text = path.read_text(encoding="utf-8")
        text = re.sub(pattern, lambda found: f'{found[1]} = "{found[2]}{escaped}"', text)
        path.write_text(text, encoding="utf-8")
    countries = folder / "countries.csv"
    lines = list(csv.reader(io.StringIO(countries.read_text(encoding="utf-8"))))
    table = io.StringIO()
    csv.writer(table).writerows(
        [lines[0], lines[1], *([row[0], row[1] + IN_A_CELL, *row[2:]] for row in lines[2:] if len(row) > 2)]
    )
    countries.write_text(table.getvalue(), encoding="utf-8")


@pytest.fixture
def run(call: Call, tmp_path: Path) -> Path:
    hostile_study(tmp_path / "study")
    quick = ("--no-drivers", "--no-assumptions", "--format", "csv,sipmath")
    done = call("run", "study", "--scenarios", "40", *quick, "--out", "run")
    assert done.status == 0, done.err
    assert "\\x1b" in done.out
    assert not HIDDEN.search(done.out + done.err)
    return tmp_path


def test_no_command_prints_what_steers_a_terminal(call: Call, run: Path) -> None:
    solve = (
        "--vary",
        "money.discount_rate",
        "--high",
        "0.5",
        "--confidence",
        "80%",
        "--amount",
        "600",
        "--of",
        "cost_discounted",
    )
    sweep = ("--grid", "money.discount_rate=0.01", "--out", "swept")
    commands = (
        ("check", "study"), ("check", "study", "--json"), ("budget", "run", "--amount", "1000"), ("compare", "run"),
        ("compare", "run", "--json"), ("catalogue", "study/catalogue"), ("catalogue", "study/catalogue", "--json"),
        ("drivers", "study", "--scenarios", "1024", "--by", "input"), ("report", "run", "--format", "md", "--json"),
        ("assumptions", "study", "--scenarios", "20", "--stated"), ("figures", "run"),
        ("sweep", "study", "--scenarios", "20", *sweep), ("solve", "study", "--scenarios", "20", *solve),
    )  # fmt: skip
    names = set()
    for words in commands:
        done = call(*words)
        assert done.status == 0, (words, done.err)
        assert not HIDDEN.search(done.out + done.err), words
        if "--json" in words:
            names |= set(re.findall(r"evil", str(json.loads(done.out))))
    assert names, "the texts are there"
    for path in files(run):
        assert not CONTROL.search(path.read_text(encoding="utf-8")), path
        if path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert not [cell for cell in cells if re.match(r"\s*[=@]", cell)], path


def files(folder: Path) -> Iterator[Path]:
    """Yield the texts that were written; copies of what the user wrote are the user's own."""
    for path in folder.rglob("*"):
        if path.suffix in (".csv", ".html", ".md", ".svg", ".json") and not {"study", "inputs"} & set(path.parts):
            yield path


def test_an_import_passes_on_no_control_characters(call: Call, tmp_path: Path) -> None:
    text = COSTS.replace("Running the unit", f"Running{IN_A_CELL}").replace("Known.", f"Known{IN_A_CELL}")
    (tmp_path / "costs.csv").write_text(text, encoding="utf-8")
    book = Workbook()
    for row in csv.reader(io.StringIO(text)):
        book.active.append([re.sub("[\x00-\x08\x0b-\x1f]", "", cell) for cell in row])
    book.save(tmp_path / "costs.xlsx")
    for name in ("costs.csv", "costs.xlsx"):
        done = call("import", name, "--out", name.replace(".", "-"))
        assert done.status == 0, done.err
        again = call("import", name, "--out", name.replace(".", "-"), "--overwrite", "--json")
        assert "evil" in json.loads(again.out)["files"][0]["components"][0]["name"]
        shown = call("catalogue", name.replace(".", "-"))
        assert shown.status == 0, shown.err
        assert not HIDDEN.search(done.out + done.err + again.out + again.err + shown.out)
        for path in (tmp_path / name.replace(".", "-")).iterdir():
            assert not CONTROL.search(path.read_text(encoding="utf-8"))


ECHOED = (
    ("WORD",), ("run", "WORD"), ("check", "WORD"), ("resume", "WORD"), ("extend", "WORD", "--scenarios", "9"),
    ("rerun", "WORD"), ("clean", "WORD/x"), ("report", "WORD"), ("figures", "WORD"),
    ("budget", "WORD", "--amount", "1"), ("compare", "WORD"), ("drivers", "WORD"), ("assumptions", "WORD"),
    ("sweep", "WORD", "--grid", "money.discount_rate=0.1"),
    ("solve", "WORD", "--vary", "a", "--confidence", "80%", "--amount", "1"), ("init", "new", "--study", "WORD"),
    ("import", "WORD"), ("fit", "WORD"), ("catalogue", "WORD"), ("completion", "WORD"), ("check", "example", "--WORD"),
    ("check", "example", "--set", "WORD"), ("check", "example", "--set", "WORD=1"),
    ("run", "example", "--seed", "WORD"),
    ("check", "example", "--set", "study.first_year=WORD"), ("run", "example", "--format", "WORD"),
    ("run", "example", "--memory", "WORD"), ("run", "example", "--out", "file/WORD"),
    ("check", "example", "--data-folder", "WORD"), ("budget", "x", "--confidence", "WORD"),
)  # fmt: skip


@pytest.mark.parametrize("words", ECHOED, ids=" ".join)
def test_words_of_the_command_line_are_echoed_as_escapes(call: Call, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    done = call(*(word.replace("WORD", WORD) for word in words))
    assert (done.status, done.out) == (2, "")
    assert not HIDDEN.search(done.err)
    # click leaves out escape sequences where the stream is no terminal; keys of TOML have its own escapes.
    assert re.search(r"\\u202eb\\(x|u00)9b", done.err), done.err


@pytest.mark.skipif(os.name == "nt", reason="names that Windows refuses")
def test_names_of_folders_are_printed_as_escapes(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / WORD
    done = call("init", WORD, "--study", "example")
    assert done.status == 0, done.err
    assert folder.is_dir()
    checked = call("check", WORD)
    assert checked.status == 0, checked.err
    (folder / "study.toml").write_text("format = 2\n", encoding="utf-8")
    refused = call("check", WORD)
    assert refused.status == 2
    assert not HIDDEN.search(done.out + done.err + checked.out + checked.err + refused.err)
