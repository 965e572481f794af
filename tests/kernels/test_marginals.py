"""Tables, as the kernel reads them, against every family's own quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from popsim.families import Discrete, Family
from popsim.kernels.marginals import evaluate
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
from popsim.plan.tables import Table, make_table, score_quantile

from ..engine.studies import all_examples

EXAMPLES = all_examples()
SMOOTH = {name: family for name, family in EXAMPLES.items() if family.jumps() is None}
JUMPING = {name: family for name, family in EXAMPLES.items() if family.jumps() is not None}
BODY, TAIL = 1e-8, 1e-6
"""What the design promises, relative to the larger of P5-P95 width and distance from the median; five times and ten
times what plans hold their own tables to, which leaves room for the exponential (1e-10) and rounding."""


def through_kernel(family: Family, table: Table, z: np.ndarray) -> np.ndarray:
    _, location, scale = family.standard()
    y = np.zeros(len(z))
    evaluate(y, z, len(z), table.kind, np.array(table.numbers), 0)
    return location + scale * (table.location + table.scale * y)


def scores(family: Family) -> np.ndarray:
    """Scores over all that a draw reaches, dense around kinks."""
    kinks = family.kink_scores()
    near = kinks[:, None] + np.concatenate([[0.0], *([d, -d] for d in 10.0 ** np.arange(-15.0, 0.0))])
    z = np.concatenate([np.linspace(-8.21, 8.21, 3001), [-8.25, 8.25, -5.0, 5.0, 0.0], near.ravel()])
    return z[np.abs(z) <= 8.25]


def worst(family: Family, table: Table) -> float:
    """Largest error in units of what is allowed."""
    z = scores(family)
    true = score_quantile(family, z)
    low, median, high = score_quantile(family, special.ndtri([0.05, 0.5, 0.95]))
    allowed = np.where(np.abs(z) <= 5.0, BODY, TAIL) * np.maximum(high - low, np.abs(true - median))
    if family.steep():
        # Beside a jump a score counts as the same within 1e-12 (see popsim.plan.tables.knots), here 2e-12.
        allowed += score_quantile(family, z + 2e-12) - score_quantile(family, z - 2e-12)
    # Nothing can be nearer than rounding of the terms that location + scale x shape adds up.
    allowed += 4.0 * np.finfo(float).eps * np.maximum(np.abs(true), abs(family.standard()[1]))
    return float((np.abs(through_kernel(family, table, z) - true) / allowed).max())


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.one_in(3)
def test_every_family_has_a_table_that_reproduces_its_quantiles(name: str) -> None:
    family = SMOOTH[name]
    assert worst(family, make_table(family.standard()[0])) <= 1.0


def middle_coefficient(table: Table) -> int:
    """Place, among the numbers, of the constant term of a polynomial in the body."""
    if table.kind == BOUNDED:
        inner = table._replace(kind=int(table.numbers[0]), numbers=table.numbers[BOUNDED_BASE : int(table.numbers[5])])
        return BOUNDED_BASE + middle_coefficient(inner)
    if table.kind in (PIECES, PIECES_LOG):
        return 2 + 8
    if table.kind in (KNOTS, KNOTS_LOG):
        knots = np.array(table.numbers[2 : 2 + int(table.numbers[0])])
        return 2 + len(knots) + int(np.flatnonzero(knots <= 0.5)[-1]) * (int(table.numbers[1]) + 3) + 2
    if table.kind in (UNEVEN, UNEVEN_LOG):
        return 3 * PIECE_COUNT + int(np.flatnonzero(table.numbers[:PIECE_COUNT] <= 0.5)[-1])
    assert table.kind == LOGNORMAL
    return 0


@pytest.mark.parametrize("name", [name for name in SMOOTH if not name.startswith(("normal", "constant"))])
def test_the_check_sees_one_wrong_coefficient(name: str) -> None:
    """Negative control: 1e-6 of the P5-P95 width, or of the logarithm, on one number of the table."""
    family = SMOOTH[name]
    shape = family.standard()[0]
    table = make_table(shape)
    numbers = list(table.numbers)
    low, high = score_quantile(shape, special.ndtri([0.05, 0.95]))
    kind = int(table.numbers[0]) if table.kind == BOUNDED else table.kind
    if kind in (PIECES, KNOTS, UNEVEN):
        numbers[middle_coefficient(table)] += 1e-6 * (high - low)
    elif kind == LOGNORMAL:
        numbers[0] *= 1.0 + 1e-6
    else:
        middle = (score_quantile(shape, np.array([0.3])) - shape.support()[0]).item()
        numbers[middle_coefficient(table)] += 1e-6 * (high - low) / middle
    assert worst(family, table._replace(numbers=np.array(numbers))) > 1.0


@pytest.mark.parametrize("name", [name for name in SMOOTH if name.startswith("normal")])
def test_the_check_sees_a_wrong_scale(name: str) -> None:
    family = SMOOTH[name]
    table = make_table(family.standard()[0])
    assert table.kind == NORMAL
    assert worst(family, table._replace(scale=table.scale * (1.0 + 1e-6))) > 1.0


@pytest.mark.parametrize("name", JUMPING)
def test_jumps_are_exact(name: str) -> None:
    """Either side of every threshold the value is the family's own, to the bit."""
    family = JUMPING[name]
    cumulative, values = family.jumps()
    thresholds = special.ndtri(cumulative[:-1])
    below, above = np.nextafter(thresholds, -np.inf), np.nextafter(thresholds, np.inf)
    table = make_table(family.standard()[0])
    np.testing.assert_array_equal(through_kernel(family, table, below), values[:-1])
    np.testing.assert_array_equal(through_kernel(family, table, above), values[1:])
    far = np.array([-8.25, 8.25, -40.0, 40.0])
    np.testing.assert_array_equal(through_kernel(family, table, far), values[[0, -1, 0, -1]])


