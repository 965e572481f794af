"""From a request to the complete folder of a run: what `popsim run`, `popsim resume` and `popsim extend` share.

A run is made in steps: scenarios, figures beside them (drivers and the like), documents. Each step leaves its result in
the unfinished folder, whole or not at all, and is left out where that is there already.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.beside import beside
from popsim.cli.interruption import resumable
from popsim.cli.output import print_json, print_text
from popsim.cli.progress import progress_bar, stages
from popsim.errors import PopsimError, Problem, RunError
from popsim.schema import ENSEMBLE_FILE, PLAN_FILE, RUN_FILES, STUDY_FILE, SUMMARY_FILE, SWEEP_PARTS

if TYPE_CHECKING:
    import xarray as xr

    from popsim.cli.progress import ProgressBar
    from popsim.engine.run_folder import Request
    from popsim.engine.simulation import Simulation
    from popsim.plan.model import Plan
    from popsim.report.data import ReportData
    from popsim.study.model import Study


@dataclass(frozen=True)
class RunOptions:
    """What is asked beside the study; it is kept in the request, so that a run goes on as it began."""

    formats: tuple[str, ...]
    """Names of the documents."""
    drivers: bool | None = None
    """True for more precise ones, False for none, None as affordable."""
    assumptions: bool | None = None
    """As `drivers`."""
    precision: float | None = None
    """To be reached; None where the study says how many scenarios."""
    max_scenarios: int | None = None
    """At most so many, with a precision."""
    date: str = ""
    """The day of the run."""
    reading: tuple[str, ...] = ()
    """How files of the study were read."""
    notes: tuple[str, ...] = ()
    """What is odd in the study."""

    @classmethod
    def of(cls, request: Request) -> RunOptions:
        """Return the options of a request.

        Raises
        ------
        RunError
            When they are not those of a run.
        """
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in request.options.items()}
        unknown = sorted(set(given) - {each.name for each in fields(cls)})
        if unknown or "formats" not in given:
            raise RunError(Problem("request.json", ("options",), f"{', '.join(unknown) or 'none'}", "those of a run"))
        return cls(**given)  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, object]:
        """Return the options as JSON has them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def today() -> str:
    """Return the day of the run; SOURCE_DATE_EPOCH, where it is set, says which, so that a build can be repeated."""
    try:
        moment = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):  # not stated, or no moment
        moment = datetime.now(UTC)
    return moment.date().isoformat()


@contextmanager
def kept_when_stopped(folder: Path, target: Path, is_new: bool = True) -> Iterator[None]:
    """Keep what is finished of a run whatever happens, and say how to go on.

    Parameters
    ----------
    folder
        The folder of the run, as the user named it.
    target
        Its full path; its lock is held.
    is_new
        Whether a failure before anything is finished leaves nothing behind.
    """
    from popsim.engine.run_folder import discard

    way_on = f"popsim resume {folder}"
    try:
        with resumable(way_on):
            yield
    except Exception:
        if kept_of(target):
            click.echo(f"What is finished is kept. To go on, once that is mended: {way_on}", err=True)
        elif is_new:
            with suppress(PopsimError):
                discard(target)
        raise


def kept_of(target: Path) -> str:
    """Return in words which scenarios an unfinished run has; empty where it has none."""
    from popsim.engine.run_folder import unfinished_of

    unfinished = unfinished_of(target)
    if (unfinished / SWEEP_PARTS).is_dir():
        return "cases of a sweep"
    return "all scenarios" if (unfinished / ENSEMBLE_FILE).is_file() else ""


def begin_run(folder: Path, target: Path, request: Request, study: Study, plan: Plan) -> Request:
    """Make the unfinished folder of a run, or take over that of the same request; return the request.

    Parameters
    ----------
    folder, target
        As for `kept_when_stopped`.
    request, study, plan
        What is asked.

    Raises
    ------
    RunError
        When scenarios of another request lie there.
    FileError
        When the folder cannot be written.
    """
    from popsim.engine.run_folder import begin, unfinished_of
    from popsim.engine.runs import save_plan, save_study

    unfinished = unfinished_of(target)
    known = _request_in(unfinished)
    kept = kept_of(target)
    if known is not None and kept and _is_same(known, request) and _study_in(unfinished) == study.files[0][1]:
        click.echo(f"Going on with an unfinished run, which has {kept}.", err=True)
        return known
    if kept:
        mend = f"`popsim resume {folder}` goes on with it, `popsim clean {folder}` removes it"
        found = f"an unfinished run of another study or other options, with {kept}"
        raise RunError(Problem(str(unfinished), (), found, "none, or one of the same request", mend))
    if unfinished.exists():
        click.echo(f"Removed {unfinished}: an unfinished run without scenarios.", err=True)

    def write(into: Path) -> None:
        save_study(into, study)
        save_plan(into / PLAN_FILE, plan)

    begin(target, request, write)
    return request


def _request_in(folder: Path) -> Request | None:
    from popsim.engine.run_folder import request_of

    with suppress(RunError):
        return request_of(folder)
    return None


