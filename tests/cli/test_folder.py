"""A new run takes the place of a run of popsim, and of nothing else."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

import popsim as ps
from popsim.cli.folder import added_to, check_replaceable, older_run
from popsim.errors import FileError
from popsim.schema import FIGURES_FOLDER, PLAN_FILE
from tests.engine.faults import Killed, number_of_operations, stopped_at


@pytest.fixture
def old_run(tmp_path: Path) -> Path:
    folder = tmp_path / "results" / "old"
    (folder / "inputs").mkdir(parents=True)
    (folder / PLAN_FILE).write_text("old plan")
    (folder / "inputs" / "countries.csv").write_text("old countries")
    return folder


def test_new_and_empty_folders_and_old_runs_may_be_replaced(tmp_path: Path, old_run: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "deeper", tmp_path / "empty", old_run):
        assert check_replaceable(folder) == folder


def test_other_peoples_files_are_not_replaced(tmp_path: Path, old_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("work of years")
    with pytest.raises(FileError, match=r"chapter\.tex"):
        check_replaceable(tmp_path / "thesis")
    with pytest.raises(FileError, match="a file"):
        check_replaceable(tmp_path / "thesis" / "chapter.tex")
    with pytest.raises(FileError, match=r"chapter\.tex is a file"):
        check_replaceable(tmp_path / "thesis" / "chapter.tex" / "run")
    (old_run / "notes.txt").write_text("mine")
    with pytest.raises(FileError, match=r"notes\.txt, which a new run would delete"):
        check_replaceable(old_run)
    monkeypatch.chdir(old_run)
    for folder in (Path(), Path("..")):
        with pytest.raises(FileError, match="current folder"):
            check_replaceable(folder)


def test_an_older_run_is_described_also_where_it_cannot_be_read(old_run: Path, tmp_path: Path) -> None:
    assert older_run(tmp_path / "nothing") is None
    os.utime(old_run / PLAN_FILE, (0.0, 86_400.0 * 365))
    says = older_run(old_run)
    assert says is not None
    assert re.fullmatch(r"a run of 19(70-12-31|71-01-0[12]) \d\d:\d\d that could not be read", says)


@pytest.mark.slow
def test_a_folder_of_pictures_that_was_being_replaced_is_found_by_whatever_reads_the_run(tmp_path: Path) -> None:
    study = ps.load_study("example")
    plan = ps.compile(study)
    first, picture = tmp_path / "first", f"{FIGURES_FOLDER}/areas.svg"
    first.mkdir()
    ps.save_run(first, study, plan, ps.simulate(plan, scenarios=20))

    def replaced(folder: Path, text: str) -> None:
        with added_to(folder, ps.load_run(folder)) as partial:
            (partial / FIGURES_FOLDER).mkdir()
            (partial / picture).write_text(text)

    replaced(first, "old")
    shutil.copytree(first, tmp_path / "tried")
    were_away = []
    for count in range(number_of_operations(lambda: replaced(tmp_path / "tried", "new"))):
        folder = tmp_path / f"run-{count}"
        shutil.copytree(first, folder)
        with stopped_at(count), pytest.raises(Killed):
            replaced(folder, "new")
        were_away.append(not (folder / FIGURES_FOLDER).exists())
        ps.load_run(folder)
        assert (folder / picture).read_text() in ("old", "new"), count
    assert any(were_away)
