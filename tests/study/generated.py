"""Strategies of hypothesis for whole studies: good ones, and the same with one stated mistake; and for scenarios.

A good study has all that it refers to: a catalogue, countries and prices. Its values are such as a person might write.
"""

from __future__ import annotations

import copy
import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w
import xarray as xr
from hypothesis import strategies as st

Draw = Callable[..., Any]
Table = dict[str, Any]
WHY = {"basis": "judgement", "rationale": "Generated."}
REGIONS, INCOMES = ("North", "South", "West"), ("LIC", "LMC", "UMC")
AREAS = ("a", "b", "c")


@dataclass
class Generated:
    """The files of a study."""

    study: Table
    catalogue: dict[str, Table]
    """By area, in the order of their files."""
    countries: list[dict[str, object]]

    def write(self, folder: Path) -> Path:
        """Write the files into a folder, which is made; return it."""
        (folder / "catalogue").mkdir(parents=True)
        (folder / "study.toml").write_text(tomli_w.dumps(self.study), encoding="utf-8")
        for place, document in enumerate(self.catalogue.values()):
            text = tomli_w.dumps(document)
            (folder / "catalogue" / f"{document['area']['id']}_{place}.toml").write_text(text, encoding="utf-8")
        with (folder / "countries.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(self.countries[0]))
            writer.writeheader()
            writer.writerows(self.countries)
        prices = [
            "currency,year,index,series,source",
            *(f"USD,{year},{year - 1900},x,x" for year in (2000, 2010, 2020)),
        ]
        (folder / "prices.csv").write_text("\n".join(prices) + "\n", encoding="utf-8")
        return folder

    def copy(self) -> Generated:
        """Return the same, to be changed."""
        return copy.deepcopy(self)


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Return numbers of four digits or less, between two bounds."""
    return st.floats(low, high, allow_nan=False).map(lambda value: float(f"{value:.4g}"))


shares = st.integers(0, 100).map(lambda value: value / 100)
amounts = numbers(0.01, 1e7)


@st.composite
def costs(draw: Draw) -> Table:
    """Return the cost of a component: some family with parameters that fit."""
    low, mode, high = sorted(draw(st.lists(amounts, min_size=3, max_size=3, unique=True)))
    family = draw(st.sampled_from(("constant", "uniform", "triangular", "pert", "lognormal", "gamma", "discrete")))
    return {
        "constant": {"value": low},
        "uniform": {"low": low, "high": high},
        "triangular": {"low": low, "mode": mode, "high": high},
        "pert": {"low": low, "mode": mode, "high": high},
        "lognormal": {"p05": low, "p95": min(high, 100.0 * low) if low < high else 2.0 * low},
        "gamma": {"shape": draw(numbers(0.5, 20.0)), "scale": low},
        "discrete": {"values": [low, high], "probabilities": [0.25, 0.75]},
    }[family] | {"family": family}


@st.composite
def components(draw: Draw, name: str, years: int) -> Table:
    """Return a component of a catalogue."""
    kind = draw(st.sampled_from(("one-off", "per-year", "stepped")))
    found: Table = {"id": name, "name": name.title(), "kind": kind, "currency": "USD"}
    found |= {"price_year": draw(st.sampled_from((2000, 2010, 2020))), "cost": draw(costs()), **WHY}
    found["start"] = draw(st.integers(1, years))
    if kind == "one-off":
        parts = draw(st.integers(1, years - found["start"] + 1))
        found["spread"] = [1.0 / parts] * parts
    else:
        found["years"] = draw(st.one_of(st.just("all"), st.integers(1, years - found["start"] + 1)))
    if kind == "stepped":
        found["every"] = draw(st.integers(1, 4))
    return found


@st.composite
def catalogues(draw: Draw, years: int) -> dict[str, Table]:
    """Return a catalogue of some areas."""
    found = {}
    for area in AREAS[: draw(st.integers(1, len(AREAS)))]:
        about = {"id": area, "name": area.upper(), "document": "Generated", "description": "Generated."}
        names = ("office", "travel", "fees")[: draw(st.integers(1, 3))]
        listed = [draw(components(name, years)) for name in names]
        found[area] = {"format": 1, "area": about, "component": listed}
    return found


@st.composite
def countries(draw: Draw) -> list[dict[str, object]]:
    """Return the rows of a table of countries."""
    rows = []
    for code in ("AAA", "BBB", "CCC", "DDD", "EEE")[: draw(st.integers(1, 5))]:
        groups = {"region": draw(st.sampled_from(REGIONS)), "income": draw(st.sampled_from(INCOMES))}
        size = {"population": draw(st.integers(1_000, 2_000_000_000)), "population_year": 2020}
        stated = {"population_basis": "evidence", "note": "", "source": "generated"}
        rows.append({"code": code, "name": f"Land {code}", **groups, **size, **stated})
    return rows


def last_year(component: Table) -> int:
    """Return the programme year in which the last payment is, or the first where it pays until the end."""
    if component["kind"] == "one-off":
        return int(component["start"] + len(component["spread"]) - 1)
    return int(component["start"] + (0 if component["years"] == "all" else component["years"] - 1))


def areas(
    years: int, document: Table, rows: list[dict[str, object]], has_financing: bool, common: tuple[float, float]
) -> st.SearchStrategy[Table]:
    """Return what a study says of an area.

    Parameters
    ----------
    years
        Of the programme.
    document, rows
        Of the catalogue, and the countries.
    has_financing
        Whether the study has co-financing in common for all areas.
    common
        What the study states of correlation between areas, and of what countries have in common.
    """
    regions = st.sampled_from(sorted({str(row["region"]) for row in rows}))
    needs = st.fixed_dictionaries(
        {"probability": shares},
        optional={"by": st.dictionaries(regions, shares, max_size=2).map(lambda x: {"region": x})},
    )
    delays = st.fixed_dictionaries({"years": numbers(0.0, 2.0)}, optional={"cost_per_year": numbers(0.0, 0.2)})
    pledged = st.fixed_dictionaries({"cofinancing": shares}, optional={"materialised": shares})
    said = {
        "size_exponent": numbers(0.0, 1.0),
        # Between two bounds, beyond which no correlations of areas are possible.
        "common_share": numbers(0.1, 0.9).map(lambda x: common[0] * common[1] + x * (1.0 - common[0])),
        "postponed": st.integers(0, years - max(map(last_year, document["component"]))),
        "need": needs.map(lambda x: x | WHY),
        "delay": delays.map(lambda x: x | WHY),
        "escalation": numbers(-0.05, 0.1).map(lambda x: {"rate": x, **WHY}),
        "financing": pledged.map(lambda x: x | WHY),
    }
    if not has_financing:
        del said["financing"]
    return st.fixed_dictionaries({}, optional=said)


@st.composite
def studies(draw: Draw) -> Generated:
    """Return the files of a good study."""
    years = draw(st.integers(1, 6))
    rows, catalogue = draw(countries()), draw(catalogues(years))
    names = ("between_areas", "between_components", "common_share")
    dependence = dict(zip(names, draw(st.tuples(numbers(0.0, 0.9), shares, shares)), strict=True))
    study: Table = {
        "format": 1,
        "study": {"name": "generated", "title": "Generated", "first_year": 2030, "years": years},
        "scenarios": {"count": 16, "seed": draw(st.integers(0, 2**64 - 1))},
        "money": {"currency": "USD", "price_year": 2020, "price_index": "prices.csv"},
        "catalogue": {"folder": "catalogue"},
        "countries": {"file": "countries.csv", "rationale": "All."},
        "size": {"driver": "population", "reference": 1_000_000, **WHY},
        "dependence": {**dependence, **WHY},
        "report": {"coverage": draw(numbers(0.1, 0.8)), "breakdowns": ["area", "region", ["area", "year"]]},
    }
    further: dict[str, st.SearchStrategy[Table]] = {
        "start": numbers(0.0, 3.0).map(lambda x: {"years": x, **WHY}),
        "financing": st.tuples(numbers(0.0, 0.3), shares).map(
            lambda x: {"agency_fee": x[0], "cofinancing": x[1], **WHY}
        ),
        "shock": st.tuples(shares, numbers(0.5, 3.0)).map(
            lambda x: {"war": {"name": "War", "areas": ["a"], "probability": x[0], "factor": x[1], **WHY}}
        ),
        "option": shares.map(
            lambda x: [{"id": "other", "name": "Other", "rationale": "x", "set": {"dependence.between_components": x}}]
        ),
    }
    study |= draw(st.fixed_dictionaries({}, optional=further))
    common = (dependence["between_areas"], dependence["common_share"])
    study["area"] = {
        area: draw(areas(years, document, rows, "financing" in study, common)) for area, document in catalogue.items()
    }
    if draw(st.booleans()):
        study["money"]["discount_rate"] = draw(numbers(0.0, 0.2))
    return Generated(study, catalogue, rows)


Mistake = Callable[[Generated], str]
"""Changes a good study; returns what the message must name."""


def _stating(where: tuple[str, ...], value: object) -> Mistake:
    """Return the mistake of another value at a key of the study."""

    def mistake(good: Generated) -> str:
        table = good.study
        for name in where[:-1]:
            table = table.setdefault(name, {})
        table[where[-1]] = value
        return where[-1]

    return mistake


def _of_component(key: str, value: object) -> Mistake:
    def mistake(good: Generated) -> str:
        next(reversed(good.catalogue.values()))["component"][-1][key] = value
        return key

    return mistake


def _without(*where: str) -> Mistake:
    def mistake(good: Generated) -> str:
        table = good.study
        for name in where[:-1]:
            table = table[name]
        del table[where[-1]]
        return where[-1]

    return mistake


def _of_country(key: str, value: object) -> Mistake:
    def mistake(good: Generated) -> str:
        good.countries[-1][key] = value
        return key

    return mistake


def _twice(good: Generated) -> str:
    document = next(iter(good.catalogue.values()))
    document["component"].append(copy.deepcopy(document["component"][0]))
    return "id"


MISTAKES: dict[str, Mistake] = {
    "no years": _stating(("study", "years"), 0),
    "years as text": _stating(("study", "years"), "three"),
    "a key that is none": _stating(("study", "colour"), "red"),
    "no scenarios": _stating(("scenarios", "count"), 0),
    "a negative seed": _stating(("scenarios", "seed"), -1),
    "a design that is none": _stating(("scenarios", "design"), "best"),
    "a currency that is none": _stating(("money", "currency"), "dollars"),
    "a year without prices": _stating(("money", "price_year"), 1950),
    "a share above one": _stating(("dependence", "common_share"), 1.5),
    "not a number": _stating(("dependence", "between_areas"), float("nan")),
    "no reason": _without("dependence", "rationale"),
    "no countries": _without("countries", "file"),
    "a coverage of all": _stating(("report", "coverage"), 1.0),
    "a breakdown that is none": _stating(("report", "breakdowns"), ["planet"]),
    "an area that is none": _stating(("area", "q"), {}),
    "a probability above one": _stating(("area", "a", "need"), {"probability": 1.5, **WHY}),
    "a start before the programme": _stating(("start",), {"years": -1.0, **WHY}),
    "a kind that is none": _of_component("kind", "weekly"),
    "a cost that is upside down": _of_component("cost", {"family": "uniform", "low": 2.0, "high": 1.0}),
    "a family that is none": _of_component("cost", {"family": "bell", "low": 2.0}),
    "a component before the first year": _of_component("start", 0),
    "a component twice": _twice,
    "a negative population": _of_country("population", -5),
    "a population that is none": _of_country("population", "many"),
    "a country without a code": _of_country("code", ""),
}
"""By name, each a way to spoil a good study."""


@st.composite
def scenarios(draw: Draw, base: xr.Dataset) -> xr.Dataset:
    """Return a dataset as that of a run, with other costs: equal ones, far ones, and all of one value among them."""
    options, count = base.sizes["option"], draw(st.integers(40, 60))
    scale = draw(st.sampled_from((1e-6, 1.0, 1e9, 1e14)))
    values = st.one_of(st.sampled_from((0.0, 1.0, 2.0)), st.floats(0.0, 1e3, allow_subnormal=False))
    drawn = draw(st.lists(values, min_size=options * count, max_size=options * count))
    cost = scale * np.reshape(drawn, (options, count))
    part = base[["cost"]].isel(scenario=slice(0, count))
    return part.assign(cost=(("option", "scenario"), cost, base["cost"].attrs))
