"""Streams, limits, folders and variables of the system that are not as a command expects them."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from popsim.cli import system
from popsim.cli.system import check_limits
from popsim.compiled import cache_folder
from popsim.errors import FileError

from .conftest import Call
from .surroundings import COMMANDS, FULL, SURROUNDINGS, UNWANTED, Surroundings, prepare, tried
from .surroundings import call as shell

pytestmark = pytest.mark.skipif(os.name == "nt", reason="limits and paths as POSIX has them")

RUN = ("run", "study", "--scenarios", "20", "--no-drivers", "--no-assumptions", "--format", "html")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FULL, tmp_path / "study"))


# Streams


@pytest.mark.parametrize(
    ("streams", "status"),
    [(">&- 2>&- <&-", 0), (">/dev/full 2>&1", 2), ("2>/dev/full", 0)],
    ids=str,
)
@pytest.mark.one_in(3)
def test_a_sweep_ends_well_with_streams_that_are_closed_or_full(study: Path, streams: str, status: int) -> None:
    """The bar of progress, results and notes go to streams; what is made does not depend on them."""
    command = "sweep study --scenarios 20 --grid money.discount_rate=0.01,0.03 --out swept"
    done = shell(study.parent, Surroundings(f"{{}} {streams}"), command)
    assert done.returncode == status, done.stderr
    assert not any(word in done.stderr for word in UNWANTED)
    assert sorted(path.name for path in study.parent.iterdir()) == ["study", "swept"]


def test_a_closed_stream_gives_its_number_to_no_file(tmp_path: Path) -> None:
    code = "from popsim.cli.system import *; open_standard_streams(); import os; print(os.open('file', 65, 0o600))"
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -c \"{code}\" 2>&- <&-"], cwd=tmp_path, capture_output=True, check=True
    )
    assert int(done.stdout) > 2


def test_an_error_that_names_no_file_is_not_said_to_be_of_standard_output(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("popsim.cli.output.json.dumps", full)
    done = call("families", "--json")
    assert done.status == 2
    assert done.err.startswith("the system\n    found    No space left on device\n")


# Limits


@pytest.mark.parametrize(
    ("limit", "where", "mend"),
    [
        ("ulimit -v 65536", "address space", "ulimit -v unlimited"),
        ("ulimit -v 716800", "address space", "OPENBLAS_NUM_THREADS=1"),
        ("ulimit -d 716800", "data of the process", "ulimit -d unlimited"),
        ("ulimit -n 20", "open files", "ulimit -n 1024"),
    ],
)
def test_a_limit_under_which_libraries_fail_is_refused_before_they_load(
    tmp_path: Path, limit: str, where: str, mend: str
) -> None:
    around = Surroundings(f"{limit}; {{}}")
    done = shell(tmp_path, around, "run example --out run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{where}\n    found    a limit of ")
    assert mend in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert shell(tmp_path, around, "run --help").returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits of threads as Linux has them")
@pytest.mark.parametrize(
    ("of_user", "there", "files", "is_refused"),
    [
        (-1, "91", {}, False),
        (97, "91", {}, False),
        (96, "91", {}, True),
        (-1, "unknown", {}, True),
        (-1, "91", {"batch/job": ("max", "3"), "batch": ("16", "10")}, False),
        (-1, "91", {"batch/job": ("max", "3"), "batch": ("15", "10")}, True),
        (-1, "91", {"batch/job": ("9", "4")}, True),
    ],
)
def test_a_process_without_threads_is_refused(
    of_user: int,
    there: str,
    files: dict[str, tuple[str, str]],
    is_refused: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where limits are far no thread is started, to see: that would be refused here."""
    import resource

    def refuse(*_: Any) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "loadavg").write_text(f"0.20 0.18 0.12 1/{there} 4711\n")
    (tmp_path / "proc" / "self" / "cgroup").write_text("7:pids:/old\n0::/batch/job\n")
    for group, (most, used) in files.items():
        place = tmp_path / "sys" / "fs" / "cgroup" / group
        place.mkdir(parents=True, exist_ok=True)
        (place / "pids.max").write_text(f"{most}\n")
        (place / "pids.current").write_text(f"{used}\n")
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: range(4), raising=False)
    monkeypatch.setattr("threading.Thread.start", refuse)
    monkeypatch.setattr("resource.getrlimit", lambda limit: (of_user if limit == resource.RLIMIT_NPROC else -1, -1))
    if not is_refused:
        check_limits(str(tmp_path))
        return
    with pytest.raises(FileError) as caught:
        check_limits(str(tmp_path))
    said = str(caught.value)
    assert "threads\n    found    the system starts 0 besides the first\n    allowed  6 or more" in said


