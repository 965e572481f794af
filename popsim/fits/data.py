"""The data of a fit: read, checked whole, and brought to one size."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np

from popsim.arguments import as_list, as_number
from popsim.arrays import Floats
from popsim.errors import ParameterError, Problem, kind_of, shown

SizeExponent = Literal["estimate"] | float | None
"""How amounts grow with size: estimated from the data, known, or not at all."""

Bound = Literal["left", "right"] | float | None
"""What is known of a point: its value (None), that it is at most or at least that, or that it is up to another."""

_MOST = 100_000
_LARGEST, _APART, _WEIGHTS = 1e60, 1e30, 1e6
"""Largest amount or size, with 1 over it the smallest; how many times another amount one may be; and the same of
weights as of amounts. Beyond, floats do not hold what few data leave open, and some number is in another unit."""


@dataclass(frozen=True)
class Data:
    """Points that a distribution is fitted to.

    Parameters
    ----------
    values
        Amounts, in one unit: money of one currency and price year.
    sizes
        Relative size of each point, 1 for the reference size; None: all of one size.
    size_exponent
        How amounts grow with size.
    weights
        Weight of each point: the variance of its noise is spread² / weight, as of a mean of so many points. None: 1.
    censored
        What is known of each point; None: all values are known.
    """

    values: tuple[float, ...]
    sizes: tuple[float, ...] | None = None
    size_exponent: SizeExponent = None
    weights: tuple[float, ...] | None = None
    censored: tuple[Bound, ...] | None = None

    @property
    def count(self) -> int:
        """How many points."""
        return len(self.values)

    @property
    def known(self) -> int:
        """How many points of which the value is known, and not only bounds."""
        return self.count if self.censored is None else sum(bound is None for bound in self.censored)

    @property
    def estimated(self) -> bool:
        """Whether the exponent is estimated."""
        return self.size_exponent == "estimate"

    @property
    def parameters(self) -> int:
        """How many parameters are estimated: level, spread and, where it is not known, the exponent."""
        return 3 if self.estimated else 2

    @property
    def known_exponent(self) -> float:
        """The exponent where it is known; 0 without sizes."""
        return self.size_exponent if isinstance(self.size_exponent, float) else 0.0

    @cached_property
    def weight(self) -> Floats:
        """Weight of each point."""
        return np.ones(self.count) if self.weights is None else np.array(self.weights)

    @cached_property
    def centre(self) -> float:
        """Geometric mean of the sizes, by weight: the size at which errors of level and exponent are not correlated."""
        if self.sizes is None:
            return 1.0
        return math.exp(float(np.average(np.log(self.sizes), weights=self.weight)))

    @cached_property
    def distances(self) -> Floats:
        """Logarithm of each size over the centre."""
        return np.zeros(self.count) if self.sizes is None else np.log(self.sizes) - math.log(self.centre)

    @cached_property
    def amounts(self) -> Floats:
        """Values, brought to the size of the centre where the exponent is known."""
        return np.asarray(np.array(self.values) * np.exp(-self.known_exponent * self.distances))


def read_data(
    values: object, *, sizes: object, size_exponent: object, weights: object, censored: object, positive: bool
) -> Data:
    """Read the arguments of a fit.

    Parameters
    ----------
    values, sizes, size_exponent, weights, censored
        As in `popsim.fits.fit`.
    positive
        Whether all values must be above zero.

    Raises
    ------
    ParameterError
        With everything that is wrong: too few points, equal points, values that are no amounts, lists of different
        lengths, sizes that show no exponent.

    Examples
    --------
    >>> options = dict(sizes=[1, 4], size_exponent=0.5, weights=None, censored=None, positive=True)
    >>> round(read_data([3, 7], **options).centre, 9)
    2.0
    """
    problems: list[Problem] = []
    amounts = _numbers("values", values, problems, positive=positive)
    factors = None if sizes is None else _numbers("sizes", sizes, problems, positive=True)
    counted = None if weights is None else _numbers("weights", weights, problems, positive=True, most=_WEIGHTS)
    bounds = None if censored is None else _bounds(censored, amounts, problems)
    exponent = _exponent(size_exponent, sizes, problems)
    for name, entries in (("sizes", factors), ("weights", counted), ("censored", bounds)):
        if entries and amounts and len(entries) != len(amounts):
            problems.append(_problem(name, f"{len(entries)} for {len(amounts)} values", "as many as values"))
    if problems:
        raise ParameterError(problems)
    data = Data(tuple(amounts), _tuple(factors), exponent, _tuple(counted), _tuple(bounds))
    if problems := _too_little(data):
        raise ParameterError(problems)
    return data


def _tuple(entries: Iterable[Any] | None) -> tuple[Any, ...] | None:
    return None if entries is None else tuple(entries)


def _problem(name: str, found: str, allowed: str, mend: str = "") -> Problem:
    return Problem("fit()", (name,), found, allowed, mend)


def _numbers(
    name: str, given: object, problems: list[Problem], *, positive: bool, most: float = _LARGEST
) -> list[float]:
    """Read a list of numbers; each that is none is a problem, of which the first five are named."""
    entries = as_list(given)
    if not entries or len(entries) > _MOST:
        found = kind_of(given) if entries is None else f"{len(entries)} numbers"
        problems.append(_problem(name, found, f"a list of 1 to {_MOST} numbers"))
        return []
    numbers, wrong = [], []
    for place, entry in enumerate(entries):
        number = as_number(entry)
        if number is None or not math.isfinite(number) or (positive and not number > 0.0):
            wrong.append((place, entry))
        else:
            numbers.append(number)
    allowed = "a number above 0" if positive else "a finite number"
    mend = "leave the point out, with the reason" if name == "values" else ""
    problems += [Problem("fit()", (name, place), shown(entry), allowed, mend) for place, entry in wrong[:5]]
    if not wrong:
        problems += _beyond(name, numbers, most)
    return [] if wrong else numbers


def _beyond(name: str, numbers: list[float], most: float) -> list[Problem]:
    """Return why numbers cannot be so large or small, with the first that is."""
    mend = "choose a unit in which numbers are neither so large nor so small"
    for place, number in enumerate(numbers):
        if number != 0.0 and not 1.0 / most <= abs(number) <= most:
            allowed = (
                f"{1.0 / most:g} to {most:g}, either sign" if min(numbers) < 0.0 else f"{1.0 / most:g} to {most:g}"
            )
            return [Problem("fit()", (name, place), f"{number:g}", allowed, mend)]
    return []


def _bounds(given: object, amounts: list[float], problems: list[Problem]) -> list[Bound]:
    """Return what is known of each point."""
    entries = as_list(given)
    allowed = 'None (known), "left" (at most that), "right" (at least that) or a larger number (up to it)'
    if not entries:
        problems.append(_problem("censored", kind_of(given), f"a list, for each value {allowed}"))
        return []
    bounds: list[Bound] = []
    for place, entry in enumerate(entries):
        number = as_number(entry)
        least = amounts[place] if place < len(amounts) else -math.inf
        if entry is None or (isinstance(entry, str) and entry in ("left", "right")):
            bounds.append(cast(Bound, entry))
        elif number is not None and least < number <= _LARGEST:
            bounds.append(number)
        else:
            problems.append(Problem("fit()", ("censored", place), shown(entry), allowed))
            bounds.append(None)
    return bounds


def _exponent(given: object, sizes: object, problems: list[Problem]) -> SizeExponent:
    """Read the exponent, which needs sizes and is needed with them."""
    number = as_number(given)
    allowed = '"estimate", or a number from -10 to 10'
    if given is None:
        if sizes is not None:
            problems.append(
                _problem("size_exponent", "None, with sizes", allowed, "leave sizes out, or say how they act")
            )
        return None
    if not (isinstance(given, str) and given == "estimate") and not (number is not None and -10.0 <= number <= 10.0):
        problems.append(_problem("size_exponent", shown(given), allowed))
        return None
    if sizes is None:
        problems.append(_problem("size_exponent", f"{shown(given)}, without sizes", "sizes, one for each value"))
    return "estimate" if number is None else number


def _too_little(data: Data) -> list[Problem]:
    """Return why data determine no level, spread and exponent, if they do not."""
    what = "a level, an exponent and a spread" if data.estimated else "a level and a spread"
    if data.known < data.parameters:
        found = f"{data.known} point{'' if data.known == 1 else 's'}"
        found += "" if data.censored is None else " of which the value is known"
        mend = "a fit needs data: state the cost as a family, and its basis as judgement"
        return [_problem("values", found, f"{data.parameters} points or more, for {what}", mend)]
    if data.estimated and float(np.ptp(data.distances)) < 1e-6:
        found = f"all of size {data.centre:.6g}"
        return [_problem("sizes", found, "different sizes, to estimate an exponent", "state size_exponent as a number")]
    if float(np.abs(data.known_exponent * data.distances).max()) > math.log(_LARGEST):
        found = f"{data.known_exponent:g}, with sizes from {min(data.sizes or ()):g} to {max(data.sizes or ()):g}"
        allowed = f"amounts that change by no more than {_LARGEST:g} times between a size and the mean of sizes"
        return [_problem("size_exponent", found, allowed, "look at the unit of sizes")]
    known = data.amounts[[bound is None for bound in data.censored or (None,) * data.count]]
    if known.min() > 0.0 and known.max() > _APART * known.min():
        allowed = f"amounts of which none is more than {_APART:g} times another"
        return [_problem("values", f"{known.min():g} beside {known.max():g}", allowed, "look at their units")]
    if float(np.ptp(data.amounts)) <= 1e-12 * float(np.abs(data.amounts).max()) and not data.estimated:
        mend = "they say nothing of a spread: state the cost as a family"
        return [_problem("values", f"{data.count} points equal to {data.amounts[0]:.10g}", "points that differ", mend)]
    return []
