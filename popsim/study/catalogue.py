"""The catalogue: one TOML file per activity area, each with its cost components and where their figures come from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popsim.errors import FileError, Keys, Problem, StudyError
from popsim.study.files import parse_toml, read_text
from popsim.study.place import Place
from popsim.study.toml_models import CatalogueComponent, CatalogueFile
from popsim.study.validate import Checked, check_document


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
            faults += _check(document)
            areas.setdefault(area, _area(document))
        problems += map(place.located, faults)
    return CatalogueReading(tuple(areas.values()), tuple(files), complete), problems


def _names(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the ids of components as far as they can be read."""
    components = raw.get("component")
    if not isinstance(components, list):
        return ()
    return tuple(str(component.get("id", "")) if isinstance(component, dict) else "" for component in components)


def _area(document: Checked[CatalogueFile]) -> CatalogueArea:
    about, components = document.content.area, document.content.component
    usable = tuple(each for index, each in enumerate(components) if document.sound("component", index))
    return CatalogueArea(
        id=about.id,
        name=about.name,
        document=about.document,
        description=about.description,
        components=usable,
        place=document.place,
        complete=len(usable) == len(components),
    )


def _check(document: Checked[CatalogueFile]) -> Iterator[Problem]:
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
        if not component.source and component.basis != "judgement":
            found = f"no source, and basis = {component.basis!r}"
            allowed = 'at least one [[component.source]], unless basis = "judgement"'
            yield place.problem((*keys, "source"), found, allowed)


def payment_faults(component: CatalogueComponent) -> Iterator[tuple[str, str, str, str]]:
    """List keys that do not fit the kind of a component: key, what was found, what is allowed, how to mend it."""
    kind, spread, missing = component.kind, component.spread, "nothing: the key is missing"
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
        yield "years", missing, 'a number of years, or "all"', 'add a line: years = "all"'
    if kind == "stepped" and component.every is None:
        allowed = "a whole number of years from one payment to the next"
        yield "every", missing, allowed, "add a line: every = ..."
    if spread is not None and abs(math.fsum(spread) - 1.0) > 1e-9:
        yield "spread", f"{spread}, whose sum is {math.fsum(spread):.10g}", "shares whose sum is 1", ""
