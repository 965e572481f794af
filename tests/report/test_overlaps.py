"""A whole that components share is shown once, and they as shares of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import popsim as ps
from popsim.report.content import compose
from popsim.report.document import Details, Document, Entry

SHARED = Path(__file__).parents[1] / "study" / "fixtures" / "shared"


def document(**overrides: object) -> Document:
    study = ps.load_study(SHARED, {"scenarios.count": 300, **overrides})
    return compose(study, ps.simulate(study))


def entries(found: Document) -> dict[str, dict[str, Entry]]:
    """Entries of each area by their titles."""
    (section,) = (part for part in found.sections if part.id == "evidence")
    areas = [block for block in section.blocks if isinstance(block, Details) and "component" in block.summary]
    return {
        area.summary.partition(":")[0]: {block.title: block for block in area.blocks if isinstance(block, Entry)}
        for area in areas
    }


def test_the_whole_is_shown_once_and_components_as_shares_of_it() -> None:
    found = entries(document())
    assert [title for area in found.values() for title in area].count("One plan") == 1
    whole = found["First"]["One plan"]
    facts = dict(whole.facts)
    assert whole.tag == "evidence"
    assert facts["Range"].endswith("per country of reference size")
    assert facts["Shared by"] == "Inventory and Writing: drawn once for a country, then split"
    assert whole.sources == ("Invented: 80 dollars, 2000 (verified)",)
    inventory, writing = found["First"]["Inventory"], found["Second"]["Writing"]
    # Coverage 80 %: uniform shares between their 10th and 90th percentile.
    assert dict(inventory.facts)["Share"].startswith("32\u202f% to 48\u202f%")
    assert dict(writing.facts)["Share"].startswith("52\u202f% to 68\u202f%")
    for entry in (inventory, writing):
        assert "of “One plan”; what one takes, the others cannot" in dict(entry.facts)["Share"]
        assert entry.tag == "judgement"
        assert "Range" not in dict(entry.facts)
    assert dict(inventory.facts)["When it is paid"] == "once, 2030"


@pytest.mark.parametrize("left_out", ["x", "y"])
def test_what_is_counted_of_it_is_said(left_out: str) -> None:
    found = entries(document(**{f"area.{left_out}.include": False}))
    (area,) = (area for area in found.values() if "One plan" in area)
    name = {"x": "Writing", "y": "Inventory"}[left_out]
    assert dict(area["One plan"].facts)["Shared by"] == f"{name}, of which the rest is not counted"


def test_a_share_that_is_known_has_no_range() -> None:
    found = entries(document(**{"area.y.component.writing.share": 0.5}))
    assert dict(found["Second"]["Writing"].facts)["Share"] == "50\u202f% of “One plan”"


def test_drivers_have_the_whole_as_one_input() -> None:
    study = ps.load_study(SHARED)
    drivers = ps.drivers(study, scenarios=1024)
    names = dict(zip(drivers["input"].values.tolist(), drivers["input_name"].values.tolist(), strict=True))
    assert names["overlap_plan"] == "Unit costs: One plan"
    assert float(drivers["first_order"].sel(input="overlap_plan")) > 0.0
