"""Runs to a precision that are written to a store: the same bits as in memory, and on from where they were stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from popsim.analysis.precision import simulate_to
from popsim.errors import ParameterError, RunError
from popsim.plan import compile as compile_study

from ..engine.studies import gaussian

PLAN = compile_study(gaussian())
WANTED = {"precision": 0.0008, "seed": 3, "breakdowns": ["area"], "threads": 1}


class Stopped(Exception):
    """What a callback raises in the middle of a run."""


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_a_store_has_the_bits_of_memory(tmp_path: Path, design: str) -> None:
    told: list[tuple[int, float]] = []
    inside = simulate_to(PLAN, design=design, **WANTED)
    stored = simulate_to(
        PLAN, design=design, store=tmp_path / "x.zarr", on_batch=lambda n, r: told.append((n, r)), **WANTED
    )
    assert len(told) >= 2
    assert stored.chunks
    assert stored.compute().identical(inside)
    assert [each.name for each in tmp_path.iterdir()] == ["x.zarr"]


@pytest.mark.parametrize("moment", [1, 2])
def test_a_run_that_was_stopped_goes_on(tmp_path: Path, moment: int) -> None:
    told: list[int] = []

    def stop(count: int, _: float) -> None:
        told.append(count)
        if len(told) == moment:
            raise Stopped

    place = tmp_path / "x.zarr"
    with pytest.raises(Stopped):
        simulate_to(PLAN, design="sobol", store=place, on_batch=stop, **WANTED)
    drawn: list[int] = []
    stored = simulate_to(PLAN, design="sobol", store=place, progress=lambda done, _: drawn.append(done), **WANTED)
    # What was finished is not drawn again: progress begins above it.
    assert all(done > told[-1] for done in drawn)
    assert stored.compute().identical(simulate_to(PLAN, design="sobol", **WANTED))


def test_what_stands_in_the_place_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "x.zarr"
    place.mkdir()
    (place / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="there already"):
        simulate_to(PLAN, store=place, **WANTED)
    assert (place / "mine").read_text(encoding="utf-8") == "mine"
    with pytest.raises(RunError, match="object storage"):
        simulate_to(PLAN, store="memory://bucket/x.zarr", **WANTED)


def test_memory_bounds_the_scenarios(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="what memory holds"):
        simulate_to(PLAN, precision=1e-6, memory="2MiB", breakdowns=["area"])
    # Of a store, totals alone are in memory.
    arguments = {**WANTED, "precision": 0.0015, "memory": "1GiB"}
    assert np.isfinite(simulate_to(PLAN, store=tmp_path / "x.zarr", **arguments)["cost"].mean().compute())
