"""``popsim report``: write the report of a run anew."""

from __future__ import annotations

import os
from pathlib import Path

import click

from popsim.cli.folder import REPORT
from popsim.cli.words import as_json_option, print_json
from popsim.errors import FileError, ParameterError, Problem, nearest

__all__ = ["command"]

FORMATS = {"html": REPORT}
"""File name by format."""


@click.command(
    epilog="""\b
Example:
  popsim report results/pops"""
)
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@click.option("--format", "formats", default="html", show_default=True, help="Formats, separated by commas.")
@as_json_option
def command(run: Path, formats: str, as_json: bool) -> None:
    """Write the report of a run anew, without simulating.

    RUN is a folder that "popsim run" made. The report is written from ensemble.nc and study.toml in it.
    """
    wanted = _formats(formats)
    from popsim.engine.runs import load_run
    from popsim.report.html import write_html

    loaded = load_run(run)
    written = {name: run / FORMATS[name] for name in wanted}
    for path in written.values():
        partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            write_html(partial, loaded.study, loaded.dataset)
            partial.replace(path)
        except OSError as error:
            if isinstance(error, FileError):
                raise
            reason = error.strerror or str(error)
            raise FileError(Problem(f"writing {path}", reason, "a folder that may be written")) from error
        finally:
            partial.unlink(missing_ok=True)
    if as_json:
        print_json({"files": {name: str(path) for name, path in written.items()}})
        return
    for path in written.values():
        click.echo(f"Report: {path}")


def _formats(text: str) -> list[str]:
    """Read a list of formats; those this version cannot write are refused together."""
    wanted = [word.strip() for word in text.split(",")]
    problems = [
        Problem("--format", name or "nothing", ", ".join(FORMATS), nearest(name, list(FORMATS)))
        for name in wanted
        if name not in FORMATS
    ]
    if problems:
        raise ParameterError(problems)
    return list(dict.fromkeys(wanted))
