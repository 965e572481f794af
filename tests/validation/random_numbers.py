"""Random numbers as a study draws them: bits, uniformity, correlation, independence of streams, another generator."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from randomgen import Philox
from scipy import stats

from popsim.kernels.elementary import fill_normals
from popsim.kernels.philox import fill_bits
from popsim.plan.streams import stream_number

from ..statistical.rng_quality.words import lcg, philox_of_rounds
from ..statistical.test_streams import ALARM as BITS_ALARM
from ..statistical.test_streams import CHECKS, neighbours, of_rounds
from .claims import ALARM, Claim, Section, score_limit, score_of

Words = NDArray[np.uint64]

SEED = 45
COUNT = 2**20
NAMES = [f"country/{code}/area/{area}" for code in ("KEN", "UGA", "TZA") for area in "abcd"]
CELLS = 1_000


def words_of(name: str, count: int = COUNT) -> Words:
    """Return the words of a stream, from scenario 0 on."""
    out = np.empty(count, np.uint64)
    fill_bits(out, count // 2, np.uint64(SEED), np.uint64(stream_number(name)), np.uint64(0))
    return out


def _lcg() -> Words:
    numbers = lcg(2 * COUNT).astype(np.uint64).reshape(-1, 2)
    return np.asarray(numbers[:, 1] << np.uint64(32) | numbers[:, 0])


@cache
def _normals() -> NDArray[np.float64]:
    table = np.empty((len(NAMES), COUNT))
    for row, name in zip(table, NAMES, strict=True):
        fill_normals(row, words_of(name), COUNT)
    return table


def uniformity(words: Words) -> float:
    """Return the score of the chi-square statistic over equal cells of the upper bits, either way."""
    cells = ((words >> np.uint64(12)).astype(np.float64) * 2.0**-52 * CELLS).astype(np.int64)
    statistic = float(np.square(np.bincount(cells, minlength=CELLS) - len(words) / CELLS).sum() / (len(words) / CELLS))
    law = stats.chi2(CELLS - 1)
    return score_of(2.0 * min(float(law.cdf(statistic)), float(law.sf(statistic))))


def correlations(rows: NDArray[np.float64]) -> float:
    """Return the largest correlation of two rows of independent normals, by its exact distribution, as a score."""
    found = np.corrcoef(rows)[np.triu_indices(len(rows), 1)]
    count = rows.shape[1]
    t = np.abs(found) * np.sqrt((count - 2) / (1.0 - found**2))
    return max(score_of(2.0 * float(stats.t.sf(each, count - 2))) for each in t)


def _lagged(row: NDArray[np.float64]) -> NDArray[np.float64]:
    lags = (0, 1, 2, 3, 7, 8, 64, 512, 1024)
    return np.stack([row[lag : lag + COUNT // 2] for lag in lags])


def _measure_uniformity() -> tuple[float, float]:
    # The numbers of a congruential generator of full period are too even.
    biased = words_of(NAMES[0])
    biased[::20] >>= np.uint64(1)
    return max(uniformity(words_of(name)) for name in NAMES), uniformity(biased)


def _measure_streams(shape: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> tuple[float, float]:
    rows = shape(_normals())
    mixed = shape(np.stack([_normals()[0], 0.1 * _normals()[0] + _normals()[1]]))
    return correlations(rows), correlations(mixed)


def _measure_lags() -> tuple[float, float]:
    row = _normals()[0]
    smoothed = row + 0.02 * np.roll(row, 512)
    return correlations(_lagged(row)), correlations(_lagged(smoothed))


def _measure_bits(check: str, order: str, rounds: int) -> tuple[float, float]:
    bad = of_rounds(rounds, order) if rounds else _lcg()[: 2**16].reshape(-1, 128)
    return CHECKS[check](neighbours(order)), CHECKS[check](bad)


def _measure_other_generator() -> tuple[float, float]:
    def differing(rounds: int) -> int:
        count = 0
        for name in NAMES:
            number = stream_number(name)
            raw = Philox(key=SEED, counter=(number << 64) - 1, number=4, width=32).random_raw(2 * 10_000)
            theirs = raw.astype(np.uint64)[0::2] | raw.astype(np.uint64)[1::2] << np.uint64(32)
            ours = words_of(name, 10_000) if rounds == 10 else philox_of_rounds(rounds, number, 5_000, SEED)
            count += int((ours != theirs).sum())
        return count

    return float(differing(10)), float(differing(9))


def claims() -> list[Claim]:
    """Return the claims of this section."""
    pairs = len(NAMES) * (len(NAMES) - 1) // 2
    draws = f"{COUNT:,} draws"
    made = [
        Claim(
            "words of another generator",
            f"10,000 words of each of {len(NAMES)} streams, to the bit",
            "Philox of randomgen",
            "words that differ",
            0.0,
            "nine rounds in place of ten",
            _measure_other_generator,
            SEED,
        ),
        Claim(
            "uniformity of streams",
            f"{draws} of each of {len(NAMES)} streams in {CELLS:,} equal cells",
            "chi-square distribution",
            "largest normal score",
            score_limit(len(NAMES)),
            "every 20th number halved",
            _measure_uniformity,
            SEED,
            ALARM,
        ),
        Claim(
            "streams are not correlated",
            f"{draws} of each of {len(NAMES)} streams as normals, {pairs} pairs",
            "exact distribution of a correlation",
            "largest normal score",
            score_limit(pairs),
            "a tenth of one stream in another",
            partial(_measure_streams, lambda rows: rows),
            SEED,
            ALARM,
        ),
        Claim(
            "squares of streams are not correlated",
            f"squares of the same, {pairs} pairs",
            "distribution of a correlation, by the central limit theorem",
            "largest normal score",
            score_limit(pairs),
            "a tenth of one stream in another",
            partial(_measure_streams, np.square),
            SEED,
            ALARM,
        ),
        Claim(
            "scenarios of a stream are not correlated",
            f"{COUNT // 2:,} draws of a stream and of what follows 1 to 1,024 scenarios later, 36 pairs",
            "exact distribution of a correlation",
            "largest normal score",
            score_limit(36),
            "2 % of what came 512 scenarios before",
            _measure_lags,
            SEED,
            ALARM,
        ),
    ]
    for check, order, rounds, wrong in (
        ("frequency", "countries", 3, "three rounds in place of ten"),
        ("same scenario", "countries", 2, "two rounds in place of ten"),
        ("next draw", "areas", 0, "a linear congruential generator"),
        ("second next draw", "scenarios", 5, "five rounds in place of ten"),
    ):
        made.append(
            Claim(
                f"bits of neighbours: {check}, {order}",
                "65,536 draws as the packaged study reads them; balance of bits, or correlation of any two",
                "Hoeffding's inequality (doi:10.1080/01621459.1963.10500830)",
                "largest sum over its bound",
                1.0,
                wrong,
                partial(_measure_bits, check, order, rounds),
                1,
                BITS_ALARM,
            )
        )
    return made


SECTION = Section(
    "random-numbers",
    "Random numbers",
    """Short tests that run with each dossier. [Random number quality](../rng-quality.md) has the results of dieharder,
which takes half an hour (`make rng-quality`). Each uncertain quantity draws from a stream of its own, so that
independence is tested between streams as well as along one.""",
    claims,
)
