"""What was asked of a run, kept beside what is finished of it, so that it can go on as it began."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.interruption import resumable
from popsim.cli.system import stated_day
from popsim.errors import PopsimError, Problem, RunError
from popsim.schema import ENSEMBLE_FILE, PLAN_FILE, STORE_FILE, STUDY_FILE, SWEEP_PARTS

if TYPE_CHECKING:
    from popsim.engine.run_folder import Request
    from popsim.plan.model import Plan
    from popsim.study.model import Study


@dataclass(frozen=True)
class RunOptions:
    """What is asked beside the study; it is kept in the request, so that a run goes on as it began."""

    formats: tuple[str, ...]
    """Names of the documents."""
    drivers: bool | None = None
    """True for more precise ones, False for none, None as affordable."""
    assumptions: bool | None = None
    """As `drivers`."""
    precision: float | None = None
    """To be reached; None where the study says how many scenarios."""
    max_scenarios: int | None = None
    """At most so many, with a precision."""
    date: str = ""
    """The day of the run."""
    reading: tuple[str, ...] = ()
    """How files of the study were read."""
    notes: tuple[str, ...] = ()
    """What is odd in the study."""
    trusted: tuple[str, ...] = ()
    """Files of the run that is extended that are not as it wrote them, and are taken as they are."""

    @classmethod
    def of(cls, request: Request) -> RunOptions:
        """Return the options of a request.

        Raises
        ------
        RunError
            When they are not those of a run.
        """
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in request.options.items()}
        unknown = sorted(set(given) - {each.name for each in fields(cls)})
        if unknown or "formats" not in given:
            raise RunError(Problem("request.json", ("options",), f"{', '.join(unknown) or 'none'}", "those of a run"))
        return cls(**given)  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, object]:
        """Return the options as JSON has them."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def today() -> str:
    """Return the day of the run; SOURCE_DATE_EPOCH, where it is set, says which, so that a build can be repeated."""
    return stated_day() or datetime.now(UTC).date().isoformat()


@contextmanager
def kept_when_stopped(folder: Path, target: Path, is_new: bool = True) -> Iterator[None]:
    """Keep what is finished of a run whatever happens, and say how to go on.

    Parameters
    ----------
    folder
        The folder of the run, as the user named it.
    target
        Its full path; its lock is held.
    is_new
        Whether a failure before anything is finished leaves nothing behind.
    """
    from popsim.engine.run_folder import discard

    way_on = f"popsim resume {folder}"
    try:
        with resumable(way_on):
            yield
    except Exception:
        if kept_of(target):
            click.echo(f"What is finished is kept. To go on, once that is mended: {way_on}", err=True)
        elif is_new:
            with suppress(PopsimError):
                discard(target)
        raise


def kept_of(target: Path) -> str:
    """Return in words which scenarios an unfinished run, or which cases a sweep, has; empty where it has none."""
    from popsim.engine.run_folder import unfinished_of

    unfinished = unfinished_of(target)
    if (unfinished / SWEEP_PARTS).is_dir():
        return "cases of a sweep"
    if (unfinished / ENSEMBLE_FILE).is_file():
        return "all scenarios"
    if any(unfinished.glob(f"{STORE_FILE}.*")):
        return "batches of scenarios"
    if not (unfinished / STORE_FILE).is_dir():
        return ""
    from popsim.engine.store import open_store

    try:
        store = open_store(unfinished / STORE_FILE)
        missing = sum(stop - start for start, stop in store.missing())
    except PopsimError:  # begun and no more, or damaged
        return ""
    count = store.sampling.count
    if not missing:
        return "all scenarios"
    return f"{count - missing:,} of {count:,} scenarios" if missing < count else ""


def begin_run(folder: Path, target: Path, request: Request, study: Study, plan: Plan) -> Request:
    """Make the unfinished folder of a run, or take over that of the same request; return the request.

    Parameters
    ----------
    folder, target
        As for `kept_when_stopped`.
    request, study, plan
        What is asked.

    Raises
    ------
    RunError
        When scenarios of another request lie there.
    FileError
        When the folder cannot be written.
    """
    from popsim.engine.plan_file import save_plan
    from popsim.engine.run_folder import begin, unfinished_of
    from popsim.engine.runs import save_study

    unfinished = unfinished_of(target)
    known = _request_in(unfinished)
    kept = kept_of(target)
    if known is not None and kept and _is_same(known, request) and _study_in(unfinished) == study.files[0][1]:
        click.echo(f"Going on with an unfinished run, which has {kept}.", err=True)
        return known
    if kept:
        mend = f"`popsim resume {folder}` goes on with it, `popsim clean {folder}` removes it"
        found = f"an unfinished run of another study or other options, with {kept}"
        raise RunError(Problem(str(unfinished), (), found, "none, or one of the same request", mend))
    if unfinished.exists():
        click.echo(f"Removed {unfinished}: an unfinished run without scenarios.", err=True)

    def write(into: Path) -> None:
        save_study(into, study)
        save_plan(into / PLAN_FILE, plan)

    begin(target, request, write)
    return request


def _request_in(folder: Path) -> Request | None:
    from popsim.engine.run_folder import request_of

    with suppress(RunError):
        return request_of(folder)
    return None


def _study_in(folder: Path) -> str:
    try:
        with (folder / STUDY_FILE).open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return ""


def _is_same(one: Request, other: Request) -> bool:
    """Return whether two requests ask for the same, on whatever day."""
    return replace(one, options={**one.options, "date": ""}) == replace(other, options={**other.options, "date": ""})


def requested(folder: Path, unfinished: Path, options: RunOptions, plan_digest: str) -> tuple[Study, Plan]:
    """Return the study of an unfinished run, and its plan.

    Parameters
    ----------
    folder
        The folder of the run, as the user named it.
    unfinished, options, plan_digest
        The unfinished folder, and what its request says.

    Raises
    ------
    RunError
        When the study does not give the plan that was begun.
    """
    from popsim.plan import compile as compile_plan

    study = load_requested(unfinished, options)
    plan = compile_plan(study)
    # Of a run to a precision, the study has the number of scenarios that it took, once all are there.
    has_taken = options.precision is not None and any(
        (unfinished / name).exists() for name in (ENSEMBLE_FILE, STORE_FILE)
    )
    if plan.digest != plan_digest and not has_taken:
        found = f"a study whose plan is {plan.digest}: it was changed, or scipy has another version"
        mend = f"undo that, or begin anew: `popsim clean {folder}` removes the unfinished run"
        raise RunError(Problem(str(unfinished / STUDY_FILE), (), found, f"that of plan {plan_digest}", mend))
    return study, plan


def load_requested(unfinished: Path, options: RunOptions, overrides: Mapping[str, object] | None = None) -> Study:
    """Load the study of an unfinished run, with the notes that it had where it was read first.

    Parameters
    ----------
    unfinished
        The unfinished folder.
    options
        Of its request.
    overrides
        As for `load_study`.
    """
    from popsim.study.load import load_study

    study = load_study(unfinished / STUDY_FILE, overrides)
    return replace(study, reading=options.reading, notes=options.notes)
