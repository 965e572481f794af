"""docs/reference/keys.md and variables.md are what the code makes."""

from __future__ import annotations

from pathlib import Path

from popsim import schema
from popsim.families.registry import family_names
from popsim.study.json_schema import DISTRIBUTION, file_schema
from popsim.study.reference import keys_page, variables_page


def test_the_page_is_what_the_code_makes(root: Path) -> None:
    assert (root / "docs" / "reference" / "keys.md").read_text(encoding="utf-8") == keys_page(), (
        "write it anew: make docs-reference"
    )


def test_the_page_of_variables_is_what_the_code_makes(root: Path) -> None:
    assert (root / "docs" / "reference" / "variables.md").read_text(encoding="utf-8") == variables_page(), (
        "write it anew: make docs-reference"
    )


def test_every_variable_and_coordinate_stands_on_the_page() -> None:
    page = variables_page()
    for name in (*schema.TOTALS, *schema.COORDINATES, "planned_payments", "cost_countries_independent"):
        assert f"| `{name}` |" in page, name


def test_every_key_and_every_family_stands_on_the_page() -> None:
    page = keys_page()
    for kind in ("study", "catalogue"):
        schema = file_schema(kind)
        definitions = {name: table for name, table in schema["$defs"].items() if name != DISTRIBUTION}
        for table in (schema, *definitions.values()):
            for key, value in table["properties"].items():
                assert f".{key}` |" in page or f"| `{key}` |" in page, key
                assert value.get("description"), key
    for name in family_names():
        assert f"| `{name}` |" in page


def test_the_page_says_types_limits_and_defaults() -> None:
    page = keys_page()
    for row in (
        "| `scenarios.seed` | whole number of at least 0 and below 2^64 | `1` | seed of the random streams |",
        "| `component.cost` | distribution |  |",
        "| `size.lowest` | number above 0 | none |",
        "| `countries.select` | table of NAME = list of texts | `{}` |",
        "### `[[component.source]]`",
        "### `[area.NAME]`",
    ):
        assert row in page, row
