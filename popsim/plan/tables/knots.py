"""Any number of pieces of any width, for one member at a time; and jumps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from popsim.arrays import Floats
from popsim.layout import CONSTANT, KNOTS, KNOTS_LOG, PIECE_COUNT, PIECE_DEGREE, UNEVEN, UNEVEN_LOG
from popsim.plan.tables.members import Members
from popsim.plan.tables.pieces import EDGE, FULL, PROBES, Basis, evaluate, low_degree
from popsim.plan.tables.table import NOTHING, Table

MOST_PIECES = 4096
MANY_KINKS = 1024
"""More are those of many data, or of many members of a mixture."""

SCORE_SLACK = 1e-12
"""What a steep family's table may be off by, in the score: beside a jump, floats of probability say no more.

A value is allowed that lies between the quantiles at so much less and so much more than the score; a piece that is no
wider holds one value. A draw falls into such a piece once in 2e12, and its value is then a quantile next to its own.
"""

_CUBIC = low_degree(3)

_NARROW = 1e-3
"""Wider pieces gain nothing by the slack, and are halved."""

_Function = Callable[[Floats], Floats]


def from_jumps(cumulative: Floats, values: Floats) -> Table:
    """Return pieces of degree 0 with knots at the jumps; a single value needs none."""
    if len(values) == 1:
        return Table(CONSTANT, NOTHING, float(values[0]), 0.0, 0.0)
    if len(values) <= PIECE_COUNT:
        coefficients = np.zeros((PIECE_DEGREE + 1, len(values)))
        coefficients[0] = values
        left = np.concatenate([[-EDGE], special.ndtri(cumulative[:-1])])
        return _pack_uneven(UNEVEN, left, np.full(len(values), np.inf), coefficients, 0.0, 0.0)
    size = 1 << int(np.ceil(np.log2(len(values))))
    knots = np.full(size, np.inf)
    knots[0] = -np.inf
    knots[1 : len(values)] = special.ndtri(cumulative[:-1])
    pieces = np.zeros((size, 3))
    pieces[: len(values), 2] = values
    numbers = np.concatenate([[size, 0], knots, pieces.ravel()])
    return Table(KNOTS, numbers, 0.0, 1.0, 0.0)


def from_knots(member: Members) -> Table | None:
    """Split at the kinks, then halve every piece that does not hold, of the values or else of their logarithm."""
    if member.kinks.shape[1] > MANY_KINKS:
        return _many(member)
    if not member.steep and (few := _few(member)):
        return few
    tables = [_fit(member, KNOTS, lambda values: values, lambda values: values, 0.0)]
    floor = float(member.floor[0, 0])
    # Of a steep family the values themselves, if they hold: an exponential would miss atoms by rounding.
    if np.isfinite(floor) and not (member.steep and tables[0]):
        tables.append(_fit(member, KNOTS_LOG, member.logs, lambda logs: floor + np.exp(logs), floor))
    return min((table for table in tables if table is not None), key=lambda table: len(table.numbers), default=None)


def _many(member: Members) -> Table | None:
    """Fit low degrees between the points of many data: pieces are so narrow that no more are needed."""
    most = 2 * member.kinks.shape[1] + MOST_PIECES
    return _fit(member, KNOTS, lambda values: values, lambda values: values, 0.0, 2, most, _CUBIC)


def _few(member: Members) -> Table | None:
    """Find a table of so few pieces that the kernel need not look for them in memory."""
    found = _fit(member, UNEVEN, lambda values: values, lambda values: values, 0.0, 2, PIECE_COUNT)
    floor = float(member.floor[0, 0])
    if found or not np.isfinite(floor):
        return found
    return _fit(member, UNEVEN_LOG, member.logs, lambda logs: floor + np.exp(logs), floor, 2, PIECE_COUNT)


def _fit(
    member: Members,
    kind: int,
    function: _Function,
    back: _Function,
    location: float,
    first_edges: int = PIECE_COUNT + 1,
    most: int = MOST_PIECES,
    basis: Basis = FULL,
) -> Table | None:
    inner = member.kinks[0][np.abs(member.kinks[0]) < EDGE]
    edges = np.unique(np.concatenate([np.linspace(-EDGE, EDGE, first_edges), inner]))
    pending = [np.stack([edges[:-1], edges[1:]], axis=1)]
    lefts, widths, polynomials, worst = [], [], [], 0.0
    found = 0
    if len(edges) - 1 > most:
        return None
    while pending:
        ends = pending.pop()
        coefficients, error = _attempt(member, ends, function, back, basis)
        good = error <= 1.0
        found += int(good.sum())
        lefts.append(ends[good, 0])
        widths.append(ends[good, 1] - ends[good, 0])
        polynomials.append(coefficients[:, good])
        worst = max(worst, float(error[good].max(initial=0.0)))
        bad = ends[~good]
        least = 1e-9 if not member.steep else SCORE_SLACK / 16.0
        if found + 2 * len(bad) > most or (len(bad) and float((bad[:, 1] - bad[:, 0]).min()) < least):
            return None
        if len(bad):
            pending.append(_split(bad, member.steep and float((bad[:, 1] - bad[:, 0]).max()) <= _NARROW))
    pack = _pack_uneven if kind in (UNEVEN, UNEVEN_LOG) else _pack
    return pack(
        kind, np.concatenate(lefts), np.concatenate(widths), np.concatenate(polynomials, axis=1), location, worst
    )


def _split(ends: Floats, finely: bool) -> Floats:
    """Halve pieces; or cut them finely, since towards a steep place it goes by orders of magnitude, in fewer rounds."""
    if not finely:
        centre = ends.mean(axis=1)
        return np.concatenate([np.stack([ends[:, 0], centre], axis=1), np.stack([centre, ends[:, 1]], axis=1)])
    cuts = np.linspace(ends[:, 0], ends[:, 1], 9, axis=1)
    return np.stack([cuts[:, :-1], cuts[:, 1:]], axis=2).reshape(-1, 2)


def _attempt(
    member: Members, ends: Floats, function: _Function, back: _Function, basis: Basis
) -> tuple[Floats, Floats]:
    """Return coefficients (power, piece) and the largest error of each piece."""
    nodes, probes_of_piece, interpolated = basis
    width, middle = ends[:, 1:] - ends[:, :1], ends.mean(axis=1, keepdims=True)
    at_nodes = function(member.quantiles((middle + width * nodes).ravel())).reshape(-1, len(nodes))
    probes = middle + width * probes_of_piece
    true = member.quantiles(probes.ravel()).reshape(probes.shape)
    with np.errstate(all="ignore"):
        coefficients = interpolated(at_nodes.T)
        fitted = back(evaluate(coefficients, np.broadcast_to(probes_of_piece[:, None], probes.T.shape)))
        error = member.error(true, probes, fitted.T).max(axis=1)
    if member.steep:
        _forgive(member, ends, function, back, coefficients, error)
    return coefficients, error


def _forgive(
    member: Members, ends: Floats, function: _Function, back: _Function, coefficients: Floats, error: Floats
) -> None:
    """Judge the narrow pieces of a steep family again, by quantiles at scores nearby; write over what changes."""
    width = ends[:, 1] - ends[:, 0]
    flat = np.flatnonzero((width <= SCORE_SLACK) & (error > 1.0))
    if len(flat):
        coefficients[:, flat] = 0.0
        coefficients[0, flat] = function(member.quantiles(ends[flat].mean(axis=1))).ravel()
    rows = np.flatnonzero((width <= _NARROW) & (error > 1.0))
    if not len(rows):
        return
    probes = ends[rows].mean(axis=1, keepdims=True) + width[rows, None] * PROBES
    least, most = member.quantiles(np.concatenate([probes - SCORE_SLACK, probes + SCORE_SLACK]).ravel()).reshape(
        2, *probes.shape
    )
    with np.errstate(all="ignore"):
        fitted = back(evaluate(coefficients[:, rows], np.broadcast_to(PROBES[:, None], probes.T.shape))).T
        error[rows] = member.error(np.clip(fitted, least, most), probes, fitted).max(axis=1)


def _pack(kind: int, left: Floats, width: Floats, polynomials: Floats, location: float, worst: float) -> Table:
    return Table(kind, knot_numbers(left, width, polynomials), location, 1.0, worst)


def knot_numbers(left: Floats, width: Floats, polynomials: Floats) -> Floats:
    """Return pieces in any order, with coefficients (power, piece), as the numbers of a table that is searched."""
    order = np.argsort(left)
    left, width, polynomials = left[order], width[order], polynomials[:, order]
    size = 1 << int(np.ceil(np.log2(len(left))))
    knots = np.full(size, np.inf)
    knots[: len(left)] = left
    knots[0] = -np.inf
    pieces = np.zeros((size, len(polynomials) + 2))
    pieces[: len(left), 0] = left + width / 2.0
    pieces[: len(left), 1] = 1.0 / width
    pieces[: len(left), 2:] = polynomials.T
    return np.concatenate([[size, len(polynomials) - 1], knots, pieces.ravel()])


def _pack_uneven(kind: int, left: Floats, width: Floats, polynomials: Floats, location: float, worst: float) -> Table:
    order = np.argsort(left)
    left, width, polynomials = left[order], width[order], polynomials[:, order]
    numbers = np.zeros((PIECE_DEGREE + 4, PIECE_COUNT))
    numbers[0] = np.inf
    numbers[0, : len(left)] = left
    numbers[0, 0] = -np.inf
    wide = np.isinf(width)
    numbers[1, : len(left)] = np.where(wide, 0.0, left + np.where(wide, 0.0, width) / 2.0)
    numbers[2, : len(left)] = 1.0 / width
    numbers[3:, : len(left)] = polynomials
    return Table(kind, numbers.ravel(), location, 1.0, worst)
