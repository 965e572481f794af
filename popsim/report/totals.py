"""The name of every total of a run in words: what it counts, in which prices and in which years."""

from __future__ import annotations

from popsim import schema
from popsim.report.prose import Prose, sentence_case
from popsim.study.model import Study

_SPANS = {"within_horizon": "within", "after_horizon": "after", "all_years": "all"}
_text = Prose("totals")


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
    return _text("span", years=parts(total)[2], first=study.years[0], last=study.years[-1])


def prices(total: str, study: Study) -> str:
    """Return the prices of a total: "constant 2025 prices", "prices of each year", or those of a present value."""
    return _text(
        "prices",
        prices=parts(total)[1],
        price_year=study.price_year,
        first=study.years[0],
        rate=study.discount_rate,
    )


def noun(total: str, study: Study) -> str:
    """Return the name of a total within a sentence; the years of the study itself are not named.

    The names are such as "total cost", "financing need", "cost after 2036", "nominal financing need in all years".
    """
    if total in schema.TOTALS:
        return _text("noun", total=total, last=study.years[-1])
    other = schema.VARIABLES.get(total)
    return other.long_name[:1].lower() + other.long_name[1:] if other is not None else total


def title(total: str, study: Study) -> str:
    """Return the name of a total as a heading: "Total cost", "Financing need after 2036"."""
    return (
        _text("title", total=total, last=study.years[-1])
        if total in schema.TOTALS
        else sentence_case(noun(total, study))
    )


def described(study: Study | None = None) -> str:
    """Describe what the need is of the cost: after co-financing, with the agency fee of a study that has one."""
    return _text("described", has_fee=study is not None and bool(study.agency_fee))
