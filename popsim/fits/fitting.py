"""Fitting a family to data, with what few data leave open."""

from __future__ import annotations

from popsim.errors import ParameterError, Problem
from popsim.fits.data import read_data
from popsim.fits.models import model_of
from popsim.fits.result import Fit


def fit(
    values: object,
    family: str = "lognormal",
    *,
    sizes: object = None,
    size_exponent: object = None,
    weights: object = None,
    censored: object = None,
) -> Fit:
    """Fit a family to amounts, by maximum likelihood.

    Parameters
    ----------
    values
        Amounts in one unit, such as money of one currency and price year: two or more that differ, three with an
        estimated exponent.
    family
        The family: lognormal, gamma, weibull or normal.
    sizes
        Size factor of each amount, above 0; 1 is the reference size.
    size_exponent
        How amounts grow with size: ``"estimate"``, or the exponent where it is known.
    weights
        Weight of each amount, above 0: its noise has a variance of spread² / weight.

    Returns
    -------
    Fit
        Estimates with errors, the distribution of a new observation, intervals, residuals.

    Raises
    ------
    ParameterError
        With everything that is wrong with the data.

    Examples
    --------
    >>> result = fit([2.0, 3.0, 5.0])
    >>> result.degrees, round(result.level, 4), round(result.spread, 4), result.common_share
    (2, 1.1337, 0.4592, 0.25)
    >>> result.predictive
    LogStudent(mu=1.133..., sigma=0.530..., degrees=2)
    """
    model = model_of(family)
    data = read_data(
        values,
        sizes=sizes,
        size_exponent=size_exponent,
        weights=weights,
        censored=censored,
        positive=model.positive,
    )
    problems = []
    if data.estimated and not model.slopes:
        allowed = f"a number: a {family} amount does not grow by a power of size that data could show"
        problems.append(Problem("fit()", ("size_exponent",), '"estimate"', allowed, "use lognormal"))
    if data.weights is not None and not model.weighted:
        problems.append(Problem("fit()", ("weights",), "weights", "none for this family", "use lognormal"))
    if problems:
        raise ParameterError(problems)
    return Fit(family, data, model.estimate(data))
