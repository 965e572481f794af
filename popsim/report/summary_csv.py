"""``summary.csv``: every range of a run with its Monte Carlo error, in full precision, for other programs."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import xarray as xr

from popsim import analysis

__all__ = ["quantile_name", "summary_rows", "write_summary_csv"]

_FIRST = (
    "variable",
    "option",
    "area",
    "area_name",
    "country",
    "country_name",
    "region",
    "category",
    "income",
    "ldc",
    "sids",
    "year",
)
"""Order of the columns that say what a row is about; any other grouping follows in the order in which it appears."""
_LAST = ("unit", "price_year")
_STATISTICS = {"mean": "mean", "std": "standard_deviation"}
_ERROR = "_monte_carlo_error"


def write_summary_csv(path: Path, dataset: xr.Dataset, coverage: float) -> None:
    """Write the ranges of every variable of a run as a table.

    One row for each variable, option and group. Columns: what the row is about (empty where it stands for all), the
    quantiles by name (``p05`` is not exceeded with 5 % probability), mean and standard deviation, each followed by its
    Monte Carlo standard error, and the unit. Numbers have all their digits.

    Parameters
    ----------
    path
        File to write, replaced when it exists.
    dataset
        A run of `popsim.simulate`.
    coverage
        Coverage of the outermost range, such as 0.90.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    rows = list(summary_rows(dataset, coverage))
    names = list(dict.fromkeys(itertools.chain.from_iterable(rows)))
    present = [name for name in _FIRST if name in names]
    last = [name for name in _LAST if name in names]
    statistics = [name for name in names if _is_statistic(name)]
    others = [name for name in names if name not in {*present, *last, *statistics}]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*present, *others, *statistics, *last], restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def summary_rows(dataset: xr.Dataset, coverage: float) -> Iterator[dict[str, str]]:
    """Give one row for each variable, option and group of a run.

    Parameters
    ----------
    dataset
        A run of `popsim.simulate`.
    coverage
        Coverage of the outermost range, between 0 and 1.

    Yields
    ------
    dict
        Text by column name; numbers written so that reading them gives the same number.
    """
    summary = analysis.summarise(dataset, coverage)
    for name, variable in dataset.data_vars.items():
        if "scenario" not in variable.dims:
            continue
        dims = [dim for dim in variable.dims if dim != "scenario"]
        labels = [dataset[dim].values.tolist() for dim in dims]
        price_year = dataset.attrs.get("price_year", "")
        for choice in itertools.product(*(range(len(values)) for values in labels)):
            row = {"variable": str(name)}
            for dim, values, k in zip(dims, labels, choice, strict=True):
                row[str(dim)] = str(values[k])
                if f"{dim}_name" in dataset.coords:
                    row[f"{dim}_name"] = str(dataset[f"{dim}_name"].values[k])
            row |= _statistics(summary, str(name), dict(zip(map(str, dims), choice, strict=True)))
            yield row | {"unit": str(variable.attrs.get("units", "")), "price_year": str(price_year)}


def _statistics(summary: xr.Dataset, name: str, where: dict[str, int]) -> dict[str, str]:
    values = summary[f"{name}_quantile"].isel(where).values
    errors = summary[f"{name}_quantile_error"].isel(where).values
    row: dict[str, str] = {}
    for probability, value, error in zip(summary["quantile"].values, values, errors, strict=True):
        column = quantile_name(float(probability))
        row |= {column: repr(float(value)), f"{column}{_ERROR}": repr(float(error))}
    for statistic, column in _STATISTICS.items():
        row[column] = repr(float(summary[f"{name}_{statistic}"].isel(where).values))
        row[f"{column}{_ERROR}"] = repr(float(summary[f"{name}_{statistic}_error"].isel(where).values))
    return row


def quantile_name(probability: float) -> str:
    """Name a quantile as families do: p05, p50, p975.

    Examples
    --------
    >>> quantile_name(0.05), quantile_name(0.5), quantile_name(0.975)
    ('p05', 'p50', 'p975')
    """
    digits = f"{probability:.10f}".removeprefix("0.").rstrip("0")
    return f"p{digits:0<2}"


def _is_statistic(name: str) -> bool:
    base = name.removesuffix(_ERROR)
    return base in _STATISTICS.values() or (base.startswith("p") and base[1:].isdigit())
