"""Set single keys of a study from outside the file, by dotted key."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from popsim.arguments import as_list
from popsim.errors import Problem, nearest
from popsim.study.keys import lay, split_key
from popsim.study.place import shown
from popsim.study.toml_models import StudyFile
from popsim.study.translate import document_keys, entries_of, is_key

__all__ = ["apply_overrides"]


def apply_overrides(
    raw: dict[str, Any], overrides: Mapping[str, object]
) -> tuple[dict[str, Any], tuple[tuple[str, ...], ...], list[Problem]]:
    """Lay overrides over a parsed study file: the result, the keys that were set, and overrides that name no key.

    Examples
    --------
    >>> apply_overrides({"scenarios": {"count": 10}}, {"scenarios.count": 20})
    ({'scenarios': {'count': 20}}, (('scenarios', 'count'),), [])
    """
    merged = copy.deepcopy(raw)
    applied: list[tuple[str, ...]] = []
    problems: list[Problem] = []
    for name, value in overrides.items():
        where, keys = f"override {name}", split_key(str(name))
        if keys[0] == "option":
            problems.append(
                Problem(
                    where,
                    (),
                    f"{name} = {shown(value)}",
                    "keys of the study itself, on which its options are built",
                    "change the option in the study file",
                )
            )
        elif not is_key(StudyFile, keys):
            known = [key for key in document_keys(StudyFile, entries_of(raw)) if not key.startswith("option")]
            problems.append(
                Problem(
                    where,
                    (),
                    f"unknown key {name} = {shown(value)}",
                    "a key of the study file, with its tables: such as scenarios.count or area.a.size_exponent",
                    nearest(str(name), known),
                )
            )
        elif blocked := lay(merged, keys, plain(value)):
            above, there = blocked
            problems.append(
                Problem(where, (), f"{above} = {shown(there)} in the study", "a key in a table", f"override {above}")
            )
        else:
            applied.append(keys)
    return merged, tuple(applied), problems


def plain(value: object) -> object:
    """Value as TOML would give it: numbers of numpy as Python's, paths as text, arrays and tuples as lists.

    Examples
    --------
    >>> plain((np.float64(0.5), 1))
    [0.5, 1]
    """
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    entries = as_list(value)
    if entries is not None:
        return [plain(entry) for entry in entries]
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    return value
