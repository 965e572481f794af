"""Write the validation dossier, docs/validation: every claim is tested anew.

python -m tests.validation              all pages
python -m tests.validation sums copulas   those pages and the summary, which keeps what it says of the others
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import popsim as ps

from . import (
    copulas,
    coverage,
    determinism,
    families,
    published,
    random_numbers,
    reimplementation,
    sentences,
    sums,
)
from .claims import FAMILY, ROOT, Result, Section, figure_of, names_on, page_of, run

FOLDER = ROOT / "docs" / "validation"
SECTIONS: tuple[Section, ...] = tuple(
    module.SECTION
    for module in (
        families,
        copulas,
        sums,
        coverage,
        reimplementation,
        published,
        random_numbers,
        determinism,
        sentences,
    )
)


def told(result: Result) -> None:
    """Print a result as it comes."""
    verdict = "pass" if result.passed else "FAIL"
    numbers = f"{figure_of(result.found)} (limit {figure_of(result.claim.limit)}, control {figure_of(result.control)})"
    sys.stdout.write(f"  {verdict}  {result.claim.name}: {numbers}\n")
    sys.stdout.flush()


def summary(folder: Path) -> str:
    """Return the page that leads to the others, made from these."""
    lines = [
        "# Validation dossier",
        "",
        f"popsim {ps.__version__}. Made by `make validate` from tests/validation; each time it gives the same.",
        "Each claim is a number that must not pass its limit, and a control, wrong on purpose, that must.",
        "",
        "| section | claims | passed |",
        "| --- | ---: | ---: |",
    ]
    total = passed = 0
    for section in SECTIONS:
        page = (folder / f"{section.key}.md").read_text(encoding="utf-8")
        number, good = len(names_on(page)), page.count(" | pass |\n")
        total, passed = total + number, passed + good
        lines.append(f"| [{section.title}]({section.key}.md) | {number} | {good} |")
    alarm = sum(claim.alarm for section in SECTIONS for claim in section.claims())
    lines += [
        f"| all | {total} | {passed} |",
        "",
        "[Deliberate faults](mutations.md): which tests notice what is wrong, on purpose, in the sources.",
        "",
        f"Were all seeds drawn anew, a claim that is true would fail with a chance of {alarm:.1g} in all; the dossier",
        f"allows {FAMILY:g}. Seeds are fixed, and stand in the tables.",
    ]
    return "\n".join([*lines, ""])


def main(names: Sequence[str]) -> int:
    """Write pages; return 1 where a claim failed."""
    unknown = set(names) - {section.key for section in SECTIONS}
    if unknown:
        sys.stderr.write(f"no section {', '.join(sorted(unknown))}\n")
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    failed = 0
    for section in SECTIONS:
        if names and section.key not in names:
            continue
        sys.stdout.write(f"{section.title}\n")
        results = run(section.claims(), told)
        shown = section.figure(FOLDER) if section.figure is not None else ""
        (FOLDER / f"{section.key}.md").write_text(page_of(section, results, shown), encoding="utf-8")
        failed += sum(not result.passed for result in results)
    (FOLDER / "README.md").write_text(summary(FOLDER), encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
