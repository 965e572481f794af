"""Words of LLVM for vectors of eight, from which intrinsics are put together."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from popsim.kernels.intrinsics import mark

LANES = 8
FLOATS = ir.VectorType(ir.DoubleType(), LANES)
WORDS = ir.VectorType(ir.IntType(64), LANES)


def call(builder: Any, name: str, result: Any, values: list[Any]) -> Any:
    """Call one of LLVM's own functions."""
    function = builder.module.globals.get(name)
    if function is None:
        kind = ir.FunctionType(result, [value.type for value in values])
        function = ir.Function(builder.module, kind, name)
    return builder.call(function, values)


def fma(builder: Any, a: Any, b: Any, c: Any) -> Any:
    """Compute a * b + c, rounded once."""
    return call(builder, "llvm.fma.v8f64", FLOATS, [a, b, c])


def splat(kind: Any, value: float) -> ir.Constant:
    """Return a constant in all lanes."""
    return ir.Constant(kind, [value] * LANES)


def broadcast(builder: Any, kind: Any, scalar: Any) -> Any:
    """Return a value in all lanes."""
    undefined = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), None))


def _address(context: Any, builder: Any, kind: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index], source_etype=kind.element), kind.as_pointer())


def hidden(builder: Any, value: Any) -> Any:
    """Return a whole number in a way that LLVM cannot see it is the same in every round of a loop.

    What is loaded from there is then loaded in every round, which costs little, and not kept in registers that are
    wanted for other things, or on the stack before the loop begins, which costs as much as a hundred draws.
    """
    kind = ir.FunctionType(value.type, [value.type])
    return builder.asm(kind, "", "=r,0", [value], side_effect=True)


def load_vector(
    context: Any, builder: Any, kind: Any, array_type: Any, array: Any, index: Any, *, table: bool = False
) -> Any:
    """Read array[index : index + 8], which need not be aligned."""
    pointer = _address(context, builder, kind, array_type, array, index)
    loaded = builder.load(pointer, typ=kind, align=8)
    mark(loaded, builder.module, table=table)
    return loaded


def store_vector(
    context: Any, builder: Any, array_type: Any, array: Any, index: Any, value: Any, *, past_caches: bool = False
) -> None:
    """Write array[index : index + 8]; past the caches only where a cache line begins."""
    pointer = _address(context, builder, value.type, array_type, array, index)
    stored = builder.store(value, pointer, align=8 * LANES if past_caches else 8)
    mark(stored, builder.module, table=False)
    if past_caches:
        stored.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))
