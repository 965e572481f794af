"""Modifiers against formulas on paper and against scipy; where laws jump, have gaps or are steep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from popsim.errors import ParameterError
from popsim.families import (
    Constant,
    Discrete,
    Empirical,
    Gamma,
    LogNormal,
    Mixture,
    Normal,
    Scaled,
    Shifted,
    Truncated,
    Uniform,
    build,
    to_toml,
)
from popsim.families.roots import find_crossings

P = np.concatenate([np.logspace(-14, -2, 25), np.linspace(0.02, 0.98, 97)])


@pytest.mark.parametrize(("low", "high"), [(-1, 2), (None, 0.5), (0, None), (1, 1.5), (-math.inf, math.inf)])
def test_truncated_normal_is_that_of_scipy(low, high):
    family = Truncated(Normal(0, 1), low, high)
    ends = (-np.inf if low is None else low, np.inf if high is None else high)
    expected = stats.truncnorm(*ends)
    np.testing.assert_allclose(family.ppf(P), expected.ppf(P), rtol=1e-11, atol=1e-13)
    x = np.linspace(-1, 2, 31)
    np.testing.assert_allclose(family.cdf(x), expected.cdf(x), rtol=0, atol=1e-14)
    assert family.mean() == pytest.approx(expected.mean(), abs=1e-13)
    assert family.std() == pytest.approx(expected.std(), rel=1e-11)
    assert family.support() == ends


def test_a_far_tail_keeps_its_digits():
    """Beyond 5 the excess of a normal has the mean phi(5) / S(5) - 5, with S by the continued fraction of scipy."""
    family = Truncated(Normal(0, 1), low=5)
    mills = math.exp(-12.5) / math.sqrt(2 * math.pi) / float(special.ndtr(-5.0))
    assert family.mean() == pytest.approx(mills, rel=1e-13)
    assert family.std() == pytest.approx(math.sqrt(1 + 5 * mills - mills**2), rel=1e-9)
    q = np.logspace(-14, -1, 14)
    np.testing.assert_allclose(special.ndtr(-family.isf(q)) / special.ndtr(-5.0), q, rtol=1e-12)


def test_moments_of_a_truncated_lognormal_by_formula():
    """E[X^k; X <= b] = exp(k mu + k^2 sigma^2 / 2) Phi((log b - mu) / sigma - k sigma)."""
    mu, sigma, high = 0.3, 1.2, 7.0
    z = (math.log(high) - mu) / sigma
    first, second = (
        math.exp(k * mu + 0.5 * k * k * sigma**2) * special.ndtr(z - k * sigma) / special.ndtr(z) for k in (1, 2)
    )
    family = Truncated(LogNormal(mu, sigma), high=high)
    assert family.mean() == pytest.approx(first, rel=1e-12)
    assert family.std() == pytest.approx(math.sqrt(second - first**2), rel=1e-11)


def test_a_heavy_tail_has_its_moments_when_it_is_cut_off_and_not_before():
    heavy = LogNormal(0, 30)
    assert heavy.std() == math.inf
    assert Truncated(heavy, low=1).std() == math.inf
    assert 0 < Truncated(heavy, high=100).std() < 100


def test_bounds_belong_to_the_interval_and_gaps_do_not():
    steps = Discrete([1, 2, 3], [0.2, 0.3, 0.5])
    assert Truncated(steps, 2, 3).jumps()[1].tolist() == [2, 3]
    np.testing.assert_allclose(Truncated(steps, 2, 3).jumps()[0], [0.375, 1])
    assert Truncated(steps, 1.5, 2.5).support() == (2, 2)
    islands = Mixture([Uniform(0, 1), Uniform(5, 6)], [0.5, 0.5])
    assert Truncated(islands, 1, 5.5).support() == (5, 5.5)
    assert Truncated(islands, 0.5, 5).support() == (0.5, 1)
    assert Truncated(islands, 0.5, 5).ppf([0, 1]).tolist() == [0.5, 1]


def test_truncation_twice_is_truncation_to_the_narrower():
    once = Truncated(LogNormal(0, 1), 0.5, 3)
    twice = Truncated(Truncated(LogNormal(0, 1), 0.5), high=3)
    np.testing.assert_allclose(twice.ppf(P), once.ppf(P), rtol=1e-12)
    assert twice.mean() == pytest.approx(once.mean(), rel=1e-12)


def test_shifted_and_scaled_share_the_table_of_what_they_move():
    family = Shifted(Scaled(LogNormal(0, 0.7), 3), 10)
    assert family.standard() == (LogNormal(0, 0.7), 10, 3)
    assert family.mean() == pytest.approx(10 + 3 * math.exp(0.245), rel=1e-14)
    assert family.mode() == pytest.approx(10 + 3 * math.exp(-0.49), rel=1e-14)
    np.testing.assert_allclose(family.cdf(family.ppf(P)), P, rtol=1e-9)


def test_moved_atoms_are_met_exactly():
    """0.1 + 0.2 is not 0.3 in floats: the probability sits at the float that a draw gives."""
    for family in (Shifted(Constant(0.1), 0.2), Scaled(Constant(0.1), 3), Shifted(Discrete([0.1], [1]), 0.2)):
        (value,) = family.atoms()
        assert family.ppf(0.5) == value
        assert family.cdf([np.nextafter(value, 0), value, np.nextafter(value, 1)]).tolist() == [0, 1, 1]


TWO = Mixture([LogNormal(0, 0.5), LogNormal(1, 0.3)], [0.25, 0.75])


def test_moments_of_a_mixture_by_formula():
    means = [math.exp(0.125), math.exp(1.045)]
    squares = [math.exp(0.5), math.exp(2.18)]
    mean = 0.25 * means[0] + 0.75 * means[1]
    assert TWO.mean() == pytest.approx(mean, rel=1e-15)
    assert TWO.std() == pytest.approx(math.sqrt(0.25 * squares[0] + 0.75 * squares[1] - mean**2), rel=1e-13)


def test_a_mixture_comes_back_from_its_quantiles():
    np.testing.assert_allclose(TWO.cdf(TWO.ppf(P)), P, rtol=1e-12)
    np.testing.assert_allclose(TWO.sf(TWO.isf(P)), P, rtol=1e-12)


def test_an_event_that_may_not_happen():
    """Bernoulli times lognormal: 0 up to 0.3, then the quantiles of the lognormal at (p - 0.3) / 0.7."""
    event = Mixture([Constant(0), LogNormal(2, 1)], [0.3, 0.7])
    assert event.ppf([0.0, 1e-9, 0.15, 0.3]).tolist() == [0, 0, 0, 0]
    p = np.linspace(0.31, 0.999, 50)
    np.testing.assert_allclose(event.ppf(p), LogNormal(2, 1).ppf((p - 0.3) / 0.7), rtol=1e-12)
    assert event.mean() == pytest.approx(0.7 * math.exp(2.5), rel=1e-15)
    assert event.cdf([-1e-300, 0.0]).tolist() == [0, pytest.approx(0.3)]
    assert event.kinks() == (pytest.approx(0.3),)
    assert event.mode() == 0


def test_a_gap_belongs_to_the_value_before_it():
    islands = Mixture([Uniform(0, 1), Uniform(5, 6)], [0.25, 0.75])
    assert islands.ppf([0.25, np.nextafter(0.25, 1)]).tolist() == [1, pytest.approx(5, abs=1e-12)]
    assert islands.gaps() == [(1, 5)]
    assert islands.kinks() == (0.25,)
    lump = Mixture([Empirical([0, 0.4, 0.6, 1], [1, 3, 3, 4]), Uniform(2, 9)], [0.5, 0.5])
    assert lump.atoms().tolist() == [3]
    inside = (0.2 + 0.5 / 7, 0.3 + 0.5 / 7)
    assert lump.ppf(np.linspace(inside[0] + 1e-12, inside[1] - 1e-12, 9)).tolist() == [3] * 9


def test_separate_values_pool_to_separate_values():
    pool = Mixture([Constant(1), Discrete([1, 2, 5], [0.2, 0.3, 0.5])], [0.4, 0.6])
    assert pool.jumps()[1].tolist() == [1, 2, 5]
    np.testing.assert_allclose(pool.jumps()[0], [0.52, 0.7, 1])


def test_the_mode_of_a_pool_is_its_higher_peak():
    """Far apart, the density at each peak is weight / (std sqrt(2 pi)), and neither peak is moved by the other."""
    assert Mixture([Normal(0, 1), Normal(50, 2)], [0.4, 0.6]).mode() == pytest.approx(0, abs=1e-3)
    assert Mixture([Normal(0, 1), Normal(50, 2)], [0.3, 0.7]).mode() == pytest.approx(50, abs=1e-3)
    assert Mixture([Gamma(0.5, 1), Normal(5, 1)], [0.1, 0.9]).mode() == 0
    assert Truncated(Mixture([Normal(0, 1), Normal(50, 2)], [0.4, 0.6]), low=20).mode() == pytest.approx(50, abs=1e-3)


def test_crossings_span_orders_of_magnitude_and_do_not_go_on_for_ever():
    low, high = np.array([0.0, 1e-300, -1e9]), np.array([1.0, 1e300, 1.0])
    roots = np.array([3e-200, 7.5, -1e-3])
    found = find_crossings(lambda x, rows: np.sign(x - roots[rows]), low, high)
    eps = np.finfo(float).eps
    assert np.all(np.abs(found - roots) <= 4 * eps * np.abs(roots) + np.where(low < 0, 2e-9 * eps * (high - low), 0))
    with pytest.raises(ArithmeticError, match="no crossing found in 5 steps for 3 brackets"):
        find_crossings(lambda x, rows: np.sign(x - roots[rows]), low, high, steps=5)


simple = st.one_of(
    st.builds(Constant, st.integers(-5, 5)),
    st.builds(Normal, st.integers(-5, 5), st.floats(0.1, 4)),
    st.builds(LogNormal, st.floats(-2, 2), st.floats(0.05, 2)),
    st.integers(-5, 5).map(lambda low: Uniform(low, low + 2)),
    st.just(Discrete([0, 1, 4], [0.5, 0.2, 0.3])),
)
pools = st.lists(st.tuples(simple, st.integers(1, 9)), min_size=1, max_size=4).map(
    lambda parts: Mixture([part for part, _ in parts], [w / sum(v for _, v in parts) for _, w in parts])
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(pools, st.lists(st.floats(1e-12, 1 - 1e-12), min_size=1, max_size=20))
def test_quantiles_of_a_pool_are_the_least_values_that_reach_the_probability(pool, probabilities):
    p = np.sort(probabilities)
    x = pool.ppf(p)
    step = 64 * np.finfo(float).eps * np.maximum(np.abs(x), 1e-3)
    assert np.all(np.diff(x) >= -step[1:])
    assert np.all(pool.cdf(x + step) >= p * (1 - 1e-12))
    assert np.all(pool.cdf(x - step) <= p * (1 + 1e-9) + 1e-15)
    assert build(to_toml(pool), "here") == pool


def attempt(make):
    """Give what is made, or the problems: any other error goes on its way."""
    try:
        return make(), ()
    except ParameterError as error:
        return None, error.problems


anything = st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=3), st.integers(), st.just([]), simple)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.sampled_from([Truncated, Shifted, Scaled, Mixture]), st.lists(anything, min_size=2, max_size=3))
def test_bad_arguments_are_refused_and_nothing_else_happens(cls, arguments):
    made, problems = attempt(lambda: cls(*arguments[: 3 if cls is Truncated else 2]))
    assert all(problem.where and problem.found and problem.allowed for problem in problems)
    assert made is None or build(to_toml(made), "here") == made


words = st.sampled_from(["family", "distribution", "distributions", "weights", "by", "low", "high", "mu", "coverage"])
tables = st.recursive(
    st.one_of(anything, st.sampled_from(["truncated", "mixture", "scaled", "lognormal", "uniform"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=4)),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(["truncated", "mixture", "scaled", "shifted"]), st.dictionaries(words, tables, max_size=4))
def test_any_table_is_built_or_refused(name, table):
    made, problems = attempt(lambda: build({**table, "family": name}, "here"))
    assert all(problem.where.startswith("here") for problem in problems)
    assert made is None or build(to_toml(made), "here") == made
