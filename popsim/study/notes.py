"""What is odd in a study and its countries file, and yet allowed: likely slips that a reader should see."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from popsim.errors import words
from popsim.study.countries import RESERVED, measured_columns
from popsim.study.model import Area, Country, Study
from popsim.study.patch import split_key
from popsim.study.toml_models import StudyFile
from popsim.study.validate import Checked
from popsim.tables import TextTable

__all__ = ["column_notes", "study_notes"]

NUMBER = r"[-+\d.,'’\s]*\d[-+\d.,'’\s]*(?:[eE][-+]?\d+)?"
ALIKE = "differ by capital letters, accents or spaces alone"


def study_notes(
    study: Study, file: Checked[StudyFile], table: TextTable, groups: Sequence[str], catalogue: Sequence[str]
) -> tuple[str, ...]:
    """Collect one line for each thing that is odd.

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
    stated = {name: value for name, value in file.raw.items() if name not in ("headings", "labels")}
    return (
        *_same_names(table),
        *(
            line
            for column in groups
            for line in _alike(table.column(column), f"{table.name}: in column {column} the groups")
        ),
        *_unused_numbers(table, groups, _mentioned(stated)),
        *_misspelt(table, groups, content),
        *_odd_labels(table, content),
        *_garbled(table),
        *_areas_of_one_name(study.areas),
        *_not_counted(study, content, catalogue),
    )


def column_notes(table: TextTable, read: Sequence[str]) -> list[str]:
    """List columns whose names are likely slips for each other, and columns of numbers beside those that are read.

    `read` is empty where more columns have a meaning than a file must have.
    """
    odd = _alike(table.columns, f"{table.name}: columns")
    others = [column for column in table.columns if read and column not in read and _all_numbers(table, column)]
    return odd + [
        f"{table.name}: column {column} holds numbers, and nothing uses it: {words(read)} are read" for column in others
    ]


def _all_numbers(table: TextTable, column: str) -> bool:
    cells = table.column(column)
    return bool(cells) and all(re.fullmatch(NUMBER, cell) for cell in cells)


def _bare(text: str) -> str:
    """Take away what two spellings of one word may differ by.

    Examples
    --------
    >>> _bare(" Côte  d’Ivoire"), _bare("not_LDC")
    ("cote d'ivoire", 'not ldc')
    """
    apart = unicodedata.normalize("NFKD", text.replace("’", "'"))
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[_-]", " ", letters).casefold().split())


def _clusters(texts: Iterable[str]) -> list[list[str]]:
    """Group different texts of one bare form."""
    found: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        found.setdefault(_bare(text), []).append(text)
    return [cluster for cluster in found.values() if len(cluster) > 1]


def _alike(texts: Sequence[str], what: str) -> list[str]:
    return [f"{what} {_quoted(cluster)} {ALIKE}: they are kept apart" for cluster in _clusters(texts)]


def _quoted(texts: Iterable[str]) -> str:
    return " and ".join(f'"{text}"' for text in texts)


def _same_names(table: TextTable) -> list[str]:
    codes: dict[str, list[tuple[str, str]]] = {}
    for code, name in zip(table.column("code"), table.column("name"), strict=True):
        codes.setdefault(_bare(name), []).append((code, name))
    found = []
    for same in codes.values():
        if len(same) > 1:
            names = dict.fromkeys(name for _, name in same)
            called = f"have one name, {_quoted(names)}"
            if len(names) > 1:
                called = f"have names, {_quoted(names)}, that {ALIKE}"
            found.append(f"{table.name}: {words(code for code, _ in same)} {called}")
    return found + _alike(table.column("code"), f"{table.name}: codes")


def _areas_of_one_name(areas: Sequence[Area]) -> list[str]:
    ids: dict[str, list[str]] = {}
    for area in areas:
        ids.setdefault(_bare(area.name), []).append(area.id)
    names = {area.id: area.name for area in areas}
    return [
        f"areas {words(same)} have one name, {_quoted(dict.fromkeys(names[area] for area in same))}: tables cannot "
        "tell them apart"
        for same in ids.values()
        if len(same) > 1
    ]


def _mentioned(value: Any) -> set[str]:
    """Collect every text in a study file, and every part of a dotted key."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        keys = {part for key in value for part in (key, *split_key(key))}
        return keys.union(*(_mentioned(entry) for entry in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(_mentioned(entry) for entry in value))
    return set()


def _unused_numbers(table: TextTable, groups: Sequence[str], mentioned: set[str]) -> list[str]:
    return [
        f"{table.name}: column {column} holds numbers, and nothing in the study uses it. A measure that costs depend "
        f'on needs a table, such as [driver.NAME] with column = "{column}"'
        for column in groups
        if column not in mentioned and _all_numbers(table, column)
    ]


def _misspelt(table: TextTable, groups: Sequence[str], content: StudyFile) -> list[str]:
    """Find groups whose names are nearly those of columns with a meaning, which the file lacks."""
    measured = [f"{column}{ending}" for column in measured_columns(content) for ending in ("_basis", "_year")]
    known = [column for column in (*RESERVED, *measured) if column not in table.columns]
    found = [(column, difflib.get_close_matches(column, known, 1, 0.85)) for column in groups]
    return [
        f'{table.name}: column {column} groups countries; is "{close[0]}" meant?' for column, close in found if close
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
        found = [cell for row in table.rows for cell in row.cells if re.search(pattern, cell)]
        if found:
            number = "one cell" if len(found) == 1 else f"{len(found)} cells"
            notes.append(f'{table.name}: "{found[0]}" {meaning} ({number})')
    return notes


def _not_counted(study: Study, content: StudyFile, catalogue: Sequence[str]) -> list[str]:
    """Find areas that no table of the study counts, and areas and countries that nobody can need."""
    unnamed = [area for area in catalogue if area not in content.area]
    found = [f"area {area} of the catalogue is not counted: the study has no table [area.{area}]" for area in unnamed]
    needed = {
        (area.id, country.code): any(_can_need(area, index, country) for index in range(len(area.components)))
        for area in study.areas
        for country in study.countries
    }
    areas = Counter(area for (area, _), can in needed.items() if can)
    countries = Counter(code for (_, code), can in needed.items() if can)
    found += [f"area {area.id} costs nothing: no country can need it" for area in study.areas if not areas[area.id]]
    idle = [country.code for country in study.countries if not countries[country.code]]
    if idle:
        found.append(f"no cost arises in {words(idle)}: no area can be needed there")
    return found


def _can_need(area: Area, index: int, country: Country) -> bool:
    needs = (area.need, area.components[index].need)
    return all(need is None or need.of(country)[1] != 0.0 for need in needs)
