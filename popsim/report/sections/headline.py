"""The headline: the range of every total, where the spread is, and what would be enough."""

from __future__ import annotations

import math

from popsim import schema
from popsim.report import totals
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import KeyFigure
from popsim.report.numbers import percent
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
    return _text(
        "range_as_title",
        title=title,
        range=data.money_range(*data.range(total)),
        interval=data.interval,
        all_equal=data.counted(total).all_equal,
    )


def with_later(data: ReportData, total: str) -> str:
    """Return the name of a total in all years; "" where nothing falls after the last year, or no range is known."""
    kind = schema.TOTALS[total]
    whole, later = (schema.total_name(kind.base, kind.prices, span) for span in ("all_years", "after_horizon"))
    if not (data.has(whole) and data.has(later)) or not data.dataset[later].values.any():
        return ""
    return whole if all(end.is_known for end in data.range(whole)) else ""


def subtitle(data: ReportData) -> str:
    """Return what is counted: areas, countries, years, prices."""
    study = data.study
    return _text(
        "subtitle",
        areas=len(study.areas),
        countries=len(study.countries),
        years=totals.span("cost", study),
        price_year=study.price_year,
    )


def lead(data: ReportData) -> tuple[str, ...]:
    """Return the sentences under the headline."""
    if not data.is_known:
        needed = math.ceil(round(4.0 / data.low, 6))
        return (_text("too_few", scenarios=data.scenarios, interval=data.interval, needed=needed),)
    sentences = [_range_in_words(data, total) for total in data.totals]
    if not data.is_certain:
        sentences += _widest(data)
        sentences += [_enough(data, total) for total in data.totals if data.enough_for(total).is_known]
    return tuple(sentences)


def _range_in_words(data: ReportData, total: str) -> str:
    """Describe the range of a total, how many of the scenarios lie in it, and what is not in it since it is rare."""
    study, counted = data.study, data.counted(total)
    known = {
        "total": total,
        "noun": totals.noun(total, study),
        "range": data.money_range(*data.range(total)),
        "described": totals.described(study),
    }
    if total == data.first:
        span = totals.span("cost", study)
        first = _text("range_of_first", years=len(study.years), span=span, prices=data.prices, **known)
    else:
        first = _text("range_of_second", **known)
    if counted.all_equal and data.counts_nothing_uncertain(total):
        return " ".join((first, _text("nothing_uncertain"), *_later(data, total)))
    if counted.all_equal:
        second = _text("same_in_all", scenarios=data.scenarios)
    else:
        second = _text(
            "counts",
            total=total,
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
            all_equal=counted.all_equal,
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
    return [_text("widest_area", name=label, range=data.money_range(*data.range(name, area=area)))]


def _enough(data: ReportData, total: str) -> str:
    enough = data.enough_for(total)
    return _text(
        "enough",
        amount=data.money(enough),
        noun=totals.noun(total, data.study),
        confidence=percent(CONFIDENCE),
        covered=data.covered(total, enough.value),
        scenarios=data.scenarios,
    )


def key_figures(data: ReportData) -> tuple[KeyFigure, ...]:
    """Return the numbers that stand out at the top: for each total what is enough, the median and the mean."""
    figures = []
    for total in data.totals:
        title, enough, median = totals.title(total, data.study), data.enough_for(total), data.quantile(total, 0.5)
        no_more = percent(data.covered(total, median.value) / data.scenarios)
        note = _text(
            "enough_note",
            noun=totals.noun(total, data.study),
            share=percent(data.covered_share(total)),
            is_known=enough.is_known,
        )
        label = _text("enough_label", title=title, confidence=percent(CONFIDENCE))
        figures += [
            KeyFigure(label, data.money(enough), note),
            KeyFigure(f"{title}: median", data.money(median), _text("median_note", share=no_more)),
            KeyFigure(f"{title}: mean", data.money(data.mean(total)), data.about_mean(total)),
        ]
    return tuple(figures)
