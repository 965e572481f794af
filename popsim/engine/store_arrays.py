"""The arrays of a Zarr store: how variables are cut into pieces and files, and how text and attributes are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from popsim.engine.shards import CODEC, LEVEL
from popsim.engine.storage import Storage

Group = Any
"""A `zarr.Group` of version 3, whose types do not tell it from one of version 2."""
Array = Any
"""A `zarr.Array` of version 3, likewise."""

CHECKSUM = "checksum"
"""The array of records of finished ranges."""
LAYOUT = 1
"""Version of the layout of stores."""

_KEY = "popsim_store"
"""Attribute in which a store describes itself."""
LEAST_PIECE = 2**16
"""Bytes that are read together, at least: a piece costs some 0.3 ms whatever its size."""
_MOST_PIECES = 2048
"""Pieces of a file that has all options: reading one piece reads the places of all."""
_COMPRESSORS = [BloscCodec(cname=CODEC, clevel=LEVEL, shuffle="bitshuffle", typesize=8), Crc32cCodec()]
_FLAT: Any = {"name": "default", "separator": "."}
"""All files of an array in one folder, so that a finished range costs few entries and one folder to flush."""


def make_array(group: Group, name: str, variable: xr.Variable, count: int, chunk: int) -> None:
    """Make the array of a variable with scenarios: files of a range each, in pieces of one output or a few."""
    if variable.dims == ("scenario",):
        shape: tuple[int, ...] = (count,)
        piece: tuple[int, ...] = (chunk,)
        whole = None
    else:
        further = variable.shape[2:]
        piece, whole = _pieces(variable.shape[0], further, chunk)
        shape = (variable.shape[0], count, *further)
    group.create_array(
        name,
        shape=shape,
        chunks=piece,
        shards=whole,
        dtype=variable.dtype,
        fill_value=np.nan if variable.dtype.kind == "f" else 0,
        compressors=_COMPRESSORS,
        chunk_key_encoding=_FLAT,
        dimension_names=variable.dims,
        attributes=plain(variable.attrs),
    )


def _pieces(options: int, further: Sequence[int], chunk: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of what is read together and of a file.

    Examples
    --------
    >>> _pieces(6, (8, 10), 2**14), _pieces(20, (195, 8), 2**11)
    (((1, 16384, 1, 1), (6, 16384, 8, 10)), ((1, 2048, 1, 4), (1, 2048, 195, 8)))
    """
    piece = [1] * len(further)
    for axis in reversed(range(len(further))):
        piece[axis] = min(further[axis], math.ceil(LEAST_PIECE / (8 * chunk * math.prod(piece))))
    counts = [math.ceil(length / each) for length, each in zip(further, piece, strict=True)]
    together = options if options * math.prod(counts) <= _MOST_PIECES else 1
    whole = [each * count for each, count in zip(piece, counts, strict=True)]
    return (1, chunk, *piece), (together, chunk, *whole)


def write_variable(group: Group, name: str, variable: xr.Variable, chunk: int) -> None:
    """Write a variable; one with scenarios range by range."""
    values = variable.data
    array = group.create_array(
        name,
        shape=variable.shape,
        chunks=tuple(
            chunk if dim == "scenario" else max(1, length)
            for dim, length in zip(variable.dims, variable.shape, strict=True)
        ),
        dtype=str if variable.dtype.kind in "UO" else variable.dtype,
        fill_value=np.nan if variable.dtype.kind == "f" else None,
        compressors=_COMPRESSORS if "scenario" in variable.dims else [Crc32cCodec()],
        chunk_key_encoding=_FLAT,
        dimension_names=variable.dims,
        attributes=plain(variable.attrs),
    ).with_config({"write_empty_chunks": True})
    if "scenario" not in variable.dims:
        array[...] = np.asarray(values)
        return
    axis = variable.dims.index("scenario")
    for start in range(0, variable.shape[axis], chunk):
        part = (slice(None),) * axis + (slice(start, start + chunk),)
        array[part] = np.asarray(values[part])


def whole_values(array: Array) -> np.ndarray[Any, Any]:
    """Return all values of a small array; text as `simulate` has it, of fixed width."""
    if array.size and not array.nchunks_initialized:
        message = f"no values of {array.basename}"
        raise OSError(message)
    values = np.asarray(array[...])
    return native(values) if values.dtype.kind in "fiub" else values.astype(object).astype(str)


def native(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return numbers in the order of bytes of this machine, and said to be so: Zarr states the order of its files."""
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def is_stored(variable: xr.Variable, array: Array) -> bool:
    """Return whether a small variable is stored as it is."""
    if "scenario" in variable.dims or variable.dims != dims_of(array):
        return False
    return bool(variable.identical(xr.Variable(variable.dims, whole_values(array), dict(array.attrs))))  # type: ignore[no-untyped-call]


def describe(group: Group, storage: Storage, attributes: Mapping[Any, Any], described: Mapping[str, Any]) -> None:
    """Write the attributes of a store, and with them the description of what it holds, at once."""
    # Tells xarray, when it opens the store by itself, which of the variables are coordinates.
    coordinates = " ".join(described["coordinates"])
    with storage.flushing():
        group.attrs.put({**plain(attributes), "coordinates": coordinates, _KEY: dict(described)})


def described_by(group: Group) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the attributes of the dataset of a store, and the description of what it holds."""
    attributes = dict(group.attrs)
    described: dict[str, Any] = attributes.pop(_KEY)
    attributes.pop("coordinates")
    return attributes, described


def description_of(storage: Storage) -> dict[str, Any] | None:
    """Return the description of a store; None where there is no store of popsim."""
    try:
        found = open_group(storage).attrs.get(_KEY)
    except FileNotFoundError:
        return None
    return found if isinstance(found, dict) else None


def make_group(storage: Storage) -> Group:
    """Make the group of a store that is not laid out yet."""
    with storage.flushing():
        return zarr.create_group(storage, attributes={_KEY: {"layout": LAYOUT, "is_laid_out": False}})


def open_group(storage: Storage) -> Group:
    """Open the group of a store.

    Raises
    ------
    FileNotFoundError
        When there is none.
    """
    return zarr.open_group(storage, mode="r+", zarr_format=3)


def make_checksums(group: Group, ranges: int, variables: int) -> None:
    """Make the array of records, one file for each range."""
    group.create_array(
        CHECKSUM,
        shape=(ranges, variables),
        chunks=(1, variables),
        dtype=np.uint32,
        compressors=[Crc32cCodec()],
        chunk_key_encoding=_FLAT,
        dimension_names=("range", "checked_variable"),
        attributes={"description": "Checksum (CRC-32) of the files of each variable, by range of scenarios."},
    )


def array_of(group: Group, name: str) -> Array:
    """Return an array of a store.

    Raises
    ------
    OSError
        When there is none of this name.
    """
    found = group.get(name)
    if not isinstance(found, zarr.Array):
        message = f"no array {name}"
        raise OSError(message)
    # A piece of zeros is written like any other: what is not there is damaged.
    return found.with_config({"write_empty_chunks": True})


def dims_of(array: Array) -> tuple[str, ...]:
    """Return the names of the dimensions of an array; Zarr gives None where there are none."""
    return tuple(array.metadata.dimension_names or ())


def plain(attributes: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes without values of numpy, which JSON does not know."""
    return {
        str(name): value.tolist() if isinstance(value, np.generic | np.ndarray) else value
        for name, value in attributes.items()
    }
