"""The first page: what a delegate needs in five minutes, all of it from what the other sections show at length."""

from __future__ import annotations

import math

from popsim.analysis import attached_drivers
from popsim.analysis.attached import assumptions_left_out, attached_assumptions
from popsim.report import rests_on, totals
from popsim.report.citation import cite_as
from popsim.report.comparison import Comparison, signed
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import Block, Bullets, Paragraph, Section, Table
from popsim.report.estimates import Measured
from popsim.report.language import gettext as _
from popsim.report.numbers import Printed, percent
from popsim.report.prose import Prose
from popsim.report.sections import budgets, drivers, headline, which_assumptions
from popsim.report.sections.credibility import trusted
from popsim.report.sections.ranges import row_of
from popsim.types import BASES

_LINES = 3
"""Lines on what drives the range."""

_text = Prose("page_one")


def page_one(data: ReportData) -> Section:
    """Return the result on one page: ranges, S-curve, what drives it, what it rests on, the options."""
    blocks: list[Block] = [*map(Paragraph, trusted(data)), Paragraph(headline.first_sentence(data)), _ranges(data)]
    if not data.is_certain:
        blocks.append(budgets.figure(data))
    blocks += _drives(data)
    if (basis := _rests_on(data)) is not None:
        blocks.append(basis)
    if data.comparison is not None:
        blocks.append(_options(data.comparison))
    blocks.append(Paragraph(_text("cite", cite_as=cite_as(data)), note=True))
    return Section("page-one", _("The result on one page"), _("On one page"), tuple(blocks))


def _ranges(data: ReportData) -> Table:
    """Return the range of each total, and the same with what falls after the last year where anything does."""
    rows, names = [], []
    for total in data.totals:
        for name in (total, headline.with_later(data, total)):
            if name:
                names.append(name)
                label = totals.title(total, data.study) if name == total else ""
                budget = data.amount(data.enough_for(name))
                rows.append((label, totals.span(name, data.study), *row_of(data, name, {}), budget))
    caption = _text(
        "ranges_caption",
        unit_and_prices=data.unit_and_prices,
        interval=data.interval,
        about_means=data.about_means(*names),
    )
    enough = _text("enough", confidence=percent(CONFIDENCE))
    columns = (_("Total"), _("Years"), _("Low end"), _("Median"), _("High end"), _("Mean"), enough)
    return Table(caption, columns, tuple(rows), labels=2, name="ranges")


def _drives(data: ReportData) -> list[Block]:
    """Return three lines on what the range comes from: inputs and assumptions where they are known, else areas."""
    lines, title = _inputs(data), ""
    if lines:
        financed = attached_drivers(data.dataset, "input", "financing_need") is not None
        title = _text("inputs", total="financing_need" if data.first == "financing_need" and financed else "cost")
    elif lines := _areas(data):
        title = _text("areas", total=data.first, interval=data.interval)
    assumption = _assumption(data)
    lines = [*lines[: _LINES - len(assumption)], *assumption]
    if not lines:
        return []
    return [Paragraph(title or _text("drives")), Bullets(tuple(lines))]


def _inputs(data: ReportData) -> list[str]:
    """Name the inputs with the largest shares of the variance; nothing where no share is known."""
    found = attached_drivers(data.dataset, "input", data.first)
    found = attached_drivers(data.dataset, "input") if found is None else found
    if found is None or data.is_certain or drivers.is_unseen(found):
        return []
    table = drivers.share_table(found, "input", data.first)
    known = ((name, share) for name, share, _with_others in table.rows if isinstance(share, Printed))
    return [_text("line", name=name, figure=share) for name, share in known if math.isfinite(share.value)]


def _areas(data: ReportData) -> list[str]:
    """Name the areas with the widest ranges and these; nothing where there is no choice or no spread."""
    name = f"{data.first}_by_area"
    if data.is_certain or not data.is_known or not data.has(name) or len(data.study.areas) < 2:
        return []
    ranges = {area: data.range(name, area=area.id) for area in data.study.areas}
    widest = sorted(ranges, key=lambda area: ranges[area][0].value - ranges[area][1].value)
    return [_text("line", name=area.name, figure=data.money_range(*ranges[area])) for area in widest]


def _assumption(data: ReportData) -> list[str]:
    """Name the assumption that moves the headline most, where the run holds what each does."""
    found = attached_assumptions(data.dataset)
    if found is None or assumptions_left_out(data.dataset) is not None:
        return []
    units = which_assumptions.Units(data.unit, data.unit_and_prices, percent(data.coverage))
    line = which_assumptions.short(found, units)
    return [line] if line else []


def _rests_on(data: ReportData) -> Table | None:
    """Return what the money and the width rest on; None where the run holds neither."""
    money, width = rests_on.money_by_basis(data), rests_on.width_by_basis(data)
    # Data of its own are the evidence of a width.
    width = {"evidence" if basis == "data" else basis: share for basis, share in width.items()}
    if not money:
        return None
    rows = [
        (
            _text("basis", basis=basis),
            percent(money.get(basis, 0.0), finest=0.01),
            *([_share(width.get(basis, Measured(0.0, 0.0)))] if width else []),
        )
        for basis in BASES
        if basis in money or basis in width
    ]
    columns = (_("Rests on"), _("Expected cost"), *([_("Variance of the cost")] if width else []))
    return Table(_text("rests_on_caption", has_width=bool(width)), columns, tuple(rows), name="rests-on")


def _share(share: Measured) -> str:
    return percent(share.value, share.error, finest=0.01)


def _options(comparison: Comparison) -> Table:
    """Return how far each option is from the baseline within the years, after them, and in all."""
    data, base = comparison.data, comparison.bases[0]
    spans = comparison.spans(base)
    rows = []
    for option in comparison.options:
        cells: list[str] = []
        for total in spans:
            low, high = (signed(data.amount(end)) for end in comparison.range(total, option))
            cells += [signed(data.amount(comparison.mean(total, option))), _text("span", low=low, high=high)]
        rows.append((comparison.names[option], *cells))
    heads = [totals.span(total, data.study) for total in spans]
    caption = _text(
        "options_caption",
        total=base,
        baseline=comparison.names[comparison.baseline],
        unit_and_prices=data.unit_and_prices,
        interval=data.interval,
        last=data.study.years[-1] if len(spans) > 1 else "",
    )
    columns = (_("Option"), *((_("Mean"), _("Range")) * len(spans)))
    groups = tuple((head, 2) for head in heads) if len(heads) > 1 else ()
    return Table(caption, columns, tuple(rows), groups=groups, name="options-at-a-glance")
