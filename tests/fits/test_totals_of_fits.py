"""The total of many countries under a fitted cost, against every uncertainty of the fit drawn together.

A study draws level and spread as one Student t for each country, with 1 / (n + 1) in common, and the exponent beside
them (docs/decisions/0021-fits-in-a-study.md). Here all three are drawn once in each scenario from their joint
distribution, and then the countries: the spread is the same for all of them and for the errors of level and exponent.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import popsim as ps

from ..reproduction.small import REASONS, write

COUNTRIES = 60
AMOUNTS = {
    3: ([1.1, 2.6, 7.9], [0.6, 4.0, 9.0]),
    6: ([0.9, 2.2, 1.7, 5.8, 4.1, 9.7], [0.4, 1.1, 3.0, 6.0, 11.0, 20.0]),
    12: (
        [0.7, 2.2, 1.1, 3.9, 2.4, 6.1, 1.5, 9.8, 3.3, 4.4, 7.0, 2.9],
        [0.3, 0.8, 1.0, 2.0, 3.0, 5.0, 1.4, 22.0, 4.5, 7.0, 13.0, 9.0],
    ),
}
"""Amounts in millions, and the sizes of the countries, by number."""
CAP = 40e6
TAIL = np.array([0.05, 0.5, 0.95])


def sizes_of_countries() -> np.ndarray:
    return np.exp(np.linspace(np.log(0.2), np.log(40.0), COUNTRIES))


def study_of(folder, count, size, cap):
    amounts, sizes = AMOUNTS[count]
    rows = [
        {"id": f"p{k}", "name": f"p{k}", "amount": 1e6 * amount, "year": 2030, "size": 1e6 * people, "scope": "grant",
         "document": "Invented", "figure": "Invented", "status": "verified"}
        for k, (amount, people) in enumerate(zip(amounts, sizes, strict=True))
    ]  # fmt: skip
    cost = {"fit": "lognormal", "size": size, "cap": cap, "cap_rationale": "Invented."}
    table = {
        "kind": "one-off", "currency": "USD", "price_year": 2030, "scope": "grant",
        "covers": "countries", "cost": cost, "data": rows, **REASONS, "basis": "evidence",
    }  # fmt: skip
    countries = tuple((f"A{k:02d}", "North", 1e6 * people) for k, people in enumerate(sizes_of_countries()))
    return ps.load_study(
        write(
            folder,
            {"x": {"k": table}},
            countries=countries,
            size={"driver": "population", "reference": 1_000_000, **REASONS},
        )
    )


def drawn_together(count, exponent, cap, scenarios, known_spread=False):
    """Return totals in which one spread, one level and one exponent are drawn for all countries of a scenario."""
    amounts, sizes = (np.log(np.array(each)) for each in AMOUNTS[count])
    away = sizes - sizes.mean()
    known = exponent != "estimate"
    slope = exponent if known else float(away @ amounts / (away @ away))
    residuals = amounts - amounts.mean() - slope * away
    degrees = count - (1 if known else 2)
    rng = np.random.Generator(np.random.Philox(key=5))
    spread = np.sqrt(residuals @ residuals / rng.chisquare(degrees, scenarios))
    level = amounts.mean() + spread * rng.standard_normal(scenarios) / np.sqrt(count)
    if known_spread:
        # What a plain lognormal of the estimates would be.
        spread, level = np.full(scenarios, np.sqrt(residuals @ residuals / degrees)), np.full(scenarios, amounts.mean())
    power = np.full(scenarios, slope)
    if not known:
        error = spread / np.sqrt(away @ away)
        low, high = (stats.norm.cdf((end - slope) / error) for end in (0.0, 2.0))
        power = slope + error * stats.norm.ppf(low + (high - low) * rng.random(scenarios))
    below = stats.norm.cdf((np.log(cap / 1e6) - level) / spread)
    total = np.zeros(scenarios)
    for size in np.log(sizes_of_countries()) - sizes.mean():
        noise = stats.norm.ppf(below * rng.random(scenarios))
        total += np.exp(level + spread * noise + power * size)
    return 1e6 * total


def apart(tmp_path, count, size, **uncertain):
    study = study_of(tmp_path, count, size, CAP)
    ours = np.quantile(ps.simulate(study, scenarios=20_000, seed=3)["cost"].values.ravel(), TAIL)
    return np.log(ours / np.quantile(drawn_together(count, size, CAP, 20_000, **uncertain), TAIL))


@pytest.mark.parametrize("size", ["estimate", 0.6])
@pytest.mark.parametrize(("count", "bound"), [(3, 0.25), (6, 0.06), (12, 0.03)])
def test_totals_are_those_of_a_joint_draw(tmp_path, count, size, bound):
    """Ends and median in logarithms; the Monte Carlo error of each is some 0.01, seeds are fixed."""
    assert np.abs(apart(tmp_path, count, size)).max() < bound


@pytest.mark.parametrize("size", ["estimate", 0.6])
@pytest.mark.parametrize(("count", "bound"), [(6, 0.06), (12, 0.03)])
def test_a_spread_that_is_taken_as_known_gives_other_totals(tmp_path, count, size, bound):
    assert np.abs(apart(tmp_path, count, size, known_spread=True)).max() > 2 * bound
