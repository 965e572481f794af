"""Ctrl-C, SIGTERM and SIGHUP end a command soon, whatever it does, with a line that says how to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")

SOON = 10.0
"""Seconds: popsim promises two, and a machine that runs tests may be busy."""


LISTENING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
"""
"""Signals as a terminal leaves them: what runs in the background of a script inherits a switched-off Ctrl-C."""


def start(code: str, folder: Path) -> subprocess.Popen[str]:
    """Start a program that prints "ready" when a signal may be sent."""
    process = subprocess.Popen(
        [sys.executable, "-c", LISTENING + code],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.stdout.close()
    process.stdout = None
    return process


def told(process: subprocess.Popen[str], number: int) -> tuple[int, str, float]:
    """Send a signal; return the exit status, standard error, and the seconds until the end."""
    sent = time.monotonic()
    process.send_signal(number)
    try:
        _, err = process.communicate(timeout=60.0)
    finally:
        process.kill()
        process.wait()
    return process.returncode, err, time.monotonic() - sent


RUN = """
import popsim.engine.simulation as simulation
from popsim.cli.main import main
fill = simulation.fill
def told(*arguments, **options):
    if not told.is_told:
        fill(*arguments, **{**options, "progress": None, "out": None})  # compiled, and done once
        print("ready", flush=True)
        told.is_told = True
    while True:
        fill(*arguments, **options)
told.is_told = False
simulation.fill = told
import sys
sys.argv = ["popsim", "run", "example", "--scenarios", "2000", "--threads", %r]
main()
"""


@pytest.mark.parametrize(
    ("number", "threads"), [(signal.SIGINT, "2"), (signal.SIGTERM, "1"), (signal.SIGHUP, "2")], ids=str
)
@pytest.mark.one_in(3)
def test_a_signal_ends_a_run_that_draws(tmp_path: Path, number: int, threads: str) -> None:
    status, err, took = told(start(RUN % threads, tmp_path), number)
    assert status == 128 + number
    assert err.strip() == "Interrupted; what is finished is kept. To go on: popsim resume results/example"
    assert took < SOON
    assert [path.name for path in (tmp_path / "results").iterdir()] == [".example.unfinished"]


DEAF = """
import time
from popsim.cli import interruption
interruption.watch_signals()
is_ready = False
with interruption.resumable("popsim resume here"):
    while True:
        try:
            if not is_ready:
                is_ready = True
                print("ready", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""


def test_a_program_that_does_not_listen_ends_all_the_same(tmp_path: Path) -> None:
    status, err, took = told(start(DEAF, tmp_path), signal.SIGTERM)
    assert status == 128 + signal.SIGTERM
    assert err == "Interrupted; what is finished is kept. To go on: popsim resume here\n"
    assert took < SOON


def test_a_second_signal_is_answered_at_once(tmp_path: Path) -> None:
    process = start(DEAF.replace("watch_signals()", "PATIENCE = 600.0\ninterruption.watch_signals()"), tmp_path)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    assert told(process, signal.SIGINT)[0] == 128 + signal.SIGINT


@pytest.mark.slow
def test_a_signal_that_was_switched_off_stays_so(tmp_path: Path) -> None:
    """As `nohup` does."""
    code = "import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + DEAF
    process = start(code, tmp_path)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert process.poll() is None
    assert told(process, signal.SIGTERM)[0] == 128 + signal.SIGTERM
