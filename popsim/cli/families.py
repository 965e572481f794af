"""``popsim families``: the families of distributions that a cost may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from popsim.cli.console import printable, rich_console
from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option

if TYPE_CHECKING:
    from popsim.families.registry import FamilySummary


@click.command(
    epilog="""\b
In a catalogue file:
  cost = { family = "triangular", low = 50e3, mode = 80e3, high = 200e3 }
  cost = { family = "lognormal", p05 = 80e3, p95 = 400e3 }"""
)
@as_json_option
def command(as_json: bool) -> None:
    """List the families of distributions.

    Each with the word for it in a catalogue, its parameters, and what it is for when costs are described.
    """
    from popsim.families import catalogue

    rows = catalogue()
    if as_json:
        print_json({"families": [_facts(row) for row in rows]})
        return
    _print(rows)


def _facts(row: FamilySummary) -> dict[str, Any]:
    return {"family": row.name, "class": row.class_name, "parameters": row.parameters, "summary": row.summary}


def _print(rows: list[FamilySummary]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("Family", no_wrap=True, style="bold")
    table.add_column("Parameters", overflow="fold")
    table.add_column("For", overflow="fold", ratio=1)
    for row in rows:
        table.add_row(row.name, *map(printable, ("\nor ".join(row.parameters), row.summary)))
    rich_console().print(table)
