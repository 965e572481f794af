"""A whole that is drawn once and split between components, against closed forms."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import popsim as ps
from popsim.analysis.exact import total_std
from popsim.analysis.order import Moments
from popsim.analysis.rare import rare_events
from popsim.engine.simulate import simulate
from popsim.engine.variants import with_common_share
from popsim.families import Constant, Family, LogNormal, Mixture, Pert, Triangular, Uniform
from popsim.plan import compile as compile_study
from popsim.plan.streams import group_streams
from popsim.study.model import Amount, Setting, Study
from popsim.study.split import ShareOfWhole, largest_sum

from .features import full, shared, with_area, with_component
from .studies import COUNTRIES, area, component, country, matrix, mixed, number, study

COST = LogNormal(2.0, 0.6)
HALVES = (Uniform(0.3, 0.6), Uniform(0.4, 0.7))


def two_areas(share: Amount, rest: Amount, cost: Family = COST) -> Study:
    """Area b has a cost of its own beside its share, area c has its share alone."""
    areas = [area("b", LogNormal(0.0, 0.4), LogNormal(0.0, 1.0)), area("c", LogNormal(0.0, 1.0), share=0.3)]
    return shared(study(COUNTRIES, areas), share, rest, cost)


def by_component(item: Study, scenarios: int = 5_000) -> xr.DataArray:
    found = simulate(dataclasses.replace(item, options=()), scenarios=scenarios, breakdowns=[("country", "component")])
    return found["cost_by_country_component"].isel(option=0)


def whole_of(item: Study) -> Study:
    """The same with the whole in one component."""
    return shared(item, 1.0, 0.0, item.overlaps[0].cost)


@pytest.mark.parametrize(
    ("share", "rest", "digits"),
    [
        (*HALVES, 1e-12),
        (Triangular(0.2, 0.3, 0.9), Triangular(0.1, 0.7, 0.8), 1e-8),
        (Pert(0.45, 0.52, 0.60), Pert(0.40, 0.48, 0.55), 1e-8),
        (0.25, 0.75, 1e-12),
    ],
)
def test_shares_and_their_rests_are_the_whole_in_every_scenario(share: Amount, rest: Amount, digits: float) -> None:
    item = two_areas(share, rest)
    split, whole = by_component(item), by_component(whole_of(item)).sel(component="b/part1").values
    one, two = split.sel(component="b/part1").values, split.sel(component="c/part0").values
    np.testing.assert_allclose(one + two, whole, rtol=digits)
    if isinstance(share, Family):
        low, high = share.support()
        assert (one / whole).min() == pytest.approx(low, abs=0.05)
        assert (one / whole).max() == pytest.approx(high, abs=0.05)


def test_shares_in_the_same_direction_are_not_the_whole() -> None:
    """Negative control of the test above."""
    item = two_areas(*HALVES)
    part = item.areas[1].components[0].part
    assert part is not None
    wrong = with_component(item, "c", 0, part=dataclasses.replace(part, direction=1))
    split, whole = by_component(wrong), by_component(whole_of(item)).sel(component="b/part1").values
    apart = abs(split.sel(component=["b/part1", "c/part0"]).sum("component").values / whole - 1.0)
    assert apart.mean() > 0.1


def test_a_whole_and_shares_that_are_known() -> None:
    found = by_component(two_areas(0.6, 0.4, Constant(100.0)), 10)
    np.testing.assert_array_equal(found.sel(component="b/part1"), 60.0)
    np.testing.assert_array_equal(found.sel(component="c/part0"), 40.0)


def test_each_component_has_its_own_size_and_prices() -> None:
    """Size factors 0.5, 1, 3 and 7 to the power of one half in area c alone, and a factor of money on both."""
    item = two_areas(0.5, 0.5)
    other = with_area(item, "c", components=area("c", component("part0", COST), exponent=0.5).components)
    other = shared(other, 0.5, 0.5, COST)
    other = with_component(other, "c", 0, money_factor=1.25)
    plain, scaled = by_component(item), by_component(other)
    sizes = np.sqrt([each.size_factor for each in COUNTRIES])[:, None]
    part = {"component": "c/part0"}
    np.testing.assert_allclose(
        scaled.sel(part).transpose("country", "scenario"),
        1.25 * sizes * plain.sel(part).transpose("country", "scenario"),
        rtol=1e-12,
    )
    np.testing.assert_array_equal(scaled.sel(component="b/part1"), plain.sel(component="b/part1"))


def test_what_is_not_counted_changes_nothing_in_the_other_share() -> None:
    """Neither leaving out the other component, nor the area that states the whole, nor adding an area moves a draw."""
    item = two_areas(*HALVES)
    all_of_it = by_component(item)
    alone = dataclasses.replace(item, areas=item.areas[1:])
    np.testing.assert_array_equal(by_component(alone).sel(component="c/part0"), all_of_it.sel(component="c/part0"))
    fewer = with_area(item, "b", components=item.areas[0].components[1:])
    np.testing.assert_array_equal(by_component(fewer).sel(component="b/part1"), all_of_it.sel(component="b/part1"))
    more = dataclasses.replace(item, areas=(area("a", COST), *item.areas))
    for name in ("b/part1", "c/part0", "b/part0"):
        np.testing.assert_array_equal(by_component(more).sel(component=name), all_of_it.sel(component=name))


@pytest.mark.parametrize("by_matrix", [False, True])
def test_the_whole_correlates_as_a_component_of_the_area_that_states_it(by_matrix: bool) -> None:
    """Logarithms of lognormals are scores: w with a neighbour, sqrt(w) r with a cost of another area, s abroad."""
    r, w, s = 0.4, 0.5, 0.4
    dependence = number(r, 0.25, w)
    if by_matrix:
        dependence = matrix("abc", [[1, r, 0], [r, 1, 0], [0, 0, 1]], [0.4, s, 0.3], within=w)
    areas = [area("a", COST), area("b", COST, COST), area("c", COST, share=0.3)]
    item = shared(study([country("AAA"), country("BBB")], areas, dependence), 1.0, 1e-3, COST)
    scores = np.log(by_component(item, 40_000))
    whole = scores.sel(component="b/part1")
    pairs = {
        w: scores.sel(component="b/part0", country="AAA"),
        math.sqrt(w) * r: scores.sel(component="a/part0", country="AAA"),
        s: whole.sel(country="BBB"),
        1.0: scores.sel(component="c/part0", country="AAA"),
    }
    for expected, other in pairs.items():
        found = np.corrcoef(whole.sel(country="AAA"), other)[0, 1]
        # Fisher's z has a standard error of 1 / sqrt(n): six of them.
        assert abs(math.atanh(min(found, 1 - 1e-9)) - math.atanh(min(expected, 1 - 1e-9))) < 6.0 / math.sqrt(40_000)


def test_the_split_shares_among_countries_what_the_area_shares() -> None:
    """Shares of known wholes: the ranks of two countries correlate by (6 / pi) asin(s / 2), those of b and c by -1."""
    found = by_component(two_areas(*HALVES, Constant(1.0)), 40_000)
    first = found.sel(component="b/part1")
    rank = stats.spearmanr(first.sel(country="AAA"), first.sel(country="BBB")).statistic
    assert rank == pytest.approx(6.0 / math.pi * math.asin(0.4 / 2.0), abs=0.03)
    opposite = found.sel(component="c/part0", country="AAA")
    assert stats.spearmanr(first.sel(country="AAA"), opposite).statistic == pytest.approx(-1.0, abs=1e-9)
    common = by_component(with_common_share(two_areas(*HALVES), 1.0), 50)
    np.testing.assert_array_equal(common.sel(country="AAA", component="c/part0").values > 0.0, True)


def test_mean_and_variance_of_a_share() -> None:
    """E[W S] = E[W] E[S], and the variance E[W^2] E[S^2] - E[W]^2 E[S]^2, exact and as simulated."""
    one = shared(study([country("AAA")], [area("b", Constant(0.0), COST), area("c", COST)]), *HALVES, COST)
    alone = with_component(one, "c", 0, cost=Constant(0.0), part=None)
    moments = ps.exact_moments(alone)
    m, v = COST.mean(), COST.std() ** 2
    share, spread = 0.45, 0.3**2 / 12.0
    assert moments["expected_cost"].item() == pytest.approx(m * share, rel=1e-12)
    variance = (v + m**2) * (spread + share**2) - (m * share) ** 2
    assert moments["exact_std"].item() == pytest.approx(math.sqrt(variance), rel=1e-9)
    # Both shares together are the whole.
    assert ps.exact_moments(one)["exact_std"].item() == pytest.approx(COST.std(), rel=1e-9)


@pytest.mark.parametrize("need", [None, 0.4])
def test_exact_moments_of_all_countries_agree_with_scenarios(need: float | None) -> None:
    item = two_areas(*HALVES)
    if need is not None:
        item = with_area(item, "c", need=Setting(need))
    spread = total_std(item)
    assert not spread.reasons
    cost = simulate(item, scenarios=200_000, breakdowns=[])["cost"].values[0]
    moments = Moments(cost)
    expected = ps.exact_moments(item)["expected_cost"].item()
    assert abs(cost.mean() - expected) < 5.0 * moments.mean_error
    assert abs(moments.std - spread.std) < 5.0 * float(moments.std_error)


def test_a_study_without_wholes_has_none_of_it() -> None:
    assert compile_study(mixed()).moves.presence_whole.size == 0
    assert compile_study(full()).moves.presence_whole.size == 0
    assert mixed().overlaps == ()


def test_streams_of_a_whole_are_a_group_of_their_own() -> None:
    item = two_areas(*HALVES)
    for counted in (item, dataclasses.replace(item, areas=item.areas[1:])):
        plan = compile_study(counted)
        names = (*plan.streams.shared, *plan.streams.own)
        assert {"common/overlap/one", "common/overlap/one/share", "country/AAA/overlap/one/share"} <= set(names)
        groups = group_streams(counted, names)
        home = dict(zip(names, groups.group.tolist(), strict=True))
        assert groups.ids[home["common/overlap/one/share"]] == groups.ids[home["country/AAA/overlap/one"]]
        assert "overlap_one" in groups.ids
    grouped = dataclasses.replace(item.dependence, group="region", group_share=0.5)
    item = dataclasses.replace(
        item, dependence=grouped, areas=tuple(dataclasses.replace(each, group_share=0.6) for each in item.areas)
    )
    part = item.areas[0].components[1].part
    assert part is not None
    item = shared(item, *HALVES, COST, area_shares=(0.4, 0.6))
    names = compile_study(item).streams.shared
    wanted = [name for name in names if name.startswith("common/group/") and "overlap" in name]
    assert wanted
    groups = group_streams(item, names)
    assert {groups.ids[groups.group[names.index(name)]] for name in wanted} == {"overlap_one"}


def test_a_rare_whole_and_a_rare_share_are_named() -> None:
    """A plan that costs ten times as much with a chance of 2 %, and a share that is twice as large with one of 3 %."""
    dear = Mixture([Uniform(90.0, 110.0), Uniform(900.0, 1100.0)], [0.98, 0.02])
    large = Mixture([Uniform(0.28, 0.32), Constant(0.6)], [0.97, 0.03])
    areas = [area("b", Constant(0.0), COST), area("c", COST)]
    item = shared(study([country("AAA")], areas), large, Uniform(0.3, 0.4), dear)
    dataset = simulate(item, scenarios=4_000, breakdowns=[])
    events = rare_events(item, dataset, coverage=0.9)
    chance = dict(zip(events["event"].values.tolist(), events["chance"].isel(option=0).values.tolist(), strict=True))
    assert chance == pytest.approx({"high cost/overlap/one": 0.02, "high cost/b/part1": 0.03})
    split, whole = by_component(item, 4_000), by_component(whole_of(item), 4_000).sel(component="b/part1").values
    happens = {
        "high cost/overlap/one": whole[:, 0] > 500.0,
        "high cost/b/part1": split.sel(component="b/part1").values[:, 0] / whole[:, 0] > 0.5,
    }
    for name, here in happens.items():
        assert int(events["happens"].sel(event=name).isel(option=0)) == here.sum() > 0
    added = events["adds_high"].sel(event="high cost/overlap/one", total="cost").isel(option=0).item()
    assert 500.0 < added < 1100.0


def test_a_need_that_correlates_with_the_cost_of_the_whole() -> None:
    """E[W S 1(need)] = E[S] m Phi(t + rho sigma), as for a lognormal of its own."""
    item = two_areas(*HALVES)
    item = dataclasses.replace(item, dependence=dataclasses.replace(item.dependence, need_with_cost=0.6))
    item = with_component(item, "c", 0, need=Setting(0.3))
    dataset = simulate(item, scenarios=200_000, breakdowns=["component"])
    expected = 0.55 * COST.mean() * stats.norm.cdf(stats.norm.ppf(0.3) + 0.6 * 0.6) * len(COUNTRIES)
    found = dataset["expected_cost_by_component"].isel(option=0).sel(component="c/part0").item()
    assert found == pytest.approx(expected, rel=1e-6)
    cost = dataset["cost_by_component"].isel(option=0).sel(component="c/part0").values
    assert abs(cost.mean() - expected) < 5.0 * Moments(cost).mean_error


def test_a_point_estimate_is_the_most_likely_whole_times_the_most_likely_share() -> None:
    item = shared(mixed(), Triangular(0.2, 0.4, 0.7), Triangular(0.3, 0.35, 0.5), COST)
    point = simulate(item, scenarios=2, breakdowns=[])["point_estimate_by_area"].isel(option=0)
    sizes = sum(math.sqrt(each.size_factor) for each in COUNTRIES)
    assert point.sel(area="c").item() == pytest.approx(math.exp(2.0 - 0.36) * 0.35 * sizes, rel=1e-6)


def test_quantiles_of_a_share_of_a_whole_follow_from_its_distribution() -> None:
    """Two uniforms: P(W S <= x) = x - x ln x; two lognormals make another, of which the share here is cut off."""
    cost = ShareOfWhole(Uniform(0.0, 1.0), Uniform(0.0, 1.0))
    x = np.array([0.01, 0.2, 0.7, 0.99])
    # Where the whole has ends, quadrature meets a kink.
    np.testing.assert_allclose(cost.cdf(x), x - x * np.log(x), atol=2e-5)
    smooth = ShareOfWhole(LogNormal(3.0, 0.4), LogNormal(-2.0, 0.3))
    np.testing.assert_allclose(smooth.cdf([1.0, 3.0, 9.0]), LogNormal(1.0, 0.5).cdf([1.0, 3.0, 9.0]), rtol=1e-9)
    np.testing.assert_allclose(cost.ppf(cost.cdf(x)), x, rtol=1e-6)
    np.testing.assert_allclose(cost.isf(cost.sf(x)), x, rtol=1e-6)
    assert cost.ppf([0.0, 1.0]).tolist() == [0.0, 1.0]
    assert cost.std() == pytest.approx(math.sqrt(1.0 / 9.0 - 1.0 / 16.0))


def test_the_largest_sum_of_shares_is_that_of_opposite_scores() -> None:
    assert largest_sum([Pert(0.45, 0.52, 0.60), Pert(0.40, 0.48, 0.55)])[0] == pytest.approx(1.0, abs=1e-9)
    total, values = largest_sum([Uniform(0.3, 0.6), Uniform(0.45, 0.7)])
    assert total == pytest.approx(1.05)
    assert values == pytest.approx((0.6, 0.45))
    # The largest sum may lie between the ends.
    inside, _ = largest_sum([Triangular(0.0, 0.5, 1.0), Uniform(0.0, 1.0)])
    p = np.linspace(0.0, 1.0, 100_001)
    assert inside == pytest.approx(float((Triangular(0.0, 0.5, 1.0).ppf(p) + 1.0 - p).max()), abs=1e-5)
    assert largest_sum([Uniform(0.1, 0.4), Uniform(0.2, 0.3), 0.3])[0] == pytest.approx(1.0)
