"""From the buffers of a block to where its results stay."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from popsim.kernels.intrinsics import borrowed, fma, load, store
from popsim.kernels.jit import part, pasted
from popsim.kernels.permute import has_permute
from popsim.kernels.vectors import FLOATS, broadcast, load_vector, store_vector
from popsim.kernels.vectors import fma as vector_fma

LINE = np.int64(8)
"""Numbers in a cache line, and in the widest vector."""

_LAST_OF_LINE = LINE - 1

_LARGE = np.int64(2**21)
"""Results of so many numbers will not be found in a cache by whoever reads them first."""


@pasted
def from_line(room):  # type: ignore[no-untyped-def]
    """Return a stretch that starts on a cache line: a vector that straddles two takes two reads."""
    return room[-(room.ctypes.data >> 3) & _LAST_OF_LINE :]


@part
def put(out, at, count, location, scale, work, value):  # type: ignore[no-untyped-def]
    """Write location + scale x values."""
    for i in range(count):
        store(out, at + i, fma(scale, load(work, value + i), location))


if has_permute():

    @intrinsic
    def _put_line(_typing: Any, out: Any, at: Any, location: Any, scale: Any, work: Any, value: Any) -> Any:
        """Write eight, which begin on a cache line, past the caches."""

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            out_, at_, location_, scale_, work_, value_ = arguments
            values = load_vector(context, builder, FLOATS, signature.args[4], work_, value_)
            factor, start = broadcast(builder, FLOATS, scale_), broadcast(builder, FLOATS, location_)
            result = vector_fma(builder, factor, values, start)
            store_vector(context, builder, signature.args[0], out_, at_, result, past_caches=True)
            return context.get_dummy_value()

        return types.void(out, types.int64, types.float64, types.float64, work, types.int64), codegen

    @part
    def put_out(out, at, count, location, scale, work, value):  # type: ignore[no-untyped-def]
        """Write location + scale x values to the results: past the caches where there are many, which saves a read."""
        out, work = borrowed(out), borrowed(work)
        begun = count if out.size < _LARGE else min(-((out.ctypes.data >> 3) + at) & _LAST_OF_LINE, count)
        whole = begun + ((count - begun) & ~_LAST_OF_LINE)
        put(out, at, begun, location, scale, work, value)
        for i in range(begun, whole, LINE):
            _put_line(out, at + i, location, scale, work, value + i)
        put(out, at + whole, count - whole, location, scale, work, value + whole)

else:
    put_out = put


@part
def _put_sum(out, at, count, weight, work, one):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(out, at + i, fma(weight, load(work, one + i), 0.0))


@part
def _add_sum(out, at, count, weight, work, one):  # type: ignore[no-untyped-def]
    for i in range(count):
        store(out, at + i, fma(weight, load(work, one + i), load(out, at + i)))


@pasted
def put_sums(out, columns, column, length, work, sums, width, targets):  # type: ignore[no-untyped-def]
    """Write the outputs of a block that are weighted sums of accumulators."""
    for j in range(len(targets.output_start) - 1):
        first, last = targets.output_start[j], targets.output_start[j + 1]
        at = j * columns + column
        for k in range(first, last):
            one = sums + targets.output_target[k] * width
            if k == first:
                _put_sum(out, at, length, targets.output_weight[k], work, one)
            else:
                _add_sum(out, at, length, targets.output_weight[k], work, one)
