"""Import tables of costs as files of a catalogue: read, check as `popsim check` does, write all or nothing."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from popsim.errors import FileError, Keys, PopsimError, Problem, StudyError, words
from popsim.study.catalogue import read_catalogue
from popsim.study.files import packaged, parse_toml, read_text
from popsim.study.importing.columns import AREAS, BESIDE, COSTS, plain_heading
from popsim.study.importing.components import Area, Defaults, Draft, Refusal, read_areas, read_drafts, slug
from popsim.study.importing.grid import Grid, Hidden, Reading, read_grids
from popsim.study.importing.text import Entry, catalogue_text, toml_value
from popsim.study.place import Place
from popsim.study.toml_models import DialectTable
from popsim.study.validate import check_document

REPORTED = 40
"""So many problems are listed; of more it is said how many there are."""
CHECKED_TOGETHER = 200
"""Components that are checked in one file."""
REPORTED_SINGLY = 3
"""More refusals than this of one kind in one column are reported together."""
UNKNOWN = Area("unknown", "unknown", "unknown", "unknown")
"""Stands for the area of components whose area is not known, so that all else of them is checked."""


AS_STATED = Defaults()
"""Every row states all that it needs."""


@dataclass(frozen=True)
class Choices:
    """What a user states about an import; the command line has an option for each.

    Parameters
    ----------
    beside
        Files of tables beside that of costs, by kind: overlaps, data, sources, experts, areas.
    sheet, hidden, ignore
        As in `Reading`.
    dialect
        As [csv] of a study: delimiter, decimal, thousands, encoding; what is not stated is concluded from the file.
    defaults
        Currency, price year, unit of amounts, and what to do with single amounts.
    partial
        Whether what is in order is written although something else was refused.
    overwrite
        Whether the file of an area that is there already is replaced.
    """

    beside: Mapping[str, Path] = field(default_factory=dict)
    sheet: str = ""
    hidden: Hidden | None = None
    ignore: tuple[str, ...] = ()
    dialect: Mapping[str, str] = field(default_factory=dict)
    defaults: Defaults = AS_STATED
    partial: bool = False
    overwrite: bool = False


@dataclass(frozen=True)
class TakenComponent:
    """A component that was written: its id and name, where it was read, its cost as the file states it."""

    id: str
    name: str
    place: str
    cost: str
    read_as: str
    """How amounts without a family were read; empty where the table states a family, or a fit."""


@dataclass(frozen=True)
class WrittenFile:
    """A file of the catalogue that was written."""

    path: Path
    area: Area
    components: tuple[TakenComponent, ...]
    replaced: bool
    gone: tuple[str, ...]
    """Ids of components, and of wholes that components share, that the file had before, and has no more."""


@dataclass(frozen=True)
class Imported:
    """What an import took and refused."""

    files: tuple[WrittenFile, ...]
    refused: tuple[Problem, ...]
    """Empty unless an import in part was asked for."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Existing:
    """A file of the catalogue that is in the folder already."""

    path: Path
    area: Area
    components: tuple[str, ...]


def import_costs(table: Path, folder: Path, choices: Choices | None = None) -> Imported:
    """Read tables of costs and write a file of the catalogue for each activity area that they have.

    Parameters
    ----------
    table
        A workbook (.xlsx), with sheets for data, sources, experts and areas beside that of costs; or a CSV file.
    folder
        Folder of the catalogue; made where it is not there.
    choices
        What else a user states.

    Raises
    ------
    PopsimError
        With every problem of every table, as many as are listed at once. Nothing is written then; in an import in part,
        only what is in order.
    """
    choices = choices or Choices()
    grids, notes = _read(Path(table), choices)
    existing = _existing(Path(folder))
    areas, refusals = _known_areas(grids.get(AREAS.name), existing)
    costs = grids[COSTS.name]
    drafts, alone, said = read_drafts(grids, areas, choices.defaults)
    refusals += alone
    notes += said
    _check(drafts, areas, existing, Path(folder))
    refusals += [refusal for draft in drafts for refusal in draft.refusals]
    problems = _as_problems(refusals)
    good = [draft for draft in drafts if not draft.refusals]
    if not drafts and not problems:
        problems = [Problem(costs.file, (), "headings and no row", "a row for each component")]
    if problems and not (choices.partial and good):
        raise StudyError(problems)
    good = _still_sound(good, areas, existing, Path(folder), problems) if problems else good
    targets = _targets(good, areas, existing, Path(folder), choices)
    texts = {path: _text(by_area[0], by_area[1], costs.file) for path, by_area in targets.items()}
    _write(Path(folder), texts)
    replaced = {each.path: each for each in existing}
    files = tuple(
        WrittenFile(
            path,
            area,
            tuple(map(_taken, members)),
            path in replaced,
            tuple(name for name in replaced[path].components if name not in {draft.id for draft in members})
            if path in replaced
            else (),
        )
        for path, (area, members) in targets.items()
    )
    return Imported(files, tuple(problems), tuple(notes))


