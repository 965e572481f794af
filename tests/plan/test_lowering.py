"""Rows, shared values, activations and timing of plans, read from their arrays."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from popsim.families import Constant, Discrete, Gamma, LogNormal, Normal, Triangular, Uniform
from popsim.families.base import Family
from popsim.layout import CONSTANT
from popsim.plan import compile as compile_study
from popsim.plan.activation import GlobalFactors
from popsim.plan.model import GROWTH_ROWS, Plan
from popsim.plan.moves import NO_MOVES, Moves
from popsim.plan.price_profiles import make_timing, with_growths_after
from popsim.plan.rows import Block, Row, RowBuilder, is_drawn
from popsim.plan.streams import StreamNumbers, stream_number
from popsim.plan.study_view import StudyView
from popsim.schema import Prices
from popsim.study.model import Delay, Escalation, Setting, Shock, Study

from ..engine.features import (
    FEATURES,
    delay,
    escalation,
    everything,
    exponents,
    money,
    need_of_area,
    need_of_component,
    needs_with_cost,
    shocks,
    start,
    unbounded_delay,
    with_all_areas,
    with_area,
)
from ..engine.studies import COUNTRIES, area, mixed, study

BASE = mixed()


def streams(plan: Plan) -> set[int]:
    return {*plan.draws.shared_stream.tolist(), *plan.draws.own_stream.tolist()}


# Rows.


def test_rows_share_distributions_scores_and_streams() -> None:
    builder = RowBuilder()
    first, again, known = (builder.distribution(each, "x") for each in (Normal(0.0, 1.0), Normal(0.0, 1.0), 2.5))
    factor = builder.common((("factor", 0.6), ("area/a", 0.8)))
    assert builder.common((("factor", 0.6), ("area/a", 0.8))) == factor
    assert builder.common(()) == -1
    builder.begin("")
    names = {"first": 0}
    rows = [Row(first, (("second", 1.0), ("first", 0.5)), component=0), Row(known, (("second", 1.0),), component=1)]
    block = Block.of(rows, names)
    assert list(names) == ["first", "second"]
    builder.begin("country/AAA/", names)
    builder.extend(block, 0, [2.0, 3.0], [factor, factor], [-1, -1])
    builder.begin("country/BBB/", ["first"])
    builder.extend(Block.of([Row(again, (("first", 1.0),), component=0)], {"first": 0}), 1, [1.0], [-1], [-1])
    draws = builder.rows().draws(StreamNumbers())
    assert draws.row_start.tolist() == [0, 0, 2, 3]
    assert draws.own_start.tolist() == [0, 0, 2, 3]
    names = ["country/AAA/first", "country/AAA/second", "country/BBB/first"]
    assert draws.own_stream.tolist() == [stream_number(name) for name in names]
    assert draws.shared_stream.tolist() == [stream_number(f"common/{name}") for name in ("factor", "area/a")]
    # What is known depends on nothing.
    assert draws.row_kind[1] == CONSTANT
    assert draws.row_common.tolist() == [factor, -1, -1]
    assert draws.term_start.tolist() == [0, 2, 2, 3]
    assert draws.term_basis.tolist() == [1, 0, 0]
    assert draws.row_location.tolist() == [0.0, 7.5, 0.0]
    assert draws.row_scale.tolist() == pytest.approx([2.0, 0.0, 1.0], rel=1e-15)
    assert builder.rows().country.tolist() == [0, 0, 1]
    assert all(not array.flags.writeable for array in draws)


@pytest.mark.parametrize(
    ("amount", "drawn"),
    [
        (2.0, False),
        (Constant(2.0), False),
        (Discrete((3.0,), (1.0,)), False),
        (Uniform(0.0, 1.0), True),
        # The square of such a spread is zero in floating point.
        (Discrete((0.0, 1e-170), (0.5, 0.5)), True),
    ],
)
def test_what_is_drawn(amount: float | Family, drawn: bool) -> None:
    assert is_drawn(amount) == drawn


@pytest.mark.parametrize("law", [Discrete((0.0, 1e-79), (0.5, 0.5)), Constant(2.0), Discrete((3.0,), (1.0,))])
def test_every_row_that_is_no_constant_has_a_score(law: Family) -> None:
    item = study(COUNTRIES, [area("a", law)])
    item = dataclasses.replace(item, start=Setting(law), inflation=0.0)
    draws = compile_study(item).draws
    scored = (np.diff(draws.term_start) > 0) | (draws.row_common >= 0)
    np.testing.assert_array_equal(scored, draws.row_kind != CONSTANT)


# What all countries share.


def test_a_name_is_one_draw() -> None:
    builder = RowBuilder()
    builder.begin("")
    factors = GlobalFactors(BASE, builder)
    rate = Uniform(0.0, 0.1)
    assert factors.register("rate", rate, "x") == factors.register("rate", rate, "x") == 0
    assert factors.register("other", 2.0, "x") == 1
    assert factors.count == len(builder) == 2
    assert factors.threshold("area/a", "", 0.5) == (-1, 0.0)
    assert factors.threshold("area/a", "", 0.0) == (-1, -np.inf)
    assert factors.threshold("area/a", "", 1.0) == (-1, np.inf)
    assert factors.threshold("area/a", "ldc=yes", rate) == (2, 0.0)
    assert factors.threshold("area/a", "ldc=yes", rate) == (2, 0.0)
    assert factors.threshold("area/a", "", rate) == (3, 0.0)


def test_names_of_shared_streams() -> None:
    found = streams(compile_study(everything(BASE)))
    names = ["exponent/area/a/size", "escalation", "inflation", "shock/one/happens", "shock/one/factor", "start"]
    names += ["need", "need/area/a", "need/area/b/component/start", "need/area/b/component/start/probability", "delay"]
    names += ["delay/area/a"]
    assert {stream_number(f"common/{name}") for name in names} <= found
    own = ["start", "need", "need/area/a", "need/area/b/component/start", "delay", "delay/area/c"]
    assert {stream_number(f"country/CCC/{name}") for name in own} <= found
    # The start of a country of low income is known.
    assert stream_number("country/AAA/start") not in found
    assert stream_number("country/CCC/need/area/c") not in found


def test_paths_of_prices() -> None:
    """Escalation begins at the price year, inflation counts back as well; discounting counts from the first year."""
    item = dataclasses.replace(money(escalation(shocks(BASE))), price_year=2031)
    plan = compile_study(dataclasses.replace(item, inflation=0.1, discount_rate=0.25))
    moves, growth = plan.moves, plan.component_growth

    def path(prices: Prices, component: int) -> int:
        return int(moves.growth_path[growth[GROWTH_ROWS[prices, "within_horizon"], component]])

    # Area c is the last: a known rise of 3 % and both shocks.
    np.testing.assert_allclose(moves.path_static[path("constant", 3)], [1.0, 1.0, 1.03])
    np.testing.assert_allclose(moves.path_static[path("nominal", 3)], [1 / 1.1, 1.0, 1.03 * 1.1])
    np.testing.assert_allclose(moves.path_static[path("discounted", 3)], [1.0, 0.8, 1.03 * 0.64])
    assert np.diff(moves.shock_start)[path("constant", 3)] == 2
    # Area a: an uncertain rise, which is a rate to the power of the years since the price year.
    (rate,) = range(*moves.rate_start[path("constant", 0) : path("constant", 0) + 2])
    assert moves.rate_power[rate].tolist() == [0, 0, 1]
    assert np.diff(moves.shock_start)[path("constant", 0)] == 1


def test_thresholds_of_shocks() -> None:
    shock = {name: Shock(name, name, ("a",), p, 2.0, "judgement", "") for name, p in (("never", 0.0), ("ever", 1.0))}
    moves = compile_study(dataclasses.replace(BASE, shocks=tuple(shock.values()))).moves
    assert sorted(moves.shock_threshold.tolist()) == [-np.inf, np.inf]


# Who needs what.


def test_certain_needs_draw_nothing() -> None:
    """Countries of the South are certain to need area a, so that they have no draw for it."""
    found = streams(compile_study(need_of_area(with_area(BASE, "a", need=None))))
    has = {code: stream_number(f"country/{code}/need/area/a") in found for code in ("AAA", "BBB", "CCC", "DDD")}
    # The first that applies: income UMC before region South.
    assert has == {"AAA": True, "BBB": False, "CCC": True, "DDD": True}


def test_components_with_the_same_needs_share_an_activation() -> None:
    moves = compile_study(with_area(BASE, "b", need=Setting(0.5))).moves
    assert len(moves.presence_slot) == len(COUNTRIES)
    rows = moves.row_presence[moves.row_keep < 0].reshape(len(COUNTRIES), 4)
    assert (rows[:, 1] == rows[:, 2]).all()
    assert (rows[:, [0, 3]] == -1).all()
    plan = compile_study(needs_with_cost(BASE))
    apart = plan.moves.row_presence[plan.moves.row_keep < 0].reshape(len(COUNTRIES), 4)
    assert (apart[:, 1] != apart[:, 2]).all()


def test_activations_are_made_before_they_are_used_and_do_not_overlap() -> None:
    moves = compile_study(everything(BASE)).moves
    kept, weights, _ = moves.counts.tolist()
    used: dict[int, int] = {}

    def slots_of(p: int) -> range:
        """What is paid, and, where that can be late, by how many whole years and what part of one."""
        begin = int(moves.presence_slot[p])
        return range(begin, begin + (3 if moves.presence_lags[p] > 1 else 1))

    for row in range(len(moves.row_keep)):
        for p in range(moves.presence_start[row], moves.presence_start[row + 1]):
            assert slots_of(p).stop <= weights
            used |= dict.fromkeys(slots_of(p), p)
        if (p := int(moves.row_presence[row])) >= 0:
            assert all(used[slot] == p for slot in slots_of(p))
    assert moves.row_keep.max() < kept
    for name in ("presence_begin", "presence_late", "gate_score", "gate_kept", "power_kept", "rate_kept"):
        assert getattr(moves, name).max() < kept, name


@pytest.mark.parametrize("feature", [need_of_area, need_of_component, exponents])
def test_what_is_on_time_at_known_prices_has_no_growth(feature) -> None:  # type: ignore[no-untyped-def]
    plan = compile_study(feature(BASE))
    assert plan.moves.any
    assert (plan.component_growth == -1).all()
    assert (plan.component_lags == 1).all()
    assert [total.name for total in plan.totals] == ["cost"]


# When.


@pytest.mark.parametrize("name", FEATURES)
def test_what_moves(name: str) -> None:
    assert StudyView(FEATURES[name](BASE)).is_moving == (name != "financing")
    assert (compile_study(FEATURES[name](BASE)).moves is NO_MOVES) == (name == "financing")


def test_a_shock_on_areas_that_are_not_counted_moves_nothing() -> None:
    shock = Shock("one", "one", (), 0.3, 2.0, "judgement", "")
    assert not StudyView(dataclasses.replace(BASE, shocks=(shock,))).is_moving


def test_longest_lateness() -> None:
    setting = Setting(Gamma(2.0, 1.0), (("income", "LIC", 1.5), ("region", "South", Triangular(0.0, 1.0, 4.0))))
    assert [each.code for each in BASE.countries] == ["AAA", "BBB", "CCC", "DDD"]
    assert StudyView(BASE).longest(setting) == [1.5, 1.5, np.inf, 4.0]
    assert set(StudyView(BASE).longest(None)) == {0.0}


@pytest.mark.parametrize(
    ("years", "rises", "lags"),
    [
        (0.0, False, 1),
        (0.25, False, 2),
        (1.0, False, 2),
        (Uniform(0.0, 2.5), False, 4),
        (7.0, False, 4),
        (7.0, True, 8),
        (LogNormal(0.0, 1.0), False, 4),
        (LogNormal(0.0, 1.0), True, 4),
    ],
)
def test_lags(years: float | Family, rises: bool, lags: int) -> None:
    """Three years; what lies further only matters where prices go on rising, and has an end only where lateness has."""
    item = with_all_areas(BASE, escalation=Escalation(0.02, "escalation") if rises else None)
    assert set(StudyView(dataclasses.replace(item, start=Setting(years))).lags.values()) == {lags}
    assert set(StudyView(with_all_areas(item, delay=Delay(Setting(years)))).lags.values()) == {lags}


def test_lags_of_a_start_and_a_delay_in_the_same_country() -> None:
    late = Setting(0.0, (("region", "South", 1.5),))
    assert StudyView(with_all_areas(dataclasses.replace(BASE, start=late), delay=Delay(late))).lags["a"] == 4
    elsewhere = Setting(0.0, (("region", "North", 1.5),))
    assert StudyView(with_all_areas(dataclasses.replace(BASE, start=late), delay=Delay(elsewhere))).lags["a"] == 3


def test_growths_cover_the_horizon_and_what_lies_after_it() -> None:
    stored = compile_study(money(start(BASE)))
    plan = with_growths_after(stored)
    moves = plan.moves
    assert plan.digest != stored.digest
    assert with_growths_after(plan) is plan
    for (_, span), row in GROWTH_ROWS.items():
        for k in range(4):
            growth = plan.component_growth[row, k]
            after = span == "after_horizon"
            assert (moves.growth_from[growth], moves.growth_to[growth]) == ((3, 5) if after else (0, 3))
            assert moves.growth_lags[growth] == plan.component_lags[k] == 3
            assert moves.growth_profile[growth] == k
    assert moves.growth_slot.tolist() == list(range(0, 3 * len(moves.growth_slot), 3))
    assert moves.counts[2] == 3 * len(moves.growth_slot)
    assert moves.profile.shape == (4, 5)
    np.testing.assert_array_equal(moves.profile[:, 3:], 0.0)
    names = {"cost", "cost_nominal", "cost_discounted"}
    assert {total.name for total in stored.totals} == names | {f"{name}_after_horizon" for name in names}


@pytest.mark.parametrize(("feature", "totals"), [(delay, ["cost", "cost_after_horizon"]), (shocks, ["cost"])])
def test_totals_are_those_that_are_asked_for(feature, totals: list[str]) -> None:  # type: ignore[no-untyped-def]
    assert [total.name for total in compile_study(feature(BASE)).totals] == totals


@pytest.mark.parametrize("prices", [{"inflation": 0.02}, {"discount_rate": 0.03}])
def test_lateness_past_the_programme_is_counted_where_money_of_years_differs(prices: dict[str, float]) -> None:
    item = dataclasses.replace(BASE, start=Setting(7.0))
    assert set(StudyView(item).lags.values()) == {4}
    assert set(StudyView(dataclasses.replace(item, **prices)).lags.values()) == {8}  # type: ignore[arg-type]


def test_only_areas_that_move_are_summed_by_lag() -> None:
    plan = compile_study(unbounded_delay(BASE))
    assert plan.component_lags.tolist() == [1, 4, 4, 1]
    assert (plan.component_growth[0] >= 0).tolist() == [False, True, True, False]


def test_timing_without_a_world_is_still() -> None:
    timing = make_timing(StudyView(BASE), None)
    assert timing.slots == 0
    assert (timing.component_growth == -1).all()
    assert set(timing.arrays) <= set(Moves._fields)


def test_studies_of_a_plan_are_not_changed() -> None:
    """Negative control of the parametrised tests: features do differ from the base."""
    base: Study = mixed()
    assert all(feature(base) != base for feature in FEATURES.values())
