"""A merged plan draws for several plans at once: the same bits as each alone, and no row twice."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from popsim.arrays import Floats
from popsim.engine.breakdowns import arrange, arrange_merged, read_breakdowns, scope_of
from popsim.engine.threads import fill
from popsim.families import Discrete, LogNormal, Uniform
from popsim.plan import compile as compile_study
from popsim.plan.lowering import Compiler
from popsim.plan.merge import grown, merge
from popsim.plan.model import Plan
from popsim.study.model import Delay, Setting, Study
from tests.engine import features
from tests.engine.studies import mixed

STUDY = features.everything(mixed())
SCENARIOS = 70


def drawn_alone(plan: Plan, like: list[Plan]) -> Floats:
    scope = scope_of(like)
    sums = arrange(plan, read_breakdowns(features.BREAKDOWNS, scope.labels), scope)
    return fill(plan.draws, sums, SCENARIOS, seed=plan.seed)


def drawn_together(plans: list[Plan]) -> tuple[Plan, Floats]:
    scope = scope_of(plans)
    ((plan, sums),) = arrange_merged(plans, read_breakdowns(features.BREAKDOWNS, scope.labels), scope)
    return plan, fill(plan.draws, sums, SCENARIOS, seed=plan.seed)


def check_same(studies: list[Study]) -> Plan:
    """Hold what is drawn together against each study drawn alone, to the bit; return the merged plan."""
    plans = [compile_study(study) for study in studies]
    merged, together = drawn_together(plans)
    for plan, part in zip(plans, np.split(together, len(plans)), strict=True):
        np.testing.assert_array_equal(part, drawn_alone(plan, plans))
    return merged


@pytest.mark.parametrize("name", [name for name in features.FEATURES if name not in ("everything", "financing")])
def test_a_study_with_one_feature_beside_one_with_all(name: str) -> None:
    changed = features.FEATURES[name]
    merged = check_same([STUDY, changed(mixed()), changed(STUDY)])
    assert len(merged.row_country) < 3 * len(compile_study(STUDY).row_country)


CHANGES = {
    "cost": features.dear(STUDY),
    "family of a cost": features.with_component(STUDY, "c", 0, cost=LogNormal(1.0, 0.9), part=None),
    "need of an area": features.with_area(STUDY, "a", need=Setting(0.1)),
    "uncertain need": features.with_area(STUDY, "a", need=Setting(Discrete((0.1, 0.6), (0.5, 0.5)))),
    "start": dataclasses.replace(STUDY, start=Setting(Uniform(0.5, 3.5))),
    "later delay of one area": features.with_area(STUDY, "b", delay=Delay(Setting(Uniform(0.0, 9.0)), 0.3)),
    "inflation": dataclasses.replace(STUDY, inflation=0.07),
    "discount rate": dataclasses.replace(STUDY, discount_rate=0.01),
    "shares in common": features.with_dependence(STUDY, common_share=0.2),
    "fewer countries": dataclasses.replace(STUDY, countries=STUDY.countries[1:]),
    "fewer areas": dataclasses.replace(STUDY, areas=STUDY.areas[1:]),
    "fewer shocks": dataclasses.replace(STUDY, shocks=STUDY.shocks[1:]),
    "nobody pays": dataclasses.replace(features.with_all_areas(STUDY, cofinancing=None), agency_fee=None),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_one_key(name: str) -> None:
    check_same([STUDY, CHANGES[name]])


def test_all_changes_together_in_any_order() -> None:
    studies = [STUDY, *CHANGES.values()]
    check_same(studies)
    check_same(studies[::-1])


def rows_drawn(studies: list[Study]) -> int:
    merged = merge(grown([compile_study(study) for study in studies]))
    assert merged is not None
    return len(merged.plan.row_country)


def test_only_what_differs_is_drawn_beside() -> None:
    """One cost in three countries takes three rows more; rates of money, who is left out and who pays take none."""
    once = rows_drawn([STUDY])
    costs = [features.with_component(STUDY, "a", 0, cost=LogNormal(1.0, spread)) for spread in (0.3, 0.4, 0.5)]
    before = rows_drawn(costs[:1])
    countries = sum(compile_study(STUDY).row_component == 0)
    assert rows_drawn(costs) == before + 2 * countries
    for same in ("discount rate", "fewer countries", "fewer areas"):
        assert rows_drawn([STUDY, CHANGES[same]]) == once, same
    # Another start moves every payment: the control of what the others show.
    assert rows_drawn([STUDY, CHANGES["start"]]) > once + countries


def test_studies_of_other_years_or_of_another_order_are_not_merged() -> None:
    plan = compile_study(STUDY)
    turned = compile_study(dataclasses.replace(STUDY, countries=STUDY.countries[::-1]))
    shorter = dataclasses.replace(plan, labels=dataclasses.replace(plan.labels, years=plan.labels.years[:-1]))
    assert merge(grown([plan, turned])) is None
    assert merge(grown([plan, shorter])) is None
    assert merge(grown([plan, compile_study(mixed())])) is None or not compile_study(mixed()).moves.any


def test_studies_that_differ_in_who_pays_share_their_arrays_and_have_the_plans_of_each_alone() -> None:
    compiler = Compiler()
    paid = [features.with_all_areas(STUDY, cofinancing=Setting(share)) for share in (0.1, 0.2, 0.7)]
    plans = [compiler.plans(study)[0] for study in paid]
    assert all(plan.draws is plans[0].draws for plan in plans)
    for study, plan in zip(paid, plans, strict=True):
        alone = compile_study(study)
        assert plan.digest == alone.digest
        np.testing.assert_array_equal(plan.exact.component_expected, alone.exact.component_expected)
    other = compiler.plans(CHANGES["cost"])[0]
    assert other.draws is not plans[0].draws
    assert other.digest == compile_study(CHANGES["cost"]).digest
