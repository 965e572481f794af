"""From a request to the complete folder of a sweep: what `popsim sweep` and `popsim resume` share."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.interruption import resumable
from popsim.cli.output import print_json, print_table, print_text
from popsim.errors import Problem, RunError, StudyError
from popsim.schema import FULL, PLAN_FILE, SWEEP_FILE, SWEEP_TABLE, seed_of

if TYPE_CHECKING:
    import xarray as xr

    from popsim.engine.run_folder import Request
    from popsim.engine.sweep import Sweep
    from popsim.report.document import Table
    from popsim.study.model import Study


def make_sweep(folder: Path, target: Path, study: Study, asked: Mapping[str, Any], threads: int | None) -> xr.Dataset:
    """Simulate the cases that are not there yet, and put the complete folder in its place.

    Parameters
    ----------
    folder
        The folder of the sweep, as the user named it.
    target
        Its full path; its lock is held.
    study
        The study without the changes of any case.
    asked
        Options of the request.
    threads
        None for all cores.

    Raises
    ------
    RunError
        When an unfinished run or sweep of another request lies there.
    StudyError
        When every case fails.
    """
    from popsim.arguments import check_threads
    from popsim.cli.progress import progress_bar
    from popsim.engine.cases import Cases
    from popsim.engine.manifest import write_manifest
    from popsim.engine.plan_file import save_plan
    from popsim.engine.run_folder import Request, begin, discard, finish, unfinished_of
    from popsim.engine.runs import save_study
    from popsim.engine.sweep import sweep_of
    from popsim.engine.sweep_folder import missing_of, read_parts, write_part, write_sweep

    cases = Cases.of(asked["grid"], asked["cases"])
    with sweep_of(study, cases, options=asked["options"], breakdowns=asked["breakdowns"]) as job:
        job.check_fits()
        request = Request("sweep", job.digest, dict(asked))
        unfinished = unfinished_of(target)
        if not _is_begun(folder, unfinished, request):
            begin(target, request, lambda into: save_study(into, study))
        with resumable(f"popsim resume {folder}"):
            parts = read_parts(unfinished)
            missing = missing_of(job, parts)
            if parts:
                done = len(cases.changes) - len(missing)
                click.echo(f"Going on with a sweep, of which {done} of {len(cases.changes)} cases are done.", err=True)
            with progress_bar(f"{len(missing):,} cases") as progress:
                for part in job.parts(missing, check_threads(threads), progress):
                    write_part(unfinished, part)
                    parts.append(part)
            try:
                dataset = job.dataset(parts)
            except StudyError:
                discard(target)
                raise
            save_plan(unfinished / PLAN_FILE, job.plan)
            write_sweep(unfinished, dataset)
            _write_table(unfinished / SWEEP_TABLE, job, dataset)
            write_manifest(unfinished, dataset)
            finish(target)
    return dataset


def resume_sweep(folder: Path, target: Path, request: Request, threads: int | None, as_json: bool) -> int:
    """Go on with a sweep that was stopped, and print it; return the exit status.

    Parameters
    ----------
    folder, target, threads
        As for `make_sweep`.
    request
        That of the unfinished folder.
    as_json
        Whether to print JSON.

    Raises
    ------
    RunError
        When the request is not that of a sweep, or the study in the folder is another one now.
    """
    from popsim.engine.run_folder import unfinished_of
    from popsim.study.load import load_study

    asked = {"amount": None, "of": None, **request.options}
    if not {"grid", "cases", "options", "breakdowns"} <= set(asked):
        raise RunError(Problem("request.json", ("options",), ", ".join(request.options), "those of a sweep"))
    study = load_study(unfinished_of(target))
    dataset = make_sweep(folder, target, study, asked, threads)
    return print_sweep(dataset, study, folder, asked, as_json)


def _is_begun(folder: Path, unfinished: Path, request: Request) -> bool:
    """Return whether an unfinished sweep of the same request lies there.

    Raises
    ------
    RunError
        When something else does that has finished parts.
    """
    from popsim.engine.run_folder import request_of
    from popsim.schema import ENSEMBLE_FILE, STORE_FILE, SWEEP_PARTS

    known = None
    with suppress(RunError):
        known = request_of(unfinished)
    if known is not None and (known.command, known.plan_digest) == (request.command, request.plan_digest):
        return known.popsim_version == request.popsim_version
    kept = [name for name in (ENSEMBLE_FILE, STORE_FILE, SWEEP_PARTS) if (unfinished / name).exists()]
    if kept:
        mend = f"`popsim resume {folder}` goes on with it, `popsim clean {folder}` removes it"
        found = "an unfinished run or sweep that was asked for otherwise, with what it had finished"
        raise RunError(Problem(str(unfinished), (), found, "none, or one of the same request", mend))
    return False


def _write_table(path: Path, job: Sweep, dataset: xr.Dataset) -> None:
    """Write a row for each case, option and total, as a spreadsheet reads it."""
    import pandas as pd

    from popsim.analysis.sweeps import compare_cases
    from popsim.engine import files
    from popsim.schema import TOTALS

    tables = []
    for option in dataset["option"].values.tolist():
        for total in TOTALS:
            if total in dataset:
                found = compare_cases(dataset, variable=total, option=option, coverage=job.plan.about.coverage)
                table = found.drop_vars(["option"], errors="ignore").to_dataframe().reset_index()
                table.insert(1, "option", option)
                table.insert(2, "total", total)
                tables.append(table)
    rows = pd.concat(tables).sort_values(["case"], kind="stable")
    for name in rows.columns:
        if not pd.api.types.is_numeric_dtype(rows[name]):
            rows[name] = rows[name].map(_cell)
    with files.written(path) as partial:
        rows.to_csv(partial, index=False)


def _cell(value: object) -> object:
    from popsim.report.summary_csv import safe_cell

    return safe_cell(value) if isinstance(value, str) else value


def print_sweep(dataset: xr.Dataset, study: Study, folder: Path, asked: Mapping[str, Any], as_json: bool) -> int:
    """Print the ranges of all cases, and which failed; return the exit status: 2 where any did."""
    from popsim.analysis.sweeps import compare_cases, failed_cases
    from popsim.cli.main import DONE, WRONG_INPUT

    failed = failed_cases(dataset)
    total = asked.get("of") or study.headline
    found = compare_cases(dataset, variable=total, amount=asked.get("amount"), coverage=study.coverage)
    if as_json:
        print_json(_as_mapping(dataset, study, folder, asked, failed))
    else:
        print_text(study.title)
        scenarios, seed = f"{dataset.sizes['scenario']:,} scenarios", seed_of(dataset.attrs, study.seed)
        print_text(f"{scenarios} in each of {found.sizes['case']} cases, seed {seed}, the same random numbers in each.")
        print_table(_table(found, study))
        click.echo()
        print_text(f"Scenarios: {folder / SWEEP_FILE}; all ranges: {folder / SWEEP_TABLE}")
    for case in failed:
        click.echo(f"Case {case['case']} failed: {case['changes']}\n{case['why']}", err=True)
    return WRONG_INPUT if failed else DONE


def _table(found: xr.Dataset, study: Study) -> Table:
    from popsim.report.document import Table
    from popsim.report.numbers import amounts, exact_money, interval, percent
    from popsim.report.totals import title
    from popsim.report.units import unit_for

    unit = unit_for(float(abs(found["high"]).max()), study.currency)
    swept = [str(name) for name, at in found.coords.items() if "key" in at.attrs]
    columns: list[list[str]] = [[str(value) for value in found[name].values.tolist()] for name in swept]

    def pairs(name: str) -> list[tuple[float, float]]:
        return list(zip(found[name].values.tolist(), found[f"{name}_error"].values.tolist(), strict=True))

    columns += [list(amounts(pairs(name), unit)) for name in ("low", "median", "high")]
    base = int(found.attrs["baseline"])
    differences: list[str] = list(amounts(pairs("median_difference"), unit))
    # An error is printed with two digits or less.
    errors: list[str] = list(amounts([(error, error / 4.0) for _, error in pairs("median_difference")], unit))
    for column in (differences, errors):
        column[base] = ""
    headings = [*swept, "Low", "Median", "High", "Difference", "Error"]
    columns += [differences, errors]
    name, coverage = title(str(found.attrs["variable"]), study), interval(found.attrs["coverage"])
    caption = f"{name}: range ({coverage}) of each case, and the difference of its median from the first case with its "
    caption += f"Monte Carlo error ({unit}, {study.price_year} prices)"
    if "sufficient" in found:
        headings.append(f"{exact_money(found.attrs['amount'], unit)} suffices")
        columns.append([percent(*pair) for pair in pairs("sufficient")])
    return Table(caption, tuple(headings), tuple(zip(*columns, strict=True)), labels=len(swept))


def _as_mapping(
    dataset: xr.Dataset, study: Study, folder: Path, asked: Mapping[str, Any], failed: list[dict[str, object]]
) -> dict[str, Any]:
    from popsim.analysis.sweeps import compare_cases
    from popsim.schema import TOTALS

    options: dict[str, Any] = {}
    for option in dataset["option"].values.tolist():
        totals = [total for total in TOTALS if total in dataset]
        every = {
            total: compare_cases(
                dataset, variable=total, option=option, amount=asked.get("amount"), coverage=study.coverage
            )
            for total in totals
        }
        options[option] = {
            total: [
                {name: values.item() for name, values in found.isel(case=place).data_vars.items()}
                for place in range(found.sizes["case"])
            ]
            for total, found in every.items()
        }
    first = compare_cases(dataset, variable="cost", option=dataset["option"].values.tolist()[0])
    keys = {name: at.attrs["key"] for name, at in first.coords.items() if "key" in at.attrs}
    cases = [
        {"case": int(first["case"][place]), **{key: first[name].values[place].item() for name, key in keys.items()}}
        for place in range(first.sizes["case"])
    ]
    return {
        "study": study.name,
        "currency": study.currency,
        "price_year": study.price_year,
        "coverage": study.coverage,
        "scenarios": dataset.sizes["scenario"],
        "seed": seed_of(dataset.attrs, study.seed),
        "cases": cases,
        "totals": options.get(FULL, {}),
        "options": options,
        "failed": failed,
        "folder": str(folder),
    }
