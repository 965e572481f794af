"""Which price years the cost figures come from."""

from __future__ import annotations

from collections import Counter

from popsim.report.data import ReportData
from popsim.report.document import Section, Table
from popsim.report.language import gettext as _
from popsim.report.numbers import count

__all__ = ["price_years"]


def price_years(data: ReportData) -> Section | None:
    """Count the components by the year of the prices in which their source states them."""
    years = Counter(component.price_year for area in data.study.areas for component in area.components)
    if not years:
        return None
    rows = tuple((str(year), count(components)) for year, components in sorted(years.items()))
    caption = _("Cost components by the year of the prices of their source")
    table = Table(caption, (_("Price year"), _("Components")), rows, name="price-years")
    return Section("price-years", _("How old are the cost figures?"), _("Price years"), (table,))
