"""Change single keys of a study: overrides of whoever loads it, and the negotiating options in the study itself.

Both lay values over the tables of the study file by dotted key. The changed file is then checked as a whole once more.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import tomli_w

from popsim.arguments import as_list
from popsim.errors import Problem, dotted, nearest, shown, words
from popsim.schema import CSV_FILES, FULL, INPUTS_FOLDER, MOST_CHANGES
from popsim.study.files import long_numbers
from popsim.study.model import Option, Study, WhatIf
from popsim.study.schema_keys import document_keys, is_key, is_table, position
from popsim.study.toml_models import OptionTable, StudyFile
from popsim.study.validate import Checked, check_document

ALTERNATIVES = ("option", "what_if")
"""Lists of studies with some keys changed, none of which sees the others."""
BESIDE = ("translations", *ALTERNATIVES)
"""What options are loaded without: it belongs to the study that has them."""
FIXED = ("format", "study", "scenarios", "report", "headings", "labels", "csv", "catalogue", "money", *BESIDE)
"""Tables that are the same in all options, for results of options to be compared."""

TextKeys = tuple[str, ...]
Fault = tuple[str, str, str]
"""What was found, what is allowed, how to mend it."""
Changing = TypeVar("Changing", bound=OptionTable)
Loader = Callable[[Checked[StudyFile]], tuple[Study | None, list[Problem]]]

_NOUNS = {"option": "option", "what_if": "what-if"}
"""What an entry of `ALTERNATIVES` is called."""

_QUOTED = r'"(?:[^"\\]|\\.)*"' + r"|'[^']*'"


def split_key(text: str) -> TextKeys:
    """Split a dotted key; parts with dots or spaces may stand in quotation marks.

    Examples
    --------
    >>> split_key("area.f.include"), split_key('by.ldc."not LDC"'), split_key("by.ldc.not LDC")
    (('area', 'f', 'include'), ('by', 'ldc', 'not LDC'), ('by', 'ldc', 'not LDC'))
    """
    if not re.fullmatch(rf"(?:{_QUOTED}|[^.\"']+)(?:\.(?:{_QUOTED}|[^.\"']+))*", text):
        return tuple(text.split("."))
    return tuple(_unquoted(part) for part in re.findall(rf"{_QUOTED}|[^.\"']+", text))


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    try:
        return str(tomllib.loads(f"key = {part}")["key"])
    except tomllib.TOMLDecodeError:
        return part


def toml_text(value: object) -> str:
    """Write a value as TOML does, tables and lists in one line.

    Examples
    --------
    >>> toml_text({"family": "uniform", "low": 1, "high": 2.5}), toml_text(["a", True])
    ('{ family = "uniform", low = 1, high = 2.5 }', '["a", true]')
    """
    if isinstance(value, Mapping):
        inner = ", ".join(f"{dotted((key,))} = {toml_text(entry)}" for key, entry in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_text(entry) for entry in value)}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def copied(value: Any) -> Any:
    """Return a copy of what a TOML file states, tables and lists included; its single values are never changed.

    Examples
    --------
    >>> table = {"a": {"b": [1, 2]}}
    >>> copied(table) == table, copied(table)["a"] is table["a"]
    (True, False)
    """
    # copy.deepcopy takes five times as long: it asks of each value whether it was met before.
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    return [copied(entry) for entry in value] if isinstance(value, list) else value


def lay(table: dict[str, Any], keys: TextKeys, value: object) -> Fault | None:
    """Put a value into nested tables, which are made where they are missing; return what stands in the way, if so.

    Examples
    --------
    >>> table = {"a": 1}
    >>> lay(table, ("b", "c"), 2), table
    (None, {'a': 1, 'b': {'c': 2}})
    >>> lay(table, ("a", "c"), 2)
    ('a = 1 in the study', 'a key in a table', 'set a instead')
    """
    current: Any = table
    for depth, key in enumerate(keys[:-1]):
        current = current.setdefault(key, {})
        if not isinstance(current, dict):
            above = ".".join(keys[: depth + 1])
            return f"{above} = {shown(current)} in the study", "a key in a table", f"set {above} instead"
    current[keys[-1]] = value
    return None


def _unknown_key(raw: Mapping[str, Any], keys: TextKeys, value: object, not_offered: tuple[str, ...]) -> Fault | None:
    """Return what is wrong with a key that no study file has; no key of `not_offered` is suggested."""
    if is_key(StudyFile, keys):
        return None
    known = [dotted(each) for each in document_keys(StudyFile, raw) if each[0] not in not_offered]
    allowed = "a key of the study file, with its tables: such as scenarios.count or area.a.size_exponent"
    return f"unknown key {dotted(keys)} = {shown(value)}", allowed, nearest(dotted(keys), known)


def apply_overrides(
    raw: Mapping[str, Any], overrides: Mapping[str, object], file: str = ""
) -> tuple[dict[str, Any], tuple[TextKeys, ...], list[Problem]]:
    """Apply overrides to a parsed study file: the result, the keys that were set, and overrides that cannot be.

    Parameters
    ----------
    raw
        The study file as parsed; it stays as it is.
    overrides
        Values by dotted key.
    file
        Name of the study file: for problems.

    Examples
    --------
    >>> apply_overrides({"scenarios": {"count": 10}}, {"scenarios.count": 20})
    ({'scenarios': {'count': 20}}, (('scenarios', 'count'),), [])
    """
    merged = copied(dict(raw))
    applied: list[TextKeys] = []
    problems: list[Problem] = []
    if len(overrides) > MOST_CHANGES:
        allowed = f"at most {MOST_CHANGES:,} keys"
        return merged, (), [Problem(file, (), f"{len(overrides):,} keys", allowed, "edit the study", "override")]
    for name, stated in overrides.items():
        keys, value = split_key(str(name)), plain(stated)
        if long := long_numbers(value, file, keys):
            problems += [replace(each, origin="override") for each in long]
            continue
        fault: Fault | None
        if keys[0] in ALTERNATIVES:
            what = _NOUNS[keys[0]]
            allowed = f"keys of the study itself, on which its {what}s are built"
            fault = f"{name} = {shown(value)}", allowed, f"change the {what} in the study file"
        else:
            fault = _unknown_key(raw, keys, value, ALTERNATIVES) or lay(merged, keys, value)
        if fault:
            problems.append(Problem(file, keys, *fault, origin="override"))
        else:
            applied.append(keys)
    return merged, tuple(applied), problems


def plain(value: object) -> object:
    """Return a value as TOML would have it: numbers of numpy as Python's, paths as text, arrays and tuples as lists.

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


