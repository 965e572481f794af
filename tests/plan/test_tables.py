"""What cannot be tabulated as exactly as promised is refused, never approximated."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pytest

from popsim.errors import PlanError
from popsim.families import Family, Gamma, LogNormal, Triangular, Weibull
from popsim.layout import CONSTANT, LOGNORMAL, NORMAL, PIECES
from popsim.plan import compile as compile_study
from popsim.plan.tables import make_table
from popsim.plan.tables.builder import TableBuilder

from ..engine.studies import all_examples, area, component, country, study


class Liar(Family):
    """Uniform on 0 to 1 with something that it does not declare."""

    family: ClassVar[str] = "liar"
    kind: ClassVar[str] = ""

    def _ppf(self, p):  # type: ignore[no-untyped-def]
        if self.kind == "jump":
            return p + (p > 0.3)
        if self.kind == "wild":
            return p + 0.01 * np.sin(1e5 * p)
        return np.where(p < 1e-12, -np.inf, p)

    def _isf(self, q):  # type: ignore[no-untyped-def]
        return self._ppf(1.0 - q)

    def _cdf(self, x):  # type: ignore[no-untyped-def]
        return x

    def mean(self) -> float:
        return 0.5

    def std(self) -> float:
        return 0.3

    def support(self) -> tuple[float, float]:
        return -math.inf, 3.0

    def mode(self) -> float:
        return 0.5


def liar(kind: str) -> Liar:
    return type(kind, (Liar,), {"kind": kind})()


@pytest.mark.parametrize("kind", ["jump", "wild"])
def test_a_quantile_function_that_no_table_holds_is_refused(kind: str) -> None:
    with pytest.raises(PlanError) as caught:
        make_table(liar(kind), "here: cost")
    (problem,) = caught.value.problems
    assert problem.where == "here: cost"
    assert kind in problem.found
    assert "polynomials" in problem.allowed
    assert "empirical" in problem.mend


@pytest.mark.parametrize("family", [liar("infinite"), LogNormal(0.0, 90.0)])
def test_quantiles_that_are_not_finite_are_refused(family: Family) -> None:
    with pytest.raises(PlanError, match="finite quantiles"):
        make_table(family)


def test_a_study_is_refused_with_the_place_of_the_cost() -> None:
    item = study([country("AAA")], [area("a", component("bad", liar("jump")))])
    with pytest.raises(PlanError, match="a/bad: cost"):
        compile_study(item)


def test_tables_state_an_error_within_what_is_tolerated() -> None:
    for family in all_examples().values():
        assert 0.0 <= make_table(family.standard()[0]).error <= 1.0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("normal 1", NORMAL),
        ("lognormal 1", LOGNORMAL),
        ("uniform 1", PIECES),
        ("empirical 0", PIECES),
        ("constant 2", CONSTANT),
    ],
)
def test_simple_families_have_simple_tables(name: str, kind: int) -> None:
    assert make_table(all_examples()[name].standard()[0]).kind == kind


def test_equal_shapes_share_a_table() -> None:
    builder = TableBuilder()
    first = builder.add([Triangular(0.0, 1.0, 3.0)], ["here"])
    size = len(builder.numbers())
    second = builder.add([Triangular(10.0, 20.0, 40.0), Triangular(0.0, 1.0, 3.0)], ["there", "again"])
    assert len(builder.numbers()) == size
    assert second.table.tolist() == [0, 0]
    assert second.kind.tolist() == [PIECES, PIECES]
    # 10 + 10 x the first
    np.testing.assert_allclose(second.location, [10.0, 0.0] + np.array([10.0, 1.0]) * first.location)
    np.testing.assert_allclose(second.scale, np.array([10.0, 1.0]) * first.scale)


def test_a_refusal_leaves_the_book_as_it_was_and_names_every_place() -> None:
    builder = TableBuilder()
    builder.add([Triangular(0.0, 1.0, 3.0)], ["good"])
    before = builder.numbers()
    with pytest.raises(PlanError) as caught:
        builder.add([Gamma(3.0, 1.0), liar("jump"), liar("wild")], ["fine", "first", "second"])
    assert [problem.where for problem in caught.value.problems] == ["first", "second"]
    np.testing.assert_array_equal(builder.numbers(), before)
    # The place that Gamma would have taken is free again.
    assert builder.add([Weibull(2.0, 1.0)], ["next"]).table.tolist() == [len(before)]


@pytest.mark.parametrize("mode", [0.0, 1e-9, 0.37, 0.5, 1.0 - 1e-9, 1.0])
def test_a_kink_anywhere_is_held(mode: float) -> None:
    assert make_table(Triangular(0.0, mode, 1.0)).error <= 1.0
