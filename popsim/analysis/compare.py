"""What an option costs more or less than another, scenario by scenario."""

from __future__ import annotations

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.order import Moments, binomial_error
from popsim.analysis.summarise import scenario_variables, summarise
from popsim.errors import ParameterError, Problem, RunError, UnknownNameError, nearest
from popsim.families.base import Floats

__all__ = ["BASELINE", "TOTALS", "breakdowns_of", "compare"]

BASELINE = "full"
"""The study as written."""
TOTALS = ("cost", "financing_need", "cost_nominal", "cost_discounted", "cost_after_horizon")
"""Totals of which differences are taken, where a dataset holds them."""


def compare(dataset: xr.Dataset, baseline: str = BASELINE, coverage: float | None = None) -> xr.Dataset:
    """Give the difference of every option to a baseline, scenario by scenario.

    All options of a run share their random numbers, so the difference within a scenario is due to the option alone.

    Parameters
    ----------
    dataset
        A dataset of `simulate` with two options or more.
    baseline
        Option that the others are held against.
    coverage
        Probability that the range of a difference holds, in (0, 1); None for that of the dataset, or else 0.90.

    Returns
    -------
    xarray.Dataset
        By option, without the baseline; money in the study's currency. For each total t of `cost`, `financing_need`,
        `cost_nominal`, `cost_discounted` and `cost_after_horizon` that the dataset holds: ``t_difference_mean``,
        ``_std`` and ``_quantile`` of option minus baseline, as `summarise` gives them; the probabilities ``t_dearer``,
        ``t_cheaper`` and ``t_equal`` (to the last bit); ``t_correlation`` between option and baseline;
        ``t_error_ratio``, the standard error of the mean difference over what it would be had the two been run with
        random numbers of their own; and ``t_variance_reduction``, how many times as many scenarios such runs would need
        for the same error (infinite where the difference never varies). NaN stands where nothing varies.
        For each breakdown b by one dimension: ``b_difference_mean``, ``_std`` and ``_quantile``, and
        ``b_difference_share``, its part of the mean difference of the total (NaN where that is 0); the parts sum to 1.
        Each with its Monte Carlo standard error, ``..._error``, but for the last two of a total.

    Raises
    ------
    ParameterError
        For a dataset of one option, or a coverage outside (0, 1).
    UnknownNameError
        For a baseline that is no option of the dataset.
    RunError
        For a dataset without `cost`, with an option twice, or with values that are NaN or infinite.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=500, breakdowns=["area"])
    >>> c = ps.compare(ds)
    >>> c["cost_cheaper"].sel(option="without_technology_transfer").item()
    1.0
    """
    others = _other_options(dataset, baseline)
    stated = dataset.attrs.get("coverage", 0.90) if coverage is None else coverage
    totals = [name for name in TOTALS if name in scenario_variables(dataset)]
    parts = breakdowns_of(dataset)
    base = dataset.sel(option=baseline, drop=True)
    options = dataset.sel(option=others)
    differences = xr.Dataset(attrs=dataset.attrs)
    for name in (*totals, *parts):
        difference = options[name] - base[name]
        differences[f"{name}_difference"] = difference.transpose("option", ..., "scenario")
        differences[f"{name}_difference"].attrs = {
            "units": dataset[name].attrs.get("units", "1"),
            "long_name": f"{dataset[name].attrs.get('long_name', name)}, difference to {baseline}",
        }
    result = summarise(differences, stated)
    for name in totals:
        result = result.assign(_signs(differences[f"{name}_difference"], name))
        result = result.assign(_pairing(options[name], base[name], differences[f"{name}_difference"], name))
    for name, total in parts.items():
        result = result.assign(_shares(differences, name, total))
    names = {"option_name": options["option_name"]} if "option_name" in options.coords else {}
    return result.assign_coords(names).assign_attrs(baseline=baseline)


def breakdowns_of(dataset: xr.Dataset) -> dict[str, str]:
    """Name the breakdowns by one dimension, each with the total that it sums to.

    Examples
    --------
    >>> run = xr.Dataset({"cost_by_area": (("option", "scenario", "area"), np.ones((1, 2, 3)))})
    >>> breakdowns_of(run)
    {}
    >>> breakdowns_of(run.assign(cost=run["cost_by_area"].sum("area")))
    {'cost_by_area': 'cost'}
    """
    found = {}
    for name, variable in dataset.data_vars.items():
        total, _, dimension = str(name).partition("_by_")
        known = total in schema.BREAKDOWNS and total in dataset.data_vars
        if known and set(variable.dims) == {"option", "scenario", dimension}:
            found[str(name)] = total
    return found


