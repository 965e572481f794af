"""Python as people type it: numbers of numpy, paths, lists of any kind, whole floats; truths and texts are refused."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import popsim as ps
from popsim.arguments import as_list, as_number, as_whole
from popsim.engine.variants import dependence_extremes

TWO = {"x": ps.Uniform(0, 1), "y": ps.Uniform(0, 1)}


@pytest.fixture(scope="module")
def study() -> Any:
    return ps.load_study("pops")


@pytest.fixture(scope="module")
def plan(study: Any) -> Any:
    return ps.compile(replace(study, options=()))


@pytest.fixture(scope="module")
def ds(plan: Any) -> Any:
    return ps.simulate(plan, scenarios=400, breakdowns=["area"])


WHOLE = (np.int64(400), np.uint16(400), np.array(400), 4e2, np.float64(400), np.float32(400), xr.DataArray(400))


@pytest.mark.parametrize("count", WHOLE, ids=lambda value: type(value).__name__)
@pytest.mark.one_in(3)
def test_whole_numbers_of_any_kind_are_the_same_number(count: Any, plan: Any, ds: Any) -> None:
    few = count // 100
    assert ps.sample(TWO, scenarios=count, seed=few, threads=few).identical(
        ps.sample(TWO, scenarios=400, seed=4, threads=4)
    )
    one = ps.simulate(plan, scenarios=count, seed=count, threads=few, first_scenario=few, breakdowns=())
    assert one.identical(ps.simulate(plan, scenarios=400, seed=400, threads=4, first_scenario=4, breakdowns=()))
    assert ps.budget_curve(ds, points=few).identical(ps.budget_curve(ds, points=4))
    assert ps.convergence(ds, points=few).identical(ps.convergence(ds, points=4))
    assert ps.pairs(ds, most=few, cells=few).identical(ps.pairs(ds, most=4, cells=4))
    assert ps.load_study("pops", {"scenarios.count": np.int64(400)}).scenarios == 400
    sobol = ps.simulate(plan, scenarios=count, design="sobol", replicates=few, breakdowns=())
    assert sobol.identical(ps.simulate(plan, scenarios=400, design="sobol", replicates=4, breakdowns=()))
    assert sobol.attrs["replicates"] == 4
    assert type(one.attrs["first_scenario"]) is int


@pytest.mark.parametrize("value", [True, np.True_, 0.5, "400", None, float("nan"), float("inf"), [400], 4 + 0j])
def test_what_is_no_whole_number_is_refused_by_name(value: Any, plan: Any, ds: Any) -> None:
    calls: dict[str, Callable[[], object]] = {
        "scenarios": lambda: ps.sample(TWO, scenarios=value),
        "seed": lambda: ps.sample(TWO, scenarios=10, seed=value),
        "most": lambda: ps.pairs(ds, most=value),
        "countries": lambda: ps.effective_countries(ds, value),
        "digits": lambda: ps.simulate_to(plan, method="jcgm101", digits=value),
    }
    if value is not None:
        calls["threads"] = lambda: ps.sample(TWO, scenarios=10, threads=value)
        calls["points"] = lambda: ps.budget_curve(ds, points=value)
    for name, call in calls.items():
        with pytest.raises(ps.ParameterError) as caught:
            call()
        (problem,) = caught.value.problems
        assert (problem.where, problem.found) == (name, repr(value))
        assert "a whole number" in problem.allowed


SHARES = (np.float64(0.8), np.float32(0.75), np.array(0.8), Fraction(4, 5), xr.DataArray(0.8))


@pytest.mark.parametrize("share", SHARES, ids=lambda value: type(value).__name__)
def test_probabilities_of_any_kind(share: Any, ds: Any) -> None:
    plain = float(share)
    assert ps.budget_for(ds, share).identical(ps.budget_for(ds, plain))
    assert ps.summarise(ds, coverage=share).identical(ps.summarise(ds, coverage=plain))
    assert ps.joint_budget(ds, confidence=share).identical(ps.joint_budget(ds, confidence=plain))
    assert ps.contingency(ds, share).identical(ps.contingency(ds, [plain]))
    assert ps.sample(TWO, scenarios=20, correlation=share).identical(ps.sample(TWO, scenarios=20, correlation=plain))


@pytest.mark.parametrize("value", [True, np.True_, "0.8", None, [0.8], float("nan"), 0, 1, 80])
def test_what_is_no_probability_is_refused(value: Any, ds: Any) -> None:
    for call in (ps.budget_for, ps.joint_budget, ps.reserve):
        with pytest.raises(ps.ParameterError, match="a number between 0 and 1") as caught:
            call(ds, confidence=value)
        assert ("write 0.8 for 80 %" in str(caught.value)) == (value == 80)
    with pytest.raises(ps.ParameterError):
        ps.summarise(ds, coverage=value)


@pytest.mark.parametrize(
    "make", [list, tuple, np.array, pd.Series, pd.Index, iter, xr.DataArray], ids=lambda f: f.__name__
)
def test_lists_of_any_kind(make: Any, ds: Any) -> None:
    assert ps.contingency(ds, make([0.5, 0.75])).identical(ps.contingency(ds, [0.5, 0.75]))
    data = [3.0, 1.0, 2.0, 8.0]
    assert ps.Empirical.from_data(make(data)) == ps.Empirical.from_data(data)
    weights = [0.25, 0.75]
    members = [ps.Uniform(0, 1), ps.Normal(0, 1)]
    assert ps.Mixture(members, make(weights)) == ps.Mixture(members, weights)
    assert ps.Mixture(tuple(members), weights) == ps.Mixture(iter(members), weights)  # type: ignore[arg-type]
    assert ps.Discrete(make([1.0, 2.0]), make(weights)) == ps.Discrete([1.0, 2.0], weights)


@pytest.mark.parametrize("value", ["12", b"12", {1: 2}, {1.0, 2.0}, 3, None, np.ones((2, 2)), pd.DataFrame([[1.0]])])
def test_what_is_no_list_of_numbers_is_refused(value: Any) -> None:
    with pytest.raises(ps.ParameterError, match="a list of finite numbers"):
        ps.Empirical.from_data(value)


@pytest.mark.parametrize(
    "breakdowns",
    ["area", ["area"], ("area",), np.array(["area"]), iter(["area"]), [("area",)], [["area"]], {"area": 1}.keys()],
)
@pytest.mark.one_in(4)
def test_one_breakdown_in_any_form(breakdowns: Any, plan: Any, ds: Any) -> None:
    found = ps.simulate(plan, scenarios=400, breakdowns=breakdowns)
    assert found.identical(ds)
    by = ps.joint_budget(ds, "area")
    for each in (["area"], ("area",), np.array(["area"])):
        assert ps.joint_budget(ds, each).identical(by)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [3, True, [3], [["area", 3]]])
def test_what_is_no_breakdown_is_refused(value: Any, plan: Any) -> None:
    with pytest.raises(ps.PopsimError) as caught:
        ps.simulate(plan, scenarios=10, breakdowns=value)
    assert "breakdowns" in str(caught.value)


def test_amounts_for_each_area(ds: Any) -> None:
    areas = ds["area"].values.tolist()
    amounts = {area: 1e8 * (k + 1) for k, area in enumerate(areas)}
    array = xr.DataArray(list(amounts.values()), {"area": areas}, ["area"])
    series = pd.Series(amounts).rename_axis("area")
    found = ps.budget(ds, array, "cost_by_area")
    assert ps.budget(ds, series, "cost_by_area").identical(found)
    for area, amount in amounts.items():
        alone = ps.budget(ds, amount, "cost_by_area").sel(area=area)
        assert found["sufficient"].sel(area=area).identical(alone["sufficient"])
    assert ps.budget(ds, xr.DataArray(2.5e9)).identical(ps.budget(ds, 2.5e9))
    assert ps.budget(ds, np.float32(2.5e9)).identical(ps.budget(ds, 2.5e9))
    # What is sure enough by itself is an amount in turn.
    enough = ps.budget_for(ds, 0.8, "cost_by_area")["amount"]
    np.testing.assert_allclose(ps.budget(ds, enough, "cost_by_area")["sufficient"], 0.8, atol=0.003)
    with pytest.raises(ps.ParameterError, match="no amount for 'h'"):
        ps.budget(ds, series.drop("h"), "cost_by_area")
    with pytest.raises(ps.ParameterError, match="an amount for unknown 'z'"):
        ps.budget(ds, pd.concat([series, pd.Series({"z": 1e8}).rename_axis("area")]), "cost_by_area")
    with pytest.raises(ps.ParameterError, match="a label twice"):
        ps.budget(ds, pd.concat([series, series[:1]]), "cost_by_area")
    with pytest.raises(ps.ParameterError, match="dimensions among: option, area"):
        ps.budget(ds, pd.Series(amounts), "cost_by_area")


@pytest.mark.parametrize("value", [True, "1e9", None, [1e9], 0, -1.0, float("nan"), float("inf"), {"a": 1e9}])
def test_what_is_no_amount_is_refused(value: Any, ds: Any) -> None:
    with pytest.raises(ps.ParameterError, match="a positive number, such as 850e6"):
        ps.budget(ds, value)


class _Path(os.PathLike[str]):
    """A path of another library."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __fspath__(self) -> str:
        return self.text


