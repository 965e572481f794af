"""Totals of a dataset and their breakdowns: the variables that analyses look at.

Some are not in the dataset and are made of what is: a total of all years is what is paid within the years of a study
and after them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import xarray as xr

from popsim import schema
from popsim.analysis.by_output import read_values
from popsim.analysis.door import check_numbers, dataset_of, scenario_variables
from popsim.analysis.widening import OTHER_DESIGN, TOO_LARGE, TOO_SMALL
from popsim.arguments import as_list, check_text
from popsim.errors import ParameterError, Problem, RunError, nearest, words
from popsim.schema import Total
from popsim.types import By

if TYPE_CHECKING:
    from popsim.engine.runs import Run

_AFFIXES = (
    ("", ""),
    *((f"{prefix}_", suffix) for prefix in ("expected", "point_estimate") for suffix in ("", "_by_area")),
    ("expected_", "_by_component"),
)
"""What may come before and after the name of a total. Scenarios are broken down within the years of the study alone."""


def with_all_years(dataset: Run | xr.Dataset) -> xr.Dataset:
    """Add the totals of all years to a dataset of `simulate`.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate`.

    Returns
    -------
    xarray.Dataset
        The same, and for each total t that it holds ``t_all_years`` = t + ``t_after_horizon``, scenario by scenario;
        without payments after the last year the two are equal. Expected values and point estimates likewise.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = with_all_years(ps.simulate(ps.load_study("pops"), scenarios=100))
    >>> bool((ds["cost_all_years"] == ds["cost"] + ds["cost_after_horizon"]).all())
    True
    """
    dataset = dataset_of(dataset)
    added: dict[str, xr.DataArray] = {}
    for total in schema.TOTALS.values():
        if total.span != "all_years":
            continue
        for prefix, suffix in _AFFIXES:
            name = f"{prefix}{total.name}{suffix}"
            if name not in dataset and (both := _both(dataset, total, prefix, suffix)) is not None:
                added[name] = both
    return dataset.assign(added)


def total_of_all_years(dataset: xr.Dataset, name: str) -> xr.DataArray | None:
    """Return one total of all years by its name; None if it is not such a name, or the dataset has no part of it.

    Examples
    --------
    >>> run = xr.Dataset({"cost": ("scenario", [1.0, 2.0]), "cost_after_horizon": ("scenario", [0.0, 5.0])})
    >>> total_of_all_years(run, "cost_all_years").values.tolist()
    [1.0, 7.0]
    """
    total = schema.TOTALS.get(name)
    if total is None or total.span != "all_years":
        return None
    return _both(dataset, total, "", "")


def _both(dataset: xr.Dataset, total: Total, prefix: str, suffix: str) -> xr.DataArray | None:
    """Add what is paid within the years of the study and after them; None where a part is missing."""
    within = schema.total_name(total.base, total.prices)
    after = schema.total_name(total.base, total.prices, "after_horizon")
    first = f"{prefix}{within}{suffix}"
    if first == f"point_estimate_cost{suffix}":
        first = f"point_estimate{suffix}"
    later = f"{prefix}{after}{suffix}"
    is_ever_late = after in dataset or (within in dataset and "after_horizon" in dataset[within].attrs)
    if first not in dataset or (is_ever_late and later not in dataset):
        return None
    if not is_ever_late and schema.total_name("cost", span="after_horizon") in dataset:
        return None  # a run of an earlier version, which kept only the cost at constant prices after the last year
    parts = [first, later] if is_ever_late else [first]
    check_numbers(dataset, parts)
    for variable in (dataset.variables[part] for part in parts):
        if variable.chunks is None:
            read_values(variable)  # and so is checked; scenarios of a store are when they are read
    whole = dataset[first] + dataset[later] if is_ever_late else dataset[first].copy()
    name = f"{prefix}{total.name}{suffix}"
    comment = {key: dataset[first].attrs[key] for key in ("comment",) if key in dataset[first].attrs}
    meaning = schema.describe(name, units_of(dataset[first]), dataset.attrs.get("price_year", ""))
    whole.attrs = {**meaning, **comment}
    return whole.rename(name)


def variable_of(dataset: xr.Dataset, variable: str = "cost") -> xr.DataArray:
    """Return a variable of a dataset with its scenarios last; a total of all years is made of its parts.

    Raises
    ------
    RunError
        When the dataset has no such variable, or one without scenarios or without numbers.

    Examples
    --------
    >>> run = xr.Dataset({"cost": (("scenario", "option"), [[1.0], [2.0]])})
    >>> variable_of(run).dims
    ('option', 'scenario')
    """
    known = scenario_variables(dataset)
    variable = check_text("variable", variable, f"the name of a variable: {', '.join(known)}")
    if variable not in known:
        whole = total_of_all_years(dataset, variable)
        if whole is not None:
            return whole.transpose(..., "scenario")
        mend = nearest(variable, known) or f"it holds {', '.join(known)}"
        raise RunError(
            Problem("dataset", (), f"no variable {variable!r} with scenarios", "one that the dataset holds", mend)
        )
    check_numbers(dataset, [variable])
    return dataset[variable].transpose(..., "scenario")


def dimensions_of(by: By) -> tuple[str, ...]:
    """Return the dimensions of a breakdown, which are given as one name or as a list of names.

    Raises
    ------
    ParameterError
        For no name, a name twice, or what is no name.

    Examples
    --------
    >>> dimensions_of("area"), dimensions_of(["area", "year"])
    (('area',), ('area', 'year'))
    """
    names = (by,) if isinstance(by, str) else tuple(as_list(by) or ())
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        allowed = 'a dimension such as "area", or several different ones such as ("area", "year")'
        raise ParameterError(Problem("", ("by",), repr(by), allowed))
    if isinstance(by, str) and "," in by:
        mend = f"write by={tuple(name.strip() for name in by.split(','))!r}"
        raise ParameterError(Problem("", ("by",), repr(by), "one name in a text, or a list of names", mend))
    return names


def breakdown_by(dataset: xr.Dataset, variable: str, by: By) -> xr.DataArray:
    """Return the breakdown of a total by one dimension or several, with dimensions (..., *by, scenario).

    Raises
    ------
    RunError
        When the dataset lacks it; the message says which breakdowns it holds.
    ParameterError
        For a total that is never broken down, or what is no name of a dimension.

    Examples
    --------
    >>> import numpy as np
    >>> run = xr.Dataset({"cost_by_area": (("option", "scenario", "area"), np.ones((1, 2, 3)))})
    >>> breakdown_by(run, "cost", "area").dims
    ('option', 'area', 'scenario')
    """
    names = dimensions_of(by)
    if check_text("variable", variable, " or ".join(schema.BREAKDOWNS)) not in schema.BREAKDOWNS:
        allowed = " or ".join(repr(name) for name in schema.BREAKDOWNS)
        allowed += f", the totals that are broken down by {' and '.join(names)}"
        mend = nearest(variable, list(schema.BREAKDOWNS)) or "budget and budget_for take any total"
        raise ParameterError(Problem("", ("variable",), repr(variable), allowed, mend))
    present = {
        name: [str(dim) for dim in dataset[name].dims if dim not in ("option", "scenario")]
        for name in scenario_variables(dataset)
        if name.startswith(f"{variable}_by_")
    }
    for name, dims in present.items():
        if set(dims) == set(names):
            check_numbers(dataset, [name])
            _check_beside(dataset, variable, name)
            return dataset[name].transpose(..., *names, "scenario")
    wanted, ways = schema.breakdown_name(names, variable), [",".join(dims) for dims in present.values()]
    asked = repr(names[0]) if len(names) == 1 else repr(names)
    raise RunError(
        Problem(
            "dataset",
            (),
            f"no variable {wanted!r} with scenarios",
            f"breakdowns that the dataset holds: {'; '.join(ways) or 'none'}",
            nearest(",".join(names), ways) or f"simulate with breakdowns=[{asked}]",
        )
    )


def _check_beside(dataset: xr.Dataset, total: str, name: str) -> None:
    """Refuse a breakdown by option of a total that is not by option, or the other way round."""
    if total in dataset and ("option" in dataset[total].dims) != ("option" in dataset[name].dims):
        found = f"{total} by {words(dataset[total].dims)}, and {name} by {words(dataset[name].dims)}"
        raise RunError(
            Problem("dataset", (name,), found, "both by option, or none", "select the option of all variables")
        )


def breakdowns_of(dataset: xr.Dataset) -> dict[str, str]:
    """Return the breakdowns by one dimension in a dataset, each with the total that its parts sum to.

    Examples
    --------
    >>> import numpy as np
    >>> run = xr.Dataset({"cost_by_area": (("option", "scenario", "area"), np.ones((1, 2, 3)))})
    >>> breakdowns_of(run)
    {}
    >>> breakdowns_of(run.assign(cost=run["cost_by_area"].sum("area")))
    {'cost_by_area': 'cost'}
    """
    breakdowns = {}
    for name, variable in dataset.data_vars.items():
        total, _, dimension = str(name).partition("_by_")
        known = total in schema.BREAKDOWNS and total in dataset.data_vars
        if known and set(variable.dims) == {"option", "scenario", dimension}:
            breakdowns[str(name)] = total
    return breakdowns


def units_of(variable: xr.DataArray | xr.Variable) -> str:
    """Return the unit of a variable; 1 where none is stated.

    Examples
    --------
    >>> units_of(xr.Variable((), 2.5e9, {"units": "USD"})), units_of(xr.Variable((), 0.5))
    ('USD', '1')
    """
    return str(variable.attrs.get("units", "1"))


def marked(result: xr.Dataset) -> xr.Dataset:
    """Return a result whose errors say that they are too large where the design of the run has no replicates.

    Examples
    --------
    >>> errors = {"amount_error": 1.0}
    >>> "too_large_because" in marked(xr.Dataset(errors, attrs={"design": "latin"}))["amount_error"].attrs
    True
    >>> "too_large_because" in marked(xr.Dataset(errors, attrs={"design": "random"}))["amount_error"].attrs
    False
    """
    if is_of_other_design(result.attrs):
        for name in result.data_vars:
            if str(name).endswith("_error"):
                result[name].attrs[TOO_LARGE] = OTHER_DESIGN
                result[name].attrs.pop(TOO_SMALL, None)
    return result


def is_of_other_design(attributes: Mapping[Any, object]) -> bool:
    """Return whether errors are those of random scenarios although the design, as attributes name it, is another."""
    return str(attributes.get("design", "random")) != "random" and int(str(attributes.get("replicates", 1))) == 1


def described(variable: xr.DataArray, units: str, long_name: str) -> xr.DataArray:
    """Return a result with its unit and meaning as attributes.

    Examples
    --------
    >>> described(xr.DataArray(2.5e9), "USD", "Amount").attrs
    {'units': 'USD', 'long_name': 'Amount', 'description': 'Amount.'}
    """
    variable.attrs = {"units": units, "long_name": long_name, "description": f"{long_name}."}
    return variable
