"""How sure a given budget is to suffice, for the cost and for the financing need."""

from __future__ import annotations

from functools import partial

from popsim import analysis
from popsim.report import totals
from popsim.report.document import Figure, Paragraph, Section, Table
from popsim.report.facts import CONFIDENCE, Facts
from popsim.report.figures import Curve, s_curve
from popsim.report.numbers import percent
from popsim.report.sections.words import listed

__all__ = ["CONFIDENCES", "budgets"]

CONFIDENCES = (0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95)
"""Confidences in the table of budgets."""


def _curve(facts: Facts, total: str) -> Curve:
    found = analysis.budget_curve(facts.dataset, variable=total)["amount"].squeeze("option", drop=True)
    low, high = facts.range(total)
    enough = facts.enough_for(total)
    marks = [
        (facts.on_axis(enough.value), CONFIDENCE, f"{percent(CONFIDENCE)} confidence: {facts.money(enough)}"),
    ]
    point = facts.point(total)
    if point is not None:
        words = facts.money(facts.beside_median(point, total))
        marks.append((facts.on_axis(point), facts.covered(total, point) / facts.scenarios, f"Point estimate: {words}"))
    return Curve(
        label=totals.title(total, facts.study),
        amounts=tuple(facts.on_axis(value) for value in found.values.tolist()),
        confidences=tuple(found["confidence"].values.tolist()),
        low=facts.on_axis(low.value),
        high=facts.on_axis(high.value),
        interval=f"{facts.interval}: {facts.money_range(low, high)}",
        marks=tuple(marks),
    )


def _spoken(facts: Facts, total: str) -> str:
    return (
        f"Rising curve of the confidence that a budget covers the {totals.noun(total, facts.study)}. "
        f"{facts.money(facts.quantile(total, 0.5))} is enough with 50 % confidence, "
        f"{facts.money(facts.enough_for(total))} with {percent(CONFIDENCE)} confidence; the {facts.interval} is "
        f"{facts.money_range(*facts.range(total))}."
    )


def budgets(facts: Facts) -> Section:
    """Draw the S-curve of each total and list the budgets that it gives."""
    nouns = listed([f"the {totals.noun(total, facts.study)}" for total in facts.totals])
    figure = Figure(
        "s-curve",
        f"Confidence that a budget covers {nouns}",
        "Share of scenarios that a budget covers. Choose a budget on the lower axis, go up to the curve, and read on "
        "the left how sure it is to be enough.",
        " ".join(_spoken(facts, total) for total in facts.totals),
        partial(
            s_curve,
            curves=[_curve(facts, total) for total in facts.totals],
            amount_label=f"Budget ({facts.unit_and_prices})",
        ),
    )
    rows = tuple(
        (percent(confidence), *(facts.amount(facts.budget_for(confidence, total)) for total in facts.totals))
        for confidence in CONFIDENCES
    )
    several = len(facts.totals) > 1
    columns = tuple(totals.title(total, facts.study) if several else "Budget" for total in facts.totals)
    return Section(
        "budgets",
        "How sure is a given budget?",
        "Budgets",
        (
            figure,
            Table(f"Budget by confidence ({facts.unit_and_prices})", ("Confidence", *columns), rows),
            Paragraph(
                "A budget with 50 % confidence is as likely to run out as to last. The steeper the curve, the more "
                "confidence each further sum buys.",
                note=True,
            ),
        ),
    )
