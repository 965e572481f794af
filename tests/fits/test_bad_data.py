"""Data that determine no fit are refused, with what was found and what would do."""

from __future__ import annotations

import math

import pytest

import popsim as ps

REFUSED = [
    ({"values": [5.0]}, "values", "1 point", "2 points or more, for a level and a spread"),
    ({"values": [2, 2, 2]}, "values", "3 points equal to 2", "points that differ"),
    ({"values": [1, -2, 3]}, "values[1]", "-2", "a number above 0"),
    ({"values": [1, 0]}, "values[1]", "0", "a number above 0"),
    ({"values": [1, math.nan]}, "values[1]", "nan", "a number above 0"),
    ({"values": [1, math.inf], "family": "normal"}, "values[1]", "inf", "a finite number"),
    ({"values": [1, "2"]}, "values[1]", "'2'", "a number above 0"),
    ({"values": []}, "values", "0 numbers", "a list of 1 to 100000 numbers"),
    ({"values": 3}, "values", "an int", "a list of 1 to 100000 numbers"),
    ({"values": [1, 2], "sizes": [1], "size_exponent": 1}, "sizes", "1 for 2 values", "as many as values"),
    (
        {"values": [1, 2], "sizes": [1, 2]},
        "size_exponent",
        "None, with sizes",
        '"estimate", or a number from -10 to 10',
    ),
    ({"values": [1, 2], "size_exponent": 1}, "size_exponent", "1, without sizes", "sizes, one for each value"),
    (
        {"values": [1, 2], "sizes": [1, 2], "size_exponent": "guess"},
        "size_exponent",
        "'guess'",
        '"estimate", or a number from -10 to 10',
    ),
    (
        {"values": [1, 2], "sizes": [1, 2], "size_exponent": "estimate"},
        "values",
        "2 points",
        "3 points or more, for a level, an exponent and a spread",
    ),
    (
        {"values": [1, 2, 3], "sizes": [4, 4, 4], "size_exponent": "estimate"},
        "sizes",
        "all of size 4",
        "different sizes, to estimate an exponent",
    ),
    (
        {"values": [1, 2, 4], "sizes": [1, 2, 4], "size_exponent": "estimate"},
        "values",
        "3 points without a spread around the fit",
        "points that differ from the fit",
    ),
    ({"values": [1, 2], "weights": [1, 0]}, "weights[1]", "0", "a number above 0"),
    ({"values": [1e300, 2e300, 3e300]}, "values[0]", "1e+300", "1e-60 to 1e+60"),
    ({"values": [-3, 1e-320, 3], "family": "normal"}, "values[1]", "9.99989e-321", "1e-60 to 1e+60, either sign"),
    (
        {"values": [1e-19, 1, 1e12]},
        "values",
        "1e-19 beside 1e+12",
        "amounts of which none is more than 1e+30 times another",
    ),
    ({"values": [1, 2], "weights": [1, 1e9]}, "weights[1]", "1e+09", "1e-06 to 1e+06"),
    (
        {"values": [1, 2], "sizes": [1e-10, 1e9], "size_exponent": 9},
        "size_exponent",
        "9, with sizes from 1e-10 to 1e+09",
        "amounts that change by no more than 1e+60 times between a size and the mean of sizes",
    ),
    (
        {"values": [1, 2], "censored": [None, 1e100]},
        "censored[1]",
        "1e+100",
        'None (known), "left" (at most that), "right" (at least that) or a larger number (up to it)',
    ),
    ({"values": [1, 2], "family": "cauchy"}, "family", "'cauchy'", None),
    (
        {"values": [1, 2, 4], "family": "normal", "sizes": [1, 2, 5], "size_exponent": "estimate"},
        "size_exponent",
        '"estimate"',
        None,
    ),
]


@pytest.mark.parametrize(("given", "where", "found", "allowed"), REFUSED)
def test_refused(given, where, found, allowed):
    with pytest.raises(ps.ParameterError) as caught:
        ps.fit(**given)
    (problem,) = caught.value.problems
    assert problem.where.removeprefix("fit(").removesuffix(")") == where
    assert problem.found == found
    assert problem.allowed == allowed or allowed is None


def test_every_problem_is_named_at_once():
    with pytest.raises(ps.ParameterError) as caught:
        ps.fit([1, -1, 0], sizes=[1, 2, -3], size_exponent=99)
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize("coverage", [0, 1, 1.5, -0.1, "90 %", None])
def test_a_coverage_is_a_share(coverage):
    with pytest.raises(ps.ParameterError, match="a number above 0, below 1"):
        ps.fit([1, 2, 4]).interval(coverage)


@pytest.mark.parametrize("size", [0, -1, math.nan, math.inf, "large"])
def test_a_size_is_a_factor_above_zero(size):
    with pytest.raises(ps.ParameterError, match="a relative size above 0"):
        ps.fit([1, 2, 4]).predictive_at(size)


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_a_size_at_which_no_float_holds_an_amount_is_refused(family, size):
    fit = ps.fit([1, 2, 4, 9, 30], family, sizes=[1, 1.1, 1.2, 1.1, 1.3], size_exponent="estimate")
    for what in (fit.predictive_at, fit.distribution_at):
        with pytest.raises(ps.ParameterError):
            what(size)


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull", "normal"])
@pytest.mark.parametrize("unit", [1e-58, 1e58])
def test_amounts_in_any_unit_have_the_same_fit(family, unit):
    amounts = [1.0, 2.0, 3.0, 5.0, 9.0]
    plain, scaled = (ps.fit([unit * each for each in amounts], family) for unit in (1.0, unit))
    assert scaled.interval() == pytest.approx([unit * end for end in plain.interval()], rel=1e-9)
    assert scaled.residuals == pytest.approx(plain.residuals, rel=1e-9)
    assert math.isfinite(scaled.aicc)


def test_a_point_of_hardly_any_weight_leaves_the_test_of_the_family_finite():
    tested = ps.fit([1, 2, 3, 50, 1e19], weights=[1, 1, 1, 1, 1e-6], simulations=99).anderson_darling
    assert math.isfinite(tested.statistic)
    assert 0.0 < tested.p_value <= 1.0
