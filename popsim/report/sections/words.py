"""Small words that several sections share."""

from __future__ import annotations

from collections.abc import Sequence

from popsim.study.model import Study

__all__ = ["all_of", "listed", "plural", "years_of"]


def listed(items: Sequence[str]) -> str:
    """Join words as a sentence does.

    Examples
    --------
    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else list(items))


def plural(number: int, one: str, many: str = "") -> str:
    """Count things in words that agree.

    Examples
    --------
    >>> plural(1, "country", "countries"), plural(1200, "area")
    ('1 country', '1,200 areas')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def all_of(scenarios: int) -> str:
    """Say that all scenarios agree.

    Examples
    --------
    >>> all_of(10_000), all_of(1)
    ('all of the 10,000 scenarios', 'the one scenario')
    """
    return "the one scenario" if scenarios == 1 else f"all of the {scenarios:,} scenarios"


def years_of(study: Study) -> str:
    """Say the years of the study.

    The first and the last year are joined by an en dash: ``2027–2036``.
    """
    first, last = study.years[0], study.years[-1]
    return str(first) if first == last else f"{first}–{last}"
