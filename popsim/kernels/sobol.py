"""Scrambled Sobol points: columns for each stream once, and from them the words of any stretch of scenarios.

Point number i is the exclusive or of a first word and of the columns at the bits of i that are set. Of R scramblings
that take turns, scenario s is point s // R of scrambling s % R. Points are made where they are used, in a buffer that
stays in the first cache: written to memory for a block of scenarios and read again, they took six times as long.
"""

from __future__ import annotations

import numpy as np

from popsim.kernels.intrinsics import load, store, table_load
from popsim.kernels.jit import kernel, part
from popsim.kernels.philox import fill_bits

WORD_BITS = 51
"""Bits of a word that the kernels use."""

_MATRIX = 30
"""Bits of a Sobol number before it is scrambled: rows of the matrix of its scramble."""

_SCRAMBLE_PAIRS = np.uint64(2**63)
"""Where in a stream the words of its scramble lie: beyond the words of any scenario."""

_PAIRS_APART = np.uint64(64)
"""Pairs of words from the scramble of a stream to that of its next replicate; a scramble takes 26."""

_PAIRS = 26
_ONE = np.uint64(1)
_DROP = np.uint64(13)


@kernel
def scramble(first, column, directions, streams, seed, replicates):  # type: ignore[no-untyped-def]
    """Fill the first words (stream, replicate) and columns (stream, bit, replicate) of scrambled points, both flat.

    The scramble is a random lower triangular matrix over the bits and a random shift: word 0 of a stream is the shift,
    word 1 + j what bit j brings with it. `directions` (stream, bit) are direction numbers of `_MATRIX` bits.
    """
    bits = directions.shape[1]
    words = np.empty(2 * _PAIRS, np.uint64)
    for row in range(len(streams)):
        for replicate in range(replicates):
            fill_bits(words, _PAIRS, seed, streams[row], _SCRAMBLE_PAIRS + np.uint64(replicate) * _PAIRS_APART)
            first[row * replicates + replicate] = (words[0] >> _DROP) << _DROP
            before = np.uint64(0)
            for bit in range(bits):
                brought = np.uint64(0)
                for j in range(_MATRIX):
                    if (directions[row, bit] >> np.uint64(_MATRIX - 1 - j)) & _ONE:
                        top = _ONE << np.uint64(WORD_BITS - 1 - j)
                        brought ^= ((words[1 + j] >> _DROP) & (top - _ONE)) | top
                # scipy's order is that of Gray's code: bit k of a point's number sets bits k and k - 1 of its code.
                column[(row * bits + bit) * replicates + replicate] = (brought ^ before) << _DROP
                before = brought


@part
def _add_column(words, at, start, count, column, place, replicates):  # type: ignore[no-untyped-def]
    """Write points with one more bit set: those of `count` points from `start` on, and the column of the bit."""
    if replicates == 1:
        word = table_load(column, place)
        for i in range(count):
            store(words, at + i, load(words, start + i) ^ word)
        return
    for i in range(count):
        for replicate in range(replicates):
            word = load(words, start + i * replicates + replicate) ^ table_load(column, place + replicate)
            store(words, at + i * replicates + replicate, word)


@part
def sobol_words(words, start, stop, first, column, row, bits, replicates):  # type: ignore[no-untyped-def]
    """Write the words of scenarios start ... stop - 1 of a stream; return where in `words` the first of them is.

    Whole points are written, and so up to 2 (replicates - 1) words more. Points come in stretches of a power of two,
    each twice as long as what it is made from.
    """
    point, last = start // replicates, (stop + replicates - 1) // replicates
    lead = start - point * replicates
    at = np.int64(0)
    while point < last:
        levels = np.int64(0)
        while point >> levels & 1 == 0 and point + (np.int64(2) << levels) <= last:
            levels += 1
        for replicate in range(replicates):
            store(words, at + replicate, table_load(first, row * replicates + replicate))
        bit = levels
        while point >> bit > 0:
            if point >> bit & 1:
                _add_column(words, at, at, 1, column, (row * bits + bit) * replicates, replicates)
            bit += 1
        for level in range(levels):
            count = np.int64(1) << level
            _add_column(
                words, at + count * replicates, at, count, column, (row * bits + level) * replicates, replicates
            )
        point += np.int64(1) << levels
        at += replicates << levels
    return lead
