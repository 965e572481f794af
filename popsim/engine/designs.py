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

from popsim.errors import ParameterError, Problem, nearest
from popsim.kernels.latin import fill_latin
from popsim.kernels.philox import fill_bits
from popsim.plan.model import Draws, Integers, Words

__all__ = [
    "DESIGNS",
    "LATIN_LIMIT",
    "SOBOL_LIMIT",
    "SOBOL_STREAMS",
    "Design",
    "Points",
    "check_design",
    "describe_design",
    "leading_order",
    "make_points",
    "queue",
    "random_design",
]

DESIGNS = ("random", "latin", "sobol")

SOBOL_STREAMS = 21_201
"""Dimensions that have direction numbers (Joe and Kuo 2008, doi:10.1137/070709359)."""

_SOBOL_BITS = 30
SOBOL_LIMIT = 2**_SOBOL_BITS
"""Points of a Sobol sequence that can be asked for."""

LATIN_LIMIT = 2**31
"""Scenarios of a Latin hypercube."""

_SCRAMBLE_PAIRS = np.uint64(2**63)
"""Where in a stream the words of its scramble lie: beyond the words of any scenario."""

_BITS = 51
_DROP = np.uint64(13)
_RUN_BITS = 8
_RUN = 1 << _RUN_BITS


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
        """Give the points of scenarios start ... stop - 1, rounded outwards to whole pairs."""


def random_design(draws: Draws) -> Design:
    """Give the design in which every stream draws at random."""
    return Design(
        np.empty((0, 0), dtype=np.uint64),
        0,
        np.full(len(draws.shared_stream), -1, dtype=np.int64),
        np.full(len(draws.own_stream), -1, dtype=np.int64),
    )


def check_design(design: object, scenarios: int, first_scenario: int) -> str:
    """Hold a design to what it can honour.

    Raises
    ------
    ParameterError
        For an unknown design, a part of a Latin hypercube, or more scenarios than a design has.
    """
    if design not in DESIGNS:
        allowed = ", ".join(repr(name) for name in DESIGNS)
        raise ParameterError(Problem("design", repr(design), allowed, nearest(str(design), DESIGNS)))
    problems = []
    if design == "latin" and first_scenario != 0:
        allowed = "0 where design = 'latin': a Latin hypercube is made for all its scenarios together"
        mend = "use design='sobol' or 'random', whose runs can be continued"
        problems.append(Problem("first_scenario", repr(first_scenario), allowed, mend))
    if design == "latin" and scenarios > LATIN_LIMIT:
        problems.append(Problem("scenarios", repr(scenarios), f"at most {LATIN_LIMIT:,} where design = 'latin'"))
    if design == "sobol" and first_scenario + scenarios > SOBOL_LIMIT:
        found = f"{scenarios} from scenario {first_scenario} on"
        problems.append(Problem("scenarios", found, f"none beyond {SOBOL_LIMIT:,} where design = 'sobol'"))
    if problems:
        raise ParameterError(problems)
    return str(design)


def describe_design(design: str, draws: Draws, scenarios: int) -> str:
    """Say in a sentence what a design gives these draws, for the attributes of a dataset."""
    streams = len(draws.shared_stream) + len(draws.own_stream)
    if design == "latin":
        return f"Latin hypercube: each of {streams} streams falls once into each of {scenarios} equal cells."
    if design == "sobol":
        taken = min(streams, SOBOL_STREAMS)
        rest = f" The other {streams - taken} draw at random." if taken < streams else ""
        odd = "" if scenarios & (scenarios - 1) == 0 else " The number of scenarios is no power of two: less balanced."
        return f"Scrambled Sobol points in {taken} of {streams} streams.{rest}{odd}"
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
    design: str,
    draws: Draws,
    scenarios: int,
    seed: int,
    first_scenario: int = 0,
    streams: int = SOBOL_STREAMS,
    waiting: Words | None = None,
) -> Points | None:
    """Make a design of a run; None for random scenarios.

    Parameters
    ----------
    design, draws
        One of `DESIGNS`, checked before, and the arrays of a plan.
    scenarios, seed, first_scenario
        Of the run.
    streams, waiting
        At most so many streams take points of a Sobol sequence, in this order (`queue`; None: that of this plan alone).

    Examples
    --------
    >>> from popsim.plan import compile
    >>> from popsim.study import load_study
    >>> points = make_points("latin", compile(load_study("pops")).draws, scenarios=10, seed=1)
    >>> points.between(0, 10).words.shape == (points.rows, 10)
    True
    """
    if design == "random":
        return None
    order = leading_order(draws)
    numbers = np.concatenate([draws.shared_stream, draws.own_stream])
    row = np.full(len(numbers), -1, dtype=np.int64)
    if design == "latin":
        row[order] = np.arange(len(order))
        return _Latin(numbers[order], seed, scenarios, *np.split(row, [len(draws.shared_stream)]))
    line = queue([draws]) if waiting is None else waiting
    places = {stream: place for place, stream in enumerate(line[: min(streams, SOBOL_STREAMS)].tolist())}
    leading = np.array([one for one in order if int(numbers[one]) in places], dtype=np.int64)
    row[leading] = np.arange(len(leading))
    bits = max(_RUN_BITS, (first_scenario + scenarios - 1).bit_length())
    directions = _direction_numbers(len(places), bits)[[places[int(stream)] for stream in numbers[leading]]]
    columns = _scrambled(numbers[leading], seed, directions)
    return _Sobol(*columns, *np.split(row, [len(draws.shared_stream)]))


