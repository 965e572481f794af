"""Totals of a part of a study, on the very random numbers of a run of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr

from popsim.arguments import check_name
from popsim.engine.breakdowns import arrange
from popsim.engine.designs import make_points, queue
from popsim.engine.threads import check_threads, fill
from popsim.families.base import Floats
from popsim.plan import compile as compile_study
from popsim.plan.model import Plan, Words
from popsim.sampling import Sampling
from popsim.schema import seed_of
from popsim.study.model import Study
from popsim.types import DESIGNS

__all__ = ["Scenarios", "scenarios_of", "simulate_part"]


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
        Its attributes say seed, design and first scenario.
    plans
        The plans of all options of the whole study, the study as written first.
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
    return {item.variable: out[item.first_output] for item in sums.breakdowns}
