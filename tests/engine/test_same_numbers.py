"""A plan and a seed give the same bits: any threads, blocks, slices, breakdowns; today and next year."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.breakdowns import arrange, read_breakdowns
from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.engine.targets import Sums, Targets
from popsim.engine.threads import fill
from popsim.families import (
    Beta,
    Constant,
    Discrete,
    Empirical,
    Gamma,
    LogNormal,
    Metalog,
    Mixture,
    Normal,
    Pert,
    Scaled,
    Shifted,
    Triangular,
    Truncated,
    Uniform,
    Weibull,
    family_names,
)
from popsim.layout import (
    BOUNDED,
    CONSTANT,
    KNOTS,
    KNOTS_LOG,
    LOGNORMAL,
    NORMAL,
    PIECE_COUNT,
    PIECE_DEGREE,
    PIECES,
    PIECES_LOG,
    UNEVEN,
    UNEVEN_LOG,
)
from popsim.plan import compile as compile_study
from popsim.plan.lowering import pointers
from popsim.plan.model import Draws

from .studies import all_examples, exact, mixed, sha256

PLAN = compile_study(mixed())
NAMES = read_breakdowns(["country", "region", "area", "year", ("country", "area", "year")], PLAN.labels)
SUMS = arrange(PLAN, NAMES)
SEED = 2**64 - 59
WHOLE = fill(PLAN.draws, SUMS, 1100, SEED)
DRAWN = sample(all_examples(), 300, seed=3, correlation=0.2)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_nothing(threads: int) -> None:
    # 20,001 scenarios are three chunks of work.
    one = simulate(PLAN, 20_001, seed=5, threads=1)
    many = simulate(PLAN, 20_001, seed=5, threads=threads)
    assert many.identical(one)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_sample(threads: int) -> None:
    names = dict(list(all_examples().items())[::5])
    assert sample(names, 17_000, threads=threads).identical(sample(names, 17_000, threads=1))


@pytest.mark.parametrize("block", [1, 2, 7, 512, 1000])
@pytest.mark.parametrize("first", [0, 1, 513])
def test_blocks_change_nothing(block: int, first: int) -> None:
    found = fill(PLAN.draws, SUMS, 1100 - first, SEED, first=first, block=block)
    np.testing.assert_array_equal(found, WHOLE[:, first:])


@given(first=st.integers(0, 1099), length=st.integers(1, 1100), block=st.integers(1, 600))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_any_slice_alone_is_the_slice_of_the_whole(first: int, length: int, block: int) -> None:
    length = min(length, 1100 - first)
    found = fill(PLAN.draws, SUMS, length, SEED, first=first, block=block)
    np.testing.assert_array_equal(found, WHOLE[:, first : first + length])


@pytest.mark.parametrize(("first", "length"), [(0, 1), (1, 1), (299, 1), (3, 5), (17, 200), (150, 150)])
@pytest.mark.one_in(3)
def test_slices_of_datasets(first: int, length: int) -> None:
    """By the public functions; the attribute first_scenario is all that may differ."""
    window = slice(first, first + length)
    part = sample(all_examples(), length, seed=3, correlation=0.2, first_scenario=first)
    assert part.attrs["first_scenario"] == first
    assert part.drop_attrs().identical(DRAWN.isel(scenario=window).drop_attrs())
    costs = simulate(PLAN, length, first_scenario=first, breakdowns=["country"])
    assert costs.drop_attrs().identical(simulate(PLAN, 300, breakdowns=["country"]).isel(scenario=window).drop_attrs())


def test_slices_far_out() -> None:
    """Scenario numbers beyond 32 bits, where low and high halves of the counter meet."""
    for first in (2**33 - 3, 2**62 - 6):
        whole = fill(PLAN.draws, SUMS, 6, SEED, first=first)
        for k in range(6):
            np.testing.assert_array_equal(fill(PLAN.draws, SUMS, 1, SEED, first=first + k)[:, 0], whole[:, k])
        assert len(np.unique(whole[0])) == 6


@pytest.mark.parametrize("first", [0, 1, 5])
def test_results_too_large_for_caches_are_the_same(first: int) -> None:
    """Written past the caches from the first cache line on, which lies elsewhere in each row of odd length."""
    names = {"x": Normal(0.0, 1.0), "y": Pert(0.0, 1.0, 3.0), "z": Uniform(0.0, 1.0)}
    count = 2**20 - 3
    large = sample(names, count, seed=9, correlation={"x": {"y": 0.5}}, first_scenario=first)
    for start, length in ((0, 1000), (4093, 9), (5117, 700), (count - 4100, 4100)):
        part = sample(names, length, seed=9, correlation={"x": {"y": 0.5}}, first_scenario=first + start)
        for name in names:
            np.testing.assert_array_equal(large[name].values[start : start + length], part[name].values)
    assert all(np.isfinite(large[name].values).all() for name in names)


@pytest.mark.parametrize("breakdowns", [(), ["country"], ["area", "region", ("income", "area", "year")], None])
def test_breakdowns_do_not_change_the_total(breakdowns: object) -> None:
    bare = simulate(PLAN, 700, breakdowns=()).cost.values
    np.testing.assert_array_equal(simulate(PLAN, 700, breakdowns=breakdowns).cost.values, bare)


@pytest.mark.parametrize("name", ["area", "year", ("area", "year"), "region", "country", ("region", "area")])
def test_a_breakdown_has_the_same_bits_beside_any_other(name: object) -> None:
    alone = simulate(PLAN, 300, breakdowns=[name])
    beside = simulate(PLAN, 300, breakdowns=["income", "year", name, ("country", "year")])
    for variable in (str(key) for key in alone.data_vars):
        np.testing.assert_array_equal(alone[variable].values, beside[variable].values)


def test_other_seeds_are_other_numbers() -> None:
    # Two continuous costs are equal with a probability of some 1e-16.
    one, two = (simulate(PLAN, 200, seed=seed, breakdowns=()).cost.values for seed in (1, 2))
    assert not np.any(one == two)


# The hashes below stand for all numbers that popsim has ever given. When a change makes one of these tests fail, then
# CHANGELOG must say "Numbers change", and popsim.layout.STREAM_VERSION must go up; only then is a hash replaced.


def all_kinds() -> tuple[Draws, Sums]:
    """One row of every kind of table, the tables written by hand in exact arithmetic: no scipy, no rounding."""
    polynomial = [1.0 / (j + 1) ** 2 for j in range(PIECE_DEGREE + 1)]
    pieces = [PIECE_COUNT / 16.625, 7.5] + [c * (1 + k / 16) for c in polynomial for k in range(PIECE_COUNT)]
    knots = [-np.inf, -0.5, 0.25, 2.0]
    middles, inverses = [-4.5, -0.125, 1.125, 5.0], [1 / 8, 4 / 3, 4 / 7, 1 / 6]
    searched = [4.0, 3.0, *knots]
    for k, (middle, inverse) in enumerate(zip(middles, inverses, strict=True)):
        searched += [middle, inverse, *((k + 1.0) / (j + 2) for j in range(4))]
    jumps = [4.0, 0.0, -np.inf, -1.0, 0.0, 1.5, *(x for value in (1.0, 2.0, 4.0, 8.0) for x in (0.0, 0.0, value))]
    far = [np.inf] * (PIECE_COUNT - 4)
    uneven = [*knots, *far, *middles, *[0.0] * (PIECE_COUNT - 4), *inverses, *[0.0] * (PIECE_COUNT - 4)]
    uneven += [c * (1 + k / 16) for c in polynomial for k in range(PIECE_COUNT)]
    kinds = [CONSTANT, NORMAL, LOGNORMAL, PIECES, PIECES_LOG, KNOTS, KNOTS_LOG, KNOTS, UNEVEN, UNEVEN_LOG]
    parts: list[list[float]] = [[], [], [0.75], pieces, pieces, searched, searched, jumps, uneven, uneven]
    count = len(kinds)
    draws = Draws(
        shared_stream=np.array([11, 12], np.uint64),
        common_start=np.array([0, 2]),
        common_basis=np.array([0, 1]),
        common_weight=np.array([0.5, 0.25]),
        own_start=np.array([0, count]),
        own_stream=np.arange(100, 100 + count, dtype=np.uint64),
        row_start=np.array([0, count]),
        row_common=np.array([-1, 0, 0, -1, 0, -1, 0, 0, -1, 0]),
        term_start=pointers([0, 1, 2, 1, 1, 2, 1, 1, 1, 1]),
        term_basis=np.array([1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9]),
        term_weight=np.array([0.75, 0.5, 0.5, 1.0, 0.75, 0.5, 0.5, 0.75, 0.875, 1.0, 0.75]),
        row_kind=np.array(kinds),
        row_table=pointers([len(part) for part in parts])[:-1].copy(),
        row_location=np.linspace(-1.0, 2.5, count),
        row_scale=np.linspace(1.0, 4.5, count),
        tables=np.array([number for part in parts for number in part]),
    ).frozen()
    each = np.arange(count + 1)
    return draws, Sums(Targets(each, each[:-1], count, each, each[:-1], np.ones(count), np.full(count, -1)), ())


def test_numbers_of_the_kernels_are_what_they_always_were() -> None:
    """Every kind of table, to the bit, on any machine."""
    draws, sums = all_kinds()
    out = fill(draws, sums, 3001, 20_260_101, first=41)
    assert np.isfinite(out).all()
    assert [len(np.unique(row)) > 2900 for row in out] == [False, *[True] * 6, False, True, True]
    assert sha256(out) == "d72cde75c52bf76e569f3d0c3d9f62115c130afd4bce193e43e63f8d7f5d106a"


def bounded_kinds() -> tuple[Draws, Sums]:
    """Return a row of kind BOUNDED around each of six others: with tables of both ends, of one, of none."""
    inside, each = all_kinds()[0], [PIECES, PIECES_LOG, KNOTS, KNOTS_LOG, UNEVEN, UNEVEN_LOG]
    ends = [*inside.row_table.tolist(), len(inside.tables)]
    tail = [4.0, 3.0, -np.inf, 0.75, 1.5, 3.0]
    for k, middle in enumerate((0.5, 1.125, 2.25, 4.5)):
        tail += [middle, 0.5, *(-(k + 1.0) / (j + 2) for j in range(4))]
    tails = {PIECES: (-0.5, 0.5), PIECES_LOG: (-0.25, np.inf), KNOTS: (-np.inf, 0.75), KNOTS_LOG: (-1.0, 1.25)}
    parts = []
    for kind in each:
        row = inside.row_kind.tolist().index(kind)
        numbers = inside.tables[ends[row] : ends[row + 1]].tolist()
        lower, upper = tails.get(kind, (-np.inf, np.inf))
        first = 7 + len(numbers)
        second = first + (len(tail) if np.isfinite(lower) else 0)
        header = [float(kind), 0.125, 2.5, lower, upper, float(first), float(second)]
        parts.append([*header, *numbers, *(number for end in (lower, upper) if np.isfinite(end) for number in tail)])
    count = len(each)
    draws = Draws(
        shared_stream=np.zeros(0, np.uint64),
        common_start=np.array([0]),
        common_basis=np.zeros(0, np.int64),
        common_weight=np.zeros(0),
        own_start=np.array([0, count]),
        own_stream=np.arange(200, 200 + count, dtype=np.uint64),
        row_start=np.array([0, count]),
        row_common=np.full(count, -1),
        term_start=pointers([1] * count),
        term_basis=np.arange(count),
        term_weight=np.ones(count),
        row_kind=np.full(count, BOUNDED),
        row_table=pointers([len(part) for part in parts])[:-1].copy(),
        row_location=np.linspace(-1.0, 1.5, count),
        row_scale=np.linspace(1.0, 2.25, count),
        tables=np.array([number for part in parts for number in part]),
    ).frozen()
    places = np.arange(count + 1)
    targets = Targets(places, places[:-1], count, places, places[:-1], np.ones(count), np.full(count, -1))
    return draws, Sums(targets, ())


def test_numbers_next_to_the_ends_of_a_support_are_what_they_always_were() -> None:
    """Draws of kind BOUNDED, to the bit, on any machine, and none of them beyond an end."""
    draws, sums = bounded_kinds()
    out = fill(draws, sums, 3001, 20_260_101, first=41)
    ends = draws.row_location + draws.row_scale * np.array([[0.125], [2.5]])
    assert (out.min(axis=1) >= ends[0]).all()
    assert (out.max(axis=1) <= ends[1]).all()
    assert sha256(out) == "28af02b53121f0255b886a38ea96f8f1031fda44d60f11e97ffafd60f2ba530b"


def test_numbers_of_a_study_are_what_they_always_were() -> None:
    """Streams, weights, scores, jumps and sums of a whole study, to the bit, on any machine."""
    costs = simulate(exact(), 2001, breakdowns=["country", ("area", "year")], first_scenario=3)
    assert sha256(costs["cost"].values, costs["cost_by_country"].values, costs["cost_by_area_year"].values) == (
        "f96295d29c05e5dd16c855eb5f5b0547e01c9d07cc27896a3dcf1439b42052a5"
    )


def six_digits(*arrays: np.ndarray) -> np.ndarray:
    """Round to six significant digits: builds of scipy may differ in a last bit of a table.

    Tables agree to 1e-13 on all builds; a number then lies so close to the edge of its sixth digit as to be rounded
    otherwise with a probability of some 1e-7, or 2e-3 for all of the 20,000 numbers here.
    """
    return np.array([f"{value:.5e}" for array in arrays for value in array.ravel()], dtype="S16").view(np.uint8)


FIXED = [
    Beta(2.0, 5.0, 10.0, 20.0),
    Beta(0.5, 0.5),
    Constant(12.5),
    Discrete((1.0, 2.0, 5.0), (0.5, 0.3, 0.2)),
    Empirical((0.0, 0.05, 0.5, 0.95, 1.0), (1.0, 5.0, 10.0, 60.0, 500.0)),
    Gamma(3.5, 2.0),
    Gamma(0.1, 5.0),
    LogNormal(12.5, 0.4),
    Metalog((10.0, 2.0)),
    Metalog((12.0, 0.3, 0.4), low=0.0),
    Metalog((-1.4, 0.3, -0.1), high=1.0),
    Normal(-3.0, 2.0),
    Pert(0.0, 1.0, 3.0),
    Triangular(0.0, 1.0, 3.0),
    Uniform(-5.0, 3.0),
    Weibull(0.4, 2.0),
]
MODIFIED = [
    Mixture([Constant(0.0), LogNormal(1.0, 0.5), Uniform(3.0, 9.0)], [0.3, 0.5, 0.2]),
    Scaled(Gamma(3.5, 2.0), 0.1),
    Shifted(Pert(0.0, 1.0, 3.0), -20.0),
    Truncated(Normal(-3.0, 2.0), -4.0, 5.0),
]


def test_numbers_of_all_families_are_what_they_always_were() -> None:
    assert {family.family for family in FIXED + MODIFIED} <= set(family_names())
    drawn = sample({f"name {place}": family for place, family in enumerate(FIXED)}, 500, seed=3, correlation=0.2)
    assert (
        sha256(six_digits(drawn.to_array().values))
        == "7242c606a875916eacf4c8b942dfa24e5151384f2a5f95bb5985eaf9967cceca"
    )


def test_numbers_of_modifiers_are_what_they_always_were() -> None:
    drawn = sample({f"modified {place}": family for place, family in enumerate(MODIFIED)}, 500, seed=3, correlation=0.2)
    assert (
        sha256(six_digits(drawn.to_array().values))
        == "280d1b9b60c2069be0d78c0b149fff40f523c01d0d4c6dbc48e569963f0dcede"
    )


def test_numbers_of_a_mixed_study_are_what_they_always_were() -> None:
    costs = simulate(PLAN, 300, breakdowns=["country", ("area", "year")])
    digits = six_digits(*(costs[name].values for name in ("cost", "cost_by_country", "cost_by_area_year")))
    assert sha256(digits) == "92bd5a40da08b0f473a90afe76587617043428b726b1202e762059b4c32cf93f"