def _other_options(dataset: xr.Dataset, baseline: str) -> list[str]:
    if "cost" not in dataset.data_vars or {"option", "scenario"} - set(dataset["cost"].dims):
        raise RunError(Problem("dataset", "no cost (option, scenario)", "a dataset of ps.simulate"))
    options = [str(option) for option in dataset["option"].values]
    if repeated := sorted({option for option in options if options.count(option) > 1}):
        raise RunError(Problem("dataset: option", f"{', '.join(repeated)} more than once", "each option once"))
    if len(options) < 2:
        raise ParameterError(
            Problem(
                "dataset: option",
                f"one option, {options[0]!r}" if options else "no option",
                "at least two options to compare",
                "add [[option]] to the study, with its id, name, rationale and the keys that it sets, and run it again",
            )
        )
    if baseline not in options:
        raise UnknownNameError(
            Problem("baseline", repr(baseline), f"one of {', '.join(options)}", nearest(str(baseline), options))
        )
    return [option for option in options if option != baseline]


def _signs(difference: xr.DataArray, name: str) -> dict[str, xr.DataArray]:
    """Give the probabilities that an option is dearer, cheaper, equal."""
    count = difference.sizes["scenario"]
    found = {}
    for word, holds in (("dearer", difference > 0), ("cheaper", difference < 0), ("equal", difference == 0)):
        share = holds.mean("scenario")
        title = f"Probability that the option is {word}: {name}"
        found[f"{name}_{word}"] = _described(share, title)
        error = share.copy(data=binomial_error(share.values, count))
        found[f"{name}_{word}_error"] = _described(error, f"{title}, Monte Carlo error")
    return found


def _pairing(option: xr.DataArray, base: xr.DataArray, difference: xr.DataArray, name: str) -> dict[str, xr.DataArray]:
    """Give the correlation of options with the baseline, and what shared random numbers gain."""
    paired = Moments(difference.values)
    own = Moments(np.ascontiguousarray(option.transpose("option", "scenario").values))
    other = Moments(np.ascontiguousarray(base.values))
    both = own.std**2 + other.std**2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(both > 0.0, paired.std / np.sqrt(both), np.nan)
        reduction = np.where(both > 0.0, both / paired.std**2, np.nan)
    correlation, error = _correlation(option.transpose("option", "scenario").values, base.values)
    plain = difference.isel(scenario=0, drop=True)
    about = {
        "correlation": (correlation, "Correlation with the baseline"),
        "correlation_error": (error, "Correlation with the baseline, Monte Carlo error"),
        "error_ratio": (ratio, "Standard error of the mean difference over that of independent runs"),
        "variance_reduction": (reduction, "Times as many scenarios that independent runs would need"),
    }
    return {f"{name}_{word}": _described(plain.copy(data=data), title) for word, (data, title) in about.items()}


def _correlation(options: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Correlations over scenarios, and their standard errors from the influence of each scenario.

    The influence of a pair of standard scores (x, y) on r is x y - r (x^2 + y^2) / 2, whatever the distribution
    (Devlin, Gnanadesikan and Kettenring 1975, Biometrika 62, doi:10.1093/biomet/62.3.531).
    """
    varies = (np.ptp(options, axis=-1) > 0.0) & (np.ptp(base) > 0.0)
    spreads = np.where(varies, options.std(axis=-1), 1.0), base.std() or 1.0
    x = (options - options.mean(axis=-1, keepdims=True)) / spreads[0][:, np.newaxis]
    y = (base - base.mean()) / spreads[1]
    # Rounding may carry two that move together a last bit past 1.
    r = np.clip((x * y).mean(axis=-1), -1.0, 1.0)
    influence = x * y - 0.5 * r[:, np.newaxis] * (x**2 + y**2)
    error = influence.std(axis=-1) / np.sqrt(len(base))
    return np.where(varies, r, np.nan), np.where(varies, error, np.nan)


def _shares(differences: xr.Dataset, name: str, total: str) -> dict[str, xr.DataArray]:
    """Give what each part has of the mean difference of the total; errors of a ratio, to first order."""
    part = differences[f"{name}_difference"]
    whole = differences[f"{total}_difference"]
    mean = whole.mean("scenario")
    share = (part.mean("scenario") / mean.where(mean != 0.0)).transpose("option", ...)
    residual = (part - share.fillna(0.0) * whole).transpose("option", ..., "scenario")
    error = share.copy(data=Moments(residual.values).mean_error) / abs(mean.where(mean != 0.0))
    title = f"Share of the mean difference of {total}"
    return {
        f"{name}_difference_share": _described(share, title),
        f"{name}_difference_share_error": _described(error, f"{title}, Monte Carlo error"),
    }


def _described(variable: xr.DataArray, title: str) -> xr.DataArray:
    """Describe a number without unit."""
    variable.attrs = {"units": "1", "long_name": title, "description": f"{title}, by option."}
    return variable
