"""What the page on overlaps writes in TOML loads, and costs what it says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import popsim as ps
from popsim.errors import StudyError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "concepts" / "overlaps.md").read_text(encoding="utf-8")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A small study with the whole and the shares of the page in its first two areas."""
    folder = Path(shutil.copytree(ROOT / "tests" / "study" / "fixtures" / "small", tmp_path / "small"))
    whole, shares = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    first, second = shares.split("# in the file of area b\n")
    # The small study has the prices of other years.
    for name, text in (("x_first", whole.replace("2006", "2000") + first), ("y_second", second)):
        file = folder / "catalogue" / f"{name}.toml"
        file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")
    return folder


def test_the_two_components_come_to_the_whole(study: Path) -> None:
    loaded = ps.load_study(study, {"area.x.size_exponent": 0.0})
    (whole,) = loaded.overlaps
    cost = ps.simulate(loaded, scenarios=2000, breakdowns=[["country", "component"]])["cost_by_country_component"]
    both = cost.sel(option="full", component=["x/first_inventory", "y/first_plan"]).sum("component").values
    low, high = whole.cost.support()
    assert low * whole.money_factor <= both.min() < both.max() <= high * whole.money_factor
    assert abs(both.mean() / (whole.cost.mean() * whole.money_factor) - 1.0) < 0.02
    assert np.corrcoef(both[0], both[1])[0, 1] < 0.9


def test_the_shares_that_the_page_refuses_are_refused(study: Path) -> None:
    changes = {
        "area.x.component.first_inventory.share": {"family": "uniform", "low": 0.45, "high": 0.60},
        "area.y.component.first_plan.share": {"family": "uniform", "low": 0.50, "high": 0.55},
    }
    with pytest.raises(StudyError, match=r"together|1\.1 of overlap|1\.05"):
        ps.load_study(study, changes)
