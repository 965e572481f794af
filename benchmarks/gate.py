"""What CI holds: ratios against numpy and scipy, measured in one run, at half of what the table asks.

Half, so that a noisy machine does not fail it and a lost vectorisation does. ``python -m benchmarks.gate`` measures the
rows that are gated; with --all it shows the others too, which do not count.
"""

from __future__ import annotations

import sys
import time

from benchmarks.ratios import interleaved
from benchmarks.rows import ROWS, Row

ROUNDS = 5


def measure(row: Row) -> float:
    """Measure a row in a quick form."""
    clock = time.process_time if row.one_thread else time.perf_counter
    return interleaved(row.pair(True), ROUNDS, clock).value


def main() -> int:
    """Measure every gated row; 1 where one falls below half of its target twice in a row."""
    short = 0
    for row in ROWS:
        if not row.gated and "--all" not in sys.argv:
            continue
        floor, found = row.target / 2.0, measure(row)
        if row.gated and found < floor:
            found = max(found, measure(row))
        short += row.gated and found < floor
        word = "not gated" if not row.gated else "ok" if found >= floor else "SHORT"
        print(f"{word:9}  {found:8.2f} x  (at least {floor:g} x)  {row.work}, against {row.against}", flush=True)
    print(f"{sum(row.gated for row in ROWS) - short} ratios hold, {short} do not")
    return int(short > 0)


if __name__ == "__main__":
    sys.exit(main())
