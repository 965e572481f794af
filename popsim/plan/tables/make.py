"""Which form of table each family gets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
from scipy import special

from popsim.arrays import Floats
from popsim.errors import PlanError, Problem
from popsim.families.base import Family
from popsim.layout import LOGNORMAL, NORMAL, PIECE_DEGREE, SCORE_LIMIT
from popsim.plan.tables.ends import with_ends
from popsim.plan.tables.knots import MOST_PIECES, from_jumps, from_knots
from popsim.plan.tables.members import LOG_FLOOR, REFERENCES, Members
from popsim.plan.tables.pieces import Found, from_quantiles, from_series
from popsim.plan.tables.table import NOTHING, Table

AT_ONCE = 320
"""So many members at most are worked on together: more pass the caches, fewer pay more often for each call."""

_SIMPLE = 1e-3
"""Share of the tolerance that the two forms without a table may use: normal and lognormal fill it by rounding alone."""

_GRID = np.linspace(-SCORE_LIMIT, SCORE_LIMIT, 67)


def make_table(family: Family, where: str = "plan") -> Table:
    """Tabulate a family.

    Raises
    ------
    PlanError
        When the family's quantile function is not finite, or no table reproduces it.

    Examples
    --------
    >>> from popsim.families import LogNormal
    >>> table = make_table(LogNormal(0.0, 0.5))
    >>> table.kind == LOGNORMAL, round(float(table.numbers[0]), 12)
    (True, 0.5)
    """
    return make_tables([family], [where])[0]


def make_tables(families: Sequence[Family], wheres: Sequence[str]) -> list[Table]:
    """Tabulate many families; each table is, to the last bit, what `make_table` gives of its family alone.

    Raises
    ------
    PlanError
        With a problem for each family whose quantile function is not finite, or which no table reproduces.

    Examples
    --------
    >>> from popsim.families import LogNormal, Uniform
    >>> [table.kind for table in make_tables([LogNormal(0.0, 0.5), Uniform(0.0, 1.0)], ["first", "second"])]
    [2, 3]
    """
    if len(families) > AT_ONCE // 4:
        _keep_memory()
    tables: list[Table | None] = [None] * len(families)
    allowed = [""] * len(families)
    kinks = _kink_scores(families)
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, family in enumerate(families):
        jumps = family.jumps()
        if jumps is not None:
            tables[place] = from_jumps(*jumps)
        else:
            groups.setdefault((type(family), len(kinks[place]), family.structure()), []).append(place)
    for places in groups.values():
        parts = -(-len(places) // AT_ONCE)
        for part in (places[first::parts] for first in range(parts)):
            members = Members([families[place] for place in part], [kinks[place] for place in part])
            for place, outcome in zip(part, with_ends(members, _tabulate(members)), strict=True):
                if isinstance(outcome, Table):
                    tables[place] = outcome
                else:
                    allowed[place] = outcome
    if any(table is None for table in tables):
        raise PlanError(
            Problem(where, (), repr(family), found, "" if found == _FINITE else _MEND)
            for where, family, found in zip(wheres, families, allowed, strict=True)
            if found
        )
    return cast(list[Table], tables)


_FINITE = "finite quantiles at probabilities from 8e-17 to 1 - 8e-17"
_HELD = f"a quantile function that {MOST_PIECES} polynomials of degree {PIECE_DEGREE} reproduce"
_MEND = "use parameters that are less extreme, or give the distribution by its quantiles (family empirical)"


def _kink_scores(families: Sequence[Family]) -> list[Floats]:
    """Return the scores of the kinks of each family; those that follow from probabilities alone in one call."""
    plain = [type(family).kink_scores is Family.kink_scores for family in families]
    kinks = [family.kinks() if is_plain else () for family, is_plain in zip(families, plain, strict=True)]
    scores = special.ndtri(np.array([kink for each in kinks for kink in each], dtype=np.float64))
    ends = np.cumsum([len(each) for each in kinks]).tolist()
    return [
        scores[end - len(each) : end] if is_plain else family.kink_scores()
        for family, is_plain, each, end in zip(families, plain, kinks, ends, strict=True)
    ]


def _keep_memory() -> None:
    """Free one large array that was never touched, so that the C library keeps what is freed below.

    glibc hands freed memory back to the system until something this large was freed; each temporary array then costs
    page faults, in all a fifth of the time. Elsewhere this does nothing.
    """
    np.empty(1 << 21)


def _tabulate(members: Members) -> list[Table | str]:
    """Return the first form that holds for each member, or what would have been allowed."""
    found = from_series(members)
    outcomes: list[Table | str] = [_HELD if table is None else table for table in found]
    rest = [row for row, table in enumerate(found) if table is None]
    if rest:
        infinite = ~np.isfinite(members.pick(rest).references).all(axis=1)
        for row in np.array(rest)[infinite].tolist():
            outcomes[row] = _FINITE
    for attempt in (_linear, _exponential_of_linear, from_quantiles, _knots):
        rest = [row for row, outcome in enumerate(outcomes) if outcome is _HELD]
        if rest:
            for row, table in zip(rest, attempt(members.pick(rest)), strict=True):
                outcomes[row] = table or _HELD
    return outcomes


def _straight(values: Floats) -> tuple[Floats, Floats]:
    """Return middle and slope of the line through the ends of values at `REFERENCES`, as columns."""
    slope = (values[:, 4:] - values[:, :1]) / (REFERENCES[4] - REFERENCES[0])
    return (values[:, 4:] + values[:, :1]) / 2.0, slope


def _linear(members: Members) -> Found:
    middle, slope = _straight(members.references)

    def line(rows: Any, z: Floats) -> Any:
        return middle[rows] + slope[rows] * z

    def table(row: int, error: float) -> Table:
        return Table(NORMAL, NOTHING, float(middle[row, 0]), float(slope[row, 0]), error)

    return _simple(members, line, table)


def _exponential_of_linear(members: Members) -> Found:
    middle, slope = _straight(members.logs(members.references))
    floor = members.floor
    slope = np.where(slope * SCORE_LIMIT < -LOG_FLOOR, slope, np.nan)

    def curve(rows: Any, z: Floats) -> Any:
        return floor[rows] + np.exp(middle[rows] + slope[rows] * z)

    numbers, floors, scales = slope.copy(), floor[:, 0].tolist(), np.exp(middle[:, 0]).tolist()

    def table(row: int, error: float) -> Table:
        return Table(LOGNORMAL, numbers[row], floors[row], scales[row], error)

    return _simple(members, curve, table)


def _simple(members: Members, curve: Callable[[Any, Floats], Any], table: Callable[[int, float], Table]) -> Found:
    """Check a closed form at the references, which rule most out, then on a grid with all kinks."""
    found: Found = [None] * len(members)
    with np.errstate(all="ignore"):
        fitted = curve(slice(None), REFERENCES)
    at_references = members.error(members.references, REFERENCES, fitted).max(axis=1)
    rows = np.flatnonzero(at_references <= _SIMPLE).tolist()
    if rows:
        chosen = members.pick(rows)
        kinks = chosen.kinks
        z = np.concatenate([np.broadcast_to(_GRID, (len(rows), len(_GRID))), kinks], axis=1) if kinks.size else _GRID
        errors = chosen.error(chosen.quantiles(z), z, curve(rows, z)).max(axis=1) / _SIMPLE
        for row, error in zip(rows, errors.tolist(), strict=True):
            if error <= 1.0:
                found[row] = table(row, error)
    return found


def _knots(members: Members) -> Found:
    return [from_knots(members.pick([row])) for row in range(len(members))]
