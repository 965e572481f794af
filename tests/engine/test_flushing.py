"""A name never points to what is not on the disk: files are flushed before they are renamed, and folders after."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import popsim as ps
from popsim.engine import files
from popsim.engine.run_folder import Request, begin, finish, locked, unfinished_of
from popsim.engine.simulation import Simulation
from popsim.engine.store import create_store, fill_store
from popsim.errors import FileError
from popsim.schema import PLAN_FILE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows flushes no folders")
Events = list[tuple[str, frozenset[int], frozenset[int]]]
REQUEST = Request("run", "f00", {"formats": ["html"]})


def numbers(path: Path) -> frozenset[int]:
    """Return the numbers by which the system knows a file, or a folder and all that is in it."""
    return frozenset(each.stat().st_ino for each in (path, *path.rglob("*")))


@contextmanager
def recorded() -> Iterator[Events]:
    """Yield what is flushed and renamed, in order: kind, files concerned, and the folders of a renamed file."""
    events: Events = []
    flush, replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        flush(descriptor)
        events.append(("flush", frozenset([os.fstat(descriptor).st_ino]), frozenset()))

    def replaced(source: Any, target: Any, **options: Any) -> None:
        source, target = Path(source), Path(target)
        is_new = source.name.endswith((files.PARTIAL, unfinished_of(Path("x")).suffix))
        found = numbers(source) if is_new else frozenset()
        replace(source, target, **options)
        folders = frozenset(folder.stat().st_ino for folder in (source.parent, target.parent))
        events.append(("rename", found, folders))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        patched.setattr(os, "replace", replaced)
        yield events


def faults(events: Events) -> list[str]:
    """List what is renamed before it is flushed, and folders that are not flushed after a renaming."""
    flushed: set[int] = set()
    waiting: set[int] = set()
    found = []
    for kind, concerned, folders in events:
        if kind == "flush":
            flushed |= concerned
            waiting -= concerned
            continue
        if waiting:
            found.append("a folder was not flushed before the next renaming")
        if not concerned <= flushed:
            found.append(f"{len(concerned - flushed)} renamed before flushed")
        waiting = set(folders)
    return found + ["a folder was not flushed at the end"] * bool(waiting)


def replace_run(target: Path) -> None:
    def write(folder: Path) -> None:
        (folder / "inputs").mkdir()
        (folder / PLAN_FILE).write_text("plan")
        (folder / "inputs" / "countries.csv").write_text("countries")

    with locked(target):
        begin(target, REQUEST, write)
        finish(target)


WORK: dict[str, Callable[[Path], None]] = {
    "a file": lambda folder: files.write_text(folder / "a.txt", "all of it"),
    "a new run": lambda folder: replace_run(folder / "run"),
}


@pytest.mark.parametrize("name", WORK)
def test_what_gets_a_name_is_on_the_disk(name: str, tmp_path: Path) -> None:
    for _ in range(2):  # the second time in the place of what is there
        with recorded() as events:
            WORK[name](tmp_path)
        assert [kind for kind, *_ in events].count("rename") >= 1
        assert faults(events) == []


@pytest.mark.parametrize("left_out", range(2))
def test_the_check_sees_a_flush_that_is_left_out(left_out: int, tmp_path: Path) -> None:
    """Negative control: of the file, then of its folder."""
    with recorded() as events:
        WORK["a file"](tmp_path)
    flushes = [place for place, (kind, *_) in enumerate(events) if kind == "flush"]
    del events[flushes[left_out]]
    assert faults(events) != []


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    plan = ps.compile(ps.load_study("example"))
    return Simulation.of(plan.with_sampling(plan.sampling.changed(scenarios=300)), [("area",)])


def test_a_range_is_recorded_when_its_files_are_on_the_disk(simulation: Simulation, tmp_path: Path) -> None:
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=100)
    flush, replace = os.fsync, os.replace
    flushed: set[int] = set()
    recorded_too_early: list[str] = []
    records = 0

    def fsync(descriptor: int) -> None:
        flush(descriptor)
        flushed.add(os.fstat(descriptor).st_ino)

    def replaced(source: Any, target: Any, **options: Any) -> None:
        nonlocal records
        if Path(target).parent.name == "checksum":
            records += 1
            place = Path(target).name.removeprefix("c.").partition(".")[0]
            parts = [path for path in Path(store.path).glob(f"cost*/c.*{place}*") if f".{place}" in path.name]
            recorded_too_early.extend(path.name for path in parts if path.stat().st_ino not in flushed)
            assert parts
        replace(source, target, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        patched.setattr(os, "replace", replaced)
        fill_store(simulation, store, threads=1)
    assert records == len(store.ranges())
    assert recorded_too_early == []


def test_a_range_whose_files_cannot_be_flushed_is_missing(simulation: Simulation, tmp_path: Path) -> None:
    store = create_store(tmp_path / "ensemble.zarr", simulation, chunk=100)
    flush, count = os.fsync, 0

    def fsync(descriptor: int) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise OSError(errno.EIO, "Input/output error")
        flush(descriptor)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        with pytest.raises(FileError, match="Input/output error"):
            fill_store(simulation, store, threads=1)
    assert store.missing() == store.ranges()
    fill_store(simulation, store, threads=1)
    assert store.missing() == []
