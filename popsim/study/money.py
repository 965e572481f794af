"""Bring the money of a cost to the money of the study: to its currency first, then to prices of its year."""

from __future__ import annotations

from dataclasses import dataclass

from popsim.errors import Problem
from popsim.study.exchange import ExchangeRates
from popsim.study.prices import PriceIndex

__all__ = ["Money"]


@dataclass(frozen=True)
class Money:
    """The money of a study, with the price index and the exchange rates that lead to it where it names them."""

    currency: str
    price_year: int
    prices: PriceIndex | None = None
    rates: ExchangeRates | None = None

    def check(self, where_currency: str, where_year: str) -> list[Problem]:
        """List what keeps the price index from leading to this money."""
        if self.prices is None:
            return []
        return self.prices.check(self.currency, self.price_year, where_currency, where_year)

    def factor(self, currency: str, year: int, where_currency: str, where_year: str) -> tuple[float, list[Problem]]:
        """Factor for a cost in `currency` at prices of `year`, and what keeps it from being known (it is 1.0 then).

        A cost is exchanged at the rate of its own price year, and then brought to the price year of the study by the
        price index of the study's currency: what was paid is what it was worth there and then.

        Parameters
        ----------
        currency, year
            Of the cost.
        where_currency, where_year
            Where they are stated.

        Examples
        --------
        >>> prices = PriceIndex("p.csv", {("EUR", 2010): 100.0, ("EUR", 2020): 110.0})
        >>> rates = ExchangeRates("r.csv", {("XOF", "EUR", 2010): 500.0})
        >>> Money("EUR", 2020, prices, rates).factor("XOF", 2010, "here", "here")
        (0.0022, [])
        """
        problems = self._check_exchange(currency, year, where_currency, where_year)
        if not problems and year != self.price_year:
            problems = self._check_prices(year, where_currency, where_year)
        if problems:
            return 1.0, problems
        factor = 1.0
        if self.prices is not None and year != self.price_year:
            factor = self.prices.factor(self.currency, year, self.price_year)
        rate = self.rates.rate(currency, self.currency, year) if self.rates is not None else None
        return factor if rate is None else rate * factor, []

    def _check_exchange(self, currency: str, year: int, where_currency: str, where_year: str) -> list[Problem]:
        if currency == self.currency:
            return []
        if self.rates is not None:
            return self.rates.check(currency, self.currency, year, where_currency, where_year)
        return [
            Problem(
                where_currency,
                (),
                f"{currency!r}, and the study names no exchange rates",
                f"{self.currency}, the currency of the study",
                f'give the cost in {self.currency}, or add under [money]: exchange_rates = "exchange-rates.csv", '
                f"and to that file the row {currency},{year},<{currency} per {self.currency}>,{self.currency}",
            )
        ]

    def _check_prices(self, year: int, where_currency: str, where_year: str) -> list[Problem]:
        if self.prices is not None:
            return self.prices.check(self.currency, year, where_currency, where_year)
        return [
            Problem(
                where_year,
                (),
                f"{year}, and the study names no price index",
                f"{self.price_year}, the price year of the study",
                'add a line under [money]: price_index = "prices.csv"',
            )
        ]
