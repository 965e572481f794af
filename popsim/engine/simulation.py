"""What a simulation computes of any range of its scenarios, and the labels that the numbers get.

All engines share it: in memory (`popsim.engine.simulate`), chunk by chunk into a store, and on a cluster. Every
scenario is computed from its own number alone, so that ranges, their order and who computes them change nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version

import numpy as np
import pandas as pd
import xarray as xr

from popsim import schema
from popsim.arguments import check_threads
from popsim.arrays import Floats, Mask, Words
from popsim.engine.breakdowns import Breakdown, Scope, arrange_together, scope_of
from popsim.engine.designs import Points, describe_design, make_points, queue
from popsim.engine.sums import Names
from popsim.engine.targets import Sums
from popsim.engine.threads import Progress, fill, is_written, make_room, working_bytes
from popsim.layout import CONSTANT, STREAM_VERSION
from popsim.plan.model import Labels, Plan
from popsim.sampling import Sampling
from popsim.schema import Total
from popsim.version import __version__


@dataclass(frozen=True, eq=False)
class Simulation:
    """The plans of all options, and the outputs that are made of each scenario.

    Examples
    --------
    >>> import popsim as ps
    >>> plan = ps.compile(ps.load_study("example"))
    >>> simulation = Simulation.of(plan, [("area",)])
    >>> part = simulation.fill(100, 150, threads=1)
    >>> part.shape == (simulation.outputs, 50)
    True
    >>> simulation.dataset(part, first=100)["cost"].sizes["scenario"]
    50
    """

    plans: tuple[Plan, ...]
    """That of the full programme first, then those of the options."""
    scope: Scope
    drawn: tuple[tuple[Plan, Sums], ...]
    """The plans that are drawn, each with what is summed of it."""
    waiting: Words | None = None
    """Order in which streams take dimensions of Sobol points, where these plans are parts of others."""

    @classmethod
    def of(cls, plan: Plan, breakdowns: Sequence[Names]) -> Simulation:
        """Return the simulation of a plan and its alternatives, with their sampling.

        Parameters
        ----------
        plan
            With the sampling of the whole run.
        breakdowns
            As `read_breakdowns` gives them.
        """
        plans = (plan, *plan.alternatives)
        scope = scope_of(plans)
        return cls(plans, scope, tuple(arrange_together(plans, breakdowns, scope)))

    @property
    def plan(self) -> Plan:
        """The plan of the full programme."""
        return self.plans[0]

    @property
    def sampling(self) -> Sampling:
        """All scenarios of the run."""
        return self.plans[0].sampling

    def resized(self, count: int) -> Simulation:
        """Return the simulation of another number of scenarios of the same run."""
        sampling = dataclasses.replace(self.sampling, count=count)
        return dataclasses.replace(self, plans=tuple(plan.with_sampling(sampling) for plan in self.plans))

    @property
    def outputs(self) -> int:
        """Numbers that are kept of each scenario, of all options."""
        return len(self.drawn[0][1].targets.output_start) - 1

    @property
    def breakdowns(self) -> tuple[Breakdown, ...]:
        """The variables that have scenarios, in the order of their outputs."""
        return self.drawn[0][1].breakdowns

    @cached_property
    def thread_bytes(self) -> int:
        """Bytes that each thread takes while it draws: little, but for breakdowns by very many labels."""
        return max(working_bytes(plan.draws, sums) for plan, sums in self.drawn)

    @cached_property
    def _unwritten(self) -> Mask:
        unwritten: Mask = ~np.any([is_written(sums.targets) for _, sums in self.drawn], axis=0)
        return unwritten

    @cached_property
    def _points(self) -> tuple[Points | None, ...]:
        """The design of all scenarios for each plan that is drawn; streams take the same dimensions in all options."""
        waiting = self.waiting
        if waiting is None and self.sampling.design == "sobol":
            waiting = queue([plan.draws for plan in self.plans])
        return tuple(make_points(plan.draws, self.sampling, waiting=waiting) for plan, _ in self.drawn)

    def fill(
        self,
        start: int,
        stop: int,
        threads: int,
        progress: Progress | None = None,
        out: Floats | None = None,
        column: int = 0,
    ) -> Floats:
        """Compute the outputs of scenarios start ... stop - 1, numbered as in the run; shape (output, scenario).

        Parameters
        ----------
        start, stop
            Within the scenarios of the run: `sampling.first` ... `sampling.first + sampling.count - 1`.
        threads
            Checked before.
        progress
            Called with the number of scenarios done and wanted, of this range.
        out
            Where the outputs are put; None for a new array.
        column
            Of `out`, that of the first scenario.

        Raises
        ------
        ParameterError
            When the outputs do not fit the memory.
        """
        count = stop - start
        out = make_room(self.outputs, count) if out is None else out
        for i, (plan, sums) in enumerate(self.drawn):
            fill(
                plan.draws,
                sums,
                count,
                self.sampling.seed,
                start,
                threads,
                points=self._points[i],
                progress=_part_of(progress, i, len(self.drawn)),
                out=out,
                column=column,
            )
        out[self._unwritten, column : column + count] = 0.0
        return out

    def shaped(self, breakdown: Breakdown, out: Floats) -> Floats:
        """Return the outputs of a variable, without copying, as (option, scenario, ...)."""
        return np.moveaxis(breakdown.part_of(out.reshape(len(self.plans), -1, out.shape[1])), -1, 1)

    def dims_of(self, breakdown: Breakdown) -> Names:
        """Return the dimensions of a variable with scenarios."""
        return ("option", "scenario", *breakdown.dims)

    def dataset(self, out: Floats, first: int | None = None, *, exact: bool = True) -> xr.Dataset:
        """Label the outputs of a range of scenarios, and add what is exact: means, payments, point estimates.

        Parameters
        ----------
        out
            As `fill` returns it; of all scenarios or of a range.
        first
            Number of the first of its scenarios; None for that of the run.
        exact
            False leaves out what is exact, which takes as long as some hundred scenarios.
        """
        first = self.sampling.first if first is None else first
        variables = {item.variable: (self.dims_of(item), self.shaped(item, out)) for item in self.breakdowns}
        scenario = pd.RangeIndex(first, first + out.shape[1])
        labels = coordinates(self.plans, self.scope.labels, self.breakdowns)
        variables |= self.exact if exact else {}
        described = self.described(xr.Dataset(variables, {"scenario": scenario, **labels}))
        described.attrs["first_scenario"] = first
        return described

    def described(self, dataset: xr.Dataset) -> xr.Dataset:
        """Return a dataset of these variables, after adding units, meanings, comments and provenance as attributes."""
        # Variables and not arrays: an array of each would take longer than all else here.
        plan, variables = self.plan, dataset.variables
        for name, variable in variables.items():
            variable.attrs.update(schema.describe(str(name), plan.about.currency, plan.about.price_year))
        totals = [total.name for total in self.scope.totals]
        for total in self.scope.totals:
            later = schema.total_name(total.base, total.prices, "after_horizon")
            if total.span == "within_horizon" and later in totals and total.name in dataset:
                # So that a part of this dataset never passes for all there is.
                variables[total.name].attrs["after_horizon"] = later
        for name, comment in _comments(self.plans, dataset).items():
            variables[name].attrs["comment"] = comment
        words = describe_design(plan.draws, self.sampling.design, self.sampling.count, self.sampling.replicates)
        dataset.attrs |= {**provenance(plan), "design_description": words}
        return dataset

    @cached_property
    def exact(self) -> dict[str, tuple[tuple[str, ...], Floats]]:
        """What takes no scenarios: point estimates, exact means and planned payments; dimensions and values by name."""
        return {**point_estimates_of(self.plans, self.scope), **_exact(self.plans, self.scope)}


def simulate_scenarios(
    plan: Plan,
    breakdowns: Sequence[Names],
    scenarios: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
) -> xr.Dataset:
    """Return what `popsim.simulate` does without what is exact, for runs of which a few variables are wanted.

    Parameters
    ----------
    plan
        Of the run.
    breakdowns
        As `read_breakdowns` gives them.
    scenarios, seed, threads
        As for `popsim.simulate`.

    Examples
    --------
    >>> import popsim as ps
    >>> plan = ps.compile(ps.load_study("example"))
    >>> found = simulate_scenarios(plan, [("area",)], scenarios=100)
    >>> whole = ps.simulate(plan, scenarios=100, breakdowns=["area"])
    >>> all(found[name].identical(whole[name]) for name in found.data_vars)
    True
    """
    sampling = plan.sampling.changed(scenarios, seed)
    simulation = Simulation.of(plan.with_sampling(sampling), breakdowns)
    out = simulation.fill(sampling.first, sampling.first + sampling.count, check_threads(threads))
    return simulation.dataset(out, exact=False)


def _part_of(progress: Progress | None, part: int, parts: int) -> Progress | None:
    """Return a progress that counts one of several plans that are drawn as its part of the whole."""
    if progress is None or parts == 1:
        return progress
    return lambda done, wanted: progress((part * wanted + done) // parts, wanted)


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


def coordinates(plans: Sequence[Plan], labels: Labels, breakdowns: Sequence[Breakdown]) -> dict[str, object]:
    """Return the labels of all dimensions but the scenario, and what is said of these labels."""
    found: dict[str, object] = {
        "option": np.array([plan.labels.option[0] for plan in plans]),
        "option_name": ("option", np.array([plan.labels.option_name for plan in plans])),
        "option_is_financed": ("option", np.array([plan.is_financed for plan in plans])),
        "area": np.array(labels.area),
        "area_name": ("area", np.array(labels.area_name)),
        "component": np.array(labels.component),
        "component_name": ("component", np.array(labels.component_name)),
        "component_area": ("component", np.array([labels.area[k] for k in labels.component_area])),
        "component_basis": ("component", np.array(labels.component_basis)),
        "component_width": ("component", np.array(labels.width)),
    }
    used = {name: values for item in breakdowns for name, values in zip(item.dims, item.labels, strict=True)}
    found |= {name: np.array(values) for name, values in used.items()}
    if "country" in used:
        # A group that is a dimension of its own cannot be a coordinate as well.
        groups = {name: ("country", np.array(values)) for name, values in labels.groups if name not in used}
        found |= {"country_name": ("country", np.array(labels.country_name)), **groups}
    return found


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
