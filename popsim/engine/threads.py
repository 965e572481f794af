"""Run kernels over ranges of scenarios on several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import get_type_hints

import numpy as np

from popsim.arrays import Floats, Integers, Mask, Words
from popsim.engine.designs import Points, random_design
from popsim.engine.targets import Sums, Targets, rows_as_they_are
from popsim.errors import ParameterError, Problem
from popsim.plan.model import Draws

_LEAST_BLOCK, _LARGEST_BLOCK = 512, 4096
"""Scenarios computed together: each loop over a block costs some 30 ns before its first draw."""

_BLOCK_BYTES = 3 * 2**17
"""What the buffers of a block may take together, if it is not the least: less than the second cache."""

CHUNK_DRAWS = 2**21
"""Draws handed to a thread at a time, some 10 ms of work: much more than handing over costs, and often enough to tell
of progress."""

_POINT_BYTES = 2**23
"""A thread holds some so many bytes of points of a design at a time, or one block of them."""

_SMALL = 2**28
"""Bytes that always fit."""

Progress = Callable[[int, int], None]
"""Called with the number of scenarios done and the number wanted."""


def make_room(outputs: int, scenarios: int) -> Floats:
    """Make an array of outputs for each scenario.

    Raises
    ------
    ParameterError
        When it does not fit the memory.
    """
    # Imported when used: it measures whole simulations. Systems grant more than there is, and end who uses it.
    from popsim.engine.memory import free_memory

    needed = outputs * scenarios * 8
    try:
        if needed > _SMALL and needed > free_memory():
            raise MemoryError
        return np.empty((outputs, scenarios))
    except MemoryError:
        size = needed / 2**30
        raise ParameterError(
            Problem(
                "",
                ("scenarios",),
                f"{scenarios:,} scenarios of {outputs} numbers: {size:,.1f} GiB",
                "results that fit the memory",
                "ask for fewer scenarios or breakdowns, or simulate parts with first_scenario",
            )
        ) from None


def is_written(targets: Targets) -> Mask:
    """Return of each output whether it is a row or a sum of anything; a cell without countries is not."""
    written: Mask = np.diff(targets.output_start) > 0
    written[targets.row_output[targets.row_output >= 0]] = True
    return written


def _buffers(draws: Draws, sums: Sums) -> int:
    """Return how many numbers a thread holds of each scenario of its block."""
    scores = len(draws.shared_stream) + len(draws.common_start) + int(np.diff(draws.own_start).max(initial=0)) + 2
    return scores + sums.program.slots + int(sums.targets.target_count)


def _fitting_block(draws: Draws, sums: Sums) -> int:
    """Return how many scenarios to compute together: a power of two whose buffers fit the second cache."""
    buffers, block = _buffers(draws, sums), _LEAST_BLOCK
    while block < _LARGEST_BLOCK and 2 * block * buffers * 8 <= _BLOCK_BYTES:
        block *= 2
    return block


def working_bytes(draws: Draws, sums: Sums) -> int:
    """Return the bytes that a thread of `fill` takes while it works, beside the outputs."""
    return 8 * _fitting_block(draws, sums) * _buffers(draws, sums)


def _ranges(first: int, scenarios: int, chunk: int, step: int, threads: int) -> list[tuple[int, int]]:
    """Cut scenarios into ranges for threads: of `chunk`, and shorter ones towards the end, so that all end together.

    Examples
    --------
    >>> _ranges(0, 10_000, 4096, 512, threads=2)[:3], len(_ranges(0, 10_000, 4096, 512, threads=1))
    ([(0, 2048), (2048, 3584), (3584, 5120)], 3)
    """
    start, stop, found = first, first + scenarios, []
    while start < stop:
        fair = (stop - start) // (2 * threads) // step * step
        end = min(start + (chunk if threads == 1 else max(step, min(chunk, fair))), stop)
        found.append((start, end))
        start = end
    return found


def _worked(work: Callable[[int, int], int], ranges: list[tuple[int, int]], threads: int) -> Iterator[int]:
    """Work on ranges, and yield how many scenarios each had; one thread is the caller's own."""
    if threads == 1 or len(ranges) == 1:
        for start, stop in ranges:
            yield work(start, stop)
        return
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(work, start, stop) for start, stop in ranges]
        try:
            for future in as_completed(waiting):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def fill(
    draws: Draws,
    sums: Sums,
    scenarios: int,
    seed: int,
    first: int = 0,
    threads: int = 1,
    block: int | None = None,
    points: Points | None = None,
    progress: Progress | None = None,
    out: Floats | None = None,
    column: int = 0,
) -> Floats:
    """Compute all outputs of scenarios first ... first + scenarios - 1; shape (output, scenario).

    Into `out`, where it is given, from `column` on, and only those that are sums of anything; a new array has zeros for
    the others.
    """
    # Imported when used: who reads a run and samples nothing needs no numba, which takes longer than reading.
    from popsim.kernels.block import fill_scenarios

    targets = sums.targets
    if out is None:
        out = make_room(len(targets.output_start) - 1, scenarios)
        out[~is_written(targets)] = 0.0
    block = _fitting_block(draws, sums) if block is None else block
    step = min(block, _LEAST_BLOCK)
    chunk = max(1, CHUNK_DRAWS // max(len(draws.row_kind), 1) // block) * block
    if points is not None:
        chunk = min(chunk, max(1, _POINT_BYTES // (8 * max(points.rows, 1) * step)) * step)

    kernel: Callable[..., None] = fill_scenarios
    random = random_design(draws)

    def work(start: int, stop: int) -> int:
        design = random if points is None else points.between(start, stop)
        kernel(
            out,
            np.int64(first - column),
            np.int64(start),
            np.int64(stop),
            np.int64(block),
            np.uint64(seed),
            draws,
            sums.program,
            targets,
            design,
        )
        return stop - start

    done = 0
    for part in _worked(work, _ranges(first, scenarios, chunk, step, threads), threads):
        done += part
        if progress is not None:
            progress(done, scenarios)
    return out


def compile_fill() -> None:
    """Compile the kernel, or load it, for the types of arrays that `fill` gives it: by filling nothing."""
    kinds: dict[object, type[np.generic]] = {Floats: np.float64, Integers: np.int64, Words: np.uint64}
    nothing = Draws(*(np.zeros(1, dtype=kinds[each]) for each in get_type_hints(Draws).values())).frozen()
    fill(nothing, Sums(rows_as_they_are(0), ()), scenarios=1, seed=0)
