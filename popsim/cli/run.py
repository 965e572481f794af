"""``popsim run``: simulate a study, store the run, print the range."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.completion import complete_formats, complete_study
from popsim.cli.folder import check_replaceable, older_run, replacing
from popsim.cli.output import print_json, print_notes, print_text
from popsim.cli.parameters import (
    as_json_option,
    overrides_of,
    seed_option,
    settings_option,
    share_of_one,
    threads_option,
    whole_number,
)
from popsim.report.formats import chosen
from popsim.schema import RUN_FILES, SUMMARY_FILE

if TYPE_CHECKING:
    import xarray as xr

    from popsim.cli.progress import ProgressBar
    from popsim.plan.model import Plan
    from popsim.report.data import ReportData
    from popsim.report.formats import Format
    from popsim.study.model import Study


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
  ensemble.nc   every scenario, for xarray
  joint.nc      some scenarios in fine detail, for the page
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
    "of the range of the total is below P of each, such as 0.5%; --scenarios then says how many at most.",
)
@settings_option
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the run; else results/NAME-OF-THE-STUDY."
)
@threads_option
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
@as_json_option
def command(
    study: str,
    scenarios: int | None,
    seed: int | None,
    precision: float | None,
    settings: tuple[str, ...],
    out: Path | None,
    threads: int | None,
    drivers: bool | None,
    assumptions: bool | None,
    formats: str,
    as_json: bool,
) -> None:
    """Simulate a study and write its report.

    STUDY is a TOML file or the name of a packaged study; without it the packaged study "pops" runs. "popsim check
    STUDY" describes it, or lists what is wrong with it.
    """
    documents = chosen(formats)
    overrides = overrides_of(settings, {"scenarios.count": scenarios, "scenarios.seed": seed})
    from popsim.study.load import load_study

    loaded = load_study(study, overrides)
    print_notes(loaded)
    folder = Path("results", loaded.name) if out is None else out
    target = check_replaceable(folder)
    wanted = None if precision is None else _PrecisionTarget(precision, scenarios, study, overrides)
    replaced = older_run(target)
    data = _simulate_into(target, loaded, threads, wanted, _Beside(drivers, assumptions, documents))
    if replaced is not None:
        click.echo(f"In {folder}: replaced {replaced}.", err=True)
    if as_json:
        from popsim.cli.results import as_mapping

        files = tuple(name for name in RUN_FILES if (target / name).exists())
        print_json({**as_mapping(data, target, files), "replaced": replaced})
        return
    from popsim.cli.results import print_results

    print_results(data)
    if precision is not None:
        print_text(_reached(data))
    click.echo()
    for document in documents:
        click.echo(f"Report: {folder / document.file('en')}")


@dataclass(frozen=True)
class _PrecisionTarget:
    """A precision to be reached, and the source of the study, to read it again with the scenarios that it took."""

    precision: float
    max_scenarios: int | None
    source: str
    overrides: Mapping[str, object]

    def simulate(self, plan: Plan, threads: int | None, bar: ProgressBar | None) -> tuple[Study, Plan, xr.Dataset]:
        """Simulate as many scenarios as it takes: the study and the plan with that number, and the dataset."""
        from popsim.analysis.precision import simulate_to
        from popsim.plan import compile as compile_plan
        from popsim.study.load import load_study

        def show_reached(count: int, reached: float) -> None:
            if bar is not None:
                bar.describe(f"Scenarios: {count:,} reach {100 * reached:.2g} %, wanted {100 * self.precision:.2g} %")

        dataset = simulate_to(
            plan,
            precision=self.precision,
            breakdowns=_breakdowns(plan),
            threads=threads,
            max_scenarios=self.max_scenarios,
            progress=bar,
            on_batch=show_reached,
        )
        took = {"scenarios.count": dataset.sizes["scenario"], "scenarios.replicates": int(dataset.attrs["replicates"])}
        study = load_study(self.source, {**self.overrides, **took})
        as_run = compile_plan(study)
        return study, as_run, dataset.assign_attrs(study=as_run.about.study_text)


@dataclass(frozen=True)
class _Beside:
    """What is wanted beside the scenarios: documents, and figures, True for more precise ones, None as affordable."""

    drivers: bool | None
    assumptions: bool | None
    documents: Sequence[Format]


def _breakdowns(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return the breakdowns of the study, and the one by what widths rest on, which the report needs."""
    return (*plan.about.breakdowns, ("width",))


