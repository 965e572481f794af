"""Write a study so that it stands by itself: every default and override said, every file beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w
from pydantic import BaseModel

from popsim.families.base import Family
from popsim.schema import INPUTS_FOLDER, STUDY_FILE
from popsim.study.catalogue import CatalogueReading
from popsim.study.patch import WrittenOption
from popsim.study.toml_models import StudyFile

__all__ = ["study_files"]

UNUSED = frozenset({"by", "component", "driver", "exponent", "headings", "labels", "option", "shock"})


def study_files(
    content: StudyFile,
    raw: Mapping[str, Any],
    catalogue: CatalogueReading,
    countries: str,
    prices: str | None,
    rates: str | None,
    correlation: str | None,
    options: Sequence[WrittenOption] = (),
) -> tuple[tuple[str, str], ...]:
    """(relative path, text) of every file of a study; the first is ``study.toml``, which refers to the others.

    Loading what is written gives the same study, and writing that gives the same files.

    Parameters
    ----------
    content
        The study file, defaults and overrides included.
    raw
        Its tables as they were parsed, which state distributions.
    catalogue
        The catalogue, whose files are copied as they are.
    countries, prices, rates, correlation
        Texts of the CSV files; None where the study names no such file.
    options
        The options of the study, with what is their own.
    """
    document: dict[str, Any] = as_tables(content, raw)
    if prices is not None:
        document["money"]["price_index"] = f"{INPUTS_FOLDER}/prices.csv"
    if rates is not None:
        document["money"]["exchange_rates"] = f"{INPUTS_FOLDER}/exchange-rates.csv"
    document["catalogue"]["folder"] = f"{INPUTS_FOLDER}/catalogue"
    document["countries"]["file"] = f"{INPUTS_FOLDER}/countries.csv"
    if correlation is not None:
        document["dependence"]["between_areas"] = f"{INPUTS_FOLDER}/correlation.csv"
    # The copies are in UTF-8, whatever the files were in; signs are those of the files.
    for marks in (document.get("csv", {}), *document.get("csv", {}).values()):
        if isinstance(marks, dict):
            marks.pop("encoding", None)
    document["option"] = [option.table for option in options]
    document = without_unused(document)
    order = [area.id for area in catalogue.areas if area.id in document["area"]]
    document["area"] = {area: defaults(content) | document["area"][area] for area in order}
    files = [(STUDY_FILE, tomli_w.dumps(document)), (f"{INPUTS_FOLDER}/countries.csv", countries)]
    if prices is not None:
        files.append((f"{INPUTS_FOLDER}/prices.csv", prices))
    if rates is not None:
        files.append((f"{INPUTS_FOLDER}/exchange-rates.csv", rates))
    if correlation is not None:
        files.append((f"{INPUTS_FOLDER}/correlation.csv", correlation))
    files += [(f"{INPUTS_FOLDER}/catalogue/{name}", text) for name, text in catalogue.files]
    files += [file for option in options for file in option.files]
    return tuple(files)


def as_tables(value: object, raw: Any) -> Any:
    """Return a checked value as TOML has it: with defaults, and with distributions as `raw` states them."""
    if isinstance(value, Family):
        return raw
    if isinstance(value, BaseModel | dict):
        stated = raw if isinstance(raw, Mapping) else {}
        entries = value if isinstance(value, BaseModel) else value.items()
        return {name: as_tables(each, stated.get(name)) for name, each in entries if each is not None}
    # Lists hold no distributions.
    return [as_tables(each, None) for each in value] if isinstance(value, list) else value


def defaults(content: StudyFile) -> dict[str, Any]:
    """Give what every area takes from elsewhere unless it says otherwise."""
    size = {} if content.size is None else {"size_exponent": 0.0}
    if content.option:
        # An option may change what areas take from [dependence]: it would not, were that written out in each of them.
        return {"include": True} | size
    shares = {"common_share": content.dependence.common_share, "group_share": content.dependence.group_share}
    return {key: share for key, share in shares.items() if share is not None} | {"include": True} | size


def without_unused(table: dict[str, Any]) -> dict[str, Any]:
    """Leave out, at any depth, the empty tables and lists of features that the study does not use."""
    found = {}
    for key, value in table.items():
        inner = without_unused(value) if isinstance(value, dict) and key not in ("countries", "report") else value
        if inner not in ({}, []) or key not in UNUSED:
            found[key] = inner
    return found
