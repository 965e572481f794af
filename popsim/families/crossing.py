"""Where monotone functions of one variable cross zero, for many brackets at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_crossings"]

Floats = NDArray[np.float64]

_EPS = float(np.finfo(np.float64).eps)
_MOST_STEPS = 400


def find_crossings(function: Callable[[Floats, Any], Any], low: Floats, high: Floats) -> Floats:
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

    Raises
    ------
    ArithmeticError
        When 400 steps do not suffice.

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
        for _ in range(_MOST_STEPS):
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
    message = f"no crossing found in {_MOST_STEPS} steps for {len(rows)} brackets"
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
