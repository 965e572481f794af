"""Runs of a plan in which some random streams are drawn again, or held for several scenarios.

Random numbers are counted out from the number of a stream and that of the scenario, so that both take no storage: to
draw a stream again is to give it another number, and to hold it for K scenarios is to count by the K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from popsim.engine.breakdowns import arrange
from popsim.engine.designs import Design
from popsim.engine.sums import Names
from popsim.engine.threads import fill
from popsim.families.base import Floats
from popsim.kernels.philox import fill_bits
from popsim.plan.model import Draws, Integers, Plan, Words
from popsim.plan.streams import StreamBook
from popsim.sampling import Sampling

__all__ = ["Variants"]

Mask = NDArray[np.bool_]

_AGAIN = " (again)"
"""What stands behind the name of a stream that is drawn again."""


class Variants:
    """Runs of one plan that differ in which streams are drawn again.

    Parameters
    ----------
    plan
        A plan that knows the names of its streams; every run has its sampling.
    breakdowns
        As `read_breakdowns` gives them.
    threads
        Of every run, checked before.
    """

    def __init__(self, plan: Plan, breakdowns: Sequence[Names], threads: int) -> None:
        self.plan, self.threads = plan, threads
        self.names = (*plan.shared_names, *plan.own_names)
        self._sums = arrange(plan, breakdowns)

    @cached_property
    def dims(self) -> dict[str, tuple[Names, tuple[tuple[object, ...], ...]]]:
        """Dimensions of each variable beside the scenario, with their labels."""
        return {item.variable: (item.dims, item.labels) for item in self._sums.breakdowns}

    def run(self, again: Mask, hold: Mask | None = None, times: int = 1) -> dict[str, Floats]:
        """Return each variable, shape (..., scenario).

        Parameters
        ----------
        again
            Which streams are drawn again, in the order of `names`.
        hold
            Which streams keep their draw for `times` scenarios on end: in scenario i they draw what scenario
            i // times draws without.
        times
            A power of two.
        """
        numbers = np.where(again, self._again, self._numbers)
        shared, own = np.split(numbers, [len(self.plan.draws.shared_stream)])
        draws = self.plan.draws._replace(shared_stream=shared, own_stream=own)
        sampling = self.plan.sampling
        points = None if hold is None else _held(draws, hold, times, sampling)
        out = fill(draws, self._sums, sampling.count, sampling.seed, 0, self.threads, points=points)
        return {
            item.variable: out[item.first_output : item.first_output + int(np.prod(item.shape, dtype=int))].reshape(
                *item.shape, sampling.count
            )
            for item in self._sums.breakdowns
        }

    @cached_property
    def _numbers(self) -> Words:
        return np.concatenate([self.plan.draws.shared_stream, self.plan.draws.own_stream])

    @cached_property
    def _again(self) -> Words:
        """Numbers of the streams when drawn again; no two streams share a number, not with any of the plan either."""
        both = StreamBook().numbers([*self.names, *(f"{name}{_AGAIN}" for name in self.names)])
        return both[len(self.names) :]


def _held(draws: Draws, hold: Mask, times: int, sampling: Sampling) -> _Held:
    row = np.full(len(hold), -1, dtype=np.int64)
    row[hold] = np.arange(hold.sum())
    shared_row, own_row = np.split(row, [len(draws.shared_stream)])
    return _Held(np.concatenate([draws.shared_stream, draws.own_stream])[hold], times, sampling, shared_row, own_row)


@dataclass(frozen=True, eq=False)
class _Held:
    """The design in which some streams keep their draw for several scenarios on end."""

    streams: Words
    times: int
    sampling: Sampling
    shared_row: Integers
    own_row: Integers

    @property
    def rows(self) -> int:
        return len(self.streams)

    def between(self, start: int, stop: int) -> Design:
        # Words of a stream come in pairs, so the words of whole pairs of held draws, each as often as it is held.
        span = 2 * self.times
        first, last = start // span, -(-stop // span)
        words = np.empty((self.rows, 2 * (last - first)), dtype=np.uint64)
        for row, stream in zip(words, self.streams, strict=True):
            fill_bits(row, last - first, np.uint64(self.sampling.seed), stream, np.uint64(first))
        return Design(np.repeat(words, self.times, axis=1), first * span, self.shared_row, self.own_row)
