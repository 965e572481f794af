"""PDF where there is no browser, or one that fails: the message says how to print by hand."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import xarray as xr

from popsim.errors import FileError
from popsim.report import pdf
from popsim.report.pdf import find_browser, write_pdf
from popsim.study.model import Study

BY_HAND = r"--format pdf\n +found +{found}\n +allowed .*\n +to mend .*print it on A4 and choose “save as PDF”[^\n]*$"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that programs are looked for in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CHROME", raising=False)
    return folder


def program(file: Path, script: str) -> Path:
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return file


def test_no_browser_is_said_in_words(path: Path, tmp_path: Path, study: Study, dataset: xr.Dataset) -> None:
    with pytest.raises(FileError, match=BY_HAND.format(found="no Chromium or Chrome on PATH")):
        write_pdf(tmp_path / "report.pdf", study, dataset)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_browser_on_path_is_found_and_the_named_one_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = program(path / "google-chrome", "exit 0")
    assert find_browser() == str(there)
    named = program(path / "other", "exit 0")
    monkeypatch.setenv("CHROME", str(named))
    assert find_browser() == str(named)
    monkeypatch.setenv("CHROME", str(path / "missing"))
    with pytest.raises(FileError, match=BY_HAND.format(found=r"no program at CHROME=[^\n]+")):
        find_browser()


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ("exit 3", r"[^\n]+ ended with status 3"),
        ("exit 0", r"[^\n]+ printed nothing"),
        ("exec /bin/sleep 60", r"[^\n]+ did not print within 0\.5 seconds"),
    ],
)
def test_browser_that_fails_is_said_in_words(
    path: Path,
    tmp_path: Path,
    study: Study,
    dataset: xr.Dataset,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    found: str,
) -> None:
    monkeypatch.setattr(pdf, "SECONDS", 0.5)
    program(path / "chromium", script)
    with pytest.raises(FileError, match=BY_HAND.format(found=found)):
        write_pdf(tmp_path / "report.pdf", study, dataset)
    assert not (tmp_path / "report.pdf").exists()
