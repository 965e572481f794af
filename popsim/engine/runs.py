"""Run folders: the ensemble, the plan that made it, and the study with its inputs."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from popsim.errors import FileError, Problem, RunError
from popsim.plan.model import ROW_ARRAYS, Draws, Labels, Plan
from popsim.plan.moves import Moves
from popsim.study.load import load_study
from popsim.study.model import Study

__all__ = ["ENSEMBLE", "PLAN", "Run", "load_plan", "load_run", "save_plan", "save_run"]

ENSEMBLE, PLAN, STUDY = "ensemble.nc", "plan.nc", "study.toml"

_OPTION = "option_"
_STATED = ("seed", "breakdowns", "labels", "options", "plan_digest")
_WORDS = (
    "study_name",
    "title",
    "currency",
    "price_year",
    "scenarios",
    "coverage",
    "study_text",
    "design",
    "drawn_with",
)


@dataclass(frozen=True, eq=False)
class Run:
    """A run as it lies in its folder."""

    folder: Path
    study: Study
    dataset: xr.Dataset


def save_run(folder: str | os.PathLike[str], study: Study, plan: Plan, dataset: xr.Dataset) -> None:
    """Write ensemble.nc, plan.nc, study.toml and inputs/ into an existing folder.

    Raises
    ------
    RunError
        When the dataset was not made from this plan with this seed.
    FileError
        When a file cannot be written.

    Examples
    --------
    >>> import tempfile, popsim as ps
    >>> study = ps.load_study("pops")
    >>> plan = ps.compile(study)
    >>> ds = ps.simulate(plan, scenarios=100)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ps.save_run(folder, study, plan, ds)
    ...     ps.load_run(folder).dataset.identical(ds)
    True
    """
    target = Path(folder)
    _check_made_by(dataset, plan, str(target))
    try:
        # Checksums, so that a file damaged on its way is refused and not read as other numbers.
        encoding = {name: {"fletcher32": True} for name in dataset.variables if dataset[name].dtype.kind in "fi"}
        dataset.to_netcdf(target / ENSEMBLE, engine="netcdf4", encoding=encoding)
        save_plan(target / PLAN, plan)
        for name, text in study.files:
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(Problem(str(target), reason, "a folder that exists and may be written")) from error


def load_run(folder: str | os.PathLike[str]) -> Run:
    """Read a folder that `popsim run` or `save_run` wrote; the dataset is read into memory.

    Raises
    ------
    RunError
        When the folder is no run, or its plan is not the one that made its ensemble.
    FileError
        When a file of it cannot be read.
    StudyError
        When its study.toml was changed and is no longer valid.
    """
    source = Path(folder)
    missing = [name for name in (ENSEMBLE, PLAN, STUDY) if not (source / name).is_file()]
    if missing:
        raise RunError(
            Problem(str(source), f"no {', '.join(missing)}", "a folder written by popsim run", "popsim run --out DIR")
        )
    dataset = _read(source / ENSEMBLE)
    if "cost" not in dataset or "plan_digest" not in dataset.attrs:
        raise RunError(
            Problem(str(source / ENSEMBLE), "no variable 'cost' with its provenance", "an ensemble of popsim")
        )
    _check_made_by(dataset, load_plan(source / PLAN), str(source / ENSEMBLE))
    return Run(source, load_study(source / STUDY), dataset)


def _check_made_by(dataset: xr.Dataset, plan: Plan, where: str) -> None:
    found = dataset.attrs.get("plan_digest", "no digest")
    if found != plan.digest:
        raise RunError(
            Problem(
                where,
                f"an ensemble of plan {found}",
                f"one of the plan beside it, {plan.digest}",
                "simulate again with the plan and its own seed",
            )
        )


def _read(path: Path, group: str | None = None) -> xr.Dataset:
    try:
        with xr.open_dataset(path, engine="netcdf4", group=group) as opened:
            dataset = opened.load()
    except OSError as error:
        raise FileError(
            Problem(str(path), error.strerror or str(error), "a netCDF file", "run the study again")
        ) from error
    # netCDF gives strings as objects; fixed-width text is what simulate gives and what sorts and compares quickly.
    for name, variable in dataset.variables.items():
        if variable.dtype == object:
            dataset[name] = (variable.dims, variable.values.astype(str), variable.attrs)
        dataset[name].encoding.clear()
    dataset.encoding.clear()
    return dataset


def save_plan(path: Path, plan: Plan) -> None:
    """Write a plan to netCDF: every array, the labels and the digest; each option in a group of its own."""
    _stored(plan).to_netcdf(path, engine="netcdf4")
    for other in plan.alternatives:
        _stored(other).to_netcdf(path, engine="netcdf4", mode="a", group=f"{_OPTION}{other.labels.option[0]}")


def _stored(plan: Plan) -> xr.Dataset:
    arrays: dict[str, np.ndarray[Any, Any]] = {
        **plan.draws._asdict(),
        **plan.moves._asdict(),
        **plan.row_arrays(),
    }
    variables = {name: (tuple(f"{name}_{axis}" for axis in range(array.ndim)), array) for name, array in arrays.items()}
    attributes = {
        **{name: getattr(plan, name) for name in _WORDS},
        "seed": str(plan.seed),
        "breakdowns": json.dumps(plan.breakdowns),
        "labels": json.dumps(dataclasses.asdict(plan.labels)),
        "options": json.dumps([other.labels.option[0] for other in plan.alternatives]),
        "plan_digest": plan.digest,
    }
    return xr.Dataset(variables, attrs=attributes)


def load_plan(path: Path) -> Plan:
    """Read a plan and hold it to its digest.

    Raises
    ------
    RunError
        When the plan does not have the digest that was written with it.
    FileError
        When the file cannot be read.
    """
    return _load_plan(path, None)


def _load_plan(path: Path, group: str | None) -> Plan:
    stored = _read(path, group)
    lacking = [name for name in (*Draws._fields, *Moves._fields, *ROW_ARRAYS) if name not in stored.data_vars]
    lacking += [name for name in (*_WORDS, *_STATED) if name not in stored.attrs]
    if lacking:
        raise RunError(Problem(str(path), f"no {', '.join(lacking[:5])}", "a plan that popsim run wrote", "run again"))
    arrays: dict[str, Any] = {str(name): np.ascontiguousarray(stored[name].values) for name in stored.data_vars}
    plan = Plan(
        draws=Draws(**{name: arrays[name] for name in Draws._fields}).frozen(),
        moves=Moves(**{name: arrays[name] for name in Moves._fields}).frozen(),
        labels=_labels(json.loads(stored.attrs["labels"])),
        seed=int(stored.attrs["seed"]),
        breakdowns=tuple(tuple(names) for names in json.loads(stored.attrs["breakdowns"])),
        alternatives=tuple(_load_plan(path, f"{_OPTION}{name}") for name in json.loads(stored.attrs["options"])),
        **{name: arrays[name] for name in ROW_ARRAYS},
        **{name: _plain(stored.attrs[name]) for name in _WORDS},
    )
    if plan.digest != stored.attrs["plan_digest"]:
        raise RunError(
            Problem(
                str(path), f"arrays with digest {plan.digest}", f"digest {stored.attrs['plan_digest']}", "run again"
            )
        )
    return plan


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _labels(stored: dict[str, Any]) -> Labels:
    def freeze(value: Any) -> Any:
        return tuple(freeze(item) for item in value) if isinstance(value, list) else value

    return Labels(**{name: freeze(value) for name, value in stored.items()})
