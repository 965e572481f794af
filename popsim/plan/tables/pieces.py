"""Sixteen equal pieces for many members at once, from quantiles at the nodes or from Taylor series.

Each piece is a polynomial of degree 9 in the fraction f = (z - middle) / width of it, between -1/2 and 1/2.
Interpolation nodes are the Chebyshev points, probes the extrema between and beyond them, where the error of an
interpolant is largest. Sums are written out term by term: library routines for matrices may add in another order when
there are more rows, and a table would then depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from popsim.arrays import Floats
from popsim.layout import PIECE_COUNT, PIECE_DEGREE, PIECES, PIECES_LOG, SCORE_LIMIT
from popsim.plan.tables.members import REFERENCES, Members, tolerance
from popsim.plan.tables.table import Table

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
    """Return coefficients from values at the nodes; node and power are the first dimension."""
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


class Basis(NamedTuple):
    """How polynomials are made: nodes and probes in a piece, and coefficients from values at the nodes."""

    nodes: Floats
    probes: Floats
    interpolate: Callable[[Floats], Floats]


FULL = Basis(NODES, PROBES, interpolate)


def low_degree(degree: int) -> Basis:
    """Return what makes polynomials of a lower degree."""
    count = degree + 1
    nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count) / 2.0
    probes = np.cos(np.pi * np.arange(count + 1) / count) / 2.0 * (1.0 - 1e-12)
    inverse = np.linalg.inv(np.vander(nodes, increasing=True))

    def interpolated(values: Floats) -> Floats:
        away = values - values[0]
        coefficients = np.zeros_like(values)
        for power, factors in enumerate(inverse):
            for factor, each in zip(factors, away, strict=True):
                coefficients[power] += factor * each
        coefficients[0] += values[0]
        return coefficients

    return Basis(nodes, probes, interpolated)


def evaluate(coefficients: Floats, fractions: Floats) -> Floats:
    """Return values of polynomials (power, member, piece) at fractions that broadcast to (probe, member, piece)."""
    result: Floats = coefficients[-1] * np.ones_like(fractions)
    for coefficient in coefficients[-2::-1]:
        result *= fractions
        result += coefficient
    return result


def _interpolated_powers() -> Floats:
    """Return coefficients of the interpolants of f^10, f^11, ...: one column each."""
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


EDGE = SCORE_LIMIT * (1.0 + 1e-9)

Found = list[Table | None]
"""One table, or None, per member."""

_INNER_PIECES = np.concatenate([[0], np.arange(PIECE_COUNT), [PIECE_COUNT - 1]])
_INNER_PROBES = np.concatenate([[len(PROBES) - 1], np.where(np.arange(PIECE_COUNT) % 2, 3, 7), [0]])
"""Where a table from series is held against the family's probabilities: both ends, and one probe inside each piece."""

_LOWER = len(_INNER_PIECES) // 2


class _Grid(NamedTuple):
    """Equal pieces: lefts and middles have a row per member, or one row for all."""

    width: float
    left: Floats
    middles: Floats

    def at(self, fractions: Floats) -> Floats:
        """Return scores of fractions of each piece, shape (members or 1, pieces, fractions)."""
        return self.middles[..., None] + self.width * fractions


def _grid(members: Members) -> _Grid:
    if members.kinks.shape[1] == 1:
        # One spare piece, so that the grid can be shifted until the kink lies on an edge of a piece.
        width = 2.0 * EDGE / (PIECE_COUNT - 1)
        left = members.kinks - width * np.ceil((members.kinks + EDGE) / width)
    else:
        width, left = 2.0 * EDGE / PIECE_COUNT, np.array([[-EDGE]])
    return _Grid(width, left, left + width * (np.arange(PIECE_COUNT) + 0.5))


class _Form(NamedTuple):
    """What the polynomials are of: T itself, or its logarithm."""

    kind: int
    back: Callable[[Floats], Floats]
    location: Floats


def _plain(members: Members) -> _Form:
    return _Form(PIECES, lambda values: values, np.zeros((len(members), 1)))


def _logarithm(members: Members) -> _Form:
    return _Form(PIECES_LOG, lambda logs: members.floor + np.exp(logs), members.floor)


def from_quantiles(members: Members) -> Found:
    """Interpolate quantiles at the nodes; check quantiles at the probes. The values first, else their logarithm."""
    if members.kinks.shape[1] > 1:
        return [None] * len(members)
    grid = _grid(members)
    scores = np.clip(grid.at(PROBES), -SCORE_LIMIT, SCORE_LIMIT)
    at_nodes, true = _by_piece(members, grid.at(NODES)), _by_piece(members, scores)
    probes = np.ascontiguousarray(scores.transpose(2, 0, 1))
    fractions = (probes - grid.middles) / grid.width

    def fit(chosen: Members, rows: list[int], form: _Form, values: Floats) -> Found:
        ours = slice(None) if len(rows) == len(members) else rows

        def mine(array: Floats) -> Floats:
            return array if array.shape[1] == 1 else array[:, ours]

        with np.errstate(all="ignore"):
            coefficients = interpolate(values)
            fitted = form.back(evaluate(coefficients, mine(fractions)))
            error = chosen.error(mine(true), mine(probes), fitted).max(axis=(0, 2))
        left = grid.left if len(grid.left) == 1 else grid.left[ours]
        return _tables(form, coefficients, error, grid.width, left)

    every = list(range(len(members)))
    found = fit(members, every, _plain(members), at_nodes)
    rows = [row for row in every if found[row] is None and np.isfinite(members.floor[row, 0])]
    if rows:
        chosen = members.pick(rows)
        logs = chosen.logs(at_nodes[:, rows])
        for row, table in zip(rows, fit(chosen, rows, _logarithm(chosen), logs), strict=True):
            found[row] = table
    return found


