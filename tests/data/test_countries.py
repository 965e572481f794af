"""The packaged study's data: countries, prices and settings, held against facts typed in by hand."""

from __future__ import annotations

import csv
import re
import statistics
import tomllib
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ..published import AREAS

CONFIGS = Path(__file__).parents[2] / "configs"
COLUMNS = [
    "code", "name", "region", "category", "ldc", "sids", "income", "population", "population_year", "population_basis",
    "population_2031", "population_2031_basis", "note", "source",
]  # fmt: skip
ALLOWED = {
    "region": {"African", "Asia-Pacific", "Latin America and Caribbean", "Eastern European"},
    "category": {"developing", "economy in transition"},
    "ldc": {"LDC", "not LDC"},
    "sids": {"SIDS", "not SIDS"},
    "income": {"LIC", "LMC", "UMC", "HIC", "unclassified"},
    "population_year": {"2007"},
    "population_basis": {"evidence"},
    "population_2031_basis": {"expert"},
}
EUROPEAN_UNION_EIT = {"BGR", "CZE", "EST", "HRV", "HUN", "LTU", "LVA", "POL", "ROU", "SVK", "SVN"}
NOT_UN_MEMBERS = {"COK", "NIU", "PSE"}
# The list at the end of 2024, typed in from the facts.
LDC = {
    "AGO", "BEN", "BFA", "BDI", "CAF", "TCD", "COM", "COD", "DJI", "ERI", "ETH", "GMB", "GIN", "GNB", "LSO", "LBR",
    "MDG", "MWI", "MLI", "MRT", "MOZ", "NER", "RWA", "SEN", "SLE", "SOM", "SSD", "SDN", "TGO", "UGA", "TZA", "ZMB",
    "AFG", "BGD", "KHM", "KIR", "LAO", "MMR", "NPL", "SLB", "TLS", "TUV", "YEM", "HTI",
}  # fmt: skip
M49_NAMES = {
    "BHS": "Bahamas",
    "BOL": "Bolivia (Plurinational State of)",
    "BRN": "Brunei Darussalam",
    "CIV": "Côte d'Ivoire",
    "COD": "Democratic Republic of the Congo",
    "COG": "Congo",
    "CPV": "Cabo Verde",
    "FSM": "Micronesia (Federated States of)",
    "GMB": "Gambia",
    "IRN": "Iran (Islamic Republic of)",
    "KOR": "Republic of Korea",
    "LAO": "Lao People's Democratic Republic",
    "MDA": "Republic of Moldova",
    "MKD": "North Macedonia",
    "PRK": "Democratic People's Republic of Korea",
    "PSE": "State of Palestine",
    "RUS": "Russian Federation",
    "STP": "Sao Tome and Principe",
    "SWZ": "Eswatini",
    "SYR": "Syrian Arab Republic",
    "TLS": "Timor-Leste",
    "TUR": "Türkiye",
    "TZA": "United Republic of Tanzania",
    "VEN": "Venezuela (Bolivarian Republic of)",
    "VNM": "Viet Nam",
}


