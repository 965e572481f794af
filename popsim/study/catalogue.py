"""The catalogue: one TOML file per activity area, each with its cost components and where their figures come from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popsim.errors import FileError, Keys, Problem, StudyError, nearest, words
from popsim.study.catalogue_models import CatalogueComponent, CatalogueFile, DataRow
from popsim.study.data_files import read_data_file
from popsim.study.files import parse_toml, read_text
from popsim.study.place import Place
from popsim.study.toml_models import FitTable
from popsim.study.validate import Checked, check_document

MISSING = "nothing: the key is missing"


@dataclass(frozen=True)
class CatalogueArea:
    """One activity area of the catalogue, with the components that could be used."""

    id: str
    name: str
    document: str
    description: str
    components: tuple[CatalogueComponent, ...]
    place: Place
    complete: bool
    """Whether every component of the file could be used."""

    @property
    def file(self) -> str:
        """Name of the file that it was read from."""
        return self.place.file

    def keys(self, component: CatalogueComponent) -> Keys:
        """Return where a component stands in the file."""
        return "component", self.place.components.index(component.id)


@dataclass(frozen=True)
class CatalogueReading:
    """What came of reading a catalogue: areas, and files as (name, text)."""

    areas: tuple[CatalogueArea, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    complete: bool = False
    """Whether the id of every area is known: else an area might be called unknown without being so."""

    def ids(self) -> list[str]:
        """Return the ids of the areas, in the order of their files."""
        return [area.id for area in self.areas]


def load_catalogue(folder: Path) -> tuple[CatalogueArea, ...]:
    """Read the areas of every ``*.toml`` file in `folder`, in the order of file names.

    Raises
    ------
    StudyError
        With every problem of every file.

    Examples
    --------
    >>> from popsim.study.files import packaged
    >>> areas = load_catalogue(packaged("distributions"))
    """
    reading, problems = read_catalogue(Path(folder), str(folder))
    if problems:
        raise StudyError(problems)
    return reading.areas


def read_catalogue(folder: Path, file: str, keys: Keys = ()) -> tuple[CatalogueReading, list[Problem]]:
    """Read what can be read of a catalogue and list every problem; `file` and `keys` are those that name the folder."""
    problems: list[Problem] = []
    files: list[tuple[str, str]] = []
    areas: dict[str, CatalogueArea] = {}
    paths = sorted(folder.glob("*.toml"), key=lambda path: path.name)
    complete = bool(paths)
    if not complete:
        found = "no *.toml file in it" if folder.is_dir() else "not a folder"
        problems.append(Problem(file, keys, f"{folder}: {found}", "a folder with one TOML file per activity area"))
    for path in paths:
        try:
            text = read_text(path)
            raw = parse_toml(text, path.name)
        except (FileError, StudyError) as error:
            problems += error.problems
            complete = False
            continue
        files.append((path.name, text))
        place = Place(path.name, components=_names(raw))
        document, faults = check_document(CatalogueFile, raw, place)
        if document is None or not document.sound("area", "id"):
            complete = False
        else:
            area = document.content.area.id
            if area in areas:
                found = f"{area!r}, which is the id of {areas[area].file} too"
                faults.append(place.problem(("area", "id"), found, "each id once in a catalogue"))
            found_rows, texts, data_faults = _read_data(document, folder)
            files += [(name, text) for name, text in texts.items() if name not in dict(files)]
            problems += data_faults
            faults += _check(document, found_rows)
            areas.setdefault(area, _area(document, found_rows))
        problems += map(place.located, faults)
    return CatalogueReading(tuple(areas.values()), tuple(files), complete), problems


def _names(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of components as far as they can be read."""
    components = raw.get("component")
    if not isinstance(components, list):
        return ()
    return tuple(str(component.get("id", "")) if isinstance(component, dict) else "" for component in components)


