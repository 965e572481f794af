"""`make` says what it can do, and says in plain words when Python is not fit for it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def make_venv(root: Path, tmp_path: Path):
    """Call the script that makes the environment, with a stand-in for Python."""

    def function(stand_in: str) -> subprocess.CompletedProcess[str]:
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{stand_in}\n")
        python.chmod(0o755)
        return subprocess.run(
            ["bash", str(root / "requirements" / "make_venv.sh"), str(tmp_path / "venv"), str(python)],
            capture_output=True,
            text=True,
            check=False,
        )

    return function


def test_help_lists_every_target(root: Path) -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    done = subprocess.run(["make", "--silent"], cwd=root, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  ([\w-]+)\s+\w", done.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(targets[1].split())


def test_ci_runs_what_a_developer_runs(root: Path) -> None:
    script = (root / ".ci" / "run").read_text()
    made = " ".join(re.findall(r"^make (.*)$", script, re.MULTILINE)).split()
    assert {"lint", "lint-scripts", "test", "test-scripts", "test-documents", "docs", "bench-smoke"} <= set(made)
    assert "bash .ci/run" in (root / ".github" / "workflows" / "ci.yml").read_text()


@pytest.mark.parametrize(
    "stand_in", ['test "$1" = --version && echo Python 3.9.2', "echo pyenv: no such command; exit 127"]
)
def test_an_unfit_python_is_refused_with_what_is_wanted(make_venv, tmp_path: Path, stand_in: str) -> None:
    done = make_venv(f"{stand_in}; exit 1" if "exit" not in stand_in else stand_in)
    assert (done.returncode, done.stdout) == (2, "")
    assert "popsim needs Python 3.11, 3.12, 3.13 or 3.14" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_without_ensurepip_is_refused_with_the_package_to_install(make_venv, tmp_path: Path) -> None:
    done = make_venv(f'case "$2" in *ensurepip*) exit 1;; esac; exec "{sys.executable}" "$@"')
    assert (done.returncode, done.stdout) == (2, "")
    assert "apt install python3-venv" in done.stderr
    assert not (tmp_path / "venv").exists()
