"""Roots and minima: against scipy's own, float for float, and against what is known on paper."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import optimize, special

from popsim.families.roots import find_least, find_root

ROOTS: dict[str, tuple[Callable[[float], float], float, float]] = {
    "polynomial": (lambda x: x**3 - 2.0 * x - 5.0, 2.0, 3.0),
    "transcendental": (lambda x: math.cos(x) - x, 0.0, 1.0),
    "steep": (lambda x: math.exp(50.0 * x) - 2.0, -1.0, 1.0),
    "flat": (lambda x: (x - 0.3) ** 3, -1.0, 1.0),
    "step": (lambda x: 1.0 if x > 0.123456789 else -1.0, 0.0, 1.0),
    "plateaus": (lambda x: math.copysign(min(abs(x - 0.7), 0.01), x - 0.7), -5.0, 9.0),
    "reversed bracket": (lambda x: x * x - 2.0, 2.0, 0.0),
    "at an end": (lambda x: x, 0.0, 1.0),
    "gamma": (lambda s: float(np.diff(np.log(special.gammaincinv(math.exp(s), [0.05, 0.95])))[0]) - 1.5, -2.0, 9.0),
}


@pytest.mark.parametrize("name", ROOTS)
@pytest.mark.parametrize("absolute", [1e-15, 1e-14, 1e-6])
def test_a_root_is_the_very_float_that_scipy_finds(name: str, absolute: float) -> None:
    function, low, high = ROOTS[name]
    found = find_root(function, low, high, absolute, 1e-15)
    assert found == optimize.brentq(function, low, high, xtol=absolute, rtol=1e-15, maxiter=500)


def test_many_random_roots_are_the_floats_that_scipy_finds() -> None:
    random = np.random.default_rng(20)
    for a, b, c in random.normal(size=(300, 3)):
        coefficients = (a, b, c)

        def function(x: float, of: tuple[float, ...] = coefficients) -> float:
            return math.atan(of[0] * x) + of[1] * x**3 + 0.3 * math.sin(5.0 * x) - of[2]

        if function(-4.0) * function(4.0) < 0.0:
            assert find_root(function, -4.0, 4.0, 1e-15, 1e-15) == optimize.brentq(
                function, -4.0, 4.0, xtol=1e-15, rtol=1e-15
            )


def test_a_root_is_within_its_tolerance() -> None:
    assert find_root(lambda x: x**3 - 2.0, 0.0, 2.0, 1e-15, 1e-15) == pytest.approx(2.0 ** (1 / 3), abs=3e-15)
    # Far from zero only the relative tolerance can be met.
    assert find_root(lambda x: x - 1e200, 0.0, 1e201, 1e-15, 1e-15) == pytest.approx(1e200, rel=1e-15)


def test_no_change_of_sign_and_no_end_of_steps_are_errors() -> None:
    with pytest.raises(ArithmeticError, match="no change of sign"):
        find_root(lambda x: x * x + 1.0, -1.0, 1.0, 1e-12, 1e-12)
    flips = iter([1.0, *[-1.0, 1.0] * 600])
    with pytest.raises(ArithmeticError, match="500 steps"):
        find_root(lambda _: next(flips), -1e300, 1e300, 0.0, 0.0)


MINIMA: dict[str, tuple[Callable[[float], float], float, float]] = {
    "parabola": (lambda x: (x - 1.0) ** 2, 0.0, 3.0),
    "kink": (lambda x: abs(x - 0.3), -1.0, 1.0),
    "at the lower end": (lambda x: x, 0.0, 1.0),
    "at the upper end": (lambda x: -x, -2.0, 0.5),
    "flat": (lambda _: 1.0, 0.0, 1.0),
    "skewed": (lambda x: math.exp(-x) + 0.01 * x * x, -3.0, 30.0),
    "quartic": (lambda x: (x - 0.2) ** 4 + 1e-3 * x, -2.0, 2.0),
    "centred": (lambda x: x * x, -1.0, 1.0),
}


@pytest.mark.parametrize("name", MINIMA)
@pytest.mark.parametrize("absolute", [1e-10, 1e-5])
def test_a_minimum_is_the_very_float_that_scipy_finds(name: str, absolute: float) -> None:
    function, low, high = MINIMA[name]
    expected = optimize.minimize_scalar(function, bounds=(low, high), method="bounded", options={"xatol": absolute})
    assert find_least(function, low, high, absolute) == (expected.x, expected.fun)


def test_a_minimum_is_within_its_tolerance() -> None:
    place, least = find_least(lambda x: (x - 1.25) ** 2 + 7.0, 0.0, 3.0, 1e-6)
    # A parabola of curvature 2 at height 7 is level, in floats, within sqrt(7 * 2**-52).
    assert place == pytest.approx(1.25, abs=1e-6 + 4e-8)
    assert least == pytest.approx(7.0, abs=1e-14)
