"""Spare a command what it does not need of the libraries that it loads.

xarray imports all of dask, a quarter of a second, to ask of each array whether it is one of dask's. A run that lies in
one file is read into memory, where none is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from popsim.schema import STORE_FILE

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
    if _own_process and "xarray" not in sys.modules and not (run / STORE_FILE).exists():
        sys.modules.setdefault("dask", None)  # type: ignore[arg-type]  # as Python documents it
