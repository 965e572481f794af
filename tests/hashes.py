"""Hashes of results, to be compared across machines: ``python -m tests.hashes write FILE``.

tests/hashes.json holds them as they must be, `tests/engine/test_stored_hashes.py` compares this machine with it, and CI
compares files that many machines wrote (tests/compare_hashes.py).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from popsim.engine.simulate import simulate
from popsim.engine.threads import fill
from popsim.study.load import load_study

from .engine.features import FULL
from .engine.studies import exact, sha256
from .engine.test_same_numbers import all_kinds, six_digits

STORED = Path(__file__).with_name("hashes.json")


def hashes() -> dict[str, str]:
    """Return the hash of each result by its name.

    Where tables come from functions of scipy, results are rounded to six digits: its builds differ in last bits.
    """
    draws, sums = all_kinds()
    found = {"kernels": sha256(fill(draws, sums, 3001, 20_260_101, first=41))}
    for design in ("random", "latin", "sobol"):
        ds = simulate(exact(), scenarios=1024, breakdowns=["country", ("area", "year")], design=design)
        found[f"study, {design}"] = sha256(*(ds[name].values for name in ("cost", "cost_by_country")))
    every = simulate(load_study(FULL), scenarios=200, breakdowns=["country", "year"])
    found["every feature, six digits"] = sha256(six_digits(every["cost_by_country"].values, every["cost"].values))
    packaged = simulate(load_study("pops"), scenarios=500, breakdowns=["area"])
    values = (packaged[name].values for name in ("cost", "financing_need", "cost_by_area"))
    found["packaged study, six digits"] = sha256(six_digits(*values))
    return found


def main(path: Path) -> None:
    """Write the hashes of this machine to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(hashes(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[2]) if sys.argv[1:2] == ["write"] and len(sys.argv) == 3 else sys.exit(__doc__))