@pytest.mark.parametrize("count", [5, 40])
def test_a_score_at_a_threshold_has_the_value_above(count: int) -> None:
    """Of few values, which are compared one by one, and of many, which are searched: a piece has its lower knot."""
    family = Discrete(np.arange(float(count)), np.full(count, 1.0 / count))
    jumps = family.jumps()
    assert jumps is not None
    thresholds, table = special.ndtri(jumps[0][:-1]), make_table(family)
    assert table.kind == (UNEVEN if count <= PIECE_COUNT else KNOTS)
    np.testing.assert_array_equal(through_kernel(family, table, np.nextafter(thresholds, -np.inf)), jumps[1][:-1])
    np.testing.assert_array_equal(through_kernel(family, table, thresholds), jumps[1][1:])


def test_all_kinds_of_tables_are_tested() -> None:
    kinds = {make_table(family.standard()[0]).kind for family in EXAMPLES.values()}
    assert kinds >= {NORMAL, LOGNORMAL, PIECES, PIECES_LOG, KNOTS, BOUNDED}


@pytest.mark.parametrize("name", SMOOTH)
def test_scores_beyond_the_limit_are_evaluated_at_it(name: str) -> None:
    family = SMOOTH[name]
    table = make_table(family.standard()[0])
    if table.kind in (NORMAL, LOGNORMAL):
        beyond = through_kernel(family, table, np.array([-9.0, 9.0]))
        true = score_quantile(family, np.array([-9.0, 9.0]))
        assert np.abs(beyond - true).max() <= 1e-8 * np.abs(true).max()
    else:
        ends = through_kernel(family, table, np.array([-8.25, 8.25]))
        np.testing.assert_array_equal(through_kernel(family, table, np.array([-1e9, 1e9])), ends)


@pytest.mark.parametrize("count", [1, 2, 7, 8, 9])
@pytest.mark.parametrize("name", ["lognormal 0", "uniform 0", "gamma 2", "empirical 1", "normal 0", "discrete 4"])
def test_values_do_not_depend_on_their_neighbours(name: str, count: int) -> None:
    table = make_table(EXAMPLES[name].standard()[0])
    z = np.linspace(-3.0, 3.0, 40)
    whole = through_kernel(EXAMPLES[name], table, z)
    np.testing.assert_array_equal(through_kernel(EXAMPLES[name], table, z[5 : 5 + count].copy()), whole[5 : 5 + count])
