"""The page on runs that do not fit the memory: its examples are right, and the reference is too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import popsim as ps

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
def test_examples_of_the_page_are_right() -> None:
    # In a process of its own: what other tests hold in memory would count against the limits of the page.
    page = str(DOCS / "how-to" / "large-runs.md")
    flags = ("-o", "NORMALIZE_WHITESPACE", "-o", "ELLIPSIS", "-v")
    done = subprocess.run([sys.executable, "-m", "doctest", *flags, page], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Trying:") > 12


def test_files_lie_where_the_reference_says(tmp_path: Path) -> None:
    page = (DOCS / "reference" / "store.md").read_text(encoding="utf-8")
    store = tmp_path / "ensemble.zarr"
    ps.simulate(ps.load_study("example"), scenarios=200, breakdowns=["area"], store=store)
    for name in ("cost_by_area/c.0.RANGE.0", "checksum/c.RANGE.0"):
        assert f"`{name}`" in page
        assert (store / name.replace("RANGE", "0")).is_file()
    assert all(f"`{name}`" in page for name in ("scenario", "checksum", "popsim_store", "coordinates"))
