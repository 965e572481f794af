"""Runs and studies as commands load them: the files of a run folder are compared with its manifest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.sparing import spare_tools
from popsim.schema import MANIFEST_FILE, TRUSTED

if TYPE_CHECKING:
    import xarray as xr

    from popsim.engine.runs import Run
    from popsim.study.model import Study

_MOST = 3
"""Files that a note names."""


def read_figures(folder: Path, trust_edited: bool) -> Run:
    """Return a run of which figures alone are wanted, as `read_run` does in a third of the time.

    Its study is without stated alternatives, notes and texts of files.

    Parameters
    ----------
    folder, trust_edited
        As for `read_run`.
    """
    spare_tools()
    from popsim.engine.runs import open_run

    run = open_run(folder, trust_edited=trust_edited)
    say_changed(folder, run.verified.trusted, run.verified.documents)
    return run


def read_run(folder: Path, trust_edited: bool, remade: Set[str] = frozenset()) -> Run:
    """Return a run, and say what in its folder is not as it wrote it.

    Parameters
    ----------
    folder
        The folder of the run.
    trust_edited
        Whether to take files as they are that are not as the run wrote them.
    remade
        Documents that the command is about to write anew, by the names of files and folders.
    """
    spare_tools()
    from popsim.engine.runs import load_run

    run = load_run(folder, trust_edited=trust_edited)
    documents = [name for name in run.verified.documents if name.partition("/")[0] not in remade]
    say_changed(folder, run.verified.trusted, documents)
    return run


def read_study(
    source: str, overrides: Mapping[str, object], trust_edited: bool, data_folders: Sequence[Path] = ()
) -> Study:
    """Return a study; that of a run folder, its file named or the folder, is as the run had it.

    Parameters
    ----------
    source, overrides
        As for `load_study`.
    trust_edited
        Whether to take a study of a run as it is that was changed since.
    data_folders
        As for `load_study`.
    """
    spare_tools()
    from popsim.study.load import load_study

    path = Path(source)
    folder = path if path.is_dir() else path.parent
    if (folder / MANIFEST_FILE).exists() and (folder == path or path.is_file()):
        from popsim.engine.manifest import is_of_study, verify

        verified = verify(folder, trust_edited=trust_edited, only=is_of_study)
        say_changed(folder, [name for name in verified.trusted if is_of_study(name)], ())
    return load_study(source, overrides, data_folders=data_folders)


def trusted_as_mapping(dataset: xr.Dataset) -> dict[str, list[str]]:
    """Return the files of a run that are taken as they are, for JSON; nothing where there are none."""
    names = str(dataset.attrs.get(TRUSTED, ""))
    return {"trusted": names.split(", ")} if names else {}


def say_changed(folder: Path, trusted: Sequence[str], documents: Sequence[str]) -> None:
    """Print which files of a run are taken as they are, and which documents are not as they were written."""
    from popsim.cli.folder import some_of

    if trusted:
        click.echo(f"In {folder}, changed since the run and taken as it is: {some_of(list(trusted), _MOST)}.", err=True)
    if documents:
        way = "popsim report writes documents anew"
        click.echo(f"In {folder}, not as popsim wrote it: {some_of(list(documents), _MOST)}; {way}.", err=True)
