"""What of a store is not as it was written, by its checksums; and errors of reading and writing that name the store."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from popsim.engine.store_arrays import CHECKSUM, array_of, described_by, open_group
from popsim.engine.store_reader import AGAIN, UNREADABLE, reason_of
from popsim.errors import FileError, PopsimError, Problem

if TYPE_CHECKING:
    from popsim.engine.store import Store


def damaged_ranges(store: Store, variables: Sequence[str]) -> Iterator[tuple[int, list[Problem]]]:
    """Yield the places of finished ranges that are damaged, with the problems of each.

    Parameters
    ----------
    store
        Whose ranges are looked at.
    variables
        Those of the ranges that are looked at.
    """
    missing = set(store.missing())
    for place, scenarios in enumerate(store.ranges()):
        if scenarios not in missing and (problems := _problems_of(store, place, scenarios, variables)):
            yield place, problems


def damaged_additions(store: Store) -> Iterator[tuple[str, Problem]]:
    """Yield each added variable that is not as it was written; earlier stores have no checksums of them."""
    with reading(store.path):
        _, described = described_by(open_group(store.storage))
        sums = {name: _sum_of(store, name) for name in described.get("added", {})}
    for name, found in sums.items():
        if found != described["added"][name]:
            where, allowed = f"{store.path}/{name}", "all files of it, as they were written"
            yield name, Problem(where, (), "another checksum", allowed, "run the study again")


def together(sums: Sequence[int]) -> int:
    """Return one checksum of those of several files."""
    return sums[0] if len(sums) == 1 else zlib.crc32(np.array(sums, dtype="<u4").tobytes())


def _problems_of(store: Store, place: int, scenarios: tuple[int, int], variables: Sequence[str]) -> list[Problem]:
    allowed = f"scenarios {scenarios[0]:,} to {scenarios[1] - 1:,}, as they were written"
    try:
        row = array_of(open_group(store.storage), CHECKSUM)[place]
        records = dict(zip(store.variables, row.tolist(), strict=True))
    except UNREADABLE as error:
        return [Problem(f"{store.path}/{CHECKSUM}/c.{place}.0", (), reason_of(error), allowed, AGAIN)]
    problems = []
    for name in variables:
        files = store.range_files(name, place)
        sums = [store.storage.checksum(key) for key in files]
        if None in sums:
            found = "no such file"
        elif together([each for each in sums if each is not None]) != records[name]:
            found = "another checksum"
        else:
            continue
        problems.append(Problem(f"{store.path}/{files[0]}", (), found, allowed, AGAIN))
    return problems


def _sum_of(store: Store, name: str) -> int:
    """Return one checksum of all files of an added variable as they are now."""
    keys = sorted(f"{name}/{key}" for key in store.storage.names(name) if key != "zarr.json")
    return together([store.storage.checksum(key) or 0 for key in keys])


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turn what Zarr raises into an error that names the store.

    Raises
    ------
    FileError
        When the store at this path cannot be read.
    """
    try:
        yield
    except PopsimError:
        raise
    except UNREADABLE as error:
        raise FileError(Problem(path, (), reason_of(error), "a store that can be read", AGAIN)) from error


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turn an error of the disk or the object storage into one that names the store.

    Raises
    ------
    FileError
        When the store at this path cannot be written.
    """
    try:
        yield
    except PopsimError:
        raise
    except OSError as error:
        mend = "make room, then popsim resume goes on, and so does the same simulate(..., store=...)"
        raise FileError(
            Problem(f"writing {path}", (), reason_of(error), "a folder that may be written", mend)
        ) from error
