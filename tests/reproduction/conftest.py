"""Small studies are run through popsim and through the re-implementation, by the same tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from .small import through_popsim, through_reimplementation, write

Simulate = Callable[..., xr.Dataset]
ENGINES = {"popsim": through_popsim, "reimplementation": through_reimplementation}


@pytest.fixture(params=ENGINES)
def simulate(request: pytest.FixtureRequest, tmp_path: Path) -> Simulate:
    """Write a small study of the areas and tables given, and run it."""

    def function(areas: dict[str, dict[str, dict[str, Any]]], scenarios: int = 10, **tables: Any) -> xr.Dataset:
        return ENGINES[request.param](write(tmp_path, areas, **tables), scenarios)

    return function
