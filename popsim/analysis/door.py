"""Check what analyses are given: the dataset of a run or the study behind it, probabilities, coverage.

Whatever an analysis reads of a dataset is checked here, but for the values of scenarios, which may lie on a disk: these
are checked when they are read (`popsim.analysis.by_output.read_values`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from popsim.arguments import as_number, as_whole
from popsim.arrays import Integers
from popsim.errors import ParameterError, Problem, RunError, kind_of, nearest, shown, words
from popsim.schema import FULL
from popsim.study.model import Study

if TYPE_CHECKING:
    from popsim.engine.runs import Run


def dataset_of(source: Run | xr.Dataset, *, with_failed: bool = False) -> xr.Dataset:
    """Return the dataset to analyse: that of a run, or the dataset itself, its scenarios in the order of their numbers.

    Parameters
    ----------
    source
        What an analysis was given.
    with_failed
        Whether it may be a sweep with cases that failed.

    Raises
    ------
    ParameterError
        For anything else; the message says how to come from what was given to a dataset.
    RunError
        For a dataset without scenarios, with a scenario twice, or with a part of the scenarios from which errors cannot
        be computed.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=10)
    >>> dataset_of(ds) is ds
    True
    """
    if isinstance(source, xr.Dataset):
        if not with_failed and "failed" in source.data_vars and "sweep_digest" in source.attrs:
            _check_failed(source["failed"])
        return _in_order(_with_small_read(source))
    # Reading runs loads netCDF, which takes longer than most analyses.
    from popsim.engine.runs import Run
    from popsim.plan.model import Plan

    if isinstance(source, Run):
        return dataset_of(source.dataset)
    mend = "popsim.simulate gives a Dataset, popsim.load_run a Run"
    if isinstance(source, Study | Plan):
        name = type(source).__name__.lower()
        mend = f"simulate it first: ds = popsim.simulate({name})"
    elif isinstance(source, xr.DataArray):
        mend = "give the whole dataset, and the name of the variable as variable=..."
    elif isinstance(source, str | os.PathLike):
        mend = f"read it first: run = popsim.load_run({os.fspath(source)!r})"
    raise ParameterError(Problem("", ("dataset",), kind_of(source), "a Dataset of scenarios, or a Run", mend))


def _check_failed(failed: xr.DataArray) -> None:
    if count := int((failed != "").sum()):
        found = f"a sweep with {count} of {failed.size} cases that failed"
        mend = "select others, popsim.compare_cases does, or sweep over a list of cases, which leaves them out"
        raise RunError(Problem("dataset", ("failed",), found, "cases that were simulated", mend))


def _with_small_read(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset in which what has no scenarios is in memory; scenarios in chunks stay where they are."""
    lazy = [
        name
        for name, variable in dataset.variables.items()
        # `chunks` asks for a protocol, which in Python 3.11 takes longer than most analyses of a small run.
        if "scenario" not in variable.dims and variable.__dask_graph__() is not None
    ]
    return dataset.assign({name: dataset[name].compute() for name in lazy}) if lazy else dataset


