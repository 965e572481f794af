"""What an analysis is given: the dataset of a run, or the study behind it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import xarray as xr

from popsim.errors import ParameterError, Problem, kind_of
from popsim.study.model import Study

if TYPE_CHECKING:
    from popsim.engine.runs import Run

__all__ = ["dataset_of", "study_of"]


def dataset_of(found: Run | xr.Dataset) -> xr.Dataset:
    """Give the dataset to analyse: that of a run, or the dataset itself.

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
    if isinstance(found, xr.Dataset):
        return found
    # Reading runs loads netCDF, which takes longer than most analyses.
    from popsim.engine.runs import Run
    from popsim.plan.model import Plan

    if isinstance(found, Run):
        return found.dataset
    mend = "popsim.simulate gives a Dataset, popsim.load_run a Run"
    if isinstance(found, Study | Plan):
        name = type(found).__name__.lower()
        mend = f"simulate it first: ds = popsim.simulate({name})"
    elif isinstance(found, xr.DataArray):
        mend = "give the whole dataset, and the name of the variable as variable=..."
    elif isinstance(found, str | os.PathLike):
        mend = f"read it first: run = popsim.load_run({os.fspath(found)!r})"
    raise ParameterError(Problem("dataset", (), kind_of(found), "a Dataset of scenarios, or a Run", mend))


def study_of(found: Run | Study) -> Study:
    """Give the study to analyse: that of a run, or the study itself.

    Raises
    ------
    ParameterError
        For anything else.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("pops")
    >>> study_of(study) is study
    True
    """
    if isinstance(found, Study):
        return found
    from popsim.engine.runs import Run
    from popsim.plan.model import Plan

    if isinstance(found, Run):
        return found.study
    mend = "popsim.load_study(...) gives a Study"
    if isinstance(found, Plan):
        mend = "give the study that the plan was compiled from"
    elif isinstance(found, str | os.PathLike):
        mend = f"load it first: study = popsim.load_study({os.fspath(found)!r})"
    raise ParameterError(Problem("study", (), kind_of(found), "a Study, or a Run", mend))
