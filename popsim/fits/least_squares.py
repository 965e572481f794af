"""Lognormal and normal: amounts, or their logarithms, as a straight line with normal noise.

With y the amount or its logarithm, x the logarithm of size over the centre, w the weights (their sum W), all in closed
form (Draper and Smith 1998, Applied Regression Analysis, chapter 1, doi:10.1002/9781118625590):

    level    = sum w y / W                                error  spread / sqrt(W)
    exponent = sum w x y / sum w x²                       error  spread / sqrt(sum w x²)
    spread²  = sum w (y - level - exponent x)² / (n - k)  with k parameters of level and exponent
    a new y at x is a Student t with n - k degrees of freedom around the line, of scale
    spread sqrt(1 + 1 / W + x² / sum w x²)

The interval that follows holds a new observation exactly as often as it says, whatever the parameters.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.families.lognormal import LogNormal
from popsim.families.logstudent import LogStudent
from popsim.families.normal import Normal
from popsim.families.student import Student
from popsim.fits.data import Data
from popsim.fits.model import Estimate, Model, no_spread


class LogNormalModel(Model):
    """Level and spread are mean and standard deviation of the logarithm."""

    family: ClassVar[str] = "lognormal"
    meanings = "mean of the logarithm", "standard deviation of the logarithm"
    weighted: ClassVar[bool] = True

    def estimate(self, data: Data) -> Estimate:
        """Return least squares of the logarithms; the spread is that of n - k degrees of freedom."""
        return _line(data, np.log(data.amounts), float(np.log(data.values).sum()))

    def read(self, member: Family) -> tuple[float, float]:
        """Return mu and sigma."""
        return member.parameters()["mu"], member.parameters()["sigma"]

    def law(self, level: Any, spread: Any) -> Any:
        """Return ``scipy.stats.lognorm``."""
        from scipy import stats

        return stats.lognorm(spread, scale=np.exp(level))

    def member(self, estimate: Estimate, distance: float) -> Family:
        """Return the lognormal of largest likelihood: its spread is smaller, by the square root of (n - k) / n."""
        return LogNormal(estimate.level + estimate.exponent * distance, estimate.likeliest_spread)

    def predictive(self, data: Data, estimate: Estimate, distance: float) -> Family:
        """Return a log-Student."""
        return LogStudent(
            estimate.level + estimate.exponent * distance, _reach(data, estimate, distance), degrees_of(data)
        )

    def exponent(self, data: Data, estimate: Estimate) -> Family:
        """Return a Student t."""
        return Student(estimate.exponent, estimate.exponent_error, degrees_of(data))


class NormalModel(Model):
    """Level and spread are mean and standard deviation, at the centre of the sizes, in the unit of the amounts."""

    family: ClassVar[str] = "normal"
    meanings = "mean", "standard deviation"
    positive: ClassVar[bool] = False
    weighted: ClassVar[bool] = True
    slopes: ClassVar[bool] = False

    def estimate(self, data: Data) -> Estimate:
        """Return mean and standard deviation; the latter is that of n - 1 degrees of freedom."""
        return _line(data, data.amounts, data.known_exponent * float(data.distances.sum()))

    def read(self, member: Family) -> tuple[float, float]:
        """Return mean and standard deviation."""
        return member.mean(), member.std()

    def law(self, level: Any, spread: Any) -> Any:
        """Return ``scipy.stats.norm``."""
        from scipy import stats

        return stats.norm(level, spread)

    def member(self, estimate: Estimate, distance: float) -> Family:
        """Return the normal of largest likelihood: its standard deviation is smaller, by the root of (n - 1) / n."""
        factor = math.exp(estimate.exponent * distance)
        return Normal(estimate.level * factor, estimate.likeliest_spread * factor)

    def predictive(self, data: Data, estimate: Estimate, distance: float) -> Family:
        """Return a Student t."""
        factor = math.exp(estimate.exponent * distance)
        return Student(estimate.level * factor, _reach(data, estimate, 0.0) * factor, degrees_of(data))


def degrees_of(data: Data) -> int:
    """Return the degrees of freedom of the spread."""
    return data.count - (data.parameters - 1)


def _squares(data: Data) -> float:
    """Return the weighted sum of squares of the distances."""
    return float(np.sum(data.weight * data.distances**2))


def _line(data: Data, y: Floats, stretch: float) -> Estimate:
    """Return the weighted line through y; `stretch` is the logarithm of what y was scaled by, over all points."""
    w, x, total = data.weight, data.distances, float(data.weight.sum())
    level = float(np.sum(w * y)) / total
    slope = float(np.sum(w * x * (y - level))) / _squares(data) if data.estimated else 0.0
    rest = float(np.sum(w * (y - level - slope * x) ** 2))
    degrees = degrees_of(data)
    if not rest > (1e-12 * float(np.abs(y).max())) ** 2:
        raise no_spread(data)
    spread = math.sqrt(rest / degrees)
    likelihood = 0.5 * float(np.log(w).sum()) - 0.5 * data.count * (math.log(2.0 * math.pi * rest / data.count) + 1.0)
    return Estimate(
        level,
        spread / math.sqrt(total),
        spread,
        spread / math.sqrt(2.0 * degrees),
        slope if data.estimated else data.known_exponent,
        spread / math.sqrt(_squares(data)) if data.estimated else 0.0,
        math.sqrt(rest / data.count),
        likelihood - stretch,
    )


def _reach(data: Data, estimate: Estimate, distance: float) -> float:
    """Return the scale of a new observation at such a size."""
    along = distance**2 / _squares(data) if data.estimated else 0.0
    return estimate.spread * math.sqrt(1.0 + 1.0 / float(data.weight.sum()) + along)
