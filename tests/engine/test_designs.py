"""Points of Latin hypercubes and Sobol sequences, against whole numbers, scipy and an independent generator."""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from randomgen import Philox
from scipy import stats
from scipy.stats import qmc

from popsim.engine import designs
from popsim.engine.correlation import read_correlation
from popsim.engine.designs import leading_order, make_points
from popsim.engine.sample import sample_draws
from popsim.engine.simulate import simulate
from popsim.engine.targets import Sums, rows_as_they_are
from popsim.engine.threads import fill
from popsim.errors import ParameterError
from popsim.families import Uniform
from popsim.kernels.latin import fill_latin
from popsim.plan import compile as compile_study
from popsim.plan.model import Draws
from popsim.plan.streams import stream_number
from popsim.sampling import Sampling

from .studies import gaussian, sha256

PLAN = compile_study(gaussian())
SEED = 2**64 - 59


def draws_of(count: int) -> Draws:
    """As many streams as names, and nothing to tabulate."""
    names = {f"x{place}": Uniform(0.0, 1.0) for place in range(count)}
    return sample_draws(names, read_correlation(None, list(names)))


def words_of(
    design: str, streams: int, scenarios: int, seed: int = 1, first: int = 0, replicates: int = 1
) -> np.ndarray:
    """The 51 bits of every stream and scenario: those of the probability at which a uniform is drawn."""
    draws = draws_of(streams)
    sampling = Sampling(scenarios, seed, design, replicates, first)
    points = make_points(draws, sampling)
    assert points.between(first, first + scenarios).own_row.tolist() == list(range(streams))
    sums = Sums(rows_as_they_are(streams), ())
    drawn = fill(draws, sums, scenarios, seed, first, points=points)
    return (drawn * 2.0**51).astype(np.uint64)


def cells(words: np.ndarray, count: int) -> np.ndarray:
    """In which of `count` equal cells the middle of each word's own cell lies, in whole numbers of any length."""
    return ((2 * words.astype(object) + 1) * count) >> 52


# Latin hypercubes


@given(scenarios=st.integers(1, 1500), seed=st.integers(0, 2**64 - 1))
@settings(max_examples=25, derandomize=True, deadline=None)
def test_each_stream_of_a_latin_hypercube_falls_once_into_each_cell(scenarios: int, seed: int) -> None:
    for row in cells(words_of("latin", 3, scenarios, seed), scenarios):
        assert sorted(row) == list(range(scenarios))


@pytest.mark.parametrize("scenarios", [2, 3, 4, 5])
def test_every_order_of_the_cells_is_equally_likely(scenarios: int) -> None:
    """Chi-square over all orders in 50,000 streams; a true random order fails with a probability of 1e-6."""
    out = np.empty((50_000, scenarios + scenarios % 2), np.uint64)
    fill_latin(out, np.uint64(0), np.uint64(9), np.arange(len(out), dtype=np.uint64), np.uint64(scenarios))
    order = np.argsort(out[:, :scenarios], axis=1) @ scenarios ** np.arange(scenarios)
    found = np.unique(order, return_counts=True)[1]
    assert len(found) == math.factorial(scenarios)
    assert stats.chisquare(found).pvalue > 1e-6


