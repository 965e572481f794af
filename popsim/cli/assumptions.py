"""``popsim assumptions``: which assumptions of a study matter, by what the range does when each is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from popsim.cli.loading import read_study
from popsim.cli.output import print_json, print_notes, print_table, print_text
from popsim.cli.parameters import (
    as_json_option,
    data_folder_option,
    overrides_of,
    seed_option,
    settings_option,
    study_argument,
    threads_option,
    trust_option,
    whole_number,
)
from popsim.schema import seed_of

if TYPE_CHECKING:
    from pathlib import Path

    import xarray as xr

    from popsim.study.model import Study


@click.command(
    epilog="""\b
Examples:
  popsim assumptions pops
  popsim assumptions my-study.toml --stated
  popsim assumptions pops --scenarios 16384 --json

\b
A stated alternative is a table [[what_if]] of the study, with its id, name,
rationale, the assumption that it is an alternative to, and the keys that it
sets."""
)
@study_argument
@click.option(
    "--scenarios", type=whole_number(1), default="4096", show_default=True, metavar="N", help="Scenarios of each run."
)
@seed_option
@click.option("--stated", is_flag=True, help="The alternatives that the study states alone; no uncertain amounts.")
@settings_option
@data_folder_option
@threads_option
@trust_option
@as_json_option
def command(
    study: str,
    scenarios: int,
    seed: int | None,
    stated: bool,
    settings: tuple[str, ...],
    data_folders: tuple[Path, ...],
    threads: int | None,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """Find which assumptions of a study move its range.

    STUDY is a TOML file or the name of a packaged study. Each amount that is drawn once for all countries, and the
    level that countries have in common, is fixed at its 5th and at its 95th percentile; each alternative that the study
    states is run; all on the random numbers of the study as it is.
    """
    from popsim.analysis.assumptions import assumptions
    from popsim.cli.progress import progress_bar

    loaded = read_study(study, overrides_of(settings, {"scenarios.seed": seed}), trust_edited, data_folders)
    print_notes(loaded)
    with progress_bar("Changes") as progress:
        found = assumptions(loaded, scenarios=scenarios, own=not stated, threads=threads, progress=progress)
    if as_json:
        print_json({**_about(loaded, found), **as_mapping(found)})
        return
    _print(loaded, found)


def _print(study: Study, found: xr.Dataset) -> None:
    """Print the sentences and tables of the report, none of them folded."""
    from popsim.report.document import Details, Entry, Paragraph, Table
    from popsim.report.numbers import count
    from popsim.report.sections import which_assumptions as section

    print_text(study.title)
    print_text(f"{count(int(found.attrs['scenarios']))} scenarios per run, seed {seed_of(found.attrs)}.")
    if found.sizes["case"] < 2:
        print_text("Nothing to change: no amount is uncertain for all countries alike, and no alternative is stated.")
        return
    for block in section.blocks(found, study, section.units_of(found, study)):
        if isinstance(block, Details):
            click.echo()
            print_text(f"{block.summary}.")
        for part in block.blocks if isinstance(block, Details) else (block,):
            if isinstance(part, Table):
                print_table(part)
            elif isinstance(part, Paragraph):
                click.echo()
                print_text(part.text)
            elif isinstance(part, Entry):
                click.echo()
                changes = ", ".join(f"{key} = {value}" for key, value in part.facts[1:])
                print_text(f"{part.title} ({changes}). {part.text}")


def _about(study: Study, found: xr.Dataset) -> dict[str, Any]:
    return {
        "study": study.name,
        "title": study.title,
        "currency": study.currency,
        "price_year": study.price_year,
        "seed": seed_of(found.attrs),
        "plan_digest": found.attrs["plan_digest"],
    }


def as_mapping(found: xr.Dataset) -> dict[str, Any]:
    """Return every change in full precision: money in units of the currency; ``..._error`` is one standard error."""
    totals = [str(name).removesuffix("_quantile") for name in found.data_vars if str(name).endswith("_quantile")]
    return {
        "coverage": found.attrs["coverage"],
        "headline": found.attrs["headline"],
        "scenarios": int(found.attrs["scenarios"]),
        "assumptions": [_case(found.isel(case=place), totals) for place in range(found.sizes["case"])],
    }


def _case(case: xr.Dataset, totals: list[str]) -> dict[str, Any]:
    labels = ("case", "case_name", "assumption", "assumption_name", "kind", "probability", "value")
    levels = [f"{level:g}" for level in case["quantile"].values.tolist()]
    return {
        **{name.replace("case_name", "name").replace("case", "id"): case[name].item() for name in labels},
        **{total: _figures(case, total, levels) for total in totals},
    }


def _figures(case: xr.Dataset, total: str, levels: list[str]) -> dict[str, Any]:
    quantiles = [
        f"{total}_{statistic}{suffix}" for statistic in ("quantile", "quantile_change") for suffix in ("", "_error")
    ]
    widths = [f"{total}_width_change", f"{total}_width_change_error"]
    return {
        **{
            name.removeprefix(f"{total}_"): dict(zip(levels, case[name].values.tolist(), strict=True))
            for name in quantiles
        },
        **{name.removeprefix(f"{total}_"): case[name].item() for name in widths},
    }


def attached_as_mapping(dataset: xr.Dataset) -> dict[str, Any]:
    """Return the changes that a run holds, or why it holds none; nothing where neither is known."""
    from popsim.analysis.attached import assumptions_left_out, attached_assumptions

    why = assumptions_left_out(dataset)
    if why is not None:
        return {"assumptions": {"left_out": why}}
    found = attached_assumptions(dataset)
    return {} if found is None else {"assumptions": as_mapping(found)}
