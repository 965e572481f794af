"""How much the width of the range owes to countries moving together."""

from __future__ import annotations

from popsim import analysis
from popsim.report.document import Paragraph, Section, Table
from popsim.report.facts import Facts, Measured

__all__ = ["dependence"]

_NAMES = {
    "independent": ("cost_countries_independent", "Every country goes its own way"),
    "study": ("cost", "As the study assumes"),
    "fully_dependent": ("cost_countries_fully_dependent", "All countries move together"),
}


def dependence(facts: Facts) -> Section | None:
    """Set the width as assumed between its two extremes; None where the run cannot tell, or nothing varies."""
    if facts.is_certain or not all(facts.has(name) for name, _ in _NAMES.values()):
        return None
    effect = analysis.dependence_effect(facts.dataset, facts.coverage).squeeze("option", drop=True)
    each = [effect.sel(assumption=assumption) for assumption in _NAMES]
    found = [Measured(one["width"].item(), one["width_error"].item()) for one in each]
    if not all(width.is_known for width in found):
        return None
    widths = dict(zip(_NAMES, facts.aligned(*found), strict=True))
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
