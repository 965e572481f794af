"""Modified distributions made of frozen scipy.stats distributions, by other means than those of popsim.

Quantiles are found by halving alone, on scipy's probabilities; slow, but independent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popsim.families import Family, Mixture, Scaled, Shifted, Truncated

__all__ = ["reference_of"]

Floats = NDArray[np.float64]


def reference_of(family: Family) -> Any:
    """Return an independent distribution to compare a family with; None where scipy has none to start from."""
    if isinstance(family, Mixture):
        members = [reference_of(member) for member in family.distributions]
        total = math.fsum(family.weights)
        weights = [weight / total for weight in family.weights]
        return None if any(member is None for member in members) else _Pooled(members, weights)
    if not isinstance(family, Shifted | Scaled | Truncated):
        return family.reference()
    inner = reference_of(family.distribution)
    if isinstance(family, Truncated):
        low = -math.inf if family.low is None else family.low
        high = math.inf if family.high is None else family.high
        return _Truncated(inner, low, high) if hasattr(inner, "pdf") else None
    # Rounding would miss some of separate values.
    if inner is None or hasattr(inner, "pmf"):
        return None
    return _Moved(inner, family.by, 1.0) if isinstance(family, Shifted) else _Moved(inner, 0.0, family.by)


class _Truncated:
    def __init__(self, whole: Any, low: float, high: float) -> None:
        ends = whole.support()
        self.whole, self.low, self.high, self.dist = whole, max(low, float(ends[0])), min(high, float(ends[1])), self
        self.below, self.above = float(whole.cdf(self.low)), float(whole.sf(self.high))
        upper = self.below > 0.5
        self.inside = float(whole.sf(self.low)) - self.above if upper else float(whole.cdf(self.high)) - self.below

    def _isf(self) -> None:
        """Mark that `isf` is not ``ppf(1 - q)``: conformance tests look for that."""

    def cdf(self, x: ArrayLike) -> Any:
        x = np.clip(x, self.low, self.high)
        upper = 1.0 - (self.whole.sf(x) - self.above) / self.inside
        return np.where(self.whole.cdf(x) > 0.5, upper, (self.whole.cdf(x) - self.below) / self.inside)

    def sf(self, x: ArrayLike) -> Any:
        x = np.clip(x, self.low, self.high)
        lower = 1.0 - (self.whole.cdf(x) - self.below) / self.inside
        return np.where(self.whole.cdf(x) > 0.5, (self.whole.sf(x) - self.above) / self.inside, lower)

    def ppf(self, p: ArrayLike) -> Any:
        return self._quantile(np.asarray(p), 1.0 - np.asarray(p))

    def isf(self, q: ArrayLike) -> Any:
        return self._quantile(1.0 - np.asarray(q), np.asarray(q))

    def _quantile(self, p: Any, q: Any) -> Any:
        lower, upper = self.below + p * self.inside, self.above + q * self.inside
        x = np.where(lower < 0.5, self.whole.ppf(np.minimum(lower, 0.5)), self.whole.isf(np.clip(upper, 0.0, 1.0)))
        return np.clip(x, self.low, self.high)

    def _moment(self, function: Any) -> float:
        from scipy import integrate

        edges = self.ppf(np.concatenate([[0.0], np.logspace(-12, -1, 12), np.linspace(0.15, 0.85, 15)]))
        edges = np.unique(np.concatenate([edges, self.isf(np.append(np.logspace(-12, -1, 12), 0.0))]))
        pieces = pairwise(edges.tolist())
        parts = [integrate.quad(lambda x: function(x) * self.whole.pdf(x), *ends, epsabs=0.0)[0] for ends in pieces]
        return math.fsum(parts) / self.inside

    def mean(self) -> float:
        centre = float(self.ppf(0.5))
        return centre + self._moment(lambda x: x - centre)

    def var(self) -> float:
        mean = self.mean()
        return self._moment(lambda x: (x - mean) ** 2)


class _Moved:
    def __init__(self, whole: Any, location: float, scale: float) -> None:
        self.whole, self.location, self.scale, self.dist = whole, location, scale, whole.dist

    def ppf(self, p: ArrayLike) -> Any:
        return self.location + self.scale * self.whole.ppf(p)

    def isf(self, q: ArrayLike) -> Any:
        return self.location + self.scale * self.whole.isf(q)

    def cdf(self, x: ArrayLike) -> Any:
        return self.whole.cdf((np.asarray(x) - self.location) / self.scale)

    def sf(self, x: ArrayLike) -> Any:
        return self.whole.sf((np.asarray(x) - self.location) / self.scale)

    def mean(self) -> float:
        return float(self.location + self.scale * self.whole.mean())

    def var(self) -> float:
        return float(self.scale**2 * self.whole.var())


class _Pooled:
    def __init__(self, members: Sequence[Any], weights: Sequence[float]) -> None:
        self.members, self.weights, self.dist = tuple(members), tuple(weights), self

    def _isf(self) -> None:
        """Mark that `isf` is not ``ppf(1 - q)``: conformance tests look for that."""

    def cdf(self, x: ArrayLike) -> Any:
        return sum(w * member.cdf(x) for w, member in zip(self.weights, self.members, strict=True))

    def sf(self, x: ArrayLike) -> Any:
        return sum(w * member.sf(x) for w, member in zip(self.weights, self.members, strict=True))

    def ppf(self, p: ArrayLike) -> Floats:
        target = np.asarray(p, dtype=np.float64)
        return self._halve([member.ppf(target) for member in self.members], lambda x: self.cdf(x) >= target)

    def isf(self, q: ArrayLike) -> Floats:
        target = np.asarray(q, dtype=np.float64)
        return self._halve([member.isf(target) for member in self.members], lambda x: self.sf(x) <= target)

    @staticmethod
    def _halve(quantiles: Sequence[Any], reached: Any) -> Floats:
        """Return the least value that reaches its probability, by halving the floats between the members' quantiles."""
        low, high = (_ordered(end(quantiles, axis=0)) for end in (np.min, np.max))
        low = low - 1
        for _ in range(66):
            middle = (low >> 1) + (high >> 1) + (low & high & 1)
            there = reached(_ordered(middle, back=True))
            low, high = np.where(there, low, middle), np.where(there, middle, high)
        return np.asarray(_ordered(high, back=True))

    def mean(self) -> float:
        return math.fsum(w * float(member.mean()) for w, member in zip(self.weights, self.members, strict=True))

    def var(self) -> float:
        mean = self.mean()
        parts = [
            (w, float(member.var()), float(member.mean())) for w, member in zip(self.weights, self.members, strict=True)
        ]
        return math.fsum(w * (var + (own - mean) ** 2) for w, var, own in parts)


def _ordered(numbers: Any, back: bool = False) -> Any:
    """Return whole numbers in the order of the floats that they stand for, and back."""
    if back:
        whole = np.asarray(numbers, dtype=np.int64)
        return np.where(whole < 0, np.int64(-(2**63)) - whole - 1, whole).astype(np.int64).view(np.float64)
    bits = np.asarray(numbers, dtype=np.float64).view(np.int64)
    return np.where(bits < 0, np.int64(-(2**63)) - bits - 1, bits)
