"""The scenarios of a run: in memory, or written to a store as they are drawn, where they would not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.progress import progress_bar
from popsim.cli.request import RunOptions, load_requested
from popsim.cli.sparing import give_back_memory
from popsim.display import as_size
from popsim.errors import ParameterError, Problem, RunError
from popsim.schema import STORE_FILE

if TYPE_CHECKING:
    import xarray as xr
    from distributed import Client

    from popsim.cli.progress import ProgressBar
    from popsim.engine.simulation import Simulation
    from popsim.engine.store import Store
    from popsim.plan.model import Plan
    from popsim.study.model import Study

DAY = "date"
"""Attribute with the day of the run, which is added with all figures beside the scenarios."""
_EXTREMES_FOLDER = ".extremes"
"""In the unfinished folder: where the extremes of dependence are kept until they are complete."""


@dataclass(frozen=True)
class Resources:
    """What of the machine a command may use; it changes the time and the place of results, and no number."""

    threads: int
    memory: int
    """Bytes."""
    scheduler: str | None = None
    """Address of the scheduler of a cluster, whose workers draw the scenarios; None for this machine."""

    @classmethod
    def of(cls, threads: int | None, memory: str | None, scheduler: str | None = None) -> Resources:
        """Return what is stated, or all cores and half of the memory that is free.

        Raises
        ------
        ParameterError
            For a size of memory that is none.
        """
        from popsim.arguments import check_threads
        from popsim.engine.memory import memory_limit

        return cls(check_threads(threads), memory_limit(memory), scheduler)

    @contextmanager
    def workers(self) -> Iterator[Client | None]:
        """Yield a client of the cluster; None for this machine.

        Raises
        ------
        ClusterError
            When no scheduler answers.
        """
        if self.scheduler is None:
            yield None
            return
        from popsim.engine.cluster import connected

        with connected(self.scheduler) as client:
            yield client


def breakdowns_of(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """Return the breakdowns of the study, and the one by what widths rest on, which the report needs."""
    return (*plan.about.breakdowns, ("width",))


def simulated(
    unfinished: Path, base: Path | None, options: RunOptions, study: Study, plan: Plan, resources: Resources
) -> tuple[Study, Plan, xr.Dataset]:
    """Return the scenarios, and the study and the plan with the number of scenarios that they took.

    Parameters
    ----------
    unfinished
        The unfinished folder; a store in it is gone on with.
    base
        The folder of the run that is extended; None where none is.
    options
        What was asked.
    study, plan
        As in the unfinished folder.
    resources
        What may be used.
    """
    from popsim.engine.again import extended
    from popsim.engine.memory import needed_for_run
    from popsim.engine.runs import load_dataset
    from popsim.engine.simulate import simulation_of

    if options.precision is not None and resources.scheduler is not None:
        mend = "name a number of scenarios that is enough, with --scenarios"
        raise ParameterError(Problem("--scheduler", (), "a run to a precision", "a number of scenarios", mend))
    streams = len(plan.draws.shared_stream) + len(plan.draws.own_stream)
    with progress_bar("Scenarios", draws=streams) as progress:
        if options.precision is not None:
            dataset = _simulated_to(unfinished, options.precision, options.max_scenarios, plan, resources, progress)
            study, plan = as_run(unfinished, options, dataset)
            return study, plan, dataset.assign_attrs(study=plan.about.study_text)
        simulation = simulation_of(plan, breakdowns=breakdowns_of(plan))
        is_in_memory = resources.scheduler is None and needed_for_run(simulation, resources.threads) <= resources.memory
        if (unfinished / STORE_FILE).exists() or not is_in_memory:
            return study, plan, _streamed(unfinished, base, simulation, resources, progress)
        if base is not None:
            return study, plan, extended(load_dataset(base), simulation, resources.threads, progress)
        first, count = simulation.sampling.first, simulation.sampling.count
        return study, plan, simulation.dataset(simulation.fill(first, first + count, resources.threads, progress))


def _streamed(
    unfinished: Path, base: Path | None, simulation: Simulation, resources: Resources, progress: ProgressBar | None
) -> xr.Dataset:
    """Write the scenarios that are not there yet to the store of an unfinished run; return all."""
    from popsim.engine.again import take_known
    from popsim.engine.cluster import parts_for
    from popsim.engine.memory import check_fits_documents, check_fits_streamed
    from popsim.engine.runs import opened_dataset
    from popsim.engine.store import create_store, range_length

    give_back_memory()
    with resources.workers() as client:
        shorter = None if base is None else store_of(base)
        # With ranges of the same length, files can be taken over.
        parts = 1 if client is None else parts_for(client)
        chunk = range_length(simulation, resources.memory, parts) if shorter is None else shorter.chunk
        check_fits_streamed(simulation, chunk, resources.memory, resources.threads)
        check_fits_documents(simulation.sampling.count, resources.memory)
        store = create_store(unfinished / STORE_FILE, simulation, chunk=chunk)
        if shorter is not None:
            store.take(shorter)
        discard_damaged(store)
        if base is not None:
            with opened_dataset(base) as known:
                take_known(store, known, simulation, resources.threads)
        _fill(simulation, store, resources, client, progress)
    return store.dataset()


def _fill(
    simulation: Simulation,
    store: Store,
    resources: Resources,
    client: Client | None,
    progress: ProgressBar | None = None,
) -> None:
    """Compute what a store lacks, on this machine or on the workers of a cluster."""
    from popsim.engine.cluster import fill_store_on_cluster
    from popsim.engine.store import fill_store

    if client is None:
        fill_store(simulation, store, resources.threads, progress)
    else:
        fill_store_on_cluster(simulation, store, client, progress)


def store_of(folder: Path) -> Store | None:
    """Return the store of a run, finished or not; None where there is none, or hardly begun."""
    if not (folder / STORE_FILE).is_dir():
        return None
    from popsim.engine.store import open_store

    give_back_memory()
    try:
        return open_store(folder / STORE_FILE)
    except RunError:
        return None


def discard_damaged(store: Store, changed: Sequence[str] = (), *, additions: bool = False) -> bool:
    """Let damaged ranges of a store count as missing, to be drawn again, and say so; return whether any were.

    Parameters
    ----------
    store
        Of a run.
    changed
        Files in it that are known to be others than were written.
    additions
        Whether variables that were added to the ranges are looked at and made again, too.
    """
    store.discard_partial()
    problems = store.discard_damaged(changed) + (store.discard_damaged_additions(DAY) if additions else [])
    for problem in problems:
        click.echo(f"Drawn again, since it is damaged: {problem.file} ({problem.found}).", err=True)
    return bool(problems)


def extremes_of(unfinished: Path, study: Study, dataset: xr.Dataset, resources: Resources) -> xr.Dataset:
    """Return the cost of the full programme under the extremes of dependence, scenario by scenario.

    They say how far its range rests on an assumption that options share. Where the run has a store they are written
    there, too, and range by range, so that they go on where they were stopped.

    Parameters
    ----------
    unfinished
        The unfinished folder.
    study, dataset
        The study and its scenarios.
    resources
        What may be used.
    """
    from popsim.engine.variants import EXTREME_SHARES, as_extreme, dependence_extremes, with_common_share

    study = replace(study, options=())
    whole = store_of(unfinished)
    if whole is None:
        return dependence_extremes(study, threads=resources.threads).isel(option=0, drop=True)
    from popsim.engine import files
    from popsim.engine.simulation import Simulation
    from popsim.engine.store import create_store
    from popsim.plan import compile as compile_plan

    folder = unfinished / _EXTREMES_FOLDER
    for name in [each for each in EXTREME_SHARES if each not in dataset]:
        plan = compile_plan(with_common_share(study, EXTREME_SHARES[name]))
        simulation = Simulation.of(plan, ())
        files.make_folder(folder)
        store = create_store(folder / f"{name}.zarr", simulation, chunk=whole.chunk)
        discard_damaged(store)
        with resources.workers() as client:
            _fill(simulation, store, resources, client)
        extreme = as_extreme(store.dataset()["cost"], name, study).isel(option=0, drop=True)
        whole.add(extreme.to_dataset(name=name))
    files.remove(folder)
    return whole.dataset()[list(EXTREME_SHARES)]


def _simulated_to(
    unfinished: Path, precision: float, most: int | None, plan: Plan, resources: Resources, bar: ProgressBar | None
) -> xr.Dataset:
    """Simulate as many scenarios as a precision takes: in memory, or in a store where it does not hold so many."""
    from popsim.analysis.precision import simulate_to
    from popsim.engine import files

    def show_reached(count: int, error: float) -> None:
        if bar is not None:
            bar.describe(f"Scenarios: {count:,} reach {100 * error:.2g} %, wanted {100 * precision:.2g} %")

    def simulated_in(place: Path | None) -> xr.Dataset:
        allowed = most if place is None else _allowed_in_store(most, plan, resources)
        return simulate_to(
            plan,
            precision=precision,
            breakdowns=breakdowns_of(plan),
            threads=resources.threads,
            max_scenarios=allowed,
            progress=bar,
            on_batch=show_reached,
            store=place,
            memory=resources.memory if place is not None else _for_scenarios(resources.memory),
        )

    finished, place = store_of(unfinished), unfinished / STORE_FILE
    batches = list(unfinished.glob(f"{STORE_FILE}.*"))
    if finished is not None:  # it takes its place when the precision is reached
        for path in batches:
            files.remove(path)
        return finished.dataset()
    if batches:
        return simulated_in(place)
    try:
        return simulated_in(None)
    except ParameterError:
        if not _is_short(plan, most, resources):
            raise
    return simulated_in(place)


def _is_short(plan: Plan, most: int | None, resources: Resources) -> bool:
    """Return whether the memory holds fewer scenarios than a precision may take."""
    from popsim.engine.batches import InMemory
    from popsim.engine.simulate import simulation_of

    room = InMemory(_for_scenarios(resources.memory)).room(simulation_of(plan, breakdowns=breakdowns_of(plan)))
    return most is None or room < most


def _for_scenarios(memory: int) -> int:
    """Return what of the memory scenarios may take, apart from popsim itself and its documents."""
    from popsim.engine.memory import memory_limit, needed_for_documents

    return max(memory - needed_for_documents(0), memory_limit("1MiB"))


def _allowed_in_store(most: int | None, plan: Plan, resources: Resources) -> int | None:
    """Return how many scenarios a run to a precision may have; fewer than asked where documents of more would not fit.

    The number that it takes is not known before.
    """
    from popsim.engine.memory import check_fits_documents, scenarios_for_documents

    check_fits_documents(1, resources.memory)
    room = scenarios_for_documents(resources.memory)
    # What the search for a precision holds of a store, the totals of all options twice, may be more.
    searched = resources.memory // (2 * 8 * (1 + len(plan.alternatives)))
    if room >= min(searched, searched if most is None else most):
        return most
    size = as_size(resources.memory)
    click.echo(f"At most {room:,} scenarios: documents of more would not fit the memory, {size}.", err=True)
    return room


def as_run(unfinished: Path, options: RunOptions, dataset: xr.Dataset) -> tuple[Study, Plan]:
    """Return the study and its plan with the number of scenarios that a precision took.

    Parameters
    ----------
    unfinished
        The unfinished folder.
    options
        What was asked.
    dataset
        The scenarios.
    """
    from popsim.plan import compile as compile_plan

    took = {"scenarios.count": dataset.sizes["scenario"], "scenarios.replicates": int(dataset.attrs["replicates"])}
    study = load_requested(unfinished, options, took)
    return study, compile_plan(study)
