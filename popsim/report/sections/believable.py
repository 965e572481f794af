"""Whether the result can be believed: what it rests on and how exactly it was computed, from the facts of the run."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from functools import partial

from popsim import analysis
from popsim.analysis.order import half_width
from popsim.report.document import Block, Bullets, Figure, Paragraph, Section
from popsim.report.facts import Facts, Measured
from popsim.report.figures import Settling, convergence
from popsim.report.numbers import count, percent, significant
from popsim.report.sections.pairs import pair_figure
from popsim.report.sections.words import listed, plural
from popsim.types import BASES

__all__ = ["believable"]

_SURE = 0.99865
"""Probability below three standard errors: what is further off is no chance."""
_LEAST_CONVERGED = 1.05
"""A picture needs more scenarios than the least that have an error."""


def believable(facts: Facts) -> Section:
    """Say what speaks for and against the result of this run."""
    items = [
        *_rests_on(facts),
        *_varies_with(facts),
        *_together(facts),
        *_mean(facts),
        *_std(facts),
        *_precision(facts),
    ]
    figures = tuple(figure for figure in (pair_figure(facts), _figure(facts)) if figure is not None)
    says = (
        "A range is as good as its inputs. More scenarios make the arithmetic exact and leave the inputs as they are: "
        "the first of these facts weigh more than the last."
    )
    blocks: tuple[Block, ...] = (Paragraph(says), Bullets(tuple(items)), *figures)
    return Section("believable", "Can this result be believed?", "Believable", blocks)


def _costs(facts: Facts) -> dict[str, float]:
    """Give the expected cost of each component, by area and component."""
    if not facts.has("expected_cost_by_component"):
        return {}
    expected = facts.dataset["expected_cost_by_component"].squeeze("option", drop=True)
    return dict(zip(map(str, expected["component"].values), expected.values.tolist(), strict=True))


def _rests_on(facts: Facts) -> list[str]:
    """Shares of the expected cost by basis, and the largest component on judgement."""
    costs = _costs(facts)
    total = sum(costs.values())
    if not total > 0.0:
        return []
    by_basis: defaultdict[str, float] = defaultdict(float)
    judged: list[tuple[float, str, str]] = []
    for area in facts.study.areas:
        for component in area.components:
            cost = costs.get(f"{area.id}/{component.id}", 0.0)
            by_basis[component.basis] += cost
            if component.basis == "judgement":
                judged.append((cost, component.name, area.name))
    shares = [f"{percent(by_basis[basis] / total, 0.0, finest=0.01)} on {basis}" for basis in _bases(by_basis)]
    items = [f"What the expected cost rests on: {listed(shares)}."]
    if judged and max(judged)[0] > 0.0:
        cost, name, area_name = max(judged)
        items.append(
            f"The largest single assumption is “{name}” ({area_name}): it rests on judgement and carries "
            f"{percent(cost / total, 0.0, finest=0.01)} of the expected cost. Were it twice as expensive, the expected "
            f"cost would be {percent(cost / total, 0.0, finest=0.01)} higher."
        )
    return items


def _varies_with(facts: Facts) -> list[str]:
    """Shares of the variance by basis: what the width of the range rests on."""
    if facts.is_certain or facts.scenarios < 2 or not facts.has("cost_by_basis"):
        return []
    found = analysis.variance_shares(facts.dataset[["cost", "cost_by_basis"]]).squeeze("option", drop=True)
    known = {str(basis): found.sel(basis=basis) for basis in found["basis"].values}
    measured = {
        basis: Measured(each["variance_share"].item(), each["variance_share_error"].item())
        for basis, each in known.items()
        if bool((facts.dataset["cost_by_basis"].sel(basis=basis) != 0.0).any())
    }
    unseen = found["variance_share_error"].attrs.get("infinite_because")
    if unseen:
        return [f"What the width of the range rests on cannot be said by shares of the variance: {unseen}."]
    if not all(each.is_known for each in measured.values()):
        return []
    shares = [f"{percent(each.value, each.error, finest=0.01)} on {basis}" for basis, each in measured.items()]
    return [
        f"What the width of the range rests on: of the variance of the total, {listed(shares)} (covariance of these "
        "costs with the total; what they have in common with one another is shared out equally)."
    ]


def _bases(by_basis: dict[str, float]) -> list[str]:
    """Name the bases that anything rests on, the firmest first, in words that go on from "rests"."""
    return [basis for basis in BASES if by_basis.get(basis)]


def _together(facts: Facts) -> list[str]:
    """Say what the assumed dependence between countries does to the range."""
    names = ("cost_countries_independent", "cost_countries_fully_dependent")
    if facts.scenarios < 2 or facts.is_certain or not all(map(facts.has, names)):
        return []
    ranges = [facts.money_range(*facts.range(name)) for name in (names[0], "cost", names[1])]
    number = len(facts.study.countries)
    found = analysis.effective_countries(facts.dataset[["cost", names[0]]], number).squeeze("option", drop=True)
    worth = Measured(found["effective_countries"].item(), found["effective_countries_error"].item())
    items = [
        f"Were countries independent of each other the {facts.interval} would be {ranges[0]}, were they all to move "
        f"together {ranges[2]}; as assumed, on the basis of {facts.study.dependence.basis}, it is {ranges[1]}."
    ]
    if number > 1 and math.isfinite(worth.value) and math.isfinite(worth.error):
        items.append(
            f"With this dependence, {plural(number, 'country', 'countries')} average out chance no better than "
            f"{_rounded(worth)} independent ones would."
        )
    return items


def _rounded(measured: Measured) -> str:
    """Print a number with the digits that its error supports, three at most."""
    if measured.error <= 0.0:
        return significant(measured.value)
    digits = math.floor(math.log10(abs(measured.value))) - math.floor(math.log10(2.0 * measured.error)) + 1
    return significant(measured.value, min(max(digits, 1), 3))


def _mean(facts: Facts) -> list[str]:
    """Hold the simulated mean against the exact one."""
    if facts.is_certain or not facts.has("expected_cost"):
        return []
    exact = float(facts.dataset["expected_cost"].squeeze().item())
    mean = facts.mean_of_scenarios("cost")
    unseen = facts.unseen("cost", "mean")
    if unseen:
        return [
            f"The mean of the total is known exactly without simulation: {facts.money(facts.mean('cost'))}. That of "
            f"the scenarios, {facts.money(Measured(mean.value, 0.0, mean.finest))}, has no error that could be stated: "
            f"{unseen}."
        ]
    if not mean.is_known or mean.error <= 0.0:
        return []
    known = facts.money(Measured(exact, mean.error, mean.finest))
    return [
        f"The mean of the total is known exactly without simulation: {known}. The scenarios give {facts.money(mean)} "
        f"with a standard error of {facts.money(Measured(mean.error, mean.error))}: "
        f"{_apart(facts, mean, exact)}."
    ]


def _std(facts: Facts) -> list[str]:
    """Hold the simulated standard deviation against the exact one, or say why there is none."""
    if facts.is_certain or not facts.has("expected_cost"):
        return []
    unseen = facts.unseen("cost", "std")
    if unseen and not facts.unseen("cost", "mean"):
        return [f"The standard deviation of the scenarios has no error that could be stated: {unseen}."]
    if not facts.std("cost").is_known:
        return []
    known = analysis.exact_moments(replace(facts.study, options=())).squeeze("option", drop=True)
    exact, found = float(known["exact_std"]), facts.std("cost")
    if not math.isfinite(exact):
        reasons = listed(str(known["unknown_because"].values).split(", "))
        return [
            "Only the mean is known exactly: there is no formula at hand for the standard deviation with "
            f"{reasons} among what is uncertain."
        ]
    if found.error <= 0.0:
        return []
    return [
        f"The standard deviation of the total is known exactly as well, by the method of moments: "
        f"{facts.money(Measured(exact, found.error))}. The scenarios give {facts.money(found)} with a standard error "
        f"of {facts.money(Measured(found.error, found.error))}: {_apart(facts, found, exact)}."
    ]


def _apart(facts: Facts, found: Measured, exact: float) -> str:
    """Say how far apart the simulated and the exact are, and what that means."""
    apart = abs(found.value - exact) / found.error
    verdict = (
        "as near as chance leads one to expect"
        if apart <= half_width(facts.replicates, _SURE)
        else "further than chance explains: something rare did not happen in the scenarios, or happened too often, or "
        "the computation deserves a look"
    )
    return f"the two are {apart:.1f} standard errors apart, {verdict}"


def _precision(facts: Facts) -> list[str]:
    """Say the largest relative error of the ends and the median, and what halves it."""
    found = [facts.quantile("cost", level) for level in (facts.low, 0.5, facts.high)]
    if facts.is_certain:
        return []
    if not all(each.is_known and each.value for each in found):
        return [f"{plural(facts.scenarios, 'scenario')} are too few to tell the error of this range."]
    worst = max(half_width(facts.replicates) * each.error / abs(each.value) for each in found)
    design, number = str(facts.dataset.attrs.get("design", "random")), count(facts.scenarios)
    moves, after = "moves", "Four times as many scenarios would halve that, and leave"
    told = f"{number} scenarios"
    if facts.replicates > 1:
        points = count(facts.scenarios // facts.replicates)
        told = f"told from {facts.replicates} independent scramblings of {points} Sobol points"
        after = "More scenarios would lower that, and leave"
    elif design != "random":
        moves, told = (
            "would move",
            f"as it would be for {number} random scenarios; with this design it is less as a rule",
        )
        after = "More scenarios would lower that, and leave"
    return [
        f"Chance in the draws {moves} the ends and the median of the range by no more than "
        f"{significant(100 * worst, 2)}\u202f% of each (95\u202f% half-width; {told}). "
        f"{after} every other doubt on this list as it is."
    ]


def _figure(facts: Facts) -> Figure | None:
    """Draw how the range settles; nothing where the scenarios are too few for a picture."""
    if facts.is_certain:
        return None
    found = analysis.convergence(facts.dataset, facts.coverage).squeeze("option", drop=True)
    known = found.isel(count=(abs(found["value_error"]) < math.inf).all("quantile").values)
    if known.sizes["count"] < 2 or float(known["count"][-1]) < _LEAST_CONVERGED * float(known["count"][0]):
        return None
    counts = tuple(int(number) for number in known["count"].values)
    lines = []
    for place, words in ((2, "Upper end"), (1, "Median"), (0, "Lower end")):
        values = known["value"].isel(quantile=place).values
        band = half_width(facts.replicates) * known["value_error"].isel(quantile=place).values
        now = facts.quantile("cost", (facts.low, 0.5, facts.high)[place])
        lines.append(
            Settling(
                f"{words} of the range: {facts.money(now)}" if place != 1 else f"{words}: {facts.money(now)}",
                tuple(facts.on_axis(value) for value in values.tolist()),
                tuple(facts.on_axis(value) for value in (values - band).tolist()),
                tuple(facts.on_axis(value) for value in (values + band).tolist()),
            )
        )
    spoken = (
        f"Three lines that settle from {count(counts[0])} to {count(counts[-1])} scenarios, each in a band that "
        f"narrows. At the right they stand at {facts.money_range(*facts.range('cost'))} and at the median of "
        f"{facts.money(facts.quantile('cost', 0.5))}."
    )
    return Figure(
        "convergence",
        "How the range settles as scenarios are added",
        "The ends and the median of the range from the first scenarios alone, for more and more of them. Bands: Monte "
        "Carlo error. They narrow as scenarios are added; what remains at the right is the error of this run.",
        spoken,
        partial(
            convergence,
            counts=counts,
            quantiles=lines,
            band="Within this band with 95\u202f% confidence",
            amount_label=f"Total cost ({facts.unit_and_prices})",
        ),
    )
