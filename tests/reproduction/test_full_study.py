"""A made-up study that uses every feature, through popsim and through the re-implementation: the same law."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import popsim as ps

from .agreement import compare
from .independent import run

STUDY = Path(__file__).parent / "studies" / "full" / "study.toml"
QUICK = 20_000
SEED = 20_260_730
GROUPS = {"groups": [{"areas": ["x", "y"], "correlation": 0.8}], "otherwise": 0.1}
MATRIX = {"labels": ["z", "x", "y"], "values": [[1.0, 0.1, 0.3], [0.1, 1.0, 0.8], [0.3, 0.8, 1.0]]}
TRUNCATED = {
    "family": "truncated",
    "low": 80_000,
    "high": 900_000,
    "distribution": {"family": "lognormal", "p05": 60_000, "p95": 800_000},
}
SHIFTED = {
    "family": "shifted",
    "by": 150_000,
    "distribution": {
        "family": "scaled",
        "by": 100_000,
        "distribution": {"family": "triangular", "low": 1, "mode": 2, "high": 9},
    },
}
POOL = {
    "family": "mixture",
    "weights": [0.5, 0.3, 0.2],
    "distributions": [TRUNCATED, SHIFTED, {"family": "constant", "value": 0}],
}


WHO_PAYS = {
    "financing.agency_fee": {"family": "triangular", "low": 0.04, "mode": 0.09, "high": 0.2},
    "financing.materialised": {"family": "beta", "a": 4, "b": 2},
    "financing.cofinancing": {"family": "uniform", "low": 0.1, "high": 0.7},
    "financing.by.income.UMC": {"family": "pert", "low": 0.2, "mode": 0.5, "high": 1.0},
    "area.y.financing.by.region.North": {"family": "discrete", "values": [0, 0.8], "probabilities": [0.4, 0.6]},
    "area.x.component.machines.financing": {
        "cofinancing": {"family": "uniform", "low": 0.3, "high": 0.9},
        "materialised": 0.8,
        "by": {"ldc": {"yes": {"family": "uniform", "low": 0.0, "high": 0.4}}},
    },
}
"""Every share of who pays uncertain: of all, of groups, of an area and of a component."""


@pytest.fixture(scope="module")
def theirs() -> Any:
    """What popsim makes of the study and its options."""
    return ps.simulate(ps.load_study(STUDY), scenarios=QUICK)


@pytest.mark.parametrize("option", ["full", "without_z", "needed_by_all"])
@pytest.mark.one_in(3)
def test_the_study_and_its_options_agree_with_the_reimplementation(theirs: Any, option: str) -> None:
    assert compare(run(STUDY, QUICK, SEED, option), theirs, option) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dependence.between_areas", GROUPS),
        ("dependence.between_areas", MATRIX),
        ("area.z.component.campaign.cost", POOL),
    ],
    ids=["groups", "matrix", "modifiers"],
)
@pytest.mark.one_in(2)
def test_the_study_with_other_values_agrees(key: str, value: Any) -> None:
    theirs = ps.simulate(ps.load_study(STUDY, {key: value}), scenarios=QUICK)
    assert compare(run(STUDY, QUICK, SEED, overrides={key: value}), theirs) == []


CHANGES: list[tuple[str, Any]] = [
    ("area.y.delay.years", 1.75),
    ("area.x.need.probability", 0.6),
    ("dependence.group_share", 0.2),
    ("dependence.common_share", 0.4),
    ("dependence.between_areas", 0.1),
    ("dependence.between_areas", GROUPS),
    ("dependence.between_areas", MATRIX),
    ("area.z.component.campaign.cost", POOL),
    ("dependence.need.with_cost", 0.0),
    ("dependence.need.between_needs", 0.9),
    ("dependence.need.common_share", 0.8),
    ("dependence.delay.common_share", 0.9),
    ("dependence.start.common_share", 0.9),
    ("delay.cost_per_year", 0.12),
    ("delay.level", 1.0),
    ("area.y.delay.level", 1.0),
    ("area.x.component.staff", {}),
    ("escalation.rate", 0.05),
    ("area.z.escalation.rate", 0.04),
    ("money.inflation", 0.05),
    ("money.discount_rate", 0.05),
    ("financing.cofinancing", 0.25),
    ("financing.agency_fee", 0.15),
    ("shock.cheap_experts.probability", 0.1),
    ("shock.dear_equipment.areas", ["x"]),
    ("area.y.postponed", 0),
    ("area.z.component.meetings.every", 2),
    ("area.x.component.machines.size_exponent", 0.5),
    ("driver.income_level.highest", 10_000),
]
"""Each with a key of another kind."""


def some_at_once(changes: list[tuple[str, Any]], each: int) -> list[Any]:
    """Return parameters of a test: one in so many changes; `make test-statistical` takes the others."""
    slow = pytest.mark.slow_statistical
    return [pytest.param(*change, marks=() if place % each == 0 else slow) for place, change in enumerate(changes)]


@pytest.mark.parametrize(("key", "value"), some_at_once(CHANGES, 4))
@pytest.mark.one_in(3)
def test_a_changed_input_is_found(theirs: Any, key: str, value: Any) -> None:
    """Negative control: popsim runs the study as it is, the re-implementation with one value changed."""
    assert compare(run(STUDY, QUICK, SEED, overrides={key: value}), theirs) != []


@pytest.fixture(scope="module")
def uncertain() -> Any:
    """What popsim makes of the study in which who pays is uncertain."""
    return ps.simulate(ps.load_study(STUDY, WHO_PAYS), scenarios=QUICK)


@pytest.mark.parametrize("option", ["full", "without_z"])
@pytest.mark.one_in(2)
def test_uncertain_financing_agrees_with_the_reimplementation(uncertain: Any, option: str) -> None:
    assert compare(run(STUDY, QUICK, SEED, option, WHO_PAYS), uncertain, option) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("financing.agency_fee", 0.16),
        ("financing.materialised", 1.0),
        ("financing.cofinancing", {"family": "uniform", "low": 0.0, "high": 0.4}),
        ("financing.by.income.UMC", {"family": "uniform", "low": 0.0, "high": 0.5}),
        ("area.y.financing.by.region.North", 0.0),
        ("area.x.component.machines.financing.cofinancing", {"family": "uniform", "low": 0.0, "high": 0.4}),
    ],
)
@pytest.mark.one_in(3)
def test_a_changed_share_is_found(uncertain: Any, key: str, value: Any) -> None:
    """Negative control: the re-implementation with other shares of who pays."""
    assert compare(run(STUDY, QUICK, SEED, overrides={**WHO_PAYS, key: value}), uncertain) != []


@pytest.mark.slow_statistical
@pytest.mark.parametrize("option", ["full", "without_z", "needed_by_all"])
def test_the_study_agrees_in_many_scenarios(option: str) -> None:
    theirs = ps.simulate(ps.load_study(STUDY), scenarios=200_000)
    assert compare(run(STUDY, 200_000, SEED, option), theirs, option) == []
