"""Moments and order statistics of few values by numpy, the same to the bit as those of `popsim.kernels.selection`.

Who reads a finished run, for a report or a budget, has some hundred rows of scenarios: numpy is through with them
before numba has loaded its kernels.
"""

from __future__ import annotations

import numpy as np

from popsim.arrays import Floats

_LANES = 8
"""Partial sums, as in the kernel: with another number the last bits of a sum would differ."""

_UNIT_POWERS = 1_000
"""Units are between 2^-1000 and 2^1000, as in the kernel: their inverses are exact."""


def central_moments_of(values: Floats) -> Floats:
    """Return mean, unit, central moments 2, 4, 6 and 8 in it (sums over n), smallest and largest value of every row.

    Parameters
    ----------
    values
        (row, scenario)

    Returns
    -------
    array
        (row, 8). The unit is a power of two no less than half of what the farthest value is from the mean.

    Examples
    --------
    >>> central_moments_of(np.array([[1.0, 2.0, 3.0, 4.0]]))[:, [0, 1, 2, 3, 6, 7]].tolist()
    [[2.5, 2.0, 0.3125, 0.16015625, 1.0, 4.0]]
    """
    count = values.shape[1]
    lowest, highest = values.min(axis=1), values.max(axis=1)
    # Values that are NaN, infinite or too large for their squares are the caller's to refuse.
    with np.errstate(all="ignore"):
        mean = _sums(values) / count
        unit = _units_of(np.maximum(mean - lowest, highest - mean))
        away = (values - mean[:, np.newaxis]) * (1.0 / unit[:, np.newaxis])
        square = away * away
        fourth = square * square
        powers = [_sums(power) / count for power in (square, fourth, square * fourth, fourth * fourth)]
    return np.stack([mean, unit, *powers, lowest, highest], axis=1)


def _units_of(distances: Floats) -> Floats:
    """Return powers of two above distances, as the kernel chooses them."""
    _, powers = np.frexp(np.where(np.isfinite(distances), distances, 0.0))
    return np.asarray(np.ldexp(1.0, np.clip(powers, -_UNIT_POWERS, _UNIT_POWERS)))


def order_statistics_of(values: Floats, ranks: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
    """Return the values of the ranks, from 0, of every row; shape (row, rank).

    Examples
    --------
    >>> order_statistics_of(np.array([[3.0, 1.0, 2.0]]), np.array([0, 2])).tolist()
    [[1.0, 3.0]]
    """
    return np.asarray(np.sort(values, axis=1)[:, ranks])


def _sums(values: Floats) -> Floats:
    """Return the sum of every row in the order of the kernel: by eight partial sums, the rest with the first."""
    rows, count = values.shape
    whole = count - count % _LANES
    partial = values[:, :whole].reshape(rows, whole // _LANES, _LANES).sum(axis=1)
    for column in range(whole, count):
        partial[:, 0] += values[:, column]
    # Beginning from zero, as the kernel does, no sum is a negative zero.
    return np.asarray(0.0 + np.cumsum(partial, axis=1)[:, -1])
