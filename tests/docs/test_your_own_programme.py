"""The page on a programme of one's own: its blocks are files of the packaged example, and its commands run."""

from __future__ import annotations

import dataclasses
import re
import shlex
import shutil
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

import popsim as ps
from popsim.cli.main import main
from popsim.study.model import Study

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "your-own-programme.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / "configs" / "example"


class Block(NamedTuple):
    language: str
    file: str
    text: str


def blocks(language: str) -> list[Block]:
    found = re.findall(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', PAGE, re.DOTALL | re.MULTILINE)
    return [Block(*each) for each in found if each[0] == language]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the page builds, with the files and rows that it says to copy."""
    for block in [*blocks("toml"), *blocks("csv")]:
        path = tmp_path / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") + "\n" if path.exists() else ""
        path.write_text(before + block.text, encoding="utf-8")
    for name in ("1_network.toml", "2_centre.toml"):
        shutil.copy(EXAMPLE / "catalogue" / name, tmp_path / "flood" / "catalogue" / name)
    rows = (EXAMPLE / "countries.csv").read_text(encoding="utf-8").splitlines()
    shown = (tmp_path / "flood" / "countries.csv").read_text(encoding="utf-8").splitlines()
    whole = [row for row in rows if not row.startswith("#")]
    assert whole[: len(shown)] == shown
    assert len(whole) == len(shown) + 9, "the page says that nine rows are missing"
    (tmp_path / "flood" / "countries.csv").write_text("\n".join(whole) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def without_files(study: Study) -> Study:
    options = tuple(dataclasses.replace(each, study=without_files(each.study)) for each in study.options)
    return dataclasses.replace(study, files=(), options=options)


def test_the_page_builds_the_packaged_example(folder: Path) -> None:
    assert without_files(ps.load_study(folder / "flood" / "flood.toml")) == without_files(ps.load_study("example"))


def test_a_change_of_the_page_is_seen(folder: Path) -> None:
    """Negative control."""
    path = folder / "flood" / "flood.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("correlation = 0.5", "correlation = 0.4"), encoding="utf-8")
    assert without_files(ps.load_study(path)) != without_files(ps.load_study("example"))


def test_the_catalogue_of_the_page_is_that_of_the_example() -> None:
    (shown,) = [block for block in blocks("toml") if block.file.startswith("flood/catalogue/")]
    packaged = (EXAMPLE / "catalogue" / Path(shown.file).name).read_text(encoding="utf-8")
    assert tomllib.loads(shown.text) == tomllib.loads(packaged)


def test_the_commands_of_the_page_run_and_print_what_it_quotes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    consoles = blocks("console")
    assert len(consoles) == 3
    for block in consoles:
        command, _, quoted = block.text.partition("\n")
        prompt, program, *arguments = shlex.split(command)
        assert (prompt, program) == ("$", "popsim")
        with pytest.raises(SystemExit) as leaving:
            main(arguments)
        printed = capsys.readouterr()
        assert (leaving.value.code or 0) == (2 if quoted else 0)
        assert printed.err.strip() == quoted.strip() or not quoted
    assert (folder / "result" / "report.html").stat().st_size > 10_000
    assert (folder / "result" / "ensemble.nc").is_file()


def test_the_python_of_the_page_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks("python")
    names: dict[str, object] = {}
    exec(compile(block.text, "your-own-programme.md", "exec"), names)
    assert "quantile" in capsys.readouterr().out


def test_files_that_the_page_names_are_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (ROOT / "docs" / "how-to" / target).exists(), target
