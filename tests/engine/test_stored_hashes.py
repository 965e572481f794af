"""Results of this machine have the hashes that are stored for all machines."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..compare_hashes import differences, main
from ..hashes import STORED, hashes


def test_stored_hashes_are_those_of_this_machine() -> None:
    # A change that alters them says so in CHANGELOG.md under "Numbers change": docs/releases.md.
    assert differences(json.loads(STORED.read_text(encoding="utf-8")), {"this machine": hashes()}) == []


def test_stored_hashes_that_differ_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"stored": {"a": "1", "b": "2"}, "same": {"a": "1", "b": "2"}, "other": {"a": "0", "c": "3"}}
    for name, content in files.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    stored, same, other = (str(tmp_path / f"{name}.json") for name in files)
    assert main([stored, same]) == 0
    assert capsys.readouterr().out == "2 results are the same on 1 machines\n"
    assert main([stored, same, other]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "other: a has other numbers",
        "other: nothing about b",
        "other: c is not among the stored hashes",
    ]
    assert main([stored]) == 1
