"""Polynomials of degree 9 in the fraction f = (z - middle) / width of a piece, between -1/2 and 1/2.

Interpolation nodes are the Chebyshev points, probes the extrema between and beyond them, where the error of an
interpolant is largest. Sums are written out term by term: library routines for matrices may add in another order when
there are more rows, and a table would then depend on its neighbours.
"""

from __future__ import annotations

import numpy as np

from popsim.families.base import Floats
from popsim.layout import PIECE_DEGREE

__all__ = ["NODES", "PROBES", "SERIES_ORDERS", "economise", "evaluate", "interpolate"]

_COUNT = PIECE_DEGREE + 1
_HALF = _COUNT // 2

SERIES_ORDERS = (14, 20)
"""Taylor series are taken to the first, or else to the second of these.

Even, so that the remainders of two neighbours do not cancel at their common edge.
"""

_POINTS = np.cos(np.pi * (np.arange(_COUNT) + 0.5) / _COUNT) / 2.0
NODES: Floats = 0.5 * (_POINTS - _POINTS[::-1])
"""Where interpolants are exact, falling, symmetric to the last bit."""

PROBES: Floats = np.cos(np.pi * np.arange(_COUNT + 1) / _COUNT) / 2.0 * (1.0 - 1e-12)
"""Where they are checked, falling."""

_SQUARES = NODES[:_HALF] ** 2
_EVEN = np.linalg.inv(np.vander(_SQUARES, increasing=True))
_ODD = _EVEN / NODES[:_HALF]


def interpolate(values: Floats) -> Floats:
    """Coefficients from values at the nodes; node and power are the first dimension."""
    # The powers' matrix magnifies rounding, so it only sees what varies within a piece.
    first, second = values[:_HALF], values[: _HALF - 1 : -1]
    level = values[_HALF]
    even = 0.5 * ((first - level) + (second - level))
    odd = 0.5 * (first - second)
    coefficients = np.zeros_like(values)
    for power in range(_HALF):
        for node in range(_HALF):
            coefficients[2 * power] += _EVEN[power, node] * even[node]
            coefficients[2 * power + 1] += _ODD[power, node] * odd[node]
    coefficients[0] += level
    return coefficients


def evaluate(coefficients: Floats, fractions: Floats) -> Floats:
    """Values of polynomials (power, member, piece) at fractions that broadcast to (probe, member, piece)."""
    result: Floats = coefficients[-1] * np.ones_like(fractions)
    for coefficient in coefficients[-2::-1]:
        result *= fractions
        result += coefficient
    return result


def _interpolated_powers() -> Floats:
    """Coefficients of the interpolants of f^10, f^11, ...: one column each."""
    powers = NODES[:, None] ** np.arange(_COUNT, SERIES_ORDERS[-1] + 1)
    return interpolate(powers)


_FOLDED = _interpolated_powers()
_REMAINDERS = PROBES[:, None] ** np.arange(_COUNT, SERIES_ORDERS[-1] + 1) - evaluate(_FOLDED, PROBES[:, None])


def economise(series: Floats) -> tuple[Floats, Floats]:
    """Interpolate Taylor series (power, ...) at the nodes: coefficients, and what the series adds to them at probes."""
    coefficients = series[:_COUNT].copy()
    remainder = np.zeros((len(PROBES), *series.shape[1:]))
    for place, term in enumerate(series[_COUNT:]):
        for power in range(place % 2, _COUNT, 2):
            coefficients[power] += _FOLDED[power, place] * term
        for probe, factor in enumerate(_REMAINDERS[:, place]):
            remainder[probe] += factor * term
    return coefficients, remainder