def test_the_system_may_refuse_a_thread_later(call: Call, study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr("popsim.engine.threads.ThreadPoolExecutor", refuse)
    monkeypatch.setattr("popsim.engine.threads.CHUNK_DRAWS", 1)
    done = call(*RUN, "--scenarios", "20000", "--threads", "2", "--out", "run")
    assert done.status == 2, done.err
    assert "--threads 1" in done.err
    assert [path.name for path in study.parent.iterdir()] == ["study"]


def test_limits_that_are_enough_are_none(call: Call) -> None:
    assert call("families").status == 0


def test_a_library_that_cannot_be_loaded_is_said(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "popsim.cli.compare", None)
    assert call("compare", "run").status == 1, "that popsim lacks a part of itself is a fault of its own"
    monkeypatch.setitem(sys.modules, "rich.table", None)
    done = call("families")
    assert done.status == 2
    assert done.err.startswith("library rich.table\n    found    ")
    assert "pip install" in done.err


# Variables of the environment

UNUSED = ("TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR")
"""What has no good default: matplotlib says that it takes a temporary folder."""


@pytest.mark.slow
def test_settings_of_other_programs_change_nothing(study: Path) -> None:
    """One run under all of them has the files of one under none."""
    names = [name for name, around in SURROUNDINGS.items() if around.environment]
    without = ("home", "cache", "XDG", "locale")
    chosen = [name for name in names if not any(word in name for word in without)]
    every: dict[str, str | None] = {}
    for name in chosen:
        every |= SURROUNDINGS[name].environment
    every = {name: value for name, value in every.items() if name not in UNUSED}
    # Encodings and the day are for runs of their own.
    every |= {"PYTHONIOENCODING": "ascii", "SOURCE_DATE_EPOCH": "86400", "PYTHONOPTIMIZE": None}
    command = " ".join((*RUN, "--out"))
    odd_one = shell(study.parent, Surroundings(environment=every), f"{command} odd")
    assert odd_one.returncode == 0, odd_one.stderr
    assert odd_one.stderr == ""
    plain = shell(study.parent, Surroundings(environment={"SOURCE_DATE_EPOCH": "86400"}), f"{command} plain")
    assert plain.returncode == 0
    for name in ("summary.csv", "report.html", "study.toml"):
        assert (study.parent / "odd" / name).read_bytes() == (study.parent / "plain" / name).read_bytes(), name


def test_a_folder_for_compiled_code_is_found_again_where_the_users_own_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/nowhere")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = cache_folder("digest")
    assert folder == cache_folder("digest")
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o777)
    assert cache_folder("digest") != folder, "code is taken from no folder that others may write to"
    folder.rmdir()
    folder.symlink_to(tmp_path)
    assert cache_folder("digest") != folder
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/nowhere")
    with pytest.raises(OSError, match=r"(?s)compiled code\n    found    neither /dev/null/nowhere/.*NUMBA_CACHE_DIR"):
        cache_folder("digest")


def test_a_zone_of_time_that_is_none_is_taken_away() -> None:
    variables = {"TZ": ":/etc/passwd"}
    system.ignore_foreign_settings(variables)
    assert variables == {}
    for zone in (":/etc/localtime", "Europe/Paris", "", "EST5EDT,M3.2.0,M11.1.0", "Nowhere/Land"):
        variables = {"TZ": zone}
        system.ignore_foreign_settings(variables)
        assert variables == {"TZ": zone}


