"""What every test stands on: the checkout's root, and a cache of compiled kernels that no two workers share."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

worker = os.environ.get("PYTEST_XDIST_WORKER")
if worker:
    # numba names cached machine code by a count that it reads and then writes: two processes may take the same name.
    os.environ["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / f"popsim-tests-numba-{os.getuid()}-{worker}")

# Of the documents of a run only the page, unless a test asks for others: they take longer than small runs.
os.environ["POPSIM_FORMAT"] = "html"

# Generated examples are the same in every run.
settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all but every k-th case of a test with `one_in(k)` as slow; first of all, since marks select tests."""
    counts: Counter[str] = Counter()
    for item in items:
        if marker := item.get_closest_marker("one_in"):
            test = item.nodeid.partition("[")[0]
            if counts[test] % marker.args[0]:
                item.add_marker("slow")
            counts[test] += 1


PLAIN = ROOT / "tests" / "plain" / "study.toml"


@pytest.fixture(scope="session")
def plain() -> Path:
    """The packaged study without needs, lateness, rises of prices, regions and options: costs alone."""
    return PLAIN


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the checkout."""
    return ROOT
