"""Draws next to an end of the support: never beyond it, and as near to it as the family says.

The polynomials of a table are exact relative to the width of a distribution. Where its quantile comes nearer to an end
of the support than that, a draw could lie beyond the end, and the chance of lying within a small distance of it would
be wrong. There the logarithm of the distance is tabulated too: for most families it is nearly linear in the logarithm
of the probability, over hundreds of orders of magnitude. A table that needs this becomes one of kind BOUNDED, with the
numbers that it had inside (see `popsim.kernels.marginals`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from popsim.arrays import Floats
from popsim.families.base import Family
from popsim.layout import (
    BOUNDED,
    BOUNDED_BASE,
    KNOTS,
    KNOTS_LOG,
    PIECE_COUNT,
    PIECE_DEGREE,
    PIECES,
    PIECES_LOG,
    SCORE_LIMIT,
    UNEVEN,
    UNEVEN_LOG,
)
from popsim.plan.tables.knots import knot_numbers
from popsim.plan.tables.members import BODY, Members, score_quantile
from popsim.plan.tables.pieces import EDGE, NODES, PROBES, evaluate, interpolate
from popsim.plan.tables.table import Table

BODY_DISTANCE = 1e-3
"""Largest error of a draw in the body, relative to its distance from an end of the support."""

TAIL_DISTANCE = 2e-2
"""Largest such error in the tails."""

LOG_DISTANCE = 1e-6
"""Largest error of the tabulated logarithm of a distance, where the family's own quantiles have as many digits."""

_CHECKED = np.array([3.31, 4.47, 5.29, 6.13, 6.83, 7.41, 7.87, 8.19, 8.25])
"""Scores at which a table is held against both ends: errors that matter are largest far out."""
_REACHED = 7.0
"""Where distances below the digits of the end, at scores up to here, ask for a table that is cut at the end."""
_EPS = float(np.finfo(np.float64).eps)
_ROUNDED = 4.0 * _EPS
"""Rounding of a value next to an end, relative to the end."""
_DIGITS = 4096.0 * _EPS
"""Distances below this, relative to the end of the support, have too few digits to tell how they fall."""
_SMALLEST = 1e-290
"""The same for an end that is zero."""
_GRID = 1024
_MOST_PIECES = 512
_NARROWEST, _FINE = 1e-4, 1.0 / 16.0
_STEP = 0.05
_NEAR, _ROUGH = 1e-7, 1e-5
"""Logarithms at three scores so near to each other are on a line, but for rounding up to this."""
_AROUND = 4
_BACK, _LEVER = 2.0, 0.25
"""How far back from where distances go wrong they are taken, if only there they have their digits."""
_LEAST_LOG = -700.0

_TABULATED = (PIECES, PIECES_LOG, KNOTS, KNOTS_LOG, UNEVEN, UNEVEN_LOG)
_LOGS = (PIECES_LOG, KNOTS_LOG, UNEVEN_LOG)


def with_ends(members: Members, tables: Sequence[Table | str]) -> list[Table | str]:
    """Return the tables, those whose draws could leave the support or gather at an end of it with ends of their own."""
    outcomes = list(tables)
    rows = [row for row, table in enumerate(outcomes) if isinstance(table, Table) and table.kind in _TABULATED]
    supports = np.array([members.families[row].support() for row in rows]).reshape(-1, 2)
    some = [place for place, support in enumerate(supports) if np.isfinite(support).any()]
    rows, supports = [rows[place] for place in some], supports[some]
    if not rows:
        return outcomes
    chosen: list[Table] = [outcomes[row] for row in rows]  # type: ignore[misc]
    for place in _misplaced(members.pick(rows), chosen, supports).tolist():
        outcomes[rows[place]] = _bounded(members.families[rows[place]], chosen[place])
    return outcomes


def table_values(table: Table, z: Floats) -> Floats:
    """Return T(z) of a table with polynomials, as kernels compute it but for rounding."""
    return np.asarray(_values_of([table], z)[0])


def _values_of(tables: Sequence[Table], z: Floats) -> Floats:
    """Return values of tables at scores, one row per table; those of equal pieces are worked on together."""
    values = np.empty((len(tables), len(z)))
    equal = np.array([table.kind in (PIECES, PIECES_LOG) for table in tables])
    if equal.any():
        numbers = np.array([table.numbers for table, is_equal in zip(tables, equal, strict=True) if is_equal])
        t = numbers[:, :1] * np.clip(z, -SCORE_LIMIT, SCORE_LIMIT) + numbers[:, 1:2]
        piece = np.rint(t)
        place = 2 + piece.astype(np.int64) % PIECE_COUNT
        values[equal] = _horner(
            t - piece, lambda power: np.take_along_axis(numbers, place + power * PIECE_COUNT, axis=1)
        )
    for row in np.flatnonzero(~equal).tolist():
        values[row] = _uneven_values(tables[row], z)
    is_log = np.array([table.kind in _LOGS for table in tables])
    values[is_log] = np.exp(np.clip(values[is_log], -700.0, 700.0))
    location = np.array([[table.location] for table in tables])
    return np.asarray(location + np.array([[table.scale] for table in tables]) * values)


