"""What is left open once a group of inputs is known: from runs in which the group is held for some scenarios on end.

A block is K scenarios that share the draws of the group and differ in all others. Over many blocks:

    E[y | group]    the mean of a block, but for the error that the mean of K scenarios has. So the quantiles of block
                    means give the shape, and their distance from the mean is scaled to the standard deviation of
                    E[y | group], the root of first-order index times variance, which is known far better: exact for
                    mean and variance whatever the law, and for quantiles where either the law is normal or K large
                    enough for the error of a block mean not to matter.
    width           the distance of two quantiles within a block, averaged over blocks. Quantiles of K scenarios are a
                    little off (0 to 4 % for K = 64); so are those of blocks in which nothing is held, and the ratio of
                    the two is taken, which is off by no more than the laws differ.

Errors are those of a jackknife that leaves out one sixteenth of the blocks at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from popsim.families.base import Floats
from popsim.plan.moves import Integers

__all__ = ["PARTS", "SWING", "Nested", "block_length", "nested"]

PARTS = 16
"""Parts of the jackknife."""
SWING = (0.1, 0.9)
"""Probabilities at which E[y | group] is given."""


class Nested(NamedTuple):
    """Swing (low, high), and the width that is left in terms of the full width, each with its standard error."""

    swing: Floats
    swing_error: Floats
    ratio: float
    ratio_error: float


def block_length(coverage: float) -> int:
    """Give the scenarios of a block: at least three are to be expected beyond either end of the range.

    Examples
    --------
    >>> block_length(0.9), block_length(0.99)
    (64, 1024)
    """
    length = 64
    while length * (1.0 - coverage) / 2.0 < 3.0:
        length *= 2
    return length


def nested(held: Floats, free: Floats, coverage: float, share: float, share_error: float) -> Nested:
    """Summarise a run with a group held, beside one in which nothing is.

    Parameters
    ----------
    held, free
        Results (block, scenario of the block) of both; the same number of blocks, a multiple of `PARTS`.
    coverage
        Of the range whose width is asked for.
    share, share_error
        First-order index of the group. A negative one, which chance can bring about, stands for no swing; the error of
        the swing then says how large it may be.

    Examples
    --------
    >>> free = np.arange(1024.0).reshape(64, 16).T
    >>> found = nested(np.repeat(free[:, :1], 64, axis=1), free, 0.9, 1.0, 0.0)  # the group known, nothing is open
    >>> found.ratio
    0.0
    """
    tail = (1.0 - coverage) / 2.0
    ends = [np.quantile(each, [tail, 1.0 - tail], axis=1, method="median_unbiased") for each in (held, free)]
    widths, all_widths = (upper - lower for lower, upper in ends)
    means = held.mean(axis=1)

    def shape(kept: Integers) -> Floats:
        spread = means[kept].std()
        apart = np.quantile(means[kept], SWING, method="median_unbiased") - means[kept].mean()
        return np.asarray(apart / spread) if spread > 0.0 else np.zeros(2)

    def ratio(kept: Integers) -> Floats:
        full = all_widths[kept].mean()
        return np.array([widths[kept].mean() / full if full > 0.0 else np.nan])

    blocks = np.arange(len(held))
    (left,), (left_error,) = ratio(blocks), _jackknife(ratio, len(held))
    (deviation, deviation_error), whole = _root(share, share_error), free.std()
    places = shape(blocks)
    error = whole * np.hypot(deviation * _jackknife(shape, len(held)), places * deviation_error)
    swing = free.mean() + places * deviation * whole
    return Nested(swing, np.hypot(error, whole / np.sqrt(free.size)), float(left), float(left_error))


def _root(share: float, error: float) -> tuple[float, float]:
    """Root of a share that may have come out negative, and its error, which is finite at zero too."""
    root = np.sqrt(share) if share > 0.0 else 0.0
    return root, error / max(2.0 * root, np.sqrt(error)) if error > 0.0 else 0.0


def _jackknife(statistic: Callable[[Integers], Floats], blocks: int) -> Floats:
    part = np.arange(blocks) % PARTS
    left = np.array([statistic(np.flatnonzero(part != k)) for k in range(PARTS)])
    return np.asarray(np.sqrt((PARTS - 1) / PARTS * ((left - left.mean(axis=0)) ** 2).sum(axis=0)))
