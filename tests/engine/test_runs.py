"""Run folders come back as they were written, and damaged ones are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import xarray as xr

from popsim.engine.plan_file import load_plan, save_plan
from popsim.engine.runs import load_run, open_run, save_run
from popsim.engine.simulate import simulate
from popsim.errors import FileError, RunError, StudyError
from popsim.plan import Plan
from popsim.plan import compile as compile_study
from popsim.schema import ENSEMBLE_FILE, PLAN_FILE
from popsim.study.load import load_study
from popsim.study.model import Study

from .features import delay, level_of_delay, with_options
from .studies import mixed

SEED = 2**63 - 1
BREAKDOWNS = ["area", "region", ("area", "year"), "country"]


@pytest.fixture(scope="module")
def packaged() -> tuple[Study, Plan, xr.Dataset]:
    study = load_study("pops", {"scenarios.count": 20, "scenarios.seed": SEED})
    plan = compile_study(study)
    return study, plan, simulate(plan, breakdowns=BREAKDOWNS)


@pytest.fixture
def folder(tmp_path: Path, packaged: tuple[Study, Plan, xr.Dataset]) -> Path:
    save_run(tmp_path, *packaged)
    return tmp_path


def test_a_run_comes_back_identical(folder: Path, packaged: tuple[Study, Plan, xr.Dataset]) -> None:
    study, _, dataset = packaged
    run = load_run(folder)
    assert run.dataset.identical(dataset)
    assert run.study == study
    assert run.folder == folder
    assert {name: array.dtype for name, array in run.dataset.variables.items()} == {
        name: array.dtype for name, array in dataset.variables.items()
    }


def test_a_run_of_which_figures_are_wanted_is_the_same_run(folder: Path) -> None:
    whole, opened = load_run(folder), open_run(folder)
    assert opened.dataset.identical(whole.dataset)
    assert opened.study.title == whole.study.title
    assert opened.study.countries == whole.study.countries
    assert [option.id for option in opened.study.options] == [option.id for option in whole.study.options]


def test_a_run_of_which_figures_are_wanted_is_compared_with_its_manifest(folder: Path, tmp_path: Path) -> None:
    plan = load_plan(folder / PLAN_FILE)
    save_plan(folder / PLAN_FILE, plan.with_sampling(replace(plan.sampling, seed=plan.sampling.seed + 1)))
    with pytest.raises(RunError, match=r"other content than the run wrote|bytes, where the run wrote"):
        open_run(folder)
    # What is trusted is looked at as closely as ever.
    with pytest.raises(RunError, match="an ensemble of plan"):
        open_run(folder, trust_edited=True)


def test_a_run_that_was_read_can_be_written_again(folder: Path, packaged: tuple, tmp_path: Path) -> None:
    run = load_run(folder)
    again = tmp_path / "again"
    again.mkdir()
    save_run(again, run.study, load_plan(folder / PLAN_FILE), run.dataset)
    assert load_run(again).dataset.identical(packaged[2])


def test_point_estimates_of_an_earlier_version_are_left_out(packaged: tuple, tmp_path: Path) -> None:
    study, plan, dataset = packaged
    older = dataset.copy()
    for name in ("point_estimate", "point_estimate_by_area"):
        older[name].attrs["description"] = (
            "Sum of the most likely values of all costs, at constant prices. Prices of 2025."
        )
    save_run(tmp_path, study, plan, older)
    found = load_run(tmp_path).dataset
    assert set(dataset.data_vars) - set(found.data_vars) == {"point_estimate", "point_estimate_by_area"}


def test_the_plan_beside_the_results_repeats_them_to_the_bit(folder: Path, packaged: tuple) -> None:
    _, plan, dataset = packaged
    kept = load_plan(folder / PLAN_FILE)
    assert kept.digest == plan.digest == dataset.attrs["plan_digest"]
    assert simulate(kept, breakdowns=BREAKDOWNS).identical(dataset)


def test_arrays_that_no_delay_uses_are_not_stored(tmp_path: Path) -> None:
    """So a plan has the digest that it had before there were levels, and plans of that time are read."""
    plain = compile_study(with_options(delay(mixed()), leveled=level_of_delay(mixed())))
    save_plan(tmp_path / PLAN_FILE, plain)
    with netCDF4.Dataset(tmp_path / PLAN_FILE) as file:
        assert "presence_level" not in file.variables
        assert "presence_level" in file.groups["option_leveled"].variables
    assert load_plan(tmp_path / PLAN_FILE) == plain
    other = compile_study(with_options(level_of_delay(mixed()), plain=delay(mixed())))
    save_plan(tmp_path / PLAN_FILE, other)
    found = load_plan(tmp_path / PLAN_FILE)
    assert found == other
    assert found.alternatives[0].moves.presence_level.size == 0
    # No plan has both digests: the level counts where there is one.
    assert len({plain.digest, other.digest, compile_study(level_of_delay(mixed())).digest}) == 3


def test_a_plan_comes_back_whole(tmp_path: Path) -> None:
    plan = compile_study(mixed(seed=2**64 - 1))
    save_plan(tmp_path / "plan.nc", plan)
    kept = load_plan(tmp_path / "plan.nc")
    for name, array in plan.draws._asdict().items():
        np.testing.assert_array_equal(getattr(kept.draws, name), array)
        assert getattr(kept.draws, name).dtype == array.dtype
        assert not getattr(kept.draws, name).flags.writeable
    for name in ("labels", "sampling", "about"):
        assert getattr(kept, name) == getattr(plan, name), name
    for name in ("row_country", "row_component", "year_share", "row_mode", "row_mean", "row_std"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(plan, name))
    assert simulate(kept, scenarios=50).identical(simulate(plan, scenarios=50))


@pytest.mark.parametrize("name", [ENSEMBLE_FILE, PLAN_FILE, "study.toml"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(RunError, match=name):
        load_run(folder)


def test_a_folder_that_is_none(tmp_path: Path, packaged: tuple) -> None:
    with pytest.raises(RunError, match="a folder written by popsim run"):
        load_run(tmp_path / "nowhere")
    with pytest.raises(FileError, match="a folder that exists"):
        save_run(tmp_path / "nowhere", *packaged)


@pytest.mark.parametrize("text", [b"", b"not netCDF at all", b"\x89HDF\r\n\x1a\n and then nothing"])
def test_a_file_that_is_no_netcdf(folder: Path, text: bytes) -> None:
    (folder / ENSEMBLE_FILE).write_bytes(text)
    with pytest.raises(FileError, match=ENSEMBLE_FILE):
        load_run(folder, trust_edited=True)
    (folder / PLAN_FILE).write_bytes(text)
    with pytest.raises(FileError, match=PLAN_FILE):
        load_plan(folder / PLAN_FILE)


def test_a_file_cut_short(folder: Path) -> None:
    whole = (folder / ENSEMBLE_FILE).read_bytes()
    (folder / ENSEMBLE_FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileError, match=ENSEMBLE_FILE):
        load_run(folder, trust_edited=True)


def test_a_damaged_array_is_refused(folder: Path, packaged: tuple) -> None:
    whole = bytearray((folder / ENSEMBLE_FILE).read_bytes())
    place = whole.find(packaged[2]["cost"].values[0].tobytes())
    assert place >= 0
    whole[place] ^= 1
    (folder / ENSEMBLE_FILE).write_bytes(whole)
    with pytest.raises(FileError, match=ENSEMBLE_FILE):
        load_run(folder, trust_edited=True)


def test_another_netcdf_file_is_no_ensemble(folder: Path, packaged: tuple) -> None:
    for other in (xr.Dataset({"x": ("t", [1.0])}), packaged[2].drop_attrs()):
        other.to_netcdf(folder / ENSEMBLE_FILE, engine="netcdf4")
        with pytest.raises(RunError, match="run the study again"):
            load_run(folder, trust_edited=True)


def rewritten(dataset: xr.Dataset, name: str, **parts: Any) -> xr.Dataset:
    """The dataset with another variable of that name: its dims, data or attrs are those given."""
    old = dataset[name].variable
    new = {"dims": old.dims, "data": old.values, "attrs": old.attrs, **parts}
    return dataset.drop_vars(name).assign({name: xr.Variable(**new)})


@pytest.mark.parametrize(
    ("change", "keys", "found", "allowed"),
    [
        (lambda ds: ds.drop_vars("cost"), ("cost",), "no such variable", "cost by option and scenario"),
        (lambda ds: ds.drop_vars("scenario"), ("scenario",), "no such variable", "cost by option and scenario"),
        (lambda ds: ds.assign_attrs(seed="many"), ("seed",), "'many'", "an attribute with the seed of the run"),
        (
            lambda ds: rewritten(ds, "cost", dims=("scenario", "option"), data=ds["cost"].values.T),
            ("cost",),
            "dimensions scenario, option",
            "option, scenario",
        ),
        (
            lambda ds: ds.assign(cost_by_area=ds["cost_by_area"].transpose("option", "area", "scenario")),
            ("cost_by_area",),
            "dimensions option, area, scenario",
            "option, scenario, area",
        ),
        (
            lambda ds: rewritten(ds, "cost", data=ds["cost"].values.astype(np.int64)),
            ("cost",),
            "values of type int64",
            "numbers",
        ),
        (
            lambda ds: rewritten(ds, "cost", attrs={**ds["cost"].attrs, "units": "EUR"}),
            ("cost", "units"),
            "'EUR'",
            "'USD'",
        ),
    ],
)
@pytest.mark.one_in(3)
def test_what_differs_from_the_schema_is_named(
    folder: Path, packaged: tuple, change: Any, keys: tuple[str, ...], found: str, allowed: str
) -> None:
    change(packaged[2]).to_netcdf(folder / ENSEMBLE_FILE, engine="netcdf4")
    with pytest.raises(RunError) as refusal:
        load_run(folder, trust_edited=True)
    (problem,) = refusal.value.problems
    assert (problem.file, problem.keys) == (str(folder / ENSEMBLE_FILE), keys)
    assert (problem.found, problem.allowed, problem.mend) == (found, allowed, "run the study again")


def test_all_differences_are_named_at_once(folder: Path, packaged: tuple) -> None:
    wrong = {"units": "EUR"}
    dataset = rewritten(rewritten(packaged[2], "cost", attrs=wrong), "cost_by_area", attrs=wrong)
    dataset.to_netcdf(folder / ENSEMBLE_FILE, engine="netcdf4")
    with pytest.raises(RunError) as refusal:
        load_run(folder, trust_edited=True)
    assert {problem.keys for problem in refusal.value.problems} == {("cost", "units"), ("cost_by_area", "units")}


def test_a_variable_that_the_schema_does_not_know_may_be_there(folder: Path, packaged: tuple) -> None:
    more = packaged[2].assign(my_own=("scenario", np.ones(packaged[2].sizes["scenario"])))
    more.to_netcdf(folder / ENSEMBLE_FILE, engine="netcdf4")
    assert "my_own" in load_run(folder, trust_edited=True).dataset


@pytest.mark.parametrize("name", ["own_stream", "tables", "row_scale", "term_weight", "year_share"])
def test_a_changed_plan_is_refused(folder: Path, name: str) -> None:
    with netCDF4.Dataset(folder / PLAN_FILE, "r+") as stored:
        values = stored[name][...]
        place = (0,) * values.ndim
        stored[name][place] = values[place] + 1
    with pytest.raises(RunError, match="digest"):
        load_plan(folder / PLAN_FILE)


def test_a_changed_seed_of_a_plan_is_refused(folder: Path) -> None:
    with netCDF4.Dataset(folder / PLAN_FILE, "r+") as stored:
        stored.setncattr("seed", "5")
    with pytest.raises(RunError, match="digest"):
        load_plan(folder / PLAN_FILE)


def test_a_study_that_was_broken_is_refused(folder: Path) -> None:
    (folder / "study.toml").write_text("format = 1\n", encoding="utf-8")
    with pytest.raises(StudyError):
        load_run(folder, trust_edited=True)
