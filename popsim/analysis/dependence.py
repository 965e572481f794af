"""How much the assumed dependence between countries matters for the width of the range."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim.analysis.blocks import mean_of, std_of
from popsim.analysis.by_output import quantiles_of_outputs, read_values
from popsim.analysis.door import check_probability, dataset_of, replicates_of
from popsim.analysis.totals import variable_of
from popsim.arguments import check_whole
from popsim.arrays import Floats
from popsim.errors import Problem, RunError
from popsim.schema import FULL

if TYPE_CHECKING:
    from popsim.engine.runs import Run

ASSUMPTIONS = {
    "independent": "cost_countries_independent",
    "study": "cost",
    "fully_dependent": "cost_countries_fully_dependent",
}


def dependence_effect(dataset: Run | xr.Dataset, coverage: float | None = None) -> xr.Dataset:
    """Return the range of the total as it is, and as it would be for independent and for fully dependent countries.

    Parameters
    ----------
    dataset
        A run that holds `cost_countries_independent` and `cost_countries_fully_dependent`, as `popsim run` writes it.
    coverage
        Coverage of a range; None for that of the dataset.

    Returns
    -------
    xarray.Dataset
        `low`, `high`, `width` and ``width_error`` (option, assumption), in the study's currency; assumption is
        independent, study or fully_dependent.

    Raises
    ------
    RunError
        When the dataset lacks one of the three totals.

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.engine.variants import dependence_extremes
    >>> study = ps.load_study("pops")
    >>> ds = ps.simulate(study, scenarios=500).merge(dependence_extremes(study, scenarios=500))
    >>> effect = dependence_effect(ds)
    >>> width = effect["width"].sel(option="full")
    >>> bool(width.sel(assumption="independent") < width.sel(assumption="fully_dependent"))
    True
    """
    dataset = dataset_of(dataset)
    missing = [name for name in ASSUMPTIONS.values() if name not in dataset]
    if missing:
        raise RunError(Problem("dataset", (), f"no variable {missing[0]!r}", "a run written by popsim run"))
    for name in ASSUMPTIONS.values():
        variable_of(dataset, name)  # refused before anything is selected
    if "option" in dataset.dims and any("option" not in dataset[name].dims for name in ASSUMPTIONS.values()):
        # The extremes are of the full programme.
        written = FULL if FULL in dataset["option"].values else dataset["option"].values[0]
        dataset = dataset.sel(option=[written])
    alone = dataset["option"].values if "option" in dataset.coords else FULL
    options = dataset["option"] if "option" in dataset.dims else np.atleast_1d(alone)
    stated = dataset.attrs.get("coverage") if coverage is None else coverage
    level = check_probability("coverage", stated)
    levels = np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    ranges, errors = [], []
    for name in ASSUMPTIONS.values():
        variable = variable_of(dataset, name)
        found = quantiles_of_outputs(variable, levels, replicates_of(dataset))
        quantiles, error = (np.atleast_2d(each) for each in found)
        ranges.append(quantiles)
        errors.append(np.hypot(error[..., 0], error[..., 1]))
    stacked = np.stack(ranges, axis=1)
    dims = ("option", "assumption")
    units = {"units": str(dataset["cost"].attrs.get("units", "1"))}
    variables = {
        "low": (dims, stacked[..., 0], {**units, "long_name": "Lower end of the range"}),
        "high": (dims, stacked[..., 1], {**units, "long_name": "Upper end of the range"}),
        "width": (dims, stacked[..., 1] - stacked[..., 0], {**units, "long_name": "Width of the range"}),
        "width_error": (dims, np.stack(errors, axis=1), {**units, "long_name": "Monte Carlo error of the width"}),
    }
    return xr.Dataset(
        variables, {"option": options, "assumption": list(ASSUMPTIONS)}, {**dataset.attrs, "coverage": level}
    )


def effective_countries(dataset: Run | xr.Dataset, countries: int) -> xr.Dataset:
    """Return how many independent countries would vary as much as those of the study, with its dependence.

    ``n_eff = n * Var(total, countries independent) / Var(total, as assumed)``: the number of independent countries
    whose average would vary as much, relative to one of them, as that of the n countries does. For n equal countries
    of correlation r it is n / (1 + (n - 1) r), the effective sample size of a cluster (Kish 1965, Survey Sampling): it
    never exceeds 1 / r, however many countries there are.

    Parameters
    ----------
    dataset
        A run that holds `cost_countries_independent`, as `popsim run` writes it.
    countries
        Number of countries of the study.

    Returns
    -------
    xarray.Dataset
        `effective_countries` and its Monte Carlo standard error (option); NaN where the total does not vary.

    Raises
    ------
    ParameterError
        For less than one country.
    RunError
        When the dataset lacks one of the totals, or has less than two scenarios.

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.engine.variants import dependence_extremes
    >>> study = ps.load_study("pops")
    >>> ds = ps.simulate(study, scenarios=2_000, breakdowns=()).assign(dependence_extremes(study, scenarios=2_000))
    >>> effective = effective_countries(ds, len(study.countries))["effective_countries"].sel(option="full")
    >>> 1 < effective.item() < len(study.countries)
    True
    """
    dataset = dataset_of(dataset)
    countries = check_whole("countries", countries, 1)
    names = (ASSUMPTIONS["independent"], ASSUMPTIONS["study"])
    missing = [name for name in names if name not in dataset]
    if missing:
        raise RunError(Problem("dataset", (), f"no variable {missing[0]!r}", "a run written by popsim run"))
    count = dataset.sizes.get("scenario", 0)
    if count < 2:
        raise RunError(Problem("dataset", ("scenario",), f"{count} scenario", "at least 2 scenarios"))
    independent, whole = (variable_of(dataset, name) for name in names)
    plain = whole.isel(scenario=0, drop=True)
    ratio, error = np.empty(plain.size), np.empty(plain.size)
    for k, place in enumerate(np.ndindex(plain.shape)):
        # The extremes may be of the full programme alone.
        of_option = independent.variable[place] if independent.ndim == whole.ndim else independent.variable
        ratio[k], error[k] = _ratio_of_variances(read_values(of_option), read_values(whole.variable[place]))
    result = {
        "effective_countries": plain.copy(data=(countries * ratio).reshape(plain.shape)),
        "effective_countries_error": plain.copy(data=(countries * ratio * error / np.sqrt(count)).reshape(plain.shape)),
    }
    for name, title in zip(result, ("Effective number of countries", "Monte Carlo error of it"), strict=True):
        result[name].attrs = {"units": "1", "long_name": title, "description": f"{title}, by option."}
    return xr.Dataset(result, attrs={**dataset.attrs, "countries": countries})


def _ratio_of_variances(one: Floats, other: Floats) -> tuple[float, float]:
    """Return the ratio of two variances, and the spread of what single scenarios move in it; NaN where none varies."""
    rows, means, count = (one, other), (one.mean(), other.mean()), len(one)

    def square(which: int, some: slice) -> Floats:
        return np.asarray(np.square(rows[which][some] - means[which]))

    variances = [float(mean_of(count, partial(square, which))) for which in (0, 1)]
    if min(variances) == 0.0:
        return (0.0 if variances[1] > 0.0 else np.nan), np.nan
    # Both totals come from the same scenarios and may go together: the error is that of the ratio, not of two numbers.
    spread = std_of(count, lambda some: square(0, some) / variances[0] - square(1, some) / variances[1])
    return variances[0] / variances[1], float(spread)
