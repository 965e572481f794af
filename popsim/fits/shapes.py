"""Weibull and gamma: a scale that follows from the data in closed form, and a shape that is integrated over.

Both have a shape, and a scale that grows as a power of size. With x the amounts, l the logarithms of size over centre
(their sum is 0), b the exponent, and a prior that is even in the exponent and in the logarithm of the scale, the scale
is integrated out in closed form:

    Weibull, shape k  weight of k and b  k^(n - 2) prod(x)^k Q^-n                          Q = sum x^k exp(-k b l)
                      a new amount       x^k exp(-k b l) / Q is beta prime with 1 and n
    gamma, shape a    weight of a and b  Gamma(n a) Gamma(a)^-n prod(x)^a S^(-n a) p(a)    S = sum x exp(-b l)
                      a new amount       x exp(-b l) / S is beta prime with a and n a

The distribution of a new amount is the average of these over shapes and exponents, by their weights, and is found
within 0.0005 of its probabilities with three points, closer with more. The prior of the Weibull is even in log k as
well: intervals then hold exactly what they say, as for every family that has a location and a scale on logarithms
(Severini, Mukerjee and Ghosh 2002, doi:10.1093/biomet/89.4.952). For the gamma, p(a) = sqrt(psi'(a) - 1 / a) is the
square root of the information on the shape where the mean is not known; its intervals are right within the bar of the
tests.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.families.betaprime import BetaPrime
from popsim.families.gamma import Gamma
from popsim.families.mixture import Mixture
from popsim.families.roots import find_root
from popsim.families.weibull import Weibull
from popsim.fits.data import Data
from popsim.fits.model import Estimate, Model, no_spread

SHAPES = (0.02, 1e4)
"""Shapes that are considered, from next to nothing but extremes to next to no spread."""

_STEP, _REACH = 0.35, 5.6
"""Step and reach in t, of points at sinh(t) standard deviations from the likeliest shape."""
_STEP_ALONG, _REACH_ALONG = 0.5, 4.5
"""The same for exponents."""
_LEAST = 1e-9
"""Points with a smaller share of the weight are left out; together they have less than a millionth."""
_MOST_STEPS = 500


class Points(NamedTuple):
    """Shapes and exponents, with the share of the weight that each stands for."""

    shapes: Floats
    exponents: Floats
    weights: Floats


class ShapeModel(Model):
    """A family with a scale and a shape, of which the weight is known but for a factor."""

    @abstractmethod
    def logs(self, data: Data, shape: float) -> tuple[Floats, float, float]:
        """Return v, s, c: at one shape exponents b have the weight ``(sum exp(v - s b l)) ^ -c``."""

    @abstractmethod
    def log_prior(self, data: Data, shape: float) -> float:
        """Return the logarithm of the other factors of the weight, per unit of log shape."""

    @abstractmethod
    def slope_of(self, data: Data) -> Callable[[float], float]:
        """Return the derivative of the log-likelihood by the shape, at the best scale and exponent for each shape."""

    @abstractmethod
    def new(self, data: Data, shape: float, exponent: float, distance: float) -> Family:
        """Return the distribution of a new amount, given shape and exponent."""

    @abstractmethod
    def shape_of(self, estimate: Estimate) -> float:
        """Return the shape of largest likelihood."""

    def needed(self, data: Data) -> int:
        """Return how many points a prediction needs: with fewer, shapes of next to nothing weigh too much."""
        return data.parameters + 1

    def best(self, data: Data) -> tuple[float, float]:
        """Return shape and exponent of largest likelihood.

        Raises
        ------
        ParameterError
            Where the shape is outside the limits.
        """
        low, high = map(math.log, SHAPES)
        of_shape = self.slope_of(data)

        def slope(log_shape: float) -> float:
            return of_shape(math.exp(log_shape))

        if not slope(high) < 0.0:
            raise no_spread(data)
        if not slope(low) > 0.0:
            found = f"points of which the best {self.family} has a shape below {SHAPES[0]:g}"
            mend = "use lognormal, or look for a point in another unit"
            raise ParameterError(Problem("fit()", ("values",), found, "amounts that are less far apart", mend))
        shape = math.exp(find_root(slope, low, high, 1e-14, 1e-15))
        return shape, self.tilt(data, shape)[0]

    def tilt(self, data: Data, shape: float) -> tuple[float, float]:
        """Return the likeliest exponent at a shape, and the standard deviation of exponents about it."""
        if not data.estimated:
            return data.known_exponent, 0.0
        values, stretch, power = self.logs(data, shape)
        place, variance = tilted(values, data.distances)
        return place / stretch, 1.0 / (stretch * math.sqrt(power * variance))

    def points(self, data: Data, estimate: Estimate) -> Points:
        """Return the points over which the distribution of a new amount is averaged."""
        middle, width = math.log(self.shape_of(estimate)), 0.8 / math.sqrt(data.count)
        found = []
        for place in np.arange(-_REACH, _REACH + 0.5 * _STEP, _STEP).tolist():
            away = width * math.sinh(place)
            if not math.log(SHAPES[0]) <= middle + away <= math.log(SHAPES[1]):
                continue
            shape = math.exp(middle + away)
            values, stretch, power = self.logs(data, shape)
            exponents, steps = self._along(data, shape)
            tilts = stretch * (exponents[:, None] if data.estimated else 0.0) * data.distances
            log_weight = self.log_prior(data, shape) - power * _log_sum(values - tilts)
            found.append((np.full(len(exponents), shape), exponents, log_weight + np.log(math.cosh(place) * steps)))
        shapes, exponents, log_weights = map(np.concatenate, zip(*found, strict=True))
        weights = np.exp(log_weights - log_weights.max())
        kept = weights > _LEAST * weights.sum()
        return Points(shapes[kept], exponents[kept], weights[kept] / weights[kept].sum())

    def _along(self, data: Data, shape: float) -> tuple[Floats, Floats]:
        """Return exponents about the likeliest at a shape, and the length of the line that each stands for."""
        best, width = self.tilt(data, shape)
        if not data.estimated:
            return np.array([best]), np.ones(1)
        places = np.arange(-_REACH_ALONG, _REACH_ALONG + 0.5 * _STEP_ALONG, _STEP_ALONG)
        return best + width * np.sinh(places), width * np.cosh(places)

    def predictive(self, data: Data, estimate: Estimate, distance: float) -> Family:
        """Return the average, over shapes and exponents, of what a new amount may be given these.

        Raises
        ------
        ParameterError
            With too few points for intervals that hold what they say.
        """
        if data.count < (needed := self.needed(data)):
            allowed = f"{needed} points or more, for the {self.family} and {data.parameters} parameters"
            mend = "use lognormal, which is exact with as few"
            raise ParameterError(Problem("fit()", ("values",), f"{data.count} points", allowed, mend))
        points = self.points(data, estimate)
        pairs = zip(points.shapes.tolist(), points.exponents.tolist(), strict=True)
        members = [self.new(data, shape, exponent, distance) for shape, exponent in pairs]
        return members[0] if len(members) == 1 else Mixture(members, points.weights)

    def exponent(self, data: Data, estimate: Estimate) -> Family:
        """Return a Student t that has the median and the middle half of the exponents by their weights."""
        from popsim.families.student import Student

        points = self.points(data, estimate)
        order = np.argsort(points.exponents)
        cumulative = np.cumsum(points.weights[order]) - 0.5 * points.weights[order]
        low, middle, high = np.interp([0.25, 0.5, 0.75], cumulative, points.exponents[order]).tolist()
        degrees = data.count - 2
        return Student(middle, (high - low) / float(np.ptp(Student(0, 1, degrees).ppf([0.25, 0.75]))), degrees)


class WeibullModel(ShapeModel):
    """The level is the logarithm of the scale, the spread 1 / shape: location and scale of the logarithm."""

    family: ClassVar[str] = "weibull"
    meanings = "logarithm of the scale", "1 / shape"

    def shape_of(self, estimate: Estimate) -> float:
        """Return 1 / spread."""
        return 1.0 / estimate.spread

    def logs(self, data: Data, shape: float) -> tuple[Floats, float, float]:
        """Return k log x, k and n."""
        return shape * np.log(data.amounts), shape, float(data.count)

    def log_prior(self, data: Data, shape: float) -> float:
        """Return the logarithm of k^(n - 1) prod(x)^k."""
        return (data.count - 1) * math.log(shape) + shape * float(np.log(data.amounts).sum())

    def slope_of(self, data: Data) -> Callable[[float], float]:
        """Return 1 / k + mean log x - mean of log x by the weights x^k exp(-k b l), a function of k."""
        y, distances = np.log(data.amounts), data.distances
        mean = float(y.mean())

        def slope(shape: float) -> float:
            values = shape * y
            place = tilted(values, distances)[0] if data.estimated else 0.0
            tilts = values - place * distances
            share = np.exp(tilts - tilts.max())
            return 1.0 / shape + mean - float((share * y).sum() / share.sum())

        return slope

    def estimate(self, data: Data) -> Estimate:
        """Return the estimates of largest likelihood, with the errors of expected information."""
        shape, exponent = self.best(data)
        level = float(_log_sum(shape * self._brought(data, exponent)) - math.log(data.count)) / shape
        n, y = data.count, np.log(data.values)
        likelihood = n * math.log(shape) + shape * float(self._brought(data, exponent).sum()) - float(y.sum())
        likelihood -= n * shape * level + n
        spread, info = 1.0 / shape, math.pi**2 / 6.0
        squares = float(np.sum(data.distances**2))
        return Estimate(
            level,
            spread * math.sqrt((1.0 + (1.0 - float(np.euler_gamma)) ** 2 / info) / n),
            spread,
            spread / math.sqrt(info * n),
            exponent,
            spread / math.sqrt(squares) if data.estimated else 0.0,
            spread,
            likelihood,
        )

    def _brought(self, data: Data, exponent: float) -> Floats:
        """Return logarithms of the amounts, at the size of the centre."""
        return np.asarray(np.log(data.amounts) - (exponent * data.distances if data.estimated else 0.0))

    def read(self, member: Family) -> tuple[float, float]:
        """Return log scale and 1 / shape."""
        return math.log(member.parameters()["scale"]), 1.0 / float(member.parameters()["shape"])

    def law(self, level: Any, spread: Any) -> Any:
        """Return ``scipy.stats.weibull_min``."""
        from scipy import stats

        return stats.weibull_min(1.0 / spread, scale=np.exp(level))

    def member(self, estimate: Estimate, distance: float) -> Family:
        """Return the Weibull of largest likelihood."""
        return Weibull(self.shape_of(estimate), math.exp(estimate.level + estimate.exponent * distance))

    def new(self, data: Data, shape: float, exponent: float, distance: float) -> Family:
        """Return a Burr distribution."""
        total = float(_log_sum(shape * self._brought(data, exponent)))
        return BetaPrime(1.0, data.count, math.exp(total / shape + exponent * distance), shape)


class GammaModel(ShapeModel):
    """The level is the logarithm of the mean, the spread the coefficient of variation, 1 / sqrt(shape)."""

    family: ClassVar[str] = "gamma"
    meanings = "logarithm of the mean", "coefficient of variation"

    def needed(self, data: Data) -> int:
        """Return 3, or 5 with an estimated exponent: 90 % intervals from 4 hold less than 88 % of new amounts."""
        return 5 if data.estimated else 3

    def shape_of(self, estimate: Estimate) -> float:
        """Return 1 / spread²."""
        return estimate.spread**-2

    def logs(self, data: Data, shape: float) -> tuple[Floats, float, float]:
        """Return log x, 1 and n a."""
        return np.log(data.amounts), 1.0, data.count * shape

    def log_prior(self, data: Data, shape: float) -> float:
        """Return the logarithm of Gamma(n a) Gamma(a)^-n prod(x)^a p(a) a."""
        from scipy import special

        n = data.count
        gammas = float(special.gammaln(n * shape) - n * special.gammaln(shape))
        rest = _trigamma_rest(shape)
        return gammas + shape * float(np.log(data.amounts).sum()) + 0.5 * math.log(rest) + math.log(shape)

    def log_prior_of_spread(self, spread: Floats) -> Floats:
        """Return the logarithm of p(a) a, at a = 1 / spread²."""
        shapes = np.clip(spread**-2.0, *SHAPES)
        return np.array([0.5 * math.log(_trigamma_rest(a)) + math.log(a) for a in shapes.ravel()]).reshape(shapes.shape)

    def slope_of(self, data: Data) -> Callable[[float], float]:
        """Return log a - psi(a) less the logarithm of the arithmetic over the geometric mean, a function of a."""
        from scipy import special

        values = np.log(data.amounts)
        place = tilted(values, data.distances)[0] if data.estimated else 0.0
        apart = float(_log_sum(values - place * data.distances)) - math.log(data.count) - float(values.mean())
        return lambda shape: math.log(shape) - float(special.digamma(shape)) - apart

    def estimate(self, data: Data) -> Estimate:
        """Return the estimates of largest likelihood, with the errors of expected information."""
        from scipy import special

        shape, exponent = self.best(data)
        n, y = data.count, np.log(data.values)
        level = self._log_total(data, exponent) - math.log(n)
        brought = float(np.log(data.amounts).sum())
        likelihood = n * (shape * math.log(shape) - float(special.gammaln(shape)) - shape * level - shape)
        likelihood += shape * brought - float(y.sum())
        squares = float(np.sum(data.distances**2))
        return Estimate(
            level,
            1.0 / math.sqrt(n * shape),
            1.0 / math.sqrt(shape),
            0.5 * shape**-1.5 / math.sqrt(n * _trigamma_rest(shape)),
            exponent,
            1.0 / math.sqrt(shape * squares) if data.estimated else 0.0,
            1.0 / math.sqrt(shape),
            likelihood,
        )

    def _log_total(self, data: Data, exponent: float) -> float:
        """Return the logarithm of the sum of the amounts, at the size of the centre."""
        return float(_log_sum(np.log(data.amounts) - (exponent * data.distances if data.estimated else 0.0)))

    def read(self, member: Family) -> tuple[float, float]:
        """Return the log mean and 1 / sqrt(shape)."""
        return math.log(member.mean()), float(member.parameters()["shape"]) ** -0.5

    def law(self, level: Any, spread: Any) -> Any:
        """Return ``scipy.stats.gamma``."""
        from scipy import stats

        return stats.gamma(spread**-2, scale=np.exp(level) * spread**2)

    def member(self, estimate: Estimate, distance: float) -> Family:
        """Return the gamma of largest likelihood."""
        shape = self.shape_of(estimate)
        return Gamma(shape, math.exp(estimate.level + estimate.exponent * distance) / shape)

    def new(self, data: Data, shape: float, exponent: float, distance: float) -> Family:
        """Return a beta prime distribution."""
        return BetaPrime(shape, data.count * shape, math.exp(self._log_total(data, exponent) + exponent * distance))


def tilted(values: Floats, direction: Floats) -> tuple[float, float]:
    """Return t at which log sum exp(values - t direction) is least, and its second derivative there.

    Parameters
    ----------
    values
        Logarithms, shape (n,).
    direction
        Numbers with the sum 0, not all 0, shape (n,).

    Raises
    ------
    ArithmeticError
        When 500 steps of Newton's method do not suffice.

    Examples
    --------
    >>> place, bend = tilted(np.array([0.0, 3.0, 6.0]), np.array([-1.0, 0.0, 1.0]))
    >>> round(place, 9), round(bend, 9)
    (3.0, 0.666666667)
    """
    low, high, stride = -math.inf, math.inf, 1.0 / float(np.abs(direction).max())
    tolerance = 1e-14 * stride
    place = float((values * direction).sum() / (direction**2).sum())
    for count in range(_MOST_STEPS):
        tilts = values - place * direction
        share = np.exp(tilts - tilts.max())
        share /= share.sum()
        mean = float((share * direction).sum())
        bend = float((share * (direction - mean) ** 2).sum())
        low, high = (place, high) if mean > 0.0 else (low, place)
        step = mean / bend if bend > 0.0 else math.inf
        if abs(step) <= tolerance + 1e-13 * abs(place) or high - low <= 1e-13 * abs(place):
            return place + step, bend
        # Newton's step, unless it leaves what is known; every third time half of that, so that steps do not shrink.
        if math.isinf(high - low):
            stride *= 2.0
            step = min(abs(step), stride)
            place += math.copysign(step, mean)
        elif count % 3 == 2 or not low < place + step < high:
            place = 0.5 * (low + high)
        else:
            place += step
    message = f"no exponent found in {_MOST_STEPS} steps"
    raise ArithmeticError(message)


def _log_sum(values: Floats) -> Floats:
    """Return log sum exp along the last axis."""
    most = values.max(axis=-1)
    return np.asarray(most + np.log(np.exp(values - most[..., None]).sum(axis=-1)))


def _trigamma_rest(shape: float) -> float:
    """Return psi'(a) - 1 / a, by its asymptotic series where the difference has few digits."""
    from scipy import special

    if shape > 100.0:
        return 1.0 / (2.0 * shape**2) + 1.0 / (6.0 * shape**3) - 1.0 / (30.0 * shape**5)
    return float(special.polygamma(1, shape)) - 1.0 / shape
