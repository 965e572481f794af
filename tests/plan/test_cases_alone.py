"""Cases of a sweep share the work of making plans, and have the plans of studies that are compiled alone."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from popsim.plan.lowering import Compiler
from popsim.study.load import StudyReader

from .test_shared_work import arrays


def triangular(low: float, mode: float, high: float) -> dict[str, Any]:
    return {"family": "triangular", "low": low, "mode": mode, "high": high}


# What changes costs alone, of which every seed has some.
COSTS: dict[str, list[Any]] = {
    "area.h.component.first_campaign.cost": [triangular(1e4, 3e4, 2e5), triangular(2e4, 3e4, 2e5)],
    "area.h.size_exponent": [0.2, 0.5, 0.6],
}
KEYS: dict[str, list[Any]] = {
    "area.a.size_exponent": [0.1, 0.4, triangular(0.1, 0.2, 0.3)],
    "area.b.size_exponent": [0.1, triangular(0.1, 0.2, 0.3)],
    "area.c.need.probability": [0.3, 1, triangular(0.2, 0.5, 0.9)],
    "area.f.include": [False],
    "area.d.size_exponent": [0.2, 0.3],
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


def some_cases(seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Yield overrides: each that changes costs alone, then others and some of both."""
    yield {}
    yield from ({key: value} for key, values in COSTS.items() for value in values)
    random = Random(seed)
    together = [*COSTS, *random.sample(sorted(KEYS), 4)]
    for _ in range(count):
        chosen = random.sample(together, random.randint(1, 3))
        yield {key: random.choice({**KEYS, **COSTS}[key]) for key in chosen}


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 4), *(pytest.param(seed, 12, marks=pytest.mark.slow) for seed in range(2, 8))]
)
def test_cases_that_share_their_work_have_the_plans_of_studies_alone(seed: int, count: int) -> None:
    """Every plan, whatever came before: keys that change costs alone, and such that change what is drawn."""
    reader, compiler = StudyReader("pops"), Compiler()
    for overrides in some_cases(seed, count):
        shared = compiler.plans(reader.load(overrides))
        alone = Compiler().plans(StudyReader("pops").load(overrides))
        for found, wanted in zip(shared, alone, strict=True):
            assert found.digest == wanted.digest, overrides
            for name, array in arrays(wanted).items():
                assert arrays(found)[name].tobytes() == array.tobytes(), (name, overrides)
