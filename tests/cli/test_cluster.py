"""`--scheduler`: a run on a cluster is that of one machine, in every file that holds numbers."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING, Any

import pytest

import popsim as ps
from popsim.engine import cluster
from popsim.engine.simulate import simulate
from popsim.engine.store import open_store
from tests.engine.clusters import local_cluster

if TYPE_CHECKING:
    from distributed import Client

Call = Callable[..., Any]
ASKED = ("run", "example", "--scenarios", "3000", "--no-drivers", "--no-assumptions", "--format", "md")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with local_cluster(2) as client:
        yield client


@pytest.mark.cluster
def test_a_run_on_a_cluster_is_that_of_one_machine(call: Call, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    address = client.scheduler.address
    assert call(*ASKED, "--out", "alone").status == 0
    spread = call(*ASKED, "--out", "spread", "--scheduler", address)
    assert spread.status == 0, spread.err
    assert len(open_store("spread/ensemble.zarr").ranges()) > 2
    assert ps.load_run("spread").dataset.load().identical(ps.load_run("alone").dataset)
    for name in ("summary.csv", "report.md"):
        assert Path("spread", name).read_bytes() == Path("alone", name).read_bytes()
    longer = call("extend", "spread", "--scenarios", "5000", "--scheduler", address)
    assert longer.status == 0, longer.err
    assert call("extend", "alone", "--scenarios", "5000").status == 0
    assert ps.load_run("spread").dataset.load().identical(ps.load_run("alone").dataset)


@pytest.mark.slow
def test_what_workers_finished_is_gone_on_with(call: Call, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cluster.fill_store_on_cluster
    begun: list[list[tuple[int, int]]] = []

    def interrupted(simulation: Any, store: Any, client: Any, progress: Any) -> None:
        def stop(done: int, wanted: int) -> None:
            begun.append(store.missing())
            raise KeyboardInterrupt

        whole(simulation, store, client, stop)

    address = client.scheduler.address
    with monkeypatch.context() as patched:
        patched.setattr(cluster, "fill_store_on_cluster", interrupted)
        stopped = call(*ASKED, "--scheduler", address)
    assert stopped.status == 130
    assert "popsim resume results/example" in stopped.err
    assert 0 < len(begun[0]) <= 3_000 // 512
    resumed = call("resume", "results/example", "--scheduler", address)
    assert resumed.status == 0, resumed.err
    wanted = simulate(ps.load_study("example", {"scenarios.count": 3_000}))["cost"]
    assert ps.load_run("results/example").dataset["cost"].load().equals(wanted)


@pytest.mark.cluster
def test_a_scheduler_that_is_lost_ends_the_run_and_keeps_what_is_finished(call: Call) -> None:
    """Scheduler and workers started by hand, as docs/how-to/cluster.md says; the run is gone on with without them."""
    dask = [sys.executable, "-m", "dask"]
    file = Path("scheduler.json")
    here = ["--host", "127.0.0.1", "--scheduler-file", str(file)]
    asked = [*ASKED, "--scenarios", "400000"]
    run = [sys.executable, "-m", "popsim", *asked, "--scheduler", str(file)]
    dashboards = ["--dashboard-address", "127.0.0.1:0"]
    with (
        _ended(subprocess.Popen([*dask, "scheduler", *here, "--port", "0", *dashboards], stderr=DEVNULL)) as scheduler,
        _ended(subprocess.Popen([*dask, "worker", *here, "--nthreads", "1", *dashboards], stderr=DEVNULL)),
        _ended(subprocess.Popen(run, stdout=PIPE, stderr=PIPE, text=True)) as running,
    ):
        _wait(lambda: len(_finished()) >= 2 or running.poll() is not None)
        scheduler.kill()
        out, err = running.communicate(timeout=60)
    kept = _finished()
    assert (running.returncode, out) == (2, ""), err
    assert "Traceback" not in err
    assert "no connection to the scheduler" in err
    assert "What is finished is kept. To go on, once that is mended: popsim resume results/example" in err
    assert 2 <= len(kept) < len(open_store("results/.example.unfinished/ensemble.zarr").ranges())
    resumed = call("resume", "results/example")
    assert resumed.status == 0, resumed.err
    wanted = simulate(ps.load_study("example", {"scenarios.count": 400_000}), breakdowns=())["cost"]
    assert ps.load_run("results/example").dataset["cost"].load().equals(wanted)
    assert {name: time for name, time in _finished("example").items() if name in kept} == kept


def _finished(folder: str = ".example.unfinished") -> dict[str, int]:
    """Return records of the ranges that are finished, each with when it was written."""
    records = Path("results", folder, "ensemble.zarr", "checksum").glob("c.*")
    return {path.name: path.stat().st_mtime_ns for path in records if path.suffix != ".partial"}


def _wait(until: Callable[[], bool]) -> None:
    for _ in range(1200):
        if until():
            return
        time.sleep(0.1)
    pytest.fail("nothing happened for two minutes")


@contextmanager
def _ended(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """Yield a process, and end it with all that it started."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=30)


def test_what_a_cluster_cannot_do_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = call(*ASKED, "--precision", "1%", "--scheduler", "tcp://127.0.0.1:1")
    assert (refused.status, refused.out) == (2, "")
    assert "a run to a precision" in refused.err
    monkeypatch.setitem(sys.modules, "distributed", None)
    refused = call(*ASKED, "--scheduler", "tcp://127.0.0.1:1")
    assert (refused.status, refused.out) == (2, "")
    assert "pip install 'popsim[cluster]'" in refused.err
    assert not [path for path in Path().rglob("*") if path.is_file()]
