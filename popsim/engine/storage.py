"""Where the files of a Zarr store lie: a folder or an object storage; with checksums, and flushed to the disk."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from zarr.abc.store import ByteRequest
from zarr.abc.store import Store as ZarrStore
from zarr.core.buffer import Buffer, BufferPrototype, default_buffer_prototype
from zarr.core.sync import sync
from zarr.storage import FsspecStore, LocalStore, WrapperStore

from popsim.engine.files import PARTIAL, flush, link, make_folder, token

_FLUSHED_TOGETHER = 16


def storage_at(path: str | os.PathLike[str]) -> Storage:
    """Return the storage at a path.

    Parameters
    ----------
    path
        A folder, which may not be there yet, or a URL that fsspec knows, such as ``s3://bucket/run/ensemble.zarr``.
    """
    text = os.fspath(path)
    if not is_url(text):
        return Storage(LocalStore(Path(text)), text)
    # Else fsspec would list what it found before other processes wrote.
    return Storage(FsspecStore.from_url(text, storage_options={"use_listings_cache": False}), text)


def is_url(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is a URL of an object storage rather than a folder.

    Examples
    --------
    >>> is_url("s3://bucket/run/ensemble.zarr"), is_url("results/pops/ensemble.zarr")
    (True, False)
    """
    return "://" in os.fspath(path) and not os.fspath(path).startswith("file://")


class Storage(WrapperStore[ZarrStore]):
    """A storage of Zarr that keeps the checksum of each file that it writes, and can flush them.

    A folder has files that are written beside and renamed; an object storage has whole objects only.
    """

    def __init__(self, store: ZarrStore, place: str = "", anew: bool = False) -> None:
        super().__init__(store)
        self.place = place
        """The folder, or the URL, as it was named."""
        self._anew = anew
        self._sums: dict[str, int] = {}
        self._flusher: Executor | None = None
        self._flushes: list[Future[None]] = []

    def move(self, path: str | os.PathLike[str]) -> None:
        """Find the files in another folder from now on."""
        self.place, self._store = os.fspath(path), LocalStore(Path(path))

    def anew(self) -> Storage:
        """Return a storage of the same files to write values that do not depend on what is there."""
        return Storage(self._store, self.place, anew=True)

    async def get(self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None) -> Buffer | None:
        """Read a file; nothing, where values are written anew, which Zarr would merge with what is there."""
        if self._anew and not key.endswith("zarr.json"):
            return None
        return await self._store.get(key, prototype, byte_range)

    @property
    def folder(self) -> Path | None:
        """The folder of the files; None for an object storage."""
        return self._store.root if isinstance(self._store, LocalStore) else None

    async def set(self, key: str, value: Buffer) -> None:
        """Write a file, and keep its checksum."""
        content = value.as_buffer_like()
        if self.folder is not None:
            make_folder((self.folder / key).parent)
            self.put(key, [content])
            return
        self._sums[key] = zlib.crc32(content)
        await self._store.set(key, value)

    def put(self, key: str, parts: Iterable[bytes | bytearray | memoryview]) -> None:
        """Write a file of a folder, given in parts, and keep its checksum; it has its name when it is whole.

        All that is written to a folder passes through this.

        Raises
        ------
        OSError
            When it cannot be written; what was there before stays.
        """
        if self.folder is None:
            message = f"{key} is to lie in a folder"
            raise TypeError(message)
        path = self.folder / key
        partial = path.with_name(f".{path.name}.{token()}{PARTIAL}")
        checksum = 0
        try:
            with partial.open("wb") as file:
                for part in parts:
                    checksum = zlib.crc32(part, checksum)
                    file.write(part)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        self._keep(path, key, checksum)

    def _keep(self, path: Path, key: str, checksum: int) -> None:
        """Keep the checksum of a file, and begin to flush it."""
        self._sums[key] = checksum
        if self._flusher is not None:
            self._flushes.append(self._flusher.submit(flush, path))

    @contextmanager
    def flushing(self) -> Iterator[dict[str, int]]:
        """Yield the checksums of the files that are written within, by name; at the end all of them are on the disk."""
        self._sums.clear()
        if self.folder is None:
            yield self._sums
            return
        # Together: a disk writes many files at once, while others are packed, and a journal once for all of them.
        with ThreadPoolExecutor(_FLUSHED_TOGETHER) as self._flusher:
            try:
                yield self._sums
                for each in self._flushes:
                    each.result()
                list(self._flusher.map(flush, {(self.folder / key).parent for key in self._sums}))
            finally:
                self._flushes.clear()
                self._flusher = None

    def names(self, folder: str) -> list[str]:
        """Return the names of whole files and of folders in a folder; none where there is no such folder."""

        async def listed() -> list[str]:
            return [name.strip("/") async for name in self.list_dir(folder)]

        return [name for name in sync(listed()) if name and not name.endswith(PARTIAL)]

    def files(self) -> list[str]:
        """Return the names of all files that are whole, with the folders that they lie in."""

        async def listed() -> list[str]:
            return [name async for name in self.list_prefix("") if not name.endswith(PARTIAL)]

        return sync(listed())

    def checksum(self, key: str) -> int | None:
        """Return the checksum of a file as it lies there; None where it is missing."""
        found = sync(self.get(key, default_buffer_prototype()))
        return None if found is None else zlib.crc32(found.as_buffer_like())

    def remove(self, key: str) -> None:
        """Remove a file, or a folder with all that it holds."""

        async def removed() -> None:
            await self._store.delete(key)
            await self._store.delete_dir(key)

        sync(removed())

    def take(self, source: Storage, key: str) -> None:
        """Take over a file of another storage, as a second name of it where both are folders of one disk.

        Raises
        ------
        OSError
            When there is no such file.
        """
        if self.folder is not None and source.folder is not None:
            target = self.folder / key
            make_folder(target.parent)
            target.unlink(missing_ok=True)
            link(source.folder / key, target)
            self._keep(target, key, 0)
            return
        found = sync(source.get(key, default_buffer_prototype()))
        if found is None:
            message = f"no file {key}"
            raise OSError(message)
        sync(self.set(key, found))

    def discard_partial(self) -> None:
        """Remove what a killed process left of files that were not whole yet."""
        if self.folder is not None:
            for path in self.folder.rglob(f"*{PARTIAL}"):
                path.unlink(missing_ok=True)
