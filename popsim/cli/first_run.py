"""The first run of all compiles the kernels: the largest by a second process, while this one loads libraries.

Compiling is half of a first run, and keeps one core busy. numba leaves what it has compiled on disk, where this process
finds it. So nothing but time depends on the second process: where it fails or is killed, the kernel is compiled here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module

import click

from popsim.cli.beside import beside, is_safe
from popsim.cli.progress import progress_bar
from popsim.errors import FileError


def begin_compiling(threads: int | None, *meanwhile: str) -> Callable[[], None]:
    """Begin to compile kernels where they are not compiled yet; return what waits until a command may draw.

    Called in a command, whose end is the end of the second process, before anything large is imported.

    Parameters
    ----------
    threads
        As a user states them; 1 leaves all work to this process, when it needs the kernels.
    meanwhile
        Modules that the command needs after it has drawn, and that are imported while it waits.
    """
    if threads == 1 or not is_safe() or not _is_first():
        return _nothing
    return click.get_current_context().with_resource(_compiling(meanwhile))


def _is_first() -> bool:
    from popsim.compiled import are_compiled

    with suppress(FileError, OSError):
        return not are_compiled()
    return False  # where nothing can be kept, each process compiles for itself


def _nothing() -> None:
    """Wait for nothing: kernels are there, or are compiled when they are used."""


@contextmanager
def _compiling(meanwhile: Sequence[str]) -> Iterator[Callable[[], None]]:
    with beside(compile_largest) as largest:

        def wait() -> None:
            from popsim.analysis.order import compile_selection

            with progress_bar("Preparing the first run"):
                compile_selection()
                for name in meanwhile:
                    import_module(name)
                largest()

        yield wait


def compile_largest() -> None:
    """Compile the kernel that draws. What goes wrong with it is said by whoever draws."""
    from popsim.compiled import note_compiled
    from popsim.engine.threads import compile_fill

    with suppress(Exception):
        compile_fill()
        note_compiled()
