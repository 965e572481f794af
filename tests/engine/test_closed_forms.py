"""Names that nothing is correlated with: what has a quantile in closed form is drawn by it, from the same words."""

from __future__ import annotations

import numpy as np
import pytest

from popsim.engine.breakdowns import Breakdown
from popsim.engine.correlation import read_correlation
from popsim.engine.designs import make_points
from popsim.engine.sample import sample, sample_draws
from popsim.engine.targets import Sums, rows_as_they_are
from popsim.engine.threads import fill
from popsim.families import Discrete, Scaled, Shifted, Triangular, Uniform
from popsim.families.base import Family
from popsim.kernels.elementary import HIGHEST_PROBABILITY, LOWEST_PROBABILITY, probability
from popsim.kernels.philox import fill_bits
from popsim.layout import EVEN, TRIANGLE
from popsim.plan.streams import StreamNumbers
from popsim.plan.tables.builder import TableBuilder
from popsim.sampling import Sampling

from .studies import sha256

COUNT = 10_001
CLOSED: tuple[Family, ...] = (
    *Triangular.examples(),
    *Uniform.examples(),
    Scaled(Triangular(0.0, 1.0, 3.0), 2.5),
    Shifted(Scaled(Uniform(-1.0, 4.0), 0.1), 7.0),
)
NAMES = {f"name {place}": family for place, family in enumerate(CLOSED)}


def words_of(name: str, seed: int) -> np.ndarray:
    words = np.empty(COUNT + 1, np.uint64)
    (stream,) = StreamNumbers().numbers([f"sample/{name}"])
    fill_bits(words, len(words) // 2, np.uint64(seed), stream, np.uint64(0))
    return words[:COUNT]


def distance(values: np.ndarray, words: np.ndarray, family: Family) -> float:
    """Largest distance from the family's own quantile, of the width of its body."""
    cell = (words >> np.uint64(13)).astype(np.float64)
    lower = (2.0 * cell + 1.0) * 2.0**-52
    upper = (2.0 * (2.0**51 - 1.0 - cell) + 1.0) * 2.0**-52
    true = np.where(lower < 0.5, family.ppf(lower), family.isf(upper))
    low, high = family.ppf([0.05, 0.95])
    return float(np.abs(values - true).max() / (high - low))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_alone_is_the_quantile_at_the_drawn_probability(name: str) -> None:
    family = NAMES[name]
    drawn = sample(NAMES, scenarios=COUNT, seed=7)[name].values
    low, high = family.support()
    # Some roundings of numbers as large as the bounds, seen from a width that may be a millionth of them.
    rounding = 8.0 * np.finfo(float).eps * max(1.0, abs(low), abs(high)) / (high - low)
    assert distance(drawn, words_of(name, 7), family) <= max(rounding, 1e-14)
    assert np.all((low <= drawn) & (drawn <= high))


def test_the_distance_sees_another_stream() -> None:
    """Negative control."""
    drawn = sample(NAMES, scenarios=COUNT, seed=7)["name 0"].values
    assert distance(drawn, words_of("name 1", 7), CLOSED[0]) > 0.1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
@pytest.mark.one_in(4)
def test_closed_form_and_table_agree(name: str, design: str) -> None:
    """The same words through score and table: 1e-8 of the body is what tables promise, so nothing jumps when names
    begin to be correlated."""
    family = NAMES[name]
    parts = read_correlation(None, [name])
    table = TableBuilder()
    marginals = table.add([family], [name])
    closed = sample_draws({name: family}, parts)
    assert closed.row_kind[0] in (EVEN, TRIANGLE)
    tabulated = closed._replace(
        row_kind=marginals.kind,
        row_table=marginals.table,
        row_location=marginals.location,
        row_scale=marginals.scale,
        tables=table.numbers(),
    ).frozen()
    sums = Sums(rows_as_they_are(1), (Breakdown(name, (), (), 0, name),))
    one, two = (
        fill(draws, sums, 1024, 5, points=make_points(draws, Sampling(1024, 5, design)))
        for draws in (closed, tabulated)
    )
    low, high = family.ppf([0.05, 0.95])
    assert np.abs(one - two).max() < 1e-8 * (high - low) + 4.0 * np.finfo(float).eps * max(abs(low), abs(high))
    np.testing.assert_array_equal(sample({name: family}, scenarios=1024, seed=5, design=design)[name].values, one[0])


def test_only_names_alone_are_drawn_in_closed_form() -> None:
    family = {"x": Uniform(0.0, 1.0), "y": Triangular(0.0, 1.0, 2.0), "z": Discrete((0.0, 1.0), (0.5, 0.5))}

    def kinds(correlation: object) -> list[bool]:
        return (sample_draws(family, read_correlation(correlation, list(family))).row_kind >= EVEN).tolist()

    assert kinds(None) == [True, True, False]
    assert kinds(0.2) == [False, False, False]
    assert sorted(kinds({"x": {"z": 0.5}})) == [False, False, True]


def test_equal_shapes_alone_and_correlated_have_tables_of_their_own() -> None:
    builder = TableBuilder()
    found = builder.add([Triangular(0.0, 1.0, 4.0)] * 3, ["a", "b", "c"], [True, False, True])
    assert found.kind[0] == found.kind[2] == TRIANGLE != found.kind[1]
    assert found.table[0] == found.table[2]


def test_numbers_in_closed_form_are_what_they_always_were() -> None:
    """To the bit, on any machine: see test_same_numbers."""
    drawn = sample(NAMES, scenarios=3_001, seed=20_260_101, first_scenario=41)
    assert sha256(drawn.to_array().values) == ("932a780f8118c43865e0e33bac01778d96f77b5754b7932a3ff2e010add4800a")


def test_probabilities_end_where_it_is_documented() -> None:
    ends = [float(probability(np.uint64(word))) for word in (0, 2**64 - 1)]
    assert ends == [LOWEST_PROBABILITY, HIGHEST_PROBABILITY]
