"""Damaged, edited, swapped and incomplete run folders: the numbers of the whole run, or the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

import popsim as ps
from popsim.cli.scenarios import breakdowns_of
from popsim.engine.simulate import simulation_of
from popsim.engine.store import create_store, fill_store
from tests.engine.damaged import failures, made_runs, misread

COUNT = 17_000
"""Scenarios of the run with a store: files of it are large enough to be told by their ends alone."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs as `popsim run` makes them, "one" and "two"."""
    return made_runs(tmp_path_factory.mktemp("damaged"))[0].parent


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs with stores, likewise."""
    made = tmp_path_factory.mktemp("stored")
    for name, seed in (("one", 1), ("two", 2)):
        study = ps.load_study("example", {"scenarios.count": COUNT, "scenarios.seed": seed})
        simulation = simulation_of(study, breakdowns=breakdowns_of(ps.compile(study)))
        store = create_store(made / f"{name}.zarr", simulation, chunk=8192)
        fill_store(simulation, store, threads=1)
        (made / name).mkdir()
        ps.save_run(made / name, study, ps.compile(study), store.dataset())
    return made


def commands(run: Path) -> list[list[str]]:
    """What reads a run, in an order in which quick ones are tried often."""
    return [
        ["budget", str(run), "--confidence", "80%", "--json"],
        ["compare", str(run), "--json"],
        ["rerun", str(run), "--json"],
        ["check", str(run), "--json"],
    ]


def test_damage_is_named_or_changes_nothing(folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert failures(folder / "one", folder / "two", run, commands(run)[:1], count=24, seed=5) == []
    assert misread(folder / "one", folder / "two", tmp_path / "read", count=30, seed=6) == []


def test_damage_of_a_store_is_named_or_changes_nothing(stored: Path, tmp_path: Path) -> None:
    assert misread(stored / "one", stored / "two", tmp_path / "read", count=30, seed=7) == []


@pytest.mark.kills
@pytest.mark.parametrize("kind", ["memory", "store"])
def test_a_thousand_damaged_folders(folder: Path, stored: Path, tmp_path: Path, kind: str) -> None:
    one, two = ((folder if kind == "memory" else stored) / name for name in ("one", "two"))
    run = tmp_path / "run"
    others = [
        ["report", str(run), "--json"],
        ["extend", str(run), "--scenarios", "200" if kind == "memory" else str(COUNT + 50), "--json"],
        ["drivers", str(run), "--scenarios", "1024", "--by", "level", "--json"],
    ]
    assert failures(one, two, run, commands(run), count=240, seed=1) == []
    assert failures(one, two, run, others, count=60, seed=2) == []
    assert misread(one, two, tmp_path / "read", count=700, seed=3) == []
