"""Scenarios in a Zarr store: the same bits as in memory, whatever the ranges, their order and what was interrupted."""

from __future__ import annotations

import dataclasses
import itertools
import pickle
import random
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import popsim as ps
from popsim.engine.breakdowns import read_breakdowns, scope_of
from popsim.engine.simulate import simulation_of as run_of
from popsim.engine.simulation import Simulation
from popsim.engine.storage import Storage
from popsim.engine.store import Store, create_store, fill_store, open_store, range_length
from popsim.errors import FileError, ParameterError, RunError

BREAKDOWNS = ("area", ("country", "year"))
COUNT = 700


@cache
def simulation_of(study: str = "example", **changes: object) -> Simulation:
    plan = ps.compile(ps.load_study(study))
    plan = plan.with_sampling(plan.sampling.changed(**{"scenarios": COUNT, **changes}))
    return Simulation.of(plan, read_breakdowns(BREAKDOWNS, scope_of((plan, *plan.alternatives)).labels))


def in_memory(simulation: Simulation) -> xr.Dataset:
    sampling = simulation.sampling
    return ps.simulate(
        simulation.plan,
        scenarios=sampling.count,
        seed=sampling.seed,
        design=sampling.design,
        first_scenario=sampling.first,
        breakdowns=BREAKDOWNS,
    )


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulation_of()


@pytest.fixture(scope="module")
def wanted(simulation: Simulation) -> xr.Dataset:
    return in_memory(simulation)


@pytest.fixture
def store(simulation: Simulation, tmp_path: Path) -> Store:
    """A finished store of ranges of 256, 256 and 188 scenarios."""
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=256)
    fill_store(simulation, store, threads=2)
    return store


def files_of(store: Store, variable: str) -> list[Path]:
    return sorted(Path(store.path, variable).glob("c.*"))


@pytest.mark.parametrize(
    ("design", "chunk"), [("random", 100), ("random", None), ("latin", 512), ("sobol", 100), ("sobol", None)]
)
@pytest.mark.one_in(2)
def test_a_store_has_the_bits_and_labels_of_a_run_in_memory(design: str, chunk: int | None, tmp_path: Path) -> None:
    simulation = simulation_of(design=design)
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=chunk)
    fill_store(simulation, store, threads=2)
    found, wanted = store.dataset(), in_memory(simulation)
    xr.testing.assert_identical(found, wanted)
    assert list(found.variables) == list(wanted.variables)
    assert {name: each.dtype for name, each in found.variables.items()} == {
        name: each.dtype for name, each in wanted.variables.items()
    }


def test_options_that_share_draws_are_stored_alike(tmp_path: Path) -> None:
    plan = ps.compile(ps.load_study("pops"))
    plan = plan.with_sampling(plan.sampling.changed(scenarios=300))
    simulation = Simulation.of(plan, [("region",)])
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=128)
    fill_store(simulation, store, threads=2)
    xr.testing.assert_identical(store.dataset(), ps.simulate(plan, scenarios=300, breakdowns=["region"]))


def test_a_part_of_a_longer_run_keeps_its_numbers(tmp_path: Path) -> None:
    simulation = simulation_of(first_scenario=1000)
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=256)
    assert store.ranges() == [(1000, 1256), (1256, 1512), (1512, 1700)]
    fill_store(simulation, store, threads=1)
    xr.testing.assert_identical(store.dataset(), in_memory(simulation))


def test_an_object_storage_holds_the_same(simulation: Simulation, wanted: xr.Dataset, tmp_path: Path) -> None:
    store = create_store(f"memory://{tmp_path.name}/ensemble.zarr", simulation, chunk=256)
    assert store.missing() == store.ranges()
    fill_store(simulation, store, threads=1)
    xr.testing.assert_identical(open_store(store.path).dataset(), wanted)
    assert store.verify() == []


