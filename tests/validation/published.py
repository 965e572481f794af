"""Examples that others have published, with the numbers that they print."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import popsim as ps
from popsim.correlation_matrix import nearest_correlation
from popsim.kernels.philox import fill_bits

from ..fits.test_published import NORRIS, one_tenth_around
from ..kernels.test_philox import KNOWN
from .claims import ALARM, Claim, Section, score_limit

Floats = NDArray[np.float64]
Measure = Callable[[], tuple[float, float]]

SEED = 44
COUNT = 1_000_000
BATCHES = 100


def beyond(found: Floats, printed: float, digit: float) -> float:
    """Return how far batches are, on average, from any number that is printed so, in standard errors of their mean.

    Parameters
    ----------
    found
        The statistic in independent batches.
    printed, digit
        The number as printed, and half of its last digit.
    """
    error = found.std(ddof=1) / math.sqrt(len(found))
    return float(max(abs(found.mean() - printed) - digit, 0.0) / error)


def _batches(values: Floats, statistic: Callable[[Floats], float]) -> Floats:
    return np.array([statistic(part) for part in np.split(values, BATCHES)])


def _quantile(level: float) -> Callable[[Floats], float]:
    return lambda values: float(np.quantile(values, level))


def _all_printed(
    values: Floats, printed: list[tuple[Callable[[Floats], float], float, float]], by: float
) -> tuple[float, float]:
    """Compare statistics with what is printed; in the control what is printed is larger by `by` of its size."""
    found = [(_batches(values, statistic), number, digit) for statistic, number, digit in printed]
    right = max(beyond(each, number, digit) for each, number, digit in found)
    wrong = max(beyond(each, number * (1.0 + by), digit) for each, number, digit in found)
    return right, wrong


def _sum_of_four(families: list[ps.Normal | ps.Uniform], end: float, deviation: float, digit: float) -> Measure:
    def measure() -> tuple[float, float]:
        drawn = ps.sample({f"x{k}": family for k, family in enumerate(families)}, scenarios=COUNT, seed=SEED)
        y = np.asarray(sum(drawn[name].values for name in drawn))
        printed = [
            (_quantile(0.025), -end, digit),
            (_quantile(0.975), end, digit),
            (lambda part: float(part.std()), deviation, 0.05),
        ]
        return _all_printed(y, printed, 0.02)

    return measure


def _logarithm() -> tuple[float, float]:
    """y = log(x), x uniform on 0.1 to 1.1."""
    y = np.log(ps.sample({"x": ps.Uniform(0.1, 1.1)}, scenarios=COUNT, seed=SEED)["x"].values)
    printed = [(lambda part: float(part.mean()), -0.665, 5e-4), (lambda part: float(part.std()), 0.606, 5e-4)]
    return _all_printed(y, printed, 0.01)


def _shortest_interval() -> tuple[float, float]:
    from popsim.analysis.order import coverage_interval

    y = np.log(ps.sample({"x": ps.Uniform(0.1, 1.1)}, scenarios=COUNT, seed=SEED)["x"].values)
    # The density rises to the upper end, which is then that of the interval.
    ends = coverage_interval(y, 0.95, "shortest")
    other = coverage_interval(y, 0.95, "symmetric")
    printed = np.array([-1.895, 0.095])
    # An end of one sample of 1,000,000; its error is that of a quantile, some 0.001.
    error = math.sqrt(0.05 * 0.95 / COUNT) / math.exp(-1.895)
    return tuple(float(max(np.abs(each - printed).max() - 5e-4, 0.0) / error) for each in (ends, other))  # type: ignore[return-value]


def _magnitude(correlation: float | None, mean: float, deviation: float, phase: tuple[float, float]) -> Measure:
    def measure() -> tuple[float, float]:
        drawn = ps.sample(
            {"re": ps.Normal(0.001, 0.01), "im": ps.Normal(0.0, 0.01)},
            scenarios=COUNT,
            seed=SEED,
            correlation=correlation,
        )
        re, im = drawn["re"].values, drawn["im"].values
        magnitude = _all_printed(
            np.hypot(re, im),
            [(lambda part: float(part.mean()), mean, 5e-4), (lambda part: float(part.std()), deviation, 5e-4)],
            0.2,
        )
        angle = _all_printed(
            np.arctan2(im, re),
            [(lambda part: float(part.mean()), phase[0], 5e-4), (lambda part: float(part.std()), phase[1], 5e-4)],
            0.05,
        )
        return max(magnitude[0], angle[0]), max(magnitude[1], angle[1])

    return measure


def _stefan_boltzmann() -> tuple[float, float]:
    """sigma = 32 pi^5 h R^4 Rinf^4 / (15 e^4 M^4 c^6 alpha^8)."""
    stated = {
        "h": (6.62606957e-34, 0.00000029e-34),
        "R": (8.3144621, 0.0000075),
        "Rinf": (10973731.568539, 0.000055),
        "e": (5.4857990946e-4, 0.0000000022e-4),
        "alpha": (7.2973525698e-3, 0.0000000024e-3),
    }
    drawn = ps.sample({name: ps.Normal(0.0, 1.0) for name in stated}, scenarios=COUNT, seed=SEED)
    h, r, rinf, e, alpha = (mean + std * drawn[name].values for name, (mean, std) in stated.items())
    above = 32.0 * np.pi**5 * (h * 1e34) * r**4 * (rinf * 1e-7) ** 4
    below = 15.0 * (e * 1e3) ** 4 * 299_792_458.0**6 * (alpha * 1e3) ** 8
    # Powers of ten that were taken out: 1e-34 1e28 above; 1e-12 1e-12 1e-24 below.
    sigma = above / below * 1e-34 * 1e28 / (1e-12 * 1e-12 * 1e-24) * 1e8
    printed = [
        (lambda part: float(part.mean()), 5.67037, 5e-6),
        (_quantile(0.005), 5.67032, 5e-6),
        (_quantile(0.995), 5.67043, 5e-6),
        (_quantile(0.16), 5.67035, 5e-6),
        (_quantile(0.84), 5.67039, 5e-6),
        (lambda part: float(part.std()), 2.05e-5, 5e-8),
    ]
    return _all_printed(sigma, printed, 1e-5)


def _ishigami() -> tuple[float, float]:
    angle = ps.Uniform(-np.pi, np.pi)
    found = ps.sobol_indices(
        lambda x1, x2, x3: np.sin(x1) + 7.0 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1),
        {"x1": angle, "x2": angle, "x3": angle},
        scenarios=2**16,
        seed=SEED,
    )
    indices = np.concatenate([found["first_order"], found["total"]])
    first, total = [0.3139, 0.4424, 0.0], [0.5576, 0.4424, 0.2437]
    return float(np.abs(indices - [*first, *total]).max()), float(np.abs(indices - [*total, *first]).max())


def _norris() -> tuple[float, float]:
    """Largest relative error of four certified values; in the control of the line through y and x turned round."""
    y, x = np.array([[float(word) for word in pair.split()] for pair in NORRIS.split(",")]).T / 1000.0

    def error(one: Floats, two: Floats) -> float:
        fit = ps.fit(np.exp(one), sizes=np.exp(two), size_exponent="estimate")
        found = [fit.exponent, fit.estimate.exponent_error, 1000.0 * fit.spread, 1000.0 * fit.distribution_at(1.0).mu]
        certified = np.array([1.00211681802045, 0.429796848199937e-3, 0.884796396144373, -0.262323073774029])
        return float(np.abs(np.array(found) / certified - 1.0).max())

    return error(y, x), error(x, y)


def _numacc() -> tuple[float, float]:
    def error(deviation: float) -> float:
        errors = []
        for middle in (1.2, 1_000_000.2, 10_000_000.2):
            found = ps.fit(one_tenth_around(middle), "normal")
            errors += [abs(found.level / middle - 1.0), abs(found.spread / deviation - 1.0)]
        return max(errors)

    return error(0.1), error(0.1 * math.sqrt(1_000.0 / 1_001.0))


def _higham() -> tuple[float, float]:
    stated = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    printed = np.array([0.7607, 0.1573, 0.7607])
    places = np.triu_indices(3, 1)
    clipped = np.linalg.eigh(stated)
    lifted = (clipped.eigenvectors * np.maximum(clipped.eigenvalues, 0.0)) @ clipped.eigenvectors.T
    scaled = lifted / np.sqrt(np.outer(lifted.diagonal(), lifted.diagonal()))
    return (
        float(np.abs(nearest_correlation(stated)[places] - printed).max()),
        float(np.abs(scaled[places] - printed).max()),
    )


def _known_answers() -> tuple[float, float]:
    def differing(key_of: Callable[[int], int]) -> int:
        count = 0
        for counter, key, result in KNOWN:
            out = np.empty(2, np.uint64)
            seed, stream, pair = (low | high << 32 for low, high in (key, counter[2:], counter[:2]))
            fill_bits(out, 1, np.uint64(key_of(seed)), np.uint64(stream), np.uint64(pair))
            count += out.tolist() != [result[0] | result[1] << 32, result[2] | result[3] << 32]
        return count

    return float(differing(lambda seed: seed)), float(differing(lambda seed: seed ^ 1))


def claims() -> list[Claim]:
    """Return the claims of this section."""
    rectangular, wide = (
        ps.Uniform(-math.sqrt(3.0), math.sqrt(3.0)),
        ps.Uniform(-10.0 * math.sqrt(3.0), 10.0 * math.sqrt(3.0)),
    )
    jcgm = "JCGM 101:2008, Evaluation of measurement data: Supplement 1, clause {}"
    npl = "Cox and Harris, NPL Report DEM-ES-011, section 9.2, as quoted in the tests of Suncal (Sandia)"
    vector = "JCGM 102:2011, Supplement 2, clause 9.2, {}, as quoted in the tests of Suncal (Sandia)"
    scores = "standard errors beyond the last printed digit, the largest"
    drawn: tuple[tuple[str, str, str, str, Measure, int], ...] = (
        (
            "sum of four normals",
            "ends of 95 %, standard deviation: -3.92, 3.92, 2.0",
            jcgm.format("9.2.2"),
            "2 % more",
            _sum_of_four([ps.Normal(0.0, 1.0)] * 4, 3.92, 2.0, 0.005),
            3,
        ),
        (
            "sum of four rectangular quantities",
            "ends of 95 %, standard deviation: -3.88, 3.88, 2.0",
            jcgm.format("9.2.3"),
            "2 % more",
            _sum_of_four([rectangular] * 4, 3.88, 2.0, 0.005),
            3,
        ),
        (
            "sum of four rectangular quantities, one much wider",
            "ends of 95 %, standard deviation: -17.0, 17.0, 10.1",
            jcgm.format("9.2.4"),
            "2 % more",
            _sum_of_four([rectangular] * 3 + [wide], 17.0, 10.1, 0.05),
            3,
        ),
        (
            "logarithm of a rectangular quantity",
            "mean -0.665, standard deviation 0.606",
            npl,
            "1 % more",
            _logarithm,
            2,
        ),
        (
            "shortest interval of a logarithm",
            "ends of 95 %: -1.895, 0.095",
            npl,
            "the symmetric interval",
            _shortest_interval,
            2,
        ),
        (
            "magnitude and phase",
            "means 0.013 and 0, standard deviations 0.007 and 1.744",
            vector.format("table 6"),
            "numbers larger by 5 to 20 %",
            _magnitude(None, 0.013, 0.007, (0.0, 1.744)),
            4,
        ),
        (
            "magnitude and phase of correlated parts",
            "means 0.012 and -0.556, standard deviations 0.008 and 1.599",
            vector.format("table 7"),
            "numbers larger by 5 to 20 %",
            _magnitude(0.9, 0.012, 0.008, (-0.556, 1.599)),
            4,
        ),
        (
            "Stefan-Boltzmann constant",
            "mean, standard deviation, ends of 99 % and 68 %",
            "NIST Uncertainty Machine, User's Manual, example 10, as quoted in the tests of Suncal (Sandia)",
            "mean and quantiles larger by 1e-5 of themselves",
            _stefan_boltzmann,
            6,
        ),
    )
    made = [
        Claim(
            name, f"{COUNT:,} scenarios: {what}", reference, scores, score_limit(count), control, measure, SEED, ALARM
        )
        for name, what, reference, control, measure, count in drawn
    ]
    exact: tuple[tuple[str, str, str, str, float, str, Measure], ...] = (
        (
            "indices of the function of Ishigami",
            "first-order and total, 2^16 Sobol points",
            "Ishigami and Homma (1990), doi:10.1109/ISUMA.1990.151285",
            "largest difference",
            0.01,
            "first-order and total indices swapped",
            _ishigami,
        ),
        (
            "line through 36 pairs",
            "exponent of size, its error, spread and level",
            "NIST Statistical Reference Datasets, Norris: certified values",
            "largest relative error",
            1e-8,
            "y and x swapped",
            _norris,
        ),
        (
            "mean and deviation of 1,001 amounts",
            "normal fits of three data sets",
            "NIST Statistical Reference Datasets, NumAcc2 to NumAcc4: exact values",
            "largest relative error",
            1e-7,
            "n in place of n - 1",
            _numacc,
        ),
        (
            "nearest correlation matrix",
            "the example of the paper",
            "Higham (2002), end of section 3",
            "largest difference",
            5e-5,
            "one projection in place of all",
            _higham,
        ),
        (
            "known answers of Philox4x32-10",
            "three pairs of counter and key",
            "Random123, tests/kat_vectors",
            "answers that differ",
            0.0,
            "another bit of the key",
            _known_answers,
        ),
    )
    return made + [
        Claim(name, test, reference, measured, limit, control, measure)
        for name, test, reference, measured, limit, control, measure in exact
    ]


SECTION = Section(
    "published",
    "Published examples",
    """Inputs and answers as their sources print them. What is drawn is compared in 100 batches of 10,000 scenarios: how
far the mean of the batches is from the interval of numbers that round to what is printed, in standard errors. Further
examples are tests: fits of the Reliability Wiki and of Montgomery and Runger in `tests/fits/test_published.py`, sums
of Fenton (1960) and of Garvey, Book and Covert in `tests/reproduction/test_published.py`.""",
    claims,
)
