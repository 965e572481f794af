"""A run whose scenarios are made whenever they are read, so that it may have many and takes no room; and its peak.

Run as a script with a number of scenarios and the names of steps, it prints by how many MiB the memory of the process
grew at most until the end of each step.
"""

from __future__ import annotations

import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import xarray as xr

import popsim as ps
from popsim.analysis.order import Moments
from popsim.engine.variants import dependence_extremes
from popsim.report.data import ReportData, gather
from popsim.report.formats import FORMATS
from popsim.study.model import Study

CHUNK = 1 << 16


def study_of_two_options() -> Study:
    study = ps.load_study("pops", {"scenarios.count": 64})
    return replace(study, options=study.options[:1])


def lazy_run(study: Study, scenarios: int) -> xr.Dataset:
    """Return a run of a study in which scenarios are uniform numbers about the means of 64 real ones."""
    ds = ps.simulate(study, breakdowns=["area", "width"])
    ds = ds.assign(dependence_extremes(replace(study, options=())).isel(option=0, drop=True).data_vars)
    lazy = {name: _lazy(values, scenarios) for name, values in ds.data_vars.items() if "scenario" in values.dims}
    return ds.drop_vars([*lazy, "scenario"]).assign(lazy).assign_coords(scenario=np.arange(scenarios))


def _lazy(values: xr.DataArray, scenarios: int) -> xr.Variable:
    import dask.array as da

    dims = ["scenario" if dim == "scenario" else dim for dim in values.dims]
    sizes = [scenarios if dim == "scenario" else values.sizes[dim] for dim in dims]
    chunks = [CHUNK if dim == "scenario" else 1 for dim in dims]
    means = values.mean("scenario").values
    axis = dims.index("scenario")
    seed = sum(map(ord, str(values.name)))

    def block(block_info: dict[None, dict[str, list[tuple[int, int]]]]) -> np.ndarray:  # type: ignore[type-arg]
        where = block_info[None]["array-location"]
        place = tuple(first for k, (first, _) in enumerate(where) if k != axis)
        shape = [stop - start for start, stop in where]
        # An option draws what the others draw, and a little of its own.
        draws = np.random.default_rng([seed, *place[1:], where[axis][0]]).random(math.prod(shape))
        return (means[place] * (0.5 + draws) * (1.0 + 0.1 * place[0] if place else 1.0)).reshape(shape)

    data = da.map_blocks(block, chunks=da.core.normalize_chunks(chunks, sizes), dtype=np.float64, meta=np.empty(0))
    return xr.Variable(dims, data, values.attrs)


def steps(study: Study, ds: xr.Dataset, folder: Path) -> dict[str, Callable[[], object]]:
    """Return what is done with a run, step by step."""
    data = cache(lambda: gather(study, ds))
    return {
        "summarise": lambda: ps.summarise(ds),
        "budget": lambda: (ps.budget(ds, 2.5e9), ps.budget_for(ds, 0.8, "cost_by_area")),
        "compare": lambda: ps.compare(ds),
        "point_estimates": lambda: (ps.point_estimates(ds), ps.contingency(ds)),
        "variance_shares": lambda: ps.variance_shares(ds, "area"),
        "pairs": lambda: ps.pairs(ds.isel(option=[0])),
        **{name: partial(_write, name, study, ds, data, folder) for name in ("html", "xlsx", "csv", "sipmath")},
        "all in memory": lambda: ds.load(),
    }


def _write(name: str, study: Study, ds: xr.Dataset, data: Callable[[], ReportData], folder: Path) -> None:
    FORMATS[name].write(folder, study, ds, data(), None)


def peak() -> float:
    """Return the largest memory that the process has had so far, in MiB."""
    if sys.platform == "linux":
        # Not ru_maxrss, which a process takes over from the one that started it.
        with open("/proc/self/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 2**10
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def main(scenarios: int, names: list[str]) -> None:
    """Print the growth of memory until the end of each step, after all steps were done once with few scenarios."""
    study = study_of_two_options()
    with tempfile.TemporaryDirectory() as folder:
        for name, work in steps(study, lazy_run(study, 3_000), Path(folder)).items():
            if name in names:
                work()
        Moments(np.ones((2, 64)), of=1 << 30).quantiles(np.array([0.5]))  # kernels, which few scenarios do not need
        before = peak()
        every = steps(study, lazy_run(study, scenarios), Path(folder))
        for name in names:
            every[name]()
            sys.stdout.write(f"{peak() - before:.0f} {name}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
