"""The point estimate of each total, how often it is enough, and what is missing to a budget of stated confidence."""

from __future__ import annotations

import math

import xarray as xr

from popsim import analysis
from popsim.analysis.reserve import LEVELS
from popsim.errors import ParameterError
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import Block, Paragraph, Section, Table
from popsim.report.estimates import Measured
from popsim.report.language import gettext as _
from popsim.report.numbers import count, percent
from popsim.report.prose import Prose

_text = Prose("point")


def point(data: ReportData) -> Section | None:
    """Compare the point estimates with the simulated totals; None when the run does not hold them."""
    shown = _totals(data)
    if not shown:
        return None
    first = data.point(shown[0]) or 0.0
    why = "why_too_low" if data.covered(shown[0], first) < 0.5 * data.scenarios else "why_not_too_low"
    what = _text("what_it_is")
    blocks: list[Block] = [Paragraph(sentence) for sentence in estimates(data)]
    blocks.append(Paragraph(what if data.is_certain else f"{what} {_text(why)}"))
    for total in shown:
        blocks += _contingency(data, total)
    return Section("point-estimate", _("What a single figure hides"), _("Single figure"), tuple(blocks))


def _totals(data: ReportData) -> list[str]:
    return [total for total in data.totals if data.point(total) is not None]


def estimates(data: ReportData) -> tuple[str, ...]:
    """Return the point estimate of each total that has one, and in how many scenarios it is enough."""
    return tuple(_estimate(data, total, data.point(total) or 0.0) for total in _totals(data))


def _estimate(data: ReportData, total: str, value: float) -> str:
    enough, covered = data.enough_for(total), data.covered(total, value)
    missing = Measured(enough.value - value, enough.error, enough.finest)
    sentences = [
        _text("estimate", total=total, amount=data.money(data.beside_median(value, total))),
        _text("enough", covered=count(covered), scenarios=data.scenarios, share=percent(covered / data.scenarios)),
    ]
    if enough.is_known:
        is_short = missing.value > 1e-12 * abs(enough.value)
        budget = {"confidence": percent(CONFIDENCE), "budget": data.money(enough)}
        sentences.append(
            _text("short_of", missing=data.money(missing), **budget) if is_short else _text("reaches", **budget)
        )
    return " ".join(sentences)


def _contingency(data: ReportData, total: str) -> tuple[Block, ...]:
    """Return the contingency by confidence and by area; nothing where scenarios are too few or nothing varies."""
    if data.is_certain:
        return ()
    try:
        found = analysis.contingency(data.dataset, LEVELS, variable=total).squeeze("option", drop=True)
    except ParameterError:  # the scenarios are too few for one of the confidences
        return ()
    blocks: list[Block] = [_by_confidence(found, data, total)]
    if "contingency_by_area" in found:
        note = _text("contingency_note", confidence=percent(CONFIDENCE))
        blocks += [_by_area(found, data, total), Paragraph(note, note=True)]
    return tuple(blocks)


def _measured(found: xr.Dataset, name: str) -> Measured:
    return Measured(found[name].item(), found[f"{name}_error"].item())


def _by_confidence(found: xr.Dataset, data: ReportData, total: str) -> Table:
    levels = [found.sel(confidence=level) for level in LEVELS]
    budgets = [data.amount(data.budget_for(level, total)) for level in LEVELS]
    gaps = data.amounts(*data.aligned(*(_measured(at, "contingency") for at in levels)))
    shares = [_on_top(_measured(at, "contingency_share")) for at in levels]
    rows = zip(map(percent, LEVELS), budgets, gaps, shares, strict=True)
    caption = _text("contingency_caption", total=total, unit_and_prices=data.unit_and_prices)
    columns = (_("Confidence"), _("Budget"), _("Contingency"), _("On top"))
    return Table(caption, columns, tuple(rows), name=f"contingency-{total}")


def _by_area(found: xr.Dataset, data: ReportData, total: str) -> Table:
    names = {area.id: area.name for area in data.study.areas}
    at = found.sel(confidence=CONFIDENCE)
    areas = found["area"].values.tolist()
    points = data.points_by(total, "area")
    each = [at.sel(area=area) for area in areas]
    every = [*(_measured(one, "contingency_by_area") for one in each), _measured(at, "contingency")]
    gaps = data.amounts(*data.aligned(*every))
    rows = [
        (
            names.get(area, str(area)),
            data.amount(data.beside_median(points[area], f"{total}_by_area", area=area)),
            percent(*_measured(one, "point_estimate_confidence_by_area")),
            gap,
        )
        for area, one, gap in zip(areas, each, gaps, strict=False)
    ]
    whole = data.point(total) or 0.0
    sure = percent(*_measured(at, "point_estimate_confidence"))
    rows.append((_("All areas"), data.amount(data.beside_median(whole, total)), sure, gaps[-1]))
    caption = _text(
        "contingency_by_area_caption",
        total=total,
        confidence=percent(CONFIDENCE),
        unit_and_prices=data.unit_and_prices,
    )
    columns = (_("Area"), _("Point estimate"), _("Confidence"), _("Contingency"))
    return Table(caption, columns, tuple(rows), total=True, name=f"contingency-by-area-{total}")


def _on_top(share: Measured) -> str:
    """Print a share of the point estimate, which may well be more than all of it."""
    return "–" if math.isnan(share.value) else percent(share.value, share.error, finest=0.01)
