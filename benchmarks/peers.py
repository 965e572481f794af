"""The same jobs through other libraries, in an environment that holds them all: ``make bench-peers``.

Each does a tenth of the countries and fewer scenarios, since its time is linear in both; popsim does the whole job, in
the same process, in alternating rounds, on one thread.
"""

from __future__ import annotations

import importlib
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import popsim as ps
from benchmarks import jobs
from benchmarks.ratios import Pair, interleaved
from benchmarks.references import generators, onemkl
from benchmarks.rows import DRAWS, MARGINALS, ours_single
from benchmarks.table import machine, ratios, write

PEERS = {
    "scipy_numpy": ("numpy", "scipy"),
    "openturns": ("openturns",),
    "chaospy": ("chaospy",),
    "squigglepy": ("squigglepy",),
    "monaco": ("monaco",),
    "onemkl": ("mkl_random",),
}
ROUNDS = 7
COUNTRIES = 15


def entry(work: str, against: str, target: float | None, pair: Pair, rounds: int) -> dict[str, Any]:
    """Measure a pair, as one line of the table."""
    ratio = interleaved(pair, rounds)
    print(f"{ratio.value:10.2f} x  {work}, against {against}", flush=True)
    ours, reference = statistics.median(ratio.ours), statistics.median(ratio.reference)
    return {"work": work, "against": against, "target": target, "ours": ours, "reference": reference}


def fused(rounds: int) -> Iterator[dict[str, Any]]:
    """The fused job through each peer; each is first held to the means of theory."""
    plan, job = jobs.shared_plan(), jobs.shared_job(COUNTRIES)
    for name, distributions in PEERS.items():
        module = importlib.import_module(f"benchmarks.references.{name}")
        sums_by_area, scenarios = module.prepare(job), module.SCENARIOS
        jobs.check_sums(job, sums_by_area(scenarios))
        pair = Pair(
            lambda: ps.simulate(plan, scenarios=jobs.SCENARIOS, breakdowns=["area"], threads=1),
            partial(sums_by_area, scenarios),
            jobs.SCENARIOS / scenarios * jobs.COUNTRIES / COUNTRIES,
        )
        yield entry("fused job, one thread", f"{' + '.join(distributions)}: {module.NOTE}", None, pair, rounds)


def singles(rounds: int) -> Iterator[dict[str, Any]]:
    """One marginal through `ps.sample` against oneMKL."""
    wanted = [(name, "PHILOX4X32X10", 1.5) for name in ("normal", "lognormal")]
    wanted += [(name, brng, 1.0) for name in ("normal", "lognormal") for brng in onemkl.FASTEST]
    wanted += [(name, brng, 3.0) for name in ("triangular", "pert", "gamma") for brng in ("PHILOX4X32X10", "ARS5")]
    for name, brng, target in wanted:
        family, rng = MARGINALS[name], onemkl.generator(brng)
        pair = Pair(ours_single(family, DRAWS), partial(generators.draw, rng, family, DRAWS))
        yield entry(f"`ps.sample`, {name}, 2^22 draws", f"oneMKL, {brng}", target, pair, rounds)


def main() -> int:
    """Measure and write the tables; with --quick, one round and no tables."""
    quick = "--quick" in sys.argv
    rounds = 1 if quick else ROUNDS
    lines = {"peers": list(fused(rounds)), "onemkl": list(singles(rounds))}
    if not quick:
        named = [name for names in PEERS.values() for name in names]
        write("machine of the peers", machine([*named, "mkl"]))
        for name, entries in lines.items():
            write(name, ratios(entries))
    return 0


if __name__ == "__main__":
    sys.exit(main())
