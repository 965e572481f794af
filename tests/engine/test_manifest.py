"""A run folder is one thing: what was edited, swapped, taken away or added is named before anything is read."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest

import popsim as ps
from popsim.engine import files
from popsim.engine.manifest import Manifest, announce, announce_store, foreign_files, record, verify
from popsim.engine.runs import replace_ensemble
from popsim.engine.storage import Storage
from popsim.errors import DamagedRunError, FileError, RunError
from popsim.schema import ENSEMBLE_FILE, MANIFEST_FILE, PLAN_FILE, STUDY_FILE
from tests.engine.faults import Killed, number_of_operations, stopped_at


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of one study with different seeds."""
    folder = tmp_path_factory.mktemp("runs")
    for name, seed in (("one", 1), ("two", 2)):
        study = ps.load_study("example", {"scenarios.count": 100, "scenarios.seed": seed})
        plan = ps.compile(study)
        (folder / name).mkdir()
        ps.save_run(folder / name, study, plan, ps.simulate(plan))
    return folder


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "one", tmp_path / "run")
    return tmp_path / "run"


def edit_study(run: Path) -> None:
    text = (run / STUDY_FILE).read_text(encoding="utf-8")
    assert 'title = "Flood' in text
    (run / STUDY_FILE).write_text(text.replace('title = "Flood', 'title = "Frost'), encoding="utf-8")


def named_in(error: pytest.ExceptionInfo[DamagedRunError], run: Path) -> list[str]:
    return [Path(each.file).relative_to(run).as_posix() for each in error.value.problems]


def test_an_edited_study_is_refused_and_can_be_trusted(run: Path) -> None:
    edit_study(run)
    with pytest.raises(DamagedRunError, match="other content than the run wrote") as caught:
        ps.load_run(run)
    assert named_in(caught, run) == [STUDY_FILE]
    assert "--trust-edited" in str(caught.value)
    found = ps.load_run(run, trust_edited=True)
    assert found.study.title.startswith("Frost")
    assert found.verified.trusted == (STUDY_FILE,)
    assert "changed since, and trusted" in repr(found)


def test_all_that_is_wrong_is_named_at_once(run: Path, made: Path) -> None:
    edit_study(run)
    shutil.copy(made / "two" / PLAN_FILE, run / PLAN_FILE)
    (run / "inputs" / "countries.csv").unlink()
    (run / "inputs" / "catalogue" / "z_more.toml").write_text("format = 1\n")
    (run / "ensemble.zarr").mkdir()
    (run / "ensemble.zarr" / "zarr.json").write_text("{}")
    with pytest.raises(DamagedRunError) as caught:
        ps.load_run(run)
    wrong = {STUDY_FILE, PLAN_FILE, "inputs/countries.csv", "inputs/catalogue/z_more.toml", "ensemble.zarr/zarr.json"}
    assert set(named_in(caught, run)) == wrong
    assert isinstance(caught.value, RunError)
    assert isinstance(caught.value, FileError)


