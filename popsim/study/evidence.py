"""Amounts that were read, brought to one price year and one size; and costs that are fitted to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from popsim.errors import Keys, ParameterError, PopsimError, Problem, words
from popsim.families.base import Family
from popsim.schema import SIZE_EXPONENT
from popsim.study.catalogue import fitted_rows
from popsim.study.catalogue_models import Costed, DataRow
from popsim.study.countries import scaling_measures, size_factor
from popsim.study.model import Amount, Datum, Driver, Exponent
from popsim.study.money import Money
from popsim.study.place import Place
from popsim.study.toml_models import FitFamily, FitTable, StudyFile
from popsim.study.validate import Checked
from popsim.tables import TextTable

if TYPE_CHECKING:
    from popsim.fits import Fit

SIZE = "size"


@dataclass(frozen=True)
class Sizes:
    """Sizes of the countries that cited amounts are from, over the reference size of the study."""

    factors: Mapping[str, float]
    """By country code; a country whose size is not known is not in it."""
    reference: float
    column: str
    """Column of the countries file; empty in a study without [size]."""
    file: str = ""
    known: bool = True
    """Whether the countries file has the column; else that is reported already."""
    measure: Driver | None = None
    """Limits of the study, which hold for sizes that are stated, too."""

    def of(self, row: DataRow) -> float | None:
        """Return the size of the countries of an amount, their geometric mean where there are several."""
        if not self.column:
            return 1.0
        if row.size is not None:
            return row.size / self.reference if self.measure is None else size_factor(self.measure, row.size)
        known = [self.factors[code] for code in row.codes if code in self.factors]
        if not known or len(known) < len(row.codes):
            return None
        return known[0] if len(known) == 1 else math.exp(math.fsum(map(math.log, known)) / len(known))


def read_sizes(study: Checked[StudyFile], table: TextTable | None) -> Sizes:
    """Return the sizes of all countries of a file, whether they are counted or not."""
    size = study.content.size
    if size is None:
        return Sizes({}, 1.0, "")
    column = size.data_driver or size.driver
    if table is None or column not in table.columns:
        return Sizes({}, size.reference, column, known=False)
    measure = next(measure for measure in scaling_measures(study.content) if measure.name == SIZE)
    values = {table.cell(row, "code"): table.number(table.cell(row, column)) for row in table.rows}
    factors = {code: size_factor(measure, value) for code, value in values.items() if value is not None and value > 0}
    return Sizes(factors, size.reference, column, table.name, measure=measure)


def at_year(problem: Problem) -> Problem:
    """Return a problem of a price year as one of the year of an amount that was read."""
    return replace(problem, keys=tuple("year" if key == "price_year" else key for key in problem.keys))


@dataclass(frozen=True)
class Evidence:
    """What the data of a component come to: amounts brought to one basis, the cost, and what it scales with."""

    data: tuple[Datum, ...]
    cost: Family
    exponents: Mapping[str, Exponent]
    fit: Fit | None = None
    cap: float | None = None
    cap_rationale: str = ""


@dataclass(frozen=True)
class EvidenceReader:
    """Brings amounts to the money of one component and to the size of the study, and fits its cost to them."""

    component: Costed
    """A component, or a whole that components share."""
    place: Place
    """File of the catalogue."""
    keys: Keys
    """Of the component."""
    cost_at: tuple[Place, Keys]
    """Where its cost is stated: in the catalogue, or in the study."""
    money: Money | None
    money_factor: float
    sizes: Sizes
    problems: list[Problem]

    def read(self, exponents: Mapping[str, Exponent], stream: str) -> Evidence | None:
        """Return what the data come to; None, with a problem, where the cost cannot be fitted.

        Parameters
        ----------
        exponents
            What the study says of how the cost scales, by driver.
        stream
            Name of the draw of an exponent that is estimated.
        """
        before = len(self.problems)
        amounts = [self.unit_amount(index, row) for index, row in enumerate(self.component.data)]
        cost = self.component.cost
        if isinstance(cost, Family):
            return Evidence(self.brought(amounts, _exponent_mean(exponents)), cost, exponents)
        if len(self.problems) > before:
            return None
        return self.fitted(cost, amounts, exponents, stream)

    def unit_amount(self, index: int, row: DataRow) -> float:
        """Return an amount for one country, of its part that counts, in the money of the component."""
        currency = row.currency or self.component.currency
        factor = 1.0
        if self.money is not None and (currency, row.year) != (self.component.currency, self.component.price_year):
            keys = (*self.keys, "data", index)
            factor, found = self.money.factor(currency, row.year, self.place, keys)
            self.problems.extend(self.place.located(at_year(problem)) for problem in found)
            factor /= self.money_factor
        return row.amount * row.share * factor / (row.countries or len(row.codes) or 1)

    def brought(self, amounts: Sequence[float], exponent: float, chosen: Sequence[int] = ()) -> tuple[Datum, ...]:
        """Return the data with their amounts in a country of reference size; `chosen` are those of a fit."""
        data = []
        for index, (row, amount) in enumerate(zip(self.component.data, amounts, strict=True)):
            size = self.sizes.of(row)
            known = 1.0 if exponent == 0.0 else None if size is None else size**exponent
            data.append(Datum(row, amount, size, None if known is None else amount / known, index in chosen))
        return tuple(data)

    def fitted(
        self, table: FitTable, amounts: Sequence[float], exponents: Mapping[str, Exponent], stream: str
    ) -> Evidence | None:
        """Return the cost that is fitted to the data, and how it scales; None, with a problem, where that cannot be."""
        chosen = fitted_rows(self.component.data, table)
        exponent = self.exponent_of(table, exponents)
        if not self.sizes.known or (isinstance(table.data, list) and len(chosen) < len(table.data)):
            return None
        sizes = self.sizes_of(chosen) if exponent != 0.0 else []
        if sizes is None:
            return None
        points = tuple(amounts[index] for index in chosen)
        try:
            cost, result = fitted_cost(points, table.fit, tuple(sizes), exponent, table.cap)
            scaled = scaled_exponents(table, exponents, result, stream)
        except PopsimError as failed:
            for each in failed.problems:
                self.refuse(each.found, each.allowed, each.mend, *(key for key in each.keys if key in ("size", "cap")))
            return None
        # A cost with a cap has a mean, which takes long to compute and is the same for most alternatives.
        if not (all(map(math.isfinite, cost.support())) or math.isfinite(cost.mean())):
            self.refuse("a fit whose mean is infinite, as few data leave it", "a finite mean", CAP_MEND)
            return None
        cap = table.cap, table.cap_rationale or ""
        return Evidence(self.brought(amounts, result.exponent or 0.0, chosen), cost, scaled, result, *cap)

    def exponent_of(self, table: FitTable, exponents: Mapping[str, Exponent]) -> float | Literal["estimate"]:
        """Return the exponent that brings amounts to the reference size, or that it is to be estimated."""
        if isinstance(table.size, float):
            return table.size
        if table.size == "estimate" and self.sizes.column:
            return "estimate"
        if table.size == "estimate":
            found = '"estimate" in a study without [size]'
            self.refuse(found, "an exponent where sizes of countries are known", "add [size]", "size")
        return _exponent_mean(exponents)

    def sizes_of(self, chosen: Sequence[int]) -> list[float] | None:
        """Return the sizes of the data that are fitted; None, with problems, where one is not known."""
        sizes = [self.sizes.of(self.component.data[index]) for index in chosen]
        unknown = [index for index, size in zip(chosen, sizes, strict=True) if size is None]
        for index in unknown:
            row = self.component.data[index]
            missing = [code for code in row.codes if code not in self.sizes.factors]
            found = f"no size of {words(missing)} in {self.sizes.file}" if missing else "neither country nor size"
            allowed = f"a country of the countries file with a number in column {self.sizes.column}, or a size"
            mend = 'state size, or only show the amount: use = "shown"'
            keys = (*self.keys, "data", index)
            self.problems.append(self.place.located(self.place.problem(keys, found, allowed, mend)))
        return None if unknown else [size for size in sizes if size is not None]

    def refuse(self, found: str, allowed: str, mend: str, *key: str) -> None:
        """Add a problem of the cost."""
        place, keys = self.cost_at
        self.problems.append(place.located(place.problem((*keys, *key), found, allowed, mend)))


CAP_MEND = "state cap and cap_rationale: no cost can be above it, and why"


def scaled_exponents(
    table: FitTable, exponents: Mapping[str, Exponent], result: Fit, stream: str
) -> Mapping[str, Exponent]:
    """Return how a fitted cost scales: from the size at which its level stands."""
    if table.size == "study":
        if SIZE not in exponents:
            return exponents
        return {**exponents, SIZE: replace(exponents[SIZE], reference=result.centre)}
    value: Amount = result.exponent or 0.0
    if result.exponent_distribution is not None:
        from popsim.families.truncated import Truncated

        # The tails of a Student t are so long that no power of a size has a mean.
        value = Truncated(result.exponent_distribution, SIZE_EXPONENT.low, SIZE_EXPONENT.high)
    return {**exponents, SIZE: Exponent(SIZE, value, stream, result.centre)}


LIKELY = 0.05
"""An exponent that is between the limits with less than this probability is none that a cost can have."""


def check_fit(result: Fit, cap: float | None) -> None:
    """Refuse a fit that contradicts what a cost can be.

    Raises
    ------
    ParameterError
        Where the estimated exponent can hardly be within its limits, or the cap is below every amount.
    """
    law, (low, high) = result.exponent_distribution, (SIZE_EXPONENT.low, SIZE_EXPONENT.high)
    if law is not None and float(law.cdf(high) - law.cdf(low)) < LIKELY:
        error = result.estimate.exponent_error
        found = f"an exponent of {result.exponent:.3g}, with a standard error of {error:.2g}, as the data have it"
        mend = "look at the amounts and sizes, or state the exponent as a number"
        raise ParameterError(Problem("", ("size",), found, f"an exponent that can be from {low} to {high}", mend))
    data, grown = result.data, result.exponent or 0.0
    amounts = [value * size**-grown for value, size in zip(data.values, data.sizes or [1.0] * data.count, strict=True)]
    if cap is not None and cap < min(amounts):
        found = f"{cap:g}, below every amount: they are {min(amounts):.6g} or more in a country of reference size"
        mend = "look at the units of cap and amounts"
        raise ParameterError(Problem("", ("cap",), found, "an amount that no cost can be above", mend))


@lru_cache(maxsize=256)
def fitted_cost(
    points: tuple[float, ...],
    family: FitFamily,
    sizes: tuple[float, ...],
    exponent: float | Literal["estimate"],
    cap: float | None,
) -> tuple[Family, Fit]:
    """Return the cost that is fitted to amounts, at the centre of their sizes, and the fit.

    Options and alternatives have most fits in common, so that results are kept.

    Raises
    ------
    ParameterError
        Where so few or such amounts determine no fit, or the cap leaves nothing of it.

    Examples
    --------
    >>> cost, fit = fitted_cost((2.0, 3.0, 5.0), "lognormal", (), 0.0, 20.0)
    >>> cost.support(), fit.count
    ((0.0, 20.0), 3)
    """
    from popsim.families.truncated import Truncated
    from popsim.fits import fit

    result = fit(list(points), family, sizes=list(sizes) or None, size_exponent=exponent if sizes else None)
    check_fit(result, cap)
    cost: Family = result.predictive
    least = 0.0 if cost.support()[0] < 0.0 else None
    if cap is not None or least is not None:
        cost = Truncated(cost, least, None if cap is None else cap * result.centre ** (result.exponent or 0.0))
    return cost, result


def _exponent_mean(exponents: Mapping[str, Exponent]) -> float:
    if SIZE not in exponents:
        return 0.0
    value = exponents[SIZE].value
    return value.mean() if isinstance(value, Family) else value


EXPONENTS, COSTS = 64, 4001
"""Evenly likely exponents and costs from which quantiles at reference size are read."""


def reference_quantiles(
    cost: Family, exponents: Sequence[Exponent], probabilities: Sequence[float]
) -> tuple[float, ...]:
    """Return quantiles of a cost in a country of reference size.

    A fitted cost stands at the size of its data. What an uncertain exponent makes of it at another size is read from a
    grid of evenly likely costs and exponents, good to some 0.1 per cent.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> component = load_study("example").areas[0].components[0]
    >>> quantiles = reference_quantiles(component.cost, component.exponents, [0.05, 0.95])
    >>> quantiles == tuple(component.cost.ppf([0.05, 0.95]).tolist())
    True
    """
    apart = [exponent for exponent in exponents if exponent.reference != 1.0]
    if not apart:
        return tuple(cost.ppf(list(probabilities)).tolist())
    (exponent,) = apart
    value = exponent.value
    if not isinstance(value, Family):
        return tuple((cost.ppf(list(probabilities)) * exponent.reference**-value).tolist())
    powers = value.ppf((np.arange(EXPONENTS) + 0.5) / EXPONENTS)
    costs = cost.ppf((np.arange(COSTS) + 0.5) / COSTS)
    grid = np.outer(costs, exponent.reference**-powers)
    return tuple(np.quantile(grid, list(probabilities)).tolist())
