"""From a family to the table that kernels read, checked against the family's own quantiles.

The table holds T(z) = ppf(Phi(z)), or its logarithm, as polynomials of degree 9 in z. Each is interpolated at Chebyshev
nodes; then the whole table is compared with the family at other points. The first form that holds is kept: linear in z,
exponential of linear, 16 equal pieces, 16 equal pieces of the logarithm, as many pieces as it takes. Where none holds,
the plan refuses; it never trusts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from popsim.errors import PlanError, Problem
from popsim.families.base import Family, Floats
from popsim.layout import (
    CONSTANT,
    KNOTS,
    KNOTS_LOG,
    LOGNORMAL,
    NORMAL,
    PIECE_COUNT,
    PIECE_DEGREE,
    PIECES,
    PIECES_LOG,
    SCORE_LIMIT,
)

__all__ = ["BODY", "BODY_TOLERANCE", "TAIL_TOLERANCE", "Table", "make_table", "score_quantile", "tolerance"]

BODY = 5.0
"""Scores up to here in size are the body of a distribution, all but 6e-7 of the draws; beyond is tail."""

BODY_TOLERANCE = 2e-9
"""Largest error of a table in the body, relative to its scale (see `tolerance`)."""

TAIL_TOLERANCE = 1e-7
"""Largest error of a table in the tails, relative to its scale."""

_EDGE = SCORE_LIMIT * (1.0 + 1e-9)
_MOST_PIECES = 4096
_LOG_FLOOR = -690.0

_X = np.cos(np.pi * (np.arange(PIECE_DEGREE + 1) + 0.5) / (PIECE_DEGREE + 1))
_NODES = _X / 2.0
_TO_POWERS = np.linalg.inv(np.vander(_NODES, increasing=True))
_PROBES = np.cos(np.pi * np.arange(PIECE_DEGREE + 2) / (PIECE_DEGREE + 1)) / 2.0 * (1.0 - 1e-12)
_PROBE_POWERS = np.vander(_PROBES, PIECE_DEGREE + 1, increasing=True)


@dataclass(frozen=True)
class Table:
    """One marginal as a kernel reads it: value = location + scale * T(z), T by `kind` and `numbers`.

    `error` is the largest error found, in units of what is tolerated: at most 1.
    """

    kind: int
    numbers: tuple[float, ...]
    location: float
    scale: float
    error: float


def score_quantile(family: Family, z: Floats) -> Floats:
    """Quantile at the probability of a normal score, exact in both tails.

    Examples
    --------
    >>> from popsim.families import Uniform
    >>> score_quantile(Uniform(0, 2), np.array([0.0])).item()
    1.0
    """
    below = family.ppf(special.ndtr(np.minimum(z, 0.0)))
    above = family.isf(special.ndtr(-np.maximum(z, 0.0)))
    return np.where(z < 0.0, below, above)


def tolerance(values: Floats, z: Floats, median: float, width: float) -> Floats:
    """Tolerated error: relative to the larger of P5-P95 width and distance from the median; looser in tails."""
    relative = np.where(np.abs(z) <= BODY, BODY_TOLERANCE, TAIL_TOLERANCE)
    return relative * np.maximum(width, np.abs(values - median))


class _Target:
    """A family seen through its normal score, with what is needed to judge an approximation of it."""

    def __init__(self, family: Family) -> None:
        self.family = family
        low, self.median, high = (
            float(value) for value in score_quantile(family, np.array([-1.6448536, 0.0, 1.6448536]))
        )
        support = family.support()
        # Where P5 and P95 coincide, the spread lies elsewhere: fall back on what the limits span.
        self.width = high - low or float(np.ptp(score_quantile(family, np.array([-BODY, BODY]))))
        self.floor = support[0] if np.isfinite(support[0]) else None
        self.kinks = np.sort(special.ndtri(np.array(family.kinks(), dtype=np.float64)))

    def values(self, z: Floats) -> Floats:
        return score_quantile(self.family, z)

    def logs(self, z: Floats) -> Floats:
        """log(T - floor), held at a floor of its own where T underflows; the check sees the values themselves."""
        assert self.floor is not None  # noqa: S101
        with np.errstate(divide="ignore"):
            return np.maximum(np.log(self.values(z) - self.floor), _LOG_FLOOR)

    def error(self, z: Floats, approximation: Floats) -> Floats:
        true = self.values(z)
        return np.abs(approximation - true) / tolerance(true, z, self.median, self.width)


def make_table(family: Family, where: str = "plan") -> Table:
    """Tabulate a family.

    Raises
    ------
    PlanError
        When the family's quantile function is not finite, or no table reproduces it.

    Examples
    --------
    >>> from popsim.families import LogNormal
    >>> table = make_table(LogNormal(0.0, 0.5))
    >>> table.kind == LOGNORMAL, round(table.numbers[0], 12)
    (True, 0.5)
    """
    jumps = family.jumps()
    if jumps is not None:
        return _jump_table(*jumps)
    target = _Target(family)
    edges = target.values(np.array([-SCORE_LIMIT, SCORE_LIMIT]))
    if not np.isfinite(edges).all():
        raise PlanError(Problem(where, repr(family), "finite quantiles at probabilities from 8e-17 to 1 - 8e-17"))
    for attempt in (_linear, _exponential_of_linear, _equal_pieces, _equal_pieces_of_logarithm, _knots):
        table = attempt(target)
        if table is not None:
            return table
    raise PlanError(
        Problem(
            where,
            repr(family),
            f"a quantile function that {_MOST_PIECES} polynomials of degree {PIECE_DEGREE} reproduce",
            "use parameters that are less extreme, or give the distribution by its quantiles (family empirical)",
        )
    )


def _jump_table(cumulative: Floats, values: Floats) -> Table:
    if len(values) == 1:
        return Table(CONSTANT, (), float(values[0]), 0.0, 0.0)
    size = 1 << int(np.ceil(np.log2(len(values))))
    knots = np.full(size, np.inf)
    knots[0] = -np.inf
    knots[1 : len(values)] = special.ndtri(cumulative[:-1])
    constants = np.full(size, values[-1])
    constants[: len(values)] = values
    numbers = np.concatenate([[size, 0], knots, np.zeros(2 * size), constants])
    return Table(KNOTS, tuple(numbers.tolist()), 0.0, 1.0, 0.0)


def _fine_grid(target: _Target) -> Floats:
    return np.unique(np.concatenate([np.linspace(-SCORE_LIMIT, SCORE_LIMIT, 67), target.kinks]))


def _linear(target: _Target) -> Table | None:
    z = _fine_grid(target)
    values = target.values(z)
    slope = (values[-1] - values[0]) / (z[-1] - z[0])
    location = (values[-1] + values[0]) / 2.0
    error = float(target.error(z, location + slope * z).max()) * 1e3
    return Table(NORMAL, (), float(location), float(slope), error) if error <= 1.0 else None


def _exponential_of_linear(target: _Target) -> Table | None:
    if target.floor is None:
        return None
    z = _fine_grid(target)
    logs = target.logs(z)
    slope = float((logs[-1] - logs[0]) / (z[-1] - z[0]))
    middle = float((logs[-1] + logs[0]) / 2.0)
    if not slope * SCORE_LIMIT < -_LOG_FLOOR:
        return None
    error = float(target.error(z, target.floor + np.exp(middle + slope * z)).max()) * 1e3
    return Table(LOGNORMAL, (slope,), target.floor, float(np.exp(middle)), error) if error <= 1.0 else None


def _equal_pieces(target: _Target) -> Table | None:
    return _fit_equal(target, PIECES, target.values, lambda values: values, 0.0)


def _equal_pieces_of_logarithm(target: _Target) -> Table | None:
    floor = target.floor
    return None if floor is None else _fit_equal(target, PIECES_LOG, target.logs, lambda v: floor + np.exp(v), floor)


def _fit_equal(
    target: _Target, kind: int, function: Callable[[Floats], Floats], back: Callable[[Floats], Floats], location: float
) -> Table | None:
    if len(target.kinks) > 1:
        return None
    if len(target.kinks) == 1:
        # One spare piece, so that the grid can be shifted until the kink lies on an edge of a piece.
        width = 2.0 * _EDGE / (PIECE_COUNT - 1)
        kink = float(target.kinks[0])
        left = kink - width * np.ceil((kink + _EDGE) / width)
    else:
        width, left = 2.0 * _EDGE / PIECE_COUNT, -_EDGE
    middles = left + width * (np.arange(PIECE_COUNT) + 0.5)
    coefficients = _interpolate(function, middles[:, None], width)
    probes = np.clip(middles[:, None] + width * _PROBES, -SCORE_LIMIT, SCORE_LIMIT)
    fractions = (probes - middles[:, None]) / width
    fitted = _horner(coefficients, fractions)
    error = float(target.error(probes, back(fitted)).max())
    if not error <= 1.0:
        return None
    numbers = np.concatenate([[1.0 / width, -left / width - 0.5], coefficients.T.ravel()])
    return Table(kind, tuple(numbers.tolist()), location, 1.0, error)


def _interpolate(function: Callable[[Floats], Floats], middles: Floats, width: Floats | float) -> Floats:
    """Coefficients, one row per piece, in the fraction of the piece's width from its middle."""
    values = function(middles + width * _NODES)
    # The powers' matrix magnifies rounding, so it only sees what varies within a piece.
    level = values[:, :1]
    coefficients: Floats = (values - level) @ _TO_POWERS.T
    coefficients[:, :1] += level
    return coefficients


