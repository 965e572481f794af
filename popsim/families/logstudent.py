"""Costs as few data show them: the logarithm is a Student t."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.parameters import KNOWN_VALUE, parameter
from popsim.families.student import student_probability, student_quantile


class LogStudent(Family):
    """Log-Student distribution: ``Q(p) = exp(mu + sigma t(p))`` with t the quantile of Student's t.

    What a new cost may be when n costs are known and their logarithms are normal: with mean m and standard deviation s
    of the n logarithms, ``LogStudent(m, s sqrt(1 + 1 / n), n - 1)``. Its upper tail reaches so far that the mean is
    infinite: as a cost it is truncated, at an amount that can be argued.

    Parameters
    ----------
    mu
        Median of the natural logarithm of the quantity; the median is ``exp(mu)``. Between -700 and 700.
    sigma
        Scale of the natural logarithm (no unit); ``sigma > 0``.
    degrees
        Degrees of freedom (no unit), from 1 to 1e6: the number of data less that of parameters estimated from them.

    Raises
    ------
    ParameterError
        When a parameter is no finite number or a relation does not hold.

    References
    ----------
    Hahn and Meeker (1991), Statistical Intervals, section 4.7, doi:10.1002/9780470316771 (prediction intervals; for
    lognormal data on their logarithms).

    Examples
    --------
    >>> LogStudent(mu=0, sigma=1, degrees=4).ppf([0.05, 0.5, 0.95]).round(3)
    array([0.119, 1.   , 8.43 ])
    """

    family = "logstudent"
    summary = "a new cost given few data, truncated at an amount that can be argued: its mean is infinite"
    stackable = True

    mu: float = parameter(least=-700.0, most=700.0, mend="mu is the logarithm of the median")
    sigma: float = parameter(above=0.0, mend=KNOWN_VALUE)
    degrees: float = parameter(least=1.0, most=1e6, mend="above that use LogNormal")

    def _ppf(self, p: Floats) -> Any:
        return np.exp(self.mu) * np.exp(self.sigma * student_quantile(p, self.degrees))

    def _isf(self, q: Floats) -> Any:
        return np.exp(self.mu) * np.exp(-self.sigma * student_quantile(q, self.degrees))

    def _cdf(self, x: Floats) -> Any:
        return student_probability((np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma, self.degrees)

    def _sf(self, x: Floats) -> Any:
        return student_probability((self.mu - np.log(np.maximum(x, 0.0))) / self.sigma, self.degrees)

    def mean(self) -> float:
        """Return infinity."""
        return math.inf

    def std(self) -> float:
        """Return infinity."""
        return math.inf

    def support(self) -> tuple[float, float]:
        """Return zero and infinity."""
        return 0.0, math.inf

    def mode(self) -> float:
        """Return the peak of the density away from zero; zero where there is none.

        Close to zero, at values of hardly any probability, the density rises again without limit.
        """
        # Of the logarithm, at (log x - mu) / sigma = t, the density falls as fast as 1 / x rises.
        more = self.degrees + 1.0
        root = more**2 - 4.0 * self.sigma**2 * self.degrees
        if root < 0.0:
            return 0.0
        return math.exp(self.mu) * math.exp(-2.0 * self.sigma**2 * self.degrees / (more + math.sqrt(root)))

    def standard(self) -> tuple[Family, float, float]:
        """Return shape ``LogStudent(0, sigma, degrees)`` and scale ``exp(mu)``."""
        return LogStudent._trusted(mu=0.0, sigma=self.sigma, degrees=self.degrees), 0.0, math.exp(self.mu)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return one from a dozen data, one from many, narrow ones from few; none that passes the largest float."""
        return cls(14.5, 1.1, 12), cls(2, 0.8, 1e4), cls(0, 2e-3, 3), cls(-3, 1e-3, 9)
