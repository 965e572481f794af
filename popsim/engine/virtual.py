"""A virtual ensemble: the scenarios of a study in all detail, as arrays of dask that hold no numbers but make them."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from popsim import schema
from popsim.arguments import check_whole
from popsim.engine.breakdowns import lay_out
from popsim.engine.detail import DIMS, Detail
from popsim.engine.plan_file import load_plan
from popsim.engine.runs import Run
from popsim.engine.simulation import Simulation, coordinates
from popsim.errors import ParameterError, Problem, kind_of
from popsim.plan import compile
from popsim.plan.model import Plan
from popsim.sampling import Sampling
from popsim.schema import PLAN_FILE
from popsim.study.model import Study
from popsim.types import Design

_CHUNK_BYTES = 2**26
"""What a chunk of one total takes at most, if it is not the least: both together are as large as dask recommends."""
_STEP, _LARGEST_CHUNK = 1_000, 100_000
"""Scenarios of a chunk, a multiple of the first: fewer are as many calls as work, more leave cores without any. With a
power of two the rows of a chunk would lie where they push one another out of the caches."""


def open_ensemble(
    study: Study | Plan | Run,
    *,
    scenarios: int | None = None,
    seed: int | None = None,
    design: Design | None = None,
    replicates: int | None = None,
    first_scenario: int | None = None,
    chunk: int | None = None,
) -> xr.Dataset:
    """Open all scenarios of a study in all detail; what is selected of them is computed when it is used.

    Nothing is stored, and nothing is computed before. One country, or one area, or some scenarios take the time that
    they alone need, and have the bits that they have in the whole.

    Parameters
    ----------
    study
        A study, a plan that was compiled before, or a run, of which this is the detail.
    scenarios
        How many; None for the number that the study states, or that the run has.
    seed, design, replicates
        As for `simulate`; None for those of the study or of the run.
    first_scenario
        Where the scenarios start; None for 0, or for the first of the run.
    chunk
        Scenarios of a chunk of dask, which holds one country; None for what takes about 64 MB. It changes no number.

    Returns
    -------
    xarray.Dataset
        `cost` and, where an option is financed, `financing_need`, both (option, scenario, country, area, year) in the
        study's currency at constant prices, as arrays of dask. Over countries, areas and years they sum to those of
        `simulate` within 1e-9; its breakdown ("country", "area", "year") has the same bits. Groups of countries are
        coordinates of `country`. The attributes are those of `simulate`.

    Raises
    ------
    PlanError
        When a distribution cannot be tabulated.
    ParameterError
        For arguments that cannot be honoured.
    RunError, FileError
        When the plan of the run cannot be read.

    Examples
    --------
    >>> import popsim as ps
    >>> ens = ps.open_ensemble(ps.load_study("pops"), scenarios=1_000_000_000)
    >>> ens["cost"].shape
    (6, 1000000000, 133, 8, 10)
    >>> kenya = ens["cost"].sel(option="full", country="KEN", scenario=slice(123_456_000, 123_456_999))
    >>> bool(kenya.sum(["area", "year"]).quantile(0.5) > 0)
    True
    """
    plan = _plan_of(study)
    first = plan.sampling.first if first_scenario is None else first_scenario
    plan = plan.with_sampling(plan.sampling.changed(scenarios, seed, design, replicates, first))
    detail = Detail(plan)
    chunk = _fitting_chunk(detail) if chunk is None else check_whole("chunk", chunk, 1, unless="None for some 64 MB")
    return _labelled(detail, chunk)


def _plan_of(source: object) -> Plan:
    if isinstance(source, Run):
        plan, dataset = load_plan(source.folder / PLAN_FILE), source.dataset
        attributes = dataset.attrs
        return plan.with_sampling(
            Sampling.of(
                dataset.sizes["scenario"],
                schema.seed_of(attributes),
                attributes.get("design", "random"),
                attributes.get("replicates", 1),
                attributes.get("first_scenario", 0),
            )
        )
    if not isinstance(source, Study | Plan):
        mend = "popsim.load_study(...) gives a Study, popsim.load_run(...) a Run"
        raise ParameterError(Problem("", ("study",), kind_of(source), "a Study, a Plan or a Run", mend))
    return source if isinstance(source, Plan) else compile(source)


def _fitting_chunk(detail: Detail) -> int:
    """Return how many scenarios a chunk may have."""
    options, _, _, areas, years = detail.shape
    fitting = _CHUNK_BYTES // (8 * options * areas * years)
    return max(_STEP, min(_LARGEST_CHUNK, fitting // _STEP * _STEP))


def _labelled(detail: Detail, chunk: int) -> xr.Dataset:
    # Imported when used: who samples into memory needs no dask.
    from popsim.engine.detail_arrays import DetailArray, Selection

    plan, scope = detail.plan, detail.scope
    first, count = plan.sampling.first, plan.scenarios
    layout = lay_out([("cost", DIMS[2:], (scope.labels.country, scope.labels.area, scope.labels.years))])
    labels = coordinates(detail.plans, scope.labels, layout)
    kept = {name: value for name, value in labels.items() if not name.startswith("component")}
    token = f"{plan.digest}-{first}-{count}-{chunk}"
    everything = Selection(tuple(map(range, detail.shape)), chunk)
    variables = {name: (DIMS, DetailArray(detail, name, everything, token)) for name in detail.totals}
    dataset = xr.Dataset(variables, {"scenario": pd.RangeIndex(first, first + count), **kept})
    described = Simulation(detail.plans, scope, ()).described(dataset).assign_attrs(first_scenario=first)
    for name in variables:
        described[name].attrs |= schema.describe(
            schema.breakdown_name(DIMS[2:], name), plan.about.currency, plan.about.price_year
        )
    return described
