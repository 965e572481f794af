"""Small words that several sections share."""

from __future__ import annotations

from popsim.report import prose
from popsim.report.prose import listed

__all__ = ["all_of", "listed", "plural"]


def all_of(scenarios: int) -> str:
    """Say that all scenarios agree.

    Examples
    --------
    >>> all_of(10_000), all_of(1)
    ('all of the 10,000 scenarios', 'the one scenario')
    """
    return "the one scenario" if scenarios == 1 else f"all of the {scenarios:,} scenarios"


def plural(number: int, one: str, many: str = "") -> str:
    """Count things in words that agree."""
    return prose.plural(number, one, many or one + "s")
