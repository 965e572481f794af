"""The metalog against its published formulas, written out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from popsim.errors import ParameterError
from popsim.families.metalog import Metalog

P = np.concatenate([np.logspace(-12, -2, 11), np.linspace(0.02, 0.98, 97)])


def keelin(a, y):
    """Keelin (2016), equation 6, term by term for ten terms."""
    logit, d = math.log(y / (1 - y)), y - 0.5
    terms = [1, logit, d * logit, d, d**2, d**2 * logit, d**3, d**3 * logit, d**4, d**4 * logit]
    return sum(coefficient * term for coefficient, term in zip(a, terms, strict=False))


def slope(a, y):
    """Derivative of M for four terms: a2 / (y (1 - y)) + a3 (d / (y (1 - y)) + L) + a4."""
    _, a2, a3, a4 = a
    return a2 / (y * (1 - y)) + a3 * ((y - 0.5) / (y * (1 - y)) + math.log(y / (1 - y))) + a4


COEFFICIENTS = (1.5, 2.0, 0.4, 0.7, -0.3, 0.5, 0.2, 0.1, 0.3, -0.1)


@pytest.mark.parametrize("terms", range(2, 11))
def test_unbounded_formula(terms):
    a = COEFFICIENTS[:terms]
    np.testing.assert_allclose(Metalog(a).ppf(P), [keelin(a, y) for y in P], rtol=1e-12, atol=1e-13)


def test_bounded_formulas():
    """Keelin (2016), equations 11, 13 and 14: log and logit metalog."""
    a = (0.5, 0.4, 0.1, 0.2)
    m = np.array([keelin(a, y) for y in P])
    np.testing.assert_allclose(Metalog(a, low=3).ppf(P), 3 + np.exp(m), rtol=1e-12)
    np.testing.assert_allclose(Metalog(a, high=3).ppf(P), 3 - np.exp(-m), rtol=1e-12)
    np.testing.assert_allclose(
        Metalog(a, low=-1, high=3).ppf(P), (-1 + 3 * np.exp(m)) / (1 + np.exp(m)), rtol=1e-12, atol=1e-13
    )


def test_upper_tail_keeps_its_digits():
    q = np.logspace(-16, -3, 14)
    expected = -1 + math.exp(2) * ((1 - q) / q) ** 0.3
    np.testing.assert_allclose(Metalog((2, 0.3), low=-1).isf(q), expected, rtol=1e-13)
    np.testing.assert_allclose(Metalog((10, 2)).isf(q), 10 + 2 * (np.log1p(-q) - np.log(q)), rtol=1e-14)


def test_loglogistic_law():
    """With a lower bound and two terms it is the log-logistic of shape 1 / a2 and scale exp(a1)."""
    law = stats.fisk(1 / 0.3, loc=-1, scale=math.exp(2))
    family = Metalog((2, 0.3), low=-1)
    x = law.isf(np.logspace(-12, -0.01, 40))
    np.testing.assert_allclose(family.cdf(x), law.cdf(x), rtol=1e-11)
    assert family.mean() == pytest.approx(law.mean(), rel=1e-11)
    angle = 0.3 * math.pi
    variance = math.exp(4) * (2 * angle / math.sin(2 * angle) - (angle / math.sin(angle)) ** 2)
    assert family.std() == pytest.approx(math.sqrt(variance), rel=1e-11)
    k = 1 / 0.3
    assert family.mode() == pytest.approx(-1 + math.exp(2) * ((k - 1) / (k + 1)) ** (1 / k), rel=1e-7)


def test_published_moments():
    """Keelin (2016), section 3.4: the mean of four terms is a1 + a3 / 2."""
    assert Metalog((1, 2, 0.6, 0.3)).mean() == pytest.approx(1.3, rel=1e-13)
    assert Metalog((1, 2, 0.6, 0.3, 1.2)).mean() == pytest.approx(1.3 + 1.2 / 12, rel=1e-13)
    assert Metalog((0, 1)).std() == pytest.approx(math.pi / math.sqrt(3), rel=1e-13)


@pytest.mark.parametrize("bounds", [{}, {"low": 0}, {"high": 0}, {"low": 0, "high": 1}])
@pytest.mark.parametrize("a", [(0.2, 0.3), (1, 0.2, 0.1, 0.3), (0.1, 0.2, -0.05, 0.4, 0.3)])
def test_moments_against_adaptive_quadrature(a, bounds):
    family = Metalog(a, **bounds)
    inner = {"epsabs": 0, "epsrel": 1e-12, "limit": 400}

    def moment(power, centre):
        def term(t):
            weight = special.expit(t) * special.expit(-t)
            x = family.ppf(special.expit(t)) if t < 0 else family.isf(special.expit(-t))
            return weight * (float(x) - centre) ** power

        return integrate.quad(term, -90, 0, **inner)[0] + integrate.quad(term, 0, 90, **inner)[0]

    assert family.mean() == pytest.approx(moment(1, 0), rel=1e-10)
    assert family.std() == pytest.approx(math.sqrt(moment(2, family.mean())), rel=1e-9)


@pytest.mark.parametrize(("a2", "mean", "std"), [(0.49, True, True), (0.5, True, False), (1.0, False, False)])
def test_heavy_tails_without_moments(a2, mean, std):
    upper, lower = Metalog((0, a2), low=0), Metalog((0, a2), high=0)
    assert math.isfinite(upper.mean()) == math.isfinite(lower.mean()) == mean
    assert math.isfinite(upper.std()) == math.isfinite(lower.std()) == std
    if mean:  # of the log-logistic: (pi a) / sin(pi a)
        assert upper.mean() == pytest.approx(math.pi * a2 / math.sin(math.pi * a2), rel=1e-10)
        assert lower.mean() == -upper.mean()
    if std:
        second = 2 * math.pi * a2 / math.sin(2 * math.pi * a2)
        assert upper.std() == pytest.approx(math.sqrt(second - upper.mean() ** 2), rel=1e-8)


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.25])
def test_three_terms_are_feasible_as_published(alpha):
    """Keelin (2016), section 4: with r = (q50 - qa) / (q(1-a) - qa), feasible when k <= r <= 1 - k."""
    k = 0.5 * (1 - 1.66711 * (0.5 - alpha))
    name = f"{alpha:g}"[2:]
    rest = f"{1 - alpha:g}"[2:]
    low, high = (f"p{name}0" if len(name) == 1 else f"p{name}"), (f"p{rest}0" if len(rest) == 1 else f"p{rest}")
    for r in (k + 1e-4, 0.5, 1 - k - 1e-4):
        Metalog.from_quantiles(**{low: 0, "p50": r, high: 1})
    for r in (k - 1e-4, 1 - k + 1e-4):
        with pytest.raises(ParameterError, match="falls between probability"):
            Metalog.from_quantiles(**{low: 0, "p50": r, high: 1})


def test_the_fall_is_where_the_message_says():
    a = (0.0, 1.0, 0.0, -6.0)
    with pytest.raises(ParameterError, match=r"falls between probability 0\.2\d* and 0\.7") as caught:
        Metalog(a)
    start, stop = (
        float(word) for word in caught.value.problems[0].found.removeprefix("a quantile function that ").split()[3::2]
    )
    assert slope(a, start - 0.01) > 0 > slope(a, start + 0.01)
    assert slope(a, stop - 0.01) < 0 < slope(a, stop + 0.01)


def test_a_narrow_dip_between_grid_points_is_seen():
    """M' touches zero at the middle for a4 = -4 a2; a hair more and it falls there."""
    Metalog((0, 1, 0, -4))
    with pytest.raises(ParameterError, match="falls between"):
        Metalog((0, 1, 0, -4 - 1e-6))


def test_no_rise_at_all():
    with pytest.raises(ParameterError, match="rises nowhere"):
        Metalog((3, 0, 0, 0))


def test_quantiles_that_cannot_be_joined_are_refused():
    with pytest.raises(ParameterError, match="falls between probability"):
        Metalog.from_quantiles(p10=1, p50=1.01, p90=9)


def test_mode_of_a_bounded_one_without_a_peak_inside():
    assert Metalog((0, 3), low=0, high=1).mode() in (0.0, 1.0)


@pytest.mark.parametrize("family", [Metalog((5, 1e-3), low=0), Metalog((1, 2, 0.5)), Metalog((0, 0.4, 0.2), 0, 1)])
def test_mode_is_the_peak_of_the_density(family):
    p = np.linspace(1e-4, 1 - 1e-4, 200_001)
    x = family.ppf(p)
    peak = 0.5 * (x[:-1] + x[1:])[np.argmin(np.diff(x))]
    assert abs(family.mode() - peak) <= 2e-3 * family.std()
