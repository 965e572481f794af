"""Quantiles in closed form, for a row whose score no other depends on: it needs neither score nor table."""

from __future__ import annotations

import numpy as np

from popsim.families.base import Family
from popsim.families.triangular import Triangular
from popsim.families.uniform import Uniform
from popsim.layout import EVEN, TRIANGLE
from popsim.plan.tables.table import NOTHING, Table

__all__ = ["closed_form"]


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
