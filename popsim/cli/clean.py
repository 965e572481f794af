"""``popsim clean``: remove what runs that were stopped have left."""

from __future__ import annotations

from pathlib import Path

import click

from popsim.cli.output import print_json
from popsim.cli.parameters import as_json_option
from popsim.cli.request import kept_of
from popsim.errors import FileError, Problem


@click.command(
    epilog="""\b
Examples:
  popsim clean results/pops        what is unfinished of one run
  popsim clean results             of all runs in this folder
  popsim clean results --dry-run   say what there is, and leave it"""
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@as_json_option
def command(folder: Path, dry_run: bool, as_json: bool) -> None:
    """Remove what runs that were stopped have left: unfinished runs, and files that were being written.

    DIR is the folder of a run, or one that holds runs. Finished runs are left alone, and so is what another popsim is
    working on.
    """
    from popsim.engine import files
    from popsim.engine.run_folder import (
        idle,
        left_locks,
        leftovers_of,
        locked,
        recover,
        stopped_runs_in,
        unfinished_of,
    )

    target = files.full_path(folder)
    if not target.parent.is_dir():
        raise FileError(Problem(str(folder), (), "no such folder", "the folder of a run, or one that holds runs"))
    removed: list[Path] = []
    stuck: list[Path] = []
    runs = [each for each in (target, *stopped_runs_in(target)) if leftovers_of(each) or left_locks(each)]
    for run in runs:
        left = left_locks(run)
        with idle(run) if dry_run else locked(run):  # which removes the lock in the end, whoever left it
            # An old run that was set aside is no leftover: it is put back first.
            if not dry_run:
                recover(run)
            kept = kept_of(run)
            for path in [*leftovers_of(run), *left]:
                words = f" (an unfinished run, with {kept or 'no scenarios'})" if path == unfinished_of(run) else ""
                if not as_json:
                    click.echo(f"{'Found' if dry_run else 'Removed'} {path}{words}")
                if not dry_run and path not in left:
                    with files.said_where(path):
                        files.remove(path)
                removed.append(path)
            stuck += [] if dry_run else leftovers_of(run)
    if as_json:
        print_json({"found" if dry_run else "removed": [str(path) for path in removed]})
    elif not removed:
        click.echo(f"Nothing to remove in {folder}.")
    if stuck:
        mend = "see which program has them open, or why the disk refuses; then popsim clean again"
        found = "files that could not be removed"
        raise FileError([Problem(str(path), (), found, "none left", mend) for path in stuck])
