"""Tables of marginals in one flat array, and pointers into it."""

from __future__ import annotations

import math
import sys
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np

from popsim.arrays import Floats, Integers, pointers
from popsim.errors import PlanError, Problem
from popsim.families.base import Family
from popsim.layout import BOUNDED, SCORE_LIMIT
from popsim.plan.tables import Table, closed_form, make_tables


class Marginals(NamedTuple):
    """Kind, table, location and scale of marginals, one entry each, as kernels read them."""

    kind: Integers
    table: Integers
    location: Floats
    scale: Floats


_RAREST = np.array([math.erfc(SCORE_LIMIT / math.sqrt(2.0)) / 2.0])
"""Probability below which, and above whose complement, nothing is drawn."""
_NEAR = (1e-6, 1e6)
"""Size of an end of a standard shape that says of itself how large its draws are."""
_FLOATS = (0.0, sys.float_info.max)

RECENT: OrderedDict[Family, Table] = OrderedDict()
"""Tables that were made last: options of a study, and the same study under another dependence, have the same ones."""

_LOCK = Lock()
MOST_RECENT = 128
_MOST_NUMBERS = 2048
"""No table of more numbers is kept, so that all of them together take 2 MiB at most."""


class TableBuilder:
    """Collects tables in one flat array; equal shapes share one."""

    def __init__(self) -> None:
        self._places: dict[tuple[Family, bool], int] = {}
        self._tables: list[Table] = []
        self._ends: list[tuple[float, float]] = []

    def add(
        self,
        families: Sequence[Family],
        wheres: Sequence[str],
        alone: Sequence[bool] | None = None,
        limits: Sequence[tuple[float, float]] | None = None,
    ) -> Marginals:
        """Return kind, offset of the table, location and scale of families; `wheres` name them in refusals.

        One that is `alone`, in a group with nothing else, is evaluated in closed form where its family has one. The
        size of what each draws has `limits`, smallest and largest; else it is within the range of floats.

        Raises
        ------
        PlanError
            With a problem for each distribution that cannot be tabulated.
        """
        standards = [family.standard() for family in families]
        places = self._places
        found: list[int] = []
        new: list[int] = []
        closed = [False] * len(families) if alone is None else alone
        for row, ((shape, _, _), is_closed) in enumerate(zip(standards, closed, strict=True)):
            place = places.setdefault((shape, is_closed), len(places))
            found.append(place)
            if place == len(self._tables) + len(new):
                new.append(row)
        try:
            self._ends += _ends([standards[row][0] for row in new])
            ends = [self._ends[place] for place in found]
            _check_size(families, wheres, standards, ends, limits or [_FLOATS] * len(families))
            self._tables += _tables_of(
                [standards[row][0] for row in new], [wheres[row] for row in new], [closed[row] for row in new]
            )
        except PlanError:
            for row in new:
                del places[standards[row][0], closed[row]]
            del self._ends[len(self._tables) :]
            raise
        tables = self._tables
        which = np.array(found, dtype=np.int64)
        locations = np.array([location for _, location, _ in standards], dtype=np.float64)
        scales = np.array([scale for _, _, scale in standards], dtype=np.float64)
        for row, place in enumerate(found):
            if tables[place].kind == BOUNDED:
                scales[row] = _scale_within(families[row], *standards[row])
        return Marginals(
            kind=np.array([table.kind for table in tables], dtype=np.int64)[which],
            table=pointers([len(table.numbers) for table in tables])[which],
            location=locations + scales * np.array([table.location for table in tables], dtype=np.float64)[which],
            scale=scales * np.array([table.scale for table in tables], dtype=np.float64)[which],
        )

    def numbers(self) -> Floats:
        """Return all tables, one after another."""
        return np.concatenate([np.zeros(0), *(table.numbers for table in self._tables)])


def _scale_within(family: Family, shape: Family, location: float, scale: float) -> float:
    """Return the scale, a rounding smaller where the end of the shape would else be drawn beyond that of the family."""
    (bottom, top), high = shape.support(), family.support()[1]
    if bottom != 0.0 or not math.isfinite(top):
        return scale
    given, less = scale, sys.float_info.epsilon
    while location + scale * top > high and less < 0.5:
        scale, less = given * (1.0 - less), 2.0 * less
    return scale


