"""The catalogue: one TOML file per activity area, each with its cost components and where their figures come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from popsim.errors import FileError, Problem, StudyError
from popsim.families import build
from popsim.families.base import Family
from popsim.study.components import CatalogueComponent, check_payments
from popsim.study.distributions import build_at, check_cost
from popsim.study.files import parse_toml, read_text
from popsim.study.model import Source
from popsim.study.place import Place
from popsim.study.toml_models import CatalogueFile, ComponentTable
from popsim.study.translate import Checked, check_document

__all__ = ["CatalogueArea", "CatalogueComponent", "CatalogueReading", "load_catalogue", "read_catalogue"]


@dataclass(frozen=True)
class CatalogueArea:
    """One activity area of the catalogue and the file it was read from."""

    id: str
    name: str
    document: str
    description: str
    components: tuple[CatalogueComponent, ...]
    file: str


@dataclass(frozen=True)
class CatalogueReading:
    """What came of reading a catalogue: areas, files as (name, text), and each file as it was checked, by its name.

    Areas of files that have problems hold what could be read.
    """

    areas: tuple[CatalogueArea, ...]
    files: tuple[tuple[str, str], ...]
    checked: dict[str, Checked[CatalogueFile]]
    complete: bool
    """Whether the id of every area is known: else an area might be called unknown without being so."""


def load_catalogue(folder: Path) -> tuple[CatalogueArea, ...]:
    """Areas of every ``*.toml`` file in `folder`, in the order of file names.

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


def read_catalogue(folder: Path, where: str) -> tuple[CatalogueReading, list[Problem]]:
    """Read what can be read of a catalogue and list every problem; `where` says who refers to the folder."""
    problems: list[Problem] = []
    files: list[tuple[str, str]] = []
    areas: list[CatalogueArea] = []
    checked: dict[str, Checked[CatalogueFile]] = {}
    first: dict[str, str] = {}
    paths = sorted(folder.glob("*.toml"), key=lambda path: path.name)
    complete = bool(paths)
    if not complete:
        found = "no *.toml file in it" if folder.is_dir() else "not a folder"
        problems.append(Problem(where, (), f"{folder}: {found}", "a folder with one TOML file per activity area"))
    for path in paths:
        try:
            text = read_text(path)
            raw = parse_toml(text, path.name)
        except (FileError, StudyError) as error:
            problems += error.problems
            complete = False
            continue
        files.append((path.name, text))
        document, found_here = check_document(CatalogueFile, raw, Place(path.name, components=_names(raw)))
        problems += found_here
        if document is None:
            complete = False
            continue
        area = _area(document, problems)
        if not document.sound("area", "id"):
            complete = False
            continue
        if area.id in first:
            problems.append(
                Problem(
                    document.place.at("area", "id"),
                    (),
                    f"{area.id!r}, which is the id of {first[area.id]} too",
                    "each id once in a catalogue",
                )
            )
            continue
        first[area.id] = path.name
        checked[path.name] = document
        areas.append(area)
    for document in checked.values():
        problems = [document.place.located(problem) for problem in problems]
    return CatalogueReading(tuple(areas), tuple(files), checked, complete), problems


def _area(document: Checked[CatalogueFile], problems: list[Problem]) -> CatalogueArea:
    content, place = document.content, document.place
    components: list[CatalogueComponent] = []
    for index, table in enumerate(content.component):

        def at(key: str, index: int = index) -> str:
            return place.at("component", index, key)

        def sound(key: str, index: int = index) -> bool:
            return document.sound("component", index, key)

        problems += check_payments(at, sound, table.kind, table.spread, table.years, table.every)
        cost, cost_problems = _cost(document, index, table)
        problems += cost_problems
        if document.sound("component", index, "id") and any(table.id == other.id for other in components):
            problems.append(
                Problem(place.at("component", index, "id"), (), f"{table.id!r} a second time", "each id once")
            )
        if not table.source and table.basis != "judgement" and document.sound("component", index, "basis"):
            problems.append(
                Problem(
                    place.at("component", index, "source"),
                    (),
                    f"no source, and basis = {table.basis!r}",
                    'at least one [[component.source]], unless basis = "judgement"',
                )
            )
        components.append(_component(table, cost))
    about = content.area
    return CatalogueArea(about.id, about.name, about.document, about.description, tuple(components), place.file)


def _names(raw: dict[str, Any]) -> tuple[str, ...]:
    """Ids of components as far as they can be read."""
    components = raw.get("component")
    if not isinstance(components, list):
        return ()
    return tuple(str(component.get("id", "")) if isinstance(component, dict) else "" for component in components)


def _component(table: ComponentTable, cost: Family) -> CatalogueComponent:
    return CatalogueComponent(
        id=table.id,
        name=table.name,
        kind=table.kind,
        start=table.start,
        spread=tuple(table.spread if table.spread is not None else (1.0,)) if table.kind == "one-off" else (),
        years=None if table.kind == "one-off" else table.years,
        every=table.every if table.kind == "stepped" else None,
        currency=table.currency,
        price_year=table.price_year,
        basis=table.basis,
        rationale=table.rationale,
        sources=tuple(Source(source.document, source.figure, source.status, source.address) for source in table.source),
        cost=cost,
    )


def _cost(document: Checked[CatalogueFile], index: int, table: ComponentTable) -> tuple[Family, list[Problem]]:
    """Build the cost; where that fails, a cost of 1 stands in, so that the rest can be checked."""
    stand_in = build({"family": "constant", "value": 1.0})
    keys = ("component", index, "cost")
    if not document.sound(*keys):
        return stand_in, []
    cost, problems = build_at(document.place, keys, table.cost)
    if cost is None:
        return stand_in, problems
    return cost, check_cost(document.place.at(*keys), cost, table.cost)
