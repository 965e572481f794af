"""Random words against published vectors and an independent generator, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from randomgen import Philox

from popsim.kernels.philox import fill_bits


def words(count: int, seed: int, stream: int, first_pair: int = 0) -> np.ndarray:
    out = np.empty(count, np.uint64)
    fill_bits(out, count // 2, np.uint64(seed), np.uint64(stream), np.uint64(first_pair))
    return out


def join(low: int, high: int) -> int:
    return low | high << 32


# Random123, tests/kat_vectors, lines "philox4x32 10": counter, key, result.
KNOWN = [
    ((0,) * 4, (0,) * 2, (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
def test_known_answers_of_random123(counter: tuple, key: tuple, result: tuple) -> None:
    found = words(2, join(*key), join(*counter[2:]), join(*counter[:2]))
    assert found.tolist() == [join(*result[:2]), join(*result[2:])]


def independent(count: int, seed: int, stream: int, first_pair: int) -> np.ndarray:
    """The words by randomgen, which counts one on before its first block."""
    start = ((stream << 64) + first_pair - 1) % 2**128
    raw = Philox(key=seed, counter=start, number=4, width=32).random_raw(2 * count).astype(np.uint64)
    return raw[0::2] | raw[1::2] << np.uint64(32)


@pytest.mark.parametrize("seed", [0, 1, 0x0123456789ABCDEF, 2**64 - 1])
@pytest.mark.parametrize("stream", [0, 1, 0xFEDCBA9876543210, 2**64 - 1])
@pytest.mark.parametrize("first_pair", [0, 12345, 2**32 - 100, 2**61])
def test_whole_streams_equal_an_independent_generator(seed: int, stream: int, first_pair: int) -> None:
    np.testing.assert_array_equal(words(1000, seed, stream, first_pair), independent(1000, seed, stream, first_pair))


def test_seed_and_stream_do_not_stand_for_one_another() -> None:
    # Two distinct random permutations agree on one of 1000 words of 64 bits with a probability of 5e-17.
    assert not np.any(words(1000, 1, 2) == words(1000, 2, 1))
    assert not np.any(words(1000, 1, 2) == words(1000, 1, 3))
    assert not np.any(words(1000, 1, 2) == words(1000, 1 + 2**32, 2))
