"""``NUMBA_DISABLE_JIT=1`` gives the same Latin hypercubes, quantiles and moments, to the bit."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from ..engine.studies import sha256

STUDIES = Path(__file__).parent.parent / "engine" / "studies.py"


def statistics(studies: Path) -> str:
    """Hash scenarios of a Latin hypercube, and what is computed from them."""
    import popsim as ps

    spec = importlib.util.spec_from_file_location("studies", studies)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    ds = ps.simulate(module.mixed(), scenarios=40, breakdowns=["area"], design="latin", threads=1)
    found = ps.summarise(ds)
    names = sorted(str(name) for name, each in found.data_vars.items() if each.dtype.kind == "f")
    digest: str = module.sha256(ds["cost"].values, ds["cost_by_area"].values, *(found[name].values for name in names))
    return digest


SCRIPT = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.kernels.test_plain_statistics import statistics
print(statistics(Path(sys.argv[1])))
"""


def test_plain_python_gives_the_same_statistics() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(STUDIES)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == statistics(STUDIES)
    assert done.stdout.strip() != sha256()
