"""A disk that is full is said, with exit status 2; nothing is lost, and the run goes on when there is room."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import popsim as ps
from popsim.engine.storage import Storage

RUN = ("run", "example", "--scenarios", "300", "--no-drivers", "--no-assumptions", "--format", "md")
FOLDER = Path("results", "example")


LIMITED = """
import resource, signal
# No file may be larger, as on a disk that is full.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2**18, resource.RLIM_INFINITY))
from popsim.cli.main import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="limits as POSIX has them")
def test_a_file_of_a_run_in_memory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *RUN], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "ensemble.nc" in done.stderr
    assert "to mend  make room" in done.stderr
    assert list(tmp_path.glob("results/*")) == []
    assert list(tmp_path.glob("results/.*")) == []


@pytest.mark.parametrize("files", [30, 100])
@pytest.mark.one_in(2)
def test_a_disk_that_fills_while_a_store_is_written_loses_nothing(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    wanted = ps.simulate(ps.load_study("example", {"scenarios.count": 300}))["cost"]
    monkeypatch.setattr("popsim.engine.memory.needed_in_memory", lambda *_: 2**60)
    monkeypatch.setattr("popsim.engine.store.range_length", lambda *_: 64)
    count, write = itertools.count(), Storage.put

    def full(self: Storage, key: str, parts: Any) -> None:
        if next(count) >= files:
            raise OSError(28, "No space left on device")
        write(self, key, parts)

    with monkeypatch.context() as patched:
        patched.setattr(Storage, "put", full)
        done = call(*RUN)
    assert (done.status, done.out) == (2, "")
    assert "No space left on device" in done.err
    assert not FOLDER.exists()
    kept = f"popsim resume {FOLDER}" in done.err
    assert call(*(("resume", str(FOLDER)) if kept else RUN)).status == 0
    assert ps.load_run(FOLDER).dataset["cost"].load().identical(wanted)
    assert [path.name for path in FOLDER.parent.iterdir()] == ["example"]


def test_a_document_that_cannot_be_written_is_said_and_the_run_goes_on(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("popsim.report.summary_csv.write_summary_csv", full)
        done = call(*RUN)
    assert (done.status, done.out) == (2, "")
    assert "standard output" not in done.err
    assert f"writing {FOLDER.absolute().with_name('.example.unfinished')}" in done.err
    assert call("resume", str(FOLDER)).status == 0
    assert [path.name for path in FOLDER.parent.iterdir()] == ["example"]
