"""Ranges of every country: of all scenarios, without keeping the scenarios themselves.

The scenarios of 133 countries are as much as all else that a run keeps, and its documents need no more of them than
their quantiles and means. So `popsim run` computes these and keeps them with the run, as it keeps drivers.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

import xarray as xr

from popsim.analysis.beside import put_beside, take_from_beside
from popsim.analysis.door import dataset_of
from popsim.analysis.summarise import summarise
from popsim.arguments import check_threads
from popsim.schema import BREAKDOWNS, breakdown_name

if TYPE_CHECKING:
    from popsim.engine.runs import Run
    from popsim.plan.model import Plan
    from popsim.study.model import Study

MOST_VALUES = 1 << 26
"""Amounts by country that are looked at; of more scenarios the first are taken."""
MOST_TOGETHER = 1 << 24
"""Amounts that are held at once, 128 MiB: those of some countries, where those of all are more."""

_PREFIX = "countries_"
_ATTRIBUTES = ("scenarios", "coverage")


def country_ranges(study: Study, threads: int | None = None) -> xr.Dataset:
    """Return the ranges of cost and financing need of every country, at the coverage of the study.

    Parameters
    ----------
    study
        The study; its options are not looked at.
    threads
        As for `simulate`.

    Returns
    -------
    xarray.Dataset
        What `summarise` returns of ``cost_by_country`` and ``financing_need_by_country``, without the dimension of
        options. The attribute `scenarios` tells of how many these are.

    Examples
    --------
    >>> import popsim as ps
    >>> found = country_ranges(ps.load_study("example", {"scenarios.count": 200}))
    >>> found["cost_by_country_quantile"].dims, found.attrs["scenarios"]
    (('country', 'quantile'), 200)
    """
    # Imported when used, here and below: who reads ranges that a run keeps needs nothing that draws scenarios.
    from popsim.engine.joint import sample_of
    from popsim.plan.lowering import compile as compile_plan

    plan = compile_plan(replace(study, options=()))
    countries = plan.labels.country
    count = sample_of(plan.sampling, max(MOST_VALUES // (2 * len(study.countries)), 1))
    together = max(1, MOST_TOGETHER // (2 * count))
    parts = [
        summarise(_of_countries(plan, countries[k : k + together], count, threads), study.coverage, threads)
        for k in range(0, len(countries), together)
    ]
    # An attribute that some parts have alone, why an error is infinite, is one of the whole.
    found = xr.concat(
        parts, "country", data_vars="all", coords="minimal", compat="override", combine_attrs="drop_conflicts"
    ).squeeze("option", drop=True)
    return found.assign_attrs(scenarios=count)


def _of_countries(plan: Plan, countries: Collection[str], count: int, threads: int | None) -> xr.Dataset:
    """Return the cost and the need of some countries of a plan, with the bits that they have among all countries."""
    from popsim.engine.designs import queue
    from popsim.engine.simulation import Simulation
    from popsim.plan.subset import subset

    sampling = plan.sampling.changed(count, None)
    whole = plan.with_sampling(sampling)
    waiting = queue([whole.draws]) if sampling.design == "sobol" else None
    simulation = replace(Simulation.of(subset(whole, countries), [("country",)]), waiting=waiting)
    out = simulation.fill(sampling.first, sampling.first + count, check_threads(threads))
    dataset = simulation.dataset(out, exact=False).assign_attrs(Simulation.of(whole, ()).described(xr.Dataset()).attrs)
    return dataset[[name for base in BREAKDOWNS if (name := breakdown_name(("country",), base)) in dataset]]


def attach_countries(dataset: xr.Dataset, found: xr.Dataset) -> xr.Dataset:
    """Add what `country_ranges` gave to a run; everything has ``countries_`` before its name, dimensions too.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("example", {"scenarios.count": 200})
    >>> found = country_ranges(study)
    >>> run = attach_countries(ps.simulate(study), found)
    >>> attached_countries(run)["cost_by_country_mean"].equals(found["cost_by_country_mean"])
    True
    """
    return put_beside(dataset, found, _PREFIX, _ATTRIBUTES)


def attached_countries(dataset: Run | xr.Dataset) -> xr.Dataset | None:
    """Return what `attach_countries` added; None where the run has nothing of it."""
    return take_from_beside(dataset_of(dataset), _PREFIX, _ATTRIBUTES)
