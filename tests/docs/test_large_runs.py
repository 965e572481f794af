"""The page on runs that do not fit the memory: its examples are right, and the reference is too."""

from __future__ import annotations

import doctest
from pathlib import Path

import popsim as ps

DOCS = Path(__file__).parents[2] / "docs"


def test_examples_of_the_page_are_right() -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testfile(str(DOCS / "how-to" / "large-runs.md"), module_relative=False, optionflags=flags)
    assert (failed, tried > 12) == (0, True)


def test_files_lie_where_the_reference_says(tmp_path: Path) -> None:
    page = (DOCS / "reference" / "store.md").read_text(encoding="utf-8")
    store = tmp_path / "ensemble.zarr"
    ps.simulate(ps.load_study("example"), scenarios=200, breakdowns=["area"], store=store)
    for name in ("cost_by_area/c.0.RANGE.0", "checksum/c.RANGE.0"):
        assert f"`{name}`" in page
        assert (store / name.replace("RANGE", "0")).is_file()
    assert all(f"`{name}`" in page for name in ("scenario", "checksum", "popsim_store", "coordinates"))
