"""``summary.csv``: every range of a run with its Monte Carlo error, in full precision, for other programs."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path

import xarray as xr

from popsim import analysis, schema
from popsim.analysis.by_country import attached_countries
from popsim.analysis.door import dataset_of
from popsim.report.characters import plain
from popsim.report.rare import rare_rows
from popsim.study.model import Study

_FIRST = ("variable", "option", "option_name", "area", "area_name", "country", "country_name")
"""First columns; those of the countries file follow, the year, and then others in the order in which they appear."""
_LAST = ("unit", "price_year")
_STATISTICS = {"mean": "mean", "std": "standard_deviation"}
_ERROR = "_monte_carlo_error"
_EXACT = "exact_mean"


def write_summary_csv(
    path: Path,
    dataset: xr.Dataset,
    coverage: float,
    summary: xr.Dataset | None = None,
    differences: xr.Dataset | None = None,
    study: Study | None = None,
) -> None:
    """Write the ranges of every variable of a run as a table.

    One row for each variable, option and group; totals also in all years, and, where there are options, the difference
    of each to the full programme, scenario by scenario (``cost_all_years_difference``). Columns: what the row is
    about (empty where it stands for all), the quantiles by name (``p05`` is not exceeded with 5 % probability), mean
    and standard deviation, each followed by its Monte Carlo standard error, the exact mean where it is known, the unit,
    and the year of the prices (empty for nominal totals). Numbers have all their digits. What is rare, and so not in a
    range, follows with columns of its own (`popsim.report.rare`).

    Parameters
    ----------
    path
        File to write, replaced when it exists.
    dataset
        A run of `popsim.simulate`.
    coverage
        Coverage of the outermost range, such as 0.90.
    summary
        What `summarise` returns for the dataset at this coverage; None to compute it now.
    differences
        What `compare` returns for the dataset at this coverage; None to compute it now.
    study
        The study, whose [headings] and countries file set the order of the columns of groups of countries; None where
        these columns may stand behind the year.

    Raises
    ------
    OSError
        When the file cannot be written.
    """
    dataset = dataset_of(dataset)
    rows = list(_summary_rows(dataset, coverage, summary))
    if differences is None and dataset.sizes.get("option", 1) > 1 and schema.FULL in dataset["option"].values:
        differences = analysis.compare(dataset, coverage=coverage)
    if differences is not None:
        rows += _difference_rows(differences)
    rows += [*_country_rows(dataset), *rare_rows(dataset)]
    names = list(dict.fromkeys(itertools.chain.from_iterable(rows)))
    columns = [*_FIRST, *_country_columns(study), "year"]
    present = [name for name in columns if name in names]
    last = [name for name in _LAST if name in names]
    statistics = [name for name in names if _is_statistic(name)]
    others = [name for name in names if name not in {*present, *last, *statistics}]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*present, *others, *statistics, *last], restval="", lineterminator="\n")
        writer.writerow({name: safe_cell(name) for name in writer.fieldnames})
        writer.writerows({name: safe_cell(cell) for name, cell in row.items()} for row in rows)


def _country_columns(study: Study | None) -> dict[str, str]:
    """Return the columns of the countries file, those with a heading first."""
    if study is None:
        return {}
    return dict(study.labels.headings) | dict(study.countries[0].groups if study.countries else ())


def safe_cell(text: str) -> str:
    r"""Return a cell of text that a spreadsheet shows and does not compute; numbers stay numbers.

    An apostrophe is put before what begins as a formula: ``=``, ``+``, ``-``, ``@``, a tab or the end of a line, also
    in their wide forms and after spaces (OWASP, CSV injection, https://owasp.org/www-community/attacks/CSV_Injection).
    Control characters are shown as signs, and what overrides the direction of text ends with the cell.

    Parameters
    ----------
    text
        A cell; names of areas, options and groups are what users wrote.

    Examples
    --------
    >>> safe_cell('=HYPERLINK("https://example.org")'), safe_cell("-1.5e6"), safe_cell("Rules - and control")
    ('\'=HYPERLINK("https://example.org")', '-1.5e6', 'Rules - and control')
    """
    text = plain(text)
    begins = text.lstrip(" \u00a0")[:1]
    if not begins or (begins not in "=+-@\t\r\n" and begins not in "\uff1d\uff0b\uff0d\uff20\u2212"):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def _summary_rows(dataset: xr.Dataset, coverage: float, summary: xr.Dataset | None) -> Iterator[dict[str, str]]:
    """Yield one row for each variable, option and group of a run."""
    whole = analysis.with_all_years(dataset)
    names = [str(name) for name, variable in whole.data_vars.items() if "scenario" in variable.dims]
    known = xr.Dataset() if summary is None else summary
    missing = [name for name in names if f"{name}_mean" not in known]
    added = analysis.summarise(whole[missing], coverage) if missing else known
    for name in names:
        dims = [dim for dim in whole[name].dims if dim != "scenario"]
        yield from _rows(whole, added if name in missing else known, name, dims)


def _country_rows(dataset: xr.Dataset) -> Iterator[dict[str, str]]:
    """Yield one row for each country and total, where a run keeps the ranges of countries without their scenarios."""
    found = attached_countries(dataset)
    if found is None:
        return
    option = (
        dataset.isel(option=[0]) if schema.FULL not in dataset["option"].values else dataset.sel(option=[schema.FULL])
    )
    labels = {name: option[name].variable for name in ("option", "option_name") if name in option.coords}
    found = found.expand_dims("option").assign_coords(labels)
    about = found.assign_attrs(price_year=dataset.attrs.get("price_year", ""))
    for name in map(str, found.data_vars):
        if name.endswith("_by_country_mean"):
            yield from _rows(about, found, name.removesuffix("_mean"), ("option", "country"))


def _difference_rows(differences: xr.Dataset) -> Iterator[dict[str, str]]:
    """Yield one row for the difference of each total and part of an option to the full programme."""
    for name, variable in differences.data_vars.items():
        if str(name).endswith("_difference_mean"):
            yield from _rows(differences, differences, str(name).removesuffix("_mean"), variable.dims)


def _rows(about: xr.Dataset, summary: xr.Dataset, name: str, dims: Sequence[Hashable]) -> Iterator[dict[str, str]]:
    """Yield the rows of one variable; labels, unit and price year are those of the dataset that it is about."""
    columns = _columns(summary, name, dims) | _exact_means(about, name, dims)
    total = schema.TOTALS.get(name.partition("_by_")[0].removesuffix("_difference"))
    nominal = total is not None and total.prices == "nominal"
    unit = summary[f"{name}_mean"].attrs.get("units", "")
    price_year = "" if nominal else str(about.attrs.get("price_year", ""))
    for labels, *numbers in zip(
        itertools.product(*(_labels(about, str(dim)) for dim in dims)), *columns.values(), strict=True
    ):
        row = {"variable": name}
        for part in labels:
            row |= part
        yield row | dict(zip(columns, map(repr, numbers), strict=True)) | {"unit": str(unit), "price_year": price_year}


def _labels(dataset: xr.Dataset, dim: str) -> list[dict[str, str]]:
    """Return the cells that say where along a dimension a row is: the label, and its name where it has one."""
    names = [name for name in (dim, f"{dim}_name") if name in dataset.coords]
    values = [[str(value) for value in dataset[name].values.tolist()] for name in names]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*values, strict=True)]


def _columns(summary: xr.Dataset, name: str, dims: Sequence[Hashable]) -> dict[str, list[float]]:
    """Return each column of numbers of a variable, with one number for each row, the last dimension fastest."""
    columns: dict[str, list[float]] = {}
    quantiles = [summary[f"{name}_quantile{suffix}"].transpose("quantile", *dims).values for suffix in ("", "_error")]
    for probability, value, error in zip(summary["quantile"].values.tolist(), *quantiles, strict=True):
        column = quantile_name(probability)
        columns |= {column: value.ravel().tolist(), f"{column}{_ERROR}": error.ravel().tolist()}
    for statistic, column in _STATISTICS.items():
        for suffix, ending in (("", ""), ("_error", _ERROR)):
            values = summary[f"{name}_{statistic}{suffix}"].transpose(*dims).values
            columns[f"{column}{ending}"] = values.ravel().tolist()
    return columns


def _exact_means(about: xr.Dataset, name: str, dims: Sequence[Hashable]) -> dict[str, list[float]]:
    """Return the column of means that are exact, beside those of the scenarios; none where there is no formula."""
    expected = f"expected_{name}"
    if expected not in about or set(about[expected].dims) != set(dims):
        return {}
    return {_EXACT: about[expected].transpose(*dims).values.ravel().tolist()}


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
    return base in {*_STATISTICS.values(), _EXACT} or (base.startswith("p") and base[1:].isdigit())
