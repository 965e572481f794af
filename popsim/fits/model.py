"""What a family needs so that it can be fitted to data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.fits.data import Data


@dataclass(frozen=True)
class Estimate:
    """What the data say of the parameters of one family.

    Parameters
    ----------
    level, level_error
        Level at the centre of the sizes, and its standard error. What a level is, each model says.
    spread, spread_error
        Spread of the points around it, and its standard error.
    exponent, exponent_error
        Exponent of size, and its standard error; the error is 0 where the exponent is known.
    likeliest_spread
        Spread of largest likelihood; the same as `spread` unless that makes up for estimated parameters.
    log_likelihood
        Largest log-likelihood, of the amounts as they are given.
    """

    level: float
    level_error: float
    spread: float
    spread_error: float
    exponent: float
    exponent_error: float
    likeliest_spread: float
    log_likelihood: float


class Model(ABC):
    """A family that can be fitted: amount = (size / centre) ** exponent x a member of the family."""

    family: ClassVar[str]
    """The word for the family."""

    meanings: ClassVar[tuple[str, str]]
    """What level and spread are, in words."""

    positive: ClassVar[bool] = True
    """Whether all amounts must be above zero."""

    weighted: ClassVar[bool] = False
    """Whether weights of points mean something."""

    slopes: ClassVar[bool] = True
    """Whether the exponent of size can be estimated."""

    @abstractmethod
    def estimate(self, data: Data) -> Estimate:
        """Return the estimates of maximum likelihood.

        Raises
        ------
        ParameterError
            Where the data determine none.
        """

    @abstractmethod
    def read(self, member: Family) -> tuple[float, float]:
        """Return level and spread of a member of the family."""

    @abstractmethod
    def law(self, level: Any, spread: Any) -> Any:
        """Return the distribution of scipy at levels and spreads, numbers or arrays."""

    def log_prior_of_spread(self, spread: Floats) -> Floats:
        """Return the logarithm of the prior, per unit of log spread; even, unless a child says otherwise."""
        return np.zeros(np.shape(spread))

    @abstractmethod
    def member(self, estimate: Estimate, distance: float) -> Family:
        """Return the family at its estimates, at a size of which the logarithm is so far from that of the centre."""

    @abstractmethod
    def predictive(self, data: Data, estimate: Estimate, distance: float) -> Family:
        """Return the distribution of a new amount at such a size, with what the data leave open about parameters."""

    def exponent(self, data: Data, estimate: Estimate) -> Family:
        """Return the distribution of the exponent, where it is estimated."""
        raise TypeError(f"{type(self).__name__} estimates no exponent for {data.count} points at {estimate}")


def no_spread(data: Data) -> ParameterError:
    """Return the error for points that lie on the fitted line, all of them."""
    found = f"{data.count} points without a spread around the fit"
    return ParameterError(
        Problem("fit()", ("values",), found, "points that differ from the fit", "state the cost as a family")
    )
