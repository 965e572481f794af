"""Guided fuzzing finds what is neither a result nor a refusal, and begins with files that reach much."""

from __future__ import annotations

import importlib
import json
import warnings
from pathlib import Path

import pytest

import popsim as ps
from popsim.errors import Problem
from tests.fuzz.guided import TARGETS, guarded, write_dictionary, write_seeds


def _fails(data: bytes) -> object:
    return {b"key": 1}[data]


def _warns(data: bytes) -> None:
    warnings.warn(f"odd: {data!r}", RuntimeWarning, stacklevel=1)


def _refuses_without_words(data: bytes) -> None:
    raise ps.PopsimError([])


@pytest.mark.parametrize("load", [_fails, _warns, _refuses_without_words])
def test_what_is_neither_a_result_nor_a_refusal_is_found_once(load, tmp_path: Path) -> None:
    """Negative control: an exception, a warning, a refusal that says nothing."""
    tried = guarded(load, tmp_path / "findings")
    for data in (b"one", b"two"):
        tried(data)
    found = [json.loads(line) for line in (tmp_path / "findings").read_text(encoding="utf-8").splitlines()]
    assert len(found) == 1
    assert "of b'one'" in found[0]


def test_results_and_refusals_are_no_findings(tmp_path: Path) -> None:
    def refuses(data: bytes) -> None:
        if data:
            raise ps.PopsimError([Problem("study.toml", ("years",), "0", "1 or more")])

    tried = guarded(refuses, tmp_path / "findings")
    tried(b"")
    tried(b"years = 0")
    assert not (tmp_path / "findings").exists()


@pytest.mark.parametrize("name", TARGETS)
def test_some_files_to_begin_with_are_loaded_and_others_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    target = importlib.import_module(f"tests.fuzz.targets.{name}")
    write_seeds(tmp_path, target.seeds())
    files = [path for path in sorted(tmp_path.iterdir()) if path.is_file()]
    assert len(files) > 10
    (tmp_path / "work").mkdir()
    load = target.loader(tmp_path / "work")
    came_of: set[str] = set()
    for path in files:
        try:
            load(path.read_bytes())
            came_of.add("loaded")
        except ps.PopsimError:
            came_of.add("refused")
        if len(came_of) == 2:
            break
    assert "loaded" in came_of
    assert "refused" in came_of or name == "runs"


def test_the_dictionary_has_keys_of_studies_and_of_catalogues(tmp_path: Path) -> None:
    write_dictionary(tmp_path / "words")
    words = (tmp_path / "words").read_text(encoding="utf-8").splitlines()
    assert {'"first_year"', '"size_exponent"', '"rationale"', '"triangular"'} <= set(words)
    assert all(line.startswith('"') and line.endswith('"') for line in words)
