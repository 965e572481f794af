"""The page on sweeps: its examples give what it says, and its commands run."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from popsim.cli.main import main

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "sweeps.md"


def test_examples_of_the_page_are_right() -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)
    assert (failed, tried > 15) == (0, True)


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    (table,) = re.findall(r"```csv title=\"cases.csv\"\n(.*?)```", text, re.DOTALL)
    Path("cases.csv").write_text(table)
    (block,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    for line in block.splitlines():
        with pytest.raises(SystemExit) as leaving:
            main(shlex.split(line)[1:])
        assert not leaving.value.code
    said = capsys.readouterr().out
    assert "in each of 4 cases" in said
    assert "in each of 2 cases" in said
    assert "financing.cofinancing = 0.0" in said
