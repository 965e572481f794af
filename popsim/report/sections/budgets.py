"""How sure a given budget is to be enough, for the cost and for the financing need."""

from __future__ import annotations

from functools import partial

from popsim import analysis
from popsim.report import figures, totals
from popsim.report.document import Figure, Paragraph, Section, Table
from popsim.report.facts import CONFIDENCE, Facts
from popsim.report.numbers import percent
from popsim.report.prose import Prose

__all__ = ["CONFIDENCES", "budgets"]

CONFIDENCES = (0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95)
"""Confidences in the table of budgets."""

_text = Prose("budgets")


def budgets(facts: Facts) -> Section:
    """Show the S-curve of each total and list the budgets that it gives."""
    blocks = (_figure(facts), _table(facts), Paragraph(_text("note"), note=True))
    return Section("budgets", "How sure is a given budget?", "Budgets", blocks)


def _figure(facts: Facts) -> Figure:
    curves = [_curve(facts, total) for total in facts.totals]
    return Figure(
        "s-curve",
        _text("figure_title", nouns=[totals.noun(total, facts.study) for total in facts.totals]),
        _text("figure_caption"),
        " ".join(_spoken(facts, total) for total in facts.totals),
        partial(figures.s_curve, curves=curves, amount_label=f"Budget ({facts.unit_and_prices})"),
    )


def _curve(facts: Facts, total: str) -> figures.Curve:
    found = analysis.budget_curve(facts.dataset, variable=total)["amount"].squeeze("option", drop=True)
    (low, high), enough, point = facts.range(total), facts.enough_for(total), facts.point(total)
    label = _text("enough_mark", confidence=percent(CONFIDENCE), amount=facts.money(enough))
    marks = [(facts.on_axis(enough.value), CONFIDENCE, label)]
    if point is not None:
        label = _text("point_mark", amount=facts.money(facts.beside_median(point, total)))
        marks.append((facts.on_axis(point), facts.covered(total, point) / facts.scenarios, label))
    return figures.Curve(
        label=totals.title(total, facts.study),
        amounts=tuple(facts.on_axis(value) for value in found.values.tolist()),
        confidences=tuple(found["confidence"].values.tolist()),
        low=facts.on_axis(low.value),
        high=facts.on_axis(high.value),
        interval=f"{facts.interval}: {facts.money_range(low, high)}",
        marks=tuple(marks),
    )


def _spoken(facts: Facts, total: str) -> str:
    return _text(
        "figure_spoken",
        noun=totals.noun(total, facts.study),
        median=facts.money(facts.quantile(total, 0.5)),
        confidence=percent(CONFIDENCE),
        enough=facts.money(facts.enough_for(total)),
        interval=facts.interval,
        range=facts.money_range(*facts.range(total)),
    )


def _table(facts: Facts) -> Table:
    rows = tuple(
        (percent(confidence), *(facts.amount(facts.budget_for(confidence, total)) for total in facts.totals))
        for confidence in CONFIDENCES
    )
    names = [totals.title(total, facts.study) for total in facts.totals]
    columns = ("Confidence", *(names if len(names) > 1 else ["Budget"]))
    return Table(_text("table_caption", unit_and_prices=facts.unit_and_prices), columns, rows)
