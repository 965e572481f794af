"""The report as Markdown, as GitHub reads it: one text file, with the figures as SVG in a folder beside it.

The text holds no HTML. Names are escaped, so that none of them is taken for a heading, a link or a formula.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

import xarray as xr

from popsim.errors import FileError, Problem
from popsim.report.characters import plain
from popsim.report.content import compose
from popsim.report.data import ReportData
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
    Table,
)
from popsim.report.figures import canvas
from popsim.report.language import gettext as _
from popsim.report.numbering import captioned, heading
from popsim.schema import pictures_folder
from popsim.study.model import Study

_LINK = re.compile(r"https?://[\w./%#?=&+,:@~-]*[\w/]")
_SPACES = re.compile(r"[ \t\r\n]+")
_MARKS = re.compile(
    r"""[\\`*\[\]<|~]                     # code, emphasis, links, tags, cells, strikethrough
    | (?<![^\W_]) _ | _ (?![^\W_])        # emphasis, unless within a word
    | & (?= \#?\w+;)                      # a character by its name
    | (?<!\w) \$                          # a formula, but not US$
    """,
    re.VERBOSE,
)
_BEGINNING = re.compile(r"([#+\-=>]|\d+(?=[.)]))")
"""What would make a line a heading, an item of a list, a rule or a quotation."""


def write_markdown(path: Path, study: Study, dataset: xr.Dataset, data: ReportData | None = None) -> None:
    """Write the report of a run as a Markdown file, and its figures into a folder beside it.

    Parameters
    ----------
    path
        File to write; an existing one is replaced, and so is the folder of its figures, such as ``report-figures``.
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
        When a file cannot be written.
    """
    document = compose(study, dataset, data)
    folder = path.with_name(pictures_folder(path.name))
    try:
        path.write_text(render(document, folder.name), encoding="utf-8", newline="\n")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for figure in captioned(document.sections):
            if isinstance(figure, Figure):
                text = canvas.svg_file(figure.draw, figure.name, figure.spoken)
                (folder / f"{figure.name}.svg").write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(Problem(str(path), (), error.strerror or str(error), "a file that can be written")) from error


def render(document: Document, pictures: str) -> str:
    """Return a document as Markdown; the same document gives the same text.

    Parameters
    ----------
    document
        The whole report.
    pictures
        Folder of the figures, relative to the text.
    """
    parts = [f"# {escaped(document.title)}", escaped(document.subtitle)]
    parts += [f"**{escaped(text)}**" for text in document.headlines]
    for section in document.sections:
        parts.append(f"## {escaped(section.title)}")
        for block in section.blocks:
            parts += _block(block, pictures)
    parts += ["---", escaped(document.footer)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block | Details, pictures: str) -> Iterator[str]:
    """Yield the parts of a block, between which a line stays empty."""
    match block:
        case Paragraph():
            yield escaped(block.text)
        case Bullets():
            yield "\n".join(f"- {escaped(item)}" for item in block.items)
        case Pairs():
            yield _pairs(block.items)
        case Listing():
            yield _fenced(block.text)
        case Entry():
            yield from _entry(block)
        case Table() | Matrix() | Figure():
            yield f"**{escaped(heading(block))}**"
            yield from _captioned(block, pictures)
        case Details():
            yield f"### {escaped(block.summary)}"
            for each in block.blocks:
                yield from _block(each, pictures)


def _captioned(block: Table | Matrix | Figure, pictures: str) -> Iterator[str]:
    match block:
        case Table():
            yield _table(block)
        case Matrix():
            yield _matrix(block)
        case Figure():
            yield f"![{escaped(block.spoken)}]({quote(pictures)}/{block.name}.svg)"
            yield escaped(block.caption)


def _pairs(items: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"- **{escaped(_('%(name)s:', name=name))}** {escaped(text)}" for name, text in items)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"#### {escaped(entry.title)}"
    yield f"*{escaped(entry.tag)}*"
    if entry.facts:
        yield _pairs(entry.facts)
    if entry.text:
        yield escaped(entry.text)
    if entry.sources:
        yield "\n".join(f"- {escaped(source)}" for source in entry.sources)


def _table(block: Table) -> str:
    """Write a table; a name that stands for several rows is repeated, since cells cannot span rows."""
    names = (name for name, width in block.groups for _column in range(width))
    columns = [
        _("%(group)s: %(column)s", group=next(names), column=column)
        if place >= block.labels and block.groups
        else column
        for place, column in enumerate(block.columns)
    ]
    rows: list[Sequence[str]] = []
    for row in block.rows:
        above = rows[-1][0] if rows and block.labels > 1 and not row[0] else row[0]
        rows.append((above, *row[1:]))
    return _grid(columns, rows, block.labels, block.total)


def _matrix(block: Matrix) -> str:
    """Write a matrix; each range stands in brackets behind its figure."""
    rows = [
        (row.label, *(f"{cell.value} ({cell.range})" if cell.range else cell.value for cell in row.cells))
        for row in block.rows
    ]
    return _grid((block.corner, *block.columns), rows, 1, total=True)


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]], labels: int, total: bool) -> str:
    """Write cells in columns that also stand under each other in the text itself."""
    cells = [[_cell(cell) for cell in row] for row in (columns, *rows)]
    if total and rows:
        cells[-1][0] = f"**{cells[-1][0]}**"
    widths = [max(3, *map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        " | ".join(
            cell.ljust(width) if place < labels else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    rule = " | ".join("-" * width if place < labels else "-" * (width - 1) + ":" for place, width in enumerate(widths))
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def _cell(text: str) -> str:
    return _escaped_inside(_SPACES.sub(" ", plain(text)).strip())


def _fenced(text: str) -> str:
    """Write text as it is, between fences that it does not contain."""
    longest = max((len(found) for found in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{plain(text).rstrip()}\n{fence}"


def escaped(text: str) -> str:
    r"""Return a text as Markdown shows it: on one line, with nothing in it that is more than text.

    Examples
    --------
    >>> escaped("1. <b>cost_by_area</b> | _all_"), escaped("US$ 5")
    ('1\\. \\<b>cost_by_area\\</b> \\| \\_all\\_', 'US$ 5')
    """
    line = _SPACES.sub(" ", plain(text)).strip()
    inside = _escaped_inside(line)
    begins = _BEGINNING.match(inside)
    if begins is None:
        return inside
    first = begins[1]
    return f"{first}\\{inside[len(first) :]}" if first[0].isdigit() else f"\\{inside}"


def _escaped_inside(line: str) -> str:
    """Escape what has a meaning within a line; addresses stay links."""
    parts, end = [], 0
    for found in _LINK.finditer(line):
        parts += [_MARKS.sub(r"\\\g<0>", line[end : found.start()]), f"<{found[0]}>"]
        end = found.end()
    return "".join([*parts, _MARKS.sub(r"\\\g<0>", line[end:])])
