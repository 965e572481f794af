"""Streams, scenarios and seeds that lie side by side have nothing to do with one another."""

from __future__ import annotations

import numpy as np
import pytest

from popsim.engine.sample import sample
from popsim.families import Normal
from popsim.kernels.elementary import fill_normals
from popsim.kernels.philox import fill_bits
from popsim.plan.streams import stream_number

COUNT = 100_000
ERRORS = 6.5
"""Correlations of independent normals have a standard error of 1 / sqrt(n) and are close to normal; beyond 6.5 of these
lies 8e-11, for the some 1,000 correlations of this file 8e-8 in all. Seeds are fixed."""


def normals(stream: int, seed: int = 1, count: int = COUNT) -> np.ndarray:
    words, out = np.empty(count, np.uint64), np.empty(count)
    fill_bits(words, count // 2, np.uint64(seed), np.uint64(stream), np.uint64(0))
    fill_normals(out, words, count)
    return out


def check_uncorrelated(rows: np.ndarray) -> None:
    found = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(found).max() <= ERRORS / np.sqrt(rows.shape[1])


def square(rows: np.ndarray) -> np.ndarray:
    """Squares see dependence that leaves signs alone; their correlation has the same standard error."""
    return rows**2


@pytest.mark.parametrize("shape", [lambda rows: rows, square, np.sign], ids=["values", "squares", "signs"])
def test_neighbouring_streams_are_independent(shape) -> None:  # type: ignore[no-untyped-def]
    streams = [0, 1, 2, 3, 2**32, 2**63, 2**64 - 1, stream_number("country/KEN/area/a"), stream_number("common/factor")]
    check_uncorrelated(shape(np.stack([normals(stream) for stream in streams])))


@pytest.mark.parametrize("shape", [lambda rows: rows, square, np.sign], ids=["values", "squares", "signs"])
def test_neighbouring_seeds_are_independent(shape) -> None:  # type: ignore[no-untyped-def]
    seeds = [0, 1, 2, 3, 4, 2**31, 2**32, 2**63, 2**64 - 1]
    check_uncorrelated(shape(np.stack([normals(1, seed) for seed in seeds])))


@pytest.mark.parametrize("shape", [lambda rows: rows, square, np.sign], ids=["values", "squares", "signs"])
def test_neighbouring_scenarios_are_independent(shape) -> None:  # type: ignore[no-untyped-def]
    lags = [0, 1, 2, 3, 4, 5, 8, 16, 512, 1024, 8192]
    values = normals(stream_number("country/KEN/area/a"), count=COUNT + 8192)
    check_uncorrelated(shape(np.stack([values[lag : lag + COUNT] for lag in lags])))


def test_the_check_sees_a_little_in_common() -> None:
    """Negative control: 4 % in common is twelve standard errors."""
    one, two = normals(1), normals(2)
    with pytest.raises(AssertionError):
        check_uncorrelated(np.stack([one, 0.04 * one + two]))


def test_names_that_are_alike_are_independent() -> None:
    names = ["a", "b", "aa", "ab", "a ", "A", "area", "area/a", "area/b"]
    drawn = sample({name: Normal(0.0, 1.0) for name in names}, scenarios=COUNT, seed=3)
    check_uncorrelated(np.stack([drawn[name].values for name in names]))
