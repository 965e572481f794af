"""What every family of distributions can do."""

from __future__ import annotations

import abc
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popsim.arguments import as_list, as_number
from popsim.display import as_html, one_line
from popsim.errors import Key, ParameterError, Problem, kind_of
from popsim.families.checks import (
    Owner,
    call_of,
    check_finite,
    check_relation,
    parse_quantiles,
    read_number,
    read_numbers,
    read_optional,
)
from popsim.families.structure import Structure

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Family", "Floats", "Numbers", "check_finite", "check_relation", "parse_quantiles", "refuse"]

Floats = NDArray[np.float64]
Numbers: TypeAlias = "Sequence[float] | NDArray[np.floating[Any] | np.integer[Any]] | pd.Series[float] | pd.Series[int]"
"""A list of numbers as people have them."""

_MOST_SHOWN, _FIRST_SHOWN, _LONGEST = 20, 3, 1_000
"""A longer list is shown by its first entries and its last; so many characters of a distribution are shown at most."""


def _read_family(owner: Owner, value: object, *keys: Key) -> tuple[object, list[Problem]]:
    """Read a distribution."""
    if isinstance(value, Family):
        return value, []
    mend = "in TOML: a table with a family"
    return value, [Problem(call_of(owner), keys, repr(value), "a distribution, such as Uniform(0, 1)", mend)]


def _read_families(owner: Owner, value: object, *keys: Key) -> tuple[tuple[Any, ...], list[Problem]]:
    """Read a list of distributions; each entry that is none is a problem of its own."""
    entries = as_list(value)
    if not entries:
        return (), [Problem(call_of(owner), keys, repr(value), "a list of distributions")]
    read = [_read_family(owner, item, *keys, index) for index, item in enumerate(entries)]
    return tuple(entries), [problem for _, found in read for problem in found]


_READERS: dict[str, Callable[..., tuple[Any, list[Problem]]]] = {
    "float": read_number,
    "float | None": read_optional,
    "tuple[float, ...]": read_numbers,
    "Family": _read_family,
    "tuple[Family, ...]": _read_families,
}
"""How a parameter is read, by the annotation of its field; any other annotation keeps the value as it is."""


