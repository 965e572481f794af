"""Moments and draws within narrow intervals and far tails, against closed forms in 60 digits."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import integrate, stats

import popsim
from popsim.errors import ParameterError
from popsim.families import (
    Beta,
    Constant,
    Discrete,
    Empirical,
    Gamma,
    LogNormal,
    Mixture,
    Normal,
    Pert,
    Scaled,
    Shifted,
    Triangular,
    Truncated,
    Uniform,
    Weibull,
    families,
)

BUILT = {cls.family: cls.examples() for cls in families().values()}


def exponential(width: float) -> tuple[float, float]:
    """Mean and standard deviation of an exponential between 0 and a width, in 60 digits."""
    with localcontext() as context:
        context.prec = 60
        w = Decimal(width)
        inside = 1 - (-w).exp()
        mean = 1 - w / (w.exp() - 1)
        square = (2 - (w * w + 2 * w + 2) * (-w).exp()) / inside
        return float(mean), float((square - mean * mean).sqrt())


@pytest.mark.parametrize("family", [Gamma(1, 1), Weibull(1, 1)], ids=repr)
@pytest.mark.parametrize("low", [0.0, 0.7, 3.0, 40.0, 600.0])
@pytest.mark.parametrize("width", [1e-7, 1e-5, 1e-3, 0.02, 0.1, 1.0, 30.0])
def test_an_exponential_forgets_where_it_is_cut(family, low, width):
    cut = Truncated(family, low, low + width)
    mean, std = exponential((low + width) - low)
    assert cut.mean() == pytest.approx(low + mean, rel=1e-13)
    assert cut.std() == pytest.approx(std, rel=1e-9)


@pytest.mark.parametrize("width", [1e-9, 1e-7, 1e-4])
def test_a_uniform_stays_one(width):
    cut = Truncated(Uniform(0, 1), 0.3, 0.3 + width)
    assert cut.mean() == pytest.approx(0.3 + 0.5 * width, rel=1e-15)
    assert cut.std() == pytest.approx(((0.3 + width) - 0.3) / math.sqrt(12), rel=1e-12)


@pytest.mark.parametrize(
    ("family", "density", "low", "width"),
    [
        (Normal(0, 1), stats.norm.pdf, 1.3, 1e-2),
        (Normal(0, 1), stats.norm.pdf, -2.0, 1e-3),
        (LogNormal(0.2, 0.8), lambda x: stats.lognorm.pdf(x, 0.8, scale=math.exp(0.2)), 1.0, 1e-2),
        (Beta(2, 5), lambda x: stats.beta.pdf(x, 2, 5), 0.2, 1e-2),
        (Triangular(0, 1, 3), lambda x: np.where(x < 1, 2 * x / 3, (3 - x) / 3), 0.995, 1e-2),
        (Empirical([0, 0.5, 1], [0, 1, 4]), lambda x: np.where(x < 1, 0.5, 1 / 6), 0.99, 1.5e-2),
    ],
    ids=range(6),
)
def test_narrow_intervals_against_the_density(family, density, low, width):
    """scipy integrates the density in t = (x - low) / width, from 0 to 1, with a break where the density has one."""
    at = [(1 - low) / width] if 0 < (1 - low) / width < 1 else None
    whole, first, second = (
        integrate.quad(lambda t, k=k: t**k * density(low + width * t), 0, 1, points=at, epsabs=0, epsrel=1e-13)[0]
        for k in range(3)
    )
    cut = Truncated(family, low, low + width)
    assert cut.mean() == pytest.approx(low + width * first / whole, rel=1e-13)
    assert cut.std() == pytest.approx(width * math.sqrt(second / whole - (first / whole) ** 2), rel=1e-9)


@pytest.mark.parametrize("low", [7.0, 20.0, 36.0])
def test_far_tails_of_a_normal(low):
    """The mean beyond a bound is phi / S, the inverse Mills ratio m, and the variance 1 + low m - m^2."""
    with localcontext() as context:
        context.prec = 60
        a = Decimal(low)
        fraction = a
        for k in range(400, 0, -1):
            fraction = a + k / fraction
        m = fraction  # phi / S by the continued fraction of Laplace
        std = (1 + a * m - m * m).sqrt()
    cut = Truncated(Normal(0, 1), low)
    assert cut.mean() == pytest.approx(float(m), rel=1e-12)
    assert cut.std() == pytest.approx(float(std), rel=1e-7)


def narrow(family, probability, relative):
    """The family between two neighbours; None where there are none or the interval is refused in words."""
    x = float(family.ppf(probability))
    try:
        return Truncated(family, x, x + relative * max(abs(x), 1e-3))
    except ParameterError as error:
        assert "an interval with a probability of at least" in str(error)  # noqa: PT017
        return None


@pytest.mark.parametrize("name", BUILT)
@pytest.mark.one_in(3)
def test_no_family_fails_on_a_narrow_interval(name):
    """For each that is accepted: moments within the interval, and draws that have them (4.5 errors, 1 in 150,000)."""
    count, accepted = 4000, {}
    for which, family in enumerate(BUILT[name]):
        for probability in (0.02, 0.5, 0.9):
            for relative in (1e-8, 1e-6, 1e-3):
                cut = narrow(family, probability, relative)
                if cut is not None:
                    low, high = cut.support()
                    assert low <= cut.mean() <= high
                    assert 0 <= cut.std() <= 0.5 * (high - low)
                    if cut.jumps() or not len(cut.atoms()):  # no table draws a lump and 1e-8 of its probability apart
                        accepted[f"{which} {probability} {relative}"] = cut
    drawn = popsim.sample(accepted, scenarios=count, seed=3)
    for key, cut in accepted.items():
        values = drawn[key].values
        low, high = cut.support()
        room = 1e-8 * cut.std() + 4e-16 * max(abs(low), abs(high))
        assert low - room <= values.min()
        assert values.max() <= high + room
        assert abs(values.mean() - cut.mean()) <= 4.5 * cut.std() / math.sqrt(count) + 2e-15 * abs(cut.mean())


NARROW = Truncated(Normal(0, 1), 1, 1 + 1e-6)


def test_moved_and_pooled_narrow_intervals():
    assert Scaled(NARROW, 1e6).mean() == pytest.approx(1e6 + 0.5, rel=1e-9)
    assert Shifted(NARROW, 5).std() == pytest.approx(1e-6 / math.sqrt(12), rel=1e-9)
    pool = Mixture([NARROW, Constant(0)], [0.5, 0.5])
    assert pool.mean() == pytest.approx(0.5 * (1 + 0.5e-6), rel=1e-12)
    assert pool.std() == pytest.approx(0.5 * (1 + 0.5e-6), rel=1e-9)
    again = Truncated(pool, 0.5)
    assert again.mean() == pytest.approx(NARROW.mean(), rel=1e-12)


def test_atoms_within_and_at_the_ends_of_an_interval():
    steps = Discrete([1, 2, 5], [0.2, 0.3, 0.5])
    assert Truncated(steps, 2, 2).mean() == 2
    assert Truncated(steps, 2, 2).std() == 0
    # Half of it at 4, half spread over 0 to 10: within 3.999 to 4.001 all but 0.0001 / 0.5001 is the atom.
    pool = Mixture([Constant(4), Uniform(0, 10)], [0.5, 0.5])
    spread = 0.5 * 0.002 / 10
    cut = Truncated(pool, 3.999, 4.001)
    assert cut.mean() == pytest.approx(4, rel=1e-12)
    assert cut.std() == pytest.approx(math.sqrt(spread / (0.5 + spread)) * 0.002 / math.sqrt(12), rel=1e-9)
    lump = Empirical([0, 0.4, 0.6, 1], [1, 3, 3, 4])
    assert Truncated(lump, 3, 3).support() == (3, 3)


@pytest.mark.parametrize(
    ("family", "low", "high"),
    [
        (Normal(0, 1), 40.0, None),
        (Normal(0, 1), 1.0, 1.0 + 1e-13),
        (Uniform(0, 1), 2.0, 3.0),
        (Mixture([Uniform(0, 1), Uniform(5, 6)], [0.5, 0.5]), 2.0, 3.0),
        (Pert(0, 1, 4), 5.0, None),
        (Gamma(2, 1), 800.0, None),
    ],
    ids=repr,
)
def test_an_interval_without_probability_is_refused_with_what_there_is(family, low, high):
    with pytest.raises(ParameterError, match=r"probability [0-9.e-]+\n.*\n.*the distribution has p05 = .*goes from"):
        Truncated(family, low, high)


def test_quantiles_of_a_narrow_interval_are_those_of_the_whole():
    """Where both have digits: within 1e-6 of the width, as far as the even density is one."""
    whole = Normal(0, 1)
    cut = Truncated(whole, 1, 1 + 4e-7)
    assert cut.standard()[1:] == (1, pytest.approx(4e-7))
    p = np.linspace(0, 1, 11)
    inside = whole.cdf(1 + 4e-7) - whole.cdf(1)
    np.testing.assert_allclose(cut.ppf(p), whole.ppf(whole.cdf(1) + p * inside), rtol=0, atol=1e-6 * 4e-7 + 1e-15)
    np.testing.assert_allclose(cut.cdf(cut.ppf(p)), p, atol=1e-8)
    np.testing.assert_allclose(cut.isf(p), cut.ppf(1 - p), rtol=1e-15)
