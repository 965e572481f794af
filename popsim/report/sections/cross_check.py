"""How the result compares with money that was really paid."""

from __future__ import annotations

from popsim.report.data import ReportData
from popsim.report.document import Block, Bullets, Paragraph, Section, Table
from popsim.report.estimates import Measured
from popsim.report.language import gettext as _
from popsim.report.numbers import exact_money, significant, unit_for
from popsim.report.prose import Prose
from popsim.report.words import scope, status
from popsim.study.model import Payment

_text = Prose("cross_check")

COMPARED = {"grant": "financing_need", "all-in": "cost"}
"""Total of the study that an amount of a scope is compared with; co-financing is compared with none."""


def cross_check(data: ReportData) -> Section | None:
    """Set money that was paid or pledged beside the mean of the study, for as many years and at the same prices."""
    payments = data.study.cross_check
    if not payments:
        return None
    brought = _text("scaled", years=len(data.study.years))
    columns = (_("What was paid"), _("As read"), _("Scope"), brought, _("Mean of the study"), _("Ratio"))
    rows = tuple(_row(payment, data) for payment in payments)
    caption = _text("caption", unit_and_prices=data.unit_and_prices)
    table = Table(caption, columns, rows, labels=3, name="cross-check")
    reasons = Bullets(tuple(_reason(payment) for payment in payments))
    blocks: tuple[Block, ...] = (Paragraph(_text("about")), table, reasons)
    title = _("How does this compare with money that was paid?")
    return Section("cross-check", title, _("Cross-check"), blocks)


def scaled(payment: Payment, years: int) -> float:
    """Return an amount in the money of the study; for as many years as it has, where the amount is for so many."""
    row = payment.row
    return row.amount * payment.money_factor * (1.0 if row.years is None else years / row.years)


def _row(payment: Payment, data: ReportData) -> tuple[str, ...]:
    row, amount = payment.row, scaled(payment, len(data.study.years))
    name = COMPARED.get(row.scope)
    mean = data.mean(name) if name is not None and data.has(name) else None
    known = mean is not None and mean.is_known
    return (
        row.name,
        _text("as_read", amount=exact_money(row.amount, unit_for(0.0, row.currency)), year=row.year, years=row.years),
        scope(row.scope),
        data.amount(Measured(amount, 0.0, mean.finest if mean else data.finest("cost"))),
        data.amount(mean) if mean is not None else "–",
        significant(mean.value / amount, 2) if known and mean is not None else "–",
    )


def _reason(payment: Payment) -> str:
    row = payment.row
    return _text(
        "reason",
        name=row.name,
        rationale=row.rationale,
        document=row.document,
        figure=row.figure,
        status=status(row.status),
        address=row.address,
    )
