"""Work that a command has done by a second process while it does other work itself, where that is safe.

Half of a run is Python, which a process runs on one core. A process that is forked has all data at hand without a copy,
and every library loaded. That is safe on Linux, in a process of our own, as long as nothing has threads at work that
the copy would lack: dask and Zarr have. Elsewhere the same work is done by this process, when its result is asked for.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, NoReturn, TypeVar

from popsim.cli.sparing import is_own_process

T = TypeVar("T")

_END_WITH_PARENT = 1
"""Linux's option of a process: the signal that it gets when the one that made it ends (PR_SET_PDEATHSIG)."""


@contextmanager
def beside(work: Callable[[], T], *, allowed: bool = True) -> Iterator[Callable[[], T]]:
    """Yield a function that returns what `work` returns, which a second process does meanwhile.

    Parameters
    ----------
    work
        What it returns or raises must be such as can be pickled. It changes nothing in this process.
    allowed
        False where it has to be done by this process: one core is asked for, or data are read by threads of a library.
    """
    second = _fork(work) if allowed and is_safe() else None
    if second is None:
        yield work
        return
    try:
        yield second.result
    finally:
        second.end()


def is_safe() -> bool:
    """Return whether a second process may do work of this one, and has a core for it."""
    return sys.platform == "linux" and is_own_process() and len(os.sched_getaffinity(0)) > 1


def _fork(work: Callable[[], T]) -> _Second[T] | None:
    """Begin the work in a second process; None where the system makes none."""
    reading, writing = os.pipe()
    parent = os.getpid()
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of other threads, whose locks the copy may hold for ever; ours wait for signals.
            warnings.simplefilter("ignore", DeprecationWarning)
            number = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return None
    if number == 0:
        _answer(work, writing, parent)
    os.close(writing)
    return _Second(work, number, reading)


def _answer(work: Callable[[], T], writing: int, parent: int) -> NoReturn:
    """Do the work in the second process, send what it returns or raises, and end."""
    try:
        # Whoever interrupts the command, the first process ends the second.
        signal.set_wakeup_fd(-1)
        for each in (signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
        if os.getppid() == parent:
            try:
                answer = pickle.dumps((work(), None))
            except Exception as error:  # the first process raises it
                answer = pickle.dumps((None, error))
            with os.fdopen(writing, "wb") as file:
                file.write(answer)
    finally:
        os._exit(0)


class _Second(Generic[T]):
    """The second process, and the pipe through which it answers."""

    def __init__(self, work: Callable[[], T], number: int, reading: int) -> None:
        self._work, self._number, self._reading = work, number, reading
        self._is_over = False

    def result(self) -> T:
        """Wait for what the work returns, or raise what it raises."""
        with os.fdopen(self._reading, "rb", closefd=False) as file:
            answer = file.read()
        self.end()
        if not answer:  # it was ended from outside, perhaps for want of memory
            return self._work()
        found, error = pickle.loads(answer)  # noqa: S301  written by this program
        if error is not None:
            raise error
        result: T = found
        return result

    def end(self) -> None:
        """End the process, should it still be at work."""
        if not self._is_over:
            self._is_over = True
            os.close(self._reading)
            os.kill(self._number, signal.SIGKILL)
            os.waitpid(self._number, 0)
