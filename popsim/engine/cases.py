"""The cases of a sweep: which keys of a study take which values, and the dimensions and labels of these."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from popsim import schema
from popsim.arguments import as_list, as_number
from popsim.errors import ParameterError, Problem, dotted, kind_of, nearest, shown, words
from popsim.study.patch import ALTERNATIVES, plain, split_key, toml_text
from popsim.study.schema_keys import document_keys, is_key, position
from popsim.study.toml_models import StudyFile

CASE = "case"
"""Dimension of cases that are listed one by one."""

FIXED = ("format", "study", "scenarios", "report", "headings", "labels", "csv", "translations", *ALTERNATIVES)
"""Tables of a study file that are the same in all cases."""
_FIXED_KEYS = (("money", "currency"), ("money", "price_year"))
"""Keys that are the same in all cases: amounts of different money are not to be compared."""


class Axis(NamedTuple):
    """One swept key: its name in a dataset, the dimensions of its values, and what these are."""

    key: str
    name: str
    dims: tuple[str, ...]
    values: tuple[object, ...]

    def coordinate(self) -> tuple[tuple[str, ...], np.ndarray[Any, Any], dict[str, str]]:
        """Return dimensions, values and attributes: numbers, words, or values as TOML writes them."""
        field = position(StudyFile, split_key(self.key)).field
        meaning = (field.description or "") if field else ""
        attributes = {"key": self.key, "long_name": self.key, "description": meaning}
        return self.dims, _as_array(self.values), {name: text for name, text in attributes.items() if text}


@dataclass(frozen=True)
class Cases:
    """Cases in order, each with the values of the keys that it changes.

    Examples
    --------
    >>> cases = Cases.of(grid={"financing.cofinancing": [0.2, 0.4], "start.years": [0, 1, 2]})
    >>> cases.dims, cases.shape, cases.changes[4]
    (('cofinancing', 'years'), (2, 3), {'financing.cofinancing': 0.4, 'start.years': 1})
    >>> Cases.of(cases=[{"start.years": 0}, {"start.years": 2, "area.f.include": False}]).dims
    ('case',)
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    axes: tuple[Axis, ...]
    changes: tuple[dict[str, object], ...]

    @classmethod
    def of(
        cls,
        grid: Mapping[str, Iterable[object]] | None = None,
        cases: Iterable[Mapping[str, object]] | None = None,
    ) -> Cases:
        """Return the cases of a grid, every value of each key with every value of the others, or those of a list.

        Raises
        ------
        ParameterError
            With every problem: neither or both, unknown keys, keys that are the same in all cases, no values, a value
            twice.
        """
        if (grid is None) == (cases is None):
            found = "neither" if grid is None else "both"
            allowed = 'a grid, {"financing.cofinancing": [0.2, 0.4]}, or cases, [{"financing.cofinancing": 0.2}, ...]'
            raise ParameterError(Problem("", ("grid", "cases"), found, allowed))
        return _of_grid(grid) if grid is not None else _of_list(cases)

    def text(self, number: int) -> str:
        """Return what a case changes, as TOML writes it.

        Examples
        --------
        >>> Cases.of(grid={"start.years": [0, 1]}).text(1)
        'start.years = 1'
        """
        return ", ".join(
            f"{dotted(split_key(key))} = {toml_text(value)}" for key, value in self.changes[number].items()
        )