def _read_data(
    document: Checked[CatalogueFile], folder: Path
) -> tuple[dict[int, list[DataRow]], dict[str, str], list[Problem]]:
    """Read the CSV files of data that costs are fitted to: their rows by component, their texts, and every problem."""
    rows: dict[int, list[DataRow]] = {}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for index, component in enumerate(document.content.component):
        cost = component.cost if document.sound("component", index) else None
        if isinstance(cost, FitTable) and isinstance(cost.data, str):
            keys = ("component", index, "cost", "data")
            texts[cost.data], found, faults = read_data_file(folder / cost.data, document.place, keys)
            rows[index] = list(found)
            problems += map(document.place.located, faults)
    return rows, texts, problems


def _area(document: Checked[CatalogueFile], rows: Mapping[int, list[DataRow]]) -> CatalogueArea:
    about, components = document.content.area, document.content.component
    usable = tuple(
        each.model_copy(update={"data": rows[index]}) if index in rows else each
        for index, each in enumerate(components)
        if document.sound("component", index) and rows.get(index) != []
    )
    return CatalogueArea(
        id=about.id,
        name=about.name,
        document=about.document,
        description=about.description,
        components=usable,
        place=document.place,
        complete=len(usable) == len(components),
    )


def _check(document: Checked[CatalogueFile], rows: Mapping[int, list[DataRow]]) -> Iterator[Problem]:
    """List what is wrong between keys of the components of a file."""
    place = document.place
    seen: set[str] = set()
    for index, component in enumerate(document.content.component):
        keys = ("component", index)
        if component.id in seen:
            yield place.problem((*keys, "id"), f"{component.id!r} a second time", "each id once")
        if component.id is not None:
            seen.add(component.id)
        if not document.sound(*keys):
            continue
        for key, *fault in payment_faults(component):
            yield place.problem((*keys, key), *fault)
        data = rows.get(index, component.data)
        if index in rows and component.data:
            found = f"rows [[component.data]] beside the file {component.cost.data!r}"  # type: ignore[union-attr]
            yield place.problem((*keys, "data"), found, "one of the two", "move the rows into the file")
        if not (component.source or data or index in rows) and component.basis not in ("judgement", "expert"):
            found = f"no source, and basis = {component.basis!r}"
            allowed = 'at least one [[component.source]], unless basis = "judgement"'
            yield place.problem((*keys, "source"), found, allowed)
        for inner, *fault in evidence_faults(component, data):
            yield place.problem((*keys, *inner), *fault)


EvidenceFault = tuple[Keys, str, str, str]
"""Keys within a component, what was found, what is allowed, how to mend it."""


def evidence_faults(component: CatalogueComponent, data: Sequence[DataRow]) -> Iterator[EvidenceFault]:
    """List what does not fit together in what a component rests on; `data` are its rows, from a file or not."""
    yield from _expert_faults(component)
    yield from _data_faults(data)
    cost = component.cost
    if isinstance(cost, FitTable):
        yield from _fit_faults(component, cost, data)
    elif component.width_basis == "data" and sum(row.use == "fit" for row in data) < 2:
        found = '"data", and fewer than two amounts'
        mend = "add rows [[component.data]], or call the width a judgement"
        yield ("width_basis",), found, "at least two amounts, which show a width", mend


def fitted_rows(rows: Sequence[DataRow], table: FitTable) -> list[int]:
    """Return the places of the data that a cost is fitted to."""
    if isinstance(table.data, list):
        return [index for index, row in enumerate(rows) if row.id in table.data]
    return [index for index, row in enumerate(rows) if row.use == "fit"]


def _expert_faults(component: CatalogueComponent) -> Iterator[EvidenceFault]:
    stated = [key for key in ("basis", "width_basis", "shape_basis") if getattr(component, key) == "expert"]
    if stated and not component.expert:
        mend = "add [[component.expert]] with name or role, date and method"
        yield (stated[0],), '"expert", and nobody is named', "the expert who was asked", mend
    for index, expert in enumerate(component.expert):
        if expert.name is None and expert.role is None:
            yield ("expert", index, "name"), MISSING, "name or role of the expert", "add a line: role = ..."


