"""How objects print: a few lines in a console, a small table in a notebook, never all their values."""

from __future__ import annotations

import dataclasses
import html
import reprlib
from collections.abc import Iterable, Sequence
from typing import Any, cast

WIDTH = 100
"""Characters of a line, at most."""
SHOWN = 8
"""Names of a list that are shown; of the others, only their number is."""

Rows = Sequence[tuple[str, str]]

_short = reprlib.Repr()
_short.maxtuple = _short.maxlist = _short.maxdict = 4
_short.maxstring = _short.maxother = 60


def one_line(text: object, width: int = WIDTH) -> str:
    r"""Return a text in one line of printable characters, cut where it is longer than `width`.

    Examples
    --------
    >>> one_line("two\nlines"), one_line("x" * 10, width=6)
    ('two lines', 'xxx...')
    """
    joined = " ".join(str(text).split())
    plain = joined
    if not joined.isprintable():
        plain = "".join(character if character.isprintable() else "?" for character in joined)
    return plain if len(plain) <= width else plain[: width - 3] + "..."


def listed(names: Iterable[object]) -> str:
    """Return how many names there are, and the first of them.

    Examples
    --------
    >>> listed(["a", "b"]), listed(range(152))
    ('2: a, b', '152: 0, 1, 2, 3, 4, 5, 6, 7, ...')
    """
    known = [str(name) for name in names]
    shown = ", ".join([*known[:SHOWN], *(["..."] if len(known) > SHOWN else [])])
    return f"{len(known)}: {shown}" if known else "none"


def as_text(title: str, rows: Rows) -> str:
    """Return a title, and below it one line for each row of label and text.

    Examples
    --------
    >>> print(as_text("Study pops", [("years", "2027-2036"), ("seed", "1998")]))
    Study pops
      years  2027-2036
      seed   1998
    """
    width = max((len(label) for label, _ in rows), default=0)
    return "\n".join([one_line(title), *(f"  {label:{width}}  {one_line(text)}" for label, text in rows)])


def as_html(title: str, rows: Rows) -> str:
    """Return the same as a table of HTML; every text is escaped, and nothing is fetched from elsewhere.

    Examples
    --------
    >>> as_html("<b>", [("years", "2027-2036")])
    '<table><caption>&lt;b&gt;</caption><tr><th>years</th><td>2027-2036</td></tr></table>'
    """
    cells = [(html.escape(label), html.escape(one_line(text, 2 * WIDTH))) for label, text in rows]
    body = "".join(f"<tr><th>{label}</th><td>{text}</td></tr>" for label, text in cells)
    return f"<table><caption>{html.escape(one_line(title))}</caption>{body}</table>"


def brief(value: object) -> str:
    """Return a value in some sixty characters; of a long list, the first four entries.

    Examples
    --------
    >>> brief((1, 2, 3, 4, 5))
    '(1, 2, 3, 4, ...)'
    """
    return _short.repr(value)


class Brief:
    """Base of data classes that show in one line those fields that differ from their defaults.

    A child is declared ``@dataclass(repr=False)``.
    """

    def __repr__(self) -> str:
        known = dataclasses.fields(cast(Any, self))
        shown = [
            f"{field.name}={brief(value)}" for field in known if (value := getattr(self, field.name)) != field.default
        ]
        return one_line(f"{type(self).__name__}({', '.join(shown)})", 4 * WIDTH)


def as_size(size: float) -> str:
    """Return a number of bytes as it is read.

    Examples
    --------
    >>> as_size(3 * 2**29), as_size(2**28)
    ('1.5 GiB', '256.0 MiB')
    """
    return f"{size / 2**30:,.1f} GiB" if size >= 2**30 else f"{size / 2**20:,.1f} MiB"
