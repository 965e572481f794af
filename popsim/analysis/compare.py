"""What an option costs more or less than another, scenario by scenario."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.blocks import blocks_of, mean_of, std_of
from popsim.analysis.by_output import Place, joined, outputs_of, over_outputs, read_values
from popsim.analysis.door import check_numbers, coverage_of, dataset_of, replicates_of, scenario_variables
from popsim.analysis.order import Moments, mean_factor, replicate_means, share_error, spread_error
from popsim.analysis.summarise import (
    LEVELS_ARE,
    MODELLED,
    coordinates_of,
    described_statistics,
    levels_of,
    statistics_of,
)
from popsim.analysis.tails import UNSEEN
from popsim.analysis.totals import breakdowns_of, marked, with_all_years
from popsim.analysis.widening import BOUNDED, SKEWED_DIFFERENCES, SKEWED_QUOTIENTS, TOO_LARGE, TOO_SMALL, of_correlation
from popsim.arguments import check_text
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, RunError, UnknownNameError, nearest

if TYPE_CHECKING:
    from popsim.engine.runs import Run

ROUNDING = 1e-9
"""Amounts that differ by less than this part of the total are equal: they were only added up in another order."""

Figures = dict[str, Floats]
"""What is said of the difference of one option, by the last words of its name."""

_NUMBERS = {
    "dearer": "Probability that the option costs more: {name}",
    "cheaper": "Probability that the option is cheaper: {name}",
    "equal": "Probability that the option is equal: {name}",
    "correlation": "Correlation with the baseline",
    "error_ratio": "Standard error of the mean difference over that of independent runs",
    "variance_reduction": "Times as many scenarios that independent runs would need",
    "difference_share": "Share of the mean difference of {total}",
}
"""Meanings of results that are no money, by the last words of their names."""
_QUOTIENTS = ("correlation_error", "difference_share_error")
"""Errors of quotients, which are too large where costs are skewed."""


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
    check_numbers(dataset, (*totals, *parts))
    names = [str(option) for option in dataset["option"].values]
    base, chosen = names.index(baseline), [names.index(option) for option in others]
    level, replicates = coverage_of(dataset, coverage), replicates_of(dataset)
    variables = {name: dataset.variables[name].transpose("option", ..., "scenario") for name in (*totals, *parts)}
    found: dict[str, list[Figures]] = {name: [] for name in variables}
    statistics = partial(statistics_of, levels=levels_of(level), threads=None, replicates=replicates)
    for option in chosen:
        for name in totals:
            difference, figures = _of_total(variables, name, option, base, statistics, replicates)
            found[name].append(figures)
            for part in (part for part, total in parts.items() if total == name):
                of_parts = _of_parts(variables[part][option], variables[part][base], difference, statistics, replicates)
                found[part].append(joined(of_parts, variables[part].shape[1:-1]))
            del difference
    for name, variable in variables.items():
        _bound_mean_errors(found[name], variable, chosen, base, replicates)
    options = dataset.isel(option=chosen)
    result: dict[str, xr.Variable] = {}
    about: dict[Hashable, xr.Variable] = {"quantile": xr.Variable("quantile", levels_of(level), LEVELS_ARE)}
    for name, variable in variables.items():
        about |= coordinates_of(options, variable.dims[:-1])
        result |= _described(name, variable, found[name], parts.get(name), dataset.attrs, baseline)
    labels = {"option_name": options["option_name"]} if "option_name" in options.coords else {}
    about |= coordinates_of(options, ["option", "component"])
    attributes = {**dataset.attrs, "coverage": level, "interval": "symmetric", "baseline": baseline}
    return marked(xr.Dataset(result | _ceased(dataset, base, chosen), about, attributes)).assign_coords(labels)


def _other_options(dataset: xr.Dataset, baseline: str) -> list[str]:
    if "cost" not in dataset.data_vars or {"option", "scenario"} - set(dataset["cost"].dims):
        raise RunError(Problem("dataset", (), "no cost (option, scenario)", "a dataset of ps.simulate"))
    if swept := [str(dim) for dim in dataset["cost"].dims if dim not in ("option", "scenario")]:
        mend = "select one case with .sel, or compare cases: popsim.cases_as_options or popsim.compare_cases"
        raise RunError(Problem("dataset", (), f"many cases, by {', '.join(swept)}", "options of one case", mend))
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


def _of_total(
    variables: Mapping[str, xr.Variable],
    name: str,
    option: int,
    base: int,
    statistics: Callable[[Floats], Figures],
    replicates: int,
) -> tuple[Floats, Figures]:
    """Return the difference of a total in every scenario, and what is said of it."""
    # What is paid in other years, or summed in another order, is the same money however its parts were rounded.
    whole = _whole(name, set(variables))
    rounding = None if whole == name else _rounding_of_wholes(variables[whole], option, base)
    own, other = read_values(variables[name][option]), read_values(variables[name][base])
    difference = _difference_of(own, other, rounding)
    figures = _signs(difference, (own, other), rounding, replicates)
    del rounding
    figures |= statistics(difference)
    return difference, {**figures, **_pairing(own, other, figures["std"], replicates)}


def _of_parts(
    own: xr.Variable, other: xr.Variable, whole: Floats, statistics: Callable[[Floats], Figures], replicates: int
) -> Iterator[tuple[Place, Figures]]:
    """Yield what is said of the differences of parts (..., scenario), and their shares in that of the whole."""
    for place, values in outputs_of(own):
        difference = _difference_of(values, read_values(other[place]))
        # No more than the difference is in memory while it is looked at, and what is read ahead.
        del values
        yield place, {**statistics(difference), **_shares(difference, whole, replicates)}
        del difference


def _difference_of(own: Floats, other: Floats, rounding: Floats | None = None) -> Floats:
    """Return what is paid more in every scenario; 0 where that is rounding of the whole amounts alone.

    A difference that varies by rounding alone is made constant: it has no tail. `rounding` is that of the whole
    amounts, where these are others.
    """
    # In the order of scenarios in memory, so that sums are rounded alike wherever the run comes from.
    difference = np.ascontiguousarray(own) - np.ascontiguousarray(other)
    for some in blocks_of(difference.shape[-1]):
        here = difference[..., some]
        here[np.abs(here) <= _rounding_in(some, (own, other), rounding)] = 0.0
    same, first = np.ones(difference.shape[:-1], dtype=np.bool_), slice(0, 1)
    for some in blocks_of(difference.shape[-1]):
        most = _rounding_in(some, (own, other)) + _rounding_in(first, (own, other))
        same &= (np.abs(difference[..., some] - difference[..., first]) <= most).all(axis=-1)
        if not same.any():
            return difference
    difference[same] = difference[same].mean(axis=-1, keepdims=True)
    return difference


def _rounding_in(some: slice, amounts: tuple[Floats, Floats], rounding: Floats | None = None) -> Floats:
    """Return the difference between two amounts, in some scenarios, up to which they are equal."""
    if rounding is not None:
        return rounding[..., some]
    own, other = (np.abs(each[..., some]) for each in amounts)
    return np.asarray(ROUNDING * np.maximum(own, other))


def _rounding_of_wholes(wholes: xr.Variable, option: int, base: int) -> Floats:
    """Return the difference up to which whole amounts of two options are equal, in every scenario."""
    rounding = np.abs(read_values(wholes[option]))
    np.maximum(rounding, np.abs(read_values(wholes[base])), out=rounding)
    rounding *= ROUNDING
    return rounding


def _bound_mean_errors(
    found: Sequence[Figures], variable: xr.Variable, chosen: Sequence[int], base: int, replicates: int
) -> None:
    """Set the error of the mean of a difference whose tail was not seen to that which follows from its two terms.

    The standard deviation of a difference is at most the sum of those of its terms (Minkowski), so where the means of
    option and baseline are known, that of their difference is.
    """

    def mean_error(values: Floats) -> Figures:
        return {"mean_error": Moments(values, replicates=replicates).mean_error}

    errors: dict[int, Floats] = {}
    for option, figures in zip(chosen, found, strict=True):
        figures["mean_is_bounded"] = np.isinf(figures["mean_error"])
        if figures["mean_is_bounded"].any():
            for each in {option, base} - set(errors):
                errors[each] = over_outputs(variable[each], mean_error)["mean_error"]
            bound = errors[option] + errors[base]
            figures["mean_error"] = np.where(figures["mean_is_bounded"], bound, figures["mean_error"])


def _described(
    name: str,
    variable: xr.Variable,
    found: Sequence[Figures],
    total: str | None,
    about: Mapping[str, object],
    baseline: str,
) -> dict[str, xr.Variable]:
    """Return the results of a total, or of the parts of a total, with their meanings, all options together."""
    figures = {key: np.stack([each[key] for each in found]) for key in found[0]}
    is_bounded = figures.pop("mean_is_bounded") & np.isfinite(figures["mean_error"])
    is_skewed = figures.pop("is_skewed").any()
    is_modelled = (figures.pop(MODELLED) & np.isfinite(figures["std_error"])).any()
    like = variable[:1]
    like.attrs = {
        "units": variable.attrs.get("units", "1"),
        "long_name": f"{variable.attrs.get('long_name', name)}, difference to {baseline}",
    }
    numbers = {key: figures.pop(key) for key in list(figures) if key.removesuffix("_error") in _NUMBERS}
    result = described_statistics(f"{name}_difference", like, figures, about)
    if is_bounded.any():
        result[f"{name}_difference_mean_error"].attrs[TOO_LARGE] = BOUNDED
    marks = result[f"{name}_difference_std_error"].attrs
    if is_modelled and TOO_SMALL not in marks:
        marks.setdefault(TOO_LARGE, SKEWED_DIFFERENCES)
    for key, data in numbers.items():
        kind = key.removesuffix("_error")
        title = _NUMBERS[kind].format(name=name, total=total) + (", Monte Carlo error" if kind != key else "")
        attributes = {"units": "1", "long_name": title, "description": f"{title}, by option."}
        if key == "correlation_error" and np.isinf(data).any():
            attributes["infinite_because"] = UNSEEN
        if key in _QUOTIENTS and is_skewed and np.isfinite(data).any():
            attributes[TOO_LARGE] = SKEWED_QUOTIENTS
        result[f"{name}_{key}"] = xr.Variable(variable.dims[:-1], data, attributes)
    return result


def _whole(name: str, known: set[str]) -> str:
    """Return the name of the total of all years, where the run has one; else the name itself."""
    kind = schema.TOTALS[name]
    whole = schema.total_name(kind.base, kind.prices, "all_years")
    return whole if whole in known else name


def _signs(difference: Floats, amounts: tuple[Floats, Floats], rounding: Floats | None, replicates: int) -> Figures:
    """Return the probabilities that an option costs more, less, the same; differences by rounding alone are none."""
    happens = np.zeros((3, len(difference)), dtype=np.bool_)
    for some in blocks_of(len(difference)):
        most, here = _rounding_in(some, amounts, rounding), difference[some]
        np.greater(here, most, out=happens[0, some])
        np.less(here, -most, out=happens[1, some])
    np.logical_not(happens[:2].any(axis=0), out=happens[2])
    figures, errors = {}, share_error(happens, replicates)
    for place, word in enumerate(("dearer", "cheaper", "equal")):
        figures[word] = np.asarray(np.count_nonzero(happens[place]) / len(difference))
        figures[f"{word}_error"] = errors[place]
    return figures


def _pairing(own: Floats, other: Floats, paired: Floats, replicates: int) -> Figures:
    """Return the correlation of an option with the baseline, and what shared random numbers gain.

    `paired` is the standard deviation of the difference.
    """
    moments = [Moments(values, replicates=replicates) for values in (own, other)]
    both = moments[0].std ** 2 + moments[1].std ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(both > 0.0, paired / np.sqrt(both), np.nan)
        reduction = np.where(both > 0.0, both / paired**2, np.nan)
    correlation, error = _correlation(own, other, replicates)
    if any(np.isinf(each.std_error) for each in moments):
        # A correlation is over both standard deviations, and is known no better than these.
        error = np.where(error > 0.0, np.inf, error)
    return {
        "correlation": correlation,
        "correlation_error": error,
        "error_ratio": ratio,
        "is_skewed": moments[0].is_skewed | moments[1].is_skewed,
        "variance_reduction": reduction,
    }


def _correlation(own: Floats, other: Floats, replicates: int) -> tuple[Floats, Floats]:
    """Return the correlation over scenarios, and its error from the influence of each scenario.

    The influence of a pair of standard scores (x, y) on r is x y - r (x^2 + y^2) / 2, whatever the distribution
    (Devlin, Gnanadesikan and Kettenring 1975, Biometrika 62, doi:10.1093/biomet/62.3.531).
    """
    if not (np.ptp(own) > 0.0 and np.ptp(other) > 0.0):
        return np.array(np.nan), np.array(np.nan)
    count = len(own)
    (own_mean, own_std), (other_mean, other_std) = (
        (row.mean(), std_of(count, row.__getitem__) or 1.0) for row in (own, other)
    )

    def scores(some: slice) -> tuple[Floats, Floats]:
        return (own[some] - own_mean) / own_std, (other[some] - other_mean) / other_std

    # Rounding may carry two that move together a last bit past 1.
    r = np.clip(mean_of(count, lambda some: np.multiply(*scores(some))), -1.0, 1.0)

    def squares(some: slice) -> Floats:
        x, y = scores(some)
        return np.asarray(0.5 * (x**2 + y**2))

    def influence(some: slice) -> Floats:
        return np.asarray(np.multiply(*scores(some)) - r * squares(some))

    if replicates == 1:
        single = np.asarray(std_of(count, influence) / np.sqrt(count))
    else:
        single = spread_error(replicate_means(count, influence, replicates))
        if count < 2 * replicates:
            single = np.where(single > 0.0, np.inf, single)
    # A correlation is a quotient, and the variances that divide are skewed as well.
    wider = mean_factor(count, influence) * mean_factor(count, squares)
    return np.asarray(r), of_correlation(np.asarray(r), single * wider)


def _shares(part: Floats, whole: Floats, replicates: int) -> Figures:
    """Return the share of each part in the mean difference of the whole; errors of a ratio, to first order."""
    mean = whole.mean()
    divisor = mean if mean != 0.0 else np.nan
    share = part.mean(axis=-1) / divisor
    residual = np.where(np.isnan(share), 0.0, share)[..., np.newaxis] * whole
    np.subtract(part, residual, out=residual)
    moments = Moments(residual, replicates=replicates)
    error = moments.mean_error / np.abs(divisor)
    return {"difference_share": share, "difference_share_error": error, "is_skewed": moments.is_skewed}


def _ceased(dataset: xr.Dataset, base: int, chosen: list[int]) -> dict[str, xr.Variable]:
    """Return the payments that options no longer make for components that the baseline has too, and their cost."""
    if "planned_payments" not in dataset:
        return {}
    check_numbers(dataset, ["planned_payments"])
    planned = np.asarray(dataset["planned_payments"].transpose("option", "component").values)
    own = planned[chosen]
    ceased = np.where((own > 0.0) & (planned[base] > 0.0), planned[base] - own, 0.0)
    # Profiles are sums of shares for a one-off.
    ceased[np.abs(ceased) <= 1e-9] = 0.0
    payments = {"payments_ceased": (ceased, "Payments that cease", "1")}
    for total in schema.BREAKDOWNS:
        name = f"expected_{total}_all_years_by_component"
        if name in dataset:
            check_numbers(dataset, [name])
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
