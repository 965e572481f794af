"""The tutorial and the page in a folder that `popsim init` makes: their commands run, and say what the pages say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import popsim as ps
from popsim.cli.main import main

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


def commands(page: str) -> list[list[str]]:
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


def toml(page: str, title: str) -> str:
    (found,) = re.findall(rf'^```toml title="{title}"\n(.*?)\n```$', page, re.DOTALL | re.MULTILINE)
    return str(found)


def typed(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    program, *arguments = words
    assert program == "popsim"
    with pytest.raises(SystemExit) as leaving:
        main(arguments)
    printed = capsys.readouterr()
    assert not leaving.value.code, (words, printed.err)
    return printed.out


def make_small(study: Path) -> None:
    """Take few scenarios, of few countries where there are many: the pages are read, not waited for."""
    text = study.read_text(encoding="utf-8")
    fewer, count = re.subn(r"(?m)^count = .*$", "count = 200", text, count=1)
    assert count == 1
    study.write_text(
        fewer.replace('income = ["LIC", "LMC", "UMC", "unclassified"]', 'income = ["LIC"]'), encoding="utf-8"
    )


@pytest.mark.slow
def test_the_tutorial_runs_as_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "my-study" / "catalogue" / "c_focal_unit.toml"
    said = {}
    for words in commands(TUTORIAL):
        if words[1] == "check":
            text = file.read_text(encoding="utf-8")
            assert text.count(toml(TUTORIAL, "before")) == 1
            file.write_text(text.replace(toml(TUTORIAL, "before"), toml(TUTORIAL, "after")), encoding="utf-8")
        said[words[1]] = typed(words, capsys)
        if words[1] == "init":
            make_small(tmp_path / "my-study" / "study.toml")
    assert "In order." in said["check"]
    before, after = (ps.load_run(tmp_path / "results" / name).dataset["cost_by_area"] for name in ("before", "after"))
    dearer = (after != before).any(("option", "scenario")).to_series()
    assert dearer[dearer].index.tolist() == ["c"], "every other area costs what it did"
    assert (after.sel(option="full", area="c").mean() > before.sel(option="full", area="c").mean()).item()
    written = {path.name for path in (tmp_path / "results" / "after").iterdir()}
    assert {"report.html", "report.docx", "report.xlsx", "report.fr.html"} <= written


@pytest.mark.parametrize("study", ["pops", "example"])
def test_the_page_of_a_new_folder_is_about_its_files(
    study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    typed(["popsim", "init", "mine", "--study", study], capsys)
    page = (tmp_path / "mine" / "START-HERE.md").read_text(encoding="utf-8")
    assert "$" not in page
    named = [name for name in re.findall(r"`([^`\n]+)`", page) if re.fullmatch(r"[\w/-]+(\.toml|\.csv|/)", name)]
    assert named
    assert all((tmp_path / "mine" / name).exists() for name in named)
    first = re.search(r"Open `([^`]+)`", page)
    (cost,) = re.findall(r"^```toml\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)
    assert first is not None
    assert cost in (tmp_path / "mine" / first[1]).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_of_a_new_folder_runs_as_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    typed(["popsim", "init", "mine", "--study", "example"], capsys)
    monkeypatch.chdir(tmp_path / "mine")
    page = Path("START-HERE.md").read_text(encoding="utf-8")
    make_small(Path("study.toml"))
    for words in commands(page):
        typed(words, capsys)
    runs = [words[words.index("--out") + 1] for words in commands(page) if "--out" in words]
    totals = [ps.load_run(run).dataset["cost"].values for run in runs]
    assert np.array_equal(totals[0], totals[1]), "nothing was changed between the first two"
    assert not np.array_equal(totals[0], totals[-1])
