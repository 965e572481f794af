"""Numbers as readers see them: no digit is printed that the Monte Carlo error does not support.

The rule, for a value with standard error e: the last printed digit stands at the decimal place of the leading digit of
2 e, or to the left of it. With e = 0.3 that is the first decimal, with e = 3 the units, with e = 7 the tens. Never more
than four significant digits are printed, however small the error. What stands in one column has one precision:
`finest_of` gives the place at which all its cells end, and a cell that is printed elsewhere as well ends there too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, Self

from popsim.errors import ParameterError, Problem, nearest

NO_BREAK = "\u00a0"
"""Keeps a number and its unit on one line."""
UNKNOWN = "n/a"
"""Printed for an amount whose error is infinite: the scenarios are too few to know any digit of it."""
THIN = "\u202f"
"""Narrow no-break space, before the percent sign."""
MINUS = "\u2212"
MOST_DIGITS = 4
"""Significant digits beyond which a cost estimate is not read."""
SMALLEST_IN_FIGURES, LARGEST_IN_FIGURES = Decimal("0.001"), Decimal("1e15")
"""Numbers outside are printed with a power of ten: nobody counts so many zeros."""

Kind = Literal["money", "share", "count", "number"]
"""What a printed number is."""

_NOTHING = 1e-15
"""What is smaller, in the unit that is printed, is rounding of the computer and printed as zero."""

_SCALES = {"": 1, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_SYMBOLS = {"USD": "US$", "EUR": "€", "GBP": "£", "JPY": "¥"}


class Printed(str):
    """A number as readers see it, which keeps what it stands for: a spreadsheet holds the number, not its text.

    Attributes
    ----------
    value
        The number itself: money in units of the currency (not in millions), shares between 0 and 1; infinite or NaN
        where nothing is known of it.
    kind
        What it is: "money", "share", "count" or "number".
    """

    __slots__ = ("kind", "value")
    value: float
    kind: Kind

    def __new__(cls, text: str, value: float, kind: Kind) -> Self:
        """Return a text with the number that it stands for."""
        printed = super().__new__(cls, text)
        printed.value, printed.kind = value, kind
        return printed


def rounded(value: float, error: float, finest: float = 0.0) -> tuple[Decimal, Decimal]:
    """Round a value to the digits that its standard error supports.

    Parameters
    ----------
    value, error
        The value and its standard error, in the same unit; 0 where the value is exact.
    finest
        Place value of the finest digit wanted, such as 0.01; 0 for no limit but the error and four significant digits.

    Returns
    -------
    tuple
        The rounded value, and the place value of its last digit.

    Raises
    ------
    ParameterError
        When the value or the error is not finite, or the error is negative.

    Examples
    --------
    >>> rounded(612.3456, 0.3)
    (Decimal('612.3'), Decimal('0.1'))
    >>> rounded(612.3456, 7.0)[0] == 610
    True
    """
    problems = [
        Problem("rounded()", (name,), repr(number), "a finite number")
        for name, number in (("value", value), ("error", error))
        if not math.isfinite(number)
    ]
    if not problems and error < 0:
        problems.append(Problem("rounded()", ("error",), repr(error), "a standard error of at least 0"))
    if problems:
        raise ParameterError(problems)
    exact = Decimal(repr(float(value)))
    places = [exact.adjusted() - MOST_DIGITS + 1] if exact else []
    places += [Decimal(repr(2.0 * float(number))).adjusted() for number in (error,) if number > 0]
    places += [Decimal(repr(float(number))).adjusted() for number in (finest,) if number > 0]
    place = Decimal(1).scaleb(max(places, default=0))
    number = exact.quantize(place, rounding=ROUND_HALF_EVEN)
    # There is no negative zero among figures.
    return number if number else number.copy_abs(), place


def written(number: Decimal, thousands: bool = True) -> str:
    """Format a rounded number; from 1e15 on, and below 0.001, with a power of ten.

    Parameters
    ----------
    number
        The number; all its digits are printed.
    thousands
        Whether thousands are marked off.

    Examples
    --------
    >>> written(Decimal("612000")), written(Decimal("0.034")), written(Decimal("2.000e34")), written(Decimal("3.4e-12"))
    ('612,000', '0.034', '2.000e34', '3.4e−12')
    """
    if number and not SMALLEST_IN_FIGURES <= abs(number) < LARGEST_IN_FIGURES:
        _, digits, exponent = number.as_tuple()
        whole = str(digits[0]) + ("." if len(digits) > 1 else "") + "".join(map(str, digits[1:]))
        text = f"{whole}e{int(exponent) + len(digits) - 1}"
        return (f"{MINUS}{text}" if number < 0 else text).replace("e-", f"e{MINUS}")
    return (f"{number:,f}" if thousands else f"{number:f}").replace("-", MINUS)


def _printed(value: float, error: float, finest: float = 0.0) -> str:
    number, place = rounded(value, error, finest)
    if abs(value) < _NOTHING and error < _NOTHING:
        return "0"
    if number == 0 and value != 0 and error == 0:
        # Nothing is unknown of an exact figure: it keeps its first digit in a column of larger ones.
        number, place = rounded(value, 0.0, abs(value))
    if number == 0 and value != 0:
        return f"< {written(place)}" if value > 0 else f"> {MINUS}{written(place)}"
    return written(number) if number else "0"


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


def _join(symbol: str, number: str, word: str) -> str:
    return NO_BREAK.join(part for part in (symbol, number.replace(" ", NO_BREAK), word) if part)


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


def finest_of(cells: Iterable[Iterable[float]]) -> float:
    """Return the place value of the last digit of every cell of a column.

    It is the coarsest place that the errors of the cells call for, unless that would leave no digit of the smallest
    cell, or less than two of a cell that is no less than a tenth of the middle one: then the large cells, which end
    where their own errors say, are coarser than the rest.

    Parameters
    ----------
    cells
        Amounts with their standard errors; cells whose error is infinite, and zeros, do not count.

    Returns
    -------
    float
        Place value such as 0.1 or 10, in the unit of the cells; 0 where no cell counts.

    Examples
    --------
    >>> finest_of([(103.2, 0.6), (152.04, 0.4), (158.71, 0.3)])
    1.0
    >>> finest_of([(4.21, 0.01), (1432.0, 8.0)])
    0.1
    """
    pairs = [tuple(cell) for cell in cells]
    known = [(value, error) for value, error in pairs if math.isfinite(error) and math.isfinite(value) and value]
    if not known:
        return 0.0
    coarsest = max(rounded(*cell)[1] for cell in known)
    sizes = sorted(abs(value) for value, _ in known)
    usual = next(size for size in sizes if size >= 0.1 * sizes[(len(sizes) - 1) // 2])
    first = Decimal(1).scaleb(Decimal(repr(sizes[0])).adjusted())
    second = Decimal(1).scaleb(Decimal(repr(usual)).adjusted() - 1)
    return float(min(coarsest, first, second))


def amount(value: float, error: float, unit: str = "US$ million", finest: float = 0.0) -> Printed:
    """Format an amount of money without its unit, for a table whose heading names the unit.

    Parameters
    ----------
    value, error
        The amount and its standard error, in units of the currency (not in millions). An infinite error says that
        nothing is known of the amount: ``n/a`` is printed.
    unit
        Currency symbol and thousand, million or billion; the symbol alone for the currency itself.
    finest
        Place value of the finest digit wanted, in units of the currency, as `finest_of` gives it; 0 for no limit.

    Examples
    --------
    >>> amount(612_345_678, 1_200_000)
    '612'
    >>> amount(4_127_000, 30_000)
    '4.13'
    >>> amount(2_000_000, 30_000_000), amount(2_000_000, 0, finest=10e6)
    ('< 10', '2')
    >>> amount(2_000_000, math.inf)
    'n/a'
    """
    _, _, scale = _unit(unit)
    if error == math.inf:
        return Printed(UNKNOWN, math.nan, "money")
    return Printed(_printed(value / scale, error / scale, finest / scale), value, "money")


def amounts(column: Sequence[Iterable[float]], unit: str = "US$ million") -> tuple[Printed, ...]:
    """Format the amounts of one column of a table with one precision, as far as their errors and sizes allow.

    Every cell is printed as by `amount`, but no finer than `finest_of` the column.

    Parameters
    ----------
    column
        Amounts with their standard errors, in units of the currency (not in millions).
    unit
        As for `money`.

    Examples
    --------
    >>> amounts([(103.2e6, 0.6e6), (152.04e6, 0.4e6), (158.71e6, 0.3e6)])
    ('103', '152', '159')
    >>> amounts([(1.234e6, 0.004e6), (152.04e6, 0.6e6)])
    ('1.2', '152')
    """
    finest = finest_of(column)
    return tuple(amount(value, error, unit, finest) for value, error in column)


def money(value: float, error: float, unit: str = "US$ million", finest: float = 0.0) -> Printed:
    """Format an amount of money with its unit and no unsupported digit.

    Parameters
    ----------
    value, error
        As for `amount`.
    unit, finest
        As for `amount`.

    Raises
    ------
    ParameterError
        For a unit that is not known, a value or an error that is not finite, a negative error.

    Examples
    --------
    >>> print(money(612_345_678, 1_200_000).replace(NO_BREAK, " "))
    US$ 612 million
    >>> print(money(12_345_678_900, 30_000_000, "US$ billion").replace(NO_BREAK, " "))
    US$ 12.35 billion
    """
    symbol, word, _ = _unit(unit)
    number = amount(value, error, unit, finest)
    return number if number == UNKNOWN else Printed(_join(symbol, number, word), value, "money")


def exact_money(value: float, unit: str = "US$ million") -> Printed:
    """Format an amount that a user stated, with all its digits, and its unit.

    Examples
    --------
    >>> print(exact_money(850e6).replace(NO_BREAK, " "), exact_money(1_234_567.5, "€").replace(NO_BREAK, " "))
    US$ 850 million € 1,234,567.5
    """
    symbol, word, scale = _unit(unit)
    number = (Decimal(repr(float(value))) / scale).normalize()
    return Printed(_join(symbol, written(number), word), value, "money")


def money_range(
    low: float, low_error: float, high: float, high_error: float, unit: str = "US$ million", finest: float = 0.0
) -> str:
    """Format a range of money; a range whose ends print alike is printed once.

    Parameters
    ----------
    low, low_error, high, high_error
        The ends and their standard errors, in units of the currency (not in millions).
    unit, finest
        As for `money`.

    Examples
    --------
    >>> print(money_range(612e6, 1.2e6, 943e6, 6e6).replace(NO_BREAK, " "))
    US$ 612 to 940 million
    >>> print(money_range(5e6, 0.0, 5e6, 0.0).replace(NO_BREAK, " "))
    US$ 5.000 million
    """
    symbol, word, _ = _unit(unit)
    first, last = amount(low, low_error, unit, finest), amount(high, high_error, unit, finest)
    if UNKNOWN in (first, last):
        return UNKNOWN
    if first == last:
        return _join(symbol, first, word)
    return f"{_join(symbol, first, '')} to {_join('', last, word)}"


def percent(probability: float, error: float = 0.0, finest: float = 0.001) -> Printed:
    """Format a probability or share in per cent.

    Parameters
    ----------
    probability, error
        Between 0 and 1, with its standard error.
    finest
        Place value of the finest digit wanted: 0.001 for one decimal, 0.01 for whole per cents.

    Examples
    --------
    >>> print(percent(0.7964, 0.004).replace(THIN, " "))
    79.6 %
    >>> print(percent(0.7964, 0.01).replace(THIN, " "))
    80 %
    >>> print(percent(0.00004, 0.00006).replace(NO_BREAK, " ").replace(THIN, " "))
    < 0.1 %
    """
    number, place = rounded(100 * probability, 100 * error, 100 * finest)
    if number == 0 and probability != 0 and abs(probability) >= _NOTHING:
        text = f"< {place:f}" if probability > 0 else f"> {MINUS}{place:f}"
    elif number >= 100 and probability < 1:
        text = f"> {100 - place:f}"
    else:
        text = f"{number:f}".replace("-", MINUS)
    if "." in text and not text.startswith(("<", ">")) and number == number.to_integral_value() and error == 0:
        text = f"{number.to_integral_value():f}"
    return Printed(text.replace(" ", NO_BREAK) + THIN + "%", probability, "share")


def significant(value: float, digits: int = 3) -> Printed:
    """Format a number that is exact (an input, not a simulated figure) with so many significant digits.

    Examples
    --------
    >>> significant(80_000), significant(412_345.6), significant(0.035216), significant(0)
    ('80,000', '412,000', '0.0352', '0')
    """
    exact = Decimal(repr(float(value)))
    if not exact:
        return Printed("0", 0.0, "number")
    number = exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=ROUND_HALF_EVEN)
    text = written(number)
    if "e" in text:
        figures, _, power = text.partition("e")
        text = f"{figures.rstrip('0').rstrip('.') if '.' in figures else figures}e{power}"
    elif "." in text:
        text = text.rstrip("0").rstrip(".")
    return Printed(text, value, "number")


def count(number: int) -> Printed:
    """Format a whole number with its thousands marked off.

    Examples
    --------
    >>> count(10_000)
    '10,000'
    """
    return Printed(f"{number:,}", float(number), "count")
