"""Run kernels over ranges of scenarios on several threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np

from popsim.engine.breakdowns import Sums
from popsim.engine.designs import Design, random_design
from popsim.errors import ParameterError, Problem
from popsim.families.base import Floats
from popsim.kernels.block import fill_scenarios
from popsim.plan.model import Draws

__all__ = ["BLOCK", "Progress", "check_range", "check_threads", "fill"]

BLOCK = 512
"""Scenarios computed together: some dozen buffers of 4 KiB, which fit the first two caches."""

_CHUNK = 16 * BLOCK

Progress = Callable[[int, int], None]
"""Called with the number of scenarios done and the number wanted."""


def check_threads(threads: int | None) -> int:
    """Give the number of threads: as many as the process may use, unless stated.

    Raises
    ------
    ParameterError
        For less than one thread.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise ParameterError(Problem("threads", repr(threads), "a whole number of at least 1, or None for all cores"))
    return int(threads)


def check_range(scenarios: object, seed: object, first_scenario: object) -> tuple[int, int, int]:
    """Check and give scenarios, seed and first_scenario, all problems at once.

    Raises
    ------
    ParameterError
        For numbers that are not whole or out of range.
    """
    limits = {
        "scenarios": (scenarios, 1, 2**48, "a whole number of at least 1"),
        "seed": (seed, 0, 2**64 - 1, "a whole number from 0 to 2**64 - 1"),
        "first_scenario": (first_scenario, 0, 2**62, "a whole number from 0 to 2**62"),
    }
    problems = [
        Problem(name, repr(value), allowed)
        for name, (value, low, high, allowed) in limits.items()
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high
    ]
    if problems:
        raise ParameterError(problems)
    return int(scenarios), int(seed), int(first_scenario)  # type: ignore[call-overload]


def fill(
    draws: Draws,
    sums: Sums,
    scenarios: int,
    seed: int,
    first: int = 0,
    threads: int = 1,
    block: int = BLOCK,
    design: Design | None = None,
    progress: Progress | None = None,
) -> Floats:
    """Compute all outputs of scenarios first ... first + scenarios - 1; shape (output, scenario)."""
    out = np.empty((len(sums.targets.output_start) - 1, scenarios))
    chunk = max(_CHUNK, block)
    starts = range(first, first + scenarios, chunk)

    kernel: Callable[..., None] = fill_scenarios
    points = random_design(draws) if design is None else design

    def work(start: int) -> int:
        stop = min(start + chunk, first + scenarios)
        kernel(
            out,
            np.int64(first),
            np.int64(start),
            np.int64(stop),
            np.int64(block),
            np.uint64(seed),
            draws,
            sums.targets,
            points,
        )
        return stop - start

    done = 0
    with ThreadPoolExecutor(threads) as pool:
        waiting = [pool.submit(work, start) for start in starts]
        try:
            for future in as_completed(waiting):
                done += future.result()
                if progress is not None:
                    progress(done, scenarios)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return out
