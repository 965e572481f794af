"""Set single keys of a study from outside the file, by dotted key."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from popsim.errors import Problem, nearest
from popsim.study.place import shown
from popsim.study.toml_models import StudyFile
from popsim.study.translate import document_keys, is_key

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
        keys = tuple(str(name).split("."))
        if not is_key(StudyFile, keys):
            known = document_keys(StudyFile, {"area": [*raw["area"]] if isinstance(raw.get("area"), dict) else []})
            problems.append(
                Problem(
                    f"override {name}",
                    f"unknown key {name} = {shown(value)}",
                    "a key of the study file, with its tables: such as scenarios.count or area.a.size_exponent",
                    nearest(str(name), known),
                )
            )
            continue
        table: Any = merged
        for key in keys[:-1]:
            table = table.setdefault(key, {}) if isinstance(table, dict) else table
        if isinstance(table, dict):
            table[keys[-1]] = plain(value)
            applied.append(keys)
        else:
            above = ".".join(keys[:-1])
            problems.append(
                Problem(
                    f"override {name}",
                    f"{above} = {shown(table)} in the study",
                    "a key in a table",
                    f"override {above}",
                )
            )
    return merged, tuple(applied), problems


def plain(value: object) -> object:
    """Value as TOML would give it: numpy numbers as Python's, tuples as lists.

    Examples
    --------
    >>> plain((np.float64(0.5), 1))
    [0.5, 1]
    """
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    return value
