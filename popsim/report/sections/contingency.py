"""What is missing from the point estimate to a budget of stated confidence, and which areas call for it."""

from __future__ import annotations

import math

import xarray as xr

from popsim import analysis
from popsim.analysis.reserve import LEVELS
from popsim.errors import ParameterError
from popsim.report.document import Block, Paragraph, Table
from popsim.report.facts import CONFIDENCE, Facts, Measured
from popsim.report.numbers import MINUS, THIN, percent, rounded

__all__ = ["contingency"]


def contingency(facts: Facts) -> tuple[Block, ...]:
    """Tables of the contingency by confidence and by area; nothing where scenarios are too few or nothing varies."""
    names = ["cost", "point_estimate", "cost_by_area", "point_estimate_by_area"]
    if facts.is_certain:
        return ()
    try:
        found = analysis.contingency(facts.dataset[[name for name in names if facts.has(name)]], LEVELS)
    except ParameterError:  # the scenarios are too few for one of the confidences
        return ()
    one = found.squeeze("option", drop=True)
    blocks: list[Block] = [_by_confidence(one, facts)]
    if "contingency_by_area" in one:
        blocks += [
            _by_area(one, facts),
            Paragraph(
                "The confidence of an area is that its own figure is enough for it. Contingency of an area: what it "
                f"costs on average when the total stands at its budget with {percent(CONFIDENCE)} confidence, less its "
                "most likely value; so the contingencies of the areas add up to that of the total. Confidences do not "
                "add up: figures that are each enough with low confidence are mostly enough together with a lower one.",
                note=True,
            ),
        ]
    return tuple(blocks)


def _by_confidence(found: xr.Dataset, facts: Facts) -> Table:
    rows = []
    for level in LEVELS:
        at = found.sel(confidence=level)
        amount = Measured(at["amount"].item(), at["amount_error"].item())
        gap = Measured(at["contingency"].item(), at["contingency_error"].item())
        share = Measured(at["contingency_share"].item(), at["contingency_share_error"].item())
        rows.append((percent(level), *facts.amounts(amount, gap), _on_top(share)))
    caption = f"Contingency over the sum of the most likely values ({facts.unit_and_prices})"
    return Table(caption, ("Confidence", "Budget", "Contingency", "On top"), tuple(rows))


def _by_area(found: xr.Dataset, facts: Facts) -> Table:
    names = {area.id: area.name for area in facts.study.areas}
    at = found.sel(confidence=CONFIDENCE)
    rows = []
    for area in found["area"].values.tolist():
        one = at.sel(area=area)
        sure = Measured(
            one["point_estimate_confidence_by_area"].item(), one["point_estimate_confidence_by_area_error"].item()
        )
        gap = Measured(one["contingency_by_area"].item(), one["contingency_by_area_error"].item())
        point = Measured(one["point_estimate_by_area"].item(), gap.error)
        rows.append((names.get(area, str(area)), *facts.amounts(point), percent(*sure), *facts.amounts(gap)))
    sure = Measured(at["point_estimate_confidence"].item(), at["point_estimate_confidence_error"].item())
    gap = Measured(at["contingency"].item(), at["contingency_error"].item())
    point = Measured(at["point_estimate"].item(), gap.error)
    rows.append(("All areas", *facts.amounts(point), percent(*sure), *facts.amounts(gap)))
    caption = (
        f"Most likely values by area, how sure each is, and the contingency for {percent(CONFIDENCE)} confidence in "
        f"the total ({facts.unit_and_prices})"
    )
    return Table(caption, ("Area", "Most likely", "Confidence", "Contingency"), tuple(rows), total=True)


def _on_top(share: Measured) -> str:
    """Print a share of the point estimate, which may well be more than all of it."""
    if math.isnan(share.value):
        return "–"
    number, _ = rounded(100 * share.value, 100 * share.error, 0.1)
    return f"{number:,f}".replace("-", MINUS) + THIN + "%"
