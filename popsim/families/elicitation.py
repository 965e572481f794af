"""Ranges as experts give them: low and high with a stated coverage, and a most likely value."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from popsim.errors import ParameterError, Problem
from popsim.families.checks import Owner, call_of, check_finite, check_relation
from popsim.families.solve import find_root

__all__ = ["COVERAGE_ASKED", "Range", "peak_of_quantiles", "peak_of_range", "read_range"]

Floats = NDArray[np.float64]
Unit = Callable[[Floats, Floats], Floats]
"""Quantiles at probabilities (columns) of the law on 0 .. 1 for peaks (rows)."""

COVERAGE_ASKED = "say how often the truth lies between low and high, such as coverage = 0.8"

_PEAKS = 513


class Range(NamedTuple):
    """Two quantiles that hold `coverage` between them, as much below as above."""

    low: float
    high: float
    coverage: float

    @property
    def below(self) -> float:
        """Probability of less than `low`, which is that of more than `high`."""
        return 0.5 * (1.0 - self.coverage)

    @property
    def above(self) -> float:
        """Probability of no more than `high`."""
        return 0.5 * (1.0 + self.coverage)


def read_range(
    owner: Owner, low: object, high: object, coverage: object, *, bounded: bool, positive: bool = False, **mode: object
) -> Range:
    """Check a range; `bounded` says whether a coverage of 1 is possible, `mode=` what is said to be most likely.

    Raises
    ------
    ParameterError
        With every value that is no number, or breaks a relation.

    Examples
    --------
    >>> round(read_range("Uniform.from_range", 1, 5, 0.8, bounded=True).below, 9)
    0.1
    """
    problems = check_finite(owner, low=low, **mode, high=high, coverage=coverage)
    ends = {"low": low, **mode, "high": high}
    numbers = {name: value for name, value in ends.items() if not check_finite(owner, **{name: value})}
    values = [float(value) for value in numbers.values()]  # type: ignore[arg-type]
    if len(values) == len(ends):
        rises = all(a <= b for a, b in pairwise(values)) and values[0] < values[-1]
        relation = "low <= mode <= high, low < high" if mode else "low < high"
        mend = "for a value that is known use Constant" if values[0] == values[-1] else ""
        problems += check_relation(owner, rises, relation, mend, **ends)
        problems += check_relation(
            owner,
            rises is False or math.isfinite(values[-1] - values[0]),
            "high - low within the range of floats",
            **ends,
        )
        if positive:
            mend = "for a cost that may be nothing use Mixture with Constant(0)"
            problems += check_relation(owner, values[0] > 0.0, "low > 0", mend, low=low)
    if not check_finite(owner, coverage=coverage):
        share = float(coverage)  # type: ignore[arg-type]
        allowed = "0 < coverage <= 1" if bounded else "0 < coverage < 1"
        fits = share >= 1e-9 and (share == 1.0 or share <= 1.0 - 1e-9) and (bounded or share < 1.0)
        mend = COVERAGE_ASKED
        if share == 1.0:
            mend = "this family has no upper limit: state a coverage below 1, or use triangular or pert"
        elif 1.0 < share <= 100.0:
            mend = f"a share, not per cent: coverage = {share / 100.0:.10g}"
        problems += check_relation(owner, fits, allowed, mend, coverage=share)
    if problems:
        raise ParameterError(problems)
    return Range(values[0], values[-1], float(coverage))  # type: ignore[arg-type]


def peak_of_range(owner: Owner, unit: Unit, given: Range, mode: float) -> tuple[float, float, float]:
    """Peak, as a share of the way between the bounds, and the bounds of the law with these quantiles and this mode.

    Raises
    ------
    ParameterError
        When no peak, or more than one, puts the mode where it is said to be.
    """
    p = np.array([given.below, given.above])

    def share(peaks: Floats) -> Floats:
        q = unit(peaks, p)
        return np.asarray((peaks - q[:, 0]) / (q[:, 1] - q[:, 0]))

    def said(lowest: float, highest: float) -> Problem:
        found = (
            f"low = {given.low:.10g}, mode = {mode:.10g}, high = {given.high:.10g}, coverage = {given.coverage:.10g}"
        )
        width = given.high - given.low
        low, high = given.low + lowest * width, given.low + highest * width
        return Problem(call_of(owner), (), found, f"a mode strictly between {low:.6g} and {high:.6g}, given the others")

    peak = _only_peak(share, (mode - given.low) / (given.high - given.low), (0.0, 1.0), said)
    first, last = unit(np.array([peak]), p)[0].tolist()
    width = (given.high - given.low) / (last - first)
    return peak, mode - width * peak, mode + width * (1.0 - peak)


def peak_of_quantiles(
    owner: Owner, unit: Unit, pairs: list[tuple[float, float]], span: tuple[float, float], mend: str
) -> tuple[float, float, float]:
    """Peak, lower bound and width of the law that has three quantiles; the peak is sought within `span`.

    Raises
    ------
    ParameterError
        When no peak, or more than one, gives the middle quantile its place between the outer ones.
    """
    (_, x1), (_, x2), (_, x3) = pairs
    p = np.array([probability for probability, _ in pairs])

    def share(peaks: Floats) -> Floats:
        q = unit(peaks, p)
        return np.asarray((q[:, 1] - q[:, 0]) / (q[:, 2] - q[:, 0]))

    def said(lowest: float, highest: float) -> Problem:
        found = ", ".join(f"p{f'{probability:.10g}'[2:]:0<2} = {value:.10g}" for probability, value in pairs)
        low, high = x1 + lowest * (x3 - x1), x1 + highest * (x3 - x1)
        allowed = f"a middle value strictly between {low:.6g} and {high:.6g}, given the outer ones"
        return Problem(call_of(owner), (), found, allowed, mend)

    peak = _only_peak(share, (x2 - x1) / (x3 - x1), span, said)
    first, _, last = unit(np.array([peak]), p)[0].tolist()
    width = (x3 - x1) / (last - first)
    return peak, x1 - width * first, width


def _only_peak(
    share: Callable[[Floats], Floats], wanted: float, span: tuple[float, float], said: Callable[[float, float], Problem]
) -> float:
    grid = np.linspace(*span, _PEAKS)
    shares = share(grid)
    sides = np.sign(shares - wanted)
    crossings = np.flatnonzero(sides[:-1] * sides[1:] < 0)
    touches = grid[1:-1][sides[1:-1] == 0]
    if len(crossings) + len(touches) != 1:
        raise ParameterError(said(float(shares.min()), float(shares.max())))
    if len(touches):
        return float(touches[0])
    start, stop = float(grid[crossings[0]]), float(grid[crossings[0] + 1])
    return find_root(lambda peak: float(share(np.array([peak]))[0]) - wanted, start, stop, 1e-15, 1e-15)
