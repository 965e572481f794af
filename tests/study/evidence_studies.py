"""A study whose third area has the components and the data that a test states."""

from __future__ import annotations

import shutil
from pathlib import Path

SMALL = Path(__file__).parent / "fixtures" / "small"
COMPONENT = """
[[component]]
id = "{id}"
name = "{id}"
kind = "one-off"
currency = "USD"
price_year = 2010
basis = "judgement"
rationale = "Invented."
scope = "{scope}"
cost = {cost}
"""
ROW = """
[[component.data]]
id = "{id}"
name = "{id}"
amount = {amount}
year = {year}
scope = "{scope}"
document = "{document}"
figure = "{amount} in {year}"
status = "verified"
"""
AREA = """format = 1

[area]
id = "z"
name = "Third"
document = "Invented"
description = "The third area."
"""
STATED = '{ family = "lognormal", p05 = 1_000_000, p95 = 6_500_000 }'


def component(*rows: str, cost: str = STATED, scope: str = "whole", accepted: str = "", name: str = "equipment") -> str:
    """Return the TOML of a component with rows of data."""
    head = COMPONENT.format(id=name, cost=cost, scope=scope)
    return "\n".join([head, *rows, f"[component.accepted]\n{accepted}" if accepted else ""])


def row(
    name: str, amount: float, *, scope: str = "all-in", document: str = "", year: int = 2010, more: str = ""
) -> str:
    """Return the TOML of a row of data."""
    text = ROW.format(id=name, amount=amount, year=year, scope=scope, document=document or f"Page on {name}")
    return f"{text}{more}\n"


def write(folder: Path, *components: str, ending: str = "") -> Path:
    """Write a study whose area z has some components, and whose file may end otherwise; return its file."""
    small = Path(shutil.copytree(SMALL, folder / "small"))
    first = small / "catalogue" / "x_first.toml"
    text = first.read_text(encoding="utf-8").replace('"Invented"\nfigure = "1 to 9', '"Invented too"\nfigure = "1 to 9')
    first.write_text(text, encoding="utf-8")
    (small / "catalogue" / "z_third.toml").write_text("\n".join([AREA, *components]), encoding="utf-8")
    file = small / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + ending, encoding="utf-8")
    return file


GOOD = [row("kenya", 1_700_000), row("peru", 2_600_000), row("nepal", 4_100_000)]
"""Amounts that a range of 1 to 6.5 million holds."""
WIDE = [row("kenya", 170_000), row("peru", 7_600_000), row("nepal", 41_000_000)]
"""Amounts that it does not hold."""
