"""The catalogue as data: complete, sourced, and faithful to a small table of figures typed in by hand."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ..published import AREAS

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "distributions").glob("*.toml"))
YEARS = 10

# Figures that were read in the sources, and below them what follows from such figures by arithmetic.
READ = {
    500_000, 9_155_000, 4_089_000, 58_738, 19_000, 77_738, 495_075, 147_200, 642_275, 401_100, 497_000, 39_991, 60_342,
    50_957, 63_921_291, 15_053, 85_000, 136_115, 171_946, 284_300, 784_300, 250_000, 200_000, 1_000_000, 2_580_000,
    1_000, 247_250, 78_475, 60_738, 21_715, 408_178, 10_838_251, 307_692, 14_214_000, 4_108_500, 7_662_380,
    11_770_880, 1_950_000, 50_000, 4_254_836, 6_254_836,
}  # fmt: skip
DERIVED = {
    762_917: 9_155_000 / 12,
    340_750: 4_089_000 / 12,
    187_582: 28_700_000 / 153,
    209_239: 38_500_000 / 184,
    833_712: 10_838_251 / 13,
    1_776_750: 14_214_000 / 8,
    31_250: 2_000_000 / 64,
    6_897: 2_000_000 / 290,
}
# A few that each component must quote: taking a source away, or mistyping it, is seen here.
MUST_QUOTE = {
    "a/first_inventory": {"340,750", "401,100", "497,000", "642,275", "762,917", "500,000"},
    "a/inventory_update": {"77,738"},
    "b/first_plan": {"340,750", "187,582"},
    "c/unit_set_up": {"784,300"},
    "c/unit_running": {"50,957", "39,991", "60,342", "85,000", "171,946"},
    "d/legal_package": {"209,239", "250,000", "500,000"},
    "e/build_up": {"833,712", "307,692", "2,580,000", "247,250"},
    "f/pcb": {"2,580,000", "11,770,880", "14.5"},
    "f/pesticides": {"1,776,750"},
    "f/waste_and_releases": {"6,254,836"},
    "g/supply_networks": {"3.305"},
    "h/first_campaign": {"31,250"},
    "h/programme": {"6,897"},
}
PARAMETERS = {
    "triangular": {"low", "mode", "high"},
    "pert": {"low", "mode", "high"},
    "uniform": {"low", "high"},
    "lognormal": set(),
    "gamma": set(),
    "weibull": set(),
    "metalog": {"low", "high"},
}


def load(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def components() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in FILES:
        entry = load(path)
        for component in entry["component"]:
            yield f"{entry['area']['id']}/{component['id']}", component


def big_numbers(text: str) -> set[int]:
    """Whole numbers with thousands separators, which is how the catalogue writes amounts that are not in millions."""
    return {int(number.replace(",", "")) for number in re.findall(r"\d{1,3}(?:,\d{3})+", text)}


def quantiles(cost: dict[str, Any]) -> list[tuple[float, float]]:
    return sorted((float(f"0.{key[1:]}"), value) for key, value in cost.items() if re.fullmatch(r"p\d{2,}", key))


def source_problems(component: dict[str, Any]) -> list[str]:
    """Say what is wrong with the evidence of a component; empty when nothing is."""
    problems = []
    sources = component.get("source", [])
    if not sources and component["basis"] != "judgement":
        problems.append("no source, and not marked as judgement")
    for source in sources:
        if set(source) - {"address"} != {"document", "figure", "status"}:
            problems.append(f"fields {sorted(source)}")
            continue
        if source["status"] not in {"verified", "derived"}:
            problems.append(f"status {source['status']}")
        unknown = big_numbers(source["figure"]) - READ - set(DERIVED)
        if unknown:
            problems.append(f"figures that nobody read: {sorted(unknown)}")
        if "INF/3" in source["document"] + source["figure"] + source.get("address", ""):
            problems.append("a figure attributed to INF/3, which was not to be had")
    return problems


def cost_problems(cost: dict[str, Any]) -> list[str]:
    """Say what is wrong with the parameters of a cost; empty when nothing is."""
    parameters = dict(cost)
    family = parameters.pop("family")
    pairs = quantiles(parameters)
    named = {key: value for key, value in parameters.items() if not re.fullmatch(r"p\d{2,}", key)}
    problems = [] if set(named) <= PARAMETERS[family] else [f"parameters {sorted(named)}"]
    if family in {"lognormal", "gamma", "weibull"} and len(pairs) != 2:
        problems.append("two quantiles wanted")
    if family == "metalog" and len(pairs) < 3:
        problems.append("three quantiles wanted")
    if family in {"triangular", "pert", "uniform"} and (pairs or set(named) != PARAMETERS[family]):
        problems.append("limits wanted, and no quantiles")
    values = [value for _, value in pairs]
    bounds = [named[key] for key in ("low", "mode", "high") if key in named]
    if any(later <= earlier for rising in (values, bounds) for earlier, later in pairwise(rising)):
        problems.append("values that do not rise")
    if min(values + bounds) < 0 or (family == "metalog" and "low" not in named):
        problems.append("a cost that may be negative")
    if values and bounds and not named["low"] < values[0] <= values[-1] < named.get("high", math.inf):
        problems.append("quantiles outside the bounds")
    return problems


COMPONENTS = {name: component for name, component in components() if name[0] in AREAS}
"""Those of the published areas: their evidence was read and typed in here; `popsim check` checks any other."""
each_component = pytest.mark.parametrize("component", COMPONENTS.values(), ids=COMPONENTS.keys())


def test_one_file_for_each_area_and_the_eight_of_the_treaty_are_there() -> None:
    areas = {load(path)["area"]["id"]: load(path)["area"] for path in FILES}
    assert len(areas) == len(FILES)
    assert len({area["name"] for area in areas.values()}) == len(FILES)
    for path, (name, area) in zip(FILES, areas.items(), strict=True):
        assert path.name.startswith(name + "_")
        assert set(area) == {"id", "name", "document", "description"}
    for name in AREAS:
        assert areas[name]["document"] == f"UNEP/POPS/INC.2/3, para. 3 ({name})"


def test_one_to_three_components_and_no_id_twice() -> None:
    for path in FILES:
        entry = load(path)
        assert set(entry) == {"format", "area", "component"}
        assert entry["format"] == 1
        ids = [component["id"] for component in entry["component"]]
        assert 1 <= len(ids) <= 3
        assert len(set(ids)) == len(ids)


@each_component
def test_component_is_complete(component: dict[str, Any]) -> None:
    wanted = {"id", "name", "kind", "start", "currency", "price_year", "basis", "rationale", "cost"}
    wanted |= {"one-off": {"spread"}, "per-year": {"years"}, "stepped": {"years", "every"}}[component["kind"]]
    assert set(component) - {"source"} == wanted
    assert re.fullmatch(r"[a-z][a-z0-9_]*", component["id"])
    assert component["basis"] in {"evidence", "proxy", "judgement"}
    assert component["currency"] == "USD"
    assert 1996 <= component["price_year"] <= 2025
    assert len(re.findall(r"[.;](?:\s|$)", component["rationale"])) >= 2


@each_component
def test_payments_fit_ten_years(component: dict[str, Any]) -> None:
    start = component["start"]
    if component["kind"] == "one-off":
        assert math.isclose(sum(component["spread"]), 1.0, abs_tol=1e-9)
        assert min(component["spread"]) > 0
        assert start + len(component["spread"]) - 1 <= YEARS
    else:
        assert component["years"] == "all" or start + component["years"] - 1 <= YEARS
    assert 1 <= start <= YEARS


@each_component
def test_sources(component: dict[str, Any]) -> None:
    assert source_problems(component) == []


@each_component
def test_costs(component: dict[str, Any]) -> None:
    assert cost_problems(component["cost"]) == []


def test_source_check_can_fail() -> None:
    good = {"document": "A", "figure": "US$ 77,738", "status": "verified"}
    assert source_problems({"basis": "proxy", "source": [good]}) == []
    assert source_problems({"basis": "proxy"})
    assert source_problems({"basis": "judgement"}) == []
    assert source_problems({"basis": "proxy", "source": [good | {"status": "recalled"}]})
    assert source_problems({"basis": "proxy", "source": [good | {"figure": "US$ 77,739"}]})
    assert source_problems({"basis": "proxy", "source": [good | {"document": "UNEP/POPS/INC.2/INF/3"}]})
    assert source_problems({"basis": "proxy", "source": [{"document": "A", "status": "verified"}]})


@pytest.mark.parametrize(
    "cost",
    [
        {"family": "lognormal", "p05": 9, "p95": 1},
        {"family": "lognormal", "p05": 9},
        {"family": "pert", "low": 1, "mode": 5, "high": 4},
        {"family": "pert", "low": -1, "mode": 5, "high": 9},
        {"family": "uniform", "low": 1, "mode": 2, "high": 4},
        {"family": "metalog", "p10": 1, "p50": 2, "p90": 3},
        {"family": "metalog", "p10": 1, "p50": 2, "p90": 9, "low": 0, "high": 8},
    ],
)
def test_cost_check_can_fail(cost: dict[str, Any]) -> None:
    assert cost_problems(cost)


def test_derived_figures_follow_from_read_ones() -> None:
    for printed, exact in DERIVED.items():
        assert abs(printed - exact) <= 0.5, printed
    # Per country-year of ozone units, and the factors that rationales use.
    assert abs(50_957 - 63_921_291 / 15_053 * 12) <= 0.5
    assert round(15_053 / 580) == 26
    assert abs(1.5686 - 784_300 / 500_000) <= 5e-5
    assert abs(3.305 - 9.915 / 3) <= 5e-4


def test_components_quote_their_evidence() -> None:
    for name, wanted in MUST_QUOTE.items():
        quoted = " ".join(source["figure"] for source in COMPONENTS[name]["source"])
        missing = {figure for figure in wanted if figure not in quoted}
        assert not missing, (name, missing)


def test_split_of_the_nip_grants_is_marked_as_judgement() -> None:
    for name in ("a/first_inventory", "b/first_plan"):
        assert COMPONENTS[name]["basis"] == "judgement"
        assert "judgement" in COMPONENTS[name]["rationale"]
    assert all(component["basis"] == "judgement" for name, component in COMPONENTS.items() if name.startswith("g/"))


def test_inventory_and_plan_leave_room_inside_the_nip_grants() -> None:
    # 300,000 to 800,000 dollars is the whole plan (README); a and b together may not exceed it, c and h take the rest.
    inventory, plan = (COMPONENTS[name]["cost"] for name in ("a/first_inventory", "b/first_plan"))
    assert inventory["p05"] + plan["p05"] < 300_000
    assert inventory["p95"] + plan["p95"] < 800_000
    assert inventory["p05"] == 0.45 * 300_000
    assert plan["p95"] == pytest.approx(0.35 * 800_000)
    assert COMPONENTS["a/first_inventory"]["price_year"] == COMPONENTS["b/first_plan"]["price_year"] == 2002


def test_enforcement_is_paid_like_the_tranches_in_croatia() -> None:
    tranches = [247_250, 78_475, 60_738, 21_715]
    spread = COMPONENTS["e/build_up"]["spread"]
    assert len(spread) == len(tranches)
    for share, tranche in zip(spread, tranches, strict=True):
        assert abs(share - tranche / sum(tranches)) <= 5e-4


def test_several_families_are_used() -> None:
    assert len({component["cost"]["family"] for component in COMPONENTS.values()}) >= 5


def test_most_likely_values_add_up_to_less_than_means() -> None:
    # Closed forms only: limits of triangular and PERT; the lognormal by its two quantiles (1.6448536 = normal P95).
    for component in COMPONENTS.values():
        cost = component["cost"]
        match cost["family"]:
            case "triangular":
                mean, mode = (cost["low"] + cost["mode"] + cost["high"]) / 3, cost["mode"]
            case "pert":
                mean, mode = (cost["low"] + 4 * cost["mode"] + cost["high"]) / 6, cost["mode"]
            case "lognormal":
                sigma = math.log(cost["p95"] / cost["p05"]) / (2 * 1.6448536269514722)
                median = math.sqrt(cost["p05"] * cost["p95"])
                mean, mode = median * math.exp(sigma**2 / 2), median * math.exp(-(sigma**2))
            case _:
                continue
        assert mode < mean


def test_nothing_in_the_catalogue_is_attributed_to_inf_3() -> None:
    for path in FILES:
        assert "INF/3" not in path.read_text(encoding="utf-8")
