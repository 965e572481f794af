"""What Windows does otherwise: open files cannot be renamed or removed, and Python there lacks some of its names."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from popsim.engine import files

QUICK = ("--scenarios", "60", "--no-drivers", "--no-assumptions", "--format", "html")
DESCRIPTORS = Path("/proc/self/fd")

WITHOUT = """
import os, signal, sys
for module, names in {os: ("fork", "getloadavg"), signal: ("SIGHUP",)}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
os.sched_getaffinity = lambda _: {0}  # one processor: the run has no second process
from popsim.cli.main import main
main()
"""


def open_below(path: Path) -> list[str]:
    """Return the files at a path and below it that this process holds open, or has mapped into its memory."""
    if not DESCRIPTORS.exists():  # Windows itself refuses
        return []
    real = os.path.realpath(path)
    held = [os.path.realpath(each) for each in DESCRIPTORS.iterdir()]
    maps = Path("/proc/self/maps").read_text(encoding="utf-8").splitlines()
    held += [line.split(maxsplit=5)[5] for line in maps if line.count(" /")]
    return [each for each in held if each == real or each.startswith(f"{real}{os.sep}")]


@pytest.mark.slow
def test_what_is_renamed_or_removed_is_closed(call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[str] = []
    refused: list[str] = []

    def watched(name: str) -> Any:
        real = getattr(files, name)

        def function(*paths: Path) -> None:
            seen.append(name)
            refused.extend(f"{name}: {held}" for path in paths for held in open_below(path))
            real(*paths)

        return function

    for name in ("rename", "remove"):
        monkeypatch.setattr(files, name, watched(name))
    assert call("run", "example", "--out", "run", *QUICK).status == 0
    assert call("run", "example", "--out", "run", *QUICK, "--seed", "2").status == 0
    assert call("report", "run", "--format", "html,csv").status == 0
    assert {"rename", "remove"} <= set(seen)
    assert refused == []
    with (tmp_path / "run" / "summary.csv").open(encoding="utf-8"):
        assert len(open_below(tmp_path / "run")) == DESCRIPTORS.exists()


def test_a_run_without_the_names_that_windows_lacks(tmp_path: Path) -> None:
    with (tmp_path / "printed.txt").open("wb") as printed:
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT, "run", "example", "--out", "run", *QUICK],
            cwd=tmp_path,
            env={**os.environ, "PYTHONIOENCODING": "cp1252"},
            stdout=printed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Report: " in (tmp_path / "printed.txt").read_text(encoding="cp1252")
    assert (tmp_path / "run" / "report.html").is_file()
