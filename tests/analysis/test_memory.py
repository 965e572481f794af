"""Analyses and documents take the memory of some outputs, not of all scenarios; a large run is made as it is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import popsim as ps
from popsim.engine import memory

SCRIPT = Path(__file__).with_name("lazy_run.py")
ANALYSES = ("summarise", "budget", "compare", "point_estimates")
DOCUMENTS = ("variance_shares", "pairs", "html", "xlsx", "csv", "sipmath")
OUTPUTS = 60
"""Numbers of each scenario, at least: two options, cost and need, by area and by what widths rest on."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the peak is read from the resource module")


def growth(scenarios: int, *names: str) -> dict[str, float]:
    """Return by how much memory had grown at most after each step, in bytes."""
    arguments = [sys.executable, str(SCRIPT), str(scenarios), *names]
    printed = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout
    return {name: 2**20 * float(number) for number, _, name in (line.partition(" ") for line in printed.splitlines())}


@pytest.mark.slow
def test_analyses_take_less_than_a_part_of_the_scenarios() -> None:
    scenarios = 800_000
    found = growth(scenarios, "summarise", "compare", "all in memory")
    every = 8 * OUTPUTS * scenarios
    # Some outputs, and what threads and dask take whatever the number of scenarios.
    assert max(found["summarise"], found["compare"]) < 0.75 * every
    assert found["all in memory"] > every  # the control: this is how much all scenarios take


@pytest.mark.memory
def test_memory_grows_by_some_outputs_alone() -> None:
    few, many = 500_000, 2_000_000
    small, large = (growth(scenarios, *ANALYSES, *DOCUMENTS, "all in memory") for scenarios in (few, many))
    output = 8 * (many - few)
    for name in (*ANALYSES, *DOCUMENTS):
        assert large[name] < 640 * 2**20, name
        assert large[name] - small[name] < 16 * output, name
    assert large["all in memory"] - small["all in memory"] > OUTPUTS * output / 2


def test_a_search_that_does_not_fit_is_refused_before_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    import dask.array as da

    def never(values: object) -> object:
        raise AssertionError("nothing is read")

    parts = da.zeros((1, 2_000_000, 8), chunks=(1, 65_536, 1)).map_blocks(never, dtype=np.float64, meta=np.empty(0))
    ds = xr.Dataset({"cost_by_area": (("option", "scenario", "area"), parts)}, {"option": ["full"]})
    monkeypatch.setattr(memory, "free_memory", lambda: 2**29)
    with pytest.raises(ps.ParameterError, match=r"2,000,000 scenarios(.|\n)*slice\(1_398_101\)"):
        ps.joint_budget(ds)
