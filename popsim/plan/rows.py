"""Collect the rows of a plan, group by group, and turn them into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from popsim.families.base import Family
from popsim.families.constant import Constant
from popsim.layout import CONSTANT
from popsim.plan.book import TableBook, pointers
from popsim.plan.model import Draws, Integers
from popsim.plan.streams import StreamBook
from popsim.study.model import Amount

__all__ = ["Row", "RowBook", "is_drawn"]

Weights = tuple[tuple[str, float], ...]


class Row(NamedTuple):
    """One uncertain quantity: its law, what it hangs on, and what it is for."""

    law: int
    factor: float
    common: int
    own: Weights
    country: int = -1
    component: int = -1
    keep: int = -1
    presence: int = -1
    growth: int = -1


def is_drawn(amount: Amount) -> bool:
    """Whether an amount takes more than one value, and so needs a score.

    Examples
    --------
    >>> is_drawn(2.0), is_drawn(Constant(2.0))
    (False, False)
    """
    # By its limits, since the spread of very small values is zero in floating point.
    return isinstance(amount, Family) and amount.support()[0] < amount.support()[1]


class RowBook:
    """Rows in groups; each group has normals of its own beside those that all groups share."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._laws: list[tuple[Family, str]] = []
        self._shared: dict[str, int] = {}
        self._commons: dict[Weights, int] = {}
        self._groups: list[tuple[str, int, dict[str, int]]] = []

    def law(self, amount: Amount, where: str) -> int:
        """Take a distribution, or a number that is known; `where` names it in refusals."""
        self._laws.append((amount if isinstance(amount, Family) else Constant(amount), where))
        return len(self._laws) - 1

    def common(self, weights: Weights) -> int:
        """Take a score that groups share; -1 for none."""
        for name, _ in weights:
            self._shared.setdefault(name, len(self._shared))
        return self._commons.setdefault(weights, len(self._commons)) if weights else -1

    def begin(self, prefix: str, own: Sequence[str] = ()) -> None:
        """Begin a group; streams of its own have `prefix` before their names, and `own` come first."""
        self._groups.append((prefix, len(self.rows), {name: place for place, name in enumerate(own)}))

    def add(self, row: Row) -> None:
        """Add a row to the group that was begun last."""
        own = self._groups[-1][2]
        for name, _ in row.own:
            own.setdefault(name, len(own))
        self.rows.append(row)

    @property
    def shared_names(self) -> tuple[str, ...]:
        """Names of the streams that groups share, in the order of `Draws.shared_stream`."""
        return tuple(f"common/{name}" for name in self._shared)

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names of the streams of groups, in the order of `Draws.own_stream`."""
        return tuple(f"{prefix}{name}" for prefix, _, own in self._groups for name in own)

    def draws(self) -> Draws:
        """Make the arrays.

        Raises
        ------
        PlanError
            With a problem for each distribution that cannot be tabulated.
        """
        tables, streams = TableBook(), StreamBook()
        laws = tables.add([family for family, _ in self._laws], [where for _, where in self._laws])
        law = np.array([row.law for row in self.rows], dtype=np.int64)
        factor = np.array([row.factor for row in self.rows])
        kind = laws.kind[law]
        starts = [start for _, start, _ in self._groups]
        owns = [own for _, _, own in self._groups]
        group = np.searchsorted(starts, np.arange(len(self.rows)), side="right") - 1
        # Flat lists of numbers, which the collector of garbage need not follow.
        lengths: list[int] = []
        bases: list[int] = []
        weights: list[float] = []
        for row, row_kind, place in zip(self.rows, kind.tolist(), group.tolist(), strict=True):
            own = () if row_kind == CONSTANT else row.own
            lengths.append(len(own))
            for name, weight in own:
                bases.append(owns[place][name])
                weights.append(weight)
        return Draws(
            shared_stream=streams.numbers(list(self.shared_names)),
            common_start=pointers([len(weights) for weights in self._commons]),
            common_basis=_whole(self._shared[name] for weights in self._commons for name, _ in weights),
            common_weight=np.array([weight for weights in self._commons for _, weight in weights], dtype=np.float64),
            own_start=pointers([len(own) for own in owns]),
            own_stream=streams.numbers(list(self.own_names)),
            row_start=np.array([*starts, len(self.rows)], dtype=np.int64),
            row_common=np.where(kind == CONSTANT, -1, _whole(row.common for row in self.rows)),
            term_start=pointers(lengths),
            term_basis=_whole(bases),
            term_weight=np.array(weights, dtype=np.float64),
            row_kind=kind,
            row_table=laws.table[law],
            row_location=factor * laws.location[law],
            row_scale=factor * laws.scale[law],
            tables=tables.numbers(),
        ).frozen()

    def column(self, name: str) -> Integers:
        """One number of every row."""
        return _whole(getattr(row, name) for row in self.rows)


def _whole(numbers: object) -> Integers:
    return np.array(list(numbers), dtype=np.int64)  # type: ignore[call-overload]
