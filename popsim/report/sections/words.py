"""Small words that several sections share."""

from __future__ import annotations

from collections.abc import Sequence

from popsim.study.model import Study

__all__ = ["group_name", "group_value", "listed", "plural", "years_of"]

_GROUPS = {
    "region": "Region",
    "category": "Category",
    "income": "Income group",
    "ldc": "Level of development",
    "sids": "Island status",
}
_VALUES = {
    ("income", "LIC"): "Low income",
    ("income", "LMC"): "Lower middle income",
    ("income", "UMC"): "Upper middle income",
    ("income", "HIC"): "High income",
    ("income", "unclassified"): "Not classified",
    ("ldc", "LDC"): "Least developed countries",
    ("ldc", "not LDC"): "Other countries",
    ("sids", "SIDS"): "Small island developing States",
    ("sids", "not SIDS"): "Other countries",
}


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


def group_name(group: str) -> str:
    """Name of a grouping of countries, as a heading.

    Examples
    --------
    >>> group_name("income"), group_name("river_basin")
    ('Income group', 'River basin')
    """
    words = group.replace("_", " ")
    return _GROUPS.get(group, words[:1].upper() + words[1:])


def group_value(group: str, value: str) -> str:
    """Name of one group.

    Examples
    --------
    >>> group_value("income", "LIC"), group_value("region", "African")
    ('Low income', 'African')
    """
    return _VALUES.get((group, value), value)


def years_of(study: Study) -> str:
    """Say the years of the study.

    The first and the last year are joined by an en dash: ``2027–2036``.
    """
    first, last = study.years[0], study.years[-1]
    return str(first) if first == last else f"{first}–{last}"
