"""How to read the report."""

from __future__ import annotations

from popsim.report import totals
from popsim.report.document import Pairs, Section
from popsim.report.facts import CONFIDENCE, Facts, Measured
from popsim.report.numbers import count, percent

__all__ = ["reading"]


def reading(facts: Facts) -> Section:
    """Explain range, confidence, Monte Carlo error and constant prices in plain words."""
    study = facts.study
    outside = percent(facts.low)
    nouns = " or the ".join(totals.noun(total, study) for total in facts.totals)
    return Section(
        "reading",
        "How to read this report",
        "How to read",
        (
            Pairs(
                (
                    (
                        "Scenario",
                        "One way in which everything uncertain may turn out together. This report rests on "
                        f"{count(facts.scenarios)} of them.",
                    ),
                    (
                        f"Range, {facts.interval}",
                        f"The span that leaves out the lowest {outside} and the highest {outside} of the scenarios. "
                        "Where many scenarios come to the same amount, more of them lie inside: the sentence under the "
                        "headline counts them. It says how uncertain the cost is, given the inputs of the study.",
                    ),
                    (
                        "Confidence of a budget",
                        f"The share of scenarios in which the budget covers the {nouns}.",
                    ),
                    (
                        "Median and mean",
                        "At least half of the scenarios come to no more than the median, and at least half to no less. "
                        "The mean is the average of all scenarios.",
                    ),
                    (
                        "Monte Carlo error",
                        "With other random draws the figures would differ a little. Only digits that this error "
                        f"supports are printed. {_error(facts)}More scenarios make it smaller; they do not make the "
                        "range narrower.",
                    ),
                    (
                        f"Constant {study.price_year} prices",
                        f"Amounts are in {study.currency} at the prices of {study.price_year}. Inflation after that "
                        "year is not included and must be added when a budget is voted for later years"
                        + (", as in the nominal total." if facts.has("cost_nominal") else "."),
                    ),
                )
            ),
        ),
    )


def _error(facts: Facts) -> str:
    error = facts.enough.error
    if not facts.enough.is_known:
        return ""
    if error == 0.0:
        return "The figures of this run carry none. "
    return f"For the budget with {percent(CONFIDENCE)} confidence it is about {facts.money(Measured(error, error))}. "
