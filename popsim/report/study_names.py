"""Names of a study in the language of a document: those of its areas, components, options, groups and what they hold.

A study may state translations of its names. Where a document is in such a language, its study and its data take these
names; labels, by which everything is found, stay as they are, and so does what has no translation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import xarray as xr

from popsim.study.labels import ColumnLabels
from popsim.study.model import Area, Option, Overlap, Study, WhatIf

AnyOption = TypeVar("AnyOption", bound=Option)

_OF_COMPONENT = re.compile(r"(.*)( \(area [^()]*\))(?:, (.*))?", re.DOTALL)
"""How the analysis names a component of an area that has several, and a group of countries behind it."""
_OF_COLUMN = re.compile(r"(.*) \(([^()]*)\)", re.DOTALL)
"""How a study names a group of countries together with its column."""
_BEFORE_GROUPING = "Common to the countries of one "
"""Begins the name of what the countries of one group share; the column of these groups follows."""


def in_language(study: Study, code: str) -> Study:
    """Return a study with its names in a language, where it has translations into it.

    The study that is returned has no translations, so that none is translated twice.

    Parameters
    ----------
    study
        A study; what its options are is translated, too.
    code
        Code of the language.
    """
    names = dict(dict(study.translations).get(code, ()))
    return _renamed(study, names) if names else study


def with_names(dataset: xr.Dataset, names: Mapping[str, str]) -> xr.Dataset:
    """Return a dataset of a run with the names of its areas, options and the like translated.

    Parameters
    ----------
    dataset
        A dataset whose coordinates ``..._name`` hold names. Those of countries stay: each language has its own.
    names
        Translations by name.

    Examples
    --------
    >>> names = {"area_name": ("area", ["Coast", "Hills"])}
    >>> with_names(xr.Dataset(coords={"area": ["a", "b"], **names}), {"Coast": "Littoral"})["area_name"].values.tolist()
    ['Littoral', 'Hills']
    """
    renamed = {
        name: variable.copy(data=_translated(variable.values, names))
        for name, variable in dataset.variables.items()
        if str(name).endswith("_name") and name != "country_name" and variable.dtype.kind in "OUT"
    }
    title = str(dataset.attrs.get("title", ""))
    attributes = {"title": names[title]} if title in names else {}
    coordinates = {name: variable for name, variable in renamed.items() if name in dataset.coords}
    others = {name: variable for name, variable in renamed.items() if name not in dataset.coords}
    return dataset.assign_coords(coordinates).assign(others).assign_attrs(attributes)


def _translated(values: np.ndarray[Any, Any], names: Mapping[str, str]) -> np.ndarray[Any, Any]:
    texts = [_in_words(str(each), names) for each in values.ravel()]
    return np.array(texts, dtype=str).reshape(values.shape)


def _in_words(text: str, names: Mapping[str, str]) -> str:
    """Return a name in which the study's own are translated: all of it, or what stands behind its first colon.

    Examples
    --------
    >>> names = {"Coast": "Littoral", "Posts": "Postes", "region": "région"}
    >>> _in_words("Level of needs: Posts (area a)", names), _in_words("Unit costs: Coast", names)
    ('Level of needs: Postes (area a)', 'Unit costs: Littoral')
    """
    if text in names:
        return names[text]
    if text.startswith(_BEFORE_GROUPING):
        column = text.removeprefix(_BEFORE_GROUPING)
        return _BEFORE_GROUPING + names.get(column.replace("_", " "), column)
    head, colon, own = text.partition(": ")
    if not colon:
        return text
    if (translated := _own(own, names)) is not None:
        return f"{head}: {translated}"
    # The name of a shock, before what is assumed of it.
    shock, _, what = text.rpartition(": ")
    if shock in names:
        return f"{names[shock]}: {what}"
    return f"{head}: {', '.join(names.get(each, each) for each in own.split(', '))}"


def _own(text: str, names: Mapping[str, str]) -> str | None:
    """Return the translation of a name, or of one with its area behind it; None where there is none."""
    if text in names:
        return names[text]
    of_component = _OF_COMPONENT.fullmatch(text)
    if of_component is not None and of_component[1] in names:
        group = of_component[3]
        return names[of_component[1]] + of_component[2] + ("" if group is None else f", {names.get(group, group)}")
    return None


def _renamed(study: Study, names: Mapping[str, str]) -> Study:
    def name(text: str) -> str:
        return names.get(text, text)

    return replace(
        study,
        title=name(study.title),
        areas=tuple(_area(area, names) for area in study.areas),
        left_out=tuple((code, text, _reason(reason, names)) for code, text, reason in study.left_out),
        areas_left_out=tuple((area, name(text)) for area, text in study.areas_left_out),
        shocks=tuple(replace(shock, name=name(shock.name)) for shock in study.shocks),
        not_counted=tuple(row.model_copy(update={"what": name(row.what)}) for row in study.not_counted),
        cross_check=tuple(
            replace(each, row=each.row.model_copy(update={"name": name(each.row.name)})) for each in study.cross_check
        ),
        options=tuple(_option(option, names) for option in study.options),
        what_ifs=tuple(_what_if(what_if, names) for what_if in study.what_ifs),
        labels=_labels(study.labels, names),
        translations=(),
    )


def _area(area: Area, names: Mapping[str, str]) -> Area:
    def whole(overlap: Overlap) -> Overlap:
        return replace(overlap, name=names.get(overlap.name, overlap.name))

    components = tuple(
        replace(
            each,
            name=names.get(each.name, each.name),
            part=each.part if each.part is None else replace(each.part, whole=whole(each.part.whole)),
        )
        for each in area.components
    )
    return replace(area, name=names.get(area.name, area.name), components=components)


def _option(option: AnyOption, names: Mapping[str, str]) -> AnyOption:
    return replace(option, name=names.get(option.name, option.name), study=_renamed(option.study, names))


def _what_if(what_if: WhatIf, names: Mapping[str, str]) -> WhatIf:
    return replace(_option(what_if, names), assumption=names.get(what_if.assumption, what_if.assumption))


def _labels(labels: ColumnLabels, names: Mapping[str, str]) -> ColumnLabels:
    headings = tuple((column, names.get(text, text)) for column, text in labels.headings)
    values = tuple((column, value, names.get(text, text)) for column, value, text in labels.values)
    return ColumnLabels(headings, values, tuple(names.items()))


def _reason(text: str, names: Mapping[str, str]) -> str:
    """Return why a country is not counted, which names groups: "high income (income group) and ..."."""
    return " and ".join(
        f"{names.get(found[1], found[1])} ({names.get(found[2], found[2])})"
        if (found := _OF_COLUMN.fullmatch(part))
        else part
        for part in text.split(" and ")
    )