def test_a_file_that_an_object_storage_lost_is_an_error(
    simulation: Simulation, wanted: xr.Dataset, tmp_path: Path
) -> None:
    """Zarr reads it as NaN, which would be a number like any other to what is computed from it."""
    store = create_store(f"memory://{tmp_path.name}/ensemble.zarr", simulation, chunk=256)
    fill_store(simulation, store, threads=1)
    lost = [name for name in store.storage.files() if name.startswith("cost_by_country_year/c.")][1]
    store.storage.remove(lost)
    with pytest.raises(FileError, match="cost_by_country_year"):
        store.dataset()["cost_by_country_year"].load()
    xr.testing.assert_identical(store.dataset()["cost"], wanted["cost"])


def test_ranges_come_in_any_order(simulation: Simulation, wanted: xr.Dataset, tmp_path: Path) -> None:
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=200)
    for start, stop in reversed(store.ranges()):
        store.write(start, stop, simulation.fill(start, stop, threads=1))
    xr.testing.assert_identical(store.dataset(), wanted)


def test_what_is_finished_is_not_computed_again(
    simulation: Simulation, wanted: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=128)
    for start, stop in store.ranges()[1:3]:
        store.write(start, stop, simulation.fill(start, stop, threads=1))
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=64)
    assert store.chunk == 128
    computed = []
    fill = Simulation.fill
    monkeypatch.setattr(Simulation, "fill", lambda self, *given: (computed.append(given[:2]), fill(self, *given))[1])
    told: list[tuple[int, int]] = []
    fill_store(simulation, store, 1, lambda done, of: told.append((done, of)))
    assert computed == [store.ranges()[0], *store.ranges()[3:]]
    assert min(told) > (256, COUNT)
    assert told[-1] == (COUNT, COUNT)
    fill_store(simulation, store, 1)
    assert len(computed) == len(store.ranges()) - 2
    xr.testing.assert_identical(store.dataset(), wanted)


