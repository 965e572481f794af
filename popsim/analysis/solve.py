"""Find the value of one key of a study at which an amount just suffices, on common random numbers.

Every value is tried on the same scenarios, so the amount that suffices is a function of the value without noise, and
its root is found as that of any function. What the random numbers leave open is how far the root of other scenarios
would lie from it: the error of the amount over the slope of the function there.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr

from popsim.analysis.door import check_probability
from popsim.analysis.order import check_supported, quantile_with_error
from popsim.analysis.totals import described
from popsim.arguments import as_number, by_keyword, check_callable, check_text, check_threads
from popsim.arrays import Floats
from popsim.engine.cases import Cases
from popsim.engine.held import HeldSums
from popsim.engine.simulation import provenance
from popsim.engine.sweep import Sweep, sweep_of
from popsim.errors import ParameterError, Problem, StudyError
from popsim.study.model import Study
from popsim.study.patch import split_key
from popsim.study.schema_keys import NumberKey, number_key
from popsim.study.toml_models import StudyFile
from popsim.types import Design

_FIRST = 9
"""Values that are tried first, from the lowest to the highest."""
_FAR = 100.0
"""Limits beyond this one keep numbers within what can be computed, and are no place to begin a search from."""
_TOLERANCE = 1e-7
"""Part of the interval of values to which the root is found."""
_STEP = 1e-3
"""Part of the interval of values over which the slope is taken."""

Progress = Callable[[int, float], None]
"""Called with how many values were tried, and the last of them."""


@by_keyword(
    "vary",
    "confidence",
    "amount",
    "variable",
    "low",
    "high",
    "overrides",
    "scenarios",
    "seed",
    "design",
    "replicates",
    "threads",
    "progress",
)
def solve(
    study: Study | str | os.PathLike[str],
    *,
    vary: str,
    confidence: float,
    amount: float,
    variable: str | None = None,
    low: float | None = None,
    high: float | None = None,
    overrides: Mapping[str, object] | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
    design: Design | None = None,
    replicates: int | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Find the value of a key at which an amount suffices with a confidence, for the full programme.

    Parameters
    ----------
    study
        A study, the path of a study file, or the name of a packaged study.
    vary
        Dotted key whose value is sought: one that may be a number, such as ``financing.cofinancing``.
    confidence
        Probability with which the amount shall suffice, in (0, 1).
    amount
        The budget, in the currency of the study.
    variable
        The total that it has to pay for, such as ``cost`` or ``financing_need``; None for that which the report of the
        study speaks of first.
    low, high
        Between which values to seek; None for the limits of the key.
    overrides
        Values of other keys.
    scenarios, seed, design, replicates, threads
        As for `simulate`.
    progress
        Called with how many values were tried, and the last of them.

    Returns
    -------
    xarray.Dataset
        `value`, and `value_error`, its Monte Carlo standard error; `reached`, the amount that suffices at this value,
        with `reached_error`; `slope`, by how much it grows with the value; on the dimension `tried` the values that
        were tried, in order, with the amount that each needs (`needed`). Of whole numbers the value is the last one
        that meets the amount, beside one that does not; its error is that of the point between them.

    Raises
    ------
    ParameterError
        For arguments that cannot be honoured; where no value between the limits meets the amount or all do; where the
        key changes nothing; where the amount is met, missed and met again between the limits.
    StudyError
        Where the study is wrong, or a value between the limits makes it so.

    Examples
    --------
    >>> import popsim as ps
    >>> found = ps.solve("example", vary="financing.cofinancing", confidence=0.8, amount=60e6,
    ...                  variable="financing_need", scenarios=500)
    >>> 0.0 < found["value"].item() < 1.0
    True
    >>> f"{found['reached'].item():.0f}"
    '60000000'
    """
    level = check_probability("confidence", confidence)
    budget = as_number(amount)
    if budget is None or not 0.0 < budget < math.inf:
        raise ParameterError(Problem("", ("amount",), repr(amount), "a positive number, such as 1.2e9"))
    check_callable("progress", progress)
    sought = _interval(vary, low, high)
    cases = Cases.of(cases=[{vary: sought.low}])
    sampling = (scenarios, seed, design, replicates)
    with sweep_of(study, cases, overrides, options=False, sampling=sampling) as job:
        of = job.study.headline if variable is None else check_text("variable", variable, "the name of a total")
        needed = _Needed(job, vary, of, level, check_threads(threads), progress)
        start, stop = _bracket(needed, sought, budget)
        found = _whole_root(needed, start, stop, budget) if sought.is_whole else _root(needed, start, stop, budget)
        return _dataset(job, needed, sought, found, budget)