def _uneven_values(table: Table, z: Floats) -> Floats:
    numbers, inside = table.numbers, np.clip(z, -SCORE_LIMIT, SCORE_LIMIT)
    if table.kind in (UNEVEN, UNEVEN_LOG):
        parts = numbers.reshape(-1, PIECE_COUNT)
        place = np.searchsorted(parts[0], z, side="right") - 1
        return _horner((inside - parts[1, place]) * parts[2, place], lambda power: parts[3 + power, place])
    size, degree = int(numbers[0]), int(numbers[1])
    pieces = numbers[2 + size :].reshape(size, degree + 3)
    place = np.searchsorted(numbers[2 : 2 + size], z, side="right") - 1
    return _horner((inside - pieces[place, 0]) * pieces[place, 1], lambda power: pieces[place, 2 + power], degree)


def _horner(fraction: Floats, coefficient: Callable[[int], Floats], degree: int = PIECE_DEGREE) -> Floats:
    result: Floats = coefficient(degree).copy()
    for power in range(degree - 1, -1, -1):
        result *= fraction
        result += coefficient(power)
    return result


def _misplaced(members: Members, tables: Sequence[Table], supports: Floats) -> Any:
    """Return the places of members whose tables are wrong next to an end of the support.

    Where quantiles are costly, probabilities are asked of the table's own values.
    """
    low, high = supports[:, :1], supports[:, 1:]
    below, above = _values_of(tables, -_CHECKED[::-1]), _values_of(tables, _CHECKED)
    wrong = np.zeros(len(tables), dtype=bool)
    for values in (below, above):
        wrong |= ((values < low) | (values > high)).any(axis=1)
    share = np.where(_CHECKED <= BODY, BODY_DISTANCE, TAIL_DISTANCE)
    reached = _CHECKED <= _REACHED
    with np.errstate(all="ignore"):
        for end, distance, sign in ((low, below - low, -1.0), (high, (high - above)[:, ::-1], 1.0)):
            z, slack = sign * _CHECKED[::-1], _ROUNDED * np.where(np.isfinite(end), np.abs(end), 0.0)
            allowed = share[::-1]
            unresolved = (distance < 2.0 * slack) & reached[::-1] & (np.abs(end) > 0.0)
            if members.stack is not None and members.stack.has_taylor():
                p = special.ndtr(-np.abs(z))
                ask = members.stack._cdf if sign < 0.0 else members.stack._sf
                near, far = np.maximum(distance * (1.0 - allowed) - slack, 0.0), distance * (1.0 + allowed) + slack
                good = (ask(end - sign * near) <= p) & (ask(end - sign * far) >= p)
            else:
                true = sign * (end - members.quantiles(z))
                good = np.abs(distance - true) <= allowed * true + slack
            tiny = np.abs(distance) < _SMALLEST
            wrong |= (np.isfinite(end) & ((~good & ~tiny) | unresolved)).any(axis=1)
    return np.flatnonzero(wrong)


class _Tail(NamedTuple):
    """The scores beyond `start`, counted outward, with the numbers of a table of the logarithm of the distance."""

    start: float
    numbers: Floats


class _Distance(NamedTuple):
    """How far quantiles are from one end of the support, by scores counted towards that end."""

    family: Family
    end: float
    sign: float

    def logs(self, s: Floats) -> Floats:
        """Return logarithms of distances; -infinity where there is none."""
        with np.errstate(all="ignore"):
            distance = self.sign * (self.end - score_quantile(self.family, self.sign * s))
            return np.asarray(np.log(np.maximum(distance, 0.0)))


def _bounded(family: Family, table: Table) -> Table:
    """Return the table, cut at the ends of the support, with a table of the logarithm of small distances to each."""
    low, high = family.support()
    grid = np.linspace(-EDGE, EDGE, _GRID)
    true = score_quantile(family, grid)
    # Each end has the scores on its side of the middle of the support.
    middle = EDGE
    if math.isfinite(low) and math.isfinite(high):
        middle = float(grid[min(int(np.searchsorted(true, 0.5 * low + 0.5 * high)), _GRID - 1)])
    wrong = np.abs(table_values(table, grid) - true)
    lower = _tail(_Distance(family, low, -1.0), -middle, grid, wrong[::-1]) if math.isfinite(low) else None
    first = middle if math.isfinite(low) else -EDGE
    upper = _tail(_Distance(family, high, 1.0), first, grid, wrong) if math.isfinite(high) else None
    tails = [np.zeros(0) if tail is None else tail.numbers for tail in (lower, upper)]
    at = BOUNDED_BASE + len(table.numbers)
    header = np.array(
        [
            table.kind,
            low - table.location,
            high - table.location,
            -math.inf if lower is None else -lower.start,
            math.inf if upper is None else upper.start,
            at,
            at + len(tails[0]),
        ]
    )
    return Table(BOUNDED, np.concatenate([header, table.numbers, *tails]), table.location, 1.0, table.error)


