"""Every recipe of CONTRIBUTING.md, followed to the letter in a copy of the repository, gives what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from functools import reduce
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
AREA = "Add an area"
RECIPES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", PAGE, re.DOTALL | re.MULTILINE))
COPIED = ("popsim", "configs", "distributions", "docs", "tests", "README.md", "CONTRIBUTING.md", "pyproject.toml")
PROGRAMS = {"popsim": [sys.executable, "-m", "popsim.cli.main"], "python": [sys.executable]}


def blocks(recipe: str, language: str) -> list[tuple[str, str]]:
    """Return title and text of each block in a language."""
    found = re.findall(rf'^ *```{language}(?: title="(.+?)")?\n(.*?)^ *```$', RECIPES[recipe], re.DOTALL | re.MULTILINE)
    return [(title, textwrap.dedent(text)) for title, text in found]


def new_files(recipe: str) -> dict[str, Path]:
    """Return the path in the repository of each file that a recipe says to copy, with where it is."""
    folders = re.findall(r"\[(docs/recipes/\w+)\]", RECIPES[recipe])
    return {
        path.relative_to(ROOT / folder).as_posix(): path
        for folder in dict.fromkeys(folders)
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def apply(text: str, change: str, undo: bool = False) -> str:
    """Apply a diff without line numbers: what it removes or quotes stands in the text once.

    The numbers there may be others. A change that somebody has made already stays made; `undo` takes it back.
    """
    lines = [(line[:1], line[1:] if line else "") for line in change.splitlines()]
    before = "".join(f"{line}\n" for sign, line in lines if sign != "+")
    after = "".join(f"{line}\n" for sign, line in lines if sign != "-")
    if undo:
        before, after = after, before
    elif after in text:
        return text
    any_numbers = re.sub(r"\d[\d_.]*", lambda _: r"\d[\d_.]*", re.escape(before))
    assert len(re.findall(any_numbers, text)) == 1, before
    return re.sub(any_numbers, lambda _: after, text)


def own_area(recipe: str) -> Callable[[str], str]:
    """Return what gives the area of a recipe an id and a name of its own, where the catalogue has these already."""
    taken = {path.name.partition("_")[0] for path in (ROOT / "distributions").glob("*.toml")}
    free = next(letter for letter in "ijklmnopqrstuvwxyz" if letter not in taken)
    if recipe != AREA or free == "i":
        return str
    changes = {
        "/i_": f"/{free}_",
        "[area.i]": f"[area.{free}]",
        'id = "i"': f'id = "{free}"',
        '"Training"': f'"{free}"',
    }
    return lambda text: reduce(lambda made, change: made.replace(*change), changes.items(), text)


def follow(recipe: str, folder: Path) -> str:
    """Follow a recipe in a copy of the repository; return all that its commands print."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    own = own_area(recipe)
    for name, path in new_files(recipe).items():
        if not (folder / own(name)).exists():
            (folder / own(name)).write_text(own(path.read_text(encoding="utf-8")), encoding="utf-8")
    for title, change in blocks(recipe, "diff"):
        path = folder / title
        path.write_text(apply(path.read_text(encoding="utf-8"), own(change)), encoding="utf-8")
    printed = []
    for _, commands in blocks(recipe, "sh"):
        for command in commands.splitlines():
            program, *arguments = shlex.split(command)
            quiet = ["-q", "-p", "no:cacheprovider"] if "pytest" in arguments else []
            done = subprocess.run(
                [*PROGRAMS[program], *arguments, *quiet],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
                capture_output=True,
                text=True,
                encoding="utf-8",
                check=False,
            )
            assert done.returncode == 0, (command, done.stdout[-3000:], done.stderr[-3000:])
            printed.append(done.stdout)
    return "\n".join(printed)


def digest(printed: str) -> str:
    return printed.partition("plan digest")[2].split()[0]


def check(folder: Path) -> str:
    """Return what `popsim check pops` prints of the study as packaged in a folder."""
    done = subprocess.run(
        [*PROGRAMS["popsim"], "check", "pops"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def test_there_are_five_recipes_of_one_file_and_one_line() -> None:
    assert len(RECIPES) == 5
    for recipe in RECIPES:
        lines = [line for _, change in blocks(recipe, "diff") for line in change.splitlines()]
        assert len([line for line in lines if line.startswith("+") and line != "+"]) == 1
        assert len(new_files(recipe)) == (recipe != "Change a cost")
        assert 8 <= len(RECIPES[recipe].splitlines()) <= 32


def test_a_cost_is_changed(tmp_path: Path) -> None:
    changed = digest(follow("Change a cost", tmp_path))
    for title, change in blocks("Change a cost", "diff"):
        path = tmp_path / title
        path.write_text(apply(path.read_text(encoding="utf-8"), change, undo=True), encoding="utf-8")
    assert digest(check(tmp_path)) != changed


@pytest.mark.slow
def test_an_area_is_added_and_no_test_of_the_data_breaks(tmp_path: Path) -> None:
    printed = follow(AREA, tmp_path)
    areas = [int(text.partition("areas")[2].split()[0]) for text in (check(ROOT), printed)]
    assert areas[1] == areas[0] + 1
    assert own_area(AREA)("/i_").strip("/_") in re.findall(r"^  (\w)  ", printed, re.MULTILINE)


@pytest.mark.slow
def test_a_family_is_added_and_the_tests_of_families_find_it(tmp_path: Path) -> None:
    printed = follow("Add a family of distributions", tmp_path)
    passed = re.search(r"(\d+) passed", printed)
    assert passed is not None
    assert int(passed[1]) > 50
    assert re.search(r"^logistic +location, scale", printed, re.MULTILINE)


@pytest.mark.slow
def test_a_command_is_added_and_help_lists_it(tmp_path: Path) -> None:
    printed = follow("Add a command", tmp_path)
    assert "KEN  Kenya\n" in printed


@pytest.mark.slow
def test_a_section_is_added_to_the_report(tmp_path: Path) -> None:
    assert " passed" in follow("Add a section to the report", tmp_path)


def test_a_recipe_that_no_longer_fits_is_noticed() -> None:
    """Negative control."""
    assert apply("one\ntwo\n", "-two\n+three\n") == "one\nthree\n"
    assert apply("cost = 5_000\n", "-cost = 1\n+cost = 2\n") == "cost = 2\n"
    for text in ("one\n", "two\ntwo\n"):
        with pytest.raises(AssertionError):
            apply(text, "-two\n+three\n")
