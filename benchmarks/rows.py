"""The rows of the table: what is measured against what, and what it must reach."""

from __future__ import annotations

import atexit
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

import popsim as ps
from benchmarks import clusters, jobs
from benchmarks.ratios import Pair
from benchmarks.references import generators, idiomatic, quantiles, tuned
from popsim import Gamma, LogNormal, Metalog, Normal, Pert, Triangular
from popsim.arguments import check_threads
from popsim.engine.simulate import simulation_of
from popsim.engine.simulation import Simulation
from popsim.engine.store import create_store, fill_store
from popsim.families import Family
from popsim.kernels.philox import fill_bits
from popsim.study.model import Study

DRAWS = 2**22

MARGINALS: dict[str, Family] = {
    "normal": Normal(10.0, 2.0),
    "lognormal": LogNormal(1.0, 0.6),
    "triangular": Triangular(1.0, 2.0, 6.0),
    "pert": Pert(1.0, 2.0, 6.0),
    "gamma": Gamma(2.5, 3.0),
    "metalog": Metalog((10.0, 2.0, 0.5, 0.3)),
}


@dataclass(frozen=True)
class Row:
    """One row: `pair` makes the two jobs, whole or (True) small enough for a quick run."""

    key: str
    work: str
    against: str
    target: float
    """What the ratio must reach."""
    pair: Callable[[bool], Pair]
    gated: bool
    """Whether CI holds the row at half of its target: only rows that reach it with room to spare."""
    one_thread: bool = True
    """One thread is measured by processor time in CI, which other processes disturb less."""


def _fused(threads: int = 1, scenarios: int = jobs.SCENARIOS) -> Callable[[], xr.Dataset]:
    plan = jobs.shared_plan()
    return lambda: ps.simulate(plan, scenarios=scenarios, breakdowns=["area"], threads=threads)


def against_idiomatic(small: bool) -> Pair:
    """Fused job against numpy and scipy, which do an eighth of the scenarios (a sixteenth in a quick run)."""
    job, scenarios = jobs.shared_job(), 4096 if small else 8192
    frozen = idiomatic.marginals(job)
    return Pair(_fused(), lambda: idiomatic.sums_by_area(job, frozen, scenarios), jobs.SCENARIOS / scenarios)


def against_one_thread(small: bool) -> Pair:
    """Two threads against one."""
    scenarios = jobs.SCENARIOS // 4 if small else jobs.SCENARIOS
    return Pair(_fused(2, scenarios), _fused(1, scenarios))


def against_tuned(small: bool) -> Pair:  # noqa: ARG001
    """Fused job against hand-tuned numpy; it works block by block, and does one block of four."""
    job, scenarios = jobs.shared_job(), tuned.BLOCK
    tables = tuned.tables(job)
    return Pair(_fused(), lambda: tuned.sums_by_area(job, tables, scenarios), jobs.SCENARIOS / scenarios)


def against_generators(small: bool) -> Pair:
    """Fused job against numpy's generators; in a quick run they do a quarter of the scenarios."""
    job, scenarios = jobs.shared_job(), jobs.SCENARIOS // 4 if small else jobs.SCENARIOS
    return Pair(_fused(), lambda: generators.sums_by_area(job, scenarios), jobs.SCENARIOS / scenarios)


def own_against_tuned(threads: int) -> Callable[[bool], Pair]:
    """Own parameters in each cell; tables, and our plan, within the timing."""

    def pair(small: bool) -> Pair:
        job = jobs.own_job(COUNTRIES_SMALL) if small else jobs.own_job()
        return Pair(
            lambda: jobs.simulate_own(job, jobs.SCENARIOS, threads),
            lambda: tuned.sums_by_area(job, tuned.tables(job), jobs.SCENARIOS),
        )

    return pair


def sample_against_tuned(threads: int) -> Callable[[bool], Pair]:
    """All cells by name, kept; numpy's tables within the timing, as ours are."""

    def pair(small: bool) -> Pair:
        countries = COUNTRIES_SMALL if small else jobs.COUNTRIES
        job, (distributions, correlation) = jobs.shared_job(countries), jobs.sample_arguments(countries)
        return Pair(
            lambda: ps.sample(distributions, scenarios=10_000, seed=1, correlation=correlation, threads=threads),
            lambda: tuned.cube(job, tuned.tables(job), 10_000),
        )

    return pair


def compile_against_scipy(small: bool) -> Pair:
    """Plan of distinct marginals against scipy's quantiles at as many points."""
    job = jobs.own_job(COUNTRIES_SMALL) if small else jobs.own_job()
    study = jobs.study_of_distinct(job)
    frozen = [family.reference() for row in job.marginals for family in row]
    return Pair(lambda: ps.compile(study), lambda: quantiles.evaluate(frozen))


