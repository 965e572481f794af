"""The series of the metalog, its slope, where it falls, its inverse and its integrals.

All is written in the logit ``t = log(p / (1 - p))``: both tails keep their digits, and integrands are analytic there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.polynomial.polynomial import polyder, polyval
from numpy.typing import NDArray
from scipy import special

from popsim.families.solve import find_least

__all__ = ["basis", "expectation", "falling", "mode_logit", "rise", "solve_logit", "value"]

Floats = NDArray[np.float64]


def basis(terms: int, d: Floats, logit: Floats) -> Floats:
    """Return the matrix of terms (Keelin 2016, equation 6): one row per probability, one column per coefficient."""
    columns = [np.ones_like(d), logit, d * logit, d]
    for n in range(5, terms + 1):
        power = d ** ((n - 1) // 2)
        columns.append(power if n % 2 else power * logit)
    return np.stack(columns[:terms], axis=-1)


def _polynomials(coefficients: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Split the series into S(d) + D(d) L; the powers of d rise. Each coefficient is a number, or a column of them."""
    a = np.zeros((max(4, len(coefficients)), *np.shape(coefficients)[1:]))
    a[: len(coefficients)] = coefficients
    return np.concatenate([a[[0, 3]], a[4::2]]), np.concatenate([a[[1, 2]], a[5::2]])


def value(coefficients: Sequence[float] | Floats, d: Floats, logit: Floats) -> Floats:
    """Return M at ``d = p - 1/2`` and the logit of p."""
    plain, factor = _polynomials(coefficients)
    slope = polyval(d, factor, tensor=False)
    # A vanishing factor of the logit makes an end finite.
    return np.asarray(polyval(d, plain, tensor=False) + np.where(slope == 0.0, 0.0, slope * logit))


def _value_at(coefficients: Sequence[float], t: Floats) -> Floats:
    return value(coefficients, 0.5 * np.tanh(0.5 * t), t)


def rise(coefficients: Sequence[float], t: Any) -> Any:
    """Return dM/dt at the logit t (a number or an array; infinite for the ends)."""
    plain, factor = _polynomials(coefficients)
    d = 0.5 * np.tanh(0.5 * np.asarray(t, dtype=np.float64))
    weight = special.expit(t) * special.expit(-np.asarray(t, dtype=np.float64))
    logit = np.where(np.isinf(t), 0.0, t)
    slope = weight * (polyval(d, polyder(plain)) + polyval(d, polyder(factor)) * logit) + polyval(d, factor)
    return float(slope) if np.ndim(t) == 0 else slope


def falling(coefficients: Sequence[float]) -> str:
    """Say between which probabilities the quantile function falls; empty when it rises everywhere.

    The slope in the logit is looked at on 4,001 points of ``|t| <= 40`` (probabilities from 4e-18), and each low local
    minimum between them is sought; a slope that rounding alone makes negative counts as zero.
    """
    t = np.linspace(-40.0, 40.0, 4001)
    slope = np.asarray(rise(coefficients, t))
    rounding = 64.0 * np.finfo(float).eps * float(np.sum(np.abs(coefficients[1:])))
    if np.max(slope) <= rounding:
        return "rises nowhere"
    inner = slope[1:-1]
    dips = 1 + np.flatnonzero((inner <= slope[:-2]) & (inner <= slope[2:]) & (inner < 0.01 * np.max(slope)))
    for index in dips:
        if slope[index] < -rounding:
            continue
        place, least = find_least(
            lambda s: float(rise(coefficients, s)), float(t[index - 1]), float(t[index + 1]), 1e-9
        )
        if least < -rounding:
            t, slope = np.insert(t, index, place), np.insert(slope, index, least)
            break
    fallen = np.flatnonzero(slope < -rounding)
    if len(fallen) == 0:
        return ""
    first = int(fallen[0])
    steps = np.flatnonzero(np.diff(fallen) > 1)
    last = int(fallen[steps[0]] if len(steps) else fallen[-1])
    start, stop = t[max(first - 1, 0)], t[min(last + 1, len(t) - 1)]
    from_, to = (0.0 if first == 0 else special.expit(start)), (1.0 if last == len(t) - 1 else special.expit(stop))
    return f"falls between probability {from_:.4g} and {to:.4g}"


def solve_logit(coefficients: Sequence[float], m: Floats) -> Floats:
    """Return the logit at which M equals m: Newton's method held inside a bracket."""
    grid = 740.0 * np.sinh(np.linspace(-6.0, 6.0, 2001)) / math.sinh(6.0)
    table = np.maximum.accumulate(_value_at(coefficients, grid))
    place = np.clip(np.searchsorted(table, m), 1, len(grid) - 1)
    low, high = grid[place - 1], grid[place]
    t = 0.5 * (low + high)
    for _ in range(100):
        error = _value_at(coefficients, t) - m
        low, high = np.where(error < 0.0, t, low), np.where(error < 0.0, high, t)
        step = t - error / rise(coefficients, t)
        new = np.where((step > low) & (step < high), step, 0.5 * (low + high))
        moved = np.abs(new - t) > 4.0 * np.finfo(float).eps * np.abs(new)
        t = new
        if not np.any(moved & ~np.isnan(m)):
            break
    return np.where(m < table[0], -np.inf, np.where(m > table[-1], np.inf, t))


def expectation(coefficients: Sequence[float], function: Callable[[Floats], Any], growth: float, poles: bool) -> float:
    """Integrate ``function(M(p))`` over p, where the function grows like ``exp(growth |t|)`` in one tail, growth < 1.

    With `poles` the function is one of ``expit(M)``, whose poles come nearer to the real line as M gets steeper.

    The trapezium rule in the logit converges exponentially, since the integrand is analytic about the real line and
    vanishes at both ends; where a heavy tail vanishes slowly, the geometric remainder of the sum is added.
    """
    steepest = float(np.max(np.asarray(rise(coefficients, np.linspace(-40.0, 40.0, 4001))))) if poles else 1.0
    step = max(0.1 / max(1.0, steepest), 1e-3)
    reach = min(60.0 / (1.0 - growth), 700.0)
    t: Floats = step * np.arange(-round(reach / step), round(reach / step) + 1, dtype=np.float64)
    with np.errstate(over="ignore"):
        terms = special.expit(t) * special.expit(-t) * function(_value_at(coefficients, t))
    ratio = math.exp(-(1.0 - growth) * step)
    remainder = (float(terms[0]) + float(terms[-1])) * ratio / (1.0 - ratio)
    return step * (float(np.sum(terms)) + remainder)


def mode_logit(coefficients: Sequence[float], bounded_below: bool, bounded_above: bool) -> float:
    """Return the logit at which the density is highest."""

    def log_density(t: Any) -> Any:
        m = _value_at(coefficients, np.asarray(t, dtype=np.float64))
        stretch = np.zeros_like(m)
        if bounded_below and bounded_above:
            stretch = special.log_expit(m) + special.log_expit(-m)
        elif bounded_below or bounded_above:
            stretch = m if bounded_below else -m
        with np.errstate(all="ignore"):
            log_rise = np.log(np.maximum(rise(coefficients, t), 0.0))
        return special.log_expit(t) + special.log_expit(-np.asarray(t)) - stretch - log_rise

    grid = np.linspace(-40.0, 40.0, 4001)
    best = int(np.argmax(log_density(grid)))
    if best in (0, len(grid) - 1):
        return math.copysign(math.inf, grid[best])
    low, high = float(grid[best - 1]), float(grid[best + 1])
    return find_least(lambda s: -float(log_density(s)), low, high, 1e-10)[0]
