"""Do two samples of a study come from one law? Every difference that chance does not explain is named.

What is compared: the mean of every cell of every variable; the 5th, 50th and 95th percentile of every total, and of
the cells of every breakdown by one thing, such as areas; and, as percentiles of sums hardly show it, how often such
cells are above their medians together. The number of comparisons K is counted, and each is given FALSE_ALARM / K
(Bonferroni), so that two samples of one law are told apart with a probability below FALSE_ALARM, whatever hangs
together with what. Totals are held to four standard errors as well: that adds 6e-5 for each total where seeds are
drawn anew; tests fix theirs.

Means are compared by z, the difference over its standard error. Percentiles and shares are exact: split the pooled
scenarios into those at most the pooled percentile (both above their pooled medians) and the others; how many of the
first fall to one sample is hypergeometric, given the pool, when both samples come from one law.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy import stats

FALSE_ALARM = 1e-6
TOTAL_ERRORS = 4.0
ROUNDING = 1e-9
"""Relative difference that arithmetic alone may make: popsim tabulates quantiles to 1e-8 of their P5-P95 width."""


class Comparison(NamedTuple):
    what: str
    ours: float
    theirs: float
    probability: float
    """Of a difference as large as this or larger, when both samples come from one law."""
    z: float = float("nan")
    total: bool = False


def compare(ours: dict[str, np.ndarray], theirs: xr.Dataset, option: str = "full") -> list[str]:
    """Name every disagreement between the re-implementation and popsim; an empty list is agreement."""
    theirs = theirs.sel(option=option)
    sampled = {str(name): values for name, values in theirs.data_vars.items() if "scenario" in values.dims}
    variables = {name: values for name, values in ours.items() if name not in theirs.dims}
    problems = [f"{name}: in one of the two only" for name in sorted(set(sampled) ^ set(variables))]
    found: list[Comparison] = []
    for name in sorted(set(sampled) & set(variables)):
        dims = [str(dim) for dim in sampled[name].dims if dim != "scenario"]
        labels = [ours[dim] for dim in dims]
        if any(not set(ours[dim]) <= set(theirs[dim].values) for dim in dims):
            problems.append(f"{name}: labels of {', '.join(dims)} that are not there")
            continue
        there = sampled[name].transpose("scenario", *dims).sel(dict(zip(dims, labels, strict=True))).values
        # What an option leaves out keeps its label, and costs nothing.
        rest = float(abs(sampled[name]).sum() - abs(there).sum())
        if not rest <= ROUNDING * abs(there).sum():
            problems.append(f"{name}: {rest:.6g} under labels that are not here")
        found += comparisons(name, dims, labels, ours[name], there)
    limit = FALSE_ALARM / max(1, len(found))
    return problems + [
        f"{item.what}: {item.ours:.6g} here, {item.theirs:.6g} there; {item.probability:.1g}, z = {item.z:.2f}"
        for item in found
        # NaN is no agreement.
        if not item.probability >= limit or (item.total and not abs(item.z) <= TOTAL_ERRORS)
    ]


def comparisons(
    name: str, dims: list[str], labels: list[np.ndarray], x: np.ndarray, y: np.ndarray
) -> Iterator[Comparison]:
    """Every comparison of one variable, passed or not."""
    yield from means(name, labels, x, y)
    if len(dims) > 1:
        return
    columns = [x[:, None], y[:, None]] if not dims else [x, y]
    for label, here, there in zip(labels[0] if dims else [""], *(column.T for column in columns), strict=True):
        yield from percentiles(f"{name} {label}".strip(), here, there)
    if dims:
        yield from dependence(name, labels[0], x, y)


def means(name: str, labels: list[np.ndarray], x: np.ndarray, y: np.ndarray) -> Iterator[Comparison]:
    """Difference of means over its standard error, cell by cell."""
    error = np.sqrt(x.var(axis=0) / len(x) + y.var(axis=0) / len(y))
    for place, key in zip(np.ndindex(x.shape[1:]), itertools.product(*labels), strict=True):
        here, there = x[(slice(None), *place)].mean(), y[(slice(None), *place)].mean()
        gap = abs(here - there)
        with np.errstate(divide="ignore"):
            # Certain amounts have no error: any difference beyond that of arithmetic is infinitely many of it.
            z = 0.0 if gap <= ROUNDING * max(abs(here), abs(there)) else float((here - there) / error[place])
        what = " ".join(["mean of", name, *map(str, key)])
        yield Comparison(what, here, there, 2.0 * stats.norm.sf(abs(z)), z, total=not key)


def percentiles(name: str, x: np.ndarray, y: np.ndarray) -> Iterator[Comparison]:
    pool = steady(np.concatenate([x, y]))
    for percent in (5, 50, 95):
        low = pool <= np.quantile(pool, percent / 100.0, method="inverted_cdf")
        probability = exact(low[: len(x)], low[len(x) :])
        yield Comparison(f"P{percent} of {name}", *(np.quantile(v, percent / 100.0) for v in (x, y)), probability)


def dependence(name: str, labels: np.ndarray, x: np.ndarray, y: np.ndarray) -> Iterator[Comparison]:
    """Whether two cells are dear together as often, and whether most cells are dear, or cheap, together as often."""
    pool = steady(np.concatenate([x, y]))
    high = pool > np.median(pool, axis=0)
    marks = {
        f"{labels[i]} and {labels[j]} above their medians": high[:, i] & high[:, j]
        for i, j in itertools.combinations(range(len(labels)), 2)
    }
    marks["three quarters on one side of their medians"] = abs(2 * high.sum(axis=1) - len(labels)) >= len(labels) / 2
    for mark, marked in marks.items():
        here, there = marked[: len(x)], marked[len(x) :]
        yield Comparison(f"share of {name} with {mark}", here.mean(), there.mean(), exact(here, there))


def steady(values: np.ndarray) -> np.ndarray:
    """Rounded so that values which differ by arithmetic alone are equal, as lumps of probability must be."""
    scale = np.max(np.abs(values), axis=0)
    return np.round(values / np.where(scale > 0.0, scale, 1.0), 9)


def exact(here: np.ndarray, there: np.ndarray) -> float:
    """Two-sided probability of so uneven a split of the marked scenarios between the two samples."""
    marked = int(here.sum() + there.sum())
    law = stats.hypergeom(len(here) + len(there), marked, len(here))
    return float(min(1.0, 2.0 * min(law.cdf(here.sum()), law.sf(here.sum() - 1))))
