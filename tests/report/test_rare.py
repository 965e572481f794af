"""Every sentence on what is rare, read back and held against brute-force counts."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import popsim as ps
from popsim.analysis.attached import attach_rare
from popsim.errors import ParameterError, UnknownNameError
from popsim.families import Constant, Discrete, Family, LogNormal, Mixture, Normal, Uniform
from popsim.report.rare import in_so_many, rare_sentences
from popsim.study.model import Component, Option, Setting, Shock, Study
from tests.engine.studies import COUNTRIES, area, component, country, study

ONE = (country("AAA"),)
SCENARIOS = 10_000
AMOUNT = r"US\$ ?(?P<low>[\d.,]+)(?: to (?P<high>[\d.,]+))?(?: (?P<unit>thousand|million|billion))?"
HAPPENED = re.compile(
    r"(?P<start>Not|Mostly not) in this range: (?P<what>.+), chance (?P<times>[\d,]+) in (?P<of>[\d,]+) "
    r"\((?P<happens>[\d,]+) of (?P<scenarios>[\d,]+) scenarios?(?:, (?P<outside>[\d,]+) of them outside the range)?\), "
    rf"(?P<verb>adds|lowers the total by) {AMOUNT}\."
)
NEVER = re.compile(
    r"Not in this range: (?P<what>.+); none of the (?P<scenarios>[\d,]+) scenarios has it "
    rf"\(chance (?P<times>[\d,]+) in (?P<of>[\d,]+)\); it would (?P<verb>add|lower the total by) {AMOUNT}"
    r"(?P<one> where it happens in one country)?\."
)


def needed(name: str, cost: Family, chance: float | Family) -> Component:
    return dataclasses.replace(component(name, cost), need=Setting(chance))


def shock(name: str, areas: str, probability: float, factor: float | Family) -> Shock:
    return Shock(name, f"Shock {name}", tuple(areas), probability, factor, "judgement", "")


def sentences(item: Study, coverage: float, scenarios: int = SCENARIOS, **more: object) -> tuple[xr.Dataset, list[str]]:
    run = ps.simulate(item, scenarios=scenarios, breakdowns=["component"])
    kept = attach_rare(run, ps.rare_events(item, run, coverage))
    plain = [each.replace("\u00a0", " ") for each in rare_sentences(kept, "full", coverage, **more)]  # type: ignore[arg-type]
    return run, plain


def whole(text: str) -> int:
    return int(text.replace(",", ""))


def rounded(text: str, unit: str | None) -> tuple[float, float]:
    """An amount and half of its last digit."""
    scale = {None: 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}[unit]
    decimals = len(text.partition(".")[2])
    return float(text.replace(",", "")) * scale, scale * 10.0**-decimals


def check(sentence: str, chance: float, values: np.ndarray, adds: np.ndarray, coverage: float) -> None:
    """Hold a sentence to the scenarios: which have the event, which of them lie outside, and what it adds."""
    said = HAPPENED.fullmatch(sentence)
    assert said is not None, sentence
    happens = adds != 0.0
    low, high = np.quantile(values, [(1 - coverage) / 2, (1 + coverage) / 2])
    outside = sum(value < low or value > high for value in values[happens])
    assert (whole(said["happens"]), whole(said["scenarios"])) == (happens.sum(), len(values))
    assert whole(said["outside"] or said["happens"]) == outside
    assert (said["start"] == "Not") == (outside == happens.sum())
    assert whole(said["times"]) / whole(said["of"]) == pytest.approx(chance, rel=0.05)
    here = adds[happens]
    assert (said["verb"] == "adds") == (here.min() > 0)
    ends = sorted(abs(here)) if said["verb"] != "adds" else sorted(here)
    for text, end in ((said["low"], ends[0]), (said["high"] or said["low"], ends[-1])):
        amount, digit = rounded(text, said["unit"])
        # Two digits of the lower end at least; the others by rounding.
        assert abs(amount - end) <= 0.5 * max(digit, 10 ** (np.floor(np.log10(ends[0])) - 1)) * (1 + 1e-9)


MILLION = component("base", Constant(1e6))
ODD = {
    "a constant million and a need of 2 %": (needed("x", Uniform(20e6, 80e6), 0.02), 0.02, 0.9, 0.0),
    "a mixture": (component("x", Mixture([Constant(0), Uniform(20e6, 80e6)], [0.99, 0.01])), 0.01, 0.9, 0.0),
    "an atom of 0.5 %": (component("x", Discrete([1e5, 4e7], [0.995, 0.005])), 0.005, 0.9, 1e5),
    "a need of 0.1 %": (needed("x", Uniform(2e3, 8e3), 0.001), 0.001, 0.9, 0.0),
    "a need of a tenth in a narrow range": (needed("x", LogNormal(12, 1.0), 0.1), 0.1, 0.7, 0.0),
    "a rare saving": (component("x", Discrete([5e5, 4e7], [0.03, 0.97])), 0.03, 0.9, 4e7),
}


@pytest.mark.parametrize("name", ODD)
def test_one_event_beside_a_constant(name: str) -> None:
    cost, chance, coverage, usual = ODD[name]
    run, said = sentences(study(ONE, [area("a", MILLION, cost)]), coverage)
    (sentence,) = said
    check(sentence, chance, run["cost"].values[0], run["cost_by_component"].values[0, :, 1] - usual, coverage)


def test_a_need_of_a_tenth_is_partly_in_the_range() -> None:
    """With a coverage of 0.89 more than half of its scenarios are cut off, and the sentence says how many."""
    item = study(ONE, [area("a", component("base", Normal(10, 1)), needed("x", LogNormal(4, 0.2), 0.1))])
    run, (sentence,) = sentences(item, 0.89)
    assert sentence.startswith("Mostly not in this range: “x component” is needed, chance 10 in 100 (")
    check(sentence, 0.1, run["cost"].values[0], run["cost_by_component"].values[0, :, 1], 0.89)
    # At 0.95 the event is as likely as both tails and more: the range holds it.
    assert sentences(item, 0.95)[1] == []


def test_an_event_inside_the_range_by_luck_has_no_sentence() -> None:
    item = study(ONE, [area("a", component("base", LogNormal(5, 1)), needed("x", Constant(1.0), 0.02))])
    assert sentences(item, 0.9)[1] == []


def test_nothing_rare_has_no_sentence() -> None:
    assert sentences(study(COUNTRIES, [area("a", LogNormal(0, 1))]), 0.9, 200)[1] == []


def test_what_never_happened_is_told_from_its_distribution() -> None:
    item = study(ONE, [area("a", MILLION, needed("x", Uniform(20e6, 80e6), 1e-6))])
    _, (sentence,) = sentences(item, 0.9, 1_000)
    said = NEVER.fullmatch(sentence)
    assert said is not None, sentence
    assert (said["scenarios"], said["times"], said["of"]) == ("1,000", "1", "1,000,000")
    assert said["what"] == "“x component” is needed"
    # 5 % and 95 % of 20 to 80 million, from 1,000 scenarios.
    assert float(said["low"]) == pytest.approx(23.0, abs=2.5)
    assert float(said["high"]) == pytest.approx(77.0, abs=2.5)
    several = study(COUNTRIES, [area("a", MILLION, needed("x", Uniform(20e6, 80e6), 1e-7))])
    (sentence,) = sentences(several, 0.9, 100)[1]
    said = NEVER.fullmatch(sentence)
    assert said is not None, sentence
    assert said["what"] == "“x component” is needed in any of 4 countries"
    assert said["one"]


def test_three_events_are_named_and_the_others_counted() -> None:
    costs = [needed(f"x{k}", Constant(10.0**k), 0.004) for k in range(3, 8)]
    item = study(ONE, [area("a", component("base", Constant(1e9)), *costs)])
    run, said = sentences(item, 0.9)
    assert len(said) == 4
    assert said[3] == "And 2 more rare events are not in this range."
    # The largest first, since all are as likely.
    for k, sentence in zip((7, 6, 5), said, strict=False):
        assert f"“x{k} component”" in sentence
        check(sentence, 0.004, run["cost"].values[0], run["cost_by_component"].values[0, :, k - 2], 0.9)
    assert sentences(study(ONE, [area("a", component("base", Constant(1e9)), *costs[:4])]), 0.9)[1][3] == (
        "And 1 more rare event is not in this range."
    )


def test_very_many_events_are_not_all_looked_at() -> None:
    costs = [needed(f"x{k}", Constant(1e9), 0.0005) for k in range(103)]
    said = sentences(study(ONE, [area("a", MILLION, *costs)]), 0.9, 100)[1]
    assert said[-1] == "And at least 97 more rare events are not in this range."


def test_amounts_of_very_different_size_and_a_single_scenario() -> None:
    item = study(ONE, [area("a", MILLION, needed("x", Discrete([1.0, 1e7], [0.5, 0.5]), 0.04))])
    _, (sentence,) = sentences(item, 0.9)
    assert sentence.endswith("adds up to US$ 10 million.")
    (sentence,) = sentences(item, 0.9, 1)[1]
    assert "is needed; the only scenario does not have it (chance 4 in 100); it would add " in sentence


def test_three_shocks_against_the_study_without_each() -> None:
    shocks = (shock("s0", "a", 0.02, Uniform(2.0, 3.0)), shock("s1", "ab", 0.01, 1.5), shock("s2", "b", 0.03, 4.0))
    item = dataclasses.replace(
        study(COUNTRIES, [area("a", LogNormal(3, 0.1)), area("b", LogNormal(3, 0.1))]), shocks=shocks
    )
    run, said = sentences(item, 0.9)
    values = run["cost"].values[0]
    low, high = np.quantile(values, [0.05, 0.95])
    named = 0
    for one in shocks:
        others = tuple(each for each in shocks if each.id != one.id)
        adds = (
            run["cost"] - ps.simulate(dataclasses.replace(item, shocks=others), scenarios=SCENARIOS)["cost"]
        ).values[0]
        adds = np.where(abs(adds) > 1e-9 * values, adds, 0.0)
        here = values[adds != 0.0]
        mine = [sentence for sentence in said if f"“{one.name}”" in sentence]
        # Three shocks fill more than the upper tail: the mildest lies inside the range for the most part.
        assert len(mine) == (sum((here < low) | (here > high)) > len(here) / 2)
        for sentence in mine:
            check(sentence, one.probability, values, adds, 0.9)
        named += len(mine)
    assert named == len(said) == 2


def test_the_need_for_financing_has_sentences_of_its_own() -> None:
    item = study(ONE, [area("a", MILLION, needed("x", Constant(2e7), 0.02))])
    financed = dataclasses.replace(item, agency_fee=0.1)
    run, (sentence,) = sentences(financed, 0.9, variable="financing_need")
    check(sentence, 0.02, run["financing_need"].values[0], 1.1 * run["cost_by_component"].values[0, :, 1], 0.9)
    assert sentences(financed, 0.9, variable="financing_need_all_years")[1] == [sentence]


def test_each_option_has_its_own_sentences() -> None:
    item = study(ONE, [area("a", MILLION, needed("x", Constant(2e7), 0.02))])
    never = dataclasses.replace(item, areas=(dataclasses.replace(item.areas[0], components=(MILLION,)),))
    both = dataclasses.replace(item, options=(Option("never", "Never", "", (), never),))
    run = ps.simulate(both, scenarios=1_000)
    kept = attach_rare(run, ps.rare_events(both, run, 0.9))
    assert len(rare_sentences(kept, "full", 0.9)) == 1
    assert rare_sentences(kept, "never", 0.9) == ()


def test_amounts_are_written_as_asked() -> None:
    item = study(ONE, [area("a", MILLION, needed("x", Constant(2e7), 0.02))])
    _, (sentence,) = sentences(item, 0.9, money=lambda low, high: f"<{low:.0f} {high:.0f}>")
    assert sentence.endswith("adds <20000000 20000000>.")


def test_what_was_not_looked_for_is_refused() -> None:
    item = study(ONE, [area("a", MILLION, needed("x", Constant(2e7), 0.02))])
    run = ps.simulate(item, scenarios=500)
    kept = attach_rare(run, ps.rare_events(item, run, 0.9))
    with pytest.raises(ParameterError, match=r"looked for at 0\.9"):
        rare_sentences(kept, "full", 0.8)
    with pytest.raises(UnknownNameError, match="did you mean"):
        rare_sentences(kept, "ful", 0.9)
    with pytest.raises(UnknownNameError, match="cost_all_years"):
        rare_sentences(kept, "full", 0.9, variable="cost_al_years")
    assert rare_sentences(run, "full", 0.9) == ()


ENDS: dict[Family, tuple[str, float, float, float] | None] = {
    # Words, chance, a value between the end and the rest, the middle of the rest.
    LogNormal(1, 0.4): None,
    Constant(2.0): None,
    Discrete([1, 30], [0.97, 0.03]): ("a rare high cost of", 0.03, 15.0, 1.0),
    Mixture([Constant(0.5), Uniform(20, 80)], [0.98, 0.02]): ("a rare high cost of", 0.02, 10.0, 0.5),
    Mixture([Uniform(1, 2), Uniform(15, 20)], [0.95, 0.05]): ("a rare high cost of", 0.05, 10.0, 1.5),
}
"""Distributions above zero, so that a cost tells whether it is needed, and at its end."""


@st.composite
def small_studies(draw: st.DrawFn) -> Study:
    areas = []
    for name in "ab"[: draw(st.integers(1, 2))]:
        parts = []
        for place in range(draw(st.integers(1, 2))):
            part = component(f"{name}{place}", draw(st.sampled_from(list(ENDS))))
            # One cost there always is, so that shocks have something to multiply.
            chance = draw(st.sampled_from([None, 0.004, 0.03, 0.4])) if name == "b" or place else None
            parts.append(dataclasses.replace(part, need=None if chance is None else Setting(chance)))
        areas.append(area(name, *parts))
    shocks = draw(st.lists(st.sampled_from([(0.02, 3.0), (0.05, Uniform(1.5, 2.0)), (0.6, 2.0)]), max_size=2))
    hit = tuple(shock(f"s{place}", areas[0].id, *each) for place, each in enumerate(shocks))
    return dataclasses.replace(study(ONE, areas), shocks=hit)


def brute_force(item: Study, run: xr.Dataset, scenarios: int) -> dict[str, tuple[float, np.ndarray]]:
    """Chance of each event, by its words, and what it adds in each scenario."""
    found = {}
    whole = run["cost"].values[0]
    for each in item.shocks:
        if each.probability < 0.1:
            others = tuple(other for other in item.shocks if other.id != each.id)
            adds = whole - ps.simulate(dataclasses.replace(item, shocks=others), scenarios=scenarios)["cost"].values[0]
            found[f"“{each.name}”"] = each.probability, np.where(abs(adds) > 1e-9 * whole, adds, 0.0)
    # Needs and ends are told from unit costs, before shocks; what they add is multiplied by these.
    plain = ps.simulate(dataclasses.replace(item, shocks=()), scenarios=scenarios, breakdowns=["component"])
    for part in (part for each in item.areas for part in each.components):
        key = next(name for name in run["component"].values.tolist() if name.endswith(f"/{part.id}"))
        unit, cost = (data["cost_by_component"].sel(component=key).values[0] for data in (plain, run))
        chance = 1.0 if part.need is None else float(part.need.value)  # type: ignore[arg-type]
        end = ENDS[part.cost]
        if chance < 0.1:
            found[f"“{part.name}” is needed"] = chance, cost
        elif end is not None:
            words, rare, between, middle = end
            adds = np.where(unit > between, cost * (1.0 - middle / np.where(unit > 0.0, unit, 1.0)), 0.0)
            found[f"{words} “{part.name}”"] = chance * rare, adds
    return found


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_studies(), st.sampled_from([0.9, 0.85]))
def test_every_sentence_of_any_small_study(item: Study, coverage: float) -> None:
    scenarios = 2_000
    run, said = sentences(item, coverage, scenarios)
    values = run["cost"].values[0]
    low, high = np.quantile(values, [(1 - coverage) / 2, (1 + coverage) / 2])
    expected = {}
    for words, (chance, adds) in brute_force(item, run, scenarios).items():
        here = values[adds != 0.0]
        if not len(here) or ((here < low) | (here > high)).sum() > len(here) / 2:
            expected[words] = chance, adds
    more = len(expected) - 3
    if more > 0:
        assert said.pop() == f"And {more} more rare event{'s are' if more > 1 else ' is'} not in this range."
    assert len(said) == min(len(expected), 3)
    for sentence in said:
        (words,) = (words for words in expected if f"in this range: {words}" in sentence)
        chance, adds = expected.pop(words)
        if (adds != 0.0).any():
            check(sentence, chance, values, adds, coverage)
        else:
            never = NEVER.fullmatch(sentence)
            assert never is not None, sentence
            assert whole(never["times"]) / whole(never["of"]) == pytest.approx(chance, rel=0.05)


@pytest.mark.parametrize(
    ("chance", "words"),
    [(0.0999, "10 in 100"), (0.1, "10 in 100"), (0.02, "2 in 100"), (0.0137, "14 in 1,000"), (1e-7, "1 in 10,000,000")],
)
def test_a_chance_in_so_many(chance: float, words: str) -> None:
    assert in_so_many(chance) == words
