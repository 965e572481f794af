"""``popsim report``: write the report of a run anew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option, run_argument
from popsim.errors import ParameterError, Problem, nearest
from popsim.schema import REPORT_FILE

if TYPE_CHECKING:
    import xarray as xr

    from popsim.engine.runs import Run

FORMATS = {"html": REPORT_FILE}
"""File name by format."""


@click.command(
    epilog="""\b
Examples:
  popsim report results/pops
  popsim report results/pops --drivers"""
)
@run_argument
@click.option("--format", "formats", default="html", show_default=True, help="Formats, separated by commas.")
@click.option(
    "--drivers/--no-drivers",
    "drivers",
    default=None,
    help="Find out what makes the range and keep it in the run, or leave it out of the report; else as the run has it.",
)
@as_json_option
def command(run: Path, formats: str, drivers: bool | None, as_json: bool) -> None:
    """Write the report of a run anew, without simulating.

    RUN is a folder that "popsim run" made. The report is written from ensemble.nc and study.toml in it.
    """
    wanted = _formats(formats)
    from popsim.engine.runs import load_run, written_whole
    from popsim.report.data import gather
    from popsim.report.html import write_html

    loaded = load_run(run)
    dataset = loaded.dataset
    if drivers is not None:
        dataset = _with_drivers(loaded, drivers)
    data = gather(loaded.study, dataset)
    written = {name: run / FORMATS[name] for name in wanted}
    for path in written.values():
        with written_whole(path) as partial:
            write_html(partial, loaded.study, dataset, data)
    if as_json:
        from popsim.cli.drivers import attached_as_mapping

        print_json({"files": {name: str(path) for name, path in written.items()}, **attached_as_mapping(dataset)})
        return
    if drivers:
        from popsim.cli.results import print_drivers

        print_drivers(data)
    for path in written.values():
        click.echo(f"Report: {path}")


def _with_drivers(run: Run, wanted: bool) -> xr.Dataset:
    """Return the run with drivers, which are stored in its folder too, or without them."""
    from popsim.analysis.attached import add_drivers
    from popsim.cli.progress import progress_bar
    from popsim.engine.runs import replace_ensemble

    with progress_bar("What makes the range") as progress:
        dataset = add_drivers(run.study, run.dataset, wanted, progress=progress)
    if wanted:
        replace_ensemble(run.folder, dataset)
    return dataset


def _formats(text: str) -> list[str]:
    """Return the formats in a list; refuse together those that this version cannot write."""
    wanted = [word.strip() for word in text.split(",")]
    problems = [
        Problem("--format", (), name or "nothing", ", ".join(FORMATS), nearest(name, list(FORMATS)))
        for name in wanted
        if name not in FORMATS
    ]
    if problems:
        raise ParameterError(problems)
    return list(dict.fromkeys(wanted))
