from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from popsim import errors
from popsim.study.load import load_study

FOLDER = Path(__file__).parent.parent / "bad_inputs"
FIXTURES = Path(__file__).parent / "fixtures"
CASES = sorted(path.stem for path in FOLDER.glob("*.toml"))


def spoil(folder: Path, edit: dict[str, Any]) -> None:
    path = folder / edit["file"]
    if "find" in edit:
        text = path.read_text(encoding="utf-8")
        assert edit["find"] in text, f"{edit['find']!r} is not in {edit['file']}"
        path.write_text(text.replace(edit["find"], edit["replace"]), encoding="utf-8")
    elif "text" in edit:
        path.write_text(edit["text"], encoding="utf-8")
    elif "append_bytes" in edit:
        path.write_bytes(path.read_bytes() + bytes.fromhex(edit["append_bytes"]))
    elif "rename" in edit:
        path.rename(folder / edit["rename"])
    else:
        if path.exists():
            path.unlink()
        if edit.get("folder"):
            path.mkdir()


@pytest.mark.parametrize("name", CASES)
def test_every_problem_is_said_and_no_other(name: str, tmp_path: Path) -> None:
    case = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    small = Path(shutil.copytree(FIXTURES / case.get("study", "small"), tmp_path / "study"))
    for edit in case.get("edit", []):
        spoil(small, edit)
    with pytest.raises(getattr(errors, case.get("error", "StudyError"))) as caught:
        load_study(small / case.get("source", "study.toml"), case.get("overrides"))
    texts = [str(problem) for problem in caught.value.problems]
    for fragments in case["expect"]:
        assert any(all(fragment in text for fragment in fragments) for text in texts), (fragments, str(caught.value))
    assert len(texts) == len(case["expect"]), str(caught.value)
    for word in ("pydantic", "Input should", "https://errors"):
        assert word not in str(caught.value)
    for problem in caught.value.problems:
        assert problem.where
        assert problem.found
        assert problem.allowed
        assert problem.file
        assert not {'"', ":", "["} & set(problem.file), problem


@pytest.mark.parametrize("name", ["small", "full"])
def test_the_study_is_good_before_it_is_spoilt(name: str) -> None:
    assert load_study(FIXTURES / name).name == name


def test_a_case_that_spoils_nothing_is_noticed(small: Path) -> None:
    with pytest.raises(AssertionError, match="is not in"):
        spoil(small, {"file": "study.toml", "find": "no such text", "replace": ""})


def test_problems_of_a_file_keep_their_order_and_come_once(small: Path) -> None:
    for edit in tomllib.loads((FOLDER / "many_problems.toml").read_text(encoding="utf-8"))["edit"]:
        spoil(small, edit)
    with pytest.raises(errors.StudyError) as caught:
        load_study(small)
    problems = caught.value.problems
    assert len(set(problems)) == len(problems)
    shutil.rmtree(small)