def against_bits(small: bool) -> Pair:
    """Bare bits of our generator, one 64-bit word per cell and scenario, in an array that stays in cache."""
    scenarios = jobs.SCENARIOS // 4 if small else jobs.SCENARIOS
    out, seed, first = np.empty(scenarios, dtype=np.uint64), np.uint64(1), np.uint64(0)
    streams = list(np.arange(jobs.COUNTRIES * jobs.AREAS, dtype=np.uint64))

    def bits() -> None:
        for stream in streams:
            fill_bits(out, scenarios // 2, seed, stream, first)

    return Pair(_fused(scenarios=scenarios), bits)


def summary_against_xarray(small: bool) -> Pair:
    """Five quantiles of every cell (ours with their errors, means and standard deviations)."""
    return _summaries(small, None)


def summary_against_xarray_plain(small: bool) -> Pair:
    """Five quantiles by xarray when it is told that no value is missing."""
    return _summaries(small, False)


def _summaries(small: bool, skipna: bool | None) -> Pair:
    cube = jobs.scenario_cube(COUNTRIES_SMALL if small else jobs.COUNTRIES, jobs.AREAS, 10_000 if small else 100_000)
    levels = ps.summarise(cube.isel(scenario=slice(1000)), coverage=0.6)["quantile"].values.tolist()
    assert len(levels) == 5
    values = cube["cost_by_country_area"]
    return Pair(
        lambda: ps.summarise(cube, coverage=0.6), lambda: values.quantile(levels, dim="scenario", skipna=skipna)
    )


def single(name: str) -> Callable[[bool], Pair]:
    """One marginal through `ps.sample` against numpy's generator."""
    family = MARGINALS[name]

    def pair(small: bool) -> Pair:
        size = DRAWS // 8 if small else DRAWS
        rng = np.random.default_rng(1)
        return Pair(ours_single(family, size), lambda: generators.draw(rng, family, size))

    return pair


def ours_single(family: Family, size: int) -> Callable[[], xr.Dataset]:
    """Draw one marginal through `ps.sample`."""
    return lambda: ps.sample({"x": family}, scenarios=size, seed=1, threads=1)


def packaged_against_fused(small: bool) -> Pair:
    """Draws per second of the packaged study, needs, lateness, prices and financing included, against the fused job."""
    study = dataclasses.replace(ps.load_study("pops"), options=())
    plan, other = ps.compile(study), jobs.shared_plan()
    scenarios = 8192 if small else 32_768
    draws, others = (len(each.draws.own_stream) + len(each.draws.shared_stream) for each in (plan, other))
    return Pair(
        lambda: ps.simulate(plan, scenarios=scenarios, breakdowns=["area"], threads=1),
        _fused(1, jobs.SCENARIOS // 2 if small else jobs.SCENARIOS),
        scenarios * draws / (others * (jobs.SCENARIOS // 2 if small else jobs.SCENARIOS)),
    )


def streamed_against_memory(small: bool) -> Pair:
    """The packaged study with its breakdowns into a store, packed, checked and flushed, against results in memory."""
    plan, scenarios = ps.compile(ps.load_study("pops")), 2**12 if small else 2**16
    simulation = simulation_of(plan, scenarios, breakdowns=["area", "region", "year"])
    return Pair(
        lambda: stored(simulation, scenarios // 8),
        lambda: simulation.fill(0, scenarios, check_threads(None)),
    )


def stored(simulation: Simulation, chunk: int) -> None:
    """Compute a simulation into a store, in ranges of `chunk` scenarios, and throw it away."""
    with tempfile.TemporaryDirectory(prefix="popsim-") as folder:
        fill_store(simulation, create_store(f"{folder}/ensemble.zarr", simulation, chunk=chunk), check_threads(None))


def writing_against_copy(small: bool) -> Pair:
    """Results of the packaged study that are in memory: into a store, against one file of the same bytes, flushed."""
    plan, scenarios = ps.compile(ps.load_study("pops")), 2**12 if small else 2**16
    simulation = simulation_of(plan, scenarios, breakdowns=["area", "region", "year"])
    out = simulation.fill(0, scenarios, check_threads(None))
    # Made once for all rounds: that takes as long as a small range.
    folder = tempfile.mkdtemp(prefix="popsim-")
    atexit.register(shutil.rmtree, folder)
    store = create_store(f"{folder}/ensemble.zarr", simulation, chunk=scenarios)

    def copy() -> None:
        with tempfile.NamedTemporaryFile(prefix="popsim-") as file:
            file.write(out.data)
            file.flush()
            os.fsync(file.fileno())

    return Pair(lambda: store.write(0, scenarios, out), copy)


def virtual_against_simulate(small: bool) -> Pair:
    """One country of a virtual ensemble against a simulation of a study of that country alone, same numbers."""
    study, scenarios = ps.load_study("pops"), 10_000 if small else 100_000
    ens = ps.open_ensemble(study, scenarios=1_000_000_000).sel(country="KEN")
    alone = ps.compile(_only(study, "KEN"))
    return Pair(
        lambda: ens.isel(scenario=slice(0, scenarios)).compute(),
        lambda: ps.simulate(alone, scenarios=scenarios, breakdowns=[("area", "year")]),
    )


def _only(study: Study, code: str) -> Study:
    """Keep one country of a study and of its options."""
    countries = tuple(country for country in study.countries if country.code == code)
    options = tuple(dataclasses.replace(option, study=_only(option.study, code)) for option in study.options)
    return dataclasses.replace(study, countries=countries, options=options)


COUNTRIES_SMALL = 15

FUSED = "fused job, one thread"
OWN = "fused job, own parameters in each of 1,200 cells, compiled within the timing"
TWO = "the row above on two threads, as users call it"
SAMPLE = "`ps.sample`, 1,200 names, 150 blocks, 10,000 scenarios, all kept"

ROWS: tuple[Row, ...] = (
    Row("fused-idiomatic", FUSED, "numpy + scipy, idiomatic", 100.0, against_idiomatic, True),
    Row("threads", "fused job, two threads", "the same, one thread", 1.9, against_one_thread, False, one_thread=False),
    Row("fused-tuned", FUSED, "numpy, hand-tuned (tables, np.interp)", 40.0, against_tuned, False),
    Row("fused-generators", FUSED, "numpy's own generators, uncorrelated", 6.0, against_generators, True),
    Row("own-tuned", OWN, "numpy, hand-tuned, its tables too", 25.0, own_against_tuned(1), False),
    Row("own-tuned-two", TWO, "the same, which has no threads", 25.0, own_against_tuned(2), False, one_thread=False),
    Row("sample-tuned", SAMPLE, "numpy, hand-tuned, same cube", 10.0, sample_against_tuned(1), False),
    Row(
        "sample-tuned-two",
        TWO,
        "the same, which has no threads",
        10.0,
        sample_against_tuned(2),
        False,
        one_thread=False,
    ),
    Row(
        "compile",
        "plan of 1,200 distinct marginals",
        "scipy.stats ppf, same points",
        10.0,
        compile_against_scipy,
        False,
    ),
    *(
        Row(f"sample-{name}", f"`ps.sample`, {name}, 2^22 draws", "numpy", 3.0, single(name), name in ("pert", "gamma"))
        for name in ("triangular", "pert", "gamma", "metalog")
    ),
    Row(
        "cluster",
        "packaged study into a store by dask, two worker processes",
        "the same, one worker process",
        1.7,
        clusters.two_workers_against_one,
        False,
        one_thread=False,
    ),
    Row("bits", FUSED, "bare bits, same count (at least 1/4)", 0.25, against_bits, True),
    Row(
        "packaged",
        "draws a second of the packaged study: needs, lateness, prices, financing",
        "of the fused job, one thread",
        0.5,
        packaged_against_fused,
        True,
    ),
    Row(
        "streamed",
        "packaged study into a store, packed, checked, flushed; all cores",
        "the same, results kept in memory",
        0.85,
        streamed_against_memory,
        False,
        one_thread=False,
    ),
    Row(
        "writing",
        "results that are there into a store, packed, checked, flushed",
        "one plain file of the same bytes, flushed",
        0.6,
        writing_against_copy,
        False,
        one_thread=False,
    ),
    Row(
        "virtual",
        "one country of a virtual ensemble of 10^9 scenarios: 100,000 of them, cost and need by option, area, year",
        "`ps.simulate` of a study of that country alone",
        0.7,
        virtual_against_simulate,
        False,
        one_thread=False,
    ),
    Row("summaries", "five quantiles of 1,200 x 100,000", "xarray .quantile", 5.0, summary_against_xarray, False),
    Row(
        "summaries-plain",
        "five quantiles of 1,200 x 100,000",
        "xarray .quantile(skipna=False)",
        5.0,
        summary_against_xarray_plain,
        False,
    ),
)
"""Rows measured against numpy, scipy and xarray; those against other libraries are in `benchmarks.peers`."""
