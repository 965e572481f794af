"""Designs of scenarios: random, Latin hypercube, scrambled Sobol points.

A stream draws its normals from words: random ones that the kernels count out, or points of a design. Points are made
for a range of scenarios at a time, each from the number of the scenario alone, so that ranges, blocks and threads
change nothing and memory stays bounded. See docs/designs.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from popsim.engine.sobol_points import RUN_BITS, SobolColumns, direction_numbers, fill_sobol, scrambled
from popsim.kernels.latin import fill_latin
from popsim.plan.model import Draws, Integers, Words
from popsim.sampling import SOBOL_BITS, Sampling

__all__ = [
    "SOBOL_STREAMS",
    "Design",
    "Points",
    "describe_design",
    "leading_order",
    "make_points",
    "queue",
    "random_design",
]

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


def describe_design(draws: Draws, sampling: Sampling) -> str:
    """Return a sentence on what a design gives these draws, for the attributes of a dataset."""
    streams = len(draws.shared_stream) + len(draws.own_stream)
    scenarios, replicates = sampling.count, sampling.replicates
    if sampling.design == "latin":
        return f"Latin hypercube: each of {streams} streams falls once into each of {scenarios} equal cells."
    if sampling.design == "sobol":
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
    """Streams, shared ones counted before own ones, in the order in which they take dimensions.

    First what all groups share, then the first stream of each group (the factor of each country), then the rest as in
    the plan: Sobol points are the better the lower the dimension.
    """
    shared = len(draws.shared_stream)
    rest = np.ones(len(draws.own_stream), dtype=bool)
    first = draws.own_start[:-1][np.diff(draws.own_start) > 0]
    rest[first] = False
    return np.concatenate([np.arange(shared), shared + first, shared + np.flatnonzero(rest)]).astype(np.int64)


def queue(plans: Sequence[Draws]) -> Words:
    """Streams of all options as they take dimensions, the same one in all of them: options share random numbers."""
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
    line = queue([draws]) if waiting is None else waiting
    places = {stream: place for place, stream in enumerate(line[: min(streams, SOBOL_STREAMS)].tolist())}
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
        turns = len(self.columns)
        for turn, columns in enumerate(self.columns):
            # Points of this scrambling whose scenarios fall into the range.
            begin, end = -((turn - first) // turns), -((turn - last) // turns)
            place = begin * turns + turn - first
            fill_sobol(words[:, place::turns], columns, begin, end)
        return Design(words, first, self.shared_row, self.own_row)
