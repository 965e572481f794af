"""Keys on pages on concepts: an unknown one is refused, links lead somewhere. test_code_blocks.py loads all blocks."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from popsim.errors import StudyError
from popsim.study import load_study

ROOT = Path(__file__).parents[2]
LISTS = {
    "component": "distributions/a_country_inventory.toml",
    "option": "configs/pops.toml",
    "what_if": "configs/pops.toml",
}
"""Entries of lists that a block may add, each alone, with the file that has the list."""
PAGES = ("assumptions", "kinds-of-cost", "money", "need", "options", "scaling", "time")


def leaves(table: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, object]]:
    """Dotted keys with their values; a distribution is one value."""
    for key, value in table.items():
        if isinstance(value, dict) and "family" not in value:
            yield from leaves(value, (*above, key))
        else:
            yield ".".join((*above, key)), value


def lay(block: str, folder: Path) -> Path:
    """Copy the packaged study and its catalogue, with entries and options of a block added at the end."""
    for name in ("configs", "distributions"):
        shutil.copytree(ROOT / name, folder / name)
    found = tomllib.loads(block).keys()
    study = folder / "configs" / "pops.toml"
    for key, name in LISTS.items():
        file = folder / name
        if key in found:
            assert list(found) == [key]
            file.write_text(file.read_text(encoding="utf-8") + "\n" + block, encoding="utf-8")
    return study


def overrides(block: str) -> dict[str, object]:
    return {key: value for key, value in leaves(tomllib.loads(block)) if key.partition(".")[0] not in LISTS}


def test_a_block_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    block = "[area.e.need]\nprobabilty = 0.5\n"
    with pytest.raises(StudyError, match="probability"):
        load_study(lay(block, tmp_path), overrides(block), data_folders=[tmp_path])


def test_every_link_of_the_index_and_the_pages_leads_somewhere() -> None:
    missing = []
    for page in (ROOT / "docs" / "README.md", *(ROOT / "docs" / "concepts" / f"{name}.md" for name in PAGES)):
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
        missing += [(page.name, link) for link in links if not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("line", ["inflation", "discount_rate", "shock"])
def test_lines_behind_a_sign_work_without_it(line: str, tmp_path: Path) -> None:
    study = lay("", tmp_path)
    text = study.read_text(encoding="utf-8")
    begin = rf"# {line} = .*" if line != "shock" else r"# \[shock\.(?:.|\n# )*"
    (found,) = re.findall(f"(?m)^{begin}", text)
    study.write_text(text.replace(found, re.sub("(?m)^# ", "", found)), encoding="utf-8")
    loaded, before = load_study(study, data_folders=[tmp_path]), load_study(ROOT / "configs" / "pops.toml")
    for name, known in (("inflation", None), ("discount_rate", None), ("shocks", ())):
        assert getattr(before, name) == known
        assert (getattr(loaded, name) == known) == (not name.startswith(line))
