"""What of a report an information note holds: a selection of its sections and blocks, in the same words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from popsim.report.document import (
    Block,
    Bullets,
    Details,
    Document,
    Entry,
    Figure,
    Listing,
    Matrix,
    Pairs,
    Paragraph,
    Section,
    Table,
)
from popsim.report.numbering import numbered


@dataclass(frozen=True)
class Part:
    """A section of the report in a note, and how many blocks of a kind are taken over: the first ones.

    `without` names tables and figures that stand in the full report alone.
    """

    section: str
    paragraphs: int = 3
    notes: int = 1
    tables: int = 1
    figures: int = 1
    lists: int = 1
    without: tuple[str, ...] = ()


PARTS = (
    Part("page-one", paragraphs=9, notes=9, tables=9, figures=9, lists=9),
    Part("point-estimate", paragraphs=2, notes=0, tables=0, figures=0),
    Part("budgets", paragraphs=2, figures=0),
    Part("options", paragraphs=20, notes=0, figures=0, lists=0),
    Part("areas", figures=0),
    Part("groups", tables=3),
    Part("years"),
    Part("drivers", paragraphs=1, notes=0, tables=0, figures=0),
    Part("evidence", tables=1, figures=0, without=("basis",)),
    Part("reading"),
)
"""What a note holds, in this order: the result, what it depends on, what it rests on and leaves out, how to read it."""

MOST_ROWS = 40
"""Rows of a table beyond which it stands in the full report alone."""


def selected(document: Document) -> Document:
    """Return a report as an information note: its first sections, without what is folded or for analysts.

    Tables and figures are numbered anew. Nothing is said in other words than in the report.
    """
    found = {section.id: section for section in document.sections if not section.is_annex}
    parts = [_shortened(found[part.section], part) for part in PARTS if part.section in found]
    return replace(document, sections=numbered(part for part in parts if part.blocks))


def introduces(block: Block) -> bool:
    """Return whether a paragraph only leads over to what follows it."""
    return isinstance(block, Paragraph) and block.text.rstrip().endswith((":", "："))


def _shortened(section: Section, part: Part) -> Section:
    left = {
        "paragraph": part.paragraphs,
        "note": part.notes,
        "table": part.tables,
        "figure": part.figures,
        "list": part.lists,
    }
    kept: list[Block] = []
    # What follows the first folded block explains or continues what is not taken over.
    for block in _unfolded(section):
        kind = _kind(block)
        if isinstance(block, Table | Figure) and block.name in part.without:
            continue
        if left.get(kind, 0) > 0 and not (isinstance(block, Table) and len(block.rows) > MOST_ROWS):
            left[kind] -= 1
            kept.append(block)
        elif kept and introduces(kept[-1]):
            left[_kind(kept.pop())] += 1
    while kept and introduces(kept[-1]):
        kept.pop()
    return replace(section, blocks=tuple(kept))


def _unfolded(section: Section) -> Iterator[Block]:
    for block in section.blocks:
        if isinstance(block, Details):
            return
        yield block


def _kind(block: Block) -> str:
    match block:
        case Paragraph():
            return "note" if block.note else "paragraph"
        case Table() | Matrix():
            return "table"
        case Figure():
            return "figure"
        case Bullets() | Pairs():
            return "list"
        case Entry() | Listing():
            return "for analysts"
