"""No digit is printed that the Monte Carlo error does not support."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.errors import ParameterError
from popsim.report.numbers import amount, amounts, count, money, money_range, percent, rounded, significant, unit_for

VALUES = st.floats(min_value=1e-3, max_value=1e13)
RELATIVE = st.floats(min_value=1e-9, max_value=0.2)


def leading_place(error: float) -> Decimal:
    """Place value of the leading digit of 2 e, read from the number as printf writes it."""
    return Decimal(f"1e{f'{2 * error:.17e}'.partition('e')[2]}")


def is_supported(printed: str, error: float) -> bool:
    """Whether a printed number is a whole multiple of the finest place that the error supports."""
    number = Decimal(printed.replace(",", ""))
    return number % leading_place(error) == 0


@given(VALUES, RELATIVE)
def test_printed_digits_are_supported(value: float, relative: float) -> None:
    error = value * relative
    printed = amount(value, error, "US$")
    assert is_supported(printed, error)
    # Rounding moves a value by at most half of its last place, which is the coarser of the two limits.
    place = max(leading_place(error), Decimal(1).scaleb(Decimal(repr(value)).adjusted() - 3))
    assert abs(Decimal(printed.replace(",", "")) - Decimal(repr(value))) <= place / 2


@given(VALUES, RELATIVE)
def test_last_digit_is_not_needlessly_coarse(value: float, relative: float) -> None:
    error = value * relative
    _, place = rounded(value, error)
    assert place <= max(Decimal(repr(2 * error)), Decimal(repr(value)) / 1000)


@given(st.lists(st.tuples(VALUES, RELATIVE), min_size=1, max_size=6))
def test_columns_are_supported_and_leave_digits_of_every_cell(cells: list[tuple[float, float]]) -> None:
    row = [(value, value * relative) for value, relative in cells]
    for printed, (value, error) in zip(amounts(row, "US$"), row, strict=True):
        assert is_supported(printed, error)
        own = rounded(value, error)[1]
        printed_value = Decimal(printed.replace(",", ""))
        # Off by at most half of a place that its own error sets, or of the first digit of the smallest cell, or of the
        # second digit of the smallest that is not tiny beside the middle one.
        sizes = sorted(value for value, _ in row)
        usual = min(size for size in sizes if size >= 0.1 * sizes[(len(sizes) - 1) // 2])
        first, second = (Decimal(repr(size)).adjusted() for size in (sizes[0], usual))
        limit = max(own, Decimal(1).scaleb(min(first, second - 1))) / 2
        assert abs(printed_value - Decimal(repr(value))) <= limit


def test_control_too_many_digits_are_noticed() -> None:
    assert not is_supported("612.35", 0.3)
    assert not is_supported(f"{612.3456:.3f}", 1.0)
    assert is_supported("612", 0.6)


@given(st.floats(0.0005, 0.9995), st.floats(1e-5, 0.05))
def test_percentages_are_supported(probability: float, error: float) -> None:
    printed = percent(probability, error)
    assert printed.endswith("\u202f%")
    body = printed.removesuffix("\u202f%")
    if body[0] not in "<>":
        assert is_supported(body, 100 * error)
        assert "." not in body or len(body.partition(".")[2]) == 1


@pytest.mark.parametrize(
    ("probability", "error", "printed"),
    [(0.9, 0.0, "90"), (0.975, 0.0, "97.5"), (0.0, 0.0, "0"), (1.0, 0.0, "100"), (0.99999, 0.0, ">\u00a099.9")],
)
def test_exact_percentages(probability: float, error: float, printed: str) -> None:
    assert percent(probability, error) == f"{printed}\u202f%"


def test_spaces_do_not_break_lines() -> None:
    for text in (money(612e6, 1e6), money(2e6, 3e7), percent(0.00001, 0.0)):
        assert " " not in text
    assert money_range(612e6, 1e6, 940e6, 1e6).count(" ") == 2


def test_value_below_its_error_is_not_called_zero() -> None:
    assert amount(2e6, 3e7) == "< 10"
    assert amount(-2e6, 3e7) == "> −10"
    assert amount(0.0, 3e7) == "0"


def test_infinite_error_prints_no_digit() -> None:
    assert amount(612e6, math.inf) == money(612e6, math.inf) == "n/a"
    assert money_range(612e6, 1e6, 940e6, math.inf) == "n/a"
    assert amounts([(612e6, math.inf), (940e6, 1e6)]) == ("n/a", "940")


@pytest.mark.parametrize("value", [-0.0, -1e-18, 1e-18, -4e-5, 4e-5, -0.004])
def test_no_zero_is_negative_and_no_rounding_of_the_computer_is_printed(value: float) -> None:
    for text in (percent(value, 0.002), percent(value), amount(value, 1e-20, "US$"), amount(value, 0.1, "US$")):
        assert not re.search("^[\u2212-][0.]*( |\u202f|$)", text), text
        assert len(text) < 12, text


def test_negative_amounts_have_a_minus() -> None:
    assert money(-41.2e6, 2e6) == "US$\u00a0−41\u00a0million"


@pytest.mark.parametrize(("value", "error"), [(math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0), (1.0, -1.0)])
def test_numbers_that_cannot_be_printed_are_refused(value: float, error: float) -> None:
    with pytest.raises(ParameterError):
        money(value, error)


def test_unknown_unit_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match="US\\$ million"):
        money(1.0, 0.1, "US$ milion")


def test_units_grow_with_the_amount() -> None:
    assert [unit_for(10.0**k) for k in (3, 4, 6, 9, 10)] == [
        "US$",
        "US$ thousand",
        "US$ million",
        "US$ million",
        "US$ billion",
    ]


def test_small_helpers() -> None:
    assert count(1_234_567) == "1,234,567"
    assert significant(1.25) == "1.25"
    assert significant(-0.5) == "−0.5"
