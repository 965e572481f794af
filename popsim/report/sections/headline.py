"""The headline: the range of every total, where the spread is, and what would be enough."""

from __future__ import annotations

import math

from popsim import schema
from popsim.report import totals
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.numbers import count, percent
from popsim.report.prose import Prose
from popsim.report.rare import rare_sentences

_text = Prose("headline")


def headlines(data: ReportData) -> tuple[str, ...]:
    """Return the range of each total with its coverage, the headline first; a total that stands alone is not named.

    After each stands the same with what falls after the last year, where anything does.
    """
    if not data.is_known:
        return (_text("no_range", scenarios=data.scenarios),)
    found = []
    for total in data.totals:
        found.append(_as_title(data, total, totals.title(total, data.study) if len(data.totals) > 1 else ""))
        if whole := with_later(data, total):
            title = _text("with_later", title=totals.title(total, data.study), last=data.study.years[-1])
            found.append(_as_title(data, whole, title))
    return tuple(found)


def _as_title(data: ReportData, total: str, title: str) -> str:
    spread = _text("no_spread") if data.counted(total).all_equal else data.interval
    return _text("range_as_title", title=title, range=data.money_range(*data.range(total)), spread=spread)


def with_later(data: ReportData, total: str) -> str:
    """Return the name of a total in all years; "" where nothing falls after the last year, or no range is known."""
    kind = schema.TOTALS[total]
    whole, later = (schema.total_name(kind.base, kind.prices, span) for span in ("all_years", "after_horizon"))
    if not (data.has(whole) and data.has(later)) or not data.dataset[later].any():
        return ""
    return whole if all(end.is_known for end in data.range(whole)) else ""


def subtitle(data: ReportData) -> str:
    """Return what is counted: areas, countries, years, prices."""
    study = data.study
    return " · ".join(
        (
            _text("areas", areas=len(study.areas)),
            _text("countries", countries=len(study.countries)),
            totals.span("cost", study),
            data.prices,
        )
    )


def lead(data: ReportData) -> tuple[str, ...]:
    """Return the same in sentences: each range and its scenarios, the widest area, and what would be enough."""
    if not data.is_known:
        return (_too_few(data),)
    sentences = [_range_in_words(data, total) for total in data.totals]
    if not data.is_certain:
        sentences += _widest(data)
        sentences += [_enough(data, total) for total in data.totals if data.enough_for(total).is_known]
    return tuple(sentences)


def first_sentence(data: ReportData) -> str:
    """Return what a reader of one sentence should know: what would be enough for the first total."""
    if not data.is_known:
        return _too_few(data)
    is_enough_known = not data.is_certain and data.enough.is_known
    return _enough(data, data.first) if is_enough_known else _range_in_words(data, data.first)


def _too_few(data: ReportData) -> str:
    needed = math.ceil(round(4.0 / data.low, 6))
    return _text("too_few", scenarios=data.scenarios, interval=data.interval, needed=needed)


def _range_in_words(data: ReportData, total: str) -> str:
    """Describe the range of a total, how many of the scenarios lie in it, and what is not in it since it is rare."""
    study, counted = data.study, data.counted(total)
    first = _text(
        "range_of",
        total=total,
        range=data.money_range(*data.range(total)),
        span=totals.span(total, study),
        spread=_text("no_spread") if counted.all_equal else data.interval,
        prices=data.prices,
        has_fee=bool(study.agency_fee),
    )
    if counted.all_equal and data.counts_nothing_uncertain(total):
        return " ".join((first, _text("nothing_uncertain"), *_later(data, total)))
    if counted.all_equal:
        second = _text("same_in_all", scenarios=data.scenarios)
    else:
        second = _text(
            "counts",
            scenarios=counted.scenarios,
            inside=counted.inside,
            share=percent(counted.inside / counted.scenarios),
            below=counted.below,
            above=counted.above,
            one_amount=counted.low == counted.high,
        )
    option = str(data.dataset["option"].values[0])
    rare = rare_sentences(data.dataset, option, data.coverage, variable=total)
    return " ".join((first, second, *_later(data, total), *rare))


def _later(data: ReportData, total: str) -> list[str]:
    """Describe the range of a total with what falls after the last year; nothing where nothing does."""
    whole = with_later(data, total)
    if not whole:
        return []
    counted = data.counted(whole)
    return [
        _text(
            "range_with_later",
            last=data.study.years[-1],
            range=data.money_range(*data.range(whole)),
            inside=counted.inside,
            scenarios=counted.scenarios,
            spread=_text("no_spread") if counted.all_equal else data.interval,
        )
    ]


def _widest(data: ReportData) -> list[str]:
    """Name the area whose total spreads most; nothing when there is no choice or no spread."""
    name = f"{data.first}_by_area"
    if not data.has(name):
        return []
    quantiles = data.summary[f"{name}_quantile"]
    spread = quantiles.max("quantile") - quantiles.min("quantile")
    if spread.sizes["area"] < 2 or not float(spread.max()) > 0:
        return []
    area = spread.idxmax("area").item()
    label = next((known.name for known in data.study.areas if known.id == area), str(area))
    return [
        _text(
            "widest_area",
            total=data.first,
            name=label,
            range=data.money_range(*data.range(name, area=area)),
            interval=data.interval,
        )
    ]


def _enough(data: ReportData, total: str) -> str:
    enough = data.enough_for(total)
    return _text(
        "enough",
        total=total,
        amount=data.money(enough),
        confidence=percent(CONFIDENCE),
        covered=count(data.covered(total, enough.value)),
        scenarios=data.scenarios,
    )
