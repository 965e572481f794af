"""Collect the rows of a plan, group by group, and turn them into arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np

from popsim.families.base import Family, Floats
from popsim.families.constant import Constant
from popsim.layout import CONSTANT
from popsim.plan.model import Draws, Integers
from popsim.plan.streams import StreamBook
from popsim.plan.tables.builder import TableBook, pointers
from popsim.schema import AMOUNTS
from popsim.study.model import Amount

__all__ = ["Block", "Row", "RowBook", "is_drawn"]

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


class Block(NamedTuple):
    """What rows of several groups have alike: laws, components, growths, and terms on the first normals of a group."""

    law: list[int]
    component: list[int]
    keep: list[int]
    growth: list[int]
    lengths: list[int]
    """How many terms each row has."""
    bases: list[int]
    weights: list[float]


def is_drawn(amount: Amount) -> bool:
    """Return whether an amount takes more than one value, and so needs a score.

    Examples
    --------
    >>> is_drawn(2.0), is_drawn(Constant(2.0))
    (False, False)
    """
    # By its limits, since the spread of very small values is zero in floating point.
    if not isinstance(amount, Family):
        return False
    low, high = amount.support()
    return low < high


class RowBook:
    """Rows in groups; each group has normals of its own beside those that all groups share."""

    def __init__(self) -> None:
        self._laws: list[tuple[Family, str]] = []
        self._shared: dict[str, int] = {}
        self._commons: dict[Weights, int] = {}
        self._groups: list[tuple[str, int, dict[str, int]]] = []
        # Columns: flat lists of numbers, which the collector of garbage need not follow.
        self._law: list[int] = []
        self._factor: list[float] = []
        self._common: list[int] = []
        self._columns: dict[str, list[int]] = {
            name: [] for name in ("country", "component", "keep", "presence", "growth")
        }
        self._lengths: list[int] = []
        self._bases: list[int] = []
        self._weights: list[float] = []

    def __len__(self) -> int:
        return len(self._law)

    def law(self, amount: Amount, where: str) -> int:
        """Take a distribution, or a number that is known; `where` names it in refusals."""
        self._laws.append((amount if isinstance(amount, Family) else Constant(amount), where))
        return len(self._laws) - 1

    def common(self, weights: Weights) -> int:
        """Take a score that groups share; -1 for none."""
        if not weights:
            return -1
        for name, _ in weights:
            self._shared.setdefault(name, len(self._shared))
        return self._commons.setdefault(weights, len(self._commons))

    def begin(self, prefix: str, own: Sequence[str] = ()) -> None:
        """Begin a group; streams of its own have `prefix` before their names, and `own` come first."""
        self._groups.append((prefix, len(self), dict(zip(own, range(len(own)), strict=True))))

    def add(self, row: Row) -> None:
        """Add a row to the group that was begun last."""
        own = self._groups[-1][2]
        self._law.append(row.law)
        self._factor.append(row.factor)
        self._common.append(row.common)
        for name, column in self._columns.items():
            column.append(getattr(row, name))
        self._lengths.append(len(row.own))
        for name, weight in row.own:
            self._bases.append(own.setdefault(name, len(own)))
            self._weights.append(weight)

    def extend(
        self, block: Block, country: int, factor: Sequence[float], common: Sequence[int], presence: Sequence[int]
    ) -> None:
        """Add the rows of a block to the group that was begun last, with what is that group's own."""
        count = len(block.law)
        self._law += block.law
        self._factor += factor
        self._common += common
        columns = self._columns
        columns["country"] += repeat(country, count)
        columns["component"] += block.component
        columns["keep"] += block.keep
        columns["presence"] += presence
        columns["growth"] += block.growth
        self._lengths += block.lengths
        self._bases += block.bases
        self._weights += block.weights

    @property
    def shared_names(self) -> tuple[str, ...]:
        """Names of the streams that groups share, in the order of `Draws.shared_stream`."""
        return tuple([f"common/{name}" for name in self._shared])

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names of the streams of groups, in the order of `Draws.own_stream`."""
        return tuple([prefix + name for prefix, _, own in self._groups for name in own])

    def draws(self, streams: StreamBook) -> Draws:
        """Return the arrays.

        Raises
        ------
        PlanError
            With a problem for each distribution that cannot be tabulated.
        """
        tables = TableBook()
        law = np.array(self._law, dtype=np.int64)
        factor = np.array(self._factor, dtype=np.float64)
        # A law that stands for money is scaled by sizes of countries and by prices; years and rates may be tiny.
        paid = np.array(self._columns["component"], dtype=np.int64) >= 0
        most = np.zeros(len(self._laws))
        np.maximum.at(most, law[paid], np.abs(factor[paid]))
        limits = [(AMOUNTS[0] / each, AMOUNTS[1] / each) if each > 0.0 else (0.0, AMOUNTS[1]) for each in most.tolist()]
        families, wheres = [family for family, _ in self._laws], [where for _, where in self._laws]
        laws = tables.add(families, wheres, limits=limits)
        kind = laws.kind[law]
        # What turns out to be one value hangs on nothing.
        known = kind == CONSTANT
        lengths = np.array(self._lengths, dtype=np.int64)
        terms = ~np.repeat(known, lengths)
        owns = [own for _, _, own in self._groups]
        commons = [term for weights in self._commons for term in weights]
        return Draws(
            shared_stream=streams.numbers(self.shared_names),
            common_start=pointers([len(weights) for weights in self._commons]),
            common_basis=np.array([self._shared[name] for name, _ in commons], dtype=np.int64),
            common_weight=np.array([weight for _, weight in commons], dtype=np.float64),
            own_start=pointers([len(own) for own in owns]),
            own_stream=streams.numbers(self.own_names),
            row_start=np.array([*(start for _, start, _ in self._groups), len(self)], dtype=np.int64),
            row_common=np.where(known, -1, np.array(self._common, dtype=np.int64)),
            term_start=pointers(np.where(known, 0, lengths)),
            term_basis=np.array(self._bases, dtype=np.int64)[terms],
            term_weight=np.array(self._weights, dtype=np.float64)[terms],
            row_kind=kind,
            row_table=laws.table[law],
            row_location=factor * laws.location[law],
            row_scale=factor * laws.scale[law],
            tables=tables.numbers(),
        ).frozen()

    def likely(self, mode: Callable[[Family], float]) -> Floats:
        """Return what each row is at the most likely value of its law."""
        modes = np.array([mode(family) for family, _ in self._laws])
        # Very large costs may pass the largest float, which is then what they come to.
        with np.errstate(over="ignore"):
            return np.asarray(np.array(self._factor) * modes[np.array(self._law, dtype=np.int64)])

    def column(self, name: str) -> Integers:
        """One number of every row: its country, component, keep, presence or growth."""
        return np.array(self._columns[name], dtype=np.int64)
