"""The report as Markdown, read by markdown-it: another program than the one that wrote it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from popsim.errors import FileError
from popsim.report.content import compose
from popsim.report.document import Document, Figure, Listing, Matrix, Paragraph, Section, Table
from popsim.report.markdown import escaped, render, write_markdown
from popsim.report.numbering import captioned, heading
from popsim.study.model import Study

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
"""Reads what GitHub reads, but addresses that are not marked as links."""


def words_of(token: Token) -> str:
    """Return a line as a reader sees it."""
    return "".join(" " if each.type == "softbreak" else each.content for each in token.children or ())


def tables_of(tokens: list[Token]) -> list[list[list[str]]]:
    """Return every table as rows of cells, the headings first."""
    found: list[list[list[str]]] = []
    for place, token in enumerate(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("th_open", "td_open"):
            found[-1][-1].append(words_of(tokens[place + 1]))
    return found


def of(*blocks: Paragraph | Table | Listing | Matrix) -> Document:
    return Document("t", "s", ("h",), (Section("x", "A section", "A", blocks),), "f")


@pytest.fixture(scope="module")
def document(with_alternatives: tuple[Study, xr.Dataset]) -> Document:
    return compose(*with_alternatives)


@pytest.fixture(scope="module")
def tokens(document: Document) -> list[Token]:
    return READER.parse(render(document, "report-figures"))


def test_headings_and_paragraphs_are_those_of_the_report(document: Document, tokens: list[Token]) -> None:
    headings = [
        (token.tag, words_of(tokens[place + 1])) for place, token in enumerate(tokens) if token.type == "heading_open"
    ]
    assert headings[0] == ("h1", document.title)
    assert [text for tag, text in headings if tag == "h2"] == [section.title for section in document.sections]
    lines = [words_of(token) for token in tokens if token.type == "inline"]
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Paragraph):
                assert block.text in lines


def test_tables_hold_what_the_report_says(document: Document, tokens: list[Token]) -> None:
    wanted = [block for block in captioned(document.sections) if not isinstance(block, Figure)]
    found = tables_of(tokens)
    assert len(found) == len(wanted) >= 8
    lines = [words_of(token) for token in tokens if token.type == "inline"]
    for rows, block in zip(found, wanted, strict=True):
        assert heading(block) in lines
        if isinstance(block, Table):
            assert len(rows) == 1 + len(block.rows)
            assert [row[1:] for row in rows[1:]] == [[cell.strip() for cell in row[1:]] for row in block.rows]
            groups = [name for name, width in block.groups for _ in range(width)]
            named = rows[0][block.labels :]
            assert all(cell.startswith(f"{name}: ") for cell, name in zip(named, groups, strict=False))


def test_every_figure_is_a_file_beside_the_text(
    with_alternatives: tuple[Study, xr.Dataset], document: Document, tmp_path: Path
) -> None:
    (tmp_path / "report.fr-figures").mkdir()
    (tmp_path / "report.fr-figures" / "old.svg").write_text("of an earlier report")
    write_markdown(tmp_path / "report.fr.md", *with_alternatives)
    text = (tmp_path / "report.fr.md").read_text(encoding="utf-8")
    images = [each for token in READER.parse(text) for each in token.children or () if each.type == "image"]
    figures = [block for block in captioned(document.sections) if isinstance(block, Figure)]
    assert [each.content for each in images] == [figure.spoken for figure in figures]
    files = {(tmp_path / str(each.attrs["src"])) for each in images}
    assert len(files) == len(figures) >= 4
    assert all(path.read_text(encoding="utf-8").startswith("<?xml") for path in files)
    assert {path.name for path in (tmp_path / "report.fr-figures").iterdir()} == {path.name for path in files}


def test_same_run_same_text(with_alternatives: tuple[Study, xr.Dataset], document: Document) -> None:
    assert render(compose(*with_alternatives), "x") == render(document, "x")


HOSTILE = (
    "# no heading",
    "- no item",
    "1. no item either",
    "2) nor this",
    "+ nor this",
    "> no quotation",
    "---",
    "===",
    "    no code",
    "```",
    "`no code`",
    "**not bold** _not either_ ~~nor struck~~",
    "[no link](http://example.org) ![no image](x.png)",
    "[no]: http://example.org",
    '<script>alert("x")</script> <!-- <b>',
    "&lt;b&gt; &amp; &#60;",
    "a | b | c",
    "\\ \\| \\\\|",
    "cost_by_area __init__ _x_",
    "two\nlines\r\nand a\ttab",
    "=HYPERLINK(1) @SUM(A1) -2 +1+1",
    "\u202eالتكاليف",
    "W" * 200,
    "https://example.org/~a_b_/*c*?d=e&copy;",
    "<https://example.org>",
)


@given(
    st.text(
        alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"),
        max_size=60,
    )
)
@example("*")
@example(" ")
@example("http://a_b_c")
def test_a_text_is_shown_as_it_is(text: str) -> None:
    check_shown(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_it_is(text: str) -> None:
    check_shown(text)


def check_shown(text: str) -> None:
    """Check that a reader of a paragraph and of a cell sees the text, and nothing else comes of it."""
    tokens = READER.parse(render(of(Paragraph(text), Table("c", ("a", "b"), ((text, "2"),))), "x"))
    inside = {each.type for token in tokens for each in token.children or ()}
    assert inside <= {"text", "text_special", "strong_open", "strong_close", "link_open", "link_close"}
    kinds = [
        token.type for token in tokens if token.type.endswith("_open") and token.type[:2] not in ("th", "td", "tr")
    ]
    empty = not visible(text)
    paragraphs = ["paragraph_open"] * (1 if empty else 2)
    assert kinds == [
        "heading_open",
        *["paragraph_open"] * 2,
        "heading_open",
        *paragraphs,
        "table_open",
        "tbody_open",
        "paragraph_open",
    ]
    lines = [words_of(token) for token in tokens if token.type == "inline"]
    assert empty or visible(lines[4]) == visible(text)
    ((_, row),) = tables_of(tokens)
    assert [visible(cell) for cell in row] == [visible(text), "2"]


def visible(text: str) -> str:
    """Return what any document can show of a text: one line, and what closes an override of direction is not seen."""
    return " ".join("".join(letter for letter in text if letter not in "\u202c\u2069").split())


@pytest.mark.parametrize(
    ("raw", "kind"), [("# a", "heading_open"), ("- a", "bullet_list_open"), ("> a", "blockquote_open")]
)
def test_what_is_not_escaped_would_be_noticed(raw: str, kind: str) -> None:
    assert any(token.type == kind for token in READER.parse(f"{raw}\n"))
    assert not any(token.type == kind for token in READER.parse(f"{escaped(raw)}\n"))
    assert any(each.type == "em_open" for token in READER.parse("*a*\n") for each in token.children or ())


def test_a_listing_stays_between_its_fences() -> None:
    text = "a = 1\n```\n````toml\n# no heading\n```"
    tokens = READER.parse(render(of(Listing(text)), "x"))
    fences = [token.content for token in tokens if token.type == "fence"]
    assert fences == [f"{text}\n"]


def test_a_name_that_stands_for_several_rows_is_repeated() -> None:
    table = Table("c", ("Option", "Years", "Cost"), (("full", "2027", "1"), ("", "later", "2")), labels=2)
    rows = tables_of(READER.parse(render(of(table), "x")))[0]
    assert rows[1:] == [["full", "2027", "1"], ["full", "later", "2"]]
    single = replace(table, labels=1)
    assert tables_of(READER.parse(render(of(single), "x")))[0][2] == ["", "later", "2"]


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, study: Study, dataset: xr.Dataset) -> None:
    with pytest.raises(FileError, match="missing"):
        write_markdown(tmp_path / "missing" / "report.md", study, dataset)
