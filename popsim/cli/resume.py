"""``popsim resume``: go on with a run that was stopped."""

from __future__ import annotations

from pathlib import Path

import click

from popsim.cli.folder import check_replaceable, older_run
from popsim.cli.make import make_run, print_run
from popsim.cli.parameters import (
    as_json_option,
    memory_option,
    run_argument,
    scheduler_option,
    threads_option,
    trust_option,
)
from popsim.cli.request import RunOptions, kept_of, kept_when_stopped, requested
from popsim.cli.scenarios import Resources, discard_damaged
from popsim.cli.sparing import give_back_memory
from popsim.errors import ParameterError, Problem, RunError
from popsim.schema import MANIFEST_FILE, PLAN_FILE, STORE_FILE
from popsim.version import __version__

_COMMANDS = ("run", "extend", "sweep")


@click.command(
    epilog="""\b
Examples:
  popsim resume results/pops
  popsim resume results/pops --threads 2"""
)
@run_argument
@threads_option
@memory_option
@scheduler_option
@trust_option
@as_json_option
def command(
    run: Path, threads: int | None, memory: str | None, scheduler: str | None, trust_edited: bool, as_json: bool
) -> int:
    """Go on with a run, an extension or a sweep that was stopped, from what it had finished.

    RUN is the folder that it was made for. Nothing that was finished is computed again, and the result is that of
    a run that was never stopped, bit for bit. Of a finished run with a store, ranges of scenarios that are damaged
    are drawn again.
    """
    from popsim.cli.main import DONE
    from popsim.cli.make_sweep import resume_sweep
    from popsim.engine.run_folder import locked, recover, request_of, unfinished_of

    target = check_replaceable(run)
    resources = Resources.of(threads, memory, scheduler)
    with locked(target):
        recover(target)
        unfinished = unfinished_of(target)
        request = request_of(unfinished)
        if request is None and (repaired := _repaired(target, resources, trust_edited)):
            click.echo(f"In {run}: drew {repaired:,} damaged scenarios again.", err=True)
            return DONE
        if request is None:
            found = "a finished run, and nothing unfinished" if target.is_dir() else "no run, finished or not"
            mend = "`popsim extend RUN --scenarios N` adds scenarios; `popsim run --out RUN` makes a run"
            raise RunError(Problem(str(run), (), found, "the folder of a run that was stopped", mend))
        if request.command not in _COMMANDS:
            raise RunError(Problem(str(unfinished), (), request.command, f"one of {', '.join(_COMMANDS)}"))
        if request.popsim_version != __version__:
            found = f"a run that popsim {request.popsim_version} began"
            mend = f"go on with that version, or begin anew: `popsim clean {run}` removes it"
            raise RunError(Problem(str(unfinished), (), found, f"one that popsim {__version__} began", mend))
        if request.command == "sweep":
            if scheduler is not None:
                raise ParameterError(Problem("--scheduler", (), "a sweep, which is for one machine", "a run"))
            return resume_sweep(run, target, request, threads, as_json)
        replaced = older_run(target)
        options = RunOptions.of(request)
        with kept_when_stopped(run, target, is_new=False):
            study, plan = requested(run, unfinished, options, request.plan_digest)
            click.echo(f"Going on with {run}, which has {kept_of(target) or 'no scenarios yet'}.", err=True)
            data = make_run(target, request, study, plan, resources)
    print_run(data, run, target, options, replaced, as_json)
    return DONE


def _repaired(target: Path, resources: Resources, trust_edited: bool) -> int:
    """Draw the damaged ranges of a finished run again, which has a store; return how many scenarios these were.

    Raises
    ------
    RunError
        When anything but its ranges is not as the run wrote it.
    """
    from popsim.engine.manifest import changed_files, record, verify
    from popsim.engine.plan_file import load_plan
    from popsim.engine.simulate import simulation_of
    from popsim.engine.store import fill_store, open_store

    path = target / STORE_FILE
    if not path.is_dir():
        if (target / MANIFEST_FILE).exists():
            verify(target, trust_edited=trust_edited)
        return 0
    store = open_store(path)
    own = {f"{STORE_FILE}/{name}" for place in range(len(store.ranges())) for name in store.files_of(place)}
    changed = changed_files(target)
    verify(target, trust_edited=trust_edited, only=lambda name: name not in own)
    give_back_memory()
    discard_damaged(store, [name.removeprefix(f"{STORE_FILE}/") for name in changed if name in own])
    missing = store.missing()
    if missing:
        # From the plan that made it: the study might give other tables by now.
        plan = load_plan(target / PLAN_FILE)
        fill_store(simulation_of(plan, breakdowns=store.breakdowns), store, resources.threads)
        record(target, [f"{STORE_FILE}/{name}" for name in (*store.variables, "checksum")])
    verify(target, trust_edited=trust_edited)
    return sum(stop - start for start, stop in missing)
