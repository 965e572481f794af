"""The jobs that are measured, built from popsim's own names.

The fused job: 8 areas x 150 countries, four families (two areas each), areas correlated 0.3 within a country, countries
independent, sums by area. In one form every country scales a shape that its area shares; in the other each of the
1,200 cells has parameters of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from popsim import LogNormal, Pert, Triangular, Uniform
from popsim.engine.breakdowns import Breakdown
from popsim.engine.targets import Sums, Targets
from popsim.engine.threads import fill
from popsim.families import Family
from popsim.plan import Plan, compile
from popsim.plan.lowering import pointers
from popsim.plan.model import Draws
from popsim.plan.streams import StreamNumbers
from popsim.plan.tables.builder import TableBuilder
from popsim.study.model import Area, Component, Country, Dependence, Exponent, Study

Floats = NDArray[np.float64]

AREAS = 8
COUNTRIES = 150
BETWEEN_AREAS = 0.3
SCENARIOS = 65_536
REGIONS = ("African", "Asia-Pacific", "Latin America and Caribbean", "Eastern European")


@dataclass(frozen=True)
class Job:
    """What every implementation is given: a distribution for each area, or for each cell, and a scale per country."""

    marginals: tuple[tuple[Family, ...], ...]
    """One row per country; a single row where countries share the shapes of their areas."""
    scales: Floats
    """(country,)"""

    @property
    def areas(self) -> int:
        """Number of areas."""
        return len(self.marginals[0])

    @property
    def countries(self) -> int:
        """Number of countries."""
        return len(self.scales)

    def of_country(self, country: int) -> tuple[Family, ...]:
        """Give the distributions of a country's areas, before its scale."""
        return self.marginals[country % len(self.marginals)]

    def expected(self) -> Floats:
        """Analytic mean of each area's sum, from scipy."""
        means = [[float(family.reference().mean()) for family in row] for row in self.marginals]
        return np.asarray(self.scales @ np.broadcast_to(np.array(means), (self.countries, self.areas)))

    def deviation(self) -> Floats:
        """Analytic standard deviation of each area's sum; countries are independent."""
        variances = [[float(family.reference().var()) for family in row] for row in self.marginals]
        sums = self.scales**2 @ np.broadcast_to(np.array(variances), (self.countries, self.areas))
        return np.asarray(np.sqrt(sums))


def correlation(areas: int = AREAS) -> Floats:
    """Correlation of the normal scores of a country's areas."""
    return np.full((areas, areas), BETWEEN_AREAS) + (1.0 - BETWEEN_AREAS) * np.eye(areas)


def _family(area: int, share: float) -> Family:
    """Give the family of an area; `share`, from 0 to 1, moves its shape."""
    kinds: tuple[Callable[[], Family], ...] = (
        lambda: LogNormal(12.0, 0.4 + 0.5 * share),
        lambda: Triangular(1e5, 1.5e5 + 4e5 * share, 6e5),
        lambda: Pert(5e4, 1e5 + 5e5 * share, 9e5),
        lambda: Uniform(1e5 * (1.0 + share), 4e5 * (1.0 + share)),
    )
    return kinds[area % 4]()


@cache
def shared_job(countries: int = COUNTRIES, areas: int = AREAS) -> Job:
    """Every country scales a shape that its area shares."""
    row = tuple(_family(area, (area + 0.5) / areas) for area in range(areas))
    return Job((row,), np.geomspace(0.2, 5.0, countries))


@cache
def own_job(countries: int = COUNTRIES, areas: int = AREAS) -> Job:
    """Parameters of its own in every cell."""
    shares = (np.arange(countries * areas).reshape(countries, areas) * 0.6180339887498949 + 0.5) % 1.0
    rows = tuple(tuple(_family(area, float(shares[c, area])) for area in range(areas)) for c in range(countries))
    return Job(rows, np.geomspace(0.2, 5.0, countries))


def study_of(job: Job) -> Study:
    """Make the study of a job whose countries share the shapes of their areas."""
    (row,) = job.marginals
    return _study([(family,) for family in row], job.scales)


def study_of_distinct(job: Job) -> Study:
    """Make a study of one country, in which every cell of a job is a component: as many distinct distributions."""
    return _study(job.marginals, np.ones(1))


def _study(costs: Sequence[tuple[Family, ...]], scales: Floats) -> Study:
    """Make a study of areas, each with a component for each of its costs."""
    areas = tuple(
        Area(f"a{i}", f"area {i}", "of a benchmark", "none", 1.0, 0.0, tuple(map(_component, row, count())))
        for i, row in enumerate(costs)
    )
    countries = tuple(
        Country(f"C{i:04d}", f"country {i}", (("region", REGIONS[i % 4]),), scale, scale, "judgement", "")
        for i, scale in enumerate(scales.tolist())
    )
    return Study(
        name="fused",
        title="The fused job",
        description="",
        years=(2030,),
        currency="USD",
        price_year=2025,
        scenarios=SCENARIOS,
        seed=1,
        coverage=0.9,
        breakdowns=(("area",),),
        countries=countries,
        countries_rationale="",
        left_out=(),
        areas=areas,
        dependence=Dependence(BETWEEN_AREAS, None, (), 0.5, 0.0, "judgement", "of a benchmark"),
        size_driver="population",
        size_rationale="",
        files=(("study.toml", "built in code"),),
    )


def _component(cost: Family, number: int) -> Component:
    return Component(
        id=f"cost{number}",
        name=f"cost {number}",
        kind="one-off",
        cost=cost,
        currency="USD",
        price_year=2025,
        money_factor=1.0,
        profile=(1.0,),
        basis="judgement",
        rationale="of a benchmark",
        sources=(),
        exponents=(Exponent("size", 1.0, "exponent/size"),),
    )


