"""Fitting families to data, with what few data leave open."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from popsim.arguments import as_list, check_name, check_whole
from popsim.errors import ParameterError, Problem, kind_of
from popsim.fits.censored import estimate_censored
from popsim.fits.data import Data, read_data
from popsim.fits.model import Estimate, Model
from popsim.fits.models import FAMILIES, model_of
from popsim.fits.quantiles import match_quartiles
from popsim.fits.result import Fit, Method

_MOST_SIMULATIONS = 100_000


def fit(
    values: object,
    family: str = "lognormal",
    *,
    families: object = None,
    sizes: object = None,
    size_exponent: object = None,
    weights: object = None,
    censored: object = None,
    method: Method = "maximum likelihood",
    seed: int = 1,
    simulations: int = 999,
) -> Fit:
    """Fit a family to amounts, or several, and return the best.

    Parameters
    ----------
    values
        Amounts in one unit, such as money of one currency and price year: two or more that differ, three with an
        estimated exponent. From 1e-60 to 1e60, none more than 1e30 times another.
    family
        The family: lognormal, gamma, weibull or normal.
    families
        Several families: all are fitted, and the one with the lowest AICc is returned, with all of them in `ranking`.
        The choice is not part of the uncertainty that its distribution holds: with few points prefer a family that is
        known for a reason.
    sizes
        Relative size of each amount, above 0 and within the same limits; 1 is the reference size.
    size_exponent
        How amounts grow with size: ``"estimate"``, or the exponent where it is known.
    weights
        Weight of each amount, from 1e-6 to 1e6: the variance of its noise is spread² / weight.
    censored
        What is known of each amount: None for its value, ``"right"`` for at least that, ``"left"`` for at most that, a
        larger number for between the two.
    method
        ``"maximum likelihood"``, or ``"quantiles"``: the family that has the quartiles of the data.
    seed, simulations
        Seed and number of the simulated data sets behind the test of Anderson and Darling.

    Returns
    -------
    Fit
        Estimates with errors, the distribution of a new observation, intervals, residuals, goodness of fit.

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
    >>> best = fit([2.0, 3.0, 5.0, 6.0, 9.0, 14.0], families=["lognormal", "gamma", "weibull", "normal"])
    >>> [(each.family, round(each.aicc, 2)) for each in best.ranking]
    [('lognormal', 39.87), ('gamma', 39.98), ('weibull', 40.2), ('normal', 41.76)]
    """
    check_name("method", method, get_args(Method))
    seed = check_whole("seed", seed, 0, 2**63 - 1)
    simulations = check_whole("simulations", simulations, 19, _MOST_SIMULATIONS)
    models = [model_of(family)] if families is None else _models(families)
    data = read_data(
        values,
        sizes=sizes,
        size_exponent=size_exponent,
        weights=weights,
        censored=censored,
        positive=any(model.positive for model in models),
    )
    if problems := [problem for model in models for problem in _refused(model, data, method)]:
        raise ParameterError(problems)
    fits = [Fit(model.family, data, _estimate(model, data, method), method, seed, simulations) for model in models]
    if families is None:
        return fits[0]
    ranking = tuple(sorted(fits, key=lambda each: (each.aicc, -each.estimate.log_likelihood)))
    return replace(ranking[0], ranking=ranking)


def _estimate(model: Model, data: Data, method: Method) -> Estimate:
    if data.censored is not None:
        return estimate_censored(model, data)
    return match_quartiles(model, data) if method == "quantiles" else model.estimate(data)


def _models(families: object) -> list[Model]:
    """Read several families."""
    entries = as_list(families)
    if not entries or len(entries) > len(FAMILIES):
        found = kind_of(families) if entries is None else f"{len(entries)} families"
        raise ParameterError(Problem("fit()", ("families",), found, f"a list of some of {', '.join(FAMILIES)}"))
    return [model_of(entry) for entry in entries]


def _refused(model: Model, data: Data, method: Method) -> list[Problem]:
    """Return what a model or a method cannot take into account."""
    problems = []
    if data.estimated and not model.slopes:
        allowed = f"a number: a {model.family} amount does not grow by a power of size that data could show"
        problems.append(Problem("fit()", ("size_exponent",), '"estimate"', allowed, "use lognormal"))
    if data.weights is not None and not model.weighted:
        allowed = f"no weights for the family {model.family}"
        problems.append(Problem("fit()", ("weights",), "weights", allowed, "use lognormal"))
    if data.censored is not None and (data.estimated or data.weights is not None or method == "quantiles"):
        allowed = 'no weights, a known exponent or none, and method = "maximum likelihood"'
        problems.append(Problem("fit()", ("censored",), "points of which only bounds are known", allowed))
    if method == "quantiles" and (data.estimated or data.weights is not None):
        allowed = 'amounts without weights, with a known exponent or none, for method = "quantiles"'
        found = "an exponent to estimate" if data.estimated else "weights"
        problems.append(Problem("fit()", ("method",), found, allowed, 'use method = "maximum likelihood"'))
    return problems
