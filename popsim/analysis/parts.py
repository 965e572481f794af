"""How the parts of a total vary with it: shares of its variance, rank correlations, and pairs for a picture."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from popsim.analysis.door import dataset_of, replicates_of
from popsim.analysis.order import Moments, quantile_with_error, spread_error
from popsim.analysis.tails import UNSEEN
from popsim.analysis.totals import breakdown_by, described, dimensions_of, units_of, variable_of
from popsim.arguments import as_whole
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.types import Base, By

if TYPE_CHECKING:
    from popsim.engine.runs import Run

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
    their means (infinitesimal jackknife: Efron 1982, doi:10.1137/1.9781611970319, ch. 6); of replicates, that of the
    mean of their shares. That of the rank correlation: Bonett and Wright 2000, doi:10.1007/BF02294183.

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
    shape = (*parts.shape[: -1 - len(dimensions_of(by))], -1, parts.sizes["scenario"])
    # In the order of scenarios in memory, so that sums are rounded alike wherever the run comes from.
    whole = np.expand_dims(np.ascontiguousarray(total.values), -2)
    each = np.ascontiguousarray(parts.values.reshape(shape))
    share, error = covariance_shares(each, whole)
    if replicates > 1:
        shares = [covariance_shares(each[..., k::replicates], whole[..., k::replicates])[0] for k in range(replicates)]
        error = _spread(share, shares)
    # A part that makes all of the variance, or none, does so up to rounding.
    share, error = share.round(_DIGITS), np.where(error < 10.0**-_DIGITS, 0.0, error)
    # Scenarios that have not seen the tail that makes a variance do not know whose variance it is.
    unseen = np.isinf(Moments(whole).std_error) & (whole.shape[-1] > 1) & (error > 0.0)
    error = np.where(unseen, np.inf, error)
    ranks, ranks_error = rank_correlations(each, whole, replicates)
    plain = parts.isel(scenario=0, drop=True)
    title = f"Share of the variance of {variable}"
    result = {
        name: described(plain.copy(data=data.reshape(plain.shape)), "1", meaning)
        for name, data, meaning in (
            ("variance_share", share, title),
            ("variance_share_error", error, f"{title}, Monte Carlo error"),
            ("rank_correlation", ranks, f"Rank correlation with {variable}"),
            ("rank_correlation_error", ranks_error, f"Rank correlation with {variable}, Monte Carlo error"),
        )
    }
    if unseen.any():
        result["variance_share_error"].attrs["infinite_because"] = UNSEEN
    return xr.Dataset(result, attrs={**dataset.attrs, "variable": variable, "by": ",".join(dimensions_of(by))})


def _spread(value: Floats, parts: Sequence[Floats]) -> Floats:
    """Return the error from the spread of replicates; infinite where one of them is too short to know the figure."""
    error = spread_error(parts)
    return np.where(np.isnan(error) & ~np.isnan(value), np.inf, error)


def covariance_shares(parts: Floats, whole: Floats) -> tuple[Floats, Floats]:
    """Return the shares of parts (..., part, scenario) in the variance of a whole (..., 1, scenario), and their errors.

    Examples
    --------
    >>> part = np.array([[0.0, 1.0, 0.0, 1.0]])
    >>> covariance_shares(part, 2.0 * part)[0].tolist()
    [0.5]
    """
    x = parts - parts.mean(axis=-1, keepdims=True)
    y = whole - whole.mean(axis=-1, keepdims=True)
    variance = (y**2).mean(axis=-1)
    # Of a total that never varies there is only rounding.
    varies = np.ptp(whole, axis=-1) > 0.0
    scale = np.where(varies, variance, np.nan)
    share = (x * y).mean(axis=-1) / scale
    # In standard deviations of the whole, so that large amounts do not overflow.
    unit = np.sqrt(scale)[..., np.newaxis]
    influence = (x / unit - share[..., np.newaxis] * (y / unit)) * (y / unit)
    return share, influence.std(axis=-1) / np.sqrt(whole.shape[-1])


def rank_correlations(parts: Floats, whole: Floats, replicates: int = 1) -> tuple[Floats, Floats]:
    """Return Spearman's correlations of parts (..., part, scenario) with a whole (..., 1, scenario), and their errors.

    Examples
    --------
    >>> part = np.array([[0.0, 1.0, 2.0, 3.0]])
    >>> [values.round(9).tolist() for values in rank_correlations(part, part**2)]
    [[1.0], [0.0]]
    """
    correlations = _rank_correlations(parts, whole)
    if replicates > 1:
        each = [_rank_correlations(parts[..., k::replicates], whole[..., k::replicates]) for k in range(replicates)]
        return correlations, _spread(correlations, each)
    # Too few scenarios for an error; and a correlation of one can come out a last bit above it.
    count = whole.shape[-1]
    scale = np.maximum(1.0 - correlations**2, 0.0)
    return correlations, np.where(count > 3, np.sqrt((1.0 + 0.5 * correlations**2) / max(count - 3, 1)) * scale, np.inf)


def _rank_correlations(parts: Floats, whole: Floats) -> Floats:
    x, y = (_ranks_of(each) for each in (parts, whole))
    x, y = (each - each.mean(axis=-1, keepdims=True) for each in (x, y))
    scale = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    return np.asarray((x * y).sum(axis=-1) / np.where(scale > 0.0, scale, np.nan))


def _ranks_of(values: Floats) -> Floats:
    """Return the rank of each value along the last axis, from 1; equal values share the mean of theirs."""
    # By pandas, which xarray loads anyway; scipy.stats alone would take as long to import as all the rest of a page.
    rows = pd.DataFrame(values.reshape(-1, values.shape[-1]))
    return rows.rank(axis="columns").to_numpy(dtype=np.float64).reshape(values.shape)


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
    rows = parts.values.reshape(-1, parts.sizes["scenario"])
    varying = np.flatnonzero(np.ptp(rows, axis=-1) > 0.0)
    chosen = sorted(sorted(varying.tolist(), key=lambda k: -float(rows[k].mean()))[:most])
    labels = list(itertools.product(*(parts[name].values.tolist() for name in dimensions_of(by))))
    members = [*(" ".join(map(str, labels[k])) for k in chosen), "total"]
    values = np.concatenate([rows[chosen], total.values.reshape(1, -1)])
    tail = (1.0 - SHOWN) / 2.0
    replicates = replicates_of(dataset)
    ends, end_error = quantile_with_error(values, np.array([tail, 1.0 - tail]), replicates)
    ranked = [rank_correlations(values, each[np.newaxis], replicates) for each in values]
    correlation, error = (np.stack(each, axis=-1) for each in zip(*ranked, strict=True))
    units = units_of(total)
    matrix, cell = ("member", "other"), np.arange(cells)
    result = xr.Dataset(
        {
            "rank_correlation": (matrix, correlation),
            "rank_correlation_error": (matrix, error),
            "share": (("member", "cell"), np.array([_share(*each, cells) for each in zip(values, ends, strict=True)])),
            "density": ((*matrix, "cell", "other_cell"), _densities(values, ends, cells)),
            "end": (("member", "side"), ends),
            "end_error": (("member", "side"), end_error),
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
    return result


def _edges(ends: Floats, cells: int) -> Floats:
    low, high = ends
    return np.linspace(low, high if high > low else low + 1.0, cells + 1)


def _share(values: Floats, ends: Floats, cells: int) -> Floats:
    return np.histogram(values, _edges(ends, cells))[0] / len(values)


def _densities(values: Floats, ends: Floats, cells: int) -> Floats:
    edges = [_edges(each, cells) for each in ends]
    densities = np.zeros((len(values), len(values), cells, cells))
    for one, two in np.ndindex(len(values), len(values)):
        if one == two:
            continue
        counts = np.histogram2d(values[one], values[two], [edges[one], edges[two]])[0]
        smooth = counts / values.shape[-1]
        for axis in (0, 1):
            # What the weights carry over an edge is reflected, so that the sum of the shares stays.
            wide = np.pad(smooth, [(1, 1) if each == axis else (0, 0) for each in (0, 1)], mode="edge")
            middle, length = np.moveaxis(wide, axis, 0), smooth.shape[axis]
            mixed = 0.25 * middle[:length] + 0.5 * middle[1:-1] + 0.25 * middle[2:]
            smooth = np.moveaxis(mixed, 0, axis)
        densities[one, two] = smooth
    return densities
