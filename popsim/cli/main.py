"""The command ``popsim``: find the command that is asked for, and turn every failure into a message and a status.

Nothing heavier than click is imported here or at the top of a command's file: ``popsim --help`` answers at once.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import NoReturn, TextIO, cast

import click

from popsim.cli import interruption
from popsim.cli.completion import COMPLETING
from popsim.cli.console import printable, readable_streams
from popsim.cli.sparing import begin_process
from popsim.cli.system import check_limits, ignore_foreign_settings, open_standard_streams
from popsim.errors import PopsimError, Problem, nearest
from popsim.version import __version__

DONE, OUR_FAULT, WRONG_INPUT = 0, 1, 2
_HELP = {"-h", "--help", "--version"}

COMMANDS = (
    "run",
    "check",
    "resume",
    "extend",
    "rerun",
    "clean",
    "report",
    "figures",
    "budget",
    "compare",
    "drivers",
    "assumptions",
    "sweep",
    "solve",
    "init",
    "import",
    "fit",
    "catalogue",
    "families",
    "schema",
    "completion",
)
"""Each is a file of this folder that holds a click command named ``command``; in the order in which help lists them.

The file of a command whose name is a word of Python has an underscore behind it: ``import_.py``.
"""


class CommandGroup(click.Group):
    """A group whose commands are imported when they are called or listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return one command, imported; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = f"popsim.cli.{cmd_name}{'_' if iskeyword(cmd_name) else ''}"
        command = importlib.import_module(module).command
        if not isinstance(command, click.Command):
            message = f"{module}.command is not a click command, but {command!r}"
            raise TypeError(message)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command; refuse an unknown one with the nearest spelling and the list of all."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            hint = " ".join(filter(None, [nearest(name, COMMANDS), f"Commands: {', '.join(COMMANDS)}."]))
            ctx.fail(f'no command "{name}"; {hint}')
        return super().resolve_command(ctx, args)


