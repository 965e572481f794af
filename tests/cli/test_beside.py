"""A second process does some of the work of a command: its results are those of one process, whatever becomes of it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from popsim.cli.beside import beside

BEGINS = """
import json, os, signal, sys, time
from popsim.cli.beside import beside
from popsim.cli.sparing import begin_process
from popsim.errors import ParameterError, Problem
begin_process()
os.sched_getaffinity = lambda _: {0, 1}
"""

linux_alone = pytest.mark.skipif(sys.platform != "linux", reason="a second process is made on Linux alone")


def told(work: str) -> object:
    """Return what a program tells that begins as a command does."""
    done = subprocess.run([sys.executable, "-c", BEGINS + work], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@linux_alone
def test_another_process_does_the_work_and_this_one_none_of_it() -> None:
    work = "with beside(os.getpid) as found:\n    print(json.dumps([found() != os.getpid()]))"
    assert told(work) == [True]


@linux_alone
def test_what_the_work_refuses_is_raised_here() -> None:
    work = """
def refuse():
    raise ParameterError(Problem("study.toml", ("a", "b"), "1", "2", "write 2"))
try:
    with beside(refuse) as found:
        found()
except ParameterError as error:
    print(json.dumps(str(error)))
"""
    assert told(work) == "study.toml: a.b\n    found    1\n    allowed  2\n    to mend  write 2"


@linux_alone
def test_work_of_a_process_that_is_killed_is_done_here() -> None:
    work = """
here = os.getpid()
def fall():
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return 7
with beside(fall) as found:
    print(json.dumps(found()))
"""
    assert told(work) == 7


@linux_alone
@pytest.mark.parametrize("end", ["raise ValueError", "os.kill(os.getpid(), signal.SIGKILL)"])
@pytest.mark.one_in(2)
def test_a_command_that_ends_early_leaves_no_process_at_work(tmp_path: Path, end: str) -> None:
    work = f"""
def write():
    time.sleep(1.0)
    open({str(tmp_path / "late")!r}, "w").close()
with beside(write):
    {end}
"""
    done = subprocess.run([sys.executable, "-c", f"{BEGINS}{work}"], capture_output=True, check=False)
    assert done.returncode != 0
    done = subprocess.run([sys.executable, "-c", "import time; time.sleep(1.5)"], check=True)
    assert not (tmp_path / "late").exists()


def test_where_it_is_not_safe_or_not_allowed_the_work_is_done_here_when_it_is_asked_for() -> None:
    with beside(os.getpid) as found:  # others work in this process too
        assert found() == os.getpid()
    with beside(os.getpid, allowed=False) as found:
        assert found() == os.getpid()


def test_a_run_in_two_processes_gives_the_files_of_one(tmp_path: Path) -> None:
    digests = []
    for threads in ("1", "2"):
        command = [sys.executable, "-m", "popsim", "run", "example", "--scenarios", "60", "--threads", threads]
        command += ["--format", "html,docx,xlsx", "--out", str(tmp_path / threads)]
        day = {"SOURCE_DATE_EPOCH": "1790000000"}
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **day})
        assert done.returncode == 0, done.stderr
        files = sorted(path for path in (tmp_path / threads).rglob("*") if path.suffix in {".html", ".docx", ".csv"})
        digests.append({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files})
        assert (tmp_path / threads / "report.xlsx").is_file()
    assert digests[0] == digests[1]
