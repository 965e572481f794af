"""Names of random streams, and the 64-bit numbers that stand for them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from popsim.errors import PlanError, Problem
from popsim.plan.model import Words

__all__ = ["StreamBook", "stream_number"]


def stream_number(name: str) -> int:
    """Return the number of a stream: the first 64 bits of the BLAKE2b hash of its name (RFC 7693), little end first.

    Examples
    --------
    >>> stream_number("country/KEN/area/a")
    1139310560192254521
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class StreamBook:
    """Hands out stream numbers and refuses two names with one number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def numbers(self, names: Sequence[str]) -> Words:
        """Return the numbers of the streams of these names.

        Raises
        ------
        PlanError
            When two names hash to the same number (expected once in some 10**19 pairs).
        """
        known = self._numbers
        for name in names:
            if name in known:
                continue
            number = stream_number(name)
            other = self._names.setdefault(number, name)
            if other != name:
                raise PlanError(
                    Problem(
                        "plan",
                        (),
                        f"streams {other!r} and {name!r} have one number",
                        "one number per name",
                        "rename one",
                    )
                )
            known[name] = number
        return np.array([known[name] for name in names], dtype=np.uint64)
