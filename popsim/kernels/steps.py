"""Short programs over buffers: needs, lateness and prices, from drawn amounts to payments.

A step is (code, to, one, two, fifth) and a number; buffers are named by their place. Steps are made by
`popsim.plan.program`; their codes stand in `popsim.layout`. One function holds all loops, so that few functions are
compiled. Sums and products are made in one order, so that blocks, threads and slices change nothing.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.elementary import exponential
from popsim.kernels.intrinsics import bits_to_float, borrowed, float_to_bits, fma, load, store
from popsim.kernels.jit import part
from popsim.layout import (
    ADD_PRODUCT,
    ADD_SHARE,
    DISCOUNT,
    DOT,
    GATE,
    GROWN,
    LAGGED,
    LAGGED_TWICE,
    MULTIPLY,
    PLUS,
    POWER,
    PROLONG,
    SET,
    SPLIT,
    STRIKE,
    TIMES,
)

_MAGIC = 6755399441055744.0
_WHOLE = np.int64((1 << 32) - 1)


@part
def run_steps(work, base, width, count, steps, numbers, first, last):  # type: ignore[no-untyped-def]  # noqa: C901
    """Run steps first ... last - 1 on buffers of `width` numbers from `base` on."""
    work, steps, numbers = borrowed(work), borrowed(steps), borrowed(numbers)
    for step in range(first, last):
        code, fifth, x = steps[step, 0], steps[step, 4], numbers[step]
        to = base + steps[step, 1] * width
        one = base + steps[step, 2] * width
        two = base + steps[step, 3] * width
        if code == SET:
            for i in range(count):
                store(work, to + i, x)
        elif code == TIMES:
            for i in range(count):
                store(work, to + i, load(work, one + i) * load(work, two + i))
        elif code == MULTIPLY:
            for i in range(count):
                store(work, to + i, load(work, to + i) * load(work, one + i))
        elif code == PLUS:
            for i in range(count):
                store(work, to + i, load(work, one + i) + load(work, two + i))
        elif code == ADD_SHARE:
            for i in range(count):
                store(work, to + i, fma(x, load(work, one + i), load(work, to + i)))
        elif code == ADD_PRODUCT:
            for i in range(count):
                store(work, to + i, fma(load(work, one + i), load(work, two + i), load(work, to + i)))
        elif code == DISCOUNT:
            for i in range(count):
                store(work, to + i, load(work, to + i) / (1.0 + load(work, one + i)))
        elif code == GATE:
            # Either `two` or the number is zero: one sum alone is rounded, and that never to another sign.
            for i in range(count):
                # By limits: of a choice whether to replace a number LLVM makes a store by mask, and on Zen 4 whoever
                # reads that number next waits for it, ten times as long as the choice takes.
                most = np.inf if (load(work, one + i) + load(work, two + i)) + x > 0.0 else 0.0
                store(work, to + i, max(min(load(work, to + i), most), -most) + 0.0)
        elif code == STRIKE:
            for i in range(count):
                left = load(work, two + i) if load(work, one + i) + x > 0.0 else 1.0
                store(work, to + i, load(work, to + i) * left)
        elif code == POWER:
            for i in range(count):
                raised = exponential(min(max(load(work, one + i) * x, -700.0), 700.0))
                store(work, to + i, load(work, to + i) * raised)
        elif code == PROLONG:
            for i in range(count):
                store(work, to + i, load(work, to + i) * fma(x, load(work, one + i), 1.0))
        elif code == SPLIT:
            for i in range(count):
                # What a table gives may pass its limits by a rounding error, and no payment may be lost by that.
                late = max(min(load(work, one + i), x), 0.0)
                nearest = max(min(late - 0.5, x - 1.0), 0.0) + _MAGIC
                distance = (float_to_bits(nearest) & _WHOLE) * width
                store(work, to + i, bits_to_float(distance))
                store(work, to + width + i, late - (nearest - _MAGIC))
        elif code == LAGGED:
            for i in range(count):
                paid, part = load(work, one + i), load(work, two + width + i)
                distance = i + float_to_bits(load(work, two + i))
                store(work, to + distance, load(work, to + distance) + fma(-paid, part, paid))
                store(work, to + width + distance, fma(paid, part, load(work, to + width + distance)))
        elif code == LAGGED_TWICE:
            other = base + fifth * width
            for i in range(count):
                paid, part = load(work, one + i), load(work, two + width + i)
                distance = i + float_to_bits(load(work, two + i))
                early = fma(-paid, part, paid)
                store(work, to + distance, load(work, to + distance) + early)
                store(work, to + width + distance, fma(paid, part, load(work, to + width + distance)))
                store(work, other + distance, load(work, other + distance) + early)
                store(work, other + width + distance, fma(paid, part, load(work, other + width + distance)))
        elif code == GROWN:
            growth = base + fifth * width
            for i in range(count):
                part, at = load(work, two + width + i), growth + i + float_to_bits(load(work, two + i))
                near = load(work, at)
                between = fma(part, load(work, at + width) - near, near)
                store(work, to + i, load(work, one + i) * between)
        elif code == DOT:
            for i in range(count):
                store(work, to + i, load(work, one + i) * load(work, two + i))
            for lag in range(1, fifth):
                left, right = one + lag * width, two + lag * width
                for i in range(count):
                    store(work, to + i, fma(load(work, left + i), load(work, right + i), load(work, to + i)))
