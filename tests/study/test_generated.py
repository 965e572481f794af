"""What holds of every study holds of generated ones; `make fuzz` tries many more examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings

import popsim as ps
from tests.study import properties
from tests.study.generated import MISTAKES, Generated, studies
from tests.study.properties import PROPERTIES, QUIETLY, check_mistake, run_properties, tried

FEW = settings(QUIETLY, max_examples=12, derandomize=True)


@pytest.mark.parametrize("name", [name for name in PROPERTIES if name != "mistakes"])
def test_a_property_holds_of_generated_examples(name: str) -> None:
    tried(name, FEW)()


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str) -> None:
    @settings(FEW, max_examples=2)
    @given(studies())
    def function(files: Generated) -> None:
        check_mistake(files, name)

    function()


def test_what_does_not_hold_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: sums that lack a part, and a mistake that nobody notices."""
    simulate = ps.simulate

    def lacking(*arguments: Any, **options: Any) -> xr.Dataset:
        dataset = simulate(*arguments, **options)
        return dataset.assign(cost=dataset["cost"] + 1.0) if "cost_by_area" in dataset else dataset

    monkeypatch.setattr(ps, "simulate", lacking)
    monkeypatch.setitem(MISTAKES, "none", lambda _: "nothing")
    monkeypatch.setattr(properties, "PROPERTIES", {name: PROPERTIES[name] for name in ("sums", "round trip")})
    found = run_properties(4, seed=1)
    assert [each.partition(":")[0] for each in found] == ["sums"]
    with pytest.raises(AssertionError, match="none was not noticed"):
        check_mistake(_smallest(), "none")


def _smallest() -> Generated:
    found: list[Generated] = []

    @settings(FEW, max_examples=1)
    @given(studies())
    def keep(files: Generated) -> None:
        found.append(files)

    keep()
    return found[0]


def test_a_seed_and_a_number_are_the_same_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[float]] = []

    def keep(dataset: xr.Dataset) -> None:
        seen.append(np.ravel(dataset["cost"]).tolist())

    monkeypatch.setattr(properties, "PROPERTIES", {"kept": (keep, PROPERTIES["ranges"][1])})
    for seed in (1, 1, 2):
        assert run_properties(2, seed) == []
    assert len(seen) == 6
    assert seen[:2] == seen[2:4] != seen[4:]