@pytest.mark.parametrize("kind", [str, Path, _Path])
def test_paths_of_any_kind(kind: Any, tmp_path: Path, study: Any, plan: Any) -> None:
    dataset = ps.simulate(plan, scenarios=20)
    ps.save_run(kind(str(tmp_path)), study, plan, dataset)
    run = ps.load_run(kind(str(tmp_path)))
    assert run.dataset.identical(dataset)
    again = ps.load_study(kind(str(tmp_path / "study.toml")))
    assert again == run.study
    folder = kind(str(tmp_path / "inputs" / "catalogue"))
    assert ps.load_study(kind(str(tmp_path)), {"catalogue.folder": folder}).areas == again.areas


@pytest.mark.parametrize("value", [None, 3, b"pops", ["pops"], True, ""])
def test_what_is_no_path_is_refused(value: Any, study: Any, plan: Any, ds: Any) -> None:
    for call in (ps.load_study, ps.load_run, lambda path: ps.save_run(path, study, plan, ds)):
        with pytest.raises(ps.ParameterError, match="path"):
            call(value)


def test_misspelt_keywords_are_named() -> None:
    for call in (
        lambda: ps.sample(TWO, scenario=10),  # type: ignore[call-arg]
        lambda: ps.simulate(ps.load_study("pops"), breakdown=["area"]),  # type: ignore[call-arg]
        lambda: ps.Triangular(low=0, mod=1, high=2),  # type: ignore[call-arg]
    ):
        with pytest.raises(TypeError, match=r"unexpected keyword argument '(scenario|breakdown|mod)'"):
            call()


