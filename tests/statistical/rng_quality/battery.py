"""Run dieharder on the random words of popsim: ``battery.py run > FILE``, then ``battery.py table FILE PAGE``.

Every test reads scenarios of its own, from a multiple of 10^10 on, so that no two tests of a run see the same words.
WEAK and FAILED results are repeated on fresh words with four times the samples, and more while they stay WEAK.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from popsim.version import __version__

WORDS = Path(__file__).with_name("words.py")
STRIDE = 10**10
BEGIN, END = "<!-- begin: made by make rng-quality -->", "<!-- end -->"
# dieharder calls p WEAK outside 0.005 ... 0.995 and FAILED outside 1e-6 ... 1 - 1e-6.
WEAK = 0.005
SIMULATED = 50_000

# DNA and the greatest common divisors would take as long as all other tests: fewer p-samples than 100 are drawn.
SHORTENED = {7: 25, 17: 10}

Test = tuple[int, int | None]
"""Number of a test in dieharder, and its n-tuple or lag."""

PLAIN: list[Test] = [(number, None) for number in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17)]
PLAIN += [(number, None) for number in (100, 101, 102, 204, 205, 206, 207, 208, 209)]
FULL: list[Test] = PLAIN + [(200, n) for n in range(1, 13)]
FULL += [(201, n) for n in range(2, 6)] + [(202, n) for n in range(2, 6)] + [(203, n) for n in (0, 1, 2, 3, 7, 15)]
TELLING: list[Test] = [(number, None) for number in (0, 2, 3, 4, 5, 6, 7, 8, 9, 102, 205, 209)]
TELLING += [(200, 2), (200, 8), (202, 5), (203, 0), (203, 1), (203, 7)]
CONTROL: list[Test] = [(8, None), (102, None), (200, 4)]

RUNS: list[tuple[str, str, list[Test]]] = [
    ("lcg", "top", CONTROL),
    ("rounds", "top", CONTROL),
    ("countries", "top", FULL),
    ("countries", "used", TELLING),
    ("areas", "top", TELLING),
    ("areas", "used", TELLING),
    ("scenarios", "top", TELLING),
    ("scenarios", "used", TELLING),
]
CONTROLS = ("lcg", "rounds")


@dataclass(frozen=True)
class Result:
    """One p-value of dieharder."""

    name: str
    bits: str
    first: int
    round: str
    test: str
    ntuple: int
    samples: int
    p_samples: int
    p: float
    verdict: str

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What is tested, on what."""
        return self.name, self.bits, self.test, self.ntuple


def dieharder(name: str, bits: str, first: int, test: Test, options: Iterable[str] = ()) -> Iterator[list[str]]:
    """Run one test and give the fields of its lines: test, n-tuple, samples, p-samples, p-value, verdict."""
    source = [sys.executable, str(WORDS), name, bits, "--first", str(first)]
    command = ["dieharder", "-g", "200", "-d", str(test[0]), "-k", "2", *options]
    if test[1] is not None:
        command += ["-n", str(test[1])]
    if test[0] in SHORTENED and "-p" not in command:
        command += ["-p", str(SHORTENED[test[0]])]
    with subprocess.Popen(source, stdout=subprocess.PIPE) as words:
        done = subprocess.run(command, stdin=words.stdout, capture_output=True, text=True, check=True)
        assert words.stdout is not None
        words.stdout.close()
    if words.returncode != 0:
        raise ChildProcessError(f"{' '.join(source)} ended with status {words.returncode}")
    for line in done.stdout.splitlines():
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == 6 and fields[-1] in ("PASSED", "WEAK", "FAILED"):
            yield fields


def cpu_seconds() -> float:
    """CPU time of all that was started and has ended."""
    used = os.times()
    return used.children_user + used.children_system


def say(*fields: object) -> None:
    sys.stdout.write("|".join(str(field) for field in fields) + "\n")
    sys.stdout.flush()


def run() -> int:
    """Run all tests, a line per p-value; the status is 0 if good words pass, in the end, and bad ones fail."""
    version = subprocess.run(["dieharder", "-l"], capture_output=True, text=True, check=True).stdout
    say("#", "dieharder", re.findall(r"version (\S+)", version)[0], "popsim", __version__, platform.machine())
    place, bad = 0, 0
    for name, bits, tests in RUNS:
        before, refused = cpu_seconds(), False
        for test in tests:
            results = list(dieharder(name, bits, place * STRIDE, test))
            for fields in results:
                say(name, bits, place * STRIDE, "first", *fields)
            place += 1
            refused |= any(fields[-1] == "FAILED" for fields in results)
            if name not in CONTROLS and any(fields[-1] != "PASSED" for fields in results):
                more = ("-Y", "1", "-p", str(4 * int(results[0][3])))
                for fields in dieharder(name, bits, place * STRIDE, test, more):
                    say(name, bits, place * STRIDE, "repeat", *fields)
                    bad += fields[-1] == "FAILED"
                place += 1
        bad += name in CONTROLS and not refused
        say("#", "seconds", name, bits, round(cpu_seconds() - before))
    say("#", "bad", bad)
    return min(bad, 1)


