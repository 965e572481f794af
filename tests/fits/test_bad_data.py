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
    with pytest.raises(ps.ParameterError, match="a size factor above 0"):
        ps.fit([1, 2, 4]).predictive_at(size)
