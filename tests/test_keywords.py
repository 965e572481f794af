"""Arguments by keyword; by position they still work, as former versions took them, with a warning."""

from __future__ import annotations

import inspect

import pytest

import popsim as ps

NAMES = {"x": ps.Normal(0, 1), "y": ps.Uniform(0, 1)}
ORDER = ["scenarios", "seed", "breakdowns", "correlation", "design", "replicates", "first_scenario", "threads"]


@pytest.mark.parametrize("function", [ps.sample, ps.simulate, ps.simulate_to])
def test_all_but_the_first_argument_are_keywords(function: object) -> None:
    first, *others = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    assert first.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert {each.kind for each in others} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("function", [ps.sample, ps.simulate])
def test_keywords_come_in_one_order(function: object) -> None:
    names = list(inspect.signature(function).parameters)[1:]  # type: ignore[arg-type]
    assert names == [name for name in [*ORDER, "progress", "store", "memory", "client"] if name in names]


def test_former_positions_are_taken_with_a_warning() -> None:
    plan = ps.compile(ps.load_study("example"))
    with pytest.warns(DeprecationWarning, match="pass scenarios, seed, breakdowns, threads by keyword") as caught:
        old = ps.simulate(plan, 20, 3, ["area"], 1)
    assert caught[0].filename == __file__
    assert old.identical(ps.simulate(plan, scenarios=20, seed=3, breakdowns=["area"], threads=1))
    with pytest.warns(DeprecationWarning, match="pass scenarios, seed, correlation, design by keyword"):
        old = ps.sample(NAMES, 16, 3, 0.5, "sobol")
    assert old.identical(ps.sample(NAMES, scenarios=16, seed=3, correlation=0.5, design="sobol"))
    with pytest.warns(DeprecationWarning, match="pass precision by keyword"):
        ps.simulate_to(plan, 0.2, breakdowns=(), threads=1)


def test_what_was_wrong_before_is_refused_as_before() -> None:
    with pytest.raises(TypeError, match=r"multiple values for argument|positional"):
        ps.sample(NAMES, 16, scenarios=16)
    with pytest.raises(TypeError, match="positional"):
        ps.sample(NAMES, 16, 3, 0.5, "sobol", 1, 0, None, "more")
