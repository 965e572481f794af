"""Page, note, workbook, Markdown and figures say nothing past the catalogue of their language."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pytest
import xarray as xr

import popsim as ps
from popsim.report.content import compose
from popsim.report.data import ReportData, gather
from popsim.report.document import Figure
from popsim.report.excel import write_workbook
from popsim.report.figures import canvas
from popsim.report.html import write_html
from popsim.report.language import LANGUAGES, using
from popsim.report.markdown import write_markdown
from popsim.report.numbering import captioned
from popsim.report.word import write_word
from popsim.study.model import Study

from .pseudo import PSEUDO, allowed, foreign_run, foreign_study, unmarked

SPOKEN = {"aria-label", "title", "alt", "placeholder"}
"""Attributes that are read to people."""


Strange = tuple[Study, xr.Dataset, ReportData]


@pytest.fixture(scope="module")
def strange() -> Strange:
    """A run of the packaged study with all texts of the study in other letters, and its data."""
    packaged = ps.load_study("pops")
    study, dataset = foreign_study(packaged), foreign_run(ps.simulate(packaged, scenarios=200), packaged)
    return study, dataset, gather(study, dataset)


class Texts(HTMLParser):
    """Collects what people see or hear of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in {"script", "style", "pre"}
        self.found += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"script", "style", "pre"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def past(texts: Iterator[str] | list[str], of: Strange) -> set[str]:
    known = allowed(*of[:2])
    return {bad for text in texts if (bad := unmarked(text, known))}


def test_the_page(strange: Strange, tmp_path: Path) -> None:
    with using(PSEUDO):
        write_html(tmp_path / "report.html", *strange)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    texts = Texts()
    texts.feed(page)
    assert len(texts.found) > 1_000
    assert past(texts.found, strange) == set()
    # Negative control: the same page with a word of its own.
    other = Texts()
    other.feed(page.replace("</main>", '<p aria-label="Spoken">Seen</p></main>'))
    assert past(other.found, strange) == {"Spoken", "Seen"}


def test_words_that_scripts_write(strange: Strange, tmp_path: Path) -> None:
    with using(PSEUDO):
        write_html(tmp_path / "report.html", *strange)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    sentences = [json.loads(f'"{text}"') for text in re.findall(r'"[a-zA-Z_]+": ?"([^"]* [^"]*)"', page)]
    assert sentences
    placeholders = (re.sub(r"%\(\w+\)s|%[a-z]\b", "", text) for text in sentences)
    assert past(list(placeholders), strange) == set()


def test_the_note(strange: Strange, tmp_path: Path) -> None:
    with using(PSEUDO):
        write_word(tmp_path / "report.docx", *strange)
    note = docx.Document(str(tmp_path / "report.docx"))
    texts = [paragraph.text for paragraph in note.paragraphs]
    texts += [cell.text for table in note.tables for row in table.rows for cell in row.cells]
    # Numbers of pages and paragraphs, which Word counts itself, are no words.
    assert {bad for bad in past(texts, strange) if not re.fullmatch(r"[\d ]+", bad)} == set()


def test_the_workbook(strange: Strange, tmp_path: Path) -> None:
    with using(PSEUDO):
        write_workbook(tmp_path / "report.xlsx", *strange)
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    texts = [sheet.title for sheet in book]
    texts += [
        cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str) and cell.data_type != "f"
    ]
    assert past(texts, strange) == set()


def test_markdown(strange: Strange, tmp_path: Path) -> None:
    with using(PSEUDO):
        write_markdown(tmp_path / "report.md", *strange)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\]\([^)]*\)|<a id=[^>]*>", "", text)
    assert past(text.splitlines(), strange) == set()


def test_figures(strange: Strange) -> None:
    with using(PSEUDO):
        figures = [each for each in captioned(compose(*strange).sections) if isinstance(each, Figure)]
        drawings = [canvas.svg_file(each.draw, each.name, each.spoken) for each in figures]
    assert drawings
    texts = [text for drawing in drawings for text in re.findall(r"<(?:text|title|tspan)[^>]*>([^<]+)<", drawing)]
    assert any("ｃｏ" in text for text in texts)
    assert past(texts, strange) == set()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_names_its_language_and_direction(
    code: str, study: Study, dataset: xr.Dataset, tmp_path: Path
) -> None:
    with using(code) as spoken:
        write_html(tmp_path / "report.html", study, dataset)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert re.search(rf'<html lang="{code}"[^>]*dir="{spoken.direction}"', page)
