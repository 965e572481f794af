"""The folder of a run: what a new run may replace, and how documents are added to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from popsim.engine import files
from popsim.errors import FileError, Problem
from popsim.report.language import LANGUAGES
from popsim.schema import DOCUMENT_FILES, ENSEMBLE_FILE, PLAN_FILE, RUN_FILES, document_file, pictures_folder

_FIGURES_FOLDER = "figures"
_MADE_OF = {".csv", ".svg", ".png", ".pdf"}
"""Endings of the files in the folders of tables and figures; what else lies there is somebody's own."""


def check_replaceable(folder: Path) -> Path:
    """Return the full path of the folder of a new run; refuse one that holds more than a run of popsim.

    Raises
    ------
    FileError
        When the path is a file, is the current folder or one above it, or holds anything but a run of popsim.
    """
    target = folder.resolve()
    where, mend = f"--out {folder}", "name another folder with --out, or move what is there"
    if target == Path.cwd() or target in Path.cwd().parents:
        raise FileError(Problem(where, (), "the current folder, or one above it", "a folder of its own for the run"))
    for parent in target.parents:
        if parent.exists() and not parent.is_dir():
            raise FileError(Problem(where, (), f"{parent} is a file", "a folder"))
    if not target.exists():
        return target
    if not target.is_dir():
        raise FileError(
            Problem(where, (), "a file", "a folder that does not exist yet, or holds a run of popsim", mend)
        )
    names = sorted(path.name for path in target.iterdir())
    if names and PLAN_FILE not in names:
        found = f"a folder without {PLAN_FILE}, which holds {some_of(names)}"
        raise FileError(Problem(where, (), found, "a new or empty folder, or one that holds a run of popsim", mend))
    own = set(RUN_FILES) - set(DOCUMENT_FILES.values())
    foreign = [name for name in names if name not in own and not _is_document(target / name)]
    if foreign:
        found = f"a run of popsim, and besides it {some_of(foreign)}, which a new run would delete"
        raise FileError(Problem(where, (), found, "a run of popsim and nothing else", mend))
    return target


def older_run(folder: Path) -> str | None:
    """Return which run lies in a folder: when it was made, its seed and its scenarios; None where there is none."""
    if not (folder / PLAN_FILE).is_file():
        return None
    import netCDF4

    made = datetime.fromtimestamp((folder / PLAN_FILE).stat().st_mtime).astimezone()
    when = f"{made:%Y-%m-%d %H:%M}"
    try:
        if (folder / ENSEMBLE_FILE).is_file():
            with netCDF4.Dataset(folder / ENSEMBLE_FILE) as file:
                scenarios, seed = len(file.dimensions["scenario"]), str(file.getncattr("seed"))
        else:
            with netCDF4.Dataset(folder / PLAN_FILE) as file:
                scenarios, seed = int(file.getncattr("scenarios")), str(file.getncattr("seed"))
    except (OSError, RuntimeError, KeyError, AttributeError):
        return f"a run of {when} that could not be read"
    return f"the run of {when}, seed {seed}, {scenarios:,} scenario{'' if scenarios == 1 else 's'}"


def _is_document(path: Path) -> bool:
    """Return whether popsim writes a file or folder of this name, in any language, and nothing else lies in it."""
    documents = {document_file(each, code) for each in DOCUMENT_FILES for code in LANGUAGES}
    if path.is_dir():
        folders = {_FIGURES_FOLDER, *documents, *map(pictures_folder, documents)}
        return path.name in folders and all(each.suffix in _MADE_OF for each in path.iterdir())
    return path.name in documents


@contextmanager
def added_to(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to write to; what is in it then takes its place in `folder`, when all went well.

    Raises
    ------
    FileError
        When the folder cannot be written; what was there before stays as it was.
    """
    partial = folder / f".{files.token()}{files.PARTIAL}"
    with files.said_where(folder):
        files.make_folder(folder)
        try:
            files.make_folder(partial)
            yield partial
            files.flush_all(partial)
            for written in sorted(partial.iterdir()):
                _put(written, folder / written.name)
        finally:
            files.remove(partial)


def _put(written: Path, target: Path) -> None:
    """Rename a file or folder to its place; an old folder is kept aside, within the partial one, until that worked."""
    if not target.is_dir():
        files.rename(written, target)
        return
    aside = written.with_name(f"{written.name}{files.REMOVING}")
    files.rename(target, aside)
    try:
        files.rename(written, target)
    except OSError:
        files.rename(aside, target)
        raise


def some_of(names: list[str], most: int = 3) -> str:
    """Return the first names, and how many there are besides.

    Examples
    --------
    >>> some_of(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
