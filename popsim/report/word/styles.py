"""Styles, numbering and page of an information note, set in a new document of python-docx."""

from __future__ import annotations

from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import qn
from docx.shared import Cm

from popsim.report.language import Language
from popsim.report.word.elements import Element, make

FONT = "Times New Roman"
TWIPS = 20
"""Twentieths of a point, in which Word measures."""
TEXT_WIDTH = 453.5
"""Width of the text in points: an A4 page with margins of 2.5 cm, as wide as figures for paper are drawn."""

TITLE, SUBTITLE, SYMBOL, HEADING, CONTENTS_HEADING, CONTENTS = (
    "Title",
    "Subtitle",
    "Symbol",
    "Heading1",
    "TOCHeading",
    "TOC1",
)
NUMBERED, NOTE, BULLET, CAPTION, PICTURE = "NumberedParagraph", "Note", "ListBullet", "Caption", "Picture"
TABLE, CELL, NUMBER, COLUMN, GAP = "ReportTable", "TableText", "TableNumber", "TableHeading", "TableGap"
HEADER, FOOTER = "Header", "Footer"

_SIZES = {
    "Normal": 10.0,
    TITLE: 16.0,
    SUBTITLE: 11.0,
    SYMBOL: 10.0,
    HEADING: 12.0,
    CONTENTS_HEADING: 10.0,
    CONTENTS: 10.0,
    NUMBERED: 10.0,
    NOTE: 8.5,
    BULLET: 10.0,
    CAPTION: 9.0,
    PICTURE: 10.0,
    CELL: 8.5,
    NUMBER: 8.5,
    COLUMN: 8.5,
    GAP: 4.0,
    HEADER: 8.5,
    FOOTER: 8.5,
}
"""Size of the font of each style, in points."""
_BOLD = {TITLE, HEADING, CONTENTS_HEADING, CAPTION, COLUMN}
_SPACING = {
    "Normal": (0.0, 6.0),
    TITLE: (12.0, 2.0),
    SUBTITLE: (0.0, 10.0),
    SYMBOL: (0.0, 0.0),
    HEADING: (9.0, 4.0),
    CONTENTS_HEADING: (6.0, 3.0),
    CONTENTS: (0.0, 1.0),
    NUMBERED: (0.0, 4.0),
    NOTE: (2.0, 6.0),
    BULLET: (0.0, 2.0),
    CAPTION: (6.0, 3.0),
    PICTURE: (0.0, 2.0),
    CELL: (1.0, 1.0),
    NUMBER: (1.0, 1.0),
    COLUMN: (1.0, 1.0),
    GAP: (0.0, 0.0),
    HEADER: (0.0, 0.0),
    FOOTER: (0.0, 0.0),
}
"""Space before and after a paragraph of each style, in points."""
_NEW = {
    SYMBOL: "Symbol",
    NUMBERED: "Numbered Paragraph",
    NOTE: "Note",
    PICTURE: "Picture",
    CELL: "Table Text",
    NUMBER: "Table Number",
    COLUMN: "Table Heading",
    GAP: "Table Gap",
    CONTENTS: "toc 1",
}
"""Name of each style that the template of python-docx lacks."""
_KEPT_WITH_NEXT = {HEADING, CONTENTS_HEADING, CAPTION}
_HEADINGS, _PARAGRAPHS, _BULLETS = 101, 102, 103
"""Ids of the numbering of headings, paragraphs and lists."""
_INDENT, _HEADING_INDENT = 26.0, 36.0
"""Points by which text stands behind its number."""


_SYMBOL_AT = 320.0
"""Where the symbol and what belongs to it begin, in points."""


def prepare(document: WordDocument, language: Language) -> None:
    """Set page, styles, numbering and language of an empty document."""
    _set_page(document, language)
    _set_numbering(document, language)
    for style_id in _SIZES:
        _set_style(document, style_id, language)
    _add_table_style(document)
    _set_language(document, language)
    _set_view(document)


def _set_view(document: WordDocument) -> None:
    """Open the note as a document of today's Word, at full size."""
    settings = document.settings.element
    zoom = settings.find(qn("w:zoom"))
    zoom.attrib.clear()
    zoom.set(qn("w:percent"), "100")
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")


def _set_page(document: WordDocument, language: Language) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin, section.bottom_margin = Cm(2.1), Cm(1.9)
    section.header_distance = section.footer_distance = Cm(1.0)
    section.different_first_page_header_footer = True
    if language.direction == "rtl":
        properties = document.element.body.sectPr
        properties.insert_element_before(make("bidi"), "w:rtlGutter", "w:docGrid", "w:printerSettings")


def _set_style(document: WordDocument, style_id: str, language: Language) -> None:
    styles = document.styles
    if style_id in _NEW:
        added = styles.add_style(_NEW[style_id], WD_STYLE_TYPE.PARAGRAPH, builtin=style_id == CONTENTS)
        added.element.set(qn("w:styleId"), style_id)
        added.base_style = styles["Normal"]
        added.quick_style = True
    element = next(each for each in styles.element.style_lst if each.styleId == style_id)
    for name in ("w:pPr", "w:rPr"):
        for old in element.findall(qn(name)):
            element.remove(old)
    if style_id == CONTENTS_HEADING:
        # The template makes it a heading, which has a number.
        styles["TOC Heading"].base_style = styles["Normal"]
    before, after = (round(TWIPS * points) for points in _SPACING[style_id])
    element.append(
        make("pPr", *_kept(style_id), make("spacing", before=before, after=after, line=240, lineRule="auto"))
    )
    _place(element.find(qn("w:pPr")), style_id, language)
    size = round(2 * _SIZES[style_id])
    looks = [make("rFonts", ascii=FONT, hAnsi=FONT, cs=FONT, eastAsia=FONT)]
    looks += [make("b"), make("bCs")] if style_id in _BOLD else []
    looks += [make("color", val="000000"), make("sz", val=size), make("szCs", val=size)]
    looks += [make("rtl")] if language.direction == "rtl" else []
    element.append(make("rPr", *looks))


