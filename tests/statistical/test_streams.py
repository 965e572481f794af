"""Draws that are neighbours in use are independent bits, and generators known to be bad are refused.

A sum S of N independent signs has P(|S| >= t) <= 2 exp(-t^2 / 2N) (Hoeffding 1963, doi:10.1080/01621459.1963.10500830).
Each check shares ALARM among all its sums, so that it refuses a perfect generator with a probability below ALARM,
whatever N. Twenty checks must pass: one of them fails by chance with a probability below 2e-9.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from popsim.kernels.philox import fill_bits
from popsim.plan.lowering import compile as compile_study
from popsim.plan.streams import stream_number
from popsim.study.load import load_study

from .rng_quality.words import ORDERS, draws, lcg, philox_of_rounds, stream_names, words

Words = NDArray[np.uint64]
ALARM = 1e-10
DRAWS = 2**16
KENYA = stream_number("country/KEN/area/a")


def bound(count: int, sums: int) -> float:
    """Give t such that one of `sums` sums of `count` signs reaches it with probability ALARM at the most."""
    return sqrt(2 * count * log(2 * sums / ALARM))


def signs(block: Words) -> NDArray[np.float32]:
    """Give all bits as -1 and 1, 64 columns per stream, lowest bit first."""
    bits = np.unpackbits(np.ascontiguousarray(block, dtype="<u8").view(np.uint8), axis=1, bitorder="little")
    return 2 * bits.astype(np.float32) - 1


def share(sums: NDArray[np.float32], count: int) -> float:
    # Whole numbers below 2^24 are exact in single precision.
    return float(np.abs(sums).max()) / bound(count, sums.size)


def frequency(block: Words) -> float:
    """Balance of each bit of each stream."""
    return share(signs(block).sum(axis=0), len(block))


def between_streams(block: Words, later: int) -> float:
    """Correlation of any two of the eight highest bits of all streams, the second bit `later` scenarios on."""
    columns = signs(block).reshape(*block.shape, 64)[:, :, 56:].reshape(len(block), -1)
    products = columns[: len(block) - later].T @ columns[later:]
    if later == 0:
        np.fill_diagonal(products, 0.0)
    return share(products, len(block) - later)


def between_draws(block: Words, step: int) -> float:
    """Correlation of any bit with any bit of the draw `step` places on, in pairs that share no draw."""
    draws_ = block.ravel()[: block.size // (2 * step) * 2 * step].reshape(-1, 2, step)
    columns = signs(draws_[:, 0].reshape(-1, 1)).T @ signs(draws_[:, 1].reshape(-1, 1))
    return share(columns, draws_.size // 2)


CHECKS: dict[str, Callable[[Words], float]] = {
    "frequency": frequency,
    "same scenario": lambda block: between_streams(block, 0),
    "next scenario": lambda block: between_streams(block, 1),
    "next draw": lambda block: between_draws(block, 1),
    "second next draw": lambda block: between_draws(block, 2),
}


def scenarios(names: list[str], seed: int = 1) -> Words:
    """Give draws of these streams, a row per scenario."""
    blocks = draws(names, seed)
    return np.concatenate([next(blocks), next(blocks)])[: DRAWS // len(names)]


def of_rounds(rounds: int, order: str) -> Words:
    numbers = [stream_number(name) for name in stream_names(order)]
    return np.stack([philox_of_rounds(rounds, number, DRAWS // len(numbers) // 2) for number in numbers], axis=1)


def neighbours(order: str) -> Words:
    if order == "seeds":
        return np.hstack([scenarios(["country/KEN/area/a"], seed)[: DRAWS // 8] for seed in range(1, 9)])
    return scenarios(stream_names(order))


@pytest.fixture(scope="module")
def good() -> Words:
    return neighbours("countries")


@pytest.mark.parametrize("order", [*ORDERS, "seeds"])
def test_neighbours_are_independent(order: str) -> None:
    block = neighbours(order)
    assert block.size > 0.9 * DRAWS
    assert {name: value for name, value in ((name, check(block)) for name, check in CHECKS.items()) if value >= 1} == {}


@pytest.mark.parametrize(
    ("rounds", "order", "check"),
    [
        (2, "countries", "same scenario"),
        (3, "countries", "frequency"),
        (3, "countries", "next draw"),
        (4, "scenarios", "second next draw"),
        (5, "scenarios", "second next draw"),
    ],
)
def test_fewer_rounds_are_refused(rounds: int, order: str, check: str) -> None:
    assert CHECKS[check](of_rounds(rounds, order)) > 1


def test_linear_congruential_generator_is_refused() -> None:
    numbers = lcg(2 * DRAWS).astype(np.uint64).reshape(-1, 2)
    block = (numbers[:, 1] << np.uint64(32) | numbers[:, 0]).reshape(-1, 128)
    assert frequency(block) > 1
    assert between_draws(block, 1) > 1


def test_a_stream_drawn_twice_is_refused(good: Words) -> None:
    same = good.copy()
    same[:, 100] = good[:, 7]
    assert between_streams(same, 0) > 1
    later = good.copy()
    later[1:, 7] = good[:-1, 100]
    assert between_streams(later, 1) > 1


def test_a_biased_bit_is_refused(good: Words) -> None:
    biased = good.copy()
    biased[:, 50] |= (good[:, 51] >> np.uint64(63)) << np.uint64(20)
    assert frequency(biased) > 1


def test_streams_are_those_of_the_packaged_study() -> None:
    draw = compile_study(load_study("pops")).draws
    drawn = set(draw.own_stream.tolist())
    for order in ORDERS:
        assert {stream_number(name) for name in stream_names(order)} <= drawn
    assert len(stream_names("countries")) > 100
    assert len(stream_names("areas")) == 8


@pytest.mark.parametrize("first_pair", [0, 2**32 - 3, 2**40])
def test_ten_rounds_in_plain_numpy_are_the_kernel(first_pair: int) -> None:
    # The bad generators with fewer rounds differ from popsim's in nothing else.
    seed = 2**40 + 12345
    out = np.empty(20, dtype=np.uint64)
    fill_bits(out, 10, np.uint64(seed), np.uint64(KENYA), np.uint64(first_pair))
    np.testing.assert_array_equal(philox_of_rounds(10, KENYA, 10, seed, first_pair), out)


def test_congruential_numbers_by_jumps_are_those_by_steps() -> None:
    steps = [1]
    while len(steps) < 1000:
        steps.append((69069 * steps[-1] + 1) % 2**32)
    assert lcg(1000).tolist() == steps


def test_words_for_the_battery_hold_the_bits_of_the_draws() -> None:
    block = next(draws(stream_names("areas"))).ravel()[:64].tolist()
    top, used, every = (next(words("areas", bits)).tolist() for bits in ("top", "used", "all"))
    assert top[:64] == [draw >> 32 for draw in block]
    assert every[:128] == [half for draw in block for half in (draw & 0xFFFFFFFF, draw >> 32)]
    packed = sum((draw >> 12) << (52 * place) for place, draw in enumerate(block))
    assert used[:104] == [packed >> (32 * place) & 0xFFFFFFFF for place in range(104)]


@pytest.mark.parametrize("order", list(ORDERS))
def test_words_go_on_from_any_scenario(order: str) -> None:
    whole = next(draws(stream_names(order)))
    np.testing.assert_array_equal(next(draws(stream_names(order), first=8))[: len(whole) - 8], whole[8:])
