"""The page on what auditors ask names commands, sections of the report and keys that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import popsim as ps
from popsim.analysis.attached import add_assumptions, add_drivers
from popsim.cli.main import COMMANDS
from popsim.report.content import compose

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "concepts" / "gao-and-csruh.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """Return the cells of every row of the tables, without headings."""
    lines = [
        line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("|--", "| The ", "| To"))
    ]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_point_is_answered() -> None:
    assert len(rows()) > 30
    for asked, answer, where in rows():
        assert asked
        assert where
        assert answer in {"Yes", "In part", "No"}
    assert {answer for _, answer, _ in rows()} == {"Yes", "In part", "No"}


def test_commands_are_there() -> None:
    named = set(re.findall(r"`popsim (\w+)`", PAGE))
    assert named
    assert named <= set(COMMANDS)


@pytest.mark.slow
def test_sections_of_the_report_are_there() -> None:
    study = ps.load_study("pops", {"scenarios.count": 100})
    dataset = add_assumptions(study, add_drivers(study, ps.simulate(study)))
    titles = {section.title for section in compose(study, dataset).sections}
    answers = "\n".join(where for *_, where in rows())
    named = set(re.findall(r'"([A-Z][^"]+)"', answers))
    assert named
    assert named <= titles


def test_tables_of_the_files_are_there() -> None:
    keys = (ROOT / "docs" / "reference" / "keys.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\[+[\w.]+\]+)`", PAGE.replace(".X]", ".NAME]")))
    assert len(named) >= 6
    for table in named:
        assert f"### `{table}`" in keys, table


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs" / "concepts" / target).is_file(), target
