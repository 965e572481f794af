"""What dieharder says is counted, and WEAK results are matched with their repeats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .battery import BEGIN, CONTROLS, END, FULL, RUNS, TELLING, Result, exact, null_distances, table, weak_share
from .words import BITS, ORDERS
from .words import CONTROLS as GENERATORS

PAGE = Path(__file__).parents[3] / "docs" / "rng-quality.md"
LOG = """#|dieharder|3.31.1|popsim|0.1.0|x86_64
lcg|top|0|first|diehard_count_1s_str|0|256000|100|0.00000000|FAILED
lcg|top|10|first|sts_serial|1|100000|100|0.01245170|PASSED
#|seconds|lcg|top|18
countries|top|20|first|diehard_runs|0|100000|100|0.20000000|PASSED
countries|top|20|first|diehard_runs|0|100000|100|0.99700000|WEAK
countries|top|30|repeat|diehard_runs|0|100000|400|0.30000000|PASSED
countries|top|30|repeat|diehard_runs|0|100000|400|0.99600000|WEAK
countries|top|30|repeat|diehard_runs|0|100000|500|0.40000000|PASSED
countries|top|30|repeat|diehard_runs|0|100000|500|0.50000000|PASSED
#|seconds|countries|top|150
#|bad|0
"""


def test_results_are_counted_and_matched_with_their_repeats(tmp_path: Path) -> None:
    log, page = tmp_path / "log.txt", tmp_path / "page.md"
    log.write_text(LOG, encoding="utf-8")
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    assert table(log, page) == 0
    lines = page.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "before"
    assert lines[-1] == "after"
    assert "old" not in lines
    assert "dieharder 3.31.1, popsim 0.1.0, x86_64." in lines
    assert any(line.startswith("| countries | top | 2 | 1 | 1 | 0 | 0.0 | ") for line in lines)
    weak = "| countries | top | diehard_runs | 0 | 0.99700000 | WEAK | 500 | 0.50000000 | PASSED |"
    assert weak in lines
    assert "| lcg | 2 | 1 | diehard_count_1s_str |" in lines
    assert any(line.startswith("1 WEAK of 2; ") for line in lines)


def test_distance_of_dieharder_is_corrected() -> None:
    assert exact(0.25, 1) == 0.25
    # Of u <= v, max(|u - 1/3|, |v - 2/3|) is below d <= 1/6 with probability 2 (2 d)^2 = 8 d^2; 6 standard errors.
    distances = null_distances(2)
    assert np.mean(distances < 1 / 6) == pytest.approx(2 / 9, abs=6 * (2 / 9 * 7 / 9 / len(distances)) ** 0.5)
    # For many p-samples both distances are one: the share of WEAK falls to 1 %.
    shares = [weak_share(Result("", "", 0, "", "", 0, 0, count, 0.5, "")) for count in (10, 100, 400)]
    assert shares == sorted(shares, reverse=True)
    assert weak_share(Result("", "", 0, "", "", 0, 0, 1, 0.5, "")) == pytest.approx(0.01, abs=1e-3)


def test_every_order_is_tested_and_every_bad_generator() -> None:
    asked = {(name, bits) for name, bits, _ in RUNS}
    assert asked == {(order, bits) for order in ORDERS for bits in ("top", "used")} | {(bad, "top") for bad in CONTROLS}
    assert set(CONTROLS) == set(GENERATORS)
    assert {"top", "used"} < set(BITS)
    assert set(TELLING) < set(FULL)


def test_page_shows_every_run() -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = page[page.index(BEGIN) : page.index(END)]
    for name, bits, _ in RUNS:
        assert f"| {name} | " in shown if name in CONTROLS else f"| {name} | {bits} | " in shown
