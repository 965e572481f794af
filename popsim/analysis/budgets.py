"""How sure is an amount to suffice, and which amount is sure enough."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from popsim.analysis.order import binomial_error, quantile_with_error
from popsim.analysis.summarise import check_coverage, scenario_variables
from popsim.errors import ParameterError, Problem, RunError

__all__ = ["budget", "budget_curve", "budget_for", "point_estimates"]


def _cost(dataset: xr.Dataset, variable: str = "cost") -> xr.DataArray:
    if variable not in scenario_variables(dataset):
        raise RunError(Problem("dataset", f"no variable {variable!r} with scenarios", "a dataset of ps.simulate"))
    return dataset[variable].transpose(..., "scenario")


def budget(dataset: xr.Dataset, amount: float) -> xr.Dataset:
    """Tell how sure an amount is to suffice for the total cost, and what is missing when it does not.

    Parameters
    ----------
    dataset
        A dataset of `simulate`.
    amount
        In the study's currency, at constant prices; positive.

    Returns
    -------
    xarray.Dataset
        `sufficient`: probability that cost <= amount; `shortfall`: expected cost beyond the amount in the scenarios
        that exceed it (0 where none does); each with its Monte Carlo standard error, by option.

    Raises
    ------
    ParameterError
        For an amount that is not a positive number.
    RunError
        For a dataset without `cost`.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000)
    >>> 0 < ps.budget(ds, amount=2.5e9)["sufficient"].item() < 1
    True
    """
    if isinstance(amount, bool) or not isinstance(amount, int | float | np.number) or not 0.0 < amount < np.inf:
        raise ParameterError(Problem("amount", repr(amount), "a positive number, such as 850e6"))
    cost = _cost(dataset)
    count = cost.sizes["scenario"]
    share = (cost <= amount).mean("scenario")
    missing = cost.where(cost > amount) - amount
    shortfall = missing.mean("scenario").fillna(0.0)
    short = missing.notnull().sum("scenario")
    # One scenario beyond the amount tells nothing of the error of its mean; none at all leaves nothing to err about.
    error = (missing.std("scenario", ddof=1) / np.sqrt(short.clip(min=1))).where(short > 1, np.inf)
    shortfall_error = error.where(short > 0, 0.0)
    result = xr.Dataset(
        {
            "sufficient": share,
            "sufficient_error": share.copy(data=binomial_error(share.values, count)),
            "shortfall": shortfall,
            "shortfall_error": shortfall_error,
        },
        attrs={**dataset.attrs, "amount": float(amount)},
    )
    units = str(cost.attrs.get("units", "1"))
    _describe(result["sufficient"], "1", "Probability that the amount suffices")
    _describe(result["sufficient_error"], "1", "Monte Carlo error of the probability")
    _describe(result["shortfall"], units, "Expected shortfall where the amount does not suffice")
    _describe(result["shortfall_error"], units, "Monte Carlo error of the shortfall")
    return result


def _describe(variable: xr.DataArray, units: str, long_name: str) -> None:
    variable.attrs = {"units": units, "long_name": long_name, "description": f"{long_name}, by option."}


def budget_for(dataset: xr.Dataset, confidence: float) -> xr.Dataset:
    """Give the amount that suffices for the total cost with a stated confidence.

    Parameters
    ----------
    dataset
        A dataset of `simulate`.
    confidence
        Probability that the amount suffices, in (0, 1).

    Returns
    -------
    xarray.Dataset
        `amount` and `amount_error` (its Monte Carlo standard error) by option, in the study's currency.

    Raises
    ------
    ParameterError
        For a confidence outside (0, 1), or one that the number of scenarios cannot support.
    RunError
        For a dataset without `cost`.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000)
    >>> ps.budget_for(ds, confidence=0.80)["amount"].dims
    ('option',)
    """
    level = check_coverage("confidence", confidence)
    cost = _cost(dataset)
    amount, error = quantile_with_error(np.ascontiguousarray(cost.values), np.array([level]))
    if not np.isfinite(error).all():
        # Two standard deviations of the rank, sqrt(n p (1 - p)), have to fit between the quantile and the sample's end.
        odds = max(level / (1.0 - level), (1.0 - level) / level)
        needed = math.ceil(4.0 * odds + 2.0)
        raise ParameterError(
            Problem(
                "confidence",
                f"{level} from {cost.sizes['scenario']} scenarios",
                "a confidence that the scenarios can support",
                f"run at least {needed} scenarios",
            )
        )
    plain = cost.isel(scenario=0, drop=True)
    result = xr.Dataset(
        {"amount": plain.copy(data=amount[..., 0]), "amount_error": plain.copy(data=error[..., 0])},
        attrs={**dataset.attrs, "confidence": level},
    )
    units = str(cost.attrs.get("units", "1"))
    _describe(result["amount"], units, f"Amount that suffices with {level:.12g} confidence")
    _describe(result["amount_error"], units, "Monte Carlo error of the amount")
    return result


def budget_curve(dataset: xr.Dataset, points: int = 199) -> xr.Dataset:
    """Give the amounts for evenly spaced confidences: the S-curve of the total cost.

    Parameters
    ----------
    dataset
        A dataset of `simulate`.
    points
        Number of confidences between 0 and 1.

    Returns
    -------
    xarray.Dataset
        `amount` (option, confidence), in the study's currency.

    Raises
    ------
    ParameterError
        For less than one point.
    RunError
        For a dataset without `cost`.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=1_000)
    >>> ps.budget_curve(ds, points=9)["amount"].sizes["confidence"]
    9
    """
    if isinstance(points, bool) or not isinstance(points, int) or points < 1:
        raise ParameterError(Problem("points", repr(points), "a whole number of at least 1"))
    cost = _cost(dataset)
    levels = np.arange(1, points + 1) / (points + 1.0)
    amount, _ = quantile_with_error(np.ascontiguousarray(cost.values), levels)
    dims = [*(str(dim) for dim in cost.dims[:-1]), "confidence"]
    result = xr.Dataset(
        {"amount": (dims, amount)}, {"option": dataset["option"], "confidence": levels}, attrs=dataset.attrs
    )
    _describe(result["amount"], str(cost.attrs.get("units", "1")), "Amount that suffices with the confidence")
    return result


def point_estimates(dataset: xr.Dataset) -> xr.Dataset:
    """Give the point estimates and the probability that each suffices, in total and by area.

    Parameters
    ----------
    dataset
        A dataset of `simulate`.

    Returns
    -------
    xarray.Dataset
        `point_estimate` (option), ``point_estimate_confidence`` and its ``_error``; the same ``_by_area`` (option,
        area) where the dataset has `cost_by_area`.

    Raises
    ------
    RunError
        For a dataset without costs or point estimates.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> ps.point_estimates(ds)["point_estimate_confidence"].item() < 0.5
    True
    """
    result: dict[str, xr.DataArray] = {}
    for suffix in ("", "_by_area"):
        if f"cost{suffix}" not in dataset and suffix:
            continue
        if f"point_estimate{suffix}" not in dataset:
            raise RunError(Problem("dataset", f"no variable 'point_estimate{suffix}'", "a dataset of ps.simulate"))
        cost, estimate = _cost(dataset, f"cost{suffix}"), dataset[f"point_estimate{suffix}"]
        share = (cost <= estimate).mean("scenario")
        result[f"point_estimate{suffix}"] = estimate
        result[f"point_estimate_confidence{suffix}"] = share
        result[f"point_estimate_confidence{suffix}_error"] = share.copy(
            data=binomial_error(share.values, cost.sizes["scenario"])
        )
        _describe(share, "1", "Probability that the point estimate suffices")
        _describe(result[f"point_estimate_confidence{suffix}_error"], "1", "Monte Carlo error of the probability")
    return xr.Dataset(result, attrs=dataset.attrs)
