"""Every total of the run beside the others: cost and financing need, money after the last year, other prices."""

from __future__ import annotations

from popsim.families.base import Family
from popsim.report import totals
from popsim.report.document import Block, Paragraph, Section, Table
from popsim.report.facts import Facts
from popsim.report.numbers import THIN, percent, significant
from popsim.report.sections.ranges import row_of
from popsim.report.sections.words import listed

__all__ = ["financing"]


def financing(facts: Facts) -> Section | None:
    """Set every total of the run side by side; None when cost is the only one."""
    present = facts.every_total
    if present == ("cost",):
        return None
    blocks: list[Block] = []
    if "financing_need" in facts.totals:
        blocks.append(Paragraph(_need(facts)))
    rows = tuple((_label(facts, name), *row_of(facts, name, {})) for name in present)
    caption = f"Totals ({facts.unit}; low and high end: {facts.interval})"
    means = facts.about_means(*present)
    if means:
        caption += f"; {means}"
    blocks.append(Table(caption, ("Total", "Low end", "Median", "High end", "Mean"), rows))
    kinds = {part for name in present for part in totals.parts(name)[1:]}
    blocks += [Paragraph(says(facts), note=True) for kind, says in _MEANINGS.items() if kind in kinds]
    if "financing_need" in facts.totals:
        reason = f"Shares and fee rest on {facts.study.financing_basis}. {facts.study.financing_rationale}"
        blocks.append(Paragraph(reason.strip()))
    title = "Cost and financing need" if "financing_need" in facts.totals else "Totals in other years and prices"
    return Section("financing", title, "Totals", tuple(blocks))


def _need(facts: Facts) -> str:
    fee = facts.study.agency_fee
    on_top = f", with a fee of {percent(fee)} for the agencies on top" if fee else ""
    says = f"The financing need is what remains of the cost {totals.DESCRIBED}{on_top}. "
    cost, need = facts.mean("cost"), facts.mean("financing_need")
    if not cost.value > 0.0:
        return says.strip()
    return f"{says}On average it comes to {percent(need.value / cost.value, finest=0.01)} of the cost."


def _label(facts: Facts, name: str) -> str:
    study = facts.study
    counted = ", not in the total" if totals.parts(name)[2] == "after" else ""
    return f"{totals.title(name, study)}{counted}, {totals.prices(name, study)}"


def _after(facts: Facts) -> str:
    last = facts.study.years[-1]
    kinds = listed([totals.noun(total, facts.study) for total in facts.totals])
    return (
        f"Late starts and delays push payments beyond {last}. What falls after that year is shown by itself: the "
        f"{kinds}, like all else in this report that does not say otherwise, end with {last}."
    )


def _rate(rate: float) -> str:
    return f"{significant(100 * rate, 4)}{THIN}%"


def _nominal(facts: Facts) -> str:
    rate = facts.study.inflation
    if isinstance(rate, Family):
        how = "an inflation that is itself uncertain"
    else:
        how = f"inflation of {_rate(rate)} a year" if rate is not None else "inflation"
    return f"Nominal totals count each payment in the prices of its own year, with {how}."


def _discounted(facts: Facts) -> str:
    rate = facts.study.discount_rate
    how = f" at {_rate(rate)} a year" if rate is not None else ""
    return f"Discounted totals are the value of all payments in {facts.study.years[0]}{how}."


_MEANINGS = {"after": _after, "nominal": _nominal, "discounted": _discounted}