def _study_in(folder: Path) -> str:
    try:
        with (folder / STUDY_FILE).open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _is_same(one: Request, other: Request) -> bool:
    """Return whether two requests ask for the same, on whatever day."""
    return replace(one, options={**one.options, "date": ""}) == replace(other, options={**other.options, "date": ""})


@stages()
def make_run(target: Path, request: Request, study: Study, plan: Plan, threads: int | None) -> ReportData:
    """Make what is not there yet of a run that has begun, and put it in its place.

    Parameters
    ----------
    target
        Where the run is put; its lock is held.
    request
        What was asked.
    study, plan
        As in the unfinished folder.
    threads
        None for all cores.
    """
    from popsim.engine.joint import simulate_joint
    from popsim.engine.run_folder import finish, unfinished_of
    from popsim.engine.runs import load_dataset, replace_ensemble, save_joint, save_plan, save_study

    options = RunOptions.of(request)
    unfinished = unfinished_of(target)
    if (unfinished / ENSEMBLE_FILE).is_file():
        dataset = load_dataset(unfinished)
        if options.precision is not None:
            study, plan = _as_run(unfinished, options, dataset)
    else:
        base = target if request.command == "extend" else None
        study, plan, dataset = _simulated(unfinished, base, options, study, plan, threads)
        dataset = _with_figures(study, plan, dataset, options, threads)
        replace_ensemble(unfinished, dataset)
    with progress_bar("Report") as progress:
        joint = simulate_joint(plan, threads)
        save_joint(unfinished, joint)
        save_plan(unfinished / PLAN_FILE, plan)
        save_study(unfinished, study)
        data = _write_documents(unfinished, study, dataset, joint, options, threads, progress)
    finish(target)
    return data


