"""Scenarios that workers of a cluster compute are those of one machine, whatever happens to the workers."""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from time import sleep
from typing import TYPE_CHECKING

import dask
import pytest

import popsim as ps
from popsim.engine.cluster import connected, fill_store_on_cluster
from popsim.engine.simulation import Simulation
from popsim.engine.store import Store, create_store, open_store
from popsim.engine.store_arrays import CHECKSUM
from popsim.errors import ClusterError

from .clusters import local_cluster

if TYPE_CHECKING:
    from distributed import Client

SCENARIOS, CHUNK = 10_000, 1_000


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with local_cluster(2) as client:
        yield client


@pytest.fixture(scope="module")
def study() -> ps.Study:
    return ps.load_study("example", {"scenarios.count": SCENARIOS})


@pytest.fixture(scope="module")
def simulation(study: ps.Study) -> Simulation:
    return Simulation.of(ps.compile(study), [("area",), ("year",)])


@pytest.fixture
def store(simulation: Simulation, tmp_path: Path) -> Store:
    return create_store(tmp_path / "ensemble.zarr", simulation, chunk=CHUNK)


def records(store: Store) -> dict[str, tuple[int, int]]:
    """Return the record of each finished range, which is written last: which file it is, and when it was written."""
    found = {path.name: path.stat() for path in Path(store.path, CHECKSUM).glob("c.*.0")}
    return {name: (each.st_ino, each.st_mtime_ns) for name, each in found.items()}


def test_a_worker_that_is_killed_changes_no_bit(
    client: Client, simulation: Simulation, store: Store, tmp_path: Path
) -> None:
    told, finished = [], {}

    def kill_one(done: int, wanted: int) -> None:
        told.append((done, wanted))
        if len(told) == 3:
            finished.update(records(store))
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

    fill_store_on_cluster(simulation, store, client, kill_one)
    assert told == [(done, SCENARIOS) for done in range(CHUNK, SCENARIOS + 1, CHUNK)], "each range counts once"
    assert store.missing() == []
    whole = simulation.dataset(simulation.fill(0, SCENARIOS, threads=1))
    assert store.dataset().load().identical(whole)
    after = records(store)
    assert {name: after[name] for name in finished} == finished, "what was finished is not written again"
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.slow
def test_a_range_counts_though_its_worker_ends_before_the_client_looks(simulation: Simulation, store: Store) -> None:
    """Then dask calls its future lost, until it was computed again on another worker."""
    told = []

    def statuses() -> set[str]:
        return {state.status for key, state in list(client.futures.items()) if key.startswith("scenarios-")}

    def wait_for(status: str) -> None:
        for _ in range(600):
            if status in (found := statuses()) and (status == "lost" or len(found) == 1):
                return
            sleep(0.05)
        raise AssertionError(f"no future became {status}")

    def end_all(done: int, wanted: int) -> None:
        told.append(done)
        if len(told) == 1:
            wait_for("finished")
            sleep(1)  # the numbers come after that
            for pid in client.run(os.getpid).values():
                os.kill(pid, signal.SIGKILL)
            wait_for("lost")

    with local_cluster(2) as client:  # of its own: others need not wait until all of its workers are back
        fill_store_on_cluster(simulation, store, client, end_all)
    assert told == list(range(CHUNK, SCENARIOS + 1, CHUNK))
    assert store.dataset().load().identical(simulation.dataset(simulation.fill(0, SCENARIOS, threads=1)))


@pytest.mark.cluster
def test_workers_killed_at_random_moments_change_no_bit(client: Client, tmp_path: Path) -> None:
    simulation = Simulation.of(
        ps.compile(ps.load_study("example", {"scenarios.count": CHUNK * 100})), [("area",), ("year",)]
    )
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=CHUNK)
    random, told = Random(7), []
    moments = set(random.sample(range(1, 90), 8))

    def kill(done: int, wanted: int) -> None:
        told.append(done)
        if len(told) in moments:
            with suppress(IndexError, OSError):  # the other one may just have ended as well
                os.kill(random.choice(list(client.run(os.getpid).values())), signal.SIGKILL)

    fill_store_on_cluster(simulation, store, client, kill)
    assert told == list(range(CHUNK, 100 * CHUNK + 1, CHUNK))
    assert store.dataset().load().identical(simulation.dataset(simulation.fill(0, 100 * CHUNK, threads=1)))


def test_ranges_that_the_store_has_are_not_computed_again(
    client: Client, simulation: Simulation, store: Store, tmp_path: Path
) -> None:
    for start, stop in store.missing()[::3]:
        store.write(start, stop, simulation.fill(start, stop, threads=1))
    kept, told = records(store), []
    fill_store_on_cluster(simulation, store, client, lambda done, wanted: told.append(done))
    assert told[0] == 5 * CHUNK
    after = records(store)
    assert len(kept) == 4
    assert {name: after[name] for name in kept} == kept
    whole = simulation.dataset(simulation.fill(0, SCENARIOS, threads=1))
    assert store.dataset().load().identical(whole)
    fill_store_on_cluster(simulation, store, client, lambda done, wanted: told.append(done))
    assert records(store) == after


