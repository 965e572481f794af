"""Points of scrambled Sobol sequences."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from popsim.kernels.philox import fill_bits
from popsim.plan.model import Words
from popsim.sampling import SOBOL_BITS

__all__ = ["RUN_BITS", "SobolColumns", "direction_numbers", "fill_sobol", "scrambled"]

_SCRAMBLE_PAIRS = np.uint64(2**63)
"""Where in a stream the words of its scramble lie: beyond the words of any scenario."""
_PAIRS_APART = 64
"""Pairs of words from the scramble of a stream to that of its next replicate; a scramble takes 26."""

_BITS = 51
_DROP = np.uint64(13)
RUN_BITS = 8
"""Points are made in runs of two to this power."""
_RUN = 1 << RUN_BITS


class SobolColumns(NamedTuple):
    """What makes the points of one scrambled sequence, a row for each stream.

    Point number i is the exclusive or of the columns at the bits of i that are set, and of the first point. `run` holds
    the points 0 ... `_RUN` - 1, `column` the columns of the bits above.
    """

    run: Words
    column: Words


def fill_sobol(words: Words, columns: SobolColumns, first: int, last: int) -> None:
    """Write the points first ... last - 1 of a sequence into (stream, point)."""
    for number in range(first >> RUN_BITS, (last + _RUN - 1) >> RUN_BITS):
        base = np.zeros((len(columns.run), 1), dtype=np.uint64)
        for bit in range(number.bit_length()):
            if number >> bit & 1:
                base ^= columns.column[:, bit, np.newaxis]
        begin, end = max(first, number * _RUN), min(last, (number + 1) * _RUN)
        part = columns.run[:, begin - number * _RUN : end - number * _RUN]
        np.bitwise_xor(part, base, out=words[:, begin - first : end - first])


@lru_cache(maxsize=4)
def direction_numbers(dimensions: int, bits: int) -> Words:
    """Direction numbers (dimension, bit) at the top of 51 bits, read off the unscrambled points of scipy.

    In scipy's order, points 2^k - 1 and 2^k differ by direction number k alone.
    """
    from scipy.stats import qmc

    if dimensions == 0:
        return np.empty((0, bits), dtype=np.uint64)
    # Never fewer bits than scipy's default of 30: where a dimension's polynomial has a degree (up to 18) above the
    # number of bits, scipy 1.17 leaves its direction numbers zero without a word.
    points = qmc.Sobol(dimensions, scramble=False, bits=SOBOL_BITS)
    numbers = np.empty((dimensions, bits), dtype=np.uint64)
    before = points.random(1)
    for k in range(bits):
        skipped = 2**k - 1 - points.num_generated
        if skipped >= 0:
            before = points.fast_forward(skipped).random(1)
        after = points.random(1)
        numbers[:, k] = np.bitwise_xor(*(np.concatenate([before, after]) * 2.0**SOBOL_BITS).astype(np.uint64))
        before = after
    numbers <<= np.uint64(_BITS - SOBOL_BITS)
    numbers.setflags(write=False)
    return numbers


def scrambled(streams: Words, seed: int, numbers: Words, replicate: int = 0) -> SobolColumns:
    """Scramble direction numbers by each stream's own words; give the points of the first run and the columns above it.

    The scramble is a random lower triangular matrix over the bits and a random shift (Matousek 1998,
    doi:10.1006/jcom.1998.0489): word 0 of a stream is the shift, word 1 + j what bit j brings with it. Another
    replicate takes other words of the same streams.
    """
    words = np.empty((len(streams), _BITS + 2), dtype=np.uint64)
    pairs = _SCRAMBLE_PAIRS + np.uint64(replicate * _PAIRS_APART)
    for row, stream in zip(words, streams, strict=True):
        fill_bits(row, len(row) // 2, np.uint64(seed), stream, pairs)
    words >>= _DROP
    scrambled = np.zeros_like(numbers)
    for j in range(SOBOL_BITS):
        top = np.uint64(1 << (_BITS - 1 - j))
        brought = (words[:, 1 + j] & (top - np.uint64(1))) | top
        scrambled ^= np.where(numbers & top, brought[:, np.newaxis], np.uint64(0))
    # scipy's order is that of Gray's code: bit k of a point's number sets bits k and k - 1 of its code.
    column = scrambled.copy()
    column[:, 1:] ^= scrambled[:, :-1]
    column <<= _DROP
    run = np.empty((len(streams), _RUN), dtype=np.uint64)
    run[:, 0] = words[:, 0] << _DROP
    for k in range(RUN_BITS):
        run[:, 1 << k : 2 << k] = run[:, : 1 << k] ^ column[:, k, np.newaxis]
    return SobolColumns(run, np.ascontiguousarray(column[:, RUN_BITS:]))
