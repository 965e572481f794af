"""Read single outputs out of the files of a store in a folder, without Zarr: in a tenth of the processor time.

Zarr passes each piece of each file through its event loop, some 0.8 ms for what takes 0.08. Files are as its sharding
codec lays them out (https://zarr-specs.readthedocs.io): pieces, then the place and length of each, then a checksum.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import google_crc32c
import numpy as np
from numcodecs import blosc

from popsim.arrays import Floats

_ENTRY = 16
"""Bytes of the entry of a piece in the index at the end of a file: its place and its length."""
_CHECKSUM = 4


@dataclass(frozen=True)
class Shards:
    """The files of one variable with scenarios, the second dimension."""

    folder: Path
    shape: tuple[int, ...]
    """Of the variable."""
    piece: tuple[int, ...]
    """Of what is packed together."""
    whole: tuple[int, ...]
    """Of a file."""

    def are_one_column(self, wanted: Sequence[range]) -> bool:
        """Return whether values lie, scenarios aside, in one piece: then `read` gives them.

        Parameters
        ----------
        wanted
            Indices along each dimension, ascending; none for those that are of another kind.
        """
        return (
            len(wanted) == len(self.shape)
            and all(wanted)
            and all(
                each[0] // length == each[-1] // length
                for axis, (each, length) in enumerate(zip(wanted, self.piece, strict=True))
                if axis != 1
            )
        )

    def read(self, wanted: Sequence[range]) -> Floats:
        """Return values of which `are_one_column` is true; shape: number of indices along each dimension.

        Raises
        ------
        OSError
            When a file is missing or damaged.
        """
        scenarios, length = wanted[1], self.piece[1]
        place = [each[0] // size for each, size in zip(wanted, self.piece, strict=True)]
        within = [_shifted(each, at * size) for each, at, size in zip(wanted, place, self.piece, strict=True)]
        out = np.empty([len(each) for each in wanted])
        done = 0
        while done < len(scenarios):
            place[1] = scenarios[done] // length
            inside = scenarios[done:]
            inside = inside[: 1 + ((place[1] + 1) * length - 1 - inside[0]) // inside.step]
            within[1] = _shifted(inside, place[1] * length)
            out[:, done : done + len(inside)] = self._piece(place)[tuple(within)]
            done += len(inside)
        return out

    def _piece(self, place: Sequence[int]) -> Floats:
        """Return one piece, by its number along each dimension; values beyond the last scenario are not numbers."""
        counts = [whole // piece for whole, piece in zip(self.whole, self.piece, strict=True)]
        file = [number // count for number, count in zip(place, counts, strict=True)]
        entry = int(np.ravel_multi_index([n % count for n, count in zip(place, counts, strict=True)], counts))
        path = self.folder / ".".join(["c", *map(str, file)])
        with path.open("rb", buffering=0) as opened:
            opened.seek(-_CHECKSUM - _ENTRY * (math.prod(counts) - entry), os.SEEK_END)
            start, size = np.frombuffer(opened.read(_ENTRY), "<u8").tolist()
            if start + size > opened.seek(0, os.SEEK_END):
                message = f"{path} has no such piece"
                raise OSError(message)
            opened.seek(start)
            packed = opened.read(size)
        content, checksum = packed[:-_CHECKSUM], packed[-_CHECKSUM:]
        if google_crc32c.value(content) != int.from_bytes(checksum, "little"):
            message = f"{path} is damaged: another checksum"
            raise OSError(message)
        values: Floats = np.frombuffer(blosc.decompress(content), "<f8").reshape(self.piece)
        return values


def _shifted(indices: range, by: int) -> slice:
    """Return ascending indices as a slice that begins `by` earlier."""
    return slice(indices[0] - by, indices[-1] - by + 1, indices.step)
