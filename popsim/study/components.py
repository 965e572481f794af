"""Cost components as the catalogue describes them: when they are paid, and what a programme sees of that."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from popsim.errors import Problem
from popsim.families.base import Family
from popsim.study.model import Basis, Source

__all__ = ["CatalogueComponent", "check_payments"]

Kind = Literal["one-off", "per-year", "stepped"]


@dataclass(frozen=True)
class CatalogueComponent:
    """One cost component as the catalogue describes it; `cost` is per country of reference size.

    `start` is the programme year of the first payment (1 is the first). `spread` holds the shares of a one-off in
    successive years; `years` the number of years in which a recurrent or stepped cost is paid, or "all"; `every` the
    years from one payment of a stepped cost to the next.
    """

    id: str
    name: str
    kind: Kind
    start: int
    spread: tuple[float, ...]
    years: int | Literal["all"] | None
    currency: str
    price_year: int
    basis: Basis
    rationale: str
    sources: tuple[Source, ...]
    cost: Family
    every: int | None = None

    def last(self, years: int) -> int:
        """Programme year of the last payment, in a programme of so many years."""
        if self.kind == "one-off":
            return self.start + len(self.spread) - 1
        whole = self.years if isinstance(self.years, int) else max(1, years - self.start + 1)
        step = self.every or 1
        return self.start + (whole - 1) // step * step

    def profile(self, years: int) -> tuple[float, ...]:
        """Share of a one-off that is paid in each programme year; else 1 in each year paid."""
        if self.kind == "one-off":
            paid = self.spread
        else:
            step = self.every or 1
            paid = tuple(float(k % step == 0) for k in range(self.last(years) - self.start + 1))
        before = (0.0,) * (self.start - 1)
        return before + paid + (0.0,) * (years - len(before) - len(paid))


def check_payments(
    at: Callable[[str], str],
    sound: Callable[[str], bool],
    kind: Kind,
    spread: list[float] | None,
    years: int | Literal["all"] | None,
    every: int | None,
) -> list[Problem]:
    """List keys that do not fit the kind of a component; `at` says where a key is, `sound` whether it can be judged."""
    if not sound("kind"):
        return []
    problems = []
    if kind != "one-off" and spread is not None:
        problems.append(
            Problem(
                at("spread"),
                (),
                f"{spread} with kind = {kind!r}",
                "spread for a one-off only",
                "say with years for how long the cost is paid",
            )
        )
    if kind == "one-off" and years is not None:
        problems.append(
            Problem(
                at("years"),
                (),
                f"{years!r} with kind = 'one-off'",
                "years for a stepped or per-year cost only",
                "say with spread how the cost is shared among years",
            )
        )
    if kind != "stepped" and every is not None:
        problems.append(
            Problem(
                at("every"),
                (),
                f"{every} with kind = {kind!r}",
                "every for a stepped cost only",
                'set kind = "stepped"',
            )
        )
    if kind != "one-off" and years is None and sound("years"):
        problems.append(
            Problem(
                at("years"),
                (),
                "nothing: the key is missing",
                'a number of years, or "all"',
                'add a line: years = "all"',
            )
        )
    if kind == "stepped" and every is None and sound("every"):
        problems.append(
            Problem(
                at("every"),
                (),
                "nothing: the key is missing",
                "a whole number of years from one payment to the next",
                "add a line: every = ...",
            )
        )
    if spread is not None and abs(math.fsum(spread) - 1.0) > 1e-9:
        problems.append(
            Problem(at("spread"), (), f"{spread}, whose sum is {math.fsum(spread):.10g}", "shares whose sum is 1")
        )
    return problems
