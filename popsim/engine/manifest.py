"""The manifest of a run folder: which files a run wrote, and what was in them.

It is written last, when a run is complete. What reads a run compares its files with it before it parses any of them: a
file that was edited, damaged, taken away or put there from another run is named, and not read as other numbers.
Documents are for readers, and nothing is computed from them: those that differ are named, and no hindrance.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from popsim.engine import files
from popsim.errors import DamagedRunError, FileError, Problem, RunError
from popsim.schema import (
    ENSEMBLE_FILE,
    INPUTS_FOLDER,
    JOINT_FILE,
    MANIFEST_FILE,
    PLAN_FILE,
    REQUEST_FILE,
    RUN_FILES,
    STORE_FILE,
    STUDY_FILE,
    SWEEP_FILE,
    is_document,
    seed_of,
)
from popsim.version import __version__

if TYPE_CHECKING:
    import xarray as xr

_FORMAT = 1
_LARGEST = 64 << 20
"""Bytes of the largest manifest that is read: a run in very many ranges has some megabytes."""
_END = 2**15
"""Bytes at the end of a large file of a store that are compared: with them the places and checksums of its pieces."""
_TOGETHER = 4
"""Files that are read at once."""
_AGAIN = "run the study again, or take the files as they are: --trust-edited, in Python trust_edited=True"
_RESUME = "popsim resume draws it again if it holds scenarios"
_TRIALS = 5
"""How often a folder is looked at that another process changes meanwhile."""


@dataclass(frozen=True)
class Entry:
    """What a file held: its size, and the SHA-256 of it, or of its end where it is a large one of a store."""

    size: int
    sha256: str

    @classmethod
    def of(cls, path: Path, name: str) -> Entry:
        """Return the entry of a file as it is now.

        Parameters
        ----------
        path
            The file.
        name
            What it is called in the folder of the run.

        Raises
        ------
        OSError
            When it cannot be read.
        """
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if _is_piecewise(name, size):
                file.seek(size - _END)
            return cls(size, hashlib.file_digest(file, "sha256").hexdigest())


def _is_piecewise(name: str, size: int) -> bool:
    """Return whether a file is checked piece by piece when it is read: then its end is enough to tell it by."""
    return size > _END and name.startswith(f"{STORE_FILE}/")


@dataclass(frozen=True)
class Manifest:
    """What a run wrote.

    Examples
    --------
    >>> manifest = Manifest("e9c5", 100, "7", {"plan.nc": Entry(3, "ba78")})
    >>> Manifest.read(manifest.text(), "manifest.json") == manifest
    True
    """

    plan_digest: str
    scenarios: int
    seed: str
    files: Mapping[str, Entry]
    """By name in the folder, with ``/`` between folders."""
    trusted: tuple[str, ...] = ()
    """Files that somebody changed, or the manifest itself where there was none, and that are taken as they are."""
    coming: Mapping[str, Entry] = field(default_factory=dict)
    """What files are about to become: a process that is stopped meanwhile leaves the one or the other."""
    is_store_changing: bool = False
    """Whether variables are about to be added to the store; ranges of scenarios stay as they are."""
    popsim_version: str = __version__

    def text(self) -> str:
        """Return the manifest as JSON, with a digest of itself."""
        stated: dict[str, Any] = {
            "format": _FORMAT,
            "popsim_version": self.popsim_version,
            "plan_digest": self.plan_digest,
            "scenarios": self.scenarios,
            "seed": self.seed,
            "trusted": list(self.trusted),
            "is_store_changing": self.is_store_changing,
            "coming": _as_lists(self.coming),
            "files": _as_lists(self.files),
        }
        lines = [f"{json.dumps(key)}: {_lines(value)}" for key, value in {**stated, "sha256": _digest(stated)}.items()]
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def read(cls, text: str, file: str) -> Manifest:
        """Return the manifest that a text states.

        Parameters
        ----------
        text
            As `text` gives it.
        file
            Name of the file, for the message.

        Raises
        ------
        RunError
            When the text is none, was changed, or is of a later version.
        """
        allowed = "a manifest as popsim wrote it"
        try:
            stated = json.loads(text)
            digest = stated.pop("sha256")
            if digest != _digest(stated):
                raise RunError(Problem(file, (), "a manifest that was changed or damaged", allowed, _AGAIN))
            if stated.pop("format") != _FORMAT:
                mend = "use the version of popsim that wrote it"
                raise RunError(Problem(file, (), "a manifest of a later version", allowed, mend))
            for key in ("files", "coming"):
                stated[key] = {name: Entry(int(size), str(sha256)) for name, (size, sha256) in stated[key].items()}
            manifest = cls(**{**stated, "trusted": tuple(stated["trusted"])})
            if manifest.text() != text:
                raise RunError(Problem(file, (), "a manifest that was changed or damaged", allowed, _AGAIN))
            return manifest
        except RunError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise RunError(Problem(file, (), "no manifest, or a damaged one", allowed, _AGAIN)) from None


def _as_lists(entries: Mapping[str, Entry]) -> dict[str, list[int | str]]:
    return {name: [each.size, each.sha256] for name, each in sorted(entries.items())}


def _lines(value: object) -> str:
    """Return a value as JSON, a file a line."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    return "{\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(each)}" for key, each in value.items()) + "\n}"