def test_a_store_that_no_worker_can_reach_is_refused_as_on_one_machine(
    client: Client, simulation: Simulation, store: Store, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "ensemble.zarr")
    (tmp_path / "ensemble.zarr").write_text("not a store")
    with pytest.raises(ps.PopsimError, match=r"ensemble\.zarr"):
        fill_store_on_cluster(simulation, store, client)


def test_workers_of_another_version_are_refused_all_at_once(
    client: Client, simulation: Simulation, store: Store
) -> None:
    def become(version: str) -> None:
        import popsim.version
        from popsim.engine import cluster

        popsim.version.__version__ = cluster.__version__ = version

    client.wait_for_workers(2)  # one that another test ended may not be back
    client.run(become, "0.0.1")
    with pytest.raises(ClusterError) as refused:
        fill_store_on_cluster(simulation, store, client)
    client.run(become, ps.__version__)
    assert [each.found for each in refused.value.problems] == ["popsim 0.0.1"] * 2
    assert f"popsim {ps.__version__}, as here" in str(refused.value)
    assert len(store.missing()) == SCENARIOS // CHUNK


def test_simulate_gives_the_bits_of_one_machine(client: Client, study: ps.Study, tmp_path: Path) -> None:
    path = tmp_path / "spread.zarr"
    spread = ps.simulate(study, store=path, client=client)
    assert spread["cost"].chunks is not None
    assert spread.load().identical(ps.simulate(study))
    before = records(open_store(path))
    assert ps.simulate(study, store=path, client=client).load().identical(spread)
    assert records(open_store(path)) == before


def test_a_client_that_cannot_be_used_is_refused(client: Client, study: ps.Study, tmp_path: Path) -> None:
    from distributed import Client

    with pytest.raises(ps.ParameterError, match="a store, to which the workers of a client write"):
        ps.simulate(study, client=client)
    with pytest.raises(ps.ParameterError, match="a client of dask"):
        ps.simulate(study, client="tcp://127.0.0.1:8786", store=tmp_path / "no.zarr")
    other = Client(client.scheduler.address, set_as_default=False)
    other.close()
    with pytest.raises(ps.ParameterError, match="a client that is closed"):
        ps.simulate(study, client=other, store=tmp_path / "no.zarr")
    assert not list(tmp_path.iterdir())


@pytest.mark.cluster
def test_workers_that_end_again_and_again_are_told_apart_from_wrong_input(simulation: Simulation, store: Store) -> None:
    def end(done: int, wanted: int) -> None:
        if done == CHUNK:
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        local_cluster(1) as client,
        pytest.raises(ClusterError, match="1 workers ended while they computed the same scenarios"),
    ):
        fill_store_on_cluster(simulation, store, client, end)
    assert 0 < len(store.missing()) < SCENARIOS // CHUNK


def test_an_interruption_keeps_what_is_finished(client: Client, simulation: Simulation, store: Store) -> None:
    def interrupt(done: int, wanted: int) -> None:
        if done == 2 * CHUNK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill_store_on_cluster(simulation, store, client, interrupt)
    assert SCENARIOS // CHUNK - len(store.missing()) >= 2
    fill_store_on_cluster(simulation, store, client)
    whole = simulation.dataset(simulation.fill(0, SCENARIOS, threads=1))
    assert store.dataset().load().identical(whole)


def test_a_client_connects_by_address_and_by_file(client: Client, tmp_path: Path) -> None:
    address = client.scheduler.address
    file = tmp_path / "scheduler.json"
    file.write_text(json.dumps({"address": address}))
    for each in (address, str(file)):
        with connected(each) as other:
            assert other.scheduler.address == address


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "no-such-file.json", "udp://127.0.0.1:1"])
def test_an_address_without_a_scheduler_is_refused(address: str) -> None:
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}),
        pytest.raises(ClusterError, match=f"--scheduler {address}"),
        connected(address),
    ):
        pass


def test_nothing_is_left_of_a_client_that_found_no_scheduler() -> None:
    """Python would come upon it at any moment, and dask closes it then: it waits for ever while another one begins."""

    import distributed

    def clients() -> int:
        return sum(isinstance(each, distributed.Client) for each in gc.get_objects())

    before = clients()
    gc.disable()
    try:
        test_an_address_without_a_scheduler_is_refused("tcp://127.0.0.1:1")
        assert clients() == before
    finally:
        gc.enable()


def test_without_dask_distributed_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'popsim\[cluster\]'"), connected("tcp://127.0.0.1:8786"):
        pass
