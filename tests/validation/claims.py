"""What a claim of the dossier is: a measured number that must not pass its limit, and a control that must."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scipy import stats

ROOT = Path(__file__).resolve().parents[2]

ALARM = 1e-9
"""Chance that one statistical claim fails although it is true, were its seed drawn anew."""
FAMILY = 1e-6
"""Chance that any claim of the dossier does: no more than the sum of those of all claims."""


@dataclass(frozen=True)
class Claim:
    """One row of the dossier. `measure` returns the number that is held to the limit, and that of the control."""

    name: str
    test: str
    reference: str
    measured: str
    """What the number is."""
    limit: float
    control: str
    """What is wrong, on purpose, in the control."""
    measure: Callable[[], tuple[float, float]]
    seed: int | None = None
    alarm: float = 0.0
    """Chance of failing although it is true; 0 where nothing is drawn."""


class Result(NamedTuple):
    """A claim with what was measured."""

    claim: Claim
    found: float
    control: float

    @property
    def passed(self) -> bool:
        """Whether the claim holds and its control does not; NaN is neither."""
        return self.found <= self.claim.limit and self.control > self.claim.limit


@dataclass(frozen=True)
class Section:
    """One page of the dossier."""

    key: str
    """Name of its page."""
    title: str
    text: str
    claims: Callable[[], Sequence[Claim]]
    figure: Callable[[Path], str] | None = None
    """Draws a figure into a folder, and returns the lines that show it."""


def run(claims: Sequence[Claim], told: Callable[[Result], None] | None = None) -> list[Result]:
    """Measure claims one after the other."""
    results = []
    for claim in claims:
        results.append(Result(claim, *map(float, claim.measure())))
        if told is not None:
            told(results[-1])
    return results


def score_limit(comparisons: int = 1, alarm: float = ALARM) -> float:
    """Return the normal score that the largest of so many passes, either way, with the chance `alarm` at most."""
    return float(stats.norm.isf(alarm / (2.0 * comparisons)))


def score_of(probability: float) -> float:
    """Return the normal score of a two-sided probability; infinite where that is too small for a float."""
    return float(stats.norm.isf(min(1.0, probability) / 2.0))


def binomial_score(happened: int, count: int, chance: float) -> float:
    """Return how far a number of scenarios is from what it should be: the score of its exact probability."""
    law = stats.binom(count, chance)
    return score_of(2.0 * min(float(law.cdf(happened)), float(law.sf(happened - 1))))


def figure_of(number: float) -> str:
    """Write a number with the digits that are read.

    Examples
    --------
    >>> figure_of(0.0), figure_of(6.1094), figure_of(2.3e-13), figure_of(1_234_567.0)
    ('0', '6.11', '2.3e-13', '1,234,567')
    """
    if number == 0.0 or not math.isfinite(number):
        return f"{number:.0f}" if number == 0.0 else str(number)
    if number == round(number) and abs(number) < 1e12:
        return f"{number:,.0f}"
    return f"{number:.3g}" if 1e-3 <= abs(number) < 1e6 else f"{number:.1e}"


_HEAD = (
    "| claim | test | reference | measured | found | limit | chance of a false alarm | seed | control, which must fail "
    "| its result | |",
    "| --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- | ---: | --- |",
)


def row_of(result: Result) -> str:
    """Return the row of a claim."""
    claim = result.claim
    cells = (
        claim.name,
        claim.test,
        claim.reference,
        claim.measured,
        figure_of(result.found),
        figure_of(claim.limit),
        f"{claim.alarm:.0e}" if claim.alarm else "none",
        "" if claim.seed is None else str(claim.seed),
        claim.control,
        figure_of(result.control),
        "pass" if result.passed else "**FAIL**",
    )
    return "| " + " | ".join(cells) + " |"


def page_of(section: Section, results: Sequence[Result], figure: str = "") -> str:
    """Return the page of a section in Markdown."""
    passed = sum(result.passed for result in results)
    lines = [
        f"# {section.title}",
        "",
        "Made by `make validate`; do not edit.",
        "",
        section.text.strip(),
        "",
        f"{passed} of {len(results)} claims passed.",
        "",
        *_HEAD,
        *map(row_of, results),
    ]
    return "\n".join([*lines, *(["", figure] if figure else []), ""])


def names_on(page: str) -> list[str]:
    """Return the names of the claims on a page, in order."""
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [cells[0].removeprefix("| ") for cells in rows if len(cells) == 11 and cells[0] not in ("| claim", "| ---")]
