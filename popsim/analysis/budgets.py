"""How sure an amount is to suffice, and which amount is sure enough."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd
import xarray as xr

from popsim import schema
from popsim.analysis.by_output import over_outputs, quantiles_of_outputs
from popsim.analysis.door import check_numbers, check_probability, dataset_of, replicates_of
from popsim.analysis.excess import LEAST, TOO_FEW, excess_errors, is_modelled
from popsim.analysis.order import check_supported, share_error
from popsim.analysis.tails import UNSEEN
from popsim.analysis.totals import described, marked, units_of, variable_of, with_all_years
from popsim.analysis.widening import FEW_REPLICATES, LITTLE_SEEN, TOO_LARGE, TOO_SMALL
from popsim.arguments import as_number, check_text, check_whole
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, RunError, nearest, shown, words

if TYPE_CHECKING:
    from popsim.engine.runs import Run

_ROUNDING = 2e-9
"""The share by which a scenario may differ from the same sum elsewhere: powers in kernels are right to some 1e-9."""


def budget(
    dataset: Run | xr.Dataset, amount: float | xr.DataArray | pd.Series[float], variable: str = "cost"
) -> xr.Dataset:
    """Return how sure an amount is to suffice, and what is missing when it does not.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate`.
    amount
        In the unit of the variable; positive. One number, or a DataArray over dimensions of the variable, such as an
        amount for each area; or a Series whose index is named after the dimension.
    variable
        What it has to pay for: any variable with scenarios, such as ``cost_by_area`` or ``financing_need``, or a total
        of all years, such as ``cost_all_years``.

    Returns
    -------
    xarray.Dataset
        `sufficient`: probability that the variable <= amount; `shortfall`: what is missing on average in the scenarios
        in which it does not suffice (0 where it always does); `shortfall_overall`: what is missing on average over all
        scenarios, 0 counted where it suffices: ``(1 - sufficient) * shortfall``. Each with its Monte Carlo error, by
        option and the other dimensions of the variable; those of what is missing are infinite, with the attribute
        `infinite_because`, where it does not suffice in fewer than 5 scenarios (0 where in none), or where the sample
        cannot have seen the tail.

    Raises
    ------
    ParameterError
        For an amount that is not a positive number.
    RunError
        For a dataset without the variable.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> 0 < ps.budget(ds, amount=2.5e9)["sufficient"].sel(option="full").item() < 1
    True
    >>> ps.budget(ds, amount=200e6, variable="cost_by_area")["sufficient"].dims
    ('option', 'area')
    """
    dataset = dataset_of(dataset)
    cost = variable_of(dataset, variable)
    amount = _read_amount(amount, cost)
    limit = _without_scenarios(cost)
    # Its labels are those of the cost, in the same order: nothing is aligned, and no label can get lost.
    limit += amount.variable if isinstance(amount, xr.DataArray) else amount
    found = over_outputs(cost, partial(_sufficiency, replicates=replicates_of(dataset)), limit.values)
    units = units_of(cost)
    result = {
        name: described(limit.copy(data=found[name]), unit, title)
        for name, unit, title in (
            ("sufficient", "1", "Probability that the amount suffices"),
            ("sufficient_error", "1", "Monte Carlo error of the probability"),
            ("shortfall", units, "Mean of what is missing where the amount does not suffice"),
            ("shortfall_error", units, "Monte Carlo error of the shortfall"),
            ("shortfall_overall", units, "Mean of what is missing over all scenarios"),
            ("shortfall_overall_error", units, "Monte Carlo error of the overall shortfall"),
        )
    }
    for name in ("shortfall_error", "shortfall_overall_error"):
        unknown = np.isinf(result[name].values)
        reasons = [(TOO_FEW, found["number"] < LEAST), (UNSEEN, found["number"] >= LEAST)]
        if unknown.any():
            because = "; ".join(reason for reason, where in reasons if (unknown & where).any())
            result[name].attrs["infinite_because"] = because
        if (found["is_modelled"] & ~unknown).any():
            result[name].attrs[TOO_LARGE] = FEW_REPLICATES
    if found["is_little_seen"].any():
        result["shortfall_error"].attrs[TOO_SMALL] = LITTLE_SEEN
    stated = {} if isinstance(amount, xr.DataArray) else {"amount": float(amount)}
    return marked(xr.Dataset(result, attrs={**dataset.attrs, **stated, "variable": variable}))


def _without_scenarios(variable: xr.DataArray) -> xr.DataArray:
    """Return an array of zeros with the labels of a variable (..., scenario) and without its scenarios."""
    plain = variable.isel(scenario=0, drop=True)
    return plain.copy(data=np.zeros(plain.shape))


def _sufficiency(values: Floats, limit: Floats, replicates: int) -> dict[str, Floats]:
    """Return how sure limits (...) are to suffice for values (..., scenario), and what is missing; with errors."""
    values, count = np.ascontiguousarray(values), values.shape[-1]
    short = values > limit[..., np.newaxis]
    number = short.sum(axis=-1)
    missing = values - limit[..., np.newaxis]
    missing[~short] = 0.0
    with np.errstate(invalid="ignore"):
        shortfall = np.where(number > 0, missing.sum(axis=-1) / number, 0.0)
    del missing
    rows = values.reshape(-1, count)
    errors = [excess_errors(row, float(most), replicates) for row, most in zip(rows, limit.reshape(-1), strict=True)]
    error, overall_error, is_little_seen = (np.reshape(each, number.shape) for each in zip(*errors, strict=True))
    enough = ~short
    modelled = [
        replicates > 1 and is_modelled(row[row > most]) for row, most in zip(rows, limit.reshape(-1), strict=True)
    ]
    return {
        "number": number,
        "is_modelled": np.reshape(modelled, number.shape),
        "is_little_seen": is_little_seen,
        "sufficient": enough.mean(axis=-1),
        "sufficient_error": share_error(enough, replicates),
        "shortfall": shortfall,
        "shortfall_error": error,
        "shortfall_overall": shortfall * (number / count),
        "shortfall_overall_error": overall_error,
    }


def _read_amount(amount: object, cost: xr.DataArray) -> float | xr.DataArray:
    """Return a positive amount over dimensions of the cost, by its labels; the index of a Series names its own."""
    number = as_number(amount)
    if isinstance(amount, pd.Series) and not isinstance(amount.index, pd.MultiIndex):
        amount = xr.DataArray(amount)
    if number is None and not isinstance(amount, xr.DataArray):
        allowed = "a positive number, such as 850e6; or a DataArray or Series over dimensions of the variable"
        raise ParameterError(Problem("", ("amount",), shown(amount), allowed))
    values = amount.values.reshape(-1) if isinstance(amount, xr.DataArray) else np.array([number])
    # Dates would turn into whole numbers.
    listed = values.tolist() if values.dtype.kind not in "mM" else list(values)
    wrong = [value for value in listed if not 0.0 < (as_number(value) or 0.0) < np.inf]
    if wrong:
        raise ParameterError(Problem("", ("amount",), shown(wrong[0]), "a positive number, such as 850e6"))
    if isinstance(amount, xr.DataArray) and amount.ndim:
        if not set(amount.dims) <= set(cost.dims) - {"scenario"}:
            allowed = ", ".join(str(dim) for dim in cost.dims[:-1]) or "none"
            raise ParameterError(Problem("", ("amount",), f"dimensions {amount.dims}", f"dimensions among: {allowed}"))
        _check_labels(amount, cost)
        amount = amount.sel({dim: cost[dim].values for dim in amount.dims if dim in amount.coords})
        return amount.astype(np.float64).transpose(*(dim for dim in cost.dims if dim in amount.dims))
    return number if number is not None else float(cast("xr.DataArray", amount))


def _check_labels(amount: xr.DataArray, cost: xr.DataArray) -> None:
    """Refuse amounts that leave out a label of the cost, which would silently have no result."""
    problems = []
    for dim in map(str, amount.dims):
        if dim in amount.coords:
            given, known = amount[dim].values.tolist(), cost[dim].values.tolist()
            allowed = f"one for each of: {words(known)}"
            missing = [label for label in known if label not in given]
            unknown = [label for label in given if label not in known]
            found = [(f"no amount for {shown(label)}", "") for label in missing[:5]]
            found += [
                (f"an amount for unknown {shown(label)}", nearest(str(label), [str(each) for each in known]))
                for label in unknown[:5]
            ]
            problems += [Problem("", ("amount", dim), each, allowed, mend) for each, mend in found]
            if len(set(given)) < len(given):
                problems.append(Problem("", ("amount", dim), "a label twice", "each label once"))
        elif amount.sizes[dim] != cost.sizes[dim]:
            several = f"{amount.sizes[dim]} amounts for {cost.sizes[dim]}"
            problems.append(Problem("", ("amount", dim), several, "an amount for each that the variable has"))
    if problems:
        raise ParameterError(problems)


def budget_for(dataset: Run | xr.Dataset, confidence: float, variable: str = "cost") -> xr.Dataset:
    """Return the amount that suffices with a stated confidence.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate`.
    confidence
        Probability that the amount suffices, in (0, 1).
    variable
        What it has to pay for: any variable with scenarios, such as ``cost_by_area`` or ``financing_need``, or a total
        of all years, such as ``cost_all_years``. The amounts of several areas each suffice with this confidence alone;
        for all of them together see `joint_budget`.

    Returns
    -------
    xarray.Dataset
        `amount` and `amount_error` (its Monte Carlo standard error) by option and the other dimensions of the variable,
        in its unit.

    Raises
    ------
    ParameterError
        For a confidence outside (0, 1), or one that the number of scenarios cannot support.
    RunError
        For a dataset without the variable.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> ps.budget_for(ds, confidence=0.80)["amount"].dims
    ('option',)
    >>> ps.budget_for(ds, confidence=0.80, variable="cost_by_area")["amount"].dims
    ('option', 'area')
    """
    dataset = dataset_of(dataset)
    level = check_probability("confidence", confidence)
    cost = variable_of(dataset, variable)
    replicates = replicates_of(dataset)
    amount, error = quantiles_of_outputs(cost, np.array([level]), replicates)
    check_supported(level, cost.sizes["scenario"], error, replicates)
    plain = _without_scenarios(cost)
    units = units_of(cost)
    result = {
        "amount": described(
            plain.copy(data=amount[..., 0]), units, f"Amount that suffices with {level:.12g} confidence"
        ),
        "amount_error": described(plain.copy(data=error[..., 0]), units, "Monte Carlo error of the amount"),
    }
    return marked(xr.Dataset(result, attrs={**dataset.attrs, "confidence": level, "variable": variable}))


def budget_curve(dataset: Run | xr.Dataset, points: int | None = 199, variable: str = "cost") -> xr.Dataset:
    """Return the amounts for evenly spaced confidences: the S-curve of a total.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate`.
    points
        Number of confidences between 0 and 1; None for every scenario, from the lowest (confidence 0) to the highest
        (confidence 1), between which quantiles are interpolated.
    variable
        What the amounts have to pay for, as for `budget`.

    Returns
    -------
    xarray.Dataset
        `amount` by option, the other dimensions of the variable, and confidence, in the study's currency.

    Raises
    ------
    ParameterError
        For less than one point.
    RunError
        For a dataset without the variable.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=1_000)
    >>> ps.budget_curve(ds, points=9)["amount"].sizes["confidence"]
    9
    >>> ps.budget_curve(ds, points=None)["amount"].sizes["confidence"]
    1000
    """
    dataset = dataset_of(dataset)
    cost = variable_of(dataset, variable)
    if points is None:
        count = cost.sizes["scenario"]
        amount = over_outputs(cost, lambda values: {"amount": np.sort(values, axis=-1)})["amount"]
        levels = np.linspace(0.0, 1.0, count) if count > 1 else np.ones(1)
    else:
        points = check_whole("points", points, 1, 100_000)
        levels = np.arange(1, points + 1) / (points + 1.0)
        amount, _ = quantiles_of_outputs(cost, levels)
    dims = [*(str(dim) for dim in cost.dims[:-1]), "confidence"]
    labels = {str(dim): dataset[dim] for dim in cost.dims[:-1] if dim in dataset.coords}
    attributes = {**dataset.attrs, "variable": variable}
    result = xr.Dataset({"amount": (dims, amount)}, {**labels, "confidence": levels}, attrs=attributes)
    described(result["amount"], units_of(cost), "Amount that suffices with the confidence")
    return result


def point_estimates(dataset: Run | xr.Dataset, variable: str = "cost") -> xr.Dataset:
    """Return the point estimates of a total and the probability that each suffices, in total and by area.

    A point estimate is the total that the model gives with every input at its most likely value: costs, exponents,
    starts, delays and rates at their modes, each need at its probability, shocks where their probability is one half or
    more. It holds the same years, at the same prices, as the scenarios that it is compared with.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate`.
    variable
        The total: one of `popsim.schema.TOTALS`, those of all years included.

    Returns
    -------
    xarray.Dataset
        `point_estimate` (option), ``point_estimate_confidence`` and its ``_error``; the same ``_by_area`` (option,
        area) where the dataset has ``cost_by_area`` or ``financing_need_by_area`` of the variable. Attribute
        `variable`. A scenario that differs from the point estimate by rounding alone is equal to it.

    Raises
    ------
    ParameterError
        For a variable that is no total.
    RunError
        For a dataset without the total or its point estimate.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> ps.point_estimates(ds)["point_estimate_confidence"].sel(option="full").item() < 0.5
    True
    >>> list(ps.point_estimates(ds, "financing_need_all_years"))
    ['point_estimate', 'point_estimate_confidence', 'point_estimate_confidence_error']
    """
    dataset = dataset_of(dataset)
    if check_text("variable", variable, f"one of {', '.join(schema.TOTALS)}") not in schema.TOTALS:
        hint = nearest(str(variable), list(schema.TOTALS)) or ""
        raise ParameterError(Problem("", ("variable",), repr(variable), f"one of {', '.join(schema.TOTALS)}", hint))
    dataset = with_all_years(dataset)
    result: dict[str, xr.DataArray] = {}
    for suffix in ("", "_by_area"):
        if f"{variable}{suffix}" not in dataset and suffix:
            continue
        name = schema.point_estimate_name(f"{variable}{suffix}")
        if name not in dataset:
            raise RunError(Problem("dataset", (), f"no variable {name!r}", "a dataset of ps.simulate"))
        check_numbers(dataset, [name])
        cost, estimate = variable_of(dataset, f"{variable}{suffix}"), dataset[name]
        if set(estimate.dims) != set(cost.dims[:-1]):
            found_dims, allowed = f"by {words(estimate.dims)}", f"by {words(cost.dims[:-1])}, as {variable}{suffix}"
            raise RunError(Problem("dataset", (name,), found_dims, allowed, "select from all variables alike"))
        points = estimate.transpose(*cost.dims[:-1]).values
        found = over_outputs(cost, partial(_confidence_of, replicates=replicates_of(dataset)), points)
        share = f"point_estimate_confidence{suffix}"
        result[f"point_estimate{suffix}"] = estimate
        for key, part, title in (
            (share, "share", "Probability that the point estimate suffices"),
            (f"{share}_error", "error", "Monte Carlo error of the probability"),
        ):
            result[key] = described(_without_scenarios(cost).copy(data=found[part]), "1", title)
    return xr.Dataset(result, attrs={**dataset.attrs, "variable": variable})


def _confidence_of(values: Floats, estimate: Floats, replicates: int) -> dict[str, Floats]:
    """Return the share of the scenarios of values (..., scenario) that estimates (...) cover, and its error."""
    scale = np.abs(estimate)[..., np.newaxis]
    enough = values - estimate[..., np.newaxis] <= _ROUNDING * scale
    return {"share": enough.mean(axis=-1), "error": share_error(enough, replicates)}


def without_rounding(difference: xr.DataArray, scale: xr.DataArray) -> xr.DataArray:
    """Return the difference between two amounts, exactly zero where it is rounding alone.

    Examples
    --------
    >>> without_rounding(xr.DataArray([1.0, 10.0]), xr.DataArray([1e9, 1e9])).values.tolist()
    [0.0, 10.0]
    """
    return difference.where(abs(difference) > _ROUNDING * abs(scale), 0.0)