def _read(table: Path, choices: Choices) -> tuple[dict[str, Grid], list[str]]:
    """Read all tables that were named; their problems as a whole come together."""
    checked, faults = check_document(DialectTable, choices.dialect, Place("--"))
    problems = [replace(each, file=f"--{each.keys[0]}", keys=()) for each in faults]
    if problems or checked is None:
        raise StudyError(problems)
    dialect = replace(checked.content.dialect(), key="")
    reading = Reading(choices.sheet, choices.hidden, choices.ignore, dialect)
    grids: dict[str, Grid] = {}
    notes: list[str] = []
    for kind in (COSTS, *BESIDE):
        path = table if kind is COSTS else choices.beside.get(kind.name)
        if path is None:
            continue
        if kind.name in grids:
            found, allowed = f"{path}, and a sheet {kind.name} in {table.name}", "one table of a kind"
            problems.append(Problem(f"--{kind.name}", (), found, allowed, "leave the option out, or rename the sheet"))
            continue
        try:
            read, said = read_grids(path, kind, reading)
        except PopsimError as error:
            problems += error.problems
        else:
            grids |= read
            notes += said
    left_out = {plain_heading(name) for grid in grids.values() for name in grid.left_out}
    for name in choices.ignore:
        if plain_heading(name) not in left_out and not problems:
            headings = [heading for grid in grids.values() for heading in grid.headings.values()]
            problems.append(Problem("--ignore", (), name, f"a heading of the tables: {words(headings)}"))
    if problems:
        raise StudyError(_bounded(problems))
    return grids, notes


def _existing(folder: Path) -> list[_Existing]:
    """Return the files of the catalogue that the folder has.

    Raises
    ------
    PopsimError
        For a file that is no TOML: it might be the one of an area that is imported.
    """
    if folder.exists() and not folder.is_dir():
        raise FileError(Problem(str(folder), (), "a file", "a folder", "name another folder"))
    found = []
    for path in sorted(folder.glob("*.toml")):
        raw = parse_toml(read_text(path), path.name)
        match raw.get("area"):
            case {"id": str(id_)}:
                stated = raw["area"]
                area = Area(id_, *(str(stated.get(key, "")) for key in ("name", "document", "description")))
                tables = [each for kind in ("overlap", "component") for each in _listed(raw.get(kind))]
                found.append(_Existing(path, area, tuple(str(each.get("id", "")) for each in tables)))
    return found


def _listed(tables: object) -> list[dict[str, object]]:
    """Return the tables of a file that nobody has checked."""
    return [each for each in tables if isinstance(each, dict)] if isinstance(tables, list) else []


def _known_areas(grid: Grid | None, existing: Sequence[_Existing]) -> tuple[list[Area], list[Refusal]]:
    """Return the areas that costs can belong to: those of a table of areas and of the folder, or the packaged ones."""
    stated, refusals = read_areas(grid) if grid is not None else ([], [])
    there = existing or ([] if stated else _existing(packaged("distributions")))
    ids = {area.id for area in stated}
    return [*stated, *(each.area for each in there if each.area.id not in ids)], refusals


def _by_area(drafts: Sequence[Draft], areas: Sequence[Area]) -> list[tuple[Area, list[Draft]]]:
    """Return components by area, in the order of the areas; the unknown area comes last."""
    groups = [(area, [draft for draft in drafts if draft.area == area.id]) for area in areas]
    # A row that names no area at all, such as one of totals, is refused for that alone.
    groups.append((UNKNOWN, [draft for draft in drafts if not draft.area and "area" in draft.row.cells]))
    return [(area, members) for area, members in groups if members]


