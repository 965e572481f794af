"""Bring costs of an earlier year to the prices of the study, by a price index of the same currency."""

from __future__ import annotations

from dataclasses import dataclass

from popsim.errors import Problem, nearest
from popsim.study.place import words
from popsim.tables import Fault, TextTable

__all__ = ["PRICE_COLUMNS", "PriceIndex", "read_prices"]

PRICE_COLUMNS = ("currency", "year", "index")


@dataclass(frozen=True)
class PriceIndex:
    """Price index by currency and year, and the file it was read from."""

    file: str
    index: dict[tuple[str, int], float]

    def years(self, currency: str) -> list[int]:
        """Years that the index of a currency covers, rising."""
        return sorted(year for code, year in self.index if code == currency)

    def factor(self, currency: str, from_year: int, to_year: int) -> float:
        """Factor that brings money at prices of one year to prices of another: index[to] / index[from].

        Examples
        --------
        >>> PriceIndex("p.csv", {("USD", 2000): 172.2, ("USD", 2020): 258.8}).factor("USD", 2000, 2020)
        1.502903...
        """
        return self.index[currency, to_year] / self.index[currency, from_year]

    def check(self, currency: str, year: int, where_currency: str, where_year: str) -> list[Problem]:
        """List what keeps money of this currency and year from being converted."""
        years = self.years(currency)
        if not years:
            known = sorted({code for code, _ in self.index})
            return [
                Problem(
                    where_currency,
                    (),
                    f"{currency!r}, which {self.file} has no price index for",
                    f"currencies: {words(known)}",
                    nearest(currency, known),
                )
            ]
        if year not in years:
            return [
                Problem(
                    where_year,
                    (),
                    f"{year}, which {self.file} has no price index for in {currency}",
                    _spans(years),
                    f"add the row {currency},{year} to {self.file}, or give the cost in prices of another year",
                )
            ]
        return []


def _spans(years: list[int]) -> str:
    gaps = [year for year in range(years[0], years[-1] + 1) if year not in years]
    return f"years {years[0]} to {years[-1]}" + (f" except {words(gaps)}" if gaps else "")


def read_prices(table: TextTable) -> tuple[PriceIndex, list[Problem]]:
    """Read price indices from their columns currency, year, index; further columns say where they are from."""
    index: dict[tuple[str, int], float] = {}
    faults: list[Fault] = []
    if table.numbers is None:
        return PriceIndex(table.name, index), []
    for row in table.rows:
        currency, year, value = (table.cell(row, column) for column in PRICE_COLUMNS)
        level = table.number(value)
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            faults.append(Fault(row, "year", repr(year), "a year of four digits"))
        elif level is None or level <= 0:
            faults.append(Fault(row, "index", repr(value), "a number, index > 0"))
        elif (currency, int(year)) in index:
            faults.append(Fault(row, "year", f"{currency} {year} a second time", "each currency and year once"))
        else:
            index[currency, int(year)] = level
    return PriceIndex(table.name, index), table.problems(faults)
