"""Errors that are known to be too large, or may be too small, say so, why, and what mends it; others do not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.analysis.widening import (
    BOUNDED,
    FEW_REPLICATES,
    LITTLE_SEEN,
    OTHER_DESIGN,
    SEARCHED,
    SKEWED_DIFFERENCES,
    SKEWED_INDICES,
    SKEWED_QUOTIENTS,
    STEEP_END,
    SWINGS,
    TOO_LARGE,
    TOO_SMALL,
)

from ..engine.studies import area, country, number, study


@cache
def run(design: str, replicates: int, sigma: float = 0.5, scenarios: int = 1_024) -> xr.Dataset:
    areas = [area(name, ps.LogNormal(0.0, sigma)) for name in "abc"]
    return ps.simulate(
        study([country("AAA")], areas),
        scenarios=scenarios,
        seed=1,
        design=design,
        replicates=replicates,
        breakdowns=("area",),
    )


def of_two_options(dataset: xr.Dataset) -> xr.Dataset:
    cheaper = dataset.copy()
    for name in ("cost", "cost_by_area"):
        cheaper[name] = 0.5 * dataset[name]
    names = [dataset["option"].values[0], "cheaper"]
    both = xr.concat([dataset, cheaper.assign_coords(option=["cheaper"])], "option", combine_attrs="override")
    return both[["cost", "cost_by_area"]].assign_coords(option=names)


ANALYSES = {
    "summarise": lambda ds: ps.summarise(ds),
    "budget": lambda ds: ps.budget(ds, 4.0),
    "budget_for": lambda ds: ps.budget_for(ds, 0.8),
    "variance_shares": lambda ds: ps.variance_shares(ds, by="area"),
    "pairs": lambda ds: ps.pairs(ds),
    "reserve": lambda ds: ps.reserve(ds, 0.8),
    "contingency": lambda ds: ps.contingency(ds, 0.8),
    "joint_budget": lambda ds: ps.joint_budget(ds, "area", 0.8),
    "compare": lambda ds: ps.compare(of_two_options(ds)),
}


def marks(found: xr.Dataset, attribute: str = TOO_LARGE) -> dict[str, str | None]:
    return {str(name): each.attrs.get(attribute) for name, each in found.items() if str(name).endswith("_error")}


@pytest.mark.parametrize("name", ANALYSES)
@pytest.mark.parametrize(("design", "replicates"), [("latin", 1), ("sobol", 1)])
def test_errors_of_a_design_without_replicates_are_marked(name: str, design: str, replicates: int) -> None:
    found = marks(ANALYSES[name](run(design, replicates)))
    assert found
    assert set(found.values()) == {OTHER_DESIGN}


@pytest.mark.parametrize("name", ANALYSES)
@pytest.mark.parametrize(("design", "replicates"), [("random", 1), ("sobol", 16)])
def test_errors_of_random_scenarios_and_of_scramblings_are_not(name: str, design: str, replicates: int) -> None:
    found = marks(ANALYSES[name](run(design, replicates)))
    known = {"amount_error": SEARCHED, "total_error": SEARCHED} if name == "joint_budget" else {}
    assert {key: mark for key, mark in found.items() if mark} == known


def test_ends_of_shortest_intervals_are_marked() -> None:
    found = marks(ps.summarise(run("random", 1)[["cost"]], interval="shortest"))
    assert {key for key, mark in found.items() if mark == STEEP_END} == {"cost_interval_error"}


def test_heavy_tails_that_few_replicates_may_not_have_seen_are_marked() -> None:
    for scenarios, marked in ((1_024, {"cost_mean_error"}), (8_192, {"cost_mean_error", "cost_std_error"})):
        found = marks(ps.summarise(run("sobol", 16, 1.5, scenarios)[["cost"]]))
        assert {key for key, mark in found.items() if mark == FEW_REPLICATES} == marked
    assert not any(marks(ps.summarise(run("random", 1, 1.5)[["cost"]])).values())
    shortfalls = {"shortfall_error", "shortfall_overall_error"}
    for design, replicates, marked in (("sobol", 16, shortfalls), ("random", 1, set())):
        found = marks(ps.budget(run(design, replicates, 2.5), 4.0))
        assert {key for key, mark in found.items() if mark == FEW_REPLICATES} == marked


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_errors_of_indices_of_skewed_results_are_marked(design: str) -> None:
    for family, mark in ((ps.LogNormal(0.0, 1.0), SKEWED_INDICES), (ps.Normal(0.0, 1.0), None)):
        found = ps.sobol_indices(lambda x, y: x + y, {"x": family, "y": family}, 4_096, seed=1, design=design)
        assert marks(found) == {"first_order_error": mark, "total_error": mark}


def test_swings_of_drivers_are_marked_and_widths_are_not() -> None:
    apart = study(
        [country("AAA")],
        [area(name, ps.Normal(10.0, 2.0), share=0.0) for name in "ab"],
        number(between=0.0, base=0.0, within=0.0),
    )
    found = marks(ps.drivers(apart, 1_024, seed=1, by="input", only=("cost",)))
    assert {key for key, mark in found.items() if mark} == {"swing_low_error", "swing_high_error"}
    assert found["swing_low_error"] == SWINGS


def test_means_of_differences_whose_tail_was_not_seen_are_marked() -> None:
    """Two heavy tails, one less the other: the mean is near zero, and few scenarios of either side make it."""
    scores = np.random.default_rng(1).standard_normal((2, 1_024))
    for sigma, mark in ((1.5, BOUNDED), (0.5, None)):
        cost = 1.0 + np.exp(sigma * scores)
        coordinates = {"option": ["full", "other"], "scenario": np.arange(1_024)}
        found = marks(ps.compare(xr.Dataset({"cost": (("option", "scenario"), cost)}, coordinates)))
        assert found["cost_difference_mean_error"] == mark


def test_every_mark_says_what_it_takes() -> None:
    for mark in (
        BOUNDED,
        OTHER_DESIGN,
        FEW_REPLICATES,
        LITTLE_SEEN,
        SKEWED_DIFFERENCES,
        SKEWED_INDICES,
        STEEP_END,
        SWINGS,
        SEARCHED,
    ):
        assert "; " in mark
        assert not np.char.endswith(mark, ".")


@pytest.mark.parametrize(("design", "replicates"), [("random", 1), ("sobol", 16)])
def test_errors_of_correlations_and_shares_of_skewed_options_are_marked(design: str, replicates: int) -> None:
    for sigma, is_marked in ((0.2, False), (1.0, True)):
        compared = ps.compare(of_two_options(run(design, replicates, sigma)))
        found = marks(compared)
        quotients = {key for key in found if key.endswith(("_correlation_error", "_share_error"))}
        assert {"cost_correlation_error", "cost_by_area_difference_share_error"} <= quotients
        stated = {key for key in quotients if np.isfinite(compared[key]).any()}
        assert stated
        assert {key for key, mark in found.items() if mark == SKEWED_QUOTIENTS} == (stated if is_marked else set())


@pytest.mark.parametrize(("sigma", "is_marked"), [(0.5, False), (1.2, True)])
def test_errors_of_a_tail_that_few_scenarios_show_may_be_too_small(sigma: float, is_marked: bool) -> None:
    dataset = run("random", 1, sigma)
    amount = float(np.quantile(dataset["cost"].values, 0.985))
    apart = study(
        [country("AAA")],
        [area(name, ps.LogNormal(0.0, sigma), share=0.0) for name in "abc"],
        number(between=0.0, base=0.0, within=0.0),
    )
    found = {
        "cost_std_error": ps.summarise(dataset),
        "shortfall_error": ps.budget(dataset, amount),
        "variance_share_error": ps.variance_shares(dataset, by="area"),
        "cost_difference_std_error": ps.compare(of_two_options(dataset)),
        "swing_high_error": ps.drivers(apart, 1_024, seed=1, by="input", only=("cost",)),
    }
    for name, result in found.items():
        assert (marks(result, TOO_SMALL)[name] == LITTLE_SEEN) == is_marked, name
        assert np.isfinite(result[name]).any()
        assert not is_marked or marks(result)[name] is None, "an error is not said to be both"
    unmarked = {"mean_error", "quantile_error", "sufficient_error", "rank_correlation_error", "swing_low_error"}
    for result in found.values():
        for name, mark in marks(result, TOO_SMALL).items():
            assert mark is None or not name.endswith(tuple(unmarked)), name


def test_many_scenarios_of_a_heavy_tail_are_not_marked() -> None:
    for scenarios, mark in ((1_024, LITTLE_SEEN), (8_192, None)):
        found = ps.summarise(run("random", 1, 1.2, scenarios))
        assert np.isfinite(found["cost_std_error"]).all()
        assert marks(found, TOO_SMALL)["cost_std_error"] == mark
        assert marks(found)["cost_std_error"] is None


@pytest.mark.parametrize(("sigma", "mark"), [(0.5, None), (1.5, SKEWED_DIFFERENCES)])
def test_deviations_of_skewed_differences_are_marked(sigma: float, mark: str | None) -> None:
    dataset = run("random", 1, sigma, 8_192)
    found = ps.compare(of_two_options(dataset))
    assert np.isfinite(found["cost_difference_std_error"]).all()
    assert marks(found)["cost_difference_std_error"] == mark
    assert marks(found, TOO_SMALL)["cost_difference_std_error"] is None
