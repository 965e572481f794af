"""Laws made of frozen scipy.stats distributions by other means than the families': what conformance tests compare with.

Quantiles are found by halving alone, on scipy's probabilities; slow, and nothing but tests asks for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["moved", "pooled", "truncated"]

Floats = NDArray[np.float64]


def moved(law: Any, location: float, scale: float) -> Any:
    """Location + scale x a law; None for none and for separate values, of which rounding would miss some."""
    return None if law is None or hasattr(law, "pmf") else _Moved(law, location, scale)


def pooled(laws: Sequence[Any], weights: Sequence[float]) -> Any:
    """Mixture of laws; None where one is none."""
    return None if any(law is None for law in laws) else _Pooled(laws, weights)


def truncated(law: Any, low: float, high: float) -> Any:
    """Give a law within bounds; None for none and for one that has no density of scipy's."""
    return _Truncated(law, low, high) if hasattr(law, "pdf") else None


class _Truncated:
    def __init__(self, law: Any, low: float, high: float) -> None:
        ends = law.support()
        self.law, self.low, self.high, self.dist = law, max(low, float(ends[0])), min(high, float(ends[1])), self
        self.below, self.above = float(law.cdf(self.low)), float(law.sf(self.high))
        upper = self.below > 0.5
        self.inside = float(law.sf(self.low)) - self.above if upper else float(law.cdf(self.high)) - self.below

    def _isf(self) -> None:
        """Say that upper quantiles are no lower ones of the rest (see the conformance tests)."""

    def cdf(self, x: ArrayLike) -> Any:
        x = np.clip(x, self.low, self.high)
        upper = 1.0 - (self.law.sf(x) - self.above) / self.inside
        return np.where(self.law.cdf(x) > 0.5, upper, (self.law.cdf(x) - self.below) / self.inside)

    def sf(self, x: ArrayLike) -> Any:
        x = np.clip(x, self.low, self.high)
        lower = 1.0 - (self.law.cdf(x) - self.below) / self.inside
        return np.where(self.law.cdf(x) > 0.5, (self.law.sf(x) - self.above) / self.inside, lower)

    def ppf(self, p: ArrayLike) -> Any:
        return self._quantile(np.asarray(p), 1.0 - np.asarray(p))

    def isf(self, q: ArrayLike) -> Any:
        return self._quantile(1.0 - np.asarray(q), np.asarray(q))

    def _quantile(self, p: Any, q: Any) -> Any:
        lower, upper = self.below + p * self.inside, self.above + q * self.inside
        x = np.where(lower < 0.5, self.law.ppf(np.minimum(lower, 0.5)), self.law.isf(np.clip(upper, 0.0, 1.0)))
        return np.clip(x, self.low, self.high)

    def _moment(self, function: Any) -> float:
        from scipy import integrate

        edges = self.ppf(np.concatenate([[0.0], np.logspace(-12, -1, 12), np.linspace(0.15, 0.85, 15)]))
        edges = np.unique(np.concatenate([edges, self.isf(np.append(np.logspace(-12, -1, 12), 0.0))]))
        pieces = pairwise(edges.tolist())
        parts = [integrate.quad(lambda x: function(x) * self.law.pdf(x), *ends, epsabs=0.0)[0] for ends in pieces]
        return math.fsum(parts) / self.inside

    def mean(self) -> float:
        centre = float(self.ppf(0.5))
        return centre + self._moment(lambda x: x - centre)

    def var(self) -> float:
        mean = self.mean()
        return self._moment(lambda x: (x - mean) ** 2)


class _Moved:
    def __init__(self, law: Any, location: float, scale: float) -> None:
        self.law, self.location, self.scale, self.dist = law, location, scale, law.dist

    def ppf(self, p: ArrayLike) -> Any:
        return self.location + self.scale * self.law.ppf(p)

    def isf(self, q: ArrayLike) -> Any:
        return self.location + self.scale * self.law.isf(q)

    def cdf(self, x: ArrayLike) -> Any:
        return self.law.cdf((np.asarray(x) - self.location) / self.scale)

    def sf(self, x: ArrayLike) -> Any:
        return self.law.sf((np.asarray(x) - self.location) / self.scale)

    def mean(self) -> float:
        return float(self.location + self.scale * self.law.mean())

    def var(self) -> float:
        return float(self.scale**2 * self.law.var())


class _Pooled:
    def __init__(self, laws: Sequence[Any], weights: Sequence[float]) -> None:
        self.laws, self.weights, self.dist = tuple(laws), tuple(weights), self

    def _isf(self) -> None:
        """Say that upper quantiles are no lower ones of the rest (see the conformance tests)."""

    def cdf(self, x: ArrayLike) -> Any:
        return sum(w * law.cdf(x) for w, law in zip(self.weights, self.laws, strict=True))

    def sf(self, x: ArrayLike) -> Any:
        return sum(w * law.sf(x) for w, law in zip(self.weights, self.laws, strict=True))

    def ppf(self, p: ArrayLike) -> Floats:
        target = np.asarray(p, dtype=np.float64)
        return self._halve([law.ppf(target) for law in self.laws], lambda x: self.cdf(x) >= target)

    def isf(self, q: ArrayLike) -> Floats:
        target = np.asarray(q, dtype=np.float64)
        return self._halve([law.isf(target) for law in self.laws], lambda x: self.sf(x) <= target)

    @staticmethod
    def _halve(quantiles: Sequence[Any], reached: Any) -> Floats:
        """Least value that reaches its probability, by halving the floats between the quantiles of the members."""
        low, high = (_ordered(end(quantiles, axis=0)) for end in (np.min, np.max))
        low = low - 1
        for _ in range(66):
            middle = (low >> 1) + (high >> 1) + (low & high & 1)
            there = reached(_ordered(middle, back=True))
            low, high = np.where(there, low, middle), np.where(there, middle, high)
        return np.asarray(_ordered(high, back=True))

    def mean(self) -> float:
        return math.fsum(w * float(law.mean()) for w, law in zip(self.weights, self.laws, strict=True))

    def var(self) -> float:
        mean = self.mean()
        parts = [(w, float(law.var()), float(law.mean())) for w, law in zip(self.weights, self.laws, strict=True)]
        return math.fsum(w * (var + (own - mean) ** 2) for w, var, own in parts)


def _ordered(numbers: Any, back: bool = False) -> Any:
    """Whole numbers in the order of the floats that they stand for, and back."""
    if back:
        whole = np.asarray(numbers, dtype=np.int64)
        return np.where(whole < 0, np.int64(-(2**63)) - whole - 1, whole).astype(np.int64).view(np.float64)
    bits = np.asarray(numbers, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits - 1, bits)
