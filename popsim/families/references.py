"""Laws made of frozen scipy.stats distributions by other means than the families': what conformance tests compare with.

Quantiles are found by halving alone, on scipy's probabilities; slow, and nothing but tests asks for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["moved", "pooled"]

Floats = NDArray[np.float64]


def moved(law: Any, location: float, scale: float) -> Any:
    """Location + scale x a law; None for none."""
    return None if law is None else _Moved(law, location, scale)


def pooled(laws: Sequence[Any], weights: Sequence[float]) -> Any:
    """Mixture of laws; None where one is none."""
    return None if any(law is None for law in laws) else _Pooled(laws, weights)


class _Moved:
    def __init__(self, law: Any, location: float, scale: float) -> None:
        self.law, self.location, self.scale, self.dist = law, location, scale, law.dist

    def ppf(self, p: ArrayLike) -> Any:
        return self.location + self.scale * self.law.ppf(p)

    def isf(self, q: ArrayLike) -> Any:
        return self.location + self.scale * self.law.isf(q)

    def cdf(self, x: ArrayLike) -> Any:
        # An atom is not missed by rounding: its value comes back within some EPS of the terms.
        y = (np.asarray(x) - self.location) / self.scale
        slack = 4e-16 * (np.abs(x) + abs(self.location)) / self.scale if hasattr(self.law.dist, "pmf") else 0.0
        return self.law.cdf(y + slack)

    def sf(self, x: ArrayLike) -> Any:
        return 1.0 - self.cdf(x)

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
