"""A run in object storage: the same bits as in a folder, damaged objects refused; the server is moto's, on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import popsim as ps
from popsim.engine.cluster import fill_store_on_cluster
from popsim.engine.simulation import Simulation
from popsim.engine.store import create_store, fill_store, open_store
from popsim.errors import FileError

from .clusters import local_cluster

pytestmark = pytest.mark.cluster

SCENARIOS, CHUNK = 3_000, 1_000


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """Name of a bucket that an S3 server of this process holds, known to s3fs here and in workers."""
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "of-a-test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        files = fsspec.filesystem("s3")
        files.mkdir("runs")
        yield "runs"
    server.stop()


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    plan = ps.compile(ps.load_study("example", {"scenarios.count": SCENARIOS}))
    return Simulation.of(plan, [("area",)])


def test_one_machine_and_two_workers_write_the_bits_of_a_run_in_memory(bucket: str, simulation: Simulation) -> None:
    whole = simulation.dataset(simulation.fill(0, SCENARIOS, threads=1))
    alone = create_store(f"s3://{bucket}/alone/ensemble.zarr", simulation, chunk=CHUNK)
    fill_store(simulation, alone, threads=1)
    assert alone.dataset().load().identical(whole)
    spread = create_store(f"s3://{bucket}/spread/ensemble.zarr", simulation, chunk=CHUNK)
    with local_cluster(2) as client:
        fill_store_on_cluster(simulation, spread, client)
    assert open_store(spread.path).dataset().load().identical(whole)
    assert spread.verify() == []


def test_a_damaged_object_is_refused_and_written_again(bucket: str, simulation: Simulation) -> None:
    import fsspec

    store = create_store(f"s3://{bucket}/damaged/ensemble.zarr", simulation, chunk=CHUNK)
    fill_store(simulation, store, threads=1)
    files = fsspec.filesystem("s3")
    victim = max(files.find(f"{bucket}/damaged/ensemble.zarr/cost_by_area"), key=files.size)
    content = bytearray(files.cat(victim))
    content[len(content) // 2] ^= 1
    files.pipe(victim, bytes(content))
    assert [each.file for each in store.verify()] == [f"s3://{victim}"]
    with pytest.raises(FileError, match="cost_by_area"):
        store.dataset()["cost_by_area"].load()
    assert len(store.discard_damaged()) == 1
    assert len(store.missing()) == 1
    fill_store(simulation, store, threads=1)
    whole = simulation.dataset(simulation.fill(0, SCENARIOS, threads=1))
    assert open_store(store.path).dataset().load().identical(whole)


def test_a_bucket_that_is_not_there_is_refused(bucket: str, simulation: Simulation) -> None:
    with pytest.raises(FileError, match="s3://no-such-bucket"):
        fill_store(simulation, create_store("s3://no-such-bucket/ensemble.zarr", simulation), threads=1)
