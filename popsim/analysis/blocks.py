"""Sums and spreads over scenarios whose terms are made some scenarios at a time.

What is summed, such as the products of two rows of scenarios, would take as much memory as a row, several times over;
made a block at a time it takes none to speak of, and stays in the caches of the processor. Blocks are those in which
numpy itself adds a row that lies in memory, so that sums are the same to the last bit as those of ``terms.sum()``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from popsim.arrays import Floats

BLOCK = 1 << 16
"""Scenarios of a block, at most."""

_LANES = 8
"""Numpy halves a row at multiples of so many numbers, which it adds side by side."""

Terms = Callable[[slice], Floats]
"""From some scenarios to terms of a sum; scenarios are on the last axis."""


def blocks_of(count: int) -> Iterator[slice]:
    """Yield the blocks of so many scenarios, in order.

    Examples
    --------
    >>> list(blocks_of(100_000))
    [slice(0, 50000, None), slice(50000, 100000, None)]
    """
    yield from _blocks(0, count)


def _blocks(start: int, stop: int) -> Iterator[slice]:
    if stop - start <= BLOCK:
        yield slice(start, stop)
        return
    middle = _middle(start, stop)
    yield from _blocks(start, middle)
    yield from _blocks(middle, stop)


def _middle(start: int, stop: int) -> int:
    half = (stop - start) // 2
    return start + half - half % _LANES


def sum_of(count: int, terms: Terms) -> Floats:
    """Return the sums of terms over so many scenarios.

    Examples
    --------
    >>> values = np.random.default_rng(1).random(1_000_003)
    >>> sum_of(len(values), lambda part: np.square(values[part])) == np.square(values).sum()
    np.True_
    """
    return _sum_between(0, count, terms)[()]


def _sum_between(start: int, stop: int, terms: Terms) -> Floats:
    # Not a function within the other: one that calls itself holds what it sums until reference cycles are searched for.
    if stop - start <= BLOCK:
        return np.asarray(terms(slice(start, stop)).sum(axis=-1))
    middle = _middle(start, stop)
    return np.asarray(_sum_between(start, middle, terms) + _sum_between(middle, stop, terms))


def mean_of(count: int, terms: Terms) -> Floats:
    """Return the means of terms over so many scenarios, as ``terms.mean()`` does."""
    return sum_of(count, terms) / count


def std_of(count: int, terms: Terms) -> Floats:
    """Return the standard deviations (over n) of terms over so many scenarios, as ``terms.std()`` does.

    Examples
    --------
    >>> values = np.random.default_rng(1).random((2, 100_003))
    >>> (std_of(100_003, lambda part: 1.0 / values[:, part]) == (1.0 / values).std(axis=-1)).tolist()
    [True, True]
    """
    mean = np.asarray(mean_of(count, terms))[..., np.newaxis]
    return np.sqrt(mean_of(count, lambda part: np.square(terms(part) - mean)))