# Folders


ODD_FOLDERS = {
    "file": "a file",
    "file/below": "is a file",
    "loop": "links that lead in a circle",
    "loop/below": "links that lead in a circle",
    "own": "a folder without plan.nc",
    "linked": "a folder without plan.nc",
    ".": "the current folder",
    "..": "the current folder, or one above it",
    "/": "the current folder, or one above it",
    "": "the current folder",
    "a" * 300: "too long",
    "/".join(["b" * 200] * 25): "too long",
    "nul\0": "NUL",
    "back\\slash": "a backslash",
    "latin\udce9": "not UTF-8",
    ".pops.unfinished": "a name as popsim gives to what is unfinished",
    "/dev/null": "a file",
    "/dev/null/below": "is a file",
    "/proc/nowhere": "",
}


def test_a_run_is_put_into_no_folder_that_cannot_be_its_own(call: Call, study: Path) -> None:
    (study.parent / "file").write_text("mine", encoding="utf-8")
    (study.parent / "own").mkdir()
    (study.parent / "own" / "mine.txt").write_text("mine", encoding="utf-8")
    (study.parent / "linked").symlink_to("own")
    (study.parent / "loop").symlink_to("circle")
    (study.parent / "circle").symlink_to("loop")
    before = {path: path.is_file() and path.read_bytes() for path in study.parent.rglob("*")}
    for folder, found in ODD_FOLDERS.items():
        for command in (RUN, ("sweep", "study", "--scenarios", "20", "--grid", "money.discount_rate=0.01,0.03")):
            done = call(*command, "--out", folder)
            assert (done.status, done.out) == (2, ""), folder
            assert found in done.err, (folder, done.err)
            assert not any(word in done.err for word in UNWANTED), done.err
    assert {path: path.is_file() and path.read_bytes() for path in study.parent.rglob("*")} == before


@pytest.mark.parametrize("command", ["resume", "extend", "clean", "report", "check", "rerun", "budget"])
def test_links_in_a_circle_are_refused(call: Call, tmp_path: Path, command: str) -> None:
    (tmp_path / "loop").symlink_to("circle")
    (tmp_path / "circle").symlink_to("loop")
    more = {"extend": ("--scenarios", "30"), "budget": ("--amount", "1")}.get(command, ())
    done = call(command, "loop", *more)
    assert done.status == 2, done.err
    assert "loop" in done.err


@pytest.mark.parametrize(
    "command", [(*RUN, "--out", "run"), ("resume", "run"), ("init", "mine")], ids=lambda each: each[0]
)
def test_a_current_folder_that_was_removed_is_said(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], study: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = call(*[str(study) if word == "study" else word for word in command])
    assert done.status == 2, done.err
    assert "was removed" in done.err or "writing mine\n    found    No such file" in done.err


# Everything, everywhere


@pytest.mark.kills
@pytest.mark.parametrize("name", SURROUNDINGS)
def test_every_command_in_every_surroundings(prepared: Path, name: str) -> None:
    findings = [found for command in COMMANDS if (found := tried(prepared, name, command)) is not None]
    assert findings == []


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    prepare(folder)
    return folder


def test_the_search_notices_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data.csv").touch()
    for shell_line, found in {
        "{} >/dev/null; exit 1": "exit status 1",
        "{} >/dev/null; echo Traceback >&2": "'Traceback' on standard error",
        "{} >/dev/null; exit 2": "refused without a word",
        "{} >/dev/null; touch .x.partial": "left behind: ['.x.partial']",
        "{} >/dev/null; rm data.csv": "lost: ['data.csv']",
    }.items():
        monkeypatch.setitem(SURROUNDINGS, "odd", Surroundings(shell_line))
        finding = tried(tmp_path, "odd", "--version")
        assert finding is not None
        assert finding.what == found