class _Interval(NamedTuple):
    """The values among which one is sought."""

    low: float
    high: float
    is_whole: bool


class _Root(NamedTuple):
    """A value, the amount that it needs with its error, and by how much that grows with the value."""

    value: float
    reached: float
    reached_error: float
    slope: float


class _Needed:
    """The amount that suffices at a value of the key; each value is tried once."""

    def __init__(
        self, job: Sweep, key: str, variable: str, level: float, threads: int, progress: Progress | None
    ) -> None:
        self.key, self.variable, self.level = key, variable, level
        # Where the key changes no draw, as in who pays, the values after the first few are computed from sums of these.
        self._job, self._threads, self._progress = replace(job, held=HeldSums()), threads, progress
        self.known: dict[float, tuple[float, float]] = {}

    def __call__(self, value: float) -> float:
        return self.of([value])[0]

    def of(self, values: Sequence[float]) -> list[float]:
        """Return the amounts that suffice at these values, which are tried together."""
        new = [value for value in dict.fromkeys(values) if value not in self.known]
        if new:
            job = replace(self._job, cases=Cases.of(cases=[{self.key: value} for value in new]))
            for part in job.parts(range(len(new)), self._threads):
                for number, why in part.failed.items():
                    raise StudyError(
                        Problem(
                            "", ("vary",), f"{self.key} = {new[number]:g}, which is refused:\n{why}", "other limits"
                        )
                    )
                for place, number in enumerate(part.numbers):
                    self.known[new[number]] = self._measured(part.dataset, place)
        return [self.known[value][0] for value in values]

    def error(self, value: float) -> float:
        """Return the Monte Carlo error of the amount that suffices at a value that was tried."""
        return self.known[value][1]

    def _measured(self, dataset: xr.Dataset | None, place: int) -> tuple[float, float]:
        if dataset is None or self.variable not in dataset:
            known = ", ".join(map(str, dataset.data_vars)) if dataset is not None else "none"
            raise ParameterError(Problem("", ("variable",), repr(self.variable), f"a total of the study: {known}"))
        row: Floats = np.ascontiguousarray(dataset[self.variable].values[place])
        replicates = self._job.plan.replicates
        found, error = quantile_with_error(row, np.array([self.level]), replicates)
        check_supported(self.level, row.shape[-1], error, replicates)
        if self._progress is not None:
            self._progress(len(self.known) + 1, found.item())
        return found.item(), error.item()


def _interval(key: object, low: object, high: object) -> _Interval:
    """Return the values among which that of a key is sought."""
    name = check_text("vary", key, "a dotted key of the study file")
    known = number_key(StudyFile, split_key(name))
    if known is None:
        Cases.of(cases=[{name: 0}])  # says so where there is no such key, or none that may differ
        raise ParameterError(
            Problem("", ("vary",), name, "a key that may be a number", "such as financing.cofinancing")
        )
    problems, ends = [], list[float]()
    for argument, given, limit, is_open in (
        ("low", low, known.low, known.without_low),
        ("high", high, known.high, known.without_high),
    ):
        number = limit if given is None else as_number(given)
        if number is None or math.isnan(number) or not known.low <= number <= known.high:
            problems.append(Problem("", (argument,), repr(given), f"a number {_words(known)}"))
            continue
        if not math.isfinite(number) or (given is None and abs(number) > _FAR):
            found = f"no limit, as {name} has none there that anybody would reach"
            problems.append(
                Problem("", (argument,), found, "a number, for the search to begin from", f"state {argument}")
            )
            continue
        if is_open and number == limit:
            number += (1e-9 if argument == "low" else -1e-9) * max(1.0, abs(limit))
        if known.is_whole and not float(number).is_integer():
            problems.append(Problem("", (argument,), repr(given), "a whole number"))
        ends.append(number)
    if not problems and not ends[0] < ends[1]:
        problems.append(Problem("", ("low", "high"), f"{ends[0]:g} and {ends[1]:g}", "low < high"))
    if problems:
        raise ParameterError(problems)
    if known.is_whole:
        return _Interval(int(ends[0]), int(ends[1]), True)
    return _Interval(float(ends[0]), float(ends[1]), False)


def _words(known: NumberKey) -> str:
    low = "" if math.isinf(known.low) else f"{'above' if known.without_low else 'from'} {known.low:g}"
    high = "" if math.isinf(known.high) else f"{'below' if known.without_high else 'to'} {known.high:g}"
    return " ".join(filter(None, (low, high))) or "of any size"


