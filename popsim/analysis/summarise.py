"""Quantiles, means and standard deviations over scenarios, each with its Monte Carlo error."""

from __future__ import annotations

import numpy as np
import xarray as xr

from popsim.errors import ParameterError, Problem, RunError
from popsim.families.base import Floats

__all__ = ["check_coverage", "quantile_with_error", "scenario_variables", "summarise"]

STANDARD_QUANTILES = (0.25, 0.5, 0.75, 0.8)


def check_coverage(name: str, value: float) -> float:
    """Hold a probability strictly between 0 and 1.

    Raises
    ------
    ParameterError
        For anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.floating) or not 0.0 < value < 1.0:
        raise ParameterError(Problem(name, repr(value), "a number between 0 and 1, such as 0.9"))
    return float(value)


def scenario_variables(dataset: xr.Dataset) -> list[str]:
    """Names of the variables that have scenarios.

    Raises
    ------
    RunError
        When there are none.
    """
    names = [str(name) for name in dataset.data_vars if "scenario" in dataset[name].dims]
    if not names:
        raise RunError(Problem("dataset", "no variable with the dimension 'scenario'", "a dataset of ps.simulate"))
    return names


def quantile_with_error(values: Floats, probabilities: Floats) -> tuple[Floats, Floats]:
    """Quantiles over the last axis and their Monte Carlo standard errors.

    The quantile is the linear interpolation between order statistics (Hyndman and Fan 1996, type 7,
    doi:10.1080/00031305.1996.10473566). Its error is half the distance between the order statistics one binomial
    standard deviation either side, which needs no density (Conover 1999, Practical Nonparametric Statistics, ch. 3).

    Parameters
    ----------
    values
        (..., scenario)
    probabilities
        (quantile,), in (0, 1).

    Returns
    -------
    tuple of arrays
        Quantiles and errors, both (..., quantile). An error is infinite where one standard deviation reaches past the
        sample, since the scenarios are too few to tell.

    Examples
    --------
    >>> value, error = quantile_with_error(np.arange(10_001.0), np.array([0.5]))
    >>> value.item(), round(error.item(), 6)
    (5000.0, 50.0025)
    """
    ordered = np.sort(values, axis=-1)
    count = ordered.shape[-1]
    position = (count - 1) * probabilities
    spread = np.sqrt(count * probabilities * (1.0 - probabilities))
    middle = _between(ordered, position)
    below, above = position - spread, position + spread
    error = (_between(ordered, above) - _between(ordered, below)) / 2.0
    # Scenarios that all agree have no error, however few; one alone agrees with none.
    flat = (ordered[..., :1] == ordered[..., -1:]) & (count > 1)
    too_few = (below < 0.0) | (above > count - 1)
    return middle, np.where(too_few & ~flat, np.inf, error)


def _between(ordered: Floats, position: Floats) -> Floats:
    position = np.clip(position, 0.0, ordered.shape[-1] - 1)
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, ordered.shape[-1] - 1)
    low, high = ordered[..., lower], ordered[..., upper]
    return np.asarray(low + (high - low) * (position - lower))


def moments_with_error(values: Floats) -> dict[str, Floats]:
    """Mean and standard deviation over the last axis with their standard errors.

    The error of the standard deviation uses the fourth central moment: var(s) ~ (m4 - s^4) / (4 s^2 n).
    """
    count = values.shape[-1]
    if count < 2:
        none = np.full(values.shape[:-1], np.inf)
        return {"mean": values.mean(axis=-1), "mean_error": none, "std": np.zeros_like(none), "std_error": none}
    mean = values.mean(axis=-1)
    deviations = values - mean[..., np.newaxis]
    variance = np.square(deviations).sum(axis=-1) / (count - 1)
    fourth = np.square(np.square(deviations)).mean(axis=-1)
    std = np.sqrt(variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        std_error = np.sqrt(np.maximum(fourth - variance**2, 0.0) / count) / (2.0 * std)
    return {
        "mean": mean,
        "mean_error": std / np.sqrt(count),
        "std": std,
        "std_error": np.where(std > 0.0, std_error, 0.0),
    }


def summarise(dataset: xr.Dataset, coverage: float = 0.90) -> xr.Dataset:
    """Summarise every variable over its scenarios.

    Parameters
    ----------
    dataset
        Scenarios, as of `simulate` or `sample`.
    coverage
        Probability that the range from the lowest to the highest quantile holds, in (0, 1).

    Returns
    -------
    xarray.Dataset
        For each variable v: ``v_quantile`` and ``v_quantile_error`` with the dimension `quantile` last, ``v_mean``,
        ``v_std`` and their ``_error``; all in the unit of v. Errors are Monte Carlo standard errors: what another seed
        would change.

    Raises
    ------
    ParameterError
        For a coverage outside (0, 1).
    RunError
        For a dataset without scenarios.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> s = ps.summarise(ds, coverage=0.90)
    >>> s["cost_quantile"].dims, s["cost_by_area_quantile"].dims
    (('option', 'quantile'), ('option', 'area', 'quantile'))
    """
    tail = (1.0 - check_coverage("coverage", coverage)) / 2.0
    # Rounded so that labels read 0.05, not 0.04999...; selecting .sel(quantile=0.05) then works.
    levels = np.array(sorted({round(tail, 12), round(1.0 - tail, 12), *STANDARD_QUANTILES}))
    result: dict[str, xr.DataArray] = {}
    for name in scenario_variables(dataset):
        variable = dataset[name].transpose(..., "scenario")
        dims = [str(dim) for dim in variable.dims[:-1]]
        coordinates = {key: value for key, value in variable.coords.items() if "scenario" not in value.dims}
        values = np.ascontiguousarray(variable.values, dtype=np.float64)
        quantiles, errors = quantile_with_error(values, levels)
        for suffix, data in (("quantile", quantiles), ("quantile_error", errors)):
            result[f"{name}_{suffix}"] = xr.DataArray(data, {**coordinates, "quantile": levels}, [*dims, "quantile"])
        for suffix, data in moments_with_error(values).items():
            result[f"{name}_{suffix}"] = xr.DataArray(data, coordinates, dims)
        _describe(result, name, dataset[name].attrs)
    return xr.Dataset(result, attrs={**dataset.attrs, "coverage": coverage})


_WORDS = {"quantile": "quantile", "mean": "mean", "std": "standard deviation"}


def _describe(result: dict[str, xr.DataArray], name: str, attributes: dict[str, object]) -> None:
    for suffix, word in _WORDS.items():
        unit = {"units": attributes.get("units", "1")}
        title = str(attributes.get("long_name", name))
        result[f"{name}_{suffix}"].attrs = {
            **unit,
            "long_name": f"{title}, {word}",
            "description": f"The {word} over scenarios.",
        }
        result[f"{name}_{suffix}_error"].attrs = {
            **unit,
            "long_name": f"{title}, Monte Carlo error of the {word}",
            "description": f"Standard error of the {word}: what another seed would change.",
        }
    level = result[f"{name}_quantile"].coords["quantile"]
    level.attrs = {
        "units": "1",
        "long_name": "Probability",
        "description": "Probability that the value is not exceeded.",
    }
    result[f"{name}_quantile"].coords["quantile"].attrs = level.attrs


def binomial_error(share: Floats, count: int) -> Floats:
    """Give the standard error of a share of `count` scenarios; never zero, after Agresti and Coull (1998).

    doi:10.1080/00031305.1998.10480550

    Examples
    --------
    >>> binomial_error(np.array([0.5]), 10_000).round(6).item()
    0.004999
    """
    adjusted = (share * count + 2.0) / (count + 4.0)
    return np.asarray(np.sqrt(adjusted * (1.0 - adjusted) / (count + 4.0)))
