"""Tables made together: the same to the bit as alone, within tolerance between all points of the fit, never trusted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special

from popsim.families import Beta, Family, Gamma, LogNormal, Metalog, Normal, Pert, Triangular, Uniform, Weibull
from popsim.layout import (
    BOUNDED,
    BOUNDED_BASE,
    KNOTS,
    KNOTS_LOG,
    LOGNORMAL,
    NORMAL,
    PIECE_COUNT,
    PIECES,
    PIECES_LOG,
    UNEVEN,
    UNEVEN_LOG,
)
from popsim.plan.tables import Table, make, make_table, make_tables, score_quantile, tolerance

from ..engine.studies import all_examples

DENSE = np.unique(
    np.concatenate([np.linspace(-8.25, 8.25, 1601), -8.25 + 16.5 * (np.arange(4000) * 0.6180339887 % 1.0)])
)
"""Scores that have nothing to do with nodes or probes."""

MARGIN = 1.5
"""A table is held to its tolerance at the extrema of the leading term of its error; between them the other terms, which
fall by a factor of two or more each, can add that much."""


def evaluate(table: Table, z: np.ndarray) -> np.ndarray:
    """Evaluate a table as its layout says, in plain numpy."""
    n = table.numbers
    if table.kind == BOUNDED:
        (low, high, lower, upper), (first, second) = n[1:5], n[5:7].astype(int)
        inner = table._replace(kind=int(n[0]), numbers=n[BOUNDED_BASE:first], location=0.0)
        value = np.clip(evaluate(inner, z), low, high)
        below, above = z < lower, z > upper
        if below.any():
            logs = evaluate(inner._replace(kind=KNOTS, numbers=n[first:second]), -z[below])
            value[below] = low + np.exp(np.maximum(logs, -700.0))
        if above.any():
            logs = evaluate(inner._replace(kind=KNOTS, numbers=n[second:]), z[above])
            value[above] = high - np.exp(np.maximum(logs, -700.0))
    elif table.kind == NORMAL:
        value = z
    elif table.kind == LOGNORMAL:
        value = np.exp(n[0] * z)
    elif table.kind in (PIECES, PIECES_LOG):
        t = n[0] * z + n[1]
        piece = np.rint(t).astype(int) % 16
        value = np.polynomial.polynomial.polyval(t - np.rint(t), n[2:].reshape(10, 16)[:, piece], tensor=False)
    elif table.kind in (UNEVEN, UNEVEN_LOG):
        rows = n.reshape(-1, PIECE_COUNT)
        piece = np.searchsorted(rows[0], z, side="right") - 1
        inside = (np.clip(z, -8.25, 8.25) - rows[1, piece]) * rows[2, piece]
        value = np.polynomial.polynomial.polyval(inside, rows[3:, piece], tensor=False)
    else:
        size = int(n[0])
        piece = np.searchsorted(n[2 : 2 + size], z, side="right") - 1
        middle, inverse, *coefficients = n[2 + size :].reshape(size, -1)[piece].T
        value = np.polynomial.polynomial.polyval((z - middle) * inverse, np.array(coefficients), tensor=False)
    if table.kind in (PIECES_LOG, KNOTS_LOG, UNEVEN_LOG):
        value = np.exp(value)
    return table.location + table.scale * value


def worst(family: Family, table: Table, z: np.ndarray = DENSE) -> float:
    """Largest error on the dense grid, in units of what is tolerated."""
    true = score_quantile(family, z)
    low, median, high = score_quantile(family, special.ndtri([0.05, 0.5, 0.95]))
    width = high - low or float(np.ptp(score_quantile(family, np.array([-5.0, 5.0]))))
    # Beside a jump of a steep family a score counts as the same within 1e-12 (see popsim.plan.tables.knots).
    slack = score_quantile(family, z + 1e-12) - score_quantile(family, z - 1e-12) if family.steep() else 0.0
    return float((np.abs(evaluate(table, z) - true) / (tolerance(true, z, median, width) + slack)).max())


def same(first: Table, second: Table) -> bool:
    return (first.kind, first.location, first.scale, first.error, first.numbers.tobytes()) == (
        second.kind,
        second.location,
        second.scale,
        second.error,
        second.numbers.tobytes(),
    )


EXTREMES = (
    *(Beta(a, b) for a in (0.05, 0.5, 1.0, 1.2, 30.0, 1e4, 1e6) for b in (0.05, 1.0, 3.0, 1e4, 1e6)),
    *(Gamma(shape, 1.0) for shape in (0.02, 0.05, 0.3, 0.99, 1.0, 2.0, 1e3, 3e5)),
    *(Pert(0.0, mode, 1.0, shape) for mode in (0.0, 1e-6, 0.3, 1.0) for shape in (0.001, 4.0, 100.0, 1e6)),
    *(Weibull(shape, 1.0) for shape in (0.02, 0.5, 1.0, 2.0, 3.6, 500.0)),
    *(LogNormal(0.0, sigma) for sigma in (1e-6, 0.5, 1.0, 2.0, 10.0, 60.0)),
    *(Triangular(0.0, mode, 1.0) for mode in (0.0, 1e-12, 0.25, 0.5, 1.0 - 1e-9, 1.0)),
    *(Metalog((0.0, 1.0, k, k)) for k in (-0.5, 0.0, 0.5, 1.5)),
    *(Metalog((0.0, s, 0.2 * s), low=0.0) for s in (0.05, 0.3, 0.9, 2.0)),
    *(Metalog((0.3, s), low=0.0, high=1.0) for s in (0.1, 1.0, 4.0)),
)


def standard_examples() -> list[Family]:
    return [family.standard()[0] for family in all_examples().values()]


@pytest.fixture(scope="module")
def mixed() -> list[Family]:
    generator = np.random.default_rng(5)
    drawn: list[Family] = []
    for a, b, c in generator.uniform(0.05, 0.95, (12, 3)).tolist():
        drawn += [Beta(8 * a, 8 * b), Pert(0, c, 1), Gamma(9 * a, 1), Weibull(5 * b, 1), LogNormal(0, 2 * c)]
        drawn += [Triangular(0, a, 1), Metalog((0, 0.5 * b, 0.2 * b * c), low=0), Metalog((0, 1, 0.2 * c))]
    return [*standard_examples(), *drawn, Normal(0, 1), Uniform(0, 1)]


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
@pytest.mark.one_in(2)
def test_a_table_does_not_depend_on_its_neighbours(
    mixed: list[Family], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = np.random.default_rng(at_once).permutation(len(mixed)).tolist()
    alone = [make_table(family) for family in mixed]
    monkeypatch.setattr(make, "AT_ONCE", at_once)
    together = make_tables([mixed[i] for i in order], ["here"] * len(order))
    assert [i for place, i in enumerate(order) if not same(together[place], alone[i])] == []


def test_a_neighbour_with_another_zero_crossing_changes_nothing() -> None:
    """Kinks far apart shift the grids, and with them which columns lie on one side of zero for all."""
    families = [Triangular(0, mode, 1) for mode in (1e-15, 0.001, 0.4999, 0.5, 0.999, 1 - 1e-12)]
    assert all(same(t, make_table(f)) for t, f in zip(make_tables(families, ["x"] * 6), families, strict=True))


@pytest.mark.parametrize("family", [*standard_examples(), *EXTREMES], ids=repr)
@pytest.mark.one_in(3)
def test_tables_hold_between_the_points_of_the_fit(family: Family) -> None:
    if family.jumps() is not None:
        return
    assert worst(family, make_table(family)) <= MARGIN


def test_the_dense_grid_sees_an_error_of_twice_the_tolerance() -> None:
    """Negative control of the test above."""
    table = make_table(Gamma(3.5, 1.0))
    numbers = table.numbers.copy()
    numbers[2 + 8] += 4e-9 * np.ptp(Gamma(3.5, 1.0).ppf([0.05, 0.95]))
    assert worst(Gamma(3.5, 1.0), table._replace(numbers=numbers)) > MARGIN


shapes = st.floats(-1.5, 4.0).map(lambda power: 10.0**power)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(shapes, shapes, st.floats(0.0, 1.0)), min_size=1, max_size=3))
@example([(1.0, 10.0**-0.5, 1e-15)])  # scipy's inverse of the beta distribution gives NaN at some small probabilities
def test_any_parameters_are_held_or_refused(drawn: Sequence[tuple[float, float, float]]) -> None:
    families: list[Family] = []
    for a, b, c in drawn:
        families += [Beta(a, b), Gamma(max(a, 0.02), 1.0), Pert(0.0, c, 1.0, b), Weibull(max(a, 0.05), 1.0)]
        families += [Triangular(0.0, c, 1.0), LogNormal(0.0, min(a, 50.0))]
    tables = make_tables(families, ["here"] * len(families))
    for family, table in zip(families, tables, strict=True):
        assert same(table, make_table(family))
        assert worst(family, table, DENSE[::9]) <= MARGIN
