"""Designs of scenarios: random, Latin hypercube, scrambled Sobol points.

A stream draws its normals from words: random ones that the kernels count out, or points of a design. Points are made
for a range of scenarios at a time, each from the number of the scenario alone, so that ranges, blocks and threads
change nothing and memory stays bounded. See docs/designs.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from popsim.arrays import Integers, Words
from popsim.plan.model import Draws
from popsim.sampling import SOBOL_BITS, Sampling

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
    """Return direction numbers (dimension, bit) at the top of 51 bits, read off the unscrambled points of scipy.

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
    """Scramble direction numbers by each stream's own words; return the first run of points and the columns above.

    The scramble is a random lower triangular matrix over the bits and a random shift (Matousek 1998,
    doi:10.1006/jcom.1998.0489): word 0 of a stream is the shift, word 1 + j what bit j brings with it. Another
    replicate takes other words of the same streams.
    """
    from popsim.kernels.philox import fill_bits

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


SOBOL_STREAMS = 21_201
"""Dimensions that have direction numbers (Joe and Kuo 2008, doi:10.1137/070709359)."""


class Design(NamedTuple):
    """Points for some streams; the other streams draw at random.

    Row r of `words` holds 64-bit words, of which the kernel uses the first 51 bits, for the scenarios from `start`
    (even) on. `shared_row` and `own_row` give the row of each stream of a plan, or -1.
    """

    words: Words
    start: int
    shared_row: Integers
    own_row: Integers


class Points(Protocol):
    """A design of a whole run, which gives the points of any range of its scenarios."""

    @property
    def rows(self) -> int:
        """Number of streams that take points."""

    def between(self, start: int, stop: int) -> Design:
        """Return the points of scenarios start ... stop - 1, rounded outwards to whole pairs."""


def random_design(draws: Draws) -> Design:
    """Return the design in which every stream draws at random."""
    return Design(
        np.empty((0, 0), dtype=np.uint64),
        0,
        np.full(len(draws.shared_stream), -1, dtype=np.int64),
        np.full(len(draws.own_stream), -1, dtype=np.int64),
    )


def describe_design(draws: Draws, design: str, scenarios: int, replicates: int = 1) -> str:
    """Return a sentence on what a design gives these draws, for the attributes of a dataset."""
    streams = len(draws.shared_stream) + len(draws.own_stream)
    if design == "latin":
        return f"Latin hypercube: each of {streams} streams falls once into each of {scenarios} equal cells."
    if design == "sobol":
        taken = min(streams, SOBOL_STREAMS)
        rest = f" The other {streams - taken} draw at random." if taken < streams else ""
        points = scenarios // replicates
        even = points * replicates == scenarios and points & (points - 1) == 0
        counted = "scenarios" if replicates == 1 else "scenarios of a scrambling"
        odd = "" if even else f" The number of {counted} is no power of two: less balanced."
        how = "" if replicates == 1 else f", {replicates} independent scramblings that take turns"
        return f"Scrambled Sobol points in {taken} of {streams} streams{how}.{rest}{odd}"
    return "Independent random scenarios."


def leading_order(draws: Draws) -> Integers:
    """Return the streams, shared ones counted before own ones, in the order in which they take dimensions.

    First what all groups share, then the first stream of each group (the factor of each country), then the rest as in
    the plan: Sobol points are the better the lower the dimension.
    """
    shared = len(draws.shared_stream)
    rest = np.ones(len(draws.own_stream), dtype=bool)
    first = draws.own_start[:-1][np.diff(draws.own_start) > 0]
    rest[first] = False
    return np.concatenate([np.arange(shared), shared + first, shared + np.flatnonzero(rest)]).astype(np.int64)


def queue(plans: Sequence[Draws]) -> Words:
    """Return the streams of all options in the order in which they take dimensions, the same in each option."""
    numbers = [np.concatenate([draws.shared_stream, draws.own_stream])[leading_order(draws)] for draws in plans]
    return np.array(list(dict.fromkeys(np.concatenate(numbers).tolist())), dtype=np.uint64)


def make_points(
    draws: Draws, sampling: Sampling, streams: int = SOBOL_STREAMS, waiting: Words | None = None
) -> Points | None:
    """Return the design of a run; None for random scenarios.

    Parameters
    ----------
    draws
        The arrays of a plan.
    sampling
        Of the run, checked before. With R replicates, scenario s is point s // R of scrambling s % R.
    streams, waiting
        At most so many streams take points of a Sobol sequence, in this order (`queue`; None: that of this plan alone).

    Examples
    --------
    >>> from popsim.plan import compile
    >>> from popsim.study import load_study
    >>> points = make_points(compile(load_study("pops")).draws, Sampling(10, design="latin"))
    >>> points.between(0, 10).words.shape == (points.rows, 10)
    True
    """
    if sampling.design == "random":
        return None
    order = leading_order(draws)
    numbers = np.concatenate([draws.shared_stream, draws.own_stream])
    row = np.full(len(numbers), -1, dtype=np.int64)
    if sampling.design == "latin":
        row[order] = np.arange(len(order))
        return _Latin(numbers[order], sampling, *np.split(row, [len(draws.shared_stream)]))
    waiting = queue([draws]) if waiting is None else waiting
    places = {stream: place for place, stream in enumerate(waiting[: min(streams, SOBOL_STREAMS)].tolist())}
    leading = np.array([one for one in order if int(numbers[one]) in places], dtype=np.int64)
    row[leading] = np.arange(len(leading))
    last_point = (sampling.first + sampling.count) // sampling.replicates
    bits = min(max(RUN_BITS, last_point.bit_length()), SOBOL_BITS)
    directions = direction_numbers(len(places), bits)[[places[int(stream)] for stream in numbers[leading]]]
    columns = tuple(
        scrambled(numbers[leading], sampling.seed, directions, replicate) for replicate in range(sampling.replicates)
    )
    return _Sobol(columns, *np.split(row, [len(draws.shared_stream)]))


def _even(start: int, stop: int) -> tuple[int, int]:
    return start - start % 2, stop + stop % 2


@dataclass(frozen=True, eq=False)
class _Latin:
    streams: Words
    sampling: Sampling
    shared_row: Integers
    own_row: Integers

    @property
    def rows(self) -> int:
        return len(self.streams)

    def between(self, start: int, stop: int) -> Design:
        from popsim.kernels.latin import fill_latin

        first, last = _even(start, stop)
        words = np.empty((self.rows, last - first), dtype=np.uint64)
        seed, count = np.uint64(self.sampling.seed), np.uint64(self.sampling.count)
        fill_latin(words, np.uint64(first), seed, self.streams, count)
        return Design(words, first, self.shared_row, self.own_row)


@dataclass(frozen=True, eq=False)
class _Sobol:
    """Scramblings of one sequence, which take turns from scenario to scenario."""

    columns: tuple[SobolColumns, ...]
    shared_row: Integers
    own_row: Integers

    @property
    def rows(self) -> int:
        return len(self.columns[0].run)

    def between(self, start: int, stop: int) -> Design:
        first, last = _even(start, stop)
        words = np.empty((self.rows, last - first), dtype=np.uint64)
        replicates = len(self.columns)
        for replicate, columns in enumerate(self.columns):
            # Points of this scrambling whose scenarios fall into the range.
            begin, end = -((replicate - first) // replicates), -((replicate - last) // replicates)
            place = begin * replicates + replicate - first
            fill_sobol(words[:, place::replicates], columns, begin, end)
        return Design(words, first, self.shared_row, self.own_row)
