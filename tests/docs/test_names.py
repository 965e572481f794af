"""Every public name has an entry on the pages of docs/reference/api, and the tables there are up to date."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import popsim as ps

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "reference" / "api").glob("*.md"))


@pytest.fixture(scope="module")
def names() -> ModuleType:
    spec = importlib.util.spec_from_file_location("names", ROOT / "docs" / "hooks" / "names.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def entries() -> Counter[str]:
    """Count the lines of all pages that the site replaces by an entry."""
    found = (re.findall(r"^::: popsim\.(\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE) for path in PAGES)
    return Counter(name for page in found for name in page)


def test_every_public_name_has_one_entry() -> None:
    wanted = {*ps.__all__, *(f"plot.{name}" for name in ps.plot.__all__)} - {"plot"}
    assert set(entries()) == wanted, "make docs-reference"
    assert set(entries().values()) == {1}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_what_the_docstrings_make(names: ModuleType, path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    assert page == names.filled(page), "make docs-reference"


def test_a_first_line_changed_by_hand_is_noticed(names: ModuleType) -> None:
    """Negative control."""
    page = (ROOT / "docs" / "reference" / "api" / "ranges.md").read_text(encoding="utf-8")
    changed = page.replace("| Return the amount that suffices", "| Return an amount that suffices")
    assert changed != names.filled(changed) == page


def test_every_name_has_a_line_that_says_what_it_is() -> None:
    overview = (ROOT / "docs" / "reference" / "api" / "README.md").read_text(encoding="utf-8")
    for name in entries():
        link = rf"\[`{re.escape(name)}`\]\(\w+\.md#popsim\.{re.escape(name)}\)"
        assert re.search(rf"^\| {link} \| \S.+ \|$", overview, re.MULTILINE), name
