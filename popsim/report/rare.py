"""Sentences on what is not in a range since it is rare: its chance, its scenarios and its size."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import xarray as xr

from popsim.analysis.attached import attached_rare
from popsim.errors import ParameterError, Problem, UnknownNameError, nearest
from popsim.report.numbers import money_range, unit_for
from popsim.report.prose import plural

__all__ = ["in_so_many", "rare_records", "rare_rows", "rare_sentences"]

MOST = 3
"""Events that are named; of others the number is told."""

MoneyRange = Callable[[float, float], str]

_WORDS = {
    "shock": "“{name}”",
    "no shock": "“{name}” does not happen",
    "high factor": "“{name}” at its rare worst",
    "low factor": "“{name}” at its rare mildest",
    "need": "“{name}” is needed",
    "no need": "“{name}” is not needed",
    "high cost": "a rare high cost of “{name}”",
    "low cost": "a rare low cost of “{name}”",
    "high start": "a rare late start",
    "low start": "a rare early start",
    "high delay": "a rare long delay of “{name}”",
    "low delay": "a rare short delay of “{name}”",
    "high escalation": "a rare high rise of costs of “{name}”",
    "low escalation": "a rare low rise of costs of “{name}”",
    "high inflation": "a rare high inflation",
    "low inflation": "a rare low inflation",
    "high exponent": "a rare high exponent of “{name}”",
    "low exponent": "a rare low exponent of “{name}”",
}


def rare_sentences(
    dataset: xr.Dataset,
    option: str,
    coverage: float,
    money: MoneyRange | None = None,
    variable: str = "cost",
    *,
    beside: str = "",
    name: str = "this range",
) -> tuple[str, ...]:
    """Say what lies outside the range of a total since it is rare.

    An event is named where more than half of its scenarios lie outside the range, by counting, or where no scenario has
    it; the three that matter most, by chance times size, and how many more there are.

    Parameters
    ----------
    dataset
        A run of `popsim run`, or one to which `attach_rare` added what `rare_events` found.
    option
        Option of which the range is.
    coverage
        Coverage of the range: that at which the events were looked for.
    money
        Writes an amount from a lower to an upper end, both in the study's currency and neither below zero; None for the
        words of the report, with two digits of the lower end.
    variable
        The total that the range is of, such as ``cost``, ``financing_need`` or ``cost_all_years``.
    beside
        Another option, whose own sentences are read as well: what they name is not named again.
    name
        What the range is called.

    Returns
    -------
    tuple of str
        Sentences; empty where there is no such event.

    Raises
    ------
    ParameterError
        For another coverage than that of the events.
    UnknownNameError
        For an option or a total that the events are not told of.

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.analysis.attached import attach_rare
    >>> shock = {"name": "Embargo", "areas": ["f"], "probability": 0.01, "factor": 3, "basis": "judgement"}
    >>> study = ps.load_study("pops", {"shock.embargo": {**shock, "rationale": "An example."}})
    >>> ds = ps.simulate(study, scenarios=500)
    >>> ds = attach_rare(ds, ps.rare_events(study, ds))
    >>> print(rare_sentences(ds, "full", study.coverage)[0].partition(" (")[0])
    Not in this range: “Embargo”, chance 1 in 100
    """
    events = attached_rare(dataset)
    if events is None:
        return ()
    if abs(float(events.attrs["coverage"]) - coverage) > 1e-9:
        found = f"{coverage:g}, but events were looked for at {float(events.attrs['coverage']):g}"
        raise ParameterError(
            Problem("coverage", (), found, "one coverage", "ask popsim.rare_events with this coverage")
        )
    for dim, label in (("option", option), ("total", variable)):
        labels = events[dim].values.tolist()
        if label not in labels:
            raise UnknownNameError(
                Problem(f"dataset: {dim}", (), repr(label), ", ".join(labels), nearest(label, labels))
            )
    scenarios = int(dataset.sizes["scenario"])
    write = money or _money(str(dataset.attrs.get("currency", "USD")))

    def said(of: str, event: int) -> str:
        return _sentence(events.sel(option=of, total=variable).isel(event=event), scenarios, write, name)

    known = beside in events["option"].values
    places = [place for place in range(events.sizes["event"]) if not (known and said(beside, place))]
    named = [sentence for place in places if (sentence := said(option, place))]
    if len(named) > MOST:
        # Of many events only the likeliest were looked at.
        least = "at least " if int(events.attrs["left_out"]) else ""
        more = plural(len(named) - MOST, "more rare event is", "more rare events are")
        return (*named[:MOST], f"And {least}{more} not in {name}.")
    return tuple(named)


def rare_records(dataset: xr.Dataset, option: str) -> list[dict[str, Any]]:
    """Give all that is known of what is rare in an option, for JSON: numbers in full precision, None where not known.

    Parameters
    ----------
    dataset
        As for `rare_sentences`.
    option
        Option of the run.

    Returns
    -------
    list of dict
        For each event of the option its `event`, `name`, `kind`, `countries` (0: common to all), `chance`, `happens`
        (scenarios), and `totals`: by total what it adds and how its scenarios lie about the range, as `rare_events`
        names them. Empty where nothing is rare.
    """
    events = attached_rare(dataset)
    if events is None:
        return []
    at = events.sel(option=option)
    money = [str(name) for name, values in at.data_vars.items() if set(values.dims) == {"event", "total"}]
    ranges = [str(name) for name, values in at.data_vars.items() if values.dims == ("total",)]
    found = []
    for k in range(at.sizes["event"]):
        one = at.isel(event=k)
        totals = {
            str(total): {name: _known(one[name].sel(total=total).item()) for name in (*ranges, *money)}
            for total in at["total"].values
        }
        # An option that lacks the event has no amounts of it either.
        if any(value is not None for each in totals.values() for name, value in each.items() if "add" in name):
            labels = {"event": "event", "name": "event_name", "kind": "event_kind", "countries": "event_countries"}
            record = {key: one[name].item() for key, name in labels.items()}
            record |= {"chance": _known(one["chance"].item()), "happens": one["happens"].item(), "totals": totals}
            found.append(record)
    return found


def rare_rows(dataset: xr.Dataset) -> Iterator[dict[str, str]]:
    """Give one row of text for each event, option and total, for a table of all results of a run.

    The column `variable` holds ``rare_`` and the name of the total.
    """
    names = dataset["option_name"].values.tolist() if "option_name" in dataset.coords else dataset["option"].values
    for option, option_name in zip(dataset["option"].values.tolist(), names, strict=True):
        for record in rare_records(dataset, option):
            for total, numbers in record["totals"].items():
                yield {
                    "variable": f"rare_{total}",
                    "option": str(option),
                    "option_name": str(option_name),
                    **{key: str(record[key]) for key in ("event", "name", "kind", "countries")},
                    **{
                        key: "" if value is None else repr(value)
                        for key, value in {"chance": record["chance"], "happens": record["happens"], **numbers}.items()
                    },
                    "unit": str(dataset.attrs.get("currency", "")),
                    "price_year": "" if "_nominal" in total else str(dataset.attrs.get("price_year", "")),
                }


def _known(value: float) -> float | int | None:
    return None if isinstance(value, float) and math.isnan(value) else value


def _sentence(event: xr.Dataset, scenarios: int, money: MoneyRange, name: str) -> str:
    """Say of one event that it is not in the range; nothing where it is, or adds nothing."""

    def of(name: str) -> float:
        return float(event[name].item())

    happens, outside = int(of("happens")), int(of("below") + of("above"))
    chance, countries = of("chance"), int(of("event_countries"))
    words = _WORDS[str(event["event_kind"].item())].format(name=event["event_name"].item())
    if countries > 1:
        words += f" in any of {countries} countries"
    known = f"chance {in_so_many(chance)}" if math.isfinite(chance) else "chance not known"
    if happens == 0:
        size = _adds("would ", of("would_add_low"), of("would_add_high"), money)
        where = " where it happens in one country" if countries > 1 else ""
        none = f"none of the {scenarios:,} scenarios has it" if scenarios > 1 else "the only scenario does not have it"
        return f"Not in {name}: {words}; {none} ({known}); it {size}{where}." if size else ""
    size = _adds("", of("adds_low"), of("adds_high"), money)
    if 2 * outside <= happens or not size:
        return ""
    counted = f"{happens:,} of {plural(scenarios, 'scenario', 'scenarios')}"
    if outside < happens:
        counted += f", {outside:,} of them outside the range"
    start = f"Mostly not in {name}" if outside < happens else f"Not in {name}"
    return f"{start}: {words}, {known} ({counted}), {size}."


def _adds(would: str, low: float, high: float, money: MoneyRange) -> str:
    """Say what an event adds, or would; nothing where it is nothing, or not known."""
    if not (math.isfinite(low) and math.isfinite(high)) or low == high == 0.0:
        return ""
    ending = "" if would else "s"
    if low < 0.0 < high:
        return f"{would}change{ending} the total by {money(-low, -low)} less to {money(high, high)} more"
    verb = f"{would}add{ending} " if high > 0.0 else f"{would}lower{ending} the total by "
    least, most = sorted((abs(low), abs(high)))
    return verb + (f"up to {money(most, most)}" if least < most / 1e3 else money(least, most))


def _money(currency: str) -> MoneyRange:
    """Write amounts in the unit that suits the higher one, with two digits of the lower."""

    def write(low: float, high: float) -> str:
        places = [Decimal(repr(end)).adjusted() - 1 for end in (low, high) if end]
        finest = float(Decimal(1).scaleb(min(places))) if places else 0.0
        return money_range(low, 0.0, high, 0.0, unit_for(high, currency), finest)

    return write


def in_so_many(chance: float) -> str:
    """Say a chance as so many in a hundred, a thousand or more, with two digits at most.

    Examples
    --------
    >>> in_so_many(0.02), in_so_many(0.025), in_so_many(1e-5), in_so_many(0.0999)
    ('2 in 100', '25 in 1,000', '1 in 100,000', '10 in 100')
    """
    number = Decimal(f"{chance:.1e}")
    whole = max(-int(number.normalize().as_tuple().exponent), 2)
    return f"{int(number.scaleb(whole)):,} in {10**whole:,}"
