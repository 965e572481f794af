"""The disk: whether it has room for what a store lacks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from popsim.display import as_size
from popsim.errors import FileError, Problem

if TYPE_CHECKING:
    from popsim.engine.store import Store


def check_fits_disk(store: Store) -> None:
    """Check that the disk has room for the ranges that a store lacks, each as large as one that it has.

    How well scenarios are compressed is known only when some are written. So this is asked once the first range is
    there, seconds after a run has begun, and not when the disk is full after hours.

    Parameters
    ----------
    store
        In a folder; an object storage does not say how much it can hold.

    Raises
    ------
    FileError
        When the rest does not fit; what is finished is kept.
    """
    folder = store.storage.folder
    missing = store.missing()
    finished = [place for place, each in enumerate(store.ranges()) if each not in set(missing)]
    if folder is None or not missing or not finished:
        return
    disk = shutil.disk_usage(folder)
    start, stop = store.ranges()[finished[0]]
    each = sum(Path(folder, name).stat().st_size for name in store.files_of(finished[0])) / (stop - start)
    scenarios = sum(stop - start for start, stop in missing)
    needed = int(each * scenarios)
    # A file system without a size of its own does not know what is free either.
    if disk.total and needed > disk.free:
        allowed = f"room for {scenarios:,} more scenarios, {as_size(needed)} as those before are compressed"
        mend = "make room, or ask for fewer scenarios or breakdowns, or for another disk; what is finished is kept"
        raise FileError(Problem(store.path, (), f"{as_size(disk.free)} free on this disk", allowed, mend))
