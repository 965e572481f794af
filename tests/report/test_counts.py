"""Counts of scenarios around a range, against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from popsim.analysis import summarise
from popsim.errors import ParameterError, RunError, UnknownNameError
from popsim.report.counts import counted


def run_of(cost: list[float] | np.ndarray, **others: np.ndarray) -> xr.Dataset:
    """A run of one option with these totals."""
    variables = {"cost": cost, **others}
    data = {name: (("option", "scenario"), np.asarray([values], dtype=float)) for name, values in variables.items()}
    return xr.Dataset(data, {"option": ["full"]})


MODELS = {
    # 0 / 95 / 5: a need of 0.1 leaves the lower end at zero, and only the dear end is cut off.
    "a need of one tenth": ([0.0] * 90 + list(np.linspace(1.0, 2.0, 10)), (0, 95, 5)),
    # 0 / 100 / 0: both ends are values that many scenarios have.
    "two values": ([1.0] * 50 + [2.0] * 50, (0, 100, 0)),
    # A rare event above a constant: the ends are the constant.
    "a constant and a rare event": ([1.0] * 98 + [20.0, 80.0], (0, 98, 2)),
    # A rare saving below a constant.
    "a constant and a rare saving": ([0.5, 0.6] + [1.0] * 98, (2, 98, 0)),
    "a constant": ([7.0] * 100, (0, 100, 0)),
    "all differ": (list(np.arange(100.0)), (5, 90, 5)),
}


@pytest.mark.parametrize("name", MODELS)
def test_scenarios_are_counted_as_they_lie(name: str) -> None:
    values, (below, inside, above) = MODELS[name]
    found = counted(run_of(values), "cost", "full", 0.9)
    assert (found.below, found.inside, found.above) == (below, inside, above)
    assert found.scenarios == 100
    assert found.all_equal == (name == "a constant")
    assert (found.lowest, found.highest) == (min(values), max(values))


@given(
    st.lists(st.sampled_from([0.0, 0.1, 1.0, 1.1, 5.0, 1e9]) | st.floats(-1e6, 1e6), min_size=1, max_size=60),
    st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]) | st.floats(0.01, 0.99),
)
def test_ends_are_those_of_the_summary_and_all_scenarios_are_counted(values: list[float], coverage: float) -> None:
    run = run_of(values)
    found = counted(run, "cost", "full", coverage)
    quantiles = summarise(run, coverage)["cost_quantile"].sel(option="full")
    tail = (1.0 - coverage) / 2.0
    assert found.low == quantiles.sel(quantile=tail, method="nearest").item()
    assert found.high == quantiles.sel(quantile=1.0 - tail, method="nearest").item()
    assert found.below == sum(value < found.low for value in values)
    assert found.inside == sum(found.low <= value <= found.high for value in values)
    assert found.above == sum(value > found.high for value in values)
    assert found.below + found.inside + found.above == found.scenarios == len(values)
    assert found.all_equal == (len(set(values)) == 1)


def test_the_option_and_the_total_asked_for_are_counted() -> None:
    rng = np.random.default_rng(3)
    need = rng.random((2, 1_000)) + np.array([[0.0], [10.0]])
    areas = rng.random((2, 1_000, 3))
    run = xr.Dataset(
        {
            "financing_need": (("option", "scenario"), need),
            "cost_by_area": (("option", "scenario", "area"), areas),
        },
        {"option": ["full", "late"], "area": ["a", "b", "c"]},
    )
    late = counted(run, "financing_need", "late", 0.9)
    assert (late.lowest, late.highest) == (need[1].min(), need[1].max())
    assert counted(run.sel(option="late"), "financing_need", "late", 0.9) == late
    assert counted(run, "cost_by_area", "late", 0.9, area="b").highest == areas[1, :, 1].max()


def test_all_years_are_within_and_after_the_horizon_scenario_by_scenario() -> None:
    rng = np.random.default_rng(4)
    within, after = rng.random(500), rng.random(500) * (rng.random(500) < 0.1)
    run = run_of(within, cost_after_horizon=after)
    assert counted(run, "cost_all_years", "full", 0.9) == counted(run_of(within + after), "cost", "full", 0.9)
    # Nothing after the horizon: all years are those of the programme.
    assert counted(run_of(within), "cost_all_years", "full", 0.9) == counted(run_of(within), "cost", "full", 0.9)
    # A dataset that has the total of all years already is taken at its word.
    known = run.assign(cost_all_years=2.0 * run["cost"])
    assert counted(known, "cost_all_years", "full", 0.9).highest == 2.0 * within.max()


def test_what_is_not_there_is_refused() -> None:
    run = run_of([1.0, 2.0]).assign(
        cost_by_area=(("option", "scenario", "area"), [[[1.0], [2.0]]]), area=("area", ["a"])
    )
    with pytest.raises(UnknownNameError, match="full"):
        counted(run, "cost", "ful", 0.9)
    with pytest.raises(UnknownNameError, match="'b'"):
        counted(run, "cost_by_area", "full", 0.9, area="b")
    with pytest.raises(RunError, match="did you mean"):
        counted(run, "costs", "full", 0.9)
    with pytest.raises(RunError, match="financing_need_all_years"):
        counted(run, "financing_need_all_years", "full", 0.9)
    with pytest.raises(RunError, match="by area"):
        counted(run, "cost_by_area", "full", 0.9)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        counted(run, "cost", "full", 90)
    with pytest.raises(RunError, match="finite"):
        counted(run_of([1.0, np.nan]), "cost", "full", 0.9)
