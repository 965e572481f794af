"""Likely slips in a study and its countries file: allowed, but a reader should see them."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from popsim.errors import words
from popsim.study.countries import RESERVED, measured_columns
from popsim.study.model import Area, Country, Setting, Study
from popsim.study.patch import split_key
from popsim.study.toml_models import StudyFile
from popsim.study.validate import Checked
from popsim.tables import TextTable

NUMBER = r"[-+\d.,'’\s]*\d[-+\d.,'’\s]*(?:[eE][-+]?\d+)?"
ALIKE = "differ by capital letters, accents or spaces alone"


def study_notes(
    study: Study, file: Checked[StudyFile], table: TextTable, groups: Sequence[str], catalogue: Sequence[str]
) -> tuple[str, ...]:
    """Return one line for each likely slip.

    Parameters
    ----------
    study
        The study.
    file
        Its file.
    table
        Its countries file.
    groups
        Columns of that which group countries.
    catalogue
        Ids of all areas of the catalogue.
    """
    content = file.content
    used = _mentioned(
        {name: value for name, value in file.raw.items() if name not in ("headings", "labels", "scenarios")}
    )
    return (
        *_same_names(table),
        *_alike(table.column("code"), f"{table.name}: codes"),
        *(
            line
            for column in groups
            for line in _alike(table.column(column), f"{table.name}: in column {column} the groups")
        ),
        *(
            f"{table.name}: column {column} holds numbers, and nothing in the study uses it. A measure that costs "
            f'depend on needs a table, such as [driver.NAME] with column = "{column}"'
            for column in groups
            if column not in used and _all_numbers(table, column)
        ),
        *_misspelt(table, groups, content),
        *_odd_labels(table, content),
        *_garbled(table),
        *_areas_of_one_name(study.areas),
        *_not_counted(study, content, catalogue),
    )


def column_notes(table: TextTable, read: Sequence[str]) -> list[str]:
    """Return a line for columns whose names are likely slips for each other, and for columns of unused numbers.

    `read` are the columns that are read, empty where more columns have a meaning than a file must have.
    """
    return _alike(table.columns, f"{table.name}: columns") + [
        f"{table.name}: column {column} holds numbers, and nothing uses it: {words(read)} are read"
        for column in table.columns
        if read and column not in read and _all_numbers(table, column)
    ]


def _all_numbers(table: TextTable, column: str) -> bool:
    cells = table.column(column)
    return bool(cells) and all(re.fullmatch(NUMBER, cell) for cell in cells)


def _bare(text: str) -> str:
    """Return a text without what two spellings of one word may differ by.

    Examples
    --------
    >>> _bare(" Côte  d’Ivoire"), _bare("not_LDC")
    ("cote d'ivoire", 'not ldc')
    """
    apart = unicodedata.normalize("NFKD", text.replace("’", "'"))
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[_-]", " ", letters).casefold().split())


def _clusters(named: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return those of some (id, name) pairs, as dicts, whose names have one bare form."""
    clusters: dict[str, dict[str, str]] = {}
    for id_, name in named:
        clusters.setdefault(_bare(name), {})[id_] = name
    return [cluster for cluster in clusters.values() if len(cluster) > 1]


def _quoted(texts: Iterable[str]) -> str:
    return " and ".join(f'"{text}"' for text in dict.fromkeys(texts))


def _alike(texts: Sequence[str], what: str) -> list[str]:
    clusters = _clusters((text, text) for text in texts)
    return [f"{what} {_quoted(cluster)} {ALIKE}: they are kept apart" for cluster in clusters]


def _same_names(table: TextTable) -> list[str]:
    notes = []
    for cluster in _clusters(zip(table.column("code"), table.column("name"), strict=True)):
        called = f"have one name, {_quoted(cluster.values())}"
        if len(set(cluster.values())) > 1:
            called = f"have names, {_quoted(cluster.values())}, that {ALIKE}"
        notes.append(f"{table.name}: {words(cluster)} {called}")
    return notes


def _areas_of_one_name(areas: Sequence[Area]) -> list[str]:
    return [
        f"areas {words(cluster)} have one name, {_quoted(cluster.values())}: tables cannot tell them apart"
        for cluster in _clusters((area.id, area.name) for area in areas)
    ]


def _mentioned(value: Any) -> set[str]:
    """Return every text in a study file, and every part of a dotted key."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        keys = {part for key in value for part in (key, *split_key(key))}
        return keys.union(*(_mentioned(entry) for entry in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(_mentioned(entry) for entry in value))
    return set()


def _misspelt(table: TextTable, groups: Sequence[str], content: StudyFile) -> list[str]:
    """Find groups whose names are nearly those of columns with a meaning, which the file lacks."""
    measured = [f"{column}{ending}" for column in measured_columns(content) for ending in ("_basis", "_year")]
    known = [column for column in (*RESERVED, *measured) if column not in table.columns]
    return [
        f'{table.name}: column {column} groups countries; is "{close}" meant?'
        for column in groups
        for close in difflib.get_close_matches(column, known, 1, 0.85)
    ]


def _odd_labels(table: TextTable, content: StudyFile) -> list[str]:
    same = [
        f"[labels.{column}] gives {_quoted(values)} one name: tables cannot tell them apart"
        for column, names in content.labels.items()
        for name in dict.fromkeys(names.values())
        if len(values := [value for value, other in names.items() if other == name]) > 1
    ]
    return same + [
        f'{table.name}: no country has "{value}" in column {column}, which [labels.{column}] names'
        for column, names in content.labels.items()
        for value in names
        if value not in table.column(column)
    ]


def _garbled(table: TextTable) -> list[str]:
    """Find letters that whoever saved the file had read in another encoding, and errors of spreadsheets."""
    kinds = (
        ("\\ufffd|[\\u00c2-\\u00c3][\\u0080-\\u00bf]", "looks like letters saved in one encoding and read in another"),
        (r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NUM!|NULL!)", "is an error of a spreadsheet"),
    )
    notes = []
    for pattern, meaning in kinds:
        cells = [cell for row in table.rows for cell in row.cells if re.search(pattern, cell)]
        if cells:
            number = "one cell" if len(cells) == 1 else f"{len(cells)} cells"
            notes.append(f'{table.name}: "{cells[0]}" {meaning} ({number})')
    return notes


def _not_counted(study: Study, content: StudyFile, catalogue: Sequence[str]) -> list[str]:
    """Find areas that no table of the study counts, and areas and countries that nobody can need."""
    notes = [
        f"area {area} of the catalogue is not counted: the study has no table [area.{area}]"
        for area in catalogue
        if area not in content.area
    ]
    needed = [
        (area.id, country.code)
        for area in study.areas
        for country in study.countries
        if _can_need(area.need, country) and any(_can_need(each.need, country) for each in area.components)
    ]
    areas, countries = ({pair[side] for pair in needed} for side in (0, 1))
    notes += [f"area {area.id} costs nothing: no country can need it" for area in study.areas if area.id not in areas]
    idle = [country.code for country in study.countries if country.code not in countries]
    return notes + ([f"no cost arises in {words(idle)}: no area can be needed there"] if idle else [])


def _can_need(need: Setting | None, country: Country) -> bool:
    return need is None or need.of(country)[1] != 0.0
