"""``NUMBA_DISABLE_JIT=1`` runs the same kernels as plain Python, and gives the same bits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.study.load import load_study

from ..engine.features import FULL
from ..engine.studies import all_examples, mixed, sha256

SCRIPT = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("studies", sys.argv[1])
studies = importlib.util.module_from_spec(spec)
spec.loader.exec_module(studies)
from popsim.study.load import load_study
from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
drawn = sample(studies.all_examples(), 9, seed=2**64 - 3, correlation=0.25, first_scenario=5, threads=1)
alone = sample(studies.all_examples(), 9, seed=1, first_scenario=5, threads=1)
costs = simulate(studies.mixed(), 7, breakdowns=["country"], first_scenario=3, threads=1)
points = simulate(studies.mixed(), 7, breakdowns=(), first_scenario=5, threads=1, design="sobol", replicates=3)
print(studies.sha256(points["cost"].values))
print(studies.sha256(drawn.to_array().values, alone.to_array().values, costs["cost_by_country"].values))
full = simulate(load_study(sys.argv[2]), 5, first_scenario=3, threads=1)
print(studies.sha256(*(array.values for array in full.data_vars.values() if "scenario" in array.dims)))
"""


def test_plain_python_gives_the_same_bits() -> None:
    drawn = sample(all_examples(), scenarios=9, seed=2**64 - 3, correlation=0.25, first_scenario=5, threads=1)
    alone = sample(all_examples(), scenarios=9, seed=1, first_scenario=5, threads=1)
    costs = simulate(mixed(), scenarios=7, breakdowns=["country"], first_scenario=3, threads=1)
    points = simulate(mixed(), scenarios=7, breakdowns=(), first_scenario=5, threads=1, design="sobol", replicates=3)
    expected = sha256(drawn.to_array().values, alone.to_array().values, costs["cost_by_country"].values)
    full = simulate(load_study(FULL), scenarios=5, first_scenario=3, threads=1)
    features = sha256(*(array.values for array in full.data_vars.values() if "scenario" in array.dims))
    studies = Path(__file__).parent.parent / "engine" / "studies.py"
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(studies), str(FULL)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [sha256(points["cost"].values), expected, features]