@pytest.mark.parametrize("scenarios", [100, 256, 300, 1000])
def test_two_scenarios_meet_in_cells_as_in_a_random_order(scenarios: int) -> None:
    out = np.empty((10_000, scenarios), np.uint64)
    fill_latin(out, np.uint64(0), np.uint64(9), np.arange(len(out), dtype=np.uint64), np.uint64(scenarios))
    tenth = (out >> np.uint64(13)).astype(float) * (10 / 2**51) // 1
    size = np.bincount(np.arange(scenarios) * 10 // scenarios, minlength=10)
    expected = np.outer(size, size) - np.diag(size)
    for one, two in ((0, 1), (0, scenarios // 2), (scenarios - 2, scenarios - 1)):
        found = np.bincount((tenth[:, one] * 10 + tenth[:, two]).astype(int), minlength=100)
        assert stats.chisquare(found, expected.ravel() / expected.sum() * len(out)).pvalue > 1e-6


def test_streams_of_a_latin_hypercube_are_not_correlated() -> None:
    """Over pairs of random orders of n, the mean of r^2 is 1 / (n - 1) and its standard error sqrt(2 / pairs) of it."""
    order = cells(words_of("latin", 120, 500), 500).astype(float)
    found = np.square(np.corrcoef(order)[np.triu_indices(120, 1)])
    assert abs(found.mean() * 499 - 1.0) < 5.0 * np.sqrt(2.0 / len(found))


def test_the_place_within_a_cell_is_random() -> None:
    words = words_of("latin", 40, 1000)
    within = (2.0 * words + 1.0) / 2.0**52 * 1000.0
    # Words of cells below the first 2**-12 of the range keep 51 - 10 bits of their place, enough for a test on 40,000.
    assert stats.kstest((within - np.floor(within)).ravel(), "uniform").pvalue > 1e-6


def test_the_variance_of_a_latin_mean_is_what_theory_says() -> None:
    """Of a uniform in n cells: 1 / (12 n^3); that of 4,000 means is off by sqrt(2 / 4,000) of it."""
    scenarios = 16
    means = ((2.0 * words_of("latin", 4000, scenarios) + 1.0) / 2.0**52).mean(axis=1)
    assert abs(np.square(means - 0.5).mean() * 12.0 * scenarios**3 - 1.0) < 5.0 * np.sqrt(2.0 / 4000)


SCRIPT = """
import numpy as np
from popsim.kernels.latin import fill_latin
from popsim.kernels.sobol import scramble
out = np.empty((3, 8), np.uint64)
first, column = np.empty(9, np.uint64), np.empty(36, np.uint64)
numbers = np.array([[2**29, 2**28, 2**28 + 2**27, 5], [1, 2, 3, 4], [2**29, 3 * 2**28, 7, 1]], np.uint64)
scramble(first, column, numbers, np.arange(3, dtype=np.uint64), np.uint64(2**64 - 3), 3)
print(first.tolist(), column.tolist())
for total in (7, 2**31 - 1):
    fill_latin(out, np.uint64(0), np.uint64(2**64 - 3), np.arange(3, dtype=np.uint64), np.uint64(total))
    print(out.tolist())
"""


def test_plain_python_gives_the_same_points() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = io.StringIO()
    with contextlib.redirect_stdout(expected):
        exec(SCRIPT, {})
    assert (done.returncode, done.stdout) == (0, expected.getvalue()), done.stderr


# Sobol points


def philox_words(stream: int, seed: int, count: int, pairs: int = 0) -> list[int]:
    """Words of a stream from pair 2**63 + `pairs` on, by randomgen, which counts one on before its first block."""
    raw = (
        Philox(key=seed, counter=(stream << 64) + 2**63 + pairs - 1, number=4, width=32).random_raw(2 * count).tolist()
    )
    return [(low | high << 32) >> 13 for low, high in zip(raw[0::2], raw[1::2], strict=True)]


@pytest.mark.parametrize("seed", [0, 1, SEED])
def test_sobol_points_are_those_of_scipy_scrambled_by_hand(seed: int) -> None:
    """To the bit: scipy's own points in its own order, then a lower triangular matrix and a shift, in whole numbers."""
    streams, scenarios = 40, 1024
    plain = (qmc.Sobol(streams, scramble=False).random(scenarios) * 2**30).astype(int)
    found = words_of("sobol", streams, scenarios, seed)
    for place in range(streams):
        shift, *matrix = philox_words(stream_number(f"sample/x{place}"), seed, 53)
        columns = [(matrix[j] & (1 << 50 - j) - 1) | 1 << 50 - j for j in range(30)]
        for scenario in range(0, scenarios, 5):
            expected = shift
            for j in range(30):
                if plain[scenario, place] >> 29 - j & 1:
                    expected ^= columns[j]
            assert found[place, scenario] == expected


@pytest.mark.parametrize(("streams", "first", "scenarios"), [(3000, 0, 64), (3000, 192, 64), (700, 0, 4096)])
def test_each_stream_of_a_balanced_part_falls_once_into_each_cell(streams: int, first: int, scenarios: int) -> None:
    """High dimensions too, whose polynomials have more bits than the points asked for."""
    order = np.sort(words_of("sobol", streams, scenarios, first=first) >> np.uint64(51 - scenarios.bit_length() + 1))
    np.testing.assert_array_equal(order, np.broadcast_to(np.arange(scenarios, dtype=np.uint64), order.shape))


@pytest.mark.parametrize("seed", range(5))
def test_the_first_two_streams_fall_once_into_each_box_of_any_shape(seed: int) -> None:
    """The first two dimensions are a (0, m, 2)-net, which the scramble keeps; random points are not."""
    found = {design: words_of(design, 2, 1024, seed) for design in ("sobol", "latin")}
    for high in range(11):
        box = {name: (x << np.uint64(10 - high)) | y for name, (x, y) in boxes(found, high).items()}
        assert len(np.unique(box["sobol"])) == 1024
        assert high in (0, 10) or len(np.unique(box["latin"])) < 800


def boxes(found: dict[str, np.ndarray], high: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Numbers of the 2**high intervals of the first stream and of the 2**(10 - high) of the second."""
    return {name: (x >> np.uint64(51 - high), y >> np.uint64(41 + high)) for name, (x, y) in found.items()}


def test_scipy_knows_as_many_dimensions() -> None:
    assert qmc.Sobol.MAXDIM == designs.SOBOL_STREAMS


def test_common_factors_then_country_factors_come_first() -> None:
    draws = PLAN.draws
    order = leading_order(draws)
    shared = len(draws.shared_stream)
    assert sorted(order.tolist()) == list(range(shared + len(draws.own_stream)))
    assert order[:shared].tolist() == list(range(shared))
    streams = draws.own_stream[order[shared:] - shared].tolist()
    assert streams[:4] == [stream_number(f"country/{code}/factor") for code in PLAN.labels.country]


def test_far_sobol_points() -> None:
    """By jumps in the number of the scenario, as by walking there; at the end of the sequence, still nets."""
    walked = qmc.Sobol(40, scramble=False).fast_forward(2**20 - 6).random(5)
    start = qmc.Sobol(40, scramble=False).random(1)
    far, near = (words_of("sobol", 40, count, first=first) for first, count in ((2**20 - 6, 5), (0, 1)))
    # The scramble keeps the first bit in which two points differ.
    found = np.floor(np.log2((far ^ near).astype(float))) - 21
    apart = (walked * 2**30).astype(np.int64) ^ (start * 2**30).astype(np.int64)
    np.testing.assert_array_equal(found, np.floor(np.log2(apart)).T)
    order = np.sort(words_of("sobol", 3000, 64, first=2**30 - 64) >> np.uint64(45))
    np.testing.assert_array_equal(order, np.broadcast_to(np.arange(64, dtype=np.uint64), order.shape))


# As in test_same_numbers: these change only together with popsim.layout.STREAM_VERSION.
def test_points_are_what_they_always_were() -> None:
    assert sha256(words_of("latin", 5, 1001, 77), words_of("latin", 2, 1024, 77)) == (
        "d4718a0dae505b6858af3fd1e7bf110b707bfddbd3aa4d3637a17a8a6d280bf0"
    )
    assert sha256(words_of("sobol", 300, 1001, 77)) == (
        "d04273ce3cd23af40fee27e5282f509790881665a4a63d5e5d40b9acc38c1c46"
    )


@given(replicates=st.integers(2, 17), first=st.integers(0, 900), scenarios=st.integers(1, 900))
@settings(max_examples=30, derandomize=True, deadline=None)
def test_scramblings_take_turns(replicates: int, first: int, scenarios: int) -> None:
    """Scenario s is point s // R of scrambling s % R, whatever part is asked for."""
    words = words_of("sobol", 3, scenarios, SEED, first, replicates)
    # All of them from the beginning, in their order: point by point, one scrambling after the other.
    whole = words_of("sobol", 3, first + scenarios, SEED, 0, replicates)
    assert np.array_equal(words, whole[:, first:])
    # The first scrambling is that of a run without replicates.
    alone = words_of("sobol", 3, -(-(first + scenarios) // replicates), SEED)
    assert np.array_equal(whole[:, ::replicates], alone)


@pytest.mark.parametrize("seed", [0, SEED])
def test_each_scrambling_has_words_of_its_own(seed: int) -> None:
    """Point by point against whole numbers: scrambling r takes the words of its streams from pair 2**63 + 64 r on."""
    replicates, points = 5, 24
    plain = (qmc.Sobol(3, scramble=False).random(32) * 2**30).astype(int)
    found = words_of("sobol", 3, replicates * points, seed, replicates=replicates)
    for place, turn in itertools.product(range(3), range(replicates)):
        shift, *matrix = philox_words(stream_number(f"sample/x{place}"), seed, 53, 64 * turn)
        columns = [(matrix[j] & (1 << 50 - j) - 1) | 1 << 50 - j for j in range(30)]
        for point in range(points):
            expected = shift
            for j in range(30):
                if plain[point, place] >> 29 - j & 1:
                    expected ^= columns[j]
            assert found[place, point * replicates + turn] == expected


def test_scramblings_are_nets_each_and_differ() -> None:
    words = words_of("sobol", 2, 16 * 64, SEED, replicates=16)
    found = set()
    for turn in range(16):
        part = words[:, turn::16]
        for row in cells(part, 64):
            assert sorted(row) == list(range(64))
        found.add(part.tobytes())
    assert len(found) == 16
    assert np.array_equal(words[:, ::16], words_of("sobol", 2, 64, SEED))


def test_replicates_may_be_a_number_of_numpy() -> None:
    found, plain = (
        simulate(gaussian(), scenarios=64, seed=SEED, breakdowns=(), threads=1, design="sobol", replicates=number)
        for number in (np.int64(4), 4)
    )
    assert found.identical(plain)


@pytest.mark.parametrize(("design", "replicates"), [("random", 2), ("latin", 2), ("sobol", 0), ("sobol", True)])
def test_replicates_that_cannot_be_honoured(design: str, replicates: object) -> None:
    with pytest.raises(ParameterError, match="replicates"):
        Sampling.of(64, design=design, replicates=replicates)
