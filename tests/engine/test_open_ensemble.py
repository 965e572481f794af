"""The virtual ensemble: the numbers of `simulate` in all detail, computed for what is selected and no more."""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest import mock

import dask
import dask.array
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import popsim as ps
from popsim.engine import simulation

from . import features
from .studies import mixed

CELLS = ("country", "area", "year")
DIMS = ["option", "scenario", "country", "area", "year"]


def in_memory(study: ps.Study | ps.Plan, **arguments: Any) -> xr.Dataset:
    """The same detail from `simulate`, as a plain array."""
    ds = ps.simulate(study, breakdowns=[CELLS], **arguments)
    names = {f"{total}_by_country_area_year": total for total in ("cost", "financing_need")}
    found = ds.drop_vars([name for name in ds.data_vars if name not in names]).rename(
        {name: total for name, total in names.items() if name in ds}
    )
    return found.drop_vars([name for name in found.coords if str(name).startswith("component")])


def fewer_countries(study: ps.Study) -> ps.Study:
    return dataclasses.replace(study, countries=study.countries[:1] + study.countries[2:])


@lru_cache
def plan_of(name: str) -> ps.Plan:
    if name == "everything":
        study = features.everything(mixed())
        return ps.compile(
            features.with_options(study, dear=features.dear(study), fewer=fewer_countries(features.dear(study)))
        )
    return ps.compile(features.few_countries(ps.load_study(name)) if name == "pops" else ps.load_study(name))


@lru_cache
def both(name: str, **arguments: Any) -> tuple[xr.Dataset, xr.Dataset]:
    plan = plan_of(name)
    return ps.open_ensemble(plan, chunk=128, **arguments), in_memory(plan, **arguments)


def assert_same(found: xr.Dataset | xr.DataArray, expected: xr.Dataset | xr.DataArray, **tolerance: float) -> None:
    check = xr.testing.assert_allclose if tolerance else xr.testing.assert_equal
    check(found.compute(), expected, **tolerance)


@pytest.mark.parametrize("name", ["example", "everything"])
def test_the_whole_has_the_bits_and_the_labels_of_simulate(name: str) -> None:
    ens, whole = both(name, scenarios=300)
    assert_same(ens, whole)
    assert ens.attrs == whole.attrs
    for each in ens.variables:
        later = {"after_horizon"} & ens[each].attrs.keys()
        assert {name: value for name, value in ens[each].attrs.items() if name not in later} == whole[each].attrs
    assert all(isinstance(ens[name].data, dask.array.Array) for name in ens.data_vars)


