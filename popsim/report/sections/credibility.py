"""Whether the result can be believed: what it rests on and how exactly it was computed."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from itertools import combinations

import numpy as np

from popsim import analysis
from popsim.analysis.order import half_width
from popsim.analysis.parts import SHOWN
from popsim.report import figures
from popsim.report.data import ReportData
from popsim.report.document import Block, Bullets, Figure, Paragraph, Section
from popsim.report.estimates import Measured
from popsim.report.numbers import MINUS, THIN, percent, significant
from popsim.report.prose import Prose
from popsim.report.rests_on import expected_costs
from popsim.types import BASES

_text = Prose("credibility")

_SURE = 0.99865
"""Probability below three standard errors: what is further off is no chance."""
_LEAST_CONVERGED = 1.05
"""A picture needs more scenarios than the least that have an error."""
_LEAST_PAIRS = 800
"""Scenarios that the ends of what the figure of pairs shows need."""


def credibility(data: ReportData) -> Section:
    """List what speaks for and against the result of this run, the weightiest first."""
    items = (
        *_expected_cost(data),
        *_variance(data),
        *_dependence(data),
        *_mean(data),
        *_std(data),
        *_precision(data),
    )
    shown = [figure for figure in (_pairs(data), _convergence(data)) if figure is not None]
    blocks: tuple[Block, ...] = (Paragraph(_text("order_of_doubts")), Bullets(items), *shown)
    return Section("credibility", "Can this result be believed?", "Credibility", blocks)


def _expected_cost(data: ReportData) -> list[str]:
    """Shares of the expected cost by basis, and the largest component on judgement."""
    costs = expected_costs(data)
    total = sum(cost for *_, cost in costs)
    if not total > 0.0:
        return []
    by_basis = {basis: sum(cost for _, part, cost in costs if part.basis == basis) for basis in BASES}
    shares = [_share_on(basis, Measured(cost / total, 0.0)) for basis, cost in by_basis.items() if cost]
    items = [_text("expected_cost", shares=shares)]
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
    if data.is_certain or data.scenarios < 2 or not data.has("cost_by_width"):
        return []
    by_basis = analysis.variance_shares(data.dataset[["cost", "cost_by_width"]], by="width")
    by_basis = by_basis.squeeze("option", drop=True)
    unseen = by_basis["variance_share_error"].attrs.get("infinite_because")
    if unseen:
        return [_text("variance_unknown", why=unseen)]
    shares = {
        str(basis): Measured(
            *(by_basis[name].sel(width=basis).item() for name in ("variance_share", "variance_share_error"))
        )
        for basis in by_basis["width"].values
        if bool((data.dataset["cost_by_width"].sel(width=basis) != 0.0).any())
    }
    if not all(share.is_known for share in shares.values()):
        return []
    return [_text("variance", shares=[_share_on(basis, share) for basis, share in shares.items()])]


def _dependence(data: ReportData) -> list[str]:
    """Describe what the assumed dependence between countries does to the range."""
    names = ("cost_countries_independent", "cost_countries_fully_dependent")
    if data.scenarios < 2 or data.is_certain or not all(map(data.has, names)):
        return []
    independent, assumed, dependent = (data.money_range(*data.range(name)) for name in (names[0], "cost", names[1]))
    items = [
        _text(
            "dependence",
            interval=data.interval,
            independent=independent,
            fully_dependent=dependent,
            assumed=assumed,
            basis=data.study.dependence.basis,
        )
    ]
    number = len(data.study.countries)
    effect = analysis.effective_countries(data.dataset[["cost", names[0]]], number).squeeze("option", drop=True)
    effective = Measured(effect["effective_countries"].item(), effect["effective_countries_error"].item())
    if number > 1 and math.isfinite(effective.value) and math.isfinite(effective.error):
        items.append(_text("effective_countries", countries=number, effective=_rounded(effective)))
    return items


def _rounded(measured: Measured) -> str:
    """Print a number with the digits that its error supports, three at most."""
    if measured.error <= 0.0:
        return significant(measured.value)
    digits = math.floor(math.log10(abs(measured.value))) - math.floor(math.log10(2.0 * measured.error)) + 1
    return significant(measured.value, min(max(digits, 1), 3))


def _mean(data: ReportData) -> list[str]:
    """Compare the simulated mean with the exact one."""
    if data.is_certain or not data.has("expected_cost"):
        return []
    exact = float(data.dataset["expected_cost"].squeeze().item())
    mean = data.mean_of_scenarios("cost")
    unseen = data.unseen("cost", "mean")
    if unseen:
        simulated = data.money(Measured(mean.value, 0.0, mean.finest))
        return [_text("mean_without_error", exact=data.money(data.mean("cost")), simulated=simulated, why=unseen)]
    if not mean.is_known or mean.error <= 0.0:
        return []
    return [_compared(data, "mean", mean, exact)]


def _std(data: ReportData) -> list[str]:
    """Compare the simulated standard deviation with the exact one, or explain why there is none."""
    if data.is_certain or not data.has("expected_cost"):
        return []
    unseen, std = data.unseen("cost", "std"), data.std("cost")
    if unseen and not data.unseen("cost", "mean"):
        return [_text("std_without_error", why=unseen)]
    if not std.is_known:
        return []
    known = analysis.exact_moments(replace(data.study, options=())).squeeze("option", drop=True)
    exact = float(known["exact_std"])
    if not math.isfinite(exact):
        return [_text("std_without_formula", reasons=str(known["unknown_because"].values).split(", "))]
    return [_compared(data, "std", std, exact)] if std.error > 0.0 else []


def _compared(data: ReportData, sentence: str, simulated: Measured, exact: float) -> str:
    """Compare a simulated figure with the exact one, and say whether chance explains how far apart they are."""
    apart = abs(simulated.value - exact) / simulated.error
    compared = _text(
        sentence,
        exact=data.money(Measured(exact, simulated.error, simulated.finest)),
        simulated=data.money(simulated),
        error=data.money(Measured(simulated.error, simulated.error)),
    )
    is_near = apart <= half_width(data.replicates, _SURE)
    return f"{compared} {_text('apart', standard_errors=f'{apart:.1f}', is_near=is_near)}"


def _precision(data: ReportData) -> list[str]:
    """State the largest relative error of the ends and the median, and what makes it smaller."""
    ends = [data.quantile("cost", level) for level in (data.low, 0.5, data.high)]
    if data.is_certain:
        return []
    if not all(each.is_known and each.value for each in ends):
        return [_text("too_few", scenarios=data.scenarios)]
    worst = max(half_width(data.replicates) * each.error / abs(each.value) for each in ends)
    error = f"{significant(100 * worst, 2)}{THIN}%"
    if data.replicates > 1:
        points = data.scenarios // data.replicates
        return [_text("precision_of_replicates", error=error, replicates=data.replicates, points=points)]
    is_random = data.dataset.attrs.get("design", "random") == "random"
    sentence = "precision_of_random" if is_random else "precision_of_design"
    return [_text(sentence, error=error, scenarios=data.scenarios)]


def _convergence(data: ReportData) -> Figure | None:
    """Show how the range settles; nothing where the scenarios are too few for a picture."""
    if data.is_certain:
        return None
    convergence = analysis.convergence(data.dataset, data.coverage).squeeze("option", drop=True)
    known = convergence.isel(count=(abs(convergence["value_error"]) < math.inf).all("quantile").values)
    if known.sizes["count"] < 2 or float(known["count"][-1]) < _LEAST_CONVERGED * float(known["count"][0]):
        return None
    counts = tuple(int(number) for number in known["count"].values)
    lines = []
    for place, label in ((2, "Upper end of the range"), (1, "Median"), (0, "Lower end of the range")):
        values = known["value"].isel(quantile=place).values
        band = half_width(data.replicates) * known["value_error"].isel(quantile=place).values
        now = data.quantile("cost", (data.low, 0.5, data.high)[place])
        on_axis = (tuple(map(data.on_axis, each.tolist())) for each in (values, values - band, values + band))
        lines.append(figures.Settling(f"{label}: {data.money(now)}", *on_axis))
    return Figure(
        "convergence",
        "How the range settles as scenarios are added",
        _text("convergence_caption"),
        _text(
            "convergence_spoken",
            first=counts[0],
            last=counts[-1],
            range=data.money_range(*data.range("cost")),
            median=data.money(data.quantile("cost", 0.5)),
        ),
        partial(
            figures.convergence,
            counts=counts,
            quantiles=lines,
            band=_text("convergence_band"),
            amount_label=f"Total cost ({data.unit_and_prices})",
        ),
    )


def _pairs(data: ReportData) -> Figure | None:
    """Show the largest areas and the total, two at a time; nothing for few scenarios, or where one area varies."""
    if data.is_certain or data.scenarios < _LEAST_PAIRS or not data.has("cost_by_area"):
        return None
    pairs = analysis.pairs(data.dataset[["cost", "cost_by_area"]])
    area_names = {area.id: area.name for area in data.study.areas}
    members = [area_names.get(str(label), "Total") for label in pairs["member"].values]
    if len(members) < 3:
        return None
    ends = np.stack([pairs["end"].values, pairs["end_error"].values], axis=-1)
    if not np.isfinite(ends[..., 1]).all():
        return None
    ranges = [data.money_range(*(Measured(*end) for end in each)) for each in ends.tolist()]
    values, errors = pairs["rank_correlation"].values.tolist(), pairs["rank_correlation_error"].values.tolist()
    correlations = [list(map(_correlation, *row)) for row in zip(values, errors, strict=True)]
    spoken = [
        (members[one], members[other], correlations[one][other]) for one, other in combinations(range(len(members)), 2)
    ]
    density = pairs["density"].values
    return Figure(
        "pairs",
        "How the largest areas and the total are correlated",
        _text("pairs_caption", covered=percent(SHOWN), cells=density.shape[-1]),
        _text("pairs_spoken", correlations=spoken),
        partial(
            figures.pairs,
            names=[f"{name}: {range_}" for name, range_ in zip(members, ranges, strict=True)],
            histograms=pairs["share"].values,
            regions=density,
            correlations=correlations,
        ),
    )


def _correlation(value: float, error: float) -> str:
    """Print a correlation and its error, rounded up, with two decimals."""
    shown = math.ceil(100.0 * error) / 100.0
    # Rounded first: a minus before 0.00 says nothing.
    text = f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)
    return f"{text} ± {shown:.2f}" if shown else text
