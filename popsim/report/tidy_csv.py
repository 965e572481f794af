"""The tables of a run as CSV files for spreadsheets and statistics programs: one file for each, one fact in each row.

Every column means the same in every file, and is described in `COLUMNS`, in docs/reference/tables.md and in the file
columns.csv beside the tables. Amounts are in units of the currency, with all their digits.

Files are UTF-8 with a byte order mark, without which Excel reads names with accents wrongly when a file is opened by a
double click. Where a locale writes decimals with a comma, as in ``fr``, columns are separated by semicolons, as
spreadsheets of that locale expect. Text that a spreadsheet could take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from popsim import analysis, schema
from popsim.analysis.attached import attached_assumptions, attached_drivers
from popsim.analysis.by_output import quantiles_of_outputs
from popsim.errors import FileError, ParameterError, Problem
from popsim.report import language
from popsim.report.comparison import full_name
from popsim.report.data import ReportData, gather, names_of
from popsim.report.summary_csv import safe_cell
from popsim.study.model import Study

COLUMNS = {
    "option": "Identifier of the negotiating option; `full` is the programme that the others are compared with.",
    "option_name": "Name of the option.",
    "total": "What is summed: `cost`, or `financing_need`, what a fund is asked for.",
    "prices": "`constant` (of the price year), `nominal` (of the year of each payment) or `discounted`.",
    "years": "`within_horizon` (years of the study), `after_horizon` or `all_years`.",
    "area": "Identifier of the activity area.",
    "area_name": "Name of the activity area.",
    "grouping": "How countries are grouped: a column of the countries file, such as `region`.",
    "group": "Group of countries, as the countries file has it.",
    "group_name": "Name of the group.",
    "country": "Code of the country.",
    "country_name": "Name of the country.",
    "year": "Calendar year of the payment.",
    "statistic": "`quantile`, `mean` or `standard_deviation` over the scenarios, or `exact_mean`, by formula. Of "
    "drivers: `first_order` and `total` share of the variance, `swing_low` and `swing_high` (mean cost where the input "
    "is at its low or high end), `width_given` (width of the range were the input known). Of assumptions: `quantile`, "
    "`quantile_change` and `width_change`.",
    "probability": "Probability of not exceeding the quantile, 0 to 1; empty where the statistic is none.",
    "amount": "Amount of money in the unit of the row.",
    "standard_error": "Monte Carlo standard error of the figure; empty where the scenarios are too few to know it.",
    "unit": "ISO 4217 code of the currency, or 1 for a share.",
    "price_year": "Year of the prices; empty for nominal amounts.",
    "baseline": "Option from which the difference is taken, scenario by scenario.",
    "confidence": "Probability that the amount is enough, 0 to 1.",
    "by": "What the shares are of: groups of inputs (`input`), or to whom an input is common (`level`).",
    "input": "Identifier of the uncertain input, or of the level.",
    "input_name": "Name of the input.",
    "value": "The figure, in the unit of the row.",
    "case": "Identifier of the change of an assumption; `full` is without change.",
    "case_name": "Name of the change.",
    "assumption": "Identifier of the assumption that is changed.",
    "assumption_name": "Name of the assumption.",
    "kind": "`written` (no change), `own` (an uncertain amount fixed) or `stated` (an alternative of the study).",
    "fixed_probability": "Percentile at which the amount is fixed, 0 to 1; empty for a stated alternative.",
    "size": "Size of the country, in the unit of the countries file.",
    "size_basis": "What the size rests on: evidence, proxy, expert or judgement.",
    "scenario": "Number of the scenario, from 0; the same number is the same scenario in every option and table.",
    "cost": "Cost of the scenario in the years of the study, in currency units at constant prices.",
    "financing_need": "Financing need of the scenario in the years of the study, in currency units at constant prices.",
    "table": "Name of the table, without `.csv`.",
    "column": "Name of the column.",
    "meaning": "What the column holds.",
}
"""What every column holds."""

_WHAT = ("option", "option_name", "total", "prices", "years")
_FIGURE = ("statistic", "probability", "amount", "standard_error", "unit", "price_year")
_CASE = ("case", "case_name", "assumption", "assumption_name", "kind", "fixed_probability")

TABLES = {
    "totals": ("Every total of every option.", (*_WHAT, *_FIGURE)),
    "areas": ("By activity area.", (*_WHAT, "area", "area_name", *_FIGURE)),
    "groups": ("By group of countries.", (*_WHAT, "grouping", "group", "group_name", *_FIGURE)),
    "countries_cost": ("By country.", (*_WHAT, "country", "country_name", *_FIGURE)),
    "years": ("By year.", (*_WHAT, "year", *_FIGURE)),
    "areas_years": ("By activity area and year.", (*_WHAT, "area", "area_name", "year", *_FIGURE)),
    "options": ("Difference of each option to the baseline.", ("baseline", *_WHAT, *_FIGURE)),
    "budgets": (
        "The amount that is enough with each confidence.",
        (*_WHAT, "confidence", "amount", "standard_error", "unit", "price_year"),
    ),
    "drivers": (
        "What makes the range; where the run has it.",
        ("total", "by", "input", "input_name", "statistic", "value", "standard_error", "unit"),
    ),
    "assumptions": (
        "What each assumption does to the range; where the run has it.",
        (*_CASE, "total", "years", "statistic", "probability", "amount", "standard_error", "unit"),
    ),
    "countries": ("The countries that are counted.", ("country", "country_name", "size", "size_basis")),
    "country_groups": ("The groups of each country.", ("country", "country_name", "grouping", "group", "group_name")),
    "samples": (
        "Totals by area of each scenario, of the option that the report is about; the first 5,000 of a longer run.",
        ("option", "scenario", "area", "area_name", "cost", "financing_need"),
    ),
    "columns": ("The columns of all tables.", ("table", "column", "meaning")),
}
"""What each table holds, and its columns."""

_CONFIDENCES = (*(round(0.05 * step, 2) for step in range(1, 20)), 0.99)
_MOST_SCENARIOS = 5_000
_BREAKDOWNS = {"areas": "area", "countries_cost": "country", "years": "year", "areas_years": "area_year"}
_GROUPED = ("area", "year", "country", "component", "basis", "width")

Cell = str | float | int | None
Row = Mapping[str, Cell]


@dataclass(frozen=True)
class Dialect:
    """How numbers are written, and what separates columns.

    Examples
    --------
    >>> Dialect.of("fr"), Dialect.of("en").number(1234.5), Dialect.of("fr").number(1234.5)
    (Dialect(decimal=',', separator=';'), '1234.5', '1234,5')
    """

    decimal: str = "."
    separator: str = ","

    @classmethod
    def of(cls, locale: str) -> Dialect:
        """Return that of a locale, such as ``fr`` or ``de_CH``.

        Raises
        ------
        ParameterError
            For a locale that there is not.
        """
        from babel import Locale, UnknownLocaleError
        from babel.numbers import get_decimal_symbol

        try:
            known = Locale.parse(locale.replace("-", "_"))
        except (UnknownLocaleError, ValueError) as error:
            allowed = "a language or locale, such as en, fr or de_CH"
            raise ParameterError(Problem("", ("locale",), repr(locale), allowed)) from error
        comma = get_decimal_symbol(known, numbering_system="latn") == ","
        return cls(",", ";") if comma else cls()

    def number(self, value: float) -> str:
        """Return a number with all its digits; "" of what is not finite."""
        if not math.isfinite(value):
            return ""
        return repr(value).replace(".", self.decimal)


def write_tidy_csv(
    folder: Path, study: Study, dataset: xr.Dataset, data: ReportData | None = None, locale: str | None = None
) -> None:
    """Write the tables of a run as CSV files into a folder; tables whose figures the run lacks are left out.

    Parameters
    ----------
    folder
        Folder to write; files of earlier tables in it are replaced or removed.
    study
        The study as run.
    dataset
        Its run; money in units of the study's currency.
    data
        The data that `gather` returns for the run; None to compute them now.
    locale
        Locale whose decimal sign is used, such as ``fr``; None for the current language's.

    Raises
    ------
    ParameterError
        For a locale that there is not.
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    FileError
        When a file cannot be written.
    """
    dialect = Dialect.of(locale or language.current().locale)
    try:
        # Names are those of the study in every language: programs look for them.
        with language.using("en"):
            data = gather(study, dataset) if data is None else data
            _write_all(Path(folder), data, dialect)
    except OSError as error:
        raise FileError(
            Problem(str(folder), (), error.strerror or str(error), "a folder that can be written")
        ) from error


def _write_all(folder: Path, data: ReportData, dialect: Dialect) -> None:
    """Write all tables, and the one that describes their columns."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, rows in _tables(data):
        path = folder / f"{name}.csv"
        if _write(path, TABLES[name][1], rows, dialect):
            written.append(name)
        else:
            path.unlink(missing_ok=True)
    described = [
        {"table": name, "column": column, "meaning": COLUMNS[column]}
        for name in (*written, "columns")
        for column in TABLES[name][1]
    ]
    _write(folder / "columns.csv", TABLES["columns"][1], described, dialect)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Row], dialect: Dialect) -> bool:
    """Write a table; return whether it has any row."""
    lines = [[_cell(row.get(column), dialect) for column in columns] for row in rows]
    if not lines:
        return False
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=dialect.separator, lineterminator="\r\n")
        writer.writerow(columns)
        writer.writerows(lines)
    return True


