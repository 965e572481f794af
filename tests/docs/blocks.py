"""The blocks of code of all pages, with what a page says of them.

A block stands in a fence with its language. What stands indented is an example with ``>>>``, or a formula. A comment
right above a block, or below the heading of the page for all of its blocks, says who sees to it:
``<!-- code: tests/docs/test_tutorial.py -->`` a test of its own, ``<!-- code: illustration, REASON -->`` nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *(ROOT / folder / "README.md" for folder in ("benchmarks", "configs", "distributions")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
"""CHANGELOG.md is left out: it says what was, not what is."""
CODE = ("fence", "code_block")
COMMENT = re.compile(r"<!-- code: (.+?) -->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block: where it is, what it is written in, and what a comment says of it."""

    page: str
    line: int
    language: str
    title: str
    text: str
    comment: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: str, text: str) -> list[Block]:
    """Return the blocks of a page in order; the language of an indented one is empty."""
    found: list[Block] = []
    for_page, above = "", ""
    tokens = MarkdownIt().parse(text)
    for place, token in enumerate(tokens):
        if token.type == "html_block" and (said := COMMENT.search(token.content)):
            comment = " ".join(said[1].split())
            above_it = [each for each in tokens[:place] if each.type != "html_block"]
            if above_it and above_it[-1].tag == "h1":
                for_page = comment
            else:
                assert tokens[place + 1].type in CODE, f"{page}: no block below the comment: {comment}"
                above = comment
        elif token.type in CODE:
            language, _, more = token.info.partition(" ")
            title = re.search(r'title="([^"]+)"', more)
            line = (token.map or [0])[0] + 1
            found.append(Block(page, line, language, title[1] if title else "", token.content, above or for_page))
            above = ""
    return found


def all_blocks() -> list[Block]:
    """Return the blocks of all pages."""
    return [
        block
        for path in PAGES
        for block in blocks_of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