class Family(Structure):
    """A distribution of one uncertain quantity; children are frozen dataclasses, one per file.

    A child names itself by `family` (the word used in TOML: the name of its file and of its class in small letters),
    gives its quantile function from below (`_ppf`) and from above (`_isf`, so that the upper tail keeps its digits),
    and says where that function is not smooth (`popsim.families.structure`). All else that popsim needs follows.

    A child is decorated ``@dataclass(frozen=True, init=False, repr=False)`` and writes its constructor out, handing the
    parameters to `_take`, which reads, checks and stores them. A parameter whose name is also that of a method (`mean`,
    `std`, `mode`) is stored under its name with an underscore behind it; constructor, repr and TOML never show that.
    """

    family: ClassVar[str]
    """The word for this family in TOML, such as ``"lognormal"``."""

    summary: ClassVar[str]
    """One line: what it is for when costs are described."""

    alternatives: ClassVar[tuple[str, ...]] = ()
    """Names of the class methods that TOML may also build from; their parameters are the keys."""

    confusions: ClassVar[tuple[tuple[tuple[str, ...], str], ...]] = ()
    """Keys that are often mixed although no form has them together, each with what to say about that."""

    stackable: ClassVar[bool] = False
    """Whether `_ppf`, `_isf`, `_cdf`, `_sf` and `taylor` hold for a stack of members too (see `stack`)."""

    quantile_counts: ClassVar[Sequence[int]] = ()
    """How many quantiles `from_quantiles` can honour; empty for a family that is not fitted to quantiles."""

    def _take(self, **parameters: object) -> None:
        """Read, check and store all parameters; raise every problem at once."""
        problems: list[Problem] = []
        for field in fields(cast(Any, self)):
            name = field.name.rstrip("_")
            value = parameters.pop(name)
            if reader := _READERS.get(str(field.type)):
                value, found = reader(type(self), value, name)
                problems += found
            object.__setattr__(self, field.name, value)
        if parameters:
            raise TypeError(f"{type(self).__name__} has no field for {', '.join(parameters)}")
        if problems := problems + self._relations():
            raise ParameterError(problems)

    def structure(self) -> tuple[object, ...]:
        """Return what members must share to be put into one stack: which parameters are None, how long lists are."""
        names = _irregular(type(self))
        if not names:
            return ()
        values = [getattr(self, name) for name in names]
        return tuple(len(value) if isinstance(value, tuple) else value is None for value in values)

    @classmethod
    def _trusted(cls, **stored: object) -> Self:
        """Make a member of values, by the names of its fields, that follow from those of a member that was checked."""
        made = object.__new__(cls)
        vars(made).update(stored)
        return made

    @classmethod
    def stack(cls, members: Sequence[Self]) -> Self:
        """Put many members into one, for `ppf`, `isf`, `cdf`, `sf` and `taylor` alone: each parameter is a column.

        Where `stackable`, those answer with one row per member; a list of n numbers becomes n columns, None stays None
        (the members must agree on both).
        """
        columns: dict[str, object] = {}
        for field in fields(cast(Any, cls)):
            values = [getattr(member, field.name) for member in members]
            columns[field.name] = None if values[0] is None else np.array(values, dtype=np.float64).T[..., None]
        return cls._trusted(**columns)

    def _relations(self) -> list[Problem]:
        """Relations between parameters that do not hold; a number that could not be read is NaN here."""
        return []

    @abc.abstractmethod
    def _ppf(self, p: Floats) -> Any:
        """Quantiles at probabilities in [0, 1] or NaN; the answer to NaN is ignored (Any: scipy has no types)."""

    @abc.abstractmethod
    def _isf(self, q: Floats) -> Any:
        """Upper quantiles at probabilities in [0, 1] or NaN."""

    @abc.abstractmethod
    def _cdf(self, x: Floats) -> Any:
        """Cumulative probabilities at any values, infinities and NaN included."""

    def _sf(self, x: Floats) -> Any:
        """Probability of more, at any values; a family whose upper tail keeps its digits says how."""
        return 1.0 - self._cdf(x)

    def ppf(self, probability: ArrayLike) -> Floats:
        """Quantile: the value that is not exceeded with the given probability (0 to 1); NaN outside."""
        return _elementwise(self._ppf, _probabilities(probability))

    def isf(self, probability: ArrayLike) -> Floats:
        """Upper quantile: the value exceeded with the given probability, exact for small ones; NaN outside 0 to 1."""
        return _elementwise(self._isf, _probabilities(probability))

    def cdf(self, value: ArrayLike) -> Floats:
        """Probability that the quantity is at most `value`."""
        return _elementwise(self._cdf, _numbers("value", value))

    def sf(self, value: ArrayLike) -> Floats:
        """Probability that the quantity is more than `value`."""
        return _elementwise(self._sf, _numbers("value", value))

    @abc.abstractmethod
    def mean(self) -> float:
        """Return the expected value."""

    @abc.abstractmethod
    def std(self) -> float:
        """Return the standard deviation; infinity where it does not exist or passes the largest float."""

    @abc.abstractmethod
    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value."""

    @abc.abstractmethod
    def mode(self) -> float:
        """Return the most likely value; each family says what it means where the density has no single peak."""

    def _mode_within(self, low: float, high: float) -> float:
        """Most likely value between two bounds that hold some probability; right for a density with one peak."""
        return min(max(self.mode(), low), high)

    def taylor(self, z: Floats, order: int, logarithm: bool) -> Floats:  # noqa: ARG002  (children use them)
        """Taylor series, about rising normal scores, of the quantile or of the log of its distance to the lower limit.

        For families whose quantiles are dear and whose density has a series by recurrence (`popsim.families.series`):
        new coefficients, shape (order + 1, members, scores). `has_taylor` says whether there is one.
        """
        raise TypeError(f"{type(self).__name__} has no series")

    @classmethod
    def has_taylor(cls) -> bool:
        """Whether `taylor` speaks of the quantiles at hand: a child that changes these alone does not inherit it."""
        return _has_taylor(cls)

    def standard(self) -> tuple[Family, float, float]:
        """Split off location and scale: ``(shape, location, scale)`` with self = location + scale x shape, scale > 0.

        Quantities whose `shape` is equal share one table in the sampling core. The default keeps everything in shape.
        """
        return self, 0.0, 1.0

    def parameters(self) -> dict[str, Any]:
        """Parameters by name, as they would stand in TOML; those that are not given (None) are left out."""
        values = {name: getattr(self, stored) for name, stored in _stored_names(type(self))}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_quantiles(cls, **quantiles: float) -> Self:
        """Fit exactly to quantiles named ``p05=..., p50=..., p95=...``; families that cannot, refuse.

        Raises
        ------
        ParameterError
            When the family does not take quantiles, or not these.
        """
        raise ParameterError(
            Problem(
                f"{cls.__name__}.from_quantiles()",
                (),
                ", ".join(f"{name}={value}" for name, value in quantiles.items()),
                f"parameters by name: {', '.join(field.name.rstrip('_') for field in fields(cast(Any, cls)))}",
                "a lognormal takes two quantiles, a metalog three or more",
            )
        )

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Instances that span the family, extremes included: the conformance tests and benchmarks run on them."""
        raise TypeError(f"{cls.__name__} names no examples")

    def reference(self) -> Any:
        """Return an independent frozen scipy.stats distribution of the same law; None where scipy has none."""
        return None

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self.parameters().items())
        return one_line(f"{type(self).__name__}({shown})", _LONGEST)

    def _repr_html_(self) -> str:
        rows = [(name, _shown(value)) for name, value in self.parameters().items()]
        rows += [(f"P{percent}", f"{float(self.ppf(percent / 100)):.6g}") for percent in (5, 50, 95)]
        return as_html(type(self).__name__, rows)


