"""Which part of a reserve each area needs, and the contingency over a point estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.budgets import budget_for, point_estimates, without_rounding
from popsim.analysis.by_output import quantiles_of_outputs, read_values
from popsim.analysis.door import check_numbers, check_probability, dataset_of, replicates_of
from popsim.analysis.order import check_supported, replicate_means, spread_error, too_few_scenarios
from popsim.analysis.totals import breakdown_by, described, dimensions_of, marked, units_of, variable_of
from popsim.arguments import as_list, as_number, check_name
from popsim.arrays import Floats, Integers
from popsim.errors import ParameterError, Problem, RunError
from popsim.types import REFERENCES, Base, By, Reference

if TYPE_CHECKING:
    from popsim.engine.runs import Run

LEVELS = (0.5, 0.8, 0.9)
"""Confidences at which a contingency is stated."""
_LEAST = 10
"""Scenarios on either side of the quantile below which no local regression is tried."""


class _Lines(NamedTuple):
    """The straight lines of all parts over the total, read at its quantile."""

    quantile: float
    error: float
    """Of the quantile."""
    value: Floats
    """Of each part at the quantile."""
    means: Floats
    """Of each part over all scenarios."""
    slope: Floats
    whole: Floats
    """The total in every scenario."""
    below: Floats
    """What each scenario moves in the quantile."""
    chosen: Integers
    """Scenarios around the quantile."""
    moved: Floats
    """What each of these moves in the value of each part, (part, chosen)."""
    replicates: int
    """Above 1: scenario s belongs to the independent replicate s % replicates."""

    def error_of(self, influence: Floats) -> float:
        """Return the error of what so many influences of scenarios add up to."""
        return _error(influence, self.replicates)

    def influence(self, part: int) -> Floats:
        """Return what each scenario adds to the error of the value of a part."""
        influence: Floats = self.slope[part] * self.below
        influence[self.chosen] += self.moved[part]
        return influence


def reserve(
    dataset: Run | xr.Dataset,
    confidence: float = 0.8,
    by: By = "area",
    over: Reference = "expected",
    variable: Base = "cost",
) -> xr.Dataset:
    """Return how much of the reserve for a confidence each area (year, group) needs.

    The reserve is the quantile Q of the total at the confidence, less the expected cost or the point estimate. A part's
    contribution is what it costs on average when the total equals that quantile, E[part | total = Q], less its own
    base: the allocation of Euler (Tasche 1999, 2008, arXiv:0708.2542). The mean at Q is a straight line through the
    scenarios around the quantile, fitted to the total and read at Q. Since every scenario's parts sum to its total, the
    lines of the parts sum to the line of the total, which is the total itself: the contributions add up to the reserve
    by construction, within 1e-9 of the total.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate` with the breakdown.
    confidence
        Probability that expected cost and reserve together suffice, in (0, 1).
    by
        Dimension of the breakdown, "area", "year", "region" ..., or several, such as ("area", "year").
    over
        "expected": over the expected cost, exact where the dataset contains it, else the mean over the scenarios. Where
        it is exact as a whole but not by part, as by year, that of a part is the mean over the scenarios, moved by
        what the mean of the total is off, times the slope of the part over the total (a control variate). So the
        reserve is the same whatever it is broken down by.
        "point_estimate": over the total with every input at its most likely value, known as a whole and by area.
    variable
        The total that is broken down: "cost" or "financing_need".

    Returns
    -------
    xarray.Dataset
        By option, with dimensions of `by` where shown, in the unit of the variable: `amount` (the quantile), `base`,
        `reserve` = amount - base; `part_base` (by) and `contribution` (by), which may be negative for a part that is
        cheap when the total is expensive; `share` (by) of the reserve, NaN where there is none. Each but the bases with
        its Monte Carlo standard error. Attribute `window`: scenarios on either side of the quantile that the lines use.

    Raises
    ------
    ParameterError
        For a confidence outside (0, 1) or that the scenarios cannot support, or a base that is not known.
    RunError
        For a dataset without the breakdown, without point estimates where asked for, or with values that are NaN.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> r = ps.reserve(ds, confidence=0.80, by="area")
    >>> bool(abs(r["contribution"].sum("area") - r["reserve"]).max() <= 1e-9 * r["amount"].max())
    True
    """
    dataset = dataset_of(dataset)
    level = check_probability("confidence", confidence)
    check_name("over", over, REFERENCES)
    total = variable_of(dataset, variable)
    names = dimensions_of(by)
    parts = breakdown_by(dataset, variable, names)
    base, part_base = _bases(dataset, over, "_".join(names), variable)
    count = total.sizes["scenario"]
    replicates = replicates_of(dataset)
    amount, amount_error = quantiles_of_outputs(total, np.array([level]), replicates)
    check_supported(level, count, amount_error, replicates)
    window = _window(level, count)
    shape, whole_shape = parts.isel(scenario=0, drop=True), total.isel(scenario=0, drop=True)
    exact = None if part_base is None else part_base.transpose(*shape.dims).values.reshape(whole_shape.size, -1)
    results: list[dict[str, Floats | float]] = []
    for k, option in enumerate(np.ndindex(whole_shape.shape)):
        quantile, error = float(amount[option][0]), float(amount_error[option][0])
        whole = np.ascontiguousarray(read_values(total.variable[option]))
        lines = _lines(whole, parts.variable[option], quantile, error, level, window, replicates)
        of_whole = None if base is None else float(base.values.reshape(-1)[k])
        results.append(_less_base(lines, parts.variable[option], of_whole, None if exact is None else exact[k]))
    units = units_of(total)
    label = "expected cost" if over == "expected" else "point estimate"
    titles = {
        "base": (whole_shape, units, label.capitalize()),
        "reserve": (whole_shape, units, f"Reserve over the {label}"),
        "reserve_error": (whole_shape, units, "Monte Carlo error of the reserve"),
        "part_base": (shape, units, f"{label.capitalize()} of the part"),
        "contribution": (shape, units, "Part of the reserve that the part calls for"),
        "contribution_error": (shape, units, "Monte Carlo error of the contribution"),
        "share": (shape, "1", "Share of the reserve that the part calls for"),
        "share_error": (shape, "1", "Monte Carlo error of the share"),
    }
    title = f"Amount that suffices with {level:.12g} confidence"
    result = {
        "amount": described(whole_shape.copy(data=amount[..., 0]), units, title),
        "amount_error": described(whole_shape.copy(data=amount_error[..., 0]), units, f"{title}, Monte Carlo error"),
    }
    for name, (like, unit, meaning) in titles.items():
        data = np.array([each[name] for each in results]).reshape(like.shape)
        result[name] = described(like.copy(data=data), unit, meaning)
    attributes = {"confidence": level, "variable": variable, "by": ",".join(names), "over": over, "window": window}
    return marked(xr.Dataset(result, attrs={**dataset.attrs, **attributes}))


def _less_base(
    lines: _Lines, parts: xr.Variable, base: float | None, exact: Floats | None
) -> dict[str, Floats | float]:
    """Return contributions less bases; those that are not known exactly are means of scenarios, which have errors too.

    Parameters
    ----------
    lines, parts
        The lines, and the parts that they are of.
    base, exact
        Of the total and of each part; None where it is not known.
    """
    number, quantile = len(lines.means), lines.quantile
    mean = float(lines.whole.mean())
    # So much is a part off for each unit that the mean of the total is off, if what the total should be is known.
    slope = np.zeros(number)
    if exact is None and base is not None and np.ptp(lines.whole) > 0.0:
        away = lines.whole - mean
        square = float(away @ away)
        slope = np.array([float((_row(parts, part) - lines.means[part]) @ away) / square for part in range(number)])
    part_base = lines.means + slope * ((mean if base is None else base) - mean) if exact is None else exact
    reserved = quantile - (mean if base is None else base)
    contribution, unknown = lines.value - part_base, np.full(number, np.nan)
    share = contribution / reserved if reserved != 0.0 else unknown
    errors, moved_errors = np.empty(number), unknown.copy()

    def influence_of(part: int) -> Floats:
        influence = lines.influence(part)
        if exact is None:
            influence -= _row(parts, part) - lines.means[part]
            influence += slope[part] * (lines.whole - mean)
        return influence

    whole = np.zeros(len(lines.below))
    for part in range(number):
        influence = influence_of(part)
        errors[part] = lines.error_of(influence)
        whole += influence
    if reserved != 0.0:
        for part in range(number):
            influence = influence_of(part)
            influence -= share[part] * whole
            influence /= reserved
            moved_errors[part] = lines.error_of(influence)
    return {
        "base": mean if base is None else base,
        "reserve": reserved,
        "reserve_error": lines.error_of(whole) if base is None else lines.error,
        "part_base": part_base,
        "contribution": contribution,
        "contribution_error": errors,
        "share": share,
        "share_error": moved_errors,
    }


def _row(parts: xr.Variable, part: int) -> Floats:
    """Return the scenarios of a part of parts (..., scenario), by its number."""
    return read_values(parts[np.unravel_index(part, parts.shape[:-1])])


def _bases(dataset: xr.Dataset, over: str, by: str, variable: str) -> tuple[xr.DataArray | None, xr.DataArray | None]:
    """Return exact bases in total and by part; None where only the scenarios are known."""
    if over == "expected":
        names = (f"expected_{variable}", f"expected_{variable}_by_{by}")
        known = [name if name in dataset else None for name in names]
        # Parts whose sum is not known are compared with the means of the same scenarios as their total.
        if known[0] is None:
            return None, None
        check_numbers(dataset, [name for name in known if name])
        return dataset[names[0]], None if known[1] is None else dataset[names[1]]
    names = (schema.point_estimate_name(variable), schema.point_estimate_name(f"{variable}_by_{by}"))
    if missing := [name for name in names if name not in dataset]:
        allowed = "a dataset of ps.simulate; point estimates are of cost and financing_need, by area"
        raise RunError(Problem("dataset", (), f"no variable {missing[0]!r}", allowed))
    check_numbers(dataset, names)
    return dataset[names[0]], dataset[names[1]]


def _window(level: float, count: int) -> int:
    """Return the scenarios on either side of the quantile: half of n^0.8, a falling share of n, as far as there are.

    Raises
    ------
    ParameterError
        When that is too few.
    """
    rank = (count - 1) * level
    room = math.floor(min(rank, count - 1 - rank))
    window = min(math.ceil(0.5 * math.pow(count, 0.8)), room)
    if window < _LEAST:
        needed = math.ceil((_LEAST + 1) / min(level, 1.0 - level)) + 1
        raise too_few_scenarios(level, count, f"a confidence with {_LEAST} scenarios on either side", needed)
    return window


def _lines(
    total: Floats, parts: xr.Variable, quantile: float, error: float, level: float, window: int, replicates: int
) -> _Lines:
    """Fit lines to the parts (..., scenario) over the totals around the quantile, and read them at the quantile."""
    count = len(total)
    middle = round((count - 1) * level)
    first, last = max(middle - window, 0), min(middle + window, count - 1)
    chosen = np.argpartition(total, (first, last))[first : last + 1].copy()
    at, number = total[chosen], math.prod(parts.shape[:-1])
    # One scenario after the other in memory, all parts of each together.
    costs, of_all = np.empty((len(chosen), number)).T, np.empty(number)
    for part in range(number):
        row = _row(parts, part)
        costs[part], of_all[part] = row[chosen], np.ascontiguousarray(row).mean()
    centre, means = at.mean(), costs.mean(axis=1)
    apart = at - centre
    square = float(apart @ apart)
    # Totals that are all alike have no slope, and equal the quantile anyway.
    slope = (costs - means[:, np.newaxis]) @ apart / square if square > 0.0 else np.zeros(number)
    value = means + slope * (quantile - centre)
    rest = costs - means[:, np.newaxis] - slope[:, np.newaxis] * apart
    weight = 1.0 / len(chosen) + (apart * (quantile - centre) / square if square > 0.0 else 0.0)
    # What one scenario moves: the quantile itself (through the slope), and the line where it is part of it.
    below = np.asarray(level - (total <= quantile), dtype=np.float64)
    alone = _error(below, replicates) if replicates > 1 else math.sqrt(level * (1.0 - level) / count)
    # Replicates may agree to the last scenario; the error of the quantile is that of all the same.
    below *= error / alone if alone > 0.0 else 0.0
    return _Lines(quantile, error, value, of_all, slope, total, below, chosen, count * weight * rest, replicates)


def _error(influence: Floats, replicates: int) -> float:
    if replicates > 1:
        means = replicate_means(len(influence), lambda some: influence[some], replicates)
        return float(spread_error(means))
    return float(np.sqrt(np.square(influence).sum()) / len(influence))


def contingency(
    dataset: Run | xr.Dataset, confidences: float | Sequence[float] = LEVELS, variable: str = "cost"
) -> xr.Dataset:
    """Return the confidence of the point estimate, and what is missing from it to higher confidences.

    The steps of a risk and uncertainty analysis that GAO-20-195G (Cost Estimating and Assessment Guide, step 9) asks
    for after the simulation: the cumulative probability of the point estimate, the contingency for the confidence that
    is wanted, and its allocation to the elements of the estimate, here by `reserve`.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate` with point estimates.
    confidences
        Probabilities in (0, 1), or one.
    variable
        The total: one of `popsim.schema.TOTALS`, those of all years included.

    Returns
    -------
    xarray.Dataset
        What `point_estimates` returns; and (option, confidence), in the unit of the total: `amount`, `contingency` =
        amount - point estimate, `contingency_share` of the point estimate (NaN where that is 0). With a breakdown of
        the total by area also `contingency_by_area` (option, confidence, area), whose sum over areas is the
        contingency. Each with its Monte Carlo standard error. Without anything uncertain contingencies are exactly 0.

    Raises
    ------
    ParameterError
        For no confidence, one outside (0, 1), one that the scenarios cannot support, or a variable that is no total.
    RunError
        For a dataset without the total or its point estimate.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=2_000, breakdowns=["area"])
    >>> c = ps.contingency(ds)
    >>> c["contingency"].dims, c["contingency_by_area"].dims
    (('option', 'confidence'), ('option', 'confidence', 'area'))
    """
    dataset = dataset_of(dataset)
    asked = as_list(confidences) if as_number(confidences) is None else [confidences]
    if not asked:
        raise ParameterError(
            Problem("", ("confidences",), repr(confidences), "one or more confidences, such as [0.5, 0.8]")
        )
    levels = [check_probability("confidence", level) for level in asked]
    result = point_estimates(dataset, variable)
    estimate = result["point_estimate"]
    units = units_of(estimate)
    budgets = [budget_for(dataset, level, variable) for level in levels]
    index = xr.DataArray(levels, {"confidence": levels}, ["confidence"])
    amount = xr.concat([each["amount"] for each in budgets], index).transpose(..., "confidence")
    error = xr.concat([each["amount_error"] for each in budgets], index).transpose(..., "confidence")
    whole = estimate.where(estimate > 0.0)
    missing = without_rounding(amount - estimate, estimate).transpose(..., "confidence")
    share, share_error = ((each / whole).transpose(..., "confidence") for each in (missing, error))
    for name, values, unit, title in (
        ("amount", amount, units, "Amount that suffices with the confidence"),
        ("amount_error", error, units, "Monte Carlo error of the amount"),
        ("contingency", missing, units, "Contingency over the point estimate"),
        ("contingency_error", error.copy(), units, "Monte Carlo error of the contingency"),
        ("contingency_share", share, "1", "Contingency as a share of the point estimate"),
        ("contingency_share_error", share_error, "1", "Monte Carlo error of the share"),
    ):
        result[name] = described(values, unit, title)
    if f"{variable}_by_area" in dataset:
        parts = [reserve(dataset, level, "area", "point_estimate", cast("Base", variable)) for level in levels]
        for suffix, title in (("", "Contingency that the area calls for"), ("_error", "Monte Carlo error of it")):
            by_area = xr.concat([each[f"contribution{suffix}"] for each in parts], index)
            ordered = without_rounding(by_area, estimate).transpose(..., "confidence", "area")
            result[f"contingency_by_area{suffix}"] = described(ordered, units, title)
    return marked(result)
