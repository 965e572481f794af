"""A family of one's own declares its parameters as fields, and is checked however the type hints are written.

This file has no ``from __future__ import annotations`` on purpose: hints are objects here, and texts in `FUTURE`.
"""

import inspect
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from popsim.errors import ParameterError
from popsim.families import Family, Uniform, build
from popsim.families.parameters import parameter
from popsim.families.registry import forms


class Base(Family):
    """Distribution without quantiles: only its parameters matter here."""

    family = "base"

    def _ppf(self, p):
        return p

    def _isf(self, q):
        return 1.0 - q

    def _cdf(self, x):
        return np.clip(x, 0.0, 1.0)

    def mean(self):
        return 0.5

    def std(self):
        return 0.3

    def support(self):
        return 0.0, 1.0

    def mode(self):
        return 0.5


class Mine(Base):
    mean_: float = parameter(alias="mean", above=0.0, mend="take another")
    weights: tuple[float, ...]
    inner: Family
    members: tuple[Family, ...]
    shape: float = parameter(default=2.0, least=1.0, most=3.0)
    low: float | None = None
    count: ClassVar[int] = 3


@dataclass(frozen=True)
class Decorated(Base):
    low: float
    high: float = 1.0


FUTURE = """
from __future__ import annotations
class Later(Base):
    low: float
    inner: Family
    high: float | None = None
"""
GOOD = {"mean": 1, "weights": [1, 2], "inner": Uniform(0, 1), "members": [Uniform(0, 1)]}


def later():
    space = {"Base": Base, "Family": Family, "__name__": __name__}
    exec(compile(FUTURE, "later.py", "exec"), space)  # the file's own future import counts, not this one's
    return space["Later"]


def refused(make):
    with pytest.raises(ParameterError) as caught:
        make()
    return [(problem.where, problem.allowed) for problem in caught.value.problems]


def test_parameters_follow_from_the_fields():
    made = Mine(**GOOD)
    assert made.parameters() == {**GOOD, "weights": (1.0, 2.0), "members": (Uniform(0, 1),), "shape": 2.0}
    assert made == Mine(1, (1, 2), Uniform(0, 1), (Uniform(0, 1),), 2, None)
    assert made != Mine(**{**GOOD, "mean": 2})
    assert [str(form) for form in forms(Mine)] == ["mean, weights, inner, members [, shape] [, low]"]
    assert str(inspect.signature(Uniform)) == "(low: float, high: float) -> None"
    for arguments, named in (((), {"weights": [1]}), (range(7), {}), ((1,), GOOD), ((), {**GOOD, "maen": 1})):
        with pytest.raises(TypeError, match=r"mean|weights|too many"):
            Mine(*arguments, **named)
    with pytest.raises(AttributeError):
        made.low = 3.0


@pytest.mark.parametrize("bad", [math.nan, math.inf, "1", True, [1]], ids=repr)
def test_what_is_no_number_is_refused_however_hints_are_written(bad):
    finite = "a finite number"
    assert refused(lambda: Mine(**{**GOOD, "mean": bad, "low": bad})) == [("Mine(mean)", finite), ("Mine(low)", finite)]
    assert refused(lambda: Mine(**{**GOOD, "weights": [1, bad]})) == [("Mine(weights[1])", finite)]
    assert refused(lambda: later()(bad, Uniform(0, 1))) == [("Later(low)", finite)]
    assert refused(lambda: later()(0, Uniform(0, 1), bad)) == [("Later(high)", finite)]
    assert refused(lambda: Decorated(bad)) == [("Decorated(low)", finite)]


def test_what_is_no_distribution_is_refused():
    allowed = "a distribution, such as Uniform(0, 1)"
    assert refused(lambda: Mine(**{**GOOD, "inner": 1, "members": [1]})) == [
        ("Mine(inner)", allowed),
        ("Mine(members[0])", allowed),
    ]
    assert refused(lambda: later()(0, 3)) == [("Later(inner)", allowed)]


def test_limits_are_named():
    assert refused(lambda: Mine(**{**GOOD, "mean": 0, "shape": 4})) == [
        ("Mine(mean)", "mean > 0"),
        ("Mine(shape)", "1 <= shape <= 3"),
    ]


def test_a_decorated_family_is_read_as_any_other():
    assert type(Decorated(np.int64(3)).low) is float
    assert Decorated(0) == Decorated(low=0.0, high=1)


def test_a_child_adds_parameters_and_inherits_the_others():
    class Child(Mine):
        extra: float = 0.0

    class Renamed(Uniform):
        family = "renamed"

    assert [*Child(**GOOD, extra=3).parameters()] == ["mean", "weights", "inner", "members", "shape", "extra"]
    assert refused(lambda: Renamed(0, math.nan)) == [("Renamed(high)", "a finite number")]


@pytest.mark.parametrize("hint", [str, int | str, list[float], "float | str", complex])
def test_an_unknown_type_is_refused_when_the_class_is_made(hint):
    with pytest.raises(TypeError, match=r"the type of low is .*, and that of a parameter must be float"):
        type("Wrong", (Base,), {"__annotations__": {"low": hint}})


def test_a_type_that_is_not_there_is_refused_when_the_class_is_made():
    with pytest.raises(TypeError, match="Elsewhere"):
        type("Wrong", (Base,), {"__annotations__": {"low": "Elsewhere"}, "__module__": __name__})


def test_inner_tables_follow_from_the_fields(monkeypatch):
    monkeypatch.setattr("popsim.families.registry.family_names", lambda: ("base", "uniform"))
    monkeypatch.setattr("popsim.families.registry.family_class", {"base": Mine, "uniform": Uniform}.__getitem__)
    table = {"family": "uniform", "low": 0, "high": 1}
    made = build({"family": "base", "mean": 1, "weights": [1, 2], "inner": table, "members": [table]})
    assert made == Mine(**GOOD)
