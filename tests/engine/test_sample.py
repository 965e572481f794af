"""Correlations in every form that a user may hold them in; refusals."""

from __future__ import annotations

import ast
import itertools

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.errors import ParameterError
from popsim.families import Constant, Discrete, LogNormal, Normal, Uniform

from .studies import mixed

NAMES = ("x", "y", "z")
FAMILY = {"x": Normal(0.0, 1.0), "y": Normal(5.0, 2.0), "z": Normal(0.0, 3.0)}
VALUES = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.2], [-0.3, 0.2, 1.0]])
ORDER = [2, 0, 1]
TURNED = [NAMES[i] for i in ORDER]

FORMS = {
    "DataArray": xr.DataArray(VALUES, {"one": list(NAMES), "two": list(NAMES)}, ("one", "two")),
    "DataArray in another order": xr.DataArray(
        VALUES[np.ix_(ORDER, [1, 2, 0])], {"one": TURNED, "two": ["y", "z", "x"]}, ("one", "two")
    ),
    "DataFrame": pd.DataFrame(VALUES, NAMES, NAMES),
    "DataFrame in another order": pd.DataFrame(VALUES[np.ix_(ORDER, ORDER)], TURNED, TURNED),
    "nested dict": {a: {b: VALUES[i, j] for j, b in enumerate(NAMES)} for i, a in enumerate(NAMES)},
    "each pair once": {"x": {"y": 0.6, "z": -0.3}, "y": {"z": 0.2}},
    "each pair once, the other way": {"z": {"x": -0.3, "y": 0.2}, "y": {"x": 0.6}},
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_a_matrix_give_the_same_bits(form: str) -> None:
    assert sample(FAMILY, scenarios=300, seed=4, correlation=FORMS[form]).identical(
        sample(FAMILY, scenarios=300, seed=4, correlation=FORMS["nested dict"])
    )


def check_scores(correlation: object, expected: np.ndarray) -> None:
    """Sample correlations; standard error (1 - r^2) / sqrt(n), 6 of them: false alarm 3 x 2e-9."""
    n = 200_000
    drawn = sample(FAMILY, scenarios=n, seed=11, correlation=correlation)
    found = np.corrcoef([drawn[name] for name in NAMES])
    allowed = 6.0 * (1.0 - expected**2) / np.sqrt(n) + 1e-12
    assert np.all(np.abs(found - expected) <= allowed)


def equal(number: float) -> np.ndarray:
    return np.where(np.eye(3), 1.0, number)


@pytest.mark.parametrize(
    ("correlation", "expected"),
    [
        (None, np.eye(3)),
        (0, np.eye(3)),
        (0.4, equal(0.4)),
        (np.float64(0.4), equal(0.4)),
        (1.0, equal(1.0)),
        (-0.4, equal(-0.4)),
        (FORMS["each pair once"], VALUES),
        ({}, np.eye(3)),
        ({"x": {"z": 0.7}}, np.array([[1.0, 0.0, 0.7], [0.0, 1.0, 0.0], [0.7, 0.0, 1.0]])),
    ],
)
def test_scores_correlate_as_asked(correlation: object, expected: np.ndarray) -> None:
    check_scores(correlation, expected)


def test_the_check_of_correlations_sees_a_wrong_one() -> None:
    """Negative control: 0.02 is some ten standard errors."""
    with pytest.raises(AssertionError):
        check_scores(0.4, equal(0.42))


def test_nothing_given_is_zero_everywhere() -> None:
    plain = sample(FAMILY, scenarios=300)
    for nothing in (None, 0, 0.0, {}, np.eye(3), pd.DataFrame(np.eye(3), NAMES, NAMES)):
        if not isinstance(nothing, np.ndarray):
            assert sample(FAMILY, scenarios=300, correlation=nothing).identical(plain)


def test_full_correlation_moves_all_together() -> None:
    drawn = sample(FAMILY, scenarios=500, correlation=1)
    np.testing.assert_allclose(drawn["y"], 5.0 + 2.0 * drawn["x"], rtol=1e-12)
    np.testing.assert_allclose(drawn["z"], 3.0 * drawn["x"], rtol=1e-12, atol=1e-12)


def test_constants_and_jumps_may_be_correlated() -> None:
    family = {"k": Constant(3.0), "d": Discrete((0.0, 1.0), (0.5, 0.5)), "n": Normal(0.0, 1.0)}
    drawn = sample(family, scenarios=4_000, correlation=0.5)
    assert np.all(drawn["k"] == 3.0)
    # A share of 4,000: standard error 0.008.
    assert abs(float(drawn["d"].mean()) - 0.5) < 0.05
    assert float(drawn["n"].where(drawn["d"] == 1.0).mean()) > float(drawn["n"].where(drawn["d"] == 0.0).mean())
    assert np.all(sample({"k": Constant(3.0)}, scenarios=5)["k"] == 3.0)


def ranks(values: xr.DataArray) -> np.ndarray:
    return np.argsort(np.argsort(values.values, kind="stable"), kind="stable")


LAWS = {
    "a": LogNormal(13.0, 0.9),
    "b": Uniform(-1.0, 7.0),
    "c": Normal(5.0, 2.0),
    "d": LogNormal(0.0, 2.5),
}
TOGETHER = {
    "one pair against": ({"a": {"b": -1.0}}, {"a": 1, "b": -1}),
    "one pair with": ({"a": {"b": 1.0}}, {"a": 1, "b": 1}),
    "a number": (-1.0, {"a": 1, "b": -1}),
    "two with, one against": ({"a": {"b": 1.0, "c": -1.0}, "b": {"c": -1.0}}, {"a": 1, "b": 1, "c": -1}),
    "beside another that goes with both": ({"c": {"a": 0.3, "b": -0.3}, "a": {"b": -1.0}}, {"a": 1, "b": -1}),
    "after another": ({"c": {"b": -0.7, "d": 0.7}, "b": {"d": -1.0}}, {"b": 1, "d": -1}),
    "two pairs": ({"a": {"b": -1, "c": 0.5, "d": -0.5}, "b": {"c": -0.5, "d": 0.5}, "c": {"d": -1}}, {"c": 1, "d": -1}),
}


@pytest.mark.parametrize("name", TOGETHER)
@pytest.mark.parametrize("design", ["random", "latin", "sobol"])
def test_perfect_correlations_give_the_same_ranks_or_the_reverse_ones_exactly(name: str, design: str) -> None:
    correlation, signs = TOGETHER[name]
    laws = LAWS if isinstance(correlation, dict) else {key: LAWS[key] for key in signs}
    drawn = sample(laws, scenarios=4_096, seed=8, correlation=correlation, design=design)
    first, *others = signs
    wanted = ranks(drawn[first])
    assert len(np.unique(drawn[first])) == 4_096
    for other in others:
        found = ranks(drawn[other])
        np.testing.assert_array_equal(found if signs[other] == signs[first] else 4_095 - found, wanted)


def test_a_correlation_that_is_hardly_less_than_perfect_does_not_reverse_ranks() -> None:
    """Negative control of the test above."""
    drawn = sample(LAWS, scenarios=4_096, seed=8, correlation={"a": {"b": -0.999999}})
    assert (ranks(drawn["a"]) != 4_095 - ranks(drawn["b"])).any()


def test_singular_correlations_are_met() -> None:
    """Three normals whose sum is constant; and one that is a mix of two others."""
    drawn = sample(FAMILY, scenarios=2_000, seed=3, correlation=-0.5)
    scores = drawn["x"] + (drawn["y"] - 5.0) / 2.0 + drawn["z"] / 3.0
    np.testing.assert_allclose(scores, 0.0, atol=1e-7)
    check_scores(-0.5, equal(-0.5))
    half = np.sqrt(0.5)
    matrix = np.array([[1.0, 0.0, half], [0.0, 1.0, half], [half, half, 1.0]])
    mixed_of_two = sample(FAMILY, scenarios=2_000, seed=3, correlation=pd.DataFrame(matrix, NAMES, NAMES))
    y = (mixed_of_two["y"] - 5.0) / 2.0
    np.testing.assert_allclose(mixed_of_two["z"] / 3.0, half * (mixed_of_two["x"] + y), atol=1e-7)


def test_contradictions_name_the_eigenvalue_and_offer_the_nearest_that_hold() -> None:
    impossible = {"x": {"y": 0.9, "z": 0.9}, "y": {"z": -0.9}}
    matrix = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]])
    with pytest.raises(ParameterError) as caught:
        sample(FAMILY, scenarios=10, correlation=impossible)
    (problem,) = caught.value.problems
    assert f"{np.linalg.eigvalsh(matrix)[0]:.4g} among x, y, z" in problem.found
    offered = ast.literal_eval(problem.mend.splitlines()[-1].strip())
    # By symmetry the nearest has |r| = 1/2 for every pair.
    assert offered == {
        "x": {"y": pytest.approx(0.5, abs=1e-5), "z": pytest.approx(0.5, abs=1e-5)},
        "y": {"z": pytest.approx(-0.5, abs=1e-5)},
    }
    check_scores(offered, np.array([[1.0, 0.5, 0.5], [0.5, 1.0, -0.5], [0.5, -0.5, 1.0]]))
    # Three names with one correlation below -1/2 contradict each other: 1 + 2 r < 0.
    with pytest.raises(ParameterError, match=r"at least -0\.5"):
        sample(FAMILY, scenarios=10, correlation=-0.6)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-8, 8).map(lambda k: k / 8), min_size=6, max_size=6))
