"""Families from what experts state: quantiles, or a range with its coverage and a most likely value."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem
from popsim.families.base import Family
from popsim.families.parameters import KNOWN_VALUE, Owner, Param, call_of, check_finite, check_relation
from popsim.families.roots import find_root

Unit = Callable[[Floats, Floats], Floats]
"""Quantiles at probabilities (columns) of the distribution on 0 .. 1 for peaks (rows)."""

QUANTILE_NAME = re.compile(r"p(\d{2,})")
"""``p05`` is the 5 % quantile, ``p50`` the median, ``p995`` the 99.5 % quantile."""

COVERAGE_ASKED = "say how often the truth lies between low and high, such as coverage = 0.8"

_PEAKS = 513


class TwoQuantiles(Family):
    """A family that two quantiles determine: children solve for their parameters in `_through`."""

    alternatives: ClassVar[tuple[str, ...]] = ("from_range",)
    quantile_counts: ClassVar[Sequence[int]] = (2,)

    positive: ClassVar[bool] = False
    """Whether all values are positive."""

    bounded: ClassVar[bool] = False
    """Whether there is a smallest and a largest value."""

    @classmethod
    @abstractmethod
    def _through(cls, first: tuple[float, float], second: tuple[float, float]) -> Self:
        """Return the member with two quantiles ``(probability, value)``, both rising."""

    @classmethod
    def from_quantiles(cls, **quantiles: float) -> Self:
        """Fit exactly to two quantiles, such as ``p05=..., p95=...``; both above 0 where the family has such values.

        Raises
        ------
        ParameterError
            When the names or values are not two quantiles that the family can have.

        Examples
        --------
        >>> from popsim.families import LogNormal, Uniform
        >>> LogNormal.from_quantiles(p05=1, p95=9).ppf([0.05, 0.5, 0.95]).round(9)
        array([1., 3., 9.])
        >>> Uniform.from_quantiles(p25=1, p75=3)
        Uniform(low=0, high=4)
        """
        first, second = parse_quantiles(cls, quantiles)
        if cls.positive and first[1] <= 0.0:
            raise ParameterError(check_relation(f"{cls.__name__}.from_quantiles", False, "values above 0", **quantiles))
        return cls._through(first, second)

    @classmethod
    def from_range(cls, low: float, high: float, coverage: float) -> Self:
        """Fit exactly to a range that holds the truth with the probability `coverage`.

        Parameters
        ----------
        low, high
            The quantiles ``(1 - coverage) / 2`` and ``(1 + coverage) / 2``.
        coverage
            Probability, below 1; for a family with bounds also 1, and `low` and `high` are then the bounds.

        Raises
        ------
        ParameterError
            When ``low < high`` or a limit of `coverage` does not hold, or the family cannot have these quantiles.

        Examples
        --------
        >>> from popsim.families import Normal
        >>> Normal.from_range(low=1, high=9, coverage=0.8).ppf([0.1, 0.9]).round(9)
        array([1., 9.])
        """
        owner = f"{cls.__name__}.from_range"
        given = read_range(owner, low, high, coverage, bounded=cls.bounded, positive=cls.positive)
        return cls._through((given.below, given.low), (given.above, given.high))


def parse_quantiles(cls: type[Family], quantiles: Mapping[str, object]) -> list[tuple[float, float]]:
    """Read ``p05=1.0, p95=9.0`` into rising (probability, value) pairs; ``p995`` is 0.995.

    Raises
    ------
    ParameterError
        For a name that is no quantile, a count that the family cannot honour, values that are not finite or not rising.

    Examples
    --------
    >>> from popsim.families import Normal
    >>> parse_quantiles(Normal, {"p95": 9, "p05": 1})
    [(0.05, 1.0), (0.95, 9.0)]
    """
    problems: list[Problem] = []
    pairs: list[tuple[float, float]] = []
    method = f"{cls.__name__}.from_quantiles"
    for name, value in quantiles.items():
        match = QUANTILE_NAME.fullmatch(name)
        probability = float(f"0.{match[1]}") if match else 0.0
        if not 0.0 < probability < 1.0:
            allowed = "pNN with at least two digits, such as p05, p50, p995"
            problems.append(Problem(call_of(method), (name,), f"{name} = {value!r}", allowed))
            continue
        number, wrong = Param(name).read(method, value)
        problems += wrong
        pairs.append((probability, number))
    pairs.sort()
    if not problems and len(pairs) not in cls.quantile_counts:
        found_count = f"{len(pairs)} ({', '.join(quantiles)})" if quantiles else "none"
        problems.append(
            Problem(call_of(method), (), found_count, f"{counts_in_words(cls.quantile_counts)} for this family")
        )
    if not problems and any(b[1] <= a[1] or b[0] <= a[0] for a, b in pairwise(pairs)):
        problems.append(
            Problem(call_of(method), (), values_in_words(quantiles), "values that rise with their probability")
        )
    if problems:
        raise ParameterError(problems)
    return pairs


def counts_in_words(counts: Sequence[int]) -> str:
    """Return how many quantiles there must be, as ``2 quantiles pNN`` or ``3 to 16 quantiles pNN``."""
    if len(counts) == 1:
        return f"{counts[0]} quantile{'s' if counts[0] > 1 else ''} pNN"
    return f"{counts[0]} to {counts[-1]} quantiles pNN"


def values_in_words(values: Mapping[str, Any]) -> str:
    """Return named numbers as messages show them: ``p05 = 1, p95 = 9``."""
    return ", ".join(f"{name} = {value:.10g}" for name, value in values.items())


class Range(NamedTuple):
    """Two quantiles with `coverage` between them, and as much below as above."""

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
    """Check a stated range; with `bounded` a coverage of 1 is possible, `mode=` is the most likely value.

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
        mend = KNOWN_VALUE if values[0] == values[-1] else ""
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
    """Return the peak, as a share of the way between the bounds, and the bounds, from two quantiles and the mode.

    Raises
    ------
    ParameterError
        When no peak, or more than one, puts the mode where it is stated.
    """
    p = np.array([given.below, given.above])

    def share(peaks: Floats) -> Floats:
        q = unit(peaks, p)
        return np.asarray((peaks - q[:, 0]) / (q[:, 1] - q[:, 0]))

    def refusal(lowest: float, highest: float) -> Problem:
        found = values_in_words({"low": given.low, "mode": mode, "high": given.high, "coverage": given.coverage})
        width = given.high - given.low
        low, high = given.low + lowest * width, given.low + highest * width
        return Problem(call_of(owner), (), found, f"a mode strictly between {low:.6g} and {high:.6g}, given the others")

    peak = _only_peak(share, (mode - given.low) / (given.high - given.low), (0.0, 1.0), refusal)
    first, last = unit(np.array([peak]), p)[0].tolist()
    width = (given.high - given.low) / (last - first)
    return peak, mode - width * peak, mode + width * (1.0 - peak)


