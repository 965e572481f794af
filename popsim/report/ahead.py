"""Sections of a report that are written and drawn before its page is laid out: two processes can share the work.

A process writes some sections (`write_ahead`), with the drawings that the page shows of them; what it returns can be
pickled. Another process takes them over (`take_over`), and finds them where it would have kept its own.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from popsim.report.content import SECTIONS, section_key, section_named
from popsim.report.data import ReportData, data_in_language
from popsim.report.document import Figure, Section
from popsim.report.figures import canvas
from popsim.report.numbering import captioned, numbered

HALF = frozenset({"ranges.by_area", "ranges.by_year", "drivers", "which_assumptions", "computation", "evidence"})
"""Sections that take half of the time of all, with their drawings, and that have little in common with the others."""
OTHER_HALF = frozenset(SECTIONS) - HALF

_FIRST_PAGE = "page_one"
"""Its figures stand beside text, and are drawn for narrow screens alone."""


class Ahead(NamedTuple):
    """Sections by name, None for those that a run does not have, and the drawings of each of their figures."""

    sections: dict[str, Section | None]
    drawings: dict[str, list[canvas.Drawings]]


def write_ahead(data: ReportData, names: Collection[str]) -> Ahead:
    """Write and draw some sections in the current language.

    Parameters
    ----------
    data
        What `gather` returns for the run; sections and drawings are kept in it as well.
    names
        Some of `SECTIONS`.
    """
    data = data_in_language(data.study, data.every_option, data)
    sections = {name: section_named(name, data) for name in SECTIONS if name in names}
    drawings: dict[str, list[canvas.Drawings]] = {}
    for name, section in sections.items():
        if section is None:
            continue
        screens = (canvas.NARROW,) if name == _FIRST_PAGE else (canvas.WIDE, canvas.NARROW)
        drawings[name] = []
        for figure in _figures(section):
            for screen in screens:
                canvas.svg_file(figure.draw, figure.name, figure.spoken, screen)
            drawings[name].append(canvas.drawings_of(figure.draw))
    return Ahead(sections, drawings)


def take_over(data: ReportData, ahead: Ahead) -> None:
    """Keep sections that were written by another process, in the current language, as if they had been written here."""
    data = data_in_language(data.study, data.every_option, data)
    for name, section in ahead.sections.items():
        data.sections[section_key(name)] = section
        if section is not None:
            for figure, drawings in zip(_figures(section), ahead.drawings[name], strict=True):
                canvas.keep_drawings(figure.draw, drawings)


def _figures(section: Section) -> list[Figure]:
    """Return the figures of a section under the names that they have in a document, unless others there have them."""
    return [block for block in captioned(numbered([section])) if isinstance(block, Figure)]
