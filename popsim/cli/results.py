"""The results of a run on standard output: a table for people, JSON for programs."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.assumptions import attached_as_mapping as assumptions_as_mapping
from popsim.cli.compare import option_as_mapping, print_sentences, print_tables
from popsim.cli.drivers import attached_as_mapping
from popsim.cli.loading import trusted_as_mapping
from popsim.cli.output import notes_of, print_scenarios, print_table, print_text, range_as_mapping, with_errors
from popsim.schema import seed_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from popsim.report.data import ReportData
    from popsim.report.document import Section


def print_results(data: ReportData) -> None:
    """Print the headline, what a single figure is worth, and the ranges by area and by group of countries.

    The words and tables are the report's own: this only lays them out for a terminal of 80 columns.
    """
    from popsim.report.content import section_of
    from popsim.report.document import Table
    from popsim.report.sections import headline
    from popsim.report.sections.financing import financing
    from popsim.report.sections.point import estimates
    from popsim.report.sections.ranges import by_area, by_group, by_year

    print_text(data.study.title)
    print_text(headline.subtitle(data))
    click.echo()
    for text in headline.headlines(data):
        print_text(text)
    for sentence in headline.lead(data):
        print_text(sentence)
    for sentence in estimates(data):
        print_text(sentence)
    print_scenarios(data.dataset, data.study)
    if comparison := data.comparison:
        print_sentences(comparison)
        print_tables(comparison, with_shares=False)
    for section in (section_of(write, data) for write in (financing, by_area, by_group, by_year)):
        for block in section.blocks if section is not None else ():
            if isinstance(block, Table):
                print_table(block)
    _print_others(data)
    print_drivers(data)
    print_assumptions(data)


def print_drivers(data: ReportData) -> None:
    """Print which input makes most of the range, or why that is unknown; nothing where the run holds neither."""
    from popsim.report.sections.drivers import drivers

    _print_lead(data, drivers)


def print_assumptions(data: ReportData) -> None:
    """Print which assumption moves the range most, or why that is unknown; nothing where the run holds neither."""
    from popsim.report.sections.which_assumptions import which_assumptions

    _print_lead(data, which_assumptions)


def _print_lead(data: ReportData, write: Callable[[ReportData], Section | None]) -> None:
    """Print the first sentence of a section of the report."""
    from popsim.report.content import section_of
    from popsim.report.document import Paragraph

    section = section_of(write, data)
    if section is not None:
        click.echo()
        print_text(next(block.text for block in section.blocks if isinstance(block, Paragraph)))


def _print_others(data: ReportData) -> None:
    """Print the short tables among the other breakdowns, and name the files that hold the long ones."""
    from popsim.report.content import section_of
    from popsim.report.document import Details, Matrix, Table
    from popsim.report.sections.breakdowns import breakdowns
    from popsim.report.sections.countries import summary

    section = section_of(breakdowns, data)
    elsewhere = [summary(data)] if data.totals_by("country") else []
    for block in section.blocks if section is not None else ():
        if isinstance(block, Table):
            print_table(block)
        elif isinstance(block, Details):
            elsewhere.append(block.summary)
        elif isinstance(block, Matrix):
            elsewhere.append(block.caption.partition(":")[0])
    if elsewhere:
        click.echo()
        print_text(f"In report.html and summary.csv: {'; '.join(each[:1].lower() + each[1:] for each in elsewhere)}.")


def _breakdowns(data: ReportData) -> dict[str, list[dict[str, Any]]]:
    """Return every breakdown of a run by the names of its dimensions: what a row is about, and its ranges.

    A row of a breakdown by one thing has "label" and "name", of one by several the label and the name along each.
    """
    from popsim.report.sections.breakdowns import dims_of

    names = [str(name) for name, values in data.dataset.data_vars.items() if "scenario" in values.dims]
    return {
        name.removeprefix("cost_by_"): [
            {**_about(data, where), **range_as_mapping(data, name, **where), **_need(data, name, where)}
            for where in _cells(data, dims_of(data, name))
        ]
        for name in names
        if name.startswith("cost_by_")
    }


def _cells(data: ReportData, dims: tuple[str, ...]) -> list[dict[str, Any]]:
    labels = (data.dataset[dim].values.tolist() for dim in dims)
    return [dict(zip(dims, key, strict=True)) for key in itertools.product(*labels)]


def _about(data: ReportData, where: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for dim, label in where.items():
        named = data.dataset.coords.get(f"{dim}_name")
        name = str(label) if named is None else str(named.values[data.dataset[dim].values.tolist().index(label)])
        names |= {"label": label, "name": name} if len(where) == 1 else {dim: label, f"{dim}_name": name}
    return names


def _need(data: ReportData, name: str, where: dict[str, Any]) -> dict[str, Any]:
    variable = name.replace("cost", "financing_need", 1)
    return {"financing_need": range_as_mapping(data, variable, **where)} if data.has(variable) else {}


def as_mapping(data: ReportData, folder: Path, files: tuple[str, ...]) -> dict[str, Any]:
    """Return what the tables say, in full precision, with the files of the run.

    Parameters
    ----------
    data
        The run and its summary.
    folder, files
        Where the run lies, and the names in it.

    Returns
    -------
    dict
        Money in units of the currency (not in millions); every ``..._error`` is one Monte Carlo standard error.
    """
    from popsim.report.rare import rare_records
    from popsim.report.sections.headline import with_later

    study = data.study
    return {
        "study": study.name,
        "title": study.title,
        "years": [study.years[0], study.years[-1]],
        "currency": study.currency,
        "price_year": study.price_year,
        "coverage": study.coverage,
        "scenarios": data.scenarios,
        "seed": seed_of(data.dataset.attrs, study.seed),
        **_precision(data),
        "notes": notes_of(study),
        "plan_digest": data.dataset.attrs.get("plan_digest"),
        "popsim_version": data.dataset.attrs.get("popsim_version"),
        **_totals(data),
        "headline": data.first,
        "headline_with_later": with_later(data, data.first) or None,
        **_point(data, "cost"),
        "point_estimates": {total: _point(data, total) for total in data.totals if data.point(total) is not None},
        "budget": _budget(data, "cost"),
        "budgets": {total: _budget(data, total) for total in data.totals},
        "rare": rare_records(data.dataset, str(data.dataset["option"].values[0])),
        "counted": {total: asdict(data.counted(total)) for total in data.totals},
        "breakdowns": _breakdowns(data),
        **attached_as_mapping(data.dataset),
        **assumptions_as_mapping(data.dataset),
        "options": _options(data),
        "folder": str(folder),
        **trusted_as_mapping(data.dataset),
        "files": {name: str(folder / name) for name in files},
    }


def _options(data: ReportData) -> dict[str, Any]:
    """Return the totals of every option, and their differences from the full programme."""
    comparison = data.comparison
    if comparison is not None:
        return {option: option_as_mapping(comparison, option) for option in comparison.all_options}
    return {str(data.dataset["option"].item()): _totals(data)}


def _totals(data: ReportData) -> dict[str, Any]:
    level = data.of(str(data.dataset["option"].item()))
    return {name: range_as_mapping(level, name) for name in map(str, data.totals_of_options.data_vars)}


def _precision(data: ReportData) -> dict[str, float]:
    """Return the precision asked for and reached, where scenarios were added until it was."""
    names = ("precision", "precision_reached")
    return {name: float(data.dataset.attrs[name]) for name in names if name in data.dataset.attrs}


def _budget(data: ReportData, total: str) -> dict[str, float]:
    from popsim.report.data import CONFIDENCE

    return {"confidence": CONFIDENCE, **with_errors(amount=data.enough_for(total))}


def _point(data: ReportData, total: str) -> dict[str, float]:
    """Return the point estimate of a total and the share of the scenarios in which it is enough."""
    value = data.point(total)
    if value is None:
        return {}
    share = data.sureness(total, value)
    return {"point_estimate": value, **with_errors(point_estimate_confidence=share)}
