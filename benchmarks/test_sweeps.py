"""What many cases of a study cost, in runs of it: processor time of both, in turns, so that the machine is the same."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import popsim as ps
from benchmarks.ratios import timed

SHARES = [float(share) for share in np.linspace(0.1, 0.7, 100)]
EXPONENTS = [float(exponent) for exponent in np.linspace(0.2, 0.34, 8)]


def run(scenarios: int) -> object:
    return ps.simulate(ps.load_study("pops"), scenarios=scenarios, breakdowns=())


def of_who_pays(small: bool) -> tuple[Callable[[], object], Callable[[], object], float]:
    scenarios, cases = (200, SHARES[:3]) if small else (10_000, SHARES)
    grid = {"financing.cofinancing": cases}
    return lambda: ps.sweep("pops", grid=grid, scenarios=scenarios), lambda: run(scenarios), 1.0


def of_a_cost(small: bool) -> tuple[Callable[[], object], Callable[[], object], float]:
    """Everything but drawing, since two scenarios are drawn, against drawing the cases one by one."""
    plan = ps.compile(ps.load_study("pops"))
    scenarios, cases = (200, EXPONENTS[:2]) if small else (10_000, EXPONENTS)
    grid = {"area.h.size_exponent": cases}

    def draw() -> object:
        return ps.simulate(plan, scenarios=scenarios, breakdowns=())

    return lambda: ps.sweep("pops", grid=grid, scenarios=2), draw, 1.0 / len(cases)


ROWS = {
    "who pays": ("sweep of 100 cases of co-financing, packaged study with its options", "runs", 3.0, of_who_pays),
    "overhead": ("a case of a sweep without its draws, over the draws of 10,000 scenarios", "", 0.1, of_a_cost),
}


@pytest.mark.parametrize("key", ROWS)
def test_sweeps(benchmark: BenchmarkFixture, key: str, small: bool) -> None:
    what, unit, limit, make = ROWS[key]
    sweep, reference, part = make(small)
    sweep()
    benchmark.group = "sweeps"
    benchmark.pedantic(sweep, rounds=1)
    ratios = [
        timed(sweep, time.process_time) * part / timed(reference, time.process_time) for _ in range(1 if small else 5)
    ]
    measured = {} if benchmark.stats is None else {"value": statistics.median(ratios)}
    benchmark.extra_info.update(kind="limit", what=what, unit=unit, limit=limit, **measured)
