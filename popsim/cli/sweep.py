"""``popsim sweep``: a study in many cases, each with other values of some keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from popsim.cli.completion import complete_setting
from popsim.cli.first_run import begin_compiling
from popsim.cli.folder import check_replaceable, older_run
from popsim.cli.loading import read_study
from popsim.cli.output import print_notes
from popsim.cli.parameters import (
    as_json_option,
    data_folder_option,
    overrides_of,
    positive_number,
    seed_option,
    settings_option,
    study_argument,
    threads_option,
    toml_value,
    trust_option,
    whole_number,
)
from popsim.errors import FileError, ParameterError, Problem
from popsim.schema import TOTALS


@click.command(
    epilog="""\b
Examples:
  popsim sweep pops --grid financing.cofinancing=0.3,0.5,0.7
  popsim sweep pops --grid start.years=0,1,2 --grid area.f.include=true,false
  popsim sweep my-study.toml --cases cases.csv --amount 1.2e9
  popsim sweep pops --grid money.discount_rate=0.01,0.03 --scenarios 2000

\b
A file of cases has a column for each key and a row for each case; a cell that
is empty leaves the key as the study has it:
  financing.cofinancing,start.years
  0.3,1
  0.5,

\b
The folder receives
  sweep.nc      every scenario of every case, for xarray
  sweep.csv     the range of every total of every case, for a spreadsheet
  request.json  what was asked, for "popsim resume"
  study.toml    the study that cases change; inputs/ holds its files
  plan.nc       what fixes its numbers to the last bit"""
)
@study_argument
@click.option(
    "--grid",
    "grids",
    metavar="KEY=V1,V2",
    multiple=True,
    shell_complete=complete_setting,
    help="Values of one key; given again for another key, every value of each is taken with every value of the others.",
)
@click.option(
    "--cases",
    "table",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A CSV file of cases in place of grids: a column for each key, a row for each case.",
)
@click.option("--scenarios", type=whole_number(1), metavar="N", help="Scenarios of each case; else as the study says.")
@seed_option
@click.option("--amount", type=positive_number, metavar="AMOUNT", help="A budget: how sure is it to suffice?")
@click.option(
    "--of",
    "of",
    type=click.Choice(list(TOTALS)),
    metavar="TOTAL",
    help="The total that is printed, such as cost; else that which the report of the study speaks of first.",
)
@click.option(
    "--breakdown",
    "breakdowns",
    metavar="NAMES",
    multiple=True,
    help="Keep this breakdown in sweep.nc as well, such as area or area,year; may be given again.",
)
@click.option("--options/--no-options", "options", default=True, help="With the options of the study, or without.")
@settings_option
@data_folder_option
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder of the sweep; else results/STUDY-sweep."
)
@threads_option
@trust_option
@as_json_option
def command(
    study: str,
    grids: tuple[str, ...],
    table: Path | None,
    scenarios: int | None,
    seed: int | None,
    amount: float | None,
    of: str | None,
    breakdowns: tuple[str, ...],
    options: bool,
    settings: tuple[str, ...],
    data_folders: tuple[Path, ...],
    out: Path | None,
    threads: int | None,
    trust_edited: bool,
    as_json: bool,
) -> int:
    """Simulate a study in many cases, on common random numbers.

    STUDY is a TOML file or the name of a packaged study. Each case changes some of its keys. Every case has the bits of
    a run of its own, and what no case changes is drawn once. The same command goes on with a sweep that was stopped.
    A case that fails is named at the end, with exit status 2, and the others are finished.
    """
    if bool(grids) == (table is not None):
        message = "state either --grid KEY=V1,V2, once or more, or --cases FILE."
        raise click.UsageError(message)
    wait_for_kernels = begin_compiling(threads)
    from popsim.cli.make_sweep import make_sweep, print_sweep
    from popsim.engine.cases import Cases
    from popsim.engine.run_folder import locked, recover

    asked: dict[str, Any] = {
        "grid": _read_grids(grids) if grids else None,
        "cases": None if table is None else _read_cases(table),
        "options": options,
        "breakdowns": [[name.strip() for name in names.split(",")] for names in breakdowns],
        "amount": amount,
        "of": of,
    }
    Cases.of(asked["grid"], asked["cases"])
    loaded = read_study(
        study,
        overrides_of(settings, {"scenarios.count": scenarios, "scenarios.seed": seed}),
        trust_edited,
        data_folders,
    )
    print_notes(loaded)
    folder = Path("results", f"{loaded.name}-sweep") if out is None else out
    target = check_replaceable(folder)
    with locked(target):
        recover(target)
        replaced = older_run(target)
        wait_for_kernels()
        dataset = make_sweep(folder, target, loaded, asked, threads)
    if replaced is not None:
        click.echo(f"In {folder}: replaced {replaced}.", err=True)
    return print_sweep(dataset, loaded, folder, asked, as_json)


def _read_grids(grids: tuple[str, ...]) -> dict[str, list[object]]:
    """Return lists of values by key.

    Raises
    ------
    ParameterError
        For every text that is no ``KEY=V1,V2``, and every key that is given twice.
    """
    found: dict[str, list[object]] = {}
    problems = []
    for text in grids:
        key, equals, values = text.partition("=")
        key = key.strip()
        if not (equals and key and values.strip()):
            mend = "such as --grid financing.cofinancing=0.3,0.5"
            problems.append(Problem("--grid", (), text, "KEY=V1,V2", mend))
        elif key in found:
            problems.append(Problem("--grid", (key,), "given more than once", "all values of a key in one list"))
        else:
            try:
                found[key] = _values(values)
            except ValueError as error:
                allowed = f"values as TOML writes them, with commas between ({error})"
                problems.append(Problem("--grid", (key,), values, allowed, "quote it for the shell as well"))
    if problems:
        raise ParameterError(problems)
    return found


def _values(text: str) -> list[object]:
    """Read values with commas between; a word needs no quotation marks where no other value needs any.

    Examples
    --------
    >>> _values("0.3, 0.5"), _values('["CHN"], []'), _values("evidence,proxy")
    ([0.3, 0.5], [['CHN'], []], ['evidence', 'proxy'])
    """
    try:
        read = toml_value(f"[{text}]")
    except ValueError:
        parts = [part.strip() for part in text.split(",")]
        if any(mark in text for mark in "[]{}\"'") or not all(parts):
            raise
        return [toml_value(part) for part in parts]
    return read if isinstance(read, list) else [read]


def _read_cases(path: Path) -> list[dict[str, object]]:
    """Return the cases in a CSV file.

    Raises
    ------
    FileError
        When it cannot be read, or is no table of values.
    """
    from popsim.study.files import read_bytes
    from popsim.tables import decode, read_table

    text, _ = decode(read_bytes(path), str(path), None, path.name, ())
    table, problems = read_table(text, path.name, [], [])
    cases: list[dict[str, object]] = []
    for row in table.rows if not problems else ():
        case: dict[str, object] = {}
        for key, cell in zip(table.columns, row.cells, strict=True):
            if not cell.strip():
                continue
            try:
                case[key] = toml_value(cell.strip())
            except ValueError as error:
                position = f"line {row.line}, column {key}"
                problems.append(table.problem(position, cell, f"a value as TOML writes it ({error})"))
        cases.append(case)
    if not problems and not cases:
        problems.append(Problem(path.name, (), "no case", "a row for each case"))
    if problems:
        raise FileError(problems)
    return cases
