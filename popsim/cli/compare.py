"""``popsim compare``: what the options of a run cost more or less than one of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.options import as_mapping, measured, print_sentences, print_tables
from popsim.cli.words import as_json_option, print_json
from popsim.schema import FULL, TOTAL_BASES, seed_of

if TYPE_CHECKING:
    from popsim.report.comparison import Comparison

__all__ = ["command"]


@click.command(
    epilog="""\b
Examples:
  popsim compare results/pops
  popsim compare results/pops --baseline without_technology_transfer
  popsim compare results/pops --json

\b
An option is a table [[option]] of the study, with its id, name, rationale and
the keys that it sets. "full" is the study as written."""
)
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option(
    "--baseline", default=FULL, show_default=True, metavar="OPTION", help="Option that the others are held against."
)
@as_json_option
def command(run: Path, baseline: str, as_json: bool) -> None:
    """Compare the options of a run, scenario by scenario.

    RUN is a folder that "popsim run" made of a study with options. All options share their random numbers: a difference
    is due to the option and not to chance.
    """
    from popsim.engine.runs import load_run
    from popsim.report.comparison import Comparison
    from popsim.report.facts import gather

    loaded = load_run(run)
    comparison = Comparison(gather(loaded.study, loaded.dataset), baseline)
    comparison.found  # noqa: B018  refuses what cannot be compared before anything is printed
    if as_json:
        print_json(_as_mapping(comparison, run))
        return
    _print(comparison)


def _print(comparison: Comparison) -> None:
    """Print the sentences and tables of the report, and what they leave out."""
    from popsim.cli.results import print_table, print_text
    from popsim.report.document import Paragraph, Table
    from popsim.report.sections import headline
    from popsim.report.sections import options as words
    from popsim.report.sections.words import plural

    facts = comparison.facts
    print_text(facts.study.title)
    print_text(headline.subtitle(facts))
    print_text(f"{plural(facts.scenarios, 'scenario')}, seed {seed_of(facts.dataset.attrs, facts.study.seed)}.")
    print_sentences(comparison)
    print_tables(comparison)
    for option in comparison.options:
        for block in words.sources(comparison, option):
            if isinstance(block, Table):
                print_table(block)
            elif isinstance(block, Paragraph):
                print_text(block.text)
    for sentence in words.gains(comparison):
        click.echo()
        print_text(sentence)


def _as_mapping(comparison: Comparison, folder: Path) -> dict[str, Any]:
    """Collect everything in full precision; money in units of the currency, every ``..._error`` one standard error."""
    study = comparison.facts.study
    return {
        "study": study.name,
        "title": study.title,
        "currency": study.currency,
        "price_year": study.price_year,
        "coverage": study.coverage,
        "scenarios": comparison.facts.scenarios,
        "seed": seed_of(comparison.facts.dataset.attrs, study.seed),
        "baseline": comparison.baseline,
        "folder": str(folder),
        "options": [_option(comparison, option) for option in comparison.all_options],
    }


def _option(comparison: Comparison, option: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": option,
        "name": comparison.names[option],
        "rationale": comparison.rationales.get(option, ""),
        **as_mapping(comparison, option),
    }
    if option == comparison.baseline:
        return found
    by = {
        base: {
            dimension: _parts(comparison, option, f"{base}_by_{dimension}", dimension)
            for dimension in _dimensions(comparison, base)
        }
        for base in TOTAL_BASES
    }
    return {**found, "difference_by": {base: parts for base, parts in by.items() if parts}}


def _dimensions(comparison: Comparison, total: str) -> list[str]:
    ending = "_difference_share"
    return [
        str(name).removeprefix(f"{total}_by_").removesuffix(ending)
        for name in comparison.found.data_vars
        if str(name).startswith(f"{total}_by_") and str(name).endswith(ending)
    ]


def _parts(comparison: Comparison, option: str, name: str, dimension: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            **measured(
                {
                    "mean": comparison.mean(name, option, **{dimension: label}),
                    "share": comparison.measured(f"{name}_difference_share", option, **{dimension: label}),
                }
            ),
        }
        for label in comparison.found[dimension].values.tolist()
    ]
