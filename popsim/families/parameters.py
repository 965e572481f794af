"""Parameters of families: declared once as a field, and read and checked by that declaration."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from popsim.arguments import as_list, as_number
from popsim.errors import Key, Problem

Owner: TypeAlias = type | str
"""What is being built: a family, or the name of one of its constructors, such as ``"LogNormal.from_mean_std"``."""

Numbers: TypeAlias = Iterable[float]
"""A list, tuple, array or Series of numbers."""

Sort = Literal["number", "optional number", "numbers", "distribution", "distributions"]
"""What a parameter is; it follows from the type hint of its field."""

KNOWN_VALUE = "for a value that is known use Constant"
"""How to mend a range without width."""


@dataclass(frozen=True)
class Param:
    """One parameter of a family, or of one of its other constructors: how it is named, read and checked.

    Parameters
    ----------
    name, stored
        Its name, and that of the attribute that holds it.
    sort
        What it is.
    default
        Its value where it is left out; `inspect.Parameter.empty` where it must be given.
    above, least, most
        Limits of a number: more than `above`, at least `least`, at most `most`; infinite for no limit.
    mend
        What to do about a number outside the limits.
    """

    name: str
    stored: str = ""
    sort: Sort = "number"
    default: Any = inspect.Parameter.empty
    above: float = -math.inf
    least: float = -math.inf
    most: float = math.inf
    mend: str = ""

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is inspect.Parameter.empty

    @property
    def limits(self) -> str:
        """The limits as a relation, such as ``0.02 <= shape <= 1e+06``."""
        strict = self.above > self.least
        low = self.above if strict else self.least
        if math.isinf(self.most):
            return f"{self.name} {'>' if strict else '>='} {low:g}"
        return f"{low:g} {'<' if strict else '<='} {self.name} <= {self.most:g}"

    def read(self, owner: Owner, value: object) -> tuple[Any, list[Problem]]:
        """Return the number or numbers that a value stands for, and what is wrong with it.

        Examples
        --------
        >>> number, problems = Param("std", above=0.0).read("Normal", -1)
        >>> number, problems[0].where, problems[0].found, problems[0].allowed
        (-1.0, 'Normal(std)', 'std = -1', 'std > 0')
        """
        number, problems = _read(self.sort, owner, value, self.name)
        if problems or self.sort != "number":
            return number, problems
        if self.above < number and self.least <= number <= self.most:
            return number, []
        return number, check_relation(owner, False, self.limits, self.mend, **{self.name: number})


def parameter(
    *,
    alias: str = "",
    default: Any = inspect.Parameter.empty,
    above: float = -math.inf,
    least: float = -math.inf,
    most: float = math.inf,
    mend: str = "",
) -> Any:
    """Declare a parameter of a family with more than its type: a default, limits, or another name than its field.

    See Also
    --------
    Param : what the arguments mean; `alias` is the name, where a method has that name already.
    """
    return Param(alias, default=default, above=above, least=least, most=most, mend=mend)


def call_of(owner: Owner) -> str:
    """Return the call of a family or constructor as a reader would write it, such as ``Normal()``."""
    return f"{owner if isinstance(owner, str) else owner.__name__}()"


_PLAIN = {float, np.float64}
"""What long lists mostly hold; each entry of another type is looked at by itself."""


def _is_number(value: object) -> bool:
    number = as_number(value)
    return number is not None and math.isfinite(number)


def _read(sort: Sort, owner: Owner, value: object, *keys: Key) -> tuple[Any, list[Problem]]:
    """Read finite numbers as floats; NaN, and a problem, for each that is none (a boolean or a text is none)."""
    if value is None and sort == "optional number":
        return None, []
    if sort != "numbers":
        if _is_number(value):
            return float(value) + 0.0, []  # type: ignore[arg-type]
        return math.nan, [Problem(call_of(owner), keys, repr(value), "a finite number")]
    entries = as_list(value)
    if not entries:
        return (), [Problem(call_of(owner), keys, repr(value), "a list of finite numbers")]
    if {type(entry) for entry in entries} <= _PLAIN:
        plain = np.array(entries, dtype=np.float64) + 0.0
        if np.isfinite(plain).all():
            return tuple(plain.tolist()), []
    numbers = [_read("number", owner, entry, *keys, place) for place, entry in enumerate(entries)]
    return tuple(number for number, _ in numbers), [problem for _, problems in numbers for problem in problems]


def check_finite(owner: Owner, **values: object) -> list[Problem]:
    """Return a problem for each value that is no finite number."""
    return [problem for name, value in values.items() for problem in Param(name).read(owner, value)[1]]


def check_relation(owner: Owner, holds: bool, relation: str, mend: str = "", /, **values: object) -> list[Problem]:
    """Return one problem, naming the relation and the values that break it, unless it holds.

    A relation of one value is a problem of that argument; one between several is a problem of the whole call. It is
    not judged where a value is no finite number: `check_finite` says so already.
    """
    if holds or not all(_is_number(value) for value in values.values()):
        return []
    found = ", ".join(f"{name} = {value:.10g}" for name, value in values.items())
    return [Problem(call_of(owner), tuple(values) if len(values) == 1 else (), found, relation, mend)]


def check_bounds(owner: Owner, low: float, high: float, **mode: float) -> list[Problem]:
    """Return one problem unless ``low < high``, a mode lies between them, and their distance is a float."""
    rises = all(low <= value <= high for value in mode.values())
    if rises and low < high and math.isfinite(high - low):
        return []
    bounds = {"low": low, "high": high}
    return (
        check_relation(owner, rises, "low <= mode <= high", low=low, **mode, high=high)
        or check_relation(owner, low < high, "low < high", KNOWN_VALUE, **bounds)
        or check_relation(owner, math.isfinite(high - low), "high - low within the range of floats", **bounds)
    )
