"""Latin hypercube: for each stream a permutation of the scenarios, computed for any scenario alone.

The permutation is a Feistel network of alternating halves on the smallest whole number of bits that holds all
scenarios, its rounds multiply-and-shift hashes with keys of their own; numbers beyond the scenarios walk on along their
cycle (Black and Rogaway 2002, "Ciphers with arbitrary finite domains", doi:10.1007/3-540-45760-7_9). The hash of a
round is strongly universal (Dietzfelbinger 1996, doi:10.1007/3-540-60922-9_46): any two scenarios meet as in a random
function, and what a Latin hypercube gains rests on pairs of scenarios alone.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.jit import kernel, part, pasted
from popsim.kernels.philox import fill_bits

ROUNDS = 12
"""Hashes of half the bits, each under a word of the stream."""

LATIN_PAIRS = np.uint64(2**63 + 2**32)
"""Where in a stream the keys lie: beyond the words of any scenario."""

_SMALLEST = np.int64(8)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_ONE = np.uint64(1)
_TWO = np.uint64(2)
_CELLS = np.uint64(1 << 51)
_DROP = np.uint64(13)


@pasted
def _hash(value, key, drop):  # type: ignore[no-untyped-def]
    """Hash up to 16 bits to 32 - drop: the top of a 32-bit product and sum."""
    return ((value * (key & _LOW) + (key >> _HALF)) & _LOW) >> drop


@pasted
def _permute(number, keys, low_bits, low_mask, drop_low, drop_high):  # type: ignore[no-untyped-def]
    low = number & low_mask
    high = number >> low_bits
    for k in range(0, ROUNDS, 2):
        high ^= _hash(low, keys[k], drop_high)
        low ^= _hash(high, keys[k + 1], drop_low)
    return (high << low_bits) | low


@part
def _shuffle(cells, count, first, keys, total, waiting, spare):  # type: ignore[no-untyped-def]
    """Write the cells of scenarios first ... first + count - 1; scenarios from `total` on get cell 0."""
    bits = _SMALLEST
    while (np.int64(1) << bits) < np.int64(total):
        bits += 1
    low_bits = np.uint64(bits // 2)
    low_mask = (_ONE << low_bits) - _ONE
    drop_low = _HALF - low_bits
    drop_high = _HALF - (np.uint64(bits) - low_bits)
    for i in range(count):
        cells[i] = _permute(first + np.uint64(i), keys, low_bits, low_mask, drop_low, drop_high)
    beyond = np.int64(0)
    for i in range(count):
        if first + np.uint64(i) >= total:
            cells[i] = np.uint64(0)
        waiting[beyond] = i
        beyond += np.int64(cells[i] >= total)
    # Those beyond the last cell walk on together, so that the walk is vector code too.
    while beyond > 0:
        for j in range(beyond):
            spare[j] = cells[waiting[j]]
        for j in range(beyond):
            spare[j] = _permute(spare[j], keys, low_bits, low_mask, drop_low, drop_high)
        left = np.int64(0)
        for j in range(beyond):
            i = waiting[j]
            cells[i] = spare[j]
            waiting[left] = i
            left += np.int64(spare[j] >= total)
        beyond = left


@part
def _place(words, count, cells, total):  # type: ignore[no-untyped-def]
    """Turn random words into words whose centred 51 bits lie in the given cells of 1 / total."""
    whole = _CELLS // total
    part = _CELLS % total
    for i in range(count):
        # The first of the 2**51 centres in cell p is number ceil(p 2**51 / total - 1/2).
        scaled = _TWO * cells[i] * part + total - _ONE
        carry = scaled // (_TWO * total)
        more = scaled - carry * _TWO * total + _TWO * part >= _TWO * total
        width = np.int64(whole) + np.int64(more)
        within = np.float64(np.int64(words[i] >> _DROP)) * 2.0**-51 * np.float64(width)
        words[i] = (cells[i] * whole + carry + np.uint64(np.int64(within))) << _DROP


@kernel
def fill_latin(out, first, seed, streams, total):  # type: ignore[no-untyped-def]
    """Fill a row per stream with the words of scenarios `first` (even) ..., out of `total` scenarios."""
    count = out.shape[1]
    cells = np.empty(count, np.uint64)
    spare = np.empty(count, np.uint64)
    waiting = np.empty(count, np.int64)
    keys = np.empty(ROUNDS, np.uint64)
    for row in range(len(streams)):
        fill_bits(keys, ROUNDS // 2, seed, streams[row], LATIN_PAIRS)
        fill_bits(out[row], count // 2, seed, streams[row], first >> _ONE)
        _shuffle(cells, count, first, keys, total, waiting, spare)
        _place(out[row], count, cells, total)
