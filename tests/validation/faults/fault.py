"""One deliberate fault: a change of one place of the source, and the tests that have to notice it."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """Replaces `old`, which stands once in `file`, by `new`."""

    file: str
    old: str
    new: str
    what: str
    """What is wrong then."""
    tests: str
    """Arguments of pytest, separated by spaces: tests that fail where the fault is in."""
    is_compiled: bool = True
    """Whether kernels are compiled; a fault in a kernel costs less where they run as plain Python."""