def _cell(value: Cell, dialect: Dialect) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    return dialect.number(value) if isinstance(value, float) else str(value)


def _tables(data: ReportData) -> Iterator[tuple[str, Iterable[Row]]]:
    """Yield every table but that of the columns, with its rows."""
    every = data.every_option
    names = [str(name) for name, variable in every.data_vars.items() if "scenario" in variable.dims]
    totals = [name for name in names if name in schema.TOTALS]
    parts = [name for name in names if name.partition("_by_")[0] in schema.BREAKDOWNS and "_by_" in name]
    known = data.every_summary if data.every_summary is not None else xr.Dataset()
    missing = [name for name in (*totals, *parts) if f"{name}_quantile" not in known]
    summary = known.assign(analysis.summarise(every[missing], data.coverage).data_vars) if missing else known
    yield "totals", _estimates(data, summary, totals)
    for table, grouping in _BREAKDOWNS.items():
        chosen = [name for name in parts if name.partition("_by_")[2] == grouping]
        yield table, _estimates(data, summary, chosen) if chosen or grouping != "country" else _country_ranges(data)
    yield "groups", _estimates(data, summary, [name for name in parts if name.partition("_by_")[2] in data.groups])
    yield "options", _differences(data)
    yield "budgets", _budgets(data, totals)
    yield "drivers", _drivers(data)
    yield "assumptions", _assumptions(data)
    yield "countries", _countries(data)
    yield "country_groups", _country_groups(data)
    yield "samples", _samples(data)


