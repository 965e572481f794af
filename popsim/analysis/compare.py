"""What an option costs more or less than another, scenario by scenario."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.door import coverage_of, dataset_of, replicates_of, scenario_variables
from popsim.analysis.order import Moments, binomial_error
from popsim.analysis.summarise import coordinates_of, summarise
from popsim.analysis.totals import breakdowns_of, with_all_years
from popsim.arguments import check_text
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, RunError, UnknownNameError, nearest

if TYPE_CHECKING:
    from popsim.engine.runs import Run

ROUNDING = 1e-9
"""Amounts that differ by less than this part of the total are equal: they were only added up in another order."""


def compare(dataset: Run | xr.Dataset, baseline: str = schema.FULL, coverage: float | None = None) -> xr.Dataset:
    """Return the difference between every option and a baseline, scenario by scenario.

    All options of a run share their random numbers, so the difference within a scenario is due to the option alone.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate` with two options or more.
    baseline
        Option with which the others are compared.
    coverage
        Coverage of the range of a difference, in (0, 1); None for that of the dataset, or else 0.90.

    Returns
    -------
    xarray.Dataset
        By option, without the baseline; money in the study's currency. For each total t of `popsim.schema.TOTALS` that
        the dataset holds, and its sum over all years (``cost_all_years``): ``t_difference_mean``,
        ``_std`` and ``_quantile`` of option minus baseline, as `summarise` does; the probabilities ``t_dearer``,
        ``t_cheaper`` and ``t_equal`` (within 1e-9 of what either costs in all years, since sums are rounded);
        ``t_correlation`` between option and baseline;
        ``t_error_ratio``, the standard error of the mean difference over what it would be if the two had been run with
        random numbers of their own; and ``t_variance_reduction``, how many times as many scenarios such runs would need
        for the same error (infinite where the difference never varies). NaN stands where nothing varies.
        For each breakdown b by one dimension: ``b_difference_mean``, ``_std`` and ``_quantile``, and
        ``b_difference_share``, its part of the mean difference of the total (NaN where that is 0); the parts sum to 1.
        Each with its Monte Carlo standard error, ``..._error``, but for the last two of a total.
        Without error, by option and component: ``payments_ceased``, how many payments in a country (years of service)
        the option plans less than the baseline of a component that both have, so those that are made neither within
        the years of the study nor after them (negative: payments that are added); ``payments_ceased_cost`` and
        ``payments_ceased_financing_need``, what these come to on average in all countries, at what a payment of the
        component is expected to cost in the option, at constant prices. Their sums over components: ``..._total``.

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
    dataset = dataset_of(dataset)
    baseline = check_text("baseline", baseline, "the name of an option")
    others = _other_options(dataset, baseline)
    dataset = with_all_years(dataset)
    known = set(scenario_variables(dataset))
    totals = [name for name in schema.TOTALS if name in known]
    parts = breakdowns_of(dataset)
    names = [str(option) for option in dataset["option"].values]
    base, chosen = names.index(baseline), [names.index(option) for option in others]
    options = dataset.isel(option=chosen)
    amounts: dict[str, Floats] = {}
    differences: dict[str, xr.Variable] = {}
    about: dict[Hashable, xr.Variable] = {}
    for name in (*totals, *parts):
        amounts[name] = np.ascontiguousarray(dataset.variables[name].transpose("option", ..., "scenario").values)
    rounding: dict[str, Floats] = {}
    for name in (*totals, *parts):
        variable = dataset.variables[name].transpose("option", ..., "scenario")
        attributes = {
            "units": variable.attrs.get("units", "1"),
            "long_name": f"{variable.attrs.get('long_name', name)}, difference to {baseline}",
        }
        difference = amounts[name][chosen] - amounts[name][base]
        # What is paid in other years, or summed in another order, is the same money however its parts were rounded.
        scale = amounts[name if name in parts else _whole(name, known)]
        noise = ROUNDING * np.maximum(np.abs(scale[chosen]), np.abs(scale[base]))
        difference[np.abs(difference) <= noise] = 0.0
        _even(difference, amounts[name][chosen], amounts[name][base])
        if name in totals:
            rounding[name] = noise
        differences[f"{name}_difference"] = xr.Variable(variable.dims, difference, attributes)
        about |= coordinates_of(options, variable.dims)
    result = summarise(xr.Dataset(differences, about, dataset.attrs), coverage_of(dataset, coverage))
    for name in (*totals, *parts):
        if np.isinf(result[f"{name}_difference_mean_error"]).any():
            _bound_mean_error(result, name, Moments(amounts[name], replicates=replicates_of(dataset)), base, chosen)
    added: dict[str, xr.Variable] = {}
    for name in totals:
        added |= _signs(differences[f"{name}_difference"].values, rounding[name], name)
        added |= _pairing(amounts[name], base, chosen, result[f"{name}_difference_std"].values, name)
    for name, total in parts.items():
        part, whole = (differences[f"{of}_difference"] for of in (name, total))
        added |= _shares(part, whole.values, name, total)
    labels = {"option_name": options["option_name"]} if "option_name" in options.coords else {}
    about = coordinates_of(options, ["option", "component"])
    ceased = xr.Dataset(_ceased(dataset, base, chosen), about)
    return result.assign(added).assign(ceased.variables).assign_coords(labels).assign_attrs(baseline=baseline)


def _other_options(dataset: xr.Dataset, baseline: str) -> list[str]:
    if "cost" not in dataset.data_vars or {"option", "scenario"} - set(dataset["cost"].dims):
        raise RunError(Problem("dataset", (), "no cost (option, scenario)", "a dataset of ps.simulate"))
    options = [str(option) for option in dataset["option"].values]
    if repeated := sorted({option for option in options if options.count(option) > 1}):
        raise RunError(Problem("dataset", ("option",), f"{', '.join(repeated)} more than once", "each option once"))
    if len(options) < 2:
        raise ParameterError(
            Problem(
                "dataset",
                ("option",),
                f"one option, {options[0]!r}" if options else "no option",
                "at least two options to compare",
                "add [[option]] to the study, with its id, name, rationale and the keys that it sets, and run it again",
            )
        )
    if baseline not in options:
        raise UnknownNameError(
            Problem("", ("baseline",), repr(baseline), f"one of {', '.join(options)}", nearest(str(baseline), options))
        )
    return [option for option in options if option != baseline]


def _even(difference: Floats, own: Floats, other: Floats) -> None:
    """Make a difference that varies by rounding alone constant, in place: it has no tail."""
    rounding = ROUNDING * np.maximum(np.abs(own), np.abs(other))
    apart = np.abs(difference - difference[..., :1])
    same = (apart <= rounding + rounding[..., :1]).all(axis=-1)
    difference[same] = difference[same].mean(axis=-1, keepdims=True)


def _bound_mean_error(result: xr.Dataset, name: str, own: Moments, base: int, chosen: list[int]) -> None:
    """Set the error of the mean of a difference whose tail was not seen to that which follows from its two terms.

    The standard deviation of a difference is at most the sum of those of its terms (Minkowski), so where the means of
    option and baseline are known, that of their difference is.
    """
    error = result[f"{name}_difference_mean_error"]
    error.values = np.where(np.isinf(error.values), own.mean_error[chosen] + own.mean_error[base], error.values)
    if not np.isinf(error.values).any():
        error.attrs.pop("infinite_because", None)


def _whole(name: str, known: set[str]) -> str:
    """Return the name of the total of all years, where the run has one; else the name itself."""
    kind = schema.TOTALS[name]
    whole = schema.total_name(kind.base, kind.prices, "all_years")
    return whole if whole in known else name


def _signs(difference: Floats, rounding: Floats, name: str) -> dict[str, xr.Variable]:
    """Return the probabilities that an option costs more, less, the same; differences below `rounding` are none."""
    variables = {}
    more, less = difference > rounding, difference < -rounding
    for word, holds in (("dearer", more), ("cheaper", less), ("equal", ~(more | less))):
        share = holds.mean(axis=-1)
        title = f"Probability that the option is {word}: {name}"
        variables[f"{name}_{word}"] = _described(["option"], share, title)
        error = binomial_error(share, difference.shape[-1])
        variables[f"{name}_{word}_error"] = _described(["option"], error, f"{title}, Monte Carlo error")
    return variables


def _pairing(amounts: Floats, base: int, chosen: list[int], paired: Floats, name: str) -> dict[str, xr.Variable]:
    """Return the correlation of options with the baseline, and what shared random numbers gain.

    `paired` is the standard deviation of each difference.
    """
    own = Moments(amounts).std
    both = own[chosen] ** 2 + own[base] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(both > 0.0, paired / np.sqrt(both), np.nan)
        reduction = np.where(both > 0.0, both / paired**2, np.nan)
    correlation, error = _correlation(amounts[chosen], amounts[base])
    about = {
        "correlation": (correlation, "Correlation with the baseline"),
        "correlation_error": (error, "Correlation with the baseline, Monte Carlo error"),
        "error_ratio": (ratio, "Standard error of the mean difference over that of independent runs"),
        "variance_reduction": (reduction, "Times as many scenarios that independent runs would need"),
    }
    return {f"{name}_{word}": _described(["option"], data, title) for word, (data, title) in about.items()}


def _correlation(options: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Return correlations over scenarios, and their standard errors from the influence of each scenario.

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


def _shares(part: xr.Variable, whole: Floats, name: str, total: str) -> dict[str, xr.Variable]:
    """Return the share of each part in the mean difference of the total; errors of a ratio, to first order."""
    mean = whole.mean(axis=-1, keepdims=True)
    divisor = np.where(mean != 0.0, mean, np.nan)
    share = part.values.mean(axis=-1) / divisor
    residual = part.values - np.where(np.isnan(share), 0.0, share)[..., np.newaxis] * whole[:, np.newaxis, :]
    error = Moments(residual).mean_error / np.abs(divisor)
    title = f"Share of the mean difference of {total}"
    return {
        f"{name}_difference_share": _described(part.dims[:-1], share, title),
        f"{name}_difference_share_error": _described(part.dims[:-1], error, f"{title}, Monte Carlo error"),
    }


def _ceased(dataset: xr.Dataset, base: int, chosen: list[int]) -> dict[str, xr.Variable]:
    """Return the payments that options no longer make for components that the baseline has too, and their cost."""
    if "planned_payments" not in dataset:
        return {}
    planned = np.asarray(dataset["planned_payments"].transpose("option", "component").values)
    own = planned[chosen]
    ceased = np.where((own > 0.0) & (planned[base] > 0.0), planned[base] - own, 0.0)
    # Profiles are sums of shares for a one-off.
    ceased[np.abs(ceased) <= 1e-9] = 0.0
    payments = {"payments_ceased": (ceased, "Payments that cease", "1")}
    for total in schema.BREAKDOWNS:
        name = f"expected_{total}_all_years_by_component"
        if name in dataset:
            expected = dataset[name].transpose("option", "component")
            each = np.divide(expected.values[chosen], own, out=np.zeros_like(own), where=own > 0.0)
            units = str(expected.attrs.get("units", "1"))
            payments[f"payments_ceased_{total}"] = (ceased * each, f"Payments that cease, expected {total}", units)
    described: dict[str, xr.Variable] = {}
    for name, (values, title, units) in payments.items():
        attributes = {
            "units": units,
            "description": f"{title}: against the baseline, negative where payments are added.",
        }
        for suffix, dims, data in (("", ("option", "component"), values), ("_total", ("option",), values.sum(axis=1))):
            what = "by component" if dims[1:] else "in all"
            described[f"{name}{suffix}"] = xr.Variable(dims, data, {**attributes, "long_name": f"{title}, {what}"})
    return described


def _described(dims: Sequence[Hashable], values: Floats, title: str) -> xr.Variable:
    """Return a number without unit, with its meaning as attributes."""
    return xr.Variable(dims, values, {"units": "1", "long_name": title, "description": f"{title}, by option."})
