"""Eight sums side by side: the value of index i goes to sum i % 8, on every machine and with every width of vectors.

LLVM may not put sums in another order, so that it makes one addition after the other of a plain loop, and numba does
not let it join eight that stand side by side. So they are written as vectors; sums stay in registers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import config, types
from numba.extending import intrinsic

from popsim.kernels.vectors import FLOATS, LANES, broadcast, load_vector, store_vector

if config.DISABLE_JIT:

    def add_values(sums: Any, row: Any, at: Any) -> None:
        """Add row[at : at + 8] to the first eight of `sums`; let it lower the next eight and raise those after."""
        some = row[at : at + LANES]
        sums[0] += some
        np.minimum(sums[1], some, out=sums[1])
        np.maximum(sums[2], some, out=sums[2])

    def add_powers(sums: Any, row: Any, at: Any, mean: Any, scale: Any) -> None:
        """Add powers 2, 4, 6 and 8 of (row[at : at + 8] - mean) * scale to eight sums each."""
        apart = (row[at : at + LANES] - mean) * scale
        square = apart * apart
        fourth = square * square
        for k, power in enumerate((square, fourth, square * fourth, fourth * fourth)):
            sums[k] += power

else:

    def _add(context: Any, builder: Any, kind: Any, sums: Any, which: int, value: Any, join: Any) -> None:
        """Join a vector to the sums of a kind."""
        at = context.get_constant(types.int64, which * LANES)
        before = load_vector(context, builder, FLOATS, kind, sums, at)
        store_vector(context, builder, kind, sums, at, join(before, value))

    @intrinsic
    def add_values(_typing: Any, sums: Any, row: Any, at: Any) -> Any:
        """Add row[at : at + 8] to the first eight of `sums`; let it lower the next eight and raise those after."""

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            def lesser(a: Any, b: Any) -> Any:
                return builder.select(builder.fcmp_ordered("<", b, a), b, a)

            def greater(a: Any, b: Any) -> Any:
                return builder.select(builder.fcmp_ordered(">", b, a), b, a)

            sums_, row_, at_ = arguments
            some = load_vector(context, builder, FLOATS, signature.args[1], row_, at_, table=True)
            for which, join in enumerate((builder.fadd, lesser, greater)):
                _add(context, builder, signature.args[0], sums_, which, some, join)
            return context.get_dummy_value()

        return types.void(sums, row, at), codegen

    @intrinsic
    def add_powers(_typing: Any, sums: Any, row: Any, at: Any, mean: Any, scale: Any) -> Any:
        """Add powers 2, 4, 6 and 8 of (row[at : at + 8] - mean) * scale to eight sums each."""

        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            sums_, row_, at_, mean_, scale_ = arguments
            some = load_vector(context, builder, FLOATS, signature.args[1], row_, at_, table=True)
            apart = builder.fsub(some, broadcast(builder, FLOATS, mean_))
            apart = builder.fmul(apart, broadcast(builder, FLOATS, scale_))
            square = builder.fmul(apart, apart)
            fourth = builder.fmul(square, square)
            powers = square, fourth, builder.fmul(square, fourth), builder.fmul(fourth, fourth)
            for which, power in enumerate(powers):
                _add(context, builder, signature.args[0], sums_, which, power, builder.fadd)
            return context.get_dummy_value()

        return types.void(sums, row, at, mean, scale), codegen
