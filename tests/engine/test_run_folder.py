"""A run folder is the old run or the new one, whole, wherever a process stops; and two never work on one."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim.engine import files
from popsim.engine.run_folder import (
    Request,
    begin,
    discard,
    ensure_found,
    finish,
    leftovers_of,
    locked,
    recover,
    replaced_of,
    request_of,
    unfinished_of,
)
from popsim.errors import FileError, RunError
from popsim.schema import PLAN_FILE, REQUEST_FILE
from tests.engine.faults import Killed, number_of_operations, stopped_at

REQUEST = Request("run", "f00", {"formats": ["html"]})


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


def write_run(folder: Path, words: str) -> None:
    (folder / "inputs").mkdir(parents=True, exist_ok=True)
    (folder / PLAN_FILE).write_text(f"plan of the {words}")
    (folder / "inputs" / "countries.csv").write_text(words)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    write_run(tmp_path / "old", "old run")
    return tmp_path / "old"


OLD = {PLAN_FILE: "plan of the old run", "inputs/countries.csv": "old run"}
NEW = {PLAN_FILE: "plan of the new run", "inputs/countries.csv": "new run", REQUEST_FILE: REQUEST.text()}


def replace_run(target: Path) -> None:
    with locked(target):
        recover(target)
        begin(target, REQUEST, lambda folder: write_run(folder, "new run"))
        finish(target)


def test_a_complete_run_takes_the_place_of_the_old_one(target: Path) -> None:
    replace_run(target)
    assert content(target) == NEW
    assert [path.name for path in target.parent.iterdir()] == ["old"]


def test_what_was_half_written_does_not_come_into_the_run(target: Path) -> None:
    with locked(target):
        folder = begin(target, REQUEST, lambda folder: write_run(folder, "new run"))
        (folder / f".report.html.1234{files.PARTIAL}").write_text("half")
        (folder / "inputs" / f"old{files.REMOVING}").mkdir()
        finish(target)
    assert content(target) == NEW
    assert [path.name for path in (target / "inputs").iterdir()] == ["countries.csv"]


def test_a_run_makes_the_folders_above_it(tmp_path: Path) -> None:
    replace_run(tmp_path / "deep" / "deeper" / "run")
    assert content(tmp_path / "deep" / "deeper" / "run") == NEW


def test_a_kill_at_any_operation_leaves_a_whole_run_which_the_next_command_finds(tmp_path: Path) -> None:
    write_run(tmp_path / "tried", "old run")
    operations = number_of_operations(lambda: replace_run(tmp_path / "tried"))
    assert operations > 10
    ends = []
    for count in range(operations):
        target = tmp_path / f"run-{count}"
        write_run(target, "old run")
        with stopped_at(count), pytest.raises(Killed):
            replace_run(target)
        ensure_found(target)
        assert content(target) in (OLD, NEW)
        ends.append(content(target) == NEW)
        # Whatever is left is known by its name, and the same work can be done anew.
        assert {path.name for path in tmp_path.iterdir() if path.name.startswith(f".run-{count}.")} == {
            path.name for path in leftovers_of(target)
        }
        replace_run(target)
        assert content(target) == NEW
        assert leftovers_of(target) == []
    assert ends == sorted(ends)
    assert {True, False} == set(ends)


def test_a_full_disk_at_any_operation_is_said_and_loses_nothing(tmp_path: Path) -> None:
    write_run(tmp_path / "tried", "old run")
    full = OSError(errno.ENOSPC, "No space left on device")
    for count in range(number_of_operations(lambda: replace_run(tmp_path / "tried"))):
        target = tmp_path / f"run-{count}"
        write_run(target, "old run")
        with stopped_at(count, full), pytest.raises(FileError, match="No space left on device"):
            replace_run(target)
        assert content(target) in (OLD, NEW)


def test_a_run_that_was_moved_aside_is_not_put_over_other_things(target: Path) -> None:
    target.rename(replaced_of(target))
    unfinished_of(target).mkdir()
    target.mkdir()
    (target / "thesis.tex").write_text("work of years")
    with locked(target), pytest.raises(RunError, match="move one of the two away"):
        recover(target)
    assert content(replaced_of(target)) == OLD
    (target / "thesis.tex").unlink()
    with locked(target):
        recover(target)
    assert content(target) == OLD


def test_who_only_reads_does_not_disturb_who_writes(target: Path) -> None:
    target.rename(replaced_of(target))
    with locked(target):
        ensure_found(target)
        assert not target.exists()
    ensure_found(target)
    assert content(target) == OLD


def test_two_cannot_work_on_one_run(target: Path) -> None:
    with locked(target):
        with pytest.raises(FileError, match=f"another popsim at work on it .process {os.getpid()} on "), locked(target):
            pass
        with locked(target.with_name("other")):
            pass
    with locked(target):
        pass
    assert [path.name for path in target.parent.iterdir()] == ["old"]


def test_a_killed_process_holds_no_lock(target: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from popsim.engine.run_folder import locked\n"
        "with locked(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(FileError, match=f"process {process.pid} on"), locked(target):
            pass
        process.send_signal(signal.SIGKILL)
    with locked(target):
        pass


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_anew(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may hold a lock, remove its file and leave between our opening the file and our locking it."""
    fcntl = pytest.importorskip("fcntl")
    lock, removed = fcntl.flock, []

    def late(descriptor: int, how: int) -> None:
        if not removed:
            removed.append(target.with_name(".old.lock"))
            removed[0].unlink()
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with locked(target), pytest.raises(FileError, match="another popsim"), locked(target):
        pass
    assert removed


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(FileError, match="file"), locked(tmp_path / "file" / "run"):
        pass


def test_a_request_is_read_as_it_was_written(target: Path) -> None:
    assert request_of(target) is None
    assert request_of(target / PLAN_FILE) is None
    begin(target, REQUEST, lambda folder: None)
    assert request_of(unfinished_of(target)) == REQUEST


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"command": "run", "unknown": 1}', "\udcff"])
def test_a_damaged_request_is_refused(target: Path, text: str) -> None:
    (target / REQUEST_FILE).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(RunError, match="no request, or a damaged one"):
        request_of(target)


def test_discarding_leaves_the_run_alone(target: Path) -> None:
    begin(target, REQUEST, lambda folder: write_run(folder, "new run"))
    discard(target)
    assert content(target) == OLD
    assert [path.name for path in target.parent.iterdir()] == ["old"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_half() -> None:
        with files.written(path) as partial:
            partial.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert content(tmp_path) == {"a.txt": "old"}
    files.write_text(path, "new\r\n")
    assert path.read_bytes() == b"new\r\n"
    assert content(tmp_path) == {"a.txt": "new\n"}


@pytest.mark.parametrize("link", [os.link, None])
def test_a_second_name_is_the_same_file_or_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: Callable[..., None] | None
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link or unknown)
    (tmp_path / "a").write_text("words")
    files.link(tmp_path / "a", tmp_path / "b")
    assert content(tmp_path) == {"a": "words", "b": "words"}
    assert (tmp_path / "a").samefile(tmp_path / "b") == (link is not None)


def test_a_folder_is_removed_by_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no half of it passes for the whole."""
    write_run(tmp_path / "run", "old run")
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)
    files.remove(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    monkeypatch.undo()
    files.remove(tmp_path / f"run{files.REMOVING}")
    assert list(tmp_path.iterdir()) == []
