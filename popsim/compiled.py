"""Where compiled kernels are kept, and whether they are there: asked without numba, which is slow to load."""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import platformdirs

from popsim.errors import FileError, Problem

KERNELS = Path(__file__).parent / "kernels"


def source_digest() -> str:
    """Return a hash of the sources of all kernels."""
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(KERNELS.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


@functools.cache
def kernels_folder() -> Path:
    """Return the folder of this process, as `cache_folder` chooses it, and stay with it: some are made anew.

    Raises
    ------
    FileError
        When no folder can be written.
    """
    return cache_folder(source_digest())


def cache_folder(digest: str) -> Path:
    """Choose where compiled kernels are kept: ``NUMBA_CACHE_DIR``, or the user's cache, or else a temporary folder.

    Raises
    ------
    FileError
        When none of them can be written.
    """
    stated = os.environ.get("NUMBA_CACHE_DIR")
    folder = (Path(stated) if stated else Path(platformdirs.user_cache_dir("popsim"))) / f"kernels-{digest}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    try:
        return _temporary_folder(digest)
    except OSError as error:
        found = f"neither {folder} nor a temporary folder can be written ({error.strerror or error})"
        mend = "name a folder with NUMBA_CACHE_DIR in the environment"
        raise FileError(Problem("compiled code", (), found, "a folder to keep it in", mend)) from None


def _temporary_folder(digest: str) -> Path:
    """Return a folder that the next process finds again, as long as nobody else can write to it; else a new one."""
    if os.name != "nt":
        folder = Path(tempfile.gettempdir(), f"popsim-kernels-{os.getuid()}-{digest}")
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        about = folder.lstat()
        if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o022:
            return folder
    return Path(tempfile.mkdtemp(prefix="popsim-kernels-"))


def are_compiled() -> bool:
    """Return whether the kernels of a run were found compiled before, by the same numba for the same files.

    Raises
    ------
    FileError
        When no folder can be written.
    """
    return _sign().exists()


def note_compiled() -> None:
    """Note that the kernels of a run are compiled. Without the note, they are looked for again.

    Raises
    ------
    FileError
        When no folder can be written.
    """
    with suppress(OSError):
        _sign().touch()


def _sign() -> Path:
    """Return the file whose presence says so; numba compiles again what was installed or edited since."""
    numba = find_spec("numba")
    files = [*sorted(KERNELS.glob("*.py")), *([Path(numba.origin)] if numba is not None and numba.origin else [])]
    state = "\n".join(f"{path} {path.stat().st_mtime_ns}" for path in files)
    digest = hashlib.blake2b(f"{sys.version}\n{state}".encode(), digest_size=8)
    return kernels_folder() / f"compiled-{digest.hexdigest()}"
