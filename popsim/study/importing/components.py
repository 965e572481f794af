"""From the rows of tables to components of the catalogue, each value with the cell that it was read from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from popsim.errors import Keys, nearest, shown, words
from popsim.study.importing.columns import AREAS, COSTS, EXPERTS, OVERLAPS, SOURCES, plain_heading
from popsim.study.importing.grid import Grid, GridRow
from popsim.study.importing.values import Fault, value_of

Single = Literal["refuse", "constant"]

LIMITED = "limits of a PERT, with the likeliest amount between them"
UNIFORM = "limits between which all amounts are equally likely"
SHAPES = {
    "pert": LIMITED,
    "uniform": UNIFORM,
    "lognormal": "a lognormal, whose upper tail is long",
    "metalog": "a metalog, which has those quantiles",
    "constant": "certain, without a range",
}
"""How amounts are read where no family is stated."""


@dataclass(frozen=True)
class Defaults:
    """What holds for all rows that do not state it themselves."""

    currency: str | None = None
    price_year: int | None = None
    factor: int = 1
    """What amounts of money are multiplied by: 1,000 where the tables are in thousands."""
    single: Single = "refuse"
    """What to do with one amount that has no range."""


@dataclass(frozen=True)
class Refusal:
    """One thing that was refused: in which file and place, what was found, what is allowed, how to mend it."""

    file: str
    place: str
    column: str
    found: str
    allowed: str
    mend: str = ""


@dataclass(frozen=True)
class Area:
    """An activity area by its id, with what its file says of it."""

    id: str
    name: str
    document: str
    description: str

    def table(self) -> dict[str, str]:
        """Return the table [area] of its file."""
        return {"id": self.id, "name": self.name, "document": self.document, "description": self.description}


@dataclass(eq=False)
class Draft:
    """A component, or a whole that components share, as a row states it; not checked yet."""

    area: str
    content: dict[str, Any]
    grid: Grid
    row: GridRow
    cells: dict[Keys, tuple[Grid, GridRow, str]] = field(default_factory=dict)
    """Where a value was read: table, row, key of its column."""
    refusals: list[Refusal] = field(default_factory=list)
    refused: list[Keys] = field(default_factory=list)
    """Keys of what was refused."""
    shape: str = ""
    """How the amounts were read where the row does not state a family."""

    @property
    def table(self) -> str:
        """Name of the list in the file of the area that it is an entry of."""
        return "overlap" if self.grid.kind is OVERLAPS else "component"

    @property
    def id(self) -> str:
        """Short id of the component; empty where it has none."""
        return str(self.content.get("id", ""))

    @property
    def name(self) -> str:
        """Name of the component."""
        return str(self.content.get("name", ""))

    def refuse(self, keys: Keys, found: str, allowed: str, mend: str = "") -> None:
        """Refuse what stands at keys of the component."""
        self.refused.append(keys)
        grid, row, key = self.cell(keys)
        self.refusals.append(Refusal(grid.file, grid.place(row, key), grid.headings.get(key, ""), found, allowed, mend))

    def is_refused(self, keys: Keys) -> bool:
        """Return whether something at, above or below keys is refused already."""
        return any(keys[: len(other)] == other or other[: len(keys)] == keys for other in self.refused)

    def cell(self, keys: Keys) -> tuple[Grid, GridRow, str]:
        """Return the cell that keys of the component were read from, or else what they lie in; at last its row."""
        for end in range(len(keys), 0, -1):
            if keys[:end] in self.cells:
                return self.cells[keys[:end]]
        # A key that is missing belongs to the row from which its table was read.
        for end in range(len(keys), 0, -1):
            for stated, (grid, row, _) in self.cells.items():
                if stated[:end] == keys[:end]:
                    return grid, row, ""
        return self.grid, self.row, ""


def slug(text: str) -> str:
    """Return an id made from a name: small letters, digits and _; empty where it has no letters.

    Examples
    --------
    >>> slug("Running the unit"), slug("Études & suivi (5 ans)"), slug("2nd phase")
    ('running_the_unit', 'etudes_suivi_5_ans', 'n2nd_phase')
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    name = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return f"n{name}" if name[:1].isdigit() else name


