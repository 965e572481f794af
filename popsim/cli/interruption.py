"""What happens when a command is asked to stop: Ctrl-C, SIGTERM from the system, SIGHUP from a terminal that closes.

The main thread learns of it through `KeyboardInterrupt`, ends what it has in hand, and says how to go on. Where it is
deep in a library that does not listen (a compiler, a large file that is written), the process ends after `PATIENCE` all
the same: what is on the disk is whole at every moment, as after a power failure.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

PATIENCE = 1.5
"""Seconds that the main thread has to end by itself."""

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
_STANDARD_ERROR = 2

_received: list[int] = []
"""Signals that the process was asked to stop by, in their order."""
_ways_on: list[str] = []
"""Commands that go on with what is at work, the innermost last."""
_said: list[str] = []
"""What was printed about it."""


@contextmanager
def resumable(command: str) -> Iterator[None]:
    """Name a command that goes on with the work, for the message should it be interrupted meanwhile.

    Parameters
    ----------
    command
        As a user types it.
    """
    _ways_on.append(command)
    try:
        yield
    except KeyboardInterrupt:
        raise  # the command is still wanted, for the message
    except BaseException:
        _ways_on.pop()
        raise
    _ways_on.pop()


def message() -> str:
    """Return the line that a user reads after an interruption; it is said once.

    Examples
    --------
    >>> message()
    'Interrupted.'
    """
    _said.append(f"Interrupted; what is finished is kept. To go on: {_ways_on[-1]}" if _ways_on else "Interrupted.")
    _ways_on.clear()
    return _said[-1]


def status() -> int:
    """Return the exit status after an interruption: 128 and the number of the signal, as shells have it.

    Examples
    --------
    >>> status()
    130
    """
    return 128 + (_received[0] if _received else signal.SIGINT)


def watch_signals() -> None:
    """Let the signals that ask a process to stop raise `KeyboardInterrupt`, and end the process where that is in vain.

    Signals that whoever started the process has switched off, as `nohup` does, stay so.
    """
    known = [each for name in _NAMES if (each := getattr(signal, name, None)) is not None]
    wanted = [each for each in known if signal.getsignal(each) != signal.SIG_IGN]
    for each in wanted:
        signal.signal(each, _stop)
    # Where the process may have no pipe or no thread, a signal waits for a library that does not listen.
    with suppress(OSError, RuntimeError):
        reading, writing = os.pipe()
        if os.name != "nt":
            os.set_blocking(writing, False)
        threading.Thread(target=_end_in_time, args=(reading, frozenset(wanted)), name="signals", daemon=True).start()
        # Python itself writes the number of each signal there, also while the main thread does not listen.
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)


def _stop(number: int, _: FrameType | None) -> None:
    _received.append(number)
    if len(_received) == 1:
        raise KeyboardInterrupt


def _end_in_time(reading: int, wanted: frozenset[int]) -> None:
    """End the process some time after the first signal, and at once after a second."""
    is_first = True
    while True:
        number = os.read(reading, 1)[0]
        if number in wanted and is_first:
            timer = threading.Timer(PATIENCE, _end, (number,))
            timer.daemon = True
            timer.start()
            is_first = False
        elif number in wanted:
            _end(number)


def _end(number: int) -> None:
    """End the process without cleaning up."""
    if not _received:
        _received.append(number)
    if not _said:
        with suppress(OSError):
            os.write(_STANDARD_ERROR, f"{message()}\n".encode("ascii", "backslashreplace"))
    os._exit(status())
