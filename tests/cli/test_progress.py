"""The bar appears for long work on a terminal, and for nothing else."""

from __future__ import annotations

import sys

import pytest

from popsim.cli.progress import ProgressBar, progress_bar


def test_short_work_shows_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar("Scenarios", patience=3600)
    for done in range(11):
        bar(done, 10)
    bar.close()
    assert capsys.readouterr() == ("", "")


def test_long_work_shows_a_bar_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    bar = ProgressBar("Scenarios", patience=0)
    bar._timer.join()
    bar(7, 10)
    bar.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert "Scenarios" in err
    assert "70%" in err


def test_the_words_before_the_bar_change(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    bar = ProgressBar("Scenarios", patience=0)
    bar._timer.join()
    bar.describe("5,000 reach 1.2 %")
    bar.close()
    assert "5,000 reach 1.2 %" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_terminal_gets_a_callback(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    with progress_bar("Scenarios") as bar:
        assert (bar is not None) == terminal
