"""What is expected without drawing, against closed forms; and the quadrature behind it."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import ndtr, ndtri

from popsim.families import Beta, Constant, Discrete, Empirical, Family, Gamma, LogNormal, Normal, Triangular, Uniform
from popsim.plan.expectation import expect_rows
from popsim.plan.lateness import lag_weights
from popsim.plan.quadrature import expect, legendre, nodes, scored_nodes
from popsim.plan.study_view import StudyView
from popsim.study.model import Delay, Escalation, Exponent, Setting, Shock, Study

from ..engine.features import FEATURES, with_all_areas, with_component, with_dependence
from ..engine.studies import COUNTRIES, area, component, mixed, study

PROFILE = (0.5, 0.25, 0.25)
ONE = study(COUNTRIES[2:3], [area("a", component("k", LogNormal(1.0, 0.5), PROFILE))])
"""One country of three times the reference size; prices of 2025, payments from 2030 on."""
MEAN = math.exp(1.125)


def mean(item: Study) -> float:
    return float(expect_rows(StudyView(item)).mean.item())


def test_costs_alone() -> None:
    found = expect_rows(StudyView(ONE))
    assert found.mean.item() == pytest.approx(MEAN, rel=1e-12)
    assert found.mode.item() == pytest.approx(math.exp(0.75), rel=1e-12)
    assert found.std.item() == pytest.approx(MEAN * math.sqrt(math.expm1(0.25)), rel=1e-12)


@pytest.mark.parametrize("name", sorted(set(FEATURES) - {"financing"}))
def test_no_spread_is_told_where_there_is_no_formula(name: str) -> None:
    found = expect_rows(StudyView(FEATURES[name](mixed())))
    assert np.isnan(found.std).all()
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.mode).all()


def test_escalation() -> None:
    """E[(1 + r)^k] of r uniform on l ... h is ((1 + h)^(k+1) - (1 + l)^(k+1)) / ((k + 1) (h - l))."""
    low, high = -0.02, 0.06
    item = with_all_areas(ONE, escalation=Escalation(Uniform(low, high), "escalation"))
    powers = [((1 + high) ** (k + 1) - (1 + low) ** (k + 1)) / ((k + 1) * (high - low)) for k in (5, 6, 7)]
    assert mean(item) == pytest.approx(MEAN * np.dot(PROFILE, powers), rel=1e-9)
    known = with_all_areas(ONE, escalation=Escalation(0.03, "escalation"))
    assert mean(known) == pytest.approx(MEAN * np.dot(PROFILE, 1.03 ** np.array([5, 6, 7])), rel=1e-12)
    later = dataclasses.replace(item, price_year=2040)
    assert mean(later) == pytest.approx(MEAN, rel=1e-12)


def test_exponents() -> None:
    """E[3^g] of g uniform on l ... h is (3^h - 3^l) / ((h - l) log 3)."""
    item = with_component(ONE, "a", 0, exponents=(Exponent("size", Uniform(0.2, 0.9), "exponent"),))
    factor = (3.0**0.9 - 3.0**0.2) / (0.7 * math.log(3.0))
    assert mean(item) == pytest.approx(MEAN * factor, rel=1e-9)


def test_shocks() -> None:
    one = Shock("one", "one", ("a",), 0.3, Triangular(1.0, 1.2, 2.0), "judgement", "")
    two = Shock("two", "two", ("a",), 1.0, 0.5, "judgement", "")
    other = Shock("other", "other", (), 1.0, 9.0, "judgement", "")
    factor = (1.0 + 0.3 * (4.2 / 3.0 - 1.0)) * 0.5
    assert mean(dataclasses.replace(ONE, shocks=(one, two, other))) == pytest.approx(MEAN * factor, rel=1e-12)


@pytest.mark.parametrize("rho", [0.0, 0.5])
def test_needed_with_another_component(rho: float) -> None:
    """E[X 1(need of the other)] of a lognormal is its mean times Phi(t + rho w sigma), w between the components."""
    need = Setting(0.3)
    parts = [component(name, LogNormal(1.0, 0.5), PROFILE) for name in "kl"]
    parts = [dataclasses.replace(parts[0], need=need), dataclasses.replace(parts[1], need=need, needed_with="k")]
    item = with_dependence(study(COUNTRIES[2:3], [area("a", *parts)]), need_with_cost=rho, between_components=0.4)
    found = expect_rows(StudyView(item)).mean[0]
    exact = [MEAN * ndtr(ndtri(0.3) + rho * between * 0.5) for between in (1.0, 0.4)]
    np.testing.assert_allclose(found, exact, rtol=1e-7)


@pytest.mark.parametrize(("years", "within"), [(0.0, 1.0), (0.5, 0.875), (1.0, 0.75), (2.5, 0.25), (40.0, 0.0)])
def test_known_lateness(years: float, within: float) -> None:
    assert mean(dataclasses.replace(ONE, start=Setting(years))) == pytest.approx(MEAN * within, abs=1e-12)
    prolonged = with_all_areas(ONE, delay=Delay(Setting(years), 0.1))
    assert mean(prolonged) == pytest.approx(MEAN * within * (1.0 + 0.1 * years), abs=1e-12)


@pytest.mark.parametrize("flip", [False, True])
def test_lags_of_a_uniform_start_and_a_uniform_delay(flip: bool) -> None:
    """The sum of two uniforms on 0 ... 1 has E[max(x - sum, 0)] = x^3 / 6 up to 1, and x - 1 from 2 on."""
    one, two = (Uniform(0.0, 1.0), Uniform(0.0, 1.0))
    found = lag_weights(two, one, 0.0, 4) if flip else lag_weights(one, two, 0.0, 4)
    np.testing.assert_allclose(found, [1 / 6, 2 / 3, 1 / 6, 0.0], atol=1e-9)


@pytest.mark.parametrize(
    ("begin", "late"),
    [
        (Uniform(0.0, 3.0), Discrete((0.0, 2.0), (0.5, 0.5))),
        (Discrete((0.0, 2.0), (0.5, 0.5)), Uniform(0.0, 3.0)),
    ],
)
def test_lags_of_what_comes_in_steps(begin: Family, late: Family) -> None:
    """A uniform on 0 ... 3 gives 1/6, 1/3, 1/3, 1/6; half of that comes two years later."""
    uniform = np.array([1 / 6, 1 / 3, 1 / 3, 1 / 6, 0.0, 0.0])
    found = lag_weights(begin, late, 0.0, 6)
    np.testing.assert_allclose(found, 0.5 * uniform + 0.5 * np.roll(uniform, 2), atol=1e-7)


@pytest.mark.parametrize("late", [Gamma(2.0, 0.9), LogNormal(0.0, 1.0), Beta(0.5, 0.5, 0.0, 3.0), Constant(1.25), 7.5])
@pytest.mark.parametrize("begin", [0.0, 0.75, Triangular(0.0, 0.5, 2.5), Discrete((0.0, 1.5), (0.25, 0.75))])
def test_lags_hold_all_that_is_paid(begin: object, late: object) -> None:
    average = late.mean() if isinstance(late, Family) else late
    found = lag_weights(begin, late, 0.1, 5)  # type: ignore[arg-type]
    assert len(found) == 5
    assert min(found) >= -1e-15
    assert sum(found) == pytest.approx(1.0 + 0.1 * average, rel=1e-6)  # type: ignore[operator]


@pytest.mark.parametrize("flip", [False, True])
def test_lags_of_a_drawn_level_times_a_drawn_delay(flip: bool) -> None:
    """E[(L D - 1)+] of uniforms on 0 ... 2 and 0 ... 1 is the integral of (l - 1)^2 / 4l, (log 2 - 1/2) / 4."""
    one, two = Uniform(0.0, 2.0), Uniform(0.0, 1.0)
    late, level = (two, one) if flip else (one, two)
    beyond = (math.log(2.0) - 0.5) / 4.0
    found = lag_weights(0.0, late, 0.0, 3, level)
    np.testing.assert_allclose(found, [0.5 + beyond, 0.5 - 2.0 * beyond, beyond], atol=2e-7)
    # E[(1 + c L D)] in all, and the last lag holds what is beyond it.
    assert sum(lag_weights(0.0, late, 0.3, 2, level)) == pytest.approx(1.0 + 0.3 * 0.5, rel=1e-9)
    np.testing.assert_allclose(lag_weights(0.0, late, 0.0, 2, level), [0.5 + beyond, 0.5 - beyond], atol=2e-7)


@pytest.mark.parametrize("begin", [0.0, 0.75, Uniform(0.0, 2.0), Discrete((0.0, 1.5), (0.25, 0.75))])
@pytest.mark.parametrize("late", [1.25, Constant(1.25), Gamma(2.0, 0.9), Discrete((0.0, 2.0), (0.5, 0.5)), 0.0])
def test_a_level_in_steps_is_a_mean_over_known_levels(begin: object, late: object) -> None:
    """And a known level only multiplies what is drawn: by its law where it is drawn from one value."""
    level = Discrete((0.0, 0.5, 2.0), (0.2, 0.5, 0.3))
    found = lag_weights(begin, late, 0.1, 8, level)  # type: ignore[arg-type]
    known = [lag_weights(begin, late, 0.1, 8, value) for value in (0.0, 0.5, 2.0)]  # type: ignore[arg-type]
    # What is known of one level with two densities is itself good to some 4e-5: the next test is sharper.
    np.testing.assert_allclose(found, np.dot([0.2, 0.5, 0.3], known), atol=5e-5)
    one = lag_weights(begin, late, 0.1, 8, Constant(0.5))  # type: ignore[arg-type]
    np.testing.assert_allclose(one, known[1], atol=1e-15)


def test_a_level_beside_a_start_and_a_delay_that_are_drawn() -> None:
    """Of S uniform on 0 ... 2, E[(S + y - a)+] is known; a gamma delay at two levels is left to scipy's quadrature."""
    law, cost, lags = stats.gamma(2.0, scale=0.9), 0.1, 6
    chances = {0.5: 0.4, 2.0: 0.6}

    def beyond(years: float, y: float) -> float:
        return (max(2.0 + y - years, 0.0) ** 2 - max(y - years, 0.0) ** 2) / 4.0

    def expected(years: float, level: float) -> float:
        """E[(S + level x D - years)+ (1 + cost x level x D)]."""
        ends = [0.0, *(k / 2.0 / level for k in range(1, 40)), 400.0]
        return sum(
            integrate.quad(lambda d: beyond(years, level * d) * (1.0 + cost * level * d) * law.pdf(d), low, high)[0]
            for low, high in itertools.pairwise(ends)
        )

    over = [sum(p * expected(lag, level) for level, p in chances.items()) for lag in range(lags)]
    whole = 1.0 + cost * (0.4 * 0.5 + 0.6 * 2.0) * 1.8
    upto = [whole - over[0] + over[1], *(over[k - 1] - 2.0 * over[k] + over[k + 1] for k in range(1, lags - 1))]
    exact = [*upto, over[-2] - over[-1]]
    found = lag_weights(Uniform(0.0, 2.0), Gamma(2.0, 0.9), cost, lags, Discrete((0.5, 2.0), (0.4, 0.6)))
    np.testing.assert_allclose(found, exact, atol=1e-6)


