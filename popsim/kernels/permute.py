"""Piecewise polynomials by permutation in registers, on processors with AVX-512.

Sixteen coefficients fit two registers, and one VPERMI2PD picks eight of them by number. That replaces ten gathers a
draw, which is what tables cost elsewhere; the arithmetic is the same, step by step, and so are the bits. The inverse
normal goes four vectors at a time: then one need not wait for the multiply-adds of another.
"""

from __future__ import annotations

import platform
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from popsim.kernels.vectors import FLOATS, LANES, WORDS, broadcast, call, fma, load_vector, splat, store_vector
from popsim.layout import PIECE_COUNT, PIECE_DEGREE, SCORE_LIMIT

_MAGIC = 6755399441055744.0
_PERMUTE = "llvm.x86.avx512.vpermi2var.pd.512"
_CENTRE = 0x4000000000000001
_MANTISSA = (1 << 52) - 1
_ONE = 0x3FF0000000000000


def has_permute() -> bool:
    """Return whether the code that numba makes here may use AVX-512."""
    if config.DISABLE_JIT or platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    if config.CPU_FEATURES is not None:
        return "+avx512f" in config.CPU_FEATURES.split(",")
    return config.CPU_NAME in (None, "host") and bool(llvm.get_host_cpu_features().get("avx512f", False))


def _polynomials(
    context: Any, builder: Any, table: tuple[Any, Any, Any], pieces: list[Any], fractions: list[Any]
) -> list[Any]:
    """Evaluate vectors side by side; `table` is the type of an array, the array, and where its coefficients start."""
    array_type, array, base = table
    values: list[Any] = []
    for power in range(PIECE_DEGREE, -1, -1):
        halves = []
        for half in range(PIECE_COUNT // LANES):
            index = builder.add(base, ir.Constant(ir.IntType(64), power * PIECE_COUNT + half * LANES))
            halves.append(load_vector(context, builder, FLOATS, array_type, array, index, table=True))
        # The instruction looks at the low four bits of a piece's number alone, so that it needs no mask.
        picked = [call(builder, _PERMUTE, FLOATS, [halves[0], piece, halves[1]]) for piece in pieces]
        values = [fma(builder, *each) for each in zip(values, fractions, picked, strict=True)] if values else picked
    return values


@intrinsic
def permuted_pieces(
    _typing: Any, y: Any, at: Any, z: Any, first: Any, tables: Any, base: Any, slope: Any, intercept: Any
) -> Any:
    """Evaluate eight draws: y[at : at + 8] = T(z[first : first + 8]), coefficients at tables[base:]."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out, at_, scores, first_, table, offset, slope_, intercept_ = arguments
        z_ = load_vector(context, builder, FLOATS, signature.args[2], scores, first_)
        low, high = splat(FLOATS, -SCORE_LIMIT), splat(FLOATS, SCORE_LIMIT)
        z_ = builder.select(builder.fcmp_ordered("<", z_, low), low, z_)
        z_ = builder.select(builder.fcmp_ordered(">", z_, high), high, z_)
        t = fma(builder, z_, broadcast(builder, FLOATS, slope_), broadcast(builder, FLOATS, intercept_))
        nearest = builder.fadd(t, splat(FLOATS, _MAGIC))
        fraction = builder.fsub(t, builder.fsub(nearest, splat(FLOATS, _MAGIC)))
        piece = builder.bitcast(nearest, WORDS)
        (value,) = _polynomials(context, builder, (signature.args[4], table, offset), [piece], [fraction])
        store_vector(context, builder, signature.args[0], out, at_, value)
        return context.get_dummy_value()

    return types.void(y, types.int64, z, types.int64, tables, types.int64, types.float64, types.float64), codegen


@intrinsic
def permuted_uneven(_typing: Any, y: Any, at: Any, z: Any, first: Any, tables: Any, base: Any) -> Any:
    """Evaluate eight draws: y[at : at + 8] = T(z[first : first + 8]), pieces between uneven knots at tables[base:]."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out, at_, scores, first_, table, offset = arguments

        def row(number: int) -> Any:
            return builder.add(offset, ir.Constant(ir.IntType(64), number * PIECE_COUNT))

        def picked(number: int, piece: Any) -> Any:
            halves = [
                load_vector(
                    context,
                    builder,
                    FLOATS,
                    signature.args[4],
                    table,
                    builder.add(row(number), ir.Constant(ir.IntType(64), half)),
                    table=True,
                )
                for half in (0, LANES)
            ]
            return call(builder, _PERMUTE, FLOATS, [halves[0], piece, halves[1]])

        z_ = load_vector(context, builder, FLOATS, signature.args[2], scores, first_)
        piece = splat(WORDS, 0)
        for step in (8, 4, 2, 1):
            further = builder.or_(piece, splat(WORDS, step))
            reached = builder.fcmp_ordered("<=", picked(0, further), z_)
            piece = builder.select(reached, further, piece)
        low, high = splat(FLOATS, -SCORE_LIMIT), splat(FLOATS, SCORE_LIMIT)
        z_ = builder.select(builder.fcmp_ordered("<", z_, low), low, z_)
        z_ = builder.select(builder.fcmp_ordered(">", z_, high), high, z_)
        fraction = builder.fmul(builder.fsub(z_, picked(1, piece)), picked(2, piece))
        (value,) = _polynomials(context, builder, (signature.args[4], table, row(3)), [piece], [fraction])
        store_vector(context, builder, signature.args[0], out, at_, value)
        return context.get_dummy_value()

    return types.void(y, types.int64, z, types.int64, tables, types.int64), codegen


@intrinsic
def permuted_octaves(
    _typing: Any, out: Any, at: Any, words: Any, first: Any, vectors: Any, octaves: Any, below_one: Any
) -> Any:
    """Turn the words of eights from words[first:] into normals at out[at:], and give the least 1 - x^2 among them."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out_, at_, words_, first_, vectors_, table, below_one_ = arguments
        one = broadcast(builder, FLOATS, below_one_)
        least = cgutils.alloca_once_value(builder, one)
        eight = ir.Constant(ir.IntType(64), LANES)
        with cgutils.for_range(builder, vectors_) as loop:
            here = builder.mul(loop.index, eight)
            word = load_vector(context, builder, WORDS, signature.args[2], words_, builder.add(first_, here))
            cell = builder.or_(builder.lshr(word, splat(WORDS, 12)), splat(WORDS, _CENTRE))
            x = builder.fsub(builder.bitcast(cell, FLOATS), splat(FLOATS, 3.0))
            q = fma(builder, builder.fneg(x), x, one)
            before = builder.load(least)
            builder.store(builder.select(builder.fcmp_ordered("<", q, before), q, before), least)
            bits = builder.bitcast(q, WORDS)
            mantissa = builder.or_(builder.and_(bits, splat(WORDS, _MANTISSA)), splat(WORDS, _ONE))
            piece = builder.lshr(bits, splat(WORDS, 52))
            fraction = builder.fsub(builder.bitcast(mantissa, FLOATS), splat(FLOATS, 1.5))
            coefficients = (signature.args[5], table, ir.Constant(ir.IntType(64), 0))
            (value,) = _polynomials(context, builder, coefficients, [piece], [fraction])
            place = builder.add(at_, here)
            store_vector(context, builder, signature.args[0], out_, place, builder.fmul(x, value))
        return call(builder, "llvm.vector.reduce.fmin.v8f64", ir.DoubleType(), [builder.load(least)])

    arguments = (out, types.int64, words, types.int64, types.int64, octaves, types.float64)
    return types.float64(*arguments), codegen
