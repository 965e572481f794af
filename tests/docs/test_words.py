"""The English of pages, docstrings and messages: the field's standard terms, and no archaic turns."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "benchmarks").glob("*.md"),
    *(ROOT / "configs").rglob("*.toml"),
    *(ROOT / "configs").rglob("*.md"),
    *(ROOT / "distributions").glob("*"),
    *(ROOT / "examples").glob("*.py"),
]
SOURCES = sorted((ROOT / "popsim").rglob("*.py"))
TEMPLATES = sorted((ROOT / "popsim").rglob("*.j2"))

BETTER = {
    r"hangs? together": "are correlated",
    r"(?<!\")dear(er|est|ly)?(?!\")": "costly, expensive",
    r"(?<!`)told(?![=`])": "stated, passed to",
    r"held to": "checked against",
    r"be had": "be found",
    r"as good as none": "no effect",
    r"odds and ends": "say what they are",
    r"hence|thence|whence|thereof|lest": "so, from there, of it",
    r"no news": "already reported",
    r"stands? on": "rest on, include",
    r"crew": "threads",
}
"""Archaic or private words, and what to write instead."""

VERBS = {"Give", "Say", "Tell", "Hold", "Gives", "Says", "Tells"}
"""First words of a docstring that NumPy's style replaces by Return, Describe, Check ..."""


def old_words(text: str) -> list[str]:
    """List archaic words of a text, each with what to write instead."""
    return [
        f"{match.group(0)!r}: write {better}"
        for pattern, better in BETTER.items()
        for match in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE)
    ]


def poor_docstrings(source: str) -> list[str]:
    """List functions whose docstring begins with a word that does not say what the function does."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    documented = [(node.name, ast.get_docstring(node) or "") for node in functions]
    return [f"{name}: {text.split()[0]}" for name, text in documented if text and text.split()[0].rstrip(":,") in VERBS]


@pytest.mark.parametrize("path", [*PAGES, *TEMPLATES, *SOURCES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_archaic_words(path: Path) -> None:
    assert old_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_begin_with_what_a_function_does(path: Path) -> None:
    assert poor_docstrings(path.read_text(encoding="utf-8")) == []


def test_the_scans_find_what_they_look_for() -> None:
    assert old_words("How costs hang together; what is dear.") == [
        "'hang together': write are correlated",
        "'dear': write costly, expensive",
    ]
    assert poor_docstrings('def seed():\n    """Give the seed."""\n') == ["seed: Give"]
    assert poor_docstrings('def seed():\n    """Return the seed."""\n') == []
