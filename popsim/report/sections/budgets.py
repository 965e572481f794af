"""How sure a given budget is to be enough, for the cost and for the financing need."""

from __future__ import annotations

from functools import partial

from popsim import analysis
from popsim.report import figures, totals
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import Figure, Paragraph, Section, Table
from popsim.report.figures.s_curve import shown
from popsim.report.language import gettext as _
from popsim.report.numbers import percent
from popsim.report.prose import Prose
from popsim.report.sections import headline

CONFIDENCES = (0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95)
"""Confidences in the table of budgets."""

_text = Prose("budgets")


def budgets(data: ReportData) -> Section:
    """State the range of each total and what would be enough, and list budgets by confidence."""
    sentences = tuple(Paragraph(sentence) for sentence in headline.lead(data))
    note = Paragraph(_text("note", half=percent(0.5)), note=True)
    return Section("budgets", _("How sure is a given budget?"), _("Budgets"), (*sentences, _table(data), note))


def figure(data: ReportData) -> Figure:
    """Return the S-curve of each total."""
    curves = [_curve(data, total) for total in data.totals]
    return Figure(
        "s-curve",
        _text("figure_title", total=data.first, is_alone=len(data.totals) == 1),
        _text("figure_caption"),
        " ".join(_spoken(data, total) for total in data.totals),
        partial(figures.s_curve, curves=curves, amount_label=_text("axis", unit_and_prices=data.unit_and_prices)),
    )


def _curve(data: ReportData, total: str) -> figures.Curve:
    curve = analysis.budget_curve(data.dataset, None, total)["amount"].squeeze("option", drop=True)
    amounts, confidences = shown(curve.values * data.on_axis(1.0), curve["confidence"].values)
    (low, high), enough, point = data.range(total), data.enough_for(total), data.point(total)
    label = _text("enough_mark", confidence=percent(CONFIDENCE), amount=data.money(enough))
    marks = [(data.on_axis(enough.value), CONFIDENCE, label)]
    if point is not None:
        label = _text("point_mark", amount=data.money(data.beside_median(point, total)))
        marks.append((data.on_axis(point), data.covered(total, point) / data.scenarios, label))
    return figures.Curve(
        label=totals.title(total, data.study),
        amounts=tuple(amounts.tolist()),
        confidences=tuple(confidences.tolist()),
        low=data.on_axis(low.value),
        high=data.on_axis(high.value),
        interval=_text("interval", interval=data.interval, range=data.money_range(low, high)),
        marks=tuple(marks),
    )


def _spoken(data: ReportData, total: str) -> str:
    return _text(
        "figure_spoken",
        total=total,
        median=data.money(data.quantile(total, 0.5)),
        half=percent(0.5),
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
    names = tuple(totals.title(total, data.study) for total in data.totals)
    columns = (_("Confidence"), *(names if len(names) > 1 else (_("Budget"),)))
    return Table(_text("table_caption", unit_and_prices=data.unit_and_prices), columns, rows, name="budgets")
