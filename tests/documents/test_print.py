"""The page on paper, and in a word processor."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim import load_run
from popsim.report.content import compose
from popsim.report.document import Details, Document, Figure, Matrix, Table
from popsim.report.language import LANGUAGES
from popsim.report.numbering import Captioned, captioned, heading

from .conftest import Opened, popsim

pytestmark = pytest.mark.documents

Open = Callable[..., Opened]

FEWER_PAGES = 26
"""The page had 39 once."""


@pytest.fixture(scope="module")
def packaged(pops: Path) -> Document:
    run = load_run(pops)
    return compose(run.study, run.dataset)


@pytest.fixture(scope="module")
def printed(pops: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("printed")
    popsim("report", str(pops), "--format", "pdf", "--out", str(folder))
    return folder / "report.pdf"


def in_words(text: str) -> str:
    """Return a text without spaces and without marks that only place a number."""
    return re.sub(r"\s", "", text)


def text_of(printed: Path, order: str) -> list[str]:
    done = subprocess.run(["pdftotext", order, str(printed), "-"], capture_output=True, check=True)
    return done.stdout.decode("utf-8").removesuffix("\f").split("\f")


@pytest.fixture(scope="module")
def pages(printed: Path) -> list[str]:
    """The text of each page in the order in which it is read, without running title and page number."""
    found = text_of(printed, "-raw")
    running = re.compile(rf"\A([^\n]*\n)?\d+ / {len(found)}\n")
    assert all(running.match(page) for page in found)
    return [running.sub("", page) for page in found]


def on_paper(document: Document) -> list[Captioned]:
    """Return the tables and figures that are printed: neither folded nor in the annex."""
    whole = (block for section in document.body for block in section.blocks if not isinstance(block, Details))
    return [block for block in whole if isinstance(block, Captioned)]


def test_printed_pages_are_few_numbered_and_titled(packaged: Document, printed: Path) -> None:
    pages = text_of(printed, "-layout")
    assert 10 < len(pages) <= FEWER_PAGES
    for number, page in enumerate(pages, 1):
        lines = page.rstrip().split("\n")
        assert lines[-1].strip() == f"{number} / {len(pages)}"
        assert packaged.title in lines[0]


def test_page_one_is_one_page(packaged: Document, pages: list[str]) -> None:
    first = in_words(pages[0])
    (section,) = (each for each in packaged.sections if each.id == "page-one")
    for block in captioned([section]):
        assert in_words(heading(block)) in first
    assert in_words(packaged.cite_as) in first
    following = next(each for each in packaged.body if each.id != "page-one")
    assert in_words(pages[1]).startswith(in_words(following.title))


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
@pytest.mark.one_in(3)
def test_page_one_is_one_page_in_other_languages(pops: Path, tmp_path: Path, opened: Open, code: str) -> None:
    popsim("report", str(pops), "--language", code, "--out", str(tmp_path))
    page = opened(tmp_path / f"report.{code}.html", width=390).page
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        code,
        LANGUAGES[code].direction,
    ]
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    first, second, *_ = text_of(tmp_path / "report.pdf", "-raw")
    # The last line of page one is how the report is cited, with the digest of the plan.
    digest = load_run(pops).dataset.attrs["plan_digest"][:12]
    assert digest in first
    assert digest not in second


def test_no_caption_is_parted_from_what_it_stands_above(packaged: Document, pages: list[str]) -> None:
    words = [in_words(page) for page in pages]
    for block in on_paper(packaged):
        title = in_words(heading(block))
        (page,) = [page for page in words if title in page]
        after = page[page.index(title) + len(title) :]
        if isinstance(block, Figure):
            assert in_words(block.caption) in after
        else:
            first = block.rows[0].label if isinstance(block, Matrix) else block.rows[0][0]
            assert in_words(first) in after, heading(block)


def test_long_tables_repeat_their_heads(packaged: Document, pages: list[str]) -> None:
    words = [in_words(page) for page in pages]
    tables = [block for block in on_paper(packaged) if isinstance(block, Table) and len(block.rows) > 9]
    split = 0
    for block in tables:
        title = in_words(heading(block))
        place = next(number for number, page in enumerate(words) if title in page)
        last = in_words(block.rows[-1][-1] and "".join(block.rows[-1][1:]))
        if last not in words[place][words[place].index(title) :]:
            split += 1
            assert words[place + 1].startswith(
                in_words("".join(name for name, _ in block.groups) or "".join(block.columns))[:12]
            )
    assert split


def test_no_page_is_half_empty(printed: Path) -> None:
    done = subprocess.run(["pdftotext", "-bbox", str(printed), "-"], capture_output=True, check=True)
    pages = re.findall(r"<page .*?</page>", done.stdout.decode("utf-8"), re.DOTALL)
    filled = []
    for page in pages:
        size = re.search(r'height="([\d.]+)"', page)
        assert size
        height = float(size[1])
        ends = [float(end) for end in re.findall(r'yMax="([\d.]+)"', page)]
        filled.append(max(end for end in ends if end < height - 45.0) / height)
    assert all(share > 0.5 for share in filled[:-1]), filled


def test_what_is_folded_and_the_annex_are_not_printed(packaged: Document, pages: list[str]) -> None:
    words = in_words("".join(pages))
    shown = {block.name for block in on_paper(packaged)}
    folded = [block for block in captioned(packaged.sections) if block.name not in shown]
    assert len(folded) > 3
    assert not any(in_words(heading(block)) in words for block in folded)
    assert in_words("Parts that are folded on screen, and the annex, are not printed.") in words


def test_word_processor_shows_figures_as_pictures(pops: Path, packaged: Document, tmp_path: Path) -> None:
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    command += ["--infilter=HTML (StarWriter)", "--convert-to", "docx:MS Word 2007 XML", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(pops / "report.html")], check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(tmp_path / "report.docx") as archive:
        text = archive.read("word/document.xml").decode("utf-8")
    figures = [block for block in captioned(packaged.sections) if isinstance(block, Figure)]
    assert text.count("<pic:pic ") == text.count("<pic:pic") >= len(figures)
    words = in_words(re.sub(r"<[^>]+>", "", text))
    for figure in figures:
        assert words.count(in_words(heading(figure)).replace("&", "&amp;")) == 1
    # What is written inside of a drawing is no running text.
    assert in_words("Confidence that the budget is enough") not in words
