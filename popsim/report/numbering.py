"""Numbers of tables and figures, and the names under which links and files find them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from popsim.report.document import Block, Details, Figure, Matrix, Section, Table
from popsim.report.language import gettext as _
from popsim.report.numbers import count

Captioned = Table | Matrix | Figure
"""Blocks that have a number."""

_OTHER = re.compile(r"[^a-z0-9]+")


def numbered(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Return sections whose tables and figures are numbered, each kind from 1, and all have a name.

    Matrices are tables to a reader and are counted with them. A block without a name gets that of its section; where
    two of a kind have the same name, the second gets a number after it.

    Parameters
    ----------
    sections
        In the order in which they are read.

    Returns
    -------
    tuple
        The same sections; names are unique among tables and among figures, and consist of small letters, digits and
        hyphens.

    Examples
    --------
    >>> table = Table("Budgets", ("Confidence", "Budget"), (("80 %", "850"),))
    >>> section, = numbered([Section("budgets", "How much is enough", "Budgets", (table, table))])
    >>> [(block.number, block.name) for block in section.blocks]
    [(1, 'budgets'), (2, 'budgets-2')]
    """
    counts = {"table": 0, "figure": 0}
    names: dict[str, set[str]] = {"table": set(), "figure": set()}

    def place(block: Block | Details, section: Section) -> Block | Details:
        if isinstance(block, Details):
            # Details hold no details.
            inside: tuple[Block, ...] = tuple(place(each, section) for each in block.blocks)  # type: ignore[misc]
            return replace(block, blocks=inside)
        if not isinstance(block, Captioned):
            return block
        kind = "figure" if isinstance(block, Figure) else "table"
        counts[kind] += 1
        name = _unique(slug(block.name) or slug(section.id), names[kind])
        names[kind].add(name)
        return replace(block, number=counts[kind], name=name)

    return tuple(replace(part, blocks=tuple(place(block, part) for block in part.blocks)) for part in sections)


def captioned(sections: Iterable[Section]) -> Iterator[Captioned]:
    """Return all tables, matrices and figures in the order in which they are read, folded ones too."""
    for section in sections:
        for block in section.blocks:
            for each in block.blocks if isinstance(block, Details) else (block,):
                if isinstance(each, Captioned):
                    yield each


def label(block: Captioned) -> str:
    """Return what a table or figure is called in the text and above it.

    Examples
    --------
    >>> label(Table("Budgets", ("Confidence", "Budget"), (("80 %", "850"),), number=3))
    'Table 3'
    """
    if isinstance(block, Figure):
        return _("Figure %(number)s", number=count(block.number))
    return _("Table %(number)s", number=count(block.number))


def heading(block: Captioned) -> str:
    """Return what stands above a table or figure: its number, and its caption or title.

    Examples
    --------
    >>> heading(Table("Budgets", ("Confidence", "Budget"), (("80 %", "850"),), number=3))
    'Table 3. Budgets'
    """
    text = block.title if isinstance(block, Figure) else block.caption
    if not block.number:
        return text
    if isinstance(block, Figure):
        return _("Figure %(number)s. %(title)s", number=count(block.number), title=text)
    return _("Table %(number)s. %(title)s", number=count(block.number), title=text)


def slug(text: str) -> str:
    """Return a text as a name for links and files: small letters without accents, digits and single hyphens.

    Examples
    --------
    >>> slug("Côte d’Ivoire: cost_by_area"), slug("<script>")
    ('cote-d-ivoire-cost-by-area', 'script')
    """
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return _OTHER.sub("-", "".join(letters).lower()).strip("-")


def _unique(name: str, taken: Collection[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
