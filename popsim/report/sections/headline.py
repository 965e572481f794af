"""The headline: the range of every total, where the spread is, and what would be enough."""

from __future__ import annotations

import math

from popsim.report import totals
from popsim.report.document import KeyFigure
from popsim.report.facts import CONFIDENCE, Facts
from popsim.report.numbers import count, percent
from popsim.report.rare import rare_sentences
from popsim.report.sections.words import all_of, plural, years_of

__all__ = ["headlines", "key_figures", "lead", "subtitle"]


def headlines(facts: Facts) -> tuple[str, ...]:
    """Range of each total with its coverage, the headline first; a total that stands alone is not named."""
    if not facts.is_known:
        return (f"Too few scenarios for a range ({plural(facts.scenarios, 'scenario')})",)
    texts = []
    for total in facts.totals:
        text = facts.money_range(*facts.range(total))
        text += " (no\u00a0spread)" if facts.counted(total).all_equal else f" ({facts.interval})"
        texts.append(f"{totals.title(total, facts.study)}: {text}" if len(facts.totals) > 1 else text)
    return tuple(texts)


def subtitle(facts: Facts) -> str:
    """Say what is counted: areas, countries, years, prices."""
    study = facts.study
    return " · ".join(
        (
            plural(len(study.areas), "activity area"),
            plural(len(study.countries), "country", "countries"),
            years_of(study),
            f"constant {study.price_year} prices",
        )
    )


def _too_few(facts: Facts) -> str:
    needed = math.ceil(round(4.0 / facts.low, 6))
    return (
        f"{plural(facts.scenarios, 'scenario')} cannot tell the ends of the {facts.interval}: run at least "
        f"{count(needed)}. Figures that are not known are marked n/a."
    )


def _range_in_words(facts: Facts, total: str) -> str:
    """Say the range of a total, what it is, and how many of the scenarios lie in it."""
    study = facts.study
    noun, counted = totals.noun(total, study), facts.counted(total)
    over = ""
    if total == facts.first:
        over = f" over {plural(len(study.years), 'year')} ({years_of(study)}), at {facts.prices}"
    if total == "financing_need":
        over += f", {totals.described(study)}"
    text = f"The {noun} is put at {facts.money_range(*facts.range(total))}{over}"
    if counted.all_equal and facts.counts_nothing_uncertain:
        return f"{text}: nothing that it counts is uncertain."
    shares = f"It is the same in {all_of(facts.scenarios)}." if counted.all_equal else _shares(facts, total)
    option = str(facts.dataset["option"].values[0])
    return " ".join((f"{text}.", shares, *rare_sentences(facts.dataset, option, facts.coverage, variable=total)))


def _shares(facts: Facts, total: str) -> str:
    """Count the scenarios inside, below and above the range."""
    counted = facts.counted(total)
    verb = "cost" if total == "cost" else "need"
    where = "come to exactly this" if counted.low == counted.high else "fall inside this range"
    inside = f"{count(counted.inside)} ({percent(counted.inside / counted.scenarios)})"
    outside = [
        f"{count(number) if number else 'none'} {verb + 's' if number == 1 else verb} {word}"
        for number, word in ((counted.below, "less"), (counted.above, "more"))
    ]
    return f"Of the {count(counted.scenarios)} scenarios, {inside} {where}, {outside[0]} and {outside[1]}."


def _widest(facts: Facts) -> str | None:
    """Name the area whose total spreads most; None when there is no choice or no spread."""
    name = f"{facts.first}_by_area"
    if not facts.has(name):
        return None
    quantiles = facts.summary[f"{name}_quantile"]
    spread = quantiles.max("quantile") - quantiles.min("quantile")
    if spread.sizes["area"] < 2 or not float(spread.max()) > 0:
        return None
    area = spread.idxmax("area").item()
    words = next((known.name for known in facts.study.areas if known.id == area), str(area))
    found = facts.money_range(*facts.range(name, area=area))
    return f"The area with the widest range is “{words}”: {found}."


def _enough(facts: Facts, total: str) -> str:
    enough, noun = facts.enough_for(total), totals.noun(total, facts.study)
    covered = facts.covered(total, enough.value)
    within = all_of(facts.scenarios) if covered == facts.scenarios else f"{count(covered)} of {count(facts.scenarios)}"
    scenarios = "" if covered == facts.scenarios else " scenarios"
    return (
        f"{facts.money(enough)} would be enough for the {noun} with {percent(CONFIDENCE)} confidence: it covers it in "
        f"{within}{scenarios}."
    )


def lead(facts: Facts) -> tuple[str, ...]:
    """Sentences under the headline."""
    if not facts.is_known:
        return (_too_few(facts),)
    sentences: list[str | None] = [_range_in_words(facts, total) for total in facts.totals]
    if not facts.is_certain:
        sentences.append(_widest(facts))
        sentences += [_enough(facts, total) for total in facts.totals if facts.enough_for(total).is_known]
    return tuple(sentence for sentence in sentences if sentence)


def _no_more(facts: Facts, total: str) -> str:
    covered = facts.covered(total, facts.quantile(total, 0.5).value)
    return f"{percent(covered / facts.scenarios)} of the scenarios come to no more"


def key_figures(facts: Facts) -> tuple[KeyFigure, ...]:
    """Numbers that stand out at the top: for each total what is enough, the median and the mean."""
    figures = []
    for total in facts.totals:
        noun, title = totals.noun(total, facts.study), totals.title(total, facts.study)
        figures += [
            KeyFigure(
                f"{title}: enough with {percent(CONFIDENCE)} confidence",
                facts.money(facts.enough_for(total)),
                f"covers the {noun} in {percent(facts.covered_share(total))} of the scenarios"
                if facts.enough_for(total).is_known
                else "too few scenarios to tell",
            ),
            KeyFigure(f"{title}: median", facts.money(facts.quantile(total, 0.5)), _no_more(facts, total)),
            KeyFigure(f"{title}: mean", facts.money(facts.mean(total)), facts.about_mean(total)),
        ]
    return tuple(figures)
