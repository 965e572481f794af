"""``popsim compare``: what the options of a run cost more or less than one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.completion import complete_option
from popsim.cli.loading import read_figures, trusted_as_mapping
from popsim.cli.output import print_json, print_scenarios, print_table, print_text, range_as_mapping, with_errors
from popsim.cli.parameters import as_json_option, run_argument, trust_option
from popsim.cli.sparing import spare_dask
from popsim.schema import FULL, TOTAL_BASES, TOTALS, seed_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from popsim.report.comparison import Comparison
    from popsim.report.data import ReportData

_PRINTED = ("area",)
"""What differences are broken down by where they are printed, as in the report; JSON has all that the run has."""


@click.command(
    epilog="""\b
Examples:
  popsim compare results/pops
  popsim compare results/pops --baseline without_technology_transfer
  popsim compare results/pops --json

\b
An option is a table [[option]] of the study, with its id, name, rationale and
the keys that it sets. "full" is the full programme, without any option."""
)
@run_argument
@click.option(
    "--baseline",
    default=FULL,
    show_default=True,
    metavar="OPTION",
    shell_complete=complete_option,
    help="Option that the others are compared with.",
)
@trust_option
@as_json_option
def command(run: Path, baseline: str, trust_edited: bool, as_json: bool) -> None:
    """Compare the options of a run, scenario by scenario.

    RUN is a folder that "popsim run" made of a study with options. All options share their random numbers: a difference
    is due to the option and not to chance.
    """
    spare_dask(run)
    from popsim.analysis import summarise
    from popsim.cli.progress import reading_bar
    from popsim.engine.runs import is_read_when_used
    from popsim.report.comparison import Comparison
    from popsim.report.data import gather

    loaded = read_figures(run, trust_edited)
    dataset = loaded.dataset if as_json else _without_others(loaded.dataset, _PRINTED)
    # A file is read whole, not again for each option; what is in a store may be more than the memory holds.
    if not is_read_when_used(dataset):
        dataset.load()
    totals = dataset[[total for total in TOTALS if total in dataset]]
    with reading_bar("Differences", dataset):
        data = gather(loaded.study, dataset, summarise(totals, loaded.study.coverage))
        comparison = Comparison(data, baseline, None if as_json else _PRINTED)
        comparison.differences  # noqa: B018  refuses what cannot be compared before anything is printed
    if as_json:
        print_json(_as_mapping(comparison, run))
        return
    _print_comparison(comparison)


def _without_others(dataset: xr.Dataset, groupings: Sequence[str]) -> xr.Dataset:
    """Return a run without breakdowns of its scenarios by anything but these: most of a file."""
    others = [
        name
        for name, variable in dataset.variables.items()
        if "scenario" in variable.dims and "_by_" in str(name) and str(name).partition("_by_")[2] not in groupings
    ]
    return dataset.drop_vars(others)


def _print_comparison(comparison: Comparison) -> None:
    """Print the sentences and tables of the report, and what they leave out."""
    from popsim.report.document import Paragraph, Table
    from popsim.report.sections import headline
    from popsim.report.sections import options as section

    data = comparison.data
    print_text(data.study.title)
    print_text(headline.subtitle(data))
    print_scenarios(data.dataset, data.study)
    print_sentences(comparison)
    print_tables(comparison)
    for option in comparison.options:
        for block in section.sources(comparison, option):
            if isinstance(block, Table):
                print_table(block)
            elif isinstance(block, Paragraph):
                print_text(block.text)
    for sentence in section.gains(comparison):
        click.echo()
        print_text(sentence)


def _as_mapping(comparison: Comparison, folder: Path) -> dict[str, Any]:
    """Return everything in full precision: money in units of the currency; each ``..._error`` is one standard error."""
    study = comparison.data.study
    return {
        "study": study.name,
        "title": study.title,
        "currency": study.currency,
        "price_year": study.price_year,
        "coverage": study.coverage,
        "scenarios": comparison.data.scenarios,
        "seed": seed_of(comparison.data.dataset.attrs, study.seed),
        "baseline": comparison.baseline,
        "folder": str(folder),
        **trusted_as_mapping(comparison.data.dataset),
        "options": [_option(comparison, option) for option in comparison.all_options],
    }


def _option(comparison: Comparison, option: str) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "id": option,
        "name": comparison.names[option],
        "rationale": comparison.rationales.get(option, ""),
        **option_as_mapping(comparison, option),
    }
    if option == comparison.baseline:
        return figures
    by = {
        base: {
            dimension: _parts(comparison, option, f"{base}_by_{dimension}", dimension)
            for dimension in _dimensions(comparison, base)
        }
        for base in TOTAL_BASES
    }
    return {**figures, "difference_by": {base: parts for base, parts in by.items() if parts}}


def _dimensions(comparison: Comparison, total: str) -> list[str]:
    ending = "_difference_share"
    return [
        str(name).removeprefix(f"{total}_by_").removesuffix(ending)
        for name in comparison.differences.data_vars
        if str(name).startswith(f"{total}_by_") and str(name).endswith(ending)
    ]


def _parts(comparison: Comparison, option: str, name: str, dimension: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            **with_errors(
                mean=comparison.mean(name, option, **{dimension: label}),
                share=comparison.measured(f"{name}_difference_share", option, **{dimension: label}),
            ),
        }
        for label in comparison.differences[dimension].values.tolist()
    ]


def print_sentences(comparison: Comparison) -> None:
    """Print what each option costs more or less, and what has to be known to read it."""
    from popsim.report.sections import options as section

    for option in comparison.options:
        click.echo()
        for sentence in section.sentences(comparison, option):
            print_text(sentence)
    for sentence in section.notes(comparison):
        click.echo()
        print_text(sentence)


def print_tables(comparison: Comparison, with_shares: bool = True) -> None:
    """Print what each option costs, how far it is from the baseline, and in which share of scenarios it costs more."""
    from popsim.report.sections import options as section

    for base in comparison.bases:
        print_table(section.levels(comparison, base))
        print_table(section.differences(comparison, base))
        if with_shares:
            print_table(section.shares(comparison, base))
        if (prices := section.other_prices(comparison, base)) is not None:
            print_table(prices)


def option_as_mapping(comparison: Comparison, option: str) -> dict[str, Any]:
    """Return all totals of an option and their differences to the baseline, in full precision.

    Returns
    -------
    dict
        Money in units of the currency (not in millions); every ``..._error`` is one Monte Carlo standard error. Of each
        total its range; and of each option but the baseline ``says``, the sentences of the report, and ``difference``.
    """
    from popsim.report.numbers import NO_BREAK, THIN
    from popsim.report.sections import options as section

    names = [name for name in TOTALS if comparison.has(name)]
    figures: dict[str, Any] = {name: _range(comparison.levels[option], name) for name in names}
    if option == comparison.baseline:
        return figures
    return {
        **figures,
        "says": [sentence.replace(NO_BREAK, " ").replace(THIN, " ") for sentence in section.facts(comparison, option)],
        "difference": {name: _difference(comparison, option, name) for name in names},
        "payments_ceased": [
            {"component": each.component, "name": each.name, "payments": each.payments, **each.money}
            for each in comparison.ceased(option)
        ],
    }


def _range(level: ReportData, total: str) -> dict[str, float]:
    # Where nothing is paid after the last year, all years are those of the study.
    total = total if level.has(total) else total.removesuffix("_all_years")
    return range_as_mapping(level, total)


def _difference(comparison: Comparison, option: str, total: str) -> dict[str, float]:
    low, high = comparison.range(total, option)
    money = {
        "low": low,
        "median": comparison.quantile(total, option, 0.5),
        "high": high,
        "mean": comparison.mean(total, option),
        "standard_deviation": comparison.measured(f"{total}_difference_std", option),
    }
    shares = {name: comparison.measured(f"{total}_{name}", option) for name in ("dearer", "cheaper", "equal")}
    together = {"correlation": comparison.measured(f"{total}_correlation", option)}
    gain = {name: comparison.number(f"{total}_{name}", option) for name in ("error_ratio", "variance_reduction")}
    counted = {f"scenarios_{word}": figures for word, figures in comparison.counted(total, option)._asdict().items()}
    exact = {"mean_is_exact": True} if comparison.is_mean_exact(total, option) else {}
    return {**with_errors(**money, **shares, **together), **exact, **gain, **counted}
