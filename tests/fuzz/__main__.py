"""Run every driver of hostile cases for so long; ``make fuzz`` calls it.

Each driver of `DRIVERS` runs cases of a seed from a first number on and returns what it found. Drivers take turns in
batches until the time is over. The exit status is 1 where there was a finding, with what repeats it.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Sequence

from tests.cli.surroundings import try_surroundings
from tests.engine.damaged import read_damaged
from tests.fuzz.guided import LEFT_OUT, TARGETS, is_available, run_guided
from tests.misuse.calls import run_calls
from tests.study.mutated import run_studies
from tests.study.properties import run_properties

Driver = Callable[[int, int, int], tuple[str, Sequence[object]]]
"""From count, seed and first case to a line on what ran, and findings."""


def mutated_studies(count: int, seed: int, first: int) -> tuple[str, Sequence[object]]:
    """Run studies with mistakes."""
    outcome = run_studies(count, seed, first)
    return f"{outcome.ran} ran, {outcome.refused} refused", outcome.findings


def wrong_calls(count: int, seed: int, first: int) -> tuple[str, Sequence[object]]:
    """Call public functions with wrong arguments."""
    outcome = run_calls(count, seed, first)
    return f"{outcome.honoured} honoured, {outcome.refused} refused", outcome.findings


def damaged_folders(count: int, seed: int, first: int) -> tuple[str, Sequence[object]]:
    """Read run folders in which a file was changed, cut, swapped or removed."""
    return f"{count} folders", read_damaged(count, seed + first)


def properties_of_studies(count: int, seed: int, first: int) -> tuple[str, Sequence[object]]:
    """Generate good studies and scenarios, and check what holds of all."""
    return "generated studies and scenarios", run_properties(count, seed, first)


def hostile_surroundings(count: int, seed: int, first: int) -> tuple[str, Sequence[object]]:
    """Call commands with closed streams, low limits, folders that cannot be written and nonsense in the environment."""
    return f"{count} commands", try_surroundings(count, seed, first)


DRIVERS: dict[str, tuple[Driver, int]] = {
    "studies": (mutated_studies, 250),
    "calls": (wrong_calls, 250),
    "folders": (damaged_folders, 100),
    "properties": (properties_of_studies, 120),
    "surroundings": (hostile_surroundings, 40),
}
"""Driver and cases of a batch, by name."""
GUIDED = "guided"


def main() -> int:
    """Run drivers in turn; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="time for all drivers together")
    parser.add_argument("--cases", type=int, default=10_000, help="most cases of each driver")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted({*DRIVERS, GUIDED}), help="one driver")
    parser.add_argument("--memory", type=float, default=6.0, help="address space in GiB; 0: no limit")
    given = parser.parse_args()
    if given.memory:
        most = int(given.memory * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    chosen = {name: each for name, each in DRIVERS.items() if given.only in (None, name)}
    for_guided = 60.0 * given.minutes * {None: 0.25, GUIDED: 1.0}.get(given.only, 0.0)
    done, found = dict.fromkeys(chosen, 0), 0
    end = time.monotonic() + 60.0 * given.minutes - for_guided
    while chosen and time.monotonic() < end and min(done.values()) < given.cases:
        name = min(done, key=lambda each: done[each])
        driver, batch = chosen[name]
        count = min(batch, given.cases - done[name])
        about, findings = driver(count, given.seed, done[name])
        done[name] += count
        found += said(name, done[name], given.seed, about, findings)
    if for_guided and not is_available():
        print(LEFT_OUT)
    for target in TARGETS if for_guided and is_available() else ():
        cases, findings = run_guided(target, for_guided / len(TARGETS), given.seed)
        done[target] = cases
        found += said(f"{GUIDED}, {target}", cases, given.seed, "guided by what they reach", findings)
    print(f"{sum(done.values()):,} cases, {found} findings")
    return int(found > 0)


def said(name: str, cases: int, seed: int, about: str, findings: Sequence[object]) -> int:
    """Print what came of some cases; return how many findings there are."""
    print(f"{name}: {cases:,} cases of seed {seed}; {about}; {len(findings)} findings", flush=True)
    for finding in findings:
        print(finding, flush=True)
    return len(findings)


if __name__ == "__main__":
    raise SystemExit(main())
