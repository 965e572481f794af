"""What can happen with a small chance, and so is not in a range: its chance, its scenarios and its size."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.door import check_probability, dataset_of, options_of
from popsim.analysis.order import quantile_with_error
from popsim.analysis.rare_causes import Event, Sampler, Totals, events_of
from popsim.engine.runs import Run
from popsim.engine.simulate import simulate
from popsim.engine.variants import Scenarios, scenarios_of
from popsim.errors import ParameterError, PlanError, Problem, RunError
from popsim.families.base import Floats
from popsim.plan import compile as compile_study
from popsim.plan.model import Plan
from popsim.study.model import Study

__all__ = ["rare_events"]


_RARE = 0.2
"""Chance from which on nothing is called rare, however narrow the range."""


_MOST = 100
"""Events of an option that are looked at; the likeliest, where there are more."""


_MANY = 20
"""Scenarios from which on the middle 90 % of them are told beside the lowest and the highest."""


def rare_events(
    source: Study | Run,
    dataset: xr.Dataset | None = None,
    coverage: float | None = None,
    plan: Plan | None = None,
    threads: int | None = None,
) -> xr.Dataset:
    """Name what can happen with a chance below that of the tails of a range, and say what it adds.

    Looked at are shocks, needs that are rarely there (or rarely not), and the ends of distributions that lie apart from
    the rest with a small chance (an atom of `Discrete`, a member of `Mixture`): of costs, starts, delays, escalation,
    inflation, exponents and the factors of shocks. What happens in single countries is an event of the whole where it
    happens in any of them. What an event adds is the total with it less the total without it, scenario by scenario on
    the same random numbers; for the end of a distribution of costs, less the median of all its other values; for that
    of another quantity, less the nearest of its other values.

    Parameters
    ----------
    source
        The study, or a run that was loaded.
    dataset
        What `simulate` gave for the study; None for that of the run, or to simulate as the study says.
    coverage
        Coverage of the range; events with a chance below 1 - coverage, and below 20 %, are named. None for that of the
        study.
    plan
        The plan of the study, where it is at hand.
    threads
        None for all cores.

    Returns
    -------
    xarray.Dataset
        Over (option, event), of the events that any option has: `chance` by the study (NaN where no formula is at hand
        or the option has no such event), `happens`, the number of scenarios that have it. Over (option, event, total),
        in the study's currency: `adds_low` and `adds_high`, the least and the most that it adds in these scenarios, and
        `adds_p05` and `adds_p95` (NaN below 20 scenarios); `would_add_low` and ``would_add_high``, the 5 % and the 95 %
        quantile of what it would add in any scenario, where none has it; `total_low` and ``total_high``, the least and
        the greatest total of these scenarios; `below`, `inside` and `above`, how many of them lie so about the range
        `range_low` to `range_high` (option, total). Totals on ``_all_years`` hold what is paid after the horizon too.
        Coordinates along event: `event_name`, as the study has it, `event_kind`, and `event_countries`, the number of
        countries in which it can happen, 0 for what is common to all. Events are in order of chance times size; the
        attribute `left_out` tells how many of an option are missing: the least likely beyond a hundred, and ends too
        thin to be drawn alone.

    Raises
    ------
    ParameterError
        For a coverage outside (0, 1), or a source of another type.
    RunError
        When the dataset was not made from the study.

    Examples
    --------
    >>> import popsim as ps
    >>> shock = {"name": "Embargo", "areas": ["f"], "probability": 0.02, "factor": 1.5, "basis": "judgement"}
    >>> study = ps.load_study("pops", {"shock.embargo": {**shock, "rationale": "An example."}})
    >>> found = rare_events(study, ps.simulate(study, scenarios=500), coverage=0.9)
    >>> found["event_name"].values.tolist(), found["chance"].sel(option="full").values.tolist()
    (['Embargo'], [0.02])
    """
    if isinstance(source, Run):
        study, made = source.study, dataset_of(source if dataset is None else dataset)
    elif isinstance(source, Study):
        study, made = (
            source,
            simulate(plan or source, breakdowns=(), threads=threads) if dataset is None else dataset_of(dataset),
        )
    else:
        raise ParameterError(
            Problem("", ("source",), type(source).__name__, "a Study or a Run", "ps.load_study(...) gives one")
        )
    level = check_probability("coverage", study.coverage if coverage is None else coverage)
    options = options_of(study)
    unknown = [str(name) for name in made["option"].values if str(name) not in options]
    if unknown:
        raise RunError(Problem("dataset", ("option",), unknown[0], f"options of the study: {', '.join(options)}"))
    options = {str(name): options[str(name)] for name in made["option"].values}
    limit = min(1.0 - level, _RARE)
    events = {name: events_of(each, limit) for name, each in options.items()}
    if not any(events.values()):
        return _dataset(made, {name: {} for name in options}, level).assign_attrs(left_out=0)
    whole = compile_study(study) if plan is None else plan
    scenarios = scenarios_of(made, (whole, *whole.alternatives), threads)
    _check_made_by(made, whole, scenarios)
    found: dict[str, dict[str, _Found]] = {}
    known: list[tuple[Study, Totals]] = []
    left_out = 0
    for name, each in options.items():
        sampler = Sampler(each, _totals(made, name), scenarios, known)
        likeliest = sorted(events[name], key=lambda event: -event.chance.most)[:_MOST]
        found[name], beyond = {}, len(events[name]) - len(likeliest)
        for event in likeliest:
            try:
                one = _measured(event, sampler, level, limit)
            except (PlanError, ParameterError, ArithmeticError):
                # An end so thin that no table holds it alone; the study itself was tabulated all the same.
                beyond += 1
                continue
            if one is not None:
                found[name][event.id] = one
        left_out = max(left_out, beyond)
    return _dataset(made, found, level).assign_attrs(left_out=left_out)


def _check_made_by(dataset: xr.Dataset, plan: Plan, scenarios: Scenarios) -> None:
    known = plan.with_sampling(scenarios.sampling).digest
    if dataset.attrs.get("plan_digest") != known:
        raise RunError(
            Problem(
                "dataset",
                (),
                f"an ensemble of plan {dataset.attrs.get('plan_digest')}",
                f"one of the plan of the study, {known}",
                "simulate the study again",
            )
        )


def _totals(dataset: xr.Dataset, option: str) -> Totals:
    """Every total of an option, scenario by scenario, but for those of all years."""
    names = [total.name for total in schema.TOTALS.values() if total.span != "all_years" and total.name in dataset]
    return {name: np.asarray(dataset[name].sel(option=option).values, dtype=np.float64) for name in names}


def _with_all_years(totals: Mapping[str, Floats]) -> Totals:
    """Add to each total within the horizon what is paid after it."""
    found = dict(totals)
    for total in schema.TOTALS.values():
        within = schema.total_name(total.base, total.prices)
        if total.span == "all_years" and within in totals:
            after = schema.total_name(total.base, total.prices, "after_horizon")
            found[total.name] = totals[within] + totals[after] if after in totals else totals[within]
    return found


@dataclass(frozen=True, eq=False)
class _Found:
    """An event as the scenarios of an option have it; money by total."""

    event: Event
    happens: int
    adds: dict[str, tuple[float, ...]]
    """Lowest, highest, 5 % and 95 % quantile, and the two of what it would add."""
    totals: dict[str, tuple[float, float, float, float, float]]
    """Lowest and highest total of the scenarios that have it; how many lie below, inside and above the range."""

    @property
    def weight(self) -> float:
        """Chance times size, by which events are put in order."""
        chance = self.event.chance.most if math.isnan(self.event.chance.value) else self.event.chance.value
        sizes = [abs(value) for each in self.adds.values() for value in each if math.isfinite(value)]
        return chance * max(sizes, default=0.0)


def _measured(event: Event, sampler: Sampler, coverage: float, limit: float) -> _Found | None:
    """Look at an event in the scenarios of an option; None where it adds nothing, or is not rare after all."""
    happens, adds = event.measure(sampler)
    count = int(happens.sum())
    if math.isnan(event.chance.value) and count >= limit * len(happens):
        return None
    adds = _with_all_years(adds)
    forced = {} if count else _with_all_years(event.forced(sampler))
    none = (math.nan, math.nan)
    told = {}
    for name, values in adds.items():
        here = values[happens]
        ends = (float(here.min()), float(here.max())) if count else none
        middle = tuple(np.quantile(here, [0.05, 0.95]).tolist()) if count >= _MANY else none
        would = none if count else tuple(np.quantile(forced[name], [0.05, 0.95]).tolist())
        told[name] = (*ends, *middle, *would)
    if not any(value for each in told.values() for value in each if math.isfinite(value)):
        return None
    tail = (1.0 - coverage) / 2.0
    totals = {}
    for name, values in _with_all_years(sampler.totals).items():
        # The ends of `summarise`, to the last bit.
        (low, high), _ = quantile_with_error(values, np.array([round(tail, 12), round(1.0 - tail, 12)]))
        here = values[happens]
        below, above = int((here < low).sum()), int((here > high).sum())
        ends = (float(here.min()), float(here.max())) if count else none
        totals[name] = (*ends, float(below), float(count - below - above), float(above))
    return _Found(event, count, told, totals)


_COUNTS = ("below", "inside", "above")


_COLUMNS = (
    *("adds_low", "adds_high", "adds_p05", "adds_p95", "would_add_low", "would_add_high"),
    *("total_low", "total_high", *_COUNTS),
)


_TITLES = {
    "chance": "Chance that the event happens, by the study",
    "happens": "Scenarios in which the event happens",
    "adds_low": "Least that the event adds to the total in a scenario",
    "adds_high": "Most that the event adds to the total in a scenario",
    "adds_p05": "What the event adds, 5 % quantile over the scenarios that have it",
    "adds_p95": "What the event adds, 95 % quantile over the scenarios that have it",
    "would_add_low": "What the event would add, 5 % quantile",
    "would_add_high": "What the event would add, 95 % quantile",
    "total_low": "Lowest total of the scenarios that have the event",
    "total_high": "Highest total of the scenarios that have the event",
    "below": "Scenarios with the event whose total lies below the range",
    "inside": "Scenarios with the event whose total lies inside the range, its ends included",
    "above": "Scenarios with the event whose total lies above the range",
    "range_low": "Lower end of the range",
    "range_high": "Upper end of the range",
}


def _dataset(made: xr.Dataset, found: Mapping[str, Mapping[str, _Found]], coverage: float) -> xr.Dataset:
    """Put events of all options side by side."""
    events: dict[str, _Found] = {}
    for each in found.values():
        for name, one in each.items():
            if name not in events or one.weight > events[name].weight:
                events[name] = one
    ordered = sorted(events, key=lambda name: -events[name].weight)
    options = list(found)
    totals = list(_with_all_years(_totals(made, options[0])))
    shape = (len(options), len(ordered))
    values = {name: np.full((*shape, len(totals)), 0.0 if name in _COUNTS else np.nan) for name in _COLUMNS}
    chance, happens = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    for (i, option), (j, name) in itertools.product(enumerate(options), enumerate(ordered)):
        if (here := found[option].get(name)) is not None:
            chance[i, j], happens[i, j] = here.event.chance.value, here.happens
            for k, total in enumerate(totals):
                for column, value in zip(_COLUMNS, (*here.adds[total], *here.totals[total]), strict=True):
                    values[column][i, j, k] = value
    by_event, by_total = ("option", "event"), ("option", "event", "total")
    variables = {
        "chance": xr.Variable(by_event, chance),
        "happens": xr.Variable(by_event, happens),
        **{
            name: xr.Variable(by_total, each.astype(np.int64) if name in _COUNTS else each)
            for name, each in values.items()
        },
        **{name: xr.Variable(("option", "total"), each) for name, each in _ranges(made, options, coverage).items()},
    }
    for name, variable in variables.items():
        unit = "1" if name in {"chance", "happens", *_COUNTS} else str(made.attrs.get("currency", "1"))
        variable.attrs = {"units": unit, "long_name": _TITLES[name], "description": f"{_TITLES[name]}."}
    shown = [events[name].event for name in ordered]
    labels = {
        "option": made["option"].variable,
        "event": xr.Variable("event", np.array(ordered, dtype=str)),
        "event_name": xr.Variable("event", np.array([each.name for each in shown], dtype=str)),
        "event_kind": xr.Variable("event", np.array([each.kind for each in shown], dtype=str)),
        "event_countries": xr.Variable("event", np.array([each.countries for each in shown], dtype=np.int64)),
        "total": xr.Variable("total", np.array(totals)),
    }
    return xr.Dataset(variables, labels, {**made.attrs, "coverage": coverage})


def _ranges(made: xr.Dataset, options: Sequence[str], coverage: float) -> dict[str, Floats]:
    """Return the ends of the range of each total of each option, as `summarise` does, to the last bit."""
    tail = (1.0 - coverage) / 2.0
    levels = np.array([round(tail, 12), round(1.0 - tail, 12)])
    totals = [list(_with_all_years(_totals(made, option)).values()) for option in options]
    ends, _ = quantile_with_error(np.array(totals), levels)
    return {"range_low": ends[..., 0], "range_high": ends[..., 1]}
