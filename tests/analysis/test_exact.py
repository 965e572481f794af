"""The exact standard deviation of a total, against closed forms and against simulation."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from popsim.analysis.exact import covariance, exact_moments, series, total_std
from popsim.analysis.order import Moments
from popsim.engine.simulate import simulate
from popsim.errors import ParameterError
from popsim.families import Constant, Discrete, LogNormal, Mixture, Normal, Triangular, Uniform
from popsim.plan import compile as compile_study
from popsim.study.load import load_study
from popsim.study.model import Delay, Dependence, Exponent, Setting, Study

from ..engine.features import FEATURES, with_all_areas, with_area, with_component, with_options
from ..engine.studies import (
    COUNTRIES,
    all_examples,
    area,
    component,
    country,
    expected_correlation,
    gaussian,
    mixed,
    number,
    study,
)


@pytest.mark.parametrize("r", [-0.95, -0.3, 0.1, 0.5, 0.9, 0.999, 1.0])
@pytest.mark.parametrize(("one", "two"), [(0.1, 0.5), (1.0, 1.0), (2.0, 2.0), (3.0, 1.0), (4.0, 3.0)])
def test_covariance_of_lognormals(one: float, two: float, r: float) -> None:
    """exp((s^2 + t^2) / 2) (exp(r s t) - 1); the promise is 1e-6, held with room at all widths up to sigma 4."""
    found, bound = covariance(LogNormal(0.3, one), LogNormal(-0.2, two), r)
    true = math.exp(0.1 + (one**2 + two**2) / 2.0) * math.expm1(r * one * two)
    assert found == pytest.approx(true, rel=1e-9)
    assert bound <= 1e-9 * abs(true)


@pytest.mark.parametrize("r", [-0.9, 0.2, 0.7, 0.97])
def test_covariance_of_what_has_kinks_and_jumps(r: float) -> None:
    uniform, _ = covariance(Uniform(0.0, 12.0), Uniform(-1.0, 0.0), r)
    assert uniform == pytest.approx(12.0 * math.asin(r / 2.0) / (2.0 * math.pi), rel=1e-9)
    # A jump at the median: P(both above) = 1/4 + asin(r) / (2 pi).
    jump, bound = covariance(Discrete((0.0, 1.0), (0.5, 0.5)), Discrete((0.0, 1.0), (0.5, 0.5)), r)
    true = math.asin(r) / (2.0 * math.pi)
    assert abs(jump - true) <= bound + 1e-9 * abs(true)
    assert bound < 1e-6
    # A jump and a normal: r phi(0).
    mixed_, _ = covariance(Discrete((0.0, 1.0), (0.5, 0.5)), Normal(3.0, 2.0), r)
    assert mixed_ == pytest.approx(2.0 * r * stats.norm.pdf(0.0), rel=1e-9)


def test_the_bound_says_where_the_series_is_too_short() -> None:
    coin = Discrete((0.0, 1.0), (0.5, 0.5))
    found, bound = covariance(coin, coin, 0.9999)
    true = math.asin(0.9999) / (2.0 * math.pi)
    assert 1e-4 < abs(found - true) <= bound
    item = study([country("AAA")], [area("a", coin, share=0.0), area("b", coin, share=0.0)], number(0.9999, 0.0))
    assert total_std(item).reasons == ("tails too heavy or steps too steep for the formula",)


VARYING = [
    name for name, each in all_examples().items() if not isinstance(each, Constant) and 0.0 < each.std() ** 2 < math.inf
]


@pytest.mark.parametrize("name", VARYING)
def test_series_of_every_family_have_its_variance(name: str) -> None:
    family = all_examples()[name]
    variance = family.std() ** 2
    coefficients, integrated = series(family)
    assert coefficients @ coefficients <= integrated * (1.0 + 1e-9)
    # Mixtures that are steep between far components, and one metalog, are told apart below.
    assert integrated == pytest.approx(variance, rel=1e-4 if "mixture" in name or "truncated" in name else 3e-6)


@pytest.mark.parametrize("r", [0.0, 0.25, 0.8])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.0])
def test_lognormals_with_equal_correlation(r: float, sigma: float) -> None:
    """n exp(s^2) (expm1(s^2) + (n - 1) expm1(r s^2)) for n areas of one country, each with the same lognormal."""
    names = "abcde"
    item = study([country("AAA")], [area(name, LogNormal(0.0, sigma), share=0.0) for name in names], number(r, 0.0))
    s2, n = sigma**2, len(names)
    true = math.sqrt(n * math.exp(s2) * (math.expm1(s2) + (n - 1) * math.expm1(r * s2)))
    assert total_std(item).std == pytest.approx(true, rel=1e-9)
    # Negative control: as if they were independent.
    if r:
        independent = math.sqrt(n * math.exp(s2) * math.expm1(s2))
        assert abs(total_std(item).std / independent - 1.0) > 0.05


def test_countries_of_groups() -> None:
    """Three countries, two in one region: correlations 0.5 within it and 0.2 outside; sizes weigh."""
    places = [country("AAA", "North"), country("BBB", "North", factor=2.0), country("CCC", "South", factor=3.0)]
    grouped = Dependence(0.0, None, (), 0.0, 0.2, "judgement", "test", group="region", group_share=0.5)
    cost = dataclasses.replace(area("a", LogNormal(0.0, 1.0), share=0.2, exponent=1.0), group_share=0.5)
    r = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, 0.2], [0.2, 0.2, 1.0]])
    size = np.array([1.0, 2.0, 3.0])
    true = math.sqrt(math.e * size @ np.expm1(r) @ size)
    assert total_std(study(places, [cost], grouped)).std == pytest.approx(true, rel=1e-9)


def test_normals_are_those_of_the_correlation_matrix() -> None:
    item = gaussian()
    plan = compile_study(item)
    true = math.sqrt(plan.row_std @ expected_correlation(item) @ plan.row_std)
    assert total_std(item).std == pytest.approx(true, rel=1e-9)


def test_needs_of_a_known_chance() -> None:
    """Both needed: 1/4 + asin(r) / (2 pi) at chances of a half; costs 1 or independent lognormals."""
    places = [country("AAA"), country("BBB")]
    half = Setting(0.5)
    for cost, mean, second in ((Constant(1.0), 1.0, 1.0), (LogNormal(0.0, 1.0), math.exp(0.5), math.exp(2.0))):
        areas = [dataclasses.replace(area(name, cost, share=0.0), need=half) for name in "ab"]
        given = dataclasses.replace(number(0.0, 0.0), between_needs=0.6, need_common_share=0.3)
        r = {(True, True): 1.0, (True, False): 0.6, (False, True): 0.3, (False, False): 0.18}
        moment = sum(
            (second if c == d and a == b else mean**2) * (0.25 + math.asin(r[c == d, a == b]) / (2.0 * math.pi))
            for c in range(2)
            for d in range(2)
            for a in range(2)
            for b in range(2)
        )
        found = total_std(study(places, areas, given)).std
        assert found == pytest.approx(math.sqrt(moment - (4.0 * 0.5 * mean) ** 2), rel=1e-9)


def test_what_is_needed_with_another_varies_with_it() -> None:
    """Costs of 2 and 3 that are paid both or not at all: 5 times the deviation of an indicator."""
    need = Setting(0.3)
    parts = (component("l", Constant(2.0)), component("k", Constant(3.0)))
    together = tuple(
        dataclasses.replace(part, need=need, needed_with=other) for part, other in zip(parts, ("k", None), strict=True)
    )
    item = study([country("AAA")], [area("a", *together)])
    assert total_std(item).std == pytest.approx(5.0 * math.sqrt(0.3 * 0.7), rel=1e-12)
    apart = tuple(dataclasses.replace(part, need=need) for part in parts)
    item = study([country("AAA")], [area("a", *apart)])
    assert total_std(item).std == pytest.approx(math.sqrt(13.0 * 0.3 * 0.7), rel=1e-12)


def test_a_level_of_delays_that_is_drawn_has_no_formula() -> None:
    item = with_all_areas(mixed(), delay=Delay(Setting(1.0), 0.0, 2.0))
    assert total_std(item).reasons == ()
    assert total_std(with_all_areas(mixed(), delay=Delay(Setting(1.0), 0.0, Uniform(0.0, 2.0)))).reasons == ("delays",)


def test_uncertain_exponents() -> None:
    """E[2^(g + g')] of an exponent uniform on 0 ... 1 that two countries share: (4 - 1) / log 4; E[2^g] = 1 / log 2."""
    places = [country("AAA", factor=2.0), country("BBB", factor=2.0)]
    item = study(places, [area("a", LogNormal(0.0, 1.0), share=0.0)], number(0.0, 0.0))
    item = with_component(item, "a", 0, exponents=(Exponent("size", Uniform(0.0, 1.0), "exponent/area/a/size"),))
    power, powers = 1.0 / math.log(2.0), 3.0 / math.log(4.0)
    moment = powers * (2.0 * math.exp(2.0) + 2.0 * math.e)
    assert total_std(item).std == pytest.approx(math.sqrt(moment - (2.0 * power * math.exp(0.5)) ** 2), rel=1e-9)


def features() -> Study:
    """Groups, needs, exponents, kinks and jumps, two components in an area, known lateness and rises."""
    item = mixed(dependence=dataclasses.replace(number(), between_needs=0.5, need_common_share=0.2))
    item = with_area(item, "a", need=Setting(0.7, (("region", "North", 0.4),)))
    item = with_area(item, "b", need=Setting(0.8))
    exponent = Exponent("size", Triangular(0.1, 0.3, 0.9), "exponent/area/c/size")
    return with_component(item, "c", 0, exponents=(exponent,))


@pytest.mark.parametrize("item", [mixed(), features()], ids=["costs", "needs and exponents"])
def test_simulation_agrees(item: Study) -> None:
    moments = Moments(simulate(item, scenarios=200_000, breakdowns=())["cost"].values)
    exact = total_std(item).std
    assert abs(moments.std.item() - exact) < 6.0 * moments.std_error.item()
    assert moments.std_error.item() < 0.005 * exact
    # Negative control: countries taken as independent.
    assert abs(moments.std.item() - total_std(_independent(item)).std) > 20.0 * moments.std_error.item()


def _independent(item: Study) -> Study:
    dependence = dataclasses.replace(item.dependence, common_share=0.0, need_common_share=0.0)
    return with_all_areas(dataclasses.replace(item, dependence=dependence), common_share=0.0)


@pytest.mark.parametrize("name", sorted(set(FEATURES) - {"financing"}))
def test_what_has_no_formula_says_why(name: str) -> None:
    item = FEATURES[name](mixed())
    found = total_std(item)
    assert math.isnan(found.std) == bool(found.reasons)
    if not found.reasons:
        moments = Moments(simulate(item, scenarios=50_000, breakdowns=())["cost"].values)
        assert abs(moments.std.item() - found.std) < 6.0 * moments.std_error.item()


def test_heavy_tails_are_refused() -> None:
    steep = Mixture((LogNormal(0.0, 0.3), LogNormal(14.0, 1.0)), (0.999, 0.001))
    item = study([country("AAA")], [area("a", steep, share=0.0), area("b", steep, share=0.0)], number(0.3, 0.0))
    assert total_std(item).reasons == ("tails too heavy or steps too steep for the formula",)


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_costs_whose_square_no_float_holds_are_refused(size: float) -> None:
    item = study([country("AAA")], [area("a", Uniform(size, 2.0 * size), share=0.0)], number(0.3, 0.0))
    assert total_std(item).reasons == ("tails too heavy or steps too steep for the formula",)


def test_moments_of_options() -> None:
    item = with_options(mixed(), normals=gaussian())
    found = exact_moments(item)
    assert found["option"].values.tolist() == ["full", "normals"]
    assert found["exact_std"].values.tolist() == [total_std(mixed()).std, total_std(gaussian()).std]
    assert found["unknown_because"].values.tolist() == ["", ""]
    full = exact_moments(load_study("pops")).sel(option="full")
    assert math.isnan(full["exact_std"].item())
    assert "needs that are correlated with costs" in full["unknown_because"].item()
    assert total_std(study(COUNTRIES, [area("a", Constant(3.0), share=0.0)])).std == 0.0
    with pytest.raises(ParameterError, match="load_study"):
        exact_moments("pops")
