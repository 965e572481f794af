"""The page on clusters: its program runs, its other blocks are Python that dask accepts, its figures add up."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import distributed
import numpy as np
import pytest

import popsim as ps
from popsim.engine.memory import memory_limit
from popsim.engine.simulation import Simulation
from popsim.engine.store import range_length

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "cluster.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.cluster
def test_the_program_prints_the_range_of_one_machine(tmp_path: Path) -> None:
    (tmp_path / "spread.py").write_text(BLOCKS[0].replace("20_000", "2_000"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "spread.py"], cwd=tmp_path, capture_output=True, text=True, check=True, env=None
    )
    alone = ps.summarise(ps.simulate(ps.load_study("example", {"scenarios.count": 2_000})))
    wanted = alone["cost_quantile"].sel(option="full").values
    np.testing.assert_allclose(np.array(done.stdout.strip(" []\n").split(), dtype=float), wanted, rtol=1e-8)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_is_python_and_names_what_dask_and_popsim_know(block: str) -> None:
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.Call):
            name, given = ast.unparse(node.func), {each.arg for each in node.keywords}
            known = {"ps.simulate": ps.simulate, "SSHCluster": distributed.SSHCluster}.get(name)
            if known is not None:
                assert given <= set(inspect.signature(known).parameters), name


def test_the_table_is_what_the_measured_core_would_take() -> None:
    rates = {"packaged": 6_800.0, "195 countries": 890.0}
    seconds = {"s": 1.0, "min": 60.0, "hours": 3600.0}
    rows = re.findall(r"^\| (packaged|the same|195 countries)[^|]*\| ([\d]+ [mb]illion) \|(.*)\|$", PAGE, re.MULTILINE)
    assert len(rows) == 3
    study = ""
    for name, scenarios, rest in rows:
        study = study if name == "the same" else name
        count = float(scenarios.split()[0]) * {"million": 1e6, "billion": 1e9}[scenarios.split()[1]]
        shown = [re.search(r"([\d.]+) (hours|min|s)$", cell.strip()) for cell in rest.split("|")[:4]]
        times = [float(each[1]) * seconds[each[2]] for each in shown if each is not None]
        chunk = 16_384 if study == "packaged" else 4_096
        ranges = -(-count // chunk)
        expected = [-(-ranges // cores) * chunk / rates[study] for cores in (1, 10, 100, 1_000)]
        np.testing.assert_allclose(times, expected, rtol=0.1)


def test_ranges_are_as_long_as_the_page_says() -> None:
    plan = ps.compile(ps.load_study("pops", {"scenarios.count": 10**7}))
    simulation = Simulation.of(plan, [("area",), ("region",), ("year",)])
    assert range_length(simulation) == 16_384
    assert 8 * simulation.outputs * 16_384 <= 64 * 2**20
    assert range_length(simulation, memory_limit("400MiB")) <= 16_384
