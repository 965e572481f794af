"""The folder of a sweep: parts that are finished while it is made, and the whole at the end."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from popsim.arguments import check_path
from popsim.engine import files
from popsim.engine.manifest import verify
from popsim.engine.netcdf import dataset_written
from popsim.engine.run_folder import ensure_found
from popsim.engine.sweep import Part, Sweep
from popsim.errors import FileError, Problem, RunError
from popsim.schema import MANIFEST_FILE, SWEEP_FILE, SWEEP_PARTS

_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError)
"""What reading a damaged netCDF file raises."""


def write_part(folder: Path, part: Part) -> None:
    """Write what some cases came to: a file that is there whole or not at all.

    Raises
    ------
    FileError
        When it cannot be written.
    """
    dataset = xr.Dataset() if part.dataset is None else part.dataset
    failed = {str(number): why for number, why in part.failed.items()}
    stated = {"numbers": json.dumps(part.numbers), "failed": json.dumps(failed), "drawn_rows": part.drawn_rows}
    files.make_folder(folder / SWEEP_PARTS)
    first = min((*part.numbers, *part.failed))
    _write(folder / SWEEP_PARTS / f"{first:08d}.nc", dataset.assign_attrs(stated))


def read_parts(folder: Path) -> list[Part]:
    """Return the parts of a sweep that are finished, in order.

    Raises
    ------
    FileError
        When one of them cannot be read.
    """
    found = []
    for path in sorted((folder / SWEEP_PARTS).glob("[0-9]*.nc")):
        try:
            dataset = _read(path)
            numbers = tuple(json.loads(dataset.attrs["numbers"]))
            failed = {int(number): why for number, why in json.loads(dataset.attrs["failed"]).items()}
            rows = int(dataset.attrs["drawn_rows"])
        except _UNREADABLE as error:
            mend = "remove it: its cases are simulated again"
            raise FileError(Problem(str(path), (), str(error), "a part of a sweep", mend)) from error
        found.append(Part(numbers, dataset.drop_attrs() if numbers else None, failed, rows))
    return found


def missing_of(sweep: Sweep, parts: Sequence[Part]) -> list[int]:
    """Return the numbers of the cases that no part has."""
    done = {number for part in parts for number in (*part.numbers, *part.failed)}
    return [number for number in range(len(sweep.cases.changes)) if number not in done]


def write_sweep(folder: Path, dataset: xr.Dataset) -> None:
    """Write the whole of a sweep, and remove its parts.

    Raises
    ------
    FileError
        When it cannot be written.
    """
    _write(folder / SWEEP_FILE, dataset)
    files.remove(folder / SWEEP_PARTS)


def load_sweep(folder: str | os.PathLike[str], *, trust_edited: bool = False) -> xr.Dataset:
    """Read a folder that `popsim sweep` wrote: the dataset that `popsim.sweep` returns, in memory.

    Parameters
    ----------
    folder
        The folder of the sweep.
    trust_edited
        Whether to take files as they are that are not as the sweep wrote them.

    Raises
    ------
    RunError
        When the folder is none, or files of it were changed, are missing or are of another sweep: each is named.
    FileError
        When its file cannot be read.

    Examples
    --------
    >>> import tempfile, popsim as ps
    >>> ds = ps.sweep("example", grid={"start.years": [0, 1]}, scenarios=20)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_sweep(Path(folder), ds)
    ...     ps.load_sweep(folder).identical(ds)
    True
    """
    source = Path(check_path("folder", folder, "the path of a folder written by popsim sweep"))
    ensure_found(source)
    path = source / SWEEP_FILE
    if (source / MANIFEST_FILE).exists():
        verify(source, trust_edited=trust_edited)
    if not path.is_file():
        allowed, mend = "a folder written by popsim sweep", "popsim sweep STUDY --grid KEY=V1,V2 --out DIR"
        raise RunError(Problem(str(source), (), f"no {SWEEP_FILE}", allowed, mend))
    try:
        return _read(path)
    except _UNREADABLE as error:
        raise FileError(Problem(str(path), (), str(error), "a netCDF file", "make the sweep again")) from error


def _write(path: Path, dataset: xr.Dataset) -> None:
    encoding: dict[str, dict[str, Any]] = {
        # With checksums, so that a damaged file is refused and not read as other numbers.
        str(name): {"fletcher32": True, "zlib": True, "complevel": 1, "shuffle": True}
        for name, variable in dataset.variables.items()
        if variable.dtype.kind in "fi" and variable.ndim
    }
    with dataset_written(path, dataset, encoding):
        pass


def _read(path: Path) -> xr.Dataset:
    with xr.open_dataset(path, engine="netcdf4") as opened:
        dataset = opened.load()
    # netCDF gives strings as objects; fixed-width text is what a sweep gives and what compares quickly.
    for name, variable in dataset.variables.items():
        if variable.dtype == object:
            dataset[name] = (variable.dims, np.asarray(variable.values.astype(str)), variable.attrs)
    for variable in dataset.variables.values():
        variable.encoding.clear()
    dataset.encoding.clear()
    return dataset
