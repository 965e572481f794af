"""Amounts of any size are printed as numbers that can be read, and drawn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import popsim as ps
from popsim.errors import PlanError
from popsim.families import Family
from popsim.report.figures import Interval, intervals, years
from popsim.report.figures.canvas import svg_file
from popsim.report.numbers import amount, amounts, money, significant, tick, unit_for, written


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("999999999999999", "999,999,999,999,999"),
        ("1E+15", "1e15"),
        ("2.000e34", "2.000e34"),
        ("-2.0e34", "−2.0e34"),
        ("0.001", "0.001"),
        ("0.00099", "9.9e−4"),
        ("3.4e-12", "3.4e−12"),
        ("0", "0"),
    ],
)
def test_powers_of_ten_stand_for_many_zeros(number: str, text: str) -> None:
    assert written(Decimal(number)) == text


@pytest.mark.parametrize("value", [1e-14, 3.4e-12, 5e-4, 1e15, 1e43, 1e99, -1e43])
def test_no_amount_prints_as_a_row_of_zeros(value: float) -> None:
    unit = unit_for(value)
    for text in (money(value, 0.0, unit), amount(value, abs(value) / 100, unit), *amounts([(value, 0.0)], unit)):
        assert len(text) < 30
        assert float(text.replace("US$", "").replace("billion", "").replace(",", "").replace("−", "-").strip()) != 0
    assert float(significant(value).replace("−", "-")) == pytest.approx(value, rel=5e-3)


@pytest.mark.parametrize("value", [0.0, 2.0, -2.0, 1500.0, 2.5e9])
def test_ticks_of_usual_amounts_are_in_figures(value: float) -> None:
    assert tick(value) == f"{value:,.10g}".replace("-", "−")


@pytest.mark.parametrize("value", [1e-12, -1e-12, 2.5e11, -7e43, 1e99])
def test_ticks_of_others_have_powers_of_ten(value: float) -> None:
    assert float(tick(value).replace("−", "-")) == value
    assert len(tick(value)) < 9


@pytest.mark.parametrize("size", [1e-300, 1e-12, 1.0, 1e6, 1e20, 1e79, -1e-12, -1e20])
@pytest.mark.parametrize("draw", [years, intervals])
def test_bars_of_any_size_are_drawn(size: float, draw: Callable[..., Figure]) -> None:
    low, high = sorted((size, 2 * size))
    bar = Interval("2030", low, low, 0.5 * (low + high), high, high)
    figure = partial(draw, bars=[bar, bar], amount_label="amount")
    assert svg_file(figure, "name", "spoken").count("<svg") == 1


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (ps.LogNormal(700, 10), "mu or sigma"),
        (ps.Scaled(ps.LogNormal(600, 10), 1e20), "distribution or by"),
        (ps.Normal(1.7e308, 1e307), "mean or std"),
        (ps.Mixture([ps.Constant(0), ps.LogNormal(0, 90)], [0.9, 0.1]), "distributions or weights"),
    ],
    ids=range(4),
)
def test_what_could_draw_infinity_is_refused(family: Family, names: str) -> None:
    with pytest.raises(PlanError, match=f"can draw .*\n.*values of at most 1.8e.308.*\n.*other values of {names}"):
        ps.sample({"x": family}, scenarios=10)
    ps.sample({"x": ps.LogNormal(600, 10)}, scenarios=10)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        ("{ family = 'constant', value = 1e308 }", "a mean of at most"),
        ("{ family = 'lognormal', mu = 150, sigma = 10 }", "a mean of at most"),
        ("{ family = 'uniform', low = 1e-300, high = 2e-300 }", "from 1e-30 to"),
    ],
)
def test_a_study_is_refused_where_sums_would_overflow_or_vanish(
    cost: str, words: str, root: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(root / "tests" / "study" / "fixtures" / "small", tmp_path / "study"))
    file = folder / "catalogue" / "x_first.toml"
    text = file.read_text(encoding="utf-8")
    old = "{ family = 'triangular', low = 10.0, mode = 20.0, high = 60.0 }".replace("'", '"')
    assert old in text
    file.write_text(text.replace(old, cost.replace("'", '"')), encoding="utf-8")
    with pytest.raises(ps.StudyError, match=rf"start_up(.*\n)*.*{words}"):
        ps.compile(ps.load_study(folder))


def test_an_exact_amount_keeps_a_digit_in_a_column_of_larger_ones() -> None:
    """Only a figure with a Monte Carlo error can lie below what the run resolves."""
    assert amounts([(2_345.0, 0.0), (85e9, 3e9), (91e9, 3e9)]) == ("0.002", "85,000", "91,000")
    assert amount(2_345.0, 1e6) == "< 1"
