"""How kernels are compiled: no global interpreter lock, no branch at divisions.

What takes a numba function longest is not its loops but what surrounds it: wrappers for Python and C, and machine code
of its own beside that within its callers. So only what Python calls has a wrapper and is kept on disk.
"""

from __future__ import annotations

from typing import Any

import numba

# The types that numba states for itself lack these two options.
_NO_C: dict[str, Any] = {"no_cfunc_wrapper": True}
_NO_PYTHON: dict[str, Any] = {"no_cpython_wrapper": True, **_NO_C}

kernel = numba.njit(cache=True, nogil=True, error_model="numpy", **_NO_C)
"""A function that Python calls."""

part = numba.njit(nogil=True, error_model="numpy", **_NO_PYTHON)
"""A function that kernels alone call, compiled once for all places where they do."""

pasted = numba.njit(cache=True, nogil=True, error_model="numpy", inline="always", **_NO_C)
"""A function whose statements become those of its caller before these are compiled, so that a loop with it can be
vector code; for what has few callers. Python may call it too."""
