from __future__ import annotations

import shutil
from pathlib import Path

import pytest

SMALL = Path(__file__).parent / "fixtures" / "small"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A copy of the small study that a test may change."""
    return Path(shutil.copytree(SMALL, tmp_path / "small"))
