"""The commands of the page on interrupted runs do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from popsim.cli.interruption import message, resumable
from popsim.cli.main import main

PAGE = "docs/how-to/interrupted-runs.md"


@pytest.mark.slow
def test_the_commands_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```sh\n(.*?)```", (root / PAGE).read_text(encoding="utf-8"), re.DOTALL)
    for line in block.splitlines():
        with pytest.raises(SystemExit) as leaving:
            main(shlex.split(line)[1:])
        assert not leaving.value.code
    said = capsys.readouterr()
    assert "every bit is the same" in said.out
    assert "1,000 scenarios" in said.err


def test_the_line_of_an_interruption_is_the_one_that_is_printed(root: Path) -> None:
    (line,) = re.findall(r"```text\n(.*?)\n```", (root / PAGE).read_text(encoding="utf-8"), re.DOTALL)
    with pytest.raises(KeyboardInterrupt), resumable("popsim resume results/pops"):
        raise KeyboardInterrupt
    assert message() == line
