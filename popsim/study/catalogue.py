"""The catalogue: one TOML file per activity area, each with its cost components and where their figures come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from popsim.errors import FileError, PopsimError, Problem, StudyError
from popsim.families import build
from popsim.families.base import Family
from popsim.study.files import parse_toml, read_text
from popsim.study.model import Basis, Source
from popsim.study.place import Place, words
from popsim.study.toml_models import CatalogueFile, ComponentTable
from popsim.study.translate import Checked, check_document

__all__ = ["CatalogueArea", "CatalogueComponent", "CatalogueReading", "load_catalogue", "read_catalogue"]


@dataclass(frozen=True)
class CatalogueComponent:
    """One cost component as the catalogue describes it; `cost` is per country of reference size.

    `start` is the programme year of the first payment (1 is the first). `spread` holds the shares of a one-off in
    successive years; `years` the number of years in which a recurrent cost is paid, or "all".
    """

    id: str
    name: str
    kind: Literal["one-off", "per-year"]
    start: int
    spread: tuple[float, ...]
    years: int | Literal["all"] | None
    currency: str
    price_year: int
    basis: Basis
    rationale: str
    sources: tuple[Source, ...]
    cost: Family

    def last(self, years: int) -> int:
        """Programme year of the last payment, in a programme of so many years."""
        if self.kind == "one-off":
            return self.start + len(self.spread) - 1
        return self.start + self.years - 1 if isinstance(self.years, int) else max(self.start, years)

    def profile(self, years: int) -> tuple[float, ...]:
        """Share of a one-off that is paid in each programme year; of a recurrent cost, 1 in each year paid."""
        paid = self.spread if self.kind == "one-off" else (1.0,) * (self.last(years) - self.start + 1)
        before = (0.0,) * (self.start - 1)
        return before + paid + (0.0,) * (years - len(before) - len(paid))


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
        problems.append(Problem(where, f"{folder}: {found}", "a folder with one TOML file per activity area"))
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
                    f"{area.id!r}, which is the id of {first[area.id]} too",
                    "each id once in a catalogue",
                )
            )
            continue
        first[area.id] = path.name
        checked[path.name] = document
        areas.append(area)
    return CatalogueReading(tuple(areas), tuple(files), checked, complete), problems


def _area(document: Checked[CatalogueFile], problems: list[Problem]) -> CatalogueArea:
    content, place = document.content, document.place
    components: list[CatalogueComponent] = []
    for index, table in enumerate(content.component):
        problems += _payments(document, index, table)
        cost, cost_problems = _cost(document, index, table)
        problems += cost_problems
        if document.sound("component", index, "id") and any(table.id == other.id for other in components):
            problems.append(Problem(place.at("component", index, "id"), f"{table.id!r} a second time", "each id once"))
        if not table.source and table.basis != "judgement" and document.sound("component", index, "basis"):
            problems.append(
                Problem(
                    place.at("component", index, "source"),
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
        spread=() if table.kind == "per-year" else tuple(table.spread if table.spread is not None else (1.0,)),
        years=None if table.kind == "one-off" else table.years,
        currency=table.currency,
        price_year=table.price_year,
        basis=table.basis,
        rationale=table.rationale,
        sources=tuple(Source(source.document, source.figure, source.status, source.address) for source in table.source),
        cost=cost,
    )


def _payments(document: Checked[CatalogueFile], index: int, table: ComponentTable) -> list[Problem]:
    at = document.place.at
    if not document.sound("component", index, "kind"):
        return []
    problems = []
    if table.kind == "per-year" and table.spread is not None:
        problems.append(
            Problem(
                at("component", index, "spread"),
                f"{table.spread} with kind = 'per-year'",
                "spread for a one-off only",
                "say with years for how long the cost is paid",
            )
        )
    if table.kind == "one-off" and table.years is not None:
        problems.append(
            Problem(
                at("component", index, "years"),
                f"{table.years!r} with kind = 'one-off'",
                "years for a per-year cost only",
                "say with spread how the cost is shared among years",
            )
        )
    if table.kind == "per-year" and table.years is None and document.sound("component", index, "years"):
        problems.append(
            Problem(
                at("component", index, "years"),
                "nothing: the key is missing",
                'a number of years, or "all"',
                'add a line: years = "all"',
            )
        )
    if table.spread is not None and abs(math.fsum(table.spread) - 1.0) > 1e-9:
        problems.append(
            Problem(
                at("component", index, "spread"),
                f"{table.spread}, whose sum is {math.fsum(table.spread):.10g}",
                "shares whose sum is 1",
            )
        )
    return problems


def _cost(document: Checked[CatalogueFile], index: int, table: ComponentTable) -> tuple[Family, list[Problem]]:
    """Build the cost; where that fails, a cost of 1 stands in, so that the rest can be checked."""
    stand_in = build({"family": "constant", "value": 1.0}, "stand-in")
    where = document.place.at("component", index, "cost")
    if not document.sound("component", index, "cost"):
        return stand_in, []
    try:
        cost = build(table.cost, f"{document.place.file}: component[{index}].cost")
    except PopsimError as error:
        name = document.place.component("component", index)
        return stand_in, [replace(problem, where=problem.where + name) for problem in error.problems]
    problems = []
    lowest = cost.support()[0]
    if lowest < 0:
        problems.append(
            Problem(
                where,
                f"values down to {lowest:.10g} ({_written(table)})",
                "smallest value >= 0: a cost cannot be negative",
                "use a family with a smallest value, such as lognormal, gamma or pert",
            )
        )
    if not math.isfinite(cost.mean()):
        problems.append(
            Problem(
                where,
                f"mean = {cost.mean()} ({_written(table)})",
                "a finite mean",
                "use a lighter tail, or truncate it",
            )
        )
    return cost, problems


def _written(table: ComponentTable) -> str:
    return words(f"{name} = {value!r}" for name, value in table.cost.items())
