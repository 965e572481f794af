"""Results from sums that are held: the last steps of a block, for sums that were drawn before."""

from __future__ import annotations

import numpy as np

from popsim.kernels.intrinsics import store
from popsim.kernels.jit import kernel
from popsim.kernels.outputs import LINE, from_line, put_sums
from popsim.kernels.steps import run_steps


@kernel
def end_scenarios(out, held, rows, places, block, program, targets):  # type: ignore[no-untyped-def]
    """Fill `out` (output, scenario) from rows of what is held (row, scenario), each with its place among buffers."""
    width = ((block + LINE + 1) // LINE | 1) * LINE
    columns = out.shape[1]
    flat = out.reshape(out.size)
    sums = program.slots * width
    work = from_line(np.empty(sums + targets.target_count * width + LINE))
    for start in range(0, columns, block):
        length = min(block, columns - start)
        for j in range(len(rows)):
            at, row = places[j] * width, rows[j]
            for i in range(length):
                store(work, at + i, held[row, start + i])
        run_steps(work, 0, width, length, program.steps, program.numbers, 0, len(program.numbers))
        put_sums(flat, columns, start, length, work, sums, width, targets)
