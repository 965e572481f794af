"""The tutorial for negotiators: its pictures are small; headlines and titles are those of README and report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial-negotiator.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = "".join(
    path.read_text(encoding="utf-8")
    for path in (ROOT / "popsim" / "report").rglob("*")
    if path.suffix in (".py", ".j2")
)
PICTURES = re.findall(r"!\[(.+?)\]\(images/(.+?)\)", PAGE)
TITLES = (
    "Try other budgets and packages",
    "Copy a link to this package",
    "What do the options cost?",
    "What makes the range?",
    "Which assumptions matter most?",
)


@pytest.mark.parametrize("name", [name for _, name in PICTURES])
def test_a_picture_is_there_and_small(name: str) -> None:
    path = ROOT / "docs" / "images" / name
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size < 150_000


@pytest.mark.parametrize("title", TITLES)
def test_the_report_has_the_titles_that_the_page_names(title: str) -> None:
    assert title.rstrip("?") in PAGE
    assert title in SOURCES


def test_headlines_and_budgets_are_those_of_the_readme() -> None:
    """The README's figures are compared with a run by test_readme.py."""
    quoted = set(re.findall(r"US\$ [\d,]+ to [\d,]+ million \(90 % interval\)", PAGE))
    assert quoted
    assert all(each in README for each in quoted)
    assert "2,870 million, with 80 % confidence" in PAGE
    assert "With 80 % confidence US$ 2,870 million" in README
