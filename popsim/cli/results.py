"""The results of a run on standard output: a table for people, JSON for programs."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.console import printable, rich_console
from popsim.cli.words import notes_of

if TYPE_CHECKING:
    from pathlib import Path

    from popsim.report.document import Table
    from popsim.report.facts import Facts, Measured
from popsim.schema import seed_of

__all__ = ["as_mapping", "print_results", "print_table", "print_text"]

WIDTH = 80
"""Columns of running text: what a terminal shows when nobody has widened it."""


def print_results(facts: Facts) -> None:
    """Print the headline, what a single figure is worth, and the ranges by area and by group of countries.

    The words and tables are the report's own: this only lays them out for a terminal of 80 columns.
    """
    from popsim.report.content import section_of
    from popsim.report.document import Paragraph, Table
    from popsim.report.numbers import count
    from popsim.report.sections import headline
    from popsim.report.sections.financing import financing
    from popsim.report.sections.options import options
    from popsim.report.sections.point import point
    from popsim.report.sections.ranges import by_area, by_group

    print_text(facts.study.title)
    print_text(headline.subtitle(facts))
    click.echo()
    for text in headline.headlines(facts):
        print_text(text)
    for sentence in headline.lead(facts):
        print_text(sentence)
    single = section_of(point, facts)
    if single is not None:
        print_text(next(block.text for block in single.blocks if isinstance(block, Paragraph)))
    print_text(f"{count(facts.scenarios)} scenarios, seed {seed_of(facts.dataset.attrs, facts.study.seed)}.")
    for section in (section_of(write, facts) for write in (options, financing, by_area, by_group)):
        for block in section.blocks if section is not None else ():
            if isinstance(block, Table):
                print_table(block)


def print_text(text: str) -> None:
    """Print a paragraph in lines of at most 80 columns."""
    click.echo(textwrap.fill(printable(text), WIDTH))


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
    """Cut out the columns of one total, with the labels."""
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
        grid.add_column(printable(column), justify="right" if numeric else "left", overflow="fold", no_wrap=False)
    for k, row in enumerate(content.rows):
        last = content.total and k == len(content.rows) - 1
        if last:
            grid.add_section()
        grid.add_row(*map(printable, row), style="bold" if last else None)
    click.echo()
    print_text(content.caption)
    rich_console().print(grid)


def _groupings(facts: Facts) -> list[str]:
    """Breakdowns that fit a screen: areas, then every group of countries."""
    return [name for name in ("area", *facts.groups) if facts.has(f"cost_by_{name}")]


def _members(facts: Facts, grouping: str) -> list[tuple[Any, str]]:
    labels = facts.dataset[grouping].values.tolist()
    names = facts.dataset[f"{grouping}_name"].values.tolist() if f"{grouping}_name" in facts.dataset else labels
    return [(label, str(name)) for label, name in zip(labels, names, strict=True)]


def as_mapping(facts: Facts, folder: Path, files: tuple[str, ...]) -> dict[str, Any]:
    """Collect what the table says, in full precision, with the files of the run.

    Parameters
    ----------
    facts
        The run and its summary.
    folder, files
        Where the run lies, and the names in it.

    Returns
    -------
    dict
        Money in units of the currency (not in millions); every ``..._error`` is one Monte Carlo standard error.
    """
    from popsim import analysis

    study = facts.study
    return {
        "study": study.name,
        "title": study.title,
        "years": [study.years[0], study.years[-1]],
        "currency": study.currency,
        "price_year": study.price_year,
        "coverage": study.coverage,
        "scenarios": facts.scenarios,
        "seed": seed_of(facts.dataset.attrs, study.seed),
        **_precision(facts),
        "notes": notes_of(study),
        "plan_digest": facts.dataset.attrs.get("plan_digest"),
        "popsim_version": facts.dataset.attrs.get("popsim_version"),
        **{name: _range(facts, name) for name in analysis.TOTALS if facts.has(name)},
        "headline": facts.first,
        **_point(facts, "cost"),
        "point_estimates": {total: _point(facts, total) for total in facts.totals if facts.point(total) is not None},
        "budget": _budget(facts, "cost"),
        "budgets": {total: _budget(facts, total) for total in facts.totals},
        "counted": {total: asdict(facts.counted(total)) for total in facts.totals},
        "breakdowns": {
            grouping: [
                {"label": label, "name": name, **_range(facts, f"cost_by_{grouping}", **{grouping: label})}
                for label, name in _members(facts, grouping)
            ]
            for grouping in _groupings(facts)
        },
        "options": {
            str(option): {name: _range(facts.of(str(option)), name) for name in analysis.TOTALS if facts.has(name)}
            for option in facts.every_option["option"].values
        },
        "folder": str(folder),
        "files": {name: str(folder / name) for name in files},
    }


def _precision(facts: Facts) -> dict[str, float]:
    """Precision asked for and reached, where scenarios were added until it was."""
    names = ("precision", "precision_reached")
    return {name: float(facts.dataset.attrs[name]) for name in names if name in facts.dataset.attrs}


def _range(facts: Facts, variable: str, **where: object) -> dict[str, float]:
    low, high = facts.range(variable, **where)
    return {
        **_measured("low", low),
        **_measured("median", facts.quantile(variable, 0.5, **where)),
        **_measured("high", high),
        **_measured("mean", facts.mean(variable, **where)),
    }


def _measured(name: str, measured: Measured) -> dict[str, float]:
    return {name: measured.value, f"{name}_error": measured.error}


def _budget(facts: Facts, total: str) -> dict[str, float]:
    from popsim.report.facts import CONFIDENCE

    return {"confidence": CONFIDENCE, **_measured("amount", facts.enough_for(total))}


def _point(facts: Facts, total: str) -> dict[str, float]:
    """Give the point estimate of a total and the share of the scenarios in which it is enough."""
    value = facts.point(total)
    if value is None:
        return {}
    share = facts.sureness(total, value)
    return {"point_estimate": value, **_measured("point_estimate_confidence", share)}
