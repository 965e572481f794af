"""Every analysis takes a run where it takes a dataset, and says what to do with anything else."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

import popsim as ps
from popsim.engine.runs import Run
from popsim.engine.variants import dependence_extremes

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
