"""Read a study, its catalogue, countries and prices from TOML and CSV; nothing of popsim is used.

Inputs are taken to be valid: popsim itself refuses the others.
"""

from __future__ import annotations

import copy
import csv
import math
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from .independent_fits import read_fit

Entries = list[tuple[Any, np.ndarray]]
"""(number or distribution, which countries it applies to) pairs."""


def read(path: Path, option: str = "full", overrides: dict[str, Any] | None = None) -> SimpleNamespace:
    """Everything that the formulas need, by the names that they have there."""
    toml = tomllib.loads(path.read_text())
    for other in toml.get("option", []):
        if other["id"] == option:
            change(toml, other["set"])
    change(toml, overrides or {})
    folder = path.parent
    rows = read_countries(toml, folder)
    study = SimpleNamespace(
        rows=rows,
        first_year=toml["study"]["first_year"],
        years=toml["study"]["years"],
        price_year=toml["money"]["price_year"],
        inflation=toml["money"].get("inflation"),
        discount_rate=toml["money"].get("discount_rate"),
        agency_fee=toml["financing"].get("agency_fee", 0.0) if "financing" in toml else None,
        materialised=toml.get("financing", {}).get("materialised", 1.0),
        cofinancing=entries({"cofinancing": 0.0, **toml.get("financing", {})}, "cofinancing", rows),
        breakdowns=[(b,) if isinstance(b, str) else tuple(b) for b in toml["report"]["breakdowns"]],
        drivers=read_drivers(toml, rows),
        start=entries(toml.get("start"), "years", rows),
        level=toml.get("delay", {}).get("level", 1.0),
        shocks=list(toml.get("shock", {}).values()),
        escalation=toml.get("escalation", {}).get("rate"),
        areas=[],
    )
    files = sorted((folder / toml["catalogue"]["folder"]).glob("*.toml"))
    catalogue = [tomllib.loads(file.read_text()) for file in files]
    for entry in catalogue:
        table = toml["area"].get(entry["area"]["id"])
        if table is not None and table.get("include", True):
            study.areas.append(read_area(toml, table, entry, rows, folder))
    read_wholes(study, toml, catalogue, folder)
    read_dependence(study, toml, folder)
    return study


def change(toml: dict[str, Any], changes: dict[str, Any]) -> None:
    """Lay values over a study: a dotted key replaces a value whole; plain tables are gone into, distributions not."""
    for key, value in changes.items():
        *path, last = key.split(".")
        table = toml
        for name in path:
            table = table.setdefault(name, {})
        if not path and isinstance(value, dict) and isinstance(table.get(last), dict) and "family" not in value:
            change(table[last], value)
        else:
            table[last] = copy.deepcopy(value)


