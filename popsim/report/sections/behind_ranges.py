"""What is behind a range: what centre, width and shape rest on, the amounts that were read, and fits to them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from popsim.fits import Fit
from popsim.report import figures
from popsim.report.data import ReportData
from popsim.report.document import Block, Figure, Paragraph, Table
from popsim.report.figures import FitPicture
from popsim.report.language import gettext as _
from popsim.report.numbers import (
    count,
    exact_money,
    percent,
    rounded,
    scale_of,
    significant,
    stated_range,
    unit_for,
    unit_words,
    written,
)
from popsim.report.prose import Prose
from popsim.report.words import basis, distribution, scope, stage
from popsim.study.evidence import reference_quantiles
from popsim.study.model import Component, Datum, Exponent, Overlap

_text = Prose("behind_ranges")


def bases(component: Component | Overlap) -> tuple[tuple[str, str], ...]:
    """Return what the range of a component rests on and counts, as facts for its entry."""
    amounts = sum(datum.row.use == "fit" for datum in component.data) if component.fit is None else component.fit.count
    facts = [
        (_("Centre rests on"), basis(component.basis)),
        (_("Width rests on"), _text("width", basis=component.width_basis, amounts=amounts) or _width(component)),
        (_("Shape rests on"), basis(component.shape_basis)),
        (_("What it covers"), component.covers),
        (_("What it counts"), _text("scope", scope=component.scope)),
        (_("Posts"), _posts(component)),
    ]
    facts += [
        (_("Who was asked"), _text("expert", name=each.name, role=each.role, date=each.date, method=each.method))
        for each in component.experts
    ]
    return tuple((name, text) for name, text in facts if text)


def _width(component: Component | Overlap) -> str:
    return basis(component.width_basis) if component.width_basis else ""


def _posts(component: Component | Overlap) -> str:
    if not isinstance(component, Component) or component.person_years is None:
        return ""
    return _text("posts", number=significant(component.person_years), kind=component.kind)


def family(component: Component | Overlap) -> str:
    """Return the family of a cost in words."""
    if component.fit is None:
        return distribution(component.cost.family)
    return _text("fitted_family", family=distribution(component.fit.family), capped=component.cap is not None)


def evidence_of(
    component: Component | Overlap, exponents: Sequence[Exponent], data: ReportData, name: str
) -> list[Block]:
    """Return the amounts behind a range as a table, and the fit to them as a sentence and a picture of this name."""
    if not component.data:
        return []
    return [_table(component), *_fit(component, exponents, data, name)]


def _table(component: Component | Overlap) -> Table:
    unit = _text("unit", money=unit_words(unit_for(0.0, component.currency)), year=component.price_year)
    rows = tuple(_row(datum, component) for datum in component.data)
    columns = (
        _("What was paid"),
        _("Use"),
        _("Scope"),
        _("Stage"),
        _("Countries"),
        _("Year"),
        _("As read"),
        _("Counts as"),
        _("At reference size"),
    )
    return Table(_text("data_caption", name=component.name, unit=unit), columns, rows, labels=6)


def _row(datum: Datum, component: Component | Overlap) -> tuple[str, ...]:
    row = datum.row
    where = ", ".join(row.codes) or (count(row.countries) if row.countries else "–")
    read: str = exact_money(row.amount, unit_for(0.0, row.currency or component.currency))
    if row.share != 1.0:
        read = _text("part", amount=read, share=percent(row.share))
    brought = "–" if datum.reference_amount is None else significant(datum.reference_amount)
    use = "fitted" if datum.is_fitted else "compared" if row.use == "fit" else "shown"
    counted = significant(datum.unit_amount)
    words = (_text("use", use=use), scope(row.scope), stage(row.stage))
    return (row.name, *words, where, str(row.year), read, counted, brought)


def _fit(component: Component | Overlap, exponents: Sequence[Exponent], data: ReportData, name: str) -> list[Block]:
    fit = component.fit
    notes = [
        _text("shown", name=datum.row.name, reason=_ended(datum.row.reason))
        for datum in component.data
        if datum.row.use == "shown" and not datum.is_fitted
    ]
    notes += [
        _text("share", name=datum.row.name, share=percent(datum.row.share), rest=_ended(datum.row.share_rationale))
        for datum in component.data
        if datum.row.share < 1.0
    ]
    paragraphs = [Paragraph(" ".join(notes), note=True)] if notes else []
    if fit is None:
        return list(paragraphs)
    ends = reference_quantiles(component.cost, exponents, (data.low, 0.5, data.high))
    return [*paragraphs, Paragraph(_sentences(component, fit, ends, data)), _picture(component, fit, ends, data, name)]


def _sentences(component: Component | Overlap, fit: Fit, ends: Sequence[float], data: ReportData) -> str:
    """Describe a fit, and what a further country of reference size is expected to cost by it."""
    low, median, high = ends
    unit, is_estimated = unit_for(0.0, component.currency), fit.exponent_distribution is not None
    error = significant(fit.estimate.exponent_error, 2) if is_estimated else ""
    exponent = "" if fit.exponent is None else _supported(fit.exponent, fit.estimate.exponent_error)
    share = fit.common_share if component.common_share is None else component.common_share
    sentences = [
        _text("fitted", amounts=fit.count, family=distribution(fit.family), degrees=fit.degrees),
        _text("grows", exponent=exponent, error=error),
    ]
    if fit.family == "lognormal":
        sentences.append(_text("spread", spread=_supported(fit.spread, fit.estimate.spread_error)))
    sentences += [
        _text(
            "expected",
            range=stated_range(low, high, unit),
            median=significant(median),
            interval=data.interval,
        ),
        _text("common", share=significant(share), is_stated=component.common_share not in {None, fit.common_share}),
    ]
    if component.cap is not None:
        cap = significant(component.cap)
        sentences.append(_text("capped", cap=cap, estimated=is_estimated, why=component.cap_rationale))
    return " ".join(sentence for sentence in sentences if sentence)


def _picture(component: Component | Overlap, fit: Fit, ends: Sequence[float], data: ReportData, name: str) -> Figure:
    """Return the picture of a fit, of which `ends` are those of the interval at reference size and its median."""
    money = unit_for(max(fit.data.values), component.currency)
    unit = _text("unit", money=unit_words(money), year=component.price_year)
    low, _median, high = map(significant, ends)
    about = {"name": component.name, "count": fit.count, "low": low, "high": high, "interval": data.interval}
    return Figure(
        name=name,
        title=_text("picture_title", name=component.name),
        caption=_text("picture_caption", count=fit.count, unit=unit),
        spoken=_text("picture_spoken", **about),
        draw=partial(figures.fitted, FitPicture(fit, data.coverage, unit, float(scale_of(money)))),
    )


def _supported(value: float, error: float) -> str:
    """Return an estimate with the digits that its standard error supports; three of one that is known."""
    return written(rounded(value, error)[0]) if error > 0.0 else significant(value)


def _ended(text: str | None) -> str:
    """Return a sentence with its full stop."""
    return f"{(text or '').rstrip('. ')}."


def posts(data: ReportData) -> list[Table]:
    """Show the posts that areas pay in a country of reference size, year by year; nothing where none are stated."""
    study = data.study
    rows = []
    totals = [0.0] * len(study.years)
    for area in study.areas:
        years = [0.0] * len(study.years)
        for component in area.components:
            # Of a one-off the profile has the share of each year, of others 1 in each year that is paid.
            each = component.person_years or 0.0
            years = [before + each * part for before, part in zip(years, component.profile, strict=True)]
        if any(years):
            rows.append((area.name, *(significant(each, 2) if each else "–" for each in years)))
            totals = [before + each for before, each in zip(totals, years, strict=True)]
    if not rows:
        return []
    if len(rows) > 1:
        rows.append((_("All areas"), *(significant(each, 2) if each else "–" for each in totals)))
    columns = (_("Area"), *(str(year) for year in study.years))
    return [Table(_text("posts_caption"), columns, tuple(rows), total=len(rows) > 1, name="posts")]
