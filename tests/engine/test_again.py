"""A longer run from a shorter one, and a run repeated from its plan: the bits of a run from the start."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.engine.again import extended, repeat, take_known
from popsim.engine.simulate import simulation_of
from popsim.engine.store import Store, create_store, fill_store, open_store
from popsim.errors import RunError
from popsim.plan import Plan

SHORT, LONG, CHUNK = 1_300, 3_000, 512


@pytest.fixture(scope="module")
def plan() -> Plan:
    return ps.compile(ps.load_study("example", {"scenarios.count": LONG}))


@pytest.fixture(scope="module")
def whole(plan: Plan) -> xr.Dataset:
    return ps.simulate(plan)


def first(plan: Plan, count: int) -> Plan:
    return plan.with_sampling(dataclasses.replace(plan.sampling, count=count))


@pytest.fixture
def short(plan: Plan, tmp_path: Path) -> Store:
    """The store of a run of the first scenarios; its last range is shorter than the others."""
    simulation = simulation_of(first(plan, SHORT))
    store = create_store(tmp_path / "short.zarr", simulation, chunk=CHUNK)
    fill_store(simulation, store, threads=1)
    return store


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The scenarios that are drawn, part by part."""
    drawn: list[int] = []
    fill: Callable[..., object] = ps.engine.simulation.Simulation.fill

    def function(self: object, start: int, stop: int, *arguments: object) -> object:
        drawn.extend(range(start, stop))
        return fill(self, start, stop, *arguments)

    monkeypatch.setattr("popsim.engine.simulation.Simulation.fill", function)
    return drawn


@pytest.mark.parametrize("design", ["random", "sobol"])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_dataset_is_extended_to_the_bits_of_a_longer_run(plan: Plan, design: str, threads: int) -> None:
    other = plan.with_sampling(plan.sampling.changed(design=design, replicates=4 if design == "sobol" else 1))
    known = ps.simulate(first(other, SHORT), breakdowns=["area", ("region", "year")])
    simulation = simulation_of(other, breakdowns=["area", ("region", "year")])
    longer = extended(known, simulation, threads)
    assert longer.identical(ps.simulate(other, breakdowns=["area", ("region", "year")]))


def test_only_what_is_new_is_drawn(plan: Plan, whole: xr.Dataset, counted: list[int]) -> None:
    assert extended(whole.isel(scenario=slice(SHORT)), simulation_of(plan), threads=1).identical(whole)
    assert counted == list(range(SHORT, LONG))


def test_another_run_is_not_extended(plan: Plan, whole: xr.Dataset) -> None:
    simulation = simulation_of(plan)
    with pytest.raises(RunError, match="scenarios of plan f00"):
        extended(whole.assign_attrs(plan_digest="f00"), simulation, threads=1)
    with pytest.raises(RunError, match="no cost_by_area"):
        extended(whole.drop_vars("cost_by_area"), simulation, threads=1)


def test_finished_files_of_a_store_are_taken_over_and_the_rest_is_drawn(
    plan: Plan, whole: xr.Dataset, short: Store, tmp_path: Path, counted: list[int]
) -> None:
    simulation = simulation_of(plan)
    store = create_store(tmp_path / "long.zarr", simulation, chunk=CHUNK)
    assert store.take(short) == 2
    assert store.missing() == [(1024, 1536), (1536, 2048), (2048, 2560), (2560, 3000)]
    files = [path.relative_to(short.path) for path in Path(short.path).glob("cost/c.*")]
    same = [file for file in files if Path(store.path, file).exists()]
    assert same
    assert all(Path(store.path, file).samefile(Path(short.path, file)) for file in same)
    take_known(store, short.dataset(), simulation, threads=1)
    assert counted == list(range(SHORT, 1536))
    fill_store(simulation, store, threads=1)
    assert counted == list(range(SHORT, LONG))
    assert store.verify() == []
    assert store.dataset().identical(whole)
    assert short.verify() == []
    assert short.dataset()["cost"].identical(whole["cost"][:, :SHORT])


def test_a_run_in_memory_becomes_a_store_when_it_grows(
    plan: Plan, whole: xr.Dataset, tmp_path: Path, counted: list[int]
) -> None:
    simulation = simulation_of(plan)
    store = create_store(tmp_path / "long.zarr", simulation, chunk=CHUNK)
    take_known(store, whole.isel(scenario=slice(SHORT)), simulation, threads=1)
    fill_store(simulation, store, threads=1)
    assert counted == list(range(SHORT, LONG))
    assert store.dataset().identical(whole)


def test_a_damaged_file_is_not_taken_over(plan: Plan, whole: xr.Dataset, short: Store, tmp_path: Path) -> None:
    damaged = next(path for path in sorted(Path(short.path).glob("cost_by_area/c.*")) if ".1" in path.name)
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(bytes(data))
    simulation = simulation_of(plan)
    store = create_store(tmp_path / "long.zarr", simulation, chunk=CHUNK)
    assert store.take(short) == 2
    (problem,) = store.discard_damaged()
    assert Path(problem.file).name == damaged.name
    assert (512, 1024) in store.missing()
    take_known(store, short.dataset(), simulation, threads=1)
    fill_store(simulation, store, threads=1)
    assert open_store(store.path).dataset().identical(whole)


@pytest.mark.parametrize("first_scenario", [0, 100])
def test_a_run_is_repeated_whatever_its_breakdowns(plan: Plan, first_scenario: int) -> None:
    ds = ps.simulate(plan, scenarios=200, first_scenario=first_scenario, breakdowns=["country", ("area", "year")])
    found, others = repeat(ds.assign(extra=ds["cost"]), plan, threads=2)
    assert sum(each.different for each in found) == 0
    assert others == ["extra"]
    assert {"cost", "cost_by_country", "expected_cost", "point_estimate"} <= {each.variable for each in found}


def test_one_bit_is_a_difference(plan: Plan) -> None:
    ds = ps.simulate(plan, scenarios=50)
    changed = ds.copy(deep=True)
    changed["cost_by_area"][0, 20, 1] = np.nextafter(changed["cost_by_area"][0, 20, 1], 0.0)
    changed["expected_cost"][0] *= 1.0 + 1e-15
    found = {each.variable: each for each in repeat(changed, plan, threads=1)[0] if each.different}
    assert {name: (each.different, each.first) for name, each in found.items()} == {
        "cost_by_area": (1, 20),
        "expected_cost": (1, None),
    }
