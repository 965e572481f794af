"""A million draws of every example of every family against its distribution."""

from __future__ import annotations

import numpy as np
import pytest

from popsim.engine.sample import sample
from popsim.families import Discrete, Family, LogNormal, Normal, Triangular, families

from ..families.references import reference_of

COUNT = 1_000_000
FALSE_ALARM = 1e-10
"""For one example if seeds were drawn anew: below 1e-8 for a family of at most 100 examples. Seeds are fixed."""

LIMIT = float(np.sqrt(np.log(2.0 / FALSE_ALARM) / (2.0 * COUNT)))
"""P(sup |F_n - F| > d) <= 2 exp(-2 n d^2) for any distribution, continuous or not (Massart 1990,
doi:10.1214/aop/1176990746); 0.0034 here."""

LEVELS = np.concatenate([np.arange(1, 1000) / 1000.0, [1e-5, 1e-4, 1.0 - 1e-4, 1.0 - 1e-5]])


def distance(values: np.ndarray, family: Family) -> float:
    """Kolmogorov-Smirnov distance at 1,000 quantiles: never more than the supremum, and at most 0.001 less.

    The distribution function is that of scipy where it has the family.
    """
    ordered = np.sort(values)
    reference = reference_of(family)
    cdf = family.cdf if reference is None else reference.cdf
    points = np.unique(family.ppf(LEVELS))
    after = np.searchsorted(ordered, points, side="right") / len(values)
    # Tables differ from quantiles by 1e-8 of the width at most, which moves about 1e-8 of the probability; atoms are
    # exact, since the polynomial of a flat piece is a constant.
    result = float(np.abs(after - cdf(points)).max())
    if family.jumps() is not None:
        before = np.searchsorted(ordered, points, side="left") / len(values)
        below = cdf(np.nextafter(points, -np.inf))
        result = max(result, float(np.abs(before - below).max()))
    return result


def examples(name: str) -> dict[str, Family]:
    return {f"{name} {place}": family for place, family in enumerate(families()[name].examples())}


@pytest.mark.parametrize("name", families())
@pytest.mark.one_in(3)
def test_a_million_draws_follow_the_distribution(name: str) -> None:
    wanted = examples(name)
    drawn = sample(wanted, scenarios=COUNT, seed=1_000)
    for key, family in wanted.items():
        assert distance(drawn[key].values, family) <= LIMIT, repr(family)


WRONG = {
    "mean": (Normal(0.0, 1.0), Normal(0.02, 1.0)),
    "spread": (LogNormal(0.0, 1.0), LogNormal(0.0, 1.03)),
    "mode": (Triangular(0.0, 1.0, 3.0), Triangular(0.0, 1.05, 3.0)),
    "probability": (Discrete((0.0, 1.0), (0.5, 0.5)), Discrete((0.0, 1.0), (0.505, 0.495))),
}


@pytest.mark.parametrize("name", WRONG)
def test_the_check_sees_a_slightly_wrong_distribution(name: str) -> None:
    """Negative control: each is 0.005 to 0.01 away, which 1,000,000 draws blur by 0.0005."""
    true, wrong = WRONG[name]
    values = sample({"x": true}, scenarios=COUNT, seed=1_000)["x"].values
    assert distance(values, true) <= LIMIT
    assert distance(values, wrong) > LIMIT


def test_correlated_draws_keep_their_distributions() -> None:
    wanted = {f"x{k}": Normal(0.0, 1.0) for k in range(4)}
    matrix = {"x0": {"x1": 0.8, "x2": -0.5}, "x1": {"x2": -0.3}, "x3": {"x0": 0.2}}
    drawn = sample(wanted, scenarios=COUNT, seed=1_001, correlation=matrix)
    for name, family in wanted.items():
        assert distance(drawn[name].values, family) <= LIMIT


def test_tails_hold_as_many_draws_as_they_should() -> None:
    """Counts beyond |z| = 3 to 5 within 6 standard deviations of a Poisson count: false alarm some 1e-8 each."""
    z = np.abs(sample({"x": Normal(0.0, 1.0)}, scenarios=2 * COUNT, seed=1_002)["x"].values)
    for limit, probability in ((3.0, 2.699796063e-3), (4.0, 6.334248367e-5), (4.75, 2.034e-6)):
        expected = 2 * COUNT * probability
        # A Poisson count of 4 passes 20 with a probability of 2e-9.
        assert abs(int((z > limit).sum()) - expected) <= 6.0 * np.sqrt(expected) + 4.0
