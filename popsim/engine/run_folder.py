"""The life of a run folder: begun beside its place, filled, and put there when it is complete.

A run of the folder ``results/pops`` is made in ``results/.pops.unfinished``, under a lock that ``results/.pops.lock``
stands for. Its request, what was asked of which study, is written before anything is computed, so that a run that is
stopped can go on. At the end the old run, where there is one, moves to ``results/.pops.replaced``, the new one takes
its place, and the old one is removed. The old or the new run is whole at every step.
"""

from __future__ import annotations

import glob
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from popsim.engine import files
from popsim.engine.manifest import foreign_files
from popsim.errors import FileError, Problem, RunError, visible_json, words
from popsim.schema import PLAN_FILE, REQUEST_FILE, STORE_FILE
from popsim.version import __version__

_UNFINISHED, _REPLACED, _LOCK = ".unfinished", ".replaced", ".lock"
_ENDINGS = (_UNFINISHED, _REPLACED, f"{_UNFINISHED}{files.REMOVING}", f"{_REPLACED}{files.REMOVING}")
_WITHIN = (
    f".*{files.PARTIAL}",
    f".*{files.PARTIAL}{files.REMOVING}",
    f"{STORE_FILE}/.*{files.PARTIAL}",
    f"{STORE_FILE}/*/.*{files.PARTIAL}",
)
"""Patterns of what is left in the folder of a run, and in its store where a range was drawn again."""
RESERVED = (*_ENDINGS, _LOCK)
"""Endings of names, with a dot before them, that folders of runs cannot have."""
_PATIENCE = 0.5
"""Seconds after which a lock counts as held: what a process leaves behind may hold it a moment longer than itself."""
_HOLDER = b"process "
"""What a lock says first, before its holder."""
_LOCKED_BYTE = 2**30
"""Windows lets nobody read what is locked: a byte behind the name of the holder."""


@dataclass(frozen=True)
class Request:
    """What was asked of a command that takes long: enough to go on with it.

    Examples
    --------
    >>> request = Request("run", "1f0a", {"formats": ["html"]})
    >>> Request.read(request.text(), "request.json") == request
    True
    """

    command: str
    """Name of the command, such as run."""
    plan_digest: str
    """Of the plan whose scenarios are drawn."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What else was asked: text, numbers, truth values and lists of these."""
    popsim_version: str = __version__

    def text(self) -> str:
        """Return the request as JSON."""
        return visible_json(json.dumps(asdict(self), indent=2, ensure_ascii=False)) + "\n"

    @classmethod
    def read(cls, text: str, file: str) -> Request:
        """Return the request that a text of JSON states.

        Parameters
        ----------
        text
            As `text` gives it.
        file
            Name of the file, for the message.

        Raises
        ------
        RunError
            When the text is none.
        """
        try:
            found = cls(**json.loads(text))
        except (ValueError, TypeError):
            allowed, mend = "a request that popsim wrote", "`popsim clean` removes what cannot go on"
            raise RunError(Problem(file, (), "no request, or a damaged one", allowed, mend)) from None
        return found


def unfinished_of(target: Path) -> Path:
    """Return the folder in which a run of `target` is made.

    Examples
    --------
    >>> unfinished_of(Path("results/pops")).as_posix()
    'results/.pops.unfinished'
    """
    return _beside(target, _UNFINISHED)


def replaced_of(target: Path) -> Path:
    """Return the folder that holds the old run while the new one takes its place.

    Examples
    --------
    >>> replaced_of(Path("results/pops")).as_posix()
    'results/.pops.replaced'
    """
    return _beside(target, _REPLACED)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f".{target.name}{ending}")


