"""From a plan to a labelled dataset of scenarios, with exact means and point estimates."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import xarray as xr

from popsim.arguments import by_keyword, check_callable, check_path, check_threads
from popsim.engine.breakdowns import read_breakdowns, scope_of
from popsim.engine.cluster import check_client, fill_store_on_cluster, parts_for
from popsim.engine.memory import check_fits, check_fits_streamed, memory_limit
from popsim.engine.simulation import Simulation
from popsim.engine.threads import Progress
from popsim.errors import ParameterError, Problem, kind_of
from popsim.plan import compile
from popsim.plan.model import Plan
from popsim.study.model import Study
from popsim.types import By, Design

if TYPE_CHECKING:
    from distributed import Client


@by_keyword("scenarios", "seed", "breakdowns", "threads", "first_scenario", "progress", "design", "replicates")
def simulate(
    study: Study | Plan,
    *,
    scenarios: int | None = None,
    seed: int | None = None,
    breakdowns: str | Iterable[By] | None = None,
    design: Design | None = None,
    replicates: int | None = None,
    first_scenario: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
    store: str | os.PathLike[str] | None = None,
    memory: str | int | None = None,
    client: Client | None = None,
) -> xr.Dataset:
    """Sample the cost of a study in many scenarios.

    Parameters
    ----------
    study
        A study, or a plan that was compiled before.
    scenarios
        How many; None for the number that the study states.
    seed
        0 to 2**64 - 1; None for the seed that the study states.
    breakdowns
        Names of dimensions (country, area, component, basis, year) or groups of countries (region, income, ...), or
        sequences of these; None for the breakdowns that the study states.
    design
        "random": independent scenarios. "latin": a Latin hypercube in every stream. "sobol": scrambled Sobol points in
        the first 21,201 streams, best balanced where `scenarios` is a power of two. None for the design that the study
        states. See docs/designs.md.
    replicates
        R independent scramblings of Sobol points, which take turns: scenario s is point s // R of scrambling s % R;
        Monte Carlo errors then follow from their spread. None for what the study states with this design, or else 1.
    first_scenario
        Where the scenarios start: the result equals that slice of a longer run, to the bit. 0 for a Latin hypercube.
    threads
        None for all cores. The number changes nothing but the time it takes.
    progress
        Called with the number of scenarios done and wanted.
    store
        A folder such as ``ensemble.zarr``, or a URL that fsspec knows, to which scenarios are written range by range as
        they are drawn, so that memory does not grow with their number. The dataset then has dask arrays, which are read
        when they are used. A store of the same study, scenarios and breakdowns that is there is completed: what an
        interrupted call finished is not drawn again, unless it is damaged. None to hold all scenarios in memory.
    memory
        How much this process may take, such as "2GiB"; what would take more is refused before any scenario is drawn.
        None for all that is free without a store, and half of it with one. With a client: each thread of its workers.
    client
        Of dask.distributed: its workers compute the scenarios, and write them to the store themselves. See
        docs/how-to/cluster.md. None for this machine.

    Returns
    -------
    xarray.Dataset
        `cost` (option, scenario) in the study's currency at constant prices, ``cost_by_...`` for each breakdown, and
        exact means and point estimates. Each breakdown sums to `cost` within 1e-9 of it. Where the study or one of its
        options asks for them, the other totals of `popsim.schema.TOTALS`: `financing_need` with its breakdowns (with
        `[financing]`), ``..._nominal`` (with inflation), ``..._discounted`` (with a discount rate), and each of them
        ``..._after_horizon`` where payments can fall after the last year. The coordinate `option_is_financed` says
        which options have `[financing]`. Where an option has no such rule, the attribute `comment` says what
        stands in its place. Options share their random numbers, scenario by scenario.

    Raises
    ------
    PlanError
        When a distribution cannot be tabulated.
    ParameterError, UnknownNameError
        For arguments that cannot be honoured, and for results that do not fit the memory.
    RunError
        When the store is one of another plan, or other scenarios or breakdowns.
    FileError
        When the store cannot be written or read.
    ClusterError
        When the workers have other versions, or end again and again; what is finished stays in the store.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("pops"), scenarios=100, breakdowns=["area"])
    >>> ds["cost"].sizes["scenario"], ds["cost_by_area"].dims
    (100, ('option', 'scenario', 'area'))
    """
    simulation = simulation_of(study, scenarios, seed, breakdowns, design, replicates, first_scenario)
    threads = check_threads(threads)
    check_callable("progress", progress)
    if client is not None:
        check_client(client, store)
    if store is None:
        check_fits(simulation, memory, threads)
        first = simulation.sampling.first
        return simulation.dataset(simulation.fill(first, first + simulation.sampling.count, threads, progress))
    # Imported when used: most runs are held in memory, and need neither Zarr nor dask.
    from popsim.engine.store import create_store, fill_store, range_length

    path = check_path("store", store, "the path or URL of a store")
    chunk = range_length(simulation, memory_limit(memory), 1 if client is None else parts_for(client))
    check_fits_streamed(simulation, chunk, memory, threads)
    opened = create_store(path, simulation, chunk=chunk)
    # A store that was there keeps the ranges that it has.
    check_fits_streamed(simulation, opened.chunk, memory, threads)
    opened.discard_damaged()
    if client is None:
        fill_store(simulation, opened, threads, progress)
    else:
        fill_store_on_cluster(simulation, opened, client, progress)
    return opened.dataset()


def simulation_of(
    study: Study | Plan,
    scenarios: int | None = None,
    seed: int | None = None,
    breakdowns: str | Iterable[By] | None = None,
    design: Design | None = None,
    replicates: int | None = None,
    first_scenario: int = 0,
) -> Simulation:
    """Return what `simulate` computes with the same arguments, before anything is drawn.

    Raises
    ------
    PlanError
        When a distribution cannot be tabulated.
    ParameterError, UnknownNameError
        For arguments that cannot be honoured.

    Examples
    --------
    >>> import popsim as ps
    >>> simulation_of(ps.load_study("pops"), scenarios=100, breakdowns=["area"]).sampling.count
    100
    """
    if not isinstance(study, Study | Plan):
        mend = "popsim.load_study(...) gives a Study, and run.study is that of a Run"
        raise ParameterError(Problem("", ("study",), kind_of(study), "a Study or a Plan", mend))
    plan = study if isinstance(study, Plan) else compile(study)
    plan = plan.with_sampling(plan.sampling.changed(scenarios, seed, design, replicates, first_scenario))
    labels = scope_of((plan, *plan.alternatives)).labels
    return Simulation.of(plan, read_breakdowns(plan.about.breakdowns if breakdowns is None else breakdowns, labels))
