"""``popsim solve``: the value of one key at which a budget just suffices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from popsim.cli.completion import complete_setting
from popsim.cli.loading import read_study
from popsim.cli.output import print_json, print_notes, print_text
from popsim.cli.parameters import (
    as_json_option,
    data_folder_option,
    overrides_of,
    positive_number,
    seed_option,
    settings_option,
    share_of_one,
    study_argument,
    threads_option,
    trust_option,
    whole_number,
)
from popsim.schema import TOTALS, seed_of

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from popsim.study.model import Study


@click.command(
    epilog="""\b
Examples:
  popsim solve pops --vary financing.cofinancing \\
      --confidence 80% --amount 2.9e9
  popsim solve pops --vary start.years --high 5 \\
      --confidence 50% --amount 2.5e9
  popsim solve my-study.toml --vary area.f.postponed --high 4 --of cost \\
      --confidence 80% --amount 1.2e9"""
)
@study_argument
@click.option(
    "--vary", required=True, metavar="KEY", shell_complete=complete_setting, help="Key whose value is sought."
)
@click.option(
    "--confidence",
    required=True,
    type=share_of_one,
    metavar="P",
    help="How sure the amount is, such as 80%.",
)
@click.option("--amount", required=True, type=positive_number, metavar="AMOUNT", help="The budget, such as 1.2e9.")
@click.option(
    "--of",
    "of",
    type=click.Choice([name for name in TOTALS if "all_years" not in name]),
    metavar="TOTAL",
    help="What it has to pay for: financing_need, cost or another total; else that which the report speaks of first.",
)
@click.option("--low", type=float, metavar="X", help="Lowest value that is tried; else the limit of the key.")
@click.option("--high", type=float, metavar="X", help="Highest value that is tried; else the limit of the key.")
@click.option("--scenarios", type=whole_number(1), metavar="N", help="How many scenarios; else as the study says.")
@seed_option
@settings_option
@data_folder_option
@threads_option
@trust_option
@as_json_option
def command(
    study: str,
    vary: str,
    confidence: float,
    amount: float,
    of: str | None,
    low: float | None,
    high: float | None,
    scenarios: int | None,
    seed: int | None,
    settings: tuple[str, ...],
    data_folders: tuple[Path, ...],
    threads: int | None,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """Find the value of one key at which a budget suffices.

    STUDY is a TOML file or the name of a packaged study. Every value is tried on the same random numbers, for the full
    programme; the answer has its Monte Carlo error.
    """
    from popsim.analysis.solve import solve
    from popsim.cli.progress import progress_bar

    loaded = read_study(
        study,
        overrides_of(settings, {"scenarios.count": scenarios, "scenarios.seed": seed}),
        trust_edited,
        data_folders,
    )
    print_notes(loaded)
    with progress_bar("Values") as bar:

        def report(count: int, _needed: float) -> None:
            if bar is not None:
                bar.describe(f"Values tried: {count}")

        found = solve(
            loaded,
            vary=vary,
            confidence=confidence,
            amount=amount,
            variable=of,
            low=low,
            high=high,
            threads=threads,
            progress=report,
        )
    if as_json:
        print_json(_as_mapping(found, loaded))
        return
    _print(found, loaded)


def _print(found: xr.Dataset, study: Study) -> None:
    from popsim.report.numbers import exact_money, percent, rounded, written
    from popsim.report.totals import noun
    from popsim.report.units import unit_for

    stated = found.attrs
    value, error = found["value"].item(), found["value_error"].item()
    unit = unit_for(stated["amount"], study.currency)
    print_text(study.title)
    print_text(f"{stated['scenarios']:,} scenarios, seed {seed_of(stated, study.seed)}, the same for every value.")
    click.echo()
    is_whole = found["tried"].dtype.kind == "i"
    printed = str(int(value)) if is_whole else written(rounded(value, error)[0])
    size = written(rounded(error, error / 4.0)[0]) if error < float("inf") else "unknown"
    budget = f"{exact_money(stated['amount'], unit)} is enough with {percent(stated['confidence'])} confidence"
    print_text(f"{stated['vary']} = {printed}: {budget} for the {noun(stated['variable'], study)}.")
    what = "the point between whole numbers" if is_whole else "this value"
    print_text(f"Monte Carlo error of {what}: {size} ({found.sizes['tried']} values tried).")


def _as_mapping(found: xr.Dataset, study: Study) -> dict[str, Any]:
    names = ("vary", "variable", "confidence", "amount", "low", "high", "scenarios")
    order = found["tried"].values.argsort()
    return {
        "study": study.name,
        "currency": study.currency,
        "price_year": study.price_year,
        "seed": seed_of(found.attrs, study.seed),
        **{name: found.attrs[name] for name in names},
        **{str(name): values.item() for name, values in found.data_vars.items() if not values.dims},
        "tried": [
            {"value": value, "needed": needed}
            for value, needed in zip(
                found["tried"].values[order].tolist(), found["needed"].values[order].tolist(), strict=True
            )
        ],
    }