def _what(total: str) -> dict[str, Cell]:
    known = schema.TOTALS[total.partition("_by_")[0]]
    return {"total": known.base, "prices": known.prices, "years": known.span}


def _money(data: ReportData, total: str) -> dict[str, Cell]:
    nominal = schema.TOTALS[total.partition("_by_")[0]].prices == "nominal"
    return {"unit": data.study.currency, "price_year": None if nominal else data.study.price_year}


def _labels(data: ReportData, dim: str) -> list[dict[str, Cell]]:
    """Return the cells that say where along a dimension a row is."""
    every = data.every_option
    values = every[dim].values.tolist()
    if dim == "year":
        return [{"year": int(value)} for value in values]
    if dim not in ("option", *_GROUPED):
        return [
            {"grouping": dim, "group": str(value), "group_name": data.study.label(dim, str(value))} for value in values
        ]
    names = names_of(every, dim)
    if dim == "option":
        comparison = data.comparison
        known = comparison.names if comparison is not None else {schema.FULL: full_name()}
        names = {str(option): name for option, name in known.items()}
    if dim == "area":
        names |= {area.id: area.name for area in data.study.areas}
    if dim == "country":
        names |= {country.code: country.name for country in data.study.countries}
    return [{dim: str(value), f"{dim}_name": names.get(value, str(value))} for value in values]


