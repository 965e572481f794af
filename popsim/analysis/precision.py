"""Simulation of as many scenarios as a stated precision takes, and how a range settles as scenarios are added."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim.analysis.by_output import over_outputs
from popsim.analysis.door import check_probability, coverage_of, dataset_of, replicates_of
from popsim.analysis.order import coverage_interval, half_width, quantile_with_error, scenarios_for
from popsim.analysis.totals import described, units_of, variable_of
from popsim.arguments import (
    as_number,
    as_whole,
    by_keyword,
    check_callable,
    check_name,
    check_path,
    check_threads,
    check_whole,
)
from popsim.arrays import Floats
from popsim.engine.batches import Batches, InMemory, InStore
from popsim.engine.simulate import simulation_of
from popsim.engine.threads import Progress
from popsim.errors import ParameterError, Problem
from popsim.plan import compile
from popsim.plan.model import Plan
from popsim.study.model import Study
from popsim.types import INTERVALS, METHODS, By, Design, Interval, Method

if TYPE_CHECKING:
    from popsim.engine.runs import Run

REPLICATES = 32
"""Scramblings of Sobol points where none are stated: the error is known to 1 / sqrt(2 (32 - 1)) = 13 % of itself."""

_FIRST = (5_000, 4_096)
"""Scenarios of the first batch, at least: of random ones, and of Sobol points."""

_TAIL = (250, 200)
"""Scenarios in each tail of the first batch, likewise: with fewer, errors are too uncertain to stop by."""

_GROWTH = (1.25, 4.0)
"""A batch makes the scenarios at least and at most so many times as many."""

OnBatch = Callable[[int, float], None]
"""Called after each batch with the scenarios so far and the precision that they reach."""


@by_keyword("precision", most="max_scenarios", told="on_batch")
def simulate_to(
    study: Study | Plan,
    *,
    precision: float | None = None,
    method: Method = "quantiles",
    digits: int = 2,
    interval: Interval = "symmetric",
    coverage: float | None = None,
    seed: int | None = None,
    breakdowns: str | Iterable[By] | None = None,
    design: Design | None = None,
    threads: int | None = None,
    max_scenarios: int | None = None,
    progress: Progress | None = None,
    on_batch: OnBatch | None = None,
    store: str | os.PathLike[str] | None = None,
    memory: str | int | None = None,
) -> xr.Dataset:
    """Sample the cost of a study in as many scenarios as a stated precision takes.

    Scenarios are added in growing batches until the precision is reached. The result equals that of `simulate` with as
    many scenarios (and, of Sobol points, as many replicates), to the bit; `precision` decides nothing but their number.

    Parameters
    ----------
    study
        A study, or a plan that was compiled before.
    precision
        For the method "quantiles": 95 % half-width (1.96 Monte Carlo standard errors; of Sobol points, Student's t for
        the number of scramblings) of each of the lower end, the median and the upper end of the range of `cost`, in
        every option, over that quantile; 0.005 is half a per cent.
    method
        "quantiles": as above; the next batch is sized by the error so far, which falls as 1 / sqrt(n).
        "jcgm101": the adaptive procedure of JCGM 101:2008, 7.9.4: batches of max(10^4, 100 / (1 - coverage)) until
        twice the standard deviation of the average over batches of mean, standard deviation and both ends of the
        coverage interval is within half a unit of the last of `digits` significant digits of the standard deviation.
    digits
        For "jcgm101": significant digits of the standard deviation, 1 to 4.
    interval
        For "jcgm101": "symmetric" or "shortest" coverage interval.
    coverage
        Of the range; None for that of the study.
    seed, breakdowns, threads
        As for `simulate`.
    design
        "sobol" or "random". Of Sobol points, scenarios belong in turn to independent scramblings, as many as the study
        states or else 32; errors come from the spread of the scramblings. None for the design that the study or the
        plan states; where a study states none, the `cheapest_design` (docs/concepts/precision.md).
    max_scenarios
        Number of scenarios that is not to be exceeded; None for as many as there is memory for.
    progress
        Called with the number of scenarios done and the number foreseen.
    on_batch
        Called after each batch with the number of scenarios and the precision reached: the largest relative half-width,
        or for "jcgm101" the largest ratio of twice a standard deviation to the tolerance.
    store
        A folder such as ``ensemble.zarr`` that is not there yet, to which scenarios are written as they are drawn; only
        their totals are in memory then. The dataset has dask arrays, which are read when they are used. The same call
        goes on where it was interrupted. None to hold all scenarios in memory.
    memory
        How much this process may take, such as "2GiB"; None for half of what is free.

    Returns
    -------
    xarray.Dataset
        As of `simulate`, with attributes `precision_method`, `precision` (as asked for; for "jcgm101" 1.0),
        `precision_reached` (as `on_batch`) and `precision_batches`.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured; for a design whose errors cannot be estimated within a run; for a
        precision that takes more than `max_scenarios` scenarios, with an estimate of how many it takes.
    PlanError
        When a distribution cannot be tabulated.
    RunError, FileError
        When there is something at the place of the store, or it cannot be written.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate_to(ps.load_study("pops"), precision=0.05, breakdowns=())
    >>> ds.sizes["scenario"], ds.attrs["precision_reached"] <= 0.05, ds.attrs["design"]
    (4096, True, 'sobol')
    """
    plan = study if isinstance(study, Plan) else compile(study)
    if design is None and isinstance(study, Study) and not study.design_is_stated:
        design = cheapest_design(method, max_scenarios)
    plan = plan.with_sampling(plan.sampling.changed(design=design))
    goal = _check(plan, precision, method, digits, interval, coverage, max_scenarios)
    check_callable("progress", progress)
    check_callable("on_batch", on_batch)
    max_scenarios = as_whole(max_scenarios)
    threads = check_threads(threads)
    simulation = simulation_of(plan, seed=seed, breakdowns=breakdowns, replicates=goal.replicates)
    batches: Batches = InMemory(memory) if store is None else InStore(check_path("store", store, "a path"), memory)
    most = None if max_scenarios is None else goal.allowed(max_scenarios)
    limit = (
        goal.allowed(batches.room(simulation)) if most is None else min(most, goal.allowed(batches.room(simulation)))
    )
    statistics: list[Floats] = []
    done, count, foreseen = 0, 0, min(goal.first, limit)
    while True:
        simulation = simulation.resized(foreseen)
        cost = batches.reach(simulation, threads, progress)
        if goal.method == "quantiles":
            reached = relative_error(cost, goal.coverage, goal.replicates)
            needed = foreseen * min(reached / goal.precision, 1e100) ** 2
        else:
            statistics.append(_batch_statistics(cost[:, done:], goal.coverage, goal.interval))
            reached, needed = _stability(statistics, cost, goal.digits)
        done, count = foreseen, count + 1
        if on_batch is not None:
            on_batch(done, reached)
        if reached <= goal.precision:
            attributes = {
                "precision_method": goal.method,
                "precision": goal.precision,
                "precision_reached": reached,
                "precision_batches": count,
            }
            return batches.dataset(simulation, attributes)
        # An estimate from few scenarios that exceeds the limit by little is no reason to stop.
        if done >= limit or 4.0 * limit < needed < math.inf:
            _refuse(goal, done, reached, needed, limit, stated=limit == most)
        foreseen = min(_next(goal, done, needed), limit)


def cheapest_design(method: Method = "quantiles", max_scenarios: int | None = None) -> Design:
    """Return the design that reaches a precision in the least time.

    Sobol points: in all studies that were measured, a scenario of them costs what a random one costs, and they know
    quantiles from fewer. Random scenarios where batches have to be independent, or too few for scramblings are allowed.

    Examples
    --------
    >>> cheapest_design(), cheapest_design("jcgm101")
    ('sobol', 'random')
    """
    too_few = 1 <= (as_whole(max_scenarios) or 0) < _FIRST[True]
    return "random" if method == "jcgm101" or too_few else "sobol"


@dataclass(frozen=True)
class _Goal:
    """What a call asks for, checked."""

    precision: float
    coverage: float
    method: str
    digits: int
    interval: Interval
    replicates: int
    """Independent scramblings to which scenarios belong in turn; 1 for random scenarios."""

    @property
    def first(self) -> int:
        """Number of scenarios of the first batch."""
        if self.method == "jcgm101":
            return batch_size(self.coverage)
        first, tail = (each[self.replicates > 1] for each in (_FIRST, _TAIL))
        return self.from_on(max(first, math.ceil(round(tail / ((1.0 - self.coverage) / 2.0), 6))))

    def allowed(self, limit: int) -> int:
        """Return the largest number within the limit that such a run can have."""
        if self.replicates == 1:
            return limit
        points = limit // self.replicates
        return self.replicates * max(step for step in _steps(points) if step <= max(points, 1))

    def from_on(self, least: int) -> int:
        """Return the smallest number from `least` on that such a run can have."""
        points = -(-least // self.replicates)
        return least if self.replicates == 1 else self.replicates * min(n for n in _steps(points) if n >= points)


def _steps(points: int) -> tuple[int, int, int]:
    """Return numbers of Sobol points around a number: powers of two, and what is balanced half way between them."""
    power = 1 << max(points.bit_length() - 1, 0)
    return power, power + power // 2, 2 * power


def _check(
    plan: Plan,
    precision: object,
    method: object,
    digits: object,
    interval: object,
    coverage: object,
    max_scenarios: object,
) -> _Goal:
    """Return what is asked for; all problems are reported together."""
    problems: list[Problem] = []
    try:
        check_name("method", method, METHODS)
    except ParameterError as error:
        problems += error.problems
    asked = as_number(precision)
    method = method if isinstance(method, str) else ""
    if method == "quantiles" and (asked is None or not 0.0 < asked < 1.0):
        problems.append(
            Problem("", ("precision",), repr(precision), "a number between 0 and 1, such as 0.005 for 0.5 %")
        )
    if method == "jcgm101" and precision is not None:
        problems.append(
            Problem("", ("precision",), repr(precision), "None where method = 'jcgm101'", "say digits instead")
        )
    figures = as_whole(digits)
    if figures is None or not 1 <= figures <= 4:
        problems.append(Problem("", ("digits",), repr(digits), "a whole number from 1 to 4"))
    if max_scenarios is not None and (as_whole(max_scenarios) or 0) < 1:
        problems.append(Problem("", ("max_scenarios",), repr(max_scenarios), "a whole number of at least 1, or None"))
    replicates, unfit = _replicates(plan, method, max_scenarios)
    problems += unfit
    try:
        level = check_probability("coverage", plan.about.coverage if coverage is None else coverage)
        kind = check_name("interval", interval, INTERVALS)
    except ParameterError as error:
        problems += error.problems
    if problems:
        raise ParameterError(problems)
    wanted = asked if asked is not None and method == "quantiles" else 1.0
    return _Goal(wanted, level, str(method), figures or 0, kind, replicates)


def _replicates(plan: Plan, method: object, max_scenarios: object) -> tuple[int, list[Problem]]:
    """Return the number of replicates, and the problems of arguments that do not fit the design."""
    if plan.design == "random":
        return 1, []
    if plan.design == "latin":
        latin = "design 'latin': the error of its quantiles cannot be estimated from one run, which cannot be continued"
        mend = "leave the design out, and the cheapest is taken, or state a number of scenarios instead"
        return 1, [Problem("", ("precision",), latin, "design 'random' or 'sobol'", mend)]
    replicates = plan.replicates if plan.replicates > 1 else REPLICATES
    problems = []
    if method == "jcgm101":
        sobol = "design 'sobol': its batches are not independent"
        allowed = "'quantiles' where design = 'sobol'"
        problems.append(Problem("", ("method",), sobol, allowed, "state a precision instead"))
    if 1 <= (as_whole(max_scenarios) or 0) < replicates:
        problems.append(
            Problem(
                "", ("max_scenarios",), repr(max_scenarios), f"at least {replicates}: one scenario of each scrambling"
            )
        )
    return replicates, problems


def relative_error(cost: Floats, coverage: float, replicates: int = 1) -> float:
    """Return the largest 95 % half-width of the ends and the median of the range, relative to the quantile itself.

    Raises
    ------
    ParameterError
        Where a quantile is 0 and uncertain, so that nothing is relative to it.

    Examples
    --------
    >>> relative_error(np.full((1, 100), 5.0), coverage=0.9)
    0.0
    """
    levels = np.array([(1.0 - coverage) / 2.0, 0.5, (1.0 + coverage) / 2.0])
    value, error = quantile_with_error(np.ascontiguousarray(cost), levels, replicates)
    if ((value == 0.0) & (error > 0.0)).any():
        raise ParameterError(
            Problem("", ("precision",), "a quantile of the total that is 0", "a total whose quantiles are above 0")
        )
    wide = half_width(replicates) * error
    return float(np.max(np.divide(wide, np.abs(value), out=np.zeros_like(value), where=error > 0.0)))


def _next(goal: _Goal, done: int, needed: float) -> int:
    """Return the scenarios after the next batch: those needed and a few more, in thousands; one batch for JCGM 101.

    Of Sobol points, whose error falls faster than that of random scenarios, no more than needed by that rule.
    """
    if goal.method == "jcgm101":
        return done + goal.first
    least, most = (factor * done for factor in _GROWTH)
    if goal.replicates > 1:
        return max(goal.allowed(int(min(needed, most))), goal.from_on(done + 1))
    return math.ceil(min(max(1.05 * needed, least), most) / 1_000.0) * 1_000


def _refuse(goal: _Goal, done: int, reached: float, needed: float, limit: int, stated: bool) -> None:
    """Refuse a precision that takes too many scenarios, with an estimate of how many it takes."""
    if goal.method == "jcgm101":
        wanted, argument = f"{goal.digits} significant digits of the standard deviation", "digits"
    else:
        wanted, argument = f"{100 * goal.precision:.3g} %", "precision"
    so_far = f"{done:,} scenarios reach {100 * reached:.3g} %" if goal.method == "quantiles" else f"{done:,} do not do"
    estimate = f"; it takes about {int(float(f'{needed:.1e}')):,}" if math.isfinite(needed) and needed > 0.0 else ""
    reason = f"one that {limit:,} scenarios reach, which is " + ("the most allowed" if stated else "what memory holds")
    mend = (
        "allow more scenarios, and memory for them, or ask for less"
        if stated
        else "ask for less, or for fewer breakdowns"
    )
    raise ParameterError(Problem("", (argument,), f"{wanted}: {so_far}{estimate}", reason, mend))


# JCGM 101:2008, Evaluation of measurement data, Supplement 1 to the GUM: the adaptive procedure of clause 7.9.4.


def batch_size(coverage: float) -> int:
    """Return M of 7.9.4 b): max(J, 10^4), J the smallest whole number of at least 100 / (1 - p).

    Examples
    --------
    >>> batch_size(0.95), batch_size(0.999)
    (10000, 100000)
    """
    return max(math.ceil(round(100.0 / (1.0 - coverage), 6)), 10_000)


def numerical_tolerance(value: float, digits: int) -> float:
    """Return delta of 7.9.2: half a unit of the last of `digits` significant digits of a value; 0 for 0.

    The value is written c x 10^l with c a whole number of so many digits; delta = 10^l / 2.

    Examples
    --------
    >>> numerical_tolerance(0.035, 2), numerical_tolerance(35.0, 1), numerical_tolerance(9.97, 2)
    (0.0005, 5.0, 0.5)
    """
    if value == 0.0:
        return 0.0
    # Through its decimal form, rounded to the digits: 9.97 to two digits is 10, that is 10 x 10^0.
    exponent = int(f"{abs(value):.{digits - 1}e}".partition("e")[2])
    return float(f"0.5e{exponent - digits + 1}")


def _batch_statistics(values: Floats, coverage: float, interval: Interval) -> Floats:
    """Return mean, standard deviation and both ends of the coverage interval of one batch, 7.9.4 e); shape (..., 4)."""
    ends = coverage_interval(values, coverage, interval)
    moments = np.stack([values.mean(axis=-1), values.std(axis=-1, ddof=1)], axis=-1)
    return np.concatenate([moments, ends], axis=-1)


def _stability(batches: Sequence[Floats], cost: Floats, digits: int) -> tuple[float, float]:
    """Return the largest 2 s over its tolerance, and an estimate of the scenarios that bring it to 1; 7.9.4 g) to k).

    Each s is the standard deviation of the average over batches of the `_batch_statistics`. The computation has
    stabilised when no 2 s exceeds the tolerance.
    """
    if len(batches) < 2:
        return math.inf, 0.0
    spread = 2.0 * np.stack(batches).std(axis=0, ddof=1) / math.sqrt(len(batches))
    uncertainty = cost.std(axis=-1, ddof=1)
    tolerance = np.vectorize(lambda value: numerical_tolerance(float(value), digits))(uncertainty)
    allowed = np.asarray(tolerance, dtype=np.float64)[..., np.newaxis]
    reached = float(np.max(np.divide(spread, allowed, out=np.zeros_like(spread), where=spread > 0.0)))
    return reached, cost.shape[-1] * reached**2


def convergence(
    dataset: Run | xr.Dataset, coverage: float | None = None, points: int = 24, variable: str = "cost"
) -> xr.Dataset:
    """Return the ends and the median of the range from the first scenarios alone, for growing numbers of them.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate`.
    coverage
        Coverage of the range; None for that of the dataset, or else 0.90.
    points
        How many numbers of scenarios, in equal ratios, from the least that has an error to all; at least 2.
    variable
        Any variable with scenarios.

    Returns
    -------
    xarray.Dataset
        `value` and `value_error` (..., count, quantile), in the unit of the variable; `count` is the number of
        scenarios, counted from the first. An error is infinite where no number of scenarios of the run has one.

    Raises
    ------
    ParameterError
        For a coverage outside (0, 1) or less than two points.
    RunError
        For a dataset without the variable.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=())
    >>> c = ps.convergence(ds)
    >>> c["value"].dims, int(c["count"][-1])
    (('option', 'count', 'quantile'), 2000)
    """
    dataset = dataset_of(dataset)
    points = check_whole("points", points, 2, 100_000)
    stated = coverage_of(dataset, coverage)
    tail = (1.0 - stated) / 2.0
    levels = np.array([round(tail, 12), 0.5, round(1.0 - tail, 12)])
    cost = variable_of(dataset, variable)
    replicates, every = replicates_of(dataset), cost.sizes["scenario"]
    least = min(scenarios_for(tail, replicates), every)
    counts = np.unique(np.geomspace(least, every, points).round().astype(np.int64))
    if replicates > 1:
        # Whole rounds, so that replicates are of equal size.
        counts = np.unique(np.maximum(counts // replicates, 1) * replicates)

    def settling(values: Floats) -> dict[str, Floats]:
        results = [quantile_with_error(values[..., :count], levels, replicates) for count in counts]
        return {
            name: np.stack(each, axis=-2)
            for name, each in zip(("value", "value_error"), zip(*results, strict=True), strict=True)
        }

    found = over_outputs(cost, settling)
    dims = [*(str(dim) for dim in cost.dims[:-1]), "count", "quantile"]
    labels = {name: value for name, value in cost.coords.items() if "scenario" not in value.dims}
    coordinates, title = {**labels, "count": counts, "quantile": levels}, "Quantile from so many scenarios"
    variables = {}
    for name, meaning in (("value", title), ("value_error", f"{title}, Monte Carlo error")):
        variables[name] = described(xr.DataArray(found[name], coordinates, dims), units_of(cost), meaning)
    return xr.Dataset(variables, attrs={**dataset.attrs, "coverage": stated, "variable": variable})
