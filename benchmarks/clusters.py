"""Worker processes on this machine, and what a core does of two studies: ``python -m benchmarks.clusters``."""

from __future__ import annotations

import atexit
import os
import pickle
import re
import shutil
import statistics
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

import popsim as ps
from benchmarks.ratios import Pair
from popsim.engine.cluster import fill_store_on_cluster
from popsim.engine.simulation import Simulation
from popsim.engine.store import Store, create_store, range_length

if TYPE_CHECKING:
    from distributed import Client

ROOT = Path(__file__).resolve().parent.parent
BREAKDOWNS = [("area",), ("region",), ("year",)]
CHUNK = 8_192
"""Scenarios of a range: a task of a second or two."""


def two_workers_against_one(small: bool) -> Pair:
    """Scenarios of the packaged study, computed and stored by two worker processes against one."""
    ranges, chunk = (2, CHUNK // 8) if small else (16, CHUNK)
    return Pair(_stored(2, ranges, chunk), _stored(1, ranges, chunk))


@cache
def _client(workers: int) -> Client:
    """Start a cluster whose workers have loaded what they need; it ends with the process."""
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    )
    atexit.register(cluster.close)
    client = Client(cluster, set_as_default=False)
    atexit.register(client.close)
    _fill(client, packaged(2 * workers * 512), Path(_folder(), "first.zarr"), 512)
    return client


@contextmanager
def _others_rest(workers: int) -> Iterator[None]:
    """Suspend the workers of the other cluster: what they tell their scheduler takes some of a core."""
    others = [psutil.Process(pid) for pid in _workers(3 - workers)]
    for each in others:
        each.suspend()
    try:
        yield
    finally:
        for each in others:
            each.resume()


@cache
def _workers(number: int) -> list[int]:
    return list(_client(number).run(os.getpid).values())


def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="popsim-cluster-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _fill(client: Client, simulation: Simulation, path: Path, chunk: int) -> None:
    store = create_store(path, simulation, chunk=chunk)
    fill_store_on_cluster(simulation, store, client)
    shutil.rmtree(store.path)


def _stored(workers: int, ranges: int, chunk: int) -> Callable[[], None]:
    simulation, client, folder = packaged(ranges * chunk), _client(workers), _folder()
    names = (f"{number}.zarr" for number in count())

    def fill() -> None:
        with _others_rest(workers):
            _fill(client, simulation, Path(folder, next(names)), chunk)

    return fill


def packaged(scenarios: int) -> Simulation:
    """Return the simulation of the packaged study with the breakdowns that are measured."""
    return Simulation.of(ps.compile(ps.load_study("pops", {"scenarios.count": scenarios})), BREAKDOWNS)


def large(scenarios: int) -> Simulation:
    """Return that of 195 countries, 30 years and 20 options, of which 14 more change when countries begin."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("configs", "distributions"):
            shutil.copytree(ROOT / name, Path(folder, name))
        countries, study = Path(folder, "configs", "countries.csv"), Path(folder, "configs", "pops.toml")
        _repeat_rows(countries, 40)
        text = study.read_text(encoding="utf-8")
        options = "".join(_OPTION.format(number=k, low=k / 10, mode=1 + k / 10) for k in range(14))
        study.write_text(re.sub(r"(?=^\[\[option\]\])", options, text, count=1, flags=re.MULTILINE), encoding="utf-8")
        wanted = {"study.years": 30, "countries.select": {}, "scenarios.count": scenarios}
        return Simulation.of(ps.compile(ps.load_study(study, wanted)), BREAKDOWNS)


_OPTION = """[[option]]
id = "start_{number}"
name = "Start {number}"
rationale = "of a benchmark"
[option.set]
"start.years" = {{ family = "triangular", low = {low}, mode = {mode}, high = 5 }}

"""


def _repeat_rows(file: Path, rows: int) -> None:
    """Add the first rows of a countries file again, with codes and names of their own."""
    lines = file.read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("code,")) + 1
    cells = [line.split(",", 2) for line in lines[first : first + rows]]
    lines += [f"X{chr(65 + i // 26)}{chr(65 + i % 26)},{name} again,{rest}" for i, (_, name, rest) in enumerate(cells)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Print what one core does, in processor time, which other processes disturb less than they do the clock."""
    for name, simulation in (("packaged", packaged(10_000_000)), ("large", large(1_000_000))):
        chunk, draws = range_length(simulation), sum(len(plan.draws.row_kind) for plan, _ in simulation.drawn)
        plans = len(zlib.compress(pickle.dumps(simulation, protocol=5), 1))
        with tempfile.TemporaryDirectory() as folder:
            store = create_store(Path(folder, "ensemble.zarr"), simulation, chunk=chunk)
            simulation.fill(0, 512, threads=1)
            drawing, writing = zip(*(_seconds(simulation, store, i * chunk, chunk) for i in range(5)), strict=True)
        each, kept = statistics.median(drawing), statistics.median(writing)
        print(
            f"{name}: {len(simulation.plans)} options of which {len(simulation.drawn)} drawn, {draws:,} draws and "
            f"{simulation.outputs:,} numbers a scenario; {chunk / (each + kept):,.0f} scenarios a second and core, "
            f"{kept / (each + kept):.1%} of it writing; ranges of {chunk:,}; plans {plans / 1e6:.1f} MB"
        )


def _seconds(simulation: Simulation, store: Store, start: int, chunk: int) -> tuple[float, float]:
    """Return processor seconds for drawing a range, and for writing it."""
    begun = time.process_time()
    out = simulation.fill(start, start + chunk, threads=1)
    drawn = time.process_time()
    store.write(start, start + chunk, out)
    return drawn - begun, time.process_time() - drawn


if __name__ == "__main__":
    main()