def _tail(distance: _Distance, first: float, s: Floats, wrong: Floats) -> _Tail | None:
    """Return a table of scores beyond which `wrong` passes a share of the distance; None where it nowhere does.

    Also None where the end has a probability of its own, or the family's own quantiles have no digits there.
    """
    logs = distance.logs(s)
    with np.errstate(all="ignore"):
        allowed = BODY_DISTANCE * np.exp(logs) + _ROUNDED * abs(distance.end)
        bad = (s >= first) & (wrong > allowed) & (logs > math.log(_SMALLEST))
    if not bad.any() or distance.end in distance.family.atoms():
        return None
    start = float(s[max(int(np.argmax(bad)) - 1, 0)])
    rough = _roughness(distance, s, logs)
    least = math.log(max(_DIGITS * abs(distance.end), _SMALLEST))
    lost = (s > max(start - _BACK, first)) & (~(rough <= _ROUGH) | ~(logs > least))
    last = float(s[max(int(np.argmax(lost)) - 1, 0)]) if lost.any() else EDGE
    start = max(min(start, last - _LEVER), first)
    if not last > start + _NARROWEST:
        return None
    inner = float(distance.logs(np.array([last])).item())
    before = float(distance.logs(np.array([max(start, last - _STEP)])).item())
    chance, chance_before = special.log_ndtr([-last, -max(start, last - _STEP)])
    power = (before - inner) / (chance_before - chance)
    power = power if 0.0 < power < math.inf else 1.0

    def function(scores: Floats) -> Floats:
        # Beyond, distances are taken to fall on as the same power of the probability.
        with np.errstate(all="ignore"):
            beyond = inner + power * (special.log_ndtr(-scores) - chance)
            return np.where(scores <= last, distance.logs(np.minimum(scores, last)), beyond)

    kinks = distance.sign * distance.family.kink_scores()
    inside = np.append(kinks[(kinks > start) & (kinks < EDGE)], last)
    edges = np.unique(np.concatenate([np.linspace(start, EDGE, 5), inside[inside < EDGE]]))
    return _fitted(function, start, edges)


def _roughness(distance: _Distance, s: Floats, logs: Floats) -> Floats:
    """Return by how much logarithms of distances near each score fail to lie on a line: what rounding does to them."""
    with np.errstate(all="ignore"):
        off = np.abs(distance.logs(s - _NEAR) + distance.logs(s + _NEAR) - 2.0 * logs)
    off = np.pad(np.where(np.isnan(off), np.inf, off), _AROUND, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(off, 2 * _AROUND + 1).max(axis=1))


def _fitted(function: Callable[[Floats], Floats], start: float, edges: Floats) -> _Tail | None:
    """Halve pieces until each holds; None where too many would be needed."""
    pending = np.stack([edges[:-1], edges[1:]], axis=1)
    done: list[Floats] = []
    found: list[Floats] = []
    count = 0
    while len(pending):
        width, middle = pending[:, 1:] - pending[:, :1], pending.mean(axis=1, keepdims=True)
        at_nodes, at_probes = (function((middle + width * part).ravel()) for part in (NODES, PROBES))
        coefficients = interpolate(at_nodes.reshape(-1, len(NODES)).T)
        fitted = evaluate(coefficients, np.broadcast_to(PROBES[:, None], (len(PROBES), len(pending)))).T
        true = at_probes.reshape(fitted.shape)
        error = np.abs(np.maximum(fitted, _LEAST_LOG) - np.maximum(true, _LEAST_LOG)).max(axis=1)
        # Where distances have only some digits, more pieces do not make them smoother.
        good = error <= np.where(width[:, 0] > _FINE, LOG_DISTANCE, BODY_DISTANCE)
        count += int(good.sum())
        done.append(pending[good])
        found.append(coefficients[:, good])
        bad = pending[~good]
        if count + 2 * len(bad) > _MOST_PIECES or (len(bad) and float(np.diff(bad, axis=1).min()) < _NARROWEST):
            return None
        centre = bad.mean(axis=1)
        pending = np.concatenate([np.stack([bad[:, 0], centre], axis=1), np.stack([centre, bad[:, 1]], axis=1)])
    ends = np.concatenate(done)
    return _Tail(start, knot_numbers(ends[:, 0], np.diff(ends, axis=1)[:, 0], np.concatenate(found, axis=1)))