def _digest(stated: Mapping[str, Any]) -> str:
    """Return a digest of all that a manifest states."""
    return hashlib.sha256(json.dumps(stated, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a run folder; None where there is none.

    Raises
    ------
    RunError
        When it is damaged.
    FileError
        When it cannot be read.
    """
    path = folder / MANIFEST_FILE
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) or about.st_size > _LARGEST:
            return Manifest.read("", str(path))
        return Manifest.read(path.read_text(encoding="utf-8"), str(path))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError:
        return Manifest.read("", str(path))
    except OSError as error:
        raise FileError(Problem(str(path), (), _reason(error), "a file that can be read", _AGAIN)) from error


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def files_in(folder: Path) -> dict[str, os.stat_result]:
    """Return every file below a folder by its name there, but for what is being written or removed."""
    return dict(_listed(folder, ""))


def _listed(folder: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda each: each.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for each in entries:
        name = prefix + each.name
        if each.name.endswith((files.PARTIAL, files.REMOVING)):
            continue
        # A store may lie on another disk; links within it, which might lead in a circle, are not followed.
        if each.is_dir(follow_symlinks=not prefix):
            yield from _listed(Path(each.path), f"{name}/")
            continue
        try:
            yield name, each.stat()
        except OSError:  # removed meanwhile, or a link to nothing
            continue


def _entries(folder: Path, names: Iterable[str]) -> dict[str, Entry]:
    """Return the entries of files as they are now."""
    wanted = list(names)
    with files.said_where(folder), ThreadPoolExecutor(_TOGETHER) as pool:
        return dict(zip(wanted, pool.map(lambda name: Entry.of(folder / name, name), wanted), strict=True))


def write_manifest(
    folder: Path, dataset: xr.Dataset, names: Collection[str] | None = None, trusted: Collection[str] = ()
) -> None:
    """Write the manifest of a complete run: the last of its files.

    Parameters
    ----------
    folder
        The folder of the run.
    dataset
        Its scenarios, whose attributes say of which plan and seed they are.
    names
        Files and folders that the run wrote; None for all that are there.
    trusted
        Files that were changed by somebody else and are taken as they are.

    Raises
    ------
    FileError
        When a file cannot be read, or the manifest not be written.
    """
    own = [name for name in files_in(folder) if name != MANIFEST_FILE and (names is None or _is_within(name, names))]
    manifest = Manifest(
        str(dataset.attrs.get("plan_digest", "")),
        dataset.sizes.get("scenario", 0),
        str(seed_of(dataset.attrs)),
        _entries(folder, own),
        tuple(sorted(trusted)),
    )
    _write(folder, manifest)


def _write(folder: Path, manifest: Manifest) -> None:
    files.write_text(folder / MANIFEST_FILE, manifest.text())


def _is_within(name: str, names: Collection[str]) -> bool:
    """Return whether a file is one of some files, or lies in a folder among them."""
    return name in names or any(name.startswith(f"{each}/") for each in names)


def announce(folder: Path, coming: Mapping[str, Path]) -> None:
    """Note what is about to take the place of files, so that the run is whole before and after.

    Nothing is done where the folder has no manifest.

    Parameters
    ----------
    folder
        The folder of the run.
    coming
        By name in it, the files as they are written, beside their places or in a folder that will be renamed.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return
    with files.said_where(folder):
        found = {name: Entry.of(path, name) for name, path in coming.items()}
    _write(folder, replace(manifest, coming={**manifest.coming, **found}))


def announce_store(folder: Path) -> None:
    """Note that variables are about to be added to the store of a run; nothing where the folder has no manifest."""
    manifest = read_manifest(folder)
    if manifest is not None:
        _write(folder, replace(manifest, is_store_changing=True))


def record(folder: Path, names: Collection[str]) -> None:
    """Take files and folders that popsim wrote anew into the manifest; nothing where the folder has none.

    Parameters
    ----------
    folder
        The folder of the run.
    names
        What was written, by name in it.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return
    kept = {name: entry for name, entry in manifest.files.items() if not _is_within(name, names)}
    new = _entries(folder, [name for name in files_in(folder) if _is_within(name, names)])
    coming = {name: entry for name, entry in manifest.coming.items() if not _is_within(name, names)}
    changing = manifest.is_store_changing and STORE_FILE not in names
    _write(folder, replace(manifest, files={**kept, **new}, coming=coming, is_store_changing=changing))


@dataclass(frozen=True)
class Verified:
    """What came of comparing a run folder with its manifest."""

    manifest: Manifest | None = None
    trusted: tuple[str, ...] = ()
    """Files that are not as the run wrote them and are taken as they are."""
    documents: tuple[str, ...] = ()
    """Documents that are not as the run wrote them; those that were moved elsewhere are not among them."""


def verify(
    folder: Path, *, trust_edited: bool = False, only: Callable[[str], bool] = lambda _: True, strict: bool = False
) -> Verified:
    """Compare the files of a run with its manifest; nothing of them is parsed.

    Large files of a store are recognised by their ends; their pieces are checked when they are read, and all of them by
    `Store.verify`.

    Parameters
    ----------
    folder
        The folder of the run.
    trust_edited
        Take the files as they are, whatever the manifest says.
    only
        Which files count, by name.
    strict
        Whether documents count as the other files do.

    Returns
    -------
    Verified
        The manifest, and what is taken as it is.

    Raises
    ------
    DamagedRunError
        Naming every file that was changed, is missing, or is not of the run; or where there is no manifest.
    FileError
        When the folder cannot be read.
    """
    for _ in range(_TRIALS):
        manifest, problems = _compared(folder, only)
        # Another process may have put something in its place between the look at the manifest and that at the file.
        if not problems or _text_of(folder) == (None if manifest is None else manifest.text()):
            break
    documents = {} if strict else {name: each for name, each in problems.items() if is_document(name)}
    there = files_in(folder) if documents else {}
    counting = {name: each for name, each in problems.items() if name not in documents}
    if counting and not trust_edited:
        raise DamagedRunError(counting.values())
    known = () if manifest is None else manifest.trusted
    changed = tuple(name for name in documents if name in there)
    return Verified(manifest, tuple(sorted({*known, *counting})), changed)


def changed_files(folder: Path) -> list[str]:
    """Return the files of a run that are not as it wrote them; none where it has no manifest."""
    manifest, problems = _compared(folder, lambda _: True)
    return [] if manifest is None else list(problems)


def _text_of(folder: Path) -> str | None:
    try:
        manifest = read_manifest(folder)
    except RunError:
        return None
    return None if manifest is None else manifest.text()


def _compared(folder: Path, only: Callable[[str], bool]) -> tuple[Manifest | None, dict[str, Problem]]:
    """Return the manifest, and the problem of each file that differs from it."""
    try:
        manifest = read_manifest(folder)
    except RunError as error:
        return None, {MANIFEST_FILE: error.problems[0]}
    if manifest is None:
        found = f"no {MANIFEST_FILE}: of an earlier version of popsim, or not complete"
        return None, {MANIFEST_FILE: Problem(str(folder), (), found, "a folder with a manifest", _AGAIN)}
    try:
        there = files_in(folder)
    except OSError as error:
        raise FileError(Problem(str(folder), (), _reason(error), "a folder that can be read")) from error
    listed = [name for name in manifest.files if only(name)]

    def of(name: str) -> Problem | None:
        return _difference(folder, name, manifest, there.get(name))

    with ThreadPoolExecutor(_TOGETHER) as pool:
        found_in = dict(zip(listed, pool.map(of, listed), strict=True))
    problems = {name: problem for name, problem in found_in.items() if problem is not None}
    for name in there:
        if name not in manifest.files and name not in manifest.coming and only(name) and _is_foreign(name, manifest):
            allowed = "the files of this run alone"
            problems[name] = Problem(str(folder / name), (), "a file that the run did not write", allowed, _AGAIN)
    return manifest, problems


def _difference(folder: Path, name: str, manifest: Manifest, about: os.stat_result | None) -> Problem | None:
    """Return how a file differs from what the run wrote; None where it does not."""
    wanted = [manifest.files[name], *([manifest.coming[name]] if name in manifest.coming else [])]
    path = folder / name
    found = ""
    if about is None:
        found = "a folder" if path.is_dir() else "no such file"
    elif not stat.S_ISREG(about.st_mode):
        found = "no regular file"
    elif about.st_size not in [each.size for each in wanted]:
        found = f"{about.st_size:,} bytes, where the run wrote {wanted[0].size:,}"
    else:
        try:
            found = "" if Entry.of(path, name) in wanted else "other content than the run wrote"
        except OSError as error:
            found = _reason(error)
    if not found or (manifest.is_store_changing and _may_change(name, wanted[0].size)):
        return None
    mend = f"{_RESUME}; else {_AGAIN}" if name.startswith(f"{STORE_FILE}/") else _AGAIN
    return Problem(str(path), (), found, "the file that this run wrote", mend)


def _may_change(name: str, size: int) -> bool:
    """Return whether adding variables to a store changes a file: all but ranges of scenarios and their records."""
    return name.startswith(f"{STORE_FILE}/") and not _is_piecewise(name, size) and "/checksum/c." not in name


def _is_foreign(name: str, manifest: Manifest) -> bool:
    """Return whether popsim would read a file that is not of the run; what is somebody's own is no hindrance."""
    top, _, rest = name.partition("/")
    if top == STORE_FILE:
        return not manifest.is_store_changing
    if top == INPUTS_FOLDER:  # all files of a catalogue are read, whatever their names
        return PurePosixPath(rest).match("catalogue/*.toml")
    return name in (ENSEMBLE_FILE, JOINT_FILE, PLAN_FILE, REQUEST_FILE, STUDY_FILE, SWEEP_FILE) or is_document(name)


def is_of_study(name: str) -> bool:
    """Return whether a file of a run belongs to its study.

    Examples
    --------
    >>> is_of_study("inputs/countries.csv"), is_of_study("plan.nc")
    (True, False)
    """
    return name == STUDY_FILE or name.startswith(f"{INPUTS_FOLDER}/")


def foreign_files(folder: Path) -> list[str]:
    """Return the files in a folder that somebody put there: neither in the manifest nor called as popsim calls its own.

    A new run that takes the place of an old one would remove them.
    """
    manifest = None
    with suppress(RunError, FileError):
        manifest = read_manifest(folder)
    is_own = _has_own_name if manifest is None else partial(_is_own, manifest)
    return [name for name in files_in(folder) if not is_own(name)]


def _is_own(manifest: Manifest, name: str) -> bool:
    known = name in manifest.files or name in manifest.coming or name == MANIFEST_FILE
    return known or is_document(name) or (manifest.is_store_changing and _has_own_name(name))


def _has_own_name(name: str) -> bool:
    """Return whether popsim gives files such names, in folders as well."""
    top, slash, rest = name.partition("/")
    if not slash:
        return top in RUN_FILES or is_document(name)
    last = rest.rpartition("/")[2]
    if top == STORE_FILE:
        return last == "zarr.json" or last.partition(".")[0] == "c"
    return is_document(name) or (top == INPUTS_FOLDER and last.endswith((".toml", ".csv")))


def is_same_run(folder: Path, verified: Verified) -> bool:
    """Return whether a run folder holds what it held when it was compared with its manifest, documents aside."""
    manifest = None
    with suppress(RunError):
        manifest = read_manifest(folder)

    def of(each: Manifest | None) -> dict[str, Entry]:
        return {} if each is None else {name: entry for name, entry in each.files.items() if not is_document(name)}

    return of(manifest) == of(verified.manifest)


def adopt(folder: Path, dataset: xr.Dataset, verified: Verified) -> None:
    """Take files that are trusted as they are into the manifest, which names them from then on.

    Parameters
    ----------
    folder
        The folder of the run.
    dataset
        Its scenarios.
    verified
        What came of comparing it with its manifest.
    """
    known = () if verified.manifest is None else verified.manifest.trusted
    if set(verified.trusted) <= set(known):
        return
    foreign = set(foreign_files(folder)) - set(verified.trusted)
    write_manifest(folder, dataset, [name for name in files_in(folder) if name not in foreign], verified.trusted)
