"""Collect the rows of a plan, group by group, and turn them into arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers, Mask, pointers
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

    distribution: Integers
    component: Integers
    register: Integers
    price_profile: Integers
    lengths: Integers
    """How many terms each row has."""
    terms: Integers
    weights: Floats

    @classmethod
    def of(cls, rows: Sequence[Row], names: dict[str, int]) -> Block:
        """Return the columns of rows; names of normals that are new are numbered on."""
        terms = [term for row in rows for term in row.own]
        return cls(
            distribution=integers([row.distribution for row in rows]),
            component=integers([row.component for row in rows]),
            register=integers([row.register for row in rows]),
            price_profile=integers([row.price_profile for row in rows]),
            lengths=integers([len(row.own) for row in rows]),
            terms=integers([names.setdefault(name, len(names)) for name, _ in terms]),
            weights=np.array([weight for _, weight in terms], dtype=np.float64),
        )


def integers(numbers: Sequence[int] | Integers) -> Integers:
    """Return numbers as an array."""
    return np.array(numbers, dtype=np.int64)


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
        # Rows as they were added, block by block: they are put together once, as arrays.
        self._blocks: list[Block] = []
        self._own: list[tuple[Floats, Integers, Integers, Integers]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def distribution(self, amount: Amount, where: str) -> int:
        """Add a distribution, or a number that is known, and return its number; `where` names it in refusals."""
        self._distributions.append((_as_family(amount), where))
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
        self,
        block: Block,
        country: int,
        factor: Sequence[float] | Floats,
        common: Sequence[int] | Integers,
        activation: Sequence[int] | Integers,
    ) -> None:
        """Add the rows of a block to the group that was begun last, with what is that group's own."""
        count = len(factor)
        self._blocks.append(block)
        factors = np.array(factor, dtype=np.float64)
        self._own.append((factors, integers(common), integers(activation), np.full(count, country, dtype=np.int64)))
        self._count += count

    def rows(self) -> Rows:
        """Return all rows."""
        commons = [term for weights in self._commons for term in weights]
        factor, common, activation, country = map(np.concatenate, zip(*self._own, strict=True))
        return Rows(
            distributions=tuple(self._distributions),
            columns=Block._make(map(np.concatenate, zip(*self._blocks, strict=True))),
            factor=factor,
            common=common,
            activation=activation,
            country=country,
            start=integers([*(group.start for group in self._groups), len(self)]),
            own_start=pointers([len(group.own) for group in self._groups]),
            common_start=pointers([len(weights) for weights in self._commons]),
            common_basis=integers([self._shared[name] for name, _ in commons]),
            common_weight=np.array([weight for _, weight in commons], dtype=np.float64),
            shared_names=tuple([f"common/{name}" for name in self._shared]),
            own_names=tuple([group.prefix + name for group in self._groups for name in group.own]),
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """All rows of a plan, and the groups and scores that they are in."""

    distributions: tuple[tuple[Family, str], ...]
    """Each with what names it in refusals."""
    columns: Block
    factor: Floats
    common: Integers
    activation: Integers
    country: Integers
    """Place of the country whose cost a row is; -1 for what is no cost."""
    start: Integers
    """First row of each group, and the number of rows."""
    own_start: Integers
    common_start: Integers
    common_basis: Integers
    common_weight: Floats
    shared_names: tuple[str, ...]
    """Names of the streams that groups share, in the order of `Draws.shared_stream`."""
    own_names: tuple[str, ...]
    """Names of the streams of groups, in the order of `Draws.own_stream`."""

    def costing(self, amounts: Sequence[Amount], factors: Floats) -> Rows:
        """Return the same rows with other costs.

        Parameters
        ----------
        amounts
            What is drawn for each component.
        factors
            What each is multiplied by (country, component).
        """
        costs = self.columns.component >= 0
        distributions, factor = list(self.distributions), self.factor.copy()
        # Every country has the same components in the same order.
        numbers = self.columns.distribution[costs][: len(amounts)].tolist()
        for number, amount in zip(numbers, amounts, strict=True):
            distributions[number] = (_as_family(amount), distributions[number][1])
        factor[costs] = factors.ravel()
        return replace(self, distributions=tuple(distributions), factor=factor)

    def draws(self, streams: StreamNumbers, alike: Draws | None = None) -> Draws:
        """Return the arrays.

        Parameters
        ----------
        streams
            Numbers of streams.
        alike
            Of the same rows with other costs: what does not depend on these is taken from there.

        Raises
        ------
        PlanError
            With a problem for each distribution that cannot be tabulated.
        """
        tables = TableBuilder()
        row = self.columns.distribution
        families, wheres = zip(*self.distributions, strict=True)
        marginals = tables.add(families, wheres, limits=self._limits())
        kind = marginals.kind[row]
        # What turns out to be one value depends on nothing.
        known = kind == CONSTANT
        if alike is None or not np.array_equal(known, alike.row_kind == CONSTANT):
            alike = self._scores(streams, known)
        return alike._replace(
            row_kind=kind,
            row_table=marginals.table[row],
            row_location=self.factor * marginals.location[row],
            row_scale=self.factor * marginals.scale[row],
            tables=tables.numbers(),
        ).frozen()

    def _scores(self, streams: StreamNumbers, known: Mask) -> Draws:
        """Return the arrays of scores; those of what is drawn with them are empty."""
        lengths = self.columns.lengths
        is_used = ~np.repeat(known, lengths)
        nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
        return Draws(
            shared_stream=streams.numbers(self.shared_names),
            common_start=self.common_start,
            common_basis=self.common_basis,
            common_weight=self.common_weight,
            own_start=self.own_start,
            own_stream=streams.numbers(self.own_names),
            row_start=self.start,
            row_common=np.where(known, -1, self.common),
            term_start=pointers(np.where(known, 0, lengths)),
            term_basis=self.columns.terms[is_used],
            term_weight=self.columns.weights[is_used],
            row_kind=none,
            row_table=none,
            row_location=nothing,
            row_scale=nothing,
            tables=nothing,
        )

    def _limits(self) -> list[tuple[float, float]]:
        """Return the sizes between which each distribution may draw."""
        # What stands for money is scaled by sizes of countries and by prices; years and rates may be tiny.
        paid = self.columns.component >= 0
        most = np.zeros(len(self.distributions))
        np.maximum.at(most, self.columns.distribution[paid], np.abs(self.factor[paid]))
        return [(AMOUNTS[0] / each, AMOUNTS[1] / each) if each > 0.0 else (0.0, AMOUNTS[1]) for each in most.tolist()]

    def likely(self, mode: Callable[[Family], float]) -> Floats:
        """Return what each row is at the most likely value of its distribution."""
        modes = np.array([mode(family) for family, _ in self.distributions])
        # Very large costs may pass the largest float, which is then what they come to.
        with np.errstate(over="ignore"):
            return np.asarray(self.factor * modes[self.columns.distribution])


def _as_family(amount: Amount) -> Family:
    return amount if isinstance(amount, Family) else Constant(amount)
