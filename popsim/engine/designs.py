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

from popsim.arguments import as_whole, check_name
from popsim.engine.sobol_points import RUN_BITS, SOBOL_BITS, SobolColumns, direction_numbers, fill_sobol, scrambled
from popsim.errors import ParameterError, Problem
from popsim.kernels.latin import fill_latin
from popsim.plan.model import Draws, Integers, Words
from popsim.types import DESIGNS
from popsim.types import Design as DesignName

__all__ = [
    "DESIGNS",
    "LATIN_LIMIT",
    "MOST_REPLICATES",
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

SOBOL_STREAMS = 21_201
"""Dimensions that have direction numbers (Joe and Kuo 2008, doi:10.1137/070709359)."""

SOBOL_LIMIT = 2**SOBOL_BITS
"""Points of a Sobol sequence that can be asked for."""

MOST_REPLICATES = 1_024
"""Independent scramblings of a Sobol sequence."""

LATIN_LIMIT = 2**31
"""Scenarios of a Latin hypercube."""


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


def check_design(design: object, scenarios: int, first_scenario: int, replicates: object = 1) -> DesignName:
    """Hold a design to what it can honour.

    Raises
    ------
    ParameterError
        For an unknown design, a part of a Latin hypercube, more scenarios than a design has, or replicates of a design
        that is not scrambled.
    """
    known = check_name("design", design, DESIGNS)
    problems = []
    turns = as_whole(replicates)
    if turns is None or not 1 <= turns <= MOST_REPLICATES:
        problems.append(Problem("replicates", (), repr(replicates), f"a whole number from 1 to {MOST_REPLICATES}"))
    elif turns > 1 and design != "sobol":
        allowed = f"1 where design = {design!r}: only Sobol points are scrambled"
        problems.append(Problem("replicates", (), repr(replicates), allowed, "use design='sobol'"))
    if design == "latin" and first_scenario != 0:
        allowed = "0 where design = 'latin': a Latin hypercube is made for all its scenarios together"
        mend = "use design='sobol' or 'random', whose runs can be continued"
        problems.append(Problem("first_scenario", (), repr(first_scenario), allowed, mend))
    if design == "latin" and scenarios > LATIN_LIMIT:
        problems.append(Problem("scenarios", (), repr(scenarios), f"at most {LATIN_LIMIT:,} where design = 'latin'"))
    if design == "sobol" and first_scenario + scenarios > SOBOL_LIMIT:
        found = f"{scenarios} from scenario {first_scenario} on"
        problems.append(Problem("scenarios", (), found, f"none beyond {SOBOL_LIMIT:,} where design = 'sobol'"))
    if problems:
        raise ParameterError(problems)
    return known


def describe_design(design: str, draws: Draws, scenarios: int, replicates: int = 1) -> str:
    """Say in a sentence what a design gives these draws, for the attributes of a dataset."""
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
    replicates: int = 1,
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
    replicates
        Independent scramblings of a Sobol sequence, which take turns: scenario s is point s // R of scrambling s % R.

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
    bits = min(max(RUN_BITS, ((first_scenario + scenarios) // replicates).bit_length()), SOBOL_BITS)
    directions = direction_numbers(len(places), bits)[[places[int(stream)] for stream in numbers[leading]]]
    columns = tuple(scrambled(numbers[leading], seed, directions, replicate) for replicate in range(replicates))
    return _Sobol(columns, *np.split(row, [len(draws.shared_stream)]))


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
