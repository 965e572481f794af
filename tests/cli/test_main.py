"""Every failure becomes a message and a status; help imports nothing heavy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from popsim.cli.main import COMMANDS
from popsim.errors import Problem, StudyError
from popsim.version import __version__ as version

HEAVY = ("numba", "xarray", "scipy", "pydantic", "matplotlib", "numpy", "rich", "jinja2", "netCDF4")


def raising(error: BaseException) -> Callable[..., Any]:
    def function(*arguments: object, **options: object) -> None:
        raise error

    return function


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "-h"], ["--version"], ["chek"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        "from popsim.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        f"print('HEAVY', *sorted(set({HEAVY!r}) & set(sys.modules)))\n"
    )
    out = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "HEAVY"


def test_help_names_every_command(call: Callable[..., Any]) -> None:
    done = call("--help")
    assert done.status == 0
    assert done.err == ""
    for command in COMMANDS:
        assert f"\n  {command} " in done.out
        assert call(command, "--help").status == 0


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_fits_eighty_columns(call: Callable[..., Any], command: tuple[str, ...]) -> None:
    assert max(map(len, call(*command, "--help").out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["chek", "pops"], 'did you mean "check"'),
        (["zzz"], "Commands: run, check"),
        (["run", "--scenaros", "5"], "--scenarios"),
        (["run", "--scenarios", "0"], "whole number of at least 1"),
        (["run", "--scenarios", "1e4"], "whole number of at least 1"),
        (["run", "--seed", "-1"], "whole number from 0 to 18446744073709551615"),
        (["run", "--threads", "none"], "whole number of at least 1"),
        (["check"], "STUDY"),
        (["report"], "RUN"),
        (["compare"], "RUN"),
        (["drivers"], "STUDY"),
        (["drivers", "pops", "--by", "levels"], "input"),
        (["drivers", "pops", "--scenarios", "1000"], "a multiple of 1,024"),
        (["drivers", "pops", "--option", "ful"], 'did you mean "full"'),
        (["compare", "somewhere", "--basline", "full"], "--baseline"),
        (["schema", "--catalog"], "--catalogue"),
        (["report", "somewhere", "--format", "htlm"], 'did you mean "html"'),
        (["report", "somewhere", "--language", "deutsch"], "fr"),
        (["run", "--set", "scenarios.count"], "KEY=VALUE"),
    ],
)
def test_wrong_words_are_refused_with_what_is_allowed(
    call: Callable[..., Any], arguments: list[str], hint: str
) -> None:
    done = call(*arguments)
    assert (done.status, done.out) == (2, "")
    assert hint in done.err
    assert "Traceback" not in done.err


def test_every_problem_of_a_study_is_printed_on_standard_error(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = [Problem("pops.toml: first", (), "1", "2"), Problem("pops.toml: second", (), "3", "4", "write 4")]
    monkeypatch.setattr("popsim.study.load.load_study", raising(StudyError(problems)))
    done = call("check", "pops")
    assert (done.status, done.out) == (2, "")
    assert done.err == "".join(f"{problem}\n" for problem in problems)


def test_our_own_fault_is_called_so_and_offers_the_traceback(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("popsim.study.load.load_study", raising(ZeroDivisionError("by nought")))
    done = call("check", "pops")
    assert (done.status, done.out) == (1, "")
    assert "ZeroDivisionError: by nought" in done.err
    assert "POPSIM_TRACEBACK=1" in done.err
    assert "Traceback" not in done.err
    monkeypatch.setenv("POPSIM_TRACEBACK", "1")
    again = call("check", "pops")
    assert again.status == 1
    assert "Traceback" in again.err


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "Interrupted"),
        (MemoryError("9 TiB"), 2, "fewer scenarios"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_interruptions_have_their_own_status(
    call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, words: str
) -> None:
    monkeypatch.setattr("popsim.study.load.load_study", raising(error))
    done = call("check", "pops")
    assert done.status == status
    assert words in done.err
    assert "Traceback" not in done.err


def test_a_reader_that_leaves_early_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "popsim.cli.main", "--help"],
            stdout=nobody,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_package_runs_as_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "popsim", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"popsim {version}\n"
