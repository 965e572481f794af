"""The first run of all: a second process compiles the largest kernel, and nothing but time depends on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from popsim import compiled
from popsim.cli import first_run
from popsim.engine import threads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a second process is made on Linux alone")

SOON = 10.0
"""Seconds: popsim promises two, and a machine that runs tests may be busy."""

BEGINS = """
import atexit, json, os, signal, sys
import popsim.analysis.order
import popsim.cli.first_run as first_run
popsim.analysis.order._FEW = 0  # as if there were many scenarios
os.sched_getaffinity = lambda _: {0, 1}
here = os.getpid()
compile_largest = first_run.compile_largest

def tell():
    # How often each kernel was compiled by this process, and in how many kinds.
    from popsim.kernels import block, selection
    kernels = (block.fill_scenarios, selection.select_rows, selection.central_moments)
    counts = [[sum(each.stats.cache_misses.values()), len(each.signatures)] for each in kernels]
    print(json.dumps(counts), file=sys.stderr)
"""

RUN = """
from popsim.cli.main import main
atexit.register(tell)
sys.argv = ["popsim", "run", "example", "--scenarios", "60", "--threads", "2", "--format", "md"]
main()
"""

DESIGNS = """
import popsim as ps
atexit.register(tell)
for design in ("random", "latin", "sobol"):
    ps.simulate(ps.compile(ps.load_study("example", {"scenarios.count": 64, "scenarios.design": design})), threads=2)
ps.sample({"a": ps.Normal(0.0, 1.0)}, 10)
popsim.analysis.order.compile_selection()
"""

FALLS = """
def fall():
    if os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    compile_largest()
first_run.compile_largest = fall
"""

TELLS = """
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
def told():
    with open("begun", "w") as file:
        file.write(str(os.getpid()))
    os.rename("begun", "second")
    compile_largest()
first_run.compile_largest = told
"""


def start(folder: Path, code: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache"), "SOURCE_DATE_EPOCH": "1790000000"}
    return subprocess.Popen(
        [sys.executable, "-c", BEGINS + code],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def counts(folder: Path, code: str) -> list[list[int]]:
    """Return of fill_scenarios, select_rows and central_moments how often they were compiled, and in how many kinds."""
    process = start(folder, code)
    _, err = process.communicate(timeout=300.0)
    assert process.returncode == 0, err
    found: list[list[int]] = json.loads(err.splitlines()[-1])
    return found


def summary(folder: Path) -> bytes:
    return (folder / "results" / "example" / "summary.csv").read_bytes()


def is_noted(folder: Path) -> bool:
    return len(list((folder / "cache").glob("kernels-*/compiled-*"))) == 1


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[int]]]:
    folder = tmp_path_factory.mktemp("first")
    return folder, counts(folder, RUN)


def test_a_first_run_does_not_compile_what_the_second_process_has_compiled(
    first: tuple[Path, list[list[int]]],
) -> None:
    folder, (largest, *selection) = first
    assert largest == [0, 1], "arrays that the second process compiles for are not those of a run"
    assert selection == [[1, 1], [1, 1]]
    assert is_noted(folder)


@pytest.mark.slow
def test_after_a_first_run_nothing_is_compiled(first: tuple[Path, list[list[int]]]) -> None:
    folder, _ = first
    assert counts(folder, DESIGNS) == [[0, 1], [0, 1], [0, 1]]
    before = summary(folder)
    no_second_process = "first_run._compiling = None\n"  # to begin one would fail
    assert counts(folder, no_second_process + RUN) == [[0, 1], [0, 1], [0, 1]]
    assert summary(folder) == before


@pytest.mark.slow
def test_a_second_process_that_is_killed_changes_nothing(tmp_path: Path, first: tuple[Path, list[list[int]]]) -> None:
    assert counts(tmp_path, FALLS + RUN)[0] == [1, 1]
    assert summary(tmp_path) == summary(first[0])


def test_a_second_process_that_fails_notes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("no compiler")

    monkeypatch.setattr(threads, "compile_fill", fail)
    monkeypatch.setattr(compiled, "kernels_folder", lambda: tmp_path)
    first_run.compile_largest()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=str)
@pytest.mark.one_in(3)
def test_the_second_process_ends_with_the_first(tmp_path: Path, number: signal.Signals) -> None:
    process = start(tmp_path, TELLS + RUN)
    second = tmp_path / "second"
    while not second.exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(1.0)
    assert is_running(int(second.read_text()))
    sent = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=60.0)
    assert process.returncode in {-number, 128 + number}
    while is_running(int(second.read_text())):
        assert time.monotonic() - sent < SOON
        time.sleep(0.01)
    assert time.monotonic() - sent < SOON


def is_running(number: int) -> bool:
    try:
        state = Path("/proc", str(number), "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def test_what_was_edited_or_installed_since_counts_as_not_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "block.py"
    source.write_text("x = 1")
    monkeypatch.setattr(compiled, "KERNELS", tmp_path)
    monkeypatch.setattr(compiled, "kernels_folder", lambda: tmp_path)
    assert not compiled.are_compiled()
    compiled.note_compiled()
    assert compiled.are_compiled()
    os.utime(source, (1, 1))
    assert not compiled.are_compiled()


def test_it_is_asked_without_numba() -> None:
    code = "import sys; from popsim.compiled import are_compiled; are_compiled(); print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
