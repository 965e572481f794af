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
    rows, widths = [], {}
    for assumption, (name, words) in _NAMES.items():
        found = effect.sel(assumption=assumption)
        low = Measured(found["low"].item(), facts.quantile(name, facts.low).error)
        high = Measured(found["high"].item(), facts.quantile(name, facts.high).error)
        width = Measured(found["width"].item(), found["width_error"].item())
        if not width.is_known:
            return None
        widths[assumption] = facts.money(width)
        rows.append((words, *facts.amounts(low, high, width)))
    says = (
        "How wide the range is depends on how far costs move together from country to country. If every country went "
        f"its own way, highs and lows would largely cancel and the {facts.interval} would be {widths['independent']} "
        f"wide; if all countries moved together, {widths['fully_dependent']}. As the study assumes, it is "
        f"{widths['study']}."
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
