"""The conformance driver: what must hold of every family, as plain functions that raise AssertionError.

Each check takes a family and knows nothing of which it is. `test_conformance.py` runs all on every example of every
family that is found, and on families that are wrong on purpose; `test_properties.py` runs some on random parameters.
"""

from __future__ import annotations

import copy
import math
import pickle
from functools import cache

import numpy as np
import pytest
from scipy import special, stats

from popsim.families import build, families, to_toml

from .references import reference_of

EPS = np.finfo(float).eps
TAIL = np.logspace(-16, -3, 53)
DYADIC = np.arange(1, 1024) / 1024  # 1 - q is exact
GRID = np.concatenate([TAIL, DYADIC, 1 - np.logspace(-3, -10, 20)])


def size(family, x):
    """Magnitude of the terms that location + scale x shape adds up: rounding is some EPS of it."""
    location = family.standard()[1]
    return np.abs(location) + np.abs(x - location) + spread(family)


def spread(family):
    """Middle half of a distribution that is cut: next to a bound its values are known as well as the others, no better.

    The probability there is that of the whole, of which EPS is lost. The same holds of pools with such a member.
    """
    inner = [*getattr(family, "distributions", ()), *filter(None, [getattr(family, "distribution", None)])]
    own = np.ptp(family.distribution.ppf([0.25, 0.75])) if family.family == "truncated" else 0.0
    return max([own, *map(spread, inner)])


def rounding(family, function, p):
    """What rounding may do to a quantile.

    4,000 EPS of its terms: location, scale and one special function with condition up to 40 (the logarithm of 1e-16),
    each good to some hundred EPS; and what 8 EPS of the probability, up or down, make of it.
    """
    x = function(p)
    nudged = function(np.minimum(p * (1 + 8 * EPS), 1)) - function(p * (1 - 8 * EPS))
    return 4000 * EPS * size(family, x) + np.abs(np.where(np.isfinite(nudged), nudged, 0))


def within_floats(function, p):
    """Leave out probabilities with quantiles beyond the largest float; they are infinite, and beyond all others."""
    x = function(p)
    assert not np.isnan(x).any()
    assert np.all(x[np.isinf(x)] > 0)
    return p[np.isfinite(x)]


def away_from_jumps(family, p, upper=False):
    """Leave out probabilities next to a jump, where rounding of the cumulative sum decides."""
    if family.jumps() is None:
        return p
    steps = family.jumps()[0]
    gaps = np.abs((1 - p if upper else p)[:, None] - steps[None, :])
    return p[np.all(gaps > 1e-9, axis=1)]


def check_ppf_against_reference(family):
    if (reference := reference_of(family)) is None:
        return
    p = away_from_jumps(family, GRID)
    assert np.all(np.abs(family.ppf(p) - reference.ppf(p)) <= rounding(family, family.ppf, p))


def check_isf_against_reference(family):
    if (reference := reference_of(family)) is None:
        return
    q = away_from_jumps(family, GRID, upper=True)
    allowed = rounding(family, family.isf, q)
    if type(reference.dist)._isf in (stats.rv_continuous._isf, stats.rv_discrete._isf):
        # Here scipy takes ppf(1 - q), which knows q only to half an ulp of 1.
        allowed = allowed + np.abs(family.isf(np.maximum(q - EPS, 0)) - family.isf(np.minimum(q + EPS, 1)))
    assert np.all(np.abs(family.isf(q) - reference.isf(q)) <= allowed)


def check_isf_is_ppf_of_the_rest(family):
    q = within_floats(family.isf, away_from_jumps(family, DYADIC))
    assert np.all(np.abs(family.isf(q) - family.ppf(1 - q)) <= rounding(family, family.isf, q))


def check_cdf_against_reference(family):
    if (reference := reference_of(family)) is None:
        return
    x = family.ppf(GRID)
    np.testing.assert_allclose(family.cdf(x), reference.cdf(x), rtol=1e-9, atol=4000 * EPS)


