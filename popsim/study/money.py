"""Bring the money of a cost to the money of the study: to its currency first, then to prices of its year."""

from __future__ import annotations

import re
from dataclasses import dataclass

from popsim.errors import Keys, Problem, nearest, shown, words
from popsim.schema import PRICE_INDICES, RATES_OF_EXCHANGE
from popsim.study.place import Place
from popsim.tables import Fault, TextTable

PRICE_COLUMNS = ("currency", "year", "index")
RATE_COLUMNS = ("currency", "year", "rate", "per")


@dataclass(frozen=True)
class PriceIndex:
    """Price index by currency and year, and the file it was read from."""

    file: str
    index: dict[tuple[str, int], float]

    def factor(self, currency: str, from_year: int, to_year: int) -> float:
        """Return the factor that brings money at prices of one year to prices of another: index[to] / index[from].

        Examples
        --------
        >>> PriceIndex("p.csv", {("USD", 2000): 172.2, ("USD", 2020): 258.8}).factor("USD", 2000, 2020)
        1.502903...
        """
        return self.index[currency, to_year] / self.index[currency, from_year]

    def check(self, currency: str, year: int, place: Place, keys: Keys) -> list[Problem]:
        """List what keeps money, whose currency and price_year stand at `keys`, from being converted."""
        years = sorted(covered for code, covered in self.index if code == currency)
        if not years:
            known = sorted({code for code, _ in self.index})
            found, allowed = f"{currency!r}, which {self.file} has no price index for", f"currencies: {words(known)}"
            return [place.problem((*keys, "currency"), found, allowed, nearest(currency, known))]
        if year in years:
            return []
        gaps = [between for between in range(years[0], years[-1] + 1) if between not in years]
        return [
            place.problem(
                (*keys, "price_year"),
                f"{year}, which {self.file} has no price index for in {currency}",
                f"years {years[0]} to {years[-1]}" + (f" except {words(gaps)}" if gaps else ""),
                f"add the row {currency},{year} to {self.file}, or give the cost in prices of another year",
            )
        ]


