"""Tables of budgets, in the words of the report: how sure an amount is, and which amounts are sure enough."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from popsim.report import totals
from popsim.report.document import Table
from popsim.report.facts import names_of
from popsim.report.numbers import NO_BREAK, UNKNOWN, amount, amounts, exact_money, finest_of, money, percent, unit_for
from popsim.schema import FULL, FULL_NAME
from popsim.study.model import Study

__all__ = ["Words", "allocated", "enough", "joint_words", "sufficient", "together", "unit_of"]


@dataclass(frozen=True)
class Words:
    """Names of options and labels, and the unit, of a result."""

    unit: str
    prices: str
    study: Study
    options: tuple[str, ...]
    names: dict[str, str]
    labels: dict[str, dict[object, str]]
    """Names of areas, countries and components."""
    what: str
    """What is to be paid."""

    @classmethod
    def of(cls, study: Study, dataset: xr.Dataset, found: xr.Dataset, unit: str | None = None) -> Words:
        """Take names from the study and its run; the unit is that of this result alone, unless stated."""
        options = tuple(str(option) for option in found["option"].values)
        names = {option: FULL_NAME if option == FULL else option for option in options}
        names |= {option.id: option.name for option in study.options}
        labels = {str(dim): names_of(dataset, str(dim)) for dim in dataset.dims if dim != "option"}
        variable = str(found.attrs.get("variable", "cost"))
        prices = totals.prices(variable.partition("_by_")[0], study)
        what = variable_words(variable, study)
        return cls(unit or unit_of([found], study), prices, study, options, names, labels, what)

    def label(self, dimension: str, value: object) -> str:
        """Name of one option, area, year or group."""
        text = str(value)
        if dimension == "option":
            return self.names.get(text, text)
        return self.labels.get(dimension, {}).get(value) or self.study.label(dimension, text)


def unit_of(results: Iterable[xr.Dataset], study: Study) -> str:
    """Choose the unit for tables that stand together: that of the amount asked about, or of the largest found."""
    results = list(results)
    asked = [float(found.attrs["amount"]) for found in results if "amount" in found.attrs]
    money = [
        np.abs(value.values)
        for found in results
        for name, value in found.data_vars.items()
        if value.attrs.get("units") != "1" and not str(name).endswith("_error")
    ]
    sizes = asked or [float(value[np.isfinite(value)].max(initial=0.0)) for value in money]
    return unit_for(max(sizes, default=0.0), study.currency)


def variable_words(variable: str, study: Study) -> str:
    """Say what is paid: "financing need", "cost by area and year"."""
    total, by, names = variable.partition("_by_")
    if not by:
        return totals.noun(total, study)
    return f"{totals.noun(total, study).removeprefix('total ')} by {' and '.join(names.split('_'))}"


def _rows(found: xr.Dataset, words: Words) -> tuple[list[str], list[tuple[tuple[str, ...], dict[str, object]]]]:
    """Headings of the labels, and the labels of each row with where it stands; one option alone is not named.

    An option that has several rows is named in the first of them.
    """
    dims = [str(dim) for dim in next(iter(found.data_vars.values())).dims]
    shown = [dim for dim in dims if dim != "option" or len(words.options) > 1 or len(dims) == 1]
    rows: list[tuple[tuple[str, ...], dict[str, object]]] = []
    for labels in itertools.product(*(found[dim].values.tolist() for dim in dims)):
        where: dict[str, object] = dict(zip(dims, labels, strict=True))
        names = [words.label(dim, where[dim]) for dim in shown]
        if shown[:1] == ["option"] and len(shown) > 1 and rows and rows[-1][1]["option"] == where["option"]:
            names[0] = ""
        rows.append((tuple(names), where))
    return [words.study.heading(dim) for dim in shown], rows


def _pair(found: xr.Dataset, name: str, where: dict[str, object]) -> tuple[float, float]:
    at = {key: value for key, value in where.items() if key in found[name].dims}
    return found[name].sel(at).item(), found[f"{name}_error"].sel(at).item()


def _likely(found: xr.Dataset, name: str, where: dict[str, object]) -> str:
    """Probability; "none" and "all" where no scenario says otherwise."""
    value, error = _pair(found, name, where)
    return {0.0: "none", 1.0: "all"}.get(value) or percent(value, error)


def sufficient(found: xr.Dataset, words: Words) -> Table:
    """Return how sure an amount is to suffice, and what is missing."""
    headings, rows = _rows(found, words)
    asked = exact_money(float(found.attrs["amount"]), words.unit)
    caption = (
        f"Does {asked} suffice for the {words.what}? Missing: on average where it does "
        f"not, and over all scenarios ({words.unit}, {words.prices})"
    )
    if np.isinf(found["shortfall_error"]).any():
        unseen = found["shortfall_error"].attrs.get("infinite_because", "one scenario alone, which tells no average")
        caption += f"; {UNKNOWN}: {unseen}"
    columns = [
        amounts([_pair(found, name, where) for _, where in rows], words.unit)
        for name in ("shortfall", "shortfall_overall")
    ]
    cells = [
        (*labels, _likely(found, "sufficient", where), *missing)
        for (labels, where), *missing in zip(rows, *columns, strict=True)
    ]
    heads = (*headings, "Suffices", "Missing if not", "Missing overall")
    return Table(caption, heads, tuple(cells), labels=len(headings))


def enough(found: xr.Dataset, words: Words) -> Table:
    """Return which amount suffices with a confidence."""
    headings, rows = _rows(found, words)
    caption = (
        f"Amount that suffices with {percent(found.attrs['confidence'])} confidence for the "
        f"{words.what}, with its Monte Carlo error ({words.unit}, {words.prices})"
    )
    pairs = [_pair(found, "amount", where) for _, where in rows]
    # A standard error is printed with two digits or less.
    errors = amounts([(error, error / 4.0) for _, error in pairs], words.unit)
    cells = [
        (*labels, value, error)
        for (labels, _), value, error in zip(rows, amounts(pairs, words.unit), errors, strict=True)
    ]
    return Table(caption, (*headings, "Amount", "Error"), tuple(cells), labels=len(headings))


def together(found: xr.Dataset, words: Words, option: str) -> Table:
    """Amounts that suffice together beside those that suffice alone."""
    by = str(found.attrs["by"]).split(",")
    sure = percent(found.attrs["confidence"])
    named = f"{words.names[option]}: " if len(words.options) > 1 else ""
    one: dict[str, object] = {"option": option}
    rows = [labels for labels, _ in _parts(found, words, by)]
    columns = [
        [amount(*pair, words.unit, finest) for pair in pairs]
        for pairs, finest in (_column(found, words, by, one, name) for name in _TOGETHER)
    ]
    labelled = [*rows, ("Sum", *[""] * (len(by) - 1))]
    cells = [(*labels, *line) for labels, *line in zip(labelled, *columns, strict=True)]
    apart = " and ".join(words.study.heading(name, sentence=True) for name in by)
    caption = f"{named}Amounts by {apart} ({words.unit}, {words.prices})"
    heads = (f"All together {sure}", "At one level", f"Each alone {sure}")
    named_columns = (*(words.study.heading(name) for name in by), *heads)
    return Table(caption, named_columns, tuple(cells), labels=len(by), total=True)


_TOGETHER = {"amount": "total", "common_amount": "common_total", "separate_amount": "separate_total"}
"""Amounts by part, and the name of their sum."""


def _column(
    found: xr.Dataset, words: Words, by: Sequence[str], one: dict[str, object], name: str
) -> tuple[list[tuple[float, float]], float]:
    """Give the amounts of all parts and, last, their sum; and the place at which all of them end, also in sentences."""
    pairs = [_pair(found, name, {**one, **where}) for _, where in _parts(found, words, by)]
    pairs.append(_pair(found, _TOGETHER[name], one))
    return pairs, finest_of(pairs)


def _parts(found: xr.Dataset, words: Words, by: Sequence[str]) -> list[tuple[tuple[str, ...], dict[str, object]]]:
    """Names of the labels of each part, and where it stands."""
    rows = []
    for labels in itertools.product(*(found[name].values.tolist() for name in by)):
        where: dict[str, object] = dict(zip(by, labels, strict=True))
        rows.append((tuple(words.label(name, label) for name, label in where.items()), where))
    return rows


def joint_words(found: xr.Dataset, words: Words, option: str) -> tuple[str, ...]:
    """Say what the amounts are worth together, and why those that suffice alone do not add up."""
    at: dict[str, object] = {"option": option}
    sure = percent(found.attrs["confidence"])
    by = str(found.attrs["by"]).split(",")
    parts = math.prod(found.sizes[name] for name in by)
    places = {whole: _column(found, words, by, at, name)[1] for name, whole in _TOGETHER.items()}
    # What suffices for everything is read beside what suffices for each.
    places["pooled_amount"] = places["separate_total"]

    def cash(name: str) -> str:
        return money(*_pair(found, name, at), words.unit, places[name])

    return (
        f"All together: the amounts of the first column are {cash('total')} in sum. They all suffice in "
        f"{_likely(found, 'joint_confidence', at)} of the scenarios in which they were looked for, and in "
        f"{_likely(found, 'unseen_confidence', at)} of scenarios that the search had not seen. At one quantile level "
        f"({percent(found['common_level'].sel(at).item())}) for all it takes {cash('common_total')}; the search found "
        f"no cheaper exchange between two amounts, which does not prove that there is none.",
        f"Each alone: {parts} amounts that each suffice with {sure} confidence are {cash('separate_total')} in sum. "
        f"All of them suffice in {_likely(found, 'separate_joint_confidence', at)} of the scenarios; their sum "
        f"suffices for the total in {_likely(found, 'separate_total_confidence', at)}. Quantiles of parts do not add "
        f"up to the quantile of the sum: one amount for everything, from which money moves to where it is needed, "
        f"suffices with {sure} confidence at {cash('pooled_amount')}.",
    )


def allocated(found: xr.Dataset, words: Words, option: str) -> Table:
    """Return what each part needs of the reserve over the expected cost."""
    by = str(found.attrs["by"]).split(",")
    one: dict[str, object] = {"option": option}
    kept = _pair(found, "reserve", one)
    rows = _parts(found, words, by)
    shares = [_pair(found, "share", {**one, **where}) for _, where in rows]
    parts = [_pair(found, "contribution", {**one, **where}) for _, where in rows]
    bases = [found["part_base"].sel({**one, **where}).item() for _, where in rows]
    # What is expected is exact; it is printed as finely as the part of the reserve beside it.
    expected = [(base, part[1]) for base, part in zip(bases, parts, strict=True)]
    expected.append((found["base"].sel(one).item(), kept[1]))
    finest = finest_of([*parts, kept])
    columns = (
        amounts(expected, words.unit),
        [amount(*part, words.unit, finest) for part in (*parts, kept)],
        [
            *("–" if math.isnan(share) else percent(share, error) for share, error in shares),
            percent(1.0) if kept[0] else "–",
        ],
    )
    labelled = [*(labels for labels, _ in rows), ("Sum", *[""] * (len(by) - 1))]
    cells = tuple((*labels, *line) for labels, *line in zip(labelled, *columns, strict=True))
    named = f"{words.names[option]}: " if len(words.options) > 1 else ""
    caption = (
        f"{named}Reserve over the expected {words.what.removeprefix('total ')} at "
        f"{percent(found.attrs['confidence'])} confidence:{NO_BREAK}{money(*kept, words.unit, finest)}, and what of it "
        f"each calls for ({words.unit}, {words.prices})"
    )
    heads = (*(words.study.heading(name) for name in by), "Expected", "Reserve", "Share")
    return Table(caption, heads, cells, labels=len(by), total=True)
