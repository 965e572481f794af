"""A Zarr store of scenarios, filled range by range: for what does not fit the memory or must outlive the process.

Every variable is one Zarr array, cut into ranges of scenarios. A range is finished when its record stands in the array
`checksum`, which is written last. What a range holds depends on its scenarios alone, so that neither the order, nor who
computes them, nor the size of the ranges changes a bit.
"""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dask
import dask.array as da
import numpy as np
import pandas as pd
import xarray as xr

from popsim.arguments import check_threads, check_whole
from popsim.arrays import Floats
from popsim.engine.disk import check_fits_disk
from popsim.engine.shards import AHEAD
from popsim.engine.simulation import Simulation
from popsim.engine.storage import Storage, storage_at
from popsim.engine.store_arrays import (
    CHECKSUM,
    LAYOUT,
    LEAST_PIECE,
    Array,
    array_of,
    describe,
    described_by,
    description_of,
    dims_of,
    is_stored,
    make_array,
    make_checksums,
    make_group,
    open_group,
    whole_values,
    write_variable,
)
from popsim.engine.store_checks import damaged_additions, damaged_ranges, reading, together, writing
from popsim.engine.store_reader import AGAIN, Reader, common_chunks, shards_of
from popsim.engine.sums import Names
from popsim.engine.threads import Progress, make_room
from popsim.errors import FileError, ParameterError, Problem, RunError, words
from popsim.sampling import Sampling

_RANGE_BYTES = 2**26
"""What a range of scenarios takes: two are in memory, one that is drawn and one that is written."""
_LEAST_RANGE, _LARGEST_RANGE = 512, 2**16
"""Scenarios of a range: a block of the kernels at least; no more than is soon drawn again where it is lost."""
_ON = "popsim resume goes on with it, and so does the same simulate(..., store=...)"


