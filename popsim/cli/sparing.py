"""Spare a command what it does not need of the libraries that it loads.

xarray imports all of dask, a quarter of a second, to ask of each array whether it is one of dask's. A run that lies in
one file is read into memory, where none is. Rows of scenarios that are read from a store come and go, and what one
leaves free has to be there for the next.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import sys
from pathlib import Path

from popsim.schema import STORE_FILE

_MALLOC_OPTIONS = {-3: 1 << 22, -1: 1 << 22, -8: 2}
"""Options of the C library GNU by their numbers in malloc.h.

Blocks of 4 MiB or more are the system's as soon as they are freed (M_MMAP_THRESHOLD), so is what is free at the end of
the heap (M_TRIM_THRESHOLD), and threads share two heaps (M_ARENA_MAX). Left to itself the library learns to keep blocks
of up to 32 MiB, in a heap for each thread.
"""
_COLLECTED_AFTER = 2_000
"""New objects after which reference cycles are searched for, where rows of scenarios may hang on one."""

_TOOLS = ("numpy.f2py", "numpy.testing")
"""Tools for developers that scipy.special names, with all else that numpy has, and does not use."""

_own_process: list[bool] = []


def begin_process() -> None:
    """Note that the process is the command's own: what it does without, nobody else in it misses."""
    _own_process.append(True)


def is_own_process() -> bool:
    """Return whether nobody but a command works in this process."""
    return bool(_own_process)


def spare_dask(run: Path) -> None:
    """Let libraries that are imported from now on find no dask, unless the scenarios of a run are in a store.

    Python's own sign of a module that is not to be found is None in its place; whoever imports dask all the same gets
    an error. In a process that others work in too, or where xarray has asked already, nothing is done.

    Parameters
    ----------
    run
        The folder of a run.
    """
    if (run / STORE_FILE).exists():
        give_back_memory()
    elif _own_process and "xarray" not in sys.modules:
        sys.modules.setdefault("dask", None)  # type: ignore[arg-type]  # as Python documents it


def spare_tools() -> None:
    """Let the tools for developers of numpy be loaded when they are used, which no command does: 0.05 s.

    It is done as Python documents for programs that are to start quickly (`importlib.util.LazyLoader`). In a process
    that others work in too, nothing is done.
    """
    for name in _TOOLS if _own_process else ():
        spec = None if name in sys.modules else importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        loader = spec.loader = importlib.util.LazyLoader(spec.loader)
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        package, _, own = name.rpartition(".")
        setattr(sys.modules[package], own, module)


def give_back_memory() -> None:
    """Let memory that is no longer used be the system's soon.

    For what reads scenarios from a store, in a process that nobody else works in. Reference cycles are searched for
    often again, and the C library of GNU, on Linux, keeps no large blocks then.
    """
    if not _own_process or gc.get_threshold()[0] == _COLLECTED_AFTER:
        return
    # What is there by now are libraries, which stay: without them a search is quick.
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER, *gc.get_threshold()[1:])
    if sys.platform != "linux":
        return
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        for number, value in _MALLOC_OPTIONS.items():
            set_option(number, value)
