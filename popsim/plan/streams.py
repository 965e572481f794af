"""Names of random streams, and the 64-bit numbers that stand for them."""

from __future__ import annotations

import hashlib

import numpy as np

from popsim.errors import PlanError, Problem
from popsim.plan.model import Words

__all__ = ["StreamBook", "stream_number"]


def stream_number(name: str) -> int:
    """Give the number of a stream: the first 64 bits of the BLAKE2b hash of its name (RFC 7693), little end first.

    Examples
    --------
    >>> stream_number("country/KEN/area/a")
    1139310560192254521
    """
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")


class StreamBook:
    """Hands out stream numbers and refuses two names with one number."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def numbers(self, names: list[str]) -> Words:
        """Give the numbers of the streams of these names.

        Raises
        ------
        PlanError
            When two names hash to the same number (expected once in some 10**19 pairs).
        """
        numbers = [stream_number(name) for name in names]
        for name, number in zip(names, numbers, strict=True):
            other = self._names.setdefault(number, name)
            if other != name:
                raise PlanError(
                    Problem(
                        "plan", f"streams {other!r} and {name!r} have one number", "one number per name", "rename one"
                    )
                )
        return np.array(numbers, dtype=np.uint64)