@dataclass(frozen=True)
class ExchangeRates:
    """Units of one currency per unit of another, by (currency, per, year), and the file they were read from.

    Each pair of currencies stands once in a year, in one of its two directions.
    """

    file: str
    rates: dict[tuple[str, str, int], float]

    def stated(self, to: str, per: str, year: int) -> float | None:
        """Return units of `to` per unit of `per` from one row, read either way; None where there is no such row."""
        if (rate := self.rates.get((to, per, year))) is not None:
            return rate
        back = self.rates.get((per, to, year))
        return None if back is None else 1.0 / back

    def between(self, currency: str, to: str, year: int) -> dict[str, float]:
        """Return units of `to` per unit of `currency` by way of each third currency that has a row with both."""
        others = sorted({code for one, two, of in self.rates if of == year for code in (one, two)} - {currency, to})
        steps = {other: (self.stated(other, currency, year), self.stated(to, other, year)) for other in others}
        return {other: first * second for other, (first, second) in steps.items() if first and second}

    def rate(self, currency: str, to: str, year: int) -> float | None:
        """Return units of `to` per unit of `currency`: from a row, or from two rows over one third currency.

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
        ways = list(self.between(currency, to, year).values())
        return ways[0] if len(ways) == 1 else None

    def check(self, currency: str, to: str, year: int, place: Place, keys: Keys) -> list[Problem]:
        """List what keeps money, whose currency and price_year stand at `keys`, from being exchanged."""
        if self.rate(currency, to, year) is not None:
            return []
        row = f"add the row {currency},{year},<{currency} per {to}>,{to} to {self.file}"
        known = sorted({code for one, two, _ in self.rates for code in (one, two)})
        if ways := self.between(currency, to, year):
            found = f"{currency!r} of {year}, which {self.file} leads to {to} by way of {words(ways)}"
            allowed = f"one way from {currency} to {to} in a year"
            return [place.problem((*keys, "currency"), found, allowed, row)]
        if currency not in known:
            found, allowed = f"{currency!r}, which {self.file} has no exchange rate for", f"currencies: {words(known)}"
            mend = "; ".join(filter(None, (nearest(currency, known), row)))
            return [place.problem((*keys, "currency"), found, allowed, mend)]
        years = [each for each in sorted({of for *_, of in self.rates}) if self.rate(currency, to, each) is not None]
        found = f"{year}, for which {self.file} has no exchange rate from {currency} to {to}"
        return [place.problem((*keys, "price_year"), found, f"years with one: {words(years)}", row)]


@dataclass(frozen=True)
class Money:
    """The money of a study, with the price index and the exchange rates that lead to it where it names them."""

    currency: str
    price_year: int
    prices: PriceIndex | None = None
    rates: ExchangeRates | None = None

    def check(self, place: Place) -> list[Problem]:
        """List what keeps the price index from leading to this money, which the study states in [money]."""
        return self.prices.check(self.currency, self.price_year, place, ("money",)) if self.prices else []

    def factor(self, currency: str, year: int, place: Place, keys: Keys) -> tuple[float, list[Problem]]:
        """Return the factor for a cost in `currency` at prices of `year`, 1.0 where it is not known, and problems.

        A cost is exchanged at the rate of its own price year, and then brought to the price year of the study by the
        price index of the study's currency: what was paid is what it was worth there and then.

        Parameters
        ----------
        currency, year
            Of the cost.
        place, keys
            Where its currency and price_year are stated.

        Examples
        --------
        >>> prices = PriceIndex("p.csv", {("EUR", 2010): 100.0, ("EUR", 2020): 110.0})
        >>> rates = ExchangeRates("r.csv", {("XOF", "EUR", 2010): 500.0})
        >>> Money("EUR", 2020, prices, rates).factor("XOF", 2010, Place("a.toml"), ("component", 0))
        (0.0022, [])
        """
        problems = self._check_exchange(currency, year, place, keys)
        if not problems and year != self.price_year:
            problems = self._check_prices(year, place, keys)
        if problems:
            return 1.0, problems
        factor = 1.0
        if self.prices is not None and year != self.price_year:
            factor = self.prices.factor(self.currency, year, self.price_year)
        rate = self.rates.rate(currency, self.currency, year) if self.rates is not None else None
        return factor if rate is None else rate * factor, []

    def _check_exchange(self, currency: str, year: int, place: Place, keys: Keys) -> list[Problem]:
        if currency == self.currency:
            return []
        if self.rates is not None:
            return self.rates.check(currency, self.currency, year, place, keys)
        return [
            place.problem(
                (*keys, "currency"),
                f"{currency!r}, and the study names no exchange rates",
                f"{self.currency}, the currency of the study",
                f'give the cost in {self.currency}, or add under [money]: exchange_rates = "exchange-rates.csv", '
                f"and to that file the row {currency},{year},<{currency} per {self.currency}>,{self.currency}",
            )
        ]

    def _check_prices(self, year: int, place: Place, keys: Keys) -> list[Problem]:
        if self.prices is not None:
            return self.prices.check(self.currency, year, place, keys)
        found = f"{year}, and the study names no price index"
        allowed = f"{self.price_year}, the price year of the study"
        mend = 'add a line under [money]: price_index = "prices.csv"'
        return [place.problem((*keys, "price_year"), found, allowed, mend)]


def read_prices(table: TextTable) -> tuple[PriceIndex, list[Problem]]:
    """Read price indices from their columns currency, year, index; further columns say where they are from."""
    index: dict[tuple[str, int], float] = {}
    faults: list[Fault] = []
    for row in table.rows if table.numbers else ():
        currency, year, value = (table.cell(row, column) for column in PRICE_COLUMNS)
        level = table.number(value)
        if not _is_year(year):
            faults.append(Fault(row, "year", shown(year), "a year of four digits"))
        elif level is None or level <= 0:
            faults.append(Fault(row, "index", shown(value), "a number, index > 0"))
        elif not PRICE_INDICES[0] <= level <= PRICE_INDICES[1]:
            allowed = f"an index from {PRICE_INDICES[0]:g} to {PRICE_INDICES[1]:g}"
            faults.append(Fault(row, "index", shown(value), allowed))
        elif (currency, int(year)) in index:
            faults.append(Fault(row, "year", f"{currency} {year} a second time", "each currency and year once"))
        else:
            index[currency, int(year)] = level
    return PriceIndex(table.name, index), table.problems(faults)


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
    lines: dict[tuple[frozenset[str], str], int] = {}
    for row in table.rows if table.numbers else ():
        currency, year, value, per = (table.cell(row, column) for column in RATE_COLUMNS)
        codes = [(column, code) for column, code in (("currency", currency), ("per", per)) if not _is_code(code)]
        faults += [Fault(row, column, shown(code), "three capital letters, such as USD") for column, code in codes]
        level = table.number(value)
        if level is None or level <= 0:
            faults.append(Fault(row, "rate", shown(value), f"a number, rate > 0: units of {currency} per {per}"))
        elif not RATES_OF_EXCHANGE[0] <= level <= RATES_OF_EXCHANGE[1]:
            allowed = f"a rate from {RATES_OF_EXCHANGE[0]:g} to {RATES_OF_EXCHANGE[1]:g}"
            faults.append(Fault(row, "rate", shown(value), allowed))
        if not _is_year(year):
            faults.append(Fault(row, "year", shown(year), "a year of four digits"))
        elif codes:
            continue
        elif currency == per:
            faults.append(Fault(row, "per", shown(per), "another currency than that of the row"))
        elif (first := lines.setdefault((frozenset((currency, per)), year), row.line)) != row.line:
            found = f"{currency} and {per} in {year}, which stand in line {first} too"
            allowed = "each pair of currencies once in a year: the other direction follows from it"
            problems.append(table.problem(f"line {row.line}", found, allowed))
        elif level is not None and level > 0:
            rates[currency, per, int(year)] = level
    return ExchangeRates(table.name, rates), table.problems(faults) + problems


def _is_code(text: str) -> bool:
    return re.fullmatch(r"[A-Z]{3}", text) is not None


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) == 4
