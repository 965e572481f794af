"""Fit lognormal costs to the rows of data of a component, by least squares of logarithms; nothing of popsim is used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from .independent_families import build


def read_fit(
    toml: dict[str, Any],
    entry: dict[str, Any],
    size_exponent: Any,
    folder: Path,
    money_factor: Callable[[dict[str, Any]], float],
    read_csv: Callable[[Path], list[dict[str, str]]],
) -> SimpleNamespace:
    """Cost as a TOML table, the exponent of size, where the cost stands in size, and the share common to countries.

    log(amount) = level + exponent x (log(size) - centre) + noise. A new cost at the centre has a Student t with n - k
    degrees of freedom, of scale s sqrt(1 + 1/n); the exponent one of scale s / sqrt(sum of squared distances), within
    0 to 2.
    """
    stated = entry["cost"]
    rows = chosen(entry, folder, read_csv)
    own = money_factor(entry)
    unit = np.array([per_country(row) * money_factor({**entry, **money_of(row)}) / own for row in rows])
    logs = np.log(unit)
    size = stated.get("size", "study")
    known = mean(size_exponent) if size == "study" else size
    if known == 0.0:
        x, centre = np.zeros(len(rows)), 0.0
    else:
        sizes = np.log([size_of(row, toml, folder, read_csv) for row in rows])
        centre = sizes.mean()
        x = sizes - centre
    n, squares = len(rows), float(x @ x)
    slope = float(x @ logs) / squares if known == "estimate" else float(known)
    level = logs.mean()
    degrees = n - 2 if known == "estimate" else n - 1
    s = float(np.sqrt(((logs - level - slope * x) ** 2).sum() / degrees))
    cost = {"family": "logstudent", "mu": level, "sigma": s * np.sqrt(1.0 + 1.0 / n), "degrees": degrees}
    exponent: Any = size_exponent if size == "study" else slope
    if known == "estimate":
        drawn = {"family": "student", "mean": slope, "scale": s / np.sqrt(squares), "degrees": degrees}
        exponent = {"family": "truncated", "low": 0.0, "high": 2.0, "distribution": drawn}
    return SimpleNamespace(
        cost={"family": "truncated", "high": stated["cap"] * float(np.exp(slope * centre)), "distribution": cost},
        exponent=exponent,
        centre=float(np.exp(centre)),
        common_share=1.0 / (n + 1.0),
    )


def chosen(entry: dict[str, Any], folder: Path, read_csv: Callable[[Path], list[dict[str, str]]]) -> list[Any]:
    """Rows that the cost is fitted to."""
    named = entry["cost"].get("data")
    if isinstance(named, str):
        rows: list[Any] = read_csv(folder / named)
        return [row for row in rows if (row.get("use") or "fit") == "fit"]
    rows = entry["data"]
    return [row for row in rows if row["id"] in named] if named else [row for row in rows if row.get("use") != "shown"]


def money_of(row: dict[str, Any]) -> dict[str, Any]:
    return {"price_year": int(row["year"])} | ({"currency": row["currency"]} if row.get("currency") else {})


def codes(row: dict[str, Any]) -> list[str]:
    stated = row.get("country") or []
    return stated.split() if isinstance(stated, str) else list(stated)


def per_country(row: dict[str, Any]) -> float:
    """What the row says of one country."""
    share = float(row.get("share") or 1.0)
    return float(row["amount"]) * share / int(row.get("countries") or len(codes(row)) or 1)


def size_of(
    row: dict[str, Any], toml: dict[str, Any], folder: Path, read_csv: Callable[[Path], list[dict[str, str]]]
) -> float:
    """Size of the countries of a row over the reference: the geometric mean of several."""
    rules = toml["size"]
    if row.get("size"):
        held = np.clip(float(row["size"]), rules.get("lowest", 0.0), rules.get("highest", np.inf))
        return float(held) / rules["reference"]
    column = rules.get("data_driver", rules["driver"])
    root = folder
    while not (root / toml["countries"]["file"]).exists():
        root = root.parent
    people = {each["code"]: float(each[column]) for each in read_csv(root / toml["countries"]["file"])}
    held = np.clip([people[code] for code in codes(row)], rules.get("lowest", 0.0), rules.get("highest", np.inf))
    return float(np.exp(np.log(held / rules["reference"]).mean()))


def mean(value: Any) -> float:
    """Expected value of a number or a distribution, by the middle of a million stretches of probability."""
    if not isinstance(value, dict):
        return float(value)
    p = (np.arange(1_000_000) + 0.5) / 1_000_000
    return float(build(value).ppf(p).mean())
