"""From a plan to a labelled dataset of scenarios, with exact means and point estimates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version

import numpy as np
import pandas as pd
import xarray as xr

from popsim import schema
from popsim.arguments import by_keyword
from popsim.arrays import Floats
from popsim.engine.breakdowns import Breakdown, Scope, arrange_together, read_breakdowns, scope_of
from popsim.engine.designs import describe_design, make_points, queue
from popsim.engine.threads import Progress, check_threads, fill, is_written, make_room
from popsim.errors import ParameterError, Problem, kind_of
from popsim.layout import CONSTANT, STREAM_VERSION
from popsim.plan import compile
from popsim.plan.model import Labels, Plan
from popsim.schema import Total
from popsim.study.model import Study
from popsim.types import By, Design
from popsim.version import __version__


@by_keyword("scenarios", "seed", "breakdowns", "threads", "first_scenario", "progress", "design", "replicates")
def simulate(
    study: Study | Plan,
    *,
    scenarios: int | None = None,
    seed: int | None = None,
    breakdowns: str | Iterable[By] | None = None,
    design: Design | None = None,
    replicates: int | None = None,
    first_scenario: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
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
    design
        "random": independent scenarios. "latin": a Latin hypercube in every stream. "sobol": scrambled Sobol points in
        the first 21,201 streams, best balanced where `scenarios` is a power of two. None for the design that the study
        states. See docs/designs.md.
    replicates
        R independent scramblings of Sobol points, which take turns: scenario s is point s // R of scrambling s % R;
        Monte Carlo errors then follow from their spread. None for what the study states with this design, or else 1.
    first_scenario
        Where the scenarios start: the result equals that slice of a longer run, to the bit. 0 for a Latin hypercube.
    threads
        None for all cores. The number changes nothing but the time it takes.
    progress
        Called with the number of scenarios done and wanted.

    Returns
    -------
    xarray.Dataset
        `cost` (option, scenario) in the study's currency at constant prices, ``cost_by_...`` for each breakdown, and
        exact means and point estimates. Each breakdown sums to `cost` within 1e-9 of it. Where the study or one of its
        options asks for them, the other totals of `popsim.schema.TOTALS`: `financing_need` with its breakdowns (with
        `[financing]`), ``..._nominal`` (with inflation), ``..._discounted`` (with a discount rate), and each of them
        ``..._after_horizon`` where payments can fall after the last year. The coordinate `option_is_financed` says
        which options have `[financing]`. Where an option has no such rule, the attribute `comment` says what
        stands in its place. Options share their random numbers, scenario by scenario.

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
        raise ParameterError(Problem("", ("study",), kind_of(study), "a Study or a Plan", mend))
    plan = study if isinstance(study, Plan) else compile(study)
    sampling = plan.sampling.changed(scenarios, seed, design, replicates, first_scenario)
    plan = plan.with_sampling(sampling)
    plans = (plan, *plan.alternatives)
    scope = scope_of(plans)
    names = read_breakdowns(plan.about.breakdowns if breakdowns is None else breakdowns, scope.labels)
    drawn = arrange_together(plans, names, scope)
    out = make_room(len(drawn[0][1].targets.output_start) - 1, sampling.count)
    thread_count = check_threads(threads)
    waiting = queue([each.draws for each in plans]) if sampling.design == "sobol" else None
    for i, (each, sums) in enumerate(drawn):
        fill(
            each.draws,
            sums,
            sampling.count,
            sampling.seed,
            sampling.first,
            thread_count,
            points=make_points(each.draws, sampling, waiting=waiting),
            progress=_part_of(progress, i, len(drawn)),
            out=out,
        )
    out[~np.any([is_written(sums.targets) for _, sums in drawn], axis=0)] = 0.0
    described = drawn[0][1].breakdowns
    variables = {
        item.variable: (("option", "scenario", *item.dims), _shaped(item, out, len(plans))) for item in described
    }
    coordinates = _coordinates(plans, scope.labels, described)
    dataset = xr.Dataset({**variables, **point_estimates_of(plans, scope), **_exact(plans, scope)}, coordinates)
    for name in dataset.variables:
        dataset[name].attrs.update(schema.describe(str(name), plan.about.currency, plan.about.price_year))
    for total in scope.totals:
        later = schema.total_name(total.base, total.prices, "after_horizon")
        if total.span == "within_horizon" and later in dataset:
            # So that a part of this dataset never passes for all there is.
            dataset[total.name].attrs["after_horizon"] = later
    for name, comment in _comments(plans, dataset).items():
        dataset[name].attrs["comment"] = comment
    words = describe_design(plan.draws, sampling.design, sampling.count, sampling.replicates)
    return dataset.assign_attrs(provenance(plan), design_description=words)


def _part_of(progress: Progress | None, part: int, parts: int) -> Progress | None:
    """Return a progress that counts one of several plans that are drawn as its part of the whole."""
    if progress is None or parts == 1:
        return progress
    return lambda done, wanted: progress((part * wanted + done) // parts, wanted)


def _shaped(breakdown: Breakdown, out: Floats, options: int) -> Floats:
    """Return the outputs of a breakdown, without copying, as (option, scenario, ...)."""
    return np.moveaxis(breakdown.part_of(out.reshape(options, -1, out.shape[1])), -1, 1)


def _exact(plans: Sequence[Plan], scope: Scope) -> dict[str, tuple[tuple[str, ...], Floats]]:
    """Return the payments that are planned, and the sums of analytic means."""
    labels = scope.labels
    area = np.array(labels.component_area)
    places = [np.array([labels.component.index(name) for name in plan.labels.component]) for plan in plans]

    def by_component(values: Sequence[Floats]) -> Floats:
        """Sum values of the rows of each plan."""
        found = []
        for plan, place, each in zip(plans, places, values, strict=True):
            costs = plan.row_component >= 0
            found.append(np.bincount(place[plan.row_component[costs]], each[costs], len(labels.component)))
        return np.array(found, dtype=np.float64)

    found: dict[str, tuple[tuple[str, ...], Floats]] = {}
    if all(plan.exact.component_payments.size for plan in plans):
        payments = np.zeros((len(plans), len(labels.component)))
        for row, plan, place in zip(payments, plans, places, strict=True):
            row[place] = plan.exact.component_payments
        found["planned_payments"] = (("option", "component"), payments)
    for total in scope.totals:
        if total.name == "cost":
            mean = by_component([plan.row_mean for plan in plans])
        elif total.name == "financing_need":
            mean = by_component([p.row_mean * p.row_share if p.is_financed else p.row_mean for p in plans])
        elif any(plan.exact.component_expected.size == 0 for plan in plans):
            continue
        else:
            mean = np.zeros((len(plans), len(labels.component)))
            for row, plan, place in zip(mean, plans, places, strict=True):
                row[place] = _expected(plan, total)
        found[f"expected_{total.name}"] = (("option",), mean.sum(axis=1))
        by_area = np.array([np.bincount(area, row, len(labels.area)) for row in mean])
        found[f"expected_{total.name}_by_area"] = (("option", "area"), by_area)
        found[f"expected_{total.name}_by_component"] = (("option", "component"), mean)
    return found


def _expected(plan: Plan, total: Total) -> Floats:
    """Return the exact mean of a total by component, by the rules of `scope_of` where the plan does not know it."""
    base = total.base if plan.is_financed else "cost"
    prices = total.prices if plan.has_prices(total.prices) else "constant"
    if total.span == "after_horizon" and not plan.is_ever_late:
        return np.zeros(len(plan.labels.component))
    row = schema.SIMULATED_TOTALS.index(schema.total_name(base, prices, total.span))
    known: Floats = plan.exact.component_expected[row]
    return known


def _comments(plans: Sequence[Plan], dataset: xr.Dataset) -> dict[str, str]:
    """Return by variable which options have something else in its place."""
    by_variable = {}
    for name in dataset.data_vars:
        total = schema.total_of(str(name))
        if total is None:
            continue
        lacking = {
            "has no [financing]: its need is all that it costs": [
                plan for plan in plans if total.base == "financing_need" and not plan.is_financed
            ],
            f"has no {_PRICE_KEYS.get(total.prices, '')}: its money is at constant prices, not {total.prices}": [
                plan for plan in plans if not plan.has_prices(total.prices)
            ],
        }
        comments = [f"Option {p.labels.option[0]!r} {words}." for words, those in lacking.items() for p in those]
        if comments:
            by_variable[str(name)] = " ".join(comments)
    return by_variable


_PRICE_KEYS = {"nominal": "money.inflation", "discounted": "discount rate"}


def _coordinates(plans: Sequence[Plan], labels: Labels, breakdowns: Sequence[Breakdown]) -> dict[str, object]:
    first, count = plans[0].sampling.first, plans[0].scenarios
    coordinates: dict[str, object] = {
        "option": np.array([plan.labels.option[0] for plan in plans]),
        "option_name": ("option", np.array([plan.labels.option_name for plan in plans])),
        "option_is_financed": ("option", np.array([plan.is_financed for plan in plans])),
        "scenario": pd.RangeIndex(first, first + count),
        "area": np.array(labels.area),
        "area_name": ("area", np.array(labels.area_name)),
        "component": np.array(labels.component),
        "component_name": ("component", np.array(labels.component_name)),
        "component_area": ("component", np.array([labels.area[k] for k in labels.component_area])),
        "component_basis": ("component", np.array(labels.component_basis)),
        "component_width": ("component", np.array(labels.width)),
    }
    used = {name: values for item in breakdowns for name, values in zip(item.dims, item.labels, strict=True)}
    coordinates |= {name: np.array(values) for name, values in used.items()}
    if "country" in used:
        # A group that is a dimension of its own cannot be a coordinate as well.
        groups = {name: ("country", np.array(values)) for name, values in labels.groups if name not in used}
        coordinates |= {"country_name": ("country", np.array(labels.country_name)), **groups}
    return coordinates


def provenance(plan: Plan) -> dict[str, object]:
    """Return the attributes that describe a dataset and how to make it again."""
    return {
        "title": plan.about.title,
        "study_name": plan.about.study_name,
        "currency": plan.about.currency,
        "price_year": plan.about.price_year,
        "coverage": plan.about.coverage,
        "seed": str(plan.sampling.seed),
        "first_scenario": plan.sampling.first,
        "design": plan.sampling.design,
        "replicates": plan.sampling.replicates,
        "stream_version": STREAM_VERSION,
        "plan_digest": plan.digest,
        "study": plan.about.study_text,
        "popsim_version": __version__,
        **_versions(),
    }


@cache
def _versions() -> dict[str, str]:
    """Return versions of the libraries that numbers pass through; cached, since it searches the installation."""
    return {f"{name}_version": version(name) for name in ("numpy", "scipy", "numba", "xarray")}


def point_estimates_of(plans: Sequence[Plan], scope: Scope) -> dict[str, tuple[tuple[str, ...], Floats]]:
    """Compute every total, and cost and need by area, with the kernel that computes the scenarios.

    Costs, exponents, starts, delays, rates and the factors of shocks are at their modes; a cost that may not be needed
    is multiplied by the probability that it is; a shock happens where its probability is one half or more. A plan
    without anything uncertain gives each of its scenarios, to the bit.

    Returns
    -------
    dict
        Dimensions and values by the name of the variable; empty for plans of a version that did not store modes.
    """
    if any(plan.exact.row_likely.size == 0 for plan in plans):
        return {}
    drawn = arrange_together([_likely(plan) for plan in plans], [("area",)], scope)
    out = np.zeros((len(drawn[0][1].targets.output_start) - 1, 1))
    for plan, sums in drawn:
        written = is_written(sums.targets)
        out[written] = fill(plan.draws, sums, 1, seed=0)[written]
    by_option = out.reshape(len(plans), -1, 1)
    return {
        schema.point_estimate_name(item.variable): (("option", *item.dims), item.part_of(by_option)[..., 0])
        for item in drawn[0][1].breakdowns
    }


def _likely(plan: Plan) -> Plan:
    """Return the plan in which every row is the one value that is most likely."""
    draws, moves, rows = plan.draws, plan.moves, len(plan.exact.row_likely)
    nothing = np.zeros(0, dtype=np.int64)
    draws = draws._replace(
        shared_stream=np.zeros(0, dtype=np.uint64),
        common_start=np.zeros(1, dtype=np.int64),
        common_basis=nothing,
        common_weight=np.zeros(0),
        own_start=np.zeros_like(draws.own_start),
        own_stream=np.zeros(0, dtype=np.uint64),
        row_common=np.full(rows, -1, dtype=np.int64),
        term_start=np.zeros(rows + 1, dtype=np.int64),
        term_basis=nothing,
        term_weight=np.zeros(0),
        row_kind=np.full(rows, CONSTANT, dtype=draws.row_kind.dtype),
        row_location=plan.exact.row_likely,
        row_scale=np.zeros(rows),
    )
    moves = moves._replace(
        # The probability of a need and scale factors are in the cost.
        gate_start=np.zeros_like(moves.gate_start),
        power_start=np.zeros_like(moves.power_start),
        # Scores are 0: a shock happens where its threshold is above.
        shock_threshold=np.where(moves.shock_threshold >= 0.0, 1.0, -1.0),
    )
    return dataclasses.replace(plan, draws=draws, moves=moves)
