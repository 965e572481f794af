"""The signs that a language writes numbers with: decimal and group signs, minus, percent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

NO_BREAK = "\u00a0"
"""Keeps a number and its unit on one line."""
THIN = "\u202f"
"""Narrow no-break space, before the percent sign."""
MINUS = "\u2212"
_LEFT_TO_RIGHT = "\u200e"
_LATIN = "0123456789"


@dataclass(frozen=True)
class Signs:
    """How a language writes numbers; as it stands here, how English does in these documents.

    Attributes
    ----------
    decimal, group, minus
        The signs themselves.
    percent
        What stands before and after a number in per cent.
    least_grouped
        Digits before the group sign from which on it is written: with 2, as in Spanish, 1234 but 12.345.
    before
        What keeps a sign before its number where text runs from right to left.
    digits
        The ten digits.
    """

    decimal: str = "."
    group: str = ","
    minus: str = MINUS
    percent: tuple[str, str] = ("", f"{THIN}%")
    least_grouped: int = 1
    before: str = ""
    digits: str = _LATIN

    def write(self, number: str) -> str:
        """Return a number that Python formatted, such as "-1,234.5", with these signs.

        Examples
        --------
        >>> spanish = Signs(decimal=",", group=".", least_grouped=2)
        >>> spanish.write("12,345.6"), spanish.write("1,234")
        ('12.345,6', '1234')
        """
        negative = number.startswith("-")
        whole, point, fraction = number.removeprefix("-").partition(".")
        first, *groups = whole.split(",")
        group = self.group if len(groups) > 1 or len(first) >= self.least_grouped else ""
        text = group.join([first, *groups]) + (self.decimal if point else "") + fraction
        if self.digits != _LATIN:
            text = text.translate(dict(zip(map(ord, _LATIN), self.digits, strict=True)))
        return f"{self.before}{self.minus}{text}" if negative else text

    def in_percent(self, number: str) -> str:
        """Return a number, written with these signs, with the percent sign where the language has it."""
        return f"{self.percent[0]}{number}{self.percent[1]}"

    def split(self, text: str) -> tuple[str, str, str]:
        """Split a printed number into what stands before its decimals, these, and what stands after them.

        Examples
        --------
        >>> Signs().split("1,234.56"), Signs(decimal=",", percent=("", " %")).split("0,5 %"), Signs().split("n/a")
        (('1,234', '56', ''), ('0', '5', ' %'), ('n/a', '', ''))
        """
        tail = self.percent[1] if text.endswith(self.percent[1]) else ""
        whole, _, fraction = text.removesuffix(tail).partition(self.decimal)
        return whole, fraction, tail


@cache
def signs_of(locale: Locale, least_grouped: int = 1) -> Signs:
    """Return the signs of a locale of Babel, with Latin digits: Arabic too, as the documents of the UN write money.

    The minus sign is a true one and not a hyphen. Babel does not know how many digits are grouped at least.

    Examples
    --------
    >>> from babel import Locale
    >>> signs = signs_of(Locale("fr"))
    >>> signs.decimal, signs.in_percent("5").replace(chr(0xA0), " ")
    (',', '5 %')
    """
    symbols, pattern = locale.number_symbols["latn"], locale.percent_formats[None]
    before, after = (part.replace("%", symbols["percentSign"]) for part in (pattern.prefix[0], pattern.suffix[0]))
    return Signs(
        decimal=symbols["decimal"],
        group=symbols["group"],
        percent=(before, after),
        least_grouped=least_grouped,
        before=_LEFT_TO_RIGHT if locale.text_direction == "rtl" else "",
    )
