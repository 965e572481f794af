"""Results stored in the dataset of a run, for reports that are written later: drivers, rare events, assumptions.

They are added under a prefix, ``drivers_input_``, ``drivers_level_``, ``rare_`` or ``assumptions_``, and are read back
without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import xarray as xr

from popsim.analysis.beside import put_beside, take_from_beside
from popsim.analysis.door import dataset_of
from popsim.analysis.driver_figures import figure_names, figures_of
from popsim.plan.streams import FINANCING
from popsim.schema import seed_of
from popsim.study.model import Study
from popsim.types import GROUPINGS

if TYPE_CHECKING:
    from popsim.engine.runs import Run

COST, NEED = "cost", "financing_need"
"""Totals whose drivers a run stores: those of the need where who pays is uncertain; else it has those of the cost."""
SCENARIOS = 4_096
"""Scenarios of each simulation for drivers where they are asked for; shares of the variance are then known to 1 %."""
SHARE = 0.2
"""Scenarios of all these simulations together, as a share of those of the run, where drivers are not asked for."""
DRAWS = 1_000_000_000
"""Random numbers that all these simulations together may always draw, however short the run: a few seconds."""
ASSUMPTION_SCENARIOS = 1_024
"""Scenarios of each change of an assumption where they are not asked for: a few seconds of the packaged study."""
LEFT_OUT = ("asked", "certain", "unseen", "work")
"""Why a run has no drivers: the user asked for none; the cost is the same in all scenarios; it is the same in the fewer
scenarios for drivers; or they would take much longer than the run itself."""

_STORED = (
    "first_order",
    "total",
    "swing_low",
    "swing_high",
    "width_given",
    "width",
    "mean",
    "std",
    "variance_share_by_area",
)
_REASON = "drivers_left_out"
_DRIVER_ATTRIBUTES = ("scenarios", "coverage", "confidence", "references")
_RARE = "rare_"
_RARE_ATTRIBUTES = ("coverage", "left_out")
_ASSUMPTIONS = "assumptions_"
_ASSUMPTION_ATTRIBUTES = ("scenarios", "coverage", "headline")
_NO_ASSUMPTIONS = "assumptions_left_out"


def add_drivers(
    study: Study,
    dataset: xr.Dataset,
    wanted: bool | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Compute the drivers of the cost and add them to a run, or the reason why they are left out.

    Parameters
    ----------
    study, dataset
        A study and its run.
    wanted
        True: with `SCENARIOS` in each simulation. None: with as many as are affordable beside the run, and left out
        where even the least number of scenarios is not. False: left out. The numbers depend on study and run alone,
        and not on the speed of the machine.
    threads, progress
        As for `simulate`.
    """
    # Imported when used, here and below: who reads what a run keeps needs nothing that draws scenarios.
    from popsim.analysis.drivers import driver_work, drivers, least_scenarios
    from popsim.plan.financing import uncertain_parts

    if wanted is False:
        return leave_out_drivers(dataset, "asked")
    cost = dataset["cost"].isel(option=0).values
    runs, draws, is_cost_uncertain = driver_work(study)
    if (len(cost) > 1 and (cost == cost[0]).all()) or not is_cost_uncertain:
        return leave_out_drivers(dataset, "certain")
    least = least_scenarios(study.coverage)
    count = max(least, SCENARIOS)
    if wanted is None:
        budget = max(DRAWS, SHARE * draws * dataset["cost"].size)
        affordable = int(budget / (draws * runs)) // least * least
        if affordable < least:
            return leave_out_drivers(dataset, "work")
        count = min(count, max(least, int(SHARE * dataset["cost"].size / runs) // least * least))
    totals = (COST, NEED) if uncertain_parts(study) else (COST,)
    results = []
    for place, by in enumerate(GROUPINGS):

        def part_of_all(done: int, whole: int, place: int = place) -> None:
            if progress is not None:
                progress(place * whole + done, len(GROUPINGS) * whole)

        results.append(drivers(study, count, by=by, threads=threads, progress=part_of_all, only=totals))
    if not all(float(each["std"]) > 0.0 for each in results):
        return leave_out_drivers(dataset, "unseen")
    return attach_drivers(dataset, *results)


def attach_drivers(dataset: Run | xr.Dataset, *results: xr.Dataset) -> xr.Dataset:
    """Add what `popsim.drivers` gives for the cost to a run: by input, by level, or both.

    Variables are named ``drivers_input_first_order`` and so on. Where one of the inputs is who pays, those of the
    financing need are added as well, such as ``drivers_input_first_order_of_financing_need``.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("pops")
    >>> by_level = ps.drivers(study, scenarios=1024, by="level")
    >>> run = attach_drivers(ps.simulate(study, scenarios=100), by_level)
    >>> attached_drivers(run, "level")["total"].equals(by_level["total"]), attached_drivers(run, "input") is None
    (True, True)
    """
    dataset = dataset_of(dataset).copy()
    described = {name: dict(values.attrs) for name, values in dataset.coords.items()}
    is_shared = any(FINANCING in result["input"].values for result in results if "input" in result.dims)
    totals = (COST, NEED) if is_shared else (COST,)
    for result in results:
        by = "input" if "input" in result.dims else "level"
        known = {name: short for total in totals for name, short in figure_names(result, total).items()}
        names = [name for name, short in known.items() if short.removesuffix("_error") in _STORED]
        variables = {f"drivers_{by}_{name}": result[name].reset_coords(drop=True) for name in names}
        attributes = {f"drivers_{by}_{name}": result.attrs[name] for name in _DRIVER_ATTRIBUTES}
        labels = {by: result[by], f"{by}_name": result[f"{by}_name"]}
        dataset = dataset.assign_coords(labels).assign(variables).assign_attrs(attributes)
    # Assigning takes the labels of areas over from the result, which has them without unit and meaning.
    for name, attributes in described.items():
        dataset[name].attrs.update(attributes)
    dataset.attrs.pop(_REASON, None)
    return dataset


def attached_drivers(dataset: Run | xr.Dataset, by: str, total: str = COST) -> xr.Dataset | None:
    """Return what `attach_drivers` added, by "input" or by "level"; None where the run has none.

    Parameters
    ----------
    dataset
        A run, or its dataset.
    by
        Which grouping.
    total
        "cost" or "financing_need". Figures have the same names for both; the cost has no input that it does not depend
        on, which is who pays.
    """
    dataset = dataset_of(dataset)
    prefix = f"drivers_{by}_"
    names = {str(name): str(name).removeprefix(prefix) for name in dataset.data_vars if str(name).startswith(prefix)}
    stored = dataset[list(names)].rename(names).reset_coords(drop=True)
    stored = figures_of(stored, total)
    if not stored.data_vars:
        return None
    stored = stored.assign_coords({f"{by}_name": dataset[f"{by}_name"].sel({by: stored[by]})})
    stored.attrs = {name: dataset.attrs[f"{prefix}{name}"] for name in _DRIVER_ATTRIBUTES}
    return stored


def leave_out_drivers(dataset: xr.Dataset, reason: str) -> xr.Dataset:
    """Remove the drivers of a run and note why it has none, one of `LEFT_OUT`, for its report.

    Examples
    --------
    >>> drivers_left_out(leave_out_drivers(xr.Dataset(), "asked"))
    'asked'
    """
    stored = [name for name in dataset.variables if str(name).startswith("drivers_")]
    labels = [label for by in GROUPINGS for label in (by, f"{by}_name")]
    dropped = dataset.drop_vars([*stored, *labels], errors="ignore")
    attributes = {name: value for name, value in dataset.attrs.items() if not str(name).startswith("drivers_")}
    dropped.attrs = {**attributes, _REASON: reason}
    return dropped


def drivers_left_out(dataset: Run | xr.Dataset) -> str | None:
    """Return why a run has no drivers; None where it has them, or no reason was noted."""
    reason = dataset_of(dataset).attrs.get(_REASON)
    return None if reason is None else str(reason)


def attach_rare(dataset: xr.Dataset, events: xr.Dataset) -> xr.Dataset:
    """Add what `rare_events` gave to the dataset of a run; nothing where there is no event.

    Everything that is not of options has ``rare_`` before its name: variables such as ``rare_chance``, the dimensions
    ``rare_event`` and ``rare_total`` with their coordinates, the attributes ``rare_coverage`` and ``rare_left_out``.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("pops")
    >>> run = ps.simulate(study, scenarios=100)
    >>> attached_rare(attach_rare(run, ps.rare_events(study, run))) is None  # nothing in this study is rare
    True
    """
    if events.sizes["event"] == 0:
        return dataset
    stored = events.drop_vars([name for name in events.coords if str(name).startswith("option")])
    stored = stored.rename({name: f"{_RARE}{name}" for name in map(str, stored.variables)})
    attributes = {f"{_RARE}{name}": events.attrs[name] for name in _RARE_ATTRIBUTES}
    return dataset.assign_coords(stored.coords).assign(stored.data_vars).assign_attrs(attributes)


def attached_rare(dataset: xr.Dataset) -> xr.Dataset | None:
    """Return what `attach_rare` added; None where nothing is rare."""
    stored = [str(name) for name in dataset.variables if str(name).startswith(_RARE)]
    if not stored:
        return None
    events = dataset[[name for name in stored if name in dataset.data_vars]]
    events = events.drop_vars([name for name in events.coords if str(name) not in (*stored, "option")])
    events = events.rename({name: name.removeprefix(_RARE) for name in stored})
    return events.assign_attrs({name: dataset.attrs[f"{_RARE}{name}"] for name in _RARE_ATTRIBUTES})


def add_assumptions(
    study: Study,
    dataset: xr.Dataset,
    wanted: bool | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Compute what each assumption does to the range and add it to a run, or the reason why it is left out.

    Parameters
    ----------
    study, dataset, wanted, threads, progress
        As for `affordable_assumptions`.
    """
    return attach_assumptions(dataset, affordable_assumptions(study, dataset, wanted, threads, progress))


def affordable_assumptions(
    study: Study,
    dataset: xr.Dataset,
    wanted: bool | None = None,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset | str:
    """Return what each assumption does to the range of a run, or the reason why that is left out: "asked" or "work".

    Parameters
    ----------
    study, dataset
        A study and its run.
    wanted
        True: with `SCENARIOS` in each simulation. None: with as many scenarios as the run has, at most
        `ASSUMPTION_SCENARIOS`; uncertain amounts are left out, and then all of it, where that would draw more than
        `DRAWS` random numbers. False: left out.
    threads, progress
        As for `simulate`.
    """
    if wanted is False:
        return "asked"
    from popsim.analysis.assumptions import assumption_work, assumptions

    count = SCENARIOS if wanted else min(ASSUMPTION_SCENARIOS, dataset.sizes["scenario"])
    stated, own = (count * work for work in assumption_work(study))
    if wanted is None and stated > DRAWS:
        return "work"
    both = bool(wanted) or stated + own <= DRAWS
    return assumptions(
        study, scenarios=count, seed=seed_of(dataset.attrs), own=both, threads=threads, progress=progress
    )


def attach_assumptions(dataset: xr.Dataset, found: xr.Dataset | str) -> xr.Dataset:
    """Add what `popsim.assumptions` gave to a run; nothing where no assumption was changed.

    Everything has ``assumptions_`` before its name, dimensions and attributes too. Of what was left out the reason is
    noted, which is given in place of figures.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("example")
    >>> found = ps.assumptions(study, scenarios=100)
    >>> run = attach_assumptions(ps.simulate(study, scenarios=100), found)
    >>> attached_assumptions(run)["cost_quantile"].equals(found["cost_quantile"])
    True
    """
    if isinstance(found, str):
        return leave_out_assumptions(dataset, found)
    dataset = leave_out_assumptions(dataset, "")
    if found.sizes["case"] < 2:
        return dataset
    return put_beside(dataset, found, _ASSUMPTIONS, _ASSUMPTION_ATTRIBUTES)


def attached_assumptions(dataset: Run | xr.Dataset) -> xr.Dataset | None:
    """Return what `attach_assumptions` added; None where the run has nothing of it."""
    return take_from_beside(dataset_of(dataset), _ASSUMPTIONS, _ASSUMPTION_ATTRIBUTES)


def leave_out_assumptions(dataset: xr.Dataset, reason: str) -> xr.Dataset:
    """Remove what is known of the assumptions of a run and note why, "asked" or "work"; "" for no reason.

    Examples
    --------
    >>> assumptions_left_out(leave_out_assumptions(xr.Dataset(), "asked"))
    'asked'
    """
    dropped = dataset.drop_vars([name for name in dataset.variables if str(name).startswith(_ASSUMPTIONS)])
    attributes = {name: value for name, value in dataset.attrs.items() if not str(name).startswith(_ASSUMPTIONS)}
    dropped.attrs = {**attributes, **({_NO_ASSUMPTIONS: reason} if reason else {})}
    return dropped


def assumptions_left_out(dataset: Run | xr.Dataset) -> str | None:
    """Return why a run says nothing of its assumptions; None where it does, or no reason was noted."""
    reason = dataset_of(dataset).attrs.get(_NO_ASSUMPTIONS)
    return None if reason is None else str(reason)
