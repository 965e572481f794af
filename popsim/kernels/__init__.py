"""The sampling core: numba and nothing else.

numba keeps compiled code on disk, but looks for edits only in the file of the function itself and not in the files
that it calls. So this package keeps its compiled code in a folder named after a hash of all its sources.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import platformdirs
from numba import config

from popsim.errors import FileError, Problem

__all__ = ["SOURCE_DIGEST", "cache_folder"]


def _source_digest() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


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


SOURCE_DIGEST = _source_digest()


def _load_kernels() -> None:
    """Import the kernels while numba's cache points at our folder, and put its setting back afterwards."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder(SOURCE_DIGEST))
    try:
        from popsim.kernels import block, elementary, ending, latin, marginals, philox, selection, sobol  # noqa: F401
    finally:
        config.CACHE_DIR = before


_load_kernels()
