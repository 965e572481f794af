"""Uncertain shares of who pays, as a plan stores them: the kind of share of each cost, and what kinds are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers, Words

PARTS = ("cofinancing", "materialised", "agency_fee")
"""What a share is made of: (1 - cofinancing * materialised) * (1 + agency fee) of a cost is to be financed."""


class Shares(NamedTuple):
    """Arrays that are empty where the share of every cost is a number, which `row_share` then holds.

    A kind of share has the three parts of `PARTS`. Each is a number, or the value of a row of the first group, which
    all countries have in common.
    """

    row_kind_of_share: Integers
    """Kind of the share of each row; -1 for a row that is no cost."""
    share_known: Floats
    """(kind, part): the number; 0 where the part is drawn."""
    share_drawn: Integers
    """(kind, part): register that holds the part; -1 where it is a number."""
    share_stream: Words
    """(kind, part): number of the stream that the part is drawn from; 0 where it is a number."""

    def frozen(self) -> Shares:
        """Return the same arrays, no longer writable."""
        for array in self:
            array.setflags(write=False)
        return self

    def __repr__(self) -> str:
        return f"Shares({len(self.share_known)} kinds)"

    @property
    def any(self) -> bool:
        """Return whether any share is uncertain."""
        return len(self.row_kind_of_share) > 0


_NONE = np.zeros((0, len(PARTS)))
NO_SHARES = Shares(np.zeros(0, dtype=np.int64), _NONE, _NONE.astype(np.int64), _NONE.astype(np.uint64)).frozen()
"""Who pays is known, or the study does not say."""
