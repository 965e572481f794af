"""What makes the range: the inputs that it comes from."""

from __future__ import annotations

import math
from functools import partial
from typing import NamedTuple

import xarray as xr

from popsim.analysis import attached_drivers, drivers_left_out
from popsim.analysis.sobol import Share, reported, share_of
from popsim.analysis.tails import UNSEEN
from popsim.report.document import Block, Figure, Paragraph, Section, Table
from popsim.report.facts import Facts, Measured
from popsim.report.figures import shares, tornado
from popsim.report.numbers import NO_BREAK, UNKNOWN, amount, amounts, count, finest_of, money, percent, unit_for
from popsim.report.sections.words import all_of
from popsim.study.model import Study

__all__ = [
    "Words",
    "area_table",
    "drivers",
    "is_unseen",
    "lead",
    "left_out",
    "notes",
    "share_table",
    "swing_table",
    "words_of",
]

_HEADINGS = {"input": "Uncertain input", "level": "Common to whom"}
_FINEST = 0.001
_ROUNDING = 1e-9
"""Shares below are rounding of the computer."""


class Words(NamedTuple):
    """How amounts are spoken of."""

    unit: str
    unit_and_prices: str
    interval: str
    width: Measured | None = None
    """Width of the range where more scenarios know it than those of the drivers."""


def words_of(found: xr.Dataset, study: Study) -> Words:
    """Choose the unit for results of `popsim.drivers` that stand alone."""
    unit = unit_for(float(found["swing_high"].max()), study.currency)
    interval = f"{percent(float(found.attrs['coverage']))}{NO_BREAK}interval"
    return Words(unit, f"{unit}, constant {study.price_year} prices", interval)


def drivers(facts: Facts) -> Section | None:
    """Say which inputs make the range, or why that is left out; None where the run holds neither."""
    why = left_out(facts.dataset, facts.scenarios)
    if why is not None:
        return Section("drivers", "What makes the range?", "What makes it", (Paragraph(why),))
    by_input = attached_drivers(facts.dataset, "input")
    by_level = attached_drivers(facts.dataset, "level")
    if by_input is None or by_level is None or facts.is_certain:
        return None
    words = Words(facts.unit, facts.unit_and_prices, facts.interval, facts.widths.get("study"))
    if is_unseen(by_input):
        return Section("drivers", "What makes the range?", "What makes it", (Paragraph(lead(by_input, words)),))
    blocks: list[Block] = [
        Paragraph(lead(by_input, words)),
        _tornado(by_input, facts),
        _shares(by_input),
        share_table(by_input, "input"),
        swing_table(by_input, "input", words),
        Paragraph(
            "The same range can be divided in another way: by whether a draw is common to all countries, or each "
            "country’s own. What is common does not cancel, however many countries there are."
        ),
        share_table(by_level, "level"),
        swing_table(by_level, "level", words),
        area_table(by_input, {area.id: area.name for area in facts.study.areas}),
        *(Paragraph(text, note=True) for text in notes(by_input)),
    ]
    return Section("drivers", "What makes the range?", "What makes it", tuple(blocks))


def left_out(dataset: xr.Dataset, scenarios: int) -> str | None:
    """Say in a sentence why a run has no drivers; None where it has them, or nobody noted why not."""
    add = "“popsim report RUN --drivers” adds it to this run."
    reasons = {
        "asked": f"What makes the range was left out of this run (--no-drivers). {add}",
        "certain": f"The total cost is the same in {all_of(scenarios)}: no input makes a range.",
        "unseen": "What makes the range is so rare that it did not happen in the runs that would tell which input it "
        "comes from.",
        "work": f"To tell which inputs make the range takes many times the work of this run. {add}",
    }
    why = drivers_left_out(dataset)
    return None if why is None else reasons[why]


def _order(found: xr.Dataset, by: str) -> list[str]:
    """Give the groups with the largest first; those that their errors hide come last, in their own order."""

    def size(key: str) -> float:
        total = _indices(found, by, key)[1]
        return -total.value if total.is_resolved else 0.0

    return sorted(map(str, found[by].values), key=size)


def _indices(found: xr.Dataset, by: str, key: str) -> tuple[Share, Share]:
    """First-order and total index of a group, as reported."""
    first, total = (_measured(found, name, **{by: key}) for name in ("first_order", "total"))
    return reported((first.value, first.error), (total.value, total.error))


