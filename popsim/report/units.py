"""Units of money in the words of the language: thousand, million, billion, and what agrees with a number.

A unit such as "US$ million" is a key; these functions give it words.
"""

from __future__ import annotations

from decimal import Decimal

from popsim.errors import ParameterError, Problem, nearest
from popsim.report.language import current, plain_gettext, plain_ngettext, plain_pgettext
from popsim.report.signs import NO_BREAK

_SCALES = {"": 1, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SYMBOLS = {"USD": "US$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def _unit(unit: str) -> tuple[str, str, int]:
    symbol, _, word = unit.partition(" ")
    if word not in _SCALES:
        known = [f"{symbol} {scale}".strip() for scale in _SCALES]
        raise ParameterError(Problem("", ("unit",), repr(unit), ", ".join(known), nearest(unit, known)))
    return symbol, word, _SCALES[word]


def scale_of(unit: str) -> int:
    """Return what an amount in units of the currency is divided by in a unit.

    Examples
    --------
    >>> scale_of("US$ million")
    1000000
    """
    return _unit(unit)[2]


def unit_words(unit: str) -> str:
    """Return a unit in words, as in a caption or on an axis.

    Examples
    --------
    >>> unit_words("US$ million"), unit_words("€")
    ('US$ million', '€')
    """
    symbol, word, _ = _unit(unit)
    patterns = {
        "thousand": plain_gettext("%(currency)s thousand"),
        "million": plain_gettext("%(currency)s million"),
        "billion": plain_gettext("%(currency)s billion"),
    }
    return patterns[word] % {"currency": _currency(symbol)} if word else _currency(symbol)


def unit_and_prices(unit: str, price_year: int) -> str:
    """Return a unit and its price year, as on an axis or in the heading of a table.

    Examples
    --------
    >>> unit_and_prices("US$ million", 2025)
    'US$ million, constant 2025 prices'
    """
    words = {"unit": unit_words(unit), "year": price_year}
    return plain_gettext("%(unit)s, constant %(year)s prices") % words


def _currency(symbol: str) -> str:
    # Only the sign of the dollar depends on the language, as "$ US" in French, which stays on one line.
    return plain_pgettext("currency", "US$").replace(" ", NO_BREAK) if symbol == "US$" else symbol


def with_unit(number: str, unit: str, size: Decimal) -> str:
    """Return a printed number with its unit, on one line; `size` is what the words agree with."""
    symbol, word, _ = _unit(unit)
    many = _agrees_like(size)
    patterns = {
        "": lambda: plain_gettext("%(currency)s %(number)s"),
        "thousand": lambda: plain_ngettext(
            "%(currency)s %(number)s thousand", "%(currency)s %(number)s thousand", many
        ),
        "million": lambda: plain_ngettext("%(currency)s %(number)s million", "%(currency)s %(number)s million", many),
        "billion": lambda: plain_ngettext("%(currency)s %(number)s billion", "%(currency)s %(number)s billion", many),
    }
    text = patterns[word]() % {"currency": _currency(symbol), "number": number}
    return text.strip().replace(" ", NO_BREAK)


def range_with_unit(low: str, high: str, unit: str, size: Decimal) -> str:
    """Return a range of printed numbers with its unit; `size` is what the words agree with."""
    symbol, word, _ = _unit(unit)
    many = _agrees_like(size)
    # A range may break beside its "to", where it says so: other spaces in these patterns are no-break spaces.
    patterns = {
        "": lambda: plain_gettext("%(currency)s\u00a0%(low)s to %(high)s"),
        "thousand": lambda: plain_ngettext(
            "%(currency)s\u00a0%(low)s to %(high)s\u00a0thousand",
            "%(currency)s\u00a0%(low)s to %(high)s\u00a0thousand",
            many,
        ),
        "million": lambda: plain_ngettext(
            "%(currency)s\u00a0%(low)s to %(high)s\u00a0million",
            "%(currency)s\u00a0%(low)s to %(high)s\u00a0million",
            many,
        ),
        "billion": lambda: plain_ngettext(
            "%(currency)s\u00a0%(low)s to %(high)s\u00a0billion",
            "%(currency)s\u00a0%(low)s to %(high)s\u00a0billion",
            many,
        ),
    }
    ends = {"low": low.replace(" ", NO_BREAK), "high": high.replace(" ", NO_BREAK)}
    return (patterns[word]() % {"currency": _currency(symbol), **ends}).strip()


def agrees(number: float) -> int:
    """Return a whole number with which words agree as they do with this one, as printed with three digits.

    Examples
    --------
    >>> agrees(1.0), agrees(1.5)
    (1, 2)
    """
    return _agrees_like(Decimal(f"{number:.3g}"))


def _agrees_like(size: Decimal) -> int:
    """Return a whole number with which words agree as they do with this one: gettext knows whole numbers only."""
    language = current()
    if language.code == "en":
        return int(size) if size == size.to_integral_value() else 2
    rule = language.babel.plural_form
    wanted = rule(abs(size))
    return next((number for number in range(103) if rule(number) == wanted), int(abs(size)))


def unit_for(value: float, currency: str = "USD") -> str:
    """Return the unit in which an amount of this size is read most easily.

    Parameters
    ----------
    value
        The largest amount of a report, in units of the currency.
    currency
        ISO 4217 code.

    Examples
    --------
    >>> unit_for(940e6), unit_for(12.5e9), unit_for(80e3, "XYZ")
    ('US$ million', 'US$ billion', 'XYZ thousand')
    """
    size = abs(value)
    word = "billion" if size >= 10e9 else "million" if size >= 1e6 else "thousand" if size >= 10e3 else ""
    return f"{_SYMBOLS.get(currency, currency)} {word}".strip()
