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
from popsim.report.prose import Prose

MOST = 3
"""Events that are named; the others are counted."""

MoneyRange = Callable[[float, float], str]
_text = Prose("rare")


def rare_sentences(
    dataset: xr.Dataset,
    option: str,
    coverage: float,
    money: MoneyRange | None = None,
    variable: str = "cost",
    *,
    beside: str = "",
    name: str = "",
) -> tuple[str, ...]:
    """Describe what lies outside the range of a total since it is rare.

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
        Formats an amount from a lower to an upper end, both in the study's currency and neither below zero; None for
        the format of the report, with two digits of the lower end.
    variable
        The total that the range is of, such as ``cost``, ``financing_need`` or ``cost_all_years``.
    beside
        Another option, whose sentences are read as well: what they name is not named again.
    name
        What the range is called; "" for "this range".

    Returns
    -------
    tuple of str
        Sentences; empty where there is no such event.

    Raises
    ------
    ParameterError
        For another coverage than that of the events.
    UnknownNameError
        For an option or a total that the events were not computed for.

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.analysis.attached import attach_rare
    >>> shock = {"name": "Embargo", "areas": ["f"], "probability": 0.01, "factor": 30, "basis": "judgement"}
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
        asked = f"{coverage:g}, but events were looked for at {float(events.attrs['coverage']):g}"
        mend = "ask popsim.rare_events with this coverage"
        raise ParameterError(Problem("", ("coverage",), asked, "one coverage", mend))
    for dim, label in (("option", option), ("total", variable)):
        labels = events[dim].values.tolist()
        if label not in labels:
            mend = nearest(label, labels)
            raise UnknownNameError(Problem("dataset", (dim,), repr(label), ", ".join(labels), mend))
    scenarios = int(dataset.sizes["scenario"])
    write = money or _money(str(dataset.attrs.get("currency", "USD")))
    name = name or _text("this_range")

    def sentence(of: str, event: int) -> str:
        return _sentence(events.sel(option=of, total=variable).isel(event=event), scenarios, write, name)

    is_beside = beside in events["option"].values
    places = [place for place in range(events.sizes["event"]) if not (is_beside and sentence(beside, place))]
    sentences = [text for place in places if (text := sentence(option, place))]
    if len(sentences) > MOST:
        further = _text(
            "further", range=name, events=len(sentences) - MOST, were_all_looked_at=not int(events.attrs["left_out"])
        )
        return (*sentences[:MOST], further)
    return tuple(sentences)


def rare_records(dataset: xr.Dataset, option: str) -> list[dict[str, Any]]:
    """Return all that is known of what is rare in an option, for JSON: numbers in full precision, None where not known.

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
    records = []
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
            records.append(record)
    return records


def rare_rows(dataset: xr.Dataset) -> Iterator[dict[str, str]]:
    """Yield one row of text for each event, option and total, for a table of all results of a run.

    The column `variable` has ``rare_`` and the name of the total.
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
    """Return that an event is not in the range; nothing where it is, or adds nothing."""
    of = {str(key): value.values.item() for key, value in event.variables.items()}
    countries = int(of["event_countries"])
    about: dict[str, object] = {
        "range": name,
        "scenarios": scenarios,
        "what": _text("what", kind=of["event_kind"], name=of["event_name"], countries=countries),
        "chance": _text("chance", chance=in_so_many(of["chance"]) if math.isfinite(of["chance"]) else ""),
    }
    happens, outside = int(of["happens"]), int(of["below"] + of["above"])
    if happens == 0:
        effect = _effect(of["would_add_low"], of["would_add_high"], money)
        return _text("in_no_scenario", at_once=countries <= 1, **effect, **about) if effect else ""
    effect = _effect(of["adds_low"], of["adds_high"], money)
    if 2 * outside <= happens or not effect:
        return ""
    if outside < happens:
        return _text("mostly_outside", happens=happens, outside=outside, **effect, **about)
    return _text("outside", happens=happens, **effect, **about)


def _effect(low: float, high: float, money: MoneyRange) -> dict[str, object]:
    """Return which way an event changes the total, and by how much; empty where it does not, or nobody knows."""
    if not (math.isfinite(low) and math.isfinite(high)) or low == high == 0.0:
        return {}
    if low < 0.0 < high:
        return {"way": "either", "amount": money(-low, -low), "more": money(high, high)}
    least, most = sorted((abs(low), abs(high)))
    amount = _text("up_to", amount=money(most, most)) if least < most / 1e3 else money(least, most)
    return {"way": "more" if high > 0.0 else "less", "amount": amount, "more": ""}


def _money(currency: str) -> MoneyRange:
    """Return a function that formats amounts in the unit of the higher one, with two digits of the lower."""

    def write(low: float, high: float) -> str:
        places = [Decimal(repr(end)).adjusted() - 1 for end in (low, high) if end]
        finest = float(Decimal(1).scaleb(min(places))) if places else 0.0
        return money_range(low, 0.0, high, 0.0, unit_for(high, currency), finest)

    return write


def in_so_many(chance: float) -> str:
    """Format a chance as so many in a hundred, a thousand or more, with two digits at most.

    Examples
    --------
    >>> in_so_many(0.02), in_so_many(0.025), in_so_many(1e-5), in_so_many(0.0999)
    ('2 in 100', '25 in 1,000', '1 in 100,000', '10 in 100')
    """
    number = Decimal(f"{chance:.1e}")
    whole = max(-int(number.normalize().as_tuple().exponent), 2)
    return _text("in_so_many", number=int(number.scaleb(whole)), whole=10**whole)
