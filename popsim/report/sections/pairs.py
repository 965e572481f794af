"""How the main parts of the total hang together: a picture, two at a time."""

from __future__ import annotations

import math
from functools import partial

from popsim import analysis
from popsim.analysis.parts import SHOWN
from popsim.report.document import Figure
from popsim.report.facts import Facts, Measured
from popsim.report.figures import pairs
from popsim.report.numbers import MINUS, percent

__all__ = ["pair_figure"]

_LEAST = 800
"""Scenarios that the ends of what is shown need."""
_CAPTION = (
    "Below the diagonal: the densest regions that hold 50 (dark) and 90 (light) of 100 scenarios. What stands in the "
    "column goes to the right, what stands in the row upwards, each over the amounts named above, which hold {held} of "
    "its scenarios. Regions are drawn from counts in {cells} by {cells} cells, smoothed, not from single scenarios. On "
    "the diagonal: how often each amount occurs. Above it: rank correlation (Spearman) and its standard error, rounded "
    "up."
)


def pair_figure(facts: Facts) -> Figure | None:
    """Draw the largest areas and the total; nothing where the scenarios are too few, or only one area varies."""
    if facts.is_certain or facts.scenarios < _LEAST or not facts.has("cost_by_area"):
        return None
    found = analysis.pairs(facts.dataset[["cost", "cost_by_area"]])
    members = [str(label) for label in found["member"].values]
    if len(members) < 3:
        return None
    area_names = {area.id: area.name for area in facts.study.areas}
    words = [area_names.get(member, "Total") for member in members]
    ends = [
        [Measured(*end) for end in zip(*each, strict=True)]
        for each in zip(found["end"].values.tolist(), found["end_error"].values.tolist(), strict=True)
    ]
    if not all(end.is_known for each in ends for end in each):
        return None
    names = tuple(f"{name}: {facts.money_range(*each)}" for name, each in zip(words, ends, strict=True))
    values, errors = found["rank_correlation"].values, found["rank_correlation_error"].values
    texts = tuple(
        tuple(_correlation(value, error) for value, error in zip(*row, strict=True))
        for row in zip(values.tolist(), errors.tolist(), strict=True)
    )
    density = found["density"].values
    spoken = "; ".join(
        f"{words[one]} and {words[two]} {texts[one][two]}"
        for one in range(len(words))
        for two in range(one + 1, len(words))
    )
    return Figure(
        "pairs",
        "How the largest areas and the total hang together",
        _CAPTION.format(held=percent(SHOWN), cells=len(density[0][0])),
        f"Rank correlations: {spoken}.",
        partial(pairs, names=names, histograms=found["share"].values, regions=density, correlations=texts),
    )


def _correlation(value: float, error: float) -> str:
    """Print a correlation and its error, rounded up, with two decimals."""
    shown = math.ceil(100.0 * error) / 100.0
    # Rounded first: a minus before 0.00 says nothing.
    text = f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)
    return f"{text} ± {shown:.2f}" if shown else text
