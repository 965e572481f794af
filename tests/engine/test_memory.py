"""Memory: limits of control groups are respected, sizes are read, estimates hold, and what does not fit is refused."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import xarray as xr

import popsim as ps
from popsim.engine.memory import (
    check_fits_documents,
    free_memory,
    memory_limit,
    needed_for_run,
    needed_in_memory,
    scenarios_for_documents,
)
from popsim.engine.simulate import simulation_of
from popsim.errors import FileError, ParameterError, RunError


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def much_free(monkeypatch: pytest.MonkeyPatch) -> None:
    class Free:
        available = 2**40

    monkeypatch.setattr(psutil, "virtual_memory", Free)


def test_without_control_groups_the_system_says_what_is_free(tmp_path: Path, much_free: None) -> None:
    assert free_memory(tmp_path) == 2**40


def test_a_system_that_does_not_say_has_four_gibibytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> None:
        raise RuntimeError("no /proc/meminfo")

    monkeypatch.setattr(psutil, "virtual_memory", unknown)
    assert free_memory(tmp_path) == 4 * 2**30


@pytest.mark.parametrize(
    ("files", "free"),
    [
        ({"memory.max": "3000\n", "memory.current": "1000\n"}, 2000),
        ({"memory.max": "3000\n", "memory.current": "1000\n", "memory.stat": "anon 5\ninactive_file 400\n"}, 2400),
        ({"memory.max": "3000\n", "memory.current": "4000\n"}, 0),
        ({"memory.max": "max\n", "memory.current": "1000\n"}, 2**40),
        ({"memory.max": "3000\n"}, 2**40),
    ],
)
@pytest.mark.parametrize("group", ["batch/job", "batch", "."])
@pytest.mark.usefixtures("much_free")
def test_control_groups_of_version_2_are_respected(
    group: str, files: dict[str, str], free: int, tmp_path: Path
) -> None:
    write(tmp_path, {"proc/self/cgroup": "0::/batch/job\n"})
    write(tmp_path / "sys/fs/cgroup" / group, files)
    assert free_memory(tmp_path) == free


def test_control_groups_of_version_1_are_respected(tmp_path: Path, much_free: None) -> None:
    write(tmp_path, {"proc/self/cgroup": "5:cpu,cpuacct:/batch\n4:memory:/batch\n1:name=systemd:/batch\n"})
    place = tmp_path / "sys/fs/cgroup/memory/batch"
    write(place, {"memory.limit_in_bytes": "3000\n", "memory.usage_in_bytes": "1000\n"})
    assert free_memory(tmp_path) == 2000
    write(place, {"memory.stat": "inactive_file 1\ntotal_inactive_file 500\n"})
    assert free_memory(tmp_path) == 2500
    write(place, {"memory.limit_in_bytes": "9223372036854771712\n"})
    assert free_memory(tmp_path) == 2**40


@pytest.mark.skipif(sys.platform != "linux", reason="limits as Linux keeps them")
@pytest.mark.parametrize("limit", ["RLIMIT_AS", "RLIMIT_DATA"])
@pytest.mark.usefixtures("much_free")
def test_limits_of_the_process_are_respected(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size, number = 2**34, getattr(resource, limit)
    monkeypatch.setattr(resource, "getrlimit", lambda asked: (size if asked == number else -1, -1))
    free = free_memory(tmp_path)
    assert size - 2**33 < free < size
    held = bytearray(2**28)
    assert free - free_memory(tmp_path) == pytest.approx(len(held), rel=0.1)
    monkeypatch.setattr(resource, "getrlimit", lambda _: (2**20, -1))
    assert free_memory(tmp_path) == 0


@pytest.mark.parametrize(
    ("stated", "size"),
    [
        ("2GiB", 2**31),
        ("2 gib", 2**31),
        ("1.5GiB", 3 * 2**29),
        ("500MB", 500_000_000),
        ("500M", 500_000_000),
        ("1TB", 10**12),
        ("2097152", 2**21),
        ("2097152 B", 2**21),
        (2**21, 2**21),
    ],
)
def test_sizes_are_read(stated: str | int, size: int) -> None:
    assert memory_limit(stated) == size


def test_half_of_what_is_free_may_be_taken(much_free: None) -> None:
    assert memory_limit(None) == pytest.approx(free_memory() / 2, rel=0.05)


@pytest.mark.parametrize(
    "stated", ["", "much", "GiB", "-2GiB", "2GiBs", "2 2GiB", "0", "1KiB", -1, 0, True, 2.5, "1e9"]
)
def test_what_is_no_size_is_refused(stated: object) -> None:
    with pytest.raises(ParameterError, match="--memory 2GiB") as caught:
        memory_limit(stated)  # type: ignore[arg-type]
    assert caught.value.problems[0].keys == ("memory",)


PEAK = """
import resource, sys
import popsim as ps
from popsim.engine.memory import needed_in_memory, needed_streamed
from popsim.engine.simulate import simulation_of
from popsim.engine.store import range_length
name, scenarios, breakdown, store = sys.argv[1:]
study = ps.load_study(name)
simulation = simulation_of(study, int(scenarios), breakdowns=[breakdown.split("+")])
needed = needed_streamed(simulation, range_length(simulation)) if store else needed_in_memory(simulation)
simulation = None
ps.simulate(study, scenarios=int(scenarios), breakdowns=[breakdown.split("+")], store=store or None)
if sys.platform == "linux":
    # Not ru_maxrss, which a process takes over from the one that started it.
    peak = next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(needed, peak)