def read_drafts(
    grids: Mapping[str, Grid], areas: Sequence[Area], defaults: Defaults
) -> tuple[list[Draft], list[Refusal], list[str]]:
    """Return the components of tables, and wholes that they share, with the rows of tables beside that belong to them.

    Refusals are those of rows that belong to no component; what is wrong with a component is noted in its draft.
    """
    drafts, notes = [], []
    for grid in (grids[kind.name] for kind in (OVERLAPS, COSTS) if kind.name in grids):
        empty = [row.number for row in grid.rows if _is_empty(grid, row, areas)]
        drafts += [_draft(grid, row, areas, defaults) for row in grid.rows if row.number not in empty]
        if empty:
            place = f"sheet {grid.sheet}, rows" if grid.sheet else "lines"
            notes.append(f"{grid.file}: not read, as nothing but the area is filled in: {place} {words(empty, 10)}")
    _check_ids(drafts)
    refusals: list[Refusal] = []
    for name, table in grids.items():
        if name not in (COSTS.name, OVERLAPS.name, AREAS.name):
            refusals += _attach(table, drafts, areas, defaults)
    for draft in drafts:
        _shape(draft, defaults)
    return drafts, refusals, notes


def _is_empty(grid: Grid, row: GridRow, areas: Sequence[Area]) -> bool:
    """Return whether nothing but the area is filled in, as in a template."""
    return set(row.cells) == {"area"} and _area_of(_text(grid, row, "area"), areas) is not None


def read_areas(grid: Grid) -> tuple[list[Area], list[Refusal]]:
    """Return the areas of a table of areas, and refused rows."""
    areas: list[Area] = []
    refusals = []
    for row in grid.rows:
        stated = {key: _text(grid, row, key) for key in ("id", "name", "document", "description")}
        problems = [
            (key, shown(row.cells[key].value) if key in row.cells else "nothing", f"text in {words(stated)}")
            for key, text in stated.items()
            if not text
        ]
        if stated["id"] and not re.fullmatch(r"[a-z][a-z0-9_]*", stated["id"]):
            problems.append(("id", shown(stated["id"]), "small letters, digits and _, beginning with a letter"))
        if any(area.id == stated["id"] for area in areas):
            problems.append(("id", f"{stated['id']!r} a second time", "each id once"))
        for key, found, allowed in problems:
            refusals.append(Refusal(grid.file, grid.place(row, key), grid.headings.get(key, ""), found, allowed))
        if not problems:
            areas.append(Area(**stated))
    return areas, refusals


def _text(grid: Grid, row: GridRow, key: str) -> str:
    """Return a cell as text; empty where it is empty or holds something else."""
    if key not in row.cells:
        return ""
    value = value_of(row.cells[key], grid.columns[key], grid.numbers)
    return value if isinstance(value, str) else ""


def _area_of(text: str, areas: Iterable[Area]) -> Area | None:
    """Return the area that a text names: by its id, its name, or both."""
    plain = plain_heading(text)
    for area in areas:
        own, name = plain_heading(area.id), plain_heading(area.name)
        if plain in (own, name, f"{own} {name}", f"area {own}"):
            return area
    return None


def _draft(grid: Grid, row: GridRow, areas: Sequence[Area], defaults: Defaults) -> Draft:
    """Return the component of one row, with what is wrong with its cells."""
    draft = Draft("", {}, grid, row)
    _fill(draft, (), grid, row, defaults)
    _find_area(draft, areas)
    _name(draft)
    content = draft.content
    # The money of a share is that of the whole.
    stated = () if "overlap" in content else (("currency", defaults.currency), ("price_year", defaults.price_year))
    for key, value in stated:
        if key not in content and key not in row.cells and value is not None:
            content[key] = value
    if content.get("spread") == [1]:
        del content["spread"]
    return draft


def _find_area(draft: Draft, areas: Sequence[Area]) -> None:
    """Take the area out of a row; refuse one that is not known."""
    stated = draft.content.pop("area", None)
    area = _area_of(stated, areas) if isinstance(stated, str) else None
    if area is not None:
        draft.area = area.id
        return
    known = [f"{each.id} ({each.name})" for each in areas]
    mend = nearest(str(stated or ""), [each.name for each in areas])
    if stated is None:
        mend = "take rows of totals out, or begin them with #"
    elif not mend:
        mend = "add it to a table of areas: a sheet called areas, or --areas FILE"
    found = shown(stated) if stated else "nothing"
    draft.refuse(("area",), found, f"an area, by id or name: {words(known)}", mend)


