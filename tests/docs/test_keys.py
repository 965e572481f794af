"""docs/reference/keys.md and variables.md are what the code makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from popsim import schema
from popsim.families.registry import family_names
from popsim.study.describe import DISTRIBUTION, file_schema, filled, reference_tables


def read(root: Path, page: str) -> str:
    return (root / "docs" / "reference" / f"{page}.md").read_text(encoding="utf-8")


def without_new_families(made: str, page: str) -> str:
    """Leave out the rows of families that a page has not yet: `make docs-reference` adds them."""
    new = tuple(f"| `{name}` |" for name in family_names() if f"| `{name}` |" not in page)
    return "".join(line for line in made.splitlines(keepends=True) if not line.startswith(new))


@pytest.mark.parametrize("page", ["keys", "variables"])
def test_the_tables_of_a_page_are_what_the_code_makes(root: Path, page: str) -> None:
    written = read(root, page)
    made = filled(written)
    assert written == (without_new_families(made, written) if page == "keys" else made), "make docs-reference"


def test_every_table_stands_on_a_page(root: Path) -> None:
    pages = read(root, "keys") + read(root, "variables")
    assert all(without_new_families(table, pages) in pages for table in reference_tables().values())


def test_a_table_that_was_changed_by_hand_is_noticed(root: Path) -> None:
    """Negative control."""
    page = read(root, "keys").replace("seed of the random streams", "seed of something")
    assert page != without_new_families(filled(page), page) == read(root, "keys")


def test_every_variable_and_coordinate_stands_on_the_page(root: Path) -> None:
    page = read(root, "variables")
    for name in (*schema.TOTALS, *schema.COORDINATES, "planned_payments", "cost_countries_independent"):
        assert f"| `{name}` |" in page, name


def test_every_key_and_the_families_stand_on_the_page(root: Path) -> None:
    page = read(root, "keys")
    for kind in ("study", "catalogue"):
        schema = file_schema(kind)
        definitions = {name: table for name, table in schema["$defs"].items() if name != DISTRIBUTION}
        for table in (schema, *definitions.values()):
            for key, value in table["properties"].items():
                assert f".{key}` |" in page or f"| `{key}` |" in page, key
                assert value.get("description"), key
    assert sum(f"| `{name}` |" in page for name in family_names()) >= 16


def test_the_page_says_types_limits_and_defaults(root: Path) -> None:
    page = read(root, "keys")
    for row in (
        "| `scenarios.seed` | whole number of at least 0 and below 2^64 | `1` | seed of the random streams |",
        "| `component.cost` | table or distribution |  |",
        "| `size.lowest` | number above 0 and of at most 10^18 | none |",
        "| `countries.select` | table of NAME = list of texts | `{}` |",
        "### `[[component.source]]`",
        "### `[area.NAME]`",
    ):
        assert row in page, row