@pytest.mark.parametrize(
    "sampling",
    [
        {"seed": 3},
        {"first_scenario": 1001},
        {"design": "latin"},
        {"design": "sobol"},
        {"design": "sobol", "replicates": 4, "seed": 5, "first_scenario": 64},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["everything", "pops"])
@pytest.mark.one_in(3)
def test_every_design_has_its_own_bits(name: str, sampling: dict[str, Any]) -> None:
    ens, whole = both(name, scenarios=64, **sampling)
    for country in whole["country"].values[[1, -1]]:
        assert_same(ens.sel(country=country), whole.sel(country=country))
    assert ens["scenario"].values.tolist() == whole["scenario"].values.tolist()


def test_a_billion_scenarios_open_and_give_their_last_one() -> None:
    plan, last = plan_of("example"), 10**9 - 3
    ens = ps.open_ensemble(plan, scenarios=10**9)
    assert ens["cost"].shape == (2, 10**9, 12, 3, 8)
    part = ens.sel(country="BEN").sel(scenario=slice(last, None))
    assert part["cost"].data.npartitions == 1
    assert_same(part, in_memory(plan, scenarios=3, first_scenario=last).sel(country="BEN"))


def test_details_sum_to_the_total() -> None:
    ds = ps.simulate(plan_of("example"), scenarios=200, breakdowns=())
    ens = ps.open_ensemble(plan_of("example"), scenarios=200)
    for total in ("cost", "financing_need"):
        np.testing.assert_allclose(ens[total].sum(CELLS), ds[total], rtol=1e-9)


SELECTIONS: dict[str, Callable[[xr.Dataset], xr.Dataset]] = {
    "one country": lambda ds: ds.sel(country="MLI"),
    "countries in another order": lambda ds: ds.sel(country=["TGO", "BEN"]),
    "two lists": lambda ds: ds.sel(area=["alerts", "network"], country=["TGO", "BEN"]),
    "scenarios one by one": lambda ds: ds.isel(scenario=[299, 3, 3, 102]),
    "every seventh": lambda ds: ds.isel(scenario=slice(3, None, 7)),
    "backwards": lambda ds: ds.isel(scenario=slice(None, None, -1), year=slice(None, None, -2)),
    "by a condition": lambda ds: ds.isel(country=(ds["income"] == "LIC").values),
    "pointwise": lambda ds: ds.isel(scenario=xr.DataArray([1, 2], dims="p"), country=xr.DataArray([0, 1], dims="p")),
    "one number": lambda ds: ds.isel(option=1, scenario=-1, country=2, area=0, year=3),
    "one after another": lambda ds: (
        ds.isel(scenario=slice(10, 250)).sel(country="MLI").isel(year=-1, area=[1, 0]).isel(scenario=slice(5, None, 3))
    ),
    "nothing": lambda ds: ds.isel(scenario=slice(5, 5)),
    "other order of dimensions": lambda ds: ds.transpose("year", ...).isel(country=0),
    "difference of years": lambda ds: ds.sel(country="MLI").diff("year"),
    "largest": lambda ds: ds.max(["scenario", "country"]),
    "stacked": lambda ds: ds.isel(scenario=slice(0, 20)).stack(cell=("country", "area")),
    "where": lambda ds: ds.where(ds > 0.0, -1.0),
    "ufunc": lambda ds: xr.apply_ufunc(np.log1p, ds, dask="parallelized", output_dtypes=[float]),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_selections_have_the_bits_of_the_same_in_memory(name: str) -> None:
    ens, whole = both("example", scenarios=300)
    assert_same(SELECTIONS[name](ens), SELECTIONS[name](whole))


STATISTICS: dict[str, Callable[[xr.Dataset], xr.Dataset]] = {
    "mean": lambda ds: ds.mean("scenario"),
    "sum": lambda ds: ds.sum(["country", "year"]),
    "groups": lambda ds: ds.groupby("region").sum(),
    "quantiles": lambda ds: ds.sel(country="MLI").chunk(scenario=-1).quantile([0.05, 0.5, 0.95], dim="scenario"),
}


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_are_those_of_the_same_in_memory(name: str) -> None:
    ens, whole = both("example", scenarios=300)
    assert_same(STATISTICS[name](ens), STATISTICS[name](whole), rtol=1e-12)


def indexers(size: int) -> st.SearchStrategy[Any]:
    number = st.integers(-size, size - 1)
    limit = st.none() | st.integers(-size - 1, size + 1)
    step = st.sampled_from([None, 1, 2, 7, -1, -3])
    return number | st.builds(slice, limit, limit, step) | st.lists(number, max_size=4) | st.just(slice(None))


SIZES = {"option": 3, "scenario": 90, "country": 4, "area": 3, "year": 3}


@given(steps=st.lists(st.fixed_dictionaries({}, optional={d: indexers(n) for d, n in SIZES.items()}), max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_indices_one_after_another(steps: list[dict[str, Any]]) -> None:
    ens, whole = (ds["financing_need"] for ds in both("everything", scenarios=90))
    for step in steps:
        kept = {
            dim: each
            for dim, each in step.items()
            if dim in whole.dims
            and (isinstance(each, slice) or np.all(np.abs(np.atleast_1d(each) + 0.5) < whole.sizes[dim]))
        }
        ens, whole = ens.isel(kept), whole.isel(kept)
    assert_same(ens, whole)


@pytest.mark.parametrize(
    "index",
    [
        (..., 0),
        (0, ..., [1, 0], slice(None)),
        (slice(None), None, 3),
        np.array([True, False]),
        ([0, 1], slice(2, 5), [1, 1]),
        (),
    ],
    ids=str,
)
def test_indices_that_xarray_does_not_make_mean_what_they_mean_to_dask(index: Any) -> None:
    ens, whole = (ds["cost"].data for ds in both("example", scenarios=300))
    of_dask = dask.array.from_array(whole)
    if isinstance(index, tuple) and sum(isinstance(each, list) for each in index) > 1:
        for each in (of_dask, ens):
            with pytest.raises(NotImplementedError):
                each[index]
        return
    np.testing.assert_array_equal(ens[index].compute(), of_dask[index].compute())


def test_a_place_beyond_the_end_is_refused_as_by_dask() -> None:
    cost = both("example", scenarios=300)[0]["cost"].data
    for index in ((0, 300), (0, [0, 300]), (2,)):
        with pytest.raises(IndexError, match="out of bounds"):
            cost[index]


def draws_of(compute: Callable[[], object]) -> list[int]:
    """Return how many scenarios each plan was drawn in, in the order of the calls."""
    counts = []

    def counted(draws: Any, sums: Any, scenarios: int, *args: Any, **named: Any) -> Any:
        counts.append(scenarios)
        return fill(draws, sums, scenarios, *args, **named)

    fill = simulation.fill
    with mock.patch.object(simulation, "fill", counted):
        compute()
    return counts


def test_what_is_not_selected_is_not_drawn() -> None:
    ens = both("everything", scenarios=300)[0]
    assert draws_of(lambda: ens.isel(country=0, option=0, scenario=slice(100, 104)).compute()) == [4]
    assert sum(draws_of(lambda: ens["cost"].isel(country=0, option=0).compute())) == 300
    assert sum(draws_of(lambda: ens["cost"].isel(option=0).compute())) == 4 * 300
    assert draws_of(lambda: ens["cost"].isel(scenario=[7, 200], country=1, option=0).compute()) == [1, 1]
    assert draws_of(lambda: ens.isel(scenario=slice(0, 0)).compute()) == []


def test_cost_and_need_are_drawn_once() -> None:
    ens = both("everything", scenarios=300)[0].isel(option=0, country=slice(0, 2))
    assert sum(draws_of(lambda: ens.compute())) == 2 * 300
    assert sum(draws_of(lambda: (ens["financing_need"] - ens["cost"]).compute())) == 2 * 300
    apart = [lambda: ens["cost"].compute(), lambda: ens["financing_need"].compute()]
    assert sum(sum(draws_of(each)) for each in apart) == 2 * 2 * 300


def test_an_option_costs_nothing_in_a_country_that_it_lacks() -> None:
    ens, whole = both("everything", scenarios=300)
    assert "BBB" not in plan_of("everything").alternatives[1].labels.country
    assert not ens["cost"].sel(option="fewer", country="BBB").any()
    assert_same(ens.sel(country="BBB"), whole.sel(country="BBB"))


def test_a_run_shows_the_detail_of_its_scenarios(tmp_path: Path) -> None:
    study = ps.load_study("example")
    plan = ps.compile(study)
    ds = ps.simulate(plan, scenarios=150, seed=4, first_scenario=50)
    ps.save_run(tmp_path, study, plan.with_sampling(plan.sampling.changed(150, 4, first_scenario=50)), ds)
    run = ps.load_run(tmp_path)
    ens = ps.open_ensemble(run)
    np.testing.assert_array_equal(ens["scenario"], run.dataset["scenario"])
    np.testing.assert_allclose(ens["cost"].sum(CELLS), run.dataset["cost"], rtol=1e-9)
    assert_same(ens, in_memory(plan, scenarios=150, seed=4, first_scenario=50))
    # The scenario that costs most, in all detail.
    worst = int(run.dataset["cost"].sel(option="full").argmax("scenario"))
    assert ens.isel(scenario=worst)["cost"].sel(option="full").sum() == pytest.approx(run.dataset["cost"][0].max())


def test_a_run_in_a_store_shows_its_detail_as_well(tmp_path: Path) -> None:
    study, folder = ps.load_study("example"), tmp_path / "run"
    plan = ps.compile(study)
    folder.mkdir()
    ds = ps.simulate(plan, scenarios=1_000, store=tmp_path / "ensemble.zarr")
    ps.save_run(folder, study, plan, ds)
    ens = ps.open_ensemble(ps.load_run(folder))
    np.testing.assert_allclose(ens["cost"].sum(CELLS), ds["cost"], rtol=1e-9)


def test_years_of_the_study_do_not_pass_for_all_years() -> None:
    ens, _ = both("everything", scenarios=300)
    assert ens["cost"].attrs["after_horizon"] == "cost_after_horizon"
    assert "cost_all_years" not in ps.with_all_years(ens)


def test_what_is_computed_lies_in_memory_as_simulate_has_it() -> None:
    ens, whole = both("example", scenarios=300)
    part = ens["cost"].isel(country=0)
    found = part.values
    expected = whole["cost"].isel(country=0).values
    np.testing.assert_array_equal(found, expected)
    assert np.argsort(found.strides).tolist() == np.argsort(expected.strides).tolist()
    np.testing.assert_array_equal(part.persist().values, expected)


def test_an_analysis_takes_a_part() -> None:
    ens, whole = both("example", scenarios=300)
    part = {"country": "MLI", "option": ["full"]}
    xr.testing.assert_equal(ps.summarise(ens.sel(part)), ps.summarise(whole.sel(part)))


def test_it_can_be_pickled_and_computed_in_one_thread() -> None:
    ens, whole = both("example", scenarios=300)
    again = pickle.loads(pickle.dumps(ens))
    with dask.config.set(scheduler="synchronous"):
        assert_same(again.isel(country=3), whole.isel(country=3))
    assert_same(ens.isel(country=3).persist(), whole.isel(country=3))


def test_workers_of_a_cluster_compute_the_same_bits() -> None:
    distributed = pytest.importorskip("distributed")
    ens, whole = both("example", scenarios=300)
    with distributed.Client(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None):
        assert_same(ens.sel(country=["MLI", "TGO"]), whole.sel(country=["MLI", "TGO"]))


def test_what_is_assigned_stays() -> None:
    cost = both("example", scenarios=300)[0]["cost"].copy()
    cost[{"country": 0}] = 0.0
    assert not cost.isel(country=0).any()


def test_parts_are_written_into_a_store(tmp_path: Path) -> None:
    ens, whole = both("example", scenarios=300)
    cost = ens[["cost"]].sel(country="MLI").drop_vars(["option_name", "option_is_financed", "area_name"])
    cost = cost.drop_vars([name for name, each in cost.coords.items() if each.dtype.kind == "U"])
    cost.to_zarr(tmp_path / "store", compute=False, consolidated=False)
    for start in (128, 0, 256):
        span = slice(start, min(start + 128, 300))
        part = cost.isel(scenario=span)
        part.drop_vars([name for name in part.coords if name != "scenario"]).to_zarr(
            tmp_path / "store", region={"scenario": span}, consolidated=False
        )
    stored = xr.open_zarr(tmp_path / "store", consolidated=False)
    np.testing.assert_array_equal(stored["cost"], whole["cost"].sel(country="MLI"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"study": "pops"}, "a Study, a Plan or a Run"),
        ({"chunk": 0}, "chunk"),
        ({"scenarios": 0}, "scenarios"),
        ({"scenarios": 2**31, "design": "sobol"}, "none beyond"),
        ({"first_scenario": 5, "design": "latin"}, "first_scenario"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_refused(arguments: dict[str, Any], words: str) -> None:
    study = arguments.pop("study", plan_of("example"))
    with pytest.raises(ps.ParameterError, match=words):
        ps.open_ensemble(study, **arguments)
