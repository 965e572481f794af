"""The virtual ensemble of the packaged study: to open a billion scenarios, and to compute one country."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

import popsim as ps

ROOT = Path(__file__).resolve().parent.parent
BILLION = 1_000_000_000
OPEN = f"import popsim as ps; ps.open_ensemble(ps.load_study('pops'), scenarios={BILLION})"


def test_open(benchmark: BenchmarkFixture, small: bool) -> None:
    benchmark.group = "virtual"
    what = "`ps.open_ensemble`, a billion scenarios: study, plan, process and all"
    benchmark.extra_info.update(kind="limit", what=what, unit="s", limit=2.0)
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-c", OPEN], cwd=ROOT, check=True), rounds=1 if small else 7
    )


def test_one_country(benchmark: BenchmarkFixture, small: bool) -> None:
    scenarios = 10_000 if small else 100_000
    cost = ps.open_ensemble(ps.load_study("pops"), scenarios=BILLION)["cost"]
    benchmark.group = "virtual"
    what = "one country of it: cost in 100,000 scenarios by option, area and year"
    benchmark.extra_info.update(kind="limit", what=what, unit="s", limit=1.0)
    benchmark.pedantic(
        lambda: cost.sel(country="KEN").isel(scenario=slice(0, scenarios)).compute(),
        rounds=1 if small else 7,
        warmup_rounds=1,
    )
