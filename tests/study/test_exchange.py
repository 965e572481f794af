"""Money of other currencies, by hand arithmetic."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.study import load_study
from popsim.study.model import Study
from popsim.study.money import RATE_COLUMNS, ExchangeRates, Money, PriceIndex, read_rates
from popsim.study.place import Place
from popsim.tables import read_table

ROWS = """\
# Invented, but for the parity of the euro and the CFA franc.
currency,year,rate,per,series,source
XOF,2000,655.957,EUR,parity,see configs/example
XOF,2010,655.957,EUR,parity,see configs/example
USD,2000,0.9,EUR,invented,invented
USD,2010,1.25,EUR,invented,invented
GBP,2010,0.8,EUR,invented,invented
GBP,2010,0.64,USD,invented,invented
JPY,2010,100,USD,invented,invented
JPY,2010,125,EUR,invented,invented
"""

HERE = (Place("a.toml"), ("component", 0))


def rates() -> ExchangeRates:
    table, problems = read_table(ROWS, "exchange-rates.csv", RATE_COLUMNS, ["rate"])
    assert problems == []
    found, problems = read_rates(table)
    assert problems == []
    return found


@pytest.mark.parametrize(
    ("currency", "to", "year", "rate"),
    [
        ("EUR", "XOF", 2000, 655.957),
        ("XOF", "EUR", 2000, 1 / 655.957),
        ("EUR", "USD", 2010, 1.25),
        ("USD", "EUR", 2010, 1 / 1.25),
        # XOF -> EUR -> USD: 655.957 francs are a euro, which is 0.9 or 1.25 dollars.
        ("XOF", "USD", 2000, 0.9 / 655.957),
        ("XOF", "USD", 2010, 1.25 / 655.957),
        ("USD", "XOF", 2010, 655.957 / 1.25),
        # XOF -> EUR -> GBP: 655.957 francs are a euro, which is 0.8 pounds.
        ("XOF", "GBP", 2010, 0.8 / 655.957),
        ("GBP", "USD", 2010, 1 / 0.64),
        ("CHF", "CHF", 1950, 1.0),
    ],
)
def test_rates_by_hand(currency: str, to: str, year: int, rate: float) -> None:
    # At most three roundings of numbers.
    assert rates().rate(currency, to, year) == pytest.approx(rate, rel=1e-15)
    assert rates().check(currency, to, year, *HERE) == []


def test_two_ways_are_refused_and_the_row_that_settles_it_is_named() -> None:
    # GBP to JPY: by way of EUR 125 / 0.8 = 156.25, by way of USD 100 / 0.64 = 156.25 too; but who is to know?
    assert rates().rate("GBP", "JPY", 2010) is None
    (problem,) = rates().check("GBP", "JPY", 2010, *HERE)
    assert problem.where == "a.toml: component[0].currency"
    assert "by way of EUR, USD" in problem.found
    assert problem.mend == "add the row GBP,2010,<GBP per JPY>,JPY to exchange-rates.csv"


def test_two_steps_are_not_taken() -> None:
    chain = ExchangeRates("r.csv", {("AAA", "BBB", 2000): 2.0, ("BBB", "CCC", 2000): 2.0, ("CCC", "DDD", 2000): 2.0})
    assert chain.rate("AAA", "CCC", 2000) == 1 / 4
    assert chain.rate("AAA", "DDD", 2000) is None
    (problem,) = chain.check("AAA", "DDD", 2000, *HERE)
    assert problem.mend == "add the row AAA,2000,<AAA per DDD>,DDD to r.csv"


def test_another_year_is_not_taken() -> None:
    (problem,) = rates().check("GBP", "EUR", 2000, *HERE)
    assert (problem.where, problem.allowed) == ("a.toml: component[0].price_year", "years with one: 2010")
    assert "no exchange rate from GBP to EUR" in problem.found


def test_an_unknown_currency_is_refused_with_the_nearest() -> None:
    (problem,) = rates().check("XAF", "EUR", 2000, *HERE)
    assert problem.where == "a.toml: component[0].currency"
    assert problem.allowed == "currencies: EUR, GBP, JPY, USD, XOF"
    assert problem.mend == 'did you mean "XOF"?; add the row XAF,2000,<XAF per EUR>,EUR to exchange-rates.csv'


def test_a_cost_is_exchanged_in_its_own_year_and_then_brought_to_the_prices_of_the_study() -> None:
    prices = PriceIndex("p.csv", {("USD", 2000): 100.0, ("USD", 2010): 125.0, ("USD", 2020): 150.0})
    money = Money("USD", 2020, prices, rates())
    # 655.957 francs of 2000 = 1 euro = 0.9 dollars of 2000 = 0.9 x 150 / 100 dollars of 2020
    assert money.factor("XOF", 2000, *HERE) == (pytest.approx(0.9 * 1.5 / 655.957, rel=1e-15), [])
    # and of 2010: 1.25 dollars of 2010 = 1.25 x 150 / 125 dollars of 2020
    assert money.factor("XOF", 2010, *HERE) == (pytest.approx(1.25 * 1.2 / 655.957, rel=1e-15), [])
    assert money.factor("USD", 2010, *HERE) == (1.2, [])


def test_what_is_not_needed_need_not_be_there() -> None:
    assert Money("EUR", 2010).factor("EUR", 2010, *HERE) == (1.0, [])
    assert Money("EUR", 2010, None, rates()).factor("XOF", 2010, *HERE) == (1 / 655.957, [])


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_there_and_back_is_where_one_was(first: float, second: float) -> None:
    table = ExchangeRates("r.csv", {("AAA", "BBB", 2000): first, ("CCC", "BBB", 2000): second})
    there, back = table.rate("AAA", "CCC", 2000), table.rate("CCC", "AAA", 2000)
    assert there is not None
    assert back is not None
    assert there == pytest.approx(second / first, rel=1e-15)
    assert there * back == pytest.approx(1.0, rel=1e-14)


def exchanged(small: Path, **edits: str) -> Study:
    """The small study with its second area in francs of 2010."""
    (small / "rates.csv").write_text(ROWS, encoding="utf-8")
    second = small / "catalogue" / "y_second.toml"
    text = second.read_text(encoding="utf-8")
    for key, value in edits.items():
        lines = [f"{key} = {value}" if line.startswith(f"{key} = ") else line for line in text.split("\n")]
        text = "\n".join(lines)
    second.write_text(text, encoding="utf-8")
    return load_study(small, {"money.exchange_rates": "rates.csv"})


def test_a_study_with_two_currencies(small: Path, tmp_path: Path) -> None:
    plain = load_study(small)
    assert all(name != "inputs/exchange-rates.csv" for name, _ in plain.files)
    study = exchanged(small, currency='"XOF"', price_year="2010")
    part = study.areas[1].components[0]
    assert (part.currency, part.price_year) == ("XOF", 2010)
    assert part.money_factor == pytest.approx(1.25 * 150.0 / 125.0 / 655.957, rel=1e-15)
    assert study.areas[0] == plain.areas[0]
    assert dict(study.files)["inputs/exchange-rates.csv"] == ROWS
    for name, text in study.files:
        path = tmp_path / "written" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert load_study(tmp_path / "written") == study


def test_rates_that_nobody_needs_move_nothing(small: Path) -> None:
    assert exchanged(small).areas == load_study(small).areas
