"""Arrays of numpy, by the type of their entries.

Apart from `popsim.types`, which the command line imports at its start: numpy would make that slower.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Amounts, probabilities, scores."""
Integers = NDArray[np.int64]
"""Counts, and places in other arrays."""
Mask = NDArray[np.bool_]
"""Which entries of another array are meant."""
Words = NDArray[np.uint64]
"""Random bits, 64 at a time, and the numbers of streams of them."""


def pointers(lengths: Sequence[int] | Integers) -> Integers:
    """Return where each item starts in an array that holds all of them one after another, and where the last ends.

    Examples
    --------
    >>> pointers([2, 0, 3]).tolist()
    [0, 2, 2, 5]
    """
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
