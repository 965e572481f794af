"""Cases of a sweep share the work of making plans, and have the plans of studies that are compiled alone."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from popsim.plan.lowering import Compiler
from popsim.study.load import StudyReader


def triangular(low: float, mode: float, high: float) -> dict[str, Any]:
    return {"family": "triangular", "low": low, "mode": mode, "high": high}


KEYS: dict[str, list[Any]] = {
    "area.a.size_exponent": [0.1, 0.4, triangular(0.1, 0.2, 0.3)],
    "area.b.size_exponent": [0.1, triangular(0.1, 0.2, 0.3)],
    "area.c.need.probability": [0.3, 1, triangular(0.2, 0.5, 0.9)],
    "area.f.include": [False],
    "delay.cost_per_year": [0, 0.05],
    "delay.years": [0, 1.5],
    "dependence.between_components": [0.2, 0.7],
    "dependence.need.with_cost": [0, 0.5],
    "dependence.start.common_share": [0, 0.4],
    "escalation.rate": [0, 0.02],
    "financing.agency_fee": [0.05, triangular(0.05, 0.1, 0.2)],
    "financing.cofinancing": [0.1, triangular(0.2, 0.3, 0.6)],
    "area.a.financing.cofinancing": [0, 0.3],
    "money.discount_rate": [0.03],
    "money.inflation": [0.02, triangular(0, 0.02, 0.05)],
    "size.reference": [5_000_000],
    "start.years": [0, triangular(0, 1, 2)],
}


@pytest.mark.parametrize(
    ("seed", "cases"), [(1, 8), *(pytest.param(seed, 12, marks=pytest.mark.slow) for seed in range(2, 8))]
)
def test_cases_that_share_their_work_have_the_plans_of_studies_alone(seed: int, cases: int) -> None:
    """Every plan, whatever came before: keys that change costs alone, and such that change what is drawn."""
    random = Random(seed)
    together = random.sample(sorted(KEYS), 6)
    reader, compiler = StudyReader("pops"), Compiler()
    for _ in range(cases):
        overrides = {key: random.choice(KEYS[key]) for key in random.sample(together, random.randint(0, 3))}
        shared = compiler.plans(reader.load(overrides))
        alone = Compiler().plans(StudyReader("pops").load(overrides))
        assert [plan.digest for plan in shared] == [plan.digest for plan in alone], overrides
