"""``popsim extend``: add scenarios to a finished run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.folder import check_replaceable, older_run
from popsim.cli.loading import read_run
from popsim.cli.make import make_run, print_run
from popsim.cli.parameters import (
    as_json_option,
    memory_option,
    run_argument,
    scheduler_option,
    threads_option,
    trust_option,
    whole_number,
)
from popsim.cli.request import RunOptions, begin_run, kept_when_stopped, today
from popsim.cli.scenarios import Resources
from popsim.errors import ParameterError, Problem, RunError
from popsim.schema import DOCUMENT_FILES

if TYPE_CHECKING:
    from popsim.engine.runs import Run


@click.command(
    epilog="""\b
Examples:
  popsim extend results/pops --scenarios 100000"""
)
@run_argument
@click.option(
    "--scenarios",
    type=whole_number(1),
    metavar="N",
    required=True,
    help="How many scenarios the run is to have in all.",
)
@threads_option
@memory_option
@scheduler_option
@trust_option
@as_json_option
def command(
    run: Path,
    scenarios: int,
    threads: int | None,
    memory: str | None,
    scheduler: str | None,
    trust_edited: bool,
    as_json: bool,
) -> None:
    """Add scenarios to a finished run, until it has N in all.

    RUN is a folder that "popsim run" made. The result is that of a run of N scenarios, bit for bit; those that the run
    has are not drawn again. The old run stays as it is until the new one is complete. An extension that was stopped
    goes on with "popsim resume RUN".
    """
    from popsim.engine.run_folder import Request, locked, recover
    from popsim.plan import compile as compile_plan
    from popsim.report.data import gather
    from popsim.study.load import load_study

    target = check_replaceable(run)
    resources = Resources.of(threads, memory, scheduler)
    with locked(target):
        recover(target)
        old = read_run(target, trust_edited)
        options = _options_of(old)
        _check(run, old, scenarios)
        if scenarios == old.dataset.sizes["scenario"]:
            click.echo(f"{run} has {scenarios:,} scenarios already.", err=True)
            print_run(gather(old.study, old.dataset, joint=old.joint), run, target, options, None, as_json)
            return
        replaced = older_run(target)
        with kept_when_stopped(run, target):
            study = load_study(target, {"scenarios.count": scenarios})
            plan = compile_plan(study)
            options = replace(options, reading=study.reading, notes=study.notes, trusted=old.verified.trusted)
            request = Request("extend", plan.digest, options.as_mapping())
            request = begin_run(run, target, request, study, plan)
            data = make_run(target, request, study, plan, resources)
    print_run(data, run, target, RunOptions.of(request), replaced, as_json)


def _options_of(old: Run) -> RunOptions:
    """Return what is to be made beside the scenarios: what was asked of the run, or else the documents that it has."""
    from popsim.engine.run_folder import request_of

    request = request_of(old.folder)
    if request is not None:
        return replace(RunOptions.of(request), precision=None, max_scenarios=None, date=today())
    formats = tuple(name for name, file in DOCUMENT_FILES.items() if (old.folder / file).exists())
    return RunOptions(formats, date=today())


def _check(run: Path, old: Run, scenarios: int) -> None:
    """Refuse what cannot be extended.

    Raises
    ------
    RunError
        For a Latin hypercube, or a run that does not begin at its first scenario.
    ParameterError
        For fewer scenarios than the run has.
    """
    count, design = old.dataset.sizes["scenario"], old.dataset.attrs.get("design")
    if design == "latin":
        found = "design latin: a Latin hypercube is made for all its scenarios together"
        mend = f"popsim run --scenarios {scenarios}"
        raise RunError(Problem(str(run), (), found, "a run of design random or sobol", mend))
    if first := int(old.dataset.attrs.get("first_scenario", 0)):
        raise RunError(Problem(str(run), (), f"a part that begins at scenario {first:,}", "a whole run"))
    if scenarios < count:
        allowed = f"at least {count:,}, which {run} has"
        mend = f"popsim run --scenarios {scenarios} makes a shorter run"
        raise ParameterError(Problem("--scenarios", (), f"{scenarios:,}", allowed, mend))
