"""Scenarios that are added batch by batch, until there are enough: in memory, or in a store."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import xarray as xr

from popsim.arrays import Floats
from popsim.engine import files
from popsim.engine.memory import check_fits_streamed, memory_limit
from popsim.engine.simulation import Simulation
from popsim.engine.threads import Progress
from popsim.errors import Problem, RunError

_FOLDER = ".batches"
"""What is added to the name of a store for the folder in which it grows."""

_RANGE = 4_096
"""Scenarios of a range, at most: a last one that is not full is drawn again with the next batch."""


class Batches(Protocol):
    """Where batches go; each call of `reach` states a simulation of more scenarios of the same run."""

    def reach(self, simulation: Simulation, threads: int, progress: Progress | None) -> Floats:
        """Compute what is missing; return the total of every scenario so far, shape (option, scenario)."""

    def room(self, simulation: Simulation) -> int:
        """Return how many scenarios there is room for."""

    def dataset(self, simulation: Simulation, attributes: dict[str, object]) -> xr.Dataset:
        """Return all scenarios as `simulate` does, with further attributes, of the simulation that was reached."""


@dataclass
class InMemory:
    """Batches that are held in memory, and joined at the end.

    Examples
    --------
    >>> import popsim as ps
    >>> from popsim.engine.simulate import simulation_of
    >>> plan, batches = ps.compile(ps.load_study("example")), InMemory(None)
    >>> for count in (100, 300):
    ...     simulation = simulation_of(plan, scenarios=count)
    ...     cost = batches.reach(simulation, 1, None)
    >>> cost.shape, batches.dataset(simulation, {}).identical(ps.simulate(plan, scenarios=300))
    ((2, 300), True)
    """

    memory: str | int | None
    """What may be taken; None for half of what is free."""
    _parts: list[Floats] = field(default_factory=list)

    def reach(self, simulation: Simulation, threads: int, progress: Progress | None) -> Floats:
        """Compute what is missing; return the total of every scenario so far, shape (option, scenario)."""
        done, wanted = sum(part.shape[1] for part in self._parts), simulation.sampling.count
        first = simulation.sampling.first
        if done < wanted:
            self._parts.append(simulation.fill(first + done, first + wanted, threads, _after(progress, done, wanted)))
        return np.concatenate([_total(simulation, part) for part in self._parts], axis=1)

    def room(self, simulation: Simulation) -> int:
        """Return how many scenarios there is room for: they are copied once, when they are joined."""
        return memory_limit(self.memory) // (2 * 8 * simulation.outputs)

    def dataset(self, simulation: Simulation, attributes: dict[str, object]) -> xr.Dataset:
        """Return all scenarios as `simulate` does, with further attributes."""
        out = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts, axis=1)
        return simulation.dataset(out).assign_attrs(attributes)


@dataclass
class InStore:
    """Batches in stores, each of which takes over what the one before it has; the last one goes to its place.

    They stand in a folder beside the place, from which a call that was interrupted goes on.
    """

    path: str | os.PathLike[str]
    memory: str | int | None

    def __post_init__(self) -> None:
        if "://" in os.fspath(self.path) or os.path.lexists(self.path):
            found = "there already" if os.path.lexists(self.path) else "object storage, in which no store can grow"
            allowed = "a folder of this computer that is not there yet"
            raise RunError(Problem(os.fspath(self.path), (), found, allowed, "name another, or state scenarios"))

    @property
    def _folder(self) -> Path:
        return Path(f"{os.fspath(self.path)}{_FOLDER}")

    def _place(self, simulation: Simulation) -> Path:
        return self._folder / f"{simulation.sampling.count}.zarr"

    def reach(self, simulation: Simulation, threads: int, progress: Progress | None) -> Floats:
        """Compute what is missing; return the total of every scenario so far, shape (option, scenario)."""
        # Imported when used: what is held in memory needs neither Zarr nor dask.
        from popsim.engine.store import create_store, fill_store, open_store, range_length

        chunk = min(range_length(simulation.resized(_RANGE), memory_limit(self.memory)), _RANGE)
        check_fits_streamed(simulation, chunk, self.memory, threads)
        place = self._place(simulation)
        with files.said_where(self._folder):
            files.make_folder(self._folder)
        store = create_store(place, simulation, chunk=chunk)
        others = [each for each in sorted(self._folder.glob("*.zarr")) if each != place]
        for other in others:
            with suppress(RunError):  # it was hardly begun
                store.take(open_store(other))
        fill_store(simulation, store, threads, progress)
        with files.said_where(self._folder):
            for other in others:
                if int(other.stem) < simulation.sampling.count:
                    files.remove(other)
        total: Floats = store.dataset()["cost"].values
        return total

    def room(self, simulation: Simulation) -> int:
        """Return how many scenarios there is room for: the totals of all are in memory, twice while they are sorted."""
        return memory_limit(self.memory) // (2 * 8 * len(simulation.plans))

    def dataset(self, simulation: Simulation, attributes: dict[str, object]) -> xr.Dataset:
        """Return all scenarios as `simulate` does, with further attributes, as dask arrays."""
        from popsim.engine.store import open_store

        open_store(self._place(simulation)).add(xr.Dataset(attrs=attributes))
        with files.said_where(Path(self.path)):
            files.rename(self._place(simulation), Path(self.path))
            files.remove(self._folder)
        return open_store(self.path).dataset()


def _after(progress: Progress | None, before: int, wanted: int) -> Progress | None:
    """Return the progress of a batch as that of all."""
    return None if progress is None else lambda done, _: progress(before + done, wanted)


def _total(simulation: Simulation, out: Floats) -> Floats:
    """Return the cost among the outputs, (option, scenario)."""
    item = next(each for each in simulation.breakdowns if each.variable == "cost")
    return simulation.shaped(item, out)
