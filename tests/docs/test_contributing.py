"""Every recipe of CONTRIBUTING.md, followed to the letter in a copy of the repository, gives what it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
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


def apply(text: str, change: str) -> str:
    """Apply a diff without line numbers: what it removes or quotes stands in the text once."""
    lines = [(line[:1], line[1:] if line else "") for line in change.splitlines()]
    before = "".join(f"{line}\n" for sign, line in lines if sign != "+")
    after = "".join(f"{line}\n" for sign, line in lines if sign != "-")
    assert text.count(before) == 1, before
    return text.replace(before, after)


def follow(recipe: str, folder: Path) -> str:
    """Follow a recipe in a copy of the repository; return all that its commands print."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for name, path in new_files(recipe).items():
        assert not (folder / name).exists()
        shutil.copy(path, folder / name)
    for title, change in blocks(recipe, "diff"):
        path = folder / title
        path.write_text(apply(path.read_text(encoding="utf-8"), change), encoding="utf-8")
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


@pytest.fixture(scope="module")
def packaged() -> str:
    """What the study as packaged prints."""
    done = subprocess.run(
        [*PROGRAMS["popsim"], "check", "pops"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return done.stdout


def test_there_are_five_recipes_of_one_file_and_one_line() -> None:
    assert len(RECIPES) == 5
    for recipe in RECIPES:
        lines = [line for _, change in blocks(recipe, "diff") for line in change.splitlines()]
        assert len([line for line in lines if line.startswith("+") and line != "+"]) == 1
        assert len(new_files(recipe)) == (recipe != "Change a cost")
        assert 8 <= len(RECIPES[recipe].splitlines()) <= 32


def test_a_cost_is_changed(tmp_path: Path, packaged: str) -> None:
    assert digest(follow("Change a cost", tmp_path)) != digest(packaged)


def test_an_area_is_added_and_no_test_of_the_data_breaks(tmp_path: Path, packaged: str) -> None:
    printed = follow("Add an area", tmp_path)
    areas = [int(text.partition("areas")[2].split()[0]) for text in (packaged, printed)]
    assert areas[1] == areas[0] + 1
    assert "  i  " in printed


def test_a_family_is_added_and_the_tests_of_families_find_it(tmp_path: Path) -> None:
    printed = follow("Add a family of distributions", tmp_path)
    passed = re.search(r"(\d+) passed", printed)
    assert passed is not None
    assert int(passed[1]) > 50
    assert "logistic    location, scale" in printed


def test_a_command_is_added_and_help_lists_it(tmp_path: Path) -> None:
    printed = follow("Add a command", tmp_path)
    assert "KEN  Kenya\n" in printed


def test_a_section_is_added_to_the_report(tmp_path: Path) -> None:
    assert " passed" in follow("Add a section to the report", tmp_path)


def test_a_recipe_that_no_longer_fits_is_noticed() -> None:
    """Negative control."""
    assert apply("one\ntwo\n", "-two\n+three\n") == "one\nthree\n"
    for text in ("one\n", "two\ntwo\n"):
        with pytest.raises(AssertionError):
            apply(text, "-two\n+three\n")
