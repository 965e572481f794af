"""Sums of waiting times; a tail lighter than the log-normal's."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
import scipy

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.families.elicitation import TwoQuantiles
from popsim.families.parameters import call_of, parameter
from popsim.families.roots import find_root
from popsim.families.series import gamma_series

_SHAPES = 0.02, 5e5
"""Beyond the larger one, quantiles of scipy at some probabilities are off by 1e-6 of the width and more."""


class Gamma(TwoQuantiles):
    """Gamma distribution: ``Q(p) = scale P^-1(shape, p)`` with P the regularised lower incomplete gamma function.

    Use it for a positive cost that is the sum of many small ones (days of work, consignments); its tail is lighter than
    that of a log-normal with the same quantiles.

    Parameters
    ----------
    shape
        Shape (no unit); from 0.02 to 5e5. The coefficient of variation is ``1 / sqrt(shape)``.
    scale
        Scale, in the unit of the quantity; ``scale > 0``. The mean is ``shape x scale``.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Johnson, Kotz and Balakrishnan (1994), Continuous Univariate Distributions, vol. 1, chapter 17.

    Examples
    --------
    >>> Gamma(shape=4, scale=0.5).mean()
    2.0
    """

    family = "gamma"
    summary = "a positive cost that is the sum of many small ones; lighter tail than lognormal"
    stackable = True
    positive = True

    shape: float = parameter(
        least=_SHAPES[0],
        most=_SHAPES[1],
        mend="use Normal for a large shape, Discrete for a value that is almost always zero",
    )
    scale: float = parameter(above=0.0, mend="for zero use Constant")

    def _ppf(self, p: Floats) -> Any:
        return self.scale * scipy.special.gammaincinv(self.shape, p)

    def _isf(self, q: Floats) -> Any:
        return self.scale * scipy.special.gammainccinv(self.shape, q)

    def _cdf(self, x: Floats) -> Any:
        return scipy.special.gammainc(self.shape, np.maximum(x, 0.0) / self.scale)

    def _sf(self, x: Floats) -> Any:
        return scipy.special.gammaincc(self.shape, np.maximum(x, 0.0) / self.scale)

    def taylor(self, z: Floats, order: int, logarithm: bool) -> Floats:
        """Return the series of the quantile or of its log about rising normal scores, from one inverse each."""
        with np.errstate(all="ignore"):
            low, high = scipy.special.ndtr(z[z < 0.0]), scipy.special.ndtr(-z[z >= 0.0])
            x = np.concatenate(
                [scipy.special.gammaincinv(self.shape, low), scipy.special.gammainccinv(self.shape, high)], axis=-1
            )
            series = gamma_series(self.shape, z, x, order, logarithm)
            if logarithm:
                series[0] += np.log(self.scale)
            else:
                series *= self.scale
        return series

    def mean(self) -> float:
        """Return ``shape x scale``."""
        return self.shape * self.scale

    def std(self) -> float:
        """Return ``sqrt(shape) scale``."""
        return math.sqrt(self.shape) * self.scale

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, math.inf

    def mode(self) -> float:
        """Return ``(shape - 1) scale``; zero up to shape 1, where the density peaks at zero."""
        return max(0.0, self.shape - 1.0) * self.scale

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``Gamma(shape, 1)``."""
        return Gamma._trusted(shape=self.shape, scale=1.0), 0.0, self.scale

    @classmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        """Solve for the shape, of which there is one at most since the ratio of quantiles falls as it grows."""
        (p1, x1), (p2, x2) = first, second

        def excess(log_shape: float) -> float:
            low, high = scipy.special.gammaincinv(math.exp(log_shape), [p1, p2])
            return math.log(high / low) - math.log(x2 / x1) if low > 0.0 else math.inf

        start, stop = math.log(_SHAPES[0]), math.log(_SHAPES[1])
        if not excess(start) > 0.0 > excess(stop):
            widest, narrowest = excess(start) + math.log(x2 / x1), excess(stop) + math.log(x2 / x1)
            found = f"{x1:.10g} at probability {p1:.10g} and {x2:.10g} at probability {p2:.10g}"
            allowed = f"a ratio of the two between {math.exp(narrowest):.6g} and {math.exp(min(widest, 700.0)):.3g}"
            mend = "use LogNormal, which takes any two positive values"
            raise ParameterError(Problem(call_of(cls), (), found, allowed, mend))
        while not math.isfinite(excess(start)):
            start += 0.5
        shape = math.exp(find_root(excess, start, stop, 1e-14, 1e-15))
        return cls(shape, x2 / float(scipy.special.gammaincinv(shape, p2)))

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return an exponential, a usual one, one that is nearly always near zero and one that is nearly normal."""
        return cls(1, 1), cls(3.5, 2e4), cls(0.1, 5), cls(1e5, 0.01)

    def reference(self) -> Any:
        """Return ``scipy.stats.gamma``."""
        from scipy import stats

        return stats.gamma(self.shape, scale=self.scale)
