"""The stages of the core, each alone, in arrays that stay in cache."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import popsim as ps
from benchmarks import jobs
from popsim import Gamma, LogNormal, Metalog, Normal, Pert, Triangular, Uniform
from popsim.engine.threads import fill
from popsim.families import Family
from popsim.kernels.elementary import fill_normals
from popsim.kernels.marginals import evaluate
from popsim.kernels.philox import fill_bits
from popsim.plan.tables.builder import TableBuilder

BLOCK = 2**15
"""Enough that the microseconds of a call from Python do not show, and few enough for the second cache."""
WORDS = np.empty(BLOCK, dtype=np.uint64)
SCORES = np.random.default_rng(1).standard_normal(BLOCK)
VALUES = np.empty(BLOCK)

TABLES: dict[str, Family] = {
    "normal": Normal(0.0, 1.0),
    "lognormal": LogNormal(0.0, 0.6),
    "triangular": Triangular(0.0, 1.0, 3.0),
    "pert": Pert(0.0, 1.0, 3.0),
    "uniform": Uniform(0.0, 1.0),
    "gamma": Gamma(2.5, 1.0),
    "metalog": Metalog((10.0, 2.0, 0.5, 0.3)),
}


def bits() -> None:
    fill_bits(WORDS, BLOCK // 2, np.uint64(1), np.uint64(2), np.uint64(0))


def numpy_uniforms() -> Callable[[], object]:
    rng = np.random.Generator(np.random.SFC64(1))
    return lambda: rng.random(out=VALUES)


STAGES: dict[str, Callable[[], object]] = {
    "bits": bits,
    "normals from bits": lambda: fill_normals(VALUES, WORDS, BLOCK),
    "numpy's uniforms (SFC64), for comparison": numpy_uniforms(),
}


def measured(benchmark: BenchmarkFixture, name: str, work: Callable[[], object], small: bool) -> None:
    bits()
    work()
    benchmark.group = "stages"
    benchmark.extra_info.update(kind="stage", what=name, count=BLOCK)
    benchmark.pedantic(work, rounds=1 if small else 31, iterations=1 if small else 20)


@pytest.mark.parametrize("name", STAGES)
def test_stage(benchmark: BenchmarkFixture, name: str, small: bool) -> None:
    measured(benchmark, name, STAGES[name], small)


@pytest.mark.parametrize("name", TABLES)
def test_table_stage(benchmark: BenchmarkFixture, name: str, small: bool) -> None:
    book = TableBuilder()
    marginals = book.add([TABLES[name]], ["benchmark"])
    kind, offset = marginals.kind[0], marginals.table[0]
    numbers = book.numbers()
    if not len(numbers):
        numbers = np.zeros(1)
    measured(
        benchmark,
        f"table: {name}",
        lambda: evaluate(VALUES, SCORES, BLOCK, kind, numbers, offset),
        small,
    )


@pytest.mark.parametrize("areas", [1, 8])
def test_dependence_and_sums(benchmark: BenchmarkFixture, areas: int, small: bool, rounds: int) -> None:
    """Normals need no table: what is left is normals, dependence and sums (one area: two normals, one value)."""
    countries = 150
    job = jobs.Job((tuple(Normal(10.0 + area, 1.0) for area in range(areas)),), np.ones(countries))
    draws, sums = jobs.lower(job)
    scenarios = 1024 if small else 2**20 // (8 * areas)
    benchmark.group = "stages"
    what = f"normals, dependence and sums, {areas} area{'s' * (areas > 1)}"
    benchmark.extra_info.update(kind="stage", what=what, count=scenarios * countries * areas)
    benchmark.pedantic(lambda: fill(draws, sums, scenarios, 1), rounds=rounds, warmup_rounds=1)


def test_uniforms(benchmark: BenchmarkFixture, small: bool, rounds: int) -> None:
    """A uniform through the whole of `ps.sample`: bits, normal score, table, labels."""
    scenarios = 2**12 if small else 2**20
    benchmark.group = "stages"
    benchmark.extra_info.update(kind="stage", what="uniforms through `ps.sample`", count=scenarios)
    benchmark.pedantic(
        lambda: ps.sample({"x": Uniform(0.0, 1.0)}, scenarios=scenarios, threads=1), rounds=rounds, warmup_rounds=1
    )
