"""How much of the width of the range comes from countries moving together."""

from __future__ import annotations

from popsim.report.data import ReportData
from popsim.report.document import Paragraph, Section, Table
from popsim.report.prose import Prose

_text = Prose("dependence")
_ASSUMPTIONS = {
    "independent": ("cost_countries_independent", "Every country goes its own way"),
    "study": ("cost", "As the study assumes"),
    "fully_dependent": ("cost_countries_fully_dependent", "All countries move together"),
}


def dependence(data: ReportData) -> Section | None:
    """Compare the width as assumed with its two extremes; None where it is not known, or nothing varies."""
    widths, assumed = data.widths, data.study.dependence
    if not widths:
        return None
    rows = tuple(
        (label, *data.amounts(*data.range(name), widths[assumption]))
        for assumption, (name, label) in _ASSUMPTIONS.items()
    )
    statement = _text(
        "widths",
        interval=data.interval,
        independent=data.money(widths["independent"]),
        fully_dependent=data.money(widths["fully_dependent"]),
        assumed=data.money(widths["study"]),
    )
    caption = _text("caption", unit_and_prices=data.unit_and_prices, interval=data.interval)
    blocks = (
        Paragraph(statement),
        Table(caption, ("Assumption", "Low end", "High end", "Width"), rows),
        Paragraph(_text("rests_on", basis=assumed.basis, rationale=assumed.rationale)),
    )
    return Section("dependence", "Do countries’ costs move together?", "Dependence", blocks)
