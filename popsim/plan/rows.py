"""Collect the rows of a plan, group by group, and turn them into arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers, pointers
from popsim.families.base import Family
from popsim.families.constant import Constant
from popsim.layout import CONSTANT
from popsim.plan.model import Draws
from popsim.plan.streams import StreamNumbers
from popsim.plan.tables.builder import TableBuilder
from popsim.schema import AMOUNTS
from popsim.study.model import Amount

Weights = tuple[tuple[str, float], ...]
"""Names of normals, each with its weight."""


class Row(NamedTuple):
    """One uncertain quantity: its distribution, the normals of its group in its score, and what it is for."""

    distribution: int
    own: Weights = ()
    component: int = -1
    register: int = -1
    """Where the value of a row that is no cost is kept for others; -1 for a cost."""
    price_profile: int = -1


class Block(NamedTuple):
    """Columns of rows that several groups have alike; terms refer to the normals of a group by number."""

    distribution: list[int]
    component: list[int]
    register: list[int]
    price_profile: list[int]
    lengths: list[int]
    """How many terms each row has."""
    terms: list[int]
    weights: list[float]

    @classmethod
    def of(cls, rows: Sequence[Row], names: dict[str, int]) -> Block:
        """Return the columns of rows; names of normals that are new are numbered on."""
        terms = [term for row in rows for term in row.own]
        return cls(
            distribution=[row.distribution for row in rows],
            component=[row.component for row in rows],
            register=[row.register for row in rows],
            price_profile=[row.price_profile for row in rows],
            lengths=[len(row.own) for row in rows],
            terms=[names.setdefault(name, len(names)) for name, _ in terms],
            weights=[weight for _, weight in terms],
        )


class _Group(NamedTuple):
    """Where a group of rows starts, and the normals of its own."""

    prefix: str
    start: int
    own: tuple[str, ...]


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


class RowBuilder:
    """Rows in groups; each group has normals of its own beside those that all groups share."""

    def __init__(self) -> None:
        self._distributions: list[tuple[Family, str]] = []
        self._shared: dict[str, int] = {}
        self._commons: dict[Weights, int] = {}
        self._groups: list[_Group] = []
        # Columns: flat lists of numbers, which the collector of garbage need not follow.
        self._factor: list[float] = []
        self._common: list[int] = []
        self._country: list[int] = []
        self._activation: list[int] = []
        self._block = Block([], [], [], [], [], [], [])

    def __len__(self) -> int:
        return len(self._factor)

    def distribution(self, amount: Amount, where: str) -> int:
        """Add a distribution, or a number that is known, and return its number; `where` names it in refusals."""
        self._distributions.append((amount if isinstance(amount, Family) else Constant(amount), where))
        return len(self._distributions) - 1

    def common(self, weights: Weights) -> int:
        """Add a score that groups share, and return its number; -1 for none."""
        if not weights:
            return -1
        for name, _ in weights:
            self._shared.setdefault(name, len(self._shared))
        return self._commons.setdefault(weights, len(self._commons))

    def begin(self, prefix: str, own: Sequence[str] = ()) -> None:
        """Begin a group with normals of its own, whose streams have `prefix` before their names."""
        self._groups.append(_Group(prefix, len(self), tuple(own)))

    def extend(
        self, block: Block, country: int, factor: Sequence[float], common: Sequence[int], activation: Sequence[int]
    ) -> None:
        """Add the rows of a block to the group that was begun last, with what is that group's own."""
        self._factor += factor
        self._common += common
        self._country += [country] * len(factor)
        self._activation += activation
        for column, more in zip(self._block, block, strict=True):
            column += more  # type: ignore[operator]

    @property
    def shared_names(self) -> tuple[str, ...]:
        """Names of the streams that groups share, in the order of `Draws.shared_stream`."""
        return tuple([f"common/{name}" for name in self._shared])

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names of the streams of groups, in the order of `Draws.own_stream`."""
        return tuple([group.prefix + name for group in self._groups for name in group.own])

    @property
    def columns(self) -> dict[str, Integers]:
        """Numbers of every row, by what they are: country, component, register, activation and price profile."""
        columns = {"country": self._country, "activation": self._activation, **self._block._asdict()}
        return {
            name: np.array(columns[name], dtype=np.int64)
            for name in ("country", "component", "register", "activation", "price_profile")
        }

    def draws(self, streams: StreamNumbers) -> Draws:
        """Return the arrays.

        Raises
        ------
        PlanError
            With a problem for each distribution that cannot be tabulated.
        """
        tables = TableBuilder()
        block = self._block
        row = np.array(block.distribution, dtype=np.int64)
        factor = np.array(self._factor, dtype=np.float64)
        families, wheres = zip(*self._distributions, strict=True)
        marginals = tables.add(families, wheres, limits=self._limits(row, factor))
        kind = marginals.kind[row]
        # What turns out to be one value depends on nothing.
        known = kind == CONSTANT
        lengths = np.array(block.lengths, dtype=np.int64)
        is_used = ~np.repeat(known, lengths)
        commons = [term for weights in self._commons for term in weights]
        return Draws(
            shared_stream=streams.numbers(self.shared_names),
            common_start=pointers([len(weights) for weights in self._commons]),
            common_basis=np.array([self._shared[name] for name, _ in commons], dtype=np.int64),
            common_weight=np.array([weight for _, weight in commons], dtype=np.float64),
            own_start=pointers([len(group.own) for group in self._groups]),
            own_stream=streams.numbers(self.own_names),
            row_start=np.array([*(group.start for group in self._groups), len(self)], dtype=np.int64),
            row_common=np.where(known, -1, np.array(self._common, dtype=np.int64)),
            term_start=pointers(np.where(known, 0, lengths)),
            term_basis=np.array(block.terms, dtype=np.int64)[is_used],
            term_weight=np.array(block.weights, dtype=np.float64)[is_used],
            row_kind=kind,
            row_table=marginals.table[row],
            row_location=factor * marginals.location[row],
            row_scale=factor * marginals.scale[row],
            tables=tables.numbers(),
        ).frozen()

    def _limits(self, row: Integers, factor: Floats) -> list[tuple[float, float]]:
        """Return the sizes between which each distribution may draw."""
        # What stands for money is scaled by sizes of countries and by prices; years and rates may be tiny.
        paid = np.array(self._block.component, dtype=np.int64) >= 0
        most = np.zeros(len(self._distributions))
        np.maximum.at(most, row[paid], np.abs(factor[paid]))
        return [(AMOUNTS[0] / each, AMOUNTS[1] / each) if each > 0.0 else (0.0, AMOUNTS[1]) for each in most.tolist()]

    def likely(self, mode: Callable[[Family], float]) -> Floats:
        """Return what each row is at the most likely value of its distribution."""
        modes = np.array([mode(family) for family, _ in self._distributions])
        # Very large costs may pass the largest float, which is then what they come to.
        with np.errstate(over="ignore"):
            return np.asarray(np.array(self._factor) * modes[np.array(self._block.distribution, dtype=np.int64)])
