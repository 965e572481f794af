"""Read the tables and words of each format again, with programs that know nothing of how they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import openpyxl
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph
from markdown_it import MarkdownIt


@dataclass
class Read:
    """A table as read: the words before it, the group and name of each column, and its rows."""

    caption: str
    columns: list[tuple[str, str]]
    rows: list[list[str]] = field(default_factory=list)


def columns_of(headings: list[list[str]]) -> list[tuple[str, str]]:
    """Return the group and the name of each column from one or two rows of headings."""
    names = headings[-1]
    groups = headings[0] if len(headings) > 1 else [""] * len(names)
    return list(zip(groups, names, strict=True))


class Page(HTMLParser):
    """Tables of an HTML page, spans written out, and the words outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Read] = []
        self.words: list[str] = []
        self._said: list[str] = []
        self._cell: list[str] | None = None
        self._silent = 0
        self._grid: list[list[str]] = []
        self._spans: dict[tuple[int, int], str] = {}
        self._headings = 0
        self._span = (1, 1)
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "table":
            self._grid, self._spans, self._headings = [], {}, 0
        elif tag == "tr":
            self._grid.append([])
        elif tag in ("td", "th"):
            self._cell = []
            self._span = (int(given.get("rowspan") or 1), int(given.get("colspan") or 1))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._silent -= 1
        elif tag in ("td", "th") and self._cell is not None:
            self._put("".join(self._cell).strip())
            self._cell = None
        elif tag == "thead":
            self._headings = len(self._grid)
        elif tag == "table":
            headings, rows = self._grid[: self._headings], self._grid[self._headings :]
            self.tables.append(Read(" ".join(self._said[-6:]), columns_of(headings), rows))

    def _put(self, text: str) -> None:
        row, (tall, wide) = len(self._grid) - 1, self._span
        line = self._grid[-1]
        while (row, len(line)) in self._spans:
            line.append(self._spans[row, len(line)])
        for place in range(len(line), len(line) + wide):
            for below in range(1, tall):
                self._spans[row + below, place] = text
        line.extend([text] * wide)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        self.words.append(data)
        if self._cell is not None:
            self._cell.append(data)
        elif data.strip():
            self._said.append(data.strip())


def read_html(path: Path) -> tuple[list[Read], str]:
    page = Page(path.read_text(encoding="utf-8"))
    return page.tables, "".join(page.words)


def read_docx(path: Path) -> tuple[list[Read], str]:
    word = docx.Document(str(path))
    tables, said = [], [""]
    for block in word.iter_inner_content():
        if isinstance(block, WordParagraph):
            said.append(block.text)
            continue
        rows = [[cell.text for cell in row.cells] for row in block.rows]
        repeated = sum(row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in block.rows)
        tables.append(Read(said[-1], columns_of(rows[:repeated]), rows[repeated:]))
    cells = [cell for table in tables for row in table.rows for cell in row]
    return tables, "\n".join([*said, *cells])


def read_md(path: Path) -> tuple[list[Read], str]:
    tables: list[Read] = []
    lines = [""]
    tokens = MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8"))
    grid: list[list[str]] = []
    caption = ""
    for token in tokens:
        if token.type == "table_open":
            grid, caption = [], lines[-1]
        elif token.type == "tr_open":
            grid.append([])
        elif token.type == "inline":
            lines.append("".join(" " if each.type == "softbreak" else each.content for each in token.children or ()))
            if token.level >= 4 and grid:
                grid[-1].append(lines[-1])
        elif token.type == "table_close":
            names = [name.rpartition(": ") for name in grid[0]]
            tables.append(Read(caption, [(group, name) for group, _, name in names], grid[1:]))
            grid = []
    return tables, "\n".join(lines)


def read_xlsx(path: Path) -> tuple[list[Read], str]:
    book = openpyxl.load_workbook(path, data_only=True)
    tables, cells = [], []
    for sheet in book:
        rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        cells += [cell for row in rows for cell in row if cell]
        tables += list(_tables_of_sheet(rows))
    return tables, "\n".join(cells)


def _tables_of_sheet(rows: list[list[str]]) -> Iterator[Read]:
    """Yield the tables of ranges in a sheet: each has a heading "Low end", and ends at an empty row."""
    for place, row in enumerate(rows):
        if "Low end" not in row:
            continue
        wide = max(k for k, cell in enumerate(row) if cell) + 1
        above = rows[place - 1][:wide]
        grouped = not above[0] and any(above)
        groups = [""] * wide
        for k, cell in enumerate(above if grouped else ()):
            groups[k] = cell or (groups[k - 1] if k else "")
        table = Read(rows[place - 1 - grouped][0], list(zip(groups, row[:wide], strict=True)))
        for below in rows[place + 1 :]:
            if not any(below[:wide]):
                break
            table.rows.append(below[:wide])
        yield table


READERS: dict[str, Callable[[Path], tuple[list[Read], str]]] = {
    "html": read_html,
    "docx": read_docx,
    "md": read_md,
    "xlsx": read_xlsx,
}


def word_tables(path: Path) -> list[WordTable]:
    return list(docx.Document(str(path)).tables)


def plain_words(value: Any) -> str:
    """Return words with ordinary spaces."""
    return " ".join(str(value).replace("\u00a0", " ").replace("\u202f", " ").split())
