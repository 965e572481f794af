"""The base of all families of distributions."""

from __future__ import annotations

import abc
import inspect
import operator
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import ArrayLike

from popsim.arguments import as_list, as_number
from popsim.arrays import Floats as Floats
from popsim.display import as_html, one_line
from popsim.errors import Key, ParameterError, Problem, kind_of, nearest
from popsim.families.parameters import (
    Numbers,
    Owner,
    Param,
    Sort,
    call_of,
    parameter,
)

_MOST_SHOWN, _FIRST_SHOWN, _LONGEST = 20, 3, 1_000
"""A longer list is shown by its first entries and its last; so many characters of a distribution are shown at most."""


@typing.dataclass_transform(frozen_default=True, field_specifiers=(parameter,))
class Family(abc.ABC):
    """A distribution of one uncertain quantity; each family is a child, in a file of its own.

    A child names itself by `family` (the word used in TOML: the name of its file and of its class in small letters) and
    declares each parameter once, as a field: ``scale: float = parameter(above=0.0)``. From the declarations follow the
    constructor, the checks, the forms in TOML, the JSON schema and the list of families. A field is a ``float``, a
    ``float | None``, a ``tuple[float, ...]``, a ``Family`` or a ``tuple[Family, ...]``; any other raises TypeError when
    the class is made. A parameter whose name is also that of a method (`mean`, `std`, `mode`) is stored under its name
    with an underscore behind it, ``mean_: float = parameter(alias="mean")``. A child that takes more than it stores,
    such as any list of numbers, writes its constructor out and hands the parameters to `_take`. What ties parameters to
    each other is checked by `_relations`.

    A child gives its quantile function from below (`_ppf`) and from above (`_isf`, so that the upper tail keeps its
    digits), and says where that function is not smooth (`kinks`, `jumps`, `atoms`, `corners`). All else that popsim
    needs follows. Instances never change, and are equal when family and parameters are.
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

    _params: ClassVar[tuple[Param, ...]] = ()
    """The parameters, in the order of the constructor."""

    _key: ClassVar[Callable[[Any], object]] = staticmethod(operator.attrgetter("__class__"))
    """Returns what makes two distributions equal: the family and all parameters."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Read the declarations of the parameters; make a constructor unless the class has one.

        Raises
        ------
        TypeError
            For a field whose type hint is none of those that a parameter can have.
        """
        super().__init_subclass__(**options)
        sorts = _sorts(cls, inspect.get_annotations(cls))
        if not sorts:
            return
        params = {param.stored: param for param in cls._params}
        for stored, sort in sorts.items():
            declared = vars(cls).get(stored, Param(""))
            param = declared if isinstance(declared, Param) else Param("", default=declared)
            params[stored] = replace(param, name=param.name or stored.rstrip("_"), stored=stored, sort=sort)
            if stored in vars(cls):
                delattr(cls, stored)
        cls._params = tuple(params.values())
        cls._key = staticmethod(operator.attrgetter("__class__", *params))
        if "__init__" not in vars(cls):
            cls.__init__ = _constructor(cls._params)  # type: ignore[method-assign]

    def _take(self, **parameters: object) -> None:
        """Read, check and store all parameters; raise every problem at once."""
        owner = type(self)
        problems: list[Problem] = []
        for param in self._params:
            value, wrong = self._read(owner, param, parameters.pop(param.name))
            vars(self)[param.stored] = value
            problems += wrong
        if parameters:
            message = f"{owner.__name__} has no field for {', '.join(parameters)}"
            raise TypeError(message)
        if problems := problems + self._relations():
            raise ParameterError(problems)

    @staticmethod
    def _read(owner: Owner, param: Param, value: object) -> tuple[Any, list[Problem]]:
        if param.sort == "distribution":
            return _read_family(owner, value, param.name)
        return _read_families(owner, value, param.name) if param.sort == "distributions" else param.read(owner, value)

    @classmethod
    def _check(cls, owner: Owner, **values: object) -> list[Problem]:
        """Return what is wrong with values that another constructor takes for parameters of the same names."""
        params = {param.name: param for param in cls._params}
        return [problem for name, value in values.items() for problem in cls._read(owner, params[name], value)[1]]

    def __setattr__(self, name: str, value: object = None) -> None:
        """Refuse to change."""
        message = f"a distribution cannot be changed: make another {type(self).__name__} instead"
        raise AttributeError(message)

    __delattr__ = __setattr__

    def __eq__(self, other: object) -> bool:
        return type(self)._key(self) == type(other)._key(other) if isinstance(other, Family) else NotImplemented

    def __hash__(self) -> int:
        return hash(type(self)._key(self))

    def structure(self) -> tuple[object, ...]:
        """Return what members must share to be put into one stack: which parameters are None, how long lists are."""
        values = [vars(self)[param.stored] for param in self._params if param.sort != "number"]
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
        for param in cls._params:
            values = [getattr(member, param.stored) for member in members]
            columns[param.stored] = None if values[0] is None else np.array(values, dtype=np.float64).T[..., None]
        return cls._trusted(**columns)

    def _relations(self) -> list[Problem]:
        """Return the relations between parameters that do not hold; a number that could not be read is NaN here."""
        return []

    @abc.abstractmethod
    def _ppf(self, p: Floats) -> Any:
        """Return quantiles at probabilities in [0, 1] or NaN; what NaN gives is ignored (Any: scipy has no types)."""

    @abc.abstractmethod
    def _isf(self, q: Floats) -> Any:
        """Return upper quantiles at probabilities in [0, 1] or NaN."""

    @abc.abstractmethod
    def _cdf(self, x: Floats) -> Any:
        """Return cumulative probabilities at any values, infinities and NaN included."""

    def _sf(self, x: Floats) -> Any:
        """Return probabilities of more, at any values; a child whose upper tail keeps its digits overrides this."""
        return 1.0 - self._cdf(x)

    def _both(self, x: Floats) -> tuple[Any, Any]:
        """Return probabilities of no more and of more: of a distribution around others, from one question to each."""
        return self._cdf(x), self._sf(x)

    def ppf(self, probability: ArrayLike) -> Floats:
        """Return quantiles: the values not exceeded with the given probabilities.

        Parameters
        ----------
        probability
            Probabilities, a number or an array of any shape; the result is NaN outside 0 to 1.

        Returns
        -------
        numpy.ndarray
            Quantiles in the unit of the quantity, in the same shape.

        Raises
        ------
        ParameterError
            For anything that is no number.

        Examples
        --------
        >>> from popsim.families import Uniform
        >>> Uniform(0, 10).ppf([0.25, 0.5])
        array([2.5, 5. ])
        """
        return _elementwise(self._ppf, _probabilities(probability))

    def isf(self, probability: ArrayLike) -> Floats:
        """Return upper quantiles: the values exceeded with the given probabilities, exact for small ones.

        Parameters
        ----------
        probability
            Probabilities, a number or an array of any shape; the result is NaN outside 0 to 1.

        Returns
        -------
        numpy.ndarray
            Quantiles in the unit of the quantity, in the same shape.

        Raises
        ------
        ParameterError
            For anything that is no number.

        Examples
        --------
        >>> from popsim.families import Uniform
        >>> Uniform(0, 10).isf(0.25).item()
        7.5
        """
        return _elementwise(self._isf, _probabilities(probability))

    def cdf(self, value: ArrayLike) -> Floats:
        """Return the probabilities that the quantity is at most the given values.

        Parameters
        ----------
        value
            Values in the unit of the quantity, a number or an array of any shape.

        Returns
        -------
        numpy.ndarray
            Probabilities, in the same shape.

        Raises
        ------
        ParameterError
            For anything that is no number.

        Examples
        --------
        >>> from popsim.families import Uniform
        >>> Uniform(0, 10).cdf(4).item()
        0.4
        """
        return _elementwise(self._cdf, _numbers("value", value))

    def sf(self, value: ArrayLike) -> Floats:
        """Return the probabilities that the quantity is more than the given values, exact for small ones.

        Parameters
        ----------
        value
            Values in the unit of the quantity, a number or an array of any shape.

        Returns
        -------
        numpy.ndarray
            Probabilities, in the same shape.

        Raises
        ------
        ParameterError
            For anything that is no number.

        Examples
        --------
        >>> from popsim.families import Uniform
        >>> Uniform(0, 10).sf(4).item()
        0.6
        """
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
        """Return the most likely value; each family states what that is where the density has no single peak."""

    def _mode_within(self, low: float, high: float) -> float:
        """Return the most likely value between two bounds; right for a density with one peak."""
        return min(max(self.mode(), low), high)

    def taylor(self, z: Floats, order: int, logarithm: bool) -> Floats:  # noqa: ARG002  (children use them)
        """Return Taylor series, about rising normal scores, of the quantile or of its log distance to the lower limit.

        For families whose quantiles are costly and whose density has a series by recurrence (`popsim.families.series`):
        new coefficients, shape (order + 1, members, scores). `has_taylor` says whether there is one.
        """
        raise TypeError(f"{type(self).__name__} has no series")

    @classmethod
    def has_taylor(cls) -> bool:
        """Return True where `taylor` is that of the quantiles: a child that changes these alone does not inherit it."""
        return _has_taylor(cls)

    def kinks(self) -> tuple[float, ...]:
        """Return the probabilities, rising, inside (0, 1), at which the quantile function is not smooth."""
        return ()

    def kink_scores(self) -> Floats:
        """Return normal scores of the kinks, rising; here kinks near probability 1 may keep their digits."""
        from scipy import special

        return np.asarray(special.ndtri(np.array(self.kinks(), dtype=np.float64)))

    def jumps(self) -> tuple[Floats, Floats] | None:
        """Return, for separate values, cumulative probabilities (the last is 1) and rising values; else None."""
        return None

    def steep(self) -> bool:
        """Return True where quantiles may jump, or rise too fast for neighbouring probabilities to separate them.

        A table then need not know a score better than to 1e-12.
        """
        return False

    def atoms(self) -> Floats:
        """Return the values, rising, that have a probability of their own."""
        steps = self.jumps()
        return np.zeros(0) if steps is None else steps[1]

    def corners(self) -> Floats:
        """Return the values, rising, in the support, at which the distribution function is not smooth."""
        steps = self.jumps()
        return np.asarray(self._ppf(np.array(self.kinks(), dtype=np.float64))) if steps is None else steps[1]

    def gaps(self) -> list[tuple[float, float]]:
        """Return the intervals between possible values that have no probability."""
        ends = np.array([end for end in self.support() if np.isfinite(end)])
        x = np.unique(np.concatenate([self.corners(), ends]))
        with np.errstate(all="ignore"):
            empty = self._cdf(x[:-1]) == self._below(x[1:])
        return [(float(left), float(right)) for left, right in zip(x[:-1][empty], x[1:][empty], strict=True)]

    def _below(self, x: Floats) -> Any:
        """Return the probability of less than `x`."""
        return self._cdf(np.nextafter(x, -np.inf) if len(self.atoms()) else x)

    def _from(self, x: Floats) -> Any:
        """Return the probability of `x` or more."""
        return self._sf(np.nextafter(x, -np.inf) if len(self.atoms()) else x)

    def standard(self) -> tuple[Family, float, float]:
        """Return ``(shape, location, scale)`` with self = location + scale x shape and scale > 0.

        Quantities whose `shape` is equal share one table in the sampling core. The default keeps everything in shape.
        """
        return self, 0.0, 1.0

    def parameters(self) -> dict[str, Any]:
        """Return the parameters by name, as in TOML; those that are not given (None) are left out."""
        values = {param.name: getattr(self, param.stored) for param in self._params}
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_quantiles(cls, **quantiles: float) -> Self:
        """Fit exactly to quantiles named ``p05=..., p50=..., p95=...``; a family that cannot, refuses.

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
                f"parameters by name: {', '.join(param.name for param in cls._params)}",
                "a lognormal takes two quantiles, a metalog three or more",
            )
        )

    @classmethod
    def examples(cls) -> tuple[Family, ...]:
        """Return members that span the family, extremes included: conformance tests and benchmarks run on them."""
        raise TypeError(f"{cls.__name__} names no examples")

    def reference(self) -> Any:
        """Return the same distribution as a frozen one of scipy.stats, to compare with; None where scipy has none."""
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


