"""Draws next to the ends of the support: never beyond, and as often within any distance as the family says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special

import popsim as ps
from popsim.errors import ParameterError
from popsim.families import (
    Beta,
    BetaPrime,
    Discrete,
    Empirical,
    Family,
    Gamma,
    LogNormal,
    LogStudent,
    Metalog,
    Mixture,
    Pert,
    Scaled,
    Shifted,
    Truncated,
    Uniform,
    Weibull,
)
from popsim.kernels.marginals import evaluate
from popsim.layout import BOUNDED, BOUNDED_BASE
from popsim.plan.tables import Table, make_table

EXTREMES: dict[str, Family] = {
    "gamma 0.02": Gamma(0.02, 3.0),
    "gamma 0.05": Gamma(0.05, 1e6),
    "gamma 0.7": Gamma(0.7, 2.0),
    "gamma 5e5": Gamma(5e5, 1.0),
    "beta at both ends": Beta(0.01, 0.01),
    "beta between bounds": Beta(0.01, 0.2, 0.1, 0.7),
    "beta at the upper end": Beta(40.0, 0.02, -3.0, 11.0),
    "beta near the lower end": Beta(0.2, 1e6),
    "weibull 0.02": Weibull(0.02, 1.0),
    "weibull 0.2": Weibull(0.2, 1.0),
    "beta prime": BetaPrime(0.03, 3.0, 5.0),
    "pert at the end": Pert(0.0, 0.0, 1.0, 0.1),
    "metalog": Metalog.from_quantiles(p10=0.001, p50=0.5, p90=0.999, low=0.0, high=1.0),
    "empirical": Empirical([0.0, 0.05, 0.5, 0.95, 1.0], [1e4, 5e4, 1e5, 6e5, 5e6]),
    "truncated": Truncated(LogStudent(15.3, 0.8, 4.0), high=4.5e7),
    "truncated from below": Truncated(LogStudent(13.1, 0.4, 2.0), low=1e5, high=1.6e6),
    "truncated gamma": Truncated(Gamma(0.05, 1.0), 1e-30, 2.0),
    "shifted": Shifted(Gamma(0.05, 1.0), 5.0),
    "scaled": Scaled(Beta(0.02, 0.3), 1e7),
    "mixture": Mixture([Gamma(0.05, 1.0), Beta(0.01, 0.01)], [0.5, 0.5]),
    "mixture of far ones": Mixture([Uniform(2.0, 3.0), Shifted(Weibull(0.2, 1.0), 2.0)], [0.9, 0.1]),
}
DENSE = np.concatenate([np.linspace(-8.2, 8.2, 4001), [-8.25, 8.25, -1e9, 1e9]])


def drawn(family: Family, z: np.ndarray) -> np.ndarray:
    """Return what a scenario with each score draws."""
    shape, location, scale = family.standard()
    return location + scale * through_kernel(make_table(shape), z)


def through_kernel(table: Table, z: np.ndarray) -> np.ndarray:
    y = np.zeros(len(z))
    evaluate(y, z, len(z), table.kind, np.array(table.numbers), 0)
    return table.location + table.scale * y


@pytest.fixture(scope="module")
def sample() -> dict[str, np.ndarray]:
    x = ps.sample(EXTREMES, scenarios=100_000, seed=16)
    return {name: x[name].values for name in EXTREMES}


@pytest.mark.parametrize("name", EXTREMES)
def test_no_draw_leaves_the_support(name: str, sample: dict[str, np.ndarray]) -> None:
    low, high = EXTREMES[name].support()
    for x in (sample[name], drawn(EXTREMES[name], DENSE)):
        assert low <= x.min()
        assert x.max() <= high


def test_bounds_that_rounding_would_pass_are_kept() -> None:
    """Bounds whose distance is no float: low + (high - low) may be more than high."""
    ends = np.random.default_rng(5).uniform([-1.0, 0.0], [-0.5, 1e-3], (200, 2)).tolist()
    assert any(low + (high - low) > high for low, high in ends)
    families = {str(place): Beta(3.0, 0.01, low, high) for place, (low, high) in enumerate(ends)}
    x = ps.sample(families, scenarios=200, seed=2)
    assert all(x[str(place)].max() <= high for place, (_, high) in enumerate(ends))


@pytest.mark.parametrize("name", ["gamma 0.05", "beta at both ends", "weibull 0.2", "metalog", "truncated"])
def test_without_its_ends_a_table_leaves_the_support(name: str) -> None:
    """Negative control: the polynomials alone."""
    shape = EXTREMES[name].standard()[0]
    table = make_table(shape)
    assert table.kind == BOUNDED
    bare = table._replace(kind=int(table.numbers[0]), numbers=table.numbers[BOUNDED_BASE:].copy())
    low, high = shape.support()
    x = through_kernel(bare, DENSE)
    assert x.min() < low or x.max() > high


@pytest.mark.parametrize("name", EXTREMES)
def test_small_probabilities_are_those_of_the_family(name: str, sample: dict[str, np.ndarray]) -> None:
    """Counts below the quantile at 2 % and above that at 98 %; 6 standard deviations, a false alarm once in 5e8."""
    family, x = EXTREMES[name], sample[name]
    count, p = len(x), 0.02
    allowed = 6.0 * math.sqrt(count * p * (1.0 - p))
    low, high = family.support()
    # Where the quantile is the end itself, in all the digits that it has, there is no smaller value to count.
    if (quantile := family.ppf(p).item()) > low + 1e-12 * abs(low):
        assert abs((x < quantile).sum() - count * p) <= allowed
    if (quantile := family.isf(p).item()) < high - 1e-12 * abs(high):
        assert abs((x > quantile).sum() - count * p) <= allowed


def leading_logs(family: Family, z: np.ndarray) -> np.ndarray:
    """Return log T(z) where T is small, by the first term of the distribution function; T itself drops out."""
    log_p = special.log_ndtr(z)
    if isinstance(family, Weibull):
        return np.log(-np.log1p(-special.ndtr(z))) / family.shape + math.log(family.scale)
    if isinstance(family, Gamma):
        return (log_p + special.gammaln(family.shape + 1.0)) / family.shape + math.log(family.scale)
    assert isinstance(family, Beta)
    return (log_p + math.log(family.a) + special.betaln(family.a, family.b)) / family.a


@pytest.mark.parametrize(
    "family",
    [
        Gamma(0.02, 3.0),
        Gamma(0.05, 1e6),
        Gamma(0.7, 2.0),
        Weibull(0.02, 1.0),
        Weibull(0.2, 5.0),
        Beta(0.01, 0.01),
        Beta(0.03, 1e4),
        Beta(0.2, 30.0),
        Beta(0.2, 1e6),
        Beta(0.5, 0.02),
    ],
    ids=repr,
)
def test_the_lower_tail_over_all_orders_of_magnitude(family: Family) -> None:
    """Against the power law that it follows, down to 1e-280 of the scale."""
    z = np.linspace(-8.2, 1.0, 2001)
    expected = leading_logs(family, z)
    start = math.log(family.ppf(0.5).item() + 1e-300) if isinstance(family, Gamma) else 0.0
    rows = (expected > -644.0) & (expected < min(start, 0.0) - 30.0 - math.log1p(getattr(family, "b", 0.0)))
    assert rows.sum() > 10
    error = np.abs(np.log(drawn(family, z[rows])) - expected[rows])
    assert error.max() <= 2e-3


@pytest.mark.parametrize("b", [0.01, 0.2, 0.5])
def test_the_distance_to_an_upper_end(b: float) -> None:
    """Against the lower tail of the mirrored distribution, as far as 1 - x has digits."""
    z = np.linspace(-3.0, 8.2, 2001)
    distance, expected = 1.0 - drawn(Beta(3.0, b), z), Beta(b, 3.0).ppf(special.ndtr(-z))
    rows = expected > 1e-9
    assert np.abs(distance[rows] / expected[rows] - 1.0).max() <= 2e-3
    assert np.abs(distance - expected).max() <= 1e-8


def test_what_stays_within_its_support_keeps_its_polynomials() -> None:
    usual = (
        Gamma(2.5, 1.0),
        Beta(2.0, 3.0),
        Pert(0.0, 0.3, 1.0),
        Weibull(2.0, 1.0),
        Uniform(0.0, 1.0),
    )
    assert all(make_table(family).kind != BOUNDED for family in usual)


def test_what_a_gamma_may_be_declared_as_it_can_be_drawn_as() -> None:
    with pytest.raises(ParameterError, match="shape <= 500000"):
        Gamma(500_001.0, 1.0)


def test_ten_thousand_observations_and_more_are_drawn() -> None:
    """Quantiles of draws at scores are those of the observations; within the tolerance of any table."""
    data = np.random.default_rng(3).lognormal(0.0, 1.0, 100_000)
    for count in (10_000, 100_000):
        family = Empirical.from_data(data[:count])
        width = np.ptp(family.ppf([0.05, 0.95]))
        z = np.linspace(-5.0, 5.0, 20_001)
        true = family.ppf(special.ndtr(z))
        allowed = 1e-8 * np.maximum(width, np.abs(true - family.ppf(0.5)))
        assert (np.abs(drawn(family, z) - true) <= allowed).all()


def test_thirty_thousand_separate_values_are_drawn_exactly() -> None:
    values = np.arange(30_000.0)[::-1]
    family = Discrete(values, np.full(30_000, 1.0 / 30_000))
    z = np.linspace(-8.0, 8.0, 10_001)
    away = np.abs(special.ndtr(z) * 30_000 - np.rint(special.ndtr(z) * 30_000)) > 1e-6
    np.testing.assert_array_equal(drawn(family, z[away]), family.ppf(special.ndtr(z[away])))


def test_values_given_twice_are_named_in_few_words() -> None:
    with pytest.raises(ParameterError) as caught:
        Discrete([1.0, 2.0] * 5_000 + list(range(10, 9_010)) * 2, [1.0 / 28_000] * 28_000)
    assert "and 8,997 more more than once" in str(caught.value)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("between", [lambda family: family, lambda family: Shifted(family, 1e-3)])
def test_a_stack_of_truncations_is_the_narrowest(between) -> None:  # type: ignore[no-untyped-def]
    """Thirty, which took time that doubles with each; and nothing but the last counts."""
    stack: Family = LogNormal(0.0, 1.0)
    for step in range(30):
        stack = Truncated(between(stack), 0.01 + 0.02 * step, 50.0 - step)
    moved = between(LogNormal(0.0, 1.0)).support()[0] * 30.0
    plain = Truncated(Shifted(LogNormal(0.0, 1.0), moved), 0.01 + 0.02 * 29, 50.0 - 29)
    p = np.linspace(0.0, 1.0, 101)
    np.testing.assert_allclose(stack.ppf(p), plain.ppf(p), rtol=1e-10)
    assert np.isfinite(drawn(stack, DENSE)).all()
