"""Numbers that are each allowed, and together more than a run can hold, are refused at the key that does most."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import popsim as ps

FULL = Path(__file__).parent / "fixtures" / "full"

CHANGES: list[tuple[dict[str, object], str]] = [
    ({"size.reference": 1e-12, "area.x.size_exponent": 2}, "size.reference"),
    ({"study.years": 1_000, "escalation.rate": 0.2}, "escalation.rate"),
    ({"study.years": 1_000, "escalation.rate": {"family": "uniform", "low": -0.5, "high": 0.0}}, "escalation.rate"),
    ({"study.years": 1_000, "money.inflation": 0.9}, "money.inflation"),
    ({"start.years": 1_000, "area.y.escalation.rate": 0.5}, "area.y.escalation.rate"),
    ({"area.x.component.start_up.cost": {"family": "constant", "value": 1e-40}}, "component[0].cost"),
    ({"start.years": 1e300}, "start.years"),
    ({"delay.years": {"family": "uniform", "low": 0, "high": 20_000}}, "delay.years"),
    ({"delay.years": 900, "delay.level": 900}, "delay.years"),
    (
        {"start.years": {"family": "uniform", "low": 0, "high": 1_900}, "delay.years": 5, "delay.level": 999},
        "delay.years",
    ),
    ({"delay.cost_per_year": 1e9}, "delay.cost_per_year"),
    ({"delay.level": 1e9}, "delay.level"),
    ({"shock.war.factor": 1e9}, "shock.war.factor"),
    ({"area.x.component.start_up.cost": {"family": "constant", "value": 1e308}}, "component.start_up.cost"),
    ({"size.lowest": 1e-300}, "size.lowest"),
    ({"driver.income_level.reference": 1e300}, "driver.income_level.reference"),
    ({"area.x.postponed": 10**20}, "area.x.postponed"),
    ({"money.discount_rate": 1.5}, "money.discount_rate"),
]


@pytest.mark.parametrize(("changes", "key"), CHANGES, ids=[key for _, key in CHANGES])
def test_what_a_run_cannot_hold_is_refused_by_key(changes: dict[str, object], key: str) -> None:
    with pytest.raises(ps.StudyError) as caught:
        ps.load_study(FULL, changes)
    assert any(key in problem.where for problem in caught.value.problems), str(caught.value)
    assert len(str(caught.value)) < 5_000


ALLOWED: list[dict[str, object]] = [
    {"size.reference": 1e-3, "area.x.size_exponent": 2},
    {"study.years": 100, "money.inflation": 0.3},
    {"start.years": 90, "delay.years": 50, "delay.level": 2},
    {"delay.years": {"family": "lognormal", "mu": 0, "sigma": 3}, "delay.level": 10.0},
    {"shock.war.factor": {"family": "lognormal", "mu": 0, "sigma": 5}},
    {"area.x.component.start_up.cost": {"family": "constant", "value": 1e17}},
    {"area.x.component.start_up.cost": {"family": "lognormal", "mu": 0, "sigma": 8}},
    {"area.x.component.start_up.cost": {"family": "constant", "value": 1e-12}},
    {"scenarios.seed": 2**64 - 1},
    {"report.coverage": 1 - 1e-12},
]


@pytest.mark.parametrize("changes", ALLOWED, ids=[", ".join(each) for each in ALLOWED])
def test_what_is_allowed_runs(changes: dict[str, object]) -> None:
    dataset = ps.simulate(ps.load_study(FULL, changes), scenarios=64)
    for name in ("cost", "cost_nominal", "cost_discounted", "financing_need"):
        assert np.isfinite(dataset[name].to_numpy()).all()
    assert np.isfinite(ps.summarise(dataset)["cost_std"].to_numpy()).all()
