"""How much the width of the range owes to countries moving together."""

from __future__ import annotations

from popsim.report.document import Paragraph, Section, Table
from popsim.report.facts import Facts

__all__ = ["dependence"]

_NAMES = {
    "independent": ("cost_countries_independent", "Every country goes its own way"),
    "study": ("cost", "As the study assumes"),
    "fully_dependent": ("cost_countries_fully_dependent", "All countries move together"),
}


def dependence(facts: Facts) -> Section | None:
    """Set the width as assumed between its two extremes; None where the run cannot tell, or nothing varies."""
    widths = facts.widths
    if not widths:
        return None
    rows = [
        (words, *facts.amounts(*facts.range(name), widths[assumption])) for assumption, (name, words) in _NAMES.items()
    ]
    alone, together, assumed = (facts.money(widths[name]) for name in ("independent", "fully_dependent", "study"))
    says = (
        "How wide the range is depends on how far costs move together from country to country. If every country went "
        f"its own way, highs and lows would largely cancel and the {facts.interval} would be {alone} wide; "
        f"if all countries moved together, {together}. As the study assumes, it is {assumed}."
    )
    basis = f"This assumption rests on {facts.study.dependence.basis}. {facts.study.dependence.rationale}".strip()
    table = Table(
        f"Total cost by assumption on dependence ({facts.unit_and_prices}; {facts.interval})",
        ("Assumption", "Low end", "High end", "Width"),
        tuple(rows),
    )
    return Section(
        "dependence", "Do countries’ costs move together?", "Dependence", (Paragraph(says), table, Paragraph(basis))
    )
