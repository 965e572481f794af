"""What a shell offers: formats, languages, studies, and the options, areas and keys of the study on the line."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Offer = Callable[..., list[str]]


@pytest.fixture
def offer(shell: Callable[..., Any]) -> Offer:
    """Ask as bash does: for the last word of a line."""

    def function(line: str, last: str = "") -> list[str]:
        words = ["popsim", *line.split()]
        asked = {"COMP_WORDS": " ".join([*words, last]), "COMP_CWORD": str(len(words))}
        done = shell(_POPSIM_COMPLETE="bash_complete", **asked)
        assert (done.status, done.err) == (0, "")
        return [row.partition(",")[2] for row in done.out.splitlines() if row.startswith("plain,")]

    return function


def test_formats_and_languages_are_completed_within_a_list(offer: Offer) -> None:
    assert "html" in offer("report results/pops --format")
    assert offer("report results/pops --format", "html,h") == []
    assert offer("figures results/pops --format", "svg,p") == ["svg,png", "svg,pdf"]
    assert offer("report results/pops --language", "fr,e") == ["fr,en", "fr,es"]


def test_studies_options_and_areas_are_those_of_the_line(offer: Offer, tmp_path: Path) -> None:
    text = '[scenarios]\ncount = 50\n[area.roads]\n[[option]]\nid = "less"\n'
    (tmp_path / "study.toml").write_text(text)
    assert "pops" in offer("run", "po")
    assert "without_technology_transfer" in offer("drivers pops --option")
    assert offer("drivers study.toml --option") == ["full", "less"]
    assert offer("compare . --baseline", "l") == ["less"]
    assert offer("run study.toml --set", "area.") == ["area.roads.include=false"]
    assert offer("run study.toml --set", "scen") == ["scenarios.count=50"]


@pytest.mark.parametrize("text", ["not TOML [", "option = 3\narea = 4", "option = [1]"])
def test_a_study_that_cannot_be_read_disturbs_nobody(offer: Offer, tmp_path: Path, text: str) -> None:
    (tmp_path / "study.toml").write_text(text)
    assert offer("drivers study.toml --option") == ["full"]
    assert offer("compare nowhere --baseline") == ["full"]
    assert offer("run study.toml --set", "area.") == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_is_one_that_the_shell_reads(call: Callable[..., Any], name: str, tmp_path: Path) -> None:
    done = call("completion", name)
    assert (done.status, done.err) == (0, "")
    assert "_POPSIM_COMPLETE" in done.out
    if shutil.which(name):
        (tmp_path / "script").write_text(done.out)
        subprocess.run([name, "-n", str(tmp_path / "script")], check=True)


def test_an_unknown_shell_is_refused(call: Callable[..., Any]) -> None:
    done = call("completion", "csh")
    assert done.status == 2
    assert "fish" in done.err