def _kept(style_id: str) -> list[Element]:
    """Return the properties that come first: what holds a paragraph together, and its number."""
    numbering = {HEADING: _HEADINGS, NUMBERED: _PARAGRAPHS, BULLET: _BULLETS}.get(style_id)
    kept = [make("keepNext"), make("keepLines")] if style_id in _KEPT_WITH_NEXT else []
    if style_id == PICTURE:
        kept.append(make("keepNext"))
    if numbering is not None:
        kept.append(make("numPr", make("ilvl", val=0), make("numId", val=numbering)))
    if style_id in (HEADER, TITLE):
        edge = {"val": "single", "sz": 6 if style_id == HEADER else 18, "space": 4, "color": "000000"}
        kept.append(make("pBdr", make("bottom", **edge) if style_id == HEADER else make("top", **edge)))
    if style_id == CONTENTS:
        kept.append(make("tabs", make("tab", val="right", leader="dot", pos=round(TWIPS * TEXT_WIDTH))))
    if style_id == SYMBOL:
        kept.append(make("tabs", make("tab", val="left", pos=round(TWIPS * _SYMBOL_AT))))
    return kept


def _place(properties: Element, style_id: str, language: Language) -> None:
    """Add what comes after the spacing: direction, alignment and level in the table of contents."""
    if language.direction == "rtl":
        # The schema wants it before the spacing.
        properties.find(qn("w:spacing")).addprevious(make("bidi"))
    if style_id == NUMBER:
        properties.append(make("jc", val=number_side(language)))
    if style_id == HEADING:
        properties.append(make("outlineLvl", val=0))


def number_side(language: Language) -> str:
    """Return what aligns numbers at the right, where their units stand.

    In a paragraph from right to left Word takes "left" for where its lines begin, which is the right.
    """
    return "left" if language.direction == "rtl" else "right"


def _set_numbering(document: WordDocument, language: Language) -> None:
    """Add automatic numbers: I. to headings, 1. to paragraphs through the whole note, bullets to lists."""
    numbering = document.part.numbering_part.element
    heading_format = "arabicAbjad" if language.direction == "rtl" else "upperRoman"
    levels = (
        (_HEADINGS, heading_format, "%1.", HEADING, _HEADING_INDENT, _HEADING_INDENT),
        (_PARAGRAPHS, "decimal", "%1.", NUMBERED, 0.0, -_INDENT),
        (_BULLETS, "bullet", "\u2022", BULLET, _INDENT + 14.0, 14.0),
    )
    first = numbering.find(qn("w:num"))
    for number, form, text, style, left, hanging in levels:
        place = {"left": round(TWIPS * left)}
        place |= {"hanging": round(TWIPS * hanging)} if hanging > 0 else {"firstLine": 0}
        level = make(
            "lvl",
            make("start", val=1),
            make("numFmt", val=form),
            make("pStyle", val=style),
            make("lvlText", val=text),
            make("lvlJc", val="left"),
            make(
                "pPr",
                make("tabs", make("tab", val="num", pos=round(TWIPS * max(left, _INDENT)))),
                make("ind", **place),
            ),
            ilvl=0,
        )
        kind = make("multiLevelType", val="singleLevel")
        first.addprevious(make("abstractNum", kind, level, abstractNumId=number))
        numbering.append(make("num", make("abstractNumId", val=number), numId=number))


def _add_table_style(document: WordDocument) -> None:
    """Add a style of tables: rules above, below the headings and at the end; bold totals."""
    style = document.styles.add_style("Report Table", WD_STYLE_TYPE.TABLE)
    element = style.element
    element.set(qn("w:styleId"), TABLE)
    style.base_style = document.styles["Normal Table"]
    thick, thin = ({"val": "single", "sz": size, "space": 0, "color": "000000"} for size in (8, 4))
    margins = [make(side, w=60, type="dxa") for side in ("left", "right")]
    element.append(
        make("tblPr", make("tblBorders", make("top", **thick), make("bottom", **thick)), make("tblCellMar", *margins))
    )
    element.append(make("tblStylePr", make("tcPr", make("tcBorders", make("bottom", **thin))), type="firstRow"))
    total = make("rPr", make("b"), make("bCs"))
    element.append(make("tblStylePr", total, make("tcPr", make("tcBorders", make("top", **thin))), type="lastRow"))


def _set_language(document: WordDocument, language: Language) -> None:
    """State which language the words are in, so that spelling is checked in it."""
    code = tag(language)
    found = document.styles.element.find(f".//{qn('w:rPrDefault')}//{qn('w:lang')}")
    for name in ("val", "eastAsia", "bidi"):
        found.set(qn(f"w:{name}"), code)
    shown = document.settings.element.find(qn("w:themeFontLang"))
    if shown is not None:
        shown.getparent().remove(shown)


def tag(language: Language) -> str:
    """Return the tag of a language with its country, as Word wants it.

    Examples
    --------
    >>> from popsim.report.language import LANGUAGES
    >>> [tag(each) for each in LANGUAGES.values()]
    ['en-GB', 'fr-FR', 'es-ES', 'ar-EG']
    """
    from babel.core import get_global

    parts = str(get_global("likely_subtags").get(language.locale, language.locale)).split("_")
    return f"{parts[0]}-{parts[-1]}"
