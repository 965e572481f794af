"""Seconds until P5, P50, P80 and P95 of the total are known to 0.5 %: ``python -m benchmarks.seconds``.

Known to 0.5 % means that 1.96 root mean square errors of each quantile are at most 0.5 % of it. Errors are those of
independent seeds at two numbers of scenarios, around the true value, which is the average over all seeds of Sobol
points; elsewhere, the error is a power of the number. The time is processor time of one call with so many scenarios.

Libraries that draw independent scenarios need as many as popsim's random ones, whatever they are written in: the error
of a quantile depends on the distribution alone. Their seconds are what they take for the fused job, times the share of
its scenarios that is needed (`benchmarks.peers` measures it; the table of peers in README.md holds it).
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import popsim as ps
from benchmarks import jobs
from benchmarks.ratios import timed
from benchmarks.table import PAGES, write
from popsim.plan import Plan

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.5, 0.8, 0.95)
WANTED = 0.005
SIZES = {"fused job": (512, 2_048), "packaged study": (2_048, 8_192)}
DESIGNS = {
    "random": ("random", 1),
    "Latin hypercube": ("latin", 1),
    "Sobol": ("sobol", 1),
    "Sobol, 32 scramblings": ("sobol", 32),
}
ROUNDS = 3


@dataclass(frozen=True)
class Need:
    """How many scenarios of a design are needed, and how long they take on one thread."""

    scenarios: int
    seconds: float


def quantiles(plan: Plan, design: str, scenarios: int, seeds: int) -> Floats:
    """Quantiles of the total of the full programme, by seed."""
    name, replicates = DESIGNS[design]
    how = {"scenarios": scenarios, "design": name, "replicates": replicates, "breakdowns": (), "threads": 1}
    return np.array([np.quantile(ps.simulate(plan, seed=s, **how)["cost"][0], LEVELS) for s in range(1, seeds + 1)])


def needed(plan: Plan, sizes: tuple[int, int], seeds: int) -> dict[str, Need]:
    """Scenarios and seconds by design."""
    alone = dataclasses.replace(plan, alternatives=())
    found = {(design, size): quantiles(alone, design, size, seeds) for design in DESIGNS for size in sizes}
    true = np.mean([found[design, sizes[1]] for design in DESIGNS if design.startswith("Sobol")], axis=(0, 1))
    needs = {}
    for design, (name, replicates) in DESIGNS.items():
        low, high = (np.sqrt(np.square(found[design, size] / true - 1.0).mean(axis=0)) for size in sizes)
        rate = np.clip(np.log(low / high) / math.log(sizes[1] / sizes[0]), 0.4, 1.0)
        count = math.ceil(float((sizes[1] * (1.96 * high / WANTED) ** (1.0 / rate)).max()))
        if name == "sobol":
            count = replicates << (-(-count // replicates) - 1).bit_length()
        how = {"scenarios": count, "design": name, "replicates": replicates, "breakdowns": (), "threads": 1}
        ps.simulate(plan, seed=1, **how)
        needs[design] = Need(
            count,
            statistics.median(timed(lambda h=how: ps.simulate(plan, **h), time.process_time) for _ in range(ROUNDS)),
        )
    return needs


def of_peers(share: float) -> Iterator[tuple[str, float]]:
    """Seconds of each library of the table of peers, for a share of the scenarios of the fused job."""
    text = PAGES[0].read_text(encoding="utf-8").split("<!-- peers -->")[1].split("<!-- end of peers -->")[0]
    for line in re.findall(r"^\| fused job.*$", text, re.MULTILINE):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        number, unit = cells[3].split()
        yield cells[1], float(number) * (1.0 if unit == "s" else 1e-3) * share


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=24)
    seeds = parser.parse_args().seeds
    studies = {"fused job": jobs.shared_plan(), "packaged study": ps.compile(ps.load_study("pops"))}
    lines = ["| job | by | scenarios | seconds |", "|---|---|---:|---:|"]
    for job, plan in studies.items():
        needs = needed(plan, SIZES[job], seeds)
        for design, need in needs.items():
            lines.append(f"| {job} | popsim, {design} | {need.scenarios:,} | {need.seconds:.3g} |")
            print(lines[-1], flush=True)
        to = {"precision": WANTED, "breakdowns": (), "threads": 1, "design": "sobol"}
        found = ps.simulate_to(plan, **to)
        seconds = statistics.median(
            timed(lambda p=plan, t=to: ps.simulate_to(p, **t), time.process_time) for _ in range(ROUNDS)
        )
        lines.append(
            f"| {job} | popsim, `simulate_to`, its errors included | {found.sizes['scenario']:,} | {seconds:.3g} |"
        )
        print(lines[-1], flush=True)
        if job == "fused job":
            random = needs["random"].scenarios
            lines += [
                f"| {job} | {name} | {random:,} | {took:.3g} |" for name, took in of_peers(random / jobs.SCENARIOS)
            ]
    write("seconds", "\n".join(lines))


if __name__ == "__main__":
    main()
