"""Two ways to do one job, measured side by side: round after round, one of each, so that both meet the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Clock = Callable[[], float]
Work = Callable[[], object]


@dataclass(frozen=True)
class Pair:
    """A job done by popsim and by a reference.

    The reference may do a part, where its time is linear in the size: then `part` says how many times that part makes
    the whole.
    """

    ours: Work
    reference: Work
    part: float = 1.0


@dataclass(frozen=True)
class Ratio:
    """Seconds of every round; the reference's already brought to the whole job."""

    ours: tuple[float, ...]
    reference: tuple[float, ...]

    @property
    def value(self) -> float:
        """How many times longer the reference takes: the ratio of medians."""
        return statistics.median(self.reference) / statistics.median(self.ours)


def interleaved(pair: Pair, rounds: int, clock: Clock = time.perf_counter) -> Ratio:
    """Measure a pair in alternating rounds, after one of ours that is not counted (numba may have to load)."""
    pair.ours()
    ours, reference = [], []
    for _ in range(rounds):
        reference.append(timed(pair.reference, clock) * pair.part)
        ours.append(timed(pair.ours, clock))
    return Ratio(tuple(ours), tuple(reference))


def timed(work: Work, clock: Clock = time.perf_counter) -> float:
    """Seconds that a piece of work takes."""
    start = clock()
    work()
    return clock() - start
