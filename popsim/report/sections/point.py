"""The old point estimate, and how sure it is to suffice."""

from __future__ import annotations

from popsim.report.document import Block, Paragraph, Section
from popsim.report.facts import CONFIDENCE, Facts, Measured
from popsim.report.numbers import count, percent
from popsim.report.sections.contingency import contingency

__all__ = ["point", "sureness"]

_WHY_LOW = (
    "Adding up most likely values usually gives too little. The range of a cost mostly reaches further up than down, "
    "so its average lies above its most likely value, and in a sum these gaps do not cancel: they add up."
)
_WHY_NOT_HERE = (
    "Adding up most likely values usually gives too little, because the range of a cost mostly reaches further up than "
    "down and the gaps between average and most likely value add up. In this study they do not."
)


def sureness(facts: Facts, confidence: Measured) -> str:
    """Say how often an amount suffices, the ends included.

    Returns
    -------
    str
        ``in 12 % of the scenarios``, or ``in none of the 10,000 scenarios`` where the estimate is exactly 0 or 1.
    """
    if confidence.value <= 0.0:
        return f"in none of the {count(facts.scenarios)} scenarios"
    if confidence.value >= 1.0:
        return f"in all of the {count(facts.scenarios)} scenarios"
    return f"in {percent(*confidence)} of the scenarios"


def point(facts: Facts) -> Section | None:
    """Set the sum of the most likely values against the simulated total; None when the run does not hold it."""
    if not facts.has("point_estimate"):
        return None
    points, enough = facts.points, facts.enough
    value = points["point_estimate"].item()
    confidence = Measured(points["point_estimate_confidence"].item(), points["point_estimate_confidence_error"].item())
    median = facts.quantile("cost", 0.5)
    missing = Measured(enough.value - value, enough.error)
    says = (
        f"The sum of the most likely values, the number that a single-figure estimate would give, is "
        f"{facts.money(Measured(value, median.error))}. It is enough {sureness(facts, confidence)}"
    )
    sure = percent(CONFIDENCE)
    if not enough.is_known:
        says += "."
    elif missing.value > 0:
        says += f", and falls {facts.money(missing)} short of the budget that is enough with {sure} confidence."
    else:
        says += f", and so reaches the budget that is enough with {sure} confidence."
    why = _WHY_LOW if confidence.value < 0.5 else _WHY_NOT_HERE
    blocks: tuple[Block, ...] = (Paragraph(says), Paragraph(why), *contingency(facts))
    return Section("point-estimate", "What a single figure hides", "Single figure", blocks)
