"""What can happen with a chance too small to show in a range: how likely it is, in which scenarios, and how large."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.by_output import read_values
from popsim.analysis.door import check_numbers, check_probability, dataset_of, options_of, study_of
from popsim.analysis.order import quantile_with_error
from popsim.analysis.rare_causes import Event, Sampler, Totals, events_of
from popsim.arrays import Floats
from popsim.engine.runs import Run
from popsim.engine.simulate import simulate
from popsim.engine.variants import Scenarios, scenarios_of
from popsim.errors import ParameterError, PlanError, Problem, RunError, words
from popsim.plan import compile as compile_study
from popsim.plan.model import Plan
from popsim.study.model import Study

_RARE = 0.2
"""Chance from which on nothing is called rare, however narrow the range."""

_MOST = 100
"""Events of an option that are looked at; the likeliest, where there are more."""

_MANY = 20
"""Scenarios from which on the middle 90 % of them are given beside the lowest and the highest."""

_COUNTS = ("below", "inside", "above")

_AMOUNTS = 6
"""The first columns say what an event adds."""

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


def rare_events(
    source: Study | Run,
    dataset: xr.Dataset | None = None,
    coverage: float | None = None,
    plan: Plan | None = None,
    threads: int | None = None,
) -> xr.Dataset:
    """Return what can happen with a chance below that of the tails of a range, and what it adds.

    Events are shocks; needs that are rarely there, or rarely not; and the ends of distributions that lie apart from the
    rest with a small chance (an atom of `Discrete`, a member of `Mixture`): of costs, starts, delays, escalation,
    inflation, exponents and the factors of shocks. What can happen in single countries counts as one event, which
    happens where it happens in any of them. What an event adds is the total with it less the total without it, scenario
    by scenario on the same random numbers; for the end of a distribution of costs, less the median of all its other
    values; for that of another quantity, less the nearest of its other values.

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
        Over (option, event), of the events that any option has: `chance` by the study (NaN where no formula is known or
        the option has no such event), `happens`, the number of scenarios that have it. Over (option, event, total),
        in the study's currency: `adds_low` and `adds_high`, the least and the most that it adds in these scenarios, and
        `adds_p05` and `adds_p95` (NaN below 20 scenarios); `would_add_low` and ``would_add_high``, the 5 % and the 95 %
        quantile of what it would add in any scenario, where none has it; `total_low` and ``total_high``, the least and
        the greatest total of these scenarios; `below`, `inside` and `above`, how many of them lie so about the range
        `range_low` to `range_high` (option, total). Totals on ``_all_years`` include what is paid after the horizon.
        Coordinates along event: `event_name`, as the study has it, `event_kind`, and `event_countries`, the number of
        countries in which it can happen, 0 for what is common to all. Events are in order of chance times size; the
        attribute `left_out` is how many of an option are missing: the least likely beyond a hundred, and ends too
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
    >>> events = rare_events(study, ps.simulate(study, scenarios=500), coverage=0.9)
    >>> events["event_name"].values.tolist(), events["chance"].sel(option="full").values.tolist()
    (['Embargo'], [0.02])
    """
    study = study_of(source, "source")
    if dataset is None:
        simulated = plan or study
        dataset = source.dataset if isinstance(source, Run) else simulate(simulated, breakdowns=(), threads=threads)
    dataset = _whole_run(dataset_of(dataset))
    level = check_probability("coverage", study.coverage if coverage is None else coverage)
    options = options_of(study)
    names = [str(name) for name in dataset["option"].values]
    if unknown := [name for name in names if name not in options]:
        raise RunError(Problem("dataset", ("option",), unknown[0], f"options of the study: {', '.join(options)}"))
    limit = min(1.0 - level, _RARE)
    events = {name: events_of(options[name], limit) for name in names}
    ranges = _ranges(dataset, names, level)
    measured: dict[str, dict[str, _Measured]] = {name: {} for name in names}
    left_out = 0
    if any(events.values()):
        whole = compile_study(study) if plan is None else plan
        scenarios = scenarios_of(dataset, (whole, *whole.alternatives), threads)
        _check_made_by(dataset, whole, scenarios)
        simulated_parts: list[tuple[Study, Totals]] = []
        for name in names:
            sampler = Sampler(options[name], _totals(dataset, name), scenarios, simulated_parts)
            likeliest = sorted(events[name], key=lambda event: -event.chance.most)[:_MOST]
            missing = len(events[name]) - len(likeliest)
            for event in likeliest:
                try:
                    result = _measure(event, sampler, ranges[name], limit)
                except (PlanError, ParameterError, ArithmeticError):
                    # An end so thin that no table can represent it alone; the study itself was tabulated all the same.
                    missing += 1
                    continue
                if result is not None:
                    measured[name][event.id] = result
            left_out = max(left_out, missing)
    return _dataset(dataset, measured, ranges).assign_attrs(coverage=level, left_out=left_out)


def _whole_run(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset with totals by option and scenario, its scenarios one after the other, as they are drawn."""
    totals = [name for name in schema.SIMULATED_TOTALS if name in dataset]
    wrong = [name for name in totals if set(dataset[name].dims) != {"option", "scenario"}]
    if wrong or "cost" not in totals or "option" not in dataset.coords:
        found = f"{wrong[0]} by {words(dataset[wrong[0]].dims)}" if wrong else "no cost by named options"
        raise RunError(Problem("dataset", (), found, "a dataset of popsim.simulate, with its options and scenarios"))
    check_numbers(dataset, totals)
    if "scenario" in dataset.coords:
        first, last = (int(dataset["scenario"].values[place]) for place in (0, -1))
        if last - first + 1 != dataset.sizes["scenario"]:
            found = f"{dataset.sizes['scenario']:,} of the scenarios {first:,} to {last:,}"
            raise RunError(Problem("dataset", ("scenario",), found, "scenarios of a run, one after the other"))
        # Where they begin, also of a part of a run: they are drawn again.
        dataset = dataset.assign_attrs(first_scenario=first)
    return dataset