def read(name: str) -> list[dict[str, str]]:
    lines = (CONFIGS / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


COUNTRIES = read("countries.csv")
PRICES = {int(row["year"]): float(row["index"]) for row in read("prices.csv")}
STUDY: dict[str, Any] = tomllib.loads((CONFIGS / "pops.toml").read_text(encoding="utf-8"))


def row_problems(row: dict[str, str]) -> list[str]:
    """Say what is wrong with a row; empty when nothing is."""
    problems = [f"{column} = {row[column]}" for column, values in ALLOWED.items() if row[column] not in values]
    if list(row) != COLUMNS:
        problems.append("columns")
    if not re.fullmatch(r"[A-Z]{3}", row["code"]) or not row["name"].strip() or not row["source"].strip():
        problems.append("code, name or source")
    if not all(re.fullmatch(r"[1-9]\d*", row[column]) for column in ("population", "population_2031")):
        problems.append("population")
    elif not 1 / 2 < int(row["population_2031"]) / int(row["population"]) < 3:
        problems.append("a population that grows or shrinks beyond belief")
    if "Gapminder" not in row["source"]:
        problems.append("a population without its source")
    return problems


def test_every_row() -> None:
    problems = {row["code"]: row_problems(row) for row in COUNTRIES}
    assert {code: found for code, found in problems.items() if found} == {}


@pytest.mark.parametrize(
    "change",
    [
        {"region": "GRULAC"},
        {"income": ""},
        {"population": "0"},
        {"population": "1e6"},
        {"population": "89783"},
        {"population_2031": ""},
        {"population_basis": "judgement"},
        {"source": "lists of the UN and the World Bank"},
        {"code": "Fij"},
    ],
)
def test_row_check_can_fail(change: dict[str, str]) -> None:
    fiji = next(row for row in COUNTRIES if row["code"] == "FJI")
    assert row_problems(fiji) == []
    assert row_problems(fiji | change)


def test_155_countries_each_once() -> None:
    assert len(COUNTRIES) == 155
    for column in ("code", "name"):
        assert len({row[column] for row in COUNTRIES}) == 155
    assert {row["code"] for row in COUNTRIES} >= NOT_UN_MEMBERS


def test_names_are_those_of_the_united_nations() -> None:
    # Typed in from the M49 list: the names whose common form is another.
    assert {row["code"]: row["name"] for row in COUNTRIES if row["code"] in M49_NAMES} == M49_NAMES
    for row in read("example/countries.csv"):
        assert row["name"] == next(other["name"] for other in COUNTRIES if other["code"] == row["code"])
    for row in COUNTRIES:
        assert unicodedata.is_normalized("NFC", row["name"])


def test_groups_agree_with_the_lists() -> None:
    assert {row["code"] for row in COUNTRIES if row["ldc"] == "LDC"} == LDC
    assert len(LDC) == 44
    # 38 SIDS that are UN members, and the Cook Islands and Niue; 28 economies in transition, less the 11 in the Union.
    assert sum(row["sids"] == "SIDS" for row in COUNTRIES) == 38 + 2
    assert sum(row["category"] == "economy in transition" for row in COUNTRIES) == 28 - len(EUROPEAN_UNION_EIT) == 17
    assert not {row["code"] for row in COUNTRIES} & (EUROPEAN_UNION_EIT | {"CYP"})
    assert Counter(row["region"] for row in COUNTRIES) == {
        "African": 54,
        "Asia-Pacific": 49 - 1 + 5 + 3,  # without Cyprus; five economies in transition of Central Asia; three Parties
        "Latin America and Caribbean": 33,
        "Eastern European": 28 - 5 - 11,
    }


def test_populations_that_were_read() -> None:
    # Typed in from the file named in README.md: 2007 and 2031.
    known = {
        "CHN": (1_325_813_582, 1_393_748_670),
        "IND": (1_190_676_021, 1_536_540_602),
        "NPL": (26_788_492, 30_780_917),
        "PHL": (91_075_184, 122_301_597),
        "SDN": (32_764_135, 59_872_938),
        "SSD": (8_388_788, 13_725_412),
        "COK": (15_495, 11_261),
    }
    rows = {row["code"]: (int(row["population"]), int(row["population_2031"])) for row in COUNTRIES}
    assert {code: rows[code] for code in known} == known


def test_readme_says_how_populations_grow() -> None:
    counted = [row for row in COUNTRIES if row["income"] in STUDY["countries"]["select"]["income"]]
    then, later = ([int(row[column]) for row in counted] for column in ("population", "population_2031"))
    readme = " ".join((CONFIGS / "README.md").read_text(encoding="utf-8").split())
    whole, median = sum(later) / sum(then), statistics.median(b / a for a, b in zip(then, later, strict=True))
    assert f"have {whole - 1:.0%} more people".replace("%", " per cent") in readme
    assert f"the median country has {median - 1:.0%} more".replace("%", " per cent") in readme


def test_hand_filled_parties_say_so() -> None:
    for row in COUNTRIES:
        if row["code"] in NOT_UN_MEMBERS:
            assert "Party that is not a UN member" in row["note"]
            assert all(word in row["note"] for word in ("region", "category", "LDC", "SIDS", "income", "judgement"))
    income = {row["code"]: row["income"] for row in COUNTRIES}
    assert {code for code, group in income.items() if group == "unclassified"} == {"COK", "NIU", "VEN"}


@pytest.mark.parametrize(("year", "factor"), [(1998, 1.9245), (2002, 1.7437), (2010, 1.4386), (2016, 1.3070)])
def test_price_factors_to_2024(year: int, factor: float) -> None:
    assert abs(PRICES[2024] / PRICES[year] - factor) <= 5e-5


def test_prices_are_complete() -> None:
    assert sorted(PRICES) == list(range(1996, 2026))
    assert len(read("prices.csv")) == len(PRICES)
    assert PRICES[2025] == 321.943
    assert {(row["currency"], row["series"][:18]) for row in read("prices.csv")} == {("USD", "CPI-U, CUUR0000SA0")}


def test_study_refers_to_what_there_is() -> None:
    areas = [
        tomllib.loads(path.read_text(encoding="utf-8"))["area"]["id"]
        for path in sorted((CONFIGS / STUDY["catalogue"]["folder"]).glob("*.toml"))
    ]
    assert list(STUDY["area"]) == [area for area in areas if area in STUDY["area"]]
    assert set(STUDY["area"]) >= set(AREAS)
    assert (CONFIGS / STUDY["countries"]["file"]).is_file()
    assert (CONFIGS / STUDY["money"]["price_index"]).is_file()
    assert STUDY["money"]["price_year"] in PRICES
    assert set(STUDY["countries"]["select"]["income"]) < ALLOWED["income"]


def test_who_is_counted() -> None:
    counted = {row["code"] for row in COUNTRIES if row["income"] in STUDY["countries"]["select"]["income"]}
    assert len(counted) == 133
    assert "133 of 155" in STUDY["countries"]["rationale"]
    assert counted >= LDC
    assert not counted & {"RUS", "BHS", "SAU"}
    assert counted >= {"COK", "NIU", "VEN"}


def test_correlations_can_be_honoured() -> None:
    # The part of an area that is its own must have a common share between 0 and 1: r s0 <= s <= r s0 + 1 - r.
    dependence = STUDY["dependence"]
    shared = dependence["between_areas"] * dependence["common_share"]
    of_groups = dependence["between_areas"] * (dependence["group_share"] - dependence["common_share"])
    for area in STUDY["area"].values():
        common = area.get("common_share", dependence["common_share"])
        assert shared <= common <= shared + 1 - dependence["between_areas"]
        # So must the part of an area that is a region's.
        share = area.get("group_share", dependence["group_share"])
        assert common + of_groups <= share <= shared + of_groups + 1 - dependence["between_areas"]
        exponent = area.get("size_exponent", 0)
        for value in (exponent["low"], exponent["high"]) if isinstance(exponent, dict) else (exponent,):
            assert 0 <= value <= 1
    assert dependence["basis"] == STUDY["size"]["basis"] == "judgement"


def test_the_delay_is_that_of_351_projects() -> None:
    late = {0: 21 + 72, 6: 74, 12: 68, 24: 60, 63: 56}  # months, the last by judgement
    assert sum(late.values()) == 351
    years = STUDY["delay"]["years"]
    assert years["values"] == [0.0, *(months / 12 for months in late)]
    shares = [sum(list(late.values())[: k + 1]) / 351 for k in range(5)]
    assert max(abs(a - b) for a, b in zip(years["probabilities"], [0.0, *shares], strict=True)) <= 5e-5
    middles = [(a + b) / 2 for a, b in zip([0, *late], late, strict=False)]
    mean = sum(count * middle for count, middle in zip(late.values(), middles, strict=True)) / 351
    assert 5823 / 580 < round(mean, 1) == 12.4 < 5823 / 351


def test_financing_quotes_what_was_read() -> None:
    financing = STUDY["financing"]
    grants = {  # dollars granted, fee
        "Bangladesh": (495_075, 54_000),
        "Philippines": (4_108_500, 382_000),
        "South Africa": (8_242_500, 741_825),
        "Kazakhstan": (10_350_000, 1_035_000),
        "Nepal": (880_000, 88_000),
        "China, medical waste": (11_650_000, 1_200_000),
        "China, pesticide waste": (9_959_000, 1_019_000),
        "East Asia": (950_000, 95_000),
        "Mozambique": (1_950_000, 195_000),
        "African ChemObs": (10_500_000, 945_000),
    }
    fees = [fee / granted for granted, fee in grants.values()]
    stated = financing["agency_fee"]
    assert stated["low"] == round(min(fees), 2) == 0.09
    assert stated["high"] == round(max(fees), 2) == 0.11
    assert stated["mode"] == round(statistics.median(fees), 2)
    pledged = financing["cofinancing"]
    assert pledged["low"] == 440 / (360 + 440)
    assert pledged["high"] == round(1.701 / (1.701 + 0.695), 2)
    assert financing["materialised"]["low"] == round(2_728_031 / 10_580_625, 2)
    waste = STUDY["area"]["f"]["component"]["waste_and_releases"]["financing"]["cofinancing"]
    assert waste["mode"] == round(4_254_836 / 6_254_836, 2)
    assert waste["high"] == round(32_100_000 / 42_290_000, 2) > round(33_157_140 / 45_157_140, 2)


def test_what_is_a_grant_in_the_catalogue_is_asked_for_whole() -> None:
    for path in sorted((CONFIGS / STUDY["catalogue"]["folder"]).glob("[a-h]_*.toml")):
        entry = tomllib.loads(path.read_text(encoding="utf-8"))
        table = STUDY["area"][entry["area"]["id"]]
        for component in entry["component"]:
            own = table.get("component", {}).get(component["id"], {})
            who_pays = own.get("financing") or table.get("financing") or STUDY["financing"]
            wanted = {"grant": 0, "cofinancing": 1}.get(component.get("scope", "whole"))
            assert wanted in (None, who_pays["cofinancing"]), component["id"]
            assert wanted is None or "by" not in who_pays


def test_size_limits_cover_the_countries() -> None:
    size = STUDY["size"]
    assert size["driver"] == "population_2031"
    below = {row["code"] for row in COUNTRIES if int(row["population_2031"]) < size["lowest"]}
    above = {row["code"] for row in COUNTRIES if int(row["population_2031"]) > size["highest"]}
    assert all(int(row["population"]) <= size["highest"] for row in COUNTRIES)  # those of cited amounts
    assert below == {"COK", "KNA", "MHL", "NIU", "NRU", "PLW", "TUV"}
    assert above == {"CHN", "IND"}
    assert size["lowest"] < size["reference"] < size["highest"]