def _name(found: xr.Dataset, by: str, key: str) -> str:
    return str(found[f"{by}_name"].sel({by: key}).item())


def _measured(found: xr.Dataset, name: str, **where: str) -> Measured:
    value, error = (found[each].sel(where).item() for each in (name, f"{name}_error"))
    return Measured(value, error if math.isfinite(error) else math.inf)


def _share(share: Share) -> str:
    """Print a share, or what it lies below where its error hides it."""
    if not share.is_known:
        return UNKNOWN
    if share.is_resolved:
        return percent(share.value, share.error, finest=_FINEST)
    return f"below {_upward(share.bound)}" if share.bound > _ROUNDING else percent(0.0)


def _upward(bound: float) -> str:
    """Print a bound rounded up to one digit, of a tenth of a per cent at least."""
    bound = max(bound, _FINEST)
    place = 10.0 ** math.floor(math.log10(bound))
    return percent(min(math.ceil(bound / place - 1e-9) * place, 1.0))


def lead(found: xr.Dataset, words: Words) -> str:
    """Name the input that matters most, and what knowing it would change."""
    if not _measured(found, "std").value > 0.0:
        return "The total cost is the same in all scenarios: nothing makes a range."
    if is_unseen(found):
        says = f"Which input makes most of the range is not certain: {UNSEEN}, and with it the shares of the variance."
        if "input" not in found.dims or not float(found["first_order"].max()) > 0.0:
            return says
        first = str(found["first_order"].idxmax().item())
        return f"{says} In the scenarios at hand “{_name(found, 'input', first)}” has the largest."
    shares = {str(key): _indices(found, "input", str(key))[0] for key in found["input"].values}
    if not any(share.is_known for share in shares.values()):
        return "The scenarios are too few to tell what makes the range."
    first = max(shares, key=lambda key: shares[key].value if shares[key].is_known else -1.0)
    share = shares[first]
    if not share.is_resolved:
        most = max(each.bound for each in shares.values() if each.is_known)
        return f"No input by itself stands out from the noise of this run: the share of each is below {_upward(most)}."
    left, width = _measured(found, "width_given", input=first), _width(found, words)
    says = f"The largest part of the range comes from “{_name(found, 'input', first)}”"
    if not (width.is_known and left.is_known):
        return f"{says}: {_share(share)} of the variance."
    finest = finest_of(_measured(found, "width_given", input=key) for key in _order(found, "input"))
    then = money(left.value, left.error, words.unit, finest)
    now = money(width.value, width.error, words.unit, width.finest)
    if left.value >= width.value:
        return (
            f"{says}: were it known, {_share(share)} of the variance would go. On average the {words.interval} would "
            f"not be narrower for that ({then} wide, where it is {now} now): it is much wider where this input turns "
            f"out high."
        )
    return (
        f"{says}: were it known, {_share(share)} of the variance would go, and the {words.interval} would be {then} "
        f"wide on average, where it is {now} now."
    )


def _width(found: xr.Dataset, words: Words) -> Measured:
    """Width of the range: of the run where it is known, or else of the scenarios of the drivers."""
    return words.width or _measured(found, "width")


def share_table(found: xr.Dataset, by: str) -> Table:
    """Shares of the variance by group of inputs."""
    rows = tuple(
        (
            _name(found, by, key),
            *map(_share, _indices(found, by, key)),
        )
        for key in _order(found, by)
    )
    return Table("Share of the variance of the total cost", (_HEADINGS[by], "Alone", "With others"), rows)


def swing_table(found: xr.Dataset, by: str, words: Words) -> Table:
    """Swings of the expected cost, and what is left of the width, by group of inputs."""
    keys = _order(found, by)
    columns = [
        amounts([_measured(found, name, **{by: key}) for key in keys], words.unit)
        for name in ("swing_low", "swing_high", "width_given")
    ]
    rows = tuple(zip((_name(found, by, key) for key in keys), *columns, strict=True))
    width = _width(found, words)
    return Table(
        f"Expected cost where an input turns out low or high, and width of the {words.interval} if it were known; "
        f"now {amount(width.value, width.error, words.unit, width.finest)} ({words.unit_and_prices})",
        (_HEADINGS[by], "Low (P10)", "High (P90)", "Width if known"),
        rows,
    )


