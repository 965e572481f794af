"""Designs of scenarios: random, Latin hypercube, scrambled Sobol points.

A stream draws its normals from words: random ones that the kernels count out, or points of a design. Each point is made
from the number of its scenario alone, so that ranges, blocks and threads change nothing: those of a Latin hypercube for
a range of scenarios at a time, Sobol points by the kernel where it needs them. See docs/designs.md.
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


@lru_cache(maxsize=4)
def direction_numbers(dimensions: int, bits: int) -> Words:
    """Return direction numbers (dimension, bit) of `SOBOL_BITS` bits, read off the unscrambled points of scipy.

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
        # As if 2^k points had been made: to make them takes seconds where bits are many.
        points.num_generated = 2**k
        after = points.random(1)
        numbers[:, k] = np.bitwise_xor(*(np.concatenate([before, after]) * 2.0**SOBOL_BITS).astype(np.uint64))
        before = after
    # The lowest bit of direction number k, counted from the top, is bit k: so it was the right one.
    if (numbers & (~numbers + np.uint64(1)) != 2 ** (SOBOL_BITS - 1 - np.arange(bits, dtype=np.uint64))).any():
        message = "this version of scipy gives no direction numbers of Sobol points"
        raise RuntimeError(message)
    numbers.setflags(write=False)
    return numbers


SOBOL_STREAMS = 21_201
"""Dimensions that have direction numbers (Joe and Kuo 2008, doi:10.1137/070709359)."""


_NO_WORDS = np.empty(0, dtype=np.uint64)


class Design(NamedTuple):
    """Points for some streams; the other streams draw at random.

    `shared_row` and `own_row` give the row of each stream of a plan, or -1. Row r of `words` holds 64-bit words, the
    first 51 bits of which the kernel uses, for the scenarios from `start` (even) on. Or there are none, and the kernel
    makes Sobol points from `first` (stream, replicate) and `column` (stream, bit, replicate), both flat.
    """

    words: Words
    start: int
    shared_row: Integers
    own_row: Integers
    first: Words = _NO_WORDS
    column: Words = _NO_WORDS
    bits: int = 0
    replicates: int = 1


class Points(Protocol):
    """A design of a whole run, which gives the points of any range of its scenarios."""

    @property
    def rows(self) -> int:
        """Number of streams whose points are made beforehand, and take memory."""

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
    bits = min(max(last_point.bit_length(), 1), SOBOL_BITS)
    directions = direction_numbers(len(places), bits)[[places[int(stream)] for stream in numbers[leading]]]
    return _Sobol(_sobol(numbers[leading], directions, sampling, *np.split(row, [len(draws.shared_stream)])))


def _sobol(streams: Words, directions: Words, sampling: Sampling, shared_row: Integers, own_row: Integers) -> Design:
    """Scramble direction numbers by each stream's own words, each replicate by others (Matousek 1998).

    doi:10.1006/jcom.1998.0489
    """
    from popsim.kernels.sobol import scramble

    bits = directions.shape[1]
    first = np.empty(len(streams) * sampling.replicates, dtype=np.uint64)
    column = np.empty(len(first) * bits, dtype=np.uint64)
    scramble(first, column, directions, streams, np.uint64(sampling.seed), np.int64(sampling.replicates))
    words = np.empty((0, 0), dtype=np.uint64)
    return Design(words, 0, shared_row, own_row, first, column, bits, sampling.replicates)


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
    """Scramblings of one sequence, which take turns from scenario to scenario; the kernel makes the points."""

    design: Design
    rows: int = 0

    def between(self, start: int, stop: int) -> Design:  # noqa: ARG002
        return self.design
