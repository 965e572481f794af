"""The few machine operations that numba has no word for, each with a plain twin for ``NUMBA_DISABLE_JIT=1``.

`fma` rounds once on every machine, so that results do not depend on whether a compiler contracts ``a * b + c``. The
loads and the store carry LLVM's alias scopes: a table and a buffer never overlap, and only with
that knowledge does LLVM turn the loops over them into vector code.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
import struct
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

_DOUBLE = ir.DoubleType()
_WORD = ir.IntType(64)


def _machine_type(numba_type: Any) -> ir.Type:
    return _DOUBLE if numba_type == types.float64 else _WORD


def _scopes(module: Any) -> tuple[Any, Any]:
    """Two alias scopes, tables and buffers, made once per LLVM module."""
    if not hasattr(module, "popsim_scopes"):
        domain = module.add_metadata([ir.MetaDataString(module, "popsim")])
        scopes = [module.add_metadata([ir.MetaDataString(module, name), domain]) for name in ("table", "buffer")]
        module.popsim_scopes = tuple(module.add_metadata([scope]) for scope in scopes)
    tables, buffers = module.popsim_scopes
    return tables, buffers


def _element_pointer(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index], source_etype=_machine_type(array_type.dtype))


def mark(instruction: Any, module: Any, *, table: bool) -> None:
    """Mark for LLVM that a load or store is of a table, or of a buffer, and that these never overlap."""
    tables, buffers = _scopes(module)
    instruction.set_metadata("alias.scope", tables if table else buffers)
    instruction.set_metadata("noalias", buffers if table else tables)


def _make_load(table: bool) -> Any:
    def generic(_typing: Any, array: Any, index: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointer = _element_pointer(context, builder, signature.args[0], *arguments)
            value = builder.load(pointer, typ=_machine_type(signature.return_type))
            mark(value, builder.module, table=table)
            return value

        return array.dtype(array, index), codegen

    return intrinsic(generic)


if config.DISABLE_JIT:
    if hasattr(math, "fma"):
        fma = math.fma
    else:
        _library = ctypes.CDLL(ctypes.util.find_library("m") or "ucrtbase")  # the latter on Windows
        fma = _library.fma
        fma.restype = ctypes.c_double
        fma.argtypes = [ctypes.c_double] * 3

    def bits_to_float(word: Any) -> float:
        """Read a 64-bit word as a float."""
        value: float = struct.unpack("<d", struct.pack("<Q", int(word) & 0xFFFFFFFFFFFFFFFF))[0]
        return value

    def float_to_bits(value: float) -> np.int64:
        """Read a float as a signed 64-bit word."""
        return np.int64(struct.unpack("<q", struct.pack("<d", value))[0])

    def load(array: Any, index: Any) -> Any:
        """Read a buffer."""
        return array[index]

    table_load = load

    def borrowed(array: Any) -> Any:
        """Return the array."""
        return array

    def store(array: Any, index: Any, value: Any) -> None:
        """Write a buffer."""
        array[index] = value

else:
    load = _make_load(table=False)
    table_load = _make_load(table=True)

    @intrinsic
    def borrowed(_typing: Any, array: Any) -> Any:
        """Return the array without its owner, for as long as the caller keeps it.

        Otherwise numba counts a reference at each call, with atomic operations that together cost as much as some
        thirty draws.
        """

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            view = context.make_array(signature.args[0])(context, builder, arguments[0])
            view.meminfo = ir.Constant(view.meminfo.type, None)
            view.parent = ir.Constant(view.parent.type, None)
            return view._getvalue()

        return array(array), codegen

    @intrinsic
    def fma(_typing: Any, a: Any, b: Any, c: Any) -> Any:
        """Compute a * b + c, rounded once."""

        def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.fma(*arguments)

        return types.float64(types.float64, types.float64, types.float64), codegen

    @intrinsic
    def bits_to_float(_typing: Any, word: Any) -> Any:
        """Read a 64-bit word as a float."""

        def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], _DOUBLE)

        return types.float64(word), codegen

    @intrinsic
    def float_to_bits(_typing: Any, value: Any) -> Any:
        """Read a float as a signed 64-bit word."""

        def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], _WORD)

        return types.int64(types.float64), codegen

    @intrinsic
    def store(_typing: Any, array: Any, index: Any, value: Any) -> Any:
        """Write a buffer."""

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pointer = _element_pointer(context, builder, signature.args[0], *arguments[:2])
            mark(builder.store(arguments[2], pointer), builder.module, table=False)
            return context.get_dummy_value()

        return types.void(array, index, array.dtype), codegen
