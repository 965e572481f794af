"""Costs that are fitted to data, and shares of single components, through popsim and through the re-implementation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import popsim as ps

from .agreement import compare
from .independent import run

STUDY = Path(__file__).parent.parent / "study" / "fixtures" / "fitted" / "study.toml"
QUICK, SEED = 20_000, 20_261_129
SHARES = {
    "dependence.group": "region",
    "dependence.group_share": 0.5,
    "area.x.component.stated": {"common_share": 0.05, "group_share": 0.7},
}
EXPONENT = {"family": "pert", "low": 0.2, "mode": 0.4, "high": 0.9}


@pytest.fixture(scope="module")
def theirs() -> Any:
    return ps.simulate(ps.load_study(STUDY), scenarios=QUICK)


def test_fitted_costs_agree(theirs: Any) -> None:
    assert compare(run(STUDY, QUICK, SEED), theirs) == []


@pytest.mark.parametrize(
    "changes",
    [
        SHARES,
        {
            "area.x.size_exponent": EXPONENT,
            "area.x.component.from_file.cost": {
                "fit": "lognormal",
                "data": "cases.csv",
                "cap": 50.0,
                "cap_rationale": "As before.",
            },
        },
    ],
    ids=["shares", "size_of_the_study"],
)
def test_other_values_agree(changes: dict[str, Any]) -> None:
    theirs = ps.simulate(ps.load_study(STUDY, changes), scenarios=QUICK)
    assert compare(run(STUDY, QUICK, SEED, overrides=changes), theirs) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("area.x.component.projects.common_share", 0.6),
        ("area.x.component.stated.common_share", 0.9),
        ("size.data_driver", "population_year"),
        ("size.highest", 3_000_000),
        ("area.x.size_exponent", 0.1),
    ],
)
def test_a_changed_input_is_found(theirs: Any, key: str, value: Any) -> None:
    """Negative control: popsim runs the study as it is, the re-implementation with one value changed."""
    assert compare(run(STUDY, QUICK, SEED, overrides={key: value}), theirs) != []
