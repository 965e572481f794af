"""What the kernel sums: pointers from rows to accumulators and from these to outputs.

Apart from how a study's breakdowns become sums, so that a process that compiles the kernel loads no study.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers
from popsim.plan.program import NO_PROGRAM, LagSums, Program

if TYPE_CHECKING:
    from popsim.engine.breakdowns import Breakdown


class Targets(NamedTuple):
    """Pointers from rows to the accumulators that they add to, and from outputs to weighted accumulators.

    A row adds its cost to each `target`. What it adds by lag is among the steps of the program.
    `row_output` is the output that holds a row's values as they are, which then has no accumulators; -1 for none.
    """

    target_start: Integers
    target: Integers
    target_count: int
    output_start: Integers
    output_target: Integers
    output_weight: Floats
    row_output: Integers


@dataclass(frozen=True, eq=False)
class Sums:
    """What the kernel sums, and which outputs are which variable."""

    targets: Targets
    breakdowns: tuple[Breakdown, ...]
    program: Program = NO_PROGRAM
    lag_sums: LagSums | None = None
    """What the steps of the program make of rows; None where rows are outputs themselves, and on workers."""

    def __getstate__(self) -> dict[str, object]:
        """Return what workers of a cluster are sent: all that draws need."""
        return {**self.__dict__, "lag_sums": None}


def rows_as_they_are(count: int) -> Targets:
    """Return the targets of rows that are outputs themselves."""
    nothing = np.zeros(count + 1, dtype=np.int64)
    none = np.zeros(0, dtype=np.int64)
    return Targets(nothing, none, 0, nothing, none, np.zeros(0), np.arange(count, dtype=np.int64))
