"""The sampling core: numba and nothing else.

numba keeps compiled code on disk, but looks for edits only in the file of the function itself and not in the files
that it calls. So this package keeps its compiled code in a folder named after a hash of all its sources
(`popsim.compiled`).
"""

from __future__ import annotations

from numba import config

from popsim.compiled import kernels_folder


def _load_kernels() -> None:
    """Import the kernels while numba's cache points at our folder, and put its setting back afterwards."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(kernels_folder())
    try:
        from popsim.kernels import block, elementary, ending, latin, marginals, philox, selection, sobol  # noqa: F401
    finally:
        config.CACHE_DIR = before


_load_kernels()
