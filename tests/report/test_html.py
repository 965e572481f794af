"""The page: one file, valid, safe, the same to the byte."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xarray as xr

from popsim.errors import FileError
from popsim.report.content import compose
from popsim.report.document import Figure
from popsim.report.html import render, write_html
from popsim.study.model import Study

VOID = {"meta", "br", "hr", "img", "link", "input"}
LOADING = {"script", "img", "link", "iframe", "object", "embed", "source", "video", "audio", "base", "form", "image"}


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
        if "style" not in self.open:
            self.words.append(data)

    def _look(self, tag: str, attrs: dict[str, str | None]) -> None:
        self.ids += [attrs["id"] or ""] if "id" in attrs else []
        for name, value in attrs.items():
            target = value or ""
            if name.startswith("on") or (name in ("src", "srcset", "data", "action") or name.endswith("href")):
                (self.links if target.startswith("#") else self.loads).append(target)
            self.loads += [found for found in re.findall(r"url\(([^)]*)\)", target) if not found.startswith("#")]
        if tag in LOADING:
            self.loads.append(f"<{tag}>")


@pytest.fixture(scope="module")
def text(study: Study, dataset: xr.Dataset) -> str:
    return render(compose(study, dataset))


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


def test_page_loads_nothing(text: str, page: Page) -> None:
    assert page.loads == []
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    assert "http://" not in text
    assert "https://" not in text


def test_links_lead_to_their_sections(page: Page) -> None:
    assert len(page.links) >= 8
    assert {link[1:] for link in page.links} <= set(page.ids)


def test_sources_stand_as_plain_text(page: Page) -> None:
    assert any("example.org/report/7" in word for word in page.words)


def test_every_figure_is_drawn_twice_and_has_words(study: Study, dataset: xr.Dataset, text: str, page: Page) -> None:
    blocks = [block for part in compose(study, dataset).sections for block in part.blocks]
    figures = sum(isinstance(block, Figure) for block in blocks)
    assert page.tags.count("figure") == page.tags.count("figcaption") == figures >= 5
    for screen in ("wide", "narrow"):
        drawn = re.findall(rf'<svg class="{screen}" viewBox="[^"]+" role="img" aria-label="[^"]{{40,}}" ', text)
        assert len(drawn) == figures


def test_headline_and_tables_are_on_the_page(study: Study, dataset: xr.Dataset, page: Page) -> None:
    words = " ".join(page.words)
    document = compose(study, dataset)
    assert document.headline in words
    for sentence in document.lead:
        assert sentence in words


def test_same_run_same_bytes(study: Study, dataset: xr.Dataset, text: str) -> None:
    assert render(compose(study, dataset)) == text


def test_names_cannot_break_the_page(hostile: Study, make_run: Callable[..., xr.Dataset]) -> None:
    text = render(compose(hostile, make_run(hostile, 100)))
    page = Page(text)
    assert page.faults == []
    assert page.loads == []
    assert "<script" not in text
    assert "script" not in page.tags
    assert sum('<script>alert("x")</script> & $a_b$ "q"' in word for word in page.words) > 10


@pytest.mark.parametrize("shape", [{"areas": 1, "countries": 1, "years": 1}, {"gsd": 1.0, "areas": 2}, {"median": 5e9}])
def test_edge_cases_make_a_whole_page(
    shape: dict[str, float], make_study: Callable[..., Study], make_run: Callable[..., xr.Dataset]
) -> None:
    study = make_study(**{"areas": 2, "countries": 3, "years": 2, **shape})
    page = Page(render(compose(study, make_run(study, 100))))
    assert page.faults == []
    assert not any(re.search(r"\b(nan|inf)\b", word) for word in page.words)


def test_file_is_the_page(tmp_path: Path, study: Study, dataset: xr.Dataset, text: str) -> None:
    write_html(tmp_path / "report.html", study, dataset)
    assert (tmp_path / "report.html").read_bytes() == text.encode()


def test_file_that_cannot_be_written_is_refused(tmp_path: Path, study: Study, dataset: xr.Dataset) -> None:
    with pytest.raises(FileError, match="missing"):
        write_html(tmp_path / "missing" / "report.html", study, dataset)
