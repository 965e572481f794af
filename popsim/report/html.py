"""The report as one HTML file that needs nothing else: no network, and no script to be read.

A small script in the page lets readers order the rows of long tables; without it the tables stand as written.
"""

from __future__ import annotations

from pathlib import Path

import xarray as xr
from markupsafe import Markup

from popsim.errors import FileError, Problem
from popsim.report.content import compose
from popsim.report.data import ReportData
from popsim.report.document import Block, Details, Document, Figure, Table
from popsim.report.figures import canvas
from popsim.report.numbers import aligned
from popsim.report.prose import environment
from popsim.study.model import Study

_CONTROL_PICTURES = {
    code: chr(0x2421) if code == 0x7F else "\ufffd" if code > 0x7F else chr(0x2400 + code)
    for code in (*range(0x20), *range(0x7F, 0xA0))
    if chr(code) not in "\n\t"
}
"""Control characters, which HTML cannot contain, by the pictures of them that Unicode has."""


def write_html(path: Path, study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> None:
    """Write the report of a run as one self-contained HTML file.

    Parameters
    ----------
    path
        File to write; an existing one is replaced.
    study
        The study as run.
    dataset
        Its run; money in units of the study's currency.
    data
        The data that `gather` returns for the run; None to compute them now.

    Raises
    ------
    RunError
        When the dataset is no run with an option "full" and at least one scenario.
    FileError
        When the file cannot be written.
    """
    text = render(compose(study, dataset, data))
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(Problem(str(path), (), error.strerror or str(error), "a file that can be written")) from error


def render(document: Document) -> str:
    """Return a document as HTML; the same document gives the same bytes."""
    helpers = {"drawn": _drawn, "aligned": _aligned, "spans": _spans}
    sortable = any(_is_sortable(block) for section in document.sections for block in section.blocks)
    page = environment().get_template("report.html.j2", globals=helpers).render(document=document, sortable=sortable)
    return page.translate(_CONTROL_PICTURES)


def _drawn(figure: Figure) -> Markup:
    # Every text in a drawing is escaped by matplotlib or where it is written.
    return Markup(canvas.svg(figure.draw, figure.name, figure.spoken))  # noqa: S704


def _is_sortable(block: Block | Details) -> bool:
    inside = block.blocks if isinstance(block, Details) else (block,)
    return any(isinstance(each, Table) and each.sortable for each in inside)


def _aligned(table: Table) -> list[list[str]]:
    """Pad the numbers of each column so that their decimal points stand under each other."""
    columns = [list(column) for column in zip(*table.rows, strict=True)]
    for column in columns[table.labels :]:
        if any(any(letter.isalpha() for letter in cell) for cell in column):
            continue
        column[:] = aligned(column)
    return [list(row) for row in zip(*columns, strict=True)]


def _spans(table: Table) -> list[int]:
    """Return how many rows the first cell of each row is for; 0 where it is empty and the one above is for it too."""
    spans: list[int] = []
    first = 0
    for place, row in enumerate(table.rows):
        if row[0] or table.labels == 1 or not place:
            first = place
            spans.append(1)
        else:
            spans[first] += 1
            spans.append(0)
    return spans
