"""Check what analyses are given: the dataset of a run or the study behind it, probabilities, coverage."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import xarray as xr

from popsim.arguments import as_number
from popsim.errors import ParameterError, Problem, RunError, kind_of
from popsim.schema import FULL
from popsim.study.model import Study

if TYPE_CHECKING:
    from popsim.engine.runs import Run


def dataset_of(source: Run | xr.Dataset) -> xr.Dataset:
    """Return the dataset to analyse: that of a run, or the dataset itself.

    Raises
    ------
    ParameterError
        For anything else; the message says how to come from what was given to a dataset.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=10)
    >>> dataset_of(ds) is ds
    True
    """
    if isinstance(source, xr.Dataset):
        if "failed" in source.data_vars and (count := int((source["failed"] != "").sum())):
            found = f"a sweep with {count} of {source['failed'].size} cases that failed"
            mend = "select others, popsim.compare_cases does, or sweep over a list of cases, which leaves them out"
            raise RunError(Problem("dataset", ("failed",), found, "cases that were simulated", mend))
        return _with_small_read(source)
    # Reading runs loads netCDF, which takes longer than most analyses.
    from popsim.engine.runs import Run
    from popsim.plan.model import Plan

    if isinstance(source, Run):
        return _with_small_read(source.dataset)
    mend = "popsim.simulate gives a Dataset, popsim.load_run a Run"
    if isinstance(source, Study | Plan):
        name = type(source).__name__.lower()
        mend = f"simulate it first: ds = popsim.simulate({name})"
    elif isinstance(source, xr.DataArray):
        mend = "give the whole dataset, and the name of the variable as variable=..."
    elif isinstance(source, str | os.PathLike):
        mend = f"read it first: run = popsim.load_run({os.fspath(source)!r})"
    raise ParameterError(Problem("", ("dataset",), kind_of(source), "a Dataset of scenarios, or a Run", mend))


def _with_small_read(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset in which what has no scenarios is in memory; scenarios in chunks stay where they are."""
    lazy = [
        name
        for name, variable in dataset.variables.items()
        # `chunks` asks for a protocol, which in Python 3.11 takes longer than most analyses of a small run.
        if "scenario" not in variable.dims and variable.__dask_graph__() is not None
    ]
    return dataset.assign({name: dataset[name].compute() for name in lazy}) if lazy else dataset


def study_of(source: Run | Study, argument: str = "study") -> Study:
    """Return the study to analyse: that of a run, or the study itself.

    Raises
    ------
    ParameterError
        For anything else; `argument` is the one of which the message speaks.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("pops")
    >>> study_of(study) is study
    True
    """
    if isinstance(source, Study):
        return source
    from popsim.engine.runs import Run
    from popsim.plan.model import Plan

    if isinstance(source, Run):
        return source.study
    mend = "popsim.load_study(...) gives a Study"
    if isinstance(source, Plan):
        mend = "give the study that the plan was compiled from"
    elif isinstance(source, str | os.PathLike):
        mend = f"load it first: study = popsim.load_study({os.fspath(source)!r})"
    raise ParameterError(Problem("", (argument,), kind_of(source), "a Study, or a Run", mend))


def options_of(study: Study) -> dict[str, Study]:
    """Return the full programme and the study of each option, by name.

    Examples
    --------
    >>> import popsim as ps
    >>> list(options_of(ps.load_study("pops")))[:2]
    ['full', 'without_technology_transfer']
    """
    return {FULL: study, **{option.id: option.study for option in study.options}}


def check_probability(name: str, value: object) -> float:
    """Return a probability strictly between 0 and 1.

    Raises
    ------
    ParameterError
        For anything else; `name` is the argument of which the message speaks.

    Examples
    --------
    >>> check_probability("confidence", 0.8)
    0.8
    """
    number = as_number(value)
    if number is None or not 0.0 < number < 1.0:
        mend = f"write {number / 100.0:.12g} for {number:.12g} %" if number is not None and 1.0 < number < 100.0 else ""
        raise ParameterError(Problem("", (name,), repr(value), "a number between 0 and 1, such as 0.9", mend))
    return number


def coverage_of(dataset: xr.Dataset, coverage: object = None) -> float:
    """Return the coverage that is asked for; where none is, that of the dataset, or else 0.90.

    Raises
    ------
    ParameterError
        For a coverage outside (0, 1).

    Examples
    --------
    >>> coverage_of(xr.Dataset(), 0.8), coverage_of(xr.Dataset(attrs={"coverage": 0.95})), coverage_of(xr.Dataset())
    (0.8, 0.95, 0.9)
    """
    return check_probability("coverage", dataset.attrs.get("coverage", 0.90) if coverage is None else coverage)


def replicates_of(dataset: xr.Dataset) -> int:
    """Return how many independent replicates the scenarios belong to in turn; 1 where all scenarios are independent.

    Examples
    --------
    >>> replicates_of(xr.Dataset(attrs={"replicates": 16})), replicates_of(xr.Dataset())
    (16, 1)
    """
    return int(dataset.attrs.get("replicates", 1))


def scenario_variables(dataset: xr.Dataset) -> list[str]:
    """Return the names of the variables that have scenarios.

    Raises
    ------
    RunError
        When there are none.

    Examples
    --------
    >>> scenario_variables(xr.Dataset({"cost": ("scenario", [1.0, 2.0]), "expected_cost": 1.5}))
    ['cost']
    """
    names = [str(name) for name, variable in dataset.data_vars.variables.items() if "scenario" in variable.dims]
    if not names:
        raise RunError(Problem("dataset", (), "no variable with the dimension 'scenario'", "a dataset of ps.simulate"))
    return names
