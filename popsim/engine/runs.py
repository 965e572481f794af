"""Run folders: the ensemble, the plan that made it, and the study with its inputs."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import netCDF4
import xarray as xr

from popsim import schema
from popsim.arguments import check_path
from popsim.display import as_html, as_size, as_text, listed
from popsim.engine import files
from popsim.engine.manifest import Verified, announce, announce_store, read_manifest, record, verify, write_manifest
from popsim.engine.netcdf import dataset_written, netcdf_read
from popsim.engine.plan_file import load_plan, save_plan
from popsim.engine.run_folder import ensure_found
from popsim.errors import ParameterError, Problem, RunError, kind_of
from popsim.plan.model import Plan
from popsim.schema import (
    ENSEMBLE_FILE,
    JOINT_FILE,
    MANIFEST_FILE,
    PLAN_FILE,
    STORE_FILE,
    STUDY_FILE,
    TRUSTED,
    is_document,
    seed_of,
)
from popsim.study.load import StudyReader, load_study
from popsim.study.model import Study

_CHUNK = 2**18
"""Bytes of a chunk of the ensemble."""


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A run as it lies in its folder."""

    folder: Path
    study: Study
    dataset: xr.Dataset
    verified: Verified = field(default_factory=Verified)
    """What came of comparing the files of the folder with its manifest."""

    def __eq__(self, other: object) -> bool:
        """Return whether the other is of the same folder and study, with identical scenarios."""
        if not isinstance(other, Run):
            return NotImplemented
        return (self.folder, self.study) == (other.folder, other.study) and self.dataset.identical(other.dataset)

    def __hash__(self) -> int:
        return hash((self.folder, self.study.name))

    @cached_property
    def joint(self) -> xr.Dataset | None:
        """The sample in fine detail that `popsim.engine.joint` made; None where the folder has none.

        Raises
        ------
        RunError
            When it is of another plan.
        FileError
            When it cannot be read.
        """
        path = self.folder / JOINT_FILE
        if not path.is_file():
            return None
        joint = _read(path)
        found, wanted = (each.attrs.get("plan_digest", "no digest") for each in (joint, self.dataset))
        if found != wanted:
            raise RunError(Problem(str(path), (), f"a sample of plan {found}", f"one of {wanted}", "run again"))
        if not any(str(name).startswith("cost_by_") for name in joint.data_vars):
            raise RunError(Problem(str(path), (), "no cost in it", "a sample that popsim run made", "run again"))
        return joint

    def _rows(self) -> list[tuple[str, str]]:
        dataset = self.dataset
        return [
            ("folder", str(self.folder)),
            ("title", self.study.title),
            ("options", listed(dataset["option"].values.tolist()) if "option" in dataset.coords else "none"),
            ("scenarios", f"{dataset.sizes.get('scenario', 0):,}, seed {seed_of(dataset.attrs, self.study.seed)}"),
            ("variables", listed(dataset.data_vars)),
            ("on disk, read when used" if is_read_when_used(dataset) else "memory", as_size(dataset.nbytes)),
            ("popsim", str(dataset.attrs.get("popsim_version", "unknown version"))),
            *([("changed since, and trusted", listed(changed))] if (changed := self.verified.trusted) else []),
        ]

    def __repr__(self) -> str:
        return as_text(f"Run of study {self.study.name}", self._rows())

    def _repr_html_(self) -> str:
        return as_html(f"Run of study {self.study.name}", self._rows())