def range_length(simulation: Simulation, memory: int | None = None, parts: int = 1) -> int:
    """Return how many scenarios a range of a store has: a power of two, as many as a fixed size in memory holds.

    Where there are so many outputs that their pieces would be too small to be read quickly, ranges are longer as far
    as the memory allows.

    Parameters
    ----------
    simulation
        What is to be stored.
    memory
        Bytes that the run may take; ranges are then at most an eighth of it. None for the usual size.
    parts
        About how many ranges there are to be at least, so that all workers of a cluster have some.

    Examples
    --------
    >>> import popsim as ps
    >>> simulation = Simulation.of(ps.compile(ps.load_study("example")), [("area",)])
    >>> range_length(simulation), range_length(simulation, memory=2**20)
    (8192, 512)
    """
    each = 8 * simulation.outputs
    most = _RANGE_BYTES if memory is None else memory // 8
    wanted = min(max(_RANGE_BYTES // each, LEAST_PIECE // 8), most // each)
    needed = 1 << ((simulation.sampling.count - 1) // parts).bit_length()
    most_in_memory = 1 << (max(wanted, 1).bit_length() - 1)
    return max(_LEAST_RANGE, min(most_in_memory, needed, _LARGEST_RANGE))


@dataclass(frozen=True)
class Store:
    """A store of the scenarios of one plan, finished or not.

    `create_store` makes one, `open_store` opens one that is there, `fill_store` computes what is missing of it.

    Examples
    --------
    >>> import tempfile, popsim as ps
    >>> simulation = Simulation.of(ps.compile(ps.load_study("example")), [("area",)])
    >>> folder = tempfile.TemporaryDirectory()
    >>> store = create_store(folder.name + "/ensemble.zarr", simulation, chunk=2048)
    >>> store.missing()
    [(0, 2048), (2048, 4096), (4096, 5000)]
    >>> fill_store(simulation, store, threads=1)
    >>> store.missing(), store.dataset()["cost"].sizes["scenario"]
    ([], 5000)
    >>> folder.cleanup()
    """

    plan_digest: str
    sampling: Sampling
    breakdowns: tuple[Names, ...]
    chunk: int
    """Scenarios of a range; the last may have fewer."""
    variables: tuple[str, ...]
    """Variables with scenarios that the ranges hold."""
    storage: Storage = field(hash=False)

    @property
    def path(self) -> str:
        """A folder, or a URL that fsspec knows."""
        return self.storage.place

    def __reduce__(self) -> tuple[Any, ...]:
        return open_store, (self.path,)

    @cached_property
    def _written(self) -> Storage:
        return self.storage.anew()

    @cached_property
    def _arrays(self) -> dict[str, Array]:
        """What is written range by range: variables, the numbers of scenarios, and records."""
        group = open_group(self._written)
        return {name: array_of(group, name) for name in (*self.variables, "scenario", CHECKSUM)}

    def ranges(self) -> list[tuple[int, int]]:
        """Return all ranges of scenarios, numbered as in the run, in order."""
        first, end = self.sampling.first, self.sampling.first + self.sampling.count
        return [(start, min(start + self.chunk, end)) for start in range(first, end, self.chunk)]

    def missing(self) -> list[tuple[int, int]]:
        """Return the ranges that are not finished, in order.

        Raises
        ------
        FileError
            When the records cannot be listed.
        """
        with reading(self.path):
            names = self.storage.names(CHECKSUM)
        finished = {int(found[1]) for name in names if (found := re.fullmatch(r"c\.(\d+)\.0", name))}
        return [each for i, each in enumerate(self.ranges()) if i not in finished]

    def write(self, start: int, stop: int, out: Floats) -> None:
        """Write all variables of one range of scenarios, and then its record; what was there is replaced.

        Parameters
        ----------
        start, stop
            One of `ranges`.
        out
            The outputs of these scenarios, as `Simulation.fill` returns them; shape (output, scenario).

        Raises
        ------
        ParameterError
            When there is no such range.
        FileError
            When it cannot be written; the range is then still missing.
        """
        if (start, stop) not in self.ranges():
            allowed = f"one of the ranges of {self.chunk:,} scenarios of {self.path}"
            raise ParameterError(Problem("", ("start", "stop"), f"{start}, {stop}", allowed))
        place = (start - self.sampling.first) // self.chunk
        within = slice(start - self.sampling.first, stop - self.sampling.first)
        with writing(self.path):
            with self._written.flushing() as sums:
                self._write_values(out, place, within)
                self._arrays["scenario"][within] = np.arange(start, stop)
                records = [together([sums[key] for key in self.range_files(name, place)]) for name in self.variables]
            with self._written.flushing():
                self._arrays[CHECKSUM][place] = np.array(records, dtype=np.uint32)

    def _write_values(self, out: Floats, place: int, within: slice) -> None:
        """Write the outputs of a range, a file at a time; without Zarr in a folder."""
        with ThreadPoolExecutor(min(check_threads(None), AHEAD)) as pool:
            # The largest first: it is flushed while others are packed.
            for name, values in sorted(self._values(out), key=lambda each: -each[1].size):
                shards = shards_of(self._written, self._arrays[name])
                if shards is None:
                    self._arrays[name][:, within] = values
                    continue
                options = shards.whole[0]
                for i, key in enumerate(self.range_files(name, place)):
                    self._written.put(key, shards.packed(values[i * options : (i + 1) * options], pool))

    def _values(self, out: Floats) -> Iterator[tuple[str, Floats]]:
        """Yield the variables among the outputs, each as (option, scenario, ...)."""
        shapes = [self._arrays[name].shape for name in self.variables]
        by_option = out.reshape(shapes[0][0], -1, out.shape[1])
        first = 0
        for name, (options, _, *further) in zip(self.variables, shapes, strict=True):
            size = math.prod(further)
            part = by_option[:, first : first + size].reshape(options, *further, -1)
            yield name, np.moveaxis(part, -1, 1)
            first += size

    def range_files(self, name: str, place: int) -> list[str]:
        """Return the files that hold a range of a variable."""
        array = self._arrays[name]
        per_option = array.shards is not None and array.shards[0] == 1
        rest = (0,) * (array.ndim - 2)
        keys = [(option, place, *rest) for option in range(array.shape[0] if per_option else 1)]
        return [f"{name}/{array.metadata.encode_chunk_key(key)}" for key in keys]

    def discard_partial(self) -> None:
        """Remove what a killed process left of files that were not whole yet; no other process may be writing."""
        self.storage.discard_partial()

    def move(self, path: str | os.PathLike[str]) -> None:
        """Find the files in the folder to which they were moved; so do datasets that this store gave before."""
        self.storage.move(path)

    def take(self, source: Store) -> int:
        """Take over what another store has finished of the same scenarios; return the number of ranges.

        These are the ranges that are the same in both: all but the last of a shorter run of the same plan. Files of
        one disk get a second name and take no room; the other store stays as it is.

        Raises
        ------
        RunError
            When the other store is of another plan, or has other variables or ranges.
        FileError
            When its files cannot be read, or these not be written.
        """
        same = dataclasses.replace(source.sampling, count=self.sampling.count)
        wanted = (self.plan_digest, self.sampling, self.variables, self.chunk)
        if (source.plan_digest, same, source.variables, source.chunk) != wanted:
            found = f"ranges of {source.chunk:,} scenarios of plan {source.plan_digest}"
            allowed = f"{self.chunk:,} scenarios of plan {self.plan_digest}, with the same variables"
            raise RunError(Problem(source.path, (), found, allowed))
        finished = (set(source.ranges()) - set(source.missing())) & set(self.missing())
        taken = [(place, each) for place, each in enumerate(self.ranges()) if each in finished]
        with writing(self.path):
            for place, _ in taken:
                with self.storage.flushing():
                    *files, record = self.files_of(place)
                    for key in files:
                        self.storage.take(source.storage, key)
                with self.storage.flushing():
                    self.storage.take(source.storage, record)
        return len(taken)

    def copy(self, path: str | os.PathLike[str]) -> Store:
        """Copy the store to another place; files of one disk get a second name there and take no room.

        Raises
        ------
        FileError
            When it cannot be read, or the other place not be written.
        """
        target = storage_at(path)
        with writing(os.fspath(path)):
            # What says that there is a store is written last.
            names = sorted(self.storage.files(), key=lambda name: name == "zarr.json")
            with target.flushing():
                for name in names:
                    target.take(self.storage, name)
        return open_store(path)

    def verify(self, variables: Sequence[str] | None = None) -> list[Problem]:
        """Return every file that is missing or not as it was written: of finished ranges, and of what was added.

        Parameters
        ----------
        variables
            Of the ranges, those that are looked at, and nothing else; None for all of the store.
        """
        problems = [problem for _, found in damaged_ranges(self, variables or self.variables) for problem in found]
        return problems if variables is not None else [*problems, *(each for _, each in damaged_additions(self))]

    def discard_damaged(self, changed: Collection[str] = ()) -> list[Problem]:
        """Return the problems of finished ranges, and remove their records, so that these count as missing.

        Parameters
        ----------
        changed
            Files in the store that are known to be others than were written, though they may fit their records.
        """
        damaged = dict(damaged_ranges(self, self.variables))
        for place, (start, stop) in enumerate(self.ranges()):
            allowed = f"scenarios {start:,} to {stop - 1:,}, as they were written"
            for name in self.files_of(place) if changed else ():
                if name in changed and place not in damaged:
                    damaged[place] = [Problem(f"{self.path}/{name}", (), "another file", allowed, AGAIN)]
        with writing(self.path):
            for place in damaged:
                self.storage.remove(f"{CHECKSUM}/c.{place}.0")
        return [problem for found in damaged.values() for problem in found]

    def files_of(self, place: int) -> list[str]:
        """Return the names of all files of a range, by its place among all."""
        of_variables = [name for variable in self.variables for name in self.range_files(variable, place)]
        return [*of_variables, f"scenario/c.{place}", f"{CHECKSUM}/c.{place}.0"]

    def discard_damaged_additions(self, attribute: str) -> list[Problem]:
        """Return the problems of added variables, and let go of these, and of an attribute that says they are there."""
        damaged = dict(damaged_additions(self))
        if damaged:
            with writing(self.path):
                group = open_group(self.storage)
                attributes, described = described_by(group)
                kept = {
                    key: [name for name in described[key] if name not in damaged] for key in ("order", "coordinates")
                }
                added = {name: each for name, each in described["added"].items() if name not in damaged}
                attributes.pop(attribute, None)
                describe(group, self.storage, attributes, {**described, **kept, "added": added})
        return list(damaged.values())

    def dataset(self) -> xr.Dataset:
        """Return the scenarios as `popsim.simulate` does, read from the store when they are used (dask arrays).

        Each dask chunk is one output, or a few small ones, in as many scenarios as are worth reading together.

        Raises
        ------
        RunError
            When ranges are missing.
        FileError
            When the store cannot be read. A damaged file raises it when its values are read.
        """
        if missing := self.missing():
            found = f"{len(missing):,} of {len(self.ranges()):,} ranges of scenarios missing"
            raise RunError(Problem(self.path, (), found, "a finished store", _ON))
        with reading(self.path):
            group = open_group(self.storage)
            attributes, described = described_by(group)
            arrays = {name: array_of(group, name) for name in described["order"]}
            lengths = common_chunks([array for array in arrays.values() if "scenario" in dims_of(array)])
            variables = {name: self._variable(array, lengths) for name, array in arrays.items()}
        first = self.sampling.first
        scenario = pd.RangeIndex(first, first + self.sampling.count)
        variables["scenario"] = xr.Variable("scenario", scenario, variables["scenario"].attrs)
        coordinates = {name: variables.pop(name) for name in described["coordinates"]}
        dataset = xr.Dataset(variables, coordinates, attributes)
        dataset.encoding["source"] = self.path
        return dataset

    def _variable(self, array: Array, lengths: Mapping[str, int]) -> xr.Variable:
        """Return a variable in chunks of these lengths; in memory where it has no scenarios."""
        dims = dims_of(array)
        if "scenario" not in dims:
            return xr.Variable(dims, whole_values(array), dict(array.attrs))
        chunks = [lengths[dim] for dim in dims]
        reader = Reader(self, array.basename)
        like = np.empty((0,) * array.ndim, reader.dtype)
        values = da.from_array(reader, chunks, name=self._token(array), fancy=False, meta=like)  # type: ignore[no-untyped-call]
        return xr.Variable(dims, values, dict(array.attrs))

    def _token(self, array: Array) -> str:
        """Return the name of the dask array of a variable: the same for the same values."""
        return f"{array.basename}-{dask.base.tokenize(self.path, self.plan_digest, self.sampling, array.shape)}"

    def _has(self, variable: xr.Variable, array: Array) -> bool:
        """Return whether a variable is what an array of the store holds: read from it, or small and equal."""
        if variable.chunks is not None:
            return bool(variable.data.name == self._token(array))
        return is_stored(variable, array)

    def add(self, dataset: xr.Dataset) -> None:
        """Add variables, and the attributes of a dataset, to the store, or replace those that were added before.

        What the ranges hold stays as it is. Variables with scenarios are written range by range, so that dask arrays
        need not fit the memory. Whoever opens the store sees either all that is added or none of it.

        Parameters
        ----------
        dataset
            With all scenarios of the store, or without the dimension scenario.

        Raises
        ------
        ParameterError
            When it has other scenarios.
        FileError
            When it cannot be written.
        """
        count = dataset.sizes.get("scenario", self.sampling.count)
        if count != self.sampling.count:
            allowed = f"{self.sampling.count:,}, as in the store"
            raise ParameterError(Problem("", ("dataset",), f"{count:,} scenarios", allowed))
        fixed = {*self.variables, "scenario", CHECKSUM}
        with writing(self.path):
            group = open_group(self.storage)
            attributes, described = described_by(group)
            stored = set(described["order"])
            new = {
                str(name): variable
                for name, variable in dataset.variables.items()
                if name not in fixed and not (name in stored and self._has(variable, array_of(group, str(name))))
            }
            kept = [name for name in described["order"] if name not in new]
            coordinates = [name for name in described["coordinates"] if name not in new]
            added = {name: each for name, each in described.get("added", {}).items() if name not in new}
            described |= {"order": kept, "coordinates": coordinates, "added": added}
            describe(group, self.storage, attributes, described)
            with self.storage.flushing() as sums:
                for name, variable in new.items():
                    self.storage.remove(name)
                    write_variable(group, name, variable, self.chunk)
            for name in new:
                files = sorted(key for key in sums if key.startswith(f"{name}/") and not key.endswith("/zarr.json"))
                added[name] = together([sums[key] for key in files])
            coordinates += [name for name in new if name in dataset.coords]
            described |= {"order": [*kept, *new]}
            describe(group, self.storage, {**attributes, **dataset.attrs}, described)


def create_store(path: str | os.PathLike[str], simulation: Simulation, *, chunk: int | None = None) -> Store:
    """Make a store without any scenarios yet, or open the one of the same simulation that is there.

    Parameters
    ----------
    path
        A folder, or a URL that fsspec knows; it holds nothing, or a store of this simulation.
    simulation
        What the store will hold.
    chunk
        Scenarios of a range; None for `range_length`. A store that is there keeps its own.

    Raises
    ------
    ParameterError
        For ranges of less than one scenario.
    RunError
        When something else is there: a store of another plan or sampling, or other files.
    FileError
        When it cannot be written.
    """
    chunk = range_length(simulation) if chunk is None else check_whole("chunk", chunk, 1)
    place = os.fspath(path)
    storage = storage_at(path)
    with writing(place):
        names = storage.names("")
        described = description_of(storage)
        if described is not None and described["is_laid_out"]:
            return check_same(open_store(path), simulation)
        if names and described is None:
            found = f"files that are no store: {words(sorted(names), 5)}"
            raise RunError(Problem(place, (), found, "a folder that is empty or not there", "name another folder"))
        for name in names:
            storage.remove(name)
        _lay_out(storage, simulation, chunk)
    return open_store(path)


def open_store(path: str | os.PathLike[str]) -> Store:
    """Return the store at a path, to read it or to go on with it.

    Raises
    ------
    RunError
        When there is none, or one of a later version.
    FileError
        When it cannot be read.
    """
    place = os.fspath(path)
    storage = storage_at(path)
    with reading(place):
        described = description_of(storage)
    if described is None or not described["is_laid_out"]:
        raise RunError(Problem(place, (), "no store of scenarios", "a store that popsim wrote", "run the study again"))
    if described["layout"] != LAYOUT:
        found, mend = f"layout {described['layout']}", "use the version of popsim that wrote it"
        raise RunError(Problem(place, (), found, f"layout {LAYOUT}", mend))
    return Store(
        plan_digest=described["plan_digest"],
        sampling=Sampling(**{**described["sampling"], "seed": int(described["sampling"]["seed"])}),
        breakdowns=tuple(tuple(names) for names in described["breakdowns"]),
        chunk=described["chunk"],
        variables=tuple(described["variables"]),
        storage=storage,
    )


def store_behind(dataset: xr.Dataset) -> Store | None:
    """Return the store that a dataset of `Store.dataset` reads; None where its scenarios are its own.

    Variables may have been added to the dataset.
    """
    path = dataset.encoding.get("source")
    if path is None or not any(variable.chunks for variable in dataset.variables.values()):
        return None
    try:
        store = open_store(path)
        stored = store.dataset()
    except (FileError, RunError):
        return None
    same = all(
        name in dataset and getattr(dataset[name].data, "name", None) == stored[name].data.name
        for name in store.variables
    )
    return store if same else None


def fill_store(simulation: Simulation, store: Store, threads: int, progress: Progress | None = None) -> None:
    """Compute and write the ranges that a store lacks; one is written while the next is drawn.

    Parameters
    ----------
    simulation
        That of the store.
    store
        As `create_store` or `open_store` give it.
    threads
        Checked before.
    progress
        Called with the number of scenarios done and wanted, those that were there before among them.

    Raises
    ------
    RunError
        When the store is of another simulation.
    FileError
        When it cannot be written, or the disk has no room for all of it. The ranges that were finished before stay.
    """
    check_same(store, simulation)
    store.discard_partial()
    missing = store.missing()
    wanted = store.sampling.count
    done = wanted - sum(stop - start for start, stop in missing)
    longest = max((stop - start for start, stop in missing), default=0)
    rooms = [make_room(simulation.outputs, longest) for _ in missing[:2]]
    writing: Future[None] | None = None
    with ThreadPoolExecutor(1) as writer:
        for i, (start, stop) in enumerate(missing):
            out = rooms[i % 2].reshape(-1)[: simulation.outputs * (stop - start)].reshape(simulation.outputs, -1)
            simulation.fill(start, stop, threads, _after(progress, done, wanted), out)
            if writing is not None:
                writing.result()
                if i == 1:
                    check_fits_disk(store)
            writing = writer.submit(store.write, start, stop, out)
            done += stop - start
        if writing is not None:
            writing.result()


def _after(progress: Progress | None, before: int, wanted: int) -> Progress | None:
    """Return the progress of a range as that of the whole."""
    if progress is None:
        return None
    return lambda done, _: progress(before + done, wanted)


def check_same(store: Store, simulation: Simulation) -> Store:
    """Return the store if it is that of the simulation."""
    wanted = _identity(simulation)
    found = {"plan_digest": store.plan_digest, "sampling": store.sampling, "variables": store.variables}
    problems = [
        Problem(store.path, (name,), str(value), str(wanted[name]), "use a folder of its own for each run")
        for name, value in found.items()
        if value != wanted[name]
    ]
    if problems:
        raise RunError(problems)
    return store


def _identity(simulation: Simulation) -> dict[str, Any]:
    variables = tuple(item.variable for item in simulation.breakdowns)
    return {"plan_digest": simulation.plan.digest, "sampling": simulation.sampling, "variables": variables}


def _lay_out(storage: Storage, simulation: Simulation, chunk: int) -> None:
    """Write labels, exact values and arrays without values; the description of the whole is written last."""
    labels = simulation.dataset(np.zeros((simulation.outputs, 1)))
    group = make_group(storage)
    sampling = simulation.sampling
    variables = [item.variable for item in simulation.breakdowns]
    with storage.flushing():
        for name, variable in labels.variables.items():
            if "scenario" in variable.dims:
                make_array(group, str(name), variable, sampling.count, chunk)
            else:
                write_variable(group, str(name), variable, chunk)
        make_checksums(group, math.ceil(sampling.count / chunk), len(variables))
    dims = [item.dims for item in simulation.breakdowns if item.dims]
    described = {
        "layout": LAYOUT,
        "is_laid_out": True,
        "plan_digest": simulation.plan.digest,
        "sampling": {**dataclasses.asdict(sampling), "seed": str(sampling.seed)},
        "breakdowns": list(dict.fromkeys(dims)),
        "chunk": chunk,
        "variables": variables,
        "order": [str(name) for name in labels.variables],
        "coordinates": [str(name) for name in labels.coords],
    }
    describe(group, storage, labels.attrs, described)
