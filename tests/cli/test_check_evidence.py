"""`popsim check` prints what speaks against a range, and fails on it only where asked to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ..study.evidence_studies import WIDE, component, row, write


@pytest.mark.parametrize(("accepted", "status"), [("", 2), ('outside = "a"\nspread = "b"\nfar = "c"', 0)])
def test_check_prints_warnings_and_strict_fails_on_open_ones(
    tmp_path: Path, call: Callable[..., Any], accepted: str, status: int
) -> None:
    file = str(write(tmp_path, component(*WIDE, accepted=accepted)))
    plain, strict, as_json = call("check", file), call("check", file, "--strict"), call("check", file, "--json")
    assert (plain.status, strict.status, as_json.status) == (0, status, 0)
    assert plain.out == strict.out
    text = " ".join(plain.out.split())
    open_ones, accepted_ones = (0, 3) if accepted else (3, 0)
    counts = f"{open_ones} warnings, and {accepted_ones} accepted"
    assert f"Evidence: 3 of 3 cited amounts are compared with ranges; {counts}." in text
    assert ("Accepted: a" in text) is bool(accepted)
    assert ("To mend: fit the cost to the data" in text) is not bool(accepted)
    assert text.endswith("In order.")
    evidence = json.loads(as_json.out)["evidence"]
    assert evidence["amounts_compared"] == 3
    assert [warning["warning"] for warning in evidence["warnings"]] == ["outside", "spread", "far"]
    assert [warning["accepted"] for warning in evidence["warnings"]] == (["a", "b", "c"] if accepted else ["", "", ""])


def test_a_reason_that_answers_nothing_is_printed(tmp_path: Path, call: Callable[..., Any]) -> None:
    file = str(write(tmp_path, component(accepted='spread = "Long ago."')))
    assert '- z/equipment accepts "spread", and no such warning is left.' in call("check", file, "--strict").out


def test_amounts_that_are_not_compared_are_counted(tmp_path: Path, call: Callable[..., Any]) -> None:
    shown = row("cancelled", 44_000_000, more='use = "shown"\nreason = "Cancelled."')
    sized = row("sized", 2_000_000, more="size = 1_000_000")
    file = str(write(tmp_path, component(sized, shown, *WIDE)))
    exponent = ["--set", "area.z.size_exponent=0.5"]
    assert "1 of 5 cited amounts are compared with ranges, 1 only shown;" in " ".join(
        call("check", file, *exponent).out.split()
    )
    evidence = json.loads(call("check", file, "--json", *exponent).out)["evidence"]
    assert [evidence[key] for key in ("amounts_compared", "amounts_only_shown", "amounts_without_size")] == [1, 1, 3]


def test_check_says_where_there_is_nothing_to_compare(call: Callable[..., Any]) -> None:
    assert "Evidence: no amounts are cited as data; 0 warnings, and 0 accepted." in call("check", "example").out