@cache
def shared_plan(countries: int = COUNTRIES, areas: int = AREAS) -> Plan:
    """Compile the fused job once."""
    return compile(study_of(shared_job(countries, areas)))


def lower(job: Job) -> tuple[Draws, Sums]:
    """Lower a job with parameters of its own in every cell; a study has no form for it, so the arrays are made here.

    The score of a cell is sqrt(0.3) times a normal of its country plus sqrt(0.7) times one of its own.
    """
    tables, streams = TableBuilder(), StreamNumbers()
    each, areas = range(job.countries), range(job.areas)
    names = list(cell_names(job))
    marginals = tables.add([family for c in each for family in job.of_country(c)], names)
    scale = np.repeat(job.scales, job.areas)
    empty = np.zeros(0, dtype=np.int64)
    draws = Draws(
        shared_stream=streams.numbers([]),
        common_start=pointers([]),
        common_basis=empty,
        common_weight=np.zeros(0),
        own_start=pointers([job.areas + 1] * job.countries),
        own_stream=streams.numbers(
            [f"country/{c}/{name}" for c in each for name in ("factor", *(f"area/{a}" for a in areas))]
        ),
        row_start=pointers([job.areas] * job.countries),
        row_common=np.full(len(names), -1, dtype=np.int64),
        term_start=pointers([2] * len(names)),
        term_basis=np.array([(0, a + 1) for _ in each for a in areas], dtype=np.int64).ravel(),
        term_weight=np.tile(np.sqrt([BETWEEN_AREAS, 1.0 - BETWEEN_AREAS]), len(names)),
        row_kind=marginals.kind,
        row_table=marginals.table,
        row_location=scale * marginals.location,
        row_scale=scale * marginals.scale,
        tables=tables.numbers(),
    ).frozen()
    target = np.tile(np.arange(job.areas, dtype=np.int64), job.countries)
    outputs = np.arange(job.areas + 1, dtype=np.int64)
    starts, nowhere = np.arange(len(names) + 1, dtype=np.int64), np.full(len(names), -1, dtype=np.int64)
    sums = Targets(starts, target, job.areas, outputs, outputs[:-1], np.ones(job.areas), nowhere)
    return draws, Sums(sums, (Breakdown("cost_by_area", ("area",), (tuple(areas),), 0, "cost"),))


def simulate_own(job: Job, scenarios: int, threads: int = 1, seed: int = 1) -> Floats:
    """Compile and run a job with parameters of its own in every cell; (area, scenario)."""
    draws, sums = lower(job)
    return fill(draws, sums, scenarios, seed, 0, threads)


def cell_names(job: Job) -> tuple[str, ...]:
    """Names of all cells, country by country."""
    return tuple(f"C{c:04d}/a{a}" for c in range(job.countries) for a in range(job.areas))


@cache
def sample_arguments(countries: int = COUNTRIES, areas: int = AREAS) -> tuple[dict[str, Family], xr.DataArray]:
    """Distributions and correlation of the fused job as `ps.sample` takes them."""
    job = shared_job(countries, areas)
    cells = zip(cell_names(job), ((c, a) for c in range(countries) for a in range(areas)), strict=True)
    distributions = {name: scaled(job.of_country(c)[a], float(job.scales[c])) for name, (c, a) in cells}
    names = list(distributions)
    matrix = np.kron(np.eye(countries), correlation(areas))
    return distributions, xr.DataArray(matrix, {"name": names, "with": names}, ("name", "with"))


def scaled(family: Family, factor: float) -> Family:
    """Multiply a distribution of the fused job by a factor."""
    if isinstance(family, LogNormal):
        return LogNormal(family.mu + float(np.log(factor)), family.sigma)
    values = {name: value * factor for name, value in family.parameters().items() if name != "shape"}
    return type(family)(**values)


def scenario_cube(countries: int, areas: int, scenarios: int, seed: int = 1) -> xr.Dataset:
    """Make a dataset as `ps.simulate` lays out a breakdown by country and area: contiguous along scenarios."""
    values = np.random.default_rng(seed).lognormal(size=(countries, areas, scenarios))
    laid_out = np.moveaxis(values, -1, 0)[np.newaxis]
    return xr.Dataset({"cost_by_country_area": (("option", "scenario", "country", "area"), laid_out)})


def check_sums(job: Job, sums: Floats, width: float = 5.0) -> None:
    """Hold sums (area, scenario) against the analytic means: within 5 standard errors, and stds within 5 %."""
    error = job.deviation() / np.sqrt(sums.shape[1])
    distance = np.abs(sums.mean(axis=1) - job.expected()) / error
    spread = sums.std(axis=1) / job.deviation()
    # A standard deviation of n scenarios has a relative error of some sqrt(kurtosis / 4 n).
    slack = width * np.sqrt(1.5 / sums.shape[1])
    if distance.max() > width or np.abs(spread - 1.0).max() > slack:
        message = f"another job: means {distance.max():.1f} errors off, standard deviations {spread.min():.3f} to "
        raise AssertionError(message + f"{spread.max():.3f} of what they must be")


def check_correlation(values: Floats, expected: float, width: float = 5.0) -> None:
    """Hold the correlation of the normal scores of two rows of values against what the job states, by ranks."""
    from scipy import stats

    first, second = values
    found = float(stats.spearmanr(first, second).statistic)
    wanted = 6.0 / np.pi * np.arcsin(expected / 2.0)
    if abs(found - wanted) > width / np.sqrt(len(first)):
        raise AssertionError(f"another job: rank correlation {found:.3f}, not {wanted:.3f}")
