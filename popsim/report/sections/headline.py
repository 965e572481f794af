"""The headline: the range of the total, where the spread is, and what would be enough."""

from __future__ import annotations

import math

from popsim.report.document import KeyFigure
from popsim.report.facts import CONFIDENCE, Facts
from popsim.report.numbers import count, percent, significant
from popsim.report.sections.financing import need_in_words
from popsim.report.sections.words import plural, years_of

__all__ = ["headline", "key_figures", "lead", "subtitle"]


def headline(facts: Facts) -> str:
    """Range of the total with its coverage."""
    low, high = facts.range("cost")
    if not (low.is_known and high.is_known):
        return f"Too few scenarios for a range ({plural(facts.scenarios, 'scenario')})"
    text = facts.money_range(low, high)
    return f"{text} (no\u00a0spread)" if facts.is_certain else f"{text} ({facts.interval})"


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


def _range_in_words(facts: Facts) -> str:
    study = facts.study
    low, high = facts.range("cost")
    over = f"over {plural(len(study.years), 'year')} ({years_of(study)}), at {facts.prices}"
    if facts.is_certain:
        return f"The study puts the total cost at {facts.money(low)} {over}: nothing that it counts is uncertain."
    if not (low.is_known and high.is_known):
        needed = math.ceil(round(4.0 / facts.low, 6))
        return (
            f"{plural(facts.scenarios, 'scenario')} cannot tell the ends of a {facts.interval}: run at least "
            f"{count(needed)}. Figures that are not known are marked n/a."
        )
    inside, outside = significant(100 * facts.coverage, 4), significant(100 * facts.low, 4)
    return (
        f"The total cost is put at {facts.money_range(low, high)} {over}. Of every 100 simulated scenarios, "
        f"{inside} fall inside this range, {outside} cost less and {outside} cost more."
    )


def _widest(facts: Facts) -> str | None:
    """Name the area whose total spreads most; None when there is no choice or no spread."""
    if not facts.has("cost_by_area"):
        return None
    quantiles = facts.summary["cost_by_area_quantile"]
    spread = quantiles.max("quantile") - quantiles.min("quantile")
    if spread.sizes["area"] < 2 or not float(spread.max()) > 0:
        return None
    area = spread.idxmax("area").item()
    name = next((known.name for known in facts.study.areas if known.id == area), str(area))
    found = facts.money_range(*facts.range("cost_by_area", area=area))
    return f"The widest single range is that of “{name}”: {found}."


def lead(facts: Facts) -> tuple[str, ...]:
    """Sentences under the headline."""
    enough = (
        f"{facts.money(facts.enough)} would be enough with {percent(CONFIDENCE)} confidence: it covers the cost in "
        f"{significant(100 * CONFIDENCE)} of every 100 scenarios."
    )
    if facts.is_certain or not facts.enough.is_known:
        return (_range_in_words(facts),)
    sentences = (_range_in_words(facts), need_in_words(facts), _widest(facts), enough)
    return tuple(sentence for sentence in sentences if sentence)


def key_figures(facts: Facts) -> tuple[KeyFigure, ...]:
    """Numbers that stand out at the top."""
    mean = facts.mean("cost")
    return (
        KeyFigure(
            f"Enough with {percent(CONFIDENCE)} confidence",
            facts.money(facts.enough),
            f"covers the cost in {significant(100 * CONFIDENCE)} of 100 scenarios",
        ),
        KeyFigure("Median", facts.money(facts.quantile("cost", 0.5)), "as likely to be exceeded as not"),
        KeyFigure("Mean", facts.money(mean), "average of all scenarios"),
    )