SMALL = Path(__file__).parent / "study" / "fixtures" / "small"


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Arguments with which public functions work, by the name of their first argument and by their own."""
    study = ps.load_study(SMALL)
    plan = ps.compile(study)
    dataset = ps.simulate(plan, scenarios=300, breakdowns=["area", "basis"])
    sweep = ps.sweep(study, grid={"area.x.size_exponent": [0.2, 0.5]}, scenarios=50)
    return {
        "study": {"study": plan},
        "dataset": {"dataset": dataset.assign(dependence_extremes(study, scenarios=300))},
        "source": {"source": SMALL},
        "folder": {"folder": tmp_path_factory.mktemp("run"), "study": study, "plan": plan, "dataset": dataset},
        "assumptions": {"study": study, "scenarios": 50},
        "budget": {"amount": 10.0},
        "budget_for": {"confidence": 0.8},
        "compile": {"study": study},
        "cases_as_options": {"swept": sweep},
        "compare_cases": {"swept": sweep},
        "drivers": {"study": study, "scenarios": 1024},
        "effective_countries": {"countries": 6},
        "exact_moments": {"study": study},
        "fit": {"values": [1.0, 2.0, 4.0]},
        "rare_events": {"source": study, "dataset": dataset},
        "sample": {"distributions": TWO, "scenarios": 10},
        "simulate": {"scenarios": 20},
        "simulate_to": {"precision": 0.2, "most": 20_000},
        "solve": {"study": study, "vary": "area.x.size_exponent", "confidence": 0.8, "amount": 10.0, "scenarios": 20},
        "sweep": {"study": study, "grid": {"area.x.size_exponent": [0.2, 0.5]}, "scenarios": 20},
        "sobol_indices": {"function": lambda x, y: x + y, "distributions": TWO, "scenarios": 1024},
    }


ODD = (None, True, "x", "", 3.7, -1, 0, [], {}, object(), np.array([1, 2]), float("nan"), ("a", 3), {"a": 1}, b"x")
ODDER = (2**70, float("inf"), [None], {3: 4}, pd.DataFrame([[1]]), Path("x"), np.array(["a"]), xr.DataArray([1.0]), {1})
FUNCTIONS = [name for name in ps.__all__ if inspect.isfunction(getattr(ps, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_whatever_a_function_is_given_it_answers_in_words(
    name: str, usual: dict[str, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every argument in turn is something odd: it is honoured, or refused as popsim refuses, and never a traceback."""
    monkeypatch.chdir(tmp_path)
    function = getattr(ps, name)
    parameters = list(inspect.signature(function).parameters)
    known = {**usual.get(parameters[0], {}), **usual.get(name, {})}
    arguments = {key: value for key, value in known.items() if key in parameters}
    for parameter in parameters:
        for value in () if parameter in ("progress", "on_batch", "function") else ODD + ODDER:
            with contextlib.suppress(ps.PopsimError):
                function(**{**arguments, parameter: value})


