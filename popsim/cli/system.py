"""What a command takes from the operating system: limits that are too low for it, and variables that are not its own.

Libraries do not survive every limit: under a low ``ulimit -v`` some end the process, others wait for ever or take a
file that they cannot map for a damaged one. So limits are compared once, before any library is loaded.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress

from popsim.errors import FileError, Problem

LEAST_MEMORY, LEAST_PER_THREAD = 1_200 << 20, 100 << 20
"""Bytes of address space that a command takes with its libraries, all documents included, and what each thread of the
library of linear algebra reserves besides."""
LEAST_FILES = 64
"""Open files: half of them are those of a run in a store and of libraries that are loaded meanwhile."""

_MOST_THREADS = 64
"""Of that library, as numpy and scipy have it."""
DAY = "SOURCE_DATE_EPOCH"
"""Variable with the moment that a build, and a run, state as theirs, in seconds since 1970."""
_KEPT = {"NUMBA_CACHE_DIR"}
_FOREIGN = ("NUMBA_", "MPLBACKEND", "DASK_SCHEDULER", "DASK_POOL", "DASK_NUM_WORKERS", "DASK_ARRAY_")


def open_standard_streams() -> None:
    """Let the three standard streams lead nowhere where they are closed.

    Else the next file that is opened has the number of one of them, and what a library prints is written into it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which is this one


def ignore_foreign_settings(environment: MutableMapping[str, str] = os.environ) -> None:
    """Remove settings of libraries that are meant for other programs: no number may depend on them.

    A notebook names its own backend of matplotlib in MPLBACKEND, which is installed for the notebook alone. numba reads
    NUMBA_...; a mistake in one of them would stop the import, or fill standard error. NUMBA_CACHE_DIR stays. How
    dask computes arrays, on a cluster too, is up to the command. A day or a zone of time that are none stop libraries,
    and are removed.

    Parameters
    ----------
    environment
        Variables by name; those of the process.

    Examples
    --------
    >>> variables = {"MPLBACKEND": "nonsense", "NUMBA_NUM_THREADS": "0", "NUMBA_CACHE_DIR": "/tmp", "HOME": "/root"}
    >>> ignore_foreign_settings(variables)
    >>> variables
    {'NUMBA_CACHE_DIR': '/tmp', 'HOME': '/root'}
    """
    for name in [each for each in environment if each.startswith(_FOREIGN) and each not in _KEPT]:
        del environment[name]
    if _is_no_zone(environment.get("TZ", "").removeprefix(":")):
        del environment["TZ"]
    if DAY in environment and stated_day(environment) is None:
        del environment[DAY]


def stated_day(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the day that SOURCE_DATE_EPOCH states, so that a build can be repeated; None where it is no moment.

    Examples
    --------
    >>> stated_day({"SOURCE_DATE_EPOCH": "86400"}), stated_day({"SOURCE_DATE_EPOCH": "yesterday"})
    ('1970-01-02', None)
    """
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(int(environment[DAY]), UTC).date().isoformat()
    except (KeyError, ValueError, OverflowError, OSError):
        return None


def _is_no_zone(name: str) -> bool:
    """Return whether TZ names a file that is none of a time zone, which babel does not survive."""
    if not os.path.isfile(name):
        return False
    with suppress(OSError), open(name, "rb") as file:
        return file.read(4) != b"TZif"
    return True


def check_limits(root: str = "/") -> None:
    """Refuse limits of the process under which libraries fail; let it open as many files as it may.

    Parameters
    ----------
    root
        Root of the file system in which the system describes threads and control groups.

    Raises
    ------
    FileError
        For a limit that is too low, with the command of the shell that raises it.
    """
    problems = list(_too_low(root))
    if problems:
        raise FileError(problems)


def _too_low(root: str) -> Iterator[Problem]:
    if sys.platform == "win32":
        return
    import resource

    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= files < LEAST_FILES and not 0 <= most < LEAST_FILES:
        files = LEAST_FILES if most < 0 else most
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, most))
    if 0 <= files < LEAST_FILES:
        mend = "raise the limit, such as with `ulimit -n 1024`; a service or a batch system has a setting for it"
        yield Problem("open files", (), f"a limit of {files}", f"{LEAST_FILES} or more", mend)
    least = LEAST_MEMORY + LEAST_PER_THREAD * _threads_of_libraries()
    for limit, what, letter in (
        (resource.RLIMIT_AS, "address space", "v"),
        (resource.RLIMIT_DATA, "data of the process", "d"),
    ):
        size = resource.getrlimit(limit)[0]
        if 0 <= size < least:
            mend = f"`ulimit -{letter} unlimited`, or ask the batch system for more; OPENBLAS_NUM_THREADS=1 takes less"
            found = f"a limit of {size >> 20:,} MiB"
            yield Problem(what, (), found, f"{least >> 20:,} MiB or more: libraries alone reserve as much", mend)
    # numpy and scipy start theirs while they are imported, each; the library in them interrupts what it cannot start.
    wanted = 2 * (_threads_of_libraries() - 1)
    if _may_lack(wanted, root) and (started := _started(wanted)) < wanted:
        mend = "raise the limit (`ulimit -u`, or that of the container), or OPENBLAS_NUM_THREADS=1 and --threads 1"
        yield Problem("threads", (), f"the system starts {started} besides the first", f"{wanted} or more", mend)


def _may_lack(threads: int, root: str) -> bool:
    """Return whether so many more threads may be refused: by the limit of the user, or of a control group of Linux.

    Reading takes no time. Threads are started, to see, only where a limit is near or unknown: a user has at most as
    many threads as the whole system.
    """
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    there = _number_in(os.path.join(root, "proc/loadavg"), r"\S+ \S+ \S+ \d+/(\d+) ")
    if there is None or 0 <= limit < there + threads:
        return True
    folder = os.path.join(root, "sys/fs/cgroup")
    lines = [line.split(":", 2) for line in _text_of(os.path.join(root, "proc/self/cgroup")).splitlines()]
    for number, controllers, path in lines:
        if number != "0" and "pids" not in controllers.split(","):
            continue
        place = os.path.join(folder, "" if number == "0" else "pids", path.strip("/"))
        while place.startswith(folder):
            most, used = (_number_in(os.path.join(place, name), r"(\d+)") for name in ("pids.max", "pids.current"))
            if most is not None and (used is None or most < used + threads):
                return True
            place = os.path.dirname(place)
    return not lines


def _number_in(path: str, pattern: str) -> int | None:
    """Return the number that a file begins with, by a pattern; None where there is none."""
    found = re.match(pattern, _text_of(path))
    return int(found[1]) if found else None


def _text_of(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def _started(count: int) -> int:
    """Return how many threads can be started that are there at the same time."""
    over = threading.Event()
    threads = []
    try:
        for _ in range(count):
            thread = threading.Thread(target=over.wait, daemon=True)
            thread.start()
            threads.append(thread)
    except RuntimeError:
        pass
    over.set()
    for thread in threads:
        thread.join()
    return len(threads)


def _threads_of_libraries() -> int:
    stated = os.environ.get("OPENBLAS_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", ""))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(int(stated) if stated.isdecimal() and len(stated) < 6 else cores, cores, _MOST_THREADS))
