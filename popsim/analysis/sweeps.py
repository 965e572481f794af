"""What a sweep tells: the range of each case, and how far it is from another case on the same random numbers."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from popsim.analysis.by_output import read_values
from popsim.analysis.door import check_numbers, check_probability, coverage_of, dataset_of, replicates_of
from popsim.analysis.order import Moments, share_error
from popsim.analysis.totals import described, units_of, variable_of
from popsim.arguments import as_number, check_text, check_whole
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, RunError, nearest, words
from popsim.schema import FULL

CASE = "case"


def compare_cases(
    swept: xr.Dataset,
    *,
    variable: str = "cost",
    option: str = FULL,
    baseline: int = 0,
    coverage: float | None = None,
    amount: float | None = None,
    confidence: float = 0.8,
) -> xr.Dataset:
    """Return the range of a total in each case of a sweep, and its difference from one of them.

    Parameters
    ----------
    swept
        What `popsim.sweep` returned.
    variable
        The total, such as ``financing_need``.
    option
        The option that is compared, the full programme unless another is named.
    baseline
        Number of the case that the others are compared with, counted from 0 in the order of the dataset.
    coverage
        Of the range, in (0, 1); None for that of the study.
    amount
        A budget, in the unit of the variable; None for none.
    confidence
        Of the amount that suffices, in (0, 1).

    Returns
    -------
    xarray.Dataset
        On the dimension `case`, with the values of the swept keys as coordinates: `low`, `median` and `high`, the ends
        and the middle of the range; `enough`, the amount that suffices with the confidence; `mean`; and of each
        ``..._difference``, that from the baseline. With an amount `sufficient`, the probability that it suffices, and
        its difference. Each with its Monte Carlo standard error, ``..._error``: that of a difference counts what the
        two cases have in common. Cases that failed are left out.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured.
    RunError
        For a dataset without the variable or the option.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.sweep("example", grid={"financing.cofinancing": [0.1, 0.3]}, scenarios=500)
    >>> found = ps.compare_cases(ds, variable="financing_need", amount=60e6)
    >>> bool(found["median_difference"][1] < 0), found["cofinancing"].values.tolist()
    (True, [0.1, 0.3])
    """
    cases = cases_of(swept)
    total = variable_of(cases, variable)
    if set(total.dims) != {CASE, "option", "scenario"}:
        raise RunError(Problem("dataset", (), f"{variable} by {total.dims}", "a total of a sweep, by case and option"))
    _check_option(cases, option)
    base = check_whole("baseline", baseline, 0, cases.sizes[CASE] - 1)
    budget = None if amount is None else as_number(amount)
    if amount is not None and not 0.0 < (budget or 0.0) < np.inf:
        raise ParameterError(Problem("", ("amount",), repr(amount), "a positive number, such as 850e6"))
    tail = (1.0 - coverage_of(cases, coverage)) / 2.0
    levels = {"low": tail, "median": 0.5, "high": 1.0 - tail, "enough": check_probability("confidence", confidence)}
    values = np.ascontiguousarray(read_values(total.sel(option=option).transpose(CASE, "scenario")))
    figures = _Figures(values, base, replicates_of(cases))
    units, result = units_of(total), dict[str, xr.DataArray]()

    def add(name: str, words: str, unit: str, found: tuple[Floats, Floats, Floats, Floats]) -> None:
        about = {"": words, "_error": f"{words}, Monte Carlo error"}
        about |= {"_difference": f"{words}, difference from the baseline"}
        about |= {"_difference_error": f"{words}, difference from the baseline, Monte Carlo error"}
        for (suffix, title), numbers in zip(about.items(), found, strict=True):
            result[f"{name}{suffix}"] = described(xr.DataArray(numbers, dims=CASE), unit, title)

    for name, level in levels.items():
        add(name, f"Quantile {level:g}", units, figures.quantile(level))
    add("mean", "Mean", units, figures.mean())
    if budget is not None:
        add("sufficient", "Probability that the amount suffices", "1", figures.share(budget))
    labels = {str(name): at for name, at in cases.coords.items() if at.dims == (CASE,)}
    stated = {} if budget is None else {"amount": budget}
    about = {"variable": variable, "option": option, "baseline": base, "coverage": 1.0 - 2.0 * tail, **stated}
    return xr.Dataset(result, labels, {**cases.attrs, **about, "confidence": levels["enough"]})


def cases_of(swept: xr.Dataset) -> xr.Dataset:
    """Return a sweep with its cases on one dimension, `case`; those that failed are left out.

    Raises
    ------
    RunError
        For a dataset that is no sweep.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.sweep("example", grid={"financing.cofinancing": [0.1, 0.3], "start.years": [0, 1]}, scenarios=50)
    >>> cases_of(ds)["cost"].dims, cases_of(ds)["years"].values.tolist()
    (('case', 'option', 'scenario'), [0, 1, 0, 1])
    """
    dataset = dataset_of(swept, with_failed=True)
    if "sweep_digest" not in dataset.attrs or "cost" not in dataset:
        raise RunError(Problem("dataset", (), "no sweep", "a dataset of popsim.sweep"))
    if {"option", "scenario"} - set(dataset["cost"].dims):
        found, mend = (
            f"cost by {words(dataset['cost'].dims)}",
            "select with lists, such as dataset.sel(option=['full'])",
        )
        raise RunError(Problem("dataset", ("cost",), found, "the cost by case, option and scenario", mend))
    check_numbers(dataset, ["cost"])
    if CASE in dataset.dims:
        return dataset
    dims = {str(dim): dataset[dim] for dim in dataset["cost"].dims if dim not in ("option", "scenario")}
    failed = dataset["failed"].values.ravel() if "failed" in dataset else None
    stacked = dataset.drop_vars("failed", errors="ignore").stack({CASE: list(dims)}, create_index=False)
    kept = np.arange(stacked.sizes[CASE]) if failed is None else np.flatnonzero(failed == "")
    stacked = stacked.isel({CASE: kept}).assign_coords({CASE: kept})
    for name, axis in dims.items():
        stacked[name].attrs.update(axis.attrs)
    return stacked.transpose(CASE, "option", "scenario", ..., missing_dims="ignore")


def cases_as_options(swept: xr.Dataset, option: str = FULL) -> xr.Dataset:
    """Return one option of a sweep with its cases in the place of options, for analyses that compare options.

    Parameters
    ----------
    swept
        What `popsim.sweep` returned.
    option
        The option of the study whose cases are wanted.

    Returns
    -------
    xarray.Dataset
        With the dimension `option`, whose names are the numbers of the cases, ``case_0`` for the first, and
        `option_name` what each changes.

    Raises
    ------
    RunError
        For a dataset that is no sweep.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.sweep("example", grid={"start.years": [0, 1]}, scenarios=200)
    >>> ps.compare(ps.cases_as_options(ds), baseline="case_0")["cost_cheaper"].item() > 0.5
    True
    """
    cases = cases_of(swept)
    _check_option(cases, option)
    cases = cases.sel(option=option, drop=True)
    keys = [str(name) for name, at in cases.coords.items() if at.dims == (CASE,) and "key" in at.attrs]
    names = [
        ", ".join(f"{cases[name].attrs['key']} = {cases[name].values[place]}" for name in keys)
        for place in range(cases.sizes[CASE])
    ]
    labels = np.array([f"case_{number}" for number in cases[CASE].values.tolist()])
    renamed = cases.assign_coords(option_name=(CASE, np.array(names)), option=(CASE, labels))
    return renamed.swap_dims({CASE: "option"}).drop_vars([CASE, *keys]).transpose("option", "scenario", ...)


def _check_option(cases: xr.Dataset, option: object) -> None:
    known = [str(each) for each in cases["option"].values]
    if check_text("option", option, f"one of {', '.join(known)}") not in known:
        mend = nearest(str(option), known)
        raise ParameterError(Problem("", ("option",), repr(option), f"one of {', '.join(known)}", mend))


def failed_cases(swept: xr.Dataset) -> list[dict[str, object]]:
    """Return the cases of a sweep that failed: the number of each, what it changes, and why it failed.

    Examples
    --------
    >>> import popsim as ps
    >>> failed_cases(ps.sweep("example", grid={"start.years": [0, 1]}, scenarios=10))
    []
    """
    found: list[dict[str, object]] = json.loads(str(swept.attrs.get("failed", "[]")))
    return found


class _Figures:
    """Figures of each case with their errors, and their differences from those of one case.

    Two quantiles of paired scenarios err together as far as their scenarios fall below them together: to first order a
    quantile of probability p differs from the true one by the mean of (p - [scenario below it]) over the density, so
    errors correlate as these indicators do.
    """

    def __init__(self, values: Floats, base: int, replicates: int) -> None:
        self._values, self._base, self._replicates = values, base, replicates
        self._moments = Moments(values, replicates=replicates)

    def quantile(self, level: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Return quantiles, their errors, differences and the errors of these."""
        found, errors = self._moments.quantiles(np.array([level]))
        return self._paired(found[:, 0], errors[:, 0], (self._values <= found).astype(np.float64))

    def mean(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the same of means."""
        return self._paired(self._moments.mean, self._moments.mean_error, self._values)

    def share(self, amount: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Return the same of the probability that an amount suffices."""
        enough = self._values <= amount
        return self._paired(enough.mean(axis=1), share_error(enough, self._replicates), enough.astype(np.float64))

    def _paired(self, found: Floats, errors: Floats, scores: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        spread = scores - scores.mean(axis=1, keepdims=True)
        scale = np.sqrt((spread**2).mean(axis=1))
        product = scale * scale[self._base]
        correlation = np.divide(
            spread @ spread[self._base] / scores.shape[1], product, out=np.zeros_like(product), where=product > 0.0
        )
        other = errors[self._base]
        with np.errstate(invalid="ignore"):
            variance = errors**2 + other**2 - 2.0 * np.clip(correlation, -1.0, 1.0) * errors * other
        error = np.where(np.isfinite(variance), np.sqrt(np.maximum(variance, 0.0)), np.inf)
        same = (self._values == self._values[self._base]).all(axis=1)
        return found, errors, found - found[self._base], np.where(same, 0.0, error)