def _today() -> str:
    """Return the day of the run; SOURCE_DATE_EPOCH, where it is set, says which, so that a build can be repeated."""
    try:
        moment = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):  # not stated, or no moment
        moment = datetime.now(UTC)
    return moment.date().isoformat()


def _reached(data: ReportData) -> str:
    """Return a sentence on the precision reached and what it took."""
    reached, wanted = (100 * float(data.dataset.attrs[name]) for name in ("precision_reached", "precision"))
    count = data.replicates
    scramblings = f" ({count} independent scramblings of {data.scenarios // count:,} Sobol points)" if count > 1 else ""
    return (
        f"Precision: {reached:.2g} % of the ends and the median of the range (95 % half-width), below the "
        f"{wanted:.2g} % asked for, with {data.scenarios:,} scenarios{scramblings}."
    )


def _simulate_into(
    target: Path, study: Study, threads: int | None, wanted: _PrecisionTarget | None, beside: _Beside
) -> ReportData:
    """Simulate the study and its two extremes of dependence, and put the complete folder of the run in place."""
    from popsim.analysis.attached import add_assumptions, add_drivers, attach_rare
    from popsim.analysis.by_country import attach_countries, country_ranges
    from popsim.analysis.rare import rare_events
    from popsim.analysis.summarise import summarise
    from popsim.cli.progress import progress_bar
    from popsim.engine.joint import simulate_joint
    from popsim.engine.runs import save_run
    from popsim.engine.simulate import simulate
    from popsim.engine.variants import dependence_extremes
    from popsim.plan import compile as compile_plan
    from popsim.report.data import gather
    from popsim.report.summary_csv import write_summary_csv

    with progress_bar("Scenarios") as progress:
        plan = compile_plan(study)
        if wanted is None:
            dataset = simulate(plan, breakdowns=_breakdowns(plan), threads=threads, progress=progress)
        else:
            study, plan, dataset = wanted.simulate(plan, threads, progress)
    with progress_bar("Extremes of dependence"):
        # Of the full programme alone: they say how far its range rests on an assumption that options share.
        written = replace(study, options=())
        extremes = dependence_extremes(written, threads=threads).isel(option=0, drop=True)
    dataset = dataset.assign(extremes.data_vars).assign_attrs(date=_today())
    with progress_bar("Ranges of countries"):
        if ("country",) not in study.breakdowns:
            dataset = attach_countries(dataset, country_ranges(study, threads))
    with progress_bar("Rare events"):
        dataset = attach_rare(dataset, rare_events(study, dataset, plan=plan, threads=threads))
    with progress_bar("What makes the range") as progress:
        dataset = add_drivers(study, dataset, beside.drivers, threads, progress)
    with progress_bar("Which assumptions matter") as progress:
        dataset = add_assumptions(study, dataset, beside.assumptions, threads, progress)
    with progress_bar("Report"), replacing(target) as partial:
        joint = simulate_joint(plan, threads)
        save_run(partial, study, plan, dataset, joint)
        summary = summarise(dataset, study.coverage)
        data = gather(study, dataset, summary, joint)
        differences = data.comparison.differences if data.comparison is not None else None
        write_summary_csv(partial / SUMMARY_FILE, dataset, study.coverage, summary, differences, study)
        for document in beside.documents:
            document.write(partial, study, dataset, data)
    return data