def resolve_options(study: Checked[StudyFile], load: Loader, known: set[Problem]) -> tuple[list[Option], list[Problem]]:
    """Return every option of a study that can be resolved, and every problem.

    Parameters
    ----------
    study
        The study file, overrides included.
    load
        Resolves a study whose file has been checked.
    known
        Problems of the study itself, which are not said again for an option.
    """
    found, problems = _resolve(study, "option", study.content.option, load, known)
    return [option for _, option in found], problems


def resolve_what_ifs(
    study: Checked[StudyFile], load: Loader, known: set[Problem]
) -> tuple[list[WhatIf], list[Problem]]:
    """Return every stated alternative to an assumption that can be resolved, and every problem.

    Parameters
    ----------
    study, load, known
        As for `resolve_options`.
    """
    found, problems = _resolve(study, "what_if", study.content.what_if, load, known)
    what_ifs = [
        WhatIf(
            option.id,
            option.name,
            option.rationale,
            option.changes,
            option.study,
            assumption=table.assumption or option.name,
            all_years=table.all_years,
        )
        for table, option in found
    ]
    unchanged = [
        study.place.problem(
            ("what_if", index, "set"), "nothing to change", "keys of the study file, or all_years = true", "add either"
        )
        for index, table in enumerate(study.content.what_if)
        if study.sound("what_if", index) and not (table.set or table.all_years)
    ]
    return what_ifs, problems + unchanged


def _resolve(
    study: Checked[StudyFile], key: str, tables: Sequence[Changing], load: Loader, known: set[Problem]
) -> tuple[list[tuple[Changing, Option]], list[Problem]]:
    """Return every entry of a list of alternatives that can be resolved, with its table, and every problem."""
    resolved: list[tuple[Changing, Option]] = []
    problems = _check_ids(study, key, tables)
    for index, table in enumerate(tables):
        if study.sound(key, index):
            option, faults = _resolve_option(study, key, table, load, known)
            resolved += [(table, option)] if option else []
            problems += faults
    return resolved, problems


