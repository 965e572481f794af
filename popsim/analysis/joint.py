"""Amounts for parts that all suffice together with a stated confidence, at the least cost in total.

The search works on the scenarios themselves. It starts with a common quantile level for all parts. Then it swaps
between two parts: the limit of one is lowered until it loses some scenarios, the limit of the other is raised until it
has won as many back, wherever that saves most; first in large steps, then in smaller ones, until no swap between two
parts saves anything. The result is a local optimum. Every limit is a value that occurs in some scenario.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import xarray as xr

from popsim.analysis.budgets import budget_for
from popsim.analysis.by_output import quantiles_of_outputs, read_values
from popsim.analysis.door import check_probability, dataset_of, replicates_of
from popsim.analysis.order import binomial_error, replicate_means, scenarios_for, too_few_scenarios
from popsim.analysis.totals import breakdown_by, described, dimensions_of, marked, units_of
from popsim.analysis.widening import SEARCHED, TOO_LARGE, student_factor
from popsim.arrays import Floats, Integers, Mask
from popsim.display import as_size
from popsim.engine import memory
from popsim.errors import ParameterError, Problem
from popsim.types import Base, By

if TYPE_CHECKING:
    from popsim.engine.runs import Run

_PAIRINGS = (((0, 1), (2, 3)), ((0, 2), (1, 3)), ((0, 3), (1, 2)))
"""Ways to make two halves of four quarters: three comparisons that are independent of each other."""

_PARTS = {
    "amount": "Amount for the part, all sufficing together",
    "common_amount": "Amount for the part at a common quantile level, all sufficing together",
    "separate_amount": "Amount for the part that suffices with the confidence alone",
}

_TOTALS = {
    "total": "Sum of the amounts that suffice together",
    "common_total": "Sum of the amounts at a common quantile level that suffice together",
    "separate_total": "Sum of the amounts that each suffice alone",
    "pooled_amount": "One amount for all parts that suffices for their sum",
}

_SHARES = {
    "joint_confidence": "Share of the scenarios of the search in which all amounts suffice",
    "unseen_confidence": "Share of scenarios that the search did not see in which all amounts suffice",
    "common_level": "Quantile level of the amounts at a common level",
    "separate_total_confidence": "Probability that the sum of the separate amounts suffices for the sum",
    "separate_joint_confidence": "Probability that the separate amounts all suffice together",
}

_LARGEST, _RATIO = 0.5, 1.4
"""Swaps begin with so large a share of the scenarios; each step is so many times smaller than the one before."""

_COPIES = 6
"""How often the scenarios of an option are in memory at once: themselves, sorted, their order, halves of them."""

_SMALL = 1 << 28
"""Bytes that always fit."""

_CUBE_ROOT = 2.0 ** (1.0 / 2.0 - 1.0 / 3.0)
"""How much less than by sqrt(2) a half of the scenarios errs more than the whole, where errors fall as n^(-1/3)."""

_MORE_IN_A_HALF = 2.0 ** (2.0 / 3.0) - 1.0
"""By how much of it what falls as n^(-2/3) is more in a half than in the whole."""

_MOST_MOVES = 2_000
"""A bound on the number of swaps, far beyond what is needed."""


def joint_budget(
    dataset: Run | xr.Dataset, by: By = "area", confidence: float = 0.8, variable: Base = "cost"
) -> xr.Dataset:
    """Return amounts for each area (year, group), all of which suffice together with a stated confidence.

    A separate P80 for each area does not do that: the amounts suffice together less often than each alone, and their
    sum is not the P80 of the total. Among the amounts that do suffice together this searches for those of least sum. It
    works on the scenarios themselves, so that dependence between parts is theirs and every amount is a cost that occurs
    in some scenario. The search begins with a common quantile level for all parts, which it finds by bisection, and
    moves money between two parts at a time while that saves anything; the result is a local optimum.

    On scenarios that the search has not used, its amounts suffice less often. So it is repeated on one half of the
    scenarios and tested on the other half, for six halves made of four quarters.

    Parameters
    ----------
    dataset
        A run, or a dataset of `simulate` with the breakdown.
    by
        Dimension of the breakdown, "area", "year", "region" ..., or several: ("area", "year") gives an amount for each
        area in each year.
    confidence
        Probability that all amounts suffice, in (0, 1).
    variable
        The total that is broken down: "cost" or "financing_need".

    Returns
    -------
    xarray.Dataset
        By option; with the dimensions of `by` where shown; money in the unit of the variable:

        - `amount` (by), `total`: the split of least sum that was found; `joint_confidence` on the scenarios of the
          search, at least the one asked for; `unseen_confidence` on scenarios that the search did not see.
        - `common_amount` (by), `common_total`, `common_level`: the start of the search.
        - `separate_amount` (by), `separate_total`: each suffices with the confidence alone.
          `separate_total_confidence`: the probability that their sum suffices for the total;
          `separate_joint_confidence`: the probability that all suffice.
        - `pooled_amount`: one amount of the same confidence, from which money can go to where it is needed.

        Each but `common_level` with its Monte Carlo standard error. That of `amount`, `common_amount` and their sums
        comes from the differences of three pairs of halves, by Student's t for so few; that of `amount` and `total`
        also covers by how much the search is too cheap, in full: the two say that they are too large
        (`too_large_because`). Those of confidences hold for the amounts as given.

    Raises
    ------
    ParameterError
        For a confidence outside (0, 1), or one that half of the scenarios cannot support; for more scenarios than the
        search can hold in memory: it takes some 48 bytes for each part of each.
    RunError
        For a dataset without the breakdown, or with values that are NaN or infinite.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=1_000, breakdowns=["area"])
    >>> b = ps.joint_budget(ds, by="area", confidence=0.8)
    >>> full = b.sel(option="full")
    >>> b["amount"].dims, bool(full["separate_joint_confidence"] < 0.8 <= full["joint_confidence"])
    (('option', 'area'), True)
    """
    dataset = dataset_of(dataset)
    level = check_probability("confidence", confidence)
    names = dimensions_of(by)
    parts = breakdown_by(dataset, variable, by)
    count = parts.sizes["scenario"]
    if count < 2 * scenarios_for(level):
        allowed = "a confidence that half of the scenarios can support"
        raise too_few_scenarios(level, count, allowed, 2 * scenarios_for(level))
    _check_memory(math.prod(parts.sizes[name] for name in names), count)
    replicates = replicates_of(dataset)
    separate, separate_error = quantiles_of_outputs(parts, np.array([level]), replicates)
    shape = parts.shape[: -1 - len(names)]
    options = [
        _of_option(
            np.ascontiguousarray(read_values(parts.variable[option])).reshape(-1, count),
            level,
            separate[option].reshape(-1),
            separate_error[option].reshape(-1),
            replicates,
        )
        for option in np.ndindex(shape)
    ]
    pooled = budget_for(dataset, level, variable)
    plain = parts.isel(scenario=0, drop=True)
    units = units_of(parts)
    result: dict[str, xr.DataArray] = {}
    for name, title in (_PARTS | _TOTALS | _SHARES).items():
        for suffix, meaning in (("", title), ("_error", f"{title}, Monte Carlo error")):
            key = f"{name}{suffix}"
            if name == "pooled_amount":
                array = pooled[f"amount{suffix}"].copy()
            elif key in options[0]:
                data = np.array([each[key] for each in options])
                like = plain if name in _PARTS else plain.isel(dict.fromkeys(names, 0), drop=True)
                array = like.copy(data=data.reshape(like.shape))
            else:
                continue
            result[key] = described(array, "1" if name in _SHARES else units, meaning)
    attributes = {"confidence": level, "variable": variable, "by": ",".join(names)}
    for name in ("amount_error", "total_error"):
        result[name].attrs[TOO_LARGE] = SEARCHED
    return marked(xr.Dataset(result, attrs={**dataset.attrs, **attributes, "method": "exchange on order statistics"}))


def _check_memory(parts: int, count: int) -> None:
    """Refuse a search that does not fit the memory: it needs all parts of an option at once."""
    needed = _COPIES * 8 * parts * count
    if needed > _SMALL and needed > (free := memory.free_memory()):
        raise ParameterError(
            Problem(
                "",
                ("by",),
                f"a search over {parts:,} parts in {count:,} scenarios: {as_size(needed)}",
                f"one that fits the memory: {as_size(free)}",
                f"take the first scenarios alone, such as dataset.isel(scenario=slice({count * free // needed:_}))",
            )
        )


def _of_option(
    values: Floats, level: float, separate: Floats, separate_error: Floats, replicates: int
) -> dict[str, Floats | float]:
    """Return all results for one option; values (part, scenario)."""
    count = values.shape[1]
    # The ceiling of what 0.8 n should be, not of what 0.8 n is in binary.
    wanted = math.ceil(round(level * count, 6))
    best, common = cheapest_limits(values, wanted), common_limits(values, wanted)
    halves = _halves(values, level, best.limit)
    shares = {
        "joint_confidence": best.fitting / count,
        "separate_total_confidence": float((values.sum(axis=0) <= separate.sum()).mean()),
        "separate_joint_confidence": float(fits(values, separate).mean()),
        "unseen_confidence": halves.pop("unseen"),
    }
    return {
        "amount": best.limit,
        "total": float(best.limit.sum()),
        "common_amount": common.limit,
        "common_total": float(common.limit.sum()),
        "common_level": float((values <= common.limit[:, np.newaxis]).mean(axis=1).min()),
        "separate_amount": separate,
        "separate_amount_error": separate_error,
        "separate_total": float(separate.sum()),
        "separate_total_error": _error_of_sum(values, separate, separate_error, replicates),
        **halves,
        **shares,
        **{f"{name}_error": float(binomial_error(np.array(share), count)) for name, share in shares.items()},
    }


def _error_of_sum(values: Floats, limit: Floats, error: Floats, replicates: int) -> float:
    """Return the error of a sum of quantiles of the same scenarios, whose errors correlate."""
    below = (values <= limit[:, np.newaxis]).astype(np.float64)
    if replicates > 1:
        # Replicates correlate less, or more, than scenarios do.
        below = replicate_means(values.shape[1], lambda some: below[:, some], replicates)
        spread = below.std(axis=1)
        # Replicates may agree to the last scenario: then errors add up, whatever the parts have in common.
        if not spread.all():
            return float(error.sum())
    else:
        spread = below.std(axis=1)
    scaled = np.divide(error, spread, out=np.zeros_like(error), where=spread > 0.0)
    return float((scaled @ below).std())


def _halves(values: Floats, level: float, found: Floats) -> dict[str, Floats | float]:
    """Search on halves: errors come from their differences, the confidence from the half that was not searched.

    Amounts of least sum converge as n^(-1/3), like all that comes of a search among scenarios (Kim and Pollard 1990,
    Ann. Statist. 18), their sum as n^(-1/2). Both are too low, by a term in n^(-2/3) that the halves tell: they are too
    low by more than what was `found` in the whole. It is part of the error.
    """
    quarters = [np.ascontiguousarray(values[:, k::4]) for k in range(4)]
    unseen, searched, started, reached = [], [], [], []
    for pair in _PAIRINGS:
        halves = [np.concatenate([quarters[k] for k in half], axis=1) for half in pair]
        wanted = [math.ceil(round(level * half.shape[1], 6)) for half in halves]
        best = [cheapest_limits(half, number).limit for half, number in zip(halves, wanted, strict=True)]
        common = [common_limits(half, number).limit for half, number in zip(halves, wanted, strict=True)]
        unseen += [fits(halves[1 - k], best[k]).mean() for k in (0, 1)]
        searched.append(best[0] - best[1])
        started.append(common[0] - common[1])
        reached += best
    too_low = (found - np.mean(reached, axis=0)) / _MORE_IN_A_HALF
    result: dict[str, Floats | float] = {"unseen": float(np.mean(unseen))}
    for name, sums, differences, bias, slower in (
        ("amount", "total", searched, too_low, _CUBE_ROOT),
        ("common_amount", "common_total", started, np.zeros_like(too_low), 1.0),
    ):
        table = np.array(differences)
        # A half errs by sqrt(2) of what the whole does; a difference of two halves by twice as much. Their expectation
        # is zero, so that each of them is a degree of freedom.
        wider = 0.5 * student_factor(len(differences) + 1)
        result[f"{name}_error"] = np.hypot(np.sqrt((table**2).mean(axis=0)) * wider * slower, bias)
        result[f"{sums}_error"] = float(np.hypot(np.sqrt((table.sum(axis=1) ** 2).mean()) * wider, bias.sum()))
    return result


class Limits(NamedTuple):
    """One limit for each part, and the number of scenarios that fit: no part exceeds its limit."""

    limit: Floats
    fitting: int


def fits(values: Floats, limit: Floats) -> Floats:
    """Return for each scenario of (part, scenario) whether it fits: no part exceeds its limit.

    Examples
    --------
    >>> fits(np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([1.0, 3.0])).tolist()
    [True, False]
    """
    return np.asarray((values <= limit[:, np.newaxis]).all(axis=0))


def common_limits(values: Floats, wanted: int) -> Limits:
    """Return limits at the lowest common rank for all parts at which at least `wanted` scenarios fit.

    Parameters
    ----------
    values
        (part, scenario)
    wanted
        Number of scenarios, at most all.

    Examples
    --------
    >>> common_limits(np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]), 2).limit.tolist()
    [3.0, 3.0]
    """
    ordered = np.sort(values, axis=1)
    low, high = wanted - 1, values.shape[1] - 1
    while low < high:
        middle = (low + high) // 2
        if int(fits(values, ordered[:, middle]).sum()) >= wanted:
            high = middle
        else:
            low = middle + 1
    limit = ordered[:, low]
    return Limits(limit, int(fits(values, limit).sum()))


def cheapest_limits(values: Floats, wanted: int) -> Limits:
    """Return limits of a lower sum: those at a common rank, improved as far as swaps between two parts can.

    Parameters
    ----------
    values
        (part, scenario)
    wanted
        Number of scenarios that fit, at most all.

    Examples
    --------
    >>> values = np.array([[1.0, 2.0, 3.0, 9.0], [5.0, 6.0, 4.0, 1.0]])
    >>> limits = cheapest_limits(values, 3)
    >>> limits.limit.tolist(), limits.fitting
    ([3.0, 6.0], 3)
    """
    limit = common_limits(values, wanted).limit.copy()
    order = np.argsort(-values, axis=1, kind="stable")
    ranked = _Ranked(order, np.take_along_axis(values, order, axis=1))
    steps = _steps(values.shape[1])
    moves, before = 0, -1
    while moves > before:
        before = moves
        for step in steps:
            while moves < _MOST_MOVES and _swap(values, ranked, limit, wanted, step):
                moves += 1
    return Limits(limit, int(fits(values, limit).sum()))


def _steps(count: int) -> list[int]:
    """Return the numbers of scenarios to swap, from the largest to one."""
    steps, size = [1], _LARGEST * count
    while size >= 2.0:
        steps.append(int(size))
        size /= _RATIO
    return sorted(set(steps), reverse=True)


def _swap(values: Floats, ranked: _Ranked, limit: Floats, wanted: int, step: int) -> bool:
    """Make the swap of about `step` scenarios that saves most; False where none saves anything."""
    over = values > limit[:, np.newaxis]
    broken = over.sum(axis=0)
    fitting = broken == 0
    spare = int(fitting.sum()) - wanted
    outside = _outside(values, over, broken)
    best, move = 1e-12 * max(float(np.abs(limit).sum()), 1e-300), None
    for a in range(len(values)):
        if spare > 0:
            # What may be lost without winning any back.
            lowered, lost = ranked.lowered(a, fitting, spare)
            if lowered is not None and lost <= spare and float(limit[a] - lowered) > best:
                best, move = float(limit[a] - lowered), (a, lowered, a, lowered)
        lowered, lost = ranked.lowered(a, fitting, step + spare)
        if lowered is None:
            continue
        saved = float(limit[a] - lowered)
        if saved <= best:
            continue
        parts, raised = _raised(outside, values[a], lowered, lost - spare)
        gain = np.where(parts == a, -np.inf, saved - (raised - limit[parts]))
        if len(gain) and gain.max() > best:
            k = int(gain.argmax())
            best, move = float(gain[k]), (a, lowered, int(parts[k]), float(raised[k]))
    if move is None:
        return False
    a, lowered, b, raised_to = move
    limit[a] = lowered
    limit[b] = raised_to
    return True


class _Ranked(NamedTuple):
    """Scenarios of each part from its largest value to its smallest, and these values; (part, scenario)."""

    order: Integers
    falling: Floats

    def lowered(self, part: int, fitting: Mask, step: int) -> tuple[float | None, int]:
        """Return the largest value of a part that loses at least `step` scenarios that fit, and how many it loses.

        None where there is no such value.
        """
        count = len(fitting)
        # So many largest values contain the answer, unless many are equal.
        for largest in (2 * step + count - int(fitting.sum()) + 16, count):
            inside = self.falling[part, :largest][fitting[self.order[part, :largest]]]
            if step < len(inside):
                lost = step + int(np.argmax(inside[step:] < inside[step - 1]))
                if inside[lost] < inside[step - 1]:
                    return float(inside[lost]), lost
        return None, 0


class _Outside(NamedTuple):
    """Scenarios that exceed one limit alone, by that part and then by its value: raising the limit makes them fit."""

    scenario: Integers
    part: Integers
    value: Floats
    first: Integers
    """Place at which the part of each begins."""


def _outside(values: Floats, over: Mask, broken: Integers) -> _Outside:
    scenario = np.flatnonzero(broken == 1)
    part = over[:, scenario].argmax(axis=0)
    value = values[part, scenario]
    order = np.lexsort((value, part))
    scenario, part, value = scenario[order], part[order], value[order]
    return _Outside(scenario, part, value, np.searchsorted(part, part))


def _raised(outside: _Outside, other: Floats, lowered: float, short: int) -> tuple[Integers, Floats]:
    """Return the parts whose limit can win `short` scenarios in which another is within `lowered`, and the limits."""
    won = np.concatenate([[0], np.cumsum(other[outside.scenario] <= lowered)])
    enough = np.flatnonzero((won[1:] - won[outside.first] == short) & (won[1:] > won[:-1]))
    return outside.part[enough], outside.value[enough]
