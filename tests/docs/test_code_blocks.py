"""Every block of code on every page is run, loaded or compared, or says why it is not.

Here each block gets what its language asks for. TOML is laid over the packaged study and loads. Commands are accepted
by the command line; Python compiles and calls what there is with arguments that there are. Both are also run, on small
studies (`make test-pages`). Other blocks have a test of their own, which a comment names, or a reason.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import re
import shlex
import shutil
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

import popsim as ps
from popsim.cli.main import cli
from popsim.errors import StudyError
from popsim.families import build
from popsim.study import load_study
from popsim.study.catalogue import load_catalogue

from .blocks import ROOT, Block, all_blocks, blocks_of
from .test_concepts import leaves

BLOCKS = all_blocks()
LISTS = {
    "component": "distributions/a_country_inventory.toml",
    "overlap": "distributions/a_country_inventory.toml",
    "option": "configs/pops.toml",
    "what_if": "configs/pops.toml",
}
"""Entries of lists that a block may add, with the file that has the list."""
SHELLS = ("sh", "console")
ILLUSTRATION = "illustration, "
WHOLE = ("tests/docs/test_notebook.py",)
"""Tests that make their page anew and compare all of it."""


@cache
def source_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).is_file() else ""


def has_own_test(block: Block) -> bool:
    """Return whether a comment is about a block: one on a whole page is about the languages that its test reads."""
    language = block.language or "doctest"
    # "text" is a word of Python as well.
    named = r'(```|")text\b' if language == "text" else rf"\b{language}s?\b"
    is_named = re.search(named, source_of(block.comment)) is not None
    return block.comment.startswith(ILLUSTRATION) or block.comment in WHOLE or is_named


def own(*languages: str) -> list[Block]:
    """Return the blocks of some languages that no test of their own reads."""
    return [block for block in BLOCKS if block.language in languages and not has_own_test(block)]


def problem(block: Block) -> str:
    """Return what is wrong with how a block is seen to; empty where nothing is."""
    if block.comment.startswith(ILLUSTRATION):
        return "" if len(block.comment) > len(ILLUSTRATION) + 5 else "an illustration needs a reason"
    if block.comment and not (ROOT / block.comment).is_file():
        return f"there is no {block.comment}"
    if block.comment and has_own_test(block):
        source = source_of(block.comment)
        name = Path(block.page).stem
        if f'"{name}' not in source and f"/{name}" not in source:
            return f"{block.comment} does not read this page"
        return ""
    if not block.language:
        if block.text.startswith(">>> "):
            return ""
        is_code = re.search(r"^(popsim|make|pip|python|import|\[\w+) ?|\bps\.", block.text, re.MULTILINE)
        return "code stands in a fence, with its language" if is_code else ""
    if block.language in ("toml", "python", "sh", "console"):
        return ""
    return f"nothing is known to do with {block.language}: a comment has to name its test, or say why there is none"


@pytest.mark.parametrize("page", sorted({block.page for block in BLOCKS}))
def test_every_block_of_a_page_is_seen_to(page: str) -> None:
    found = {str(block): said for block in BLOCKS if block.page == page and (said := problem(block))}
    assert found == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```json\n{}\n```\n", "nothing is known"),
        ("    popsim run\n", "in a fence"),
        ("<!-- code: illustration, no -->\n```sh\nls\n```\n", "needs a reason"),
        ("<!-- code: tests/docs/test_nothing.py -->\n```sh\nls\n```\n", "there is no"),
        ("# A\n\n<!-- code: tests/docs/test_readme.py -->\n\ntext\n\n```toml\n```\n", "does not read this page"),
        ("# A\n\n<!-- code: tests/docs/test_keys.py -->\n\ntext\n\n```json\n```\n", "nothing is known"),
    ],
)
def test_a_block_that_nobody_sees_to_is_noticed(text: str, said: str) -> None:
    """Negative control."""
    (block,) = blocks_of("docs/how-to/nowhere.md", text)
    assert said in problem(block)


# TOML


def load(block: str, folder: Path) -> None:
    """Load what a block says: costs, or keys and entries laid over the packaged study."""
    found = tomllib.loads(block)
    if set(found) == {"cost"}:
        build(found["cost"], "page", ("cost",))
        return
    if "format" in found:
        (folder / "page.toml").write_text(block, encoding="utf-8")
        assert load_catalogue(folder)
        return
    for name in ("configs", "distributions"):
        shutil.copytree(ROOT / name, folder / name)
    for key, name in LISTS.items():
        if key in found:
            entries = re.split(r"(?m)^(?=\[{1,2}(?!\[|component|overlap|option|what_if))", block)[0]
            file = folder / name
            file.write_text(f"{file.read_text(encoding='utf-8')}\n{entries}", encoding="utf-8")
            break
    overrides = {key: value for key, value in leaves(found) if key.partition(".")[0] not in LISTS}
    study = load_study(folder / "configs" / "pops.toml", overrides, data_folders=[folder])
    written = dict(leaves(tomllib.loads(dict(study.files)["study.toml"])))
    assert {key: written.get(key) for key in overrides} == overrides
    named = {
        "component": {each.id for area in study.areas for each in area.components},
        "overlap": {each.id for each in study.overlaps},
        "option": {each.id for each in study.options},
        "what_if": {each.id for each in study.what_ifs},
    }
    for key, known in named.items():
        assert {each["id"] for each in found.get(key, [])} <= known


@pytest.mark.parametrize("block", own("toml"), ids=str)
def test_toml_loads(block: Block, tmp_path: Path) -> None:
    lines = block.text.splitlines()
    # A list of costs is as many blocks of one.
    if lines[0].startswith("cost = "):
        for line in filter(None, lines):
            load(line, tmp_path)
    else:
        load(block.text, tmp_path)


def test_toml_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="probability"):
        load("[area.e.need]\nprobabilty = 0.5\n", tmp_path)


# Commands


def commands_of(block: Block) -> list[str]:
    """Return the commands of a block, without comments, prompts and what they print."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if block.language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [line for line in (re.sub(r"(^|\s)#.*$", "", line).strip() for line in lines) if line]


