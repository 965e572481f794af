"""A probability that is itself uncertain, as the threshold of a normal score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from popsim.families.base import Family, Floats
from popsim.plan.quadrature import expect

__all__ = ["Probit"]

_EDGE = 1e-10


@dataclass(frozen=True, init=False, repr=False)
class Probit(Family):
    """The law of ``ppf(P)`` of the standard normal, where P is a probability that is drawn.

    A P within 1e-10 of 0 or 1 counts as that: no number of scenarios that can be run tells them apart.

    Examples
    --------
    >>> from popsim.families.uniform import Uniform
    >>> Probit(Uniform(0.25, 0.75)).ppf(0.5).item()
    0.0
    """

    family: ClassVar[str] = "probit"
    summary: ClassVar[str] = "an uncertain probability, inside a plan"

    probability: Family

    def __init__(self, probability: Family) -> None:
        self._take(probability=probability)

    def _ppf(self, p: Floats) -> Any:
        return _threshold(self.probability.ppf(p))

    def _isf(self, q: Floats) -> Any:
        return _threshold(self.probability.isf(q))

    def _cdf(self, x: Floats) -> Any:
        from scipy.special import ndtr

        low, high = self.support()
        return np.where(x >= high, 1.0, np.where(x < low, 0.0, self.probability.cdf(ndtr(x))))

    def mean(self) -> float:
        """Return the mean, by quadrature."""
        return expect(self, lambda x: x)

    def std(self) -> float:
        """Return the standard deviation, by quadrature."""
        mean = self.mean()
        return float(np.sqrt(expect(self, lambda x: (x - mean) ** 2)))

    def support(self) -> tuple[float, float]:
        """Return the thresholds of the least and the greatest probability."""
        low, high = _threshold(np.array(self.probability.support())).tolist()
        return low, high

    def mode(self) -> float:
        """Return the threshold of the most likely probability."""
        return float(_threshold(np.array(self.probability.mode())))

    def kinks(self) -> tuple[float, ...]:
        """Return the kinks of the probability, and where it meets the edges."""
        edges = (float(self.probability.cdf(_EDGE)), float(self.probability.cdf(1.0 - _EDGE)))
        inside = {p for p in (*self.probability.kinks(), *edges) if 1e-15 < p < 1.0 - 1e-15}
        return tuple(sorted(inside))

    def jumps(self) -> tuple[Floats, Floats] | None:
        """Return the jumps of a probability of separate values."""
        jumps = self.probability.jumps()
        if jumps is None:
            return None
        cumulative, values = jumps
        return cumulative, np.asarray(_threshold(values), dtype=np.float64)


def _threshold(probability: Floats) -> Any:
    from scipy.special import ndtri

    return ndtri(np.clip(probability, _EDGE, 1.0 - _EDGE))