def _check_made_by(dataset: xr.Dataset, plan: Plan, scenarios: Scenarios) -> None:
    """Refuse a dataset that was not simulated from a plan."""
    given, wanted = dataset.attrs.get("plan_digest"), plan.with_sampling(scenarios.sampling).digest
    if given != wanted:
        allowed = f"one of the plan of the study, {wanted}"
        raise RunError(Problem("dataset", (), f"an ensemble of plan {given}", allowed, "simulate the study again"))


def _totals(dataset: xr.Dataset, option: str) -> Totals:
    """Return every total of an option, scenario by scenario, except those of all years."""
    names = [name for name in schema.SIMULATED_TOTALS if name in dataset]
    return {name: np.asarray(read_values(dataset[name].sel(option=option)), dtype=np.float64) for name in names}


def _with_all_years(totals: Mapping[str, Floats]) -> Totals:
    """Add to each total within the horizon what is paid after it."""
    whole = dict(totals)
    for total in schema.TOTALS.values():
        within = schema.total_name(total.base, total.prices)
        if total.span == "all_years" and within in totals:
            after = schema.total_name(total.base, total.prices, "after_horizon")
            whole[total.name] = totals[within] + totals[after] if after in totals else totals[within]
    return whole


def _ranges(dataset: xr.Dataset, options: Sequence[str], coverage: float) -> dict[str, dict[str, tuple[float, float]]]:
    """Return the ends of the range of each total by option, as `summarise` gives them, to the last bit."""
    tail = (1.0 - coverage) / 2.0
    levels = np.array([round(tail, 12), round(1.0 - tail, 12)])
    parts: dict[str, tuple[str, ...]] = {name: (name,) for name in schema.SIMULATED_TOTALS if name in dataset}
    for total in schema.TOTALS.values():
        within = schema.total_name(total.base, total.prices)
        if total.span == "all_years" and within in parts:
            after = schema.total_name(total.base, total.prices, "after_horizon")
            parts[total.name] = (within, after) if after in parts else (within,)
    found: dict[str, dict[str, tuple[float, float]]] = {option: {} for option in options}
    for option, (name, of) in itertools.product(options, parts.items()):
        first, *rest = (read_values(dataset[part].sel(option=option)) for part in of)
        low, high = quantile_with_error(first + rest[0] if rest else first, levels)[0].tolist()
        found[option][name] = (low, high)
    return found


