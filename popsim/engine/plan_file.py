"""The plan of a run in its file, plan.nc: arrays, labels and a digest, so that a run can be repeated anywhere."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from popsim.engine.netcdf import netcdf_read, netcdf_written
from popsim.errors import Problem, RunError
from popsim.plan.model import ROW_ARRAYS, About, Draws, Exact, Labels, Plan
from popsim.plan.moves import LATER_ARRAYS, Moves
from popsim.plan.shares import NO_SHARES, Shares
from popsim.sampling import Sampling

_OPTION = "option_"
_ARRAYS = (*Draws._fields, *Moves._fields, *ROW_ARRAYS)
_LATER = (*Shares._fields, *Exact._fields)
"""Arrays that plans of earlier versions do not have; those of shares only stand where who pays is uncertain."""
_STATED = ("seed", "breakdowns", "labels", "options", "plan_digest")
_DESCRIBING = tuple(name for name in About._fields if name != "breakdowns")
_ATTRIBUTES = (*_DESCRIBING, "scenarios", "design", "replicates", "drawn_with", *_STATED)


def save_plan(path: Path, plan: Plan) -> None:
    """Write a plan to netCDF: every array, the labels and the digest.

    Each option is a group of its own, with the arrays in which it differs from the plan of the full programme.

    Raises
    ------
    FileError
        When the file cannot be written.
    """
    is_shared = any(each.shares.any for each in (plan, *plan.alternatives))
    arrays = _arrays(plan, is_shared)

    def fill(file: netCDF4.Dataset) -> None:
        used = {name: array for name, array in arrays.items() if array.size > 0 or name not in LATER_ARRAYS}
        _write_plan(file, file, plan, used)
        for other in plan.alternatives:
            own = {name: array for name, array in _arrays(other, is_shared).items() if not _same(array, arrays[name])}
            _write_plan(file, file.createGroup(f"{_OPTION}{other.labels.option[0]}"), other, own)

    with netcdf_written(path, fill):
        pass


def _arrays(plan: Plan, is_shared: bool) -> dict[str, np.ndarray[Any, Any]]:
    shares = plan.shares._asdict() if is_shared else {}
    return {**plan.draws._asdict(), **plan.moves._asdict(), **plan.row_arrays(), **shares, **plan.exact._asdict()}


def _same(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Return whether two arrays agree in every bit, also where they hold NaN or a negative zero."""
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _write_plan(
    file: netCDF4.Dataset, group: netCDF4.Dataset, plan: Plan, arrays: Mapping[str, np.ndarray[Any, Any]]
) -> None:
    """Write one plan; dimensions are of the whole file, one for each length, for each costs as much as an array."""
    for name, array in arrays.items():
        dimensions = tuple(f"length_{length}" for length in array.shape)
        for dimension, length in zip(dimensions, array.shape, strict=True):
            if dimension not in file.dimensions:
                file.createDimension(dimension, length)
        # The digest of the plan covers all but the derived arrays.
        checked = name in Exact._fields and array.size > 0
        group.createVariable(name, array.dtype, dimensions, fill_value=False, fletcher32=checked)[...] = array
    group.setncatts(
        {
            **{name: getattr(plan.about, name) for name in _DESCRIBING},
            "scenarios": plan.scenarios,
            "design": plan.design,
            "replicates": plan.replicates,
            "drawn_with": plan.drawn_with,
            "seed": str(plan.sampling.seed),
            "breakdowns": json.dumps(plan.about.breakdowns),
            "labels": json.dumps(dataclasses.asdict(plan.labels)),
            "options": json.dumps([other.labels.option[0] for other in plan.alternatives]),
            "plan_digest": plan.digest,
        }
    )


def load_plan(path: Path) -> Plan:
    """Return a plan that was stored, checked against its digest.

    Raises
    ------
    RunError
        When the plan does not have the digest that was written with it.
    FileError
        When the file cannot be read.
    """
    with netcdf_read(path), netCDF4.Dataset(path) as file:
        file.set_auto_maskandscale(False)
        return _read_plan(path, file, {})


def _read_plan(path: Path, group: netCDF4.Dataset, base: Mapping[str, np.ndarray[Any, Any]]) -> Plan:
    """Read one plan; `base` holds the arrays of which only others are written."""
    stated = {name: group.getncattr(name) for name in group.ncattrs()}
    needed = [name for name in _ARRAYS if name not in LATER_ARRAYS]
    lacking = [name for name in needed if name not in group.variables and name not in base]
    lacking += [name for name in _ATTRIBUTES if name not in stated]
    options = [] if lacking else json.loads(stated["options"])
    lacking += [f"{_OPTION}{name}" for name in options if f"{_OPTION}{name}" not in group.groups]
    if lacking:
        raise RunError(
            Problem(str(path), (), f"no {', '.join(lacking[:5])}", "a plan that popsim run wrote", "run again")
        )
    stored = [name for name in (*_ARRAYS, *_LATER) if name in group.variables]
    own = {name: np.ascontiguousarray(group[name][...]) for name in stored}
    arrays: dict[str, Any] = {**base, **own}
    is_shared = all(name in arrays for name in Shares._fields)
    plan = Plan(
        draws=Draws(**{name: arrays[name] for name in Draws._fields}).frozen(),
        moves=Moves(**{name: arrays[name] for name in Moves._fields if name in arrays}).frozen(),
        labels=_labels(json.loads(stated["labels"])),
        sampling=Sampling(int(stated["scenarios"]), int(stated["seed"]), stated["design"], int(stated["replicates"])),
        about=About(
            breakdowns=tuple(tuple(names) for names in json.loads(stated["breakdowns"])),
            **{name: _plain(stated[name]) for name in _DESCRIBING},
        ),
        shares=Shares(**{name: arrays[name] for name in Shares._fields}).frozen() if is_shared else NO_SHARES,
        exact=Exact(**{name: arrays[name] for name in Exact._fields if name in arrays}),
        drawn_with=stated["drawn_with"],
        alternatives=tuple(_read_plan(path, group.groups[f"{_OPTION}{name}"], arrays) for name in options),
        **{name: arrays[name] for name in ROW_ARRAYS},
    )
    if plan.digest != stated["plan_digest"]:
        raise RunError(
            Problem(str(path), (), f"arrays with digest {plan.digest}", f"digest {stated['plan_digest']}", "run again")
        )
    return plan


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _labels(stored: dict[str, Any]) -> Labels:
    def freeze(value: Any) -> Any:
        return tuple(freeze(item) for item in value) if isinstance(value, list) else value

    return Labels(**{name: freeze(value) for name, value in stored.items()})