def check_round_trip(family):
    """Below Q(p) the probability is at most p, above at least p; below and above mean 16 rounding steps of x."""
    p = within_floats(family.ppf, GRID)
    x = family.ppf(p)
    step = 16 * EPS * size(family, x) + 5e-324
    assert np.all(family.cdf(x - step) <= p * (1 + 1e-9))
    assert np.all(family.cdf(x + step) >= p * (1 - 1e-9))


def check_monotone(family):
    """Rises, but for rounding: inverse functions with a condition up to ten are good to some ten EPS."""
    p = np.sort(np.concatenate([GRID, family.kinks(), DYADIC + EPS, DYADIC - EPS]))
    for quantiles in (family.ppf(within_floats(family.ppf, p)), family.isf(within_floats(family.isf, p))[::-1]):
        assert np.all(np.diff(quantiles) >= -128 * EPS * size(family, quantiles[1:]))


def check_support(family):
    low, high = family.support()
    assert low <= high
    np.testing.assert_allclose(family.ppf([0, 1]), [low, high], rtol=4 * EPS)
    np.testing.assert_allclose(family.isf([1, 0]), [low, high], rtol=4 * EPS)
    assert np.isnan(family.ppf([-0.1, 1.1, np.nan])).all()
    assert np.isnan(family.isf([-0.1, 1.1, np.nan])).all()
    np.testing.assert_array_equal(family.cdf([-np.inf, np.inf, np.nan]), [0, 1, np.nan])
    if math.isfinite(low):
        assert family.cdf(np.nextafter(low, -np.inf)) == 0
    if math.isfinite(high):
        assert family.cdf(high) == 1
    x = np.concatenate([function(within_floats(function, GRID)) for function in (family.ppf, family.isf)])
    slack = 16 * EPS * size(family, x)
    assert np.all((x >= low - slack) & (x <= high + slack))
    assert low <= family.mode() <= high
    for answer in (family.ppf(0.3), family.isf([0.3]), family.cdf(1)):
        assert isinstance(answer, np.ndarray)
        assert answer.dtype == np.float64
    assert family.ppf(np.full((2, 3), 0.5)).shape == (2, 3)


def _knots(family):
    """Edges of panels of 0.25; about a kink of a steep family also at distances that halve down to 1e-12."""
    steps = [] if family.jumps() is None else family.jumps()[0][:-1]
    kinks = special.ndtri(np.array(family.kinks()))
    edges = [kinks, special.ndtri(steps), np.arange(-37, 37.25, 0.25)]
    if family.steep():
        near = np.append(0.0, 0.5 ** np.arange(2, 41))
        middle = [] if len(family.jumps() or ()) else special.ndtri(getattr(family, "weights", (0.5,))[0])
        edges += [np.add.outer(np.append(kinks, middle), sign * near).ravel() for sign in (-1, 1)]
    edges = np.unique(np.concatenate(edges))
    return edges[np.abs(edges) <= 37]


def quadrature(family, function):
    """Integrate function(Q(p)) dp by Gauss-Legendre in the normal score, panel by panel between kinks and jumps."""
    nodes, weights = np.polynomial.legendre.leggauss(12)
    edges = _knots(family)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half + half * nodes).ravel()
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) * (half * weights).ravel()
    x = np.where(z < 0, family.ppf(special.ndtr(z)), family.isf(special.ndtr(-z)))
    return float(np.sum(density * function(x)))


def check_moments(family):
    """Panels of 0.25 in z and 12 nodes leave 1e-12 of smooth integrands; 1e-10 covers steep quantile functions."""
    mean, std = family.mean(), family.std()
    if math.isfinite(mean):
        assert abs(quadrature(family, lambda x: x) - mean) <= 1e-10 * (abs(mean) + (std if math.isfinite(std) else 0))
    if math.isfinite(std):
        spread = math.sqrt(quadrature(family, lambda x: (x - mean) ** 2))
        assert abs(spread - std) <= 1e-9 * std + 1e-13 * abs(mean)


