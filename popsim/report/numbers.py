"""Numbers as readers see them: no digit is printed that the Monte Carlo error does not support.

The rule, for a value with standard error e: the last printed digit stands at the decimal place of the leading digit of
2 e, or to the left of it. With e = 0.3 that is the first decimal, with e = 3 the units, with e = 7 the tens. Never more
than four significant digits are printed, however small the error. What stands in one column has one precision:
`finest_of` gives the place at which all its cells end, and a cell that is printed elsewhere as well ends there too.

All numbers are written with the signs of the current language, and money in its words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, Self

from popsim.errors import ParameterError, Problem
from popsim.report.language import current, plain_gettext
from popsim.report.signs import MINUS as MINUS
from popsim.report.signs import NO_BREAK as NO_BREAK
from popsim.report.signs import THIN as THIN
from popsim.report.units import agrees as agrees
from popsim.report.units import range_with_unit, with_unit
from popsim.report.units import scale_of as scale_of
from popsim.report.units import unit_and_prices as unit_and_prices
from popsim.report.units import unit_for as unit_for
from popsim.report.units import unit_words as unit_words

FIGURE_SPACE = "\u2007"
"""As wide as a digit."""
POINT_SPACE = "\u2008"
"""As wide as a decimal point."""
UNKNOWN = "n/a"
"""Printed in English for an amount whose error is infinite: the scenarios are too few to know any digit of it."""
MOST_DIGITS = 4
"""Significant digits beyond which a cost estimate is not read."""
SMALLEST_IN_FIGURES, LARGEST_IN_FIGURES = Decimal("0.001"), Decimal("1e15")
"""Numbers outside are printed with a power of ten: nobody counts so many zeros."""

Kind = Literal["money", "share", "count", "number"]
"""What a printed number is."""

_NOTHING = 1e-15
"""What is smaller, in the unit that is printed, is rounding of the computer and printed as zero."""


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

    def __reduce__(self) -> tuple[type[Self], tuple[str, float, Kind]]:
        """Return what makes the same again: `pickle` asks for it."""
        return type(self), (str(self), self.value, self.kind)


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
    write = current().signs.write
    if number and not SMALLEST_IN_FIGURES <= abs(number) < LARGEST_IN_FIGURES:
        sign, digits, exponent = number.as_tuple()
        whole = "-" * sign + str(digits[0]) + ("." if len(digits) > 1 else "") + "".join(map(str, digits[1:]))
        return f"{write(whole)}e{write(str(int(exponent) + len(digits) - 1))}"
    return write(f"{number:,f}" if thousands else f"{number:f}")


def plain(value: float, digits: int = 10) -> Printed:
    """Format a number that is exact with all its digits, as one that a study states.

    Parameters
    ----------
    value
        The number.
    digits
        The most significant digits.

    Examples
    --------
    >>> plain(2_000_000), plain(0.25), plain(-1.5)
    ('2,000,000', '0.25', '−1.5')
    """
    text = f"{value:,.{digits}g}"
    figures, power, exponent = text.partition("e")
    write = current().signs.write
    return Printed(write(figures) + (f"e{write(str(int(exponent)))}" if power else ""), value, "number")


def _printed(value: float, error: float, finest: float = 0.0) -> str:
    number, place = rounded(value, error, finest)
    if abs(value) < _NOTHING and error < _NOTHING:
        return written(Decimal(0))
    if number == 0 and value != 0 and error == 0:
        # Nothing is unknown of an exact figure: it keeps its first digit in a column of larger ones.
        number, place = rounded(value, 0.0, abs(value))
    if number == 0 and value != 0:
        return _beyond("<", written(place)) if value > 0 else _beyond(">", written(-place))
    return written(number if number else Decimal(0))


def _beyond(sign: str, number: str) -> str:
    return f"{current().signs.before}{sign} {number}"


def tick(value: float) -> str:
    """Format a round number at a tick, no wider than a margin can be: with a power of ten where it has many zeros.

    Examples
    --------
    >>> tick(2500.0), tick(-0.5), tick(1.5e12)
    ('2,500', '−0.5', '1.5e12')
    """
    if value and not 1e-4 <= abs(value) < 1e10:
        write = current().signs.write
        digits, _, power = f"{value:.3e}".partition("e")
        return f"{write(digits.rstrip('0').rstrip('.'))}e{write(str(int(power)))}"
    return plain(value)


def unknown() -> Printed:
    """Return what is printed for an amount of which nothing is known.

    Examples
    --------
    >>> unknown()
    'n/a'
    """
    return Printed(plain_gettext("n/a"), math.nan, "money")


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
    scale = scale_of(unit)
    if error == math.inf:
        return unknown()
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
    number = amount(value, error, unit, finest)
    if error == math.inf:
        return number
    scale = scale_of(unit)
    return Printed(with_unit(number, unit, rounded(value / scale, error / scale, finest / scale)[0]), value, "money")


def exact_money(value: float, unit: str = "US$ million") -> Printed:
    """Format an amount that a user stated, with all its digits, and its unit.

    Examples
    --------
    >>> print(exact_money(850e6).replace(NO_BREAK, " "), exact_money(1_234_567.5, "€").replace(NO_BREAK, " "))
    US$ 850 million € 1,234,567.5
    """
    number = (Decimal(repr(float(value))) / scale_of(unit)).normalize()
    return Printed(with_unit(written(number), unit, number), value, "money")


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
    first, last = amount(low, low_error, unit, finest), amount(high, high_error, unit, finest)
    if math.inf in (low_error, high_error):
        return unknown()
    scale = scale_of(unit)
    size, _ = rounded(high / scale, high_error / scale, finest / scale)
    if first == last:
        return with_unit(first, unit, size)
    return range_with_unit(first, last, unit, size)


def stated_range(low: float, high: float, unit: str, digits: int = 3) -> str:
    """Format a range of money that is exact, such as that of an input, with so many significant digits.

    Examples
    --------
    >>> print(stated_range(20_000.0, 261_234.0, "US$").replace(NO_BREAK, " "))
    US$ 20,000 to 261,000
    """
    scale = scale_of(unit)
    first, last = significant(low / scale, digits), significant(high / scale, digits)
    size = Decimal(repr(high / scale))
    return with_unit(first, unit, size) if first == last else range_with_unit(first, last, unit, size)


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
    signs = current().signs
    write = signs.write
    number, place = rounded(100 * probability, 100 * error, 100 * finest)
    if number == 0 and probability != 0 and abs(probability) >= _NOTHING:
        text = _beyond("<", write(f"{place:f}")) if probability > 0 else _beyond(">", write(f"{-place:f}"))
    elif number >= 100 and probability < 1:
        text = _beyond(">", write(f"{100 - place:f}"))
    elif number == number.to_integral_value() and error == 0:
        text = write(f"{number.to_integral_value():f}")
    else:
        text = write(f"{number:f}")
    return Printed(signs.in_percent(text.replace(" ", NO_BREAK)), probability, "share")


def interval(coverage: float) -> str:
    """Return the words "90 % interval".

    Examples
    --------
    >>> print(interval(0.9).replace(NO_BREAK, " ").replace(THIN, " "))
    90 % interval
    """
    return plain_gettext("%(coverage)s\u00a0interval") % {"coverage": percent(coverage)}


def significant(value: float, digits: int = 3) -> Printed:
    """Format a number that is exact (an input, not a simulated figure) with so many significant digits.

    Examples
    --------
    >>> significant(80_000), significant(412_345.6), significant(0.035216), significant(0)
    ('80,000', '412,000', '0.0352', '0')
    """
    exact = Decimal(repr(float(value)))
    if not exact:
        return Printed(written(Decimal(0)), 0.0, "number")
    number = exact.quantize(Decimal(1).scaleb(exact.adjusted() - digits + 1), rounding=ROUND_HALF_EVEN)
    shorter = number.normalize()
    # Nothing but zeros after the decimal sign goes, and zeros of a number with a power of ten.
    is_plain = SMALLEST_IN_FIGURES <= abs(number) < LARGEST_IN_FIGURES
    whole = is_plain and int(shorter.as_tuple().exponent) > 0
    return Printed(written(number.to_integral_value() if whole else shorter), value, "number")


def stated_share(share: float, digits: int = 4) -> Printed:
    """Format a share that a study states, in per cent with so many significant digits at most.

    Examples
    --------
    >>> print(stated_share(0.035).replace(THIN, " "))
    3.5 %
    """
    return Printed(current().signs.in_percent(significant(100.0 * share, digits)), share, "share")


def in_percent(number: str) -> str:
    """Put the percent sign to a number, or to a range of numbers, that is printed in per cent.

    Examples
    --------
    >>> print(in_percent("5 to 10").replace(THIN, " "))
    5 to 10 %
    """
    return current().signs.in_percent(number)


def count(number: int) -> Printed:
    """Format a whole number with its thousands marked off.

    Examples
    --------
    >>> count(10_000)
    '10,000'
    """
    return Printed(current().signs.write(f"{number:,}"), float(number), "count")


def aligned(column: Sequence[str]) -> list[str]:
    """Pad the printed numbers of a column so that their decimal signs stand under each other.

    Examples
    --------
    >>> [cell.replace(FIGURE_SPACE, "_").replace(POINT_SPACE, "_") for cell in aligned(["1.25", "300", "n/a"])]
    ['1.25', '300___', 'n/a___']
    """
    fractions = [current().signs.split(cell)[1] for cell in column]
    most = max(map(len, fractions), default=0)
    cells = []
    for cell, fraction in zip(column, fractions, strict=True):
        missing = most - len(fraction)
        # Behind a sign of per cent too: the digits stand where they would without it.
        cells.append(cell + POINT_SPACE * (missing > 0 and not fraction) + FIGURE_SPACE * missing)
    return cells
