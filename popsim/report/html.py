"""The report as one HTML file that needs nothing else: no network, and no script to be read.

Scripts add what paper cannot do: buttons that copy and save tables and figures, and rows in another order. A strict
policy in the page lets a browser run these scripts and apply this style sheet, and nothing else. Figures are images in
the page, so that a word processor that opens it shows them.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import xarray as xr
from markupsafe import Markup

from popsim.errors import FileError, Problem
from popsim.report.bundle import bundled
from popsim.report.characters import CONTROL_SIGNS
from popsim.report.content import compose
from popsim.report.data import ReportData, data_in_language
from popsim.report.document import Document, Figure, Table
from popsim.report.figures import canvas
from popsim.report.language import gettext as _
from popsim.report.language import long_date, using
from popsim.report.live import Live, live_of
from popsim.report.live.words import table_words
from popsim.report.numbering import heading, label
from popsim.report.numbers import Kind, Printed, aligned
from popsim.report.prose import environment
from popsim.study.model import Study

_FOLDER = Path(__file__).parent
_STYLES = ("report.css", "live.css", "print.css")
_SCRIPTS = ("tables", "downloads", "live")
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data: blob:"
_LONGEST_RUNNING_TITLE = 80


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
    data = data_in_language(study, dataset, data)
    text = render(compose(study, dataset, data), live_of(data))
    try:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise FileError(Problem(str(path), (), error.strerror or str(error), "a file that can be written")) from error


def render(document: Document, live: Live | None = None) -> str:
    """Return a document as HTML, in its language; the same document gives the same bytes.

    Parameters
    ----------
    document
        What the page says.
    live
        What it computes with; None for a page that only shows.
    """
    helpers = {
        "drawn": _drawn,
        "aligned": _aligned,
        "spans": _spans,
        "kinds_of": _kinds,
        "known": _cell,
        "heading": heading,
        "label": label,
        "link_to": _link_to,
    }
    style, script = _style(document), f"\n{bundled(*_SCRIPTS)}"
    with using(document.language) as language:
        page = (
            environment()
            .get_template("report.html.j2", globals=helpers)
            .render(
                document=document,
                live=live,
                language=language,
                day=long_date(document.date) if document.date else "",
                style=Markup(style),  # noqa: S704  our own; the title in it is escaped
                script=Markup(script),  # noqa: S704  our own
                policy=Markup(f"{_POLICY}; style-src {_hash(style)}; script-src {_hash(script)}"),  # noqa: S704  hashes
                words=_words(document),
            )
        )
    return page.translate(CONTROL_SIGNS)


def _style(document: Document) -> str:
    """Return the style sheet; on paper the title of the report runs at the top of each page."""
    text = "\n" + "".join((_FOLDER / "templates" / name).read_text(encoding="utf-8") for name in _STYLES)
    title = document.title
    if len(title) > _LONGEST_RUNNING_TITLE:
        title = title[: _LONGEST_RUNNING_TITLE - 1].rstrip() + "…"
    return text.replace("RUNNING TITLE", "".join(map(_in_css, title.translate(CONTROL_SIGNS))))


def _in_css(letter: str) -> str:
    """Return a letter within a string of CSS: nothing in it ends the string or the style sheet."""
    return letter if letter.isalnum() or letter == " " else f"\\{ord(letter):x} "


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _words(document: Document) -> Markup:
    """Return the words that scripts need, as JSON in which no name can end the element."""
    words = {
        "copy": _("Copy"),
        "done": _("Done."),
        "failed": _("The browser does not allow this."),
        "range": _("range"),
        "currency": document.currency,
        **table_words(),
    }
    return Markup(json.dumps(words).replace("<", "\\u003c"))  # noqa: S704  escaped just now


def _link_to(name: str) -> str:
    return _("Link to: %(name)s", name=name)


def _drawn(figure: Figure, is_small: bool = False) -> Markup:
    """Return a figure as an image, in a layout for wide and one for narrow screens, or in the narrow one alone."""
    screen = canvas.NARROW if is_small else canvas.WIDE
    text = canvas.svg_file(figure.draw, figure.name, figure.spoken, screen)
    box = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', text)
    assert box is not None  # noqa: S101  every drawing has one
    width, height = (f"{float(side) * 4.0 / 3.0:.0f}" for side in box.groups())
    quoted = quote(text, safe=" =:/;,()'?@+-_.!~*$")
    image = Markup('<img alt="{}" width="{}" height="{}" src="data:image/svg+xml,{}">').format(
        figure.spoken,
        width,
        height,
        Markup(quoted),  # noqa: S704  quoted just now
    )
    if is_small:
        return image
    narrow = canvas.svg_file(figure.draw, figure.name, figure.spoken, canvas.NARROW)
    source = Markup('<source media="screen and (max-width: 40rem)" srcset="data:image/svg+xml;base64,{}">').format(
        b64encode(narrow.encode()).decode()
    )
    return Markup("<picture>\n{}\n{}\n</picture>").format(source, image)


class _Cell(NamedTuple):
    """What stands in a cell, and the number that it stands for, where it is known."""

    text: str
    value: str | None


def _cell(text: str) -> _Cell:
    return _Cell(text, f"{text.value:.15g}" if isinstance(text, Printed) and math.isfinite(text.value) else None)


def _kinds(rows: Iterable[Sequence[str]]) -> list[Kind | None]:
    """Return what the numbers of each column are; None where it holds none."""
    columns = zip(*rows, strict=True)
    return [next((cell.kind for cell in column if isinstance(cell, Printed)), None) for column in columns]


def _aligned(table: Table) -> list[list[_Cell]]:
    """Pad the numbers of each column so that their decimal points stand under each other."""
    columns = [[_cell(cell) for cell in column] for column in zip(*table.rows, strict=True)]
    for column in columns[table.labels :]:
        texts = [cell.text for cell in column]
        if not any(any(letter.isalpha() for letter in text) for text in texts):
            column[:] = [_Cell(text, cell.value) for text, cell in zip(aligned(texts), column, strict=True)]
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
