"""Every implementation does the job that it is measured at: means, spreads and correlation are those of theory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import popsim as ps
from benchmarks import jobs
from benchmarks.references import generators, idiomatic, tuned
from benchmarks.rows import MARGINALS, ours_single

SCENARIOS = 2048
COUNTRIES = 30


def ours(job: jobs.Job) -> jobs.Floats:
    if len(job.marginals) > 1:
        return jobs.simulate_own(job, SCENARIOS)
    plan = jobs.shared_plan(COUNTRIES)
    return ps.simulate(plan, scenarios=SCENARIOS, breakdowns=["area"])["cost_by_area"].values[0].T


IMPLEMENTATIONS: dict[str, Callable[[jobs.Job], jobs.Floats]] = {
    "popsim": ours,
    "idiomatic": lambda job: idiomatic.sums_by_area(job, idiomatic.marginals(job), SCENARIOS),
    "tuned": lambda job: tuned.sums_by_area(job, tuned.tables(job), SCENARIOS),
    "generators": lambda job: generators.sums_by_area(job, SCENARIOS),
}


@pytest.mark.parametrize("make", [jobs.shared_job, jobs.own_job], ids=["shared", "own"])
@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_sums_are_those_of_theory(name: str, make: Callable[[int], jobs.Job]) -> None:
    job = make(COUNTRIES)
    sums = IMPLEMENTATIONS[name](job)
    jobs.check_sums(job, sums)
    # The largest country outweighs the rest too little for its correlation to vanish in the sums of areas.
    jobs.check_correlation(sums[[0, 4]], 0.0 if name == "generators" else jobs.BETWEEN_AREAS)


def test_another_job_is_noticed() -> None:
    job = jobs.shared_job(COUNTRIES)
    sums = generators.sums_by_area(job, SCENARIOS)
    with pytest.raises(AssertionError, match="another job"):
        jobs.check_sums(job, sums * 1.05)
    with pytest.raises(AssertionError, match="another job"):
        jobs.check_correlation(sums[[0, 4]], jobs.BETWEEN_AREAS)


def test_cells_by_name_are_the_same_cube() -> None:
    job, (distributions, correlation) = jobs.shared_job(3), jobs.sample_arguments(3)
    dataset = ps.sample(distributions, scenarios=20_000, seed=1, correlation=correlation)
    cube = tuned.cube(job, tuned.tables(job), 20_000).reshape(-1, 20_000)
    for values in (cube, np.stack([dataset[name].values for name in jobs.cell_names(job)])):
        jobs.check_correlation(values[[0, 5]], jobs.BETWEEN_AREAS)
        jobs.check_correlation(values[[0, 8]], 0.0)
        jobs.check_sums(job, values.reshape(3, 8, -1).sum(axis=0))


@pytest.mark.parametrize("name", MARGINALS)
def test_single_marginals_are_the_same_law(name: str) -> None:
    family, size = MARGINALS[name], 40_000
    values = ours_single(family, size)()["x"].values
    for sample in (values, generators.draw(np.random.default_rng(1), family, size)):
        assert abs(sample.mean() - family.mean()) < 5.0 * family.std() / np.sqrt(size)
        # The distance of an empirical distribution from its law exceeds 2.2 / sqrt(n) once in 8,000 samples.
        assert np.abs(np.sort(family.cdf(sample)) - (np.arange(size) + 0.5) / size).max() < 2.2 / np.sqrt(size)