def _name(draft: Draft) -> None:
    """Make the id from the name where a row has no id, and the name from the id where it has no name."""
    content, stated = draft.content, draft.row.cells
    if "name" not in stated and "id" in content:
        content["name"] = str(content["id"]).replace("_", " ").capitalize()
    elif "id" not in stated and isinstance(content.get("name"), str):
        content["id"] = slug(content["name"])
        draft.cells[("id",)] = (draft.grid, draft.row, "name")
        if not content["id"]:
            mend = "add a column id, and write one there"
            draft.refuse(("id",), shown(content["name"]), "a name with Latin letters, or an id", mend)


def _fill(draft: Draft, above: Keys, grid: Grid, row: GridRow, defaults: Defaults) -> dict[str, Any]:
    """Put the values of a row into a component, or into an entry of one of its lists; note what cannot be read."""
    entry: dict[str, Any] = draft.content if not above else {}
    for key, cell in row.cells.items():
        column = grid.columns[key]
        value = value_of(cell, column, grid.numbers, defaults.factor)
        path = column.path
        if key == "cost" and not isinstance(value, Fault | dict):
            # A column called cost holds amounts, unless a cell begins as a table does.
            value, path = float(value) * defaults.factor, ("cost", "value")
        if path[0] in ("source", "expert"):
            path = (path[0], 0, *path[1:])
        draft.cells[above + path] = (grid, row, key)
        if isinstance(value, dict) and key == "cost" and defaults.factor != 1:
            mend = "write its amounts in full, and import it in a table of its own"
            value = Fault(shown(cell.value), "amounts in columns: --amounts-in does not reach into it", mend)
        if isinstance(value, Fault):
            draft.refuse(above + path, *value)
            continue
        inner = _inner(entry, path)
        if path[-1] in inner and path == ("cost", "value"):
            draft.refuse(above + path, shown(cell.value), "one amount", "leave one of the cells empty")
        inner[str(path[-1])] = value
    return entry


def _inner(entry: dict[str, Any], path: Keys) -> dict[str, Any]:
    """Return the table that a path of keys ends in; it is made where it is not there."""
    if len(path) == 1:
        return entry
    if len(path) > 2:
        found: dict[str, Any] = entry.setdefault(str(path[0]), [{}])[0]
        return found
    inner = entry.setdefault(str(path[0]), {})
    return inner if isinstance(inner, dict) else {}


def _check_ids(drafts: Sequence[Draft]) -> None:
    """Refuse a component whose id another one of its area has."""
    seen: dict[tuple[str, str, str], Draft] = {}
    for draft in drafts:
        first = seen.setdefault((draft.table, draft.area, draft.id), draft)
        if first is not draft and draft.id and draft.area:
            place = first.grid.place(first.row)
            mend = "give each its own id, in a column id; one component has one row"
            draft.refuse(("id",), f"{draft.id!r}, as in {place}", "each id once in an area", mend)


def _attach(grid: Grid, drafts: Sequence[Draft], areas: Sequence[Area], defaults: Defaults) -> Iterator[Refusal]:
    """Add the rows of a table beside that of costs to their components; yield those that belong to none."""
    key = {SOURCES.name: "source", EXPERTS.name: "expert"}.get(grid.kind.name, "data")
    for row in grid.rows:
        draft = _owner(grid, row, drafts, areas)
        if isinstance(draft, Refusal):
            yield draft
            continue
        entries = draft.content.setdefault(key, [])
        # A row of its own keys alone: those that say whose it is are not written.
        own = GridRow(row.number, {name: cell for name, cell in row.cells.items() if name not in ("area", "component")})
        entry = _fill(draft, (key, len(entries)), grid, own, defaults)
        if key == "data" and "id" not in entry and isinstance(entry.get("name"), str):
            entry["id"] = slug(entry["name"])
            draft.cells[key, len(entries), "id"] = (grid, own, "name")
        order = [str(column.path[-1]) for column in grid.kind.columns]
        entries.append({name: entry[name] for name in order if name in entry})


