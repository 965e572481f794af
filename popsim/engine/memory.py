"""Memory: what is free, what a run may take, and what it needs."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from popsim.arguments import check_threads
from popsim.display import as_size
from popsim.errors import ParameterError, Problem

if TYPE_CHECKING:
    from popsim.engine.simulation import Simulation

_UNKNOWN = 4 * 2**30
"""What is taken to be free where the system does not say."""
_LEAST = 2**20
_UNITS = {"": 1, "B": 1} | {
    prefix.upper() + ending: base**power
    for power, prefix in enumerate("KMGT", 1)
    for ending, base in (("", 1000), ("B", 1000), ("IB", 1024))
}
_KERNELS = 112 * 2**20
"""What numba and the compiled kernels take, once they are loaded."""
_STORING = 96 * 2**20
"""What Zarr and dask take, once they are loaded."""
_AROUND = 32 * 2**20
"""Labels, exact values, points of designs."""
_RANGES = 2
"""Ranges of scenarios that a run into a store holds: one that is drawn and one that is written."""
_FILES = 128 * 2**20
"""What files that are made of a range take at most: one is packed after the other, and the C library keeps some."""
_ROWS = 6
"""Totals in all scenarios that documents have in memory at most, for the differences of options and pairs of areas."""
_DOCUMENTS = 96 * 2**20
"""Libraries for documents, joint scenarios for the page, and what is made of some outputs at a time."""
_TWO_PROCESSES = 290 * 2**20, 1.2
"""What a run in memory takes while documents are made, by two processes which both load libraries.

Beside the scenarios, and how often it has these."""
_ONE_PROCESS = 190 * 2**20, 1.2
"""The same where one process does it all: a run of one thread."""
_WRITING = 75 * 2**20, 2.75
"""The same while it is written: as it is, as the netCDF file that is made in memory, and as copies of parts of that.

