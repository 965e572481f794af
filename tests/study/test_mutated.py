"""Studies with mistakes run or are refused; see mutated.py."""

from __future__ import annotations

from pathlib import Path

import pytest

import popsim as ps
from tests.study import mutated


def test_studies_with_mistakes_run_or_are_refused() -> None:
    outcome = mutated.run_studies(150, seed=16, pages=75)
    assert not outcome.findings, "\n\n".join(map(str, outcome.findings))
    assert outcome.ran > 10
    assert outcome.refused > 50


def test_what_is_none_of_the_two_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(folder: Path) -> None:
        raise ZeroDivisionError(folder)

    monkeypatch.setattr(ps, "load_study", fails)
    outcome = mutated.run_studies(2, seed=1)
    assert [finding.what.partition(":")[0] for finding in outcome.findings] == ["ZeroDivisionError"] * 2


def test_a_seed_and_a_number_are_a_case() -> None:
    assert mutated.mutated(3, 5) == mutated.mutated(3, 5) != mutated.mutated(3, 6)
