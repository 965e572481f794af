"""A run that does not fit the memory: the packaged study into a store, its peak of memory and its throughput.

``python -m benchmarks.large`` streams 10,000,000 scenarios by area, region and year, each run in a process of its own;
the same with a tenth of them says whether memory grows with their number. Beside it stand what the same cores draw
when results are kept in memory, and what the disk takes as a plain copy.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BREAKDOWNS = ["area", "region", "year"]
LIMIT, ASKED = 2**30, 0.85
"""Bytes that a streamed run may take, and its throughput as a share of that in memory."""
IN_MEMORY = 2**17
"""Scenarios of the run that is kept in memory, which is long enough to have its throughput."""


def main() -> int:
    """Measure and print; 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenarios", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the store is written; else a temporary folder")
    parser.add_argument("--one", choices=["memory", "stream"], help="measure one run in this process, for the others")
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_run(given.scenarios, given.folder if given.one == "stream" else None)))
        return 0
    with tempfile.TemporaryDirectory(prefix="popsim-", dir=given.folder) as folder:
        store = Path(folder, "ensemble.zarr")
        kept = _measured("memory", min(given.scenarios, IN_MEMORY), store)
        tenth = _measured("stream", max(1, given.scenarios // 10), store)
        shutil.rmtree(store)
        whole = _measured("stream", given.scenarios, store)
        written = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
        copied = _copied(Path(folder, "copy"))
    ratio = whole["per_second"] / kept["per_second"]
    numbers = whole["bytes"] / whole["scenarios"]
    print(f"in memory   {kept['per_second']:12,.0f} scenarios a second ({kept['scenarios']:,} of them)")
    print(f"streamed    {whole['per_second']:12,.0f} scenarios a second ({whole['scenarios']:,}): {ratio:.2f} of it")
    print(f"plain copy  {copied / numbers:12,.0f} scenarios a second, {copied / 1e6:,.0f} MB a second: the disk alone")
    print(f"files       {written / 1e9:12,.2f} GB: {written / whole['bytes']:.2f} of the numbers as they are in memory")
    print(f"peak memory {whole['peak'] / 2**20:12,.0f} MiB; with a tenth of the scenarios {tenth['peak'] / 2**20:,.0f}")
    held = whole["peak"] < LIMIT and ratio >= ASKED
    print(f"asked: less than {LIMIT / 2**20:,.0f} MiB, and {ASKED} of in memory: {'held' if held else 'NOT held'}")
    return int(not held)


def _measured(kind: str, scenarios: int, store: Path) -> dict[str, float]:
    """Run in a process of its own."""
    given = [sys.executable, "-m", "benchmarks.large", "--one", kind, "--scenarios", str(scenarios)]
    done = subprocess.run([*given, "--folder", str(store)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _run(scenarios: int, store: Path | None) -> dict[str, float]:
    """Draw scenarios once the kernels are loaded; return how fast, and the peak of memory of this process."""
    import popsim as ps
    from popsim.engine.simulate import simulation_of

    plan = ps.compile(ps.load_study("pops"))
    ps.simulate(plan, scenarios=1000, breakdowns=BREAKDOWNS)
    start = time.perf_counter()
    ps.simulate(plan, scenarios=scenarios, breakdowns=BREAKDOWNS, store=store)
    seconds = time.perf_counter() - start
    outputs = simulation_of(plan, scenarios, breakdowns=BREAKDOWNS).outputs
    return {
        "scenarios": scenarios,
        "per_second": scenarios / seconds,
        "bytes": 8.0 * outputs * scenarios,
        "peak": _peak(),
    }


def _peak() -> float:
    """Return the largest resident memory of this process so far, in bytes."""
    if sys.platform == "linux":
        # Not ru_maxrss: on Linux a process takes over the peak of the one that started it.
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _copied(path: Path, size: int = 2**29, times: int = 3) -> float:
    """Return the bytes a second at which the disk takes a plain file, flushed: the best of some."""
    content = os.urandom(size)
    best = 0.0
    for _ in range(times):
        start = time.perf_counter()
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        best = max(best, size / (time.perf_counter() - start))
        path.unlink()
    return best


if __name__ == "__main__":
    sys.exit(main())