Random numbers hardly pack."""


class _Version(NamedTuple):
    """Names of the files in which a version of control groups says what a group may take, and takes."""

    folder: str
    limit: str
    used: str
    reclaimed: str
    """Entry of memory.stat: files that are kept in memory only until something else needs it."""


_VERSIONS = {
    1: _Version("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: _Version("sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"),
}


def free_memory(root: Path = Path("/")) -> int:
    """Return the bytes of memory that this process may still take.

    What the system has, or less where a control group of Linux (a container, a batch job) or a limit of the process
    (`ulimit -v`, `ulimit -d`) leaves less; 4 GiB where none of them is known.

    Parameters
    ----------
    root
        Root of the file system in which the system describes control groups.

    Examples
    --------
    >>> free_memory() > 0
    True
    """
    import psutil

    try:
        free = int(psutil.virtual_memory().available)
    except (OSError, RuntimeError):
        free = _UNKNOWN
    return max(0, min([free, *_left_in_groups(root), *_left_in_limits()]))


def _left_in_limits() -> list[int]:
    """Return what limits of the process leave: of its address space, and of what it may write there."""
    if sys.platform != "linux":  # others have such limits and do not keep them
        return []
    import resource

    import psutil

    taken = psutil.Process().memory_info()
    found = ((resource.RLIMIT_AS, taken.vms), (resource.RLIMIT_DATA, taken.data))
    limits = [(resource.getrlimit(limit)[0], used) for limit, used in found]
    return [limit - used for limit, used in limits if limit >= 0]


def _left_in_groups(root: Path) -> list[int]:
    """Return what the control group of this process leaves, and each group that it lies in."""
    left = []
    for line in _lines(root / "proc/self/cgroup"):
        number, controllers, path = [*line.split(":", 2), "", ""][:3]
        if number != "0" and "memory" not in controllers.split(","):
            continue
        version = _VERSIONS[2 if number == "0" else 1]
        inner = Path(path.lstrip("/"))
        for group in (root / version.folder / each for each in {inner, *inner.parents}):
            limit, used = (_number(_lines(group / name)) for name in (version.limit, version.used))
            if limit is not None and used is not None:
                stated = dict(line.split() for line in _lines(group / "memory.stat") if line.count(" ") == 1)
                reclaimed = _number([stated.get(version.reclaimed, "")]) or 0
                left.append(limit - max(0, used - reclaimed))
    return left


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return []


def _number(lines: list[str]) -> int | None:
    """Return the number on a line; None where there is none, as in "max"."""
    return int(lines[0]) if lines and lines[0].isdecimal() else None


def memory_limit(stated: str | int | None) -> int:
    """Return the bytes that a run may take.

    Parameters
    ----------
    stated
        A number of bytes, or text with a unit such as "2GiB" or "500 MB"; None for half of what is free.

    Raises
    ------
    ParameterError
        When it is neither, or less than 1 MiB.

    Examples
    --------
    >>> memory_limit("2GiB"), memory_limit("500 MB"), memory_limit(10**9)
    (2147483648, 500000000, 1000000000)
    """
    if stated is None:
        return free_memory() // 2
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", "" if isinstance(stated, bool) else str(stated))
    unit = _UNITS.get(found[2].upper()) if found else None
    limit = int(float(found[1]) * unit) if found and unit else 0
    if limit < _LEAST:
        allowed = "1 MiB or more, as a number of bytes or with a unit: KB, MB, GB, TB, KiB, MiB, GiB or TiB"
        raise ParameterError(Problem("", ("memory",), repr(stated), allowed, "such as --memory 2GiB or memory='2GiB'"))
    return limit


def needed_in_memory(simulation: Simulation, threads: int | None = None) -> int:
    """Return the bytes that this process takes at most when it holds all scenarios in memory.

    An estimate: all outputs, what the process takes already, the libraries that it has not loaded yet, and what so many
    threads hold while they draw (None: as many as there may be).

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.engine.simulate import simulation_of
    >>> simulation = simulation_of(ps.load_study("example"), breakdowns=["area"])
    >>> needed_in_memory(simulation) > 8 * simulation.outputs * simulation.sampling.count
    True
    """
    return _taken() + _drawing(simulation, threads) + 8 * simulation.outputs * simulation.sampling.count


def needed_streamed(simulation: Simulation, chunk: int, threads: int | None = None) -> int:
    """Return the bytes that this process takes at most when it writes ranges of `chunk` scenarios to a store.

    An estimate like that of `needed_in_memory`; the number of scenarios changes nothing.
    """
    room = 8 * simulation.outputs * min(chunk, simulation.sampling.count)
    return _taken_with_store() + _drawing(simulation, threads) + _RANGES * room + min(room, _FILES)


def needed_for_run(simulation: Simulation, threads: int | None = None) -> int:
    """Return the bytes that this process takes at most for a run with documents whose scenarios are all in memory.

    An estimate like that of `needed_in_memory`, of all processes of the run; the most is taken while documents are made
    or, of many scenarios, while these are written to a file.

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.engine.simulate import simulation_of
    >>> simulation = simulation_of(ps.load_study("example"), breakdowns=["area"])
    >>> needed_for_run(simulation) > needed_in_memory(simulation)
    True
    """
    scenarios = 8 * simulation.outputs * simulation.sampling.count
    documents = _TWO_PROCESSES if check_threads(threads) > 1 else _ONE_PROCESS
    later = max(int(beside + times * scenarios) for beside, times in (documents, _WRITING))
    return max(needed_in_memory(simulation, threads), _taken() + later)


def needed_for_documents(scenarios: int) -> int:
    """Return the bytes that this process takes at most when it makes the documents of a run that is in a store.

    An estimate: some rows of all scenarios, however many outputs there are, and what the process takes already.

    Examples
    --------
    >>> (needed_for_documents(10_000_000) - needed_for_documents(0)) / 10_000_000 < 60
    True
    """
    return _taken_with_store() + _DOCUMENTS + 8 * _ROWS * scenarios


def scenarios_for_documents(memory: int) -> int:
    """Return of how many scenarios in a store documents can be made in so many bytes, by `needed_for_documents`.

    Examples
    --------
    >>> count = scenarios_for_documents(2**33)
    >>> needed_for_documents(count) <= 1.01 * 2**33
    True
    """
    return max(0, memory - needed_for_documents(0)) // (8 * _ROWS)


def _drawing(simulation: Simulation, threads: int | None) -> int:
    """Return what threads take while they draw; None stands for as many as there may be."""
    return check_threads(threads) * simulation.thread_bytes


def _taken_with_store() -> int:
    return _taken() + (0 if "zarr" in sys.modules else _STORING)


def _taken() -> int:
    """Return what this process takes apart from scenarios."""
    return _resident() + _AROUND + (0 if "popsim.kernels.block" in sys.modules else _KERNELS)


def _resident() -> int:
    import psutil

    return int(psutil.Process().memory_info().rss)


def check_fits(simulation: Simulation, memory: str | int | None = None, threads: int | None = None) -> None:
    """Check that the results of a run fit the memory, before any of the work is done.

    Parameters
    ----------
    simulation
        What will be held in memory.
    memory
        As `memory_limit` reads it; None for all that is free.
    threads
        How many draw; None for as many as there may be.

    Raises
    ------
    ParameterError
        When they do not fit.
    """
    needed = needed_in_memory(simulation, threads)
    limit = free_memory() + _resident() if memory is None else memory_limit(memory)
    if needed > limit:
        found = f"{simulation.sampling.count:,} scenarios of {simulation.outputs:,} numbers: {as_size(needed)}"
        allowed = f"results that fit the memory: {as_size(limit)}"
        mend = (
            'simulate(..., store="ensemble.zarr") writes them to the disk as they are drawn, and so does popsim run; '
            "--memory or memory= states how much may be taken"
        )
        raise ParameterError(Problem("", ("scenarios",), found, allowed, mend))


def check_fits_documents(scenarios: int, memory: int) -> None:
    """Check that what documents of a run in a store are made of fits the memory, before any of the work is done.

    Parameters
    ----------
    scenarios
        Of the run.
    memory
        Bytes.

    Raises
    ------
    ParameterError
        When it does not fit.
    """
    needed = needed_for_documents(scenarios)
    if needed > memory:
        each = f"documents read up to {_ROWS} numbers of each of {scenarios:,} scenarios at a time"
        mend = "state more with --memory, or ask for fewer scenarios"
        raise ParameterError(Problem("", ("memory",), as_size(memory), f"{as_size(needed)} or more: {each}", mend))


def check_fits_streamed(
    simulation: Simulation, chunk: int, memory: str | int | None = None, threads: int | None = None
) -> None:
    """Check that ranges of scenarios fit the memory on their way to a store.

    Parameters
    ----------
    simulation
        What will be stored.
    chunk
        Scenarios of a range.
    memory
        As `memory_limit` reads it.
    threads
        How many draw; None for as many as there may be.

    Raises
    ------
    ParameterError
        When they do not fit.
    """
    needed, limit = needed_streamed(simulation, chunk, threads), memory_limit(memory)
    if needed > limit:
        found = f"{as_size(limit)}" + (" (half of what is free)" if memory is None else "")
        each = f"{chunk:,} scenarios of {simulation.outputs:,} numbers at a time, and popsim itself"
        mend = "state more with --memory or memory=, or ask for fewer breakdowns"
        raise ParameterError(Problem("", ("memory",), found, f"{as_size(needed)} or more: {each}", mend))
