"""The bar appears for long work on a terminal, and for nothing else."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import popsim as ps
from popsim.cli.progress import ProgressBar, progress_bar
from tests.cli.conftest import Call


def test_short_work_shows_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar("Scenarios", patience=3600)
    for done in range(11):
        bar(done, 10)
    bar.close()
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")


def shown(words: str, capsys: pytest.CaptureFixture[str]) -> bool:
    """Return whether words appear on standard error within ten seconds; standard output stays empty."""
    seen, deadline = "", time.monotonic() + 10.0
    while words not in seen and time.monotonic() < deadline:
        time.sleep(0.01)
        out, err = capsys.readouterr()
        assert out == ""
        seen += err
    return words in seen


@pytest.mark.usefixtures("terminal")
def test_long_work_shows_a_bar_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar("Scenarios", patience=0)
    bar(7, 10)
    assert shown("70%", capsys)
    bar.close()


@pytest.mark.usefixtures("terminal")
def test_the_words_before_the_bar_change(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar("Scenarios", patience=0)
    assert shown("Scenarios", capsys)
    bar.describe("5,000 reach 1.2 %")
    assert shown("5,000 reach 1.2 %", capsys)
    bar.close()


@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_terminal_gets_a_callback(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with progress_bar("Scenarios") as bar:
        assert (bar is not None) == terminal


@pytest.mark.parametrize("is_stored", [True, False])
@pytest.mark.one_in(2)
def test_reading_of_scenarios_shows_that_it_goes_on(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_stored: bool
) -> None:
    """Those of a store may take minutes; what a file holds is there before a bar would be."""
    study = ps.load_study("pops")
    seen: list[str] = []
    plan = ps.compile(study)
    scenarios = ps.simulate(plan, scenarios=100, breakdowns=["area"], store=tmp_path / "s.zarr" if is_stored else None)
    (tmp_path / "run").mkdir()
    ps.save_run(tmp_path / "run", study, plan, scenarios)

    @contextmanager
    def bar(label: str, draws: int = 0) -> Iterator[None]:
        seen.append(label)
        yield

    monkeypatch.setattr("popsim.cli.progress.progress_bar", bar)
    asked = ("budget run --confidence 80%", "budget run --amount 1e9 --json", "budget run --confidence 0.8 --by area")
    for words in (*asked, "compare run", "compare run --json"):
        done = call(*words.split())
        assert done.status == 0, done.err
    assert seen == (["Amounts"] * 3 + ["Differences"] * 2 if is_stored else [])
