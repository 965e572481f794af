"""From the bytes of a CSV file to its text: which encoding it is in."""

from __future__ import annotations

import codecs
import re
import unicodedata

from popsim.errors import FileError, Keys, Problem
from popsim.tables.numbers import stating, where_stated


def decode(
    data: bytes, path: str, encoding: str | None, file: str = "", keys: Keys = (), key: str = "csv"
) -> tuple[str, str]:
    r"""Return the text of a file, with ``\n`` at the end of lines, and a note where it is not UTF-8.

    Parameters
    ----------
    data
        What the file holds.
    path
        Of the file.
    encoding
        What the study states; None where it states nothing: then UTF-8, UTF-16 with a byte order mark, or windows-1252
        where every letter beyond ASCII stands among letters of ASCII, as in names of western languages.
    file, keys
        Who refers to it, for messages.
    key
        Table of the study that can state the encoding; empty where an option of the command line does.

    Raises
    ------
    FileError
        When the file is no text, or not text in the encoding.

    Examples
    --------
    >>> decode("Côte d'Ivoire".encode("cp1252"), "c.csv", None)
    ("Côte d'Ivoire", 'from windows-1252 (it is not UTF-8), in which it says "Côte"')
    """

    def refused(found: str, allowed: str, mend: str) -> FileError:
        return FileError(Problem(file or path, keys, f"{path}: {found}", allowed, mend))

    def stated(name: str) -> str:
        return f"{where_stated(key)}: {stating(key, encoding=name)}"

    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        mend = "open it in the spreadsheet program and save the sheet as CSV, best as CSV UTF-8"
        raise refused("a workbook or another packed file", "a CSV file", mend)
    used, note = encoding or "utf-8", ""
    if encoding is None and data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        used, note = "utf-16", "from UTF-16"
    elif encoding is None and b"\0" in data:
        mend = "save the file as UTF-8, or name its encoding " + stated('"utf-16-le"')
        raise refused("bytes of value 0, as in UTF-16 without a byte order mark", "text in UTF-8", mend)
    called = used
    if codecs.lookup(used).name == "utf-8":
        used, called = "utf-8-sig", "UTF-8"
    try:
        text = data.decode(used)
    except UnicodeError as error:
        western = None if encoding else _western(data)
        if western is None:
            found = f"no text in {called} ({error})"
            if isinstance(error, UnicodeDecodeError):
                line = data[: error.start].count(b"\n") + 1
                found = f"byte 0x{data[error.start]:02x} in line {line} is not {called}"
            mend = "save the file again with encoding UTF-8, or name its encoding " + stated('"..."')
            raise refused(found, f"text in {called}", mend) from None
        text, note = western
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), note


def _western(data: bytes) -> tuple[str, str] | None:
    """Return text and note of a file that can be windows-1252, which most programs write that do not write UTF-8."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    foreign = [word for word in re.findall(r"\w+", text) if not word.isascii()]
    for word in foreign:
        # Text of another alphabet, read so, is made of accented letters alone.
        if re.search(r"[^\x00-\x7f]{2}", word) or not re.search(r"[A-Za-z]", word):
            return None
        if not all("LATIN" in unicodedata.name(letter, "") for letter in word if letter.isalpha()):
            return None
    if re.search(r"[^\x00-\x7f\w\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u20ac\u00a0\u00b0\u00a7\u00ab\u00bb]", text):
        return None
    # Accented letters of DOS code pages, read so, are marks within words and spaces at their ends.
    if re.search(r"[^\W\d_](?:[\u201c\u201d\u2014\u2026\u20ac\u00b0\u00a7\u00ab\u00bb]|\u2013(?=[a-z]))[^\W\d_]", text):
        return None
    if re.search(r"[a-z]\u00a0(?:[;,|\t\" ]|$)", text, re.MULTILINE):
        return None
    example = f', in which it says "{foreign[0]}"' if foreign else ""
    return text, f"from windows-1252 (it is not UTF-8){example}"
