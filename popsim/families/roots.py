"""Where functions of one variable are zero, or least, between two bounds.

scipy.optimize finds one root, or one minimum; importing it takes longer than a study takes to load
(docs/decisions/0005). `find_root` and `find_least` follow the same published steps in the same order, so that they give
the same floats. `find_crossings` finds the roots of many monotone functions at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from popsim.arrays import Floats

Function = Callable[[float], float]

_EPS = float(np.finfo(np.float64).eps)
_MOST_STEPS = 500
_ROOT_EPSILON = math.sqrt(2.2e-16)
"""A parabola shows its lowest point to half of the digits, no better."""
_GOLDEN = 0.5 * (3.0 - math.sqrt(5.0))


def find_root(function: Function, low: float, high: float, absolute: float, relative: float) -> float:
    """Find where a continuous function is zero, by Brent's method.

    Parameters
    ----------
    function
        Its values at `low` and `high` must have different signs.
    low, high
        The bracket, finite.
    absolute, relative
        The root is found within ``absolute + relative |root|``.

    Raises
    ------
    ArithmeticError
        When the bracket holds no change of sign, or 500 steps do not suffice.

    References
    ----------
    Brent (1973), Algorithms for Minimization without Derivatives, chapter 4.

    Examples
    --------
    >>> round(find_root(lambda x: x * x - 2.0, 0.0, 2.0, 1e-15, 1e-15), 12)
    1.414213562373
    """
    last, best, other = low, high, 0.0
    f_last, f_best, f_other = function(last), function(best), 0.0
    if f_last == 0.0:
        return last
    if f_best == 0.0:
        return best
    if math.copysign(1.0, f_last) == math.copysign(1.0, f_best):
        message = f"the function is {f_last} at {low} and {f_best} at {high}, no change of sign"
        raise ArithmeticError(message)
    before = step = 0.0
    for _ in range(_MOST_STEPS):
        if f_last != 0.0 and f_best != 0.0 and math.copysign(1.0, f_last) != math.copysign(1.0, f_best):
            other, f_other = last, f_last
            before = step = best - last
        if abs(f_other) < abs(f_best):
            last, best, other = best, other, best
            f_last, f_best, f_other = f_best, f_other, f_best
        tolerance = (absolute + relative * abs(best)) / 2.0
        half = (other - best) / 2.0
        if f_best == 0.0 or abs(half) < tolerance:
            return best
        before, step = _root_step(last, best, other, f_last, f_best, f_other, before, half, tolerance, step)
        last, f_last = best, f_best
        best += step if abs(step) > tolerance else math.copysign(tolerance, half)
        f_best = function(best)
    message = f"no root found between {low} and {high} in {_MOST_STEPS} steps"
    raise ArithmeticError(message)


def _root_step(
    last: float,
    best: float,
    other: float,
    f_last: float,
    f_best: float,
    f_other: float,
    before: float,
    half: float,
    tolerance: float,
    step: float,
) -> tuple[float, float]:
    """Return the step before and this step: by secant or inverse parabola if these converge, else half the bracket."""
    if abs(before) > tolerance and abs(f_best) < abs(f_last):
        if last == other:
            tried = -f_best * (best - last) / (f_best - f_last)
        else:
            d_last = (f_last - f_best) / (last - best)
            d_other = (f_other - f_best) / (other - best)
            bend = d_other * d_last * (f_other - f_last)
            if bend == 0.0:
                return half, half
            tried = -f_best * (f_other * d_other - f_last * d_last) / bend
        if 2.0 * abs(tried) < min(abs(before), 3.0 * abs(half) - tolerance):
            return step, tried
    return half, half


def find_least(function: Function, low: float, high: float, absolute: float) -> tuple[float, float]:
    """Find where a function with one minimum between the bounds is least, and its value there.

    Golden sections, and parabolas where these converge. The place is found within `absolute`, or half of the digits of
    a float where that is more.

    Parameters
    ----------
    function
        Its values are compared only inside the bounds, never at them.
    low, high
        Bounds, finite, ``low < high``.
    absolute
        Tolerance of the place.

    References
    ----------
    Brent (1973), Algorithms for Minimization without Derivatives, chapter 5; Forsythe, Malcolm and Moler (1977),
    Computer Methods for Mathematical Computations, program FMIN.

    Examples
    --------
    >>> place, value = find_least(lambda x: (x - 1.0) ** 2, 0.0, 3.0, 1e-9)
    >>> round(place, 9), value < 1e-15
    (1.0, True)
    """
    place = second = third = low + _GOLDEN * (high - low)
    f_place = f_second = f_third = function(place)
    step = before = 0.0
    for _ in range(_MOST_STEPS):
        middle = 0.5 * (low + high)
        tolerance = _ROOT_EPSILON * abs(place) + absolute / 3.0
        if not abs(place - middle) > 2.0 * tolerance - 0.5 * (high - low):
            break
        tried = None
        if abs(before) > tolerance:
            tried = _parabola(place, second, third, f_place, f_second, f_third, before, low, high)
            before = step
        if tried is None:
            before = (low if place >= middle else high) - place
            step = _GOLDEN * before
        else:
            step = tried
            if (place + step) - low < 2.0 * tolerance or high - (place + step) < 2.0 * tolerance:
                step = tolerance if middle >= place else -tolerance
        x = place + (max(abs(step), tolerance) if step >= 0.0 else -max(abs(step), tolerance))
        f = function(x)
        if f <= f_place:
            low, high = (place, high) if x >= place else (low, place)
            third, f_third, second, f_second, place, f_place = second, f_second, place, f_place, x, f
        else:
            low, high = (x, high) if x < place else (low, x)
            if f <= f_second or second == place:
                third, f_third, second, f_second = second, f_second, x, f
            elif f <= f_third or third in (place, second):
                third, f_third = x, f
    return place, f_place


def _parabola(
    place: float,
    second: float,
    third: float,
    f_place: float,
    f_second: float,
    f_third: float,
    before: float,
    low: float,
    high: float,
) -> float | None:
    """Return the step to the lowest point of the parabola through three points; None where it cannot be trusted."""
    r = (place - second) * (f_place - f_third)
    q = (place - third) * (f_place - f_second)
    p = (place - third) * q - (place - second) * r
    q = 2.0 * (q - r)
    if q > 0.0:
        p = -p
    q = abs(q)
    if abs(p) < abs(0.5 * q * before) and q * (low - place) < p < q * (high - place):
        return p / q
    return None


def find_crossings(function: Callable[[Floats, Any], Any], low: Floats, high: Floats, steps: int = 400) -> Floats:
    """Find in each bracket where a function that does not fall passes from below to above zero.

    Chandrupatla's method: inverse parabolas where these converge, else halves; where the ends of a bracket differ by
    orders of magnitude, the float in the middle of all floats between them is taken for the half, so that no more
    halves are needed than a float has bits. Found within four steps of a float, and where a bracket holds both signs,
    also within 2e-9 of the rounding of its width.

    Parameters
    ----------
    function
        Called with values and the places of their brackets, returns the values of the function there. Infinities are
        allowed.
    low, high
        Brackets, finite, ``low <= high``. An end at which the function has the wrong sign already is the answer.
    steps
        Most steps.

    Raises
    ------
    ArithmeticError
        When these steps do not suffice.

    References
    ----------
    Chandrupatla (1997), doi:10.1016/S0965-9978(96)00051-8.

    Examples
    --------
    >>> square = np.array([2.0, 9.0])
    >>> find_crossings(lambda x, rows: x * x - square[rows], np.zeros(2), np.full(2, 9.0)).round(12).tolist()
    [1.414213562373, 3.0]
    """
    low, high = np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)
    every = np.arange(len(low))
    f_low, f_high = np.asarray(function(low, every)), np.asarray(function(high, every))
    found = np.where(f_low >= 0.0, low, high)
    rows = np.flatnonzero((f_low < 0.0) & (f_high > 0.0) & (low < high))
    slack = np.where((low < 0.0) & (high > 0.0), 1e-9 * _EPS * (high - low), 0.0)[rows] + 5e-324
    b, f_b, a, f_a = low[rows], f_low[rows], high[rows], f_high[rows]
    c, f_c = b.copy(), f_b.copy()
    with np.errstate(all="ignore"):
        tried = _half(a, b)
        for _ in range(steps):
            if not len(rows):
                return found
            f = np.asarray(function(tried, rows))
            same = (f > 0.0) == (f_a > 0.0)
            c, f_c = np.where(same, a, b), np.where(same, f_a, f_b)
            b, f_b = np.where(same, b, a), np.where(same, f_b, f_a)
            a, f_a = tried, f
            best = np.where(np.abs(f_a) <= np.abs(f_b), a, b)
            share = (2.0 * _EPS * np.abs(best) + slack) / np.abs(b - a)
            done = (share > 0.5) | (f == 0.0)
            found[rows[done]] = np.where(f == 0.0, a, best)[done]
            if done.any():
                open_ = ~done
                rows, slack, share = rows[open_], slack[open_], share[open_]
                a, b, c, f_a, f_b, f_c = (part[open_] for part in (a, b, c, f_a, f_b, f_c))
            tried = _next(a, b, c, f_a, f_b, f_c, share)
    message = f"no crossing found in {steps} steps for {len(rows)} brackets"
    raise ArithmeticError(message)


def _next(a: Floats, b: Floats, c: Floats, f_a: Floats, f_b: Floats, f_c: Floats, share: Floats) -> Any:
    xi, phi = (a - b) / (c - b), (f_a - f_b) / (f_c - f_b)
    converges = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
    t = f_a / (f_b - f_a) * f_c / (f_b - f_c) + (c - a) / (b - a) * f_a / (f_c - f_a) * f_b / (f_c - f_b)
    step = a + np.clip(t, share, 1.0 - share) * (b - a)
    return np.where(converges & np.isfinite(step), step, _half(a, b))


def _half(a: Floats, b: Floats) -> Any:
    near, far = np.minimum(np.abs(a), np.abs(b)), np.maximum(np.abs(a), np.abs(b))
    apart = (np.sign(a) * np.sign(b) >= 0.0) & (far > 1e3 * near)
    between = (near.view(np.int64) + (far.view(np.int64) - near.view(np.int64)) // 2).view(np.float64)
    return np.where(apart, np.copysign(between, a + b), 0.5 * a + 0.5 * b)
