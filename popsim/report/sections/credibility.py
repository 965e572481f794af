"""Whether the result can be believed: what it rests on, and how precise it is."""

from __future__ import annotations

import math

from popsim import analysis
from popsim.analysis.order import half_width
from popsim.report.data import ReportData
from popsim.report.document import Block, Bullets, Paragraph, Section
from popsim.report.estimates import Measured
from popsim.report.language import gettext as _
from popsim.report.numbers import percent, significant
from popsim.report.prose import Prose
from popsim.report.rests_on import expected_costs, money_by_basis, width_by_basis
from popsim.report.words import basis as basis_name
from popsim.schema import MANIFEST_FILE, TRUSTED

_text = Prose("credibility")


def credibility(data: ReportData) -> Section:
    """List what speaks for and against the result of this run, the weightiest first."""
    items = (*trusted(data), *_expected_cost(data), *_variance(data), *_dependence(data), *_precision(data))
    blocks: tuple[Block, ...] = (Paragraph(_text("order_of_doubts")), *([Bullets(items)] if items else []))
    return Section("credibility", _("Can this result be believed?"), _("Credibility"), blocks)


def trusted(data: ReportData) -> list[str]:
    """Name the files of the run that were changed since it was made."""
    names = str(data.dataset.attrs.get(TRUSTED, ""))
    if not names:
        return []
    if names == MANIFEST_FILE:
        return [_text("unknown_files", manifest=names)]
    return [_text("trusted_files", files=names)]


def _expected_cost(data: ReportData) -> list[str]:
    """Shares of the expected cost by basis, and the largest component on judgement."""
    by_basis = money_by_basis(data)
    if not by_basis:
        return []
    items = [
        _text("expected_cost", shares=[_share_on(basis, Measured(share, 0.0)) for basis, share in by_basis.items()])
    ]
    costs = expected_costs(data)
    total = sum(cost for *_, cost in costs)
    judged = [(cost, part.name, area.name) for area, part, cost in costs if part.basis == "judgement"]
    if judged and max(judged)[0] > 0.0:
        cost, name, area_name = max(judged)
        share = percent(cost / total, 0.0, finest=0.01)
        items.append(_text("largest_assumption", name=name, area=area_name, share=share))
    return items


def _share_on(basis: str, share: Measured) -> str:
    return _text("share_on", share=percent(share.value, share.error, finest=0.01), basis=basis)


def _variance(data: ReportData) -> list[str]:
    """Shares of the variance by what the widths of ranges rest on."""
    found = data.variance_by_width
    if found is not None and found["variance_share_error"].attrs.get("infinite_because"):
        return [_text("variance_unknown")]
    shares = width_by_basis(data)
    if not shares:
        return []
    return [_text("variance", shares=[_share_on(basis, share) for basis, share in shares.items()])]


def _dependence(data: ReportData) -> list[str]:
    """Describe what the assumed dependence between countries does to the range."""
    names = ("cost_countries_independent", "cost_countries_fully_dependent")
    if len(data.study.countries) < 2 or data.scenarios < 2 or data.is_certain or not all(map(data.has, names)):
        return []
    independent, assumed, dependent = (data.money_range(*data.range(name)) for name in (names[0], "cost", names[1]))
    items = [
        _text(
            "dependence",
            coverage=percent(data.coverage),
            independent=independent,
            fully_dependent=dependent,
            assumed=assumed,
            basis=basis_name(data.study.dependence.basis),
        )
    ]
    number = len(data.study.countries)
    effect = analysis.effective_countries(data.dataset[["cost", names[0]]], number).squeeze("option", drop=True)
    effective = Measured(effect["effective_countries"].item(), effect["effective_countries_error"].item())
    if math.isfinite(effective.value) and math.isfinite(effective.error):
        items.append(_text("effective_countries", countries=number, effective=_rounded(effective)))
    return items


def _rounded(measured: Measured) -> str:
    """Print a number with the digits that its error supports, three at most."""
    if measured.error <= 0.0:
        return significant(measured.value)
    digits = math.floor(math.log10(abs(measured.value))) - math.floor(math.log10(2.0 * measured.error)) + 1
    return significant(measured.value, min(max(digits, 1), 3))


def _precision(data: ReportData) -> list[str]:
    """State the largest relative error of the ends and the median, and what makes it smaller."""
    ends = [data.quantile("cost", level) for level in (data.low, 0.5, data.high)]
    if data.is_certain:
        return []
    if not all(each.is_known and each.value for each in ends):
        return [_text("too_few", scenarios=data.scenarios)]
    worst = max(half_width(data.replicates) * each.error / abs(each.value) for each in ends)
    # Two significant digits, as of an error.
    error = percent(worst, finest=10.0 ** (math.floor(math.log10(worst)) - 1) if worst else 0.001)
    if data.replicates > 1:
        points = data.scenarios // data.replicates
        return [_text("precision_of_replicates", error=error, replicates=data.replicates, points=points)]
    is_random = data.dataset.attrs.get("design", "random") == "random"
    sentence = "precision_of_random" if is_random else "precision_of_design"
    return [_text(sentence, error=error, scenarios=data.scenarios)]
