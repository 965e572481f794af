"""netCDF files, made in memory and written by functions of popsim.

HDF5, on which netCDF stands, cannot bear that a piece of a file cannot be written, on a full disk for example: the file
stays open in the library, which may end the process then or at its exit (SIGSEGV). So the library never sees the disk.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import xarray as xr

from popsim.display import as_size
from popsim.engine import files
from popsim.engine.memory import free_memory
from popsim.errors import FileError, ParameterError, PopsimError, Problem, RunError

_EVERYWHERE, _FILES = 0x1F, 0x01
"""H5F_OBJ_ALL and H5F_OBJ_FILE of HDF5: among all that is open, files."""
_OPEN = 2**16
"""Files that may be open at most."""
_PIECE = 2**21
"""Bytes of a variable that are packed at a time, and that wait to be."""
_SMALL = 2**26
"""Bytes that are written without a look at what memory is free."""
_UNREADABLE = (ArithmeticError, AttributeError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What netCDF, and xarray on top of it, raise where a file is damaged."""


@contextmanager
def netcdf_written(path: Path, fill: Callable[[netCDF4.Dataset], None]) -> Iterator[Path]:
    """Yield a path beside a netCDF file at which all of it is written, and put it in the place of the file.

    Parameters
    ----------
    path
        Of the file.
    fill
        Called with the file, empty.

    Raises
    ------
    FileError
        When the file cannot be written; what was there before stays.
    RunError
        When there is something to write of which netCDF has no type or no name.
    MemoryError
        When the file does not fit in memory.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with netcdf_written(Path(folder, "a.nc"), lambda file: file.setncatts({"a": 1})):
    ...         pass
    ...     netCDF4.Dataset(Path(folder, "a.nc")).getncattr("a").item()
    1
    """
    library = _library()
    content = None if library is None else _made(library, path, fill)
    with files.written(path) as partial:
        if content is not None:
            partial.write_bytes(content)
        else:
            with _explained(path, OSError), netCDF4.Dataset(partial, "w") as file:
                fill(file)
        yield partial


@contextmanager
def dataset_written(path: Path, dataset: xr.Dataset, encoding: Mapping[str, Mapping[str, Any]]) -> Iterator[Path]:
    """Do the same with a dataset.

    Variables go into the file piece by piece: neither all of an array of dask nor a copy in another order is in memory.

    Parameters
    ----------
    path
        Of the file.
    dataset
        With arrays in memory or of dask.
    encoding
        How to store each variable, as `xarray.Dataset.to_netcdf` takes it.

    Raises
    ------
    ParameterError
        When it is larger than the memory that is free.
    FileError, RunError, MemoryError
        As `netcdf_written` raises them.
    """
    if dataset.nbytes > _SMALL and dataset.nbytes > (free := free_memory()):
        allowed = f"what fits the memory, of which {as_size(free)} are free: the file is made there"
        mend = 'popsim.simulate(..., store="ensemble.zarr") writes to the disk as it draws'
        raise ParameterError(Problem(f"writing {path}", (), as_size(dataset.nbytes), allowed, mend))

    def fill(file: netCDF4.Dataset) -> None:
        writer = _Writer(file)
        store = xr.backends.NetCDF4DataStore(file)  # type: ignore[no-untyped-call]
        dataset.dump_to_store(store, writer=writer, encoding=dict(encoding))
        writer.write_computed()

    with netcdf_written(path, fill) as partial:
        yield partial


@cache
def _library() -> ctypes.PyDLL | None:
    """Return HDF5 as netCDF has loaded it; None where its functions are not found so, as on Windows."""
    found = ctypes.PyDLL(netCDF4._netCDF4.__file__)  # type: ignore[attr-defined]
    number, size = ctypes.c_int64, ctypes.c_ssize_t
    try:
        found.H5Fget_obj_ids.argtypes = [number, ctypes.c_uint, ctypes.c_size_t, ctypes.POINTER(number)]
        found.H5Fget_name.argtypes = [number, ctypes.c_char_p, ctypes.c_size_t]
        found.H5Fget_file_image.argtypes = [number, ctypes.c_void_p, ctypes.c_size_t]
        for function in (found.H5Fget_obj_ids, found.H5Fget_name, found.H5Fget_file_image):
            function.restype = size
    except AttributeError:
        return None
    return found