def _ends(shapes: Sequence[Family]) -> list[tuple[float, float]]:
    """Return the smallest and the largest value that each shape can draw; near ends are those of its support."""
    found = []
    # Straight from the formulas: what checks arguments costs more than they do, for every shape of a large sample.
    with np.errstate(all="ignore"):
        for shape in shapes:
            low, high = shape.support()
            if not _NEAR[0] <= max(abs(low), abs(high)) <= _NEAR[1]:
                low, high = float(shape._ppf(_RAREST)[0]), float(shape._isf(_RAREST)[0])
            found.append((low, high))
    return found


def _check_size(
    families: Sequence[Family],
    wheres: Sequence[str],
    standards: Sequence[tuple[Family, float, float]],
    ends: Sequence[tuple[float, float]],
    limits: Sequence[tuple[float, float]],
) -> None:
    """Refuse families that can draw a value beyond the larger limit, or none but values below the smaller one.

    Raises
    ------
    PlanError
        With a problem for each.
    """
    _, locations, scales = zip(*standards, strict=True) if standards else ((), (), ())
    with np.errstate(all="ignore"):
        values = np.array(locations)[:, None] + np.array(scales)[:, None] * np.array(ends).reshape(-1, 2)
        size = np.abs(values).max(axis=1, initial=0.0)
        lowest, highest = np.array(limits).reshape(-1, 2).T
        wrong = np.flatnonzero(~(size < (1.0 - 1e-9) * highest) | ((size > 0.0) & (size < lowest)))
    problems = []
    for row in wrong.tolist():
        family, (low, high) = families[row], limits[row]
        if size[row] < low:
            found, allowed = f"draws at most {size[row]:.3g}", f"0, or values of at least {low:.3g} in size"
            mend = "a smaller unit of money, or 0"
        else:
            found = f"can draw {size[row]:.3g}" if size[row] < 1e308 else "can draw more than the largest float"
            allowed = f"values of at most {high:.3g} at every probability that can be drawn, 8e-17 to 1 - 8e-17"
            names = " or ".join(family.parameters())
            mend = f"other values of {names}, or rule the largest values out (family truncated, with low and high)"
        problems.append(Problem(wheres[row], (), f"{family!r}, which {found}", allowed, mend))
    if problems:
        raise PlanError(problems)


def _tables_of(shapes: Sequence[Family], wheres: Sequence[str], closed: Sequence[bool]) -> list[Table]:
    """Return tables of shapes, or closed forms where these will do."""
    forms = [closed_form(shape) if is_closed else None for shape, is_closed in zip(shapes, closed, strict=True)]
    rows = [row for row, form in enumerate(forms) if form is None]
    made = iter(_tabulated([shapes[row] for row in rows], [wheres[row] for row in rows]))
    return [next(made) if form is None else form for form in forms]


def _tabulated(shapes: Sequence[Family], wheres: Sequence[str]) -> list[Table]:
    """Return tables of different shapes; those of a study of usual size are kept for a while."""
    if not shapes:
        return []
    if len(shapes) > MOST_RECENT:
        return make_tables(shapes, wheres)
    with _LOCK:
        found = {shape: table for shape in shapes if (table := RECENT.get(shape)) is not None}
    new = [row for row, shape in enumerate(shapes) if shape not in found]
    made = make_tables([shapes[row] for row in new], [wheres[row] for row in new])
    found.update(zip([shapes[row] for row in new], made, strict=True))
    with _LOCK:
        for shape, table in found.items():
            if len(table.numbers) <= _MOST_NUMBERS:
                # A copy, since tables that were made together are views of one array.
                if shape not in RECENT:
                    RECENT[shape] = table._replace(numbers=table.numbers.copy())
                RECENT.move_to_end(shape)
        while len(RECENT) > MOST_RECENT:
            RECENT.popitem(last=False)
    return [found[shape] for shape in shapes]
