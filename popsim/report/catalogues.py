"""The sentences of documents, taken from code and templates into the catalogues that translators fill in.

``python -m popsim.report.catalogues``, which is ``make translations``, brings every file in `locales` up to date: new
sentences are added without a translation, and those that are used no more go.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from popsim.report.language import LANGUAGES, LOCALES

if TYPE_CHECKING:
    from babel.messages import Catalog, Message

PACKAGE = Path(__file__).parent.parent
_SOURCES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("report", "**/*.py", "python", {}),
    ("plot", "**/*.py", "python", {}),
    ("report/templates", "*.j2", "jinja2", {"trimmed": "true", "silent": "false"}),
)
"""Folder, files, method of Babel that reads them, and its options."""
_CALLS: dict[str, Any] = {
    "_": None,
    "_kept": None,
    "gettext": None,
    "plain_gettext": None,
    "ngettext": (1, 2),
    "plain_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "plain_pgettext": ((1, "c"), 2),
}
"""Functions whose arguments are sentences, and which of them: None for the first, "c" for what decides the meaning."""
_HEADER = """\
# popsim: the words of its documents in {name}.
# Sentences are added and removed by `make translations`; docs/how-to/languages.md says how to correct one."""


def sentences() -> Catalog:
    """Return every sentence of the documents, with the files in which it stands.

    Examples
    --------
    >>> "Country inventory" in sentences(), "n/a" in sentences()
    (False, True)
    """
    from babel.messages import Catalog

    catalogue = Catalog(project="popsim", charset="utf-8", fuzzy=False)
    for file, message, comments, context in _found():
        catalogue.add(message, locations=[(file, 0)], auto_comments=comments, context=context)
    return catalogue


def _found() -> Iterator[tuple[str, Any, list[str], str | None]]:
    from babel.messages.extract import extract

    for folder, pattern, method, options in _SOURCES:
        for path in sorted((PACKAGE / folder).glob(pattern)):
            with path.open("rb") as file:
                name = path.relative_to(PACKAGE.parent).as_posix()
                tags = ["Translators:"]
                for _, message, comments, context in extract(
                    method, file, _CALLS, tags, options, strip_comment_tags=True
                ):
                    yield name, message, comments, context


def translated(code: str) -> Catalog:
    """Return the catalogue of a language as it is in its file; an empty one where there is none.

    Parameters
    ----------
    code
        One of the languages of the documents.
    """
    from babel.messages import Catalog
    from babel.messages.pofile import read_po

    path = LOCALES / f"{code}.po"
    if not path.exists():
        return Catalog(
            locale=code,
            project="popsim",
            version="1",
            last_translator="machine translation",
            msgid_bugs_address="docs/how-to/languages.md",
            language_team="popsim",
            charset="utf-8",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=code)


def missing(code: str) -> list[Message]:
    """Return the sentences that a language has no translation of, in one of its forms.

    Parameters
    ----------
    code
        As for `translated`.
    """
    known = translated(code)
    found = []
    for message in sentences():
        if not message.id:
            continue
        own = known.get(message.id, message.context)
        forms = own.string if own is not None and not own.fuzzy else ""
        if not (all(forms) if isinstance(forms, tuple) else forms):
            found.append(message)
    return found


def update(code: str) -> None:
    """Bring the file of a language up to date with the sentences in the code.

    Parameters
    ----------
    code
        As for `translated`.
    """
    from babel.messages.pofile import write_po

    catalogue = translated(code)
    created = catalogue.creation_date
    # A sentence that is merely like an old one is translated anew: its numbers or its meaning may differ.
    catalogue.update(sentences(), no_fuzzy_matching=True)
    catalogue.creation_date = catalogue.revision_date = created
    catalogue.header_comment = _HEADER.format(name=LANGUAGES[code].name)
    LOCALES.mkdir(exist_ok=True)
    with (LOCALES / f"{code}.po").open("wb") as file:
        write_po(file, catalogue, width=0, sort_by_file=True, ignore_obsolete=True, include_lineno=False)


def main() -> None:
    """Update all catalogues, and write how many sentences each has and lacks."""
    for code in LANGUAGES:
        if code != "en":
            update(code)
            lacking, all_of_them = len(missing(code)), len(sentences())
            sys.stdout.write(f"{code}.po: {all_of_them} sentences, {lacking} without a translation\n")


if __name__ == "__main__":
    main()
