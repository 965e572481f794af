"""Every amount of the packaged catalogue follows from the data beside it, by arithmetic that stands here."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from popsim.study import load_study

from ..published import AREAS

ROOT = Path(__file__).parents[2]


def read(name: str) -> list[dict[str, str]]:
    lines = (ROOT / "configs" / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


PRICES = {int(row["year"]): float(row["index"]) for row in read("prices.csv")}
PEOPLE = {row["code"]: int(row["population"]) / 10_000_000 for row in read("countries.csv")}
"""In 2007, over the 10 million of the reference country."""
STUDY = tomllib.loads((ROOT / "configs" / "pops.toml").read_text(encoding="utf-8"))


def entries() -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted((ROOT / "distributions").glob("[a-h]_*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        area = content["area"]["id"]
        found |= {f"overlap/{whole['id']}": whole for whole in content.get("overlap", [])}
        found |= {f"{area}/{component['id']}": component for component in content["component"]}
    return {name: entry for name, entry in found.items() if name.split("/")[0] in {*AREAS, "overlap"}}


ENTRIES = entries()


def mean_exponent(name: str) -> float:
    """Return the mean of the exponent of size that the study states for a component, or for its area."""
    area, component = name.split("/") if not name.startswith("overlap/") else ("a", "")
    table = STUDY["area"][area]
    value = table.get("component", {}).get(component, {}).get("size_exponent", table["size_exponent"])
    return float((value["low"] + 4 * value["mode"] + value["high"]) / 6 if isinstance(value, dict) else value)


@dataclass(frozen=True)
class Evidence:
    """The data of one component."""

    name: str

    @property
    def entry(self) -> dict[str, Any]:
        return ENTRIES[self.name]

    def row(self, name: str) -> dict[str, Any]:
        rows: dict[str, dict[str, Any]] = {row["id"]: row for row in self.entry["data"]}
        return rows[name]

    def whole(self, name: str) -> float:
        """Return the amount for all countries together, at prices of the component's price year."""
        row = self.row(name)
        return float(row["amount"]) * PRICES[self.entry["price_year"]] / PRICES[row["year"]]

    def codes(self, name: str) -> list[str]:
        country = self.row(name).get("country", [])
        return [country] if isinstance(country, str) else country

    def of(self, name: str) -> float:
        """Return the amount for one country, of its part that counts."""
        row = self.row(name)
        return self.whole(name) * float(row.get("share", 1.0)) / int(row.get("countries") or len(self.codes(name)) or 1)

    def at_reference(self, name: str, exponent: float | None = None) -> float:
        """Return that for a country of 10 million people; of several countries the powers of size are averaged."""
        gamma = mean_exponent(self.name) if exponent is None else exponent
        return self.of(name) / math.fsum(PEOPLE[code] ** gamma for code in self.codes(name)) * len(self.codes(name))

    def fitted(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the logs of sizes and amounts of the rows that are fitted."""
        ids = [row["id"] for row in self.entry["data"] if row.get("use", "fit") == "fit"]
        return (
            np.log([PEOPLE[self.codes(row)[0]] for row in ids]),
            np.log([self.of(row) for row in ids]),
        )


def line(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float, int]:
    """Return level at the mean of x, slope, standard deviation of residuals and its degrees of freedom."""
    slope, level = np.polyfit(x - x.mean(), y, 1)
    residuals = y - level - slope * (x - x.mean())
    return float(level), float(slope), math.sqrt(float(residuals @ residuals) / (len(x) - 2)), len(x) - 2


def spread_of_pcb_grants() -> float:
    return line(*Evidence("f/pcb").fitted())[2]


def middle_of_waste(data: Evidence) -> float:
    projects = ("mozambique", "china_medical_waste", "china_pesticide_waste")
    return math.exp(math.fsum(math.log(data.at_reference(project)) for project in projects) / 3)


def focal_unit(data: Evidence, quantile: float) -> float:
    """Return a quantile of the lognormal whose mean is that of all ozone units, and whose spread joins two spreads."""
    country_years = {"africa": 5397, "asia_pacific": 4480, "latin_america": 4134, "europe": 1042}
    mean = math.fsum(data.of(region) * months for region, months in country_years.items()) / sum(country_years.values())
    renewals = np.log([data.of(row["id"]) for row in data.entry["data"] if row["id"] not in country_years])
    assert len(renewals) == 11
    sigma = math.hypot(float(renewals.std(ddof=1)), math.log(1.3))
    return mean * math.exp(-(sigma**2) / 2 + sigma * float(stats.norm.ppf(quantile)))


NORMAL_95 = float(stats.norm.ppf(0.95))
Rule = Callable[[Evidence], float]
RULES: dict[str, dict[str, Rule]] = {
    "overlap/nip": {"cap": lambda data: 3 * data.of("ceiling")},
    "a/inventory_update": {
        "low": lambda data: 0.4 * data.of("zambia"),
        "mode": lambda data: data.of("zambia"),
        "high": lambda data: 4 * data.of("zambia"),
    },
    "b/plan_review": {
        "low": lambda data: 0.25 * data.of("zambia"),
        "mode": lambda data: 0.7 * data.of("zambia"),
        "high": lambda data: 2.5 * data.of("zambia"),
    },
    "c/unit_set_up": {
        "low": lambda data: data.of("ozone_units") / 3,
        "mode": lambda data: data.of("ozone_units"),
        "high": lambda data: data.of("three_conventions"),
    },
    "c/unit_running": {
        "p05": lambda data: focal_unit(data, 0.05),
        "p95": lambda data: focal_unit(data, 0.95),
    },
    "d/legal_package": {
        "p05": lambda data: data.of("quick_start") / 2,
        "p95": lambda data: data.of("chemobs"),
    },
    "d/keeping_in_force": {
        "low": lambda data: data.of("ozone_units") / 8,
        "mode": lambda data: 0.3 * data.of("ozone_units"),
        "high": lambda data: data.of("ozone_units"),
    },
    "e/build_up": {
        "p05": lambda data: data.of("west_africa") / 2,
        "p95": lambda data: data.of("chemobs"),
    },
    "e/inspection_running": {
        "p05": lambda data: data.of("ozone_units") / 3,
        "p95": lambda data: 2.5 * data.of("ozone_units"),
    },
    "f/pcb": {"cap": lambda data: Evidence("f/waste_and_releases").row("china_steel")["amount"]},
    "f/pcb_owners": {"cap": lambda data: data.of("south_africa")},
    "f/pesticides": {
        "p10": lambda data: data.of("central_america") / 4,
        "p50": lambda data: 0.8 * data.of("central_america"),
        "p90": lambda data: 2 * data.of("central_america"),
        "low": lambda data: 0.0,
        "high": lambda data: data.whole("central_america"),
    },
    "f/waste_and_releases": {
        "p05": lambda data: middle_of_waste(data) * math.exp(-NORMAL_95 * spread_of_pcb_grants()),
        "p95": lambda data: middle_of_waste(data) * math.exp(NORMAL_95 * spread_of_pcb_grants()),
    },
    "g/supply_networks": {
        "low": lambda data: 0.1 * data.at_reference("caribbean"),
        "high": lambda data: 0.5 * data.at_reference("caribbean"),
    },
    "g/local_support": {
        "low": lambda data: 0.2 * data.of("ozone_units"),
        "mode": lambda data: 0.6 * data.of("ozone_units"),
        "high": lambda data: 3 * data.of("ozone_units"),
    },
    "h/first_campaign": {
        "low": lambda data: data.of("citizens_groups") / 3,
        "mode": lambda data: data.of("citizens_groups"),
        "high": lambda data: 4 * data.of("citizens_groups"),
    },
    "h/programme": {
        "p05": lambda data: data.of("activities"),
        "p95": lambda data: 12 * data.of("activities"),
    },
}
"""What each amount of a cost is made of; the factors are judgements, argued in the rationale of each component."""


def rounded(value: float, digits: int) -> float:
    return value if value == 0.0 else float(f"{value:.{digits - 1}e}")


def test_every_amount_has_a_rule_and_every_rule_an_amount() -> None:
    stated = {
        name: {key for key, value in entry["cost"].items() if isinstance(value, int | float)}
        for name, entry in ENTRIES.items()
        if "cost" in entry
    }
    assert {name: set(rules) for name, rules in RULES.items()} == stated


@pytest.mark.parametrize(("name", "parameter"), [(name, key) for name, rules in RULES.items() for key in rules])
def test_an_amount_follows_from_the_data(name: str, parameter: str) -> None:
    stated, exact = ENTRIES[name]["cost"][parameter], RULES[name][parameter](Evidence(name))
    assert stated in {rounded(exact, 2), rounded(exact, 3), exact}


def test_a_mistyped_amount_is_seen() -> None:
    exact = RULES["h/programme"]["p95"](Evidence("h/programme"))
    assert 83_000 in {rounded(exact, 2), rounded(exact, 3)}
    assert not {82_000, 84_000, 830_000} & {rounded(exact, 2), rounded(exact, 3)}


def test_the_middle_of_enforcement_is_the_middle_project() -> None:
    data = Evidence("e/build_up")
    cost = data.entry["cost"]
    projects = [data.of("west_africa"), data.at_reference("peru"), data.of("chemobs")]
    assert sorted(projects)[1] == projects[1] == pytest.approx(math.sqrt(cost["p05"] * cost["p95"]), rel=0.02)


def test_three_projects_of_waste_come_to_about_four_million() -> None:
    data = Evidence("f/waste_and_releases")
    cost = data.entry["cost"]
    assert math.sqrt(cost["p05"] * cost["p95"]) == pytest.approx(middle_of_waste(data), rel=0.02)
    assert 3e6 < middle_of_waste(data) < 4.5e6


def test_the_mean_of_pesticides_is_what_the_eight_countries_paid() -> None:
    (component,) = (part for area in load_study("pops").areas for part in area.components if part.id == "pesticides")
    assert component.cost.mean() == pytest.approx(Evidence("f/pesticides").of("central_america"), rel=0.02)


@pytest.mark.parametrize("name", ["f/pcb", "f/pcb_owners"])
def test_a_fitted_cost_is_the_distribution_of_a_new_country(name: str) -> None:
    """Student t with n - k degrees of freedom around the level, scale s sqrt(1 + 1/n), cut at the cap; see docs."""
    data = Evidence(name)
    x, y = data.fitted()
    level, slope, spread, degrees = line(x, y)
    if data.entry["cost"]["size"] == "study":
        slope = mean_exponent(name)
        level, degrees = float((y - slope * (x - x.mean())).mean()), len(x) - 1
        spread = float((y - slope * x).std(ddof=1))
    law = stats.t(degrees, level, spread * math.sqrt(1 + 1 / len(x)))
    cap = math.log(data.entry["cost"]["cap"]) + slope * x.mean()
    (component,) = (
        part for area in load_study("pops").areas for part in area.components if f"{area.id}/{part.id}" == name
    )
    p = np.array([0.001, 0.05, 0.3, 0.5, 0.8, 0.95, 0.999])
    np.testing.assert_allclose(component.cost.ppf(p), np.exp(law.ppf(p * law.cdf(cap))), rtol=1e-6)
    (size,) = (exponent for exponent in component.exponents if exponent.driver == "size")
    assert size.reference == pytest.approx(math.exp(x.mean()), rel=1e-12)


def test_whole_plans_are_the_distribution_of_a_new_country() -> None:
    data = Evidence("overlap/nip")
    x, y = data.fitted()
    logs = y - mean_exponent("overlap/nip") * x
    assert len(logs) == 3
    level = float(logs.mean())
    # What the twelve pilot plans cost lies within 90 per cent of it.
    law = stats.t(2, level, float(logs.std(ddof=1)) * math.sqrt(4 / 3))
    for pilots in ("pilots_country_work", "pilots_all_in"):
        assert law.ppf(0.05) < math.log(data.of(pilots)) < law.ppf(0.95)


def test_shares_of_a_plan_leave_room_for_the_focal_unit_and_information() -> None:
    shares = [ENTRIES[name]["share"] for name in ("a/first_inventory", "b/first_plan")]
    assert all(ENTRIES[name]["overlap"] == "nip" for name in ("a/first_inventory", "b/first_plan"))
    assert sum(share["high"] for share in shares) == pytest.approx(0.95)
    assert 0.15 < 1 - sum(share["mode"] for share in shares) < 0.25


def test_a_source_is_counted_whole_only_once() -> None:
    """The parts of one document that stand under several components never sum to more than all of it."""
    parts: dict[tuple[str, float], float] = {}
    for entry in ENTRIES.values():
        for row in entry.get("data", []):
            if "share" in row and row["scope"] == "all-in":
                key = row["document"], row["amount"]
                parts[key] = parts.get(key, 0.0) + row["share"]
    assert parts
    assert max(parts.values()) <= 1.0
