"""The page: one file, valid, safe, the same to the byte."""

from __future__ import annotations

import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import xarray as xr

from popsim.errors import FileError
from popsim.report.content import compose
from popsim.report.data import gather
from popsim.report.document import Figure, Table
from popsim.report.html import render, write_html
from popsim.report.live import live_of
from popsim.report.numbering import captioned, heading
from popsim.report.numbers import Printed
from popsim.study.model import Study

from .printed import lead_of

VOID = {"meta", "br", "hr", "img", "link", "input", "source"}
LOADING = {"script", "img", "link", "iframe", "object", "embed", "source", "video", "audio", "base", "form", "image"}
SVG = "http://www.w3.org/2000/svg"
SCRIPTS = {"application/json", "module"}


class Page(HTMLParser):
    """Notes everything that a browser would have to mend, and everything that it would load."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.styled: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._look(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._look(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]} at {self.getpos()}")
        else:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    def _look(self, tag: str, attrs: dict[str, str | None]) -> None:
        self.ids += [attrs["id"] or ""] if "id" in attrs else []
        self.styled += [tag] if "style" in attrs else []
        inside = False
        for name, value in attrs.items():
            target = value or ""
            if target.startswith("data:image/svg+xml"):
                inside = tag in ("img", "source")
                continue
            if name.startswith("on") or (name in ("src", "srcset", "data", "action") or name.endswith("href")):
                (self.links if target.startswith("#") else self.loads).append(target)
            self.loads += [found for found in re.findall(r"url\(([^)]*)\)", target) if not found.startswith("#")]
        if tag in LOADING and not inside and not (tag == "script" and attrs.get("type") in SCRIPTS):
            self.loads.append(f"<{tag}>")


def whole_page(study: Study, dataset: xr.Dataset) -> str:
    """Return a page as it is written: what it says, and what it computes with."""
    data = gather(study, dataset)
    return render(compose(study, dataset, data), live_of(data))


@pytest.fixture(scope="module")
def text(study: Study, dataset: xr.Dataset) -> str:
    return whole_page(study, dataset)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def test_page_is_balanced(text: str, page: Page) -> None:
    assert text.startswith("<!DOCTYPE html>\n")
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))


def test_control_faults_are_noticed() -> None:
    assert Page("<p><b>x</p></b>").faults
    assert Page("<div>").faults
    assert Page('<p><img src="https://example.org/x.png"></p>').loads
    assert Page('<p style="background: url(x.png)"></p>').loads
    assert Page('<p style="color: red"></p>').styled == ["p"]
    assert Page("<script>alert()</script>").loads
    assert Page('<img src="x.svg">').loads


def test_page_loads_nothing(text: str, page: Page) -> None:
    assert page.loads == []
    assert page.styled == []
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    # The name of SVG stands in each figure, and in the script that draws curves; it is no address.
    assert set(re.findall(r"https?://[^\s\"<]+", unquote(text))) == {SVG}


def test_links_lead_to_their_sections(page: Page) -> None:
    assert len(page.links) >= 8
    assert {link[1:] for link in page.links} <= set(page.ids)


def test_sources_stand_as_plain_text(page: Page) -> None:
    assert any("example.org/report/7" in word for word in page.words)


def drawings(text: str) -> list[tuple[str, str, str]]:
    """Return of each figure its words, its drawing, and that for narrow screens where it has another."""
    found = re.findall(
        r'(?:<source media="[^"]+" srcset="data:image/svg\+xml;base64,([^"]+)">\s*)?'
        r'<img alt="([^"]*)" width="\d+" height="\d+" src="data:image/svg\+xml,([^"]+)">',
        text,
    )
    return [(unescape(alt), unquote(drawing), b64decode(narrow).decode()) for narrow, alt, drawing in found]


def test_every_figure_is_an_image_that_fits_the_screen(
    study: Study, dataset: xr.Dataset, text: str, page: Page
) -> None:
    sections = compose(study, dataset).sections
    figures = [block for block in captioned(sections) if isinstance(block, Figure)]
    assert page.tags.count("figure") == page.tags.count("figcaption") == len(figures) >= 5
    found = drawings(text)
    assert [spoken for spoken, *_ in found] == [figure.spoken for figure in figures]
    beside = {block.name for block in captioned(sections[:1]) if isinstance(block, Figure)}
    assert beside
    widths = []
    for figure, (spoken, drawing, narrow) in zip(figures, found, strict=True):
        assert len(spoken) > 40
        assert bool(narrow) == (figure.name not in beside)
        widths += [float(ET.fromstring(each).attrib["viewBox"].split()[2]) for each in (drawing, narrow) if each]
    assert sorted(set(widths)) == [300.0, 620.0]


def test_every_table_and_figure_has_a_number_a_link_and_its_numbers(
    study: Study, dataset: xr.Dataset, text: str, page: Page
) -> None:
    blocks = list(captioned(compose(study, dataset).sections))
    for block in blocks:
        name = f"{'figure' if isinstance(block, Figure) else 'table'}-{block.name}"
        assert name in page.ids
        assert f"#{name}" in page.links
        assert any(word.startswith(heading(block)) for word in page.words), heading(block)
    cells = [cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row]
    values = [float(found) for found in re.findall(r'data-value="([^"]+)"', text)]
    expected = [cell.value for cell in cells if isinstance(cell, Printed) and math.isfinite(cell.value)]
    assert len(expected) > 100
    np.testing.assert_allclose(sorted(expected), sorted(values), rtol=1e-14)


def test_policy_allows_the_page_and_nothing_else(text: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert found
    rules = dict(rule.strip().split(" ", 1) for rule in found[1].split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in found[1]
    for name, pattern in (
        ("style-src", r"<style>(.*?)</style>"),
        ("script-src", r'<script type="module">(.*?)</script>'),
    ):
        inside = re.search(pattern, text, re.DOTALL)
        assert inside
        assert rules[name] == f"'sha256-{b64encode(sha256(inside[1].encode()).digest()).decode()}'"
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_language_and_direction_are_stated(study: Study, dataset: xr.Dataset) -> None:
    document = compose(study, dataset)
    assert '<html lang="en" dir="ltr">' in render(document)


def test_headline_and_tables_are_on_the_page(study: Study, dataset: xr.Dataset, page: Page) -> None:
    words = " ".join(page.words)
    document = compose(study, dataset)
    assert document.headline in words
    for sentence in lead_of(document):
        assert sentence in words


def test_same_run_same_bytes(study: Study, dataset: xr.Dataset, text: str) -> None:
    assert whole_page(study, dataset) == text


def test_names_cannot_break_the_page(hostile: Study, make_run: Callable[..., xr.Dataset]) -> None:
    text = whole_page(hostile, make_run(hostile, 100))
    page = Page(text)
    assert page.faults == []
    assert page.loads == []
    assert page.tags.count("script") == 3
    assert page.styled == []
    assert sum('<script>alert("x")</script> & $a_b$ "q"' in word for word in page.words) > 10
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert "alert" in style[1]
    assert "(" not in "".join(re.findall(r'content: "([^"]*)"', style[1]))


@pytest.mark.parametrize("shape", [{"areas": 1, "countries": 1, "years": 1}, {"gsd": 1.0, "areas": 2}, {"median": 5e9}])
def test_edge_cases_make_a_whole_page(
    shape: dict[str, float], make_study: Callable[..., Study], make_run: Callable[..., xr.Dataset]
) -> None:
    study = make_study(**{"areas": 2, "countries": 3, "years": 2, **shape})
    page = Page(whole_page(study, make_run(study, 100)))
    assert page.faults == []
    assert not any(re.search(r"\b(nan|inf)\b", word) for word in page.words)


def test_file_is_the_page(tmp_path: Path, study: Study, dataset: xr.Dataset, text: str) -> None:
    write_html(tmp_path / "report.html", study, dataset)
    assert (tmp_path / "report.html").read_bytes() == text.encode()


def test_file_that_cannot_be_written_is_refused(tmp_path: Path, study: Study, dataset: xr.Dataset) -> None:
    with pytest.raises(FileError, match="missing"):
        write_html(tmp_path / "missing" / "report.html", study, dataset)
