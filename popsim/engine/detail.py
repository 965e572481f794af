"""Every cost by option, scenario, country, area and year, computed where it is read.

A country is computed from the part of the plan that it needs (`popsim.plan.subset`), for the options, areas and years
that are read and no others. Its numbers have the bits of `simulate` with the breakdown country, area, year.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from popsim.arrays import Floats, Words
from popsim.engine.breakdowns import arrange_variables, lay_out, scope_of
from popsim.engine.designs import queue
from popsim.engine.simulation import Simulation
from popsim.engine.sums import Names
from popsim.engine.threads import make_room
from popsim.plan.model import Plan
from popsim.plan.subset import subset
from popsim.schema import BREAKDOWNS

DIMS: Names = ("option", "scenario", "country", "area", "year")
"""Dimensions of the detail, in order."""

_MOST_SIMULATIONS = 256
"""Parts of the plan that are kept for the next chunk of a country: some 0.5 MB each of the packaged study."""

Axis = int | range | tuple[int, ...]
"""What is read along a dimension: numbers of labels, or one of them, which takes the dimension away."""


class Detail:
    """Cost and financing need of a plan and its options in all detail; it holds no numbers, but makes them.

    Parameters
    ----------
    plan
        With the sampling of all scenarios, and its alternatives.

    Examples
    --------
    >>> import popsim as ps
    >>> detail = Detail(ps.compile(ps.load_study("pops")))
    >>> detail.shape
    (6, 10000, 133, 8, 10)
    >>> full, kenya = 0, detail.labels["country"].index("KEN")
    >>> (cost,) = detail.read(["cost"], (full, range(100, 110), kenya, (5, 7), range(10)))
    >>> cost.shape
    (10, 2, 10)
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.plans = (plan, *plan.alternatives)
        self.scope = scope_of(self.plans)
        self.totals = tuple(name for name in BREAKDOWNS if name == "cost" or self.scope.is_financed)
        known = self.scope.labels
        self.labels: dict[str, tuple[Any, ...]] = {"country": known.country, "area": known.area, "year": known.years}
        self.shape = (len(self.plans), plan.scenarios, *map(len, self.labels.values()))
        self._simulation = lru_cache(_MOST_SIMULATIONS)(self._make_simulation)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to make it again elsewhere, such as on a worker of a cluster."""
        return type(self), (self.plan,)

    def read(self, totals: Sequence[str], axes: Sequence[Axis]) -> tuple[Floats, ...]:
        """Compute a part of one or more totals; those that are computed together are drawn once.

        Parameters
        ----------
        totals
            Of `self.totals`.
        axes
            What is read along each of `DIMS`, counted from 0; of the countries one.

        Returns
        -------
        tuple
            Of each total an array with a dimension for each axis that is no single number.
        """
        shape = [len(axis) for axis in axes if not isinstance(axis, int)]
        if 0 in shape:
            return tuple(np.zeros(shape) for _ in totals)
        options, scenarios, (country,), areas, years = (_rising(axis) for axis in axes)
        simulation = self._simulation(tuple(totals), country, options, areas, years)
        if simulation is None:
            return tuple(np.zeros(shape) for _ in totals)
        out = self._filled(simulation, scenarios)
        whole = [simulation.shaped(item, out)[:, :, np.newaxis] for item in simulation.breakdowns]
        return tuple(_as_asked(part, axes, (options, scenarios, (country,), areas, years)) for part in whole)

    @cached_property
    def _waiting(self) -> Words | None:
        return queue([plan.draws for plan in self.plans]) if self.plan.design == "sobol" else None

    def _make_simulation(
        self, totals: Names, country: int, options: Sequence[int], areas: Sequence[int], years: Sequence[int]
    ) -> Simulation | None:
        """Return what computes a part of the detail of a country; None where none of the options has it."""
        code = self.labels["country"][country]
        of_areas, of_years = (
            tuple(self.labels[dim][k] for k in numbers) for dim, numbers in (("area", areas), ("year", years))
        )
        parts = tuple(subset(self.plans[k], [code], of_areas) for k in options)
        described = lay_out([(total, ("area", "year"), (of_areas, of_years)) for total in totals])
        drawn = tuple(arrange_variables(parts, described))
        return Simulation(parts, self.scope, drawn, self._waiting) if drawn else None

    def _filled(self, simulation: Simulation, scenarios: Sequence[int]) -> Floats:
        """Return all outputs of some scenarios, in rising order; shape (output, scenario)."""
        out = make_room(simulation.outputs, len(scenarios))
        numbers = self.plan.sampling.first + np.array(scenarios, dtype=np.int64)
        # Those that follow one another are computed together.
        column = 0
        for run in np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1):
            simulation.fill(int(run[0]), int(run[-1]) + 1, threads=1, out=out, column=column)
            column += len(run)
        return out


def _rising(axis: Axis) -> range | tuple[int, ...]:
    """Return what is read along a dimension, each number once and in rising order."""
    if isinstance(axis, int):
        return (axis,)
    if isinstance(axis, range):
        return axis if axis.step > 0 else axis[::-1]
    return tuple(sorted(set(axis)))


def _as_asked(part: Floats, axes: Sequence[Axis], read: Sequence[Sequence[int]]) -> Floats:
    """Return a part, which holds what was read along each dimension, in the order and the shape that were asked for."""
    # From the last dimension, since a number takes its dimension away.
    for dim in reversed(range(len(axes))):
        asked = axes[dim]
        if isinstance(asked, int):
            part = part[(slice(None),) * dim + (0,)]
        elif asked != read[dim]:
            part = part.take(np.searchsorted(read[dim], asked), axis=dim)
    return part
