"""A process that stops at its n-th operation on a file, as if it were killed or the disk were full."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from popsim.engine import files

OPERATIONS = ("make_folder", "flush", "rename", "remove", "link", "write_text")


class Killed(BaseException):
    """The process is no more: nothing catches this, and no later operation happens."""


@contextmanager
def stopped_at(count: int, error: BaseException | None = None) -> Iterator[list[str]]:
    """Let the operation number `count` fail, from 0; with `error` that one alone, without it all that follow, too.

    Yields the names of the operations so far.
    """
    done: list[str] = []

    def counted(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            done.append(name)
            if len(done) - 1 == count or (error is None and len(done) > count):
                raise Killed if error is None else error
            return operation(*arguments)

        return function

    with pytest.MonkeyPatch.context() as patched:
        for name in OPERATIONS:
            patched.setattr(files, name, counted(name, getattr(files, name)))
        yield done


def number_of_operations(work: Callable[[], object]) -> int:
    """Return how many operations on files a piece of work takes when nothing stops it."""
    with stopped_at(1_000_000) as done:
        work()
    return len(done)
