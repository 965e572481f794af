"""The fused job over sizes: time is linear in scenarios, countries and areas."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import popsim as ps
from benchmarks import jobs

SIZES = [
    *((scenarios, 150, 8, 1) for scenarios in (4096, 16_384, 65_536, 262_144)),
    *((16_384, countries, 8, 1) for countries in (10, 50, 450)),
    *((16_384, 150, areas, 1) for areas in (1, 4, 32)),
    (65_536, 150, 8, 2),
    (262_144, 150, 8, 2),
]


@pytest.mark.parametrize(("scenarios", "countries", "areas", "threads"), SIZES)
def test_fused(
    benchmark: BenchmarkFixture, scenarios: int, countries: int, areas: int, threads: int, small: bool, rounds: int
) -> None:
    plan = jobs.shared_plan(countries, areas)
    count = 512 if small else scenarios
    benchmark.group = "sizes"
    benchmark.extra_info.update(
        kind="size", scenarios=count, countries=countries, areas=areas, threads=threads, count=count * countries * areas
    )
    benchmark.pedantic(
        lambda: ps.simulate(plan, scenarios=count, breakdowns=["area"], threads=threads), rounds=rounds, warmup_rounds=1
    )
