"""The catalogue: one TOML file per activity area, each with its cost components and where their figures come from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from popsim.errors import FileError, Keys, Problem, StudyError, nearest, words
from popsim.schema import MOST_AREAS
from popsim.study.catalogue_models import (
    CatalogueComponent,
    CatalogueFile,
    CatalogueOverlap,
    CatalogueShare,
    Costed,
    DataRow,
    Named,
    Paid,
)
from popsim.study.data_files import read_data_file
from popsim.study.files import StudyFolder, parse_toml, read_text
from popsim.study.overlap_checks import check_overlaps
from popsim.study.place import Place
from popsim.study.toml_models import FitTable
from popsim.study.validate import Checked, check_document

Entry = TypeVar("Entry", bound=Named)

MISSING = "nothing: the key is missing"


@dataclass(frozen=True)
class CatalogueArea:
    """One activity area of the catalogue, with the components that could be used."""

    id: str
    name: str
    document: str
    description: str
    components: tuple[CatalogueComponent | CatalogueShare, ...]
    place: Place
    complete: bool
    """Whether every component of the file could be used."""
    overlaps: tuple[CatalogueOverlap, ...] = ()
    """Wholes that it states, of which components here or in other areas are shares."""

    @property
    def file(self) -> str:
        """Name of the file that it was read from."""
        return self.place.file

    def keys(self, stated: Named) -> Keys:
        """Return where a component or an overlap stands in the file."""
        if isinstance(stated, CatalogueOverlap):
            return "overlap", self.place.overlaps.index(stated.id)
        return "component", self.place.components.index(stated.id)


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

    @property
    def overlaps_complete(self) -> bool:
        """Whether every overlap of every file could be used."""
        return self.complete and all(len(area.overlaps) == len(area.place.overlaps) for area in self.areas)

    def overlaps(self) -> dict[str, tuple[CatalogueArea, CatalogueOverlap]]:
        """Return by id what components share, with the area that states it."""
        stated = [(area, overlap) for area in self.areas for overlap in area.overlaps]
        # The first of two with one id, which is reported elsewhere.
        return {overlap.id: (area, overlap) for area, overlap in reversed(stated)}

    def sharing(self, overlap: str) -> list[tuple[CatalogueArea, CatalogueShare]]:
        """Return the components that are shares of a whole, each with its area, in the order of the catalogue."""
        return [
            (area, component)
            for area in self.areas
            for component in area.components
            if isinstance(component, CatalogueShare) and component.overlap == overlap
        ]


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


def read_catalogue(
    folder: Path, file: str, keys: Keys = (), study: StudyFolder | None = None
) -> tuple[CatalogueReading, list[Problem]]:
    """Read what can be read of a catalogue and list every problem.

    Parameters
    ----------
    folder
        The folder of the catalogue.
    file, keys
        Who names it.
    study
        The folders in which files of the catalogue may lie, links of it included; `folder` alone where None.
    """
    study = StudyFolder(folder) if study is None else study
    problems: list[Problem] = []
    files: list[tuple[str, str]] = []
    areas: dict[str, CatalogueArea] = {}
    paths = sorted(folder.glob("*.toml"), key=lambda path: path.name)
    complete = bool(paths)
    if not complete:
        found = "no *.toml file in it" if folder.is_dir() else "not a folder"
        problems.append(Problem(file, keys, f"{folder}: {found}", "a folder with one TOML file per activity area"))
    if len(paths) > MOST_AREAS:
        found = f"{folder}: {len(paths):,} *.toml files"
        return CatalogueReading(), [Problem(file, keys, found, f"at most {MOST_AREAS:,} activity areas")]
    for path in paths:
        try:
            text = read_text(study.find(path.name, file, keys, folder))
            raw = parse_toml(text, path.name)
        except (FileError, StudyError) as error:
            problems += error.problems
            complete = False
            continue
        files.append((path.name, text))
        place = Place(path.name, components=_names(raw, "component"), overlaps=_names(raw, "overlap"))
        document, faults = check_document(CatalogueFile, raw, place)
        if document is None or not document.sound("area", "id"):
            complete = False
        else:
            area = document.content.area.id
            if area in areas:
                found = f"{area!r}, which is the id of {areas[area].file} too"
                faults.append(place.problem(("area", "id"), found, "each id once in a catalogue"))
            found_rows, texts, data_faults = _read_data(document, folder, study)
            files += [(name, text) for name, text in texts.items() if name not in dict(files)]
            problems += data_faults
            faults += _check(document, found_rows)
            areas.setdefault(area, _area(document, found_rows))
        problems += map(place.located, faults)
    reading = CatalogueReading(tuple(areas.values()), tuple(files), complete)
    return reading, problems + check_overlaps(reading)


def _names(raw: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return the ids of components or of overlaps as far as they can be read."""
    entries = raw.get(key)
    if not isinstance(entries, list):
        return ()
    return tuple(str(entry.get("id", "")) if isinstance(entry, dict) else "" for entry in entries)


