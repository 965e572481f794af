"""Operations on files that leave the old or the new one, whole, at whatever moment the process or the machine stops.

All that a run writes passes through these few functions. Each changes one thing at a time, in an order in which the
next command can tell what happened: a file is written beside its place, flushed, and renamed into it.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from popsim.errors import FileError, Problem

PARTIAL = ".partial"
"""Ending of a file or folder that is being written; what is killed leaves it behind."""
REMOVING = ".removing"
"""Ending of what is being removed: nothing in it counts any more."""


def token() -> str:
    """Return letters for a name that no other process takes: the number of a process may be that of another one, too.

    Examples
    --------
    >>> token() == token()
    False
    """
    return os.urandom(4).hex()


def full_path(path: Path) -> Path:
    """Return the path from the root, with all links followed.

    Raises
    ------
    FileError
        When links lead in a circle.
    """
    found = Path(os.path.realpath(path))
    try:
        os.stat(found)
    except OSError as error:  # what else is the matter is said by who reads or writes it
        if error.errno == errno.ELOOP:
            raise FileError(Problem(str(path), (), "links that lead in a circle", "a folder")) from None
    return found


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there."""
    path.mkdir(parents=True, exist_ok=True)


def flush(path: Path) -> None:
    """Wait until a file, or the list of names of a folder, is on the disk and not only in memory."""
    if os.name == "nt":
        if path.is_dir():  # Windows has no such thing for folders, and flushes files that may be written alone
            return
        with path.open("rb+") as file:
            os.fsync(file.fileno())
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_all(folder: Path) -> None:
    """Flush every file and folder below a folder, and the folder itself."""
    for inner, _, names in os.walk(folder, topdown=False):
        for name in names:
            flush(Path(inner, name))
        flush(Path(inner))


def rename(source: Path, target: Path) -> None:
    """Rename a file or folder, in one step; a file that is there is replaced."""
    source.replace(target)
    for folder in {source.parent, target.parent}:
        flush(folder)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing where there is none.

    A folder gets another name first, so that no half of it is ever taken for the whole.
    """
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return
    doomed = path if path.name.endswith(REMOVING) else path.with_name(f"{path.name}{REMOVING}")
    if doomed != path:
        shutil.rmtree(doomed, ignore_errors=True)
        rename(path, doomed)
    # A file that another program holds open cannot be removed everywhere; `popsim clean` tries again.
    shutil.rmtree(doomed, ignore_errors=True)


def link(source: Path, target: Path) -> None:
    """Link a file to a second name, in one step; copy it where the disk has no such links."""
    try:
        os.link(source, target)
    except OSError:
        with written(target) as partial:
            shutil.copyfile(source, partial)


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Yield a path beside a file to write to, and put it in the place of the file when all of it is written.

    Raises
    ------
    FileError
        When the file cannot be written; what was there before stays.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with written(Path(folder, "a.txt")) as partial:
    ...         _ = partial.write_text("all of it")
    ...     [path.name for path in Path(folder).iterdir()]
    ['a.txt']
    """
    partial = path.with_name(f".{path.name}.{token()}{PARTIAL}")
    with said_where(path):
        try:
            yield partial
            flush(partial)
            rename(partial, path)
        except BaseException:
            remove(partial)
            raise


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, with the ends of line that the text has.

    Raises
    ------
    FileError
        When the file cannot be written; what was there before stays.
    """
    with written(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


@contextmanager
def said_where(path: Path) -> Iterator[None]:
    """Turn what the system says of a file into the error of popsim that names it.

    Raises
    ------
    FileError
        For an error of the system, a full disk for example, while `path` is written.
    """
    try:
        yield
    except FileError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        mend = "make room, or name another folder; then the same command again"
        allowed = "a folder that exists and may be written, on a disk with room"
        raise FileError(Problem(f"writing {path}", (), reason, allowed, mend)) from error