def read(text: str) -> tuple[list[str], dict[tuple[str, str], int], list[Result]]:
    """Read what `run` wrote: the versions, the seconds of each run, the results."""
    head: list[str] = []
    seconds: dict[tuple[str, str], int] = {}
    results = []
    for line in text.splitlines():
        fields = line.split("|")
        if line.startswith("#|dieharder"):
            head = [fields[2], *fields[4:6]]
        elif line.startswith("#|seconds"):
            seconds[fields[2], fields[3]] = int(fields[4])
        elif not line.startswith("#"):
            name, bits, first, which, test, ntuple, samples, p_samples, p, verdict = fields
            numbers = int(ntuple), int(samples), int(p_samples), float(p)
            results.append(Result(name, bits, int(first), which, test, *numbers, verdict))
    return head, seconds, results


@cache
def null_distances(p_samples: int) -> NDArray[np.float64]:
    """Give dieharder's distances for perfect words, simulated.

    dieharder takes the largest |p[i] - i / (n + 1)| of n sorted p-samples for the distance of Kolmogorov and Smirnov,
    which is larger, so its p-values are too large.
    """
    generator = np.random.default_rng(p_samples)
    places = np.arange(1, p_samples + 1) / (p_samples + 1)
    rounds = [np.sort(generator.random((SIMULATED // 50, p_samples)), axis=1) for _ in range(50)]
    return np.concatenate([np.abs(each - places).max(axis=1) for each in rounds])


@cache
def exact(p: float, p_samples: int) -> float:
    """Give the probability that perfect words have a p-value of dieharder below p."""
    if p_samples == 1:
        return p
    return float(np.mean(null_distances(p_samples) > stats.kstwo.isf(p, p_samples)))


def weak_share(item: Result) -> float:
    """Give the probability that perfect words are WEAK or FAILED."""
    return exact(WEAK, item.p_samples) + 1 - exact(1 - WEAK, item.p_samples)


def row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def count(results: list[Result], verdict: str) -> int:
    return sum(result.verdict == verdict for result in results)


def summary(seconds: dict[tuple[str, str], int], first: list[Result]) -> Iterator[str]:
    yield row(
        "neighbours", "bits", "p-values", "PASSED", "WEAK", "FAILED", "WEAK expected", "p-values uniform: p", "CPU"
    )
    yield row(*["---"] * 2, *["---:"] * 7)
    groups = [pair for pair in seconds if pair[0] not in CONTROLS]
    for name, bits in [*groups, ("all", "")]:
        these = [item for item in first if name == "all" or (item.name, item.bits) == (name, bits)]
        counts = [count(these, verdict) for verdict in ("PASSED", "WEAK", "FAILED")]
        uniform = stats.kstest([exact(item.p, item.p_samples) for item in these], "uniform").pvalue
        used = sum(seconds[pair] for pair in groups) if name == "all" else seconds[name, bits]
        expected = f"{sum(map(weak_share, these)):.1f}"
        yield row(name, bits, len(these), *counts, expected, f"{uniform:.2f}", f"{used / 60:.0f} min")


def repeats(first: list[Result], again: list[Result]) -> Iterator[str]:
    doubtful = [item for item in first if item.verdict != "PASSED"]
    weak = count(first, "WEAK")
    # A sum of rare events of unequal probabilities: nearly Poisson.
    chance = stats.poisson.sf(weak - 1, sum(map(weak_share, first)))
    yield f"{weak} WEAK of {len(first)}; so many or more are expected with probability {chance:.2f} by chance alone."
    if not doubtful:
        return
    yield from ("", row("neighbours", "bits", "test", "n", "p", "", "repeat: p-samples", "p", ""))
    yield row("---", "---", "---", "---:", "---:", "---", "---:", "---:", "---")
    # A test may give several p-values of one name, in the same order each time.
    places: dict[tuple[str, str, str, int], int] = {}
    for item in first:
        places[item.key] = nth = places.get(item.key, -1) + 1
        if item.verdict != "PASSED":
            # A line for each number of p-samples that was tried; the last stands.
            block = [each for each in again if each.key == item.key]
            second = [each for each in block if each.p_samples == block[-1].p_samples][nth]
            yield row(*item.key, f"{item.p:.8f}", item.verdict, second.p_samples, f"{second.p:.8f}", second.verdict)


def controls(first: list[Result]) -> Iterator[str]:
    yield row("bad generator", "p-values", "FAILED", "tests that fail")
    yield row("---", "---:", "---:", "---")
    for name in CONTROLS:
        these = [item for item in first if item.name == name]
        failed = [item for item in these if item.verdict == "FAILED"]
        yield row(name, len(these), len(failed), ", ".join(dict.fromkeys(item.test for item in failed)))


def table(source: Path, page: Path) -> int:
    """Write the summary between the marks of a page."""
    head, seconds, results = read(source.read_text(encoding="utf-8"))
    good = [item for item in results if item.name not in CONTROLS]
    first = [item for item in good if item.round == "first"]
    again = [item for item in good if item.round == "repeat"]
    lines = [BEGIN, f"dieharder {head[0]}, popsim {head[1]}, {head[2]}.", "", *summary(seconds, first), ""]
    lines += [*repeats(first, again), "", *controls([item for item in results if item.name in CONTROLS]), END]
    text = page.read_text(encoding="utf-8")
    start, stop = text.index(BEGIN), text.index(END) + len(END)
    page.write_text(text[:start] + "\n".join(lines) + text[stop:], encoding="utf-8")
    return 0


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["table"] and len(arguments) == 3:
        return table(Path(arguments[1]), Path(arguments[2]))
    if arguments != ["run"]:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return run()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
