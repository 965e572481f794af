"""What a figure for notebooks is drawn from: scenarios of one option, in the unit of the axis, and their labels."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from popsim import schema
from popsim.analysis.by_output import over_outputs, read_values
from popsim.analysis.door import coverage_of, dataset_of, replicates_of
from popsim.analysis.order import quantile_with_error
from popsim.analysis.totals import breakdown_by, dimensions_of, units_of, variable_of
from popsim.arguments import check_name
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, RunError
from popsim.report.data import names_of
from popsim.report.figures.intervals import Interval
from popsim.report.numbers import (
    interval,
    money,
    money_range,
    scale_of,
    significant,
    unit_and_prices,
    unit_for,
    unit_words,
)
from popsim.types import By

if TYPE_CHECKING:
    import xarray as xr

    from popsim.engine.runs import Run


@dataclass(frozen=True)
class Source:
    """A dataset with the option, the coverage and the unit that a figure is about.

    `unit` is empty where amounts are in no currency, as those of `ps.sample`; `scale` is what they are divided by.
    """

    dataset: xr.Dataset
    option: str | None
    coverage: float
    unit: str
    scale: float

    @property
    def levels(self) -> tuple[float, float, float, float, float]:
        """Probabilities of the ends of a range, its quartiles and its median."""
        return (1.0 - self.coverage) / 2.0, 0.25, 0.5, 0.75, (1.0 + self.coverage) / 2.0

    def of_option(self, variable: xr.DataArray) -> xr.DataArray:
        """Return a variable of the option."""
        return variable if self.option is None else variable.sel(option=self.option)

    def total(self, variable: str) -> Floats:
        """Return the scenarios of a variable that is not broken down, in units of the currency."""
        values = read_values(self.of_option(variable_of(self.dataset, variable)))
        return np.asarray(values.reshape(-1), dtype=np.float64)

    def bars(self, variable: str, by: By) -> list[Interval]:
        """Return the range of each part of a total, in the unit of the axis, as the dataset orders them."""
        parts = self.of_option(breakdown_by(self.dataset, variable, by))
        found = over_outputs(
            parts, lambda values: {"ends": np.moveaxis(np.quantile(values, self.levels, axis=-1), 0, -1)}
        )
        names = {dim: names_of(self.dataset, dim) for dim in dimensions_of(by)}
        labels = [
            ", ".join(str(names[dim].get(label, label)) for dim, label in zip(names, key, strict=True))
            for key in itertools.product(*(parts[dim].values.tolist() for dim in names))
        ]
        rows = (found["ends"] / self.scale).reshape(len(labels), -1).tolist()
        return [Interval(label, *each) for label, each in zip(labels, rows, strict=True)]

    def title(self, variable: str) -> str:
        """Return what a total is called."""
        return title(self.dataset, variable)

    def label(self, variable: str) -> str:
        """Return a label of an axis: what a total is, its unit and its prices."""
        return self.labelled(self.title(variable), variable)

    def labelled(self, words: str, variable: str) -> str:
        """Return a label of an axis of other words about a total."""
        unit = self._unit_and_prices(variable)
        return f"{words} ({unit})" if unit else words

    def range_text(self, values: Floats) -> str:
        """Return the range of scenarios with its coverage, with the digits that its errors support."""
        levels = np.array([self.levels[0], self.levels[-1]])
        ends, errors = quantile_with_error(values[np.newaxis], levels, replicates_of(self.dataset))
        (low, high), (low_error, high_error) = ends[0].tolist(), errors[0].tolist()
        if self.unit:
            words = money_range(low, low_error, high, high_error, self.unit)
        else:
            words = f"{significant(low)} to {significant(high)}"
        return f"{interval(self.coverage)}: {words}"

    def money(self, value: float, error: float) -> str:
        """Return an amount with its unit and the digits that its error supports."""
        return money(value, error, self.unit) if self.unit else significant(value)

    def _unit_and_prices(self, variable: str) -> str:
        if not self.unit:
            return ""
        total = schema.total_of(variable)
        prices = "constant" if total is None else total.prices
        if prices == "nominal":
            return f"{unit_words(self.unit)}, prices of each year"
        if prices == "discounted":
            return f"{unit_words(self.unit)}, present value"
        year = self.dataset.attrs.get("price_year")
        return unit_words(self.unit) if year is None else unit_and_prices(self.unit, int(year))


def read(
    source: Run | xr.Dataset,
    variable: str,
    *,
    option: str | None = None,
    coverage: float | None = None,
    unit: str | None = None,
) -> Source:
    """Return what a figure is drawn from; where no unit is stated, it is that in which the total is read most easily.

    Raises
    ------
    ParameterError
        For what is no dataset and no run, an option that it does not hold, another coverage or unit.
    RunError
        For a dataset without the variable.
    """
    dataset = dataset_of(source)
    total = variable_of(dataset, variable)
    if parts := [str(dim) for dim in total.dims if dim not in {"option", "scenario"}]:
        found, mend = f"{variable!r}, by {' and '.join(parts)}", f"popsim.plot.intervals(ds, by={parts[0]!r})"
        raise ParameterError(Problem("", ("variable",), found, "a total, such as 'cost' or 'financing_need'", mend))
    if "option" in total.dims and "option" not in dataset.coords:
        mend = "dataset.assign_coords(option=[...]), with the names that they had"
        raise RunError(Problem("dataset", ("option",), "no names of options", "a name for each option", mend))
    options = [str(each) for each in dataset["option"].values] if "option" in total.dims else []
    chosen = option if option is not None or not options else schema.FULL if schema.FULL in options else options[0]
    if chosen is not None:
        check_name("option", chosen, options)
    values = total if chosen is None else total.sel(option=chosen)
    currency = str(dataset.attrs.get("currency", ""))
    if not currency or units_of(total) != currency:
        return Source(dataset, chosen, coverage_of(dataset, coverage), "", 1.0)
    stated = unit_of(unit, float(np.quantile(read_values(values), 0.95)), currency)
    return Source(dataset, chosen, coverage_of(dataset, coverage), stated, float(scale_of(stated)))


def unit_of(unit: str | None, amount: float, currency: str) -> str:
    """Return the unit that was stated, or else the one in which an amount is read most easily.

    Raises
    ------
    ParameterError
        For a unit that is none of the currency.

    Examples
    --------
    >>> unit_of(None, 2.5e9, "EUR"), unit_of("€ billion", 2.5e9, "EUR")
    ('€ million', '€ billion')
    """
    if unit is None:
        return unit_for(amount, currency)
    # Amounts below a thousand are in the currency itself.
    symbol = unit_for(0.0, currency)
    return check_name("unit", unit, [f"{symbol} {scale}" for scale in ("billion", "million", "thousand")] + [symbol])


def title(dataset: xr.Dataset, variable: str) -> str:
    """Return what a variable of a dataset is called."""
    named = schema.VARIABLES.get(variable)
    return str(dataset[variable].attrs.get("long_name", variable)) if named is None else named.long_name