@cache
def _has_taylor(cls: type[Family]) -> bool:
    def owner(name: str) -> type:
        return next(parent for parent in cls.__mro__ if name in vars(parent))

    home = owner("taylor")
    return home is not Family and all(issubclass(home, owner(name)) for name in ("_ppf", "_isf", "_cdf", "_sf"))


@cache
def _stored_names(cls: type[Family]) -> tuple[tuple[str, str], ...]:
    """Names of the parameters, each with the name of its field."""
    return tuple((field.name.rstrip("_"), field.name) for field in fields(cast(Any, cls)))


@cache
def _irregular(cls: type[Family]) -> tuple[str, ...]:
    """Name the fields that are not always one number."""
    return tuple(field.name for field in fields(cast(Any, cls)) if str(field.type) != "float")


def refuse(owner: Owner, method: str, found: str, allowed: str, mend: str = "") -> NoReturn:
    """Raise one problem of an alternative constructor."""
    raise ParameterError(Problem(f"{call_of(owner)[:-2]}.{method}()", (), found, allowed, mend))


def _probabilities(probability: ArrayLike) -> Floats:
    p = _numbers("probability", probability)
    return np.where((p >= 0.0) & (p <= 1.0), p, np.nan)


def _numbers(argument: str, value: ArrayLike) -> Floats:
    """Read numbers of any shape; a text, a truth or None is none."""
    try:
        array = np.asarray(value)
    except ValueError:
        array = np.array(None)
    if array.dtype.kind in "fiu":
        return array.astype(np.float64, copy=False)
    read = [as_number(entry) for entry in array.ravel().tolist()]
    if array.dtype.kind != "O" or None in read:
        raise ParameterError(Problem("", (argument,), kind_of(value), "a number, or an array of numbers"))
    return np.array(read, dtype=np.float64).reshape(array.shape)


def _elementwise(function: Callable[[Floats], Any], argument: Floats) -> Floats:
    # Infinite ends are part of the law, so that log(0) and overflow towards them are no mistakes.
    with np.errstate(all="ignore"):
        result = np.asarray(function(argument), dtype=np.float64)
    return np.asarray(np.where(np.isnan(argument), np.nan, result))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        if len(value) > _MOST_SHOWN:
            first = ", ".join(_shown(item) for item in value[:_FIRST_SHOWN])
            return f"({first}, ..., {_shown(value[-1])}; {len(value)} in all)"
        inner = ", ".join(_shown(item) for item in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value).removesuffix(".0") if isinstance(value, float) else repr(value)
