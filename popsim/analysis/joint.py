"""Amounts for parts that all suffice together with a stated confidence, at the least cost in total."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim import schema
from popsim.analysis.budgets import budget_for, described, scenarios_for
from popsim.analysis.door import dataset_of
from popsim.analysis.exchange import cheapest_limits, common_limits, holds_together
from popsim.analysis.order import binomial_error, quantile_with_error, replicates_of
from popsim.analysis.summarise import check_coverage, scenario_variables
from popsim.arguments import check_text
from popsim.errors import ParameterError, Problem, RunError, nearest
from popsim.families.base import Floats
from popsim.types import Base, By

if TYPE_CHECKING:
    from popsim.engine.runs import Run

__all__ = ["breakdown_by", "joint_budget", "names_of"]

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


def names_of(by: By) -> tuple[str, ...]:
    """Give the dimensions of the parts: one name, or a list of names.

    Raises
    ------
    ParameterError
        For no name, a name twice, or what is no name.

    Examples
    --------
    >>> names_of("area"), names_of(["area", "year"])
    (('area',), ('area', 'year'))
    """
    names = (by,) if isinstance(by, str) else tuple(by) if isinstance(by, Iterable) else ()
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        allowed = 'a dimension such as "area", or several different ones such as ("area", "year")'
        raise ParameterError(Problem("by", (), repr(by), allowed))
    if isinstance(by, str) and "," in by:
        split = tuple(name.strip() for name in by.split(","))
        raise ParameterError(
            Problem("by", (), repr(by), "one name in a text, or a list of names", f"write by={split!r}")
        )
    return names


def breakdown_by(dataset: xr.Dataset, variable: str, by: By) -> xr.DataArray:
    """Give the breakdown of a total by one dimension or several, with dimensions (..., *by, scenario).

    Raises
    ------
    RunError
        When the dataset lacks it; the message says which breakdowns it holds.
    ParameterError
        For a total that is never broken down, or what is no name of a dimension.
    """
    names = names_of(by)
    if check_text("variable", variable, " or ".join(schema.BREAKDOWNS)) not in schema.BREAKDOWNS:
        allowed = " or ".join(repr(name) for name in schema.BREAKDOWNS)
        hint = nearest(str(variable), list(schema.BREAKDOWNS)) or "budget and budget_for take any total"
        allowed += f", the totals that are broken down by {' and '.join(names)}"
        raise ParameterError(Problem("variable", (), repr(variable), allowed, hint))
    held = {
        name: [str(dim) for dim in dataset[name].dims if dim not in ("option", "scenario")]
        for name in scenario_variables(dataset)
        if name.startswith(f"{variable}_by_")
    }
    for name, dims in held.items():
        if set(dims) == set(names):
            return dataset[name].transpose(..., *names, "scenario")
    wanted, ways = schema.breakdown_name(names, variable), [",".join(dims) for dims in held.values()]
    asked = repr(names[0]) if len(names) == 1 else repr(names)
    raise RunError(
        Problem(
            "dataset",
            (),
            f"no variable {wanted!r} with scenarios",
            f"breakdowns that the dataset holds: {'; '.join(ways) or 'none'}",
            nearest(",".join(names), ways) or f"simulate with breakdowns=[{asked}]",
        )
    )


def joint_budget(
    dataset: Run | xr.Dataset, by: By = "area", confidence: float = 0.8, variable: Base = "cost"
) -> xr.Dataset:
    """Give amounts for each area (year, group), all of which suffice together with a stated confidence.

    The amounts of a separate P80 for each area do not do that: all of them suffice together less often than each alone,
    and their sum is neither the P80 of the total. Among the amounts that do suffice together this looks for those of
    least sum, over the scenarios themselves: amounts stand on costs that occur in a scenario, dependence is that of the
    scenarios. The search begins with a common quantile level for all parts (found by bisection) and exchanges between
    two parts at a time while that saves anything; what it finds is a local optimum (popsim/analysis/exchange.py).

    A search over scenarios flatters itself: on scenarios that it did not see, its amounts suffice less often. So it is
    repeated on half of the scenarios and judged by the other half, in six halves made of four quarters.

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
        By option; with the dimensions of `by` where said; money in the unit of the variable:

        - `amount` (by), `total`: the split of least sum that was found; `joint_confidence` on the scenarios of the
          search, at least the one asked for; `unseen_confidence` on scenarios that the search did not see.
        - `common_amount` (by), `common_total`, `common_level`: the start of the search.
        - `separate_amount` (by), `separate_total`: each suffices with the confidence alone.
          `separate_total_confidence`: how sure their sum is to suffice for the total; `separate_joint_confidence`: how
          sure all are to suffice.
        - `pooled_amount`: one amount, from which money moves to where it is needed, of the same confidence.

        Each but `common_level` with its Monte Carlo standard error. That of `amount`, `common_amount` and their sums
        comes from the differences of three pairs of halves: itself known to some 40 %. Those of confidences hold for
        the amounts as given.

    Raises
    ------
    ParameterError
        For a confidence outside (0, 1), or one that half of the scenarios cannot support.
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
    level = check_coverage("confidence", confidence)
    names = names_of(by)
    parts = breakdown_by(dataset, variable, by)
    count = parts.sizes["scenario"]
    _check_halves(level, count)
    values = np.ascontiguousarray(parts.values)
    separate, separate_error = quantile_with_error(values, np.array([level]), replicates_of(dataset))
    rows = values.reshape(-1, math.prod(parts.sizes[name] for name in names), count)
    found = [
        _of_option(row, level, amount, error)
        for row, amount, error in zip(
            rows,
            separate[..., 0].reshape(len(rows), -1),
            separate_error[..., 0].reshape(len(rows), -1),
            strict=True,
        )
    ]
    pooled = budget_for(dataset, level, variable)
    plain = parts.isel(scenario=0, drop=True)
    units = str(parts.attrs.get("units", "1"))
    result: dict[str, xr.DataArray] = {}
    for name, title in (_PARTS | _TOTALS | _SHARES).items():
        for suffix, words in (("", title), ("_error", f"{title}, Monte Carlo error")):
            key = f"{name}{suffix}"
            if name == "pooled_amount":
                array = pooled[f"amount{suffix}"].copy()
            elif key in found[0]:
                data = np.array([each[key] for each in found])
                like = plain if name in _PARTS else plain.isel(dict.fromkeys(names, 0), drop=True)
                array = like.copy(data=data.reshape(like.shape))
            else:
                continue
            result[key] = described(array, "1" if name in _SHARES else units, words)
    attributes = {"confidence": level, "variable": variable, "by": ",".join(names)}
    return xr.Dataset(result, attrs={**dataset.attrs, **attributes, "method": "exchange on order statistics"})


