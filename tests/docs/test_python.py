"""The page on Python says what Python does."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import popsim as ps
from popsim import types

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "python.md"


def test_examples_of_the_page_are_right() -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testfile(str(PAGE), module_relative=False, optionflags=flags)
    assert (failed, tried > 8) == (0, True)


def test_names_of_the_page_exist() -> None:
    text = PAGE.read_text(encoding="utf-8")
    table = re.findall(r"^\| (?:a|its) .*$", text, re.MULTILINE)
    named = {name for line in table for name in re.findall(r"`(?:ps\.)?([a-z_]+)`", line)}
    assert named <= set(ps.__all__)
    (sentence,) = re.findall(r"types in `popsim\.types`: (.*?)\. A type", text, re.DOTALL)
    assert set(re.findall(r"`(\w+)`", sentence)) <= set(types.__all__)
