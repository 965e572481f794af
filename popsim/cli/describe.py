"""The page of all commands, made from the commands themselves.

``make docs-reference`` fills docs/reference/command-line.md between ``<!-- begin commands -->`` and
``<!-- end commands -->``: usage, options with their defaults, help and examples of every command.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from popsim.cli.main import COMMANDS, cli

BEGIN, END = "<!-- begin commands -->\n", "<!-- end commands -->"
EXAMPLES = "Examples:"


def filled(page: str) -> str:
    r"""Return a page with the part about commands written anew.

    Examples
    --------
    >>> "## popsim budget" in filled(f"{BEGIN}{END}\n")
    True
    """
    above, begin, rest = page.partition(BEGIN)
    return f"{above}{begin}\n{described()}\n{END}{rest.partition(END)[2]}" if begin else page


def described() -> str:
    """Return what every command takes and does, as Markdown."""
    context = click.Context(cli, info_name="popsim", **cli.context_settings)
    commands = {name: command for name in COMMANDS if (command := cli.get_command(context, name)) is not None}
    overview = [
        (f"[`popsim {name}`](#popsim-{name})", command.get_short_help_str(limit=200))
        for name, command in commands.items()
    ]
    parts = [_table(("Command", "What it does"), overview)]
    parts += [_section(f"popsim {name}", command) for name, command in commands.items()]
    parts.append(_section("popsim", cli))
    return "\n".join(parts)


def _section(name: str, command: click.Command) -> str:
    """Return usage, help, options and examples of one command."""
    context = click.Context(command, info_name=name, show_default=True, **cli.context_settings)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    paragraphs = [" ".join(each.split()) for each in (command.help or "").split("\n\n")]
    options = [_row(option, context) for option in command.get_params(context) if isinstance(option, click.Option)]
    parts = [
        f"## {name}\n",
        f"```text\n{usage}\n```\n",
        *(f"{each}\n" for each in paragraphs if each),
        _table(("Option", "Default", "What it does"), options),
        *(f"{each}\n" for each in _epilog(command.epilog or "")),
    ]
    return "\n".join(parts)


def _row(option: click.Option, context: click.Context) -> tuple[str, str, str]:
    """Return the names of an option with its value, its default, and what it does."""
    values = "" if option.is_flag else f" {option.make_metavar(context)}"
    names = [*option.opts, *option.secondary_opts]
    extra = option.get_help_extra(context)
    default = "required" if option.required else _code(extra.get("default", ""))
    meaning = " ".join((option.help or "").split())
    if option.multiple and "again" not in meaning:
        meaning += " May be given again."
    for variable in extra.get("envvars", ()):
        meaning += f" Environment: `{variable}`."
    return ", ".join(f"`{each}{values}`" for each in names), default, meaning.replace("|", "\\|")


def _code(default: str) -> str:
    return f"`{default}`" if default and default != "False" else ""


def _epilog(epilog: str) -> Iterator[str]:
    """Yield the paragraphs below the options of a command: examples as a block of commands, others as they are."""
    for paragraph in filter(None, (each.strip("\n") for each in epilog.split("\b"))):
        title, _, rest = paragraph.partition("\n")
        if title == EXAMPLES:
            # What stands at the right of a command explains it.
            lines = [re.sub(r"(?<=\S)\s{2,}(?=\S)", "  # ", line.strip()) for line in rest.splitlines()]
            yield "Examples:\n\n```sh\n" + "\n".join(lines) + "\n```"
        else:
            yield f"```text\n{paragraph}\n```"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]]) + "\n"


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        file.write_text(filled(file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