@given(st.integers(-(2**70), 2**70))
def test_whole_numbers_are_read_exactly(number: int) -> None:
    assert as_whole(number) == number
    if abs(number) <= 2**53:
        assert as_whole(float(number)) == number
    if -(2**63) <= number < 2**63:
        assert as_whole(np.int64(number)) == as_whole(np.array(number)) == number


@given(st.floats())
def test_floats_are_whole_or_not(number: float) -> None:
    found = as_whole(number)
    assert (found is None) != (number.is_integer() and abs(number) <= 2**53)
    assert found is None or found == number
    assert np.array_equal(as_number(number), number, equal_nan=True)
    assert np.array_equal(as_number(np.float64(number)), number, equal_nan=True)


@given(st.lists(st.floats(allow_nan=False)))
def test_lists_are_read_in_order(values: list[float]) -> None:
    for each in (values, tuple(values), np.array(values), pd.Series(values, dtype=float), iter(values)):
        assert as_list(each) == values


@pytest.mark.parametrize("method", ["ppf", "isf", "cdf", "sf"])
def test_functions_of_families_take_numbers_of_any_shape(method: str) -> None:
    function = getattr(ps.LogNormal(0.0, 1.0), method)
    wanted = function(0.25)
    for single in (np.float32(0.25), np.array(0.25), Fraction(1, 4), xr.DataArray(0.25), pd.Series([0.25])[0]):
        assert function(single) == wanted
    for many in ([0.25, 0.25], (0.25, Fraction(1, 4)), pd.Series([0.25, 0.25]), xr.DataArray([0.25, 0.25])):
        np.testing.assert_array_equal(function(many), [wanted, wanted])
    assert function([[0.25], [0.25]]).shape == (2, 1)
    assert function([]).shape == (0,)
    for wrong in (None, True, "0.25", b"x", [None], [True], ["a"], {}, {1}, 1j, [[1.0], [1.0, 2.0]], Path("x")):
        with pytest.raises(ps.ParameterError, match="a number, or an array of numbers"):
            function(wrong)


def test_a_standard_deviation_far_above_the_mean() -> None:
    """Where the ratio is large, the variance of the logarithm is 2 log(ratio) to all digits."""
    for mean, std in ((1.0, 1e100), (1.0, 1e200), (1e50, 1e300)):
        law = ps.LogNormal.from_mean_std(mean, std)
        assert law.sigma**2 == pytest.approx(2.0 * (np.log(std) - np.log(mean)), rel=1e-12)
        assert law.mean() == pytest.approx(mean, rel=1e-9)