def _estimates(data: ReportData, summary: xr.Dataset, names: Sequence[str]) -> Iterator[Row]:
    """Yield the quantiles, the mean and the standard deviation of variables, with the exact mean where it is known."""
    every = data.every_option
    for name in names:
        dims = [str(dim) for dim in every[name].dims if dim != "scenario"]
        where = [
            {key: cell for part in parts for key, cell in part.items()}
            for parts in itertools.product(*(_labels(data, dim) for dim in dims))
        ]
        same = _what(name) | _money(data, name)
        for about, values, errors in _statistics(summary, name, dims):
            for labels, value, error in zip(where, values, errors, strict=True):
                yield labels | same | about | {"amount": value, "standard_error": error}
        exact = f"expected_{name}"
        if exact in every and set(every[exact].dims) == set(dims):
            values = every[exact].transpose(*dims).values.ravel().tolist()
            for labels, value in zip(where, values, strict=True):
                yield labels | same | {"statistic": "exact_mean", "amount": value}


def _country_ranges(data: ReportData) -> Iterator[Row]:
    """Yield the statistics of countries that a run keeps without their scenarios."""
    names = {country.code: country.name for country in data.study.countries}
    option = data.dataset["option"].values[0]
    option_name = str(data.dataset["option_name"].values[0]) if "option_name" in data.dataset.coords else str(option)
    for total in data.totals_by("country"):
        name = f"{total}_by_country"
        same: Row = {"option": str(option), "option_name": option_name, **_what(name), **_money(data, name)}
        for about, values, errors in _statistics(data.summary, name, ["country"]):
            for code, value, error in zip(data.summary["country"].values.tolist(), values, errors, strict=True):
                labels: Row = {"country": str(code), "country_name": names[str(code)], **about}
                yield {**same, **labels, "amount": value, "standard_error": error}


def _statistics(
    summary: xr.Dataset, name: str, dims: Sequence[str]
) -> Iterator[tuple[dict[str, Cell], list[float], list[float]]]:
    """Yield each statistic of a variable with its values and errors, the last dimension fastest."""
    pair = (f"{name}_quantile", f"{name}_quantile_error")
    quantiles, errors = (summary[each].transpose("quantile", *dims).values for each in pair)
    for probability, value, error in zip(summary["quantile"].values.tolist(), quantiles, errors, strict=True):
        about: dict[str, Cell] = {"statistic": "quantile", "probability": float(probability)}
        yield about, value.ravel().tolist(), error.ravel().tolist()
    for kind, words in (("mean", "mean"), ("std", "standard_deviation")):
        if f"{name}_{kind}" in summary:
            mean, error = (summary[f"{name}_{kind}{end}"].transpose(*dims).values for end in ("", "_error"))
            yield {"statistic": words}, mean.ravel().tolist(), error.ravel().tolist()


def _differences(data: ReportData) -> Iterator[Row]:
    """Yield the difference of each option to the baseline, for every total."""
    if data.comparison is None:
        return
    found = data.comparison.differences
    names = data.comparison.names
    for total in schema.TOTALS:
        name = f"{total}_difference"
        if f"{name}_quantile" not in found:
            continue
        for about, values, errors in _statistics(found, name, ["option"]):
            for option, value, error in zip(found["option"].values.tolist(), values, errors, strict=True):
                own = {"baseline": data.comparison.baseline, "option": option, "option_name": names[option]}
                yield own | _what(total) | _money(data, total) | about | {"amount": value, "standard_error": error}


def _budgets(data: ReportData, totals: Sequence[str]) -> Iterator[Row]:
    """Yield the amounts that are enough with each confidence; those that the scenarios do not support are left out."""
    options = _labels(data, "option")
    for total in totals:
        values = data.every_option[total].transpose("option", "scenario")
        amounts, errors = quantiles_of_outputs(values, np.array(_CONFIDENCES), data.replicates)
        for label, row, row_errors in zip(options, amounts.tolist(), errors.tolist(), strict=True):
            for confidence, value, error in zip(_CONFIDENCES, row, row_errors, strict=True):
                if math.isfinite(error):
                    figure: dict[str, Cell] = {"confidence": confidence, "amount": value, "standard_error": error}
                    yield label | _what(total) | figure | _money(data, total)


