"""Checks of parameters that name the value that was found and the relation that it breaks."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from popsim.arguments import as_list, as_number
from popsim.errors import Key, ParameterError, Problem

__all__ = [
    "QUANTILE_NAME",
    "Owner",
    "call_of",
    "check_finite",
    "check_relation",
    "counts_in_words",
    "parse_quantiles",
    "read_number",
    "read_numbers",
    "read_optional",
]

Owner = type | str
"""What is being built: a family, or the name of one of its constructors, such as ``"LogNormal.from_mean_std"``."""

QUANTILE_NAME = re.compile(r"p(\d{2,})")
"""``p05`` is the 5 % quantile, ``p50`` the median, ``p995`` the 99.5 % quantile."""


def call_of(owner: Owner) -> str:
    """Return the call of a family or constructor as a reader would write it, such as ``Normal()``."""
    return f"{owner if isinstance(owner, str) else owner.__name__}()"


def _is_number(value: object) -> bool:
    number = as_number(value)
    return number is not None and math.isfinite(number)


def read_number(owner: Owner, value: object, *keys: Key) -> tuple[float, list[Problem]]:
    """Read one finite number; NaN and a problem for anything else (bool and text included)."""
    if _is_number(value):
        return float(value) + 0.0, []  # type: ignore[arg-type]
    return math.nan, [Problem(call_of(owner), keys, repr(value), "a finite number")]


def read_optional(owner: Owner, value: object, *keys: Key) -> tuple[float | None, list[Problem]]:
    """Read one finite number or None."""
    return (None, []) if value is None else read_number(owner, value, *keys)


def read_numbers(owner: Owner, value: object, *keys: Key) -> tuple[tuple[float, ...], list[Problem]]:
    """Read a list of finite numbers; each entry that is none is a problem of its own."""
    entries = as_list(value)
    if not entries:
        return (), [Problem(call_of(owner), keys, repr(value), "a list of finite numbers")]
    read = [read_number(owner, item, *keys, index) for index, item in enumerate(entries)]
    return tuple(number for number, _ in read), [problem for _, found in read for problem in found]


def check_finite(owner: Owner, **values: object) -> list[Problem]:
    """List the values that are not finite numbers."""
    return [problem for name, value in values.items() for problem in read_number(owner, value, name)[1]]


def check_relation(owner: Owner, holds: bool, relation: str, mend: str = "", /, **values: object) -> list[Problem]:
    """List one problem, naming the relation and the values that break it, unless it holds.

    A relation of one value is a problem of that argument; one between several is a problem of the whole call. It is
    not judged where a value is no finite number: `check_finite` says so already.
    """
    if holds or not all(_is_number(value) for value in values.values()):
        return []
    found = ", ".join(f"{name} = {value:.10g}" for name, value in values.items())
    return [Problem(call_of(owner), tuple(values) if len(values) == 1 else (), found, relation, mend)]


def parse_quantiles(owner: type, quantiles: Mapping[str, object], counts: Sequence[int]) -> list[tuple[float, float]]:
    """Read ``p05=1.0, p95=9.0`` into rising (probability, value) pairs; ``p995`` is 0.995.

    Raises
    ------
    ParameterError
        For a name that is no quantile, a count that the family cannot honour, values that are not finite or not rising.

    Examples
    --------
    >>> parse_quantiles(float, {"p95": 9, "p05": 1}, (2,))
    [(0.05, 1.0), (0.95, 9.0)]
    """
    problems: list[Problem] = []
    pairs: list[tuple[float, float]] = []
    method = f"{owner.__name__}.from_quantiles"
    for name, value in quantiles.items():
        match = QUANTILE_NAME.fullmatch(name)
        probability = float(f"0.{match[1]}") if match else 0.0
        if not 0.0 < probability < 1.0:
            allowed = "pNN with at least two digits, such as p05, p50, p995"
            problems.append(Problem(call_of(method), (name,), f"{name} = {value!r}", allowed))
            continue
        number, found = read_number(method, value, name)
        problems += found
        pairs.append((probability, number))
    pairs.sort()
    if not problems and len(pairs) not in counts:
        found_count = f"{len(pairs)} ({', '.join(quantiles)})" if quantiles else "none"
        problems.append(Problem(call_of(method), (), found_count, f"{counts_in_words(counts)} for this family"))
    if not problems and any(b[1] <= a[1] or b[0] <= a[0] for a, b in pairwise(pairs)):
        shown = ", ".join(f"{name} = {value:.10g}" for name, value in quantiles.items())
        problems.append(Problem(call_of(method), (), shown, "values that rise with their probability"))
    if problems:
        raise ParameterError(problems)
    return pairs


def counts_in_words(counts: Sequence[int]) -> str:
    """Say how many quantiles: ``2 quantiles pNN``, ``3 to 16 quantiles pNN``."""
    if len(counts) == 1:
        return f"{counts[0]} quantile{'s' if counts[0] > 1 else ''} pNN"
    return f"{counts[0]} to {counts[-1]} quantiles pNN"