def _horner(coefficients: Floats, fractions: Floats) -> Floats:
    result = np.zeros_like(fractions)
    for column in coefficients.T[::-1]:
        result = result * fractions + column[:, None]
    return result


def _knots(target: _Target) -> Table | None:
    """Split at the kinks, then halve every piece that does not hold, of the values or else of their logarithm."""
    tables = [_fit_knots(target, KNOTS, target.values, lambda values: values, 0.0)]
    floor = target.floor
    if floor is not None:
        tables.append(_fit_knots(target, KNOTS_LOG, target.logs, lambda v: floor + np.exp(v), floor))
    return min((table for table in tables if table is not None), key=lambda table: len(table.numbers), default=None)


def _fit_knots(
    target: _Target, kind: int, function: Callable[[Floats], Floats], back: Callable[[Floats], Floats], location: float
) -> Table | None:
    inner = target.kinks[np.abs(target.kinks) < _EDGE]
    edges = np.unique(np.concatenate([np.linspace(-_EDGE, _EDGE, PIECE_COUNT + 1), inner]))
    pending = [np.stack([edges[:-1], edges[1:]], axis=1)]
    lefts, widths, polynomials, worst = [], [], [], 0.0
    found = 0
    while pending:
        ends = pending.pop()
        width = ends[:, 1:] - ends[:, :1]
        middle = ends.mean(axis=1, keepdims=True)
        coefficients = _interpolate(function, middle, width)
        probes = middle + width * _PROBES
        error = target.error(probes, back(coefficients @ _PROBE_POWERS.T)).max(axis=1)
        good = error <= 1.0
        found += int(good.sum())
        lefts.append(ends[good, 0])
        widths.append(width[good, 0])
        polynomials.append(coefficients[good])
        worst = max(worst, float(error[good].max(initial=0.0)))
        bad = ends[~good]
        if found + 2 * len(bad) > _MOST_PIECES or (len(bad) and float((bad[:, 1] - bad[:, 0]).min()) < 1e-9):
            return None
        if len(bad):
            centre = bad.mean(axis=1)
            pending.append(
                np.concatenate([np.stack([bad[:, 0], centre], axis=1), np.stack([centre, bad[:, 1]], axis=1)])
            )
    return _pack_knots(
        kind, np.concatenate(lefts), np.concatenate(widths), np.concatenate(polynomials), location, worst
    )


def _pack_knots(kind: int, left: Floats, width: Floats, polynomials: Floats, location: float, worst: float) -> Table:
    order = np.argsort(left)
    left, width, polynomials = left[order], width[order], polynomials[order]
    size = 1 << int(np.ceil(np.log2(len(left))))
    knots = np.full(size, np.inf)
    knots[: len(left)] = left
    knots[0] = -np.inf
    middles, inverses = np.zeros(size), np.zeros(size)
    middles[: len(left)] = left + width / 2.0
    inverses[: len(left)] = 1.0 / width
    coefficients = np.zeros((PIECE_DEGREE + 1, size))
    coefficients[:, : len(left)] = polynomials.T
    numbers = np.concatenate([[size, PIECE_DEGREE], knots, middles, inverses, coefficients.ravel()])
    return Table(kind, tuple(numbers.tolist()), location, 1.0, worst)
