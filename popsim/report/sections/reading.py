"""How to read the report."""

from __future__ import annotations

from popsim.report.data import CONFIDENCE, ReportData
from popsim.report.document import Pairs, Section
from popsim.report.estimates import Measured
from popsim.report.language import gettext as _
from popsim.report.numbers import percent
from popsim.report.prose import Prose

_text = Prose("reading")


def reading(data: ReportData) -> Section:
    """Explain range, confidence, Monte Carlo error and constant prices in plain words."""
    study, error = data.study, data.enough.error
    is_exact = data.enough.is_known and error == 0.0
    terms = (
        (_("Scenario"), _text("scenario", scenarios=data.scenarios)),
        (_text("range_term", interval=data.interval), _text("range", outside=percent(data.low))),
        (
            _("Confidence of a budget"),
            _text("confidence", has_cost="cost" in data.totals, has_need="financing_need" in data.totals),
        ),
        (_("Median and mean"), _text("median_and_mean")),
        (
            _("Monte Carlo error"),
            _text(
                "monte_carlo_error",
                error=data.money(Measured(error, error)) if data.enough.is_known else "",
                is_exact=is_exact,
                confidence=percent(CONFIDENCE),
            ),
        ),
        (
            _text("constant_prices_term", price_year=study.price_year),
            _text(
                "constant_prices",
                currency=study.currency,
                price_year=study.price_year,
                has_nominal=data.has("cost_nominal"),
            ),
        ),
        (_("Words for a chance"), _text("likelihood")),
    )
    return Section("reading", _("How to read this report"), _("How to read"), (Pairs(terms),))
