"""Moments of scenarios against exact arithmetic, and errors of standard deviations against their formula by numpy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from popsim.analysis.few_values import central_moments_of
from popsim.analysis.order import Moments, mean_factor
from popsim.analysis.widening import of_deviation
from popsim.arrays import Floats
from popsim.kernels.selection import central_moments

RANDOM = np.random.default_rng(20262)


def barely_skewed(count: int) -> Floats:
    """Return ones among zeros such that their kurtosis is just above 4: that of a share p is 1 / p (1 - p) - 3."""
    share = 0.5 - np.sqrt(0.25 - 1.0 / 7.0)
    return np.asarray(np.arange(count) < int(share * count), dtype=np.float64)


ROWS = {
    "lognormal": RANDOM.lognormal(size=1001),
    "exponential": RANDOM.standard_exponential(size=1005),
    "far from zero": 1e6 + RANDOM.lognormal(size=515),
    "normal": RANDOM.standard_normal(1003),
    "atoms": RANDOM.choice([0.0, 1.0, 250.0], size=997, p=[0.7, 0.29, 0.01]),
    "one value": np.full(101, 0.1),
    "one apart": np.append(np.full(30, 2.0), 3.0),
    "two": np.array([1.0, 4.0]),
    "small": 1e-300 * RANDOM.lognormal(size=77),
    "large": 1e69 * RANDOM.lognormal(size=77),
    "both": np.append(RANDOM.lognormal(size=50), 1e60),
    "kurtosis barely above 4": barely_skewed(10_001),
}


def exact_moments(row: Floats, mean: float, unit: float) -> list[float]:
    apart = [(Fraction(value) - Fraction(mean)) / Fraction(unit) for value in row.tolist()]
    return [float(sum(each**power for each in apart) / len(apart)) for power in (2, 4, 6, 8)]


@pytest.mark.parametrize("name", ROWS)
def test_moments_are_those_of_exact_arithmetic(name: str) -> None:
    row = ROWS[name]
    table = np.empty((1, 8))
    central_moments(table, row[np.newaxis])
    assert table.tobytes() == central_moments_of(row[np.newaxis]).tobytes()
    mean, unit, *moments, lowest, highest = table[0].tolist()
    assert mean == pytest.approx(float(sum(map(Fraction, row.tolist())) / len(row)), rel=1e-12)
    assert (lowest, highest) == (row.min(), row.max())
    assert np.frexp(unit)[0] == 0.5
    assert moments == pytest.approx(exact_moments(row, mean, unit), rel=1e-10, abs=0.0)


@pytest.mark.parametrize("power", [-900, -300, 1, 60, 200])
def test_moments_in_their_unit_do_not_depend_on_the_currency(power: int) -> None:
    rows = RANDOM.lognormal(size=(3, 333))
    found, scaled = central_moments_of(rows), central_moments_of(rows * 2.0**power)
    assert found[:, 2:6].tobytes() == scaled[:, 2:6].tobytes()
    for places in (0, 1, 6, 7):
        assert (found[:, places] * 2.0**power).tobytes() == scaled[:, places].tobytes()


@pytest.mark.parametrize("name", [name for name in ROWS if name not in {"one value", "two"}])
def test_errors_of_standard_deviations_are_those_of_their_formula(name: str) -> None:
    """The error of the mean of squares, which kurtosis and skewness of the squares widen."""
    row, count = ROWS[name], len(ROWS[name])
    moments = Moments(row)
    # The deviation of the smallest row is nothing to numpy.
    size = row.max()
    row = row / size
    scores = (row - row.mean()) / row.std(ddof=1)
    squares = np.square(scores)
    spread = np.sqrt((np.square(squares).mean() - 1.0) / count)
    kurtosis = float(np.square(squares).mean() / squares.mean() ** 2)
    factor = mean_factor(count, squares.__getitem__) if kurtosis > 4.0 else np.array(1.0)
    expected = of_deviation(row.std(ddof=1, keepdims=True), np.array([spread * factor]))
    if kurtosis < 20.0:
        np.testing.assert_allclose(moments.std_error / size, expected[0], rtol=1e-9)
    else:
        # A model of the tail may say that it is larger.
        assert float(moments.std_error) / size >= expected[0] * (1.0 - 1e-9)


def test_the_row_of_little_kurtosis_is_one() -> None:
    row = ROWS["kurtosis barely above 4"]
    square = np.square(row - row.mean())
    assert 4.0 < np.square(square).mean() / square.mean() ** 2 < 4.01


def test_squares_of_the_least_kurtosis_that_is_used_lose_no_digits() -> None:
    """Against the same differences in exact arithmetic."""
    row = ROWS["kurtosis barely above 4"]
    _, _, *moments = central_moments_of(row[np.newaxis])[0, :6].tolist()
    second, fourth, sixth, eighth = moments
    mean, unit = central_moments_of(row[np.newaxis])[0, :2].tolist()
    apart = [(Fraction(value) - Fraction(mean)) / Fraction(unit) for value in row.tolist()]
    middle = sum(each**2 for each in apart) / len(apart)
    third, last = (float(sum((each**2 - middle) ** power for each in apart) / len(apart)) for power in (3, 4))
    assert sixth - 3.0 * second * fourth + 2.0 * second**3 == pytest.approx(third, rel=1e-12)
    of_four = eighth - 4.0 * second * sixth + 6.0 * second**2 * fourth - 3.0 * second**4
    assert of_four == pytest.approx(last, rel=1e-12)


def test_a_spread_that_is_small_to_a_float_has_an_error() -> None:
    """Heavy tails too, whose model counts in the unit of the moments."""
    for row in RANDOM.lognormal(sigma=[[0.2], [1.0], [2.0]], size=(3, 2_000)):
        usual, small = Moments(row), Moments(row * 2.0**-1000)
        assert float(small.std) == float(usual.std) * 2.0**-1000 > 0.0
        for name in ("mean_error", "std_error"):
            expected = float(getattr(usual, name)) * 2.0**-1000
            assert float(getattr(small, name)) == pytest.approx(expected, rel=1e-9, abs=0.0)


def test_which_errors_are_of_few_replicates_is_known_whatever_is_asked_first() -> None:
    heavy = np.exp(1.5 * np.random.default_rng(3).standard_normal((2, 1_024)))
    asked, later = (Moments(heavy, replicates=16) for _ in range(2))
    later.mean_error  # noqa: B018  what is asked first
    found = asked.is_of_few_replicates
    assert found.shape == (2, 2)
    assert found.any()
    np.testing.assert_array_equal(found, later.is_of_few_replicates)
