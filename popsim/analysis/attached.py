"""Drivers kept in the dataset of a run, for reports that are written later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import xarray as xr

from popsim.analysis.door import dataset_of

if TYPE_CHECKING:
    from popsim.engine.runs import Run

__all__ = ["ATTACHED", "LEFT_OUT", "attach_drivers", "attached_drivers", "drivers_left_out", "leave_out_drivers"]

ATTACHED = ("cost",)
"""Totals whose drivers a run keeps."""
LEFT_OUT = ("asked", "certain", "unseen", "work")
"""Why a run has no drivers: it was asked for; the cost is the same in all scenarios; in those of the runs that tell it
alone; or they would take much longer than the run itself."""

_KEPT = (
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
_WHY = "drivers_left_out"
_ATTRIBUTES = ("scenarios", "coverage", "confidence", "references")


def attach_drivers(dataset: Run | xr.Dataset, *found: xr.Dataset) -> xr.Dataset:
    """Add what `popsim.drivers` says of the cost to a run: by input, by level, or both.

    Variables are named ``drivers_input_first_order`` and so on.

    Examples
    --------
    >>> import popsim as ps
    >>> study = ps.load_study("pops")
    >>> found = ps.drivers(study, scenarios=1024, by="level")
    >>> run = attach_drivers(ps.simulate(study, scenarios=100), found)
    >>> attached_drivers(run, "level")["total"].equals(found["total"]), attached_drivers(run, "input") is None
    (True, True)
    """
    dataset = dataset_of(dataset)
    for each in found:
        by = "input" if "input" in each.dims else "level"
        names = [str(name) for name in each.data_vars if str(name).removesuffix("_error") in _KEPT]
        kept = {f"drivers_{by}_{name}": each[name].reset_coords(drop=True) for name in names}
        attributes = {f"drivers_{by}_{name}": each.attrs[name] for name in _ATTRIBUTES}
        labels = {by: each[by], f"{by}_name": each[f"{by}_name"]}
        dataset = dataset.assign_coords(labels).assign(kept).assign_attrs(attributes)
    result = dataset.copy()
    result.attrs.pop(_WHY, None)
    return result


def leave_out_drivers(dataset: xr.Dataset, why: str) -> xr.Dataset:
    """Note in a run why it has no drivers, one of `LEFT_OUT`, so that its report can say so; drop those it had.

    Examples
    --------
    >>> drivers_left_out(leave_out_drivers(xr.Dataset(), "asked"))
    'asked'
    """
    had = [name for name in dataset.variables if str(name).startswith("drivers_")]
    labels = [label for by in ("input", "level") for label in (by, f"{by}_name")]
    dropped = dataset.drop_vars([*had, *labels], errors="ignore")
    attributes = {name: value for name, value in dataset.attrs.items() if not str(name).startswith("drivers_")}
    dropped.attrs = {**attributes, _WHY: why}
    return dropped


def drivers_left_out(dataset: Run | xr.Dataset) -> str | None:
    """Give why a run has no drivers; None where it has them, or nobody noted it."""
    why = dataset_of(dataset).attrs.get(_WHY)
    return None if why is None else str(why)


def attached_drivers(dataset: Run | xr.Dataset, by: str) -> xr.Dataset | None:
    """Give back what `attach_drivers` added; None where the run has none."""
    dataset = dataset_of(dataset)
    prefix = f"drivers_{by}_"
    names = {str(name): str(name).removeprefix(prefix) for name in dataset.data_vars if str(name).startswith(prefix)}
    if not names:
        return None
    found = (
        dataset[list(names)].rename(names).reset_coords(drop=True).assign_coords({f"{by}_name": dataset[f"{by}_name"]})
    )
    found.attrs = {name: dataset.attrs[f"{prefix}{name}"] for name in _ATTRIBUTES}
    return found
