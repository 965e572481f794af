"""Words that the shell completes: studies, options, areas, keys, formats, languages; and the command that sets it up.

What is completed is read from TOML files as they stand, without validation: a shell does not wait for more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from popsim.schema import FULL, STUDY_FILE

SHELLS = ("bash", "zsh", "fish")
COMPLETING = "_POPSIM_COMPLETE"
"""Set in the environment where a shell asks for words."""


@click.command(
    epilog="""\b
Examples:
  popsim completion bash >> ~/.bashrc
  popsim completion zsh >> ~/.zshrc
  popsim completion fish > ~/.config/fish/completions/popsim.fish"""
)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that lets a shell complete words of popsim.

    It completes commands and their options, formats and languages, packaged studies, and the areas, options and keys
    of the study that the line names.
    """
    from popsim.cli.main import cli

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101  click knows these shells
    script = found(cli, {}, "popsim", COMPLETING).source()
    # What is completed in a list has commas, at which the script for fish would cut it.
    click.echo(script.replace('string split ","', 'string split --max 1 ","'))


def complete_formats(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete the last of a list of formats."""
    from popsim.report.formats import FORMATS

    return _in_list(((each.name, each.about) for each in FORMATS.values()), incomplete)


def complete_figure_formats(
    ctx: click.Context,  # noqa: ARG001
    param: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Complete the last of a list of formats of figures."""
    from popsim.cli.figures import FORMATS

    return _in_list(FORMATS.items(), incomplete)


def complete_languages(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete the last of a list of languages."""
    from popsim.report.language import LANGUAGES

    return _in_list(((each.code, each.name) for each in LANGUAGES.values()), incomplete)


def complete_study(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete a packaged study; where none begins so, a path."""
    from popsim.study.files import packaged_studies

    named = _that_begin(((name, "packaged study") for name in packaged_studies()), incomplete)
    return named or [CompletionItem(incomplete, type="file")]


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete the folder of a run."""
    return [CompletionItem(incomplete, type="dir")]


def complete_option(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete the id of an option of the study or run that the line names."""
    options = _tables(_study_of(ctx).get("option"))
    found = [(str(each["id"]), str(each.get("name", ""))) for each in options if "id" in each]
    return _that_begin([(FULL, ""), *found], incomplete)


def complete_setting(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Complete ``--set``: an area to be left out, or a key of the study with the number that it has there."""
    study = _study_of(ctx)
    areas = study.get("area")
    left_out = [f"area.{area}.include=false" for area in areas] if isinstance(areas, dict) else []
    # Keys of single groups of countries are too many to be read in a shell.
    stated = [f"{key}={value}" for key, value in _numbers(study) if ".by." not in key]
    return _that_begin(((setting, "") for setting in [*left_out, *stated]), incomplete)


def _study_of(ctx: click.Context) -> dict[str, Any]:
    """Return the study that the words before name, unvalidated; empty where there is none, or it cannot be read."""
    from popsim.errors import PopsimError
    from popsim.study.files import find_study, parse_toml, read_text

    # An option that waits for its value keeps click from telling arguments apart: they are left over then.
    source = next(iter(ctx.args), None) or ctx.params.get("run") or ctx.params.get("study") or "pops"
    try:
        path = Path(source, STUDY_FILE) if "run" in ctx.params else find_study(str(source))
        return parse_toml(read_text(path), path.name)
    except PopsimError:
        return {}


def _tables(found: object) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _numbers(table: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys below a table whose values are numbers or true or false, with these as TOML writes them."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _numbers(value, f"{before}{key}.")
        elif isinstance(value, int | float):
            yield f"{before}{key}", str(value).lower()


def _in_list(known: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    """Complete the last word of a list that commas separate, by a word that is not in it yet."""
    before, comma, last = incomplete.rpartition(",")
    present = {word.strip() for word in before.split(",")}
    return [
        CompletionItem(f"{before}{comma}{name}", help=about)
        for name, about in known
        if name.startswith(last.strip()) and name not in present
    ]


def _that_begin(known: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name, help=about) for name, about in known if name.startswith(incomplete)]
