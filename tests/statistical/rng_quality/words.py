"""Write the random words of popsim for a test battery: ``python words.py countries top | dieharder -g 200 -a``.

The first argument says whose draws are neighbours (`ORDERS`) and the second which bits of a draw are written (`BITS`),
or the first names a bad generator (`CONTROLS`) that a battery must refuse.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from popsim.kernels.philox import fill_bits
from popsim.plan.streams import stream_number
from popsim.study.load import load_study

__all__ = ["BITS", "CONTROLS", "ORDERS", "draws", "lcg", "philox_of_rounds", "stream_names", "words"]

Words = NDArray[np.uint64]
Halves = NDArray[np.uint32]

ORDERS = {
    "countries": "one area in every country of the packaged study, scenario after scenario",
    "areas": "every area of one country, scenario after scenario",
    "scenarios": "one area of one country, scenario after scenario",
}
BITS = {
    "top": "the 32 highest bits of a draw",
    "used": "the top 52 bits of a draw, of which the inverse normal uses 51, packed without gaps",
    "all": "all 64 bits of a draw, low half first",
}
CONTROLS = {
    "lcg": "x -> 69069 x + 1 modulo 2^32",
    "rounds": "the countries' top bits by Philox4x32 of 3 rounds",
}
FEW_ROUNDS = 3
SEED = 1
_BLOCK = 2**17


def stream_names(order: str) -> list[str]:
    """Name the streams whose draws are neighbours, as the packaged study draws them."""
    study = load_study("pops")
    codes = [country.code for country in study.countries]
    areas = [area.id for area in study.areas]
    if order == "countries":
        return [f"country/{code}/area/{areas[0]}" for code in codes]
    if order == "areas":
        return [f"country/{codes[0]}/area/{area}" for area in areas]
    return [f"country/{codes[0]}/area/{areas[0]}"]


def draws(names: list[str], seed: int = SEED, first: int = 0) -> Iterator[Words]:
    """Give blocks of draws, shape (scenarios, streams), from scenario `first` (even) on."""
    numbers = [np.uint64(stream_number(name)) for name in names]
    count = max(8, _BLOCK // len(names) // 8 * 8)
    block = np.empty((len(names), count), dtype=np.uint64)
    pair = first // 2
    while True:
        for row, number in zip(block, numbers, strict=True):
            fill_bits(row, count // 2, np.uint64(seed), number, np.uint64(pair))
        pair += count // 2
        yield np.ascontiguousarray(block.T)


def philox_of_rounds(rounds: int, number: int, pairs: int, seed: int = SEED, first_pair: int = 0) -> Words:
    """Give the draws of a stream by a Philox4x32 of any number of rounds, in plain numpy; ten are popsim's."""
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    counter = np.arange(first_pair, first_pair + pairs, dtype=np.uint64)
    c0, c1 = counter & low, counter >> half
    c2 = np.full(pairs, number & 0xFFFFFFFF, dtype=np.uint64)
    c3 = np.full(pairs, number >> 32, dtype=np.uint64)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(rounds):
        one, two = np.uint64(0xD2511F53) * c0, np.uint64(0xCD9E8D57) * c2
        c0, c1, c2, c3 = (two >> half) ^ c1 ^ np.uint64(k0), two & low, (one >> half) ^ c3 ^ np.uint64(k1), one & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack([(c1 << half) | c0, (c3 << half) | c2], axis=1).ravel()


def lcg(count: int, start: int = 1) -> Halves:
    """Give numbers of the linear congruential generator x -> 69069 x + 1 modulo 2^32 (Marsaglia 1972)."""
    # Numbers 2^k ... 2^(k+1) - 1 follow from the first 2^k by one jump of 2^k steps.
    x = np.array([start], dtype=np.uint32)
    multiplier, increment = np.uint32(69069), np.uint32(1)
    while len(x) < count:
        x = np.concatenate([x, multiplier * x + increment])
        increment = (multiplier * np.array([increment]) + increment)[0]
        multiplier = (multiplier * np.array([multiplier]))[0]
    return x[:count]


def _bits(block: Words, bits: str) -> Halves:
    flat = block.ravel()
    if bits == "top":
        return (flat >> np.uint64(32)).astype(np.uint32)
    if bits == "all":
        return np.stack([flat & np.uint64(0xFFFFFFFF), flat >> np.uint64(32)], axis=1).astype(np.uint32).ravel()
    # Eight pieces of 52 bits fill thirteen words of 32.
    pieces = (flat >> np.uint64(12)).reshape(-1, 8)
    out = np.empty((len(pieces), 13), dtype=np.uint32)
    for j in range(13):
        piece, start = divmod(32 * j, 52)
        word = pieces[:, piece] >> np.uint64(start)
        if start > 20:
            word = word | (pieces[:, piece + 1] << np.uint64(52 - start))
        out[:, j] = word.astype(np.uint32)
    return out.ravel()


def _controls(name: str) -> Iterator[Halves]:
    if name == "lcg":
        start = 1
        while True:
            x = lcg(_BLOCK + 1, start)
            start = int(x[-1])
            yield x[:-1]
    numbers = [stream_number(each) for each in stream_names("countries")]
    pairs = 2 * (_BLOCK // len(numbers) // 4)
    first = 0
    while True:
        rows = [philox_of_rounds(FEW_ROUNDS, number, pairs, first_pair=first) for number in numbers]
        first += pairs
        yield _bits(np.stack(rows, axis=1), "top")


def words(name: str, bits: str = "top", first: int = 0, seed: int = SEED) -> Iterator[Halves]:
    """Give 32-bit words without end, of an order of `ORDERS` or a generator of `CONTROLS`."""
    if name in CONTROLS:
        return _controls(name)
    return (_bits(block, bits) for block in draws(stream_names(name), seed, first))


def main() -> None:
    parser = argparse.ArgumentParser(description="Write random words of popsim, raw, 32 bits each, without end.")
    parser.add_argument("name", choices=[*ORDERS, *CONTROLS])
    parser.add_argument("bits", choices=list(BITS), nargs="?", default="top")
    parser.add_argument("--first", type=int, default=0, help="the first scenario, an even number")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    try:
        for block in words(asked.name, asked.bits, asked.first, asked.seed):
            sys.stdout.buffer.write(block.tobytes())
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
