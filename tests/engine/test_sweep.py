"""Cases of a sweep have the bits of runs of their own, whatever key they change, and draw nothing twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.engine.cases import Cases
from popsim.engine.sweep import sweep_of
from tests.engine.features import FULL

RANGE = {"family": "uniform", "low": 0.1, "high": 0.4}
KEYS: dict[str, list[Any]] = {
    "financing.cofinancing": [0.1, 0.5, RANGE],
    "financing.agency_fee": [0.0, RANGE],
    "area.b.financing.cofinancing": [0.3, 0.6],
    "area.a.size_exponent": [0.2, {"family": "triangular", "low": 0.1, "mode": 0.3, "high": 0.8}],
    "area.a.component.basic.cost": [{"family": "lognormal", "mu": 1.0, "sigma": s} for s in (0.3, 0.6)],
    "area.b.need.probability": [0.3, RANGE],
    "start.years": [0.5, {"family": "uniform", "low": 0, "high": 3}],
    "delay.years": [0.0, 1.5],
    "delay.level": [1.0, {"family": "uniform", "low": 0.5, "high": 2}],
    "escalation.rate": [0.0, 0.03],
    "money.inflation": [0.0, 0.04, RANGE],
    "money.discount_rate": [0.01, 0.06],
    "dependence.between_components": [0.4, 0.6],
    "countries.without": [["AAA"], []],
    "area.c.include": [True, False],
}


def stated(path: Any, key: str) -> bool:
    try:
        ps.load_study(path, {key: KEYS[key][0]})
    except ps.PopsimError:
        return False
    return True


def check_alone(swept: xr.Dataset, source: Any, number: int, overrides: dict[str, Any], **how: Any) -> None:
    """Hold one case of a sweep over a list to a run of its own, to the bit."""
    alone = ps.simulate(ps.load_study(source, overrides), **how)
    case = swept.isel(case=number)
    for name, values in alone.data_vars.items():
        if "scenario" in values.dims:
            at = {dim: values[dim].values for dim in values.dims}
            np.testing.assert_array_equal(case[name].sel(at).transpose(*values.dims), values, err_msg=str(name))


@pytest.mark.parametrize("source", [FULL, "example"], ids=["full", "example"])
@pytest.mark.one_in(2)
def test_every_case_has_the_bits_of_its_own_run(source: Any) -> None:
    """All kinds of keys in one list, so that cases of different kinds are drawn together."""
    cases = [{key: value} for key in KEYS if stated(source, key) for value in KEYS[key]]
    assert len(cases) > 12
    how: dict[str, Any] = {"scenarios": 40, "breakdowns": ["area"]}
    swept = ps.sweep(source, cases=cases, **how)
    assert swept.sizes["case"] == len(cases)
    for number, changes in enumerate(cases):
        check_alone(swept, source, number, changes, **how)


@pytest.mark.slow
def test_cases_of_the_packaged_study_have_the_bits_of_their_own_runs() -> None:
    cases: list[dict[str, Any]] = [{"financing.cofinancing": 0.5}, {"area.h.size_exponent": 0.3}, {"start.years": 1}]
    how: dict[str, Any] = {"scenarios": 20, "breakdowns": ()}
    swept = ps.sweep("pops", cases=cases, **how)
    for number, changes in enumerate(cases):
        check_alone(swept, "pops", number, changes, **how)


@pytest.mark.parametrize("design", ["latin", "sobol"])
def test_designs_of_points(design: Any) -> None:
    """A case without a country, whose streams take other dimensions, is drawn apart from the others."""
    cases: list[dict[str, Any]] = [{"start.years": 0}, {"financing.cofinancing": 0.3}, {"countries.without": ["BEN"]}]
    how: dict[str, Any] = {"scenarios": 64, "design": design, "breakdowns": ()}
    swept = ps.sweep("example", cases=cases, **how)
    for number, changes in enumerate(cases):
        check_alone(swept, "example", number, changes, **how)


def test_a_grid_has_a_dimension_for_each_key() -> None:
    grid = {"financing.cofinancing": [0.3, 0.1], "area.network.include": [True, False], "start.years": [0, 1, 2]}
    swept = ps.sweep("example", grid=grid, scenarios=30, threads=1)
    assert swept["cost"].dims == ("cofinancing", "include", "years", "option", "scenario")
    assert swept["cofinancing"].attrs["key"] == "financing.cofinancing"
    assert swept["include"].dtype == bool
    alone = ps.simulate(ps.load_study("example", {"financing.cofinancing": 0.1, "start.years": 2}), scenarios=30)
    found = swept["financing_need"].sel(cofinancing=0.1, include=True, years=2)
    np.testing.assert_array_equal(found, alone["financing_need"])


def test_names_that_mean_two_things_are_whole_keys() -> None:
    keys = ["area.network.size_exponent", "area.centre.size_exponent", "area.alerts.need.by.region.area"]
    grid = {key: [0.1, 0.2] for key in keys}
    assert Cases.of(grid=grid).dims == tuple(keys)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_study_and_its_file_give_the_same(threads: int) -> None:
    grid = {"area.network.size_exponent": [0.1, 0.2]}
    fixed = {"scenarios.seed": 9}
    one = ps.sweep("example", grid=grid, overrides=fixed, scenarios=100, threads=threads)
    other = ps.sweep(ps.load_study("example", fixed), grid=grid, scenarios=100)
    assert one.drop_attrs().identical(other.drop_attrs())


def drawn_rows(cases: list[dict[str, Any]], source: Any = "pops") -> int:
    """Count the rows that are drawn for a scenario of all these cases."""
    with sweep_of(source, Cases.of(cases=cases), options=False) as job:
        return sum(part.drawn_rows for part in job.parts(range(len(cases)), threads=1))


def test_what_does_not_change_is_not_drawn_again() -> None:
    base: dict[str, Any] = {"scenarios.count": 1}
    with sweep_of("pops", Cases.of(cases=[{"start.basis": "judgement"}]), base, options=False) as job:
        (part,) = job.parts([0], threads=1)
        once = part.drawn_rows
        countries = len(job.study.countries)
    for key, values in (
        ("financing.materialised", [0.3, 0.5, 0.7]),
        ("area.a.financing.cofinancing", [0.1, 0.2, 0.3]),
        ("money.discount_rate", [0.01, 0.02, 0.03]),
        ("countries.without", [["CHN"], ["IND"], []]),
        ("area.h.include", [True, False]),
    ):
        assert count(key, values) <= once + 1, key
    # Area b has two components: its rows alone are drawn for each further case.
    components = sum(len(area.components) for area in job.study.areas if area.id == "b")
    first, three = (count("area.b.size_exponent", [0.1, 0.2, 0.3][:cases]) for cases in (1, 3))
    assert three - first == 2 * components * countries
    # Another correlation of all moves every row of a cost: the control.
    first, two = (count("dependence.between_components", [0.4, 0.45][:cases]) for cases in (1, 2))
    assert two - first > 10 * countries


def count(key: str, values: list[Any]) -> int:
    cases = [{key: value} for value in values]
    with sweep_of("pops", Cases.of(cases=cases), {"scenarios.count": 1}, options=False) as job:
        return sum(part.drawn_rows for part in job.parts(range(len(cases)), threads=1))


def test_cases_that_fail_are_told_and_the_others_are_finished() -> None:
    values = [0.1, 7.0, 0.3]
    with pytest.warns(UserWarning, match=r"1 of 3 cases failed:\nfinancing.cofinancing = 7.0\noverride"):
        grid = ps.sweep("example", grid={"financing.cofinancing": values}, scenarios=20)
    assert np.isnan(grid["cost"].sel(cofinancing=7.0)).all()
    assert "cofinancing <= 1" in grid["failed"].sel(cofinancing=7.0).item()
    assert grid["failed"].sel(cofinancing=[0.1, 0.3]).values.tolist() == ["", ""]
    with pytest.raises(ps.RunError, match="NaN"):
        ps.summarise(grid.drop_vars("failed"))
    with pytest.raises(ps.RunError, match="1 of 3 cases that failed"):
        ps.budget(grid, amount=60e6)
    assert ps.compare_cases(grid)["case"].values.tolist() == [0, 2]
    with pytest.warns(UserWarning, match="cases failed"):
        listed = ps.sweep("example", cases=[{"financing.cofinancing": value} for value in values], scenarios=20)
    assert listed["cofinancing"].values.tolist() == [0.1, 0.3]
    np.testing.assert_array_equal(listed["cost"][1], grid["cost"].sel(cofinancing=0.3))


def test_a_sweep_of_nothing_but_failures_is_an_error() -> None:
    with pytest.raises(ps.StudyError, match="cofinancing <= 1"):
        ps.sweep("example", grid={"financing.cofinancing": [2, 3]}, scenarios=20)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, "neither"),
        ({"grid": {"start.years": [1]}, "cases": [{"start.years": 1}]}, "both"),
        ({"grid": {"start.yars": [1]}}, 'did you mean "start.years"'),
        ({"grid": {"scenarios.count": [10, 20]}}, "scenarios.count"),
        ({"grid": {"money.currency": ["USD", "EUR"]}}, "money.currency"),
        ({"grid": {"start.years": []}}, "one or more values"),
        ({"grid": {"start.years": [1, 1]}}, "1 a second time"),
        ({"cases": []}, "one or more cases"),
        ({"cases": [{"start.years": 1}, 3]}, "one or more cases"),
        ({"grid": {"start.years": [1]}, "options": "no"}, "True or False"),
    ],
)
def test_wrong_arguments_are_refused(given: dict[str, Any], found: str) -> None:
    with pytest.raises(ps.ParameterError) as refused:
        ps.sweep("example", **given)
    assert found in str(refused.value)


def test_results_that_do_not_fit_the_memory_are_refused_before_anything_is_drawn() -> None:
    grid = {"start.years": [0, 1, 2], "financing.cofinancing": [0.1, 0.2]}
    with pytest.raises(ps.ParameterError, match=r"6 cases of 10,000,000,000 scenarios with 2 options: .*"):
        ps.sweep("example", grid=grid, scenarios=10**10)


def test_options_of_a_sweep_are_compared_one_case_at_a_time() -> None:
    swept = ps.sweep("example", grid={"start.years": [0, 1]}, scenarios=50)
    with pytest.raises(ps.RunError, match="many cases, by years"):
        ps.compare(swept)
    assert ps.compare(swept.sel(years=1))["option"].values.tolist() == ["without_sirens"]


@pytest.mark.slow
def test_differences_between_cases_err_as_runs_of_other_seeds_do() -> None:
    """Errors of differences of medians against their spread over seeds; false alarm 1e-3 at most by the bounds."""
    found = [
        ps.compare_cases(
            ps.sweep("example", grid={"start.years": [0, 1]}, scenarios=400, seed=seed, options=False), variable="cost"
        ).isel(case=1)
        for seed in range(40)
    ]
    for name in ("median", "mean"):
        differences = np.array([each[f"{name}_difference"].item() for each in found])
        errors = np.array([each[f"{name}_difference_error"].item() for each in found])
        ratio = np.sqrt((errors**2).mean()) / differences.std(ddof=1)
        assert 0.7 < ratio < 1.5, name
        # Unpaired runs would err several times as much.
        assert errors.mean() < 0.7 * np.mean([each[f"{name}_error"].item() for each in found])


def test_cases_take_the_place_of_options() -> None:
    swept = ps.sweep("example", grid={"financing.cofinancing": [0.1, 0.3]}, scenarios=100)
    compared = ps.compare(ps.cases_as_options(swept), baseline="case_0")
    assert compared["option"].values.tolist() == ["case_1"]
    assert compared["financing_need_cheaper"].item() == 1.0
    assert compared["cost_equal"].item() == 1.0
