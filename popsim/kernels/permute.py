"""Piecewise polynomials by permutation in registers, on processors with AVX-512.

Sixteen coefficients fit two registers, and one VPERMI2PD picks eight of them by number. That replaces ten gathers a
draw, which is what tables cost elsewhere; the arithmetic is the same, step by step, and so are the bits.
"""

from __future__ import annotations

import platform
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from popsim.kernels.intrinsics import mark
from popsim.layout import PIECE_COUNT, PIECE_DEGREE, SCORE_LIMIT

__all__ = ["LANES", "has_permute", "permuted_pieces"]

LANES = 8
_MAGIC = 6755399441055744.0
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_NUMBERS = ir.VectorType(ir.IntType(64), LANES)
_PERMUTE = "llvm.x86.avx512.vpermi2var.pd.512"


def has_permute() -> bool:
    """Tell whether the code that numba makes here may use AVX-512."""
    if config.DISABLE_JIT or platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    if config.CPU_FEATURES is not None:
        return "+avx512f" in config.CPU_FEATURES.split(",")
    return config.CPU_NAME in (None, "host") and bool(llvm.get_host_cpu_features().get("avx512f", False))


def _call(builder: Any, name: str, kinds: list[Any], values: list[Any]) -> Any:
    function = builder.module.globals.get(name)
    if function is None:
        function = ir.Function(builder.module, ir.FunctionType(_VECTOR, kinds), name)
    return builder.call(function, values)


def _fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    return _call(builder, "llvm.fma.v8f64", [_VECTOR] * 3, [a, b, c])


def _splat(value: float) -> ir.Constant:
    return ir.Constant(_VECTOR, [value] * LANES)


def _broadcast(builder: Any, scalar: Any) -> Any:
    first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        first, ir.Constant(_VECTOR, ir.Undefined), ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    )


def _address(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    element = builder.gep(data, [index], source_etype=ir.DoubleType())
    return builder.bitcast(element, _VECTOR.as_pointer())


@intrinsic
def permuted_pieces(
    _typing: Any, y: Any, at: Any, z: Any, first: Any, tables: Any, base: Any, slope: Any, intercept: Any
) -> Any:
    """Evaluate eight draws: y[at : at + 8] = T(z[first : first + 8]), coefficients at tables[base:]."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out, at_, scores, first_, table, offset, slope_, intercept_ = arguments
        z_ = builder.load(_address(context, builder, signature.args[2], scores, first_), typ=_VECTOR, align=8)
        mark(z_, builder.module, table=False)
        low, high = _splat(-SCORE_LIMIT), _splat(SCORE_LIMIT)
        z_ = builder.select(builder.fcmp_ordered("<", z_, low), low, z_)
        z_ = builder.select(builder.fcmp_ordered(">", z_, high), high, z_)
        t = _fma(builder, z_, _broadcast(builder, slope_), _broadcast(builder, intercept_))
        nearest = builder.fadd(t, _splat(_MAGIC))
        fraction = builder.fsub(t, builder.fsub(nearest, _splat(_MAGIC)))
        # The instruction looks at the low four bits alone, so that the whole number needs no mask.
        piece = builder.bitcast(nearest, _NUMBERS)
        value = None
        for power in range(PIECE_DEGREE, -1, -1):
            halves = []
            for half in range(PIECE_COUNT // LANES):
                index = builder.add(offset, ir.Constant(ir.IntType(64), power * PIECE_COUNT + half * LANES))
                loaded = builder.load(_address(context, builder, signature.args[4], table, index), typ=_VECTOR, align=8)
                mark(loaded, builder.module, table=True)
                halves.append(loaded)
            coefficient = _call(builder, _PERMUTE, [_VECTOR, _NUMBERS, _VECTOR], [halves[0], piece, halves[1]])
            value = coefficient if value is None else _fma(builder, value, fraction, coefficient)
        pointer = _address(context, builder, signature.args[0], out, at_)
        mark(builder.store(value, pointer, align=8), builder.module, table=False)
        return context.get_dummy_value()

    return types.void(y, types.int64, z, types.int64, tables, types.int64, types.float64, types.float64), codegen
