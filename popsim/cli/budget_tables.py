"""Tables of budgets: how sure an amount is, which amounts are sure enough, and how they are divided among parts."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from popsim.report import totals
from popsim.report.data import names_of
from popsim.report.document import Table
from popsim.report.numbers import NO_BREAK, UNKNOWN, amount, amounts, exact_money, finest_of, money, percent, unit_for
from popsim.schema import FULL, FULL_NAME
from popsim.study.model import Study

Where = dict[str, object]
"""A label of each dimension."""
_SUMS = {"amount": "total", "common_amount": "common_total", "separate_amount": "separate_total"}
"""Amounts by part, and the name of their sum."""


@dataclass(frozen=True)
class Labels:
    """Names of options, areas and other labels of a result, its unit and prices, and what is to be paid."""

    study: Study
    unit: str
    prices: str
    what: str
    options: dict[str, str]
    names: dict[str, dict[object, str]]

    @classmethod
    def of(cls, study: Study, dataset: xr.Dataset, result: xr.Dataset, unit: str | None = None) -> Labels:
        """Take names from the study and its run; the unit is that of this result alone, unless stated."""
        named = {FULL: FULL_NAME} | {option.id: option.name for option in study.options}
        options = {option: named.get(option, option) for option in map(str, result["option"].values)}
        names = {str(dim): names_of(dataset, str(dim)) for dim in dataset.dims if dim != "option"}
        total, by, grouping = str(result.attrs.get("variable", "cost")).partition("_by_")
        what = totals.noun(total, study)
        if by:
            what = f"{what.removeprefix('total ')} by {' and '.join(grouping.split('_'))}"
        return cls(study, unit or unit_of([result], study), totals.prices(total, study), what, options, names)

    def rows(self, result: xr.Dataset, dims: Sequence[str]) -> list[tuple[list[str], Where]]:
        """Return the names of the labels of every row of a table, and where it is in the result."""
        rows: list[tuple[list[str], Where]] = []
        for labels in itertools.product(*(result[dim].values.tolist() for dim in dims)):
            where: Where = dict(zip(dims, labels, strict=True))
            rows.append(([self._name(dim, label) for dim, label in where.items()], where))
        return rows

    def _name(self, dim: str, label: object) -> str:
        if dim == "option":
            return self.options.get(str(label), str(label))
        return self.names.get(dim, {}).get(label) or self.study.label(dim, str(label))

    def before(self, option: str) -> str:
        """Return what a caption begins with: the name of the option, where there are several."""
        return f"{self.options[option]}: " if len(self.options) > 1 else ""


def unit_of(results: Iterable[xr.Dataset], study: Study) -> str:
    """Choose the unit of several tables together: that of the amount asked about, or of the largest result."""
    results = list(results)
    asked = [float(result.attrs["amount"]) for result in results if "amount" in result.attrs]
    money = [
        np.abs(value.values)
        for result in results
        for name, value in result.data_vars.items()
        if value.attrs.get("units") != "1" and not str(name).endswith("_error")
    ]
    sizes = asked or [float(value[np.isfinite(value)].max(initial=0.0)) for value in money]
    return unit_for(max(sizes, default=0.0), study.currency)


def _pair(result: xr.Dataset, name: str, where: Where) -> tuple[float, float]:
    at = {dim: label for dim, label in where.items() if dim in result[name].dims}
    return result[name].sel(at).item(), result[f"{name}_error"].sel(at).item()


def _share(result: xr.Dataset, name: str, where: Where) -> str:
    """Return a share of the scenarios; "none" and "all" where it is so."""
    value, error = _pair(result, name, where)
    return {0.0: "none", 1.0: "all"}.get(value) or percent(value, error)


def _labelled(result: xr.Dataset, labels: Labels) -> tuple[list[str], list[list[str]], list[Where]]:
    """Return headings and labels of all rows, and where each is; an option is named in its first row, if not alone."""
    dims = [str(dim) for dim in next(iter(result.data_vars.values())).dims]
    rows = labels.rows(result, dims)
    names = [list(cells) for cells, _ in rows]
    headings = [labels.study.heading(dim) for dim in dims]
    if dims[0] == "option" and len(dims) > 1:
        if len(labels.options) == 1:
            headings, names = headings[1:], [cells[1:] for cells in names]
        for row, before in zip(reversed(names), reversed(names[:-1]), strict=False):
            if len(labels.options) > 1 and row[0] == before[0]:
                row[0] = ""
    return headings, names, [where for _, where in rows]


def sufficient(result: xr.Dataset, labels: Labels) -> Table:
    """Return the table of how sure an amount is to suffice, and what is missing."""
    headings, names, places = _labelled(result, labels)
    caption = (
        f"Does {exact_money(float(result.attrs['amount']), labels.unit)} suffice for the {labels.what}? Missing: on "
        f"average where it does not, and over all scenarios ({labels.unit}, {labels.prices})"
    )
    if np.isinf(result["shortfall_error"]).any():
        unseen = result["shortfall_error"].attrs.get("infinite_because", "one scenario alone, which gives no average")
        caption += f"; {UNKNOWN}: {unseen}"
    columns = [
        [_share(result, "sufficient", where) for where in places],
        *(
            amounts([_pair(result, name, where) for where in places], labels.unit)
            for name in ("shortfall", "shortfall_overall")
        ),
    ]
    return _table(caption, [*headings, "Suffices", "Missing if not", "Missing overall"], names, columns)


def enough(result: xr.Dataset, labels: Labels) -> Table:
    """Return the table of which amount suffices with a confidence."""
    headings, names, places = _labelled(result, labels)
    caption = (
        f"Amount that suffices with {percent(result.attrs['confidence'])} confidence for the "
        f"{labels.what}, with its Monte Carlo error ({labels.unit}, {labels.prices})"
    )
    pairs = [_pair(result, "amount", where) for where in places]
    # A standard error is printed with two digits or less.
    errors = amounts([(error, error / 4.0) for _, error in pairs], labels.unit)
    return _table(caption, [*headings, "Amount", "Error"], names, [amounts(pairs, labels.unit), errors])


def together(result: xr.Dataset, labels: Labels, option: str) -> Table:
    """Return the table of amounts that suffice together beside those that suffice alone."""
    by = str(result.attrs["by"]).split(",")
    sure = percent(result.attrs["confidence"])
    columns = []
    for name in _SUMS:
        pairs = _amounts_and_sum(result, labels, by, option, name)
        columns.append([amount(*pair, labels.unit, finest_of(pairs)) for pair in pairs])
    parts = " and ".join(labels.study.heading(name, sentence=True) for name in by)
    caption = f"{labels.before(option)}Amounts by {parts} ({labels.unit}, {labels.prices})"
    return _parts_table(
        caption, result, labels, by, [f"All together {sure}", "At one level", f"Each alone {sure}"], columns
    )


def _amounts_and_sum(
    result: xr.Dataset, labels: Labels, by: Sequence[str], option: str, name: str
) -> list[tuple[float, float]]:
    at: Where = {"option": option}
    parts = [_pair(result, name, at | where) for _, where in labels.rows(result, by)]
    return [*parts, _pair(result, _SUMS[name], at)]


def joint_sentences(result: xr.Dataset, labels: Labels, option: str) -> tuple[str, ...]:
    """Describe what the amounts are worth together, and why those that suffice alone do not add up."""
    at: Where = {"option": option}
    sure = percent(result.attrs["confidence"])
    by = str(result.attrs["by"]).split(",")
    places = {total: finest_of(_amounts_and_sum(result, labels, by, option, name)) for name, total in _SUMS.items()}
    # What suffices for everything is read beside what suffices for each.
    places["pooled_amount"] = places["separate_total"]

    def cash(name: str) -> str:
        return money(*_pair(result, name, at), labels.unit, places[name])

    def share(name: str) -> str:
        return _share(result, name, at)

    return (
        f"All together: the amounts of the first column are {cash('total')} in sum. They all suffice in "
        f"{share('joint_confidence')} of the scenarios in which they were looked for, and in "
        f"{share('unseen_confidence')} of scenarios that the search had not seen. At one quantile level "
        f"({percent(result['common_level'].sel(at).item())}) for all it takes {cash('common_total')}; the search found "
        f"no cheaper exchange between two amounts, which does not prove that there is none.",
        f"Each alone: {math.prod(result.sizes[name] for name in by)} amounts that each suffice with {sure} confidence "
        f"are {cash('separate_total')} in sum. All of them suffice in {share('separate_joint_confidence')} of the "
        f"scenarios; their sum suffices for the total in {share('separate_total_confidence')}. Quantiles of parts do "
        f"not add up to the quantile of the sum: one amount for everything, from which money moves to where it is "
        f"needed, suffices with {sure} confidence at {cash('pooled_amount')}.",
    )


def allocated(result: xr.Dataset, labels: Labels, option: str) -> Table:
    """Return the table of what each part needs of the reserve over the expected cost."""
    by = str(result.attrs["by"]).split(",")
    one: Where = {"option": option}
    whole = _pair(result, "reserve", one)
    places = [one | where for _, where in labels.rows(result, by)]
    parts = [*(_pair(result, "contribution", where) for where in places), whole]
    # What is expected is exact; it is printed as finely as the part of the reserve beside it.
    bases = [*(result["part_base"].sel(where).item() for where in places), result["base"].sel(one).item()]
    expected = [(base, error) for base, (_, error) in zip(bases, parts, strict=True)]
    finest = finest_of(parts)
    shares = [*(_pair(result, "share", where) for where in places), (1.0 if whole[0] else math.nan, 0.0)]
    columns = [
        amounts(expected, labels.unit),
        [amount(*part, labels.unit, finest) for part in parts],
        ["–" if math.isnan(share) else percent(share, error) for share, error in shares],
    ]
    caption = (
        f"{labels.before(option)}Reserve over the expected {labels.what.removeprefix('total ')} at "
        f"{percent(result.attrs['confidence'])} confidence:{NO_BREAK}{money(*whole, labels.unit, finest)}, and what of "
        f"it each calls for ({labels.unit}, {labels.prices})"
    )
    return _parts_table(caption, result, labels, by, ["Expected", "Reserve", "Share"], columns)


def _parts_table(
    caption: str,
    result: xr.Dataset,
    labels: Labels,
    by: Sequence[str],
    headings: Sequence[str],
    columns: Sequence[Sequence[str]],
) -> Table:
    """Return a table with a row for each part and one for their sum."""
    names = [*(names for names, _ in labels.rows(result, by)), ["Sum", *[""] * (len(by) - 1)]]
    return _table(caption, [*map(labels.study.heading, by), *headings], names, columns, total=True)


def _table(
    caption: str,
    headings: Sequence[str],
    names: Sequence[Sequence[str]],
    columns: Sequence[Sequence[str]],
    total: bool = False,
) -> Table:
    rows = tuple((*cells, *numbers) for cells, *numbers in zip(names, *columns, strict=True))
    return Table(caption, tuple(headings), rows, labels=len(headings) - len(columns), total=total)
