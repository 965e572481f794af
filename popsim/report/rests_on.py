"""What the money, and what the width of the range, rests on: evidence, proxy, experts or judgement."""

from __future__ import annotations

from popsim.report.data import ReportData
from popsim.report.estimates import Measured
from popsim.study.model import Area, Component
from popsim.types import BASES


def expected_costs(data: ReportData) -> list[tuple[Area, Component, float]]:
    """Return the expected cost of every component, with its area; nothing where the run does not hold it."""
    if not data.has("expected_cost_by_component"):
        return []
    expected = data.dataset["expected_cost_by_component"].squeeze("option", drop=True)
    costs = dict(zip(map(str, expected["component"].values), expected.values.tolist(), strict=True))
    return [
        (area, component, costs.get(f"{area.id}/{component.id}", 0.0))
        for area in data.study.areas
        for component in area.components
    ]


def money_by_basis(data: ReportData) -> dict[str, float]:
    """Return the share of the expected cost by what its centre rests on, the firmest first; empty where unknown."""
    costs = expected_costs(data)
    total = sum(cost for *_, cost in costs)
    if not total > 0.0:
        return {}
    by_basis = {basis: sum(cost for _, part, cost in costs if part.basis == basis) for basis in BASES}
    return {basis: cost / total for basis, cost in by_basis.items() if cost}


def width_by_basis(data: ReportData) -> dict[str, Measured]:
    """Return the share of the variance of the cost by what the widths of ranges rest on; empty where unknown."""
    found = data.variance_by_width
    if found is None:
        return {}
    names = ("variance_share", "variance_share_error")
    shares = {
        str(basis): Measured(*(found[name].sel(width=basis).item() for name in names))
        for basis in found["width"].values
        if bool((data.dataset["cost_by_width"].sel(width=basis) != 0.0).any())
    }
    return shares if all(share.is_known for share in shares.values()) else {}