def check_moments_against_reference(family):
    if (reference := reference_of(family)) is None or not math.isfinite(family.std()):
        return
    mean, std = family.mean(), family.std()
    assert abs(reference.mean() - mean) <= 1e-11 * (abs(mean) + std)
    # scipy may subtract mean^2 from the second moment: std^2 is then known to 8 EPS of mean^2.
    assert abs(reference.var() - std**2) <= 1e-11 * std**2 + 64 * EPS * mean**2


def check_standard(family):
    shape, location, scale = family.standard()
    assert scale > 0
    assert all(map(math.isfinite, (location, scale)))
    assert shape.standard() == (shape, 0.0, 1.0)
    assert hash(shape) == hash(family.standard()[0])
    for own, other in ((family.ppf, shape.ppf), (family.isf, shape.isf)):
        p = within_floats(own, away_from_jumps(family, GRID))
        assert np.all(np.abs(location + scale * other(p) - own(p)) <= rounding(family, own, p))
    assert shape.kinks() == pytest.approx(family.kinks(), rel=4 * EPS)
    if family.jumps() is not None:
        np.testing.assert_array_equal(shape.jumps()[0], family.jumps()[0])
        np.testing.assert_array_equal(location + scale * shape.jumps()[1], family.jumps()[1])


def check_kinks_and_jumps(family):
    kinks = family.kinks()
    assert list(kinks) == sorted(set(kinks))
    assert all(0 < kink < 1 for kink in kinks)
    if family.jumps() is None:
        assert np.ptp(family.ppf(within_floats(family.ppf, GRID))) > 0
        return
    cumulative, values = family.jumps()
    assert cumulative[-1] == 1
    assert np.all(np.diff(cumulative) > 0)
    assert np.all(np.diff(values) > 0)
    p = away_from_jumps(family, GRID)
    np.testing.assert_array_equal(family.ppf(p), values[np.searchsorted(cumulative, p)])


def check_value_semantics(family):
    """Equal when built again from TOML, from its repr, a pickle and a copy; never changed; hash follows equality."""
    table = to_toml(family)
    twins = [build(table, "here"), pickle.loads(pickle.dumps(family)), copy.deepcopy(family)]
    # A long list of numbers is not written out.
    if " in all)" not in repr(family):
        twins.append(eval(repr(family), {cls.__name__: cls for cls in families().values()}))
    assert len(repr(family)) <= 1_000
    for twin in twins:
        assert twin == family
        assert twin is not family
        assert hash(twin) == hash(family)
        assert repr(twin) == repr(family)
    assert table["family"] == family.family == type(family).__name__.lower()
    with pytest.raises(AttributeError):
        family.anything = 1.0


@cache
def uniforms(count: int):
    return np.sort(np.random.Generator(np.random.Philox(key=20)).random(count))


FALSE_ALARM = 1e-9


def check_kolmogorov_smirnov(family, count=1_000_000):
    """Draws have the law: by Dvoretzky-Kiefer-Wolfowitz-Massart P(D > e) <= 2 exp(-2 n e^2), here FALSE_ALARM.

    D is taken at the distinct values drawn, which is at most the true one, atoms or not.
    """
    bound = math.sqrt(math.log(2 / FALSE_ALARM) / (2 * count))
    x = family.ppf(uniforms(count))
    last = np.flatnonzero(np.append(x[1:] != x[:-1], True))
    cdf = (reference_of(family) or family).cdf(x[last])
    assert np.max(np.abs((last + 1) / count - cdf)) <= bound


CHECKS = {name.removeprefix("check_"): function for name, function in globals().items() if name.startswith("check_")}


@pytest.fixture(scope="session")
def checks():
    return CHECKS