_SORTS: dict[Any, Sort] = {
    float: "number",
    float | None: "optional number",
    tuple[float, ...]: "numbers",
    Numbers: "numbers",
    Family: "distribution",
    tuple[Family, ...]: "distributions",
}


def _sorts(owner: Any, names: Iterable[str]) -> dict[str, Sort]:
    """Return what fields or arguments are, by the type hints of their class or function, however these are written.

    Variables of the class are left out.
    """
    try:
        hints = typing.get_type_hints(owner)
    except NameError as error:
        message = f"{owner.__qualname__}: a type hint cannot be evaluated: {error}"
        raise TypeError(message) from None
    sorts: dict[str, Sort] = {}
    for name in names:
        hint = hints[name]
        if hint is ClassVar or typing.get_origin(hint) is ClassVar:
            continue
        if hint not in _SORTS:
            known = "float, float | None, tuple[float, ...], Family or tuple[Family, ...]"
            message = f"{owner.__qualname__}: the type of {name} is {hint}, and that of a parameter must be {known}"
            raise TypeError(message)
        sorts[name] = _SORTS[hint]
    return sorts


def params_of_call(call: Callable[..., Family]) -> tuple[Param, ...]:
    """Return the parameters of a family or of one of its other constructors, in their order."""
    if isinstance(call, type):
        return cast("type[Family]", call)._params
    given = [each for each in inspect.signature(call).parameters.values() if each.kind is not each.VAR_KEYWORD]
    sorts = _sorts(call, [each.name for each in given])
    return tuple(Param(each.name, sort=sorts[each.name], default=each.default) for each in given)