def _resolve_option(
    study: Checked[StudyFile], key: str, table: OptionTable, load: Loader, known: set[Problem]
) -> tuple[Option | None, list[Problem]]:
    """Return one option of a study, None where it cannot be resolved, and its problems."""
    head = f'{study.place.file}: {_NOUNS[key]} "{table.id}",'
    origin = f"{head} key"
    changes, problems = _changes(study, table, origin)
    document = copied({name: value for name, value in study.raw.items() if name not in BESIDE})
    laid = [(keys, lay(document, keys, copied(value))) for keys, value in changes.items()]
    blocked = [Problem(study.place.file, keys, *fault, origin=origin) for keys, fault in laid if fault]
    if blocked or (table.set and not changes):
        return None, problems + blocked
    place = replace(study.place, set_by=(*((keys, origin) for keys in changes), *study.place.set_by))
    checked, others = check_document(StudyFile, document, place)
    resolved, more = load(checked) if checked is not None else (None, [])
    found = [place.located(each) for each in (*others, *more)]
    problems += [_of_option(each, place.file, head, origin) for each in found if each not in known]
    if resolved is None:
        return None, problems
    # The study that is written has the files of the option under these names.
    own = {keys: file for keys, file in CSV_FILES.items() if isinstance(changes.get(keys), str)}
    own = {keys: f"{INPUTS_FOLDER}/{key}s/{table.id}/{file}" for keys, file in own.items()}
    texts = tuple((dotted(keys), toml_text(value)) for keys, value in (changes | own).items())
    return Option(table.id, table.name, table.rationale, texts, resolved), problems


def _check_ids(study: Checked[StudyFile], key: str, tables: Sequence[OptionTable]) -> list[Problem]:
    problems = []
    ids = [table.id for table in tables]
    for index, name in enumerate(ids):
        keys = (key, index, "id")
        if name == FULL:
            allowed = f'any id but "{FULL}", which is the full programme'
            problems.append(study.place.problem(keys, repr(name), allowed, "choose another id"))
        if name is not None and name in ids[:index]:
            problems.append(study.place.problem(keys, f"{name!r} a second time", "each id once"))
    return problems


def _of_option(problem: Problem, file: str, head: str, origin: str) -> Problem:
    """Return a problem with the option that has it, where it lies outside the keys that the option sets."""
    if problem.origin:
        return problem if problem.origin == origin else replace(problem, origin=f"{head} {problem.origin}")
    if problem.file == file and problem.keys:
        return replace(problem, origin=origin)
    colon = ":" if problem.keys or problem.position else ""
    return replace(problem, origin=f"{head} {problem.file}{colon}")


def _changes(study: Checked[StudyFile], table: OptionTable, origin: str) -> tuple[dict[TextKeys, Any], list[Problem]]:
    """Return what an option changes by full key, numbers and texts before tables, and keys that it may not change."""
    changes: dict[TextKeys, Any] = {}
    problems = []
    for keys, value in single_values(table.set):
        said = f"{dotted(keys)} = {shown(value)}"
        fault = _unknown_key(study.raw, keys, value, FIXED)
        if keys[0] in FIXED:
            allowed = f"keys of {words(name for name in StudyFile.model_fields if name not in FIXED)}"
            is_nested = keys[0] in ALTERNATIVES
            mend = f"{_NOUNS[keys[0]]}s cannot be nested" if is_nested else "make it a study of its own"
            fault = said, f"{allowed}: the others are the same in all options", mend
        elif fault is None and (other := next((each for each in changes if _overlap(each, keys)), None)):
            twice = "a second time" if other == keys else f"beside {dotted(other)}"
            fault = f"{dotted(keys)} {twice}", "each key once in an option", ""
        elif fault is None and _holds_nothing(value):
            fault = said, "a value that TOML can write", ""
        if fault:
            problems.append(Problem(study.place.file, keys, *fault, origin=origin))
        else:
            changes[keys] = value
    # Written files have tables last, and what is read back shall be the same.
    return dict(sorted(changes.items(), key=lambda item: isinstance(item[1], dict))), problems


def single_values(table: Mapping[str, Any], above: TextKeys = ()) -> Iterator[tuple[TextKeys, Any]]:
    """Go down to single values, by full key: a distribution or a matrix is one, however it is written.

    Examples
    --------
    >>> list(single_values({"financing": {"cofinancing": 0.5, "by": {"ldc": {"LDC": 0.2}}}}))
    [(('financing', 'cofinancing'), 0.5), (('financing', 'by', 'ldc', 'LDC'), 0.2)]
    """
    for key, value in table.items():
        keys = (*above, key) if above else split_key(key)
        if isinstance(value, dict) and value and is_table(position(StudyFile, keys).type):
            yield from single_values(value, keys)
        else:
            yield keys, value


def _overlap(one: TextKeys, other: TextKeys) -> bool:
    """Return whether one value holds the other, or is it."""
    return all(mine == theirs for mine, theirs in zip(one, other, strict=False))


def _holds_nothing(value: object) -> bool:
    if isinstance(value, Mapping | list):
        return any(_holds_nothing(entry) for entry in (value.values() if isinstance(value, Mapping) else value))
    return value is None