def area_table(found: xr.Dataset, names: dict[str, str]) -> Table:
    """Shares of the variance by area, what areas share included."""
    shares = {area: _measured(found, "variance_share_by_area", area=area) for area in names}
    rows = tuple((names[area], _part(share)) for area, share in sorted(shares.items(), key=_largest_first))
    return Table("Share of each area in the variance of the total cost", ("Area", "Share"), rows)


def _part(share: Measured) -> str:
    """Print a part of a variance, which is negative where a cost moves against the total."""
    size = share_of(abs(share.value), share.error)
    is_negative = size.is_resolved and share.value < 0.0
    return percent(share.value, share.error, finest=_FINEST) if is_negative else _share(size)


def _largest_first(share: tuple[str, Measured]) -> float:
    return -share[1].value


def notes(found: xr.Dataset) -> tuple[str, ...]:
    """Explain how to read the tables."""
    shared = "unit_costs" in found.coords.get("input", ())
    apart = "What several areas share, such as the price level of a country, stands apart from each area’s own. "
    return (
        "“Alone” is the share of the variance that would go if the input were known and nothing else (first-order "
        "Sobol index). “With others” is the share that would stay if everything else were known (total index); what it "
        "has more comes from inputs that work together. Of a share that its Monte Carlo error hides (below 1.96 "
        f"standard errors) only what it lies below is printed{_hidden(found)}. Where chance puts the second share "
        "below the first, both are replaced by their average.",
        "Low and high: in one of ten scenarios the input turns out so that the expected cost is below the low figure, "
        f"in one of ten above the high one. {apart if shared else ''}Estimated from "
        f"{count(int(found.attrs['scenarios']))} scenarios per run.",
        "The share of an area is the covariance of its cost with the total over the variance of the total. Unlike the "
        "rows by input, it counts what areas share with each of them; the shares of all areas sum to 100 %.",
    )


def _hidden(found: xr.Dataset) -> str:
    """Say how large a share may be that the errors of this run hide; nothing where they hide none."""
    by = "input" if "input" in found.dims else "level"
    shares = [share for key in map(str, found[by].values) for share in _indices(found, by, key)]
    bounds = [share.bound for share in shares if share.is_known and not share.is_resolved]
    if max(bounds, default=0.0) <= _ROUNDING:
        return ""
    return f" (here each of these is below {_upward(max(bounds))}; four times as many scenarios halve that)"


def is_unseen(found: xr.Dataset) -> bool:
    """Whether the runs cannot have seen the tail that makes the variance, so that nobody knows its shares."""
    return _measured(found, "std").error == math.inf


def _tornado(found: xr.Dataset, facts: Facts) -> Figure:
    def ends(key: str) -> tuple[float, float]:
        low, high = (facts.on_axis(found[name].sel(input=key).item()) for name in ("swing_low", "swing_high"))
        return low, high

    keys = [str(key) for key in found["input"].values]
    swings = sorted(((_name(found, "input", key), *ends(key)) for key in keys), key=lambda swing: swing[1] - swing[2])
    labels, lows, highs = zip(*swings, strict=True)
    label = facts.unit_and_prices[:1].upper() + facts.unit_and_prices[1:]
    return Figure(
        "tornado",
        "How far each input moves the expected total cost",
        "Each bar runs from the expected cost where the input turns out low (tenth percentile) to that where it turns "
        "out high (ninetieth); the upright line is the mean.",
        f"Horizontal bars about the mean, one for each input; the widest is that of {labels[0]}. The tables below "
        "hold the same numbers.",
        partial(
            tornado,
            labels=labels,
            lows=lows,
            highs=highs,
            mean=facts.on_axis(found["mean"].item()),
            amount_label=label,
        ),
    )


def _shares(found: xr.Dataset) -> Figure:
    # A share that its error hides has no bar.
    bars = [
        (
            _name(found, "input", key),
            *(100.0 * share.value if share.is_resolved else 0.0 for share in _indices(found, "input", key)),
        )
        for key in _order(found, "input")
    ]
    labels, alone, with_others = zip(*bars, strict=True)
    return Figure(
        "drivers",
        "Share of the variance of the total cost",
        "Dark bar: what the input brings alone. Light bar: what it brings together with others.",
        f"Horizontal bars, one for each input; the largest is that of {labels[0]}. The table below holds the same "
        "numbers.",
        partial(
            shares,
            labels=labels,
            alone=alone,
            with_others=with_others,
            share_label="Share of the variance, per cent",
        ),
    )
