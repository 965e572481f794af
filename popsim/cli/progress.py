"""A progress bar on standard error, for people who wait."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from popsim.cli.console import rich_console

PATIENCE = 1.0
"""Seconds of work after which a bar appears; shorter work shows none."""


class ProgressBar:
    """Callback ``(done, total)`` whose bar appears once the work has lasted `patience` seconds.

    Until the first call, while code is compiled, it only shows that work is going on.
    """

    def __init__(self, label: str, patience: float = PATIENCE) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=rich_console(error=True), transient=True)
        self._task = self._bar.add_task(label, total=None)
        self._timer = threading.Timer(patience, self._bar.start)
        self._timer.daemon = True
        self._timer.start()

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` is done."""
        self._bar.update(self._task, completed=done, total=total)

    def describe(self, label: str) -> None:
        """Change the text before the bar."""
        self._bar.update(self._task, description=label)

    def close(self) -> None:
        """Remove the bar, or keep it from appearing."""
        self._timer.cancel()
        self._timer.join()
        if self._bar.live.is_started:
            self._bar.stop()


@contextmanager
def progress_bar(label: str) -> Iterator[ProgressBar | None]:
    """Yield a callback for long work; None where standard error is not a terminal, so that logs have no bars."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = ProgressBar(label)
    try:
        yield bar
    finally:
        bar.close()
