"""The rows of the table of ratios: popsim and a reference in alternating rounds of one process."""

from __future__ import annotations

import os
import statistics

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.ratios import timed
from benchmarks.rows import ROWS, Row

SECONDS, MOST_ROUNDS = 4.0, 41
"""Short jobs take more rounds: a burst of other work on the machine should not decide them."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_ratio(benchmark: BenchmarkFixture, row: Row, small: bool, rounds: int) -> None:
    pair, load = row.pair(small), os.getloadavg()[0]
    reference: list[float] = []

    def first_the_reference() -> None:
        reference.append(timed(pair.reference) * pair.part)

    if not small:
        pair.ours()
        rounds = min(max(rounds, round(SECONDS / (timed(pair.ours) + timed(pair.reference)))), MOST_ROUNDS)
    benchmark.pedantic(pair.ours, setup=first_the_reference, rounds=rounds)
    benchmark.group = "ratios"
    benchmark.extra_info.update(
        kind="ratio",
        key=row.key,
        work=row.work,
        against=row.against,
        target=row.target,
        load=load,
        reference=statistics.median(reference),
    )
