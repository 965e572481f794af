"""Every analysis takes a run where it takes a dataset, says what to do with anything else, and refuses wrong data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import popsim as ps
from popsim.engine.runs import Run
from popsim.engine.variants import dependence_extremes
from popsim.types import DESIGNS

ARGUMENTS: dict[str, dict[str, Any]] = {
    "budget": {"amount": 2.5e9},
    "budget_for": {"confidence": 0.8},
    "effective_countries": {"countries": 152},
}
"""What an analysis cannot do without."""

BY_DATASET = [
    name
    for name in ps.__all__
    if inspect.isfunction(function := getattr(ps, name))
    and "dataset" in list(inspect.signature(function).parameters)[:1]
]
BY_STUDY = ["drivers", "exact_moments"]


@pytest.fixture(scope="module")
def run() -> Run:
    study = ps.load_study("pops")
    dataset = ps.simulate(study, scenarios=400, breakdowns=["area", "basis"])
    return Run(Path("results/pops"), study, dataset.assign(dependence_extremes(study, scenarios=400)).isel(option=[0]))


def test_there_are_analyses() -> None:
    assert {"summarise", "budget", "compare", "joint_budget", "reserve", "pairs", "convergence"} <= set(BY_DATASET)


@pytest.mark.parametrize("name", sorted({*BY_DATASET} - {"compare"}))
def test_a_run_is_as_good_as_its_dataset(name: str, run: Run) -> None:
    function, arguments = getattr(ps, name), ARGUMENTS.get(name, {})
    xr.testing.assert_identical(function(run, **arguments), function(run.dataset, **arguments))
    xr.testing.assert_identical(function(dataset=run, **arguments), function(dataset=run.dataset, **arguments))


def test_options_of_a_run_are_compared() -> None:
    study = ps.load_study("pops")
    dataset = ps.simulate(study, scenarios=200, breakdowns=["area"])
    xr.testing.assert_identical(ps.compare(Run(Path("x"), study, dataset)), ps.compare(dataset))


@pytest.mark.parametrize("name", BY_DATASET)
def test_anything_else_is_answered(name: str, run: Run) -> None:
    function, arguments = getattr(ps, name), ARGUMENTS.get(name, {})
    others = {
        "simulate it first: ds = popsim.simulate(study)": run.study,
        "simulate it first: ds = popsim.simulate(plan)": ps.compile(run.study),
        "give the whole dataset": run.dataset["cost"],
        "read it first: run = popsim.load_run('results/pops')": run.folder,
        "popsim.simulate gives a Dataset": None,
    }
    for answer, other in others.items():
        with pytest.raises(ps.ParameterError) as refused:
            function(other, **arguments)
        assert answer in str(refused.value)
        assert len(str(refused.value).splitlines()) == 4


@pytest.mark.parametrize("name", BY_STUDY)
def test_what_takes_a_study_takes_a_run_of_it(name: str, run: Run) -> None:
    function: Any = getattr(ps, name)
    arguments = {"scenarios": 1024, "by": "level"} if name == "drivers" else {}
    xr.testing.assert_identical(function(run, **arguments), function(run.study, **arguments))
    for other, answer in (("pops", "load it first"), (run.dataset, "a Study, or a Run"), (None, "found    None")):
        with pytest.raises(ps.ParameterError) as refused:
            function(other, **arguments)
        assert answer in str(refused.value)


@pytest.mark.parametrize("function", [ps.simulate, ps.simulate_to, ps.compile])
def test_what_simulates_says_what_it_wants(function: Any, run: Run) -> None:
    for other in (run, "pops", None, run.dataset):
        with pytest.raises(ps.ParameterError, match=r"run\.study is that of a Run"):
            function(other)


# What data may be wrong with: every function that takes data, each with every misuse.

Call = Callable[[Any], Any]
EXAMPLE = "example"
CALLS: dict[str, Call] = {
    "summarise": lambda ds: ps.summarise(ds),
    "budget": lambda ds: ps.budget(ds, 60e6, "cost_by_area"),
    "budget_for": lambda ds: ps.budget_for(ds, 0.5, "cost_by_area"),
    "budget_curve": lambda ds: ps.budget_curve(ds, 9, "cost_by_area"),
    "point_estimates": lambda ds: ps.point_estimates(ds),
    "compare": lambda ds: ps.compare(ds),
    "dependence_effect": lambda ds: ps.dependence_effect(ds),
    "effective_countries": lambda ds: ps.effective_countries(ds, 6),
    "joint_budget": lambda ds: ps.joint_budget(ds, confidence=0.5),
    "pairs": lambda ds: ps.pairs(ds.isel(option=[0]) if "option" in getattr(ds, "dims", ()) else ds),
    "variance_shares": lambda ds: ps.variance_shares(ds, "area"),
    "convergence": lambda ds: ps.convergence(ds, variable="cost_by_area"),
    "contingency": lambda ds: ps.contingency(ds, [0.5]),
    "reserve": lambda ds: ps.reserve(ds, 0.5),
    "with_all_years": lambda ds: ps.with_all_years(ds),
    "rare_events": lambda ds: ps.rare_events(ps.load_study(EXAMPLE), ds),
    "compare_cases": lambda ds: ps.compare_cases(ds),
    "cases_as_options": lambda ds: ps.cases_as_options(ds),
    "plot.s_curve": lambda ds: ps.plot.s_curve(ds, confidence=0.5),
    "plot.intervals": lambda ds: ps.plot.intervals(ds),
    "plot.fan": lambda ds: ps.plot.fan(ds),
    "plot.difference": lambda ds: ps.plot.difference(ds),
    "plot.convergence": lambda ds: ps.plot.convergence(ds),
    "plot.pairs": lambda ds: ps.plot.pairs(ds),
    "plot.groups": lambda ds: ps.plot.groups(ds),
}
SWEPT = ("compare_cases", "cases_as_options")
NOT_BY_AREA = {"compare", "dependence_effect", "effective_countries", "rare_events", *SWEPT} | {
    name for name in CALLS if name.startswith("plot.") and name not in ("plot.intervals", "plot.pairs")
}
READ_LATER = ("cases_as_options", "with_all_years")
"""What these pass on, those that read it refuse: nothing of a dataset on a disk is read twice."""


@pytest.fixture(scope="module")
def runs() -> dict[str, xr.Dataset]:
    """Runs of one study by design, with two options and 256 scenarios, and a sweep."""
    study = ps.load_study(EXAMPLE)
    plan = ps.compile(study)
    extremes = dependence_extremes(replace(study, options=()), scenarios=256).isel(option=0, drop=True).data_vars
    breakdowns = ["area", "year", "region"]
    made = {
        design: ps.simulate(
            plan, scenarios=256, breakdowns=breakdowns, design=design, replicates=8 if design == "sobol" else None
        ).assign(extremes)
        for design in DESIGNS
    }
    return {**made, "swept": ps.sweep(study, grid={"start.years": [0, 1]}, scenarios=256)}


def _scenarios(ds: xr.Dataset) -> list[str]:
    return [str(name) for name, values in ds.data_vars.items() if "scenario" in values.dims]


def _with(value: float) -> Call:
    """One scenario of every variable is this."""

    def changed(ds: xr.Dataset) -> xr.Dataset:
        names = _scenarios(ds)
        return ds.assign({name: ds[name].where(ds["scenario"] != 17, value) for name in names})

    return changed


def _as_type(kind: Any) -> Call:
    return lambda ds: ds.assign({name: ds[name].astype(kind) for name in _scenarios(ds)})


def _twice(dim: str) -> Call:
    return lambda ds: ds.isel({dim: [0, 0, *range(1, ds.sizes[dim])]})


MISUSES: dict[str, tuple[Call, str, Collection[str]]] = {
    "NaN": (_with(float("nan")), "NaN or infinite values among the scenarios of", ["cases_as_options"]),
    "infinite": (_with(float("-inf")), "NaN or infinite values among the scenarios of", ["cases_as_options"]),
    "objects": (_as_type(object), "values of the type object", ()),
    "truths": (_as_type(bool), "values of the type bool", ()),
    "text": (_as_type(str), "values of the type <U", ()),
    "complex": (_as_type(complex), "values of the type complex128", ()),
    "dates": (_as_type("datetime64[s]"), "values of the type datetime64", ()),
    "no scenarios": (lambda ds: ds.isel(scenario=[]), "no scenarios", ()),
    "no options": (lambda ds: ds.isel(option=[]), "option", ["pairs"]),
    "no areas": (lambda ds: ds.isel(area=[]), "nothing along area", NOT_BY_AREA),
    "a scenario twice": (_twice("scenario"), "more than once", ()),
    "an option twice": (_twice("option"), "full more than once", ["pairs"]),
    "an area twice": (_twice("area"), "more than once", NOT_BY_AREA),
    "nothing by scenario": (lambda ds: ds.drop_vars(_scenarios(ds)), "no ", ["with_all_years"]),
    "other dimension": (lambda ds: ds.rename(scenario="scenarios"), "scenario", ["with_all_years"]),
    "names of scenarios": (lambda ds: ds.assign_coords(scenario=[f"s{k}" for k in range(256)]), "whole numbers", ()),
    "halves as numbers": (lambda ds: ds.assign_coords(scenario=np.arange(256) / 2.0), "whole numbers", ()),
    "no numbers": (lambda ds: ds.assign_coords(scenario=[float("nan")] * 256), "whole numbers", ()),
    "odd replicates": (lambda ds: ds.assign_attrs(replicates="many"), "the attribute 'many'", ()),
    "an array": (lambda ds: ds["cost"], "give the whole dataset", ()),
    "a dict": (lambda ds: ds.to_dict(data=False), "a dict", ()),
    "a frame": (lambda ds: ds["cost"].to_dataframe(), "a DataFrame", ()),
    "a list": (lambda ds: [ds], "a list", ()),
    "nothing": (lambda ds: None, "None", ["rare_events"]),
    "empty": (lambda ds: xr.Dataset(), "no ", ["with_all_years"]),
    "replicates torn": (
        lambda ds: ds.assign_attrs(replicates=8).isel(scenario=[0, 8, 16, 24, 1, 2, 3, 4, 5, 6, 7]),
        "1 to 4 scenarios of each of 8 replicates",
        (),
    ),
    "replicates unknown": (
        lambda ds: ds.assign_attrs(replicates=8).drop_vars("scenario"),
        "no numbers of scenarios, which belong to 8 replicates",
        (),
    ),
    "fewer than replicates": (lambda ds: ds.assign_attrs(replicates=300), "256 scenarios of 300 replicates", ()),
}


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("misuse", MISUSES)
@pytest.mark.one_in(3)
def test_wrong_data_is_refused_by_every_function(misuse: str, chunked: bool, runs: dict[str, xr.Dataset]) -> None:
    damage, words, passing = MISUSES[misuse]
    # Chunked data meet a third of the functions, others at each misuse.
    turn = list(MISUSES).index(misuse) % 3
    for name, call in list(CALLS.items())[turn::3] if chunked else CALLS.items():
        if name in passing or (chunked and name in READ_LATER and "scenarios of" in words):
            continue
        source = runs["swept" if name in SWEPT else "random"]
        wrong = damage(source)
        if chunked and isinstance(wrong, xr.Dataset):
            wrong = wrong.chunk()
        with pytest.raises(ps.PopsimError) as refused:
            call(wrong)
        message = str(refused.value)
        assert words in message, (name, message)
        assert "dataset" in message, (name, message)
        assert len(message) < 10_000


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.one_in(2)
def test_right_data_are_taken(name: str, runs: dict[str, xr.Dataset]) -> None:
    """Negative control of the table: without damage nothing is refused, in memory or on a disk, of any number."""
    source = runs["swept" if name in SWEPT else "random"]
    found = CALLS[name](source)
    lazy = CALLS[name](source.chunk({"scenario": 100}))
    if isinstance(found, xr.Dataset):
        xr.testing.assert_identical(found, lazy.compute())
    for kind in ("float32", "int64"):
        CALLS[name](_as_type(kind)(source))


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.one_in(3)
def test_scenarios_in_another_order_are_the_same(design: str, runs: dict[str, xr.Dataset]) -> None:
    """A replicate is where the number of a scenario says, so sorting by cost changes no statistic and no error."""
    ds = runs[design]
    random = np.random.Generator(np.random.PCG64(5)).permutation(256)
    for other in (
        ds.isel(scenario=random),
        ds.sortby(ds["cost"].isel(option=0)),
        ds.isel(scenario=slice(None, None, -1)),
    ):
        for name, call in CALLS.items():
            if name not in (*SWEPT, "rare_events") and not name.startswith("plot."):
                xr.testing.assert_identical(call(other), call(ds))
    # Negative control: by position, errors of replicates are others.
    numbered = ds.isel(scenario=random).assign_coords(scenario=ds["scenario"])
    same = ps.summarise(numbered)["cost_mean_error"].equals(ps.summarise(ds)["cost_mean_error"])
    assert same == (design != "sobol") or np.isclose(
        *(ps.summarise(each)["cost_mean_error"].values[0] for each in (numbered, ds)), rtol=1e-9
    )


def test_a_part_of_replicates_keeps_its_errors(runs: dict[str, xr.Dataset]) -> None:
    ds = runs["sobol"]
    # Whole rounds, wherever they are, are what a run of as many points of each replicate has.
    turns = ds["cost"].values[0].reshape(-1, 8)
    chosen = np.array([1, 4, 9, 16, 25])
    part = ds.isel(scenario=(8 * chosen[:, None] + np.arange(8)).reshape(-1))
    # An error from eight replicates holds Student's t with seven degrees of freedom.
    widened = stats.t.ppf(0.975, 7) / stats.norm.ppf(0.975)
    error = widened * turns[chosen].mean(axis=0).std(ddof=1) / np.sqrt(8.0)
    assert ps.summarise(part)["cost_mean_error"].values[0] == pytest.approx(error, rel=1e-12)
    # Other points of each replicate, as many of each, are put into turns by their numbers.
    draw = np.random.Generator(np.random.PCG64(6))
    uneven = np.concatenate([8 * draw.choice(32, 5, replace=False) + k for k in range(8)])
    means = [ds["cost"].values[0][uneven[uneven % 8 == k]].mean() for k in range(8)]
    found = ps.summarise(ds.isel(scenario=uneven))["cost_mean_error"].values[0]
    assert found == pytest.approx(widened * np.std(means, ddof=1) / np.sqrt(8.0), rel=1e-12)
    # A run need not begin or end with a whole round.
    assert np.isfinite(ps.summarise(ds.isel(scenario=slice(3, 250)))["cost_mean_error"]).all()


def test_what_is_not_asked_for_is_not_read(runs: dict[str, xr.Dataset]) -> None:
    """Checking reads nothing: a breakdown on a disk that cannot be read is none of the business of a total."""
    import dask.array as da

    def unreadable(block: np.ndarray) -> np.ndarray:
        raise AssertionError(block.shape)

    ds = runs["random"].chunk({"scenario": 64})
    broken = da.map_blocks(unreadable, ds["cost_by_area"].data, dtype=float, meta=np.empty((0, 0, 0)))
    ds = ds.assign(cost_by_area=ds["cost_by_area"].copy(data=broken))
    xr.testing.assert_identical(ps.budget(ds, 60e6), ps.budget(runs["random"], 60e6))
    with pytest.raises(AssertionError):
        ps.budget(ds, 60e6, "cost_by_area")


@pytest.mark.parametrize("name", ["point_estimate", "expected_cost", "planned_payments"])
def test_what_is_beside_the_scenarios_is_checked_too(name: str, runs: dict[str, xr.Dataset]) -> None:
    calls = {"point_estimate": ps.point_estimates, "expected_cost": ps.reserve, "planned_payments": ps.compare}
    ds = runs["random"]
    for wrong, words in ((ds[name] * np.nan, "NaN or infinite"), (ds[name].astype(str), "values of the type <U")):
        with pytest.raises(ps.RunError, match=words):
            calls[name](ds.assign({name: wrong}))


def test_amounts_meet_their_labels_and_no_others(runs: dict[str, xr.Dataset]) -> None:
    ds = runs["random"]
    areas = ds["area"].values.tolist()
    amounts = xr.DataArray(np.arange(1.0, len(areas) + 1.0) * 2e7, {"area": areas}, ["area"])
    wanted = ps.budget(ds, amounts, "cost_by_area")
    backwards = amounts.isel(area=slice(None, None, -1)).assign_coords(option="full", beside=("area", list("xyz")))
    xr.testing.assert_identical(ps.budget(ds, backwards, "cost_by_area"), wanted)
    misspelt = amounts.assign_coords(area=[f"{areas[0]}x", *areas[1:]])
    with pytest.raises(ps.ParameterError, match=f'did you mean "{areas[0]}"') as refused:
        ps.budget(ds, misspelt, "cost_by_area")
    assert [each.found for each in refused.value.problems] == [
        f"no amount for {areas[0]!r}",
        f"an amount for unknown '{areas[0]}x'",
    ]
    for wrong in (
        amounts.where(amounts > 2e7),
        amounts * 1j,
        amounts.astype("datetime64[s]"),
        -amounts,
        amounts.rename(area="aera"),
    ):
        with pytest.raises(ps.ParameterError, match="amount"):
            ps.budget(ds, wrong, "cost_by_area")


def test_parts_of_another_shape_than_their_total(runs: dict[str, xr.Dataset]) -> None:
    ds = runs["random"].assign(cost=runs["random"]["cost"].isel(option=0, drop=True))
    for name in ("joint_budget", "variance_shares", "reserve", "plot.intervals"):
        with pytest.raises(ps.RunError, match="both by option, or none"):
            CALLS[name](ds)


def test_rare_events_of_a_part_of_a_run() -> None:
    """They are drawn again, so a part has to be one stretch of the run; where it begins, its numbers say."""
    shock = {"name": "Embargo", "areas": ["f"], "probability": 0.05, "factor": 1.5, "basis": "judgement"}
    study = replace(ps.load_study("pops", {"shock.embargo": {**shock, "rationale": "A test."}}), options=())
    ds = ps.simulate(study, scenarios=400, breakdowns=())
    whole = ps.rare_events(study, ds)
    parts = [ps.rare_events(study, ds.isel(scenario=part)) for part in (slice(0, 150), slice(150, 400))]
    assert sum(part["happens"].item() for part in parts) == whole["happens"].item() > 0
    with pytest.raises(ps.RunError, match="200 of the scenarios 0 to 398"):
        ps.rare_events(study, ds.isel(scenario=slice(0, None, 2)))


@pytest.mark.parametrize("size", [1e-298, 1e-100, 1.0, 1e40])
def test_amounts_of_any_usual_size_are_analysed(size: float) -> None:
    dataset = ps.simulate(ps.load_study("example"), scenarios=200, breakdowns=["area"])
    scaled = dataset.assign({name: size * dataset[name] for name in dataset.data_vars})
    assert ps.summarise(scaled)["cost_mean"].values == pytest.approx(
        size * ps.summarise(dataset)["cost_mean"].values, rel=1e-12, abs=0.0
    )
    shares, usual = (ps.variance_shares(each, by="area")["variance_share"].values for each in (scaled, dataset))
    if size > 1e-150:
        np.testing.assert_allclose(shares, usual, atol=1e-6)
    else:
        assert np.isnan(shares).all(), "squares of these are nothing to a float"


@pytest.mark.parametrize("size", [1e80, 1e290])
def test_amounts_beyond_what_a_float_can_raise_to_the_fourth_power_are_refused(size: float) -> None:
    dataset = ps.simulate(ps.load_study("example"), scenarios=200, breakdowns=["area"])
    scaled = dataset.assign({name: size * dataset[name] for name in dataset.data_vars})
    for analyse in (ps.summarise, partial(ps.variance_shares, by="area")):
        with pytest.raises(ps.PopsimError, match=r"1e\+70 at most"):
            analyse(scaled)
