"""What is missing from the point estimate to a budget of stated confidence, and which areas call for it."""

from __future__ import annotations

import math

import xarray as xr

from popsim import analysis
from popsim.analysis.reserve import LEVELS
from popsim.errors import ParameterError
from popsim.report import totals
from popsim.report.document import Block, Paragraph, Table
from popsim.report.facts import CONFIDENCE, Facts, Measured
from popsim.report.numbers import MINUS, THIN, percent, rounded

__all__ = ["contingency"]


def contingency(facts: Facts, total: str) -> tuple[Block, ...]:
    """Tables of the contingency by confidence and by area; nothing where scenarios are too few or nothing varies."""
    if facts.is_certain:
        return ()
    try:
        found = analysis.contingency(facts.dataset, LEVELS, variable=total)
    except ParameterError:  # the scenarios are too few for one of the confidences
        return ()
    one = found.squeeze("option", drop=True)
    blocks: list[Block] = [_by_confidence(one, facts, total)]
    if "contingency_by_area" in one:
        blocks += [
            _by_area(one, facts, total),
            Paragraph(
                "The confidence of an area is that its own figure is enough for it. Contingency of an area: what it "
                f"costs on average when the total stands at its budget with {percent(CONFIDENCE)} confidence, less its "
                "point estimate; so the contingencies of the areas add up to that of the total. Confidences do not "
                "add up: figures that are each enough with low confidence are mostly enough together with a lower one.",
                note=True,
            ),
        ]
    return tuple(blocks)


def _measured(found: xr.Dataset, name: str) -> Measured:
    return Measured(found[name].item(), found[f"{name}_error"].item())


def _by_confidence(found: xr.Dataset, facts: Facts, total: str) -> Table:
    levels = [found.sel(confidence=level) for level in LEVELS]
    budgets = [facts.amount(facts.budget_for(level, total)) for level in LEVELS]
    gaps = facts.amounts(*facts.aligned(*(_measured(at, "contingency") for at in levels)))
    shares = [_on_top(_measured(at, "contingency_share")) for at in levels]
    rows = zip(map(percent, LEVELS), budgets, gaps, shares, strict=True)
    noun = totals.noun(total, facts.study)
    caption = f"Contingency over the point estimate of the {noun} ({facts.unit_and_prices})"
    return Table(caption, ("Confidence", "Budget", "Contingency", "On top"), tuple(rows))


def _by_area(found: xr.Dataset, facts: Facts, total: str) -> Table:
    names = {area.id: area.name for area in facts.study.areas}
    at = found.sel(confidence=CONFIDENCE)
    areas = found["area"].values.tolist()
    points = facts.points_by(total, "area")
    each = [at.sel(area=area) for area in areas]
    every = [*(_measured(one, "contingency_by_area") for one in each), _measured(at, "contingency")]
    gaps = facts.amounts(*facts.aligned(*every))
    rows = [
        (
            names.get(area, str(area)),
            facts.amount(facts.beside_median(points[area], f"{total}_by_area", area=area)),
            percent(*_measured(one, "point_estimate_confidence_by_area")),
            gap,
        )
        for area, one, gap in zip(areas, each, gaps, strict=False)
    ]
    whole = facts.point(total) or 0.0
    sure = percent(*_measured(at, "point_estimate_confidence"))
    rows.append(("All areas", facts.amount(facts.beside_median(whole, total)), sure, gaps[-1]))
    caption = (
        f"Point estimates of the {totals.noun(total, facts.study)} by area, how sure each is, and the contingency for "
        f"{percent(CONFIDENCE)} confidence in the total ({facts.unit_and_prices})"
    )
    return Table(caption, ("Area", "Point estimate", "Confidence", "Contingency"), tuple(rows), total=True)


def _on_top(share: Measured) -> str:
    """Print a share of the point estimate, which may well be more than all of it."""
    if math.isnan(share.value):
        return "–"
    number, _ = rounded(100 * share.value, 100 * share.error, 1.0)
    return f"{number:,f}".replace("-", MINUS) + THIN + "%"
