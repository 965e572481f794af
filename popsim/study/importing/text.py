r"""Files of the catalogue as text, in the layout of those that are packaged: long texts in lines, comments above.

TOML's own writers keep neither. Every import reads what is written here back with the standard library, and checks it.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

WIDTH = 112
"""Columns of lines of text."""
GROUPED_FROM = 10_000
"""Whole numbers from here on have underscores between thousands; years have none."""
LISTS = ("source", "expert", "data")
"""Keys of a component that are lists of tables."""


class Entry(NamedTuple):
    """One entry of a list of the file: the name of the list, the keys in the order of writing, where it is from."""

    table: str
    content: Mapping[str, Any]
    comment: str


def catalogue_text(area: Mapping[str, str], entries: Sequence[Entry], heading: str) -> str:
    """Return the text of a file of the catalogue.

    Parameters
    ----------
    area
        The table [area].
    entries
        Components, and wholes that components share.
    heading
        Comment at the top of the file.
    """
    blocks = ["\n".join((*map(_comment, textwrap.wrap(heading, WIDTH)), "format = 1"))]
    blocks.append("\n".join(("[area]", *_pairs(area))))
    for entry in entries:
        own = {key: value for key, value in entry.content.items() if key not in LISTS}
        blocks.append("\n".join((_comment(entry.comment), f"[[{entry.table}]]", *_pairs(own))))
        for key in LISTS:
            inner = entry.content.get(key, ())
            blocks += ["\n".join((f"[[{entry.table}.{key}]]", *_pairs(each))) for each in inner]
    return "\n\n".join(blocks) + "\n"


def _comment(text: str) -> str:
    """Return a text as one line of comment; control characters, which TOML refuses in comments, become blanks."""
    return "# " + re.sub(r"[\x00-\x1f\x7f]", " ", text)


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{_key(key)} = {_long(value) if isinstance(value, str) else toml_value(value)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _quoted(key)


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it in one line.

    Raises
    ------
    TypeError
        For a value that files of the catalogue cannot have.

    Examples
    --------
    >>> toml_value({"family": "lognormal", "p05": 30000.0, "p95": 120_000})
    '{ family = "lognormal", p05 = 30_000, p95 = 120_000 }'
    >>> toml_value([0.6, 0.4]), toml_value(2002), toml_value(1e-7)
    ('[0.6, 0.4]', '2002', '1e-07')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        whole = float(value).is_integer() and abs(value) < 1e15
        grouped = whole and abs(value) >= GROUPED_FROM
        return f"{int(value):_}" if grouped else str(int(value)) if whole else repr(value)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {toml_value(each)}" for name, each in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    message = f"no value of a catalogue: {value!r}"
    raise TypeError(message)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """Return a text with TOML's escapes for quotation marks, backslashes and control characters."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _long(text: str) -> str:
    """Return a text in quotation marks; a long one in several lines that TOML joins again."""
    quoted = _quoted(text)
    if len(quoted) <= WIDTH or text.startswith(" "):
        return quoted
    # A backslash at the end of a line takes blanks at the beginning of the next away: lines end behind blanks.
    pieces = re.findall(r"[^ ]+ *", _escaped(text))
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1]) + len(piece) > WIDTH:
            lines.append("")
        lines[-1] += piece
    return '"""\\\n' + "\\\n".join(lines) + '"""'
