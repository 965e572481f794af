"""``popsim run``: simulate a study, store the run, print the range."""

from __future__ import annotations

from pathlib import Path

import click

from popsim.cli.completion import complete_formats, complete_study
from popsim.cli.first_run import begin_compiling
from popsim.cli.folder import check_replaceable, older_run
from popsim.cli.loading import read_study
from popsim.cli.make import make_run, print_run
from popsim.cli.output import print_notes
from popsim.cli.parameters import (
    as_json_option,
    data_folder_option,
    memory_option,
    overrides_of,
    scheduler_option,
    seed_option,
    settings_option,
    share_of_one,
    threads_option,
    trust_option,
    whole_number,
)
from popsim.cli.request import RunOptions, begin_run, kept_when_stopped, today
from popsim.cli.scenarios import Resources
from popsim.report.formats import chosen


@click.command(
    epilog="""\b
Examples:
  popsim run
  popsim run --scenarios 50000 --seed 7
  popsim run --precision 0.5%
  popsim run my-study.toml --out results/mine
  popsim run --set area.f.include=false --out results/without-f

\b
The folder receives
  report.html   the report; open it in a browser
  report.docx   an information note of some five pages
  report.xlsx   a workbook that computes budgets and packages
  summary.csv   every range with its Monte Carlo error, for a spreadsheet
  ensemble.nc   every scenario, for xarray; or ensemble.zarr, if they are many
  joint.nc      some scenarios in fine detail, for the page
  request.json  what was asked, for "popsim resume" and "popsim extend"
  manifest.json the files of the run, compared whenever it is read
  study.toml    the study as run; inputs/ holds the files it was read from
  plan.nc       what fixes the numbers to the last bit"""
)
@click.argument("study", default="pops", metavar="[STUDY]", shell_complete=complete_study)
@click.option("--scenarios", type=whole_number(1), metavar="N", help="How many scenarios; else as the study says.")
@seed_option
@click.option(
    "--precision",
    type=share_of_one,
    metavar="P",
    help="As many scenarios as it takes until the 95 % half-width of the Monte Carlo error of the ends and the median "
    "of the range of the total is below P of each, such as 0.5%, by the cheapest design where the study states none; "
    "--scenarios then says how many at most.",
)
@settings_option
@data_folder_option
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the run; else results/NAME-OF-THE-STUDY."
)
@threads_option
@memory_option
@scheduler_option
@click.option(
    "--drivers/--no-drivers",
    "drivers",
    default=None,
    help="What makes the range: more precisely, or not at all; else within a budget of work.",
)
@click.option(
    "--assumptions/--no-assumptions",
    "assumptions",
    default=None,
    help="What each assumption does to the range: more precisely, or not at all; else within a budget of work.",
)
@click.option(
    "--format",
    "formats",
    default="html,docx,xlsx",
    show_default=True,
    envvar="POPSIM_FORMAT",
    show_envvar=True,
    metavar="NAMES",
    shell_complete=complete_formats,
    help='Documents that are written, separated by commas; "popsim report" writes others later.',
)
@trust_option
@as_json_option
def command(
    study: str,
    scenarios: int | None,
    seed: int | None,
    precision: float | None,
    settings: tuple[str, ...],
    data_folders: tuple[Path, ...],
    out: Path | None,
    threads: int | None,
    memory: str | None,
    scheduler: str | None,
    drivers: bool | None,
    assumptions: bool | None,
    formats: str,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """Simulate a study and write its report.

    STUDY is a TOML file or the name of a packaged study; without it the packaged study "pops" runs. "popsim check
    STUDY" describes it, or lists what is wrong with it.
    """
    documents = chosen(formats)
    wait_for_kernels = begin_compiling(threads, *(each.module for each in documents))
    overrides = overrides_of(settings, {"scenarios.count": scenarios, "scenarios.seed": seed})
    from popsim.engine.run_folder import Request, locked, recover
    from popsim.plan import compile as compile_plan

    loaded = read_study(study, overrides, trust_edited, data_folders)
    if precision is not None and not loaded.design_is_stated:
        from popsim.analysis.precision import cheapest_design
        from popsim.study.load import load_study

        design = cheapest_design(max_scenarios=scenarios)
        loaded = load_study(study, {**overrides, "scenarios.design": design}, data_folders=data_folders)
        click.echo(f'Design: "{design}", the cheapest for a precision; scenarios.design states another.', err=True)
    print_notes(loaded)
    folder = Path("results", loaded.name) if out is None else out
    target = check_replaceable(folder)
    resources = Resources.of(threads, memory, scheduler)
    options = RunOptions(
        formats=tuple(each.name for each in documents),
        drivers=drivers,
        assumptions=assumptions,
        precision=precision,
        max_scenarios=None if precision is None else scenarios,
        date=today(),
        reading=loaded.reading,
        notes=loaded.notes,
    )
    with locked(target):
        recover(target)
        replaced = older_run(target)
        with kept_when_stopped(folder, target):
            plan = compile_plan(loaded)
            request = Request("run", plan.digest, options.as_mapping())
            request = begin_run(folder, target, request, loaded, plan)
            wait_for_kernels()
            data = make_run(target, request, loaded, plan, resources)
    print_run(data, folder, target, RunOptions.of(request), replaced, as_json)
