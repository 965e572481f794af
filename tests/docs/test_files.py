"""docs/reference/files.md names every column, attribute and key that popsim writes, and none that it does not."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr

from popsim import schema
from popsim.cli.main import main
from popsim.report.written import (
    ATTRIBUTES,
    BESIDE,
    FIGURES,
    MANIFEST,
    REQUEST,
    SIPMATH,
    SUMMARY,
    SWEEP,
    TABLES,
    filled,
    undescribed,
)
from popsim.study import load_study

SHOCK = """
[shock.embargo]
name = "Embargo"
areas = ["1"]
probability = 0.01
factor = 30
basis = "judgement"
rationale = "An example."
"""
NOT_ALWAYS = {
    "comment",
    "drivers_left_out",
    "assumptions_left_out",
    schema.TRUSTED,
    "basis",
    "component",
    "component_name",
}
"""What only other studies and runs have."""


def call(*words: str) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(words)
    assert not leaving.value.code, words


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a run that has a rare event, with all its tables, and a sweep."""
    place = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        call("init", "mine", "--study", "example")
        study = place / "mine" / "study.toml"
        first = load_study(study).areas[0].id
        study.write_text(study.read_text("utf-8") + SHOCK.replace('"1"', f'"{first}"'), encoding="utf-8")
        call(
            "run", "mine", "--scenarios", "300", "--no-drivers", "--no-assumptions", "--format", "html", "--out", "run"
        )
        call("report", "run", "--format", "sipmath")
        call("sweep", "mine", "--grid", "financing.cofinancing=0.1,0.3", "--scenarios", "100", "--out", "swept")
        yield place


def columns_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def attributes_of(path: Path) -> set[str]:
    with xr.open_dataset(path) as dataset:
        return {str(name) for name in dataset.attrs}


def test_the_tables_of_the_page_are_what_the_code_says(root: Path) -> None:
    page = (root / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    assert page == filled(page), "make docs-reference"
    assert all(f"<!-- begin {name} -->\n\n|" in page for name in TABLES)


def test_a_row_changed_by_hand_is_noticed(root: Path) -> None:
    """Negative control."""
    page = (root / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    changed = page.replace("| `exact_mean` |", "| `exactmean` |")
    assert changed != filled(changed) == page


def test_every_file_of_a_run_is_named(root: Path) -> None:
    page = (root / "docs" / "reference" / "files.md").read_text(encoding="utf-8")
    for name in schema.RUN_FILES:
        assert f"`{name}" in page, name


def test_the_columns_of_both_tables_are_described(folder: Path) -> None:
    summary, sweep = columns_of(folder / "run" / "summary.csv"), columns_of(folder / "swept" / "sweep.csv")
    with xr.open_dataset(folder / "run" / "ensemble.nc") as dataset:
        groupings = {name.partition("_by_")[2] for name in map(str, dataset.data_vars) if "_by_" in name}
    assert undescribed(summary, SUMMARY, {"GROUPING": groupings}) == set()
    assert undescribed(sweep, SWEEP, {"KEY": ["cofinancing"]}) == set()
    assert set(SUMMARY) - {"GROUPING", "pNN", "pNN_monte_carlo_error"} - NOT_ALWAYS <= set(summary)
    assert set(SWEEP) - {"KEY"} <= set(sweep)


def test_the_attributes_of_datasets_are_described(folder: Path) -> None:
    files = (folder / "run" / "ensemble.nc", folder / "run" / "joint.nc", folder / "swept" / "sweep.nc")
    found = set().union(*(attributes_of(path) for path in files))
    versions = {f"{name}_version" for name in ("numpy", "scipy", "numba", "xarray")}
    assert {name for name in found - set(ATTRIBUTES) - versions if not name.startswith(tuple(BESIDE))} == set()
    assert set(ATTRIBUTES) - NOT_ALWAYS <= found


def test_variables_of_a_run_are_those_of_the_schema_or_begin_with_a_known_word(folder: Path) -> None:
    with xr.open_dataset(folder / "run" / "ensemble.nc") as dataset:
        names = {str(name) for name in dataset.variables}
        groupings = {name for name in names if any(f"_by_{name}" in each for each in names)}
    unknown = {name for name in names - groupings if schema.variable_of(name) is None}
    assert {name for name in unknown if not name.startswith(tuple(BESIDE))} == set()


def test_the_keys_of_json_are_described(folder: Path) -> None:
    manifest, sipmath = (
        json.loads((folder / "run" / name).read_text("utf-8")) for name in ("manifest.json", "sipmath.json")
    )
    assert list(manifest) == list(MANIFEST)
    assert list(sipmath) == list(SIPMATH)
    found: set[str] = set()
    for name in ("run", "swept"):
        request = json.loads((folder / name / "request.json").read_text(encoding="utf-8"))
        found |= {*request, *(f"options.{each}" for each in request["options"])}
    assert found == set(REQUEST)


def test_the_figures_of_the_report_are_described(folder: Path) -> None:
    from popsim.engine.runs import load_run
    from popsim.report.content import compose
    from popsim.report.document import Figure

    run = load_run(folder / "run")
    figures = [
        block.name
        for section in compose(run.study, run.dataset).sections
        for block in section.blocks
        if isinstance(block, Figure)
    ]
    assert figures
    for name in figures:
        assert name.startswith(tuple(each.removesuffix("GROUPING") for each in FIGURES)), name
