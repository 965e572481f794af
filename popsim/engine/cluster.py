"""Scenarios on the workers of a dask cluster, which write what they compute to the store themselves.

Over the network go the plans, once to each worker, and two numbers for each range of scenarios; never the scenarios.
Nothing heavy is imported at the top: the scheduler loads this file as well, to read the tasks.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from popsim.errors import ClusterError, ParameterError, PopsimError, Problem, kind_of
from popsim.version import __version__

if TYPE_CHECKING:
    from distributed import Client

    from popsim.engine.simulation import Simulation
    from popsim.engine.store import Store
    from popsim.engine.threads import Progress

_AHEAD = 2
"""Ranges that the scheduler is given for each thread of the workers: one to work on, and one to go on with."""

_KEPT = "what is finished is kept; the same command goes on from there, and so does popsim resume"


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Yield a client of a scheduler, and disconnect at the end; the cluster stays.

    Parameters
    ----------
    address
        As dask prints it (``tcp://10.0.0.1:8786``), or the path of the scheduler file that it wrote (``*.json``).

    Raises
    ------
    ClusterError
        When dask.distributed is not installed, or no scheduler answers.
    """
    where = f"--scheduler {address}"
    try:
        from distributed import Client
    except ImportError:
        mend = "pip install 'popsim[cluster]'"
        raise ClusterError(Problem(where, (), "no dask.distributed", "an installed dask.distributed", mend)) from None
    allowed = "the address that dask scheduler prints, such as tcp://10.0.0.1:8786, or the file that it wrote"
    is_file = address.endswith(".json")
    if is_file and not os.path.isfile(address):  # dask would wait for it
        raise ClusterError(Problem(where, (), "no such file", allowed))
    refused = None
    try:
        client = Client(**{"scheduler_file" if is_file else "address": address}, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        refused = Problem(where, (), str(error) or "no answer", allowed)
    if refused is not None:
        # dask closes a client that found no scheduler when Python comes upon it. Were that while another client begins,
        # both would wait for one lock for ever.
        gc.collect()
        raise ClusterError(refused)
    with _without_its_log(), client:
        yield client


@contextmanager
def _without_its_log() -> Iterator[None]:
    """Keep the client of dask from writing a traceback where the scheduler is lost: an error of popsim says that."""
    log = logging.getLogger("distributed.client")
    before = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(before)


def check_client(client: object, store: object) -> None:
    """Check that a client can be used, and that there is a store for its workers to write to.

    Raises
    ------
    ParameterError
        When the client is none, was closed or is asynchronous, or when there is no store.
    """
    status = getattr(client, "status", None)
    problems = []
    if status is None or getattr(client, "asynchronous", False):
        found = kind_of(client) if status is None else "an asynchronous client"
        problems.append(Problem("", ("client",), found, "a client of dask.distributed, not asynchronous, or None"))
    elif status != "running":
        problems.append(Problem("", ("client",), f"a client that is {status}", "one that is connected"))
    if store is None:
        mend = 'store="..." names a folder that all workers see, or a URL of object storage'
        problems.append(Problem("", ("store",), "None", "a store, to which the workers of a client write", mend))
    if problems:
        raise ParameterError(problems)


def fill_store_on_cluster(
    simulation: Simulation, store: Store, client: Client, progress: Progress | None = None
) -> None:
    """Compute what a store lacks on the workers of a cluster; each writes its ranges of scenarios itself.

    A range is computed with one thread, as many at a time as the workers have threads. A range whose worker ended is
    given to another one, and has the same bits there. Workers may join at any time.

    Parameters
    ----------
    simulation
        What is computed.
    store
        Where every worker can write: in a folder that all of them see under this path, or in object storage.
    client
        Connected to the scheduler of the cluster.
    progress
        Called with the number of scenarios done and wanted, those that the store had included.

    Raises
    ------
    RunError
        When the store is of another simulation.
    ClusterError
        When workers have other versions, do not see the store, or end again and again, or the scheduler is lost; what
        is finished is kept.
    FileError
        When a worker cannot write to the store, or its disk has no room for all of it.
    """
    from distributed import as_completed
    from distributed.comm import CommClosedError

    from popsim.engine.disk import check_fits_disk
    from popsim.engine.store import check_same

    check_same(store, simulation)
    missing, wanted = store.missing(), simulation.sampling.count
    done = already = wanted - sum(stop - start for start, stop in missing)
    versions = _versions()
    path = store.path if "://" in store.path else os.path.abspath(store.path)
    running = as_completed(loop=client.loop, with_results=True, raise_errors=False)
    try:
        _check_versions(client, versions)
        # A task and not scattered data: workers that lose the plans get them from the scheduler again.
        plans = client.submit(bytes, zlib.compress(pickle.dumps(simulation, protocol=5), 1), key=f"plans-{uuid4()}")
        futures = (
            client.submit(_compute, plans, versions, path, start, stop, key=f"scenarios-{start}-{uuid4()}")
            for start, stop in missing
        )
        running.update(islice(futures, _AHEAD * _threads(client)))
        for _, result in running:
            # Not the status of the future: it is "lost", until it was computed again, once the worker that has the
            # number ends, though the number came here before.
            if not isinstance(result, int):
                raise _failure(result)
            if done == already:
                check_fits_disk(store)
            done += result
            if progress is not None:
                progress(done, wanted)
            running.update(islice(futures, max(0, _AHEAD * _threads(client) - running.count())))
        store.discard_partial()
    except CommClosedError as error:
        raise _failure(error) from error
    finally:
        if client.status == "running":
            client.cancel(list(running.futures), force=True)


def parts_for(client: Client) -> int:
    """Return about how many ranges a run should have, so that all workers end at nearly the same time."""
    return 4 * _threads(client)


def _threads(client: Client) -> int:
    """Return how many ranges the workers compute at a time; one before the first of them has joined."""
    threads: dict[str, int] = client.nthreads()
    return max(1, sum(threads.values()))


def _compute(plans: bytes, versions: dict[str, str], path: str, start: int, stop: int) -> int:
    """Compute a range on a worker and write it to the store; return the number of its scenarios.

    A range that another worker wrote before it ended is not computed again.
    """
    from popsim.engine.store import open_store

    if problem := _difference(_versions(), versions, _place()):
        raise ClusterError(problem)
    try:
        store = open_store(path)
    except PopsimError as error:
        allowed, mend = "the store that the client made", "name a folder that all workers share, or object storage"
        found = error.problems[0].found
        raise ClusterError(Problem(f"{_place()}: {path}", (), found, allowed, mend)) from error
    if (start, stop) in store.missing():
        store.write(start, stop, _simulation(plans).fill(start, stop, threads=1))
    return stop - start


@lru_cache(maxsize=1)
def _simulation(plans: bytes) -> Simulation:
    simulation: Simulation = pickle.loads(zlib.decompress(plans))  # noqa: S301  dask itself sends code to workers
    return simulation


def _place() -> str:
    from distributed import get_worker

    return f"worker {get_worker().address}"


def _versions() -> dict[str, str]:
    """Return versions of what the numbers of a range pass through."""
    return {"popsim": __version__, **{name: version(name) for name in ("numpy", "numba")}}


def _difference(found: dict[str, str], wanted: dict[str, str], where: str) -> Problem | None:
    """Return what a worker has in other versions than the client; None where they agree."""
    names = [name for name in wanted if found.get(name) != wanted[name]]
    if not names:
        return None
    here, there = (", ".join(f"{name} {each.get(name, 'missing')}" for name in names) for each in (wanted, found))
    return Problem(where, (), there, f"{here}, as here", "install the same versions everywhere")


def _check_versions(client: Client, versions: dict[str, str]) -> None:
    """Refuse a scheduler and workers of other versions, all at once; workers that join later check for themselves."""

    def look() -> dict[str, str]:
        # Sent as code, since it must run where popsim is not installed.
        try:
            from popsim.engine import cluster
        except ImportError:
            return {}
        return cluster._versions()

    workers = {f"worker {address}": each for address, each in sorted(client.run(look).items())}
    found = {f"scheduler {client.scheduler.address}": client.run_on_scheduler(look), **workers}
    problems = [_difference(each, versions, where) for where, each in found.items()]
    if refused := [problem for problem in problems if problem is not None]:
        raise ClusterError(refused)


def _failure(result: Any) -> BaseException:
    """Return the error to raise for a range that is not done: its task ended with an error, or was given up."""
    from distributed import KilledWorker

    if not isinstance(result, tuple):  # dask has an error of a task in a tuple, beside its traceback
        found, allowed = "no connection to the scheduler", "a scheduler that stays until the end"
        return ClusterError(Problem("cluster", (), found, allowed, _KEPT))
    error: BaseException = result[1]
    if isinstance(error, KilledWorker):
        found = f"{error.allowed_failures + 1} workers ended while they computed the same scenarios"
        allowed = "workers with memory for one range of scenarios for each of their threads"
        return ClusterError(Problem("cluster", (), found, allowed, f"--memory makes ranges smaller; {_KEPT}"))
    return error