def _owner(grid: Grid, row: GridRow, drafts: Sequence[Draft], areas: Sequence[Area]) -> Draft | Refusal:
    """Return the component that a row beside belongs to."""

    def refused(key: str, found: str, allowed: str, mend: str = "") -> Refusal:
        return Refusal(grid.file, grid.place(row, key), grid.headings.get(key, ""), found, allowed, mend)

    stated, name = _text(grid, row, "area"), _text(grid, row, "component")
    area = _area_of(stated, areas) if stated else None
    if stated and area is None:
        known = words(each.id for each in areas)
        return refused("area", shown(stated), f"an area, by id or name: {known}")
    if not name:
        return refused("component", "nothing", "the id or name of a component of the table of costs")
    within = [draft for draft in drafts if area is None or draft.area == area.id]
    plain = plain_heading(name)
    same = [draft for draft in within if plain in (plain_heading(draft.id), plain_heading(draft.name))]
    if len(same) == 1:
        return same[0]
    if same:
        places = words((draft.grid.place(draft.row) for draft in same), 5)
        return refused(
            "component", f"{shown(name)}, which names several: {places}", "one component", "add a column area"
        )
    known_names = [draft.name for draft in within] + [draft.id for draft in within]
    allowed = f"a component of {COSTS.name}, by id or name"
    return refused("component", f"unknown component {shown(name)}", allowed, nearest(name, known_names))


def _shape(draft: Draft, defaults: Defaults) -> None:
    """State the family of a cost that is given by amounts alone; put the keys of the component in their order."""
    content = draft.content
    cost = content.get("cost")
    if ("cost",) in draft.cells and any(keys[:1] == ("cost",) and len(keys) > 1 for keys in draft.cells):
        draft.refuse(("cost",), "a table, and amounts beside it", "one of the two", "leave the other empty")
    elif cost is None and "overlap" not in content:
        if any(row.get("use", "fit") == "fit" for row in content.get("data", ())):
            mend = "write the family that is fitted to the data into a column fit, such as lognormal; or amounts"
        else:
            mend = "write low and high, or p05 and p95, into the row"
        draft.refuse(("cost",), "no amount", "a range: low and high, low, mode and high, or quantiles", mend)
    elif isinstance(cost, dict) and "family" not in cost and "fit" not in cost:
        _choose_family(draft, cost, defaults)
    order = [str(column.path[0]) for column in COSTS.columns]
    if isinstance(content.get("cost"), dict):
        first = {key: content["cost"][key] for key in ("family", "fit") if key in content["cost"]}
        content["cost"] = first | content["cost"]
    last = ("rationale", "cost", "source", "expert", "data")
    keys = [*(key for key in dict.fromkeys(order) if key not in last), *last]
    draft.content = {key: content[key] for key in keys if key in content}


def _choose_family(draft: Draft, cost: dict[str, Any], defaults: Defaults) -> None:
    """State the family that amounts without one are read as, or refuse amounts that show none."""
    if any(keys[:1] == ("cost",) for keys in draft.refused):
        return
    given = set(cost)
    quantiles = {key for key in given if re.fullmatch(r"p\d+", key)}
    limits = given & {"low", "mode", "high"}
    if given == {"value"}:
        _choose_single(draft, cost, defaults)
    elif given == {"low", "mode", "high"}:
        cost["family"] = "pert"
    elif given == {"low", "high"}:
        cost["family"] = "uniform"
    elif given in ({"mean", "std"}, {"low", "high", "coverage"}) or (len(quantiles) == 2 and given == quantiles):
        cost["family"] = "lognormal"
    elif len(quantiles) >= 3 and not given - quantiles - {"low", "high"}:
        cost["family"] = "metalog"
        # A cost is never below nothing.
        cost.setdefault("low", 0.0)
    else:
        found = words(f"{key} = {cost[key]:.10g}" if isinstance(cost[key], int | float) else key for key in cost)
        allowed = (
            "low and high; low, mode and high; two quantiles or more; mean and std; or a family with its parameters"
        )
        mend = "write the missing one" if limits or quantiles or given & {"mean", "std"} else ""
        if "value" in given:
            mend = "write the single amount as mode, p50 or mean, or leave it out"
        draft.refuse(("cost", sorted(given)[0]), found, allowed, mend)
        return
    if "family" in cost:
        draft.shape = SHAPES[cost["family"]]


def _choose_single(draft: Draft, cost: dict[str, Any], defaults: Defaults) -> None:
    if defaults.single == "constant":
        cost["family"] = "constant"
        return
    mend = (
        "write what it may be at least and at most into low and high; an agreed amount has constant in the column "
        "family, and all such amounts count as certain with --single constant"
    )
    draft.refuse(("cost", "value"), f"one amount, {cost['value']:,.10g}, without a range", "a range", mend)
