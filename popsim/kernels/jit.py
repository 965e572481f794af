"""How kernels are compiled: no global interpreter lock, no branch at divisions, kept on disk."""

from __future__ import annotations

import numba

__all__ = ["inlined", "kernel"]

kernel = numba.njit(cache=True, nogil=True, error_model="numpy")
"""A function over a block of scenarios."""

inlined = numba.njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
"""A function of one element: part of its caller's loop, or the loop is no vector code."""
