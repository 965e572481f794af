"""Every total of the run beside the others: cost and financing need, money after the last year, other prices."""

from __future__ import annotations

from popsim.families.base import Family
from popsim.report import totals
from popsim.report.data import ReportData
from popsim.report.document import Block, Paragraph, Section, Table
from popsim.report.language import gettext as _
from popsim.report.numbers import percent, stated_share
from popsim.report.prose import Prose
from popsim.report.sections.ranges import row_of
from popsim.study.model import Amount

_text = Prose("financing")


def financing(data: ReportData) -> Section | None:
    """Show every total of the run side by side; None when cost is the only one."""
    present, study = data.every_total, data.study
    if present == ("cost",):
        return None
    has_need = "financing_need" in data.totals
    blocks: list[Block] = [Paragraph(_need(data))] if has_need else []
    rows = tuple((_label(data, name), *row_of(data, name, {})) for name in present)
    caption = _text("caption", unit=data.unit_words, interval=data.interval, about_means=data.about_means(*present))
    columns = (_("Total"), _("Low end"), _("Median"), _("High end"), _("Mean"))
    blocks.append(Table(caption, columns, rows, name="totals"))
    blocks += [Paragraph(note, note=True) for note in _notes(data)]
    if has_need:
        blocks.append(Paragraph(_text("rests_on", basis=study.financing_basis, rationale=study.financing_rationale)))
    title = _("Cost and financing need") if has_need else _("Totals in other years and prices")
    return Section("financing", title, _("Totals"), tuple(blocks))


def _need(data: ReportData) -> str:
    fee, interval = _fee(data)
    sentences = [_text("need", fee=fee, interval=interval)]
    cost, need = data.mean("cost"), data.mean("financing_need")
    if cost.value > 0.0:
        sentences.append(_text("share_of_cost", share=percent(need.value / cost.value, finest=0.01)))
    if data.uncertain_financing:
        parts = [_text("uncertain_part", part=part) for part in data.uncertain_financing]
        sentences.append(_text("uncertain", parts=parts))
        if data.share_financed is not None:
            low, high = (percent(share.value, share.error, finest=0.01) for share in data.share_financed)
            sentences.append(_text("share_of_scenarios", low=low, high=high, interval=data.interval))
    return " ".join(sentences)


def _fee(data: ReportData) -> tuple[str, str]:
    """Return the fee in words, "" where there is none, and the interval that its range is of, "" where it is known."""
    fee = data.study.agency_fee
    if not isinstance(fee, Family):
        return stated_share(fee) if fee else "", ""
    low, high = (percent(float(fee.ppf(p)), finest=0.001) for p in (data.low, data.high))
    return (_text("span", low=low, high=high), data.interval) if "agency_fee" in data.uncertain_financing else (low, "")


def _label(data: ReportData, name: str) -> str:
    return _text(
        "label",
        title=totals.title(name, data.study),
        prices=totals.prices(name, data.study),
        is_after=totals.parts(name)[2] == "after",
    )


def _notes(data: ReportData) -> list[str]:
    """Explain the totals that are not in constant prices, or not within the years of the study."""
    study = data.study
    inflation = study.inflation
    notes = {
        "after": _text("after", last=study.years[-1]),
        "nominal": _text("nominal", rate=_rate(inflation), is_uncertain=isinstance(inflation, Family)),
        "discounted": _text("discounted", first=study.years[0], rate=_rate(study.discount_rate)),
    }
    kinds = {part for name in data.every_total for part in totals.parts(name)[1:]}
    return [note for kind, note in notes.items() if kind in kinds]


def _rate(rate: Amount | None) -> str:
    """Return a rate in per cent; "" where it is not one number."""
    return "" if rate is None or isinstance(rate, Family) else stated_share(rate)