@dataclass(frozen=True, eq=False)
class _Measured:
    """An event as the scenarios of an option have it."""

    event: Event
    happens: int
    values: Floats
    """(total, column), the columns being `_COLUMNS`."""

    @property
    def weight(self) -> float:
        """Chance times size, by which events are put in order."""
        chance = self.event.chance.most if math.isnan(self.event.chance.value) else self.event.chance.value
        sizes = np.abs(self.values[:, :_AMOUNTS])
        return chance * float(sizes[np.isfinite(sizes)].max(initial=0.0))


def _measure(
    event: Event, sampler: Sampler, ranges: Mapping[str, tuple[float, float]], limit: float
) -> _Measured | None:
    """Look at an event in the scenarios of an option; None where it adds nothing, or is not rare after all."""
    happens, adds = event.measure(sampler)
    count = int(happens.sum())
    if math.isnan(event.chance.value) and count >= limit * len(happens):
        return None
    adds, totals = _with_all_years(adds), _with_all_years(sampler.totals)
    forced = {} if count else _with_all_years(event.forced(sampler))
    values = np.full((len(ranges), len(_COLUMNS)), np.nan)
    for row, (name, (low, high)) in zip(values, ranges.items(), strict=True):
        columns = dict.fromkeys(_COUNTS, 0.0)
        if count:
            added, here = adds[name][happens], totals[name][happens]
            below, above = int((here < low).sum()), int((here > high).sum())
            columns = {"adds_low": added.min(), "adds_high": added.max(), "total_low": here.min()}
            columns |= {"total_high": here.max(), "below": below, "inside": count - below - above, "above": above}
        else:
            columns["would_add_low"], columns["would_add_high"] = np.quantile(forced[name], [0.05, 0.95])
        if count >= _MANY:
            columns["adds_p05"], columns["adds_p95"] = np.quantile(added, [0.05, 0.95])
        row[[_COLUMNS.index(column) for column in columns]] = list(columns.values())
    amounts = values[:, :_AMOUNTS]
    return _Measured(event, count, values) if amounts[np.isfinite(amounts)].any() else None


def _dataset(
    made: xr.Dataset,
    measured: Mapping[str, Mapping[str, _Measured]],
    ranges: Mapping[str, Mapping[str, tuple[float, float]]],
) -> xr.Dataset:
    """Return the events of all options side by side, in order of chance times size."""
    events: dict[str, _Measured] = {}
    for each in measured.values():
        for name, one in each.items():
            if name not in events or one.weight > events[name].weight:
                events[name] = one
    ordered = sorted(events, key=lambda name: -events[name].weight)
    totals = list(next(iter(ranges.values())))
    shape = (len(measured), len(ordered))
    values = np.full((*shape, len(totals), len(_COLUMNS)), np.nan)
    values[..., [_COLUMNS.index(name) for name in _COUNTS]] = 0.0
    chance, happens = np.full(shape, np.nan), np.zeros(shape, dtype=np.int64)
    for (i, of_option), (j, name) in itertools.product(enumerate(measured.values()), enumerate(ordered)):
        if (here := of_option.get(name)) is not None:
            chance[i, j], happens[i, j], values[i, j] = here.event.chance.value, here.happens, here.values
    by_event = ("option", "event")
    variables = {"chance": xr.Variable(by_event, chance), "happens": xr.Variable(by_event, happens)}
    for k, name in enumerate(_COLUMNS):
        column = np.ascontiguousarray(values[..., k])
        data = column.astype(np.int64) if name in _COUNTS else column
        variables[name] = xr.Variable((*by_event, "total"), data)
    ends = np.array([list(each.values()) for each in ranges.values()])
    for k, name in enumerate(("range_low", "range_high")):
        variables[name] = xr.Variable(("option", "total"), ends[..., k])
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
    return xr.Dataset(variables, labels, made.attrs)
