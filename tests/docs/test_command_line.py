"""docs/reference/command-line.md is what the commands are, and the examples of their help are accepted by them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from popsim.cli.describe import described, filled
from popsim.cli.main import COMMANDS, cli

BLOCKS = re.findall(r"```sh\n(.*?)```", described(), re.DOTALL)
EXAMPLES = [line for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.startswith("popsim ")]


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")


def accept(line: str) -> click.Context:
    """Have a command read the words of a line, and do nothing; what it refuses is an error."""
    program, name, *words = shlex.split(line, comments=True)
    assert program == "popsim"
    command = cli.get_command(click.Context(cli), name)
    assert command is not None, name
    until = next((place for place, word in enumerate(words) if word.startswith(">")), len(words))
    return command.make_context(name, words[:until])


def test_the_page_is_what_the_commands_make(page: str) -> None:
    assert page == filled(page), "make docs-reference"


def test_an_option_changed_by_hand_is_noticed(page: str) -> None:
    """Negative control."""
    changed = page.replace("`--scenarios N`", "`--scenario N`", 1)
    assert changed != filled(changed) == page


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_stands_in_its_section(page: str, name: str) -> None:
    section = page.partition(f"\n## popsim {name}\n")[2].partition("\n## ")[0]
    context = click.Context(cli)
    command = cli.get_command(context, name)
    assert command is not None
    for option in command.params:
        if isinstance(option, click.Option):
            assert all(f"`{word}" in section for word in (*option.opts, *option.secondary_opts)), option.name
        else:
            assert option.make_metavar(context) in section
    for paragraph in (command.help or "").split("\n\n"):
        assert " ".join(paragraph.split()) in section


def test_defaults_are_shown() -> None:
    assert "| `html,docx,xlsx` |" in described()
    assert "| required |" in described()


def test_usage_and_examples_stand_in_blocks(page: str) -> None:
    assert "```text\npopsim run [OPTIONS] [STUDY]\n```" in page
    assert "```sh\npopsim run\n" in page


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_accepted(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    accept(line)


@pytest.mark.parametrize("line", ["popsim run --scenaros 5", "popsim budget", "popsim run --seed -1"])
def test_an_example_with_a_mistake_would_be_noticed(line: str) -> None:
    """Negative control."""
    with pytest.raises(click.UsageError):
        accept(line)
