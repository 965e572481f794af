"""A family fitted to quantiles has these quantiles; what it cannot honour it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.errors import ParameterError
from popsim.families import families
from popsim.families.discrete import Discrete
from popsim.families.empirical import Empirical
from popsim.families.gamma import Gamma
from popsim.families.lognormal import LogNormal
from popsim.families.metalog import Metalog
from popsim.families.normal import Normal
from popsim.families.triangular import Triangular
from popsim.families.uniform import Uniform
from popsim.families.weibull import Weibull

TWO = [
    (cls, probabilities, values)
    for cls in families().values()
    if tuple(cls.quantile_counts) == (2,)
    for probabilities in (("p05", "p95"), ("p50", "p90"), ("p001", "p999"))
    for values in ((80_000, 400_000), (1, 1.05), (0.2, 9))
]


def probability(name):
    return float(f"0.{name[1:]}")


def test_families_of_two_quantiles_are_found():
    assert {Uniform, Normal, LogNormal, Gamma, Weibull} <= {cls for cls, _, _ in TWO}


@pytest.mark.parametrize(("cls", "names", "values"), TWO)
def test_two_quantiles_are_hit(cls, names, values):
    fitted = cls.from_quantiles(**dict(zip(names, values, strict=True)))
    # Gamma solves for log(shape) to 1e-14; the ratio of quantiles moves by at most sqrt(shape) < 1e3 times that.
    np.testing.assert_allclose(fitted.ppf([probability(name) for name in names]), values, rtol=1e-11)


def test_lognormal_from_mean_std_and_median_gsd():
    by_moments = LogNormal.from_mean_std(mean=100, std=40)
    assert by_moments.mean() == pytest.approx(100, rel=1e-14)
    assert by_moments.std() == pytest.approx(40, rel=1e-13)
    by_median = LogNormal.from_median_gsd(median=100, gsd=1.5)
    assert by_median.ppf(0.5) == pytest.approx(100, rel=1e-14)
    assert by_median.sigma == pytest.approx(math.log(1.5))


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(peak=st.floats(0.06, 0.94), low=st.floats(-1e3, 1e3), width=st.floats(0.1, 1e4))
def test_triangular_is_found_again(peak, low, width):
    """Any triangle whose mode lies between its P5 and P95 follows from its P5, P50 and P95."""
    true = Triangular(low, low + peak * width, low + width)
    p05, p50, p95 = true.ppf([0.05, 0.5, 0.95]).tolist()
    fitted = Triangular.from_quantiles(p05=p05, p50=p50, p95=p95)
    np.testing.assert_allclose(fitted.ppf([0.05, 0.5, 0.95]), [p05, p50, p95], rtol=1e-11, atol=1e-11 * width)


def test_triangular_refuses_what_it_cannot_reach_or_tell_apart():
    with pytest.raises(ParameterError, match="strictly between"):
        Triangular.from_quantiles(p05=0, p50=1, p95=10)
    p05, p50, p95 = Triangular(0, 0, 1).ppf([0.05, 0.5, 0.95]).tolist()
    with pytest.raises(ParameterError, match="strictly between"):
        Triangular.from_quantiles(p05=p05 + 1e-13, p50=p50, p95=p95)


@pytest.mark.parametrize("values", [(1, 1 + 1e-9), (1e-300, 1e300)])
def test_gamma_refuses_ratios_that_no_shape_has(values):
    with pytest.raises(ParameterError, match="a ratio of the two between"):
        Gamma.from_quantiles(p25=values[0], p75=values[1])


@pytest.mark.parametrize(
    ("quantiles", "bounds"),
    [
        ({"p10": -3, "p50": 0, "p90": 4}, {}),
        ({"p10": 2, "p50": 3, "p90": 7}, {"low": 0}),
        ({"p10": 2, "p50": 3, "p90": 7}, {"high": 20}),
        ({"p10": 2, "p50": 3, "p90": 7}, {"low": 0, "high": 20}),
        ({"p05": 1, "p25": 2, "p50": 3, "p75": 5, "p95": 11}, {"low": 0}),
        ({"p01": 1, "p05": 2, "p25": 4, "p50": 6, "p75": 9, "p95": 16}, {}),
        ({"p50": 2, "p10": 1, "p90": 5}, {"low": -1e6}),
    ],
)
def test_metalog_hits_all_its_quantiles(quantiles, bounds):
    fitted = Metalog.from_quantiles(**quantiles, **bounds)
    assert len(fitted.coefficients) == len(quantiles)
    # A bounded metalog is one of log(x - low): far from its bound, an amount is known to a few units in its last place.
    far = max((abs(x - bound) for x in quantiles.values() for bound in bounds.values()), default=0.0)
    np.testing.assert_allclose(
        fitted.ppf([probability(name) for name in quantiles]),
        list(quantiles.values()),
        rtol=1e-9,
        atol=1e-14 + 16 * np.finfo(float).eps * far,
    )


def test_metalog_terms_that_symmetric_quantiles_leave_open():
    """Seven terms hold four odd functions, seven symmetric probabilities only three pairs."""
    quantiles = {"p01": 1, "p05": 2, "p25": 4, "p50": 6, "p75": 9, "p95": 16, "p99": 25}
    with pytest.raises(ParameterError, match="leave a coefficient open"):
        Metalog.from_quantiles(**quantiles)
    Metalog.from_quantiles(**{name: number for name, number in quantiles.items() if name != "p50"})


def test_empirical_hits_its_quantiles():
    fitted = Empirical.from_quantiles(low=0, p05=1, p50=4, p95=50, high=80)
    np.testing.assert_allclose(fitted.ppf([0, 0.05, 0.5, 0.95, 1]), [0, 1, 4, 50, 80], rtol=1e-15)
    assert fitted.support() == (0, 80)


def test_empirical_from_data_has_the_quantiles_of_numpy():
    sample = np.random.default_rng(4).lognormal(size=37)
    p = np.linspace(0, 1, 101)
    np.testing.assert_allclose(Empirical.from_data(sample).ppf(p), np.quantile(sample, p), rtol=1e-12)


@pytest.mark.parametrize(
    ("family", "mode"),
    [
        (Empirical([0, 1], [2, 4]), 3),
        (Empirical([0, 0.25, 0.75, 1], [0, 10, 11, 100]), 10.5),
        (Empirical.from_data([1, 7, 7, 7, 7, 9]), 7),
    ],
)
def test_empirical_mode_is_the_middle_of_the_shortest_half(family, mode):
    assert family.mode() == pytest.approx(mode, rel=1e-12)


def test_a_quantile_at_a_jump_is_the_value_below_it():
    """The least value that reaches the probability, from below; from above, the least that is passed no more often."""
    family = Discrete([1, 2, 4], [0.25, 0.5, 0.25])
    assert family.ppf([0.25, np.nextafter(0.25, 1), 0.75, np.nextafter(0.75, 1)]).tolist() == [1, 2, 2, 4]
    assert family.isf([0.75, np.nextafter(0.75, 0), 0.25, np.nextafter(0.25, 0)]).tolist() == [1, 2, 2, 4]
