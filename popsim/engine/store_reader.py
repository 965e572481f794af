"""Read variables of a store as they are used: slices of dask arrays; what is damaged is an error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from popsim.engine.shards import Shards
from popsim.engine.storage import Storage
from popsim.engine.store_arrays import Array, array_of, dims_of, native, open_group
from popsim.errors import FileError, Problem

if TYPE_CHECKING:
    from popsim.engine.store import Store

AGAIN: Final = "popsim resume draws it again, and so does the same simulate(..., store=...)"
UNREADABLE: Final = (OSError, RuntimeError, ValueError, KeyError, IndexError, TypeError, AssertionError)
"""What Zarr and its codecs raise where a file is damaged."""
_READ_BYTES = 2**24
"""Pieces of consecutive ranges are read together up to this size."""


@dataclass(frozen=True)
class Reader:
    """A variable with scenarios, as dask arrays read it; what is damaged is an error and never another number."""

    store: Store
    name: str

    @cached_property
    def _array(self) -> Array:
        return array_of(open_group(self.store.storage), self.name)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length along each dimension."""
        return tuple(self._array.shape)

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return len(self.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values, in the order of bytes of this machine."""
        found: np.dtype[Any] = self._array.dtype.newbyteorder("=")
        return found

    @property
    def _shards(self) -> Shards | None:
        """The files, where they can be read without Zarr; not kept, since a finished run is moved to its place."""
        return shards_of(self.store.storage, self._array)

    def __getitem__(self, index: Any) -> Any:
        try:
            wanted = _ranges_of(index, self.shape)
            shards = self._shards
            if shards is not None and shards.are_one_column(wanted):
                return shards.read(wanted)[tuple(0 if isinstance(each, int) else slice(None) for each in index)]
            values = native(np.asarray(self._array[index]))
        except UNREADABLE as error:
            raise self._unreadable(reason_of(error)) from error
        if values.dtype.kind == "f" and np.isnan(values).any():
            # No output is NaN: it stands for a file that is not there.
            raise self._unreadable("values missing")
        return values

    def _unreadable(self, reason: str) -> FileError:
        if self.name in self.store.variables and (problems := self.store.verify([self.name])):
            return FileError(problems)
        # What was added to the ranges is made again with them alone.
        mend = AGAIN if self.name in self.store.variables else "run the study again"
        return FileError(Problem(f"{self.store.path}/{self.name}", (), reason, "as written", mend))


def shards_of(storage: Storage, array: Array) -> Shards | None:
    """Return the files of a variable, where they are files of a folder that have pieces."""
    if storage.folder is None or array.shards is None:
        return None
    return Shards(storage.folder / array.basename, tuple(array.shape), array.chunks, array.shards)


def common_chunks(arrays: Sequence[Array]) -> dict[str, int]:
    """Return the length of a dask chunk along each dimension, the same in all variables, as `Dataset.chunks` wants it.

    It is the smallest piece of any of them, and as many scenarios as are worth reading together.
    """
    lengths: dict[str, int] = {}
    for array in arrays:
        for dim, piece in zip(dims_of(array), array.chunks, strict=True):
            lengths[dim] = min(piece, lengths.get(dim, piece))
    largest = max((8 * math.prod(array.chunks) for array in arrays), default=1)
    if "scenario" in lengths:
        lengths["scenario"] *= max(1, _READ_BYTES // largest)
    return lengths


def _ranges_of(index: Any, shape: Sequence[int]) -> list[range]:
    """Return the indices along each dimension, all ascending; empty for an index of another kind."""
    if not isinstance(index, tuple) or len(index) != len(shape):
        return []
    if not all(isinstance(each, int) or (isinstance(each, slice) and (each.step or 1) > 0) for each in index):
        return []
    slices = [slice(each, each + 1 or None) if isinstance(each, int) else each for each in index]
    return [range(length)[each] for each, length in zip(slices, shape, strict=True)]


def reason_of(error: Exception) -> str:
    """Return what an error says, in a line."""
    return getattr(error, "strerror", None) or str(error).partition("\n")[0] or type(error).__name__