def _check(drafts: Sequence[Draft], areas: Sequence[Area], existing: Sequence[_Existing], folder: Path) -> None:
    """Check components as the catalogue is checked, and refuse in each draft what is wrong with it."""
    # What is wrong with a file is looked up once for each component: many small files take less time than a large one.
    groups = [
        (area, members[first : first + CHECKED_TOGETHER])
        for area, members in _by_area(drafts, areas)
        for first in range(0, len(members), CHECKED_TOGETHER)
    ]
    names = [f"{position:04}.toml" for position in range(len(groups))]
    # A cost of which a cell could not be read is not judged by the rest of it.
    unread = {draft for draft in drafts if any(keys[:1] == ("cost",) for keys in draft.refused)}
    entries = {
        (name, table): [draft for draft in members if draft.table == table]
        for name, (_, members) in zip(names, groups, strict=True)
        for table in ("component", "overlap")
    }
    before = {draft: replace(draft, refused=list(draft.refused)) for draft in drafts}
    with tempfile.TemporaryDirectory() as made:
        for name, (area, members) in zip(names, groups, strict=True):
            # Each file has an id of its own here; components whose ids are the same are refused already.
            text = _text(replace(area, id=f"area_{name[:4]}"), members, "")
            (Path(made) / name).write_text(text, encoding="utf-8", newline="\n")
        # Components may refer to wholes in files of other areas, and to files of data.
        own = {area.id for area, _ in groups}
        staying = [
            *(each.path for each in existing if each.area.id not in own),
            *(path for path in folder.glob("*.csv") if path.is_file()),
        ]
        for path in staying if groups else ():
            shutil.copyfile(path, Path(made) / path.name)
        problems = read_catalogue(Path(made), made)[1] if groups else []
    for problem in problems:
        match problem.keys:
            case ("component" | "overlap" as table, int(index), *keys) if problem.file in names:
                draft = entries[problem.file, table][index]
                if not (keys[:1] == ["cost"] and draft in unread) and not before[draft].is_refused(tuple(keys)):
                    found = problem.found.removesuffix(": the key is missing")
                    draft.refuse(tuple(keys), found, problem.allowed, _in_columns(tuple(keys), problem.mend))
            case _:
                _refuse_elsewhere(problem, drafts)


def _refuse_elsewhere(problem: Problem, drafts: Sequence[Draft]) -> None:
    """Refuse the components that name a file beside the catalogue in which something is wrong."""
    for draft in drafts:
        if problem.file in _named_files([draft]):
            draft.refuse(("cost", "data"), f"{problem.where}: {problem.found}", problem.allowed, problem.mend)


def _named_files(drafts: Sequence[Draft]) -> list[str]:
    """Return the names of CSV files of data that components are fitted to."""
    costs = [draft.content.get("cost") for draft in drafts]
    named = [cost.get("data") for cost in costs if isinstance(cost, dict)]
    return [name for name in named if isinstance(name, str) and Path(name).name == name and name.endswith(".csv")]


def _in_columns(keys: Keys, mend: str) -> str:
    """Return a mend that speaks of columns and tables in place of lines of a TOML file."""
    if keys == ("source",):
        return "fill in document, figure and status, or add rows to a table of sources"
    if keys and keys[0] in ("expert", "width_basis", "shape_basis", "basis") and "[[component.expert]]" in mend:
        return "fill in expert, expert date and expert method, or add rows to a table of experts"
    mend = re.sub(r"^add a line: (\w+) = \.\.\.$", lambda found: f"fill in {found[1].replace('_', ' ')}", mend)
    return re.sub(r"^add a line: (\w+) = \"?(\w+)\"?$", lambda found: f"write {found[2]} into {found[1]}", mend)


def _still_sound(
    drafts: Sequence[Draft],
    areas: Sequence[Area],
    existing: Sequence[_Existing],
    folder: Path,
    problems: list[Problem],
) -> list[Draft]:
    """Return what can be written of an import in part: what is left must be in order without what was refused.

    Raises
    ------
    PopsimError
        When nothing is left.
    """
    left = list(drafts)
    while left:
        _check(left, areas, existing, folder)
        found = [refusal for draft in left for refusal in draft.refusals]
        if not found:
            return left
        problems += _as_problems(found)
        left = [draft for draft in left if not draft.refusals]
    raise StudyError(problems)


