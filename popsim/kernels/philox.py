"""Philox4x32-10: random bits that depend on nothing but a seed, a stream and a scenario.

Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11, doi:10.1145/2063384.2063405.
The key is the seed; the 128-bit counter is (scenario // 2, stream), low half first. Each counter yields two 64-bit
words, for an even scenario and the odd one after it, so a stream is the plain output of a Philox generator whose
counter starts at (0, stream).
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.intrinsics import store
from popsim.kernels.jit import inlined, kernel

__all__ = ["fill_bits", "philox"]

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10


@inlined
def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Encrypt one counter of four 32-bit words (held in 64-bit ones) under a key of two."""
    for _ in range(_ROUNDS):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _HALF) ^ c1 ^ k0
        c2 = (product_0 >> _HALF) ^ c3 ^ k1
        c1 = product_1 & _LOW
        c3 = product_0 & _LOW
        k0 = (k0 + _WEYL_0) & _LOW
        k1 = (k1 + _WEYL_1) & _LOW
    return c0, c1, c2, c3


@kernel
def fill_bits(out, pairs, seed, stream, first_pair):  # type: ignore[no-untyped-def]
    """Write the words of scenarios 2 * first_pair ... 2 * (first_pair + pairs) - 1 of a stream."""
    k0 = seed & _LOW
    k1 = seed >> _HALF
    s0 = stream & _LOW
    s1 = stream >> _HALF
    for i in range(pairs):
        counter = first_pair + np.uint64(i)
        a, b, c, d = philox(counter & _LOW, counter >> _HALF, s0, s1, k0, k1)
        store(out, 2 * i, (b << _HALF) | a)
        store(out, 2 * i + 1, (d << _HALF) | c)
