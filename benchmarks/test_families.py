"""Every example of every family: what a draw costs, and what a table costs. Rows follow from the families."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import popsim as ps
from popsim.families import Family, families
from popsim.plan.tables import make_table

EXAMPLES = [(name, family) for name, cls in families().items() for family in cls.examples()]
IDS = [f"{name}-{place}" for place, (name, _) in enumerate(EXAMPLES)]


@pytest.mark.parametrize(("name", "family"), EXAMPLES, ids=IDS)
def test_draws(benchmark: BenchmarkFixture, name: str, family: Family, small: bool, rounds: int) -> None:
    scenarios = 2**12 if small else 2**20
    benchmark.group = "families"
    benchmark.extra_info.update(kind="draw", name=name, what=repr(family)[:70], count=scenarios)
    benchmark.pedantic(
        lambda: ps.sample({"x": family}, scenarios=scenarios, seed=1, threads=1), rounds=rounds, warmup_rounds=1
    )


@pytest.mark.parametrize(("name", "family"), EXAMPLES, ids=IDS)
def test_table(benchmark: BenchmarkFixture, name: str, family: Family, rounds: int) -> None:
    benchmark.group = "tables"
    benchmark.extra_info.update(kind="table", name=name, what=repr(family)[:70])
    # Of the shape alone and made afresh: a plan keeps the tables that it made last.
    shape, _, _ = family.standard()
    benchmark.pedantic(lambda: make_table(shape), rounds=rounds)
