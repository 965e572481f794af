"""The language of a document: its words by gettext, its numbers, lists and dates by Babel's locale data.

English sentences stand in the templates and sections, and are the keys of the catalogues in `popsim.report/locales`,
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
from typing import TYPE_CHECKING, Protocol

from popsim.errors import ParameterError, Problem, nearest
from popsim.report.characters import closed, closed_text
from popsim.report.signs import Signs, signs_of

if TYPE_CHECKING:
    from babel import Locale

LOCALES = Path(__file__).parent / "locales"
"""The catalogues: CODE.po."""


class Catalogue(Protocol):
    """The sentences of a language; each method returns one by its English."""

    def gettext(self, message: str, /) -> str:
        """Return a sentence."""
        ...

    def ngettext(self, one: str, many: str, number: int, /) -> str:
        """Return the form of a sentence that agrees with a number."""
        ...

    def pgettext(self, context: str, message: str, /) -> str | object:
        """Return a sentence, which is text, whose meaning the context decides."""
        ...


@dataclass(frozen=True)
class Language:
    """A language that documents are written in.

    `code` is the one that a user types, `locale` the one of Babel whose numbers and lists are used, `name` how its
    speakers call it. `is_draft` says that nobody has revised the translation. `least_grouped` is how many digits stand
    before the first group sign at least, which Babel does not know. `catalogue` and `own_signs` are those of a language
    that has no file of sentences, or writes numbers in another way than Babel's data say.
    """

    code: str
    locale: str
    name: str
    is_draft: bool = False
    least_grouped: int = 1
    catalogue: Catalogue | None = None
    own_signs: Signs | None = None

    @property
    def direction(self) -> str:
        """Direction of its script: "ltr" or "rtl"."""
        return self.babel.text_direction

    @property
    def babel(self) -> Locale:
        """Locale data of Babel."""
        return _locale(self.locale)

    @property
    def translations(self) -> Catalogue | None:
        """Its catalogue; None of English, whose sentences stand in the code."""
        return self.catalogue or (None if self.code == "en" else _catalogue(self.code))

    @property
    def signs(self) -> Signs:
        """The signs that it writes numbers with."""
        return self.own_signs or signs_of(self.babel, self.least_grouped)


# The percent sign of the documents stands apart from its number, as the SI has it, in English too.
ENGLISH = Language("en", "en_GB", "English", own_signs=Signs())
LANGUAGES = {
    language.code: language
    for language in (
        ENGLISH,
        Language("fr", "fr", "Français", is_draft=True),
        Language("es", "es", "Español", is_draft=True, least_grouped=2),
        Language("ar", "ar", "العربية", is_draft=True),
    )
}
"""Every language of the documents, by the code that a user types."""

_NO_COUNTRIES = frozenset({"XA", "XB", "ZZ"})
"""Codes that Babel's data have a name for, but which are no countries."""

_current: ContextVar[Language] = ContextVar("language", default=ENGLISH)


def current() -> Language:
    """Return the language that is written in now."""
    return _current.get()


@contextmanager
def using(language: str | Language) -> Iterator[Language]:
    """Write in a language until the context ends.

    Parameters
    ----------
    language
        The code of one of `LANGUAGES` or of the current language, or a language that is none of them.

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
    if language == current().code:
        language = current()
    if isinstance(language, str):
        if language not in LANGUAGES:
            mend = nearest(language, [*LANGUAGES])
            raise ParameterError(Problem("", ("language",), repr(language), ", ".join(LANGUAGES), mend))
        language = LANGUAGES[language]
    token = _current.set(language)
    try:
        yield language
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
    return plain_gettext(message) % closed(values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """Return the form of a sentence that agrees with a number; ``%(num)s`` in it is the number, formatted."""
    from popsim.report.numbers import count

    return plain_ngettext(one, many, number) % {"num": count(number), **closed(values)}


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Return a sentence whose meaning the context decides, with its values."""
    return plain_pgettext(context, message) % closed(values)


def listed(items: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    from babel.lists import format_list

    return format_list([closed_text(item) for item in items], locale=current().babel)


def long_date(day: date) -> str:
    """Format a date in words.

    Examples
    --------
    >>> long_date(date(2026, 11, 29))
    '29 November 2026'
    """
    from babel.dates import format_date

    return format_date(day, "long", locale=current().babel)


def territory(code: str, name: str) -> str:
    """Return the name of a country in the current language.

    Parameters
    ----------
    code
        Its code of ISO 3166, of two or three letters.
    name
        What the study calls it: its name in English, and of a code that Babel's data do not know.

    Examples
    --------
    >>> with using("es"):
    ...     territory("PER", "Peru"), territory("C07", "Country 7")
    ('Perú', 'Country 7')
    """
    if current().code == "en":
        return name
    from babel.core import get_global

    short = get_global("territory_aliases").get(code, [code])
    is_country = len(short) == 1 and short[0] not in _NO_COUNTRIES
    return current().babel.territories.get(short[0], name) if is_country else name


@cache
def _locale(name: str) -> Locale:
    from babel import Locale

    return Locale.parse(name)


@cache
def _catalogue(code: str) -> Catalogue:
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
