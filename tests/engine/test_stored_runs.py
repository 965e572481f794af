"""Runs whose ensemble is a store: saved, read without being loaded, changed, extended; packed netCDF beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.cli.main import main
from popsim.engine.runs import replace_ensemble
from popsim.engine.simulate import simulation_of
from popsim.engine.store import create_store, fill_store, open_store, store_behind
from popsim.errors import FileError, RunError
from popsim.plan.model import Plan
from popsim.study.model import Study

COUNT = 500


@pytest.fixture(scope="module")
def study() -> Study:
    return ps.load_study("example", {"scenarios.count": COUNT})


@pytest.fixture(scope="module")
def plan(study: Study) -> Plan:
    return ps.compile(study)


@pytest.fixture(scope="module")
def wanted(plan: Plan) -> xr.Dataset:
    return ps.simulate(plan)


@pytest.fixture
def stored(plan: Plan, tmp_path: Path) -> xr.Dataset:
    store = create_store(tmp_path / "first.zarr", simulation_of(plan), chunk=200)
    fill_store(simulation_of(plan), store, threads=1)
    return store.dataset()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    made.mkdir()
    return made


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_in_a_store_is_saved_and_read(
    study: Study, plan: Plan, wanted: xr.Dataset, stored: xr.Dataset, folder: Path
) -> None:
    ps.save_run(folder, study, plan, stored)
    assert "ensemble.zarr" in names_in(folder)
    assert "ensemble.nc" not in names_in(folder)
    run = ps.load_run(folder)
    assert run.dataset.chunks
    assert "on disk, read when used" in repr(run)
    xr.testing.assert_identical(run.dataset, wanted)


def test_files_are_shared_and_yet_independent(study: Study, plan: Plan, stored: xr.Dataset, folder: Path) -> None:
    ps.save_run(folder, study, plan, stored)
    places = (folder.parent / "first.zarr", folder / "ensemble.zarr")
    first, second = (sorted((place / "cost").glob("c.*"))[0] for place in places)
    assert first.samefile(second)
    replace_ensemble(folder, ps.load_run(folder).dataset.assign(extra=1.0))
    assert "extra" in ps.load_run(folder).dataset
    assert "extra" not in open_store(folder.parent / "first.zarr").dataset()


def test_variables_are_added_to_a_run_in_a_store(
    study: Study, plan: Plan, wanted: xr.Dataset, stored: xr.Dataset, folder: Path
) -> None:
    ps.save_run(folder, study, plan, stored)
    dataset = ps.load_run(folder).dataset
    total = (wanted["cost"].isel(option=0, drop=True) * 2).assign_attrs(units=wanted["cost"].attrs["units"])
    more = dataset.assign(cost_countries_independent=total, drivers=("driver", [0.5, 0.25])).assign_attrs(date="today")
    replace_ensemble(folder, more.assign_coords(driver=["prices", "needs"]))
    xr.testing.assert_identical(ps.load_run(folder).dataset, more.assign_coords(driver=["prices", "needs"]).load())


def test_the_ensemble_is_of_one_kind(
    study: Study, plan: Plan, wanted: xr.Dataset, stored: xr.Dataset, folder: Path
) -> None:
    ps.save_run(folder, study, plan, stored)
    ps.save_run(folder, study, plan, wanted)
    assert {"ensemble.nc", "ensemble.zarr"} & names_in(folder) == {"ensemble.nc"}
    assert "memory" in repr(ps.load_run(folder))
    ps.save_run(folder, study, plan, stored)
    assert {"ensemble.nc", "ensemble.zarr"} & names_in(folder) == {"ensemble.zarr"}


def test_what_was_computed_from_a_store_is_saved_as_it_is(
    study: Study, plan: Plan, stored: xr.Dataset, folder: Path
) -> None:
    changed = stored.assign(cost=stored["cost"] * 2)
    assert store_behind(changed) is None
    assert store_behind(stored.isel(scenario=slice(10))) is None
    ps.save_run(folder, study, plan, changed)
    np.testing.assert_array_equal(ps.load_run(folder).dataset["cost"], changed["cost"])


def test_a_run_is_opened_without_reading_its_scenarios(
    study: Study, plan: Plan, stored: xr.Dataset, folder: Path
) -> None:
    ps.save_run(folder, study, plan, stored)
    (folder / "ensemble.zarr" / "cost" / "c.0.1").unlink()
    with pytest.raises(RunError, match=r"cost/c\.0\.1"):
        ps.load_run(folder)
    run = ps.load_run(folder, trust_edited=True)
    with pytest.raises(FileError, match=r"cost/c\.0\.1") as caught:
        ps.summarise(run)
    assert "popsim resume" in str(caught.value)


def test_a_store_that_is_laid_out_otherwise_is_refused(
    study: Study, plan: Plan, stored: xr.Dataset, folder: Path
) -> None:
    ps.save_run(folder, study, plan, stored)
    described = folder / "ensemble.zarr" / "cost" / "zarr.json"
    text = json.loads(described.read_text())
    text["attributes"]["units"] = "pebbles"
    described.unlink()
    described.write_text(json.dumps(text))
    with pytest.raises(RunError, match="pebbles"):
        ps.load_run(folder, trust_edited=True)


def test_a_store_of_another_plan_is_refused(study: Study, plan: Plan, stored: xr.Dataset, folder: Path) -> None:
    ps.save_run(folder, study, plan, stored)
    other = ps.load_study("example", {"scenarios.count": COUNT, "scenarios.seed": 1})
    ps.save_run(folder.parent, other, ps.compile(other), ps.simulate(other))
    (folder.parent / "plan.nc").replace(folder / "plan.nc")
    with pytest.raises(RunError, match="an ensemble of plan"):
        ps.load_run(folder, trust_edited=True)


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_a_longer_run_takes_over_what_a_shorter_one_has(design: str, study: Study, tmp_path: Path) -> None:
    short, long = (simulation_of(study, count, design=design) for count in (COUNT, 900))
    first = create_store(tmp_path / "short.zarr", short, chunk=128)
    fill_store(short, first, threads=1)
    store = create_store(tmp_path / "long.zarr", long, chunk=first.chunk)
    assert store.take(first) == 3
    assert store.missing() == store.ranges()[3:]
    assert store.verify() == []
    fill_store(long, store, threads=1)
    xr.testing.assert_identical(store.dataset(), ps.simulate(study, scenarios=900, design=design))
    xr.testing.assert_identical(first.dataset(), ps.simulate(study, scenarios=COUNT, design=design))


def test_scenarios_of_something_else_are_not_taken_over(study: Study, tmp_path: Path) -> None:
    one, other, coarse = (tmp_path / name for name in ("one.zarr", "other.zarr", "coarse.zarr"))
    store = create_store(one, simulation_of(study), chunk=128)
    with pytest.raises(RunError, match="of plan"):
        store.take(create_store(other, simulation_of(study, seed=1), chunk=128))
    with pytest.raises(RunError, match="256 scenarios"):
        store.take(create_store(coarse, simulation_of(study), chunk=256))
    assert store.missing() == store.ranges()


def test_netcdf_is_packed_and_earlier_files_are_read(
    study: Study, plan: Plan, wanted: xr.Dataset, folder: Path
) -> None:
    ps.save_run(folder, study, plan, wanted)
    packed = (folder / "ensemble.nc").stat().st_size
    xr.testing.assert_identical(ps.load_run(folder).dataset, wanted)
    plain = {name: {"fletcher32": True} for name, each in wanted.variables.items() if each.dtype.kind == "f"}
    wanted.to_netcdf(folder / "ensemble.nc", engine="netcdf4", encoding=plain)
    found = ps.load_run(folder, trust_edited=True).dataset
    assert found.attrs.pop("trusted_files") == "ensemble.nc"
    xr.testing.assert_identical(found, wanted)
    assert packed < (folder / "ensemble.nc").stat().st_size


def test_what_was_added_to_a_store_is_verified(stored: xr.Dataset) -> None:
    store = store_behind(stored)
    assert store is not None
    store.add(xr.Dataset({"extreme": ("scenario", np.arange(float(COUNT))), "few": ("driver", [0.5])}))
    assert store.verify() == []
    files = sorted(path for path in Path(store.path, "extreme").iterdir() if path.name.startswith("c."))
    content = bytearray(files[1].read_bytes())
    content[-20] ^= 1
    files[1].write_bytes(content)
    (problem,) = store.verify()
    assert problem.file.endswith("/extreme")
    files[1].unlink()
    assert len(store.verify()) == 1
    assert store.verify(["cost"]) == []
    assert len(store.discard_damaged_additions("date")) == 1
    assert store.verify() == []
    assert {"few"} == set(store.dataset().data_vars) - set(stored.data_vars)


def test_a_range_of_another_run_is_drawn_again_though_it_fits_its_record(
    study: Study, plan: Plan, stored: xr.Dataset, folder: Path
) -> None:
    """The manifest knows better than the records."""
    ps.save_run(folder, study, plan, stored)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = simulation_of(study, seed=1)
    swapped = create_store(folder.parent / "other.zarr", other, chunk=200)
    fill_store(other, swapped, threads=1)
    for name in swapped.files_of(1):
        (folder / "ensemble.zarr" / name).unlink()
        (folder / "ensemble.zarr" / name).write_bytes(Path(swapped.path, name).read_bytes())
    assert open_store(folder / "ensemble.zarr").verify() == []
    with pytest.raises(RunError, match=r"cost/c\.0\.1"):
        ps.load_run(folder)
    with pytest.raises(SystemExit) as leaving:
        main(["resume", str(folder)])
    assert leaving.value.code == 0
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