def test_a_level_of_heavy_tails_loses_no_digits() -> None:
    """A delay without a variance, at a level that is near zero at times: all is paid, prolonged by its mean."""
    late, level = LogNormal(0.0, 2.5), Uniform(0.0, 2.0)
    assert sum(lag_weights(0.0, late, 0.1, 5, level)) == pytest.approx(1.0 + 0.1 * late.mean(), rel=1e-6)


def test_a_known_level_is_the_delay_times_it() -> None:
    times = with_all_areas(ONE, delay=Delay(Setting(1.25), 0.1, level=2.0))
    assert mean(times) == pytest.approx(mean(with_all_areas(ONE, delay=Delay(Setting(2.5), 0.1))), abs=1e-15)


@pytest.mark.parametrize(
    ("law", "function", "exact"),
    [
        (Normal(1.0, 2.0), lambda x: x**4, 1 + 6 * 4 + 3 * 16),
        (LogNormal(0.0, 1.0), lambda x: x**2, math.exp(2.0)),
        (Uniform(-1.0, 3.0), np.exp, (math.exp(3.0) - math.exp(-1.0)) / 4.0),
        (Empirical((0.0, 0.2, 1.0), (0.0, 5.0, 9.0)), lambda x: x, 0.2 * 2.5 + 0.8 * 7.0),
        (Discrete((1.0, 2.0), (0.25, 0.75)), lambda x: x**3, 6.25),
        (Constant(3.0), lambda x: x + 1.0, 4.0),
    ],
)
def test_quadrature(law: Family, function, exact: float) -> None:  # type: ignore[no-untyped-def]
    assert expect(law, function) == pytest.approx(exact, rel=1e-9)


def test_weights_of_nodes_sum_to_one_and_scores_are_normal() -> None:
    for law in (Normal(0.0, 1.0), Triangular(0.0, 1.0, 6.0), Discrete((1.0, 2.0, 4.0), (0.2, 0.3, 0.5))):
        values, weights = nodes(law)
        assert weights.sum() == pytest.approx(1.0, abs=1e-13)
        score, value, weight = scored_nodes(law)
        assert weight.sum() == pytest.approx(1.0, abs=1e-13)
        assert (np.diff(score) > 0.0).all()
        assert (np.diff(value) >= 0.0).all()
        assert float(score**2 @ weight) == pytest.approx(1.0, abs=1e-9)
        assert float(value @ weight) == pytest.approx(float(values @ weights), rel=1e-9)


def test_gauss_legendre_is_exact_up_to_its_degree() -> None:
    points, weights = legendre(5)
    assert [float(points**k @ weights) for k in (0, 1, 8, 9)] == pytest.approx([2.0, 0.0, 2.0 / 9.0, 0.0], abs=1e-14)
