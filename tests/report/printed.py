"""Read printed amounts again, to compare them with what they stand for."""

from __future__ import annotations

import re

from popsim.report.document import Document, Paragraph, Table

SCALES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
MONEY = r"US\$ ((?:[<>] )?−?[\d,.]+(?:e−?\d+)?)(?: (thousand|million|billion))?"


def number(text: str) -> tuple[float, float]:
    """Give the number and half a unit of its last digit."""
    bare, _, power = text.replace(",", "").replace("−", "-").partition("e")
    scale = 10.0 ** int(power or 0)
    decimals = len(bare.partition(".")[2])
    zeros = 0 if decimals else len(bare.lstrip("-")) - len(bare.lstrip("-").rstrip("0"))
    return float(bare) * scale, 0.5 * 10.0 ** (zeros - decimals) * scale


def check_money(printed: re.Match[str] | None, value: float) -> None:
    """Check that an amount is what is printed, to half a unit of its last digit that is not 0."""
    assert printed is not None
    text, word = printed.groups()
    scale = SCALES[word or ""]
    if text.startswith(("<", ">")):
        assert abs(value) < abs(number(text[2:])[0]) * scale
        return
    shown, half = number(text)
    assert abs(value / scale - shown) <= half * (1 + 1e-9) + 1e-9 * abs(shown)


def spoken(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def check_cell(cell: str, value: float) -> None:
    """Check a cell of a table, whose heading names the unit."""
    check_money(re.fullmatch(r"\+?((?:[<>] )?−?[\d,.]+(?:e−?\d+)?)()", spoken(cell).strip()), value)


def lead_of(document: Document) -> list[str]:
    """Sentences of a report on the range of each total and on what would be enough."""
    (section,) = (section for section in document.sections if section.id == "budgets")
    return [block.text for block in section.blocks if isinstance(block, Paragraph) and not block.note]


def first_table(document: Document) -> Table:
    """Ranges of the totals, on the first page."""
    return next(block for block in document.sections[0].blocks if isinstance(block, Table))