COMMANDS = [pytest.param(block, line, id=f"{block} {line}") for block in own(*SHELLS) for line in commands_of(block)]


def words_of(line: str) -> list[str]:
    """Return the words of a command up to where its output goes."""
    words = shlex.split(line)
    return words[: next((place for place, word in enumerate(words) if word in (">", ">>", "|")), len(words))]


@cache
def targets() -> frozenset[str]:
    found = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()


def accept(line: str) -> None:
    """Have a command read its words, and do nothing; what it refuses is an error."""
    program, *words = words_of(line)
    if program == "make":
        assert words[0] in targets()
        return
    if (program, *words) == ("source", ".venv/bin/activate"):
        return
    assert program == "popsim", f"{program}: a comment has to say why it is not run"
    if words[0].startswith("-"):
        assert words[0] in ("--help", "--version")
        return
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, words[0]
    command.make_context(words[0], words[1:])


@pytest.mark.parametrize(("block", "line"), COMMANDS)
def test_a_command_is_accepted(block: Block, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    accept(line)


@pytest.mark.parametrize(
    "line", ["popsim run --scenaros 5", "popsim budget results/pops --amount none", "make nothing"]
)
def test_a_command_with_a_mistake_would_be_noticed(line: str) -> None:
    """Negative control."""
    with pytest.raises((click.ClickException, AssertionError)):
        accept(line)


# Python


def check_calls(source: str) -> None:
    """Refuse calls of public functions with keywords that they do not have, and names that are not there."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("ps", "ps.plot"):
            assert hasattr(ps if ast.unparse(node.value) == "ps" else ps.plot, node.attr), ast.unparse(node)
        if isinstance(node, ast.Call) and re.fullmatch(r"ps\.(plot\.)?\w+", name := ast.unparse(node.func)):
            known: Any = ps
            for part in name.split(".")[1:]:
                known = getattr(known, part)
            inspect.signature(known).bind(*node.args, **{str(each.arg): each.value for each in node.keywords})


@pytest.mark.parametrize("block", own("python"), ids=str)
def test_python_calls_what_there_is(block: Block) -> None:
    check_calls(block.text)


@pytest.mark.parametrize("source", ["ps.simulat(study)", "ps.simulate(study, scenaros=5)"])
def test_python_with_a_mistake_would_be_noticed(source: str) -> None:
    """Negative control."""
    with pytest.raises((AssertionError, AttributeError, TypeError)):
        check_calls(source)


EXAMPLES = sorted({block.page for block in own("") if block.text.startswith(">>> ")})


def failed_examples(page: Path) -> int:
    """Return how many examples of a page do not give what it says."""
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    return doctest.testfile(str(page), module_relative=False, optionflags=flags, report=False).failed


def test_examples_of_pages_without_a_test_of_their_own_are_right() -> None:
    assert [page for page in EXAMPLES if failed_examples(ROOT / page)] == []


def test_an_example_that_is_wrong_would_be_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Negative control."""
    (tmp_path / "page.md").write_text("    >>> 1 + 1\n    3\n", encoding="utf-8")
    assert failed_examples(tmp_path / "page.md") == 1
    assert "Expected" in capsys.readouterr().out
