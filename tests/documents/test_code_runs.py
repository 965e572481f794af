"""Commands and Python of pages that have no test of their own are run as they stand, in few scenarios."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import popsim as ps

from ..docs.blocks import Block
from ..docs.test_code_blocks import SHELLS, commands_of, own, words_of
from .conftest import popsim

pytestmark = [pytest.mark.documents, pytest.mark.slow]

SCENARIOS = "1024"
"""Of every simulation: the least that shares of the variance are computed from."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what pages suppose: the run results/pops, and a study of one's own."""
    folder = tmp_path_factory.mktemp("pages")
    popsim("init", str(folder / "copy"), "--study", "example")
    (folder / "copy" / "study.toml").rename(folder / "copy" / "my-study.toml")
    shutil.copytree(folder / "copy", folder, dirs_exist_ok=True)
    out = str(folder / "results" / "pops")
    popsim("run", "--scenarios", SCENARIOS, "--no-drivers", "--no-assumptions", "--format", "csv", "--out", out)
    return folder


def in_few_scenarios(words: list[str]) -> list[str]:
    """Return the words of a command, with few scenarios in the place of those that it asks for."""
    words = ["results/pops" if word == "RUN" else word.replace("0.5%", "10%") for word in words]
    words = [re.sub(r"^scenarios\.count=.*", f"scenarios.count={SCENARIOS}", word) for word in words]
    is_set = any(word.startswith("scenarios.count=") for word in words)
    if words[0] in ("run", "drivers", "assumptions") and "--stated" not in words and not is_set:
        if "--scenarios" in words:
            words[words.index("--scenarios") + 1] = SCENARIOS
        else:
            words += ["--scenarios", SCENARIOS]
    if words[0] == "run":
        words += ["--no-assumptions"] if "--drivers" in words else ["--no-drivers", "--no-assumptions"]
    return words


def runs(block: Block) -> list[list[str]]:
    """Return the words of each command of popsim in a block."""
    found = [words_of(line) for line in commands_of(block)]
    return [words[1:] for words in found if words[0] == "popsim" and not words[1].startswith("-")]


@pytest.mark.parametrize("block", [block for block in own(*SHELLS) if runs(block)], ids=str)
def test_the_commands_of_a_block_run(block: Block, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    for words in runs(block):
        popsim(*in_few_scenarios(words))


@pytest.mark.parametrize("block", own("python"), ids=str)
def test_the_python_of_a_block_runs(block: Block, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    study = ps.load_study("example")
    names: dict[str, object] = {
        "ps": ps,
        "study": study,
        "ds": ps.simulate(study, scenarios=500, breakdowns=["area", "year", ("area", "year")]),
        "function": lambda x1, x2: x1 + x2,
        "distributions": {"a": ps.Uniform(0, 1), "b": ps.Normal(0, 1)},
    }
    small = re.sub(r"\bscenarios=[\d_* ]+\d", f"scenarios={SCENARIOS}", block.text)
    small = re.sub(r"\bprecision=[\d.]+", "precision=0.1", small)
    exec(compile(small, str(block), "exec"), names)
    plt.close("all")
