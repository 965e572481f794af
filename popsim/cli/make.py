"""From a request to the complete folder of a run: what `popsim run`, `popsim resume` and `popsim extend` share.

A run is made in steps: scenarios, figures beside them (drivers and the like), documents. Each step leaves its result in
the unfinished folder, whole or not at all, and is left out where that is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.beside import beside
from popsim.cli.output import print_json, print_text
from popsim.cli.progress import progress_bar, stages
from popsim.cli.request import RunOptions
from popsim.cli.scenarios import DAY, Resources, as_run, discard_damaged, extremes_of, simulated, store_of
from popsim.schema import ENSEMBLE_FILE, PLAN_FILE, RUN_FILES, STORE_FILE, SUMMARY_FILE, TRUSTED

if TYPE_CHECKING:
    import xarray as xr

    from popsim.cli.progress import ProgressBar
    from popsim.engine.run_folder import Request
    from popsim.engine.store import Store
    from popsim.plan.model import Plan
    from popsim.report.data import ReportData
    from popsim.study.model import Study


@stages()
def make_run(target: Path, request: Request, study: Study, plan: Plan, resources: Resources) -> ReportData:
    """Make what is not there yet of a run that has begun, and put it in its place.

    Parameters
    ----------
    target
        Where the run is put; its lock is held.
    request
        What was asked.
    study, plan
        As in the unfinished folder.
    resources
        What may be used.
    """
    from popsim.engine import files
    from popsim.engine.joint import simulate_joint
    from popsim.engine.manifest import write_manifest
    from popsim.engine.plan_file import save_plan
    from popsim.engine.run_folder import finish, unfinished_of
    from popsim.engine.runs import replace_ensemble, save_joint, save_study

    options = RunOptions.of(request)
    unfinished = unfinished_of(target)
    store = store_of(unfinished)
    dataset, begun = _complete(unfinished, store), plan
    write_ensemble: Callable[[], None] = _nothing
    if dataset is None:
        base = target if request.command == "extend" else None
        study, plan, dataset = simulated(unfinished, base, options, study, plan, resources)
        dataset = _with_figures(unfinished, study, plan, dataset, options, resources)
        store = store_of(unfinished)
        if store is None:
            write_ensemble = partial(replace_ensemble, unfinished, dataset)
        else:
            store.add(dataset)
            dataset = store.dataset()
    elif options.precision is not None:
        study, plan = as_run(unfinished, options, dataset)
    with progress_bar("Report") as progress, files.said_where(unfinished):
        is_shared = write_ensemble is not _nothing and _may_share(dataset, resources.threads)
        with beside(write_ensemble, allowed=is_shared) as wait_for_ensemble:
            joint = simulate_joint(plan, resources.threads)
            save_joint(unfinished, joint)
            if plan is not begun:
                save_plan(unfinished / PLAN_FILE, plan)
                save_study(unfinished, study)
            # Who goes on with a run whose ensemble is there has its scenarios and needs no more than the documents.
            wait_for_ensemble()
        if options.trusted:
            dataset = dataset.assign_attrs({TRUSTED: ", ".join(options.trusted)})
        data = _write_documents(unfinished, study, dataset, joint, options, resources.threads, progress)
        write_manifest(unfinished, dataset, trusted=options.trusted)
    finish(target)
    if store is not None:
        store.move(target / STORE_FILE)
    return data


def _nothing() -> None:
    """Write no ensemble: it is there already, or is a store."""


def _complete(unfinished: Path, store: Store | None) -> xr.Dataset | None:
    """Return the scenarios of an unfinished run where all are there, with the figures beside them; else None."""
    from popsim.engine.runs import load_dataset

    if store is None:
        return load_dataset(unfinished) if (unfinished / ENSEMBLE_FILE).is_file() else None
    if store.missing():
        return None
    dataset = store.dataset()
    # The day is added last, with all figures. Where it is lacking, ranges are looked at before they are gone on with.
    if DAY not in dataset.attrs or discard_damaged(store, additions=True):
        return None
    return dataset


def _with_figures(
    unfinished: Path, study: Study, plan: Plan, dataset: xr.Dataset, options: RunOptions, resources: Resources
) -> xr.Dataset:
    """Return the scenarios with all that is kept beside them: extremes of dependence, countries, drivers and so on."""
    from popsim.analysis.attached import add_drivers, affordable_assumptions, attach_assumptions, attach_rare
    from popsim.analysis.by_country import attach_countries, country_ranges
    from popsim.analysis.rare import rare_events

    simulated, threads = dataset, resources.threads
    with beside(
        lambda: affordable_assumptions(study, simulated, options.assumptions, threads),
        allowed=_may_share(dataset, threads),
    ) as assumed:
        with progress_bar("Extremes of dependence"):
            extremes = extremes_of(unfinished, study, dataset, resources)
        dataset = dataset.assign(extremes.data_vars).assign_attrs({DAY: options.date})
        with progress_bar("Ranges of countries"):
            if ("country",) not in study.breakdowns:
                dataset = attach_countries(dataset, country_ranges(study, threads))
        with progress_bar("Rare events"):
            dataset = attach_rare(dataset, rare_events(study, dataset, plan=plan, threads=threads))
        with progress_bar("What makes the range") as progress:
            dataset = add_drivers(study, dataset, options.drivers, threads, progress)
        with progress_bar("Which assumptions matter"):
            return attach_assumptions(dataset, assumed())


def _may_share(dataset: xr.Dataset, threads: int) -> bool:
    """Return whether a second process may work: more cores than one are asked for, and all data are in memory."""
    from popsim.engine.runs import is_read_when_used

    return threads != 1 and not is_read_when_used(dataset)


def _write_documents(
    folder: Path,
    study: Study,
    dataset: xr.Dataset,
    joint: xr.Dataset,
    options: RunOptions,
    threads: int,
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
    first, others = options.formats[:1], options.formats[1:]

    def write(names: Sequence[str]) -> None:
        for name in names:
            FORMATS[name].write(folder, study, dataset, data)

    done = progress or (lambda *_: None)
    done(1, 4)
    with beside(partial(write, others), allowed=bool(others) and _may_share(dataset, threads)) as write_others:
        write(first)
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