def _of_grid(grid: Mapping[str, Iterable[object]]) -> Cases:
    if not isinstance(grid, Mapping) or not grid:
        raise ParameterError(Problem("", ("grid",), shown(grid), 'lists of values by key: {"start.years": [0, 1, 2]}'))
    lists, problems = {}, _key_problems(grid, "grid")
    for key, values in grid.items():
        entries = as_list(values)
        if not entries:
            allowed = "one or more values in a list"
            problems.append(Problem("", ("grid", str(key)), shown(values), allowed))
            continue
        lists[str(key)] = [plain(entry) for entry in entries]
        said = Counter(map(toml_text, lists[str(key)]))
        twice, count = said.most_common(1)[0]
        if count > 1:
            problems.append(Problem("", ("grid", str(key)), f"{twice} a second time", "each value once"))
    if (count := math.prod(map(len, lists.values()))) > schema.MOST_CASES:
        problems.append(Problem("", ("grid",), f"{count:,} cases", f"at most {schema.MOST_CASES:,} cases"))
    if problems:
        raise ParameterError(problems)
    names = _names(list(lists))
    axes = tuple(Axis(key, names[key], (names[key],), tuple(values)) for key, values in lists.items())
    changes = tuple(dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values()))
    return Cases(tuple(names.values()), tuple(len(values) for values in lists.values()), axes, changes)


def _of_list(cases: Iterable[Mapping[str, object]] | None) -> Cases:
    entries = list(cases) if isinstance(cases, Iterable) and not isinstance(cases, str | Mapping) else []
    if not entries or not all(isinstance(entry, Mapping) for entry in entries):
        allowed = 'one or more cases, each a dict by key: [{"start.years": 0}, {"start.years": 1}]'
        raise ParameterError(Problem("", ("cases",), kind_of(cases) if not entries else shown(entries), allowed))
    if len(entries) > schema.MOST_CASES:
        allowed = f"at most {schema.MOST_CASES:,} cases"
        raise ParameterError(Problem("", ("cases",), f"{len(entries):,} cases", allowed))
    changes = tuple({str(key): plain(value) for key, value in entry.items()} for entry in entries)
    keys = list(dict.fromkeys(key for entry in changes for key in entry))
    if problems := _key_problems(keys, "cases"):
        raise ParameterError(problems)
    names = _names(keys)
    axes = tuple(Axis(key, names[key], (CASE,), tuple(entry.get(key) for entry in changes)) for key in keys)
    return Cases((CASE,), (len(changes),), axes, changes)


def _key_problems(keys: Iterable[object], argument: str) -> list[Problem]:
    """Return what is wrong with keys that are to be swept."""
    problems = []
    known = [dotted(each) for each in document_keys(StudyFile, {}) if each[0] not in FIXED]
    for key in keys:
        parts = split_key(key) if isinstance(key, str) else ()
        if not parts or not is_key(StudyFile, parts):
            allowed = "a key of the study file, with its tables: such as financing.cofinancing"
            problems.append(Problem("", (argument,), shown(key), allowed, nearest(str(key), known)))
        elif parts[0] in FIXED or parts in _FIXED_KEYS:
            allowed = f"keys of {words(name for name in StudyFile.model_fields if name not in FIXED)}"
            mend = "state it for all cases; cases share scenarios, years and money, so that they can be compared"
            problems.append(Problem("", (argument,), str(key), allowed, mend))
    return problems


def _names(keys: Sequence[str]) -> dict[str, str]:
    """Return the name of each key in a dataset: its last part, or the whole where that is taken."""
    last = {key: split_key(key)[-1] for key in keys}
    taken = {*schema.DIMENSIONS, *schema.VARIABLES, *schema.COORDINATES, CASE, "failed"}
    single = [name for name in last.values() if list(last.values()).count(name) == 1 and name not in taken]
    return {key: name if name in single else dotted(split_key(key)) for key, name in last.items()}


def _as_array(values: Sequence[object]) -> np.ndarray[Any, Any]:
    """Return values as numbers or words, and else as TOML writes them; what a case does not state is NaN or empty."""
    stated = [value for value in values if value is not None]
    if stated and all(as_number(value) is not None for value in stated):
        whole = len(stated) == len(values) and all(isinstance(value, int) for value in values)
        return np.array([math.nan if value is None else value for value in values], dtype=int if whole else float)
    if stated and all(isinstance(value, bool) for value in values):
        return np.array(values)
    if all(isinstance(value, str) for value in stated):
        return np.array([value or "" for value in values])
    return np.array(["" if value is None else toml_text(value) for value in values])
