"""The drivers that come with a run: within a budget of work, and with the reason where there are none."""

from __future__ import annotations

from collections.abc import Callable

import xarray as xr

from popsim.analysis.attached import ATTACHED, attach_drivers, leave_out_drivers
from popsim.analysis.drivers import driver_work, drivers, least_scenarios
from popsim.study.model import Study
from popsim.types import GROUPINGS

__all__ = ["DRAWS", "SCENARIOS", "SHARE", "add_drivers"]

SCENARIOS = 4_096
"""Scenarios of each of the runs that tell drivers, where they are asked for; shares are then known to some 1 %."""
SHARE = 0.2
"""Scenarios of all these runs together, in terms of those of the run itself, where they are not asked for."""
DRAWS = 1_000_000_000
"""Random numbers of all these runs together up to which they are made, however short the run: a few seconds."""


def add_drivers(
    study: Study,
    dataset: xr.Dataset,
    wanted: bool | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Add to a run what makes its range, or why that is left out.

    Parameters
    ----------
    study, dataset
        A study and its run.
    wanted
        True: with `SCENARIOS` in each run that tells it. None: with what is affordable beside the run, and left out
        where even the least number of scenarios is not. False: left out. The numbers depend on study and run alone,
        and not on the speed of the machine.
    threads, progress
        As for `simulate`.
    """
    if wanted is False:
        return leave_out_drivers(dataset, "asked")
    cost = dataset["cost"].isel(option=0).values
    if len(cost) > 1 and (cost == cost[0]).all():
        return leave_out_drivers(dataset, "certain")
    runs, draws = driver_work(study)
    if runs == 2 * len(GROUPINGS):
        return leave_out_drivers(dataset, "certain")
    least = least_scenarios(study.coverage)
    count = max(least, SCENARIOS)
    if wanted is None:
        budget = max(DRAWS, SHARE * draws * dataset["cost"].size)
        affordable = int(budget / (draws * runs)) // least * least
        if affordable < least:
            return leave_out_drivers(dataset, "work")
        count = min(count, max(least, int(SHARE * dataset["cost"].size / runs) // least * least))
    total, done = 2, 0

    def tell(part: int, whole: int) -> None:
        if progress is not None:
            progress(done * whole + part, total * whole)

    found = []
    for by in GROUPINGS:
        found.append(drivers(study, count, by=by, threads=threads, progress=tell, only=ATTACHED))
        done += 1
    if not all(float(each["std"]) > 0.0 for each in found):
        return leave_out_drivers(dataset, "unseen")
    return attach_drivers(dataset, *found)
