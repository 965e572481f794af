r"""Text for any console: spelt in the letters that its encoding has, without control characters.

Standard output may be a Windows code page, a log in Latin-1 or plain ASCII, and names in a study may be in any script
or hold an escape sequence. One rule for all of it, applied where text leaves the program:

1. a character that the encoding has stays as it is;
2. one that it lacks is spelt in characters that it has: ``−`` as ``-``, ``≥`` as ``>=``, ``é`` as ``e``, ``€`` as
   ``EUR``;
3. control characters, which could move the cursor, colour the screen or reverse the text, and what cannot be spelt, are
   written as escapes such as ``\x1b`` and ``\u4e2d``.
"""

from __future__ import annotations

import io
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console

STANDARD_OUTPUT = "standard output"
_NAMES = {"<stderr>": "standard error"}

_SPELLING = {
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "--", "\u2015": "--", "\u2212": "-",
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
    "\u2032": "'", "\u2033": '"', "\u2039": "'", "\u203a": "'", "«": '"', "»": '"',
    "\u2190": "<-", "\u2192": "->", "\u2194": "<->", "\u21d2": "=>", "\u21d4": "<=>",
    "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "≪": "<<", "≫": ">>", "×": "x", "÷": "/", "±": "+/-", "·": "-",
    "∞": "inf", "√": "sqrt", "∑": "sum", "µ": "u", "°": " deg", "‰": " per mille",
    "•": "-", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW", "₦": "NGN", "₽": "RUB", "₺": "TRY",
    "¢": "c", "§": "section ", "¶": "paragraph ", "©": "(c)", "®": "(R)", "⁄": "/", "†": "+", "‡": "++",
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D",
    "ı": "i", "ĸ": "k", "ŋ": "ng", "Ŋ": "Ng", "ʻ": "'", "ʼ": "'", "ʾ": "'", "ʿ": "'", "¿": "?", "¡": "!", "¦": "|",
    "✓": "yes", "✔": "yes", "✗": "no", "✘": "no", "\u200b": "", "\u200c": "", "\u200d": "", "\u2060": "", "\ufeff": "",
    "\u00ad": "",
}  # fmt: skip
"""How a character is spelt where the encoding lacks it and Unicode names no equivalent."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but for tab and end of line, and those that change the direction of text or end a line."""
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
"""Spaces that hold a number together on a page: terminals and grep look for ordinary ones."""


