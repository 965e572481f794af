"""How sure a given budget is to suffice."""

from __future__ import annotations

from popsim import analysis
from popsim.report.document import Curve, Figure, Mark, Paragraph, Section, Table
from popsim.report.facts import CONFIDENCE, Facts
from popsim.report.numbers import percent

__all__ = ["CONFIDENCES", "budgets"]

CONFIDENCES = (0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95)
"""Confidences in the table of budgets."""


def _curve(facts: Facts) -> Curve:
    found = analysis.budget_curve(facts.dataset)["amount"].squeeze("option", drop=True)
    low, high = facts.range("cost")
    marks = [
        Mark(
            facts.on_axis(facts.enough.value),
            CONFIDENCE,
            f"{percent(CONFIDENCE)} confidence: {facts.money(facts.enough)}",
        )
    ]
    if facts.has("point_estimate"):
        value = facts.points["point_estimate"].item()
        error = facts.quantile("cost", 0.5).error
        sure = facts.points["point_estimate_confidence"].item()
        marks.append(
            Mark(facts.on_axis(value), sure, f"Sum of most likely values: {facts.money(type(low)(value, error))}")
        )
    return Curve(
        amounts=tuple(facts.on_axis(value) for value in found.values.tolist()),
        confidences=tuple(found["confidence"].values.tolist()),
        low=facts.on_axis(low.value),
        high=facts.on_axis(high.value),
        interval=f"{facts.interval}: {facts.money_range(low, high)}",
        marks=tuple(marks),
        amount_label=f"Budget ({facts.unit_and_prices})",
    )


def budgets(facts: Facts) -> Section:
    """Draw the S-curve and list the budgets that it gives."""
    median, enough = facts.quantile("cost", 0.5), facts.enough
    figure = Figure(
        "s-curve",
        _curve(facts),
        "Confidence that a budget covers the total cost",
        "Share of scenarios in which a budget covers the total cost. Choose a budget on the lower axis, go up to the "
        "curve, and read on the left how sure it is to be enough.",
        f"Rising curve of confidence against budget. {facts.money(median)} is enough with 50 % confidence, "
        f"{facts.money(enough)} with {percent(CONFIDENCE)} confidence; the {facts.interval} is "
        f"{facts.money_range(*facts.range('cost'))}.",
    )
    rows = tuple((percent(confidence), facts.amount(facts.budget_for(confidence))) for confidence in CONFIDENCES)
    return Section(
        "budgets",
        "How sure is a given budget?",
        "Budgets",
        (
            figure,
            Table(f"Budget by confidence ({facts.unit_and_prices})", ("Confidence", "Budget"), rows),
            Paragraph(
                "A budget with 50 % confidence is as likely to run out as to last. The steeper the curve, the more "
                "confidence each further sum buys.",
                note=True,
            ),
        ),
    )
