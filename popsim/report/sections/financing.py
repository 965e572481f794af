"""Cost and need for financing beside each other, money after the last year, nominal and discounted totals."""

from __future__ import annotations

from popsim.families.base import Family
from popsim.report.document import Block, Paragraph, Section, Table
from popsim.report.facts import Facts
from popsim.report.numbers import THIN, percent, significant
from popsim.report.sections.ranges import row_of

__all__ = ["financing", "need_in_words"]

_EXTRA = ("financing_need", "cost_after_horizon", "cost_nominal", "cost_discounted")


def financing(facts: Facts) -> Section | None:
    """Set every total of the run side by side; None when cost is the only one."""
    present = [name for name in _EXTRA if facts.has(name)]
    if not present:
        return None
    blocks: list[Block] = []
    if facts.has("financing_need"):
        blocks.append(Paragraph(_need(facts)))
    rows = tuple((_label(facts, name), *row_of(facts, name, {})) for name in ("cost", *present))
    caption = f"Totals ({facts.unit}; low and high end: {facts.interval})"
    blocks.append(Table(caption, ("Total", "Low end", "Median", "High end", "Mean"), rows))
    blocks += [Paragraph(_MEANINGS[name](facts), note=True) for name in present if name in _MEANINGS]
    if facts.has("financing_need_by_area"):
        blocks.append(_by_area(facts))
    if facts.has("financing_need"):
        reason = f"Shares and fee rest on {facts.study.financing_basis}. {facts.study.financing_rationale}"
        blocks.append(Paragraph(reason.strip()))
    return Section("financing", "Cost and need for financing", "Financing", tuple(blocks))


def need_in_words(facts: Facts) -> str | None:
    """Say the range of the need for financing in a sentence; None when the run does not hold it."""
    if not facts.has("financing_need"):
        return None
    low, high = facts.range("financing_need")
    if not (low.is_known and high.is_known):
        return None
    return f"The need for financing is {facts.money_range(low, high)}, once countries have borne their share."


def _need(facts: Facts) -> str:
    fee = facts.study.agency_fee
    on_top = f", with a fee of {percent(fee)} for the agencies on top" if fee else ""
    says = f"The need for financing is the cost without what countries bear themselves{on_top}. "
    cost, need = facts.mean("cost").value, facts.mean("financing_need").value
    if cost <= 0.0:
        return says.strip()
    return f"{says}On average it comes to {percent(need / cost, finest=0.01)} of the cost."


def _label(facts: Facts, name: str) -> str:
    study = facts.study
    return {
        "cost": f"Total cost, {facts.prices}",
        "financing_need": f"Need for financing, {facts.prices}",
        "cost_after_horizon": f"Cost after {study.years[-1]}, not in the total, {facts.prices}",
        "cost_nominal": "Nominal total cost, prices of each year",
        "cost_discounted": f"Discounted total cost, value in {study.years[0]}, {facts.prices}",
    }[name]


def _after(facts: Facts) -> str:
    last = facts.study.years[-1]
    return (
        f"Late starts and delays push payments beyond {last}. What falls after that year is shown by itself: the total "
        f"cost, like all else in this report, ends with {last}."
    )


def _rate(rate: float) -> str:
    return f"{significant(100 * rate, 4)}{THIN}%"


def _nominal(facts: Facts) -> str:
    rate = facts.study.inflation
    if isinstance(rate, Family):
        how = "an inflation that is itself uncertain"
    else:
        how = f"inflation of {_rate(rate)} a year" if rate is not None else "inflation"
    return f"The nominal total counts each payment in the prices of its own year, with {how}."


def _discounted(facts: Facts) -> str:
    rate = facts.study.discount_rate
    how = f" at {_rate(rate)} a year" if rate is not None else ""
    return f"The discounted total is the value of all payments in {facts.study.years[0]}{how}."


_MEANINGS = {"cost_after_horizon": _after, "cost_nominal": _nominal, "cost_discounted": _discounted}


def _by_area(facts: Facts) -> Table:
    rows = [(area.name, *row_of(facts, "financing_need_by_area", {"area": area.id})) for area in facts.study.areas]
    rows.append(("All areas", *row_of(facts, "financing_need", {})))
    caption = f"Need for financing by activity area ({facts.unit_and_prices}; low and high end: {facts.interval})"
    return Table(caption, ("Area", "Low end", "Median", "High end", "Mean"), tuple(rows), total=True)