def breakdowns_of(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return the breakdowns of the study, and the one by what widths rest on, which the report needs."""
    return (*plan.about.breakdowns, ("width",))


def simulation_of(plan: Plan) -> Simulation:
    """Return the simulation of a run, with all breakdowns that it keeps."""
    from popsim.engine.breakdowns import read_breakdowns, scope_of
    from popsim.engine.simulation import Simulation

    labels = scope_of((plan, *plan.alternatives)).labels
    return Simulation.of(plan, read_breakdowns(breakdowns_of(plan), labels))


def _simulated(
    unfinished: Path, base: Path | None, options: RunOptions, study: Study, plan: Plan, threads: int | None
) -> tuple[Study, Plan, xr.Dataset]:
    """Return the scenarios, and the study and the plan with the number of scenarios that they took.

    `base` is the folder of the run that is extended; None where none is.
    """
    from popsim.engine.again import extended
    from popsim.engine.runs import load_dataset
    from popsim.engine.simulate import simulate
    from popsim.engine.threads import check_threads

    streams = len(plan.draws.shared_stream) + len(plan.draws.own_stream)
    with progress_bar("Scenarios", draws=streams) as progress:
        if base is not None:
            simulation = simulation_of(plan)
            return study, plan, extended(load_dataset(base), simulation, check_threads(threads), progress)
        if options.precision is None:
            return study, plan, simulate(plan, breakdowns=breakdowns_of(plan), threads=threads, progress=progress)
        dataset = _simulated_to(options.precision, options.max_scenarios, plan, threads, progress)
    study, plan = _as_run(unfinished, options, dataset)
    return study, plan, dataset.assign_attrs(study=plan.about.study_text)


def _simulated_to(
    precision: float, most: int | None, plan: Plan, threads: int | None, bar: ProgressBar | None
) -> xr.Dataset:
    """Simulate as many scenarios as a precision takes."""
    from popsim.analysis.precision import simulate_to

    def show_reached(count: int, reached: float) -> None:
        if bar is not None:
            bar.describe(f"Scenarios: {count:,} reach {100 * reached:.2g} %, wanted {100 * precision:.2g} %")

    return simulate_to(
        plan,
        precision=precision,
        breakdowns=breakdowns_of(plan),
        threads=threads,
        max_scenarios=most,
        progress=bar,
        on_batch=show_reached,
    )


def _as_run(unfinished: Path, options: RunOptions, dataset: xr.Dataset) -> tuple[Study, Plan]:
    """Return the study and its plan with the number of scenarios that a precision took."""
    from popsim.plan import compile as compile_plan

    took = {"scenarios.count": dataset.sizes["scenario"], "scenarios.replicates": int(dataset.attrs["replicates"])}
    study = load_requested(unfinished, options, took)
    return study, compile_plan(study)


def requested(folder: Path, unfinished: Path, options: RunOptions, plan_digest: str) -> tuple[Study, Plan]:
    """Return the study of an unfinished run, and its plan.

    Parameters
    ----------
    folder
        The folder of the run, as the user named it.
    unfinished, options, plan_digest
        The unfinished folder, and what its request says.

    Raises
    ------
    RunError
        When the study does not give the plan that was begun.
    """
    from popsim.plan import compile as compile_plan

    study = load_requested(unfinished, options)
    plan = compile_plan(study)
    if plan.digest != plan_digest and not (unfinished / ENSEMBLE_FILE).is_file():
        found = f"a study whose plan is {plan.digest}: it was changed, or scipy has another version"
        mend = f"undo that, or begin anew: `popsim clean {folder}` removes the unfinished run"
        raise RunError(Problem(str(unfinished / STUDY_FILE), (), found, f"that of plan {plan_digest}", mend))
    return study, plan


def load_requested(unfinished: Path, options: RunOptions, overrides: Mapping[str, object] | None = None) -> Study:
    """Load the study of an unfinished run, with the notes that it had where it was read first.

    Parameters
    ----------
    unfinished
        The unfinished folder.
    options
        Of its request.
    overrides
        As for `load_study`.
    """
    from popsim.study.load import load_study

    study = load_study(unfinished / STUDY_FILE, overrides)
    return replace(study, reading=options.reading, notes=options.notes)


def _with_figures(
    study: Study, plan: Plan, dataset: xr.Dataset, options: RunOptions, threads: int | None
) -> xr.Dataset:
    """Return the scenarios with all that is kept beside them: extremes of dependence, countries, drivers and so on."""
    from popsim.analysis.attached import add_drivers, affordable_assumptions, attach_assumptions, attach_rare
    from popsim.analysis.by_country import attach_countries, country_ranges
    from popsim.analysis.rare import rare_events
    from popsim.engine.variants import dependence_extremes

    simulated = dataset
    with beside(
        lambda: affordable_assumptions(study, simulated, options.assumptions, threads),
        allowed=_may_share(dataset, threads),
    ) as assumed:
        with progress_bar("Extremes of dependence"):
            # Of the full programme alone: they say how far its range rests on an assumption that options share.
            written = replace(study, options=())
            extremes = dependence_extremes(written, threads=threads).isel(option=0, drop=True)
        dataset = dataset.assign(extremes.data_vars).assign_attrs(date=options.date)
        with progress_bar("Ranges of countries"):
            if ("country",) not in study.breakdowns:
                dataset = attach_countries(dataset, country_ranges(study, threads))
        with progress_bar("Rare events"):
            dataset = attach_rare(dataset, rare_events(study, dataset, plan=plan, threads=threads))
        with progress_bar("What makes the range") as progress:
            dataset = add_drivers(study, dataset, options.drivers, threads, progress)
        with progress_bar("Which assumptions matter"):
            return attach_assumptions(dataset, assumed())


def _may_share(dataset: xr.Dataset, threads: int | None) -> bool:
    """Return whether a second process may work: more cores than one are asked for, and all data are in memory."""
    return threads != 1 and not dataset.chunks


def _write_documents(
    folder: Path,
    study: Study,
    dataset: xr.Dataset,
    joint: xr.Dataset,
    options: RunOptions,
    threads: int | None,
    progress: ProgressBar | None,
) -> ReportData:
    """Write summary.csv and the documents of a run; return the data that they are made of."""
    from popsim.analysis.summarise import summarise
    from popsim.report.data import gather
    from popsim.report.formats import FORMATS
    from popsim.report.summary_csv import write_summary_csv

    summary = summarise(dataset, study.coverage)
    data = gather(study, dataset, summary, joint)
    differences = data.comparison.differences if data.comparison is not None else None
    first, *others = options.formats

    def write(names: Sequence[str]) -> None:
        for name in names:
            FORMATS[name].write(folder, study, dataset, data)

    done = progress or (lambda *_: None)
    done(1, 4)
    with beside(partial(write, others), allowed=bool(others) and _may_share(dataset, threads)) as write_others:
        write([first])
        done(2, 4)
        write_summary_csv(folder / SUMMARY_FILE, dataset, study.coverage, summary, differences, study)
        done(3, 4)
        write_others()
    return data


def print_run(
    data: ReportData, folder: Path, target: Path, options: RunOptions, replaced: str | None, as_json: bool
) -> None:
    """Print the results of a run that is in its place.

    Parameters
    ----------
    data
        What its documents are made of.
    folder, target
        The folder as the user named it, and its full path.
    options
        What was asked.
    replaced
        The run that was there before, in words; None where there was none.
    as_json
        Whether to print JSON.
    """
    from popsim.report.formats import FORMATS

    if replaced is not None:
        click.echo(f"In {folder}: replaced {replaced}.", err=True)
    if as_json:
        from popsim.cli.results import as_mapping

        files = tuple(name for name in RUN_FILES if (target / name).exists())
        print_json({**as_mapping(data, target, files), "replaced": replaced})
        return
    from popsim.cli.results import print_results

    print_results(data)
    if options.precision is not None:
        print_text(_reached(data))
    click.echo()
    for name in options.formats:
        click.echo(f"Report: {folder / FORMATS[name].file('en')}")


def _reached(data: ReportData) -> str:
    """Return a sentence on the precision reached and what it took."""
    reached, wanted = (100 * float(data.dataset.attrs[name]) for name in ("precision_reached", "precision"))
    count = data.replicates
    scramblings = f" ({count} independent scramblings of {data.scenarios // count:,} Sobol points)" if count > 1 else ""
    return (
        f"Precision: {reached:.2g} % of the ends and the median of the range (95 % half-width), below the "
        f"{wanted:.2g} % asked for, with {data.scenarios:,} scenarios{scramblings}."
    )
