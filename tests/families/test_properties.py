"""The driver on random parameters, and symmetries between families that no reference is needed for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from popsim.errors import ParameterError
from popsim.families import families
from popsim.families.base import params_of_call
from popsim.families.beta import Beta
from popsim.families.betaprime import BetaPrime
from popsim.families.constant import Constant
from popsim.families.discrete import Discrete
from popsim.families.empirical import Empirical
from popsim.families.gamma import Gamma
from popsim.families.gumbel import Gumbel
from popsim.families.lognormal import LogNormal
from popsim.families.metalog import Metalog
from popsim.families.mixture import Mixture
from popsim.families.normal import Normal
from popsim.families.pert import Pert
from popsim.families.scaled import Scaled
from popsim.families.shifted import Shifted
from popsim.families.triangular import Triangular
from popsim.families.truncated import Truncated
from popsim.families.uniform import Uniform
from popsim.families.weibull import Weibull

value = st.floats(-1e9, 1e9, allow_subnormal=False).map(lambda x: round(x, 6))
positive = st.floats(1e-6, 1e9)
distinct = st.lists(value, min_size=2, max_size=8, unique=True)


@st.composite
def rising(draw, count):
    return sorted(draw(st.lists(value, min_size=count, max_size=count, unique=True)))


@st.composite
def discrete(draw):
    values = draw(st.lists(value, min_size=1, max_size=8, unique=True))
    weights = np.array(draw(st.lists(st.integers(1, 100), min_size=len(values), max_size=len(values))))
    return Discrete(values, weights / weights.sum())


@st.composite
def metalog(draw):
    lowest, *quantiles, highest = draw(rising(5))
    bounds = draw(st.sampled_from([{}, {"low": lowest}, {"high": highest}, {"low": lowest, "high": highest}]))
    try:
        return Metalog.from_quantiles(p10=quantiles[0], p50=quantiles[1], p90=quantiles[2], **bounds)
    except ParameterError:
        assume(False)


ANY = {
    "constant": value.map(Constant),
    "uniform": rising(2).map(lambda x: Uniform(*x)),
    "triangular": rising(3).map(lambda x: Triangular(*x)),
    "pert": st.tuples(rising(3), st.floats(0.01, 100)).map(lambda x: Pert(*x[0], x[1])),
    "normal": st.tuples(value, positive).map(lambda x: Normal(*x)),
    "lognormal": st.tuples(st.floats(-20, 20), st.floats(1e-3, 4)).map(lambda x: LogNormal(*x)),
    "gamma": st.tuples(st.floats(0.1, 1e4), positive).map(lambda x: Gamma(*x)),
    "weibull": st.tuples(st.floats(0.2, 50), positive).map(lambda x: Weibull(*x)),
    "betaprime": st.tuples(st.floats(0.2, 1e4), st.floats(0.2, 1e4), positive, st.floats(0.2, 50)).map(
        lambda x: BetaPrime(*x)
    ),
    "beta": st.tuples(st.floats(0.2, 500), st.floats(0.2, 500), rising(2)).map(lambda x: Beta(x[0], x[1], *x[2])),
    "metalog": metalog(),
    "empirical": distinct.map(Empirical.from_data),
    "discrete": discrete(),
}


@st.composite
def member(draw):
    return draw(ANY[draw(st.sampled_from(["uniform", "triangular", "normal", "lognormal", "gamma", "discrete"]))])


@st.composite
def truncated(draw):
    """Cut off up to four tenths at either end: the bounds are quantiles."""
    whole = draw(member())
    low, high = whole.ppf([draw(st.floats(0.0, 0.4)), draw(st.floats(0.6, 1.0))])
    return Truncated(whole, low, high)


@st.composite
def mixture(draw):
    members = draw(st.lists(st.one_of(member(), value.map(Constant), truncated()), min_size=1, max_size=4))
    weights = np.array(draw(st.lists(st.integers(1, 100), min_size=len(members), max_size=len(members))))
    return Mixture(members, (weights / weights.sum()).tolist())


@st.composite
def by_declaration(draw, cls):
    """Draw any parameters within the limits that the family declares; what breaks a relation is left out."""
    drawn = {
        param.name: draw(
            st.floats(max(param.least, 1e-6 + param.above, -1e9), min(param.most, 1e9))
            if param.sort == "number"
            else {"optional number": st.none() | value, "numbers": distinct, "distribution": member()}[param.sort]
        )
        for param in params_of_call(cls)
    }
    try:
        return cls(**drawn)
    except ParameterError:
        assume(False)


ANY |= {
    "shifted": st.tuples(st.one_of(member(), mixture()), value).map(lambda x: Shifted(*x)),
    "scaled": st.tuples(st.one_of(member(), mixture()), positive).map(lambda x: Scaled(*x)),
    "truncated": truncated(),
    "mixture": mixture(),
}


ANY = {name: by_declaration(cls) for name, cls in families().items()} | ANY


@pytest.mark.parametrize("name", ANY)
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(data=st.data())
@pytest.mark.one_in(3)
def test_any_parameters_conform(checks, name, data):
    family = data.draw(ANY[name])
    for check in ("isf_is_ppf_of_the_rest", "monotone", "support", "standard", "kinks_and_jumps", "value_semantics"):
        checks[check](family)


TAIL = np.logspace(-16, 0, 81)
MIRRORED = [
    (Uniform(2, 5), Uniform(-5, -2)),
    (Triangular(0, 1, 3), Triangular(-3, -1, 0)),
    (Triangular(0, 0, 3), Triangular(-3, 0, 0)),
    (Pert(0, 1, 3), Pert(-3, -1, 0)),
    (Normal(1, 2), Normal(-1, 2)),
    (Beta(0.3, 4), Beta(4, 0.3, -1, 0)),
    (Metalog((1, 2, 0.3, 0.1)), Metalog((-1, 2, -0.3, 0.1))),
    (Metalog((1, 0.2, 0.1), low=0), Metalog((-1, 0.2, -0.1), high=0)),
    (Empirical([0, 0.25, 1], [1, 2, 9]), Empirical([0, 0.75, 1], [-9, -2, -1])),
]


@pytest.mark.parametrize(("family", "mirror"), MIRRORED)
def test_upper_tail_is_the_lower_tail_of_the_mirror_image(family, mirror):
    """Both tails keep their digits relative to zero, which is a bound of most of these."""
    np.testing.assert_allclose(family.isf(TAIL), -mirror.ppf(TAIL), rtol=1e-13)
    np.testing.assert_allclose(family.ppf(TAIL), -mirror.isf(TAIL), rtol=1e-13)
    assert family.mean() == pytest.approx(-mirror.mean(), rel=1e-12)
    assert family.std() == pytest.approx(mirror.std(), rel=1e-12)
    assert family.mode() == pytest.approx(-mirror.mode(), rel=1e-7, abs=1e-12)


SAME_SHAPE = [
    (Uniform(0, 3), Uniform(-9, 4)),
    (Normal(0, 3), Normal(-9, 4)),
    (Gumbel(0, 3), Gumbel(-9, 4)),
    (LogNormal(0, 2), LogNormal(5, 2)),
    (Gamma(3, 1), Gamma(3, 8)),
    (Weibull(3, 1), Weibull(3, 8)),
    (Triangular(0, 1, 4), Triangular(10, 12, 18)),
    (Pert(0, 1, 4), Pert(10, 12, 18)),
    (Beta(2, 3), Beta(2, 3, 5, 9)),
    (Constant(0), Constant(7)),
    (Metalog((0, 1, 0.5)), Metalog((3, 2, 1))),
    (Metalog((0, 0.5), low=0), Metalog((3, 0.5), low=9)),
    (Metalog((0, 0.5), high=0), Metalog((3, 0.5), high=9)),
    (Metalog((1, 0.5), 0, 1), Metalog((1, 0.5), 3, 9)),
]


@pytest.mark.parametrize(("first", "second"), SAME_SHAPE)
def test_equal_shapes_share_one_table(first, second):
    assert first.standard()[0] == second.standard()[0]
    assert len({first.standard()[0], second.standard()[0]}) == 1


@pytest.mark.parametrize(
    ("family", "mode"),
    [
        (Beta(0.5, 0.5), 0.5),
        (Beta(1, 3), 0),
        (Beta(3, 1), 1),
        (Beta(0.5, 0.7), 0),
        (Beta(3, 2, 0, 3), 2),
        (Gamma(0.5, 1), 0),
        (Gamma(3, 2), 4),
        (Weibull(0.5, 1), 0),
        (Weibull(2, 2), 2 * 0.5**0.5),
        (LogNormal(1, 1), 1),
        (LogNormal(1, 40), 0),
        (Discrete([3, 1, 2], [0.4, 0.4, 0.2]), 1),
        (Uniform(1, 2), 1.5),
    ],
)
def test_mode(family, mode):
    assert family.mode() == pytest.approx(mode, abs=1e-300)


def test_moments_beyond_the_largest_float_are_infinite():
    assert LogNormal(0, 30).std() == np.inf
    assert LogNormal(0, 60).mean() == np.inf
    assert Weibull(0.01, 1e200).std() == np.inf
