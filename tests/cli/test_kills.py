"""`kill -9` at random moments: whatever is killed goes on, and ends with the bytes of what nobody killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytestmark = [pytest.mark.kills, pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")]
# Kills at chosen operations on files, which take less time, are in test_resume.py.

PROGRAM = """
import popsim.engine.memory, popsim.engine.store
if %r:
    # As if memory were short, and ranges small: so there is much to be lost.
    popsim.engine.memory.needed_in_memory = lambda *_: 2**60
    popsim.engine.store.range_length = lambda *_: 512
from popsim.cli.main import main
main()
"""
BESIDE = ("--no-drivers", "--no-assumptions", "--format", "md")
RUN = ("run", "example", "--scenarios", "3000", *BESIDE)
SHORTER = ("run", "example", "--scenarios", "1300", *BESIDE)
EXTEND = ("extend", "results/example", "--scenarios", "3000")
RESUME = ("resume", "results/example")


class Killer:
    """Calls commands in a folder of its own, and kills them."""

    def __init__(self, folder: Path, streamed: bool, seed: int) -> None:
        self.folder = folder
        self._program = PROGRAM % streamed
        self._random = np.random.default_rng(seed)
        self.seconds = 0.0
        """What a command takes that is not killed."""

    @property
    def run(self) -> Path:
        return self.folder / "results" / "example"

    def start(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", self._program, *command],
            cwd=self.folder,
            env={**os.environ, "SOURCE_DATE_EPOCH": "86400"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def call(self, command: tuple[str, ...]) -> int:
        began = time.monotonic()
        status = self.start(command).wait()
        self.seconds = time.monotonic() - began
        return status

    def kill_once(self, command: tuple[str, ...]) -> bool:
        """Kill a command at a random moment; return whether it was killed before its end."""
        process = self.start(command)
        try:
            process.wait(self._random.uniform(0.0, self.seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return True
        return False

    def content(self) -> dict[str, bytes]:
        files = [path for path in sorted(self.run.rglob("*")) if path.is_file()]
        return {path.relative_to(self.run).as_posix(): path.read_bytes() for path in files}


def check_kills(folder: Path, first: tuple[str, ...], streamed: bool, kills: int) -> None:
    killer = Killer(folder, streamed, seed=kills)
    shorter = folder / "shorter"
    if first == EXTEND:
        assert killer.call(SHORTER) == 0
        shutil.copytree(killer.run, shorter)
    assert killer.call(first) == 0
    whole = killer.content()
    assert whole
    killed = 0
    while killed < kills:
        shutil.rmtree(killer.run)
        if first == EXTEND:
            shutil.copytree(shorter, killer.run)
        command = first
        while killed < kills and killer.kill_once(command):
            killed += 1
            # An extension leaves the old run alone, and a killed swap is completed by whoever comes next.
            command = RESUME if (killer.run.parent / ".example.unfinished" / "request.json").exists() else first
        if killer.call(command):
            assert killer.call(first) == 0
        assert killer.content() == whole
        assert [path.name for path in killer.run.parent.iterdir()] == ["example"]


@pytest.mark.parametrize("streamed", [False, True], ids=["memory", "store"])
@pytest.mark.parametrize("first", [RUN, EXTEND], ids=["run", "extend"])
def test_many_kills_lose_nothing(tmp_path: Path, first: tuple[str, ...], streamed: bool) -> None:
    check_kills(tmp_path, first, streamed, kills=25)
