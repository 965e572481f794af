"""Promise 2 on another machine: code made for a processor without AVX-512 gives the same bits."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np

from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.families import Empirical, LogNormal, Metalog, Normal, Pert, Triangular, Uniform
from popsim.study.load import load_study

FULL = Path(__file__).parent.parent / "reproduction" / "studies" / "full" / "study.toml"
SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from test_lesser_machine import digest
from popsim.kernels.permute import has_permute
print(digest(), has_permute())
"""

LESSER = {
    "x86_64": ("haswell", "+avx,+avx2,+bmi,+bmi2,+fma,+sse4.2"),
    "amd64": ("haswell", "+avx,+avx2,+bmi,+bmi2,+fma,+sse4.2"),
}


def digest() -> str:
    """Hash a sample of every kind of marginal, over blocks with and without draws far out, and a study of all steps."""
    names = {
        "normal": Normal(0.0, 1.0),
        "lognormal": LogNormal(0.0, 0.7),
        "pieces": Pert(0.0, 1.0, 5.0),
        "kink": Triangular(0.0, 1.0, 3.0),
        "knots": Empirical((0.0, 0.1, 0.5, 1.0), (0.0, 1.0, 2.0, 9.0)),
        "log_pieces": Metalog.from_quantiles(p10=1.0, p50=2.0, p90=7.0, low=0.0),
    }
    drawn = sample(names, scenarios=4_099, seed=11, correlation=0.4, first_scenario=3)
    alone = sample(names | {"even": Uniform(1.0, 9.0)}, scenarios=4_099, seed=11, first_scenario=3)
    costs = simulate(load_study(FULL), scenarios=600, first_scenario=3)
    arrays = [each.values for each in (*drawn.data_vars.values(), *alone.data_vars.values())]
    arrays += [values.values for values in costs.data_vars.values() if "scenario" in values.dims]
    return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()


def test_a_lesser_machine_gives_the_same_bits() -> None:
    # On other processors than x86-64, "generic" is the least that the architecture has.
    name, features = LESSER.get(platform.machine().lower(), ("generic", ""))
    environment = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
    script = SCRIPT.format(folder=os.path.dirname(__file__))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    found, permutes = done.stdout.split()
    assert found == digest()
    assert permutes == "False"
