"""Any smooth curve through the quantiles that an expert gives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np
import scipy
from numpy.polynomial.polynomial import polyder, polyval

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.families.elicitation import parse_quantiles, values_in_words
from popsim.families.parameters import Numbers, call_of, check_relation
from popsim.families.roots import find_least

_MEND = "give fewer or less lopsided quantiles, or a bound (low, high)"


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

    family = "metalog"
    summary = "three or more quantiles from an expert, with or without bounds"
    stackable = True
    quantile_counts = range(3, 17)

    coefficients: tuple[float, ...]
    low: float | None = None
    high: float | None = None

    def __init__(self, coefficients: Numbers, low: float | None = None, high: float | None = None) -> None:
        self._take(coefficients=coefficients, low=low, high=high)

    def _relations(self) -> list[Problem]:
        problems = _check_bounds(type(self), self.low, self.high)
        if not self.coefficients or not all(map(math.isfinite, self.coefficients)):
            return problems
        if not 2 <= len(self.coefficients) <= 16:
            return [
                *problems,
                Problem("Metalog()", ("coefficients",), f"{len(self.coefficients)} coefficients", "2 to 16 of them"),
            ]
        if fall := _falling(self.coefficients):
            rises = "coefficients whose quantile function rises everywhere"
            return [
                *problems,
                Problem("Metalog()", ("coefficients",), f"a quantile function that {fall}", rises, _MEND),
            ]
        return problems

    def _bounded(self, m: Floats) -> Any:
        if self.low is not None and self.high is not None:
            width = self.high - self.low
            return np.where(
                m < 0.0, self.low + width * scipy.special.expit(m), self.high - width * scipy.special.expit(-m)
            )
        if self.low is not None:
            return self.low + np.exp(m)
        return m if self.high is None else self.high - np.exp(-m)

    def _unbounded(self, x: Floats) -> Any:
        return _free(x, self.low, self.high)

    def _ppf(self, p: Floats) -> Any:
        return self._bounded(_value(self.coefficients, p - 0.5, scipy.special.logit(p)))

    def _isf(self, q: Floats) -> Any:
        return self._bounded(_value(self.coefficients, 0.5 - q, -scipy.special.logit(q)))

    def _cdf(self, x: Floats) -> Any:
        low, high = self.support()
        p = scipy.special.expit(_solve_logit(self.coefficients, self._unbounded(np.clip(x, low, high))))
        return np.where(x < low, 0.0, np.where(x >= high, 1.0, p))

    def _sf(self, x: Floats) -> Any:
        low, high = self.support()
        q = scipy.special.expit(-_solve_logit(self.coefficients, self._unbounded(np.clip(x, low, high))))
        return np.where(x < low, 1.0, np.where(x >= high, 0.0, q))

    def _growth(self) -> float:
        """Return the exponent of growth in the heavy tail, per unit of L: at 1 there is no mean, at 1/2 no std."""
        if (self.low is None) == (self.high is None):
            return 0.0
        return float(_rise(self.coefficients, math.inf if self.high is None else -math.inf))

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
        return _expectation(self.coefficients, function, power * self._growth(), poles)

    def support(self) -> tuple[float, float]:
        """Return the bounds, or the ends of M: infinite unless the factor of L vanishes there."""
        low, high = self.ppf([0.0, 1.0]).tolist()
        return low, high

    def mode(self) -> float:
        """Return the value of highest density, found numerically; the higher peak when there are several."""
        jacobian = (self.low is not None, self.high is not None)
        logit = _mode_logit(self.coefficients, *jacobian)
        return float(self.ppf(scipy.special.expit(logit)) if logit < 0.0 else self.isf(scipy.special.expit(-logit)))

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
        if problems := cls._check(owner, low=low, high=high) or _check_bounds(owner, low, high):
            raise ParameterError(problems)
        pairs = parse_quantiles(cls, quantiles)
        p, x = np.array(pairs).T
        given = values_in_words(quantiles)
        if (low is not None and x[0] <= low) or (high is not None and x[-1] >= high):
            inside = " < ".join(str(part) for part in (low, "quantiles", high) if part is not None)
            raise ParameterError(Problem(call_of(owner), (), f"{given}, low = {low}, high = {high}", inside))
        target = _free(x, low, high)
        matrix = basis(len(p), p - 0.5, scipy.special.logit(p))
        # Beyond this condition a fit keeps fewer than six digits. Seven terms hold four odd functions of d, so seven
        # probabilities symmetric about 1/2 (three pairs) leave one coefficient open; likewise 11 and 15.
        if np.linalg.cond(matrix) > 1e10:
            allowed = "quantiles that do not leave a coefficient open"
            raise ParameterError(Problem(call_of(owner), (), given, allowed, "leave one quantile out or add one"))
        coefficients = np.linalg.solve(matrix, target)
        if fall := _falling(coefficients.tolist()):
            raise ParameterError(
                Problem(call_of(owner), (), f"{given}: the curve through them {fall}", "a curve that rises", _MEND)
            )
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
    """Return M of the value x: the value without its bounds."""
    if low is not None and high is not None:
        return np.log(x - low) - np.log(high - x)
    if low is not None:
        return np.log(x - low)
    return x if high is None else -np.log(high - x)


# The series, its slope, where it falls, its inverse and its integrals. All is written in the logit
# t = log(p / (1 - p)): both tails keep their digits, and integrands are analytic there.
def basis(terms: int, d: Floats, logit: Floats) -> Floats:
    """Return the matrix of terms (Keelin 2016, equation 6): one row per probability, one column per coefficient."""
    columns = [np.ones_like(d), logit, d * logit, d]
    for n in range(5, terms + 1):
        power = d ** ((n - 1) // 2)
        columns.append(power if n % 2 else power * logit)
    return np.stack(columns[:terms], axis=-1)


def _polynomials(coefficients: Sequence[float] | Floats) -> tuple[Floats, Floats]:
    """Split the series into S(d) + D(d) L; the powers of d rise. Each coefficient is a number, or a column of them."""
    a = np.zeros((max(4, len(coefficients)), *np.shape(coefficients)[1:]))
    a[: len(coefficients)] = coefficients
    return np.concatenate([a[[0, 3]], a[4::2]]), np.concatenate([a[[1, 2]], a[5::2]])


def _value(coefficients: Sequence[float] | Floats, d: Floats, logit: Floats) -> Floats:
    """Return M at ``d = p - 1/2`` and the logit of p."""
    plain, factor = _polynomials(coefficients)
    slope = polyval(d, factor, tensor=False)
    # A vanishing factor of the logit makes an end finite.
    return np.asarray(polyval(d, plain, tensor=False) + np.where(slope == 0.0, 0.0, slope * logit))


def _value_at(coefficients: Sequence[float], t: Floats) -> Floats:
    return _value(coefficients, 0.5 * np.tanh(0.5 * t), t)


def _rise(coefficients: Sequence[float], t: Any) -> Any:
    """Return dM/dt at the logit t (a number or an array; infinite for the ends)."""
    plain, factor = _polynomials(coefficients)
    d = 0.5 * np.tanh(0.5 * np.asarray(t, dtype=np.float64))
    weight = scipy.special.expit(t) * scipy.special.expit(-np.asarray(t, dtype=np.float64))
    logit = np.where(np.isinf(t), 0.0, t)
    slope = weight * (polyval(d, polyder(plain)) + polyval(d, polyder(factor)) * logit) + polyval(d, factor)
    return float(slope) if np.ndim(t) == 0 else slope


def _falling(coefficients: Sequence[float]) -> str:
    """Return between which probabilities the quantile function falls, in words; empty when it rises everywhere.

    The slope in the logit is looked at on 4,001 points of ``|t| <= 40`` (probabilities from 4e-18), and each low local
    minimum between them is sought; a slope that rounding alone makes negative counts as zero.
    """
    t = np.linspace(-40.0, 40.0, 4001)
    slope = np.asarray(_rise(coefficients, t))
    rounding = 64.0 * np.finfo(float).eps * float(np.sum(np.abs(coefficients[1:])))
    if np.max(slope) <= rounding:
        return "rises nowhere"
    inner = slope[1:-1]
    dips = 1 + np.flatnonzero((inner <= slope[:-2]) & (inner <= slope[2:]) & (inner < 0.01 * np.max(slope)))
    for index in dips:
        if slope[index] < -rounding:
            continue
        place, least = find_least(
            lambda s: float(_rise(coefficients, s)), float(t[index - 1]), float(t[index + 1]), 1e-9
        )
        if least < -rounding:
            t, slope = np.insert(t, index, place), np.insert(slope, index, least)
            break
    fallen = np.flatnonzero(slope < -rounding)
    if len(fallen) == 0:
        return ""
    first = int(fallen[0])
    steps = np.flatnonzero(np.diff(fallen) > 1)
    last = int(fallen[steps[0]] if len(steps) else fallen[-1])
    start, stop = t[max(first - 1, 0)], t[min(last + 1, len(t) - 1)]
    from_, to = (
        (0.0 if first == 0 else scipy.special.expit(start)),
        (1.0 if last == len(t) - 1 else scipy.special.expit(stop)),
    )
    return f"falls between probability {from_:.4g} and {to:.4g}"


def _solve_logit(coefficients: Sequence[float], m: Floats) -> Floats:
    """Return the logit at which M equals m: Newton's method within a bracket."""
    grid = 740.0 * np.sinh(np.linspace(-6.0, 6.0, 2001)) / math.sinh(6.0)
    table = np.maximum.accumulate(_value_at(coefficients, grid))
    place = np.clip(np.searchsorted(table, m), 1, len(grid) - 1)
    low, high = grid[place - 1], grid[place]
    t = 0.5 * (low + high)
    for _ in range(100):
        error = _value_at(coefficients, t) - m
        low, high = np.where(error < 0.0, t, low), np.where(error < 0.0, high, t)
        step = t - error / _rise(coefficients, t)
        new = np.where((step > low) & (step < high), step, 0.5 * (low + high))
        moved = np.abs(new - t) > 4.0 * np.finfo(float).eps * np.abs(new)
        t = new
        if not np.any(moved & ~np.isnan(m)):
            break
    return np.where(m < table[0], -np.inf, np.where(m > table[-1], np.inf, t))


