"""From normal scores to values: T(z) = ppf(Phi(z)) for a block of scenarios.

A marginal is one of a few kinds. Where a kind has a table, its numbers start at `offset` in one flat array:

The kinds and sizes stand in `popsim.layout`.

- NORMAL: T(z) = z. LOGNORMAL: T(z) = exp(sigma z), ``[sigma]``.
- PIECES: 16 polynomials of degree 9 over equal widths of z, ``[slope, intercept, c0 x 16, c1 x 16, ..., c9 x 16]``; the
  piece is the whole number nearest to t = slope * z + intercept, the argument of its polynomial is what remains of t.
- KNOTS: any number of polynomials between knots, found by bisection,
  ``[count, degree, knots x count, (middle, 1 / width, c0, c1, ...) x count]``; the count is a power of two, the first
  knot is -infinity, padding knots are +infinity. Jumps are pieces of degree 0 with knots at the jumps.
- UNEVEN: up to 16 polynomials of degree 9 between uneven knots, ``[knots x 16, middles x 16, 1 / widths x 16, c0 x 16,
  ..., c9 x 16]``, with knots as above.
- PIECES_LOG, KNOTS_LOG and UNEVEN_LOG hold log T instead of T.
- BOUNDED is one of the kinds with pieces, cut at both ends of the support; beyond two scores, the logarithm of the
  distance to the end has a table of its own, ``[kind, low, high, lower score, upper score, lower at, upper at]``, then
  the numbers of that kind, then, at the two places, tables as KNOTS has them, by the score counted towards the end.

Two kinds take the drawn probability in place of a score (`popsim.kernels.elementary`): EVEN is that, TRIANGLE is
``[mode]``.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.elementary import exponential
from popsim.kernels.intrinsics import borrowed, float_to_bits, fma, load, store, table_load
from popsim.kernels.jit import kernel, part, pasted
from popsim.kernels.permute import LANES, has_permute, permuted_pieces, permuted_uneven
from popsim.layout import (
    BOUNDED,
    BOUNDED_BASE,
    KNOTS,
    KNOTS_LOG,
    LOGNORMAL,
    NORMAL,
    PIECE_COUNT,
    PIECES,
    PIECES_LOG,
    SCORE_LIMIT,
    UNEVEN,
    UNEVEN_LOG,
)

_MAGIC = 6755399441055744.0
_PIECE_MASK = np.int64(PIECE_COUNT - 1)
_STRIDE = np.int64(PIECE_COUNT)
_STRETCH = 64


@part
def _pieces_from(start, y, at, z, first, count, tables, base, slope, intercept):  # type: ignore[no-untyped-def]
    for i in range(start, count):
        score = min(max(load(z, first + i), -SCORE_LIMIT), SCORE_LIMIT)
        t = fma(score, slope, intercept)
        nearest = t + _MAGIC
        f = t - (nearest - _MAGIC)
        k = base + (float_to_bits(nearest) & _PIECE_MASK)
        p = fma(table_load(tables, k + 9 * _STRIDE), f, table_load(tables, k + 8 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 7 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 6 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 5 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 4 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 3 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 2 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 1 * _STRIDE))
        store(y, at + i, fma(p, f, table_load(tables, k)))


@part
def _uneven_from(start, y, at, z, first, count, tables, knots):  # type: ignore[no-untyped-def]
    for i in range(start, count):
        score = load(z, first + i)
        k = knots
        for step in (8, 4, 2, 1):
            k += np.int64(step) if table_load(tables, k + step) <= score else np.int64(0)
        inside = min(max(score, -SCORE_LIMIT), SCORE_LIMIT)
        f = (inside - table_load(tables, k + _STRIDE)) * table_load(tables, k + 2 * _STRIDE)
        p = fma(table_load(tables, k + 12 * _STRIDE), f, table_load(tables, k + 11 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 10 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 9 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 8 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 7 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 6 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 5 * _STRIDE))
        p = fma(p, f, table_load(tables, k + 4 * _STRIDE))
        store(y, at + i, fma(p, f, table_load(tables, k + 3 * _STRIDE)))


if has_permute():

    @pasted
    def _uneven(y, at, z, first, count, tables, offset):  # type: ignore[no-untyped-def]
        whole = count - count % LANES
        for i in range(0, whole, LANES):
            permuted_uneven(y, at + i, z, first + i, tables, np.int64(offset))
        if whole < count:
            _uneven_from(whole, y, at, z, first, count, tables, np.int64(offset))

    @pasted
    def _pieces(y, at, z, first, count, tables, offset):  # type: ignore[no-untyped-def]
        slope, intercept, base = tables[offset], tables[offset + 1], np.int64(offset + 2)
        whole = count - count % LANES
        for i in range(0, whole, LANES):
            permuted_pieces(y, at + i, z, first + i, tables, base, slope, intercept)
        if whole < count:
            _pieces_from(whole, y, at, z, first, count, tables, base, slope, intercept)

else:

    @part
    def _uneven(y, at, z, first, count, tables, offset):  # type: ignore[no-untyped-def]
        _uneven_from(0, y, at, z, first, count, tables, np.int64(offset))

    @part
    def _pieces(y, at, z, first, count, tables, offset):  # type: ignore[no-untyped-def]
        _pieces_from(0, y, at, z, first, count, tables, np.int64(offset + 2), tables[offset], tables[offset + 1])


@part
def _knots(y, at, z, first, count, tables, offset):  # type: ignore[no-untyped-def]
    size = np.int64(tables[offset])
    degree = np.int64(tables[offset + 1])
    knots = np.int64(offset + 2)
    pieces = knots + size
    for i in range(count):
        score = load(z, first + i)
        k = np.int64(0)
        step = size >> 1
        while step > 0:
            k += step if table_load(tables, knots + k + step) <= score else np.int64(0)
            step >>= 1
        piece = pieces + k * (degree + 3)
        inside = min(max(score, -SCORE_LIMIT), SCORE_LIMIT)
        f = (inside - table_load(tables, piece)) * table_load(tables, piece + 1)
        lowest = piece + 2
        p = table_load(tables, lowest + degree)
        for j in range(degree - 1, -1, -1):
            p = fma(p, f, table_load(tables, lowest + j))
        store(y, at + i, p)


@pasted
def _exponentials(y, at, z, first, count, factor):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(y, at + i, exponential(min(max(factor * load(z, first + i), -700.0), 700.0)))


@part
def _exponentials_in_place(y, at, count):  # type: ignore[no-untyped-def]
    # One array, so that LLVM need not ask whether two overlap.
    for i in range(count):
        store(y, at + i, exponential(min(max(load(y, at + i), -700.0), 700.0)))


@part
def _distance(tables, offset, score):  # type: ignore[no-untyped-def]
    """Return the distance from an end of the support at a score that is counted towards it."""
    size, degree = np.int64(tables[offset]), np.int64(tables[offset + 1])
    knots = np.int64(offset + 2)
    k = np.int64(0)
    step = size >> 1
    while step > 0:
        k += step if table_load(tables, knots + k + step) <= score else np.int64(0)
        step >>= 1
    piece = knots + size + k * (degree + 3)
    f = (min(score, SCORE_LIMIT) - table_load(tables, piece)) * table_load(tables, piece + 1)
    p = table_load(tables, piece + 2 + degree)
    for j in range(degree - 1, -1, -1):
        p = fma(p, f, table_load(tables, piece + 2 + j))
    return exponential(min(max(p, -700.0), 700.0))


@part
def _cut(y, at, z, first, count, tables, offset):  # type: ignore[no-untyped-def]
    """Keep values within the support; write over those whose scores lie in a stretch with such a score far out."""
    low, high, lower, upper = tables[offset + 1], tables[offset + 2], tables[offset + 3], tables[offset + 4]
    for start in range(0, count, _STRETCH):
        stop = min(start + _STRETCH, count)
        outside = np.int64(0)
        for i in range(start, stop):
            score = load(z, first + i)
            outside |= float_to_bits(score - lower) | float_to_bits(upper - score)
            store(y, at + i, min(max(load(y, at + i), low), high))
        if outside < 0:
            for i in range(start, stop):
                score = load(z, first + i)
                if score < lower:
                    away = _distance(tables, np.int64(offset) + np.int64(tables[offset + 5]), -score)
                    store(y, at + i, min(low + away, high))
                elif score > upper:
                    away = _distance(tables, np.int64(offset) + np.int64(tables[offset + 6]), score)
                    store(y, at + i, max(high - away, low))


@pasted
def values(y, at, z, first, count, kind, tables, offset):  # type: ignore[no-untyped-def]
    """Write T of z[first:] to y[at:] for one marginal."""
    y, z, tables = borrowed(y), borrowed(z), borrowed(tables)
    base, table = np.int64(kind), np.int64(offset)
    if kind == BOUNDED:
        base, table = np.int64(tables[offset]), np.int64(offset + BOUNDED_BASE)
    if base == NORMAL:
        for i in range(count):
            store(y, at + i, load(z, first + i))
    elif base == LOGNORMAL:
        _exponentials(y, at, z, first, count, tables[table])
    elif base in (PIECES, PIECES_LOG):
        _pieces(y, at, z, first, count, tables, table)
    elif base in (KNOTS, KNOTS_LOG):
        _knots(y, at, z, first, count, tables, table)
    elif base in (UNEVEN, UNEVEN_LOG):
        _uneven(y, at, z, first, count, tables, table)
    if base in (PIECES_LOG, KNOTS_LOG, UNEVEN_LOG):
        _exponentials_in_place(y, at, count)
    if kind == BOUNDED:
        _cut(y, at, z, first, count, tables, table - BOUNDED_BASE)


@kernel
def evaluate(y, z, count, kind, tables, offset):  # type: ignore[no-untyped-def]
    """Write T(z) of one marginal into y."""
    values(y, 0, z, 0, count, kind, tables, offset)
