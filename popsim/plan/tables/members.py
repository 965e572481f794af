"""Families of one class, seen through their normal scores, with what is needed to judge an approximation of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy import special

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.layout import SCORE_LIMIT

BODY = 5.0
"""Scores up to here in size are the body of a distribution, all but 6e-7 of the draws; beyond is tail."""

BODY_TOLERANCE = 2e-9
"""Largest error of a table in the body, relative to its scale (see `tolerance`)."""

TAIL_TOLERANCE = 1e-7
"""Largest error of a table in the tails, relative to its scale."""

REFERENCES: Floats = np.array([-SCORE_LIMIT, -1.6448536, 0.0, 1.6448536, SCORE_LIMIT])
"""Scores of the lowest, the 5 %, the middle, the 95 % and the highest quantile."""

LOG_FLOOR = -690.0


def score_quantile(family: Family, z: Floats) -> Floats:
    """Return the quantile at the probability of a normal score, exact in both tails.

    Examples
    --------
    >>> from popsim.families import Uniform
    >>> score_quantile(Uniform(0, 2), np.array([0.0])).item()
    1.0
    """
    below = family.ppf(special.ndtr(np.minimum(z, 0.0)))
    above = family.isf(special.ndtr(-np.maximum(z, 0.0)))
    return np.where(z < 0.0, below, above)


def tolerance(values: Floats, z: Floats, median: Floats | float, width: Floats | float) -> Floats:
    """Return the tolerated error: relative to P5-P95 width or distance from the median, the larger; looser in tails."""
    relative = np.where(np.abs(z) <= BODY, BODY_TOLERANCE, TAIL_TOLERANCE)
    return relative * np.maximum(width, np.abs(values - median))


class Members:
    """Families of one class, of one structure and with as many kinks, none with jumps.

    Arrays have one row per member. No row depends on another: what is computed is elementwise along members.
    """

    def __init__(
        self,
        families: Sequence[Family],
        kinks: Sequence[Floats],
        references: Floats | None = None,
    ) -> None:
        self.families, self._kinks = tuple(families), tuple(kinks)
        cls = type(self.families[0])
        self.stack = cls.stack(self.families) if cls.stackable else None
        self._references = references

    def __len__(self) -> int:
        return len(self.families)

    def pick(self, rows: Sequence[int]) -> Members:
        """Return some of the members."""
        if len(rows) == len(self):
            return self
        families, kinks = [self.families[row] for row in rows], [self._kinks[row] for row in rows]
        return Members(families, kinks, None if self._references is None else self._references[list(rows)])

    @property
    def references(self) -> Floats:
        """Quantiles at `REFERENCES`, one row per member."""
        if self._references is None:
            self._references = self.quantiles(REFERENCES)
        return self._references

    def judged_by(self, references: Floats) -> Members:
        """Return the same members with quantiles at `REFERENCES` from elsewhere."""
        other = Members.__new__(Members)
        other.families, other._kinks, other.stack = self.families, self._kinks, self.stack
        other._references = references
        return other

    @cached_property
    def median(self) -> Floats:
        """Middle value, as a column."""
        return self.references[:, 2:3]

    @cached_property
    def width(self) -> Floats:
        """What errors are measured by, as a column: from P5 to P95; where they coincide, what the body spans."""
        width = self.references[:, 3:4] - self.references[:, 1:2]
        if not width.all():
            ends = self.quantiles(np.array([-BODY, BODY]))
            width = np.where(width == 0.0, ends[:, 1:] - ends[:, :1], width)
        return width

    @cached_property
    def floor(self) -> Floats:
        """Lower limit, as a column; NaN where there is none."""
        if self.stack is not None:
            lowest = np.broadcast_to(self.stack.ppf(np.zeros(1)), (len(self), 1))
        else:
            lowest = np.array([[family.support()[0]] for family in self.families])
        return np.where(np.isfinite(lowest), lowest, np.nan)

    @property
    def steep(self) -> bool:
        """Return whether some member is steep."""
        return any(family.steep() for family in self.families)

    @cached_property
    def kinks(self) -> Floats:
        """Scores of the kinks, rising, one row per member."""
        return np.array(self._kinks)

    def quantiles(self, z: Floats) -> Floats:
        """Return quantiles at scores, shape (scores,) for all or (members, scores) for each: one row per member."""
        if self.stack is None:
            each = np.broadcast_to(z, (len(self), z.shape[-1]))
            return np.stack([score_quantile(family, row) for family, row in zip(self.families, each, strict=True)])
        # Scores that more or less rise: columns that lie on one side of zero for all members need one end only.
        above = z >= 0.0
        count = z.shape[-1]
        some = np.flatnonzero(above if above.ndim == 1 else above.any(axis=0))
        others = np.flatnonzero(~above if above.ndim == 1 else ~above.all(axis=0))
        start = int(some[0]) if len(some) else count
        stop = max(start, int(others[-1]) + 1 if len(others) else 0)
        out = np.empty((len(self), count))
        with np.errstate(all="ignore"):
            if start:
                out[:, :start] = self.stack._ppf(special.ndtr(z[..., :start]))
            if start < stop:
                out[:, start:stop] = score_quantile(self.stack, z[..., start:stop])
            if stop < count:
                out[:, stop:] = self.stack._isf(special.ndtr(-z[..., stop:]))
        return out

    def logs(self, values: Floats) -> Floats:
        """Return log(T - floor), kept above a limit where T underflows; the check sees the values themselves."""
        with np.errstate(all="ignore"):
            return np.maximum(np.log(values - self.floor), LOG_FLOOR)

    def error(self, true: Floats, z: Floats, approximation: Floats) -> Floats:
        """Return the size of the error in units of what is tolerated."""
        with np.errstate(all="ignore"):
            return np.abs(approximation - true) / tolerance(true, z, self.median, self.width)