def is_unicode(stream: TextIO) -> bool:
    """Return whether every character can be written to a stream."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-").startswith("utf")


def printable(text: str, stream: TextIO | None = None) -> str:
    r"""Return a text as it may be printed: one kind of space, escapes for control characters, spelt for the stream.

    Parameters
    ----------
    text
        Any text, also one that a user wrote.
    stream
        Where it will be printed; standard output when None.

    Examples
    --------
    >>> printable("US$\u00a0612\u00a0million")
    'US$ 612 million'
    >>> print(printable("\x1b[31mred"))
    \x1b[31mred
    """
    encoding = getattr(sys.stdout if stream is None else stream, "encoding", None)
    return spell(_visible(_SPACES.sub(" ", text)), encoding)


def spell(text: str, encoding: str | None) -> str:
    r"""Spell a text in the characters that an encoding has.

    Parameters
    ----------
    text
        Any text.
    encoding
        Name of a codec; None for one that has every character.

    Examples
    --------
    >>> spell("Côte d’Ivoire: ≥ 5 −", "ascii"), spell("Côte d’Ivoire: ≥ 5 −", "latin-1")
    ("Cote d'Ivoire: >= 5 -", "Côte d'Ivoire: >= 5 -")
    >>> print(spell("中", "cp1252"))
    \u4e2d
    """
    encoding = encoding or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_spelt(character, encoding) for character in unicodedata.normalize("NFC", text))
    return text


@lru_cache(maxsize=4096)
def _spelt(character: str, encoding: str) -> str:
    """Spell one character in the first way that the encoding allows, the nearest to the character first."""
    for candidate in _ways(character):
        try:
            candidate.encode(encoding)
        except UnicodeEncodeError:
            continue
        return candidate
    return character.encode("ascii", "backslashreplace").decode("ascii")


def _ways(character: str) -> Iterator[str]:
    """Yield the character, with ever fewer accents, by the table, by Unicode's equivalent, by its name."""
    less = character
    while less:
        yield less
        parts = unicodedata.decomposition(less).split()
        less = chr(int(parts[0], 16)) if parts and not parts[0].startswith("<") else ""
    if character in _SPELLING:
        yield _SPELLING[character]
    if unicodedata.combining(character):
        yield ""
    equivalent = unicodedata.normalize("NFKD", character)
    if equivalent != character:
        yield equivalent
        yield "".join(_SPELLING.get(part, part) for part in equivalent if not unicodedata.combining(part))
    name = unicodedata.name(character, "")
    if letter := re.match("LATIN (SMALL|CAPITAL) LETTER ([A-Z]) WITH ", name):
        yield letter[2] if letter[1] == "CAPITAL" else letter[2].lower()
    elif name.startswith("BOX DRAWINGS "):
        yield "+" if " AND " in name else "|" if name.endswith("VERTICAL") else "-"
    elif name.endswith((" BLOCK", " SHADE")):
        yield "#"


def _visible(text: str) -> str:
    """Write control characters as escapes; tabs and ends of line stay."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text.replace("\r\n", "\n"))


class ReadableStream:
    """A text stream to which every text can be written.

    It has no ``buffer``: what prints through it cannot go around it.

    Parameters
    ----------
    stream
        Where the text goes.
    styled
        Whether control characters are let through, for a program that draws on a terminal.
    """

    def __init__(self, stream: TextIO, styled: bool = False) -> None:
        self._stream = stream
        self._styled = styled

    @property
    def stream(self) -> TextIO:
        """The stream below."""
        return self._stream

    def write(self, text: str) -> int:
        """Write a text as the stream can have it; return the length of what was given."""
        if not isinstance(text, str):
            message = f"write() takes text, not {type(text).__name__}"
            raise TypeError(message)
        with self._named():
            self._stream.write(spell(text if self._styled else _visible(text), self.encoding))
        return len(text)

    def flush(self) -> None:
        """Write what the stream still holds."""
        with self._named():
            self._stream.flush()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Write the name of this stream into an error of the system, which names no file."""
        try:
            yield
        except OSError as error:
            error.filename = error.filename or _NAMES.get(str(getattr(self._stream, "name", "")), STANDARD_OUTPUT)
            raise

    def writelines(self, lines: Any) -> None:
        """Write one text after another."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        """Return what the stream below has, such as its encoding; its buffer alone is out of reach."""
        if name == "buffer":
            message = "text for a console goes through write(), which spells it"
            raise AttributeError(message, name=name)
        return getattr(self._stream, name)


@contextmanager
def readable_streams() -> Iterator[None]:
    """Let standard output and standard error take every text for as long as a command runs."""
    before = sys.stdout, sys.stderr
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        # Python has None for a stream that was closed before it began.
        sys.stdout = cast(TextIO, ReadableStream(sys.stdout or nowhere))
        sys.stderr = cast(TextIO, ReadableStream(sys.stderr or nowhere))
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


def rich_console(*, error: bool = False) -> Console:
    """Return a console that draws tables and bars on standard output, or on standard error."""
    from rich.console import Console

    class Quiet(Console):
        def on_broken_pipe(self) -> None:
            raise  # the error at hand: rich would leave with status 1

    stream = sys.stderr if error else sys.stdout
    below = stream.stream if isinstance(stream, ReadableStream) else stream
    file = ReadableStream(below or io.StringIO(), styled=True)
    return Quiet(file=cast(TextIO, file), markup=False, emoji=False, highlight=False)
