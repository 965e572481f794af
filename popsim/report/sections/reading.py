"""How to read the report."""

from __future__ import annotations

from popsim.report import totals
from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import Pairs, Section
from popsim.report.estimates import Measured
from popsim.report.numbers import percent
from popsim.report.prose import Prose

_text = Prose("reading")


def reading(data: ReportData) -> Section:
    """Explain range, confidence, Monte Carlo error and constant prices in plain words."""
    study, error = data.study, data.enough.error
    is_exact = data.enough.is_known and error == 0.0
    terms = (
        ("Scenario", _text("scenario", scenarios=data.scenarios)),
        (f"Range, {data.interval}", _text("range", outside=percent(data.low))),
        (
            "Confidence of a budget",
            _text("confidence", nouns=[totals.noun(total, study) for total in data.totals]),
        ),
        ("Median and mean", _text("median_and_mean")),
        (
            "Monte Carlo error",
            _text(
                "monte_carlo_error",
                error=data.money(Measured(error, error)) if data.enough.is_known else "",
                is_exact=is_exact,
                confidence=percent(CONFIDENCE),
            ),
        ),
        (
            f"Constant {study.price_year} prices",
            _text(
                "constant_prices",
                currency=study.currency,
                price_year=study.price_year,
                has_nominal=data.has("cost_nominal"),
            ),
        ),
    )
    return Section("reading", "How to read this report", "How to read", (Pairs(terms),))