def from_series(members: Members) -> Found:
    """Fold Taylor series about the middles, one inverse each, to polynomials; see `_fold` for the check."""
    found: Found = [None] * len(members)
    if members.stack is None or not members.stack.has_taylor() or members.kinks.shape[1]:
        return found
    # A logarithm costs every draw an exponential: longer series of the values go first.
    for order, logarithm in [*((order, False) for order in SERIES_ORDERS), (SERIES_ORDERS[-1], True)]:
        rows = [row for row, table in enumerate(found) if table is None]
        if rows:
            for row, table in zip(rows, _fold(members.pick(rows), order, logarithm), strict=True):
                found[row] = table
    return found


def _fold(members: Members, order: int, logarithm: bool) -> Found:
    """Fold series of one order to polynomials, and check these in three ways without an inverse of the family.

    The polynomials against the series, at the probes; the series against each other, at their common edges; and the
    polynomials against the family's own probabilities, inside each piece and at both ends.
    """
    grid, stack = _grid(members), members.stack
    assert stack is not None  # noqa: S101
    form = _logarithm(members) if logarithm else _plain(members)
    with np.errstate(all="ignore"):
        series = stack.taylor(grid.middles[0], order, logarithm)
        series *= (grid.width ** np.arange(order + 1))[:, None, None]
        place = np.clip((REFERENCES - grid.left[0]) // grid.width, 0, PIECE_COUNT - 1).astype(np.int64)
        nearest = evaluate(series[:, :, place], (REFERENCES - grid.middles[0, place]) / grid.width)
        judged = members.judged_by(form.back(nearest))
        coefficients, remainder = economise(series)
        scores = np.clip(grid.at(PROBES), -SCORE_LIMIT, SCORE_LIMIT).transpose(2, 0, 1)
        fitted = evaluate(coefficients, (scores - grid.middles) / grid.width)
        remainder += fitted
        approximation, true = form.back(fitted), form.back(remainder)
        error = np.maximum(
            judged.error(true, scores, approximation).max(axis=(0, 2)), _disagreement(judged, form, series, grid)
        )
        error[np.logical_not(_within_probabilities(judged, approximation, scores))] = np.inf
    return _tables(form, coefficients, error, grid.width, grid.left)


def _disagreement(members: Members, form: _Form, series: Floats, grid: _Grid) -> Any:
    """Return the largest difference of neighbours at their common edge, and their last two terms, one per member.

    Each series comes from an inverse of its own. A wrong inverse differs from both neighbours, a wrong density makes
    all disagree, and a remainder is largest at the edges, where those of neighbours have opposite signs.
    """
    halves = 0.5 ** np.arange(len(series))
    even, odd = series[0].copy(), np.zeros_like(series[0])
    for power, term in enumerate(series[1:], start=1):
        (odd if power % 2 else even)[...] += halves[power] * term
    room = np.abs(halves[-1] * series[-1]) + np.abs(halves[-2] * series[-2])
    right, left = (even + odd)[:, :-1], (even - odd)[:, 1:]
    ends = form.back(right), form.back(left)
    slack = [
        np.abs(form.back(end + room[:, part]) - back)
        for end, part, back in zip((right, left), (slice(None, -1), slice(1, None)), ends, strict=True)
    ]
    edges = grid.left[0, 0] + grid.width * np.arange(1, PIECE_COUNT)
    allowed = tolerance(ends[0], edges, members.median, members.width)
    return ((np.abs(ends[0] - ends[1]) + slack[0] + slack[1]) / allowed).max(axis=1)


def _within_probabilities(members: Members, approximation: Floats, scores: Floats) -> Any:
    """Return whether the family's own probabilities, counted from the nearer end, allow the quantiles.

    F(x - t) <= Phi(z) is asked of even pieces and Phi(z) <= F(x + t) of odd ones, t what is tolerated: an error that
    all pieces share breaks one of the two, and one that they do not share shows between neighbours.
    """
    stack = members.stack
    assert stack is not None  # noqa: S101
    values, z = approximation[_INNER_PROBES, :, _INNER_PIECES].T, scores[_INNER_PROBES, 0, _INNER_PIECES]
    allowed = tolerance(values, z, members.median, members.width)
    sign = np.where(_INNER_PIECES % 2, 1.0, -1.0)
    moved = values + sign * allowed
    p, q = special.ndtr(z[:_LOWER]), special.ndtr(-z[_LOWER:])
    below = sign[:_LOWER] * (stack.cdf(moved[:, :_LOWER]) - p) >= 0.0
    above = sign[_LOWER:] * (q - stack.sf(moved[:, _LOWER:])) >= 0.0
    return below.all(axis=1) & above.all(axis=1)


def _by_piece(members: Members, scores: Floats) -> Floats:
    """Return quantiles at scores (member, piece, point), with the point as the first dimension."""
    count = scores.shape[2]
    flat = scores.reshape(scores.shape[0], -1)
    values = members.quantiles(flat[0] if len(flat) == 1 else flat)
    return np.ascontiguousarray(values.reshape(len(members), PIECE_COUNT, count).transpose(2, 0, 1))


def _tables(form: _Form, coefficients: Floats, error: Floats, width: float, left: Floats) -> Found:
    count = len(error)
    numbers = np.empty((count, 2 + len(coefficients) * PIECE_COUNT))
    numbers[:, 0] = 1.0 / width
    numbers[:, 1:2] = -left / width - 0.5
    numbers[:, 2:] = coefficients.transpose(1, 0, 2).reshape(count, -1)
    locations = form.location[:, 0].tolist()
    return [
        Table(form.kind, row, location, 1.0, worst) if worst <= 1.0 else None
        for row, location, worst in zip(numbers, locations, error.tolist(), strict=True)
    ]
