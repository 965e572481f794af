"""Analyses of scenarios that are read from chunks give what they give of scenarios in memory, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import popsim as ps
from popsim.analysis.by_output import outputs_of, over_outputs, places_of, read_values
from popsim.engine.variants import dependence_extremes
from popsim.report.data import gather
from popsim.report.formats import FORMATS
from popsim.report.summary_csv import write_summary_csv
from popsim.study.model import Study

CHUNKS = {"scenario": 300, "option": 1, "area": 1, "year": 4, "region": 2}

KINDS = {
    "random, six options": {"scenarios.count": 1_000},
    "Sobol points with replicates, six options": {
        "scenarios.count": 1_024,
        "scenarios.design": "sobol",
        "scenarios.replicates": 16,
    },
    "random, one option": {"scenarios.count": 1_000},
}

Both = tuple[Study, xr.Dataset, xr.Dataset]


@pytest.fixture(scope="module", params=list(KINDS))
def both(request: pytest.FixtureRequest) -> Both:
    return run_of(request.param)


def run_of(kind: str) -> Both:
    study = ps.load_study("pops", KINDS[kind])
    if "one" in kind:
        study = replace(study, options=())
    ds = ps.simulate(study, breakdowns=["area", "region", "year", "basis", "width", ("area", "year")])
    extremes = dependence_extremes(replace(study, options=())).isel(option=0, drop=True)
    ds = ds.assign(extremes.data_vars)
    return study, ds, in_chunks(ds)


def in_chunks(ds: xr.Dataset) -> xr.Dataset:
    """Return the dataset as a store gives it: what has scenarios is in chunks, all else in memory."""
    chunked = {
        name: values.chunk({dim: CHUNKS[dim] for dim in CHUNKS if dim in values.dims})
        for name, values in ds.data_vars.items()
        if "scenario" in values.dims
    }
    return ds.assign(chunked)


ANALYSES: dict[str, Callable[[Study, xr.Dataset], xr.Dataset]] = {
    "summarise": lambda _, ds: ps.summarise(ds),
    "summarise, shortest": lambda _, ds: ps.summarise(ds[["cost", "cost_by_area"]], interval="shortest"),
    "budget": lambda _, ds: ps.budget(ds, 2.5e9),
    "budget of all years": lambda _, ds: ps.budget(ds, 2.5e9, "cost_all_years"),
    "budget by area": lambda _, ds: ps.budget(ds, 2e8, "cost_by_area"),
    "budget_for": lambda _, ds: ps.budget_for(ds, 0.8, "cost_by_area_year"),
    "budget_curve": lambda _, ds: ps.budget_curve(ds, 19),
    "budget_curve, every scenario": lambda _, ds: ps.budget_curve(ds, None, "cost_by_area"),
    "point_estimates": lambda _, ds: ps.point_estimates(ds),
    "point_estimates of all years": lambda _, ds: ps.point_estimates(ds, "financing_need_all_years"),
    "contingency": lambda _, ds: ps.contingency(ds, 0.8),
    "reserve": lambda _, ds: ps.reserve(ds),
    "reserve by year": lambda _, ds: ps.reserve(ds, by="year"),
    "reserve over the point estimate": lambda _, ds: ps.reserve(ds, over="point_estimate"),
    "convergence": lambda _, ds: ps.convergence(ds, points=5),
    "joint_budget": lambda _, ds: ps.joint_budget(ds.isel(scenario=slice(256)), by="region"),
    "pairs": lambda _, ds: ps.pairs(ds.isel(option=[0])),
    "variance_shares": lambda _, ds: ps.variance_shares(ds),
    "variance_shares by two": lambda _, ds: ps.variance_shares(ds, by=("area", "year")),
    "dependence_effect": lambda _, ds: ps.dependence_effect(ds, 0.9),
    "effective_countries": lambda _, ds: ps.effective_countries(ds, 133),
    "with_all_years": lambda _, ds: ps.with_all_years(ds).load(),
    "rare_events": lambda study, ds: ps.rare_events(study, ds),
    "compare": lambda _, ds: ps.compare(ds),
    "compare with another option": lambda _, ds: ps.compare(ds, "without_technology_transfer"),
}


@pytest.mark.parametrize("analysis", list(ANALYSES))
@pytest.mark.one_in(4)
def test_analyses_read_chunks(both: Both, analysis: str) -> None:
    study, ds, chunked = both
    if analysis.startswith("compare") and ds.sizes["option"] == 1:
        with pytest.raises(ps.ParameterError, match="one option"):
            ANALYSES[analysis](study, chunked)
        return
    result = ANALYSES[analysis](study, chunked)
    assert not result.chunks
    xr.testing.assert_identical(result, ANALYSES[analysis](study, ds))


@pytest.mark.slow
def test_documents_are_the_same(tmp_path: Path) -> None:
    study, ds, chunked = run_of("random, six options")
    written = []
    for name, each in (("memory", ds), ("chunks", chunked)):
        folder = tmp_path / name
        folder.mkdir()
        data = gather(study, each)
        for kind in ("html", "csv", "sipmath"):
            FORMATS[kind].write(folder, study, each, data, None)
        write_summary_csv(folder / "summary.csv", each, 0.9)
        written.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert len(written[0]) > 10
    assert written[0] == written[1]


def test_order_of_amounts_does_not_matter(both: Both) -> None:
    _, ds, chunked = both
    labels = ds["region"].values
    amount = xr.DataArray(np.linspace(1e8, 9e8, len(labels)), {"region": labels}, ["region"])
    mixed = ps.budget(chunked, amount.isel(region=slice(None, None, -1)), "cost_by_region")
    xr.testing.assert_identical(mixed, ps.budget(ds, amount, "cost_by_region"))
    one = ps.budget(ds.sel(region=labels[:1]), float(amount[0]), "cost_by_region")
    assert np.array_equal(mixed["shortfall"].sel(region=labels[0]), one["shortfall"].squeeze("region"))


def test_scenarios_read_from_a_file_give_the_same(both: Both) -> None:
    """Read from netCDF, scenarios are not next to each other in memory; sums are rounded alike nevertheless."""
    study, ds, _ = both
    spread = ds.map(lambda values: values.copy(data=np.ascontiguousarray(values.values)))
    analyses = ["summarise", "budget by area", "variance_shares", "reserve by year", "pairs", "contingency"]
    for analysis in [*analyses, "compare"] if ds.sizes["option"] > 1 else analyses:
        work = ANALYSES[analysis]
        xr.testing.assert_identical(work(study, spread), work(study, ds))


def test_a_wrong_value_is_refused_whichever_chunk_it_is_in(both: Both) -> None:
    _, ds, _ = both
    wrong = ds[["cost"]].copy(deep=True)
    wrong["cost"][-1, -1] = np.nan
    with pytest.raises(ps.RunError, match="NaN"):
        ps.summarise(in_chunks(wrong))


@given(shape=st.lists(st.integers(1, 5), max_size=4), most=st.integers(0, 40))
def test_places_cover_every_cell_once(shape: list[int], most: int) -> None:
    seen = np.zeros(shape, dtype=np.int64)
    for place in places_of(tuple(shape), most):
        assert seen[place].size <= max(most, 1)
        seen[place] += 1
    assert (seen == 1).all()


@settings(deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    chunk=st.integers(1, 4),
    most=st.integers(1, 30),
)
def test_values_are_read_as_they_are(shape: list[int], chunk: int, most: int) -> None:
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    dims = [f"d{k}" for k in range(len(shape) - 1)]
    plain = xr.Variable([*dims, "scenario"], values)
    chunked = plain.chunk(chunk)
    assert np.array_equal(read_values(chunked), values)
    joined = np.full(shape, -1.0)
    for place, part in outputs_of(chunked, most):
        joined[place] = part
    assert np.array_equal(joined, values)
    found = over_outputs(chunked, lambda each, other: {"sum": (each + other).sum(axis=-1)}, plain, most=most)
    assert np.array_equal(found["sum"], 2.0 * values.sum(axis=-1))
