"""Clusters of processes on this machine, which end with the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distributed import Client


@contextmanager
def local_cluster(workers: int) -> Iterator[Client]:
    """Yield a client of a scheduler with some worker processes of one thread each; nobody's default client."""
    from distributed import Client, LocalCluster

    # Ports that are free: several tests, and somebody's own cluster, may run beside each other.
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
