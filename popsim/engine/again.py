"""A run that is extended by scenarios, or repeated from its plan and compared bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from popsim.arrays import Floats
from popsim.engine.simulation import Simulation
from popsim.engine.sums import Names
from popsim.engine.threads import Progress, make_room
from popsim.errors import FileError, Problem, RunError
from popsim.plan.model import Plan

if TYPE_CHECKING:
    from popsim.engine.store import Store

_PIECE_BYTES = 2**26
"""Outputs that are held at once where a run is repeated."""


def extended(dataset: xr.Dataset, simulation: Simulation, threads: int, progress: Progress | None = None) -> xr.Dataset:
    """Return the dataset of a longer run, of which the first scenarios are known.

    Parameters
    ----------
    dataset
        Of the first scenarios, with all variables of the simulation.
    simulation
        The longer run; of the same plan.
    threads
        Checked before.
    progress
        Called with the number of scenarios done and wanted, of those that are added.

    Raises
    ------
    RunError
        When the dataset is not the beginning of the simulation.

    Examples
    --------
    >>> import popsim as ps
    >>> plan = ps.compile(ps.load_study("example", {"scenarios.count": 300}))
    >>> longer = extended(ps.simulate(plan, scenarios=100), Simulation.of(plan, plan.about.breakdowns), threads=1)
    >>> longer.identical(ps.simulate(plan))
    True
    """
    sampling = simulation.sampling
    out = make_room(simulation.outputs, sampling.count)
    known = known_outputs(dataset, simulation, sampling.first, sampling.first + dataset.sizes["scenario"])
    out[:, : known.shape[1]] = known
    start = sampling.first + known.shape[1]
    if start < sampling.first + sampling.count:
        out[:, known.shape[1] :] = simulation.fill(start, sampling.first + sampling.count, threads, progress)
    return simulation.dataset(out)


def known_outputs(dataset: xr.Dataset, simulation: Simulation, start: int, stop: int) -> Floats:
    """Return the outputs of scenarios start ... stop - 1 from a dataset that has them; shape (output, scenario).

    Raises
    ------
    RunError
        When the dataset is of another plan, or lacks a variable of the simulation.
    """
    found, wanted = dataset.attrs.get("plan_digest"), simulation.plan.digest
    missing = [item.variable for item in simulation.breakdowns if item.variable not in dataset]
    if found != wanted or missing:
        words = f"scenarios of plan {found}" if found != wanted else f"no {', '.join(missing)}"
        raise RunError(Problem("dataset", (), words, f"all variables of plan {wanted}", "run the study again"))
    out = make_room(simulation.outputs, stop - start)
    part = dataset.isel(scenario=slice(start - simulation.sampling.first, stop - simulation.sampling.first))
    for item in simulation.breakdowns:
        simulation.shaped(item, out)[...] = part[item.variable].transpose(*simulation.dims_of(item)).values
    return out


def take_known(store: Store, dataset: xr.Dataset, simulation: Simulation, threads: int) -> None:
    """Write what a shorter run knows into the store of a longer one: all ranges that begin within the shorter.

    Scenarios that the shorter run lacks of a range are computed. A range whose values there are damaged stays missing.

    Parameters
    ----------
    store
        Of the simulation.
    dataset
        Of the first scenarios; it may lie on the disk.
    simulation
        The longer run; of the same plan.
    threads
        Checked before.

    Raises
    ------
    RunError
        When the dataset is not the beginning of the simulation.
    FileError
        When the store cannot be written.
    """
    end = simulation.sampling.first + dataset.sizes["scenario"]
    for start, stop in store.missing():
        if start >= end:
            return
        try:
            known = known_outputs(dataset, simulation, start, min(stop, end))
        except FileError:
            continue
        if stop > end:
            known = np.concatenate([known, simulation.fill(end, stop, threads)], axis=1)
        store.write(start, stop, known)


@dataclass(frozen=True)
class Repeated:
    """A variable of a run, and in how many of its values it differs from what its plan gives now."""

    variable: str
    values: int
    different: int
    first: int | None
    """Number of the first scenario that differs; None where none does, or the variable has no scenarios."""


def repeat(
    dataset: xr.Dataset, plan: Plan, threads: int, progress: Progress | None = None
) -> tuple[list[Repeated], list[str]]:
    """Compute the scenarios of a run again, part by part, and compare every bit.

    Parameters
    ----------
    dataset
        Of a run; it may lie on the disk.
    plan
        That is kept with it.
    threads
        Checked before.
    progress
        Called with the number of scenarios done and wanted.

    Returns
    -------
    tuple
        The variables that a plan alone gives: scenarios, exact means and point estimates; and the names of the others,
        which were not repeated.

    Examples
    --------
    >>> import popsim as ps
    >>> plan = ps.compile(ps.load_study("example", {"scenarios.count": 200}))
    >>> found, others = repeat(ps.simulate(plan), plan, threads=1)
    >>> sum(each.different for each in found), others
    (0, [])
    """
    first, count = int(dataset.attrs.get("first_scenario", 0)), dataset.sizes["scenario"]
    plan = plan.with_sampling(plan.sampling.changed(scenarios=count, first_scenario=first))
    simulation = Simulation.of(plan, breakdowns_in(dataset))
    counted = {item.variable: _Count(dataset[item.variable].size) for item in simulation.breakdowns}
    length = max(1, _PIECE_BYTES // (8 * simulation.outputs))
    for start in range(first, first + count, length):
        stop = min(start + length, first + count)
        out = simulation.fill(start, stop, threads)
        stored = dataset.isel(scenario=slice(start - first, stop - first))
        for item in simulation.breakdowns:
            values = stored[item.variable].transpose(*simulation.dims_of(item)).values
            counted[item.variable].add(_differs(simulation.shaped(item, out), values), start)
        if progress is not None:
            progress(stop - first, count)
    found = [Repeated(name, each.values, each.different, each.first) for name, each in counted.items()]
    for name, (dims, exact) in simulation.exact.items():
        if name in dataset:
            differs = _differs(exact, dataset[name].transpose(*dims).values)
            found.append(Repeated(name, exact.size, int(differs.sum()), None))
    done = {each.variable for each in found}
    return found, [str(name) for name in dataset.data_vars if name not in done]


class _Count:
    """How many values differ so far, and in which scenario the first does."""

    def __init__(self, values: int) -> None:
        self.values, self.different = values, 0
        self.first: int | None = None

    def add(self, differs: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], start: int) -> None:
        """Count the values of some more scenarios, the second dimension."""
        self.different += int(differs.sum())
        if self.first is None and differs.any():
            by_scenario = differs.any(axis=tuple(axis for axis in range(differs.ndim) if axis != 1))
            self.first = start + int(by_scenario.argmax())


def _differs(one: Floats, other: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return which values differ in any bit: NaN equals itself, and 0 is not -0."""
    bits = [np.ascontiguousarray(each, dtype=np.float64).view(np.uint64) for each in (one, other)]
    different: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = bits[0] != bits[1]
    return different


def breakdowns_in(dataset: xr.Dataset) -> Sequence[Names]:
    """Return the breakdowns of the cost that a dataset of `simulate` has.

    Examples
    --------
    >>> import popsim as ps
    >>> ds = ps.simulate(ps.load_study("example"), scenarios=10, breakdowns=["area", ("area", "year")])
    >>> breakdowns_in(ds)
    [('area',), ('area', 'year')]
    """
    by = "cost_by_"
    return [
        tuple(map(str, values.dims[2:]))
        for name, values in dataset.data_vars.items()
        if str(name).startswith(by) and values.dims[:2] == ("option", "scenario")
    ]