def _bracket(needed: _Needed, sought: _Interval, amount: float) -> tuple[float, float]:
    """Return two neighbouring values of those tried first, between which the amount is met.

    Raises
    ------
    ParameterError
        Where there is no such pair, or more than one.
    """
    tried = np.linspace(sought.low, sought.high, _FIRST)
    values: list[float] = sorted({round(each) for each in tried.tolist()}) if sought.is_whole else tried.tolist()
    amounts = needed.of(values)
    met = [each <= amount for each in amounts]
    places = [place for place in range(len(values) - 1) if met[place] != met[place + 1]]
    where = f"{needed.variable} is at most this with {needed.level:.12g} confidence"
    if max(amounts) == min(amounts):
        found = f"{needed.key}, which changes nothing: {_money(amounts[0])} at every value from {_ends(sought)}"
        allowed = f"a key on which {needed.variable} depends"
        mend = "look at financing_need: who pays changes no cost" if needed.variable.startswith("cost") else ""
        raise ParameterError(Problem("", ("vary",), found, allowed, mend))
    if not places:
        found = f"{_money(amount)}, which {'every value' if met[0] else 'no value'} from {_ends(sought)} meets"
        ends = f"{_money(amounts[0])} is needed at {values[0]:g}, {_money(amounts[-1])} at {values[-1]:g}"
        inner = f", between {_money(min(amounts))} and {_money(max(amounts))} at those tried"
        allowed = f"an amount of which {where} for some values and not for others"
        raise ParameterError(Problem("", ("amount",), found, allowed, ends + inner))
    if len(places) > 1:
        pairs = ", ".join(f"{values[place]:g} and {values[place + 1]:g}" for place in places)
        found = f"{_money(amount)}, which is met and missed by turns: it is crossed between {pairs}"
        raise ParameterError(Problem("", ("amount",), found, "one crossing", "state low and high around one of them"))
    return values[places[0]], values[places[0] + 1]


def _money(amount: float) -> str:
    return f"{amount:,.0f}" if abs(amount) >= 1e4 else f"{amount:.6g}"


def _ends(sought: _Interval) -> str:
    return f"{sought.low:g} to {sought.high:g}"


def _root(needed: _Needed, start: float, stop: float, amount: float) -> _Root:
    # Loading scipy's optimisers takes longer than most analyses.
    from scipy.optimize import toms748

    at = {each: needed(each) - amount for each in (start, stop)}
    exact = [each for each, excess in at.items() if excess == 0.0]
    width = stop - start
    if exact:
        value = exact[0]
    else:
        value = float(toms748(lambda x: needed(float(x)) - amount, start, stop, xtol=_TOLERANCE * width, rtol=1e-14))
    step = _STEP * width
    near = max(start, value - step), min(stop, value + step)
    below, reached, above = needed.of([near[0], value, near[1]])
    return _Root(value, reached, needed.error(value), (above - below) / (near[1] - near[0]))


def _whole_root(needed: _Needed, start: float, stop: float, amount: float) -> _Root:
    """Halve an interval of whole numbers, one end of which meets the amount, until the ends are neighbours."""
    first, last = int(start), int(stop)
    is_met = needed(first) <= amount
    while last - first > 1:
        middle = (first + last) // 2
        if (needed(middle) <= amount) == is_met:
            first = middle
        else:
            last = middle
    value = first if is_met else last
    return _Root(value, needed(value), needed.error(value), needed(last) - needed(first))


def _dataset(job: Sweep, needed: _Needed, sought: _Interval, found: _Root, amount: float) -> xr.Dataset:
    currency = job.plan.about.currency
    error = found.reached_error / abs(found.slope) if found.slope else math.inf
    values = list(needed.known)
    result = {
        "value": described(xr.DataArray(found.value), "1", f"Value of {needed.key} at which the amount suffices"),
        "value_error": described(xr.DataArray(error), "1", "Monte Carlo error of the value"),
        "reached": described(xr.DataArray(found.reached), currency, "Amount that suffices at this value"),
        "reached_error": described(xr.DataArray(found.reached_error), currency, "Monte Carlo error of this amount"),
        "slope": described(xr.DataArray(found.slope), currency, "Growth of this amount with the value"),
        "needed": described(
            xr.DataArray([needed.known[value][0] for value in values], dims="tried"),
            currency,
            "Amount that suffices at the values that were tried",
        ),
    }
    about = {
        "vary": needed.key,
        "variable": needed.variable,
        "confidence": needed.level,
        "amount": amount,
        "low": sought.low,
        "high": sought.high,
        "scenarios": job.plan.scenarios,
    }
    known = {key: value for key, value in provenance(job.plan).items() if key != "plan_digest"}
    return xr.Dataset(result, {"tried": values}, {**known, **about})
