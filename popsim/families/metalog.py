"""Any smooth curve through the quantiles that an expert gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from scipy import special

from popsim.errors import ParameterError, Problem
from popsim.families.base import Family, Floats, Numbers, check_relation, parse_quantiles, refuse
from popsim.families.checks import read_optional
from popsim.families.metalog_terms import basis, expectation, falling, mode_logit, rise, solve_logit, value

__all__ = ["Metalog"]

_MEND = "give fewer or less lopsided quantiles, or a bound (low, high)"


@dataclass(frozen=True, init=False, repr=False)
class Metalog(Family):
    """Metalog distribution: a quantile function that is linear in its coefficients, so that it fits quantiles exactly.

    With ``L = log(p / (1 - p))`` and ``d = p - 1/2``::

        M(p) = a1 + a2 L + a3 d L + a4 d + a5 d^2 + a6 d^2 L + a7 d^3 + a8 d^3 L + ...

    and ``Q = M`` without bounds, ``low + exp(M)``, ``high - exp(-M)``, or ``(low + high exp(M)) / (1 + exp(M))``.

    Use it when an expert gives three or more quantiles and no named family fits them all. Give the bound that the
    quantity has: a cost is at least 0. With `low` alone the mean is infinite when the upper slope (the factor of L at
    p = 1) is 1 or more, the standard deviation when it is 1/2 or more.

    Parameters
    ----------
    coefficients
        a1, a2, ...; 2 to 16 of them, in the unit of the quantity without bounds, else without unit. The quantile
        function that they make must rise.
    low, high
        Smallest and largest possible value, in the unit of the quantity; None (the default) for no bound.

    Raises
    ------
    ParameterError
        When a parameter is no finite number, ``low < high`` does not hold, or the quantile function falls somewhere;
        the message says between which probabilities.

    References
    ----------
    Keelin (2016), The Metalog Distributions, Decision Analysis 13(4), doi:10.1287/deca.2016.0338.

    Examples
    --------
    >>> Metalog.from_quantiles(p10=20, p50=30, p90=60, low=0).ppf([0.1, 0.5, 0.9]).round(9)
    array([20., 30., 60.])
    """

    family: ClassVar[str] = "metalog"
    summary: ClassVar[str] = "three or more quantiles from an expert, with or without bounds"
    stackable: ClassVar[bool] = True
    quantile_counts: ClassVar[Sequence[int]] = range(3, 17)

    coefficients: tuple[float, ...]
    low: float | None
    high: float | None

    def __init__(self, coefficients: Numbers, low: float | None = None, high: float | None = None) -> None:
        self._take(coefficients=coefficients, low=low, high=high)

    def _relations(self) -> list[Problem]:
        found = _check_bounds(type(self), self.low, self.high)
        if not self.coefficients or not all(map(math.isfinite, self.coefficients)):
            return found
        if not 2 <= len(self.coefficients) <= 16:
            return [
                *found,
                Problem("Metalog()", ("coefficients",), f"{len(self.coefficients)} coefficients", "2 to 16 of them"),
            ]
        if fall := falling(self.coefficients):
            rises = "coefficients whose quantile function rises everywhere"
            return [*found, Problem("Metalog()", ("coefficients",), f"a quantile function that {fall}", rises, _MEND)]
        return found

    def _bounded(self, m: Floats) -> Any:
        if self.low is not None and self.high is not None:
            width = self.high - self.low
            return np.where(m < 0.0, self.low + width * special.expit(m), self.high - width * special.expit(-m))
        if self.low is not None:
            return self.low + np.exp(m)
        return m if self.high is None else self.high - np.exp(-m)

    def _unbounded(self, x: Floats) -> Any:
        return _free(x, self.low, self.high)

    def _ppf(self, p: Floats) -> Any:
        return self._bounded(value(self.coefficients, p - 0.5, special.logit(p)))

    def _isf(self, q: Floats) -> Any:
        return self._bounded(value(self.coefficients, 0.5 - q, -special.logit(q)))

    def _cdf(self, x: Floats) -> Any:
        low, high = self.support()
        p = special.expit(solve_logit(self.coefficients, self._unbounded(np.clip(x, low, high))))
        return np.where(x < low, 0.0, np.where(x >= high, 1.0, p))

    def _sf(self, x: Floats) -> Any:
        low, high = self.support()
        q = special.expit(-solve_logit(self.coefficients, self._unbounded(np.clip(x, low, high))))
        return np.where(x < low, 1.0, np.where(x >= high, 0.0, q))

    def _growth(self) -> float:
        """Exponent with which the quantity grows in its heavy tail, per unit of L: 1 has no mean, 1/2 no std."""
        if (self.low is None) == (self.high is None):
            return 0.0
        return float(rise(self.coefficients, math.inf if self.high is None else -math.inf))

    def mean(self) -> float:
        """Return the expected value; infinite (minus infinite) where the only unbounded tail has none."""
        if self._growth() >= 1.0:
            return math.inf if self.high is None else -math.inf
        return self._expectation(self._bounded, 1.0)

    def std(self) -> float:
        """Return the standard deviation; infinity where it does not exist."""
        if self._growth() >= 0.5:
            return math.inf
        mean = self.mean()
        return math.sqrt(self._expectation(lambda m: (self._bounded(m) - mean) ** 2, 2.0))

    def _expectation(self, function: Callable[[Floats], Any], power: float) -> float:
        poles = self.low is not None and self.high is not None
        return expectation(self.coefficients, function, power * self._growth(), poles)

    def support(self) -> tuple[float, float]:
        """Return the bounds, or the ends of M: infinite unless the factor of L vanishes there."""
        low, high = self.ppf([0.0, 1.0]).tolist()
        return low, high

    def mode(self) -> float:
        """Return the value of highest density, found numerically; the higher peak when there are several."""
        jacobian = (self.low is not None, self.high is not None)
        logit = mode_logit(self.coefficients, *jacobian)
        return float(self.ppf(special.expit(logit)) if logit < 0.0 else self.isf(special.expit(-logit)))

    def standard(self) -> tuple[Family, float, float]:
        """Split off a1 and a2 without bounds, exp(a1) with one bound, the bounds with two."""
        first, second, *rest = self.coefficients
        if self.low is not None and self.high is not None:
            return Metalog._trusted(coefficients=self.coefficients, low=0.0, high=1.0), self.low, self.high - self.low
        if self.low is None and self.high is None:
            if second <= 0.0 or (first == 0.0 and second == 1.0):
                return self, 0.0, 1.0
            shape = (0.0, 1.0, *(a / second for a in rest))
            return Metalog._trusted(coefficients=shape, low=None, high=None), first, second
        if abs(first) > 700.0:
            return self, 0.0, 1.0
        shape = (0.0, second, *rest)
        if self.low is not None:
            return Metalog._trusted(coefficients=shape, low=0.0, high=None), self.low, math.exp(first)
        return Metalog._trusted(coefficients=shape, low=None, high=0.0), float(self.high or 0.0), math.exp(-first)

    @classmethod
    def from_quantiles(cls, *, low: float | None = None, high: float | None = None, **quantiles: float) -> Self:
        """Fit exactly to three or more quantiles, with as many coefficients as quantiles.

        Raises
        ------
        ParameterError
            When a quantile is not between the bounds, or the curve through all of them falls somewhere. Three quantiles
            that are symmetric in probability can be honoured when the middle one takes a share of between ``k`` and
            ``1 - k`` of the way, ``k = (1 - 1.66711 (1/2 - p)) / 2`` (Keelin 2016, section 4).

        Examples
        --------
        >>> Metalog.from_quantiles(p10=0, p50=2, p90=4).ppf(0.9).round(9).item()
        4.0
        """
        owner = f"{cls.__name__}.from_quantiles"
        problems = [
            problem for name, end in (("low", low), ("high", high)) for problem in read_optional(owner, end, name)[1]
        ]
        if problems or (problems := _check_bounds(owner, low, high)):
            raise ParameterError(problems)
        pairs = parse_quantiles(cls, quantiles, cls.quantile_counts)
        p, x = np.array(pairs).T
        shown = ", ".join(f"{name} = {number:.10g}" for name, number in quantiles.items())
        if (low is not None and x[0] <= low) or (high is not None and x[-1] >= high):
            inside = " < ".join(str(part) for part in (low, "quantiles", high) if part is not None)
            refuse(cls, "from_quantiles", f"{shown}, low = {low}, high = {high}", inside)
        target = _free(x, low, high)
        matrix = basis(len(p), p - 0.5, special.logit(p))
        # Beyond this condition a fit keeps fewer than six digits. Seven terms hold four odd functions of d, so seven
        # probabilities symmetric about 1/2 (three pairs) leave one coefficient open; likewise 11 and 15.
        if np.linalg.cond(matrix) > 1e10:
            allowed = "quantiles that do not leave a coefficient open"
            refuse(cls, "from_quantiles", shown, allowed, "leave one quantile out or add one")
        coefficients = np.linalg.solve(matrix, target)
        if fall := falling(coefficients.tolist()):
            refuse(cls, "from_quantiles", f"{shown}: the curve through them {fall}", "a curve that rises", _MEND)
        return cls(coefficients.tolist(), low, high)

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return unbounded, semi-bounded and bounded ones; logistic, uniform, skewed, long and with ten terms."""
        return (
            cls((10, 2)),
            cls((5, 0, 0, 3)),
            cls.from_quantiles(p10=-1e6, p50=0, p90=3e6),
            cls.from_quantiles(p05=1, p25=3, p50=5, p75=9, p95=21),
            cls((2, 0.3), low=-1),
            cls.from_quantiles(p10=2e5, p50=3e5, p90=9e5, low=0),
            cls.from_quantiles(p10=-9, p50=-3, p90=-1, high=1),
            cls.from_quantiles(p05=0.1, p50=0.6, p95=0.8, low=0, high=1),
            cls((0.5, 3, 1), low=0, high=1e6),
            cls((0, 1, 0.2, 0.3, 0.1, 0.2, 0.1, 0.1, 0.05, 0.05)),
        )

    def reference(self) -> Any:
        """Return ``scipy.stats.logistic`` for two coefficients without bounds; scipy has no other metalog."""
        from scipy import stats

        if len(self.coefficients) != 2 or self.low is not None or self.high is not None:
            return None
        return stats.logistic(*self.coefficients)


def _check_bounds(owner: type | str, low: float | None, high: float | None) -> list[Problem]:
    if low is None or high is None:
        return []
    return check_relation(owner, low < high, "low < high", low=low, high=high)


def _free(x: Floats, low: float | None, high: float | None) -> Any:
    """Take the bounds away: the M of which the value x is made."""
    if low is not None and high is not None:
        return np.log(x - low) - np.log(high - x)
    if low is not None:
        return np.log(x - low)
    return x if high is None else -np.log(high - x)
