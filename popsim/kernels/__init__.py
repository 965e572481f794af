"""The sampling core: numba and nothing else.

numba keeps compiled code on disk, but looks for edits only in the file of the function itself and not in the files
that it calls. So this package keeps its compiled code in a folder named after a hash of all its sources.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import platformdirs
from numba import config

__all__ = ["SOURCE_DIGEST", "cache_folder"]


def _source_digest() -> str:
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()


def cache_folder(digest: str) -> Path:
    """Choose where compiled kernels are kept: ``NUMBA_CACHE_DIR``, or the user's cache, or else a temporary folder."""
    stated = os.environ.get("NUMBA_CACHE_DIR")
    folder = (Path(stated) if stated else Path(platformdirs.user_cache_dir("popsim"))) / f"kernels-{digest}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="popsim-kernels-"))


SOURCE_DIGEST = _source_digest()


def _load_kernels() -> None:
    """Import the kernels while numba's cache points at our folder, and put its setting back afterwards."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder(SOURCE_DIGEST))
    try:
        from popsim.kernels import block, elementary, latin, marginals, philox, selection, sobol  # noqa: F401
    finally:
        config.CACHE_DIR = before


_load_kernels()
