"""An information note as a document of Word, in the usual layout of a secretariat."""

from __future__ import annotations

import io
from datetime import UTC, datetime, time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.shared import Pt

from popsim.report.characters import plain
from popsim.report.document import Block, Bullets, Details, Document, Figure, Matrix, Pairs, Paragraph, Section, Table
from popsim.report.figures import canvas
from popsim.report.language import current, long_date, ngettext
from popsim.report.language import gettext as _
from popsim.report.numbering import heading
from popsim.report.word import styles, tables
from popsim.report.word.elements import (
    Element,
    bookmarked,
    closed_field,
    field,
    link,
    make,
    opened_field,
    paragraph,
    run,
    with_fields,
)
from popsim.report.word.selection import introduces

_FIRST, _SECOND = "\ue000", "\ue001"
"""Marks of the places of fields in a sentence: characters for private use, which `plain` leaves to us."""
_LONGEST = 255
"""Characters of a core property that Word takes."""
_TALLEST = 210.0
"""Height of a figure in points, beyond which it is made smaller."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Time of all files in the archive: the same run gives the same bytes."""


class Note:
    """A note while it is written.

    Parameters
    ----------
    document
        What it says: a selection of a report.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.language = current()
        self.word: WordDocument = docx.Document()
        self._body = self.word.element.body
        self._numbered = 0
        styles.prepare(self.word, self.language)
        self._pages()
        self._masthead()
        contents = self._contents()
        for number, section in enumerate(document.sections, start=1):
            first = self._numbered + 1
            self._section(number, section)
            contents.append(_entry(number, section, _place(section, first, self._numbered)))
        self._fill(contents)
        self._properties()

    def save(self, path: Path) -> None:
        """Write the note; the same document gives the same bytes."""
        buffer = io.BytesIO()
        self.word.save(buffer)
        with ZipFile(buffer) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
            for name in source.namelist():
                entry = ZipInfo(name, _EPOCH)
                entry.compress_type = ZIP_DEFLATED
                target.writestr(entry, source.read(name))

    def _add(self, *elements: Element) -> None:
        for element in elements:
            self._body.sectPr.addprevious(element)

    def _pages(self) -> None:
        """Write running title and page numbers; the first page has no running title."""
        section = self.word.sections[0]
        title = run(self.document.title)
        _only(section.header, paragraph(styles.HEADER, title))
        _only(section.first_page_header, paragraph(styles.SYMBOL))
        sentence = _("Page %(page)s of %(pages)s", page=_FIRST, pages=_SECOND)
        for footer in (section.footer, section.first_page_footer):
            fields = {_FIRST: field("PAGE", run("1")), _SECOND: field("NUMPAGES", run("1"))}
            content = paragraph(styles.FOOTER, *with_fields(sentence, fields))
            content.pPr.append(make("jc", val="right"))
            _only(footer, content)

    def _masthead(self) -> None:
        """Write symbol, date and title; what a secretariat fills in stands in brackets."""
        lines = [_("[Symbol]"), _("Distribution: [general]")]
        if self.document.date is not None:
            lines.append(long_date(self.document.date))
        # Every sentence is written in English first.
        lines.append(_("Original: %(language)s", language=self.language.babel.languages["en"]))
        beside = [_("[Meeting and item of the agenda]"), *[""] * (len(lines) - 1)]
        for left, right in zip(beside, lines, strict=True):
            self._add(paragraph(styles.SYMBOL, run(left), make("r", make("tab")), run(right, bold=right == lines[0])))
        self._add(paragraph(styles.TITLE, run(self.document.title)))
        self._add(
            paragraph(styles.SUBTITLE, run(_("Information note")), make("r", make("br")), run(self.document.subtitle))
        )

    def _contents(self) -> list[Element]:
        self._add(paragraph(styles.CONTENTS_HEADING, run(_("Contents"))))
        self._place = paragraph(styles.CONTENTS)
        self._add(self._place)
        return []

    def _fill(self, contents: list[Element]) -> None:
        """Put the table of contents in its place: a field, which shows paragraphs until it is updated to pages."""
        if contents:
            opening = opened_field('TOC \\o "1-1" \\h \\z \\u')
            contents[0].pPr.addnext(opening[0])
            opening[0].addnext(opening[1])
            opening[1].addnext(opening[2])
            contents[-1].append(closed_field())
        for entry in contents:
            self._place.addprevious(entry)
        self._body.remove(self._place)

    def _section(self, number: int, section: Section) -> None:
        title = bookmarked(_bookmark(number), number, run(section.title))
        self._add(paragraph(styles.HEADING, *title))
        for block in section.blocks:
            self._block(block)

    def _block(self, block: Block | Details) -> None:
        match block:
            case Paragraph(text=text, note=True):
                self._add(paragraph(styles.NOTE, run(text)))
            case Paragraph(text=text):
                self._numbered += 1
                self._add(paragraph(styles.NUMBERED, run(text), keep_with_next=introduces(block)))
            case Bullets(items=items):
                self._add(*(paragraph(styles.BULLET, run(item)) for item in items))
            case Pairs(items=pairs):
                for name, text in pairs:
                    named = run(_("%(name)s:", name=name), bold=True)
                    self._add(paragraph(styles.BULLET, named, run(f" {text}")))
            case Table():
                self._add(self._caption(block, "Table"), tables.table(block, self.language), _gap())
            case Matrix():
                self._add(self._caption(block, "Table"), tables.matrix(block, self.language), _gap())
            case Figure():
                self._add(self._caption(block, "Figure"), self._picture(block))
                self._add(paragraph(styles.NOTE, run(block.caption)))
            case _:
                message = f"a note has no {block.kind}"
                raise TypeError(message)

    def _caption(self, block: Table | Matrix | Figure, sequence: str) -> Element:
        """Return the caption, its number counted by Word."""
        text = heading(block)
        number = str(block.number)
        before, found, after = text.partition(number)
        if not found:
            return paragraph(styles.CAPTION, run(text))
        counted = field(f"SEQ {sequence} \\* ARABIC", run(number))
        return paragraph(styles.CAPTION, *([run(before)] if before else []), *counted, run(after))

    def _picture(self, figure: Figure) -> Element:
        image = io.BytesIO(canvas.png(figure.draw))
        inline = self.word.part.new_pic_inline(image, width=Pt(styles.TEXT_WIDTH))
        if inline.extent.cy > Pt(_TALLEST):
            image.seek(0)
            inline = self.word.part.new_pic_inline(image, height=Pt(_TALLEST))
        inline.docPr.set("descr", plain(figure.spoken))
        inline.docPr.set("title", plain(figure.title))
        return paragraph(styles.PICTURE, make("r", make("drawing", inline)))

    def _properties(self) -> None:
        """State who, what and when in the properties of the file; nothing that changes from run to run."""
        document, properties = self.document, self.word.core_properties
        properties.title = plain(document.title)[:_LONGEST]
        properties.subject = plain(document.subtitle)[:_LONGEST]
        properties.author = f"popsim {document.version}".strip()
        properties.last_modified_by = ""
        properties.comments = plain(document.cite_as)[:_LONGEST]
        properties.keywords = ""
        properties.language = styles.tag(self.language)
        properties.revision = 1
        day = document.date
        for each in list(properties._element):
            if each.tag.endswith(("}created", "}modified")):
                properties._element.remove(each)
        if day is not None:
            properties.created = properties.modified = datetime.combine(day, time(), UTC).replace(tzinfo=None)
        package = self.word.part.package
        for name, relation in list(package.rels.items()):
            if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
                # A picture of an empty page.
                del package.rels[name]


def _only(story: object, content: Element) -> None:
    """Make a paragraph all that a header or footer has."""
    story.is_linked_to_previous = False  # type: ignore[attr-defined]
    element = story._element  # type: ignore[attr-defined]
    for old in list(element):
        element.remove(old)
    element.append(content)


def _bookmark(number: int) -> str:
    return f"_Toc{number:08d}"


def _entry(number: int, section: Section, where: str) -> Element:
    """Return the line of a section in the table of contents, with where it is found."""
    content = [run(section.title), make("r", make("tab")), run(where)] if where else [run(section.title)]
    return paragraph(styles.CONTENTS, link(_bookmark(number), *content))


def _place(section: Section, first: int, last: int) -> str:
    """Return the numbers of the paragraphs of a section, or of its tables where it has no such paragraph."""
    if count := last - first + 1:
        return ngettext("para. %(first)s", "paras. %(first)s–%(last)s", count, first=first, last=last)
    numbers = [block.number for block in section.blocks if isinstance(block, Table | Matrix) and block.number]
    if not numbers:
        return ""
    return ngettext("table %(first)s", "tables %(first)s–%(last)s", len(numbers), first=numbers[0], last=numbers[-1])


def _gap() -> Element:
    """Return what keeps a table apart from what follows it; Word joins tables that touch."""
    return paragraph(styles.GAP)
