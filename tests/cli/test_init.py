"""`popsim init`: a copy of a packaged study that gives the same numbers until it is edited."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import popsim
from popsim.study.files import packaged, packaged_studies


@pytest.mark.parametrize("name", packaged_studies())
def test_the_copy_is_the_packaged_study(call: Callable[..., Any], tmp_path: Path, name: str) -> None:
    done = call("init", "mine", "--study", name)
    assert (done.status, done.err) == (0, "")
    for study in ("mine", "mine/study.toml"):
        checked = json.loads(call("check", study, "--json").out)
        assert checked == json.loads(call("check", name, "--json").out)
    written = (tmp_path / "mine" / "study.toml").read_text(encoding="utf-8")
    original = packaged_studies()[name].read_text(encoding="utf-8")
    assert written.count("#") == original.count("#"), "comments stay"
    assert ".." not in written.replace("...", ""), "nothing outside the folder is needed"


def test_the_copy_runs_and_an_edited_cost_changes_the_numbers(call: Callable[..., Any], tmp_path: Path) -> None:
    call("init", "mine")
    arguments = ("--scenarios", "100", "--no-drivers", "--no-assumptions", "--json")
    packaged_run = popsim.summarise(popsim.simulate(popsim.load_study("pops"), scenarios=100))
    run = json.loads(call("run", "mine", "--out", "mine-run", *arguments).out)
    assert run["cost"]["median"] == packaged_run["cost_quantile"].sel(option="full", quantile=0.5).item()
    path = tmp_path / "mine" / "catalogue" / "c_focal_unit.toml"
    text = path.read_text(encoding="utf-8")
    assert text == (packaged("distributions") / path.name).read_text(encoding="utf-8")
    edited, count = re.subn(r"(?m)^cost = .*$", 'cost = { family = "constant", value = 1 }', text, count=1)
    assert count == 1
    path.write_text(edited, encoding="utf-8")
    changed = popsim.load_study(tmp_path / "mine")
    assert popsim.compile(changed).digest != run["plan_digest"]


def test_json_lists_the_files(call: Callable[..., Any], tmp_path: Path) -> None:
    facts = json.loads(call("init", "new/mine", "--json").out)
    assert facts["folder"] == "new/mine"
    there = [
        path.relative_to(tmp_path / "new/mine").as_posix() for path in (tmp_path / "new").rglob("*") if path.is_file()
    ]
    assert sorted(facts["files"]) == sorted(there)


def test_an_empty_folder_is_taken(call: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert call("init", "mine").status == 0


@pytest.mark.parametrize("name", [".hidden", "study.toml"])
def test_a_folder_that_holds_something_is_refused(call: Callable[..., Any], tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_text("mine", encoding="utf-8")
    done = call("init", "mine")
    assert (done.status, done.out) == (2, "")
    assert f"a folder that holds {name}" in done.err
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [name]


@pytest.mark.parametrize("there", ["catalogue/1_network.toml", "study.toml"])
def test_a_copy_that_was_stopped_is_completed_by_the_same_command(
    call: Callable[..., Any], tmp_path: Path, there: str
) -> None:
    files = json.loads(call("init", "mine", "--study", "example", "--json").out)["files"]
    whole = {name: (tmp_path / "mine" / name).read_bytes() for name in files}
    for path in (tmp_path / "mine").iterdir():
        if path.name != there.partition("/")[0]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (tmp_path / "mine" / ".12345678.partial").mkdir()
    assert call("init", "mine", "--study", "example").status == 0
    assert {name: (tmp_path / "mine" / name).read_bytes() for name in files} == whole
    assert not list((tmp_path / "mine").glob(".*"))
    (tmp_path / "mine" / there).write_text("edited", encoding="utf-8")
    assert "a folder that holds" in call("init", "mine", "--study", "example").err


def test_a_copy_that_cannot_be_written_leaves_nothing(
    call: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "study.toml":
            raise OSError(28, "No space left on device")
        return write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        done = call("init", "mine", "--study", "example")
    assert (done.status, done.out) == (2, "")
    assert "No space left on device" in done.err
    assert list((tmp_path / "mine").rglob("*")) == []
    assert call("init", "mine", "--study", "example").status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a_file",), "a file"),
        (("a_file/mine",), "writing"),
        (("mine", "--study", "exampl"), 'did you mean "example"?'),
    ],
)
def test_what_cannot_be_is_refused(
    call: Callable[..., Any], tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "a_file").write_text("", encoding="utf-8")
    done = call("init", *arguments)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"]
