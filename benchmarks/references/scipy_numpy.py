"""numpy and scipy in the environment of the peers: the idiomatic reference as one of them."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.jobs import Floats, Job
from benchmarks.references import idiomatic

SCENARIOS = 8192
NOTE = "Cholesky, ndtr, ppf"


def prepare(job: Job) -> Callable[[int], Floats]:
    """Freeze the distributions; give the function that samples and sums."""
    frozen = idiomatic.marginals(job)
    return lambda scenarios: idiomatic.sums_by_area(job, frozen, scenarios)
