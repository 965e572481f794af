"""Members that are put into one stack answer as they do alone; upper probabilities and series agree with quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from popsim.families import (
    Beta,
    Family,
    Gamma,
    LogNormal,
    Metalog,
    Normal,
    Pert,
    Triangular,
    Uniform,
    Weibull,
    families,
)

EPS = np.finfo(float).eps
P = np.concatenate([[0.0], np.logspace(-16, -1, 31), np.linspace(0.11, 0.99, 45), [1.0]])
STACKABLE = {name: cls for name, cls in families().items() if cls.stackable}
DEAR = (
    Beta(2, 5),
    Beta(0.5, 0.5, 3, 4),
    Beta(0.1, 3),
    Beta(4e3, 2e2),
    Pert(0, 1, 3),
    Pert(2, 2, 9),
    Gamma(0.1, 5),
    Gamma(3.5, 2e4),
)


def alike(cls: type[Family]) -> list[list[Family]]:
    groups: dict[object, list[Family]] = {}
    for family in cls.examples():
        groups.setdefault(family.structure(), []).append(family)
    return list(groups.values())


def test_the_usual_families_can_be_stacked() -> None:
    assert set(STACKABLE.values()) >= {Beta, Gamma, LogNormal, Metalog, Normal, Pert, Triangular, Uniform, Weibull}


@pytest.mark.parametrize("name", STACKABLE)
def test_a_stack_answers_as_its_members(name: str) -> None:
    """Up to 64 EPS of the terms: numpy takes other roads for numbers than for columns (x**2, exp of one number)."""
    for members in alike(STACKABLE[name]):
        stack = STACKABLE[name].stack(members)
        for ask in ("ppf", "isf"):
            rows = getattr(stack, ask)(P)
            assert rows.shape == (len(members), len(P))
            for member, row in zip(members, rows, strict=True):
                single = getattr(member, ask)(P)
                finite = np.isfinite(single)
                np.testing.assert_array_equal(row[~finite], single[~finite])
                scale = np.abs(single[finite]) + abs(member.standard()[1])
                assert np.all(np.abs(row[finite] - single[finite]) <= 64 * EPS * scale)


@pytest.mark.parametrize("name", sorted({"beta", "pert", "gamma"}))
def test_a_stack_has_the_probabilities_of_its_members(name: str) -> None:
    for members in alike(STACKABLE[name]):
        stack = STACKABLE[name].stack(members)
        x = np.stack([member.ppf(P[1:-1]) for member in members])
        for ask in ("cdf", "sf"):
            single = np.stack([getattr(member, ask)(row) for member, row in zip(members, x, strict=True)])
            np.testing.assert_allclose(getattr(stack, ask)(x), single, rtol=64 * EPS, atol=0)


@pytest.mark.parametrize("family", DEAR, ids=repr)
def test_upper_probabilities_keep_their_digits(family: Family) -> None:
    """As far as the quantile itself can be told from its neighbours: 4 EPS of it either way."""
    q = np.logspace(-16, -0.3, 60)
    x = family.isf(q)
    step = 4 * EPS * (np.abs(x) + abs(family.standard()[1]))
    assert np.all(family.sf(x + step) <= q * (1 + 1e-9))
    assert np.all(family.sf(x - step) >= q * (1 - 1e-9))


def test_upper_probability_is_the_rest() -> None:
    for cls in families().values():
        for family in cls.examples():
            x = family.ppf(np.linspace(0.01, 0.99, 23))
            np.testing.assert_allclose(family.sf(x) + family.cdf(x), 1.0, rtol=0, atol=1e-9)


@pytest.mark.parametrize("family", DEAR, ids=repr)
def test_a_series_gives_the_quantiles_nearby(family: Family) -> None:
    """A tenth of a score away the terms fall by a factor of five or more each: 21 of them leave 1e-13 of the first."""
    z = np.linspace(-8.0, 8.0, 16)
    stack = type(family).stack([family])
    for logarithm in (False, True):
        series = stack.taylor(z, 20, logarithm)[:, 0]
        for step in (-0.1, 0.1):
            value = sum(term * step**power for power, term in enumerate(series))
            near = z + step
            true = np.where(near < 0, family.ppf(special.ndtr(near)), family.isf(special.ndtr(-near)))
            low = family.support()[0]
            found = low + np.exp(value) if logarithm else value
            size = np.abs(true - family.ppf(0.5)) + np.ptp(family.ppf([0.05, 0.95]))
            assert np.all(np.abs(found - true) <= 1e-11 * size + 1e-12 * np.abs(true))


def test_a_child_with_quantiles_of_its_own_does_not_inherit_the_series() -> None:
    class Higher(Gamma):
        def _ppf(self, p):  # type: ignore[no-untyped-def]
            return super()._ppf(p) + 1.0

    class Renamed(Gamma):
        pass

    assert Gamma.has_taylor()
    assert Renamed.has_taylor()
    assert not Higher.has_taylor()
    assert not LogNormal.has_taylor()
