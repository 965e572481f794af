"""Runs beside that of a whole study: with other dependence, of a part of it, or with some random streams drawn again.

Random numbers are counted out from the number of a stream and that of the scenario, so that both take no storage: to
draw a stream again is to give it another number, and to hold it for K scenarios is to count by the K.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import xarray as xr

from popsim import schema
from popsim.arguments import check_name, check_threads
from popsim.arrays import Floats, Integers, Mask, Words
from popsim.engine.breakdowns import arrange
from popsim.engine.designs import Design, make_points, queue
from popsim.engine.simulation import simulate_scenarios
from popsim.engine.sums import Names
from popsim.engine.threads import fill
from popsim.plan import compile as compile_study
from popsim.plan.lowering import compile_draws
from popsim.plan.model import Plan
from popsim.plan.streams import StreamNumbers
from popsim.sampling import Sampling
from popsim.schema import seed_of
from popsim.study.model import Component, Study
from popsim.types import DESIGNS


def with_common_share(study: Study, share: float) -> Study:
    """Return the study with one number for every share between countries; dependence within a country stays as it is.

    Its options are changed likewise. Groups of countries then share no more than all countries do; needs, delays and
    starts share as much as costs.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> with_common_share(load_study("pops"), 1.0).areas[0].common_share
    1.0
    """
    dependence = dataclasses.replace(
        study.dependence,
        common_share=share,
        label_shares=tuple(share for _ in study.dependence.label_shares),
        group=None,
        group_share=None,
        label_group_shares=(),
        need_common_share=share,
        delay_common_share=share,
        start_common_share=share,
    )
    areas = tuple(
        dataclasses.replace(
            area,
            common_share=share,
            group_share=None,
            components=tuple(_with_shares(component, share) for component in area.components),
        )
        for area in study.areas
    )
    options = tuple(
        dataclasses.replace(option, study=with_common_share(option.study, share)) for option in study.options
    )
    return dataclasses.replace(study, dependence=dependence, areas=areas, options=options)


def _with_shares(component: Component, share: float) -> Component:
    """Return a component without shares of its own, and its whole, where it is a share of one, with those given."""
    part = component.part
    if part is not None:
        whole = dataclasses.replace(part.whole, area_shares=(share, None), common_share=None, group_share=None)
        part = dataclasses.replace(part, whole=whole)
    return dataclasses.replace(component, common_share=None, group_share=None, part=part)


def dependence_extremes(
    study: Study, scenarios: int | None = None, seed: int | None = None, threads: int | None = None
) -> xr.Dataset:
    """Sample the total cost with countries independent, and with every draw common to all countries.

    Parameters
    ----------
    study
        The study; its own common shares are not used.
    scenarios, seed, threads
        As for `simulate`.

    Returns
    -------
    xarray.Dataset
        `cost_countries_independent` and `cost_countries_fully_dependent` (option, scenario), in the study's currency.

    Raises
    ------
    PlanError, ParameterError
        As for `simulate`.

    Examples
    --------
    >>> from popsim.study import load_study
    >>> ds = dependence_extremes(load_study("pops"), scenarios=200)
    >>> bool(ds["cost_countries_independent"].std() < ds["cost_countries_fully_dependent"].std())
    True
    """
    result = {}
    for name, share in EXTREME_SHARES.items():
        plan = compile_draws(with_common_share(study, share))
        cost = simulate_scenarios(plan, (), scenarios, seed, threads)["cost"]
        result[name] = as_extreme(cost, name, study)
    return xr.Dataset(result)


EXTREME_SHARES = {"cost_countries_independent": 0.0, "cost_countries_fully_dependent": 1.0}
"""What countries share in each of the extremes of dependence."""


def as_extreme(cost: xr.DataArray, name: str, study: Study) -> xr.DataArray:
    """Return the cost of a study under an extreme of dependence, named after it, to be merged with that of the study.

    Parameters
    ----------
    cost
        As `simulate` gives it.
    name
        One of `EXTREME_SHARES`.
    study
        For its money.
    """
    cost.attrs.update(schema.describe(name, study.currency, study.price_year))
    return cost.drop_vars(["option_name", "option_is_financed"])


@dataclass(frozen=True, eq=False)
class Scenarios:
    """Which scenarios of which random numbers: those of one run."""

    sampling: Sampling
    threads: int
    waiting: Words | None = None
    """Order in which the streams of the whole take dimensions of a Sobol sequence; None for other designs."""


def scenarios_of(dataset: xr.Dataset, plans: Sequence[Plan], threads: int | None = None) -> Scenarios:
    """Return the scenarios of a dataset of `simulate`.

    Parameters
    ----------
    dataset
        Its attributes have seed, design and first scenario.
    plans
        The plans of all options of the whole study, the full programme first.
    threads
        None for all cores.
    """
    design = check_name("design", dataset.attrs.get("design", "random"), DESIGNS)
    return Scenarios(
        Sampling(
            count=int(dataset.sizes["scenario"]),
            seed=seed_of(dataset.attrs),
            design=design,
            replicates=int(dataset.attrs.get("replicates", 1)),
            first=int(dataset.attrs.get("first_scenario", 0)),
        ),
        threads=check_threads(threads),
        waiting=queue([plan.draws for plan in plans]) if design == "sobol" else None,
    )


def simulate_part(part: Study, scenarios: Scenarios) -> dict[str, Floats]:
    """Return every total of a part of a study, scenario by scenario.

    Streams are named after what they are, so that areas, components and countries draw alone what they draw in the
    whole; in Sobol points they keep the dimensions that they have in the whole.

    Examples
    --------
    >>> import dataclasses
    >>> import numpy as np
    >>> import popsim as ps
    >>> study = ps.load_study("pops")
    >>> plan = ps.compile(study)
    >>> ds = ps.simulate(plan, scenarios=50, breakdowns=["area"])
    >>> part = dataclasses.replace(study, areas=study.areas[:1], options=())
    >>> alone = simulate_part(part, scenarios_of(ds, (plan, *plan.alternatives)))["cost"]
    >>> bool(np.allclose(alone, ds["cost_by_area"].sel(option="full", area="a"), rtol=1e-12))
    True
    """
    plan = compile_study(part)
    sums = arrange(plan, ())
    sampling = scenarios.sampling
    points = make_points(plan.draws, sampling, waiting=scenarios.waiting)
    out = fill(plan.draws, sums, sampling.count, sampling.seed, sampling.first, scenarios.threads, points=points)
    return {item.variable: item.part_of(out) for item in sums.breakdowns}


_AGAIN = " (again)"
"""Suffix of the name of a stream that is drawn again."""


class Variants:
    """Runs of one plan that differ in which streams are drawn again.

    Parameters
    ----------
    plan
        A plan that knows the names of its streams; every run has its sampling.
    breakdowns
        As `read_breakdowns` gives them.
    threads
        Of every run, checked before.
    """

    def __init__(self, plan: Plan, breakdowns: Sequence[Names], threads: int) -> None:
        self.plan, self.threads = plan, threads
        self.names = (*plan.streams.shared, *plan.streams.own)
        self._sums = arrange(plan, breakdowns)

    @cached_property
    def dims(self) -> dict[str, tuple[Names, tuple[tuple[object, ...], ...]]]:
        """Dimensions of each variable beside the scenario, with their labels."""
        return {item.variable: (item.dims, item.labels) for item in self._sums.breakdowns}

    def run(self, again: Mask, hold: Mask | None = None, times: int = 1) -> dict[str, Floats]:
        """Return each variable, shape (..., scenario).

        Parameters
        ----------
        again
            Which streams are drawn again, in the order of `names`.
        hold
            Which streams keep their draw for `times` scenarios on end: in scenario i they draw what scenario
            i // times draws without.
        times
            A power of two.
        """
        numbers = np.where(again, self._again, self._numbers)
        shared, own = np.split(numbers, [len(self.plan.draws.shared_stream)])
        # Of arrays that may be written to the kernel would be compiled once more.
        draws = self.plan.draws._replace(shared_stream=shared, own_stream=own).frozen()
        points = None
        if hold is not None:
            row = np.full(len(hold), -1, dtype=np.int64)
            row[hold] = np.arange(hold.sum())
            points = _Held(numbers[hold], times, self.plan.sampling, *np.split(row, [len(shared)]))
        out = fill(draws, self._sums, self.plan.scenarios, self.plan.seed, 0, self.threads, points=points)
        return {item.variable: item.part_of(out) for item in self._sums.breakdowns}

    @cached_property
    def _numbers(self) -> Words:
        return np.concatenate([self.plan.draws.shared_stream, self.plan.draws.own_stream])

    @cached_property
    def _again(self) -> Words:
        """Numbers of the streams when drawn again; no two streams share a number, not with any of the plan either."""
        both = StreamNumbers().numbers([*self.names, *(f"{name}{_AGAIN}" for name in self.names)])
        return both[len(self.names) :]


@dataclass(frozen=True, eq=False)
class _Held:
    """The design in which some streams keep their draw for several scenarios on end."""

    streams: Words
    times: int
    sampling: Sampling
    shared_row: Integers
    own_row: Integers

    @property
    def rows(self) -> int:
        return len(self.streams)

    def between(self, start: int, stop: int) -> Design:
        from popsim.kernels.philox import fill_bits

        # Words of a stream come in pairs, so the words of whole pairs of held draws, each as often as it is held.
        span = 2 * self.times
        first, last = start // span, -(-stop // span)
        words = np.empty((self.rows, 2 * (last - first)), dtype=np.uint64)
        for row, stream in zip(words, self.streams, strict=True):
            fill_bits(row, last - first, np.uint64(self.sampling.seed), stream, np.uint64(first))
        return Design(np.repeat(words, self.times, axis=1), first * span, self.shared_row, self.own_row)