def test_nothing_is_parsed_before_it_is_verified(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library of HDF5 does not end on some damaged files."""
    content = bytearray((run / PLAN_FILE).read_bytes())
    content[len(content) // 2] ^= 1
    (run / PLAN_FILE).write_bytes(content)

    def refused(*_: object, **__: object) -> None:
        pytest.fail("parsed")

    monkeypatch.setattr(netCDF4, "Dataset", refused)
    with pytest.raises(DamagedRunError, match=PLAN_FILE):
        ps.load_run(run)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"sha256": "0"}', "\udcff", "[" * 100_000])
def test_a_damaged_manifest_is_named(run: Path, text: str) -> None:
    (run / MANIFEST_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DamagedRunError, match=MANIFEST_FILE):
        ps.load_run(run)
    assert ps.load_run(run, trust_edited=True).verified.trusted == (MANIFEST_FILE,)


def test_a_manifest_cannot_be_made_to_fit(run: Path) -> None:
    """It has a digest of itself."""
    text = (run / MANIFEST_FILE).read_text()
    assert '"seed": "1"' in text
    (run / MANIFEST_FILE).write_text(text.replace('"seed": "1"', '"seed": "2"'))
    with pytest.raises(DamagedRunError, match="changed or damaged"):
        ps.load_run(run)


def test_a_run_without_manifest_is_refused_until_it_is_trusted(run: Path) -> None:
    (run / MANIFEST_FILE).unlink()
    with pytest.raises(DamagedRunError, match=f"no {MANIFEST_FILE}") as caught:
        ps.load_run(run)
    assert "run the study again" in str(caught.value)
    assert ps.load_run(run, trust_edited=True).verified.trusted == (MANIFEST_FILE,)


def test_somebodys_own_files_and_documents_are_no_hindrance(run: Path) -> None:
    for name in ("notes.txt", "inputs/notes.txt", "inputs/deep/own.csv", "report.docx", "tables/cost.csv"):
        (run / name).parent.mkdir(exist_ok=True)
        (run / name).write_text("mine")
    found = ps.load_run(run)
    assert found.verified.trusted == ()
    assert foreign_files(run) == ["inputs/deep/own.csv", "inputs/notes.txt", "notes.txt"]
    with pytest.raises(DamagedRunError) as caught:
        verify(run, strict=True)
    assert named_in(caught, run) == ["report.docx", "tables/cost.csv"]


@pytest.mark.parametrize("put", [os.mkdir, getattr(os, "mkfifo", os.mkdir), lambda path: os.symlink("/dev/zero", path)])
def test_what_is_no_file_is_not_read(run: Path, put: Callable[[str], None]) -> None:
    (run / PLAN_FILE).unlink()
    put(str(run / PLAN_FILE))
    with pytest.raises(DamagedRunError, match=PLAN_FILE):
        ps.load_run(run)


def test_a_file_that_is_replaced_is_good_before_and_after(run: Path, made: Path) -> None:
    """So a process may be stopped between any two steps."""
    new = made / "two" / ENSEMBLE_FILE
    announce(run, {ENSEMBLE_FILE: new})
    verify(run)
    shutil.copy(new, run / ENSEMBLE_FILE)
    verify(run)
    record(run, [ENSEMBLE_FILE])
    verify(run)
    shutil.copy(made / "one" / ENSEMBLE_FILE, run / ENSEMBLE_FILE)
    with pytest.raises(DamagedRunError, match=ENSEMBLE_FILE):
        verify(run)


def test_a_store_that_is_added_to_is_good_meanwhile(run: Path) -> None:
    announce_store(run)
    (run / "ensemble.zarr" / "drivers").mkdir(parents=True)
    (run / "ensemble.zarr" / "drivers" / "zarr.json").write_text("{}")
    verify(run)
    record(run, ["ensemble.zarr"])
    verify(run)
    (run / "ensemble.zarr" / "drivers" / "zarr.json").write_text("{ }")
    with pytest.raises(DamagedRunError, match=r"drivers/zarr\.json"):
        verify(run)


def test_a_reader_waits_for_what_is_put_in_its_place(run: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is replaced while it is compared is not called damaged."""
    content = Path.read_text
    replaced: list[Path] = []

    def late(path: Path, *arguments: str, **options: str) -> str:
        text = content(path, *arguments, **options)
        if not replaced:
            replaced.append(path)
            shutil.rmtree(run)
            shutil.copytree(made / "two", run)
        return text

    monkeypatch.setattr(Path, "read_text", late)
    assert verify(run).manifest is not None
    assert replaced == [run / MANIFEST_FILE]


def test_saving_another_run_removes_what_the_first_one_alone_had(run: Path) -> None:
    for name in ("notes.txt", "old.csv"):
        (run / "inputs" / name).write_text("words")
    record(run, ["inputs/old.csv"])
    study = ps.load_study("example", {"scenarios.count": 50})
    plan = ps.compile(study)
    ps.save_run(run, study, plan, ps.simulate(plan))
    assert ps.load_run(run).study == study
    assert [(run / "inputs" / name).exists() for name in ("notes.txt", "old.csv")] == [True, False]


def test_what_is_being_written_does_not_count(run: Path) -> None:
    (run / f".plan.nc.1234{files.PARTIAL}").write_text("half")
    verify(run, strict=True)


def test_a_manifest_is_read_as_it_was_written(run: Path) -> None:
    text = (run / MANIFEST_FILE).read_text()
    manifest = Manifest.read(text, MANIFEST_FILE)
    assert manifest.text() == text
    assert (manifest.scenarios, manifest.seed) == (100, "1")
    assert {ENSEMBLE_FILE, PLAN_FILE, STUDY_FILE, "inputs/countries.csv"} <= set(manifest.files)


def test_a_kill_while_figures_are_added_leaves_the_old_run_or_the_new_one(run: Path, tmp_path: Path) -> None:
    old = ps.load_run(run).dataset
    new = old.assign(figures=("driver", [1.0, 2.0]))

    def added(folder: Path) -> None:
        replace_ensemble(folder, new)

    shutil.copytree(run, tmp_path / "tried")
    operations = number_of_operations(lambda: added(tmp_path / "tried"))
    found = []
    for count in range(operations):
        folder = tmp_path / f"run-{count}"
        shutil.copytree(run, folder)
        with stopped_at(count), pytest.raises(Killed):
            added(folder)
        kept = ps.load_run(folder).dataset
        found.append("figures" in kept)
        assert kept.identical(new if found[-1] else old)
    added(folder)
    verify(folder, strict=True)
    assert found == sorted(found)
    assert {True, False} == set(found)


def test_a_kill_while_figures_are_added_to_a_store_leaves_a_good_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ps.load_study("example", {"scenarios.count": 100})
    plan = ps.compile(study)
    old = ps.simulate(plan, store=tmp_path / "ensemble.zarr")
    put = Storage.put
    for count in itertools.count(step=4):
        folder = tmp_path / f"run-{count}"
        folder.mkdir()
        ps.save_run(folder, study, plan, old)
        dataset = ps.load_run(folder).dataset.assign(figures=("driver", [1.0, 2.0]))
        left = [count]

        def killed(*arguments: Any, left: list[int] = left) -> None:
            if not left[0]:
                raise Killed
            left[0] -= 1
            put(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(Storage, "put", killed)
            try:
                replace_ensemble(folder, dataset)
                break
            except Killed:
                pass
        kept = ps.load_run(folder).dataset
        assert np.array_equal(kept["cost"], old["cost"])
        replace_ensemble(folder, dataset)
        assert "figures" in ps.load_run(folder).dataset
        verify(folder, strict=True)
    assert count > 2