def read_csv(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return list(csv.DictReader(lines))


def read_countries(toml: dict[str, Any], folder: Path) -> list[dict[str, str]]:
    rules = toml["countries"]

    def counted(row: dict[str, str]) -> bool:
        chosen = all(row[column] in values for column, values in rules.get("select", {}).items())
        return row["code"] not in rules.get("without", []) and (chosen or row["code"] in rules.get("also", []))

    return [{**row, "country": row["code"]} for row in read_csv(folder / rules["file"]) if counted(row)]


def read_drivers(toml: dict[str, Any], rows: list[dict[str, str]]) -> dict[str, np.ndarray]:
    """driver / reference, held within limits."""
    tables = dict(toml.get("driver", {}))
    if "size" in toml:
        tables["size"] = {**toml["size"], "column": toml["size"]["driver"]}
    return {
        name: np.clip(
            [float(row[table["column"]]) for row in rows], table.get("lowest", 0.0), table.get("highest", np.inf)
        )
        / table["reference"]
        for name, table in tables.items()
    }


def entries(table: dict[str, Any] | None, key: str, rows: list[dict[str, str]]) -> Entries | None:
    """Which value applies to which countries: the first group in `by` that holds a country, else table[key]."""
    if table is None or key not in table:
        return None
    left = np.ones(len(rows), bool)
    found: Entries = []
    for column in table.get("by", {}):
        for group, value in table["by"][column].items():
            here = left & np.array([row[column] == group for row in rows])
            found.append((value, here))
            left &= ~here
    return [*found, (table[key], left)]


def read_area(
    toml: dict[str, Any], table: dict[str, Any], entry: dict[str, Any], rows: list[dict[str, str]], folder: Path
) -> SimpleNamespace:
    delay = table.get("delay", toml.get("delay"))
    exponents = dict(table.get("exponent", {}))
    if "size_exponent" in table:
        exponents["size"] = table["size_exponent"]
    area = SimpleNamespace(
        **shares_of(toml, entry["area"]["id"]),
        exponents=exponents,
        need=entries(table.get("need"), "probability", rows),
        delay=entries(delay, "years", rows),
        kappa=(delay or {}).get("cost_per_year", 0.0),
        level=table["delay"].get("level", 1.0) if "delay" in table else None,
        escalation=table.get("escalation", {}).get("rate"),
        cofinancing=entries(table.get("financing"), "cofinancing", rows),
        materialised=table.get("financing", {}).get("materialised"),
        components=[],
    )
    for listed in entry["component"]:
        changed = table.get("component", {}).get(listed["id"], {})
        if changed.get("include", True):
            area.components.append(read_component(toml, table, {**listed, **changed}, rows, folder, area))
    return area


def shares_of(toml: dict[str, Any], id_: str) -> dict[str, Any]:
    """The id of an area, and what countries share in it: s all of them, q those of one group."""
    dependence, table = toml["dependence"], toml["area"].get(id_, {})
    s = table.get("common_share", dependence["common_share"])
    q = table.get("group_share", dependence.get("group_share", s)) if "group" in dependence else s
    return {"id": id_, "s": s, "q": q}


def read_wholes(study: SimpleNamespace, toml: dict[str, Any], catalogue: list[dict[str, Any]], folder: Path) -> None:
    """What components share, each with the area that states it; and the direction in which each share is drawn."""
    study.wholes, study.stating = [], []
    first: dict[str, tuple[str, str]] = {}
    for entry in catalogue:
        for k in entry["component"]:
            if "overlap" in k:
                first.setdefault(k["overlap"], (entry["area"]["id"], k["id"]))
    counted = {area.id: area for area in study.areas}
    shares = [(area, k) for area in study.areas for k in area.components if k.whole is not None]
    for entry in catalogue:
        id_ = entry["area"]["id"]
        for listed in entry.get("overlap", []):
            if all(k.whole != listed["id"] for _, k in shares):
                continue
            whole = {**listed, **toml.get("overlap", {}).get(listed["id"], {})}
            if id_ not in counted:
                counted[id_] = SimpleNamespace(**shares_of(toml, id_))
                study.stating.append(counted[id_])
            place = [*study.areas, *study.stating].index(counted[id_])
            found = read_whole(toml, whole, toml["area"].get(id_, {}).get("size_exponent", 0.0), folder)
            study.wholes.append(SimpleNamespace(id=listed["id"], area=place, **vars(found)))
            factor = money_factor(toml["money"], listed, folder)
            for area, k in shares:
                if k.whole == listed["id"]:
                    k.money_factor, k.centre = factor, found.centre
                    k.sign = 1.0 if first[k.whole] == (area.id, k.id) else -1.0


def read_whole(toml: dict[str, Any], whole: dict[str, Any], stated: Any, folder: Path) -> SimpleNamespace:
    """Cost of a whole, what countries share in it, and how its shares scale where it is fitted with an exponent."""
    s, q = whole.get("common_share"), whole.get("group_share")
    if "fit" not in whole["cost"]:
        return SimpleNamespace(cost=whole["cost"], centre=1.0, exponent=None, s=s, q=q)
    beside = folder / toml["catalogue"]["folder"]
    fit = read_fit(toml, whole, stated, beside, lambda of: money_factor(toml["money"], of, folder), read_csv)
    return SimpleNamespace(
        cost=fit.cost,
        centre=fit.centre,
        exponent=None if cost_size(whole) == "study" else fit.exponent,
        s=fit.common_share if s is None else s,
        q=q,
    )


def read_component(
    toml: dict[str, Any],
    table: dict[str, Any],
    entry: dict[str, Any],
    rows: list[dict[str, str]],
    folder: Path,
    area: SimpleNamespace,
) -> SimpleNamespace:
    own = dict(entry.get("exponent", {}))
    if "size_exponent" in entry:
        own["size"] = entry["size_exponent"]
    if "overlap" in entry:
        # Its money, and how it scales where the whole is fitted, follow from the whole.
        cost, centre, share = entry["share"], 1.0, None
        factor = math.nan
    else:
        cost, centre, share = entry["cost"], 1.0, entry.get("common_share")
        factor = money_factor(toml["money"], entry, folder)
    if isinstance(cost, dict) and "fit" in cost:
        beside = folder / toml["catalogue"]["folder"]
        stated = own.get("size", area.exponents.get("size", 0.0))
        fit = read_fit(toml, entry, stated, beside, lambda of: money_factor(toml["money"], of, folder), read_csv)
        cost, centre = fit.cost, fit.centre
        share = fit.common_share if share is None else share
        if cost_size(entry) != "study":
            own["size"] = fit.exponent
    return SimpleNamespace(
        id=entry["id"],
        cost=cost,
        whole=entry.get("overlap"),
        centre=centre,
        s=share,
        q=entry.get("group_share"),
        money_factor=factor,
        u=profile(entry, table.get("postponed", 0), toml["study"]["years"]),
        exponents=own,
        need=entries(entry.get("need"), "probability", rows),
        cofinancing=entries(entry.get("financing"), "cofinancing", rows),
        materialised=entry.get("financing", {}).get("materialised"),
        needed_with=entry.get("needed_with"),
    )


def cost_size(entry: dict[str, Any]) -> Any:
    return entry["cost"].get("size", "study")


def profile(entry: dict[str, Any], postponed: int, years: int) -> np.ndarray:
    """u[y]: the share paid in each programme year, or 1 in each year with a payment."""
    first = entry.get("start", 1) - 1 + postponed
    u = np.zeros(years)
    if entry["kind"] == "one-off":
        spread = entry.get("spread", [1.0])
        u[first : first + len(spread)] = np.array(spread) / sum(spread)
    else:
        last = years if entry["years"] == "all" else first + entry["years"]
        u[first : last : entry.get("every", 1)] = 1.0
    return u


def money_factor(money: dict[str, Any], entry: dict[str, Any], folder: Path) -> float:
    """Exchange at the rate of the entry's price year, then the index of the study's currency to the study's."""
    factor, year, ours = 1.0, entry["price_year"], money["currency"]
    if entry["currency"] != ours:
        rates = {
            (row["currency"], row["per"]): float(row["rate"])
            for row in read_csv(folder / money["exchange_rates"])
            if int(row["year"]) == year
        }
        pair = (entry["currency"], ours)
        factor = 1.0 / rates[pair] if pair in rates else rates[pair[::-1]]
    if year != money["price_year"]:
        index = {
            int(row["year"]): float(row["index"])
            for row in read_csv(folder / money["price_index"])
            if row["currency"] == ours
        }
        factor *= index[money["price_year"]] / index[year]
    return factor


def read_dependence(study: SimpleNamespace, toml: dict[str, Any], folder: Path) -> None:
    table, between = toml["dependence"], toml["dependence"]["between_areas"]
    study.r = study.R = None
    study.s0 = table["common_share"]
    study.q0 = table.get("group_share", study.s0)
    study.w = table["between_components"]
    column = table.get("group")
    names = [row[column] if column else "" for row in study.rows]
    study.group = np.array([sorted(set(names)).index(name) for name in names])
    study.need = {"between_needs": 0.0, "with_cost": 0.0, "common_share": 0.0, **table.get("need", {})}
    study.delay = {"between_areas": 0.0, "common_share": 0.0, **table.get("delay", {})}
    study.start_share = table.get("start", {}).get("common_share", 0.0)
    ids = [area.id for area in [*study.areas, *study.stating]]
    if isinstance(between, str):
        with (folder / between).open() as file:
            lines = [line for line in csv.reader(file) if line and not line[0].startswith("#")]
        between = {"labels": lines[0][1:], "values": [[float(cell) for cell in line[1:]] for line in lines[1:]]}
    if not isinstance(between, dict):
        study.r = between
    elif "groups" in between:
        study.R = np.full((len(ids), len(ids)), float(between["otherwise"]))
        for group in between["groups"]:
            inside = np.array([name in group["areas"] for name in ids])
            study.R[np.outer(inside, inside)] = group["correlation"]
        np.fill_diagonal(study.R, 1.0)
    else:
        places = [between["labels"].index(name) for name in ids]
        study.R = np.array(between["values"], float)[np.ix_(places, places)]
