"""Designs of scenarios: which streams take their points from elsewhere than the counter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.plan.model import Draws, Integers, Words

__all__ = ["Design", "random_design"]


class Design(NamedTuple):
    """Points for some streams; the other streams draw at random.

    Row r of `words` holds 64-bit words, of which the kernel uses the first 52 bits, for the scenarios from `start`
    (even) on. `shared_row` and `own_row` give the row of each stream of a plan, or -1.
    """

    words: Words
    start: int
    shared_row: Integers
    own_row: Integers


def random_design(draws: Draws) -> Design:
    """Give the design in which every stream draws at random."""
    return Design(
        np.empty((0, 0), dtype=np.uint64),
        0,
        np.full(len(draws.shared_stream), -1, dtype=np.int64),
        np.full(len(draws.own_stream), -1, dtype=np.int64),
    )
