"""The language of a document: its words by gettext, its numbers, lists and dates by Babel's locale data.

English sentences stand in the templates and sections, and are the keys of the catalogues in `popsim/report/locales`,
one file for each other language. A document is written inside `using(...)`; what is written outside is English, so that
messages and the terminal stay as they are.

A sentence with values is written ``_("%(count)s scenarios", count=5)``; a sign % that is no value is doubled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from popsim.errors import ParameterError, Problem, nearest

if TYPE_CHECKING:
    from babel import Locale
    from babel.support import Translations

LOCALES = Path(__file__).parent / "locales"
"""The catalogues: CODE.po."""


@dataclass(frozen=True)
class Language:
    """A language that documents are written in.

    `code` is the one that a user types, `locale` the one of Babel whose numbers and lists are used, `name` how its
    speakers call it. `is_draft` says that nobody has revised the translation.
    """

    code: str
    locale: str
    name: str
    is_draft: bool = False

    @property
    def direction(self) -> str:
        """Direction of its script: "ltr" or "rtl"."""
        return self.babel.text_direction

    @property
    def babel(self) -> Locale:
        """Locale data of Babel."""
        return _locale(self.locale)

    @property
    def translations(self) -> Translations | None:
        """Its catalogue; None of English, whose sentences stand in the code."""
        return None if self.code == "en" else _catalogue(self.code)


ENGLISH = Language("en", "en_GB", "English")
LANGUAGES = {
    language.code: language
    for language in (
        ENGLISH,
        Language("fr", "fr", "Français", is_draft=True),
        Language("es", "es", "Español", is_draft=True),
        Language("ar", "ar", "العربية", is_draft=True),
    )
}
"""Every language of the documents, by the code that a user types."""

_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def current() -> Language:
    """Return the language that is written in now."""
    return _current.get()


@contextmanager
def using(code: str) -> Iterator[Language]:
    """Write in a language until the context ends.

    Parameters
    ----------
    code
        One of `LANGUAGES`.

    Raises
    ------
    ParameterError
        For a language that there is not.

    Examples
    --------
    >>> with using("fr") as language:
    ...     language.direction
    'ltr'
    """
    if code not in LANGUAGES:
        raise ParameterError(Problem("", ("language",), repr(code), ", ".join(LANGUAGES), nearest(code, [*LANGUAGES])))
    token = _current.set(LANGUAGES[code])
    try:
        yield LANGUAGES[code]
    finally:
        _current.reset(token)


def plain_gettext(message: str) -> str:
    """Return a sentence in the current language, its values still to be put in."""
    translations = current().translations
    return translations.gettext(message) if translations else message


def plain_ngettext(one: str, many: str, number: int) -> str:
    """Return the form of a sentence that agrees with a number, its values still to be put in."""
    translations = current().translations
    return translations.ngettext(one, many, number) if translations else one if number == 1 else many


def plain_pgettext(context: str, message: str) -> str:
    """Return a sentence whose meaning the context decides, its values still to be put in."""
    translations = current().translations
    return str(translations.pgettext(context, message)) if translations else message


def gettext(message: str, /, **values: object) -> str:
    """Return a sentence in the current language, with its values."""
    return plain_gettext(message) % values


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the form of a sentence that agrees with a number; ``%(num)s`` in it is the number, formatted."""
    from popsim.report.numbers import count

    return plain_ngettext(one, many, number) % {"num": count(number), **values}


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Return a sentence whose meaning the context decides, with its values."""
    return plain_pgettext(context, message) % values


def listed(items: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    from babel.lists import format_list

    return format_list(list(items), locale=current().babel)


def long_date(day: date) -> str:
    """Format a date in words.

    Examples
    --------
    >>> long_date(date(2026, 11, 29))
    '29 November 2026'
    """
    from babel.dates import format_date

    return format_date(day, "long", locale=current().babel)


@cache
def _locale(name: str) -> Locale:
    from babel import Locale

    return Locale.parse(name)


@cache
def _catalogue(code: str) -> Translations:
    """Compile a catalogue in memory: a file of compiled messages beside it could be another than the source."""
    import io

    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po
    from babel.support import Translations

    with (LOCALES / f"{code}.po").open("rb") as file:
        messages = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)
