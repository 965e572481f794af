"""Where the sample cannot have seen the tail, that is said in place of an error, everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from popsim.analysis.tails import UNSEEN

from ..reproduction.small import ONE, component, lognormal, write

Calling = Callable[..., Any]


@pytest.fixture
def run(call: Calling, tmp_path: Path) -> dict[str, Any]:
    """JSON of a run whose only cost is a lognormal of sigma 5; beside it one that is constant."""
    areas = {"x": {"k": component(lognormal(1e6, 5.0))}, "y": {"k": component(1e4)}}
    path = write(tmp_path, areas, ONE)
    done = call("run", str(path), "--scenarios", "10000", "--out", "run", "--json", "--no-drivers")
    assert done.status == 0, done.err
    assert not re.search(r"\b(NaN|Infinity)\b", done.out)
    return json.loads(done.out)


def found(mapping: Any, key: str) -> list[Any]:
    """Every value of a key, at any depth."""
    if isinstance(mapping, list):
        return [value for part in mapping for value in found(part, key)]
    if isinstance(mapping, dict):
        below = [value for part in mapping.values() for value in found(part, key)]
        return [mapping[key], *below] if key in mapping else below
    return []


def test_json_has_no_number_and_a_sentence(run: dict[str, Any]) -> None:
    assert None in found(run, "mean_error")
    assert set(found(run, "mean_error_unknown_because")) == {UNSEEN}


def test_the_report_and_the_table_say_it(call: Calling, run: dict[str, Any], tmp_path: Path) -> None:
    done = call("report", "run")
    assert done.status == 0, done.err
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    page = re.sub(r"<(script|style|svg).*?</\1>", " ", page, flags=re.DOTALL)
    text = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert text.count(UNSEEN) >= 3
    assert "The mean of the total cost is known exactly without simulation" in text
    assert not re.search(r"\b(nan|inf)\b", text)


def test_a_budget_says_it_of_what_is_missing(call: Calling, run: dict[str, Any]) -> None:
    done = call("budget", "run", "--amount", "1e6")
    assert (done.status, done.err) == (0, "")
    assert UNSEEN in " ".join(done.out.split())
    done = call("budget", "run", "--amount", "1e6", "--json")
    assert not re.search(r"\b(NaN|Infinity)\b", done.out)
    assert None in found(json.loads(done.out), "shortfall_error")


def test_amounts_stand_in_the_unit_of_the_amount_asked_about(call: Calling, run: dict[str, Any]) -> None:
    """An error that is not known says nothing of the unit, and the amount is printed as it was stated."""
    said = " ".join(call("budget", "run", "--amount", "12345678").out.split())
    assert "Does US$ 12.345678 million suffice for the total cost?" in said
    assert "US$ million, constant" in said
    assert "billion" not in said
