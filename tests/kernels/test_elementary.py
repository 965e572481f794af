"""Inverse normal, exponential and logarithm against scipy and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from popsim.kernels.elementary import CENTRAL_LIMIT, exponential, fill_normals, logarithm

HALF = np.uint64(1) << np.uint64(63)


def normals(words: np.ndarray) -> np.ndarray:
    out = np.empty(len(words))
    fill_normals(out, np.ascontiguousarray(words, dtype=np.uint64), len(words))
    return out


def true_normals(words: np.ndarray) -> np.ndarray:
    """By scipy, from the probability on the side of the nearer tail, exact in 52 bits: (2 cell + 1) / 2**52."""
    cell = words >> np.uint64(13)
    upper = cell >= np.uint64(2**50)
    nearer = np.where(upper, np.uint64(2**51 - 1) - cell, cell)
    score = special.ndtri((2.0 * nearer.astype(np.float64) + 1.0) * 2.0**-52)
    return np.where(upper, -score, score)


def spread_words() -> np.ndarray:
    """Words over the body and far into both tails: every power of 2, and its neighbours."""
    rng = np.random.Generator(np.random.PCG64(1))
    body = rng.integers(0, 2**64, 100_000, dtype=np.uint64, endpoint=False)
    cells = np.concatenate(
        [np.round(2.0 ** np.linspace(0.0, 50.0, 5001)).astype(np.uint64), np.arange(300, dtype="u8")]
    )
    low = cells << np.uint64(13)
    return np.concatenate([body, low, ~low])


def test_inverse_normal_holds_to_2e_9_everywhere() -> None:
    # The polynomials of the octaves err by 1.3e-9 (popsim.kernels.coefficients); that of the tail by 2e-11, and it
    # magnifies the logarithm's 1e-9 by dz/dlog(q) < 1.
    words = spread_words()
    true = true_normals(words)
    assert np.abs(true).max() > 8.1
    assert np.abs(normals(words) - true).max() < 2e-9


def test_inverse_normal_at_the_smallest_and_largest_word() -> None:
    # ndtri(2**-52)
    smallest, largest = normals(np.array([0, 2**64 - 1], np.uint64))
    assert smallest == pytest.approx(-8.125890664701906, abs=2e-9)
    assert largest == -smallest


def test_inverse_normal_is_antisymmetric_to_the_bit() -> None:
    words = spread_words()
    np.testing.assert_array_equal(normals(~words), -normals(words))


@pytest.mark.parametrize("octave", range(17))
def test_inverse_normal_rises_where_two_polynomials_meet(octave: int) -> None:
    # 4 u (1 - u) = 2^-k at u = (1 - sqrt(1 - 2^-k)) / 2; beyond 2^-16 is the tail's.
    limit = 2.0**-octave
    assert limit >= CENTRAL_LIMIT
    u = limit / (1.0 + np.sqrt(1.0 - limit)) / 2.0
    cells = (np.clip(int(u * 2.0**51), 250_000, 2**51 - 250_001) + np.arange(-250_000, 250_001, 50)).astype(np.uint64)
    words = cells << np.uint64(13)
    # 50 cells are 2.2e-14 of probability: 4e-9 of score at most; each side errs by no more than 1.4e-9, so that
    # neighbours may swap, but not by more than twice that.
    assert np.all(np.diff(normals(words)) > -2.8e-9)
    assert np.abs(normals(words) - true_normals(words)).max() < 1.4e-9


def test_draws_around_the_median_have_an_octave() -> None:
    """1 - x^2 rounds to 1 there, which would be an octave of its own, did the kernel not stay below it."""
    least = np.array([HALF - np.uint64(1), HALF], np.uint64)
    np.testing.assert_allclose(normals(np.repeat(least, 8)), np.repeat(true_normals(least), 8), rtol=1e-7)


def test_a_block_without_and_with_draws_far_out_gives_the_same_numbers() -> None:
    middle = np.full(7, HALF + np.uint64(123456789012345), np.uint64)
    alone, beside = normals(middle), normals(np.append(middle, [np.uint64(5), np.uint64(2**64 - 5)]))
    np.testing.assert_array_equal(beside[:7], alone)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 15, 16, 17, 33])
def test_only_the_count_asked_for_is_written(count: int) -> None:
    words = spread_words()[:40]
    out = np.full(40, 99.0)
    fill_normals(out, words, count)
    np.testing.assert_array_equal(out[:count], normals(words)[:count])
    assert np.all(out[count:] == 99.0)


def test_exponential_is_within_1e_9() -> None:
    x = np.concatenate([np.linspace(-708.0, 709.0, 20_001), np.linspace(-1.0, 1.0, 2_001)])
    found = np.array([exponential(value) for value in x])
    # expm1 of the distance, since exp itself is rounded to 1e-16.
    assert np.abs(found / np.exp(x) - 1.0).max() < 1e-9
    assert exponential(0.0) == 1.0


def test_logarithm_is_within_1e_9() -> None:
    q = np.concatenate([np.exp(np.linspace(-36.8, 0.0, 20_001)), np.linspace(0.5, 2.0, 2_001), [2.0**-53, 1e300]])
    found = np.array([logarithm(value) for value in q])
    assert np.abs(found - np.log(q)).max() < 1e-9
    assert logarithm(1.0) == 0.0