def _constructor(params: Sequence[Param]) -> Callable[..., None]:
    """Make a constructor that takes parameters by their order or names."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    hints = {sort: hint for hint, sort in _SORTS.items()}
    parts = [
        inspect.Parameter(param.name, kind, default=param.default, annotation=hints[param.sort]) for param in params
    ]
    signature = inspect.Signature(parts)
    names = list(signature.parameters)
    defaults = {param.name: param.default for param in params if not param.required}

    def construct(self: Family, *args: object, **named: object) -> None:
        given = defaults | dict(zip(names, args, strict=False)) | named
        if (
            len(given) < len(names)
            or len(args) + len(named) > len(names)
            or not named.keys() <= set(names[len(args) :])
        ):
            for name in named.keys() - set(names):
                message = f"{type(self).__name__}() got an unexpected keyword argument {name!r}"
                hint = nearest(name, names)
                raise TypeError(f"{message}; {hint}" if hint else message)
            signature.bind(*args, **named)  # raises TypeError
        self._take(**given)

    construct.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter("self", kind), *parts], return_annotation=None
    )
    return construct


def _read_family(owner: Owner, value: object, *keys: Key) -> tuple[object, list[Problem]]:
    if isinstance(value, Family):
        return value, []
    mend = "in TOML: a table with a family"
    return value, [Problem(call_of(owner), keys, repr(value), "a distribution, such as Uniform(0, 1)", mend)]


def _read_families(owner: Owner, value: object, *keys: Key) -> tuple[tuple[Any, ...], list[Problem]]:
    """Read a list of distributions; each entry that is none is a problem of its own."""
    entries = as_list(value)
    if not entries:
        return (), [Problem(call_of(owner), keys, repr(value), "a list of distributions")]
    problems = [_read_family(owner, entry, *keys, place)[1] for place, entry in enumerate(entries)]
    return tuple(entries), [problem for each in problems for problem in each]


def _probabilities(probability: ArrayLike) -> Floats:
    p = _numbers("probability", probability)
    return np.where((p >= 0.0) & (p <= 1.0), p, np.nan)


def _numbers(argument: str, value: ArrayLike) -> Floats:
    """Read numbers of any shape; a text, a boolean or None is none."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        array = np.array(None)
    if array.dtype.kind in "fiu":
        return array.astype(np.float64, copy=False)
    read = [as_number(entry) for entry in array.ravel().tolist()]
    if array.dtype.kind != "O" or None in read:
        raise ParameterError(Problem("", (argument,), kind_of(value), "a number, or an array of numbers"))
    return np.array(read, dtype=np.float64).reshape(array.shape)


def _elementwise(function: Callable[[Floats], Any], argument: Floats) -> Floats:
    # Infinite ends are part of the distribution, so that log(0) and overflow towards them are no mistakes.
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