def _costed(document: Checked[CatalogueFile]) -> Iterator[tuple[Keys, Costed]]:
    """Yield every component with a cost of its own, and every overlap, that could be read."""
    lists: dict[str, Sequence[Named]] = {"component": document.content.component, "overlap": document.content.overlap}
    for key, entries in lists.items():
        for index, entry in enumerate(entries):
            if isinstance(entry, Costed) and document.sound(key, index):
                yield (key, index), entry


def _read_data(
    document: Checked[CatalogueFile], folder: Path, study: StudyFolder
) -> tuple[dict[Keys, list[DataRow]], dict[str, str], list[Problem]]:
    """Read the CSV files of data that costs are fitted to: their rows by component, their texts, and every problem."""
    rows: dict[Keys, list[DataRow]] = {}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for keys, entry in _costed(document):
        cost = entry.cost
        if isinstance(cost, FitTable) and isinstance(cost.data, str):
            at = (*keys, "cost", "data")
            try:
                path = study.find(cost.data, document.place.file, at, folder)
            except FileError as error:
                rows[keys] = []
                problems += map(document.place.located, error.problems)
                continue
            texts[cost.data], found, faults = read_data_file(path, document.place, at)
            rows[keys] = list(found)
            problems += map(document.place.located, faults)
    return rows, texts, problems


def _area(document: Checked[CatalogueFile], rows: Mapping[Keys, list[DataRow]]) -> CatalogueArea:
    about, components = document.content.area, document.content.component

    def usable(key: str, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        return tuple(
            each.model_copy(update={"data": rows[key, index]}) if (key, index) in rows else each
            for index, each in enumerate(entries)
            if document.sound(key, index) and rows.get((key, index)) != []
        )

    used = usable("component", components)
    return CatalogueArea(
        id=about.id,
        name=about.name,
        document=about.document,
        description=about.description,
        components=used,
        place=document.place,
        complete=len(used) == len(components),
        overlaps=usable("overlap", document.content.overlap),
    )


def _check(document: Checked[CatalogueFile], rows: Mapping[Keys, list[DataRow]]) -> Iterator[Problem]:
    """List what is wrong between keys of the components and overlaps of a file."""
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
        if isinstance(component, CatalogueShare) and not component.source:
            yield from _source_faults(document, keys, component.basis)
    for at, entry in _costed(document):
        yield from _costed_faults(document, at, entry, rows)


def _costed_faults(
    document: Checked[CatalogueFile], keys: Keys, entry: Costed, rows: Mapping[Keys, list[DataRow]]
) -> Iterator[Problem]:
    """List what is wrong in what the cost of a component, or of a whole, rests on."""
    place, data = document.place, rows.get(keys, entry.data)
    if keys in rows and entry.data:
        found = f"rows [[{keys[0]}.data]] beside the file {entry.cost.data!r}"  # type: ignore[union-attr]
        yield place.problem((*keys, "data"), found, "one of the two", "move the rows into the file")
    if not (entry.source or data or keys in rows):
        yield from _source_faults(document, keys, entry.basis)
    for inner, *fault in evidence_faults(entry, data):
        yield place.problem((*keys, *inner), *fault)


def _source_faults(document: Checked[CatalogueFile], keys: Keys, basis: str) -> Iterator[Problem]:
    """List a missing source of what does not rest on a judgement."""
    if basis not in ("judgement", "expert"):
        allowed = f'at least one [[{keys[0]}.source]], unless basis = "judgement"'
        yield document.place.problem((*keys, "source"), f"no source, and basis = {basis!r}", allowed)


EvidenceFault = tuple[Keys, str, str, str]
"""Keys within a component, what was found, what is allowed, how to mend it."""


def evidence_faults(component: Costed, data: Sequence[DataRow]) -> Iterator[EvidenceFault]:
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


def _expert_faults(component: Costed) -> Iterator[EvidenceFault]:
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


def _fit_faults(component: Costed, cost: FitTable, data: Sequence[DataRow]) -> Iterator[EvidenceFault]:
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


def payment_faults(component: Paid) -> Iterator[tuple[str, str, str, str]]:
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
