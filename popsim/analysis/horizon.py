"""Totals of all years: what is paid within the years of a study and after them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from popsim import schema
from popsim.analysis.door import dataset_of
from popsim.schema import Total

if TYPE_CHECKING:
    from popsim.engine.runs import Run

__all__ = ["total_of_all_years", "with_all_years"]

_WHAT = (
    ("", ""),
    *((f"{prefix}_", suffix) for prefix in ("expected", "point_estimate") for suffix in ("", "_by_area")),
    ("expected_", "_by_component"),
)
"""What stands before and behind the name of a total. Scenarios are broken down within the years of the study alone."""


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
        for prefix, suffix in _WHAT:
            name = f"{prefix}{total.name}{suffix}"
            if name not in dataset:
                found = _both(dataset, total, prefix, suffix)
                added |= {} if found is None else {name: found}
    return dataset.assign(added)


def total_of_all_years(dataset: xr.Dataset, name: str) -> xr.DataArray | None:
    """Give one total of all years by its name; None if it is not such a name, or the dataset has no part of it.

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
    whole = dataset[first] + dataset[later] if is_ever_late else dataset[first].copy()
    name = f"{prefix}{total.name}{suffix}"
    comment = {key: dataset[first].attrs[key] for key in ("comment",) if key in dataset[first].attrs}
    words = schema.describe(name, str(dataset[first].attrs.get("units", "1")), dataset.attrs.get("price_year", ""))
    whole.attrs = {**words, **comment}
    return whole.rename(name)
