"""The headline: the range of every total, where the spread is, and what would be enough."""

from __future__ import annotations

import math

from popsim.report import totals
from popsim.report.document import KeyFigure
from popsim.report.facts import CONFIDENCE, Facts
from popsim.report.numbers import percent
from popsim.report.prose import Prose
from popsim.report.rare import rare_sentences

__all__ = ["headlines", "key_figures", "lead", "subtitle"]

_text = Prose("headline")


def headlines(facts: Facts) -> tuple[str, ...]:
    """Return the range of each total with its coverage, the headline first; a total that stands alone is not named."""
    if not facts.is_known:
        return (_text("no_range", scenarios=facts.scenarios),)
    return tuple(
        _text(
            "range_as_title",
            title=totals.title(total, facts.study) if len(facts.totals) > 1 else "",
            range=facts.money_range(*facts.range(total)),
            interval=facts.interval,
            all_equal=facts.counted(total).all_equal,
        )
        for total in facts.totals
    )


def subtitle(facts: Facts) -> str:
    """Return what is counted: areas, countries, years, prices."""
    study = facts.study
    return _text(
        "subtitle",
        areas=len(study.areas),
        countries=len(study.countries),
        years=totals.span("cost", study),
        price_year=study.price_year,
    )


def lead(facts: Facts) -> tuple[str, ...]:
    """Return the sentences under the headline."""
    if not facts.is_known:
        needed = math.ceil(round(4.0 / facts.low, 6))
        return (_text("too_few", scenarios=facts.scenarios, interval=facts.interval, needed=needed),)
    sentences = [_range_in_words(facts, total) for total in facts.totals]
    if not facts.is_certain:
        sentences += _widest(facts)
        sentences += [_enough(facts, total) for total in facts.totals if facts.enough_for(total).is_known]
    return tuple(sentences)


def _range_in_words(facts: Facts, total: str) -> str:
    """Describe the range of a total, how many of the scenarios lie in it, and what is not in it since it is rare."""
    study, counted = facts.study, facts.counted(total)
    known = {
        "total": total,
        "noun": totals.noun(total, study),
        "range": facts.money_range(*facts.range(total)),
        "described": totals.described(study),
    }
    if total == facts.first:
        span = totals.span("cost", study)
        first = _text("range_of_first", years=len(study.years), span=span, prices=facts.prices, **known)
    else:
        first = _text("range_of_second", **known)
    if counted.all_equal and facts.counts_nothing_uncertain:
        return f"{first} {_text('nothing_uncertain')}"
    if counted.all_equal:
        second = _text("same_in_all", scenarios=facts.scenarios)
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
    option = str(facts.dataset["option"].values[0])
    return " ".join((first, second, *rare_sentences(facts.dataset, option, facts.coverage, variable=total)))


def _widest(facts: Facts) -> list[str]:
    """Name the area whose total spreads most; nothing when there is no choice or no spread."""
    name = f"{facts.first}_by_area"
    if not facts.has(name):
        return []
    quantiles = facts.summary[f"{name}_quantile"]
    spread = quantiles.max("quantile") - quantiles.min("quantile")
    if spread.sizes["area"] < 2 or not float(spread.max()) > 0:
        return []
    area = spread.idxmax("area").item()
    label = next((known.name for known in facts.study.areas if known.id == area), str(area))
    return [_text("widest_area", name=label, range=facts.money_range(*facts.range(name, area=area)))]


def _enough(facts: Facts, total: str) -> str:
    enough = facts.enough_for(total)
    return _text(
        "enough",
        amount=facts.money(enough),
        noun=totals.noun(total, facts.study),
        confidence=percent(CONFIDENCE),
        covered=facts.covered(total, enough.value),
        scenarios=facts.scenarios,
    )


def key_figures(facts: Facts) -> tuple[KeyFigure, ...]:
    """Return the numbers that stand out at the top: for each total what is enough, the median and the mean."""
    figures = []
    for total in facts.totals:
        title, enough, median = totals.title(total, facts.study), facts.enough_for(total), facts.quantile(total, 0.5)
        no_more = percent(facts.covered(total, median.value) / facts.scenarios)
        note = _text(
            "enough_note",
            noun=totals.noun(total, facts.study),
            share=percent(facts.covered_share(total)),
            is_known=enough.is_known,
        )
        label = _text("enough_label", title=title, confidence=percent(CONFIDENCE))
        figures += [
            KeyFigure(label, facts.money(enough), note),
            KeyFigure(f"{title}: median", facts.money(median), _text("median_note", share=no_more)),
            KeyFigure(f"{title}: mean", facts.money(facts.mean(total)), facts.about_mean(total)),
        ]
    return tuple(figures)
