"""Needs, and what is expected of costs that hang on them, against closed forms."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtr, ndtri

from popsim.families import Beta, Constant, Discrete, LogNormal, Uniform
from popsim.plan.dependence import Score
from popsim.plan.needs import Probit, both_below, correlation, needed_cost, needs_of
from popsim.plan.quadrature import expect
from popsim.study.model import Setting

from ..engine.features import needs_with_cost
from ..engine.studies import mixed

SIGMA = 0.8
COST = LogNormal(1.0, SIGMA)
COST_SCORE = Score((("z", 1.0),), ())


def need(to_cost: float, between: float = 0.0) -> Score:
    """Score of a need, of which two correlate by `between` beside what they owe to the cost."""
    rest = math.sqrt(1.0 - to_cost**2)
    return Score((("z", to_cost),), (("g", rest * math.sqrt(between)), ("e", rest * math.sqrt(1.0 - between))))


def bivariate(h: float, k: float, r: float) -> float:
    covariance = [[1.0, r], [r, 1.0]]
    cdf = stats.multivariate_normal.cdf
    return float(cdf([h, k], mean=[0.0, 0.0], cov=covariance, abseps=1e-12, releps=1e-12, maxpts=10**6))


@pytest.mark.parametrize("r", [-0.99, -0.5, 0.0, 0.3, 0.49, 0.51, 0.89, 0.95, 0.999])
def test_both_below_is_the_bivariate_normal(r: float) -> None:
    levels = np.array([-4.0, -1.0, -0.01, 0.0, 0.5, 0.51, 3.0])
    found = both_below(levels[:, None], levels, r)
    for (i, h), (j, k) in itertools.product(enumerate(levels), repeat=2):
        # scipy's own error is below 1e-12 in two dimensions.
        assert abs(found[i, j] - bivariate(h, k, r)) < 1e-11


@pytest.mark.parametrize("r", [1.0, 1.0 + 2e-16, -1.0, -1.0 - 2e-16])
def test_both_below_of_scores_that_are_one(r: float) -> None:
    """Rounding alone can carry a correlation beyond 1."""
    for h, k in ((0.3, 0.3), (-0.5, 1.0), (-0.4, 0.3)):
        exact = ndtr(min(h, k)) if r > 0.0 else max(0.0, ndtr(h) - ndtr(-k))
        assert abs(both_below(h, k, r).item() - exact) < 2e-5


def test_both_below_where_one_is_certain() -> None:
    assert both_below(np.inf, 0.3, 0.7).item() == pytest.approx(ndtr(0.3), abs=1e-15)
    assert both_below(-np.inf, 0.3, 0.7).item() == pytest.approx(0.0, abs=1e-15)


def test_correlation_of_scores() -> None:
    one = Score((("a", 0.6),), (("b", 0.64),), (("c", 0.48),))
    assert correlation(one, one) == pytest.approx(1.0)
    # Names of different kinds are different normals.
    assert correlation(one, Score((("b", 1.0),), ())) == 0.0
    assert correlation(one, Score((), (), (("c", 1.0),))) == 0.48


def test_needs_of_a_component_are_its_area_s_and_its_own() -> None:
    item = needs_with_cost(mixed())
    names = [[name for name, _ in needs_of(area, part)] for area in item.areas for part in area.components]
    assert names == [["area/a"], ["area/b", "area/b/component/start"], ["area/b"], []]
    assert dict(needs_of(item.areas[0], item.areas[0].components[0])) == {"area/a": Setting(0.7)}


@pytest.mark.parametrize("chance", [0.0, 1e-3, 0.25, 0.9, 1.0])
@pytest.mark.parametrize("rho", [-0.9, 0.0, 0.3, 0.95])
def test_a_need_that_hangs_on_cost(rho: float, chance: float) -> None:
    """E[X; need] of a lognormal is its mean times Phi(threshold + rho sigma)."""
    found = needed_cost(COST, {"one": chance}, COST_SCORE, {"one": need(rho)})
    assert found == pytest.approx(COST.mean() * ndtr(ndtri(chance) + rho * SIGMA), rel=1e-7, abs=1e-15)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_an_uncertain_probability(rho: float) -> None:
    chance = Discrete((0.1, 0.8), (0.3, 0.7))
    found = needed_cost(COST, {"one": chance}, COST_SCORE, {"one": need(rho)})
    parts = [0.3 * ndtr(ndtri(0.1) + rho * SIGMA), 0.7 * ndtr(ndtri(0.8) + rho * SIGMA)]
    assert found == pytest.approx(COST.mean() * sum(parts), rel=1e-7)
    smooth = Beta(2.0, 3.0)
    found = needed_cost(COST, {"one": smooth}, COST_SCORE, {"one": need(rho)})
    exact = COST.mean() * expect(smooth, lambda p: ndtr(ndtri(p) + rho * SIGMA))
    assert found == pytest.approx(exact, rel=1e-7)


@pytest.mark.parametrize(("rho", "between"), [(0.0, 0.5), (0.5, 0.0), (0.5, 0.5), (-0.7, 0.9), (0.0, 1.0)])
def test_two_needs(rho: float, between: float) -> None:
    """Under the tilted law of a lognormal, both scores move by rho sigma."""
    one, two = need(rho, between), need(rho, between)
    two = Score(two.shared, (two.own[0], ("other", two.own[1][1])))
    between_needs = rho**2 + (1.0 - rho**2) * between
    chances = {"one": 0.6, "two": 0.3}
    found = needed_cost(COST, chances, COST_SCORE, {"one": one, "two": two})
    h, k = (ndtri(chance) + rho * SIGMA for chance in chances.values())
    exact = ndtr(min(h, k)) if between == 1.0 else bivariate(h, k, between_needs)
    assert found == pytest.approx(COST.mean() * exact, rel=1e-6)


def test_two_uncertain_needs() -> None:
    """One need at a time is known: the sum over its values is that of both."""
    one, two = need(0.5, 0.4), need(0.5, 0.4)
    two = Score(two.shared, (two.own[0], ("other", two.own[1][1])))
    scores = {"one": one, "two": two}
    first, second = Discrete((0.2, 0.9), (0.5, 0.5)), Uniform(0.3, 0.9)
    whole = needed_cost(COST, {"one": first, "two": second}, COST_SCORE, scores)
    apart = [needed_cost(COST, {"one": p, "two": second}, COST_SCORE, scores) for p in (0.2, 0.9)]
    assert whole == pytest.approx(sum(apart) / 2.0, rel=1e-9)
    flat = expect(second, lambda p: [bivariate(ndtri(0.2) + 0.4, x + 0.4, 0.25 + 0.75 * 0.4) for x in ndtri(p)])
    assert apart[0] == pytest.approx(COST.mean() * flat, rel=1e-6)


def test_a_cost_that_is_known() -> None:
    found = needed_cost(Constant(8.0), {"one": 0.25}, COST_SCORE, {"one": need(0.7)})
    assert found == pytest.approx(2.0, rel=1e-9)


# Thresholds of probabilities.


@pytest.mark.parametrize("law", [Uniform(0.25, 0.75), Beta(2.0, 3.0), Beta(0.5, 0.5)])
def test_probit_is_the_threshold_of_the_probability(law: object) -> None:
    probit = Probit(law)  # type: ignore[arg-type]
    p = np.array([0.01, 0.3, 0.5, 0.99])
    np.testing.assert_allclose(probit.ppf(p), ndtri(law.ppf(p)), rtol=1e-13)  # type: ignore[attr-defined]
    np.testing.assert_allclose(probit.isf(p), ndtri(law.isf(p)), rtol=1e-13)  # type: ignore[attr-defined]
    np.testing.assert_allclose(probit.cdf(probit.ppf(p)), p, rtol=1e-9)
    low, high = probit.support()
    assert low <= probit.ppf(0.0) <= probit.ppf(1.0) <= high
    assert list(probit.cdf([low - 1.0, high])) == [0.0, 1.0]


def test_probit_of_a_uniform_probability_is_normal() -> None:
    probit = Probit(Uniform(0.0, 1.0))
    assert probit.mean() == pytest.approx(0.0, abs=1e-9)
    assert probit.std() == pytest.approx(1.0, abs=1e-7)
    # Held at probabilities of 1e-10 and 1 - 1e-10, which are said to be kinks.
    assert probit.support() == pytest.approx((ndtri(1e-10), ndtri(1.0 - 1e-10)))
    assert probit.kinks() == pytest.approx((1e-10, 1.0 - 1e-10))


def test_probit_of_separate_values() -> None:
    jumps = Probit(Discrete((0.0, 0.5, 1.0), (0.25, 0.5, 0.25))).jumps()
    assert jumps is not None
    assert jumps[0].tolist() == [0.25, 0.75, 1.0]
    np.testing.assert_allclose(jumps[1], [ndtri(1e-10), 0.0, ndtri(1.0 - 1e-10)])
    assert Probit(Beta(2.0, 2.0)).jumps() is None
    assert Probit(Beta(2.0, 2.0)).mode() == pytest.approx(0.0, abs=1e-12)
