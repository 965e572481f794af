"""How exact the computation is: what is known without simulation, how the range settles, how areas are correlated."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import combinations

import numpy as np

from popsim import analysis
from popsim.analysis.order import half_width
from popsim.analysis.parts import SHOWN
from popsim.report import figures
from popsim.report.data import ReportData
from popsim.report.document import Block, Bullets, Figure, Section
from popsim.report.estimates import Measured
from popsim.report.language import gettext as _
from popsim.report.numbers import count, percent, written
from popsim.report.prose import Prose

_text = Prose("computation")

_SURE = 0.99865
"""Probability below three standard errors: what is further off is no chance."""
_LEAST_CONVERGED = 1.05
"""A picture needs more scenarios than the least that have an error."""
_LEAST_PAIRS = 800
"""Scenarios that the ends of what the figure of pairs shows need."""


def computation(data: ReportData) -> Section | None:
    """Compare the scenarios with what is known by formula, and show how they settle; None where there is nothing.

    It is matter for analysts: who reads the result needs to know its precision alone.
    """
    items = (*_mean(data), *_std(data))
    shown = [figure for figure in (_pairs(data), _convergence(data)) if figure is not None]
    blocks: tuple[Block, ...] = (*([Bullets(items)] if items else []), *shown)
    if not blocks:
        return None
    return Section("computation", _("How exact the computation is"), _("Computation"), blocks, is_annex=True)


def _mean(data: ReportData) -> list[str]:
    """Compare the simulated mean with the exact one."""
    if data.is_certain or not data.has("expected_cost"):
        return []
    exact = float(data.dataset["expected_cost"].squeeze().item())
    mean = data.mean_of_scenarios("cost")
    unseen = data.unseen("cost", "mean")
    if unseen:
        simulated = data.money(Measured(mean.value, 0.0, mean.finest))
        return [_text("mean_without_error", exact=data.money(data.mean("cost")), simulated=simulated)]
    if not mean.is_known or mean.error <= 0.0:
        return []
    return [_compared(data, "mean", mean, exact)]


def _std(data: ReportData) -> list[str]:
    """Compare the simulated standard deviation with the exact one, or explain why there is none."""
    if data.is_certain or not data.has("expected_cost"):
        return []
    unseen, std = data.unseen("cost", "std"), data.std("cost")
    if unseen and not data.unseen("cost", "mean"):
        return [_text("std_without_error")]
    if not std.is_known:
        return []
    known = analysis.exact_moments(replace(data.study, options=())).squeeze("option", drop=True)
    exact = float(known["exact_std"])
    if not math.isfinite(exact):
        reasons = str(known["unknown_because"].values).split(", ")
        return [_text("std_without_formula", reasons=[_reasons().get(reason, reason) for reason in reasons])]
    return [_compared(data, "std", std, exact)] if std.error > 0.0 else []


def _reasons() -> dict[str, str]:
    """Return what stands in the way of an exact standard deviation, by how the analysis calls it."""
    return {
        "starts of countries": _("starts of countries"),
        "delays": _("delays"),
        "rises of prices": _("rises of prices"),
        "events that raise prices": _("events that raise prices"),
        "chances of need that are uncertain": _("chances of need that are uncertain"),
        "needs that are correlated with costs": _("needs that are correlated with costs"),
        "components with two needs": _("components with two needs"),
        "costs without a standard deviation": _("costs without a standard deviation"),
        "tails too heavy or steps too steep for the formula": _("tails too heavy or steps too steep for the formula"),
    }


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
    return f"{compared} {_text('apart', standard_errors=_decimals(apart, 1), is_near=is_near)}"


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
    for place, label in ((2, "upper"), (1, "median"), (0, "lower")):
        values = known["value"].isel(quantile=place).values
        band = half_width(data.replicates) * known["value_error"].isel(quantile=place).values
        now = data.quantile("cost", (data.low, 0.5, data.high)[place])
        on_axis = (tuple(map(data.on_axis, each.tolist())) for each in (values, values - band, values + band))
        lines.append(figures.Settling(_text("settling", place=label, amount=data.money(now)), *on_axis))
    return Figure(
        "convergence",
        _("How the range of the total cost settles as scenarios are added"),
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
            amount_label=_("Total cost (%(unit_and_prices)s)", unit_and_prices=data.unit_and_prices),
        ),
    )


def _pairs(data: ReportData) -> Figure | None:
    """Show the largest areas and the total, two at a time; nothing for few scenarios, or where one area varies."""
    if data.is_certain or data.scenarios < _LEAST_PAIRS or not data.has("cost_by_area"):
        return None
    pairs = analysis.pairs(data.dataset[["cost", "cost_by_area"]])
    area_names = {area.id: area.name for area in data.study.areas}
    members = [area_names.get(str(label), _("Total cost")) for label in pairs["member"].values]
    if len(members) < 3:
        return None
    ends = np.stack([pairs["end"].values, pairs["end_error"].values], axis=-1)
    if not np.isfinite(ends[..., 1]).all():
        return None
    ranges = [data.money_range(*(Measured(*end) for end in each)) for each in ends.tolist()]
    values, errors = pairs["rank_correlation"].values.tolist(), pairs["rank_correlation_error"].values.tolist()
    correlations = [list(map(_correlation, *row)) for row in zip(values, errors, strict=True)]
    spoken = [
        _text("pair", one=members[one], other=members[other], correlation=correlations[one][other])
        for one, other in combinations(range(len(members)), 2)
    ]
    density = pairs["density"].values
    return Figure(
        "pairs",
        _("How the costs of the largest areas and the total cost are correlated"),
        _text("pairs_caption", covered=percent(SHOWN), cells=count(density.shape[-1])),
        _text("pairs_spoken", correlations=spoken),
        partial(
            figures.pairs,
            names=[_text("member", name=name, range=range_) for name, range_ in zip(members, ranges, strict=True)],
            histograms=pairs["share"].values,
            regions=density,
            correlations=correlations,
        ),
    )


def _correlation(value: float, error: float) -> str:
    """Print a correlation and its error, rounded up, with two decimals."""
    shown = math.ceil(100.0 * error) / 100.0
    # Rounded first: a minus before 0.00 says nothing.
    text = _decimals(round(value, 2) + 0.0, 2)
    return f"{text} ± {_decimals(shown, 2)}" if shown else text


def _decimals(value: float, decimals: int) -> str:
    """Print a number with so many decimals, zeros at the end too."""
    return written(Decimal(f"{value:.{decimals}f}"))
