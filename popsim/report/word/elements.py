"""Elements of WordprocessingML (ECMA-376, part 1, clause 17) that python-docx has no call for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from popsim.report.characters import plain

Element = Any
"""An element of lxml; python-docx has no types for it."""


def make(tag: str, *children: Element, **attributes: object) -> Element:
    """Return an element of the main namespace, with attributes of that namespace and children.

    Parameters
    ----------
    tag
        Name without prefix, such as ``p``.
    *children
        Elements that go into it, in this order.
    **attributes
        Attributes without prefix; a number is written as text.
    """
    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), str(value))
    element.extend(children)
    return element


def run(text: str, bold: bool = False) -> Element:
    """Return a run of text; the end of a line in it stays one, and control characters are shown as signs."""
    element = make("r")
    if bold:
        element.append(make("rPr", make("b"), make("bCs")))
    for number, line in enumerate(plain(text).split("\n")):
        if number:
            element.append(make("br"))
        words = make("t")
        words.text = line.replace("\t", " ")
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        element.append(words)
    return element


def field(instruction: str, *result: Element) -> list[Element]:
    """Return the runs of a field: what it computes, and what is shown until it is computed anew."""
    return [*opened_field(instruction), *result, closed_field()]


def opened_field(instruction: str) -> list[Element]:
    """Return the runs before what a field shows."""
    code = make("instrText")
    code.text = f" {instruction} "
    code.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return [
        make("r", make("fldChar", fldCharType="begin")),
        make("r", code),
        make("r", make("fldChar", fldCharType="separate")),
    ]


def closed_field() -> Element:
    """Return the run after what a field shows."""
    return make("r", make("fldChar", fldCharType="end"))


def paragraph(style: str, *content: Element, keep_with_next: bool = False) -> Element:
    """Return a paragraph in a style, named by its id."""
    properties = make("pPr", make("pStyle", val=style))
    if keep_with_next:
        properties.append(make("keepNext"))
    return make("p", properties, *content)


def bookmarked(name: str, number: int, *content: Element) -> list[Element]:
    """Return content under a name that links lead to."""
    return [make("bookmarkStart", id=number, name=name), *content, make("bookmarkEnd", id=number)]


def link(bookmark: str, *content: Element) -> Element:
    """Return a link to a place in the same document."""
    return make("hyperlink", *content, anchor=bookmark, history=1)


def with_fields(sentence: str, fields: Mapping[str, Iterable[Element]]) -> list[Element]:
    """Return a sentence as runs, with fields in the place of their marks.

    Parameters
    ----------
    sentence
        The words, in which each mark stands once or not at all.
    fields
        Runs by mark, each a character that stands in no sentence.
    """
    runs: list[Element] = []
    words = ""
    for letter in sentence:
        if letter in fields:
            runs += [run(words)] if words else []
            runs += fields[letter]
            words = ""
        else:
            words += letter
    return [*runs, run(words)] if words else runs
