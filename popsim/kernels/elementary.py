"""Logarithm, exponential and inverse normal, as polynomials that LLVM can turn into vector code.

Every step is an explicit fused multiply-add or an exact operation, so the results are the same bits on every machine.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.coefficients import CENTRAL, EXP, LOG, TAIL
from popsim.kernels.intrinsics import bits_to_float, float_to_bits, fma, load, store
from popsim.kernels.jit import inlined, kernel

__all__ = ["CENTRAL_LIMIT", "HIGHEST_PROBABILITY", "LOWEST_PROBABILITY", "exponential", "fill_normals", "normals"]

LOWEST_PROBABILITY = 2.0**-52
"""The smallest probability that a draw can have: 51 random bits, each in the middle of its cell."""

HIGHEST_PROBABILITY = 1.0 - 2.0**-52
"""The largest probability that a draw can have."""

CENTRAL_LIMIT = 0.00033546262790251185
"""exp(-8): where 4 u (1 - u) falls below it, the inverse normal uses the polynomial of the tail."""

_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = LOG
_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13, _C14 = CENTRAL
_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8, _T9, _T10, _T11, _T12, _T13, _T14 = TAIL
_E0, _E1, _E2, _E3, _E4, _E5 = EXP

_STRETCH = 64
_SHIFT_DROP = np.uint64(12)
_TWO_AND_HALF_CELL_BITS = np.uint64(0x4000000000000001)
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_EXPONENT = np.int64(52)
_EXPONENT_MASK = np.int64(-(1 << 52))
_MAGIC = 6755399441055744.0
_LOG2_HIGH = float.fromhex("0x1.62e42fefa39efp-1")
_LOG2_LOW = float.fromhex("0x1.abc9e3b39803fp-56")
_LOG2_INVERSE = float.fromhex("0x1.71547652b82fep+0")


@inlined
def centred(word):  # type: ignore[no-untyped-def]
    """Turn 64 random bits into x = 2 u - 1, exactly; u is the middle of one of 2**51 cells."""
    return bits_to_float((word >> _SHIFT_DROP) | _TWO_AND_HALF_CELL_BITS) - 3.0


@inlined
def logarithm(q):  # type: ignore[no-untyped-def]
    """Natural logarithm of a positive normal float, to 1e-9 absolute."""
    bits = float_to_bits(q)
    above = (bits - _SQRT_HALF_BITS) & _EXPONENT_MASK
    t = bits_to_float(bits - above) - 1.0
    exponent = np.float64(above >> _EXPONENT)
    p = fma(_L8, t, _L7)
    p = fma(p, t, _L6)
    p = fma(p, t, _L5)
    p = fma(p, t, _L4)
    p = fma(p, t, _L3)
    p = fma(p, t, _L2)
    p = fma(p, t, _L1)
    p = fma(p, t, _L0)
    return fma(exponent, _LOG2_HIGH, fma(p, t * t, t))


@inlined
def exponential(x):  # type: ignore[no-untyped-def]
    """Exponential to a relative 1e-9; the caller keeps x within -708 and 709."""
    shifted = fma(x, _LOG2_INVERSE, _MAGIC)
    n = shifted - _MAGIC
    r = fma(n, -_LOG2_LOW, fma(n, -_LOG2_HIGH, x))
    p = fma(_E5, r, _E4)
    p = fma(p, r, _E3)
    p = fma(p, r, _E2)
    p = fma(p, r, _E1)
    p = fma(p, r, _E0)
    y = fma(p, r * r, r) + 1.0
    return bits_to_float(float_to_bits(y) + (float_to_bits(shifted) << _EXPONENT))


@inlined
def normal_tail(x, q):  # type: ignore[no-untyped-def]
    """Inverse normal far out, where -log(q) is 8 to 36."""
    r = np.sqrt(-logarithm(q)) - 4.4
    p = fma(_T14, r, _T13)
    p = fma(p, r, _T12)
    p = fma(p, r, _T11)
    p = fma(p, r, _T10)
    p = fma(p, r, _T9)
    p = fma(p, r, _T8)
    p = fma(p, r, _T7)
    p = fma(p, r, _T6)
    p = fma(p, r, _T5)
    p = fma(p, r, _T4)
    p = fma(p, r, _T3)
    p = fma(p, r, _T2)
    p = fma(p, r, _T1)
    p = fma(p, r, _T0)
    return p if x > 0.0 else -p


@kernel
def _mend_far_out(out, at, words, first, start, stop):  # type: ignore[no-untyped-def]
    """Put right the draws that are far out, if this stretch has any."""
    outside = np.int64(0)
    for i in range(start, stop):
        x = centred(load(words, first + i))
        outside |= float_to_bits(fma(-x, x, 1.0) - CENTRAL_LIMIT)
    if outside < 0:
        for i in range(start, stop):
            x = centred(load(words, first + i))
            q = fma(-x, x, 1.0)
            if q < CENTRAL_LIMIT:
                store(out, at + i, normal_tail(x, q))


@kernel
def normals(out, at, words, first, count):  # type: ignore[no-untyped-def]
    """Turn words[first:] into standard normals at out[at:]: z = x * P(log(1 - x^2)), x = 2 u - 1.

    After Giles (2011), "Approximating the erfinv function", doi:10.1016/B978-0-12-385963-1.00010-1.

    The polynomial holds for all but 2e-4 of the draws; a second pass mends these, where a block has any.
    """
    outside = np.int64(0)
    for i in range(count):
        x = centred(load(words, first + i))
        q = fma(-x, x, 1.0)
        outside |= float_to_bits(q - CENTRAL_LIMIT)
        log = logarithm(q)
        p = fma(_C14, log, _C13)
        p = fma(p, log, _C12)
        p = fma(p, log, _C11)
        p = fma(p, log, _C10)
        p = fma(p, log, _C9)
        p = fma(p, log, _C8)
        p = fma(p, log, _C7)
        p = fma(p, log, _C6)
        p = fma(p, log, _C5)
        p = fma(p, log, _C4)
        p = fma(p, log, _C3)
        p = fma(p, log, _C2)
        p = fma(p, log, _C1)
        p = fma(p, log, _C0)
        store(out, at + i, x * p)
    if outside < 0:
        for start in range(0, count, _STRETCH):
            _mend_far_out(out, at, words, first, start, min(start + _STRETCH, count))


@kernel
def fill_normals(out, words, count):  # type: ignore[no-untyped-def]
    """Turn random words into standard normals."""
    normals(out, 0, words, 0, count)