def test_a_store_that_lacks_ranges_gives_no_dataset(simulation: Simulation, tmp_path: Path) -> None:
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=256)
    store.write(0, 256, simulation.fill(0, 256, threads=1))
    with pytest.raises(RunError, match=r"2 of 3 ranges of scenarios missing"):
        store.dataset()
    with pytest.raises(ParameterError, match="one of the ranges of 256"):
        store.write(1, 256, simulation.fill(1, 256, threads=1))


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A number of files after which the disk is full; negative for never."""
    left = [-1]
    whole = Storage.put

    def put(self: Storage, key: str, parts: Iterable[bytes]) -> None:
        if left[0] == 0:
            # In the middle of the file.
            parts = itertools.chain(itertools.islice(parts, 1), full())
        else:
            left[0] -= 1
        whole(self, key, parts)

    def full() -> Iterator[bytes]:
        raise OSError(28, "No space left on device")
        yield b""

    monkeypatch.setattr(Storage, "put", put)
    yield left
    left[0] = -1


def test_after_every_failure_to_write_the_store_goes_on(
    simulation: Simulation, wanted: xr.Dataset, tmp_path: Path, failing: list[int]
) -> None:
    for many in itertools.count(0, 11):
        path = tmp_path / str(many) / "ensemble.zarr"
        failing[0] = many
        try:
            fill_store(simulation, create_store(path, simulation, chunk=512), threads=1)
        except FileError:
            failing[0] = -1
            fill_store(simulation, create_store(path, simulation, chunk=512), threads=1)
            xr.testing.assert_identical(open_store(path).dataset(), wanted)
        else:
            break
    assert many > 50


def test_a_full_disk_is_named(simulation: Simulation, tmp_path: Path, failing: list[int]) -> None:
    failing[0] = 3
    with pytest.raises(FileError, match="No space left on device"):
        create_store(tmp_path / "ensemble.zarr", simulation)


@pytest.mark.parametrize(("room", "fits"), [(0.95, False), (1.05, True)])
def test_a_disk_without_room_for_all_ends_the_run_early_and_keeps_what_is_finished(
    room: float, fits: bool, simulation: Simulation, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = sum(each.stat().st_size for name in store.variables for each in Path(store.path, name).glob("c.*"))
    free = int(room * whole * 444 / COUNT)  # 256 of 700 scenarios are finished when the disk is looked at
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(total=2**40, free=free))
    begun = create_store(tmp_path / "begun.zarr", simulation, chunk=256)
    if fits:
        fill_store(simulation, begun, threads=1)
        assert not begun.missing()
        return
    with pytest.raises(FileError, match=r"(?s)free on this disk.*444 more scenarios") as refused:
        fill_store(simulation, begun, threads=1)
    assert "what is finished is kept" in str(refused.value)
    assert begun.missing() == [(256, 512), (512, 700)]


def test_what_a_killed_process_left_is_removed(simulation: Simulation, tmp_path: Path) -> None:
    path = tmp_path / "ensemble.zarr"
    path.mkdir()
    Path(path, ".zarr.json.0123.partial").write_bytes(b"half")
    store = create_store(path, simulation)
    Path(path, "cost", ".c.0.1.0123.partial").write_bytes(b"half")
    fill_store(simulation, store, threads=1)
    assert not list(path.rglob("*.partial"))


FILLED = """
import sys
import popsim as ps
from popsim.engine.simulate import simulation_of
from popsim.engine.store import create_store, fill_store
simulation = simulation_of(ps.load_study("example"), 20_000, breakdowns=["area"])
fill_store(simulation, create_store(sys.argv[1], simulation, chunk=512), 2)
"""


def test_a_killed_process_loses_only_what_was_not_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ensemble.zarr"
    study = ps.load_study("example")
    simulation = run_of(study, 20_000, breakdowns=["area"])
    finished: set[tuple[int, int]] = set()
    for more in (1, 17):
        process = subprocess.Popen([sys.executable, "-c", FILLED, str(path)])
        while process.poll() is None and len(list(path.glob("checksum/c.*.0"))) < len(finished) + more:
            time.sleep(0.002)
        process.kill()
        process.wait()
        store = open_store(path)
        now = set(store.ranges()) - set(store.missing())
        assert finished < now
        assert store.verify() == []
        finished = now
    computed = []
    fill = Simulation.fill
    monkeypatch.setattr(Simulation, "fill", lambda self, *given: (computed.append(given[:2]), fill(self, *given))[1])
    fill_store(simulation, store, threads=2)
    assert set(computed) == set(store.ranges()) - finished
    xr.testing.assert_identical(store.dataset(), ps.simulate(study, scenarios=20_000, breakdowns=["area"]))


def spoil(path: Path, how: str) -> None:
    if how == "missing":
        path.unlink()
    elif how == "shortened":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // (2 if how == "changed in the middle" else 40)] ^= 16
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["missing", "shortened", "changed in the middle", "changed at the start"])
@pytest.mark.one_in(2)
def test_damage_is_an_error_and_can_be_mended(
    how: str, simulation: Simulation, wanted: xr.Dataset, store: Store
) -> None:
    path = files_of(store, "cost_by_country_year")[1]
    spoil(path, how)
    (problem,) = store.verify()
    assert problem.file == str(path)
    with pytest.raises(FileError, match=path.name):
        store.dataset()["cost_by_country_year"].load()
    xr.testing.assert_identical(store.dataset()["cost"], wanted["cost"])

    assert len(store.discard_damaged()) == 1
    assert store.missing() == store.ranges()[1:2]
    fill_store(simulation, store, threads=1)
    assert store.verify() == []
    xr.testing.assert_identical(store.dataset(), wanted)


def test_a_damaged_record_is_noticed(simulation: Simulation, store: Store) -> None:
    spoil(Path(store.path, "checksum", "c.2.0"), "changed in the middle")
    (problem,) = store.discard_damaged()
    assert "checksum/c.2.0" in problem.file
    assert store.missing() == store.ranges()[2:]


def test_a_damaged_description_is_an_error(store: Store) -> None:
    spoil(Path(store.path, "option_name", "c.0"), "missing")
    with pytest.raises(FileError, match="option_name"):
        store.dataset()
    Path(store.path, "zarr.json").write_text("{")
    with pytest.raises(FileError, match=r"ensemble\.zarr"):
        open_store(store.path)


def test_a_store_of_something_else_is_left_alone(simulation: Simulation, store: Store, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="plan_digest"):
        create_store(store.path, simulation_of(seed=3))
    with pytest.raises(RunError, match="sampling"):
        create_store(store.path, simulation_of(scenarios=COUNT + 1))
    with pytest.raises(RunError, match="variables"):
        create_store(store.path, Simulation.of(simulation.plan, []))
    assert store.verify() == []
    assert store.missing() == []
    Path(tmp_path, "letters").mkdir()
    Path(tmp_path, "letters", "one.txt").write_text("Dear Sir")
    with pytest.raises(RunError, match=r"one\.txt"):
        create_store(tmp_path / "letters", simulation)
    with pytest.raises(RunError, match="no store"):
        open_store(tmp_path / "letters")
    with pytest.raises(FileError):
        create_store(tmp_path / "letters" / "one.txt" / "ensemble.zarr", simulation)


def test_variables_are_added_to_a_store(store: Store, wanted: xr.Dataset) -> None:
    scenario = np.arange(COUNT, dtype=float)
    added = wanted.assign(
        cost_countries_independent=("scenario", scenario, {"units": "USD"}),
        driver_share=(("option", "driver"), np.ones((wanted.sizes["option"], 2))),
        rare=((), 0.25),
    ).assign_coords(driver=["prices", "needs"], driver_name=("driver", ["Prices", "Needs"]))
    added = added.assign_attrs(date="2026-01-01", precision=np.float64(0.005))
    store.add(added.chunk({"scenario": 90}))
    xr.testing.assert_identical(open_store(store.path).dataset(), added)

    again = xr.Dataset({"driver_share": (("option", "driver"), np.zeros((wanted.sizes["option"], 2)))})
    store.add(again.assign_coords(driver=["needs", "prices"]))
    found = store.dataset()
    assert found["driver"].values.tolist() == ["needs", "prices"]
    assert not found["driver_share"].any()
    xr.testing.assert_identical(found["cost_by_area"], wanted["cost_by_area"])
    with pytest.raises(ParameterError, match="699 scenarios"):
        store.add(wanted.isel(scenario=slice(1, None)))


def test_adding_is_whole_or_not_at_all(store: Store, wanted: xr.Dataset, failing: list[int]) -> None:
    labels = [f"driver {i}" for i in range(3)]
    added = xr.Dataset({"share": ("driver", np.ones(3)), "error": ("driver", np.ones(3))}, {"driver": labels})
    for many in itertools.count():
        failing[0] = many
        try:
            store.add(added)
        except FileError:
            failing[0] = -1
            xr.testing.assert_identical(open_store(store.path).dataset(), wanted)
        else:
            break
    assert many > 5
    xr.testing.assert_identical(store.dataset(), wanted.merge(added))


def test_xarray_opens_a_store_by_itself(store: Store, wanted: xr.Dataset) -> None:
    found = xr.open_zarr(store.path, consolidated=False)
    np.testing.assert_array_equal(found["cost_by_area"], wanted["cost_by_area"])
    np.testing.assert_array_equal(found["scenario"], wanted["scenario"])
    assert set(found.coords) == set(wanted.coords)
    assert found["cost"].attrs == wanted["cost"].attrs


def test_files_hold_what_zarr_writes(simulation: Simulation, tmp_path: Path) -> None:
    # Zarr itself writes to object storage; there pieces have another order in a file, and files other checksums.
    folder, objects = (
        create_store(path, simulation, chunk=100)
        for path in (tmp_path / "ensemble.zarr", f"memory://{tmp_path.name}/ensemble.zarr")
    )
    for store in (folder, objects):
        fill_store(simulation, store, threads=2)
    read, wanted = (xr.open_zarr(store.path, consolidated=False).load() for store in (folder, objects))
    xr.testing.assert_identical(read.drop_vars("checksum"), wanted.drop_vars("checksum"))
    assert folder.verify() == objects.verify() == []


def test_one_output_is_one_dask_chunk(store: Store) -> None:
    cost = store.dataset()["cost"]
    assert cost.data.numblocks == (cost.sizes["option"], 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_part_is_read_as_from_memory(data: st.DataObject, read: xr.Dataset, wanted: xr.Dataset) -> None:
    name = data.draw(st.sampled_from(["cost", "cost_by_area", "cost_by_country_year"]))
    part = {}
    for dim, length in wanted[name].sizes.items():
        whole, one = st.just(slice(None)), st.integers(-length, length - 1)
        some = st.slices(length)
        part[dim] = data.draw(st.one_of(whole, one, some))
    np.testing.assert_array_equal(read[name].isel(part).values, wanted[name].isel(part).values)


@pytest.fixture(scope="module")
def read(simulation: Simulation, tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    """A store whose pieces hold several outputs, in ranges of 60 scenarios."""
    store = create_store(tmp_path_factory.mktemp("read") / "ensemble.zarr", simulation, chunk=60)
    fill_store(simulation, store, threads=2)
    return store.dataset()


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chunk=st.integers(50, 800),
    count=st.integers(1, 300),
    first=st.integers(0, 10**9),
    stopped=st.integers(0, 6),
    order=st.randoms(use_true_random=False),
)
def test_ranges_order_and_interruptions_change_no_bit(
    chunk: int, count: int, first: int, stopped: int, order: random.Random
) -> None:
    simulation = simulation_of(scenarios=count, first_scenario=first)
    store = create_store(f"memory://{uuid.uuid4()}/ensemble.zarr", simulation, chunk=chunk)
    ranges = store.ranges()
    order.shuffle(ranges)
    for start, stop in ranges[:stopped]:
        store.write(start, stop, simulation.fill(start, stop, threads=1))
    fill_store(simulation, open_store(store.path), threads=1)
    xr.testing.assert_identical(store.dataset(), in_memory(simulation))


def test_a_store_is_opened_anew_by_another_process(store: Store, wanted: xr.Dataset) -> None:
    there = pickle.loads(pickle.dumps(store))
    assert there == store
    xr.testing.assert_identical(pickle.loads(pickle.dumps(store.dataset())), wanted)


def test_ranges_fit_the_memory(simulation: Simulation) -> None:
    plan = ps.compile(ps.load_study("pops"))
    many = dataclasses.replace(plan.sampling, count=10**6)
    pops = Simulation.of(plan.with_sampling(many), [("country", "area")])
    assert pops.outputs > 10_000
    for memory in (2**28, 2**30, 2**33):
        length = range_length(pops, memory)
        assert length == 512 or 8 * length * pops.outputs <= memory // 8
        assert length & (length - 1) == 0
    assert range_length(pops, 2**33) > range_length(pops)


def test_a_dataset_reads_on_when_its_store_is_moved(store: Store, wanted: xr.Dataset, tmp_path: Path) -> None:
    dataset = store.dataset()
    # Some variables were read before, so that readers keep what they can keep.
    dataset[["cost", "cost_by_area"]].compute()
    (tmp_path / "ensemble.zarr").rename(tmp_path / "moved.zarr")
    store.move(tmp_path / "moved.zarr")
    xr.testing.assert_identical(dataset.load(), wanted)


@pytest.mark.parametrize("name", ["pops", "example"])
def test_variables_of_a_store_have_common_chunks(name: str, tmp_path: Path) -> None:
    # So that xarray tells the chunks of the dataset, and does not ask to unify them.
    dataset = ps.simulate(ps.load_study(name), scenarios=600, store=tmp_path / "ensemble.zarr")
    assert set(dataset.chunks) > {"option", "scenario", "area", "year"}
    assert all(variable.chunks is not None for variable in dataset.data_vars.values() if "scenario" in variable.dims)