def _even(start: int, stop: int) -> tuple[int, int]:
    return start - start % 2, stop + stop % 2


@dataclass(frozen=True, eq=False)
class _Latin:
    streams: Words
    seed: int
    scenarios: int
    shared_row: Integers
    own_row: Integers

    @property
    def rows(self) -> int:
        return len(self.streams)

    def between(self, start: int, stop: int) -> Design:
        first, last = _even(start, stop)
        words = np.empty((self.rows, last - first), dtype=np.uint64)
        fill_latin(words, np.uint64(first), np.uint64(self.seed), self.streams, np.uint64(self.scenarios))
        return Design(words, first, self.shared_row, self.own_row)


@dataclass(frozen=True, eq=False)
class _Sobol:
    """Point number i is the exclusive or of the columns at the bits of i that are set, and of the first point.

    `run` holds the points 0 ... `_RUN` - 1, `column` the columns of the bits above.
    """

    run: Words
    column: Words
    shared_row: Integers
    own_row: Integers

    @property
    def rows(self) -> int:
        return len(self.run)

    def between(self, start: int, stop: int) -> Design:
        first, last = _even(start, stop)
        words = np.empty((self.rows, last - first), dtype=np.uint64)
        for number in range(first >> _RUN_BITS, (last + _RUN - 1) >> _RUN_BITS):
            base = np.zeros((self.rows, 1), dtype=np.uint64)
            for bit in range(number.bit_length()):
                if number >> bit & 1:
                    base ^= self.column[:, bit, np.newaxis]
            begin, end = max(first, number * _RUN), min(last, (number + 1) * _RUN)
            part = self.run[:, begin - number * _RUN : end - number * _RUN]
            np.bitwise_xor(part, base, out=words[:, begin - first : end - first])
        return Design(words, first, self.shared_row, self.own_row)


@lru_cache(maxsize=4)
def _direction_numbers(dimensions: int, bits: int) -> Words:
    """Direction numbers (dimension, bit) at the top of 51 bits, read off the unscrambled points of scipy.

    In scipy's order, points 2^k - 1 and 2^k differ by direction number k alone.
    """
    from scipy.stats import qmc

    if dimensions == 0:
        return np.empty((0, bits), dtype=np.uint64)
    # Never fewer bits than scipy's default of 30: where a dimension's polynomial has a degree (up to 18) above the
    # number of bits, scipy 1.17 leaves its direction numbers zero without a word.
    points = qmc.Sobol(dimensions, scramble=False, bits=_SOBOL_BITS)
    numbers = np.empty((dimensions, bits), dtype=np.uint64)
    before = points.random(1)
    for k in range(bits):
        skipped = 2**k - 1 - points.num_generated
        if skipped >= 0:
            before = points.fast_forward(skipped).random(1)
        after = points.random(1)
        numbers[:, k] = np.bitwise_xor(*(np.concatenate([before, after]) * 2.0**_SOBOL_BITS).astype(np.uint64))
        before = after
    numbers <<= np.uint64(_BITS - _SOBOL_BITS)
    numbers.setflags(write=False)
    return numbers


def _scrambled(streams: Words, seed: int, numbers: Words) -> tuple[Words, Words]:
    """Scramble direction numbers by each stream's own words; give the points of the first run and the columns above it.

    The scramble is a random lower triangular matrix over the bits and a random shift (Matousek 1998,
    doi:10.1006/jcom.1998.0489): word 0 of a stream is the shift, word 1 + j what bit j brings with it.
    """
    words = np.empty((len(streams), _BITS + 2), dtype=np.uint64)
    for row, stream in zip(words, streams, strict=True):
        fill_bits(row, len(row) // 2, np.uint64(seed), stream, _SCRAMBLE_PAIRS)
    words >>= _DROP
    scrambled = np.zeros_like(numbers)
    for j in range(_SOBOL_BITS):
        top = np.uint64(1 << (_BITS - 1 - j))
        brought = (words[:, 1 + j] & (top - np.uint64(1))) | top
        scrambled ^= np.where(numbers & top, brought[:, np.newaxis], np.uint64(0))
    # scipy's order is that of Gray's code: bit k of a point's number sets bits k and k - 1 of its code.
    column = scrambled.copy()
    column[:, 1:] ^= scrambled[:, :-1]
    column <<= _DROP
    run = np.empty((len(streams), _RUN), dtype=np.uint64)
    run[:, 0] = words[:, 0] << _DROP
    for k in range(_RUN_BITS):
        run[:, 1 << k : 2 << k] = run[:, : 1 << k] ^ column[:, k, np.newaxis]
    return run, np.ascontiguousarray(column[:, _RUN_BITS:])