def _check_halves(level: float, count: int) -> None:
    needed = 2 * scenarios_for(level)
    if count < needed:
        raise ParameterError(
            Problem(
                "confidence",
                (),
                f"{level} from {count} scenarios",
                "a confidence that half of the scenarios can support",
                f"run at least {needed} scenarios",
            )
        )


def _of_option(values: Floats, level: float, separate: Floats, separate_error: Floats) -> dict[str, Floats | float]:
    """Everything for one option; values (part, scenario)."""
    count = values.shape[1]
    # The ceiling of what 0.8 n should be, not of what 0.8 n is in binary.
    wanted = math.ceil(round(level * count, 6))
    best, common = cheapest_limits(values, wanted), common_limits(values, wanted)
    total = values.sum(axis=0)
    together = float(holds_together(values, separate).mean())
    enough = float((total <= separate.sum()).mean())
    level_found = float((values <= common.limit[:, np.newaxis]).mean(axis=1).min())
    shares = {
        "joint_confidence": best.kept / count,
        "separate_total_confidence": enough,
        "separate_joint_confidence": together,
    }
    halves = _halves(values, level)
    shares["unseen_confidence"] = halves.pop("unseen")
    return {
        "amount": best.limit,
        "total": float(best.limit.sum()),
        "common_amount": common.limit,
        "common_total": float(common.limit.sum()),
        "common_level": level_found,
        "separate_amount": separate,
        "separate_amount_error": separate_error,
        "separate_total": float(separate.sum()),
        "separate_total_error": _error_of_sum(values, separate, separate_error),
        **halves,
        **shares,
        **{f"{name}_error": float(binomial_error(np.array(share), count)) for name, share in shares.items()},
    }


def _error_of_sum(values: Floats, limit: Floats, error: Floats) -> float:
    """Error of a sum of quantiles of the same scenarios: their errors go together as what lies below them does."""
    below = (values <= limit[:, np.newaxis]).astype(np.float64)
    spread = below.std(axis=1)
    scaled = np.divide(error, spread, out=np.zeros_like(error), where=spread > 0.0)
    return float((scaled @ below).std())


def _halves(values: Floats, level: float) -> dict[str, Floats | float]:
    """Search on halves: errors from their differences, confidence from the half that was not searched."""
    quarters = [np.ascontiguousarray(values[:, k::4]) for k in range(4)]
    unseen, searched, started = [], [], []
    for pair in _PAIRINGS:
        halves = [np.concatenate([quarters[k] for k in half], axis=1) for half in pair]
        wanted = [math.ceil(round(level * half.shape[1], 6)) for half in halves]
        found = [cheapest_limits(half, number).limit for half, number in zip(halves, wanted, strict=True)]
        common = [common_limits(half, number).limit for half, number in zip(halves, wanted, strict=True)]
        unseen += [holds_together(halves[1 - k], found[k]).mean() for k in (0, 1)]
        searched.append(found[0] - found[1])
        started.append(common[0] - common[1])
    result: dict[str, Floats | float] = {"unseen": float(np.mean(unseen))}
    for name, sums, differences in (("amount", "total", searched), ("common_amount", "common_total", started)):
        table = np.array(differences)
        # A half errs by sqrt(2) of what the whole does; a difference of two halves by twice as much.
        result[f"{name}_error"] = np.sqrt((table**2).mean(axis=0)) / 2.0
        result[f"{sums}_error"] = float(np.sqrt((table.sum(axis=1) ** 2).mean()) / 2.0)
    return result
