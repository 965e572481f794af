"""The results of a run on standard output: a table for people, JSON for programs."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.compare import option_as_mapping, print_sentences, print_tables
from popsim.cli.drivers import attached_as_mapping
from popsim.cli.output import notes_of, print_scenarios, print_table, print_text
from popsim.schema import seed_of

if TYPE_CHECKING:
    from pathlib import Path

    from popsim.report.data import ReportData
    from popsim.report.estimates import Measured

__all__ = ["as_mapping", "print_drivers", "print_results"]


def print_results(facts: ReportData) -> None:
    """Print the headline, what a single figure is worth, and the ranges by area and by group of countries.

    The words and tables are the report's own: this only lays them out for a terminal of 80 columns.
    """
    from popsim.report.comparison import comparison_of
    from popsim.report.content import section_of
    from popsim.report.document import Table
    from popsim.report.sections import headline
    from popsim.report.sections.financing import financing
    from popsim.report.sections.point import estimates
    from popsim.report.sections.ranges import by_area, by_group, by_year

    print_text(facts.study.title)
    print_text(headline.subtitle(facts))
    click.echo()
    for text in headline.headlines(facts):
        print_text(text)
    for sentence in headline.lead(facts):
        print_text(sentence)
    for sentence in estimates(facts):
        print_text(sentence)
    print_scenarios(facts.dataset, facts.study)
    if comparison := comparison_of(facts):
        print_sentences(comparison)
        print_tables(comparison, with_shares=False)
    for section in (section_of(write, facts) for write in (financing, by_area, by_group, by_year)):
        for block in section.blocks if section is not None else ():
            if isinstance(block, Table):
                print_table(block)
    _print_others(facts)
    print_drivers(facts)


def print_drivers(facts: ReportData) -> None:
    """Print which input makes most of the range, or why that is unknown; nothing where the run holds neither."""
    from popsim.report.content import section_of
    from popsim.report.document import Paragraph
    from popsim.report.sections.drivers import drivers

    section = section_of(drivers, facts)
    if section is not None:
        click.echo()
        print_text(next(block.text for block in section.blocks if isinstance(block, Paragraph)))


def _print_others(facts: ReportData) -> None:
    """Print the short tables among the other breakdowns, and name the files that hold the long ones."""
    from popsim.report.content import section_of
    from popsim.report.document import Details, Matrix, Table
    from popsim.report.sections.breakdowns import breakdowns

    section = section_of(breakdowns, facts)
    elsewhere = []
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


def _breakdowns(facts: ReportData) -> dict[str, list[dict[str, Any]]]:
    """Return every breakdown of a run by the names of its dimensions: what a row is about, and its ranges.

    A row of a breakdown by one thing has "label" and "name", of one by several the label and the name along each.
    """
    from popsim.report.sections.breakdowns import dims_of

    names = [str(name) for name, values in facts.dataset.data_vars.items() if "scenario" in values.dims]
    return {
        name.removeprefix("cost_by_"): [
            {**_about(facts, where), **_range(facts, name, **where), **_need(facts, name, where)}
            for where in _cells(facts, dims_of(facts, name))
        ]
        for name in names
        if name.startswith("cost_by_")
    }


def _cells(facts: ReportData, dims: tuple[str, ...]) -> list[dict[str, Any]]:
    labels = (facts.dataset[dim].values.tolist() for dim in dims)
    return [dict(zip(dims, key, strict=True)) for key in itertools.product(*labels)]


def _about(facts: ReportData, where: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for dim, label in where.items():
        named = facts.dataset.coords.get(f"{dim}_name")
        name = str(label) if named is None else str(named.values[facts.dataset[dim].values.tolist().index(label)])
        found |= {"label": label, "name": name} if len(where) == 1 else {dim: label, f"{dim}_name": name}
    return found


def _need(facts: ReportData, name: str, where: dict[str, Any]) -> dict[str, Any]:
    variable = name.replace("cost", "financing_need", 1)
    return {"financing_need": _range(facts, variable, **where)} if facts.has(variable) else {}


def as_mapping(facts: ReportData, folder: Path, files: tuple[str, ...]) -> dict[str, Any]:
    """Return what the tables say, in full precision, with the files of the run.

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
    from popsim.report.rare import rare_records

    study = facts.study
    written = facts.of(str(facts.dataset["option"].item()))
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
        **{name: _range(written, name) for name in map(str, facts.totals_of_options.data_vars)},
        "headline": facts.first,
        **_point(facts, "cost"),
        "point_estimates": {total: _point(facts, total) for total in facts.totals if facts.point(total) is not None},
        "budget": _budget(facts, "cost"),
        "budgets": {total: _budget(facts, total) for total in facts.totals},
        "rare": rare_records(facts.dataset, str(facts.dataset["option"].values[0])),
        "counted": {total: asdict(facts.counted(total)) for total in facts.totals},
        "breakdowns": _breakdowns(facts),
        **attached_as_mapping(facts.dataset),
        "options": _options(facts),
        "folder": str(folder),
        "files": {name: str(folder / name) for name in files},
    }


def _options(facts: ReportData) -> dict[str, Any]:
    """Return the totals of every option, and their differences from the study as written."""
    from popsim.report.comparison import comparison_of

    comparison = comparison_of(facts)
    if comparison is not None:
        return {option: option_as_mapping(comparison, option) for option in comparison.all_options}
    option = str(facts.dataset["option"].item())
    level = facts.of(option)
    return {option: {name: _range(level, name) for name in map(str, facts.totals_of_options.data_vars)}}


def _precision(facts: ReportData) -> dict[str, float]:
    """Return the precision asked for and reached, where scenarios were added until it was."""
    names = ("precision", "precision_reached")
    return {name: float(facts.dataset.attrs[name]) for name in names if name in facts.dataset.attrs}


def _range(facts: ReportData, variable: str, **where: object) -> dict[str, Any]:
    low, high = facts.range(variable, **where)
    mean = facts.mean(variable, **where)
    unseen = "" if mean.is_known else facts.unseen(variable)
    return {
        **_measured("low", low),
        **_measured("median", facts.quantile(variable, 0.5, **where)),
        **_measured("high", high),
        **_measured("mean", mean),
        **({"mean_is_exact": True} if facts.is_mean_exact(variable) else {}),
        **({"mean_error_unknown_because": unseen} if unseen else {}),
    }


def _measured(name: str, measured: Measured) -> dict[str, float]:
    return {name: measured.value, f"{name}_error": measured.error}


def _budget(facts: ReportData, total: str) -> dict[str, float]:
    from popsim.report.data import CONFIDENCE

    return {"confidence": CONFIDENCE, **_measured("amount", facts.enough_for(total))}


def _point(facts: ReportData, total: str) -> dict[str, float]:
    """Return the point estimate of a total and the share of the scenarios in which it is enough."""
    value = facts.point(total)
    if value is None:
        return {}
    share = facts.sureness(total, value)
    return {"point_estimate": value, **_measured("point_estimate_confidence", share)}
