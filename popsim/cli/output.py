"""How commands print: paragraphs, tables of the report, notes on a study, JSON."""

from __future__ import annotations

import json
import math
import re
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.console import is_unicode, printable, rich_console
from popsim.errors import visible_json
from popsim.schema import seed_of

if TYPE_CHECKING:
    import xarray as xr

    from popsim.report.data import ReportData
    from popsim.report.document import Table
    from popsim.report.estimates import Measured
    from popsim.study.model import Study

WIDTH = 80
"""Columns of running text: what a terminal shows when nobody has widened it."""
_BREAKS = re.compile(r"[ \t\r\n]+")
"""Spaces at which a line may end; at a no-break space it may not."""
_KEPT = "\0"
"""Stands for a space at which a line may not end."""


def print_text(text: str) -> None:
    """Print a paragraph in lines of at most 80 columns; an amount and its unit stay on one of them.

    Examples
    --------
    >>> print_text(f"{'word ' * 14}US$\u00a0612\u00a0million")
    word word word word word word word word word word word word word word
    US$ 612 million
    """
    words = [printable(word).replace(" ", _KEPT) for word in _BREAKS.split(text)]
    click.echo(textwrap.fill(" ".join(words), WIDTH).replace(_KEPT, " "))


JOINED = 24
"""Characters of a second label, such as the years of an option, up to which its rows stand beside one name."""


def print_table(content: Table) -> None:
    """Print a table of the report, as wide as the terminal; totals that stand beside each other come one by one."""
    if content.groups:
        start = content.labels
        for name, width in content.groups:
            _print_grid(_part(content, name, start, width))
            start += width
    else:
        _print_grid(content)


def _part(content: Table, name: str, start: int, width: int) -> Table:
    """Return the labels and the columns of one total as a table of its own."""
    caption = f"{name}: {content.caption[:1].lower()}{content.caption[1:]}"
    rows = tuple((*row[: content.labels], *row[start : start + width]) for row in content.rows)
    columns = (*content.columns[: content.labels], *content.columns[start : start + width])
    return replace(content, caption=caption, columns=columns, rows=rows, groups=())


def _print_grid(content: Table) -> None:
    from rich import box
    from rich.table import Table as Grid

    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for k, column in enumerate(content.columns):
        numeric = k >= content.labels
        grid.add_column(
            printable(column),
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=k == 1 and not numeric and _is_grouped(content),
        )
    rows = _joined(content)
    for k, row in enumerate(rows):
        last = content.total and k == len(rows) - 1
        if last:
            grid.add_section()
        grid.add_row(*row, style="bold" if last else None)
    click.echo()
    print_text(content.caption)
    rich_console().print(grid)


def _is_grouped(content: Table) -> bool:
    """Return whether a name in the first column holds for the rows below it, which are printed beside it.

    Where the second label is long, it has to wrap, and each row stands for itself.
    """
    is_continued = content.labels > 1 and any(not row[0] for row in content.rows)
    return is_continued and max(len(row[1]) for row in content.rows) <= JOINED


def _joined(content: Table) -> list[tuple[str, ...]]:
    """Return the rows as they are printed: one whose first cell is empty continues the row before."""
    rows: list[tuple[str, ...]] = []
    for row in (tuple(map(printable, row)) for row in content.rows):
        if rows and not row[0] and _is_grouped(content):
            rows[-1] = (rows[-1][0], *map("\n".join, zip(rows[-1][1:], row[1:], strict=True)))
        else:
            rows.append(row)
    return rows


def print_scenarios(dataset: xr.Dataset, study: Study) -> None:
    """Print how many scenarios a run has, and their seed."""
    from popsim.report.prose import plural

    print_text(
        f"{plural(dataset.sizes['scenario'], 'scenario', 'scenarios')}, seed {seed_of(dataset.attrs, study.seed)}."
    )


def notes_of(study: Study) -> list[str]:
    """Return how files were read where the study does not say it, and what is odd in them."""
    return [*study.reading, *study.notes]


def print_notes(study: Study) -> None:
    """Print the notes of a study on standard error."""
    for note in notes_of(study):
        click.echo(click.wrap_text(f"Note: {note}.", WIDTH, subsequent_indent="  "), err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print a mapping as strict JSON; a number that does not exist becomes null.

    Where the encoding of standard output lacks characters, JSON's own escapes stand for all that are not ASCII.

    Raises
    ------
    TypeError
        When the mapping holds a value that JSON cannot express.
    """
    text = json.dumps(_strict(value), indent=2, ensure_ascii=not is_unicode(sys.stdout), allow_nan=False)
    click.echo(visible_json(text))


def with_errors(**figures: Measured) -> dict[str, float]:
    """Return each figure and, as ``..._error``, its Monte Carlo standard error, for JSON."""
    pairs = [((name, figure.value), (f"{name}_error", figure.error)) for name, figure in figures.items()]
    return {name: value for pair in pairs for name, value in pair}


def range_as_mapping(data: ReportData, variable: str, **where: object) -> dict[str, Any]:
    """Return low end, median, high end and mean of a variable with their errors, for JSON."""
    low, high = data.range(variable, **where)
    mean = data.mean(variable, **where)
    unseen = "" if mean.is_known else data.unseen(variable)
    return {
        **with_errors(low=low, median=data.quantile(variable, 0.5, **where), high=high, mean=mean),
        **({"mean_is_exact": True} if data.is_mean_exact(variable) else {}),
        **({"mean_error_unknown_because": unseen} if unseen else {}),
    }


def _strict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