def _as_problems(refusals: Sequence[Refusal]) -> list[Problem]:
    """Return refusals as problems: one by one, or together where many cells of a column have the same; bounded."""
    together: dict[tuple[str, str, str, str], list[Refusal]] = {}
    for each in refusals:
        together.setdefault((each.file, each.column, each.allowed, each.mend), []).append(each)
    problems = []
    for (file, column, allowed, mend), same in together.items():
        if len(same) > REPORTED_SINGLY:
            examples = list(dict.fromkeys(each.found for each in same))
            found = ", ".join(examples[:REPORTED_SINGLY]) + (", ..." if len(examples) > REPORTED_SINGLY else "")
            found += f" at {words((each.place for each in same), REPORTED_SINGLY)}"
            position = f"column {column}" if column else ""
            problems.append(Problem(file, (), found, allowed, mend, position=position))
        else:
            problems += [Problem(file, (), each.found, allowed, mend, position=each.place) for each in same]
    return _bounded(problems)


def _bounded(problems: list[Problem]) -> list[Problem]:
    """Return the first problems, and how many further ones there are."""
    further = len(problems) - REPORTED
    if further <= 0:
        return problems
    more = Problem("and more", (), f"{further} further problems", "none", "mend those above, and import again")
    return [*problems[:REPORTED], more]


def _targets(
    drafts: Sequence[Draft], areas: Sequence[Area], existing: Sequence[_Existing], folder: Path, choices: Choices
) -> dict[Path, tuple[Area, list[Draft]]]:
    """Return the files that are written, each with its area and components.

    Raises
    ------
    PopsimError
        For each file that is there already, unless it is to be replaced.
    """
    there = {each.area.id: each for each in existing}
    targets: dict[Path, tuple[Area, list[Draft]]] = {}
    problems = []
    for area, members in _by_area(drafts, areas):
        old = there.get(area.id)
        path = old.path if old else folder / f"{area.id}_{slug(area.name)}.toml".replace("_.", ".")
        if old and not choices.overwrite:
            found = f"a file of area {area.id}, with components {words(old.components)}"
            mend = "--overwrite replaces the whole file; or name another folder"
            problems.append(Problem(str(path), (), found, f"no file of area {area.id} in the folder", mend))
        elif old is None and path.exists():
            problems.append(Problem(str(path), (), "a file or folder", "a name that is free", "name another folder"))
        targets[path] = area, members
    if problems:
        raise FileError(problems)
    return targets


def _text(area: Area, drafts: Sequence[Draft], file: str) -> str:
    """Return the text of the file of one area."""
    heading = (
        f"Written by popsim import from {file}. The comment above a component says which row it came from. "
        "From here on this file is edited by hand, as any other of the catalogue."
    )
    entries = []
    for draft in drafts:
        read_as = f"; amounts read as {draft.shape}" if draft.shape else ""
        entries.append(Entry(draft.table, draft.content, f"{draft.grid.origin(draft.row)}{read_as}"))
    return catalogue_text(area.table(), entries, heading)


def _taken(draft: Draft) -> TakenComponent:
    content: Mapping[str, Any] = draft.content
    stated = toml_value(content["cost"]) if "cost" in content else f"a share of {content.get('overlap')}"
    return TakenComponent(draft.id, draft.name, draft.grid.origin(draft.row), stated, draft.shape)


def _write(folder: Path, texts: Mapping[Path, str]) -> None:
    """Write all files, or none where the first cannot be written; each is whole at any moment.

    Raises
    ------
    FileError
        When the folder cannot be written.
    """
    ready: list[tuple[Path, Path]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            part = path.with_name(f".{path.name}.part")
            ready.append((part, path))
            part.write_bytes(text.encode("utf-8"))
        for part, path in ready:
            os.replace(part, path)
    except OSError as error:
        for part, _ in ready:
            part.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise FileError(Problem(f"writing {folder}", (), reason, "a folder that may be written")) from error