def test_any_matrix_is_honoured_or_answered_with_one_that_is(entries: list[float]) -> None:
    pairs = itertools.combinations("abcd", 2)
    stated: dict[str, dict[str, float]] = {}
    for (one, other), value in zip(pairs, entries, strict=True):
        stated.setdefault(one, {})[other] = value
    matrix = np.eye(4)
    matrix[np.triu_indices(4, 1)] = entries
    smallest = np.linalg.eigvalsh(matrix, "U")[0]
    try:
        drawn = sample(LAWS, scenarios=8, correlation=stated)
    except ParameterError as error:
        assert smallest < 0.0
        offered = error.problems[-1].mend.splitlines()[-1].strip()
        assert sample(LAWS, scenarios=8, correlation=ast.literal_eval(offered)).sizes["scenario"] == 8
    else:
        assert smallest > -1e-12
        assert np.isfinite(drawn.to_array()).all()


def altered(i: int, j: int, value: float) -> pd.DataFrame:
    changed = VALUES.copy()
    changed[i, j] = value
    return pd.DataFrame(changed, NAMES, NAMES)


REFUSED = {
    "above 1": (1.1, "a number from -1 to 1"),
    "nan": (float("nan"), "a number from -1 to 1"),
    "true": (True, "None, a number, or a DataArray"),
    "text": ("0.3", "None, a number, or a DataArray"),
    "array without labels": (VALUES, "None, a number, or a DataArray"),
    "DataArray without labels": (xr.DataArray(VALUES), "each with the names as coordinate"),
    "DataArray of one dimension": (xr.DataArray([1.0], {"one": ["x"]}, ("one",)), "two dimensions"),
    "unknown name": ({"x": {"yy": 0.2}}, 'did you mean "y"?'),
    "unknown row": ({"zz": {"x": 0.2}}, "names of distributions: x, y, z"),
    "row missing": (pd.DataFrame(VALUES[:2, :2], NAMES[:2], NAMES[:2]), "nothing for 'z'"),
    "asymmetric": (altered(0, 1, 0.61), "0.61, but 0.6 the other way round"),
    "diagonal": (altered(1, 1, 0.9), "1 on the diagonal"),
    "entry above 1": (altered(0, 1, 1.5), "a number from -1 to 1"),
    "entry nan": (altered(0, 1, float("nan")), "a number from -1 to 1"),
    "entry text": ({"x": {"y": "0.2"}}, "a number from -1 to 1"),
    "contradiction in a dict": ({"x": {"y": 0.2}, "y": {"x": 0.3}}, "the same number both ways"),
    "row of a dict": ({"x": 0.2}, "a mapping from names to numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_correlations_that_cannot_be_honoured(name: str) -> None:
    correlation, said = REFUSED[name]
    with pytest.raises(ParameterError) as caught:
        sample(FAMILY, scenarios=10, correlation=correlation)
    assert said in str(caught.value)


BAD_NUMBERS = {
    "scenarios": [0, -1, 1.5, True, "10", None, 2**48 + 1],
    "seed": [-1, 2**64, 1.5, True, "1", None],
    "first_scenario": [-1, 0.5, True, 2**62 + 1, None],
}
"""For `simulate`, None stands for what the study states."""


@pytest.mark.parametrize(
    ("argument", "value"), [(key, value) for key, values in BAD_NUMBERS.items() for value in values]
)
def test_bad_numbers_are_refused_by_name(argument: str, value: object) -> None:
    arguments = {"scenarios": 10, argument: value}
    with pytest.raises(ParameterError) as caught:
        sample(FAMILY, **arguments)
    assert [(problem.where, problem.found) for problem in caught.value.problems] == [(argument, repr(value))]
    if value is not None:
        with pytest.raises(ParameterError, match=argument):
            simulate(mixed(), **arguments)


@pytest.mark.parametrize("threads", [0, -2, 1.5, True, "2"])
def test_bad_threads_are_refused(threads: object) -> None:
    for call in (
        lambda: sample(FAMILY, scenarios=10, threads=threads),
        lambda: simulate(mixed(), scenarios=10, threads=threads),
    ):
        with pytest.raises(ParameterError, match="threads"):
            call()


def test_numbers_of_numpy_and_limits_are_taken() -> None:
    plain = sample(FAMILY, scenarios=10, seed=2**64 - 1)
    assert sample(FAMILY, scenarios=np.int32(10), seed=np.uint64(2**64 - 1), threads=np.int64(1)).identical(plain)


def test_all_bad_numbers_are_said_at_once() -> None:
    with pytest.raises(ParameterError) as caught:
        sample(FAMILY, scenarios=0, seed=-1, first_scenario=-1)
    assert [problem.where for problem in caught.value.problems] == ["scenarios", "seed", "first_scenario"]


def test_unknown_design_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match='did you mean "random"'):
        sample(FAMILY, scenarios=10, design="randon")


@pytest.mark.parametrize("names", [{}, {"x": 3.0}, {"scenario": Normal(0, 1)}, {3: Normal(0, 1)}])
def test_distributions_that_cannot_be_honoured(names: dict) -> None:
    with pytest.raises(ParameterError, match="distributions"):
        sample(names, scenarios=10)


def test_samples_say_what_they_are() -> None:
    drawn = sample({"x": LogNormal(0.0, 1.0), "y": Uniform(0.0, 1.0)}, scenarios=10, seed=2**63, first_scenario=4)
    assert drawn.attrs["seed"] == str(2**63)
    assert drawn.attrs["first_scenario"] == 4
    assert drawn.attrs["design"] == "random"
    assert drawn["x"].attrs["long_name"] == "x"
    assert drawn["x"].attrs["description"] == "LogNormal(mu=0, sigma=1)"
    assert drawn.scenario.values.tolist() == list(range(4, 14))