def _expectation(coefficients: Sequence[float], function: Callable[[Floats], Any], growth: float, poles: bool) -> float:
    """Integrate ``function(M(p))`` over p, where the function grows like ``exp(growth |t|)`` in one tail, growth < 1.

    With `poles` the function is one of ``expit(M)``, whose poles come nearer to the real line as M gets steeper.

    The trapezium rule in the logit converges exponentially, since the integrand is analytic about the real line and
    vanishes at both ends; where a heavy tail vanishes slowly, the geometric remainder of the sum is added.
    """
    steepest = float(np.max(np.asarray(_rise(coefficients, np.linspace(-40.0, 40.0, 4001))))) if poles else 1.0
    step = max(0.1 / max(1.0, steepest), 1e-3)
    reach = min(60.0 / (1.0 - growth), 700.0)
    t: Floats = step * np.arange(-round(reach / step), round(reach / step) + 1, dtype=np.float64)
    with np.errstate(over="ignore"):
        terms = scipy.special.expit(t) * scipy.special.expit(-t) * function(_value_at(coefficients, t))
    ratio = math.exp(-(1.0 - growth) * step)
    remainder = (float(terms[0]) + float(terms[-1])) * ratio / (1.0 - ratio)
    return step * (float(np.sum(terms)) + remainder)


def _mode_logit(coefficients: Sequence[float], bounded_below: bool, bounded_above: bool) -> float:
    """Return the logit at which the density is highest."""

    def log_density(t: Any) -> Any:
        m = _value_at(coefficients, np.asarray(t, dtype=np.float64))
        stretch = np.zeros_like(m)
        if bounded_below and bounded_above:
            stretch = scipy.special.log_expit(m) + scipy.special.log_expit(-m)
        elif bounded_below or bounded_above:
            stretch = m if bounded_below else -m
        with np.errstate(all="ignore"):
            log_rise = np.log(np.maximum(_rise(coefficients, t), 0.0))
        return scipy.special.log_expit(t) + scipy.special.log_expit(-np.asarray(t)) - stretch - log_rise

    grid = np.linspace(-40.0, 40.0, 4001)
    best = int(np.argmax(log_density(grid)))
    if best in (0, len(grid) - 1):
        return math.copysign(math.inf, grid[best])
    low, high = float(grid[best - 1]), float(grid[best + 1])
    return find_least(lambda s: -float(log_density(s)), low, high, 1e-10)[0]
