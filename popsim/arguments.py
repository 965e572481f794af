"""How arguments are read: numbers of Python, numpy, pandas and xarray alike; names; lists of numbers.

True and False are no numbers. A float that is whole counts as a whole number (1e4 scenarios), as far as floats hold
them all.
"""

from __future__ import annotations

import math
import numbers
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Set
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from popsim.errors import ParameterError, Problem, kind_of, nearest, shown

_EXACT = 2**53
"""Floats hold all whole numbers up to here."""
LONGEST_NAME = 255
"""Bytes that the name of a file or folder can have on every system."""

Name = TypeVar("Name", bound=str)
P = ParamSpec("P")
R = TypeVar("R")


def as_number(value: object) -> float | None:
    """Return a number, infinite ones and NaN included; None for anything else.

    Examples
    --------
    >>> as_number(3), as_number(True), as_number("3")
    (3.0, None, None)
    """
    value = _plain(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0.0 else -math.inf  # type: ignore[operator]


def as_whole(value: object) -> int | None:
    """Return a whole number; None for anything else.

    Examples
    --------
    >>> as_whole(2**64 - 1), as_whole(1e4), as_whole(0.5), as_whole(False)
    (18446744073709551615, 10000, None, None)
    """
    value = _plain(value)
    if isinstance(value, bool):
        return None
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return int(value)
    return None


def _plain(value: object) -> object:
    """Return the value of an array without dimensions, and numbers of numpy as those of Python."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return cast(Any, value).item()
    return value


def as_list(value: object) -> list[Any] | None:
    """Return the entries of a list, a tuple, an array of one dimension, a Series or an index; None for anything else.

    Examples
    --------
    >>> as_list((1, 2)), as_list("ab"), as_list({1, 2})
    ([1, 2], None, None)
    """
    dims = getattr(value, "ndim", 1)
    if isinstance(value, str | bytes | Mapping | Set) or not isinstance(value, Iterable) or dims != 1:
        return None
    # An array of xarray gives its entries as arrays without dimensions.
    return [_plain(entry) if hasattr(entry, "dims") else entry for entry in value]


def check_whole(argument: str, value: object, low: int, high: int | None = None, unless: str = "") -> int:
    """Return a whole number within limits.

    Parameters
    ----------
    argument, value
        Name of the argument, and what it was given.
    low, high
        Limits; None: none.
    unless
        What else may stand there, for the message, such as "None for all cores".

    Raises
    ------
    ParameterError
        For anything else.

    Examples
    --------
    >>> check_whole("points", 24.0, low=2)
    24
    """
    number = as_whole(value)
    if number is None or number < low or (high is not None and number > high):
        limits = f"of at least {low}" if high is None else f"from {low} to {high}"
        allowed = f"a whole number {limits}" + (f", or {unless}" if unless else "")
        raise ParameterError(Problem("", (argument,), repr(value), allowed))
    return number


def check_threads(threads: int | None) -> int:
    """Return the number of threads: as many as the process may use, unless stated.

    Raises
    ------
    ParameterError
        For less than one thread.
    """
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return check_whole("threads", threads, 1, unless="None for all cores")


def check_name(argument: str, value: object, known: Iterable[Name]) -> Name:
    """Return a name that is among the known ones.

    Raises
    ------
    ParameterError
        For a name that is not among the known ones; the message offers the nearest.

    Examples
    --------
    >>> check_name("design", "sobol", ["random", "sobol"])
    'sobol'
    """
    names = list(known)
    if not isinstance(value, str) or value not in names:
        *others, last = [f'"{name}"' for name in names]
        allowed = f"{', '.join(others)} or {last}" if others else last
        raise ParameterError(Problem("", (argument,), repr(value), allowed, nearest(str(value), names)))
    return cast(Name, str(value))


def check_text(argument: str, value: object, allowed: str) -> str:
    """Return a text.

    Raises
    ------
    ParameterError
        For anything else.

    Examples
    --------
    >>> check_text("variable", "cost", "the name of a variable")
    'cost'
    """
    if not isinstance(value, str):
        raise ParameterError(Problem("", (argument,), kind_of(value), allowed))
    return str(value)


def check_path(argument: str, value: object, allowed: str) -> str:
    """Return a path as text.

    Raises
    ------
    ParameterError
        For what is no path.

    Examples
    --------
    >>> check_path("folder", "results/pops", "a folder")
    'results/pops'
    """
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(path, str) or not path:
        found = "an empty path" if path == "" else kind_of(value)
        raise ParameterError(Problem("", (argument,), found, allowed))
    try:
        longest = max(map(len, os.fsencode(path).split(os.fsencode(os.sep))))
    except UnicodeEncodeError:
        longest = LONGEST_NAME + 1
    if "\0" in path or longest > LONGEST_NAME:
        mend = f"names without NUL, in characters that files can have, of at most {LONGEST_NAME} bytes"
        raise ParameterError(Problem("", (argument,), shown(path), allowed, mend))
    return path


def check_callable(argument: str, value: object, allowed: str = "a function, or None") -> None:
    """Refuse what is neither None nor can be called.

    Raises
    ------
    ParameterError
        For anything else.

    Examples
    --------
    >>> check_callable("progress", print)
    """
    if value is not None and not callable(value):
        raise ParameterError(Problem("", (argument,), kind_of(value), allowed))


def by_keyword(*names: str, **renamed: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that takes arguments as former versions did, with a DeprecationWarning.

    Parameters
    ----------
    names
        Keywords in the order of their former positions, after the first argument.
    renamed
        Former name of a keyword = its present name.

    Examples
    --------
    >>> @by_keyword("times")
    ... def repeat(text, *, times=1):
    ...     return text * times
    >>> repeat("a", times=3)
    'aaa'
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     print(repeat("a", 3), caught[0].message)
    aaa repeat(): pass times by keyword; by position it will be refused in a later version
    >>> @by_keyword(number="times")
    ... def repeat(text, *, times=1):
    ...     return text * times
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     print(repeat("a", number=3), caught[0].message)
    aaa repeat(): number is called times now; the former name will be refused in a later version
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*args: Any, **given: Any) -> R:
            named = dict(zip(names, args[1:], strict=False))
            if len(args) > 1 + len(named) or named.keys() & given.keys():
                # Python says what is wrong.
                return cast(Callable[..., R], function)(*args, **given)
            if named:
                stated, which = ", ".join(named), "it" if len(named) == 1 else "they"
                message = f"pass {stated} by keyword; by position {which} will be refused in a later version"
                warnings.warn(f"{function.__name__}(): {message}", DeprecationWarning, stacklevel=2)
            for former, present in renamed.items():
                if former in given and present not in given:
                    given[present] = given.pop(former)
                    message = f"{former} is called {present} now; the former name will be refused in a later version"
                    warnings.warn(f"{function.__name__}(): {message}", DeprecationWarning, stacklevel=2)
            return cast(Callable[..., R], function)(*args[:1], **given, **named)

        return called

    return decorate
