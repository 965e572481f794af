"""Exchange rates between currencies, by year."""

from __future__ import annotations

import re
from dataclasses import dataclass

from popsim.errors import Problem, nearest
from popsim.study.place import shown, words
from popsim.tables import Fault, TextTable

__all__ = ["RATE_COLUMNS", "ExchangeRates", "read_rates"]

RATE_COLUMNS = ("currency", "year", "rate", "per")


@dataclass(frozen=True)
class ExchangeRates:
    """Units of one currency per unit of another, by (currency, per, year), and the file they were read from.

    Each pair of currencies stands once in a year, in one of its two directions.
    """

    file: str
    rates: dict[tuple[str, str, int], float]

    def stated(self, to: str, per: str, year: int) -> float | None:
        """Give units of `to` per unit of `per` from one row, read either way; None where there is no such row."""
        if (rate := self.rates.get((to, per, year))) is not None:
            return rate
        back = self.rates.get((per, to, year))
        return None if back is None else 1.0 / back

    def between(self, currency: str, to: str, year: int) -> list[str]:
        """List the currencies over which one step leads from `currency` to `to`."""
        others = sorted({code for one, two, of in self.rates if of == year for code in (one, two)} - {currency, to})
        return [
            other
            for other in others
            if self.stated(other, currency, year) is not None and self.stated(to, other, year) is not None
        ]

    def rate(self, currency: str, to: str, year: int) -> float | None:
        """Give units of `to` per unit of `currency`: from a row, or from two rows over one third currency.

        None where no row leads there, or where several third currencies do.

        Examples
        --------
        >>> rates = ExchangeRates("r.csv", {("XOF", "EUR", 2020): 655.957, ("USD", "EUR", 2020): 1.25})
        >>> rates.rate("EUR", "XOF", 2020), round(1 / rates.rate("XOF", "USD", 2020), 4)
        (655.957, 524.7656)
        """
        if currency == to:
            return 1.0
        direct = self.stated(to, currency, year)
        if direct is not None:
            return direct
        ways = self.between(currency, to, year)
        if len(ways) != 1:
            return None
        first, second = self.stated(ways[0], currency, year), self.stated(to, ways[0], year)
        assert first is not None  # noqa: S101  (`between` lists only currencies with both)
        assert second is not None  # noqa: S101
        return first * second

    def check(self, currency: str, to: str, year: int, where_currency: str, where_year: str) -> list[Problem]:
        """List what keeps money of this currency and year from being exchanged."""
        if self.rate(currency, to, year) is not None:
            return []
        row = f"add the row {currency},{year},<{currency} per {to}>,{to} to {self.file}"
        known = sorted({code for one, two, _ in self.rates for code in (one, two)})
        ways = self.between(currency, to, year)
        if ways:
            return [
                Problem(
                    where_currency,
                    (),
                    f"{currency!r} of {year}, which {self.file} leads to {to} by way of {words(ways)}",
                    f"one way from {currency} to {to} in a year",
                    row,
                )
            ]
        if currency not in known:
            return [
                Problem(
                    where_currency,
                    (),
                    f"{currency!r}, which {self.file} has no exchange rate for",
                    f"currencies: {words(known)}",
                    "; ".join(hint for hint in (nearest(currency, known), row) if hint),
                )
            ]
        years = [each for each in sorted({of for *_, of in self.rates}) if self.rate(currency, to, each) is not None]
        return [
            Problem(
                where_year,
                (),
                f"{year}, for which {self.file} has no exchange rate from {currency} to {to}",
                f"years with one: {words(years)}",
                row,
            )
        ]


def read_rates(table: TextTable) -> tuple[ExchangeRates, list[Problem]]:
    r"""Read exchange rates from their columns currency, year, rate, per; further columns say where they are from.

    `rate` is in units of `currency` per one unit of `per`.

    Examples
    --------
    >>> from popsim.tables import read_table
    >>> table, _ = read_table("currency,year,rate,per\nXOF,2020,655.957,EUR\n", "r.csv", RATE_COLUMNS, ["rate"])
    >>> read_rates(table)[0].rates
    {('XOF', 'EUR', 2020): 655.957}
    """
    problems: list[Problem] = []
    faults: list[Fault] = []
    rates: dict[tuple[str, str, int], float] = {}
    lines: dict[tuple[frozenset[str], int], int] = {}
    if table.numbers is None:
        return ExchangeRates(table.name, rates), problems
    for row in table.rows:
        currency, year, value, per = (table.cell(row, column) for column in RATE_COLUMNS)
        codes = [(column, code) for column, code in (("currency", currency), ("per", per)) if not _is_code(code)]
        faults += [Fault(row, column, shown(code), "three capital letters, such as USD") for column, code in codes]
        level = table.number(value)
        if level is None or level <= 0:
            faults.append(Fault(row, "rate", shown(value), f"a number, rate > 0: units of {currency} per {per}"))
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            faults.append(Fault(row, "year", shown(year), "a year of four digits"))
        elif not codes:
            if currency == per:
                faults.append(Fault(row, "per", shown(per), "another currency than that of the row"))
                continue
            pair = frozenset((currency, per)), int(year)
            if pair in lines:
                problems.append(
                    Problem(
                        f"{table.name}: line {row.line}",
                        (),
                        f"{currency} and {per} in {year}, which stand in line {lines[pair]} too",
                        "each pair of currencies once in a year: the other direction follows from it",
                    )
                )
            elif level is not None and level > 0:
                rates[currency, per, int(year)] = level
            lines.setdefault(pair, row.line)
    return ExchangeRates(table.name, rates), table.problems(faults) + problems


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{3}", text) is not None
