"""Write the files of a store in a folder, and read single outputs out of them, without Zarr.

Zarr passes each piece of each file through its event loop, some 0.8 ms for what takes 0.08. Files are as its sharding
codec lays them out (https://zarr-specs.readthedocs.io): pieces, then the place and length of each, then a checksum.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import google_crc32c
import numpy as np
from numcodecs import blosc

from popsim.arrays import Floats

CODEC: Final = "lz4"
LEVEL: Final = 1
"""How Blosc packs a piece, after it has shuffled the bits of its numbers."""
_ENTRY = 16
"""Bytes of the entry of a piece in the index at the end of a file: its place and its length."""
_CHECKSUM = 4
AHEAD = 4
"""What is packed ahead of what is written, and so how many threads are of use: writing takes half as long."""
_PACKED_TOGETHER = 2**20
"""Bytes of pieces that a thread packs at a time: some ms, much more than handing them over takes."""
Place = tuple[int, ...]
"""Number of a piece along each dimension."""


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

    @property
    def _counts(self) -> tuple[int, ...]:
        """Number of pieces of a file along each dimension."""
        return tuple(whole // piece for whole, piece in zip(self.whole, self.piece, strict=True))

    def packed(self, values: Floats, pool: Executor) -> Iterator[bytes]:
        """Yield what a file holds, in parts; threads of a pool pack them.

        Parameters
        ----------
        values
            What the file is to hold: of its shape, or smaller where the variable ends.
        pool
            Threads; they are at work from the first part on.
        """
        pieces = list(np.ndindex(self._counts))
        together = max(1, _PACKED_TOGETHER // (8 * math.prod(self.piece)))
        groups = [pieces[i : i + together] for i in range(0, len(pieces), together)]
        entries = np.empty((len(pieces), 2), "<u8")
        start = 0
        for number, content in enumerate(self._contents(values, groups, pool)):
            size = len(content) + _CHECKSUM
            entries[number] = start, size
            start += size
            yield content
            yield _checksum(content)
        index = entries.tobytes()
        yield index
        yield _checksum(index)

    def _contents(self, values: Floats, groups: Sequence[Sequence[Place]], pool: Executor) -> Iterator[bytes]:
        """Yield pieces, packed, in order: a few ahead, so that each is written while it is in the cache."""
        waiting: deque[Future[list[bytes]]] = deque()
        for group in groups:
            waiting.append(pool.submit(lambda group: [self._pack(values, place) for place in group], group))
            if len(waiting) > AHEAD:
                yield from waiting.popleft().result()
        for each in waiting:
            yield from each.result()

    def _pack(self, values: Floats, place: Place) -> bytes:
        """Return one piece of the values of a file, packed; as in Zarr, it has its full shape where values end."""
        piece = values[tuple(slice(n * size, (n + 1) * size) for n, size in zip(place, self.piece, strict=True))]
        if piece.shape != self.piece:
            whole = np.full(self.piece, np.nan)
            whole[tuple(map(slice, piece.shape))] = piece
            piece = whole
        content = np.ascontiguousarray(piece, "<f8")
        packed: bytes = blosc.compress(content, CODEC.encode(), LEVEL, blosc.BITSHUFFLE)
        return packed

    def _piece(self, place: Sequence[int]) -> Floats:
        """Return one piece, by its number along each dimension; values beyond the last scenario are not numbers."""
        counts = self._counts
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


def _checksum(content: bytes) -> bytes:
    checksum: int = google_crc32c.value(content)
    return checksum.to_bytes(_CHECKSUM, "little")


def _shifted(indices: range, by: int) -> slice:
    """Return ascending indices as a slice that begins `by` earlier."""
    return slice(indices[0] - by, indices[-1] - by + 1, indices.step)