"""


def measured(name: str, scenarios: int, breakdown: str, store: str = "") -> tuple[int, int]:
    """Return the estimate and the peak of a process of its own."""
    given = [sys.executable, "-c", PEAK, name, str(scenarios), breakdown, store]
    done = subprocess.run(given, check=True, capture_output=True, text=True)
    needed, peak = map(int, done.stdout.split())
    return needed, peak


@pytest.mark.parametrize(
    ("name", "scenarios", "breakdown"),
    [
        ("example", 100, "area"),
        ("example", 60_000, "country+year"),
        ("pops", 2_000, "country+area"),
        # What threads hold while they draw is most of it.
        pytest.param("pops", 600, "country+area+year", marks=pytest.mark.slow),
    ],
)
@pytest.mark.one_in(3)
def test_what_a_run_needs_is_known_before(name: str, scenarios: int, breakdown: str) -> None:
    needed, peak = measured(name, scenarios, breakdown)
    assert 0.8 * peak < needed < 1.2 * peak


@pytest.mark.slow
def test_fewer_threads_need_less() -> None:
    simulation = simulation_of(ps.load_study("pops"), breakdowns=[("country", "area", "year")])
    one, four = (needed_in_memory(simulation, threads) for threads in (1, 4))
    assert four - one == pytest.approx(3 * simulation.thread_bytes, rel=0.1)
    few = simulation_of(ps.load_study("example"), 1_000)
    assert needed_for_run(few, 1) < needed_for_run(few, 2)


@pytest.mark.slow
def test_memory_does_not_grow_with_scenarios_that_are_stored(tmp_path: Path) -> None:
    # Both have several ranges of the usual length: one is drawn while another is written.
    few_needed, few = measured("example", 2**17, "country+year", str(tmp_path / "few.zarr"))
    many_needed, many = measured("example", 2**18, "country+year", str(tmp_path / "many.zarr"))
    assert many < 1.1 * few
    assert many_needed < 1.1 * few_needed
    assert 0.8 * many < many_needed < 1.2 * many


def test_what_does_not_fit_is_refused_before_anything_is_drawn(tmp_path: Path) -> None:
    study = ps.load_study("example")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ParameterError, match=r"fit the memory: 1\.0 GiB") as caught:
        ps.simulate(study, scenarios=10**9, memory="1GiB")
    assert "store=" in str(caught.value)
    assert "--memory" in str(caught.value)
    with pytest.raises(ParameterError, match="fit the memory"):
        ps.simulate(study, scenarios=10**12)
    with pytest.raises(ParameterError, match=r"2\.0 MiB"):
        ps.simulate(study, memory="2MiB", store=tmp_path / "ensemble.zarr")
    assert not (tmp_path / "ensemble.zarr").exists()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_documents_that_would_not_fit_are_refused_before_anything_is_drawn() -> None:
    # What the process has by now counts: other tests may have left some.
    there = psutil.Process().memory_info().rss
    check_fits_documents(1_000_000, there + 2**30)
    with pytest.raises(ParameterError, match=r"100,000,000 scenarios") as caught:
        check_fits_documents(100_000_000, there + 2**30)
    assert caught.value.problems[0].keys == ("memory",)


def test_documents_of_as_many_scenarios_as_are_said_to_fit_do() -> None:
    size = psutil.Process().memory_info().rss + 2**31
    count = scenarios_for_documents(size)
    assert count > 20_000_000
    check_fits_documents(int(0.9 * count), size)
    with pytest.raises(ParameterError):
        check_fits_documents(int(1.1 * count), size)
    assert scenarios_for_documents(2**20) == 0


WHOLE_RUN = """
import sys
import popsim as ps
from popsim.cli.main import main
from popsim.cli.scenarios import breakdowns_of
from popsim.cli.sparing import begin_process
from popsim.engine.memory import needed_for_run
from popsim.engine.simulate import simulation_of
begin_process()
name, scenarios, threads, folder = sys.argv[1:]
plan = ps.compile(ps.load_study(name))
simulation = simulation_of(plan, int(scenarios), breakdowns=breakdowns_of(plan))
print(needed_for_run(simulation, int(threads)), flush=True)
del plan, simulation
main(["run", name, "--scenarios", scenarios, "--threads", threads, "--memory", "64GiB", "--out", folder])
"""


def in_use(process: psutil.Process) -> int:
    """Return the memory of a process and of those that it began, what they share counted once."""
    used = 0
    for each in (process, *process.children(recursive=True)):
        with suppress(psutil.Error):
            used += each.memory_full_info().pss
    return used


@pytest.mark.memory
@pytest.mark.skipif(sys.platform != "linux", reason="memory that processes share is known on Linux alone")
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    ("name", "scenarios"), [("pops", 1_000), ("pops", 10_000), ("pops", 40_000), ("example", 100_000)]
)
def test_a_run_with_documents_takes_what_is_said_before(
    name: str, scenarios: int, threads: int, tmp_path: Path
) -> None:
    given = [sys.executable, "-c", WHOLE_RUN, name, str(scenarios), str(threads), str(tmp_path / "run")]
    peak = 0
    with subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        needed = int(running.stdout.readline())
        process = psutil.Process(running.pid)
        with suppress(psutil.Error):
            while running.poll() is None:
                peak = max(peak, in_use(process))
                time.sleep(0.02)
        running.stdout.read()
    assert running.returncode == 0
    assert 0.8 * peak < needed < 1.2 * peak


def test_a_run_into_a_store_is_that_in_memory(tmp_path: Path) -> None:
    study = ps.load_study("example")
    path = tmp_path / "ensemble.zarr"
    given = {"scenarios": 600, "seed": 4, "design": "sobol", "breakdowns": ["area"]}
    stored = ps.simulate(study, **given, store=path, memory=psutil.Process().memory_info().rss + 2**30)
    xr.testing.assert_identical(stored, ps.simulate(study, **given))
    xr.testing.assert_identical(ps.simulate(study, **given, store=str(path)), stored)
    (path / "cost" / "c.0.0").unlink()
    with pytest.raises(FileError, match=r"cost/c\.0\.0"):
        stored["cost"].load()
    xr.testing.assert_identical(ps.simulate(study, **given, store=path), ps.simulate(study, **given))
    with pytest.raises(RunError, match="plan_digest"):
        ps.simulate(study, **{**given, "seed": 5}, store=path)
