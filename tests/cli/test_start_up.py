"""What a run loads and what it leaves alone; docs/decisions/0005-start-up.md has the times."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from pathlib import Path

import pytest

import popsim as ps
from popsim.cli.main import main

NEVER = {
    "IPython",
    "docx",
    "matplotlib.pyplot",
    "numba.cuda",
    "openpyxl",
    "rich.progress",
    "scipy.integrate",
    "scipy.interpolate",
    "scipy.optimize",
    "scipy.signal",
    "scipy.spatial",
    "scipy.stats",
    "xlsxwriter",
}
"""Libraries that take 0.02 to 0.5 s to import and that no run of the packaged study needs.

xarray loads dask, and with it scipy.sparse, wherever that is installed.
"""
HEAVY = {"jinja2", "matplotlib", "netCDF4", "numba", "numpy", "pandas", "pydantic", "rich", "scipy", "xarray"}

UNUSED_BY_FIGURES = {
    "matplotlib",
    "numba",
    "numpy.f2py.crackfortran",
    "popsim.analysis.exact",
    "popsim.analysis.sobol",
    "popsim.engine.simulation",
    "popsim.engine.threads",
    "popsim.plan.lowering",
    "popsim.plan.merge",
    "unittest",
}
"""What no command needs that prints figures of a finished run; 0.4 s together."""

WATCHED = """
import atexit, gc, json, sys

def tell():
    facts = {"modules": sorted(sys.modules), "frozen": gc.get_freeze_count(), "threshold": gc.get_threshold()[0]}
    print(json.dumps(facts), file=sys.stderr)

atexit.register(tell)  # last in, first out: what the command line registers comes before
from popsim.cli.main import main
main()
"""


def watched(folder: Path, *arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    facts: dict[str, object] = json.loads(done.stderr)
    return facts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    return watched(tmp_path_factory.mktemp("watched"), "run", "--scenarios", "200")


def test_a_run_loads_nothing_that_it_does_not_need(run: dict[str, object]) -> None:
    loaded = set(run["modules"])  # type: ignore[call-overload]
    assert loaded & NEVER == set()
    assert loaded >= HEAVY


@pytest.mark.parametrize("command", [["budget", "RUN", "--confidence", "80%"], ["compare", "RUN"]])
@pytest.mark.one_in(2)
def test_figures_of_a_run_load_nothing_that_makes_one(tmp_path: Path, command: list[str]) -> None:
    study = ps.load_study("pops", {"scenarios.count": 50})
    plan = ps.compile(study)
    ps.save_run(tmp_path, study, plan, ps.simulate(plan))
    loaded = set(watched(tmp_path, *(str(tmp_path) if word == "RUN" else word for word in command))["modules"])  # type: ignore[call-overload]
    assert loaded & UNUSED_BY_FIGURES == set()
    assert loaded >= {"xarray", "popsim.analysis.order"}


@pytest.mark.parametrize("command", ["run", "report"])
def test_help_loads_no_library_of_documents(tmp_path: Path, command: str) -> None:
    loaded = set(watched(tmp_path, command, "--help")["modules"])  # type: ignore[call-overload]
    assert loaded & ({"babel", "docx", "openpyxl", "xlsxwriter"} | HEAVY) == set()


def test_the_collector_is_spared_while_a_run_loads_and_when_it_ends(run: dict[str, object]) -> None:
    assert run["threshold"] == 1_000_000
    assert run["frozen"] > 100_000  # type: ignore[operator]


def test_a_program_that_calls_the_command_line_keeps_its_own_collector() -> None:
    before = gc.get_threshold()
    with pytest.raises(SystemExit):
        main(["--version"])
    assert gc.get_threshold() == before