def save_run(
    folder: str | os.PathLike[str], study: Study, plan: Plan, dataset: xr.Dataset, joint: xr.Dataset | None = None
) -> None:
    """Write the ensemble, plan.nc, study.toml and inputs/ into an existing folder, and joint.nc where it is given.

    Files of a run that was there before are removed, and its documents stay. The manifest is written last.

    The ensemble is ensemble.nc, or ensemble.zarr where `simulate` wrote the scenarios to a store: its files get a
    second name in the folder, or are copied where that cannot be.

    Parameters
    ----------
    folder
        Where to write.
    study, plan, dataset
        A study, its plan, and what `simulate` gave for it.
    joint
        A sample of the scenarios in fine detail, as `popsim run` makes it for the page.

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
    target = Path(check_path("folder", folder, "the path of a folder"))
    given: tuple[tuple[str, object, type], ...] = (
        ("study", study, Study),
        ("plan", plan, Plan),
        ("dataset", dataset, xr.Dataset),
        *(() if joint is None else (("joint", joint, xr.Dataset),)),
    )
    problems = [
        Problem("", (name,), kind_of(value), f"a {kind.__name__}")
        for name, value, kind in given
        if not isinstance(value, kind)
    ]
    if problems:
        raise ParameterError(problems)
    _check_made_by(dataset, plan.digest, str(target))
    if joint is not None:
        _check_made_by(joint, plan.digest, str(target))
    names = {ENSEMBLE_FILE, STORE_FILE, PLAN_FILE, *([] if joint is None else [JOINT_FILE])}
    names |= {name for name, _ in study.files}
    _remove_earlier(target, names)
    replace_ensemble(target, dataset)
    if joint is not None:
        save_joint(target, joint)
    save_plan(target / PLAN_FILE, plan)
    save_study(target, study)
    write_manifest(target, dataset, names)


def _remove_earlier(folder: Path, names: Collection[str]) -> None:
    """Remove what an earlier run wrote and a new one does not write anew, first of all its manifest."""
    manifest = None
    with suppress(RunError):
        manifest = read_manifest(folder)
    with files.said_where(folder):
        files.remove(folder / MANIFEST_FILE)
        for name in () if manifest is None else manifest.files:
            if not (is_document(name) or name in names or name.startswith(f"{STORE_FILE}/")):
                files.remove(folder / name)


def save_study(folder: Path, study: Study) -> None:
    """Write study.toml and inputs/ into an existing folder: a study that stands by itself.

    Raises
    ------
    FileError
        When a file cannot be written.
    """
    for name, text in study.files:
        path = folder / name
        with files.said_where(path):
            files.make_folder(path.parent)
        files.write_text(path, text)


def save_joint(folder: Path, joint: xr.Dataset) -> None:
    """Write joint.nc, a sample of the scenarios in fine detail, into an existing folder.

    Raises
    ------
    FileError
        When the file cannot be written.
    """
    packed = {name: {"zlib": True, "complevel": 1, **how} for name, how in _encoding(joint).items()}
    with dataset_written(folder / JOINT_FILE, joint, packed):
        pass


def replace_ensemble(folder: Path, dataset: xr.Dataset) -> None:
    """Write the dataset of a run anew; the old one stays until the new one is complete.

    What a store holds is not written again: the other variables are added to it. The manifest, where there is one,
    follows.

    Raises
    ------
    FileError
        When the file cannot be written.
    """
    path = folder / STORE_FILE
    if is_read_when_used(dataset) and _add_to_store(path, dataset):
        files.remove(folder / ENSEMBLE_FILE)
        record(folder, [STORE_FILE])
        return
    with dataset_written(folder / ENSEMBLE_FILE, dataset, _encoding(dataset)) as partial:
        announce(folder, {ENSEMBLE_FILE: partial})
    files.remove(path)
    record(folder, [ENSEMBLE_FILE])


def is_read_when_used(dataset: xr.Dataset) -> bool:
    """Return whether any variable of a dataset is an array of dask.

    `Dataset.chunks` would ask for more: that variables have the same chunks along the dimensions that they share.
    """
    return any(variable.chunks for variable in dataset.variables.values())


def _add_to_store(path: Path, dataset: xr.Dataset) -> bool:
    """Put the store that a dataset reads in its place, with the variables that it lacks; False where it reads none."""
    # Imported when used, here and below: most runs are held in memory, and need neither Zarr nor dask.
    from popsim.engine.store import open_store, store_behind

    store = store_behind(dataset)
    if store is None:
        return False
    announce_store(path.parent)
    if not path.is_dir() or not path.samefile(store.path):
        partial = path.with_name(f".{STORE_FILE}.{files.token()}{files.PARTIAL}")
        with files.said_where(path):
            store.copy(partial)
            files.remove(path)
            files.rename(partial, path)
    open_store(path).add(dataset)
    return True


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return how to store variables: packed, and with checksums, so that damage is noticed, not read as numbers.

    A checksum is of a chunk: chunks that lie in one piece in memory and fit a cache are written and read faster than
    what the library would choose.
    """
    found: dict[str, dict[str, Any]] = {}
    for name, variable in dataset.variables.items():
        if variable.dtype.kind in "fi":
            found[str(name)] = {"fletcher32": True}
            if variable.dtype.kind == "f" and _has_zstd():
                # The one codec of netCDF that keeps up: docs/decisions/0025-codecs.md.
                found[str(name)] |= {"compression": "zstd", "complevel": 1, "shuffle": True}
            if variable.size:
                found[str(name)]["chunksizes"] = _chunk(variable.shape, _CHUNK // variable.dtype.itemsize)
    return found


@cache
def _has_zstd() -> bool:
    """Return whether netCDF was built with this codec, as it is in the packages of Python."""
    with netCDF4.Dataset("any.nc", "w", diskless=True, persist=False) as file:
        return bool(file.has_zstd_filter())


def _chunk(shape: tuple[int, ...], most: int) -> tuple[int, ...]:
    """Cut the slowest dimensions into equal parts until no more than `most` values are left."""
    chunk = list(shape)
    for axis, length in enumerate(shape):
        parts = math.ceil(length / max(1, most // math.prod(chunk[axis + 1 :])))
        chunk[axis] = math.ceil(length / parts)
    return tuple(chunk)


def load_run(folder: str | os.PathLike[str], *, trust_edited: bool = False) -> Run:
    """Read a folder that `popsim run` or `save_run` wrote.

    Its files are compared with its manifest first. The dataset of ensemble.nc is read into memory; that of
    ensemble.zarr has dask arrays, which are read when used.

    Parameters
    ----------
    folder
        The folder of the run.
    trust_edited
        Whether to take files as they are that are not as the run wrote them. `Run.verified` then names them, and a
        report of the run says so.

    Raises
    ------
    DamagedRunError
        When files of it were changed, are missing or are of another run: every such file is named. It is a RunError
        and a FileError.
    RunError
        When the folder is no run, its plan is not the one that made its ensemble, or the ensemble is not laid out as
        docs/reference/variables.md says: every variable that differs is named.
    FileError
        When a file of it cannot be read.
    StudyError
        When its study.toml was changed and is no longer valid.
    """
    source = Path(check_path("folder", folder, "the path of a folder written by popsim run"))
    return _loaded(source, verified_run(source, trust_edited))


def open_run(folder: Path, *, trust_edited: bool = False) -> Run:
    """Read of a folder that `popsim run` wrote what its figures need, in a third of the time that `load_run` takes.

    The dataset of ensemble.nc is read when it is used, the study is without stated alternatives, notes and the texts of
    its files, and of the plan no more is read than its digest: the manifest says that it is the one that was written.
    Where it cannot say so, of a run that is trusted all the same, all is read as `load_run` does.

    Parameters
    ----------
    folder, trust_edited
        As for `load_run`.

    Raises
    ------
    DamagedRunError, RunError, FileError, StudyError
        As for `load_run`.
    """
    verified = verified_run(folder, trust_edited)
    if verified.manifest is None or verified.trusted:
        return _loaded(folder, verified)
    ensemble = str(folder / ensemble_file(folder))
    dataset = _as_laid_out(_read_when_used(folder), ensemble)
    _check_made_by(dataset, _plan_digest(folder, verified), ensemble)
    return Run(folder, StudyReader(folder / STUDY_FILE).load(alone=True), dataset, verified)


def _read_when_used(folder: Path) -> xr.Dataset:
    path = folder / ensemble_file(folder)
    if path.name == STORE_FILE:
        return load_dataset(folder)
    with netcdf_read(path):
        return _as_simulated(xr.open_dataset(path, engine="netcdf4"))


def _loaded(folder: Path, verified: Verified) -> Run:
    def read() -> xr.Dataset:
        ensemble = str(folder / ensemble_file(folder))
        dataset = _as_laid_out(load_dataset(folder), ensemble)
        _check_made_by(dataset, _plan_digest(folder, verified), ensemble)
        return dataset

    # netCDF unpacks the ensemble beside Python, which checks the study. What is wrong with the ensemble is said first.
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        try:
            study = load_study(folder / STUDY_FILE)
        finally:
            dataset = reading.result()
    if verified.trusted:
        dataset = dataset.assign_attrs({TRUSTED: ", ".join(verified.trusted)})
    return Run(folder, study, dataset, verified)


def _plan_digest(folder: Path, verified: Verified) -> str:
    """Return the digest of the plan of a run; a plan that the manifest does not vouch for is read and computed anew."""
    path = folder / PLAN_FILE
    if verified.manifest is None or verified.trusted:
        return load_plan(path).digest
    with netcdf_read(path), netCDF4.Dataset(path) as file:
        return str(file.getncattr("plan_digest"))


def _as_laid_out(dataset: xr.Dataset, ensemble: str) -> xr.Dataset:
    """Return the dataset of a run without what is stale; refuse one that is laid out otherwise."""
    if problems := differences(dataset, ensemble):
        raise RunError(problems)
    # Point estimates of earlier versions left out starts, delays and rises of prices: nothing to compare totals with.
    stale = [name for name in dataset.data_vars if _is_earlier_estimate(str(name), dataset.variables[name])]
    return dataset.drop_vars(stale)


def verified_run(folder: Path, trust_edited: bool) -> Verified:
    """Compare a run with its manifest; put it back that was moved aside by a process that was stopped.

    Raises
    ------
    RunError
        When it is no run.
    DamagedRunError
        When files of it are not as the run wrote them.
    """
    ensure_found(folder)
    if not (folder / MANIFEST_FILE).exists():
        check_complete(folder)
    verified = verify(folder, trust_edited=trust_edited)
    check_complete(folder)
    return verified


def differences(dataset: xr.Dataset, file: str) -> list[Problem]:
    """Return where the dataset of a run differs from `popsim.schema`: dimensions, values, units, and what is missing.

    Variables that the schema does not know, such as the drivers that a report adds, may be there.

    Parameters
    ----------
    dataset
        As read from a file.
    file
        Name of the file, for the problems.
    """
    again = "run the study again"
    missing = [name for name in ("option", "scenario", "cost") if name not in dataset.variables]
    problems = [Problem(file, (name,), "no such variable", "cost by option and scenario", again) for name in missing]
    seed = str(dataset.attrs.get("seed", ""))
    if not seed.isdecimal():
        problems.append(Problem(file, ("seed",), repr(seed), "an attribute with the seed of the run", again))
    if "plan_digest" not in dataset.attrs:
        allowed = "an attribute with the digest of its plan"
        problems.append(Problem(file, ("plan_digest",), "no such attribute", allowed, again))
    for name, variable in dataset.variables.items():
        entry = schema.variable_of(str(name))
        if entry is None:
            continue
        dims = ", ".join(map(str, variable.dims))
        units = variable.attrs.get("units")
        unit = entry.units(str(dataset.attrs.get("currency", "")))
        # The name of a breakdown joins its dimensions by underscores, which may also stand in the name of a group.
        if dims.replace(", ", "_") != "_".join(entry.dims) and not (name in schema.EXTREMES and dims == "scenario"):
            problems.append(Problem(file, (str(name),), f"dimensions {dims}", ", ".join(entry.dims), again))
        if variable.dtype.kind != entry.kind:
            problems.append(
                Problem(file, (str(name),), f"values of type {variable.dtype}", schema.KINDS[entry.kind], again)
            )
        if units is not None and units != unit:
            problems.append(Problem(file, (str(name), "units"), repr(units), repr(unit), again))
    return problems


def _is_earlier_estimate(name: str, values: xr.Variable) -> bool:
    words = str(values.attrs.get("description", ""))
    return name.startswith("point_estimate") and words.startswith("Sum of the most likely values")


def _check_made_by(dataset: xr.Dataset, digest: str, where: str) -> None:
    found = dataset.attrs.get("plan_digest", "no digest")
    if found != digest:
        raise RunError(
            Problem(
                where,
                (),
                f"an ensemble of plan {found}",
                f"one of the plan beside it, {digest}",
                "simulate again with the plan and its own seed",
            )
        )


def load_dataset(folder: Path) -> xr.Dataset:
    """Return the scenarios of a folder as they lie there, without a look at the rest of the run.

    Raises
    ------
    RunError
        When they are in a store that is not finished.
    FileError
        When the file cannot be read.
    """
    name = ensemble_file(folder)
    if name == ENSEMBLE_FILE:
        return _read(folder / name)
    from popsim.engine.store import open_store

    return open_store(folder / name).dataset()


def ensemble_file(folder: Path) -> str:
    """Return the name of the file, or of the folder, that holds the scenarios of a run."""
    return STORE_FILE if (folder / STORE_FILE).is_dir() else ENSEMBLE_FILE


@contextmanager
def opened_dataset(folder: Path) -> Iterator[xr.Dataset]:
    """Open the scenarios of a finished run, to be read from the disk when they are used.

    Raises
    ------
    RunError
        When the folder is no run.
    FileError
        When the file cannot be read.
    """
    check_complete(folder)
    path = folder / ensemble_file(folder)
    if path.name == STORE_FILE:
        yield load_dataset(folder)
        return
    # Whoever uses it may make other errors, which are no damage.
    with netcdf_read(path, (OSError, RuntimeError)), xr.open_dataset(path, engine="netcdf4", cache=False) as opened:
        yield opened


def check_complete(folder: Path) -> None:
    """Refuse a folder that lacks a file of a run; put a run back that was moved aside by a process that was stopped.

    Raises
    ------
    RunError
        When a file is missing.
    """
    ensure_found(folder)
    ensemble = ensemble_file(folder)
    missing = [name for name in (ensemble, PLAN_FILE, STUDY_FILE) if not (folder / name).exists()]
    if missing:
        raise RunError(
            Problem(
                str(folder), (), f"no {', '.join(missing)}", "a folder written by popsim run", "popsim run --out DIR"
            )
        )


def _read(path: Path) -> xr.Dataset:
    with netcdf_read(path), xr.open_dataset(path, engine="netcdf4") as opened:
        return _as_simulated(opened.load())


def _as_simulated(dataset: xr.Dataset) -> xr.Dataset:
    """Return a dataset that was read with the types of what `simulate` gives, and without how it is stored."""
    # netCDF gives strings as objects; fixed-width text is what simulate gives and what sorts and compares quickly.
    for name, variable in dataset.variables.items():
        if variable.dtype == object:
            dataset[name] = (variable.dims, variable.values.astype(str), variable.attrs)
    for variable in dataset.variables.values():
        variable.encoding.clear()
    dataset.encoding.clear()
    return dataset