def _data_faults(data: Sequence[DataRow]) -> Iterator[EvidenceFault]:
    seen: set[str] = set()
    for index, row in enumerate(data):
        keys: Keys = ("data", index)
        if row.id in seen:
            yield (*keys, "id"), f"{row.id!r} a second time", "each id once in a component", ""
        seen.add(row.id)
        if row.share < 1.0 and row.share_rationale is None:
            allowed = "where the rest of the amount stands"
            yield (*keys, "share_rationale"), MISSING, allowed, "add a line: share_rationale = ..."
        if row.use == "shown" and row.reason is None:
            allowed = "why the amount is only shown, and not fitted"
            yield (*keys, "reason"), MISSING, allowed, "add a line: reason = ..."
        if row.countries is not None and len(row.codes) > 1 and row.countries != len(row.codes):
            found = f"{row.countries}, and {len(row.codes)} codes in country"
            yield (*keys, "countries"), found, "as many as there are codes", "leave countries out"
        for code in dict.fromkeys(code for code in row.codes if row.codes.count(code) > 1):
            yield (*keys, "country"), f"{code!r} {row.codes.count(code)} times", "each country once", ""


def _fit_faults(component: CatalogueComponent, cost: FitTable, data: Sequence[DataRow]) -> Iterator[EvidenceFault]:
    known = [row.id for row in data]
    scopes = list(dict.fromkeys(data[index].scope for index in fitted_rows(data, cost)))
    counted = "all-in" if component.scope == "whole" else component.scope
    if any(scope != counted for scope in scopes):
        found = f"a fit to amounts of scope {words(scopes)}, and scope = {component.scope!r}"
        allowed = f"data of one scope, that of the component: {counted}"
        mend = 'choose rows by data = [...], or only show the others: use = "shown"'
        yield ("cost",), found, allowed, mend
    for name in cost.data if isinstance(cost.data, list) else ():
        if name not in known:
            yield ("cost", "data"), f"unknown data {name!r}", f"ids of data: {words(known)}", nearest(name, known)
        elif cost.data is not None and cost.data.count(name) > 1:
            yield ("cost", "data"), f"{name!r} {cost.data.count(name)} times", "each id once", ""
    if cost.cap is not None and cost.cap_rationale is None:
        allowed = "why no cost can be above the cap"
        yield ("cost", "cap_rationale"), MISSING, allowed, "add cap_rationale = ..."
    if cost.cap is None and cost.cap_rationale is not None:
        yield ("cost", "cap"), MISSING, "the amount that no cost can be above", "add cap = ..."


def payment_faults(component: CatalogueComponent) -> Iterator[tuple[str, str, str, str]]:
    """List keys that do not fit the kind of a component: key, what was found, what is allowed, how to mend it."""
    kind, spread = component.kind, component.spread
    with_kind = f"with kind = {kind!r}"
    if kind != "one-off" and spread is not None:
        mend = "say with years for how long the cost is paid"
        yield "spread", f"{spread} {with_kind}", "spread for a one-off only", mend
    if kind == "one-off" and component.years is not None:
        mend = "say with spread how the cost is shared among years"
        yield "years", f"{component.years!r} {with_kind}", "years for a stepped or per-year cost only", mend
    if kind != "stepped" and component.every is not None:
        yield "every", f"{component.every} {with_kind}", "every for a stepped cost only", 'set kind = "stepped"'
    if kind != "one-off" and component.years is None:
        yield "years", MISSING, 'a number of years, or "all"', 'add a line: years = "all"'
    if kind == "stepped" and component.every is None:
        allowed = "a whole number of years from one payment to the next"
        yield "every", MISSING, allowed, "add a line: every = ..."
    if spread is not None and abs(math.fsum(spread) - 1.0) > 1e-9:
        yield "spread", f"{spread}, whose sum is {math.fsum(spread):.10g}", "shares whose sum is 1", ""
