"""How sure a given budget is to be enough, for the cost and for the financing need."""

from __future__ import annotations

from functools import partial

from popsim import analysis
from popsim.report import figures, totals
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import Figure, Paragraph, Section, Table
from popsim.report.numbers import percent
from popsim.report.prose import Prose

CONFIDENCES = (0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95)
"""Confidences in the table of budgets."""

_text = Prose("budgets")


def budgets(data: ReportData) -> Section:
    """Show the S-curve of each total and list the budgets that it gives."""
    blocks = (_figure(data), _table(data), Paragraph(_text("note"), note=True))
    return Section("budgets", "How sure is a given budget?", "Budgets", blocks)


def _figure(data: ReportData) -> Figure:
    curves = [_curve(data, total) for total in data.totals]
    return Figure(
        "s-curve",
        _text("figure_title", nouns=[totals.noun(total, data.study) for total in data.totals]),
        _text("figure_caption"),
        " ".join(_spoken(data, total) for total in data.totals),
        partial(figures.s_curve, curves=curves, amount_label=f"Budget ({data.unit_and_prices})"),
    )


def _curve(data: ReportData, total: str) -> figures.Curve:
    curve = analysis.budget_curve(data.dataset, variable=total)["amount"].squeeze("option", drop=True)
    (low, high), enough, point = data.range(total), data.enough_for(total), data.point(total)
    label = _text("enough_mark", confidence=percent(CONFIDENCE), amount=data.money(enough))
    marks = [(data.on_axis(enough.value), CONFIDENCE, label)]
    if point is not None:
        label = _text("point_mark", amount=data.money(data.beside_median(point, total)))
        marks.append((data.on_axis(point), data.covered(total, point) / data.scenarios, label))
    return figures.Curve(
        label=totals.title(total, data.study),
        amounts=tuple(data.on_axis(value) for value in curve.values.tolist()),
        confidences=tuple(curve["confidence"].values.tolist()),
        low=data.on_axis(low.value),
        high=data.on_axis(high.value),
        interval=f"{data.interval}: {data.money_range(low, high)}",
        marks=tuple(marks),
    )


def _spoken(data: ReportData, total: str) -> str:
    return _text(
        "figure_spoken",
        noun=totals.noun(total, data.study),
        median=data.money(data.quantile(total, 0.5)),
        confidence=percent(CONFIDENCE),
        enough=data.money(data.enough_for(total)),
        interval=data.interval,
        range=data.money_range(*data.range(total)),
    )


def _table(data: ReportData) -> Table:
    rows = tuple(
        (percent(confidence), *(data.amount(data.budget_for(confidence, total)) for total in data.totals))
        for confidence in CONFIDENCES
    )
    names = [totals.title(total, data.study) for total in data.totals]
    columns = ("Confidence", *(names if len(names) > 1 else ["Budget"]))
    return Table(_text("table_caption", unit_and_prices=data.unit_and_prices), columns, rows)
