"""Logarithm, exponential and inverse normal, as polynomials that LLVM can turn into vector code.

Every step is an explicit fused multiply-add or an exact operation, so the results are the same bits on every machine.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.coefficients import EXP, LOG, OCTAVES, TAIL
from popsim.kernels.intrinsics import bits_to_float, borrowed, float_to_bits, fma, load, store, table_load
from popsim.kernels.jit import kernel, part, pasted
from popsim.kernels.permute import LANES, has_permute, permuted_octaves
from popsim.layout import PIECE_COUNT

LOWEST_PROBABILITY = 2.0**-52
"""The smallest probability that a draw can have: 51 random bits, each in the middle of its cell."""

HIGHEST_PROBABILITY = 1.0 - 2.0**-52
"""The largest probability that a draw can have."""

CENTRAL_LIMIT = 2.0**-16
"""Where 4 u (1 - u) falls below it, the inverse normal uses the polynomial of the tail."""

_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = LOG
_T0, _T1, _T2, _T3, _T4, _T5, _T6, _T7, _T8, _T9, _T10, _T11, _T12, _T13, _T14 = TAIL
_E0, _E1, _E2, _E3, _E4, _E5 = EXP

_OCTAVES = np.array(OCTAVES)
_PIECE_MASK = np.int64(PIECE_COUNT - 1)
_STRIDE = np.int64(PIECE_COUNT)
_BELOW_ONE = 1.0 - 2.0**-53
_STRETCH = 64
_SHIFT_DROP = np.uint64(12)
_TWO_AND_HALF_CELL_BITS = np.uint64(0x4000000000000001)
_ONE_AND_HALF_CELL_BITS = np.uint64(0x3FF0000000000001)
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_EXPONENT = np.int64(52)
_MANTISSA_MASK = np.int64((1 << 52) - 1)
_ONE_BITS = np.int64(0x3FF0000000000000)
_EXPONENT_MASK = np.int64(-(1 << 52))
_MAGIC = 6755399441055744.0
_LOG2_HIGH = float.fromhex("0x1.62e42fefa39efp-1")
_LOG2_LOW = float.fromhex("0x1.abc9e3b39803fp-56")
_LOG2_INVERSE = float.fromhex("0x1.71547652b82fep+0")


@pasted
def centred(word):  # type: ignore[no-untyped-def]
    """Turn 64 random bits into x = 2 u - 1, exactly; u is the middle of one of 2**51 cells."""
    return bits_to_float((word >> _SHIFT_DROP) | _TWO_AND_HALF_CELL_BITS) - 3.0


@pasted
def probability(word):  # type: ignore[no-untyped-def]
    """Turn 64 random bits into u, exactly: the middle of one of 2**51 cells."""
    return bits_to_float((word >> _SHIFT_DROP) | _ONE_AND_HALF_CELL_BITS) - 1.0


@pasted
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


@pasted
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


@pasted
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


@pasted
def nearly_square(x):  # type: ignore[no-untyped-def]
    """Return 1 - 2**-53 - x^2: below 1 even for the least x, so that it falls into one of the octaves."""
    return fma(-x, x, _BELOW_ONE)


@part
def _mend_far_out(out, at, words, first, start, stop):  # type: ignore[no-untyped-def]
    """Put right the draws that are far out, if this stretch has any."""
    outside = np.int64(0)
    for i in range(start, stop):
        x = centred(load(words, first + i))
        outside |= float_to_bits(nearly_square(x) - CENTRAL_LIMIT)
    if outside < 0:
        for i in range(start, stop):
            x = centred(load(words, first + i))
            if nearly_square(x) < CENTRAL_LIMIT:
                store(out, at + i, normal_tail(x, fma(-x, x, 1.0)))


@part
def _octaves_from(start, out, at, words, first, count):  # type: ignore[no-untyped-def]
    outside = np.int64(0)
    for i in range(start, count):
        x = centred(load(words, first + i))
        q = nearly_square(x)
        outside |= float_to_bits(q - CENTRAL_LIMIT)
        bits = float_to_bits(q)
        k = (bits >> _EXPONENT) & _PIECE_MASK
        f = bits_to_float((bits & _MANTISSA_MASK) | _ONE_BITS) - 1.5
        p = fma(table_load(_OCTAVES, k + 9 * _STRIDE), f, table_load(_OCTAVES, k + 8 * _STRIDE))
        p = fma(p, f, table_load(_OCTAVES, k + 7 * _STRIDE))
        p = fma(p, f, table_load(_OCTAVES, k + 6 * _STRIDE))
        p = fma(p, f, table_load(_OCTAVES, k + 5 * _STRIDE))
        p = fma(p, f, table_load(_OCTAVES, k + 4 * _STRIDE))
        p = fma(p, f, table_load(_OCTAVES, k + 3 * _STRIDE))
        p = fma(p, f, table_load(_OCTAVES, k + 2 * _STRIDE))
        p = fma(p, f, table_load(_OCTAVES, k + 1 * _STRIDE))
        store(out, at + i, x * fma(p, f, table_load(_OCTAVES, k)))
    return outside < 0


if has_permute():

    @pasted
    def _octaves(out, at, words, first, count):  # type: ignore[no-untyped-def]
        whole = count - count % LANES
        outside = permuted_octaves(out, at, words, first, whole // LANES, _OCTAVES, _BELOW_ONE) < CENTRAL_LIMIT
        if whole < count and _octaves_from(whole, out, at, words, first, count):
            outside = True
        return outside


else:

    @pasted
    def _octaves(out, at, words, first, count):  # type: ignore[no-untyped-def]
        return _octaves_from(0, out, at, words, first, count)


@part
def normals(out, at, words, first, count):  # type: ignore[no-untyped-def]
    """Turn words[first:] into standard normals at out[at:]: z = x * P(1 - x^2), x = 2 u - 1.

    P is one of 16 polynomials, by the octave that 1 - x^2 falls into. They hold for all but 1.5e-5 of the draws; a
    second pass mends these, where a block has any, with a polynomial in the root of the logarithm, after Giles (2011),
    "Approximating the erfinv function", doi:10.1016/B978-0-12-385963-1.00010-1.
    """
    out, words = borrowed(out), borrowed(words)
    if _octaves(out, at, words, first, count):
        for start in range(0, count, _STRETCH):
            _mend_far_out(out, at, words, first, start, min(start + _STRETCH, count))


@part
def probabilities(out, at, words, first, count):  # type: ignore[no-untyped-def]
    """Turn words[first:] into probabilities at out[at:]."""
    out, words = borrowed(out), borrowed(words)
    for i in range(count):
        store(out, at + i, probability(load(words, first + i)))


@part
def triangles(out, at, words, first, count, mode):  # type: ignore[no-untyped-def]
    """Turn words[first:] into quantiles of a triangle on 0 .. 1, each measured from the end on its side of the mode."""
    out, words = borrowed(out), borrowed(words)
    above = 1.0 - mode
    for i in range(count):
        u = probability(load(words, first + i))
        root = np.sqrt(u * mode if u <= mode else (1.0 - u) * above)
        store(out, at + i, root if u <= mode else 1.0 - root)


@kernel
def fill_normals(out, words, count):  # type: ignore[no-untyped-def]
    """Turn random words into standard normals."""
    normals(out, 0, words, 0, count)
