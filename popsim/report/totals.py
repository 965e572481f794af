"""The name of every total of a run in words: what it counts, in which prices and in which years."""

from __future__ import annotations

from popsim import schema
from popsim.report.numbers import NO_BREAK, THIN, significant
from popsim.report.prose import sentence_case
from popsim.study.model import Study

__all__ = ["DESCRIBED", "described", "noun", "parts", "prices", "span", "title"]

_BASES = {"cost": "cost", "financing_need": "financing need"}
_SPANS = {"within_horizon": "within", "after_horizon": "after", "all_years": "all"}
DESCRIBED = "after co-financing by governments, agencies and other donors"
"""What is taken off the cost to get to the financing need."""


def parts(total: str) -> tuple[str, str, str]:
    """Split the name of a total into what it counts, its prices and its years.

    Parameters
    ----------
    total
        Name of a variable, such as ``financing_need_nominal_after_horizon``.

    Returns
    -------
    tuple
        ``cost`` or ``financing_need``; ``constant``, ``nominal`` or ``discounted``; ``within``, ``after`` or ``all``.

    Examples
    --------
    >>> parts("cost"), parts("financing_need_nominal_all_years")
    (('cost', 'constant', 'within'), ('financing_need', 'nominal', 'all'))
    """
    known = schema.TOTALS.get(total)
    if known is None:
        return total, "constant", "within"
    return known.base, known.prices, _SPANS[known.span]


def span(total: str, study: Study) -> str:
    """Return the years of a total, as in the first column of a table: "2027–2036", "after 2036", "all years"."""
    first, last = study.years[0], study.years[-1]
    years = parts(total)[2]
    if years == "within":
        return str(first) if first == last else f"{first}–{last}"
    return f"after{NO_BREAK}{last}" if years == "after" else "all years"


def prices(total: str, study: Study) -> str:
    """Return the prices of a total: "constant 2025 prices", "prices of each year", or those of a present value."""
    kind = parts(total)[1]
    if kind == "nominal":
        return "prices of each year"
    constant = f"constant {study.price_year} prices"
    if kind == "constant":
        return constant
    rate = f" at {significant(100 * study.discount_rate, 4)}{THIN}% a year" if study.discount_rate is not None else ""
    return f"value in {study.years[0]}{rate}, {constant}"


def noun(total: str, study: Study) -> str:
    """Return the name of a total within a sentence; the years of the study itself are not named.

    The names are such as "total cost", "financing need", "cost after 2036", "nominal financing need in all years".
    """
    base, kind, years = parts(total)
    if base not in _BASES:
        other = schema.VARIABLES.get(base)
        return other.long_name[:1].lower() + other.long_name[1:] if other is not None else base
    what = _BASES[base]
    if (base, years) == ("cost", "within"):
        what = f"total {what}"
    if kind != "constant":
        what = f"{kind} {what}"
    if years == "within":
        return what
    return f"{what} {'in ' if years == 'all' else ''}{span(total, study)}"


def title(total: str, study: Study) -> str:
    """Return the name of a total as a heading: "Total cost", "Financing need after 2036"."""
    return sentence_case(noun(total, study))


def described(study: Study) -> str:
    """Describe what the financing need is of the cost: after co-financing, with the agency fee where there is one."""
    fee = ", with the agency fee" if study.agency_fee else ""
    return f"{DESCRIBED}{fee}"
