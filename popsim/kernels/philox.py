"""Philox4x32-10: random bits that depend on nothing but a seed, a stream and a scenario.

Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11, doi:10.1145/2063384.2063405.
The key is the seed; the 128-bit counter is (scenario // 2, stream), low half first. Each counter yields two 64-bit
words, for an even scenario and the odd one after it, so a stream is the plain output of a Philox generator whose
counter starts at (0, stream).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from popsim.kernels.intrinsics import store
from popsim.kernels.jit import kernel, pasted
from popsim.kernels.permute import has_permute
from popsim.kernels.vectors import LANES, WORDS, broadcast, hidden, splat, store_vector

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ROUNDS = 10


@pasted
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


_ABREAST = 4
_PAIRS = LANES * _ABREAST


def _high(builder: Any, word: Any) -> Any:
    return builder.lshr(word, splat(WORDS, 32))


def _times(builder: Any, word: Any, factor: int) -> Any:
    """Multiply the low halves; LLVM needs the mask to see one multiplication in it, and then drops the mask."""
    return builder.mul(builder.and_(word, splat(WORDS, 0xFFFFFFFF)), splat(WORDS, factor))


def _xor(builder: Any, *words: Any) -> Any:
    first, *others = words
    for word in others:
        first = builder.xor(first, word)
    return first


def _round_keys(builder: Any, seed: Any) -> Any:
    """Put the two keys of each round on the stack; what is above their 32 bits is never looked at."""
    word = ir.IntType(64)
    keys = cgutils.alloca_once(builder, word, 2 * _ROUNDS)
    for half, weyl in enumerate((_WEYL_0, _WEYL_1)):
        key = builder.lshr(seed, ir.Constant(word, 32 * half))
        for turn in range(_ROUNDS):
            builder.store(key, builder.gep(keys, [ir.Constant(word, 2 * turn + half)], source_etype=word))
            key = builder.add(key, ir.Constant(word, int(weyl)))
    return keys


@intrinsic
def _philox_abreast(_typing: Any, out: Any, _rounds: Any, _first_pair: Any, _seed: Any, _stream: Any) -> Any:
    """Write the words of 32 pairs a round to the beginning of `out`."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out_, rounds_, first, seed_, stream_ = arguments
        word = ir.IntType(64)
        keys = _round_keys(builder, seed_)
        low = splat(WORDS, 0xFFFFFFFF)
        # Lanes stand so that the instruction that interleaves two vectors puts the words into their places.
        lanes = ir.Constant(WORDS, [0, 4, 1, 5, 2, 6, 3, 7])
        start = builder.add(broadcast(builder, WORDS, first), lanes)
        own = broadcast(builder, WORDS, stream_)
        stream_product = _times(builder, own, int(_MULTIPLIER_1))
        with cgutils.for_range(builder, rounds_) as loop:
            # The keys are looked up in every round: twenty of them leave no room in registers.
            base = hidden(builder, ir.Constant(word, 0))
            pair = builder.mul(loop.index, ir.Constant(word, _PAIRS))

            def key(number: int) -> Any:
                pointer = builder.gep(keys, [builder.add(base, ir.Constant(word, number))], source_etype=word)
                return broadcast(builder, WORDS, builder.load(pointer, typ=word))

            states = []
            for i in range(_ABREAST):
                offset = builder.add(pair, ir.Constant(word, i * LANES))
                counter = builder.add(start, broadcast(builder, WORDS, offset))
                product = _times(builder, counter, int(_MULTIPLIER_0))
                a = _xor(builder, _high(builder, stream_product), _high(builder, counter), key(0))
                c = _xor(builder, _high(builder, product), _high(builder, own), key(1))
                states.append((a, stream_product, c, product))
            for turn in range(1, _ROUNDS - 1):
                after = []
                for a, b, c, d in states:
                    product_0 = _times(builder, a, int(_MULTIPLIER_0))
                    product_1 = _times(builder, c, int(_MULTIPLIER_1))
                    a_ = _xor(builder, _high(builder, product_1), b, key(2 * turn))
                    c_ = _xor(builder, _high(builder, product_0), d, key(2 * turn + 1))
                    after.append((a_, product_1, c_, product_0))
                states = after
            for i, (a, b, c, d) in enumerate(states):
                halves = []
                for factor, multiplier, other, number in ((c, _MULTIPLIER_1, b, 18), (a, _MULTIPLIER_0, d, 19)):
                    product = _times(builder, factor, int(multiplier))
                    turned = builder.or_(_high(builder, product), builder.shl(product, splat(WORDS, 32)))
                    halves.append(_xor(builder, turned, builder.and_(_xor(builder, other, key(number)), low)))
                for k in range(2):
                    order = [k, k + 8, k + 2, k + 10, k + 4, k + 12, k + 6, k + 14]
                    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), order)
                    at = builder.add(builder.shl(pair, ir.Constant(word, 1)), ir.Constant(word, (2 * i + k) * LANES))
                    store_vector(context, builder, signature.args[0], out_, at, builder.shuffle_vector(*halves, mask))
        return context.get_dummy_value()

    return types.void(out, types.int64, types.uint64, types.uint64, types.uint64), codegen


@pasted
def _fill_from(start, out, pairs, seed, stream, first_pair):  # type: ignore[no-untyped-def]
    k0 = seed & _LOW
    k1 = seed >> _HALF
    s0 = stream & _LOW
    s1 = stream >> _HALF
    for i in range(start, pairs):
        counter = first_pair + np.uint64(i)
        a, b, c, d = philox(counter & _LOW, counter >> _HALF, s0, s1, k0, k1)
        store(out, 2 * i, (b << _HALF) | a)
        store(out, 2 * i + 1, (d << _HALF) | c)


if has_permute():

    @kernel
    def fill_bits(out, pairs, seed, stream, first_pair):  # type: ignore[no-untyped-def]
        """Write the words of scenarios 2 * first_pair ... 2 * (first_pair + pairs) - 1 of a stream."""
        rounds = pairs // _PAIRS
        _philox_abreast(out, rounds, first_pair, seed, stream)
        if rounds * _PAIRS < pairs:
            _fill_from(rounds * _PAIRS, out, pairs, seed, stream, first_pair)

else:

    @kernel
    def fill_bits(out, pairs, seed, stream, first_pair):  # type: ignore[no-untyped-def]
        """Write the words of scenarios 2 * first_pair ... 2 * (first_pair + pairs) - 1 of a stream."""
        _fill_from(0, out, pairs, seed, stream, first_pair)