def peak_of_quantiles(
    owner: Owner, unit: Unit, pairs: list[tuple[float, float]], span: tuple[float, float], mend: str
) -> tuple[float, float, float]:
    """Return peak, lower bound and width of the distribution with three quantiles; the peak is sought within `span`.

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

    def refusal(lowest: float, highest: float) -> Problem:
        found = ", ".join(f"p{f'{probability:.10g}'[2:]:0<2} = {value:.10g}" for probability, value in pairs)
        low, high = x1 + lowest * (x3 - x1), x1 + highest * (x3 - x1)
        allowed = f"a middle value strictly between {low:.6g} and {high:.6g}, given the outer ones"
        return Problem(call_of(owner), (), found, allowed, mend)

    peak = _only_peak(share, (x2 - x1) / (x3 - x1), span, refusal)
    first, _, last = unit(np.array([peak]), p)[0].tolist()
    width = (x3 - x1) / (last - first)
    return peak, x1 - width * first, width


def _only_peak(
    share: Callable[[Floats], Floats],
    wanted: float,
    span: tuple[float, float],
    refusal: Callable[[float, float], Problem],
) -> float:
    grid = np.linspace(*span, _PEAKS)
    shares = share(grid)
    sides = np.sign(shares - wanted)
    crossings = np.flatnonzero(sides[:-1] * sides[1:] < 0)
    touches = grid[1:-1][sides[1:-1] == 0]
    if len(crossings) + len(touches) != 1:
        raise ParameterError(refusal(float(shares.min()), float(shares.max())))
    if len(touches):
        return float(touches[0])
    start, stop = float(grid[crossings[0]]), float(grid[crossings[0] + 1])
    return find_root(lambda peak: float(share(np.array([peak]))[0]) - wanted, start, stop, 1e-15, 1e-15)
