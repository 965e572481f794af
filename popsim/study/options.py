"""Negotiating options: the study with some keys changed, checked as a whole once more."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from popsim.errors import Problem, nearest
from popsim.schema import FULL
from popsim.study.keys import dotted, lay, split_key, toml_text
from popsim.study.model import Option, Study
from popsim.study.place import Place, shown, words
from popsim.study.toml_models import OptionTable, StudyFile
from popsim.study.translate import Checked, check_document, document_keys, entries_of, is_key, is_table

__all__ = ["WrittenOption", "resolve_options"]

FIXED = ("format", "study", "scenarios", "report", "headings", "labels", "csv", "catalogue", "money", "option")
"""Tables that are the same in all options, for results of options to be compared."""

"""Id of the study as written."""

Keys = tuple[str, ...]
Loader = Callable[[Checked[StudyFile]], tuple[Study | None, list[Problem]]]


@dataclass(frozen=True)
class WrittenOption:
    """An option as the study that stands by itself has it: the table, and the files that are its own."""

    table: dict[str, Any]
    files: tuple[tuple[str, str], ...]


def resolve_options(
    study: Checked[StudyFile], raw: Mapping[str, Any], load: Loader, known: set[Problem]
) -> tuple[list[Option], list[WrittenOption], list[Problem]]:
    """Resolve every option of a study.

    Parameters
    ----------
    study
        The study file.
    raw
        The study file as it was parsed, overrides included.
    load
        Resolves a study whose file has been checked.
    known
        Problems of the study itself, which are not said again for an option.
    """
    options: list[Option] = []
    written: list[WrittenOption] = []
    problems = _check_ids(study)
    base = {key: value for key, value in raw.items() if key != "option"}
    for index, table in enumerate(study.content.option):
        if not study.sound("option", index):
            continue
        changes, found = _changes(study, table)
        problems += found
        if not changes:
            continue
        document = copy.deepcopy(base)
        place = replace(study.place, option=table.id, changed=tuple(changes))
        found = _lay_all(document, changes, place)
        if not found:
            checked, found = check_document(StudyFile, document, place)
            if checked is not None:
                resolved, others = load(checked)
                found += others
                if resolved is not None:
                    own, files = _own_files(table.id, changes, resolved)
                    texts = tuple((dotted(keys), toml_text(value)) for keys, value in own.items())
                    options.append(Option(table.id, table.name, table.rationale, texts, resolved))
                    written.append(WrittenOption(_written(table, own), files))
        problems += [_located(problem, place) for problem in found if problem not in known]
    return options, written, problems


def _check_ids(study: Checked[StudyFile]) -> list[Problem]:
    problems = []
    ids = [option.id for option in study.content.option]
    for index, name in enumerate(ids):
        where = study.place.at("option", index, "id")
        if not study.sound("option", index, "id"):
            continue
        if name == FULL:
            problems.append(
                Problem(
                    where, (), repr(name), f'any id but "{FULL}", which is the study as written', "choose another id"
                )
            )
        if name in ids[:index]:
            problems.append(Problem(where, (), f"{name!r} a second time", "each id once"))
    return problems


def _changes(study: Checked[StudyFile], table: OptionTable) -> tuple[dict[Keys, Any], list[Problem]]:
    """Give what an option changes by full key, numbers and texts before tables, and keys that it may not change."""
    changes: dict[Keys, Any] = {}
    problems = []
    for keys, value in _leaves(table.set):
        where = f'{study.place.file}: option "{table.id}", key {dotted(keys)}'
        said = f"{dotted(keys)} = {shown(value)}"
        if keys[0] in FIXED:
            free = [name for name in StudyFile.model_fields if name not in FIXED]
            problems.append(
                Problem(
                    where, (), said, f"keys of {words(free)}: the others are the same in all options", _fixed(keys[0])
                )
            )
        elif not is_key(StudyFile, keys):
            known = [
                key for key in document_keys(StudyFile, entries_of(study.content)) if split_key(key)[0] not in FIXED
            ]
            problems.append(
                Problem(
                    where,
                    (),
                    f"unknown key {said}",
                    "a key of the study file, with its tables",
                    nearest(dotted(keys), known),
                )
            )
        elif other := next((each for each in changes if _overlap(each, keys)), None):
            found = f"{dotted(keys)} {'a second time' if other == keys else f'beside {dotted(other)}'}"
            problems.append(Problem(where, (), found, "each key once in an option"))
        elif _holds_nothing(value):
            problems.append(Problem(where, (), said, "a value that TOML can write"))
        else:
            changes[keys] = value
    # Written files have tables last, and what is read back shall be the same.
    return dict(sorted(changes.items(), key=lambda item: isinstance(item[1], dict))), problems


def _overlap(one: Keys, other: Keys) -> bool:
    """Whether one value holds the other, or is it."""
    return all(mine == theirs for mine, theirs in zip(one, other, strict=False))


def _leaves(table: Mapping[str, Any]) -> Iterator[tuple[Keys, Any]]:
    for key, value in table.items():
        yield from _below(split_key(key), value)


def _below(keys: Keys, value: Any) -> Iterator[tuple[Keys, Any]]:
    """Go down to values: a distribution or a matrix is one, however it is written."""
    if isinstance(value, dict) and value and is_table(StudyFile, keys):
        for key, entry in value.items():
            yield from _below((*keys, key), entry)
    else:
        yield keys, value


def _fixed(table: str) -> str:
    return "options cannot be nested" if table == "option" else "make it a study of its own"


def _holds_nothing(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(_holds_nothing(entry) for entry in value.values())
    if isinstance(value, list):
        return any(_holds_nothing(entry) for entry in value)
    return value is None


def _lay_all(document: dict[str, Any], changes: Mapping[Keys, Any], place: Place) -> list[Problem]:
    problems = []
    for keys, value in changes.items():
        blocked = lay(document, keys, copy.deepcopy(value))
        if blocked:
            above, there = blocked
            problems.append(
                Problem(
                    place.at(*keys), (), f"{above} = {shown(there)} in the study", "a key in a table", f"set {above}"
                )
            )
    return problems


def _located(problem: Problem, place: Place) -> Problem:
    """Say of which option a problem is, where it lies outside the keys that the option sets."""
    head = f'{place.file}: option "{place.option}",'
    problem = place.located(problem)
    if problem.file == place.file and problem.keys and problem.origin != "override":
        return replace(problem, origin=f"{head} key")
    if problem.origin:
        return replace(problem, origin=f"{head} {problem.origin}")
    # Texts that carry their keys inside go when the last of them carries keys apart.
    inside = problem.where.removeprefix(f"{place.file}: ")
    if problem.where.startswith(head):
        return problem
    return replace(problem, file=f"{head} {'key ' if inside != problem.where else ''}{inside}", keys=())


def _own_files(
    name: str, changes: Mapping[Keys, Any], resolved: Study
) -> tuple[dict[Keys, Any], tuple[tuple[str, str], ...]]:
    """Give the files that an option names, and its changes with the paths that these get in the written study."""
    own, files = dict(changes), []
    texts = dict(resolved.files)
    for keys, file in ((("countries", "file"), "countries.csv"), (("dependence", "between_areas"), "correlation.csv")):
        if isinstance(own.get(keys), str):
            own[keys] = f"inputs/options/{name}/{file}"
            files.append((own[keys], texts[f"inputs/{file}"]))
    return own, tuple(files)


def _written(table: OptionTable, changes: Mapping[Keys, Any]) -> dict[str, Any]:
    return {
        "id": table.id,
        "name": table.name,
        "rationale": table.rationale,
        "set": {dotted(keys): value for keys, value in changes.items()},
    }
