"""What a fit says: estimates with errors, the distribution of a new observation, and how far the points lie from it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from popsim.arguments import as_number
from popsim.errors import ParameterError, Problem, shown
from popsim.families.base import Family
from popsim.fits.censored import predictive_censored
from popsim.fits.data import Data
from popsim.fits.goodness import AndersonDarling, anderson_darling, scores
from popsim.fits.model import Estimate
from popsim.fits.models import model_of

Method = Literal["maximum likelihood", "quantiles"]
"""How estimates are found."""


@dataclass(frozen=True)
class Fit:
    """A family fitted to data: amount = (size / centre) ** exponent x a member of the family.

    Parameters
    ----------
    family
        The word for the family, such as ``"lognormal"``.
    data
        What it was fitted to.
    estimate
        Estimates at the centre of the sizes, with standard errors.
    method
        How the estimates were found.
    seed, simulations
        Seed and number of the simulated data sets behind `anderson_darling`.
    ranking
        Fits of all families that were tried, the best by AICc first; empty where one was asked for.
    """

    family: str
    data: Data
    estimate: Estimate
    method: Method = "maximum likelihood"
    seed: int = 1
    simulations: int = 999
    ranking: tuple[Fit, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        exponent = "" if self.exponent is None else f", exponent={self.exponent:.4g}"
        numbers = f"level={self.level:.5g}, spread={self.spread:.4g}{exponent}, degrees={self.degrees}"
        return f"Fit({self.family!r}, {self.count} points, {numbers})"

    @property
    def count(self) -> int:
        """How many points."""
        return self.data.count

    @property
    def parameters(self) -> int:
        """How many parameters were estimated."""
        return self.data.parameters

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the spread: points less estimated parameters of the level (level, exponent)."""
        return self.data.count - self.data.parameters + 1

    @property
    def centre(self) -> float:
        """Relative size at which the level stands: the geometric mean of those of the points; 1 without sizes."""
        return self.data.centre

    @property
    def level(self) -> float:
        """Level at the centre; of a lognormal the mean of the logarithm, of a normal the mean."""
        return self.estimate.level

    @property
    def spread(self) -> float:
        """Spread around the level; of a lognormal the standard deviation of the logarithm, with n - k degrees."""
        return self.estimate.spread

    @property
    def exponent(self) -> float | None:
        """Exponent of size, estimated or known; None without sizes."""
        return None if self.data.sizes is None else self.estimate.exponent

    @property
    def exponent_distribution(self) -> Family | None:
        """Distribution of the exponent; None where it is known, or there are no sizes."""
        return model_of(self.family).exponent(self.data, self.estimate) if self.data.estimated else None

    @property
    def common_share(self) -> float:
        """Error of the level over error and spread, as variances: what a cost in all countries has in common.

        With W the sum of weights ``1 / (W + 1)``; ``1 / (n + 1)`` without weights.
        """
        return 1.0 / (float(self.data.weight.sum()) + 1.0)

    @property
    def aicc(self) -> float:
        """Akaike's criterion for small samples; infinity where there are too few points for it.

        Hurvich and Tsai (1989), doi:10.1093/biomet/76.2.297.
        """
        n, k = self.count, self.parameters
        return 2.0 * (k - self.estimate.log_likelihood) + 2.0 * k * (k + 1.0) / (n - k - 1.0) if n > k + 1 else math.inf

    @property
    def distribution(self) -> Family:
        """The family at its estimates, at the centre of the sizes: as if these were known without error."""
        return self.distribution_at(self.centre)

    @property
    def predictive(self) -> Family:
        """Distribution of a new observation at the centre of the sizes, with the uncertainty of all estimates."""
        return self.predictive_at(self.centre)

    def distribution_at(self, size: float) -> Family:
        """Return the family at its estimates, at a size.

        Raises
        ------
        ParameterError
            For a size that is no number above 0.
        """
        distance = self._distance(size)
        with _amounts_held(size):
            return model_of(self.family).member(self.estimate, distance)

    def predictive_at(self, size: float) -> Family:
        """Return the distribution of a new observation at a size, with the uncertainty of all estimates.

        Raises
        ------
        ParameterError
            For a size that is no number above 0, and where no interval would hold what it promises.
        """
        if self.method != "maximum likelihood":
            allowed = 'method = "maximum likelihood": the errors of matched quantiles are not known'
            raise ParameterError(Problem("predictive_at()", ("method",), f'"{self.method}"', allowed))
        model, distance = model_of(self.family), self._distance(size)
        with _amounts_held(size):
            if self.data.censored is not None:
                return predictive_censored(model, self.data, self.estimate, distance)
            return model.predictive(self.data, self.estimate, distance)

    def interval(self, coverage: float = 0.9, size: float | None = None) -> tuple[float, float]:
        """Return the range that holds a new observation with a probability, as much left out below as above.

        Parameters
        ----------
        coverage
            Probability, above 0 and below 1.
        size
            Relative size of the new observation; None: the centre.

        Raises
        ------
        ParameterError
            For a coverage or a size outside these limits.

        Examples
        --------
        >>> from popsim.fits import fit
        >>> low, high = fit([2.0, 3.0, 5.0]).interval(0.9)
        >>> round(low, 2), round(high, 2)
        (0.66, 14.61)
        """
        share = as_number(coverage)
        if share is None or not 0.0 < share < 1.0:
            raise ParameterError(Problem("interval()", ("coverage",), shown(coverage), "a number above 0, below 1"))
        low = 0.5 * (1.0 - share)
        predictive = self.predictive_at(self.centre if size is None else size)
        return float(predictive.ppf(low)), float(predictive.isf(low))

    @cached_property
    def residuals(self) -> tuple[float, ...]:
        """Normal score of each point under the fit: 0 at the median, beyond 2 either way once in 20.

        Dunn and Smyth (1996), Randomized quantile residuals, doi:10.1080/10618600.1996.10474708.
        """
        self._all_known("residuals")
        return tuple(scores(model_of(self.family), self.data, self.estimate).tolist())

    @cached_property
    def anderson_darling(self) -> AndersonDarling:
        """Test of Anderson and Darling, with a p-value by simulation: a small one says that the family does not fit.

        With few points hardly any family is refused: a large p-value is no proof of the family.
        """
        if self.method != "maximum likelihood":
            allowed = 'method = "maximum likelihood", which is repeated for each simulated data set'
            raise ParameterError(Problem("anderson_darling", ("method",), f'"{self.method}"', allowed))
        self._all_known("anderson_darling")
        return anderson_darling(model_of(self.family), self.data, self.estimate, self.simulations, self.seed)

    def _all_known(self, what: str) -> None:
        """Refuse what needs the value of every point."""
        if self.data.known < self.data.count:
            found = f"{self.data.count - self.data.known} points of which only bounds are known"
            raise ParameterError(Problem(what, ("censored",), found, "points of which the value is known"))

    def _distance(self, size: object) -> float:
        number = as_number(size)
        if number is None or not 0.0 < number < math.inf:
            raise ParameterError(Problem("fit", ("size",), shown(size), "a relative size above 0"))
        return float(np.log(number)) - math.log(self.centre)


@contextmanager
def _amounts_held(size: object) -> Iterator[None]:
    """Refuse a size at which amounts are larger than floats hold."""
    try:
        yield
    except OverflowError as error:
        allowed = "a size at which floats hold the amounts"
        mend = "choose one that is closer to those of the points"
        raise ParameterError(Problem("fit", ("size",), shown(size), allowed, mend)) from error
