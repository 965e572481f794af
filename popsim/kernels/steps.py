"""Short programs over buffers: needs, lateness and prices, from drawn amounts to payments.

A step is (code, to, one, two, lags) and a number; buffers are named by their place. Steps are made by
`popsim.engine.program`; their codes stand in `popsim.layout`. One function holds all loops, so that few functions are
compiled. Sums and products are made in one order, so that blocks, threads and slices change nothing.
"""

from __future__ import annotations

from popsim.kernels.elementary import exponential
from popsim.kernels.intrinsics import fma, load, store
from popsim.kernels.jit import kernel
from popsim.layout import (
    ADD_PRODUCT,
    ADD_SHARE,
    DISCOUNT,
    DOT,
    GATE,
    LAGGED,
    PLUS,
    POWER,
    PROLONG,
    SET,
    SPREAD,
    STRIKE,
    TIMES,
)

__all__ = ["run_steps"]


@kernel
def run_steps(work, base, width, count, steps, numbers, first, last):  # type: ignore[no-untyped-def]  # noqa: C901
    """Run steps first ... last - 1 on buffers of `width` numbers from `base` on."""
    for step in range(first, last):
        code, lags, x = steps[step, 0], steps[step, 4], numbers[step]
        to = base + steps[step, 1] * width
        one = base + steps[step, 2] * width
        two = base + steps[step, 3] * width
        if code == SET:
            for i in range(count):
                store(work, to + i, x)
        elif code == TIMES:
            for i in range(count):
                store(work, to + i, load(work, one + i) * load(work, two + i))
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
            # Exact: a sum of two floats is zero only where they are opposite, and one of the terms is zero.
            for i in range(count):
                is_open = (load(work, one + i) + load(work, two + i)) + x > 0.0
                store(work, to + i, load(work, to + i) if is_open else 0.0)
        elif code == STRIKE:
            for i in range(count):
                struck = load(work, to + i) * load(work, two + i)
                store(work, to + i, struck if load(work, one + i) + x > 0.0 else load(work, to + i))
        elif code == POWER:
            for i in range(count):
                raised = exponential(min(max(load(work, one + i) * x, -700.0), 700.0))
                store(work, to + i, load(work, to + i) * raised)
        elif code == PROLONG:
            for i in range(count):
                store(work, to + i, load(work, to + i) * fma(x, load(work, one + i), 1.0))
        elif code == SPREAD:
            # Lag 0 is written last, since what is spread lies there. What a table gives may pass its limits by a
            # rounding error, and no payment may be lost by that.
            for lag in range(lags - 1, -1, -1):
                for i in range(count):
                    distance = max(min(load(work, one + i), x), 0.0) - lag
                    share = max(0.0, 1.0 - max(distance, -distance))
                    store(work, to + lag * width + i, load(work, to + i) * share)
        elif code == LAGGED:
            for lag in range(lags):
                target, weight = to + lag * width, two + lag * width
                for i in range(count):
                    store(work, target + i, fma(load(work, one + i), load(work, weight + i), load(work, target + i)))
        elif code == DOT:
            for i in range(count):
                store(work, to + i, load(work, one + i) * load(work, two + i))
            for lag in range(1, lags):
                left, right = one + lag * width, two + lag * width
                for i in range(count):
                    store(work, to + i, fma(load(work, left + i), load(work, right + i), load(work, to + i)))
