"""Amounts that come from a range are seldom objected to, and amounts that do not are found."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import popsim as ps
from popsim.study.cited_amounts import compare, listed, money

ROOT = Path(__file__).parents[2]
SETS = 2_000
RATE = 0.09
"""How often, at most, amounts that are drawn from a range meet any objection: as the module promises."""
RANGES = {
    "lognormal": ps.LogNormal.from_quantiles(p05=1.0e6, p95=6.5e6),
    "gamma": ps.Gamma(shape=4.0, scale=25_000.0),
    "pert": ps.Pert(low=1.0e6, mode=2.0e6, high=6.0e6),
    "uniform": ps.Uniform(low=30_000.0, high=120_000.0),
}
OLD_PCB = ps.LogNormal.from_quantiles(p05=1.0e6, p95=6.5e6)
"""Range of the PCB component before amounts were kept as data: dollars of 2010, 10 million people."""
PROJECTS = (
    ("nepal", "NPL", 930_000 + 880_000, 2010),
    ("peru", "PER", 2_580_000 / 2, 2010),
    ("philippines", "PHL", 11_770_880, 2007),
    ("india", "IND", 14_500_000 + 29_000_000, 2010),
    ("mongolia", "MNG", 8_208_318, 2009),
    ("south_africa", "ZAF", 64_875_058, 2020),
)
"""Projects on PCBs with all that was planned to be paid, as read: name, country, dollars, year."""


def kinds(cost: ps.Family, amounts: list[float]) -> list[str]:
    names = [f"project {k}" for k in range(len(amounts))]
    return [objection.kind for objection in compare(cost, names, amounts)]


def rate(cost: ps.Family, points: int, widened: float = 1.0) -> float:
    """Return how often amounts of a range are objected to, with their normal scores widened by a factor."""
    rng = np.random.default_rng([20261129, points])
    scores = widened * rng.normal(size=(SETS, points))
    amounts = np.where(scores < 0, cost.ppf(stats.norm.cdf(scores)), cost.isf(stats.norm.sf(scores)))
    return float(np.mean([bool(kinds(cost, row)) for row in amounts.tolist()]))


@pytest.mark.parametrize("points", [1, 2, 3, 6, 30])
@pytest.mark.parametrize("name", RANGES)
@pytest.mark.one_in(3)
def test_amounts_that_come_from_the_range_are_seldom_objected_to(name: str, points: int) -> None:
    assert rate(RANGES[name], points) <= RATE


@pytest.mark.parametrize(("points", "found"), [(3, 0.4), (6, 0.65), (10, 0.8), (30, 0.99)])
def test_amounts_that_spread_twice_as_far_are_found(points: int, found: float) -> None:
    assert rate(RANGES["lognormal"], points, widened=2.0) >= found


def people() -> dict[str, float]:
    """Return the population of each country in 2007."""
    with (ROOT / "configs" / "countries.csv").open(encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("#")]
    return {row["code"]: float(row["population"]) for row in csv.DictReader(lines) if row["population"]}


def pcb_projects() -> tuple[list[str], list[float]]:
    """Return names and amounts of the projects, per 10 million people (exponent 0.5) in dollars of 2010."""
    with (ROOT / "configs" / "prices.csv").open(encoding="utf-8") as file:
        index = {int(row["year"]): float(row["index"]) for row in csv.DictReader(file)}
    size = {code: count / 10e6 for code, count in people().items()}
    amounts = [dollars * index[2010] / index[year] / size[code] ** 0.5 for _, code, dollars, year in PROJECTS]
    return [name for name, *_ in PROJECTS], amounts


def test_the_old_range_of_pcb_is_caught() -> None:
    names, amounts = pcb_projects()
    objections = {objection.kind: objection.found for objection in compare(OLD_PCB, names, amounts, unit="USD of 2010")}
    assert set(objections) == {"outside", "spread", "far"}
    low, high = OLD_PCB.ppf([0.05, 0.95])
    outside = [name for name, amount in zip(names, amounts, strict=True) if not low <= amount <= high]
    assert {"mongolia", "south_africa"} < set(outside)
    assert all(name in objections["outside"] for name in outside)
    assert f"{len(outside)} of 6 amounts" in objections["outside"]
    assert f"{stats.binom.sf(len(outside) - 1, 6, 0.1):.1%}".replace("%", " %") in objections["outside"]
    assert objections["far"].startswith("south_africa")


def test_three_projects_were_enough_to_find_it() -> None:
    """Peru, the Philippines and India: a spread of logarithms of 0.97, where the range had 0.57."""
    names, amounts = pcb_projects()
    chosen = [place for place, name in enumerate(names) if name in {"peru", "philippines", "india"}]
    assert len(chosen) == 3
    logs = np.log([amounts[place] for place in chosen])
    assert np.std(logs, ddof=1) == pytest.approx(0.97, abs=0.05)
    found = compare(OLD_PCB, [names[place] for place in chosen], [amounts[place] for place in chosen])
    assert "spread" in {objection.kind for objection in found}


def test_the_spread_is_that_of_logarithms_for_a_lognormal() -> None:
    amounts = [1.0e6, 2.0e6, 9.0e6, 0.6e6]
    found = next(o.found for o in compare(OLD_PCB, list("abcd"), amounts) if o.kind == "spread")
    sigma = math.log(6.5) / (2 * stats.norm.ppf(0.95))
    ratio = np.std(np.log(amounts), ddof=1) / sigma
    chance = stats.chi2.sf(3 * ratio**2, 3)
    assert f"{ratio:.1f} times" in found
    assert f"{100 * chance:.1f} %" in found


def test_one_amount_alone_can_be_too_far_out() -> None:
    assert kinds(OLD_PCB, [OLD_PCB.ppf(0.99).item()]) == []
    assert kinds(OLD_PCB, [OLD_PCB.ppf(0.9999).item()]) == ["far"]
    assert kinds(OLD_PCB, []) == []


@pytest.mark.parametrize(
    ("amount", "where"),
    [(30_000.0, "at"), (30_001.0, "at"), (29_000.0, "beyond"), (120_000.0, "at"), (240_000.0, "beyond")],
)
def test_an_amount_at_an_end_is_found(amount: float, where: str) -> None:
    (objection,) = compare(RANGES["uniform"], ["kenya"], [amount])
    assert objection.kind == "end"
    end = "30,000" if amount < 60_000 else "120,000"
    assert f"stands {where} the end of the range, {end}" in objection.found


def test_a_range_that_was_drawn_round_its_data_is_found() -> None:
    amounts = [44_000.0, 52_000.0, 61_000.0, 71_000.0]
    assert "end" in kinds(ps.Uniform(low=44_000, high=71_000), amounts)
    assert kinds(ps.Uniform(low=35_000, high=80_000), amounts) == []


def test_a_single_agreed_amount_is_no_range() -> None:
    assert "end" in kinds(ps.Constant(value=100.0), [90.0, 100.0, 120.0])


def test_many_amounts_are_counted_and_not_all_named() -> None:
    (found,) = [o.found for o in compare(OLD_PCB, [f"p{k}" for k in range(50)], [1e8] * 50) if o.kind == "outside"]
    assert found.startswith("50 of 50 amounts")
    assert "44 others" in found
    assert "p6 " not in found
    assert listed(["a", "b"]) == "a, b"


def test_money_has_three_digits() -> None:
    assert [money(amount) for amount in (999.6, 1_000.0, 15_649.0, 1_234_567.0, 9_999_999.0)] == [
        "1,000",
        "1,000",
        "15,600",
        "1,230,000",
        "10,000,000",
    ]
