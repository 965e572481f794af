"""monaco: a simulation of cases, each with a Python function between its inputs and its outputs.

After its documentation; it has no correlation between inputs, so its inputs are independent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.jobs import Floats, Job

SCENARIOS = 256
NOTE = "uncorrelated"


def prepare(job: Job) -> Callable[[int], Floats]:
    """Give the function that makes a simulation, runs it and collects its outputs."""
    import monaco

    names = [[f"C{country}A{area}" for area in range(job.areas)] for country in range(job.countries)]

    def preprocess(case: Any) -> tuple[Any, ...]:
        return tuple([case.invals[name].val for name in row] for row in names)

    def run(*rows: list[float]) -> tuple[Floats]:
        return (job.scales @ np.array(rows),)

    def postprocess(case: Any, sums: Floats) -> None:
        for area, value in enumerate(sums.tolist()):
            case.addOutVal(f"area{area}", value)

    def sums_by_area(scenarios: int) -> Floats:
        simulation = monaco.Sim(
            name="fused",
            ndraws=scenarios,
            fcns={"preprocess": preprocess, "run": run, "postprocess": postprocess},
            samplemethod="random",
            seed=1,
            singlethreaded=True,
            verbose=False,
        )
        for country, row in enumerate(names):
            for name, family in zip(row, job.of_country(country), strict=True):
                frozen = family.reference()
                shapes = dict(zip((frozen.dist.shapes or "").replace(",", "").split(), frozen.args, strict=False))
                places = dict(zip(("loc", "scale"), frozen.args[len(shapes) :], strict=False))
                simulation.addInVar(name=name, dist=frozen.dist, distkwargs={**shapes, **places, **frozen.kwds})
        simulation.runSim()
        return np.array([simulation.outvars[f"area{area}"].nums for area in range(job.areas)])

    return sums_by_area