def _made(library: ctypes.PyDLL, path: Path, fill: Callable[[netCDF4.Dataset], None]) -> memoryview:
    """Return the content of a netCDF file: that which it would have if it were made on the disk."""
    name = f"{files.token()}.nc"
    with _explained(path, MemoryError), netCDF4.Dataset(name, "w", diskless=True, persist=False) as file:
        fill(file)
        file.sync()
        numbers = (ctypes.c_int64 * _OPEN)()
        for number in numbers[: library.H5Fget_obj_ids(_EVERYWHERE, _FILES, _OPEN, numbers)]:
            called = ctypes.create_string_buffer(len(name) + 1)
            library.H5Fget_name(number, called, len(called))
            if called.value == name.encode():
                content = np.empty(max(library.H5Fget_file_image(number, None, 0), 0), np.uint8)
                if library.H5Fget_file_image(number, content.ctypes.data, content.size) == content.size:
                    return content.data
        raise MemoryError(path.name)


@contextmanager
def _explained(path: Path, failed: type[Exception]) -> Iterator[None]:
    """Turn what netCDF says of what it cannot hold into an error of a run, and the rest into one of memory or disk."""
    try:
        yield
    except (RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, RuntimeError) and "HDF error" in str(error):  # what HDF5 says, whatever failed
            raise failed(f"{path.name}: {error}") from error
        found, mend = f"what netCDF cannot hold: {error}", "numbers and texts, as popsim.simulate gives them"
        raise RunError(Problem(str(path), (), found, mend)) from error


class _Writer:
    """What xarray hands each variable to, with its place in the file."""

    def __init__(self, file: netCDF4.Dataset) -> None:
        self._file = file
        self._computed: list[tuple[Any, Any]] = []

    def add(self, source: Any, target: Any, region: object = None) -> None:  # noqa: ARG002
        if getattr(source, "chunks", None):
            self._computed.append((source, target))
            return
        chunks = self._file[target.variable_name].chunking()
        if source.nbytes <= _PIECE or not isinstance(chunks, list):
            target[...] = source
            return
        # Pieces are whole chunks, of which none has to wait for the rest of it.
        self._file[target.variable_name].set_var_chunk_cache(_PIECE)
        for piece in _pieces(source.shape, chunks, _PIECE // source.dtype.itemsize):
            target[piece] = source[piece]

    def write_computed(self) -> None:
        """Compute arrays of dask, all together, for they may share what they are computed from."""
        if self._computed:
            import dask.array as da  # imported when used: most runs need no dask

            sources, targets = zip(*self._computed, strict=True)
            da.store(list(sources), list(targets), lock=True)


def _pieces(shape: Sequence[int], chunks: Sequence[int], most: int) -> Iterator[tuple[Any, ...]]:
    """Yield the places of pieces of an array, of about `most` values or less, in the order of the file."""
    axis = next(axis for axis in range(len(shape)) if math.prod(shape[axis + 1 :]) <= most)
    step = max(most // math.prod(shape[axis + 1 :]) // chunks[axis], 1) * chunks[axis]
    for outer in product(*map(range, shape[:axis])):
        for start in range(0, shape[axis], step):
            yield (*(slice(i, i + 1) for i in outer), slice(start, start + step), ...)


@contextmanager
def netcdf_read(path: Path, raised: tuple[type[Exception], ...] = _UNREADABLE) -> Iterator[None]:
    """Turn what a damaged netCDF file raises into an error that names it.

    Parameters
    ----------
    path
        The file that is read.
    raised
        What is taken for damage.

    Raises
    ------
    FileError
        In its place.
    """
    try:
        yield
    except PopsimError:
        raise
    except raised as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FileError:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return FileError(Problem(str(path), (), reason, "a netCDF file", "run the study again"))
