"""The bar appears for long work on a terminal, and for nothing else."""

from __future__ import annotations

import sys
import time

import pytest

from popsim.cli.progress import ProgressBar, progress_bar


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