def _drivers(data: ReportData) -> Iterator[Row]:
    """Yield the shares of the variance and the swings of each input."""
    for total, by in itertools.product(schema.TOTAL_BASES, ("input", "level")):
        found = attached_drivers(data.dataset, by, total)
        if found is None:
            continue
        inputs = zip(found[by].values.tolist(), found[f"{by}_name"].values.tolist(), strict=True)
        for place, (key, name) in enumerate(inputs):
            for statistic in ("first_order", "total", "swing_low", "swing_high", "width_given"):
                if statistic not in found or found[statistic].dims != (by,):
                    continue
                unit = "1" if statistic in ("first_order", "total") else data.study.currency
                yield {
                    "total": total,
                    "by": by,
                    "input": str(key),
                    "input_name": str(name),
                    "statistic": statistic,
                    "value": float(found[statistic].values[place]),
                    "standard_error": float(found[f"{statistic}_error"].values[place]),
                    "unit": unit,
                }


def _assumptions(data: ReportData) -> Iterator[Row]:
    """Yield the quantiles of each case, their change, and that of the width of the range."""
    found = attached_assumptions(data.dataset)
    if found is None:
        return
    # Each look-up in a dataset takes long: all values are taken out of it once.
    known = {str(name): variable.values.tolist() for name, variable in found.variables.items()}
    cases: list[dict[str, Cell]] = [
        {column: str(known[column][place]) for column in _CASE[:-1]}
        | {"fixed_probability": known["probability"][place]}
        for place in range(found.sizes["case"])
    ]
    for total in schema.TOTALS:
        if f"{total}_quantile" not in known:
            continue
        about = {"total": schema.TOTALS[total].base, "years": schema.TOTALS[total].span, "unit": data.study.currency}
        for place, case in enumerate(cases):
            for statistic in ("quantile", "quantile_change"):
                figures = (known[f"{total}_{statistic}{end}"][place] for end in ("", "_error"))
                for level, value, error in zip(known["quantile"], *figures, strict=True):
                    figure = {"statistic": statistic, "probability": level, "amount": value, "standard_error": error}
                    yield case | about | figure
            value, error = (known[f"{total}_width_change{end}"][place] for end in ("", "_error"))
            yield case | about | {"statistic": "width_change", "amount": value, "standard_error": error}


def _countries(data: ReportData) -> Iterator[Row]:
    for country in data.study.countries:
        yield {
            "country": country.code,
            "country_name": country.name,
            "size": float(country.size) if data.study.size_driver else None,
            "size_basis": country.size_basis if data.study.size_driver else None,
        }


def _country_groups(data: ReportData) -> Iterator[Row]:
    for country in data.study.countries:
        for grouping, group in country.groups:
            name = data.study.label(grouping, group)
            own = {"country": country.code, "country_name": country.name}
            yield own | {"grouping": grouping, "group": group, "group_name": name}


def _samples(data: ReportData) -> Iterator[Row]:
    """Yield the totals by area of the first scenarios."""
    if not data.has("cost_by_area"):
        return
    held = data.dataset.isel(option=0, scenario=slice(0, _MOST_SCENARIOS))
    option = str(data.dataset["option"].values[0])
    areas = _labels(data, "area")
    cost = held["cost_by_area"].transpose("scenario", "area").values.tolist()
    has_need = "financing_need" in data.totals and data.has("financing_need_by_area")
    need = held["financing_need_by_area"].transpose("scenario", "area").values.tolist() if has_need else None
    numbers = held["scenario"].values.tolist() if "scenario" in held.coords else range(len(cost))
    for place, (number, row) in enumerate(zip(numbers, cost, strict=True)):
        for column, area in enumerate(areas):
            yield {
                "option": option,
                "scenario": int(number),
                **area,
                "cost": row[column],
                "financing_need": need[place][column] if need is not None else None,
            }


def described() -> str:
    """Return the tables of docs/reference/tables.md: what each file holds, and what its columns mean."""
    lines = []
    for name, (about, columns) in TABLES.items():
        lines += [f"### {name}.csv", "", about, "", "Columns: " + ", ".join(f"`{each}`" for each in columns) + ".", ""]
    lines += ["## Columns", "", "| Column | What it holds |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in COLUMNS.items()]
    return "\n".join(lines) + "\n"
