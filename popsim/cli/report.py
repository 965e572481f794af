"""``popsim report``: write documents of a run."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.beside import beside
from popsim.cli.completion import complete_formats, complete_languages
from popsim.cli.folder import added_to, changed_run
from popsim.cli.loading import read_run
from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option, run_argument, trust_option
from popsim.cli.sparing import spare_dask
from popsim.errors import ParameterError, Problem
from popsim.report.formats import FORMATS, chosen, chosen_languages
from popsim.schema import pictures_folder

if TYPE_CHECKING:
    import xarray as xr

    from popsim.cli.progress import ProgressBar
    from popsim.engine.runs import Run
    from popsim.report.data import ReportData
    from popsim.report.formats import Format

_PAGES = ("html", "pdf")
"""Formats that are laid out as the page is."""


@click.command(
    epilog=f"""\b
Examples:
  popsim report results/pops
  popsim report results/pops --format html,docx,xlsx
  popsim report results/pops --format html --language fr,es --out documents
  popsim report results/pops --drivers

\b
Formats:
{chr(10).join(f"  {each.name:8} {each.about}" for each in FORMATS.values())}"""
)
@run_argument
@click.option(
    "--format",
    "formats",
    default="html",
    show_default=True,
    metavar="NAMES",
    shell_complete=complete_formats,
    help="Formats, separated by commas.",
)
@click.option(
    "--language",
    "languages",
    default="en",
    show_default=True,
    metavar="CODES",
    shell_complete=complete_languages,
    help="Languages, separated by commas: en, and as machine translations fr, es, ar. Files of other languages than "
    "English are called after it, as report.fr.html.",
)
@click.option(
    "--locale",
    metavar="LOCALE",
    help="Decimal sign and separator of CSV, such as fr or de_CH; else those of a program that reads CSV.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder for the documents; else the one of the run."
)
@click.option(
    "--drivers/--no-drivers",
    "drivers",
    default=None,
    help="Find out what makes the range and keep it in the run, or leave it out of the report; else as the run has it.",
)
@trust_option
@as_json_option
def command(
    run: Path,
    formats: str,
    languages: str,
    locale: str | None,
    out: Path | None,
    drivers: bool | None,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """Write documents of a run, without simulating.

    RUN is a folder that "popsim run" made. Documents are written from ensemble.nc and study.toml in it.
    """
    wanted, codes = chosen(formats), chosen_languages(languages)
    if locale is not None and not any(each.takes_locale for each in wanted):
        raise ParameterError(
            Problem("--locale", (), locale, "only with --format csv", "--language sets that of others")
        )
    spare_dask(run)
    from popsim.cli.progress import progress_bar
    from popsim.report.data import gather

    files = {each.file(code) for each in wanted for code in codes}
    remade = files | {pictures_folder(name) for name in files} if out is None else set()
    loaded = read_run(run, trust_edited, remade)
    if drivers is not None:
        loaded = _with_drivers(loaded, drivers)
    with progress_bar("Documents") as progress:
        data = gather(loaded.study, loaded.dataset, joint=loaded.joint)
        written = _write(data, wanted, codes, locale, loaded, run if out is None else out, progress)
    if as_json:
        from popsim.cli.drivers import attached_as_mapping

        print_json({"files": {name: str(path) for name, path in written.items()}, **attached_as_mapping(data.dataset)})
        return
    if drivers:
        from popsim.cli.results import print_drivers

        print_drivers(data)
    for path in written.values():
        click.echo(f"Report: {path}")


def _write(
    data: ReportData,
    formats: list[Format],
    codes: list[str],
    locale: str | None,
    run: Run,
    folder: Path,
    progress: ProgressBar | None,
) -> dict[str, Path]:
    """Write each document, whole or not at all: its path by the name of the format, and of another language."""
    from popsim.report import language

    written: dict[str, Path] = {}
    wanted = sum(len(codes) if each.has_words else 1 for each in formats)
    for code in codes:
        for each in formats:
            if each.name in written and not each.has_words:
                continue
            with language.using(code), added_to(folder, run) as unfinished:
                if each.name in _PAGES:
                    _share(data)
                path = each.write(unfinished, data.study, data.every_option, data, locale)
            name = each.name if path.name == each.file("en") else f"{each.name}.{code}"
            written[name] = folder / path.name
            if progress is not None:
                progress(len(written), wanted)
    return written


def _share(data: ReportData) -> None:
    """Write and draw the sections of the page by two processes, where that is safe; else when the page is laid out."""
    from popsim.engine.runs import is_read_when_used
    from popsim.report.ahead import HALF, OTHER_HALF, take_over, write_ahead
    from popsim.report.data import data_in_language
    from popsim.report.live import live_of

    with beside(partial(write_ahead, data, HALF), allowed=not is_read_when_used(data.dataset)) as other:
        write_ahead(data, OTHER_HALF)
        live_of(data_in_language(data.study, data.every_option, data))
        take_over(data, other())


def _with_drivers(run: Run, wanted: bool) -> Run:
    """Return the run with drivers, which are stored in its folder too, or without them."""
    from dataclasses import replace

    from popsim.analysis.attached import add_drivers
    from popsim.cli.progress import progress_bar
    from popsim.engine.manifest import read_manifest
    from popsim.engine.runs import replace_ensemble

    with progress_bar("What makes the range") as progress:
        dataset: xr.Dataset = add_drivers(run.study, run.dataset, wanted, progress=progress)
    if not wanted:
        return replace(run, dataset=dataset)
    with changed_run(run):
        replace_ensemble(run.folder, dataset)
        manifest = read_manifest(run.folder)
    return replace(run, dataset=dataset, verified=replace(run.verified, manifest=manifest))
