"""Roots of covariances that may be singular: what is perfectly correlated is drawn from the same normals, exactly."""

from __future__ import annotations

import numpy as np

from popsim.families.base import Floats

__all__ = ["lower_root"]

_NULL = 1e-14
"""A variance that is left of 1 below this is rounding: the direction is a null one."""


def lower_root(covariance: Floats) -> Floats:
    """Factor a positive semidefinite matrix as L L^T with L lower triangular; a null direction gives a zero column.

    Parameters
    ----------
    covariance
        Shape (n, n), symmetric, without an eigenvalue below 0 but for rounding; variances of at most 1.

    Returns
    -------
    numpy.ndarray
        Shape (n, n). Rows that are equal in `covariance`, or opposite, are so in the result, to the last bit.

    Examples
    --------
    >>> lower_root(np.array([[1.0, -1.0], [-1.0, 1.0]])).tolist()
    [[1.0, 0.0], [-1.0, 0.0]]
    """
    root = np.zeros_like(covariance)
    for j in range(len(covariance)):
        copied = _copied(covariance, j)
        if copied is not None:
            # Computed by itself it could differ from the row that it copies, in the last bits.
            root[j, :j] = copied[1] * root[copied[0], :j]
            continue
        pivot = covariance[j, j] - root[j, :j] @ root[j, :j]
        if pivot > _NULL:
            root[j, j] = np.sqrt(pivot)
            root[j + 1 :, j] = (covariance[j + 1 :, j] - root[j + 1 :, :j] @ root[j, :j]) / root[j, j]
    return root


def _copied(covariance: Floats, j: int) -> tuple[int, float] | None:
    """Return an earlier row that row j equals, or is the opposite of, and the sign between them."""
    row = covariance[j]
    for i in np.flatnonzero(np.abs(row[:j]) == row[j]).tolist():
        sign = -1.0 if row[i] < 0.0 else 1.0
        if (covariance[i] == sign * row).all():
            return i, sign
    return None
