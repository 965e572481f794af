"""Where a law is not smooth: jumps, kinks, atoms, corners and gaps."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Structure"]

Floats = NDArray[np.float64]


class Structure(abc.ABC):
    """What modifiers and tables need to know of a law besides its quantiles.

    The defaults hold for a family whose quantile function is continuous, and for one of separate values (`jumps`); a
    family with lumps of probability among a density says which (`atoms`).
    """

    @abc.abstractmethod
    def _ppf(self, p: Floats) -> Any: ...

    @abc.abstractmethod
    def _cdf(self, x: Floats) -> Any: ...

    @abc.abstractmethod
    def _sf(self, x: Floats) -> Any: ...

    @abc.abstractmethod
    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value."""

    def kinks(self) -> tuple[float, ...]:
        """Probabilities, rising, inside (0, 1), at which the quantile function is not smooth."""
        return ()

    def kink_scores(self) -> Floats:
        """Return normal scores of the kinks, rising; here kinks near probability 1 may keep their digits."""
        from scipy import special

        return np.asarray(special.ndtri(np.array(self.kinks(), dtype=np.float64)))

    def jumps(self) -> tuple[Floats, Floats] | None:
        """For a family of separate values: cumulative probabilities (the last is 1) and rising values; else None."""
        return None

    def steep(self) -> bool:
        """Whether quantiles may jump, or rise so fast that neighbouring floats of probability do not tell them apart.

        A table then need not know a score better than to 1e-12.
        """
        return False

    def atoms(self) -> Floats:
        """Values, rising, that have a probability of their own."""
        steps = self.jumps()
        return np.zeros(0) if steps is None else steps[1]

    def corners(self) -> Floats:
        """Values, rising, inside the support or at its ends, at which the distribution function is not smooth."""
        steps = self.jumps()
        return np.asarray(self._ppf(np.array(self.kinks(), dtype=np.float64))) if steps is None else steps[1]

    def gaps(self) -> list[tuple[float, float]]:
        """Intervals between possible values that hold no probability."""
        ends = np.array([end for end in self.support() if np.isfinite(end)])
        x = np.unique(np.concatenate([self.corners(), ends]))
        with np.errstate(all="ignore"):
            empty = self._cdf(x[:-1]) == self._below(x[1:])
        return [(float(left), float(right)) for left, right in zip(x[:-1][empty], x[1:][empty], strict=True)]

    def _below(self, x: Floats) -> Any:
        """Probability of less than `x`."""
        return self._cdf(np.nextafter(x, -np.inf) if len(self.atoms()) else x)

    def _from(self, x: Floats) -> Any:
        """Probability of `x` or more."""
        return self._sf(np.nextafter(x, -np.inf) if len(self.atoms()) else x)
