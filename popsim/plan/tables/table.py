"""The table of one marginal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.families.base import Floats

__all__ = ["NOTHING", "Table"]

NOTHING: Floats = np.zeros(0)
"""The numbers of a marginal that needs none."""


class Table(NamedTuple):
    """One marginal as a kernel reads it: value = location + scale * T(z), T by `kind` and `numbers`.

    `error` is the largest error found, in units of what is tolerated: at most 1.
    """

    kind: int
    numbers: Floats
    location: float
    scale: float
    error: float