def request_of(folder: Path) -> Request | None:
    """Return the request in a folder; None where there is none.

    Raises
    ------
    RunError
        When it is damaged.
    FileError
        When it cannot be read.
    """
    path = folder / REQUEST_FILE
    try:
        return Request.read(path.read_text(encoding="utf-8"), str(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        return Request.read("", str(path))
    except OSError as error:
        allowed = "a file that can be read"
        raise FileError(Problem(str(path), (), error.strerror or str(error), allowed)) from error


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Lock a run folder: no other process makes or changes this run meanwhile.

    The lock is the operating system's own on a file beside the folder. It ends with the process, however that ends,
    and holds across containers and machines that share the folder.

    Raises
    ------
    FileError
        When another process holds the lock, or the folder cannot be written.
    """
    path = _beside(target, _LOCK)
    is_new = not target.parent.exists()
    with files.said_where(target):
        files.make_folder(target.parent)
        end = time.monotonic() + _PATIENCE
        while (descriptor := _acquired(path)) is None and time.monotonic() < end:
            time.sleep(_PATIENCE / 20)
    if descriptor is None:
        raise _held(target)
    try:
        yield
    finally:
        if os.name != "nt":  # while it is held, so that nobody is waiting for a file without a name
            path.unlink(missing_ok=True)
        os.close(descriptor)
        if os.name == "nt":
            with suppress(OSError):
                path.unlink()
        if is_new:  # and still empty: nothing was made
            with suppress(OSError):
                target.parent.rmdir()


@contextmanager
def idle(target: Path) -> Iterator[None]:
    """Lock a run folder where a lock is there, and leave its file as it is: for who only looks.

    Raises
    ------
    FileError
        When another process holds the lock, or it cannot be read.
    """
    descriptor = None
    with files.said_where(target), suppress(FileNotFoundError):
        descriptor = os.open(_beside(target, _LOCK), os.O_RDONLY)
    if descriptor is None:
        yield
        return
    try:
        end = time.monotonic() + _PATIENCE
        while not _lock(descriptor):
            if time.monotonic() > end:
                raise _held(target)
            time.sleep(_PATIENCE / 20)
        yield
    finally:
        os.close(descriptor)


def _held(target: Path) -> FileError:
    """Return that another process holds the lock of a run, and which."""
    holder = ""
    with suppress(OSError):
        holder = _beside(target, _LOCK).read_text(encoding="utf-8").strip()
    found = f"another popsim at work on it{f' ({holder})' if holder else ''}"
    mend = "wait until it is done, stop it, or name another folder"
    return FileError(Problem(str(target), (), found, "one popsim at a time", mend))


def _acquired(path: Path) -> int | None:
    """Return the descriptor of the lock, which names its holder; None where another process has it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            if not _lock(descriptor):
                os.close(descriptor)
                return None
            # Who held it before may have removed the file since it was opened: then this is the lock of nothing.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), path.stat()):
                    # On a full disk the lock holds without a name in it, so that `popsim clean` can make room.
                    with suppress(OSError):
                        os.truncate(descriptor, 0)
                        os.write(descriptor, _HOLDER + f"{os.getpid()} on {platform.node()}\n".encode())
                    return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open file without waiting; return whether that worked."""
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def begin(target: Path, request: Request, write: Callable[[Path], None]) -> Path:
    """Make the folder of a new run, empty but for what `write` puts into it and the request; return it.

    Parameters
    ----------
    target
        The folder of the run; its lock is held, and what is unfinished of another run is no longer wanted.
    request
        What is asked.
    write
        Writes what belongs to the request, such as the study, into the folder that it is given.

    Raises
    ------
    FileError
        When the folder cannot be written.
    """
    folder = unfinished_of(target)
    with files.said_where(folder):
        discard(target)
        files.make_folder(folder)
        write(folder)
        # Last: a folder without a request holds nothing that was computed.
        files.write_text(folder / REQUEST_FILE, request.text())
    return folder


def discard(target: Path) -> None:
    """Remove what is unfinished of a run whose lock is held."""
    with files.said_where(unfinished_of(target)):
        files.remove(unfinished_of(target))


def finish(target: Path) -> None:
    """Put the complete run in its place; the old one stays until that has worked.

    Raises
    ------
    FileError
        When that cannot be done; the old run then stays, and so does the new one, beside it.
    """
    made, aside = unfinished_of(target), replaced_of(target)
    with files.said_where(target):
        # What was being written or removed when the process was stopped before.
        for ending in (files.PARTIAL, files.REMOVING):
            for path in list(made.rglob(f"*{ending}")):
                files.remove(path)
        files.flush_all(made)
        if not target.exists():
            files.rename(made, target)
            return
        if foreign := foreign_files(target):  # put there since the run began
            found, allowed = f"{words(foreign, 3)}, which would be deleted", "a run of popsim and nothing else"
            mend = "move what is yours elsewhere; then popsim resume puts the new run in its place"
            raise FileError(Problem(str(target), (), found, allowed, mend))
        try:
            files.rename(target, aside)
            files.rename(made, target)
        except OSError:
            recover(target)
            raise
        files.remove(aside)


def recover(target: Path) -> None:
    """Complete what a process was stopped in while it put a run, or a folder of documents, in its place.

    The lock is held.

    Raises
    ------
    RunError
        When something else has come into the place of the old run.
    FileError
        When the folders cannot be renamed.
    """
    aside = replaced_of(target)
    with files.said_where(target):
        for path in _documents_aside(target):
            files.rename(path, target / path.name.removesuffix(files.REMOVING))
        if not aside.is_dir():
            return
        if target.is_dir() and not any(target.iterdir()):
            target.rmdir()
        if not target.exists():
            files.rename(aside, target)
        elif not unfinished_of(target).exists() and (target / PLAN_FILE).is_file():
            files.remove(aside)
        else:
            found = f"a run that was moved to {aside}, and {target} beside it"
            mend = "move one of the two away"
            raise RunError(Problem(str(target), (), found, "one of the two", mend))


def ensure_found(target: Path) -> None:
    """Put back what a process was replacing when it was stopped: a run, or a folder of its documents; else do nothing.

    For commands that only read: where the folder cannot be written, or another process is at work, all stays.
    """
    if (not target.exists() and replaced_of(target).is_dir()) or _documents_aside(target):
        with suppress(FileError), locked(target):
            recover(target)


def _documents_aside(target: Path) -> list[Path]:
    """Return folders of documents that were moved aside within a run, and whose places are empty."""
    found = target.glob(f".*{files.PARTIAL}/*{files.REMOVING}")
    return [path for path in found if not (target / path.name.removesuffix(files.REMOVING)).exists()]


def leftovers_of(target: Path) -> list[Path]:
    """Return what processes that were stopped have left of a run, beside its folder and in it, in order of names."""
    name = glob.escape(target.name)
    beside = [path for ending in _ENDINGS for path in target.parent.glob(f".{name}{ending}")]
    return sorted({*beside, *(path for pattern in _WITHIN for path in target.glob(pattern))})


def left_locks(target: Path) -> list[Path]:
    """Return the file of the lock of a run where there is one: none or one; a process that was killed leaves it."""
    path = _beside(target, _LOCK)
    return [path] if _is_lock(path) else []


def _is_lock(path: Path) -> bool:
    """Return whether a file is the lock of a run, as `locked` writes it, and not somebody's own."""
    try:
        with path.open("rb") as file:
            return file.read(len(_HOLDER)) == _HOLDER
    except OSError:
        return False


def stopped_runs_in(folder: Path) -> list[Path]:
    """Return the folders of the runs in a folder of which something is left, whether the runs are there or not."""
    found = {
        path.with_name(path.name.removeprefix(".").removesuffix(ending))
        for ending in (*_ENDINGS, _LOCK)
        for path in folder.glob(f".*{ending}")
        if ending != _LOCK or _is_lock(path)
    }
    within = {path.relative_to(folder).parts[0] for pattern in _WITHIN for path in folder.glob(f"*/{pattern}")}
    return sorted({*found, *(folder / name for name in within if not name.endswith(_ENDINGS))})
