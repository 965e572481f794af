"""Which price years the cost figures come from."""

from __future__ import annotations

from collections import Counter

from popsim.report.data import ReportData
from popsim.report.document import Section, Table

__all__ = ["price_years"]


def price_years(data: ReportData) -> Section | None:
    """Count the components by the year of the prices in which their source states them."""
    years = Counter(component.price_year for area in data.study.areas for component in area.components)
    if not years:
        return None
    rows = tuple((str(year), f"{count:,}") for year, count in sorted(years.items()))
    table = Table("Cost components by the year of the prices of their source", ("Price year", "Components"), rows)
    return Section("price-years", "How old are the cost figures?", "Price years", (table,))