@click.group(
    cls=CommandGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Begin here:
  popsim run                  the packaged study; report in results/pops
  popsim check my-study.toml  everything that is wrong with it, at once
  popsim run --help           what a command takes, with examples

\b
Exit status: 0 done; 2 the input is wrong; 130 interrupted (143 by SIGTERM,
129 by SIGHUP); 1 our own fault.""",
)
@click.version_option(__version__, prog_name="popsim", message="%(prog)s %(version)s")
def cli() -> None:
    """Estimate what an international programme will cost, as a range.

    popsim reads a study (which countries, which activity areas, how uncertain each cost is), draws thousands of
    possible outcomes, and reports ranges: in total, by area, by group of countries and by year.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit status.

    Parameters
    ----------
    arguments
        Words after ``popsim``. None, the default, is the process itself: its own words, and Python's garbage collector
        is set for a program that loads large libraries once and then ends.

    Raises
    ------
    SystemExit
        Always: 0 done, 2 the input is wrong, 1 our own fault; 130 interrupted, 143 by SIGTERM and 129 by SIGHUP.
    """
    if arguments is None:
        open_standard_streams()
        interruption.watch_signals()
        begin_process()
        ignore_foreign_settings()
        _tune_garbage_collector()
    sys.exit(_status(sys.argv[1:] if arguments is None else arguments))


def _tune_garbage_collector() -> None:
    """Keep Python from searching for reference cycles where there are none: while libraries load, and at the end.

    The libraries of a run make 400,000 objects that stay. Walking through them, again and again while they load and
    twice at the end, took 1.0 s of the 3.3 s of a run. Arrays of scenarios are freed as always, with their last
    reference; cycles are searched for once in a million new objects.
    """
    gc.set_threshold(1_000_000, *gc.get_threshold()[1:])
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)


def _status(arguments: Sequence[str]) -> int:
    if COMPLETING in os.environ:
        # A shell asks, and reads bytes; a line that cannot be completed is no reason to disturb its user.
        with contextlib.suppress(Exception):
            cli.main(arguments, prog_name="popsim", complete_var=COMPLETING)
        return DONE
    with readable_streams():
        stdout = sys.stdout
        try:
            if word := next((each for each in arguments if "\0" in each), None):
                # No path and no text of a study can have it.
                message = f"{word!r} holds the character NUL."
                raise click.UsageError(message)
            if not _HELP.intersection(arguments):
                check_limits()
            result = cli.main(arguments, prog_name="popsim", standalone_mode=False)
            sys.stdout.flush()
        except SystemExit:
            if sys.stdout is not stdout:  # click leaves so when the reader has gone, with a stdout that it silenced
                return _reader_gone(stdout)
            raise
        except (Exception, KeyboardInterrupt) as error:
            return _explained(error)
    return result if isinstance(result, int) else DONE


def _explained(error: Exception | KeyboardInterrupt) -> int:
    """Print on standard error what went wrong; return the exit status that belongs to it."""
    match error:
        case click.ClickException():
            return _print_error(error.show, WRONG_INPUT)
        case PopsimError():
            return _print_error(str(error), WRONG_INPUT)
        case click.Abort() | KeyboardInterrupt():
            return _print_error(interruption.message(), interruption.status())
        case BrokenPipeError():
            return _reader_gone(sys.stdout)
        case MemoryError():
            return _print_error(
                f"This does not fit in memory{f' ({error})' if str(error) else ''}.\n"
                "    to mend  fewer scenarios (--scenarios), or fewer breakdowns in [report] of the study",
                WRONG_INPUT,
            )
        case OSError():
            return _failed_to_read_or_write(error)
        case _:
            problem = _denied_by_system(error)
            return _our_fault(error) if problem is None else _print_error(str(problem), WRONG_INPUT)


def _print_error(message: str | Callable[[], None], status: int) -> int:
    """Print a message on standard error, unless nobody reads it."""
    try:
        message() if callable(message) else click.echo(printable(message, sys.stderr), err=True)
    except OSError:
        _silence(sys.stderr)
    return status


def _our_fault(error: BaseException) -> int:
    if os.environ.get("POPSIM_TRACEBACK"):
        traceback.print_exception(error)
        return OUR_FAULT
    return _print_error(
        f"popsim failed, and the fault is its own: {type(error).__name__}: {error}\n"
        "Please report this with the traceback, which POPSIM_TRACEBACK=1 in the environment prints.",
        OUR_FAULT,
    )


def _failed_to_read_or_write(error: OSError) -> int:
    """Print which file could not be read or written, or that it was standard output."""
    if os.environ.get("POPSIM_TRACEBACK"):
        traceback.print_exception(error)
    reason = error.strerror or str(error)
    if error.filename is None and isinstance(error, FileNotFoundError) and not _has_folder():
        problem = Problem("the current folder", (), "it was removed", "a folder that exists", "cd to another one")
    elif error.filename is None:
        problem = Problem("the system", (), reason, "files, folders and libraries that can be read and written")
    else:
        problem = Problem(str(error.filename), (), reason, "a file or folder that can be read and written")
    status = _print_error(str(problem), WRONG_INPUT)
    _silence(sys.stdout)
    return status


def _has_folder() -> bool:
    """Return whether the current folder is there."""
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _denied_by_system(error: BaseException) -> Problem | None:
    """Return that the system starts no thread, or loads no library; None where neither is the matter."""
    if isinstance(error, RuntimeError) and "new thread" in str(error):
        mend = "raise the limit of processes (`ulimit -u`, or that of the container), or ask for --threads 1"
        return Problem("threads", (), "the system starts no more of them", "a thread for each core", mend)
    if not isinstance(error, ImportError) or (error.name or "").startswith("popsim"):
        return None
    cause: BaseException = error
    while cause.__cause__ is not None:  # numpy puts pages of advice before what the system says
        cause = cause.__cause__
    mend = "`python -m pip install --upgrade --force-reinstall popsim`, or more memory and open files (`ulimit -a`)"
    return Problem(f"library {error.name or ''}".strip(), (), str(cause), "one that can be loaded", mend)


def _reader_gone(stream: TextIO | None) -> int:
    """Return the status of success: the reader of standard output, a stream, has closed it and wants no more."""
    _silence(stream)
    return DONE


def _silence(stream: TextIO | None) -> None:
    """Redirect a stream that cannot be written to the null device: Python would fail when it flushes it at exit."""
    try:
        if stream is not None:
            stream.flush()
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, cast(TextIO, stream).fileno())
        os.close(nothing)


if __name__ == "__main__":
    main()
