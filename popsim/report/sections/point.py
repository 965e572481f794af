"""The point estimate of each total, and how sure it is to suffice."""

from __future__ import annotations

from popsim.report import totals
from popsim.report.document import Block, Paragraph, Section
from popsim.report.facts import CONFIDENCE, Facts, Measured
from popsim.report.numbers import count, percent
from popsim.report.sections.contingency import contingency
from popsim.report.sections.words import all_of

__all__ = ["POINT_ESTIMATE", "point", "sureness"]

POINT_ESTIMATE = "The point estimate of the"
"""What the sentence on the point estimate of a total begins with."""

_WHAT = (
    "The point estimate puts every input at its most likely value and runs the same model once: the same countries, "
    "starts, delays, escalation and prices, work that is needed with some probability counted with this probability, "
    "and only those events that are more likely than not."
)
_WHY_LOW = (
    "Such a figure usually is too low. The range of a cost mostly reaches further up than down, so its average lies "
    "above its most likely value, and in a sum these gaps do not cancel: they add up."
)
_WHY_NOT_HERE = (
    "Such a figure usually is too low, because the range of a cost mostly reaches further up than down and the gaps "
    "between average and most likely value add up. In this study they do not."
)


def sureness(facts: Facts, covered: int) -> str:
    """Say in how many scenarios an amount suffices, the ends included.

    Returns
    -------
    str
        ``in 1,240 of 10,000 scenarios (12.4 %)``, or ``in none of the 10,000 scenarios``.
    """
    if covered == facts.scenarios:
        return f"in {all_of(covered)}"
    if covered == 0:
        return "in no scenario" if facts.scenarios == 1 else f"in none of the {count(facts.scenarios)} scenarios"
    share = percent(covered / facts.scenarios)
    return f"in {count(covered)} of the {count(facts.scenarios)} scenarios ({share})"


def _says(facts: Facts, total: str) -> str:
    """Set the point estimate of a total against its scenarios."""
    value, enough = facts.point(total), facts.enough_for(total)
    assert value is not None  # noqa: S101  asked for totals that have one
    says = (
        f"{POINT_ESTIMATE} {totals.noun(total, facts.study)} is "
        f"{facts.money(facts.beside_median(value, total))}. It is enough "
        f"{sureness(facts, facts.covered(total, value))}"
    )
    sure = percent(CONFIDENCE)
    missing = Measured(enough.value - value, enough.error, enough.finest)
    if not enough.is_known:
        return f"{says}."
    if missing.value > 1e-12 * abs(enough.value):
        return f"{says}, and falls {facts.money(missing)} short of the budget that is enough with {sure} confidence."
    return f"{says}, and so reaches the budget that is enough with {sure} confidence."


def point(facts: Facts) -> Section | None:
    """Set the point estimates against the simulated totals; None when the run does not hold them."""
    shown = [total for total in facts.totals if facts.point(total) is not None]
    if not shown:
        return None
    blocks: list[Block] = [Paragraph(_says(facts, total)) for total in shown]
    first = facts.point(shown[0]) or 0.0
    why = _WHY_LOW if facts.covered(shown[0], first) < 0.5 * facts.scenarios else _WHY_NOT_HERE
    blocks.append(Paragraph(_WHAT if facts.is_certain else f"{_WHAT} {why}"))
    for total in shown:
        blocks += contingency(facts, total)
    return Section("point-estimate", "What a single figure hides", "Single figure", tuple(blocks))
