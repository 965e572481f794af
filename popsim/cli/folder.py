"""The folder of a run: what a new run may replace, and how documents are added to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from popsim.engine import files
from popsim.engine.manifest import adopt, announce, files_in, foreign_files, is_same_run, read_manifest, record
from popsim.engine.run_folder import RESERVED, locked
from popsim.errors import FileError, Problem, RunError
from popsim.schema import MANIFEST_FILE, PLAN_FILE

if TYPE_CHECKING:
    from popsim.engine.runs import Run


def check_replaceable(folder: Path) -> Path:
    """Return the full path of the folder of a new run; refuse one that holds more than a run of popsim.

    Raises
    ------
    FileError
        When the path is a file, is the current folder or one above it, has a name that a run cannot have, or holds
        anything but a run of popsim.
    """
    target = files.full_path(folder)
    where, mend = f"--out {folder}", "name another folder with --out, or move what is there"
    if found := _unusable(target):
        raise FileError(
            Problem(where, (), found, "a name that a run folder can have", "name another folder with --out")
        )
    if target == Path.cwd() or target in Path.cwd().parents:
        raise FileError(Problem(where, (), "the current folder, or one above it", "a folder of its own for the run"))
    for parent in target.parents:
        if parent.exists() and not parent.is_dir():
            raise FileError(Problem(where, (), f"{parent} is a file", "a folder"))
    if not target.exists():
        return target
    if not target.is_dir():
        raise FileError(
            Problem(where, (), "a file", "a folder that does not exist yet, or holds a run of popsim", mend)
        )
    names = sorted(path.name for path in target.iterdir())
    if names and PLAN_FILE not in names and MANIFEST_FILE not in names:
        found = f"a folder without {PLAN_FILE}, which holds {some_of(names)}"
        raise FileError(Problem(where, (), found, "a new or empty folder, or one that holds a run of popsim", mend))
    if foreign := foreign_files(target):
        found = f"a run of popsim, and besides it {some_of(foreign)}, which a new run would delete"
        raise FileError(Problem(where, (), found, "a run of popsim and nothing else", mend))
    return target


def _unusable(target: Path) -> str:
    """Return what keeps a folder of this path from holding a run; empty where nothing does."""
    if target.name.startswith(".") and target.name.endswith(RESERVED):
        return f"a name as popsim gives to what is unfinished: {target.name}"
    # netCDF, which is C, reads paths in UTF-8, and takes this sign for the one between folders.
    if os.name != "nt" and "\\" in str(target):
        return "a backslash in the path"
    try:
        str(target).encode()
    except UnicodeEncodeError:
        return "a path that is not UTF-8"
    return ""


def older_run(folder: Path) -> str | None:
    """Return which run lies in a folder: when it was made, its seed and its scenarios; None where there is none."""
    there = next((folder / name for name in (PLAN_FILE, MANIFEST_FILE) if (folder / name).is_file()), None)
    if there is None:
        return None
    made = datetime.fromtimestamp(there.stat().st_mtime).astimezone()
    when = f"{made:%Y-%m-%d %H:%M}"
    manifest = None
    with suppress(RunError, FileError):
        manifest = read_manifest(folder)
    if manifest is None:
        return f"a run of {when} that could not be read"
    count = manifest.scenarios
    return f"the run of {when}, seed {manifest.seed}, {count:,} scenario{'' if count == 1 else 's'}"


@contextmanager
def added_to(folder: Path, run: Run | None = None) -> Iterator[Path]:
    """Yield an empty folder to write to; what is in it then takes its place in `folder`, when all went well.

    Parameters
    ----------
    folder
        Where documents are put.
    run
        Of which they are; where the folder is its own, they come into its manifest. None for none.

    Raises
    ------
    FileError
        When the folder cannot be written, somebody's own files would be lost, or another popsim is at work on the run;
        what was there before stays as it was.
    """
    partial = folder / f".{files.token()}{files.PARTIAL}"
    with files.said_where(folder):
        files.make_folder(folder)
        try:
            files.make_folder(partial)
            yield partial
            files.flush_all(partial)
            _check_nobodys(partial, folder)
            names = sorted(each.name for each in partial.iterdir())
            if run is None or not folder.samefile(run.folder):
                _put_all(names, partial, folder)
            else:
                with changed_run(run):
                    announce(folder, {name: partial / name for name in files_in(partial)})
                    _put_all(names, partial, folder)
                    record(folder, names)
        finally:
            files.remove(partial)


@contextmanager
def changed_run(run: Run) -> Iterator[None]:
    """Lock a run whose folder is changed, and take what was trusted of it into its manifest first.

    Raises
    ------
    RunError
        When another run has taken its place since it was read.
    FileError
        When another popsim is at work on it.
    """
    target = files.full_path(run.folder)
    # A folder that cannot hold the file of the lock is one in which no run can be made meanwhile, either.
    with locked(target) if os.access(target.parent, os.W_OK) else nullcontext():
        if not is_same_run(run.folder, run.verified):
            found, mend = "another run than the one that was read", "the same command again"
            raise RunError(Problem(str(run.folder), (), found, "the run that was read", mend))
        adopt(run.folder, run.dataset, run.verified)
        yield


def _check_nobodys(written: Path, folder: Path) -> None:
    """Refuse to replace a folder of documents in which somebody has put files of their own."""
    replaced = [f"{each.name}/" for each in written.iterdir() if each.is_dir()]
    foreign = [name for name in foreign_files(folder) if name.startswith(tuple(replaced))] if replaced else []
    if foreign:
        found, mend = f"{some_of(foreign)}, which would be deleted", "move what is yours elsewhere"
        raise FileError(Problem(str(folder), (), found, "documents that popsim wrote", mend))


def _put_all(names: list[str], written: Path, folder: Path) -> None:
    for name in names:
        _put(written / name, folder / name)


def _put(written: Path, target: Path) -> None:
    """Rename a file or folder to its place; an old folder is kept aside, within the partial one, until that worked."""
    if not target.is_dir():
        files.rename(written, target)
        return
    aside = written.with_name(f"{written.name}{files.REMOVING}")
    try:
        files.rename(target, aside)
        files.rename(written, target)
    except OSError:
        if not target.exists():
            aside.replace(target)
        raise


def some_of(names: list[str], most: int = 3) -> str:
    """Return the first names, and how many there are besides.

    Examples
    --------
    >>> some_of(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
