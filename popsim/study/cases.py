"""Load one study in many cases, each with other values of a few keys.

Who pays follows from few tables of a study file and changes nothing else in the study, so where a case changes these
tables alone, the study of an earlier case is taken and has who pays stated anew.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from popsim.study.load import StudyReader
from popsim.study.model import Area, Component, Study
from popsim.study.patch import apply_overrides, copied, lay, single_values, split_key
from popsim.study.settings import as_cofinancing
from popsim.study.toml_models import CofinancingTable, FinancingTable

_FINANCING = "financing"


class CaseReader:
    """Loads a study under one set of changes after another.

    Parameters
    ----------
    source
        As for `load_study`.
    overrides
        Values by dotted key that hold in all cases.

    Raises
    ------
    FileError
        When the study file is missing or cannot be read.

    Examples
    --------
    >>> reader = CaseReader("example", {"scenarios.count": 500})
    >>> [reader.load({"financing.agency_fee": fee}).agency_fee for fee in (0.05, 0.1)]
    [0.05, 0.1]
    """

    def __init__(self, source: str | os.PathLike[str], overrides: Mapping[str, object] | None = None) -> None:
        self._reader, self._overrides = StudyReader(source), dict(overrides or {})
        self._alike: dict[frozenset[str], Study] = {}

    def base(self) -> Study:
        """Return the study without the changes of any case, complete, as `load_study` does; files are read once.

        Raises
        ------
        StudyError
            With every problem of the study.
        """
        return self._reader.load(self._overrides)

    def load(self, changes: Mapping[str, object]) -> Study:
        """Return the study of a case, with its options, without what-ifs and without the texts of its files.

        Parameters
        ----------
        changes
            Values by dotted key.

        Raises
        ------
        StudyError
            With every problem of the study.
        """
        overrides = {**self._overrides, **changes}
        # A case of the same keys was checked whole: names in them are known, and their values are checked below.
        keys = frozenset(changes)
        if keys in self._alike:
            document, _, _ = apply_overrides(self._reader.raw, overrides)
            try:
                return _with_payers(self._alike[keys], document)
            except ValidationError:
                pass  # what checks the whole study says it in full
        study = self._reader.load(overrides, alone=True)
        if changes and all(_is_of_payers(key) for key in changes):
            self._alike[keys] = study
        return study


def _is_of_payers(key: str) -> bool:
    """Return whether a dotted key lies in a table that says who pays.

    Examples
    --------
    >>> [_is_of_payers(key) for key in ("financing.agency_fee", "area.f.financing.cofinancing", "area.f.include")]
    [True, True, False]
    """
    keys = split_key(key)
    places = {_FINANCING: 0, "area": 4 if keys[2:3] == ("component",) else 2}
    place = places.get(keys[0], len(keys))
    return len(keys) > place + 1 and keys[place] == _FINANCING


def _with_payers(study: Study, document: Mapping[str, Any]) -> Study:
    """Return a study and its options with who pays as a study file states it.

    Raises
    ------
    ValidationError
        Where a value is refused.
    """
    options = []
    for option, table in zip(study.options, document.get("option", ()), strict=True):
        stated = {name: copied(document[name]) for name in (_FINANCING, "area") if name in document}
        for keys, value in sorted(single_values(table["set"]), key=lambda item: isinstance(item[1], dict)):
            if keys[0] in (_FINANCING, "area"):
                lay(stated, keys, copied(value))
        options.append(replace(option, study=_paid_by(option.study, stated)))
    return replace(_paid_by(study, document), options=tuple(options))


def _paid_by(study: Study, document: Mapping[str, Any]) -> Study:
    stated = document.get(_FINANCING)
    general = None if stated is None else FinancingTable.model_validate(stated)
    areas = tuple(_area_paid_by(area, document["area"][area.id], general) for area in study.areas)
    if general is None:
        return replace(study, areas=areas)
    return replace(
        study,
        areas=areas,
        agency_fee=general.agency_fee,
        materialised=general.materialised,
        financing_basis=general.basis,
        financing_rationale=general.rationale,
    )


def _area_paid_by(area: Area, document: Mapping[str, Any], general: FinancingTable | None) -> Area:
    own = document.get(_FINANCING)
    stated = general if own is None else CofinancingTable.model_validate(own)
    pledged = as_cofinancing(stated, general, () if own is None else ("area", area.id))
    changes = document.get("component", {})
    components = tuple(
        _component_paid_by(component, changes.get(component.id, {}).get(_FINANCING), area.id, general)
        for component in area.components
    )
    if pledged == area.cofinancing and all(a is b for a, b in zip(components, area.components, strict=True)):
        return area
    return replace(area, cofinancing=pledged, components=components)


def _component_paid_by(
    component: Component, own: Mapping[str, Any] | None, area: str, general: FinancingTable | None
) -> Component:
    if own is None:
        return component
    keys = ("area", area, "component", component.id)
    pledged = as_cofinancing(CofinancingTable.model_validate(own), general, keys)
    return component if pledged == component.cofinancing else replace(component, cofinancing=pledged)
