"""How the parts of a total vary with it: shares of its variance, rank correlations, and pairs for a picture."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from popsim.analysis.blocks import BLOCK, blocks_of, mean_of, std_of, sum_of
from popsim.analysis.by_output import over_outputs, read_values
from popsim.analysis.door import dataset_of, replicates_of
from popsim.analysis.order import Moments, mean_factor, quantile_with_error, replicate_means, spread_error
from popsim.analysis.tails import UNSEEN
from popsim.analysis.totals import breakdown_by, described, dimensions_of, marked, units_of, variable_of
from popsim.analysis.widening import LITTLE_SEEN, TOO_SMALL
from popsim.arguments import as_whole
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, RunError
from popsim.types import Base, By

if TYPE_CHECKING:
    from popsim.engine.runs import Run

Ranks = NDArray[np.int32]
"""Twice the ranks of scenarios, less their mean."""

_DIGITS = 12
"""Decimals of a share beyond which there is nothing but rounding."""


def variance_shares(dataset: Run | xr.Dataset, by: By = "basis", variable: Base = "cost") -> xr.Dataset:
    """Return the share of each part in the variance of a total: Cov(part, total) / Var(total).

    The shares sum to 1 (the covariance decomposition; Euler's theorem for the variance). The share of a part consists
    of its own variance and half of what it has in common with each other part; it is negative where a part moves
    against the total. No scenarios beside those of the run are needed.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate` with the breakdown, such as `cost_by_basis`.
    by
        Dimension of the breakdown, "basis", "component", "area", "year", "region" ..., or several, such as
        ("area", "year").
    variable
        The total: "cost" or "financing_need".

    Returns
    -------
    xarray.Dataset
        `variance_share` and `rank_correlation`, Spearman's between part and total, each with its Monte Carlo standard
        error ``..._error`` (option, part), without unit; NaN where the total, or for the correlation the part, never
        varies. An error is infinite where the scenarios, or those of a replicate, are too few to know it,
        and that of a share, with the attribute `infinite_because`, where the sample cannot have seen the tail that
        makes the variance.

    Raises
    ------
    RunError
        When the dataset lacks the total or its breakdown.

    References
    ----------
    The error is that of the influence of each scenario, (x - s y) y / Var(y) with x and y the part and the total less
    their means (infinitesimal jackknife: Efron 1982, doi:10.1137/1.9781611970319, ch. 6); of replicates, that of their
    mean influences; widened for skewness (`popsim.analysis.widening`). That of the rank correlation: Bonett and Wright
    2000, doi:10.1007/BF02294183.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=1_000, breakdowns=["basis"])
    >>> shares = ps.variance_shares(ds)["variance_share"].sel(option="full")
    >>> shares["basis"].values.tolist(), round(float(shares.sum()), 9)
    (['evidence', 'proxy', 'judgement'], 1.0)
    """
    dataset = dataset_of(dataset)
    total, parts = variable_of(dataset, variable), breakdown_by(dataset, variable, by)
    replicates = replicates_of(dataset)
    results, unseen, is_little_seen = [], np.zeros(parts.shape[:-1], dtype=np.bool_), False
    for option in np.ndindex(total.shape[:-1]):
        whole = np.ascontiguousarray(read_values(total.variable[option]))
        ranks = ranks_of(whole, replicates)
        found = over_outputs(parts.variable[option], partial(_shares_of, whole=whole, ranks=ranks))
        # Scenarios that have not seen the tail that makes a variance do not know whose variance it is.
        if len(whole) > 1:
            moments = Moments(whole)
            is_little_seen |= bool(moments.is_little_seen) and replicates == 1
            if np.isinf(moments.std_error):
                unseen[option] = found["variance_share_error"] > 0.0
        results.append(found)
    plain = parts.isel(scenario=0, drop=True)
    data = {name: np.array([each[name] for each in results]).reshape(plain.shape) for name in results[0]}
    data["variance_share_error"][unseen] = np.inf
    titles = {
        "variance_share": f"Share of the variance of {variable}",
        "rank_correlation": f"Rank correlation with {variable}",
    }
    result = {
        f"{name}{suffix}": described(plain.copy(data=data[f"{name}{suffix}"]), "1", f"{title}{meaning}")
        for name, title in titles.items()
        for suffix, meaning in (("", ""), ("_error", ", Monte Carlo error"))
    }
    if unseen.any():
        result["variance_share_error"].attrs["infinite_because"] = UNSEEN
    if is_little_seen:
        result["variance_share_error"].attrs[TOO_SMALL] = LITTLE_SEEN
    return marked(xr.Dataset(result, attrs={**dataset.attrs, "variable": variable, "by": ",".join(dimensions_of(by))}))


def _shares_of(parts: Floats, whole: Floats, ranks: Sequence[Ranks]) -> dict[str, Floats]:
    """Return what is said of parts (..., scenario) beside a whole and its ranks."""
    # In the order of scenarios in memory, so that sums are rounded alike wherever the run comes from.
    parts, replicates = np.ascontiguousarray(parts), max(len(ranks) - 1, 1)
    share, error = covariance_shares(parts, whole, replicates)
    correlation, correlation_error = rank_correlations(ranks_of(parts, replicates), ranks, len(whole))
    # A part that makes all of the variance, or none, does so up to rounding.
    return {
        "variance_share": share.round(_DIGITS),
        "variance_share_error": np.where(error < 10.0**-_DIGITS, 0.0, error),
        "rank_correlation": correlation,
        "rank_correlation_error": correlation_error,
    }


def _spread(value: Floats, parts: Sequence[Floats]) -> Floats:
    """Return the error from the spread of replicates; infinite where one of them is too short to know the figure."""
    error = spread_error(np.stack(parts, axis=-1))
    return np.where(np.isnan(error) & ~np.isnan(value), np.inf, error)


def covariance_shares(parts: Floats, whole: Floats, replicates: int = 1) -> tuple[Floats, Floats]:
    """Return the shares of parts (..., scenario) in the variance of a whole (scenario), and their errors.

    An error is infinite where replicates have fewer than two scenarios each.

    Examples
    --------
    >>> part = np.array([[0.0, 1.0, 0.0, 1.0]])
    >>> covariance_shares(part, 2.0 * part[0])[0].tolist()
    [0.5]
    """
    count, part_mean, mean = len(whole), parts.mean(axis=-1, keepdims=True), whole.mean()
    scale = float(mean_of(count, lambda some: np.square(whole[some] - mean)))
    # Of a total that never varies there is only rounding; one whose squares are nothing to a float is taken for such.
    if np.ptp(whole) == 0.0 or scale < np.finfo(np.float64).tiny:
        scale = math.nan
    share = mean_of(count, lambda some: (parts[..., some] - part_mean) * (whole[some] - mean)) / scale
    unit = np.sqrt(scale)

    def influence(some: slice) -> Floats:
        # In standard deviations of the whole, so that large amounts do not overflow.
        x, y = (parts[..., some] - part_mean) / unit, (whole[some] - mean) / unit
        x -= share[..., np.newaxis] * y
        x *= y
        return np.asarray(x)

    if replicates == 1:
        error = std_of(count, influence) / np.sqrt(count)
    else:
        error = spread_error(replicate_means(count, influence, replicates))
        if count < 2 * replicates:
            error = np.where(np.isnan(share), np.nan, np.inf)
    # The share is a quotient, and the variance that divides is skewed as well.
    wider = mean_factor(count, influence) * mean_factor(count, lambda some: np.square((whole[some] - mean) / unit))
    return share, error * wider


def ranks_of(values: Floats, replicates: int = 1) -> list[Ranks]:
    """Return twice the ranks of values (..., scenario) less their mean: of all scenarios, then within each replicate.

    Equal values share the mean of their ranks, which may be a half: twice as much is whole, and takes half the memory.

    Raises
    ------
    RunError
        When a value is NaN.

    Examples
    --------
    >>> [ranks.tolist() for ranks in ranks_of(np.array([3.0, 1.0, 2.0, 2.0]))]
    [[3, -3, 0, 0]]
    """
    slices = [slice(None), *(slice(k, None, replicates) for k in range(replicates if replicates > 1 else 0))]
    return [_ranks_of(values[..., each]) for each in slices]


def _ranks_of(values: Floats) -> Ranks:
    ranks = np.empty(values.shape, np.int32)
    for place in np.ndindex(values.shape[:-1]):
        _write_ranks(ranks[place], np.ascontiguousarray(values[place]))
    return ranks


def _write_ranks(ranks: Ranks, row: Floats) -> None:
    count = len(row)
    order = np.argsort(row)
    if count and np.isnan(row[order[-1]]):
        raise RunError(Problem("dataset", (), "NaN among the scenarios", "finite values"))
    start = 0
    while start < count:
        stop = min(start + BLOCK, count)
        if stop < count:
            # Equal values belong to one block: what goes on in the next is left to that.
            following = row[order[stop]]
            stop = int(np.searchsorted(row, following, side="left", sorter=order))
            if stop <= start:
                stop = int(np.searchsorted(row, following, side="right", sorter=order))
                ranks[order[start:stop]] = start + stop - count
                start = stop
                continue
        values = row[order[start:stop]]
        is_first = np.concatenate([[True], values[1:] != values[:-1]])
        firsts = np.flatnonzero(is_first)
        ends = np.append(firsts[1:], len(values))
        # Ranks from first + 1 to end have the mean (first + 1 + end) / 2, and all ranks (count + 1) / 2.
        ranks[order[start:stop]] = (2 * start - count + firsts + ends)[np.cumsum(is_first) - 1]
        start = stop


def rank_correlations(parts: Sequence[Ranks], whole: Sequence[Ranks], count: int) -> tuple[Floats, Floats]:
    """Return Spearman's correlations between parts (..., scenario) and a whole (scenario), and their errors.

    Parameters
    ----------
    parts, whole
        What `ranks_of` gives of them.
    count
        Number of scenarios.

    Examples
    --------
    >>> part = np.array([[0.0, 1.0, 2.0, 3.0]])
    >>> found = rank_correlations(ranks_of(part), ranks_of(part[0] ** 2), 4)
    >>> [values.round(9).tolist() for values in found]
    [[1.0], [0.0]]
    """
    correlations, *replicates = [_correlation_of(x, y) for x, y in zip(parts, whole, strict=True)]
    if replicates:
        return correlations, _spread(correlations, replicates)
    # Too few scenarios for an error; and a correlation of one can come out a last bit above it.
    scale = np.maximum(1.0 - correlations**2, 0.0)
    return correlations, np.where(count > 3, np.sqrt((1.0 + 0.5 * correlations**2) / max(count - 3, 1)) * scale, np.inf)


def _correlation_of(x: Ranks, y: Ranks) -> Floats:
    def products(one: Ranks, other: Ranks) -> Floats:
        return sum_of(one.shape[-1], lambda some: one[..., some].astype(np.float64) * other[..., some])

    scale = np.sqrt(products(x, x) * products(y, y))
    return np.asarray(products(x, y) / np.where(scale > 0.0, scale, np.nan))


_MOST = 1_000
"""Parts, and cells of each, that are shown at most."""

SHOWN = 0.99
"""Share of the scenarios between the ends of each member that a picture shows."""


def pairs(
    dataset: Run | xr.Dataset, by: By = "area", variable: Base = "cost", most: int = 3, cells: int = 24
) -> xr.Dataset:
    """Return how the largest parts of a total, and the total, depend on each other, two at a time.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate` with one option and the breakdown, such as `cost_by_area`.
    by
        Dimension of the breakdown, or several, such as ("area", "year").
    variable
        The total: "cost" or "financing_need".
    most
        How many parts: those of the largest mean, of all that vary.
    cells
        Into how many cells the range of each member is cut, from its P0.5 to its P99.5.

    Returns
    -------
    xarray.Dataset
        On the dimensions `member` and `other` (labels of the parts, then "total"): `rank_correlation`, Spearman's, and
        its standard error; `share` (member, cell), the share of the scenarios in each cell; `density` (member, other,
        cell, other_cell), the same for two members together, smoothed by the weights 1, 2, 1 in both directions; `end`
        (member, side), the ends of the range, in the unit of the total, and their Monte Carlo errors. An error is
        infinite where the scenarios are too few to know it.

    Raises
    ------
    ParameterError
        For a dataset with several options, or numbers that are not whole and positive.
    RunError
        When the dataset lacks the total or its breakdown.

    References
    ----------
    Error of Spearman's correlation: Bonett and Wright 2000, doi:10.1007/BF02294183; of replicates, their spread.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=1_000, breakdowns=["area"]).isel(option=[0])
    >>> result = pairs(ds)
    >>> result["member"].values.tolist()[-1], result["rank_correlation"].shape
    ('total', (4, 4))
    """
    dataset = dataset_of(dataset)
    total, parts = variable_of(dataset, variable), breakdown_by(dataset, variable, by)
    problems = []
    if dataset.sizes.get("option", 1) != 1:
        several = f"{dataset.sizes['option']} options"
        problems.append(Problem("dataset", ("option",), several, "one option", "dataset.isel(option=[0])"))
    for name, number in (("most", most), ("cells", cells)):
        if not 1 <= (as_whole(number) or 0) <= _MOST:
            problems.append(Problem(name, (), repr(number), f"a whole number from 1 to {_MOST:,}"))
    if problems:
        raise ParameterError(problems)
    most, cells = int(most), int(cells)
    chosen = _largest(parts, most)
    labels = list(itertools.product(*(parts[name].values.tolist() for name in dimensions_of(by))))
    members = [*(" ".join(map(str, labels[k])) for k in chosen), "total"]
    rows = [
        *(parts.variable[np.unravel_index(k, parts.shape[:-1])] for k in chosen),
        total.variable[(0,) * (total.ndim - 1)],
    ]
    found = [_member_of(read_values(row), cells, replicates_of(dataset)) for row in rows]
    ranked = [[rank_correlations(one.ranks, other.ranks, total.sizes["scenario"]) for other in found] for one in found]
    correlation, error = np.moveaxis(np.array(ranked), -1, 0)
    units = units_of(total)
    matrix, cell = ("member", "other"), np.arange(cells)
    result = xr.Dataset(
        {
            "rank_correlation": (matrix, correlation),
            "rank_correlation_error": (matrix, error),
            "share": (("member", "cell"), np.array([_shares_in(each.cell, cells) for each in found])),
            "density": ((*matrix, "cell", "other_cell"), _densities([each.cell for each in found], cells)),
            "end": (("member", "side"), np.array([each.ends for each in found])),
            "end_error": (("member", "side"), np.array([each.end_errors for each in found])),
        },
        {"member": members, "other": members, "cell": cell, "other_cell": cell, "side": ["low", "high"]},
        attrs={**dataset.attrs, "variable": variable, "by": ",".join(dimensions_of(by))},
    )
    meanings = {
        "rank_correlation": "Spearman's rank correlation",
        "rank_correlation_error": "Spearman's rank correlation, Monte Carlo error",
        "share": "Share of the scenarios in each cell",
        "density": "Share of the scenarios in each cell of two members, smoothed",
        "end": "P0.5 and P99.5",
        "end_error": "P0.5 and P99.5, Monte Carlo error",
    }
    for name, meaning in meanings.items():
        described(result[name], units if name.startswith("end") else "1", meaning)
    return marked(result)


def _largest(parts: xr.DataArray, most: int) -> list[int]:
    """Return the numbers of the parts with the largest means, of those that vary."""

    def about(values: Floats) -> dict[str, Floats]:
        return {"mean": np.ascontiguousarray(values).mean(axis=-1), "range": np.ptp(values, axis=-1)}

    found = {name: values.reshape(-1).tolist() for name, values in over_outputs(parts, about).items()}
    varying = [k for k, each in enumerate(found["range"]) if each > 0.0]
    return sorted(sorted(varying, key=lambda k: -found["mean"][k])[:most])


class _Member(NamedTuple):
    """A part or the total, as it is compared with others."""

    ranks: list[Ranks]
    """As `ranks_of` returns them."""
    cell: NDArray[np.int16]
    """The cell of each scenario; the number of cells where it lies outside all of them."""
    ends: Floats
    end_errors: Floats


def _member_of(values: Floats, cells: int, replicates: int) -> _Member:
    values = np.ascontiguousarray(values)
    tail = (1.0 - SHOWN) / 2.0
    ends, errors = quantile_with_error(values, np.array([tail, 1.0 - tail]), replicates)
    low, high = ends.tolist()
    edges = np.linspace(low, high if high > low else low + 1.0, cells + 1)
    cell = np.empty(len(values), np.int16)
    for some in blocks_of(len(values)):
        here = np.searchsorted(edges, values[some], side="right") - 1
        # The last cell includes its upper end.
        here[values[some] == edges[-1]] = cells - 1
        here[(here < 0) | (here > cells)] = cells
        cell[some] = here
    return _Member(ranks_of(values, replicates), cell, ends, errors)


def _shares_in(cell: NDArray[np.int16], cells: int) -> Floats:
    counts = np.zeros(cells + 1, dtype=np.int64)
    for some in blocks_of(len(cell)):
        counts += np.bincount(cell[some], minlength=cells + 1)
    return np.asarray(counts[:cells] / len(cell))


def _densities(members: Sequence[NDArray[np.int16]], cells: int) -> Floats:
    densities = np.zeros((len(members), len(members), cells, cells))
    for one, two in itertools.combinations(range(len(members)), 2):
        counts = np.zeros((cells + 1) ** 2, dtype=np.int64)
        for some in blocks_of(len(members[one])):
            x, y = (members[each][some].astype(np.int64) for each in (one, two))
            counts += np.bincount(x * (cells + 1) + y, minlength=len(counts))
        shares = counts.reshape(cells + 1, cells + 1)[:cells, :cells] / len(members[one])
        densities[one, two], densities[two, one] = _smooth(shares), _smooth(shares.T)
    return densities


def _smooth(shares: Floats) -> Floats:
    """Return the weighted means of neighbours, by 1, 2, 1 in both directions; the sum stays as it is."""
    for axis in (0, 1):
        # What the weights carry over an edge is reflected, so that the sum of the shares stays.
        wide = np.pad(shares, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], mode="edge")
        middle, length = np.moveaxis(wide, axis, 0), shares.shape[axis]
        mixed = 0.25 * middle[:length] + 0.5 * middle[1:-1] + 0.25 * middle[2:]
        shares = np.moveaxis(mixed, 0, axis)
    return shares
