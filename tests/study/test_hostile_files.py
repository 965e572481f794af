"""Files that are no files, texts too deep or too long, and messages about them: refused at once, in few words."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

import popsim as ps
from popsim.errors import LONGEST_TEXT, MOST_PROBLEMS, Problem
from popsim.study.files import DEEPEST_TABLE, LARGEST_FILE, parse_toml, read_bytes


def refused(path: Path) -> str:
    with pytest.raises(ps.FileError) as caught:
        read_bytes(path)
    return caught.value.problems[0].found


def test_a_pipe_is_refused_without_waiting_for_who_writes_to_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "countries.csv")
    assert "a pipe" in refused(tmp_path / "countries.csv")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/random", "/dev/null"])
def test_a_device_is_refused(device: str) -> None:
    assert "a device" in refused(Path(device))


def test_a_socket_is_refused() -> None:
    # A short path: that of a socket may have 107 characters.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{folder}/s")
        assert refused(Path(folder, "s"))


def test_what_the_system_makes_as_it_is_read_is_refused() -> None:
    assert "a file that has no size" in refused(Path("/proc/self/maps"))


def test_a_file_larger_than_the_largest_is_refused_and_one_of_that_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert "a file of more than 64 MiB" in refused(path)
    os.truncate(path, LARGEST_FILE)
    assert len(read_bytes(path)) == LARGEST_FILE


def test_an_empty_file_is_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    assert read_bytes(tmp_path / "empty.csv") == b""


@pytest.mark.parametrize(
    "deep", ["x = " + "[" * 900 + "]" * 900, ".".join("a" * 900) + " = 1", f"[{'.'.join('a' * 900)}]"]
)
def test_what_lies_too_deep_is_refused(deep: str) -> None:
    with pytest.raises(ps.StudyError, match=f"at most {DEEPEST_TABLE} tables or lists within each other"):
        parse_toml(deep, "deep.toml")


def test_what_lies_just_deep_enough_is_read() -> None:
    assert parse_toml("x = " + "[" * (DEEPEST_TABLE - 1) + "]" * (DEEPEST_TABLE - 1), "deep.toml")["x"]
    with pytest.raises(ps.StudyError):
        parse_toml("x = " + "[" * (DEEPEST_TABLE + 1) + "]" * (DEEPEST_TABLE + 1), "deep.toml")


def test_a_number_of_thousands_of_digits_is_refused_with_its_line() -> None:
    with pytest.raises(ps.StudyError) as caught:
        parse_toml("a = 1\nb = " + "9" * 5_000, "long.toml")
    assert caught.value.problems[0].where == "long.toml: line 2"
    assert caught.value.problems[0].found == "a whole number of 5000 digits"


@pytest.mark.parametrize("count", [10**20, 10**4_000, 10**6_000, 2**48 + 1], ids=int.bit_length)
def test_more_scenarios_than_a_run_can_have_are_refused_by_the_study(count: int) -> None:
    with pytest.raises(ps.StudyError, match=r"scenarios\.count") as caught:
        ps.load_study("example", {"scenarios.count": count})
    assert len(str(caught.value)) < 1_000


def test_a_long_text_in_a_message_is_cut_and_its_length_stated() -> None:
    problem = Problem("a.toml", ("x",), "v" * 262_000, "w" * LONGEST_TEXT)
    assert "(262,000 characters)" in problem.found
    assert len(problem.found) < LONGEST_TEXT + 50
    assert problem.allowed == "w" * LONGEST_TEXT


def test_no_message_has_control_characters() -> None:
    hidden = "a\x1b[31m\x07\r\u202eb\x9b\udc80"
    text = str(ps.PopsimError(Problem(hidden, (hidden, 1), hidden, hidden, hidden, hidden, hidden, hidden)))
    assert text.replace("\n", "").isprintable()
    assert "\\x1b[31m\\x07\\r\\u202eb\\x9b\\udc80" in text
    with pytest.raises(ps.StudyError) as caught:
        parse_toml('a = 1\n"\x1b[31m\u202e" 2', "a.toml")
    assert str(caught.value).replace("\n", "").isprintable()


def test_more_problems_than_anybody_reads_are_counted() -> None:
    error = ps.PopsimError(Problem("a.toml", ("x", place), "1", "2") for place in range(10_040))
    assert len(error.problems) == 10_040
    assert str(error).endswith(f"\n... and {10_040 - MOST_PROBLEMS:,} more")
    assert str(error).count("found") == MOST_PROBLEMS