def _in_order(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset in which scenarios rise and replicates take turns, as in a run.

    Scenarios belong to a replicate by their number, wherever they stand: what was sorted by cost, or selected, has the
    statistics and errors of what it holds.

    Examples
    --------
    >>> ds = xr.Dataset({"cost": ("scenario", [3.0, 1.0, 2.0])}, {"scenario": [12, 10, 11]})
    >>> _in_order(ds)["cost"].values.tolist()
    [1.0, 2.0, 3.0]
    """
    if "scenario" not in dataset.dims:
        return dataset
    count, replicates = dataset.sizes["scenario"], replicates_of(dataset)
    if count == 0:
        raise RunError(Problem("dataset", ("scenario",), "no scenarios", "at least one scenario"))
    if count < replicates:
        found, allowed = (
            f"{count} scenarios of {replicates} replicates",
            f"at least {replicates}: one of each replicate",
        )
        raise RunError(Problem("dataset", ("scenario",), found, allowed, _AS_RANDOM))
    if "scenario" not in dataset.coords:
        if replicates > 1:
            found = f"no numbers of scenarios, which belong to {replicates} replicates"
            mend = "dataset.assign_coords(scenario=...), with the numbers that they had"
            raise RunError(Problem("dataset", ("scenario",), found, "the coordinate 'scenario' of a run", mend))
        return dataset
    index = dataset.indexes.get("scenario")
    if isinstance(index, pd.RangeIndex) and index.step == 1:
        return dataset
    numbers = _numbers_of(dataset)
    if not (numbers[1:] > numbers[:-1]).all():
        order = np.argsort(numbers, kind="stable")
        numbers = numbers[order]
        same = np.flatnonzero(numbers[1:] == numbers[:-1])
        if len(same):
            found = f"scenario {numbers[same[0]]} more than once" + (
                f", and {len(same) - 1:,} more" if len(same) > 1 else ""
            )
            mend = "dataset.assign_coords(scenario=range(...)) if these are scenarios of different seeds"
            raise RunError(Problem("dataset", ("scenario",), found, "each scenario once", mend))
        dataset = dataset.isel(scenario=order)
    if replicates > 1 and (order_of_turns := _turns(numbers, replicates)) is not None:
        dataset = dataset.isel(scenario=order_of_turns)
    return dataset


_AS_RANDOM = "dataset.assign_attrs(replicates=1) states errors as of random scenarios, larger as a rule"


def _numbers_of(dataset: xr.Dataset) -> Integers:
    """Return the numbers of the scenarios; they are refused where they are none."""
    labels = np.asarray(dataset["scenario"].values)
    if labels.dtype.kind in "iu":
        return labels
    if labels.dtype.kind == "f" and (labels == np.floor(labels)).all() and (np.abs(labels) < 2.0**53).all():
        return labels.astype(np.int64)
    found, mend = f"labels such as {shown(labels.tolist()[0])}", "dataset.assign_coords(scenario=range(...))"
    if labels.dtype.kind == "f":
        found = "labels that are NaN or not whole"
    raise RunError(Problem("dataset", ("scenario",), found, "whole numbers", mend))


def _turns(numbers: Integers, replicates: int) -> Integers | None:
    """Return the order in which rising scenarios take turns by replicate; None where they do so already."""
    turn = ((numbers - numbers[0]) % replicates).astype(np.int64)
    if (np.diff(turn) % replicates == 1).all():
        return None
    each = np.bincount(turn, minlength=replicates)
    if each.min() < each.max():
        found = f"{each.min():,} to {each.max():,} scenarios of each of {replicates} replicates"
        mend = (
            f"select whole rounds, such as isel(scenario=slice(0, {replicates * max(len(numbers) // replicates, 1)}))"
        )
        allowed = "a part of a run with equally many of each, from which errors can be computed"
        raise RunError(Problem("dataset", ("scenario",), found, allowed, f"{mend}; or {_AS_RANDOM}"))
    return np.argsort(turn, kind="stable").reshape(replicates, -1).T.reshape(-1)


def check_numbers(dataset: xr.Dataset, names: Iterable[str]) -> None:
    """Refuse variables that no analysis can read; of those without scenarios also NaN and infinite values.

    Raises
    ------
    RunError
        For variables that are no numbers, or empty, or have a label twice or NaN as a label; all of them at once.

    Examples
    --------
    >>> check_numbers(xr.Dataset({"cost": (("area", "scenario"), [[1.0], [2.0]])}, {"area": ["a", "b"]}), ["cost"])
    """
    problems, dims = [], dict[str, None]()
    for name in names:
        variable = dataset.variables[name]
        dims |= dict.fromkeys(map(str, variable.dims))
        if variable.dtype.kind not in "iuf":
            found, mend = (
                f"values of the type {variable.dtype}",
                f"dataset[{name!r}].astype(float), if they are numbers",
            )
            problems.append(Problem("dataset", (name,), found, "numbers", mend))
        elif "scenario" not in variable.dims and not np.isfinite(variable.values).all():
            problems.append(Problem("dataset", (name,), "NaN or infinite values", "finite numbers"))
    for dim in dims:
        problems += _wrong_labels(dataset, dim)
    if problems:
        raise RunError(problems)


def _wrong_labels(dataset: xr.Dataset, dim: str) -> list[Problem]:
    if dataset.sizes[dim] == 0:
        return [Problem("dataset", (dim,), f"nothing along {dim}", f"at least one {dim}")]
    if dim == "scenario" or dim not in dataset.indexes:
        return []
    index = dataset.indexes[dim]
    problems = []
    if not index.is_unique:
        repeated = words(index[index.duplicated()].unique(), limit=5)
        problems.append(Problem("dataset", (dim,), f"{repeated} more than once", f"each {dim} once"))
    if bool(index.hasnans):
        problems.append(Problem("dataset", (dim,), "a label that is missing (NaN)", f"a label for each {dim}"))
    return problems


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

    Raises
    ------
    RunError
        Where the attribute is no such number.

    Examples
    --------
    >>> replicates_of(xr.Dataset(attrs={"replicates": 16})), replicates_of(xr.Dataset())
    (16, 1)
    """
    stated = dataset.attrs.get("replicates", 1)
    number = as_whole(stated)
    if number is None or number < 1:
        allowed = "a whole number of at least 1, as popsim.simulate writes it"
        raise RunError(Problem("dataset", ("replicates",), f"the attribute {shown(stated)}", allowed))
    return number


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
        mend = nearest("scenario", [str(dim) for dim in dataset.dims])
        found, allowed = "no variable with the dimension 'scenario'", "a dataset of ps.simulate"
        raise RunError(Problem("dataset", (), found, allowed, mend))
    return names
