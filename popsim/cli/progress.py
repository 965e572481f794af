"""Progress on standard error, for people who wait: a line for each stage, and what the one at work has done."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from popsim.cli.console import rich_console

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import RenderableType
    from rich.progress import Task, TaskID

PATIENCE = 1.0
"""Seconds of work after which progress appears; shorter work shows none."""

_BAR = 16
"""Characters of a bar."""


class _Display:
    """The lines of all stages, and below them what the last one has done; it appears after `patience` seconds."""

    def __init__(self, patience: float) -> None:
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        console = rich_console(error=True)
        columns = (TextColumn("{task.description}"), BarColumn(_BAR), TaskProgressColumn(), TimeElapsedColumn())
        self._stages = Progress(*columns, console=console)
        self._draws: dict[TaskID, int] = {}
        self._live = Live(console=console, transient=True, get_renderable=self._rendered, refresh_per_second=8)
        self._timer = threading.Timer(patience, self._live.start)
        self._timer.daemon = True
        self._timer.start()

    def begin(self, label: str, draws: int) -> TaskID:
        """Add the line of a stage, each of whose steps takes so many draws."""
        stage = self._stages.add_task(label, total=None)
        self._draws[stage] = draws
        return stage

    def update(self, stage: TaskID, done: int, total: int) -> None:
        """Show that `done` of `total` is done of a stage."""
        self._stages.update(stage, completed=done, total=total)

    def describe(self, stage: TaskID, label: str) -> None:
        """Change the words of a stage."""
        self._stages.update(stage, description=label)

    def end(self, stage: TaskID) -> None:
        """Show that a stage is done."""
        task = next(each for each in self._stages.tasks if each.id == stage)
        total = task.total or 1.0
        self._stages.update(stage, completed=total, total=total)

    def close(self) -> None:
        """Remove the lines, or keep them from appearing."""
        self._timer.cancel()
        self._timer.join()
        if self._live.is_started:
            self._live.stop()

    def _rendered(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        tasks = self._stages.tasks
        at_work = [task for task in tasks if not task.finished]
        words = _done(at_work[-1], self._draws[at_work[-1].id]) if at_work else _memory()
        return Group(self._stages.make_tasks_table(tasks), Text(words, style="dim", no_wrap=True, overflow="ellipsis"))


def _done(task: Task, draws: int) -> str:
    """Return what a stage has done, how fast, how long it still takes, and the memory in use."""
    found = []
    if task.total is not None:
        found.append(f"{task.completed:,.0f} of {task.total:,.0f}{' scenarios' if draws else ''}")
    if task.speed and draws:
        found.append(f"{task.speed * draws / 1e6:,.0f} M draws/s")
    if task.time_remaining is not None:
        minutes, seconds = divmod(int(task.time_remaining), 60)
        found.append(f"{minutes // 60}:{minutes % 60:02}:{seconds:02} left")
    return ", ".join([*found, _memory()])


def _memory() -> str:
    import psutil

    return f"{psutil.Process().memory_info().rss / 2**20:,.0f} MiB in use"


_shown: list[_Display] = []
"""The display that all bars are lines of, while there is one."""


class ProgressBar:
    """Callback ``(done, total)`` whose bar appears once the work has lasted `patience` seconds.

    Until the first call, while code is compiled, it only shows that work is going on. Within `stages` it is one line of
    many, which stays until all are done.

    Parameters
    ----------
    label
        Words before the bar.
    patience
        Seconds.
    draws
        Draws that each of what is counted takes, where these are scenarios.
    """

    def __init__(self, label: str, patience: float = PATIENCE, draws: int = 0) -> None:
        self._is_alone = not _shown
        self._display = _Display(patience) if self._is_alone else _shown[-1]
        self._stage = self._display.begin(label, draws)

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` is done."""
        self._display.update(self._stage, done, total)

    def describe(self, label: str) -> None:
        """Change the text before the bar."""
        self._display.describe(self._stage, label)

    def close(self) -> None:
        """Remove the bar, or keep it from appearing; as one line of many, show that it is done."""
        self._display.end(self._stage)
        if self._is_alone:
            self._display.close()


@contextmanager
def progress_bar(label: str, draws: int = 0) -> Iterator[ProgressBar | None]:
    """Yield a callback for long work; None where standard error is not a terminal, so that logs have no bars.

    Parameters
    ----------
    label, draws
        As for `ProgressBar`.
    """
    if not sys.stderr.isatty():
        yield None
        return
    bar = ProgressBar(label, draws=draws)
    try:
        yield bar
    finally:
        bar.close()


@contextmanager
def reading_bar(label: str, dataset: xr.Dataset) -> Iterator[None]:
    """Show that work goes on where scenarios are read from a store; those of a file are there before a bar would be.

    Parameters
    ----------
    label
        As for `ProgressBar`.
    dataset
        The scenarios of a run.
    """
    from popsim.engine.runs import is_read_when_used

    with progress_bar(label) if is_read_when_used(dataset) else nullcontext():
        yield


@contextmanager
def stages(patience: float = PATIENCE) -> Iterator[None]:
    """Show the bars of all work within as the lines of one display, which disappears at the end."""
    if not sys.stderr.isatty():
        yield
        return
    display = _Display(patience)
    _shown.append(display)
    try:
        yield
    finally:
        _shown.remove(display)
        display.close()
