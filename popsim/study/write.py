"""Write a study so that it stands by itself: every default and override stated, every file beside it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tomli_w
from pydantic import BaseModel

from popsim.errors import dotted
from popsim.families.base import Family
from popsim.schema import CSV_FILES, INPUTS_FOLDER, STUDY_FILE
from popsim.study.catalogue import CatalogueReading
from popsim.study.model import Option, WhatIf
from popsim.study.toml_models import StudyFile
from popsim.study.translations import FOLDER

OPTIONAL = frozenset(
    {"by", "component", "driver", "exponent", "headings", "labels", "option", "overlap", "shock", FOLDER, "what_if"}
)
"""Tables and lists that are not written where they are empty."""


def study_files(
    content: StudyFile,
    raw: Mapping[str, Any],
    catalogue: CatalogueReading,
    texts: Sequence[str | None],
    options: Sequence[Option] = (),
    what_ifs: Sequence[WhatIf] = (),
    translations: Sequence[tuple[str, str]] = (),
) -> tuple[tuple[str, str], ...]:
    """Return (relative path, text) of every file of a study; the first is ``study.toml``, which refers to the others.

    Loading what is written gives the same study, and writing that gives the same files.

    Parameters
    ----------
    content
        The study file, defaults and overrides included.
    raw
        Its tables as they were parsed, which state distributions.
    catalogue
        The catalogue, whose files are copied as they are.
    texts
        Texts of `CSV_FILES`, in their order; None where the study names no such file.
    options, what_ifs
        The options of the study, and its stated alternatives.
    translations
        (relative path, text) of files of translated names, one for each language of the study, in its order.
    """
    document: dict[str, Any] = _as_tables(content, raw)
    document["catalogue"]["folder"] = f"{INPUTS_FOLDER}/catalogue"
    files = []
    for ((table, key), name), text in zip(CSV_FILES.items(), texts, strict=True):
        if text is not None:
            document[table][key] = f"{INPUTS_FOLDER}/{name}"
            files.append((document[table][key], text))
    # The copies are in UTF-8, whatever the files were in; signs are those of the files.
    for dialect in (document.get("csv", {}), *document.get("csv", {}).values()):
        if isinstance(dialect, dict):
            dialect.pop("encoding", None)
    document[FOLDER] = {code: path for code, (path, _) in zip(content.translations, translations, strict=True)}
    document["option"] = [_option_table(option) for option in options]
    document["what_if"] = [_what_if_table(what_if) for what_if in what_ifs]
    document = _without_unused(document)
    order = [area.id for area in catalogue.areas if area.id in document["area"]]
    document["area"] = {area: _area_defaults(content) | document["area"][area] for area in order}
    files += [(f"{INPUTS_FOLDER}/catalogue/{name}", text) for name, text in catalogue.files]
    files += translations
    files += [file for option in (*options, *what_ifs) for file in _option_files(option)]
    return ((STUDY_FILE, tomli_w.dumps(document)), *files)


def _as_tables(value: object, raw: Any) -> Any:
    """Return a checked value as TOML has it: with defaults, and with distributions as `raw` states them."""
    if isinstance(value, Family):
        return raw
    if isinstance(value, BaseModel | dict):
        stated = raw if isinstance(raw, Mapping) else {}
        entries = value if isinstance(value, BaseModel) else value.items()
        return {name: _as_tables(each, stated.get(name)) for name, each in entries if each is not None}
    # Lists hold no distributions.
    return [_as_tables(each, None) for each in value] if isinstance(value, list) else value


def _option_table(option: Option) -> dict[str, Any]:
    changes = {key: tomllib.loads(f"value = {text}")["value"] for key, text in option.changes}
    return {"id": option.id, "name": option.name, "rationale": option.rationale, "set": changes}


def _what_if_table(what_if: WhatIf) -> dict[str, Any]:
    changes = _option_table(what_if)
    settings = {"set": settings} if (settings := changes.pop("set")) else {}
    counted = {"all_years": True} if what_if.all_years else {}
    return {**changes, "assumption": what_if.assumption, **counted, **settings}


def _option_files(option: Option) -> Iterator[tuple[str, str]]:
    """Return the files of an option that are its own, under the names that its changes give them."""
    changes, files = _option_table(option)["set"], dict(option.study.files)
    for keys, name in CSV_FILES.items():
        if isinstance(changes.get(dotted(keys)), str):
            yield changes[dotted(keys)], files[f"{INPUTS_FOLDER}/{name}"]


def _area_defaults(content: StudyFile) -> dict[str, Any]:
    """Return what every area takes from elsewhere unless it says otherwise."""
    defaults: dict[str, Any] = {"include": True} | ({} if content.size is None else {"size_exponent": 0.0})
    if content.option or content.what_if:
        # An option may change what areas take from [dependence]: it would not, were that written out in each of them.
        return defaults
    shares = {"common_share": content.dependence.common_share, "group_share": content.dependence.group_share}
    return {key: share for key, share in shares.items() if share is not None} | defaults


def _without_unused(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table without the empty tables and lists, at any depth, of features that the study does not use."""
    used = {}
    for key, value in table.items():
        inner = _without_unused(value) if isinstance(value, dict) and key not in ("countries", "report") else value
        if inner not in ({}, []) or key not in OPTIONAL:
            used[key] = inner
    return used
