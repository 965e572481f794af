"""Names of a study in other languages: one file for each language, which documents in that language use.

A name is found by its text in the study, so that one translation serves wherever the name stands. Nothing that is drawn
depends on names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import tomli_w

from popsim.errors import FileError, Problem, StudyError, nearest, shown, words
from popsim.schema import INPUTS_FOLDER
from popsim.study.catalogue import CatalogueReading
from popsim.study.files import StudyFolder, parse_toml, read_text
from popsim.study.place import Place
from popsim.study.toml_models import StudyFile, TranslationFile
from popsim.study.validate import Checked, check_document
from popsim.tables import TextTable

Translations = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""(code of a language, (name in the study, its translation) pairs)."""

FOLDER = "translations"
"""Where files of translations are, beside a study that is written or copied."""


def read_translations(
    study: Checked[StudyFile], folder: StudyFolder, names: Iterable[str] | None
) -> tuple[Translations, list[Problem]]:
    """Return the translations that a study names, and every problem.

    Parameters
    ----------
    study
        The study file.
    folder
        Its folder, from which the files are named.
    names
        All names of the study; None where not all of them are known, so that none is called unknown.
    """
    known = None if names is None else list(dict.fromkeys(names))
    translations: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    problems: list[Problem] = []
    for code, name in study.content.translations.items():
        keys = (FOLDER, code)
        if not re.fullmatch("[a-z]{2,3}", code):
            allowed = "the code of a language, two or three small letters, such as fr"
            problems.append(study.place.problem(keys, shown(code), allowed))
            continue
        if not study.sound(*keys):
            continue
        try:
            raw = parse_toml(read_text(folder.find(name, study.place.file, keys)), Path(name).name)
        except FileError as error:
            problems += [study.place.problem(keys, each.found, each.allowed, each.mend) for each in error.problems]
            continue
        except StudyError as error:
            problems += error.problems
            continue
        place = Place(Path(name).name)
        checked, faults = check_document(TranslationFile, raw, place)
        problems += faults
        if checked is not None:
            pairs = tuple(checked.content.names.items())
            problems += [] if known is None else _unknown(place, (each for each, _ in pairs), known)
            translations.append((code, pairs))
    return tuple(translations), problems


def _unknown(place: Place, names: Iterable[str], known: list[str]) -> Iterator[Problem]:
    """Yield a problem for each name that is mistyped: the study lacks it, and has one like it without a translation.

    Others may be left over from what the study had before, such as components that an import of costs has replaced.
    """
    stated = list(names)
    have, missing = set(known), [name for name in known if name not in set(stated)]
    for name in stated:
        if name not in have and (mend := nearest(name, missing)):
            yield place.problem(("names", name), "no such name in the study", f"names: {words(known[:8])} ...", mend)


def names_of(
    content: StudyFile, catalogue: CatalogueReading, table: TextTable | None, groups: Iterable[str]
) -> Iterator[str]:
    """Yield every name of a study that may be translated; some come more than once.

    Parameters
    ----------
    content
        The study file.
    catalogue
        Its areas, counted or not.
    table
        The countries file, whose values group countries.
    groups
        Columns of it that do so.
    """
    yield content.study.title
    for area in catalogue.areas:
        yield area.name
        yield from (each.name for each in (*area.components, *area.overlaps))
    yield from (option.name for option in content.option)
    for what_if in content.what_if:
        yield from (what_if.name, what_if.assumption or what_if.name)
    yield from (shock.name for shock in content.shock.values())
    yield from (row.what for row in content.report.not_counted)
    yield from (row.name for row in content.report.cross_check)
    yield from content.headings.values()
    for labels in content.labels.values():
        yield from labels.values()
    columns = [*(table.columns if table is not None else ()), *content.driver]
    yield from (column.replace("_", " ") for column in columns)
    if table is not None:
        yield from (table.cell(row, column) for column in groups for row in table.rows)


def translation_files(translations: Translations, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    r"""Return (relative path, text) of the file of each language, with those translations whose names there are.

    An override may have taken an option out of a study: its name is left out too, so that the files fit the study.

    Examples
    --------
    >>> translation_files((("fr", (("Coast", "Littoral"), ("Hills", "Collines"))),), ["Hills"])
    (('inputs/translations/fr.toml', 'format = 1\n\n[names]\nHills = "Collines"\n'),)
    """
    known = set(names)
    return tuple(
        (
            f"{INPUTS_FOLDER}/{FOLDER}/{code}.toml",
            tomli_w.dumps({"format": 1, "names": {name: text for name, text in pairs if name in known}}),
        )
        for code, pairs in translations
    )
