"""The information note: what python-docx, another reader than the writer's own code, finds in the file."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
import pytest
import xarray as xr
from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from popsim.errors import FileError
from popsim.report.content import compose
from popsim.report.document import Details, Document, Entry, Figure, Listing, Paragraph, Section, Table
from popsim.report.language import LANGUAGES, using
from popsim.report.numbering import captioned
from popsim.report.word import write_word
from popsim.report.word.selection import PARTS, selected
from popsim.study.model import Study


@pytest.fixture(scope="module")
def dated(with_alternatives: tuple[Study, xr.Dataset]) -> tuple[Study, xr.Dataset]:
    study, dataset = with_alternatives
    return study, dataset.assign_attrs(date="2026-03-04")


@pytest.fixture(scope="module")
def path(dated: tuple[Study, xr.Dataset], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("word") / "report.docx"
    write_word(path, *dated)
    return path


@pytest.fixture(scope="module")
def word(path: Path) -> WordDocument:
    return docx.Document(str(path))


@pytest.fixture(scope="module")
def note(dated: tuple[Study, xr.Dataset]) -> Document:
    return selected(compose(*dated))


def texts(word: WordDocument, style: str) -> list[str]:
    return [each.text for each in word.paragraphs if each.style is not None and each.style.name == style]


def instructions(element: Any) -> list[str]:
    return [str(each.text).strip() for each in element.iter(qn("w:instrText"))]


def test_headings_are_those_of_the_sections_and_the_contents_list_them(word: WordDocument, note: Document) -> None:
    titles = [section.title for section in note.sections]
    assert len(titles) >= 6
    assert texts(word, "Heading 1") == titles
    contents = texts(word, "toc 1")
    assert [line.partition("\t")[0] for line in contents] == titles
    assert any(re.search(r"\tparas?\. 1\b", line) for line in contents)
    assert [each for each in instructions(word.element) if each.startswith("TOC")] == ['TOC \\o "1-1" \\h \\z \\u']
    targets = {each.get(qn("w:name")) for each in word.element.iter(qn("w:bookmarkStart"))}
    anchors = [each.get(qn("w:anchor")) for each in word.element.iter(qn("w:hyperlink"))]
    assert len(anchors) == len(titles)
    assert set(anchors) <= targets


def test_paragraphs_are_numbered_by_word_and_their_numbers_stand_in_the_contents(
    word: WordDocument, note: Document
) -> None:
    plain = [
        block.text for part in note.sections for block in part.blocks if isinstance(block, Paragraph) and not block.note
    ]
    assert texts(word, "Numbered Paragraph") == plain
    assert word.styles["Numbered Paragraph"].element.find(f".//{qn('w:numId')}") is not None
    first = 1
    for section, line in zip(note.sections, texts(word, "toc 1"), strict=True):
        inside = sum(isinstance(block, Paragraph) and not block.note for block in section.blocks)
        numbers = [int(each) for each in re.findall(r"\d+", line.partition("\t")[2])]
        wanted = list(range(first, first + inside))
        # A section that has tables alone is found by these.
        wanted = wanted or [block.number for block in section.blocks if isinstance(block, Table)]
        assert numbers == (wanted if len(wanted) < 2 else [wanted[0], wanted[-1]])
        first += inside


def test_tables_hold_what_the_report_says_and_repeat_their_headings(word: WordDocument, note: Document) -> None:
    wanted = [block for block in captioned(note.sections) if isinstance(block, Table)]
    assert len(word.tables) == len(wanted) >= 5
    for table, block in zip(word.tables, wanted, strict=True):
        assert table.style is not None
        assert table.style.name == "Report Table"
        headings = 2 if block.groups else 1
        rows = [[cell.text for cell in row.cells] for row in table.rows]
        assert tuple(rows[headings - 1]) == block.columns
        for found, row in zip(rows[headings:], block.rows, strict=True):
            assert tuple(found[1:]) == row[1:]
            assert found[0] == row[0] or (row[0] == "" and block.labels > 1)
        repeated = [row._tr.find(f".//{qn('w:tblHeader')}") is not None for row in table.rows]
        assert repeated == [True] * headings + [False] * len(block.rows)


def test_captions_are_counted_by_word(word: WordDocument, note: Document) -> None:
    blocks = list(captioned(note.sections))
    captions = [each for each in word.paragraphs if each.style is not None and each.style.name == "Caption"]
    assert len(captions) == len(blocks)
    for caption, block in zip(captions, blocks, strict=True):
        kind, text = ("Figure", block.title) if isinstance(block, Figure) else ("Table", block.caption)
        assert caption.text == f"{kind} {block.number}. {text}"
        assert instructions(caption._p) == [f"SEQ {kind} \\* ARABIC"]
    assert [block.number for block in blocks if isinstance(block, Table)] == list(range(1, len(word.tables) + 1))


def test_figures_are_sharp_and_have_words(word: WordDocument, note: Document) -> None:
    figures = [block for block in captioned(note.sections) if isinstance(block, Figure)]
    pictures = list(word.inline_shapes)
    assert len(pictures) == len(figures) >= 2
    for picture, figure in zip(pictures, figures, strict=True):
        properties = picture._inline.docPr
        assert properties.get("descr") == figure.spoken
        assert len(figure.spoken) > 40
        image = word.part.related_parts[picture._inline.graphic.graphicData.pic.blipFill.blip.embed].image
        assert image.content_type == "image/png"
        assert image.px_width / picture.width.inches >= 299


def test_pages_are_a4_with_running_title_and_numbers(word: WordDocument, dated: tuple[Study, xr.Dataset]) -> None:
    section = word.sections[0]
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert section.header.paragraphs[0].text == dated[0].title
    for footer in (section.footer, section.first_page_footer):
        assert instructions(footer._element) == ["PAGE", "NUMPAGES"]
        assert re.fullmatch(r"Page \d of \d", footer.paragraphs[0].text)


def test_properties_name_the_report_and_its_day(word: WordDocument, note: Document) -> None:
    properties = word.core_properties
    assert properties.title == note.title
    assert properties.created.replace(tzinfo=None) == datetime(2026, 3, 4)
    assert properties.comments == note.cite_as
    assert any("4 March 2026" in each.text for each in word.paragraphs)


def test_same_run_same_bytes(path: Path, dated: tuple[Study, xr.Dataset], tmp_path: Path) -> None:
    write_word(tmp_path / "again.docx", *dated)
    assert (tmp_path / "again.docx").read_bytes() == path.read_bytes()
    study, dataset = dated
    write_word(tmp_path / "other.docx", study, dataset.assign_attrs(date="2026-03-05"))
    assert (tmp_path / "other.docx").read_bytes() != path.read_bytes()


def test_a_run_without_a_day_has_none(study: Study, dataset: xr.Dataset, tmp_path: Path) -> None:
    write_word(tmp_path / "report.docx", study, dataset)
    core = zipfile.ZipFile(tmp_path / "report.docx").read("docProps/core.xml").decode()
    assert "created" not in core
    assert "2013" not in core


def test_a_note_leaves_out_what_is_folded_or_for_analysts() -> None:
    table = Table("Costs", ("Area", "Cost"), (("a", "1"),))
    section = Section(
        "reading",
        "How to read",
        "Reading",
        (
            Paragraph("Kept."),
            table,
            table,
            Paragraph("What follows:"),
            Listing("code"),
            Entry("A cost", "proxy", (), "Why", ()),
            Paragraph("Leads to what is folded:"),
            Details("More", (Paragraph("Folded."),)),
            Paragraph("After it."),
        ),
    )
    whole = Document("t", "s", ("h",), (section, replace(section, id="unknown")), "f")
    kept = selected(whole).sections
    assert [part.id for part in kept] == ["reading"]
    assert kept[0].blocks == (Paragraph("Kept."), replace(table, number=1, name="reading"))
    assert selected(replace(whole, sections=(replace(section, is_annex=True),))).sections == ()


def test_a_note_asks_for_sections_that_the_report_has(dated: tuple[Study, xr.Dataset]) -> None:
    wanted = [part.section for part in PARTS]
    assert len(set(wanted)) == len(wanted)
    # A run made by hand holds no drivers.
    assert set(wanted) - {section.id for section in compose(*dated).sections} <= {"drivers"}


@pytest.mark.parametrize("shape", [{"areas": 1, "countries": 1, "years": 1}, {"gsd": 1.0, "areas": 2}, {"median": 5e9}])
def test_edge_cases_make_a_note(
    shape: dict[str, float],
    make_study: Callable[..., Study],
    make_run: Callable[..., xr.Dataset],
    tmp_path: Path,
) -> None:
    study = make_study(**{"areas": 2, "countries": 3, "years": 2, **shape})
    write_word(tmp_path / "report.docx", study, make_run(study, 100))
    text = "\n".join(each.text for each in docx.Document(str(tmp_path / "report.docx")).paragraphs)
    assert study.title in text
    assert not re.search(r"\b(nan|inf)\b", text)


def test_the_language_is_said_and_its_direction_kept(
    study: Study, dataset: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The words are those of another test; here English ones stand from right to left.
    monkeypatch.setattr(type(LANGUAGES["ar"]), "translations", None)
    with using("ar"):
        write_word(tmp_path / "ar.docx", study, dataset)
    word = docx.Document(str(tmp_path / "ar.docx"))
    styles = word.styles.element
    assert {each.get(qn("w:val")) for each in styles.iter(qn("w:lang"))} == {"ar-EG"}
    for name in ("Normal", "Numbered Paragraph", "Heading 1", "Table Text"):
        assert word.styles[name].element.find(f".//{qn('w:bidi')}") is not None
        assert word.styles[name].element.find(f".//{qn('w:rtl')}") is not None
    assert all(table._tbl.find(f".//{qn('w:bidiVisual')}") is not None for table in word.tables)
    # There "left" is where lines begin: numbers are aligned at their units in both directions.
    assert word.styles["Table Number"].element.find(f".//{qn('w:jc')}").get(qn("w:val")) == "left"
    assert word.element.body.sectPr.find(qn("w:bidi")) is not None
    write_word(tmp_path / "en.docx", study, dataset)
    english = docx.Document(str(tmp_path / "en.docx"))
    assert english.element.body.sectPr.find(qn("w:bidi")) is None
    assert english.styles["Table Number"].element.find(f".//{qn('w:jc')}").get(qn("w:val")) == "right"
    assert {each.get(qn("w:val")) for each in english.styles.element.iter(qn("w:lang"))} == {"en-GB"}


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, study: Study, dataset: xr.Dataset) -> None:
    with pytest.raises(FileError, match="missing"):
        write_word(tmp_path / "missing" / "report.docx", study, dataset)
