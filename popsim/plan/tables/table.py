"""The table of one marginal, and quantiles in closed form, which need none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.triangular import Triangular
from popsim.families.uniform import Uniform
from popsim.layout import EVEN, TRIANGLE

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


def closed_form(shape: Family) -> Table | None:
    """Return what a kernel needs to evaluate the quantile of a standard shape itself; None where it cannot.

    Examples
    --------
    >>> from popsim.families import LogNormal, Triangular
    >>> shape, _, _ = Triangular(2, 3, 6).standard()
    >>> closed_form(shape).numbers.tolist(), closed_form(LogNormal(0, 1))
    ([0.25], None)
    """
    if isinstance(shape, Uniform):
        return Table(EVEN, NOTHING, shape.low, shape.high - shape.low, 0.0)
    if isinstance(shape, Triangular) and (shape.low, shape.high) == (0.0, 1.0):
        return Table(TRIANGLE, np.array([shape.mode_]), 0.0, 1.0, 0.0)
    return None
