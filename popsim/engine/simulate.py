"""From a plan to a labelled dataset of scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version

import numpy as np
import pandas as pd
import xarray as xr

from popsim import schema
from popsim.engine.breakdowns import Breakdown, arrange_together, read_breakdowns
from popsim.engine.designs import check_design, describe_design, make_points, queue
from popsim.engine.scope import scope_of
from popsim.engine.threads import Progress, check_range, check_threads, fill, is_written, make_room
from popsim.errors import ParameterError, Problem, kind_of
from popsim.families.base import Floats
from popsim.layout import STREAM_VERSION
from popsim.plan import compile
from popsim.plan.model import Integers, Labels, Plan
from popsim.study.model import Study
from popsim.version import __version__

__all__ = ["provenance", "simulate"]


def simulate(
    study: Study | Plan,
    scenarios: int | None = None,
    seed: int | None = None,
    breakdowns: Iterable[str | Sequence[str]] | None = None,
    threads: int | None = None,
    first_scenario: int = 0,
    progress: Progress | None = None,
    design: str | None = None,
    replicates: int | None = None,
) -> xr.Dataset:
    """Sample the cost of a study in many scenarios.

    Parameters
    ----------
    study
        A study, or a plan that was compiled before.
    scenarios
        How many; None for the number that the study states.
    seed
        0 to 2**64 - 1; None for the seed that the study states.
    breakdowns
        Names of dimensions (country, area, component, basis, year) or groups of countries (region, income, ...), or
        sequences of these; None for the breakdowns that the study states.
    threads
        None for all cores. The number changes nothing but the time it takes.
    first_scenario
        Where the scenarios start: the result equals that slice of a longer run, to the bit. 0 for a Latin hypercube.
    progress
        Called with the number of scenarios done and wanted.
    design
        "random": independent scenarios. "latin": a Latin hypercube in every stream. "sobol": scrambled Sobol points in
        the first 21,201 streams, best balanced where `scenarios` is a power of two. None for the design that the study
        states. See docs/designs.md.
    replicates
        R independent scramblings of Sobol points, which take turns: scenario s is point s // R of scrambling s % R;
        Monte Carlo errors are then told from their spread. None for what the study states with this design, or else 1.

    Returns
    -------
    xarray.Dataset
        `cost` (option, scenario) in the study's currency at constant prices, ``cost_by_...`` for each breakdown, and
        exact means and point estimates. Each breakdown sums to `cost` within 1e-9 of it. Where the study or one of its
        options asks for them: `cost_after_horizon`, `cost_nominal`, `cost_discounted`, and `financing_need` with its
        breakdowns. Options share their random numbers, scenario by scenario.

    Raises
    ------
    PlanError
        When a distribution cannot be tabulated.
    ParameterError, UnknownNameError
        For arguments that cannot be honoured.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=100, breakdowns=["area"])
    >>> ds["cost"].sizes["scenario"], ds["cost_by_area"].dims
    (100, ('option', 'scenario', 'area'))
    """
    if not isinstance(study, Study | Plan):
        mend = "popsim.load_study(...) gives a Study, and run.study is that of a Run"
        raise ParameterError(Problem("study", kind_of(study), "a Study or a Plan", mend))
    plan = study if isinstance(study, Plan) else compile(study)
    count, start_seed, first = check_range(
        plan.scenarios if scenarios is None else scenarios, plan.seed if seed is None else seed, first_scenario
    )
    how = plan.design if design is None else design
    turns = (plan.replicates if how == plan.design else 1) if replicates is None else replicates
    how = check_design(how, count, first, turns)
    turns = int(turns)  # a number of numpy is as good as any
    plan = plan.with_stream(start_seed, how, turns)
    plans = (plan, *plan.alternatives)
    scope = scope_of(plans)
    names = read_breakdowns(plan.breakdowns if breakdowns is None else breakdowns, scope.labels)
    drawn = arrange_together(plans, names, scope)
    out = make_room(len(drawn[0][1].targets.output_start) - 1, count)
    crew = check_threads(threads)
    waiting = queue([each.draws for each in plans]) if how == "sobol" else None
    for i, (each, sums) in enumerate(drawn):
        points = make_points(how, each.draws, count, start_seed, first, waiting=waiting, replicates=turns)
        told = _part_of(progress, i, len(drawn))
        fill(each.draws, sums, count, start_seed, first, crew, points=points, progress=told, out=out)
    out[~np.any([is_written(sums.targets) for _, sums in drawn], axis=0)] = 0.0
    described = drawn[0][1].breakdowns
    variables = {item.variable: (_dims(item), _shaped(item, out, len(plans))) for item in described}
    coordinates = _coordinates(plans, scope.labels, described, first, count)
    dataset = xr.Dataset({**variables, **_exact(plans, scope.labels)}, coordinates)
    for name in dataset.variables:
        dataset[name].attrs.update(schema.describe(str(name), plan.currency, plan.price_year))
    words = describe_design(how, plan.draws, count, turns)
    return dataset.assign_attrs(provenance(plan, first), design_description=words)


def _part_of(progress: Progress | None, part: int, parts: int) -> Progress | None:
    """Tell the progress of one of several plans that are drawn as that of the whole."""
    if progress is None or parts == 1:
        return progress
    return lambda done, wanted: progress((part * wanted + done) // parts, wanted)


def _dims(breakdown: Breakdown) -> tuple[str, ...]:
    return ("option", "scenario", *breakdown.dims)


def _shaped(breakdown: Breakdown, out: Floats, options: int) -> Floats:
    """View the outputs of a breakdown as (option, scenario, ...) without copying."""
    size = int(np.prod(breakdown.shape, dtype=np.int64))
    block = out.reshape(options, -1, out.shape[1])[:, breakdown.first_output : breakdown.first_output + size]
    return np.moveaxis(block.reshape(options, *breakdown.shape, out.shape[1]), -1, 1)


def _exact(plans: Sequence[Plan], labels: Labels) -> dict[str, tuple[tuple[str, ...], Floats]]:
    """Give the sums of analytic means and of most likely values."""
    area = np.array(labels.component_area)
    areas = len(labels.area)

    def by_component(plan: Plan, values: Floats) -> Floats:
        costs = plan.row_component >= 0
        place = np.array([labels.component.index(name) for name in plan.labels.component])
        return np.bincount(place[plan.row_component[costs]], values[costs], len(labels.component)).astype(np.float64)

    mean = np.array([by_component(plan, plan.row_mean) for plan in plans])
    mode = np.array([by_component(plan, plan.row_mode) for plan in plans])
    financed = {}
    if any(plan.is_financed for plan in plans):
        shares = [plan.row_share if plan.is_financed else np.ones(len(plan.row_mean)) for plan in plans]
        need = np.array([by_component(p, p.row_mean * share) for p, share in zip(plans, shares, strict=True)])
        financed = {
            "expected_financing_need": (("option",), need.sum(axis=1)),
            "expected_financing_need_by_area": (("option", "area"), _by_area(need, area, areas)),
        }
    return {
        "point_estimate": (("option",), mode.sum(axis=1)),
        "point_estimate_by_area": (("option", "area"), _by_area(mode, area, areas)),
        "expected_cost": (("option",), mean.sum(axis=1)),
        "expected_cost_by_area": (("option", "area"), _by_area(mean, area, areas)),
        "expected_cost_by_component": (("option", "component"), mean),
        **financed,
    }


def _by_area(values: Floats, area: Integers, areas: int) -> Floats:
    """Sum (option, component) to (option, area)."""
    return np.array([np.bincount(area, row, areas) for row in values])


def _coordinates(
    plans: Sequence[Plan], labels: Labels, breakdowns: Sequence[Breakdown], first: int, count: int
) -> dict[str, object]:
    coordinates: dict[str, object] = {
        "option": np.array([plan.labels.option[0] for plan in plans]),
        "option_name": ("option", np.array([plan.labels.option_name for plan in plans])),
        "scenario": pd.RangeIndex(first, first + count),
        "area": np.array(labels.area),
        "area_name": ("area", np.array(labels.area_name)),
        "component": np.array(labels.component),
        "component_name": ("component", np.array(labels.component_name)),
        "component_area": ("component", np.array([labels.area[k] for k in labels.component_area])),
        "component_basis": ("component", np.array(labels.component_basis)),
    }
    used = {name: values for item in breakdowns for name, values in zip(item.dims, item.labels, strict=True)}
    coordinates |= {name: np.array(values) for name, values in used.items()}
    if "country" in used:
        coordinates |= _country_coordinates(labels, set(used))
    return coordinates


def _country_coordinates(labels: Labels, used: set[str]) -> dict[str, object]:
    """Names and groups along `country`; a group that is a dimension of its own cannot be a coordinate as well."""
    groups = {name: ("country", np.array(values)) for name, values in labels.groups if name not in used}
    return {"country_name": ("country", np.array(labels.country_name)), **groups}


def provenance(plan: Plan, first_scenario: int) -> dict[str, object]:
    """Give the attributes that say what a dataset is and how to make it again."""
    return {
        "title": plan.title,
        "study_name": plan.study_name,
        "currency": plan.currency,
        "price_year": plan.price_year,
        "coverage": plan.coverage,
        "seed": str(plan.seed),
        "first_scenario": first_scenario,
        "design": plan.design,
        "replicates": plan.replicates,
        "stream_version": STREAM_VERSION,
        "plan_digest": plan.digest,
        "study": plan.study_text,
        "popsim_version": __version__,
        **_versions(),
    }


@cache
def _versions() -> dict[str, str]:
    """Versions of the libraries that numbers pass through; asking for them means a search of the installation."""
    return {f"{name}_version": version(name) for name in ("numpy", "scipy", "numba", "xarray")}
