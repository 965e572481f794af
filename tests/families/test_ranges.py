"""A range with a stated coverage is kept exactly, and so is the most likely value; what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.errors import ParameterError
from popsim.families import Gamma, LogNormal, Normal, Pert, Triangular, Uniform, Weibull, build, families

COVERAGE = [0.05, 0.5, 0.8, 0.9, 0.98, 0.999]


@pytest.mark.parametrize("cls", [Triangular, Pert])
@pytest.mark.parametrize("coverage", COVERAGE)
@pytest.mark.parametrize("mode", [10.0, 10.01, 13.0, 20.0, 39.5, 40.0])
def test_three_values_are_kept(cls, coverage, mode):
    family = cls.from_range(low=10, mode=mode, high=40, coverage=coverage)
    assert family.mode() == mode
    np.testing.assert_allclose(family.ppf(0.5 - 0.5 * coverage), 10, rtol=1e-10)
    np.testing.assert_allclose(family.isf(0.5 - 0.5 * coverage), 40, rtol=1e-10)
    assert family.low < 10 < 40 < family.high


@pytest.mark.parametrize("shape", [0.1, 1, 20])
def test_a_pert_of_another_shape(shape):
    family = Pert.from_range(low=10, mode=15, high=40, coverage=0.8, shape=shape)
    assert (family.shape, family.mode()) == (shape, 15)
    np.testing.assert_allclose(family.ppf([0.1, 0.9]), [10, 40], rtol=1e-10)


def test_a_symmetric_triangle_by_hand():
    """On 0 .. 1 with the peak in the middle the P10 is sqrt(0.05): the bounds of -1 .. 1 follow."""
    family = Triangular.from_range(-1, 0, 1, coverage=0.8)
    half = 0.5 / (0.5 - 0.05**0.5)
    assert family.low == pytest.approx(-half, rel=1e-13)
    assert family.high == pytest.approx(half, rel=1e-13)


@pytest.mark.parametrize("cls", [Uniform, Triangular, Pert])
def test_full_coverage_means_bounds(cls):
    values = {"low": 1, "high": 5} | ({} if cls is Uniform else {"mode": 2})
    assert cls.from_range(**values, coverage=1) == cls(**values)


TWO_VALUES = [cls for cls in families().values() if "from_range" in cls.alternatives and 2 in cls.quantile_counts]


def test_families_of_two_values_are_found():
    assert {Uniform, Normal, LogNormal, Gamma, Weibull} <= set(TWO_VALUES)


@pytest.mark.parametrize("cls", TWO_VALUES)
@pytest.mark.parametrize("coverage", COVERAGE)
def test_two_values_are_kept(cls, coverage):
    family = cls.from_range(low=80_000, high=400_000, coverage=coverage)
    p = 0.5 - 0.5 * coverage
    np.testing.assert_allclose([family.ppf(p), family.isf(p)], [80_000, 400_000], rtol=1e-11)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.floats(0, 1), st.floats(0.01, 0.99), st.floats(-1e4, 1e4), st.floats(0.1, 1e5))
def test_any_mode_inside_is_honoured_by_a_triangle(place, coverage, low, width):
    high = low + width
    mode = min(low + place * width, high)
    family = Triangular.from_range(low, mode, high, coverage)
    p = 0.5 - 0.5 * coverage
    np.testing.assert_allclose(
        [family.ppf(p), family.isf(p)], [low, high], rtol=0, atol=1e-9 * width + 1e-12 * abs(low)
    )


@pytest.mark.parametrize("shape", [1.0, 4.0])
def test_a_pert_is_found_again_from_three_quantiles(shape):
    true = Pert(2, 5, 17, shape)
    p10, p50, p90 = true.ppf([0.1, 0.5, 0.9]).tolist()
    fitted = Pert.from_quantiles(p10=p10, p50=p50, p90=p90, shape=shape)
    np.testing.assert_allclose([fitted.low, fitted.mode(), fitted.high], [2, 5, 17], rtol=1e-8)


def test_forms_in_toml():
    spec = {"family": "triangular", "low": 1, "mode": 2, "high": 5, "coverage": 0.8}
    assert build(spec) == Triangular.from_range(1, 2, 5, 0.8)
    assert build({**spec, "family": "pert", "shape": 6}) == Pert.from_range(1, 2, 5, 0.8, 6)
    spec = {"family": "lognormal", "low": 1, "high": 5, "coverage": 0.9}
    assert build(spec) == LogNormal.from_range(1, 5, 0.9)
    assert build({"family": "pert", "p10": 10, "p50": 18, "p90": 30}).shape == 4


@pytest.mark.parametrize(
    ("spec", "place", "said"),
    [
        ({"family": "triangular", "low": 1, "mode": 2, "high": 5, "coverage": 80}, ".coverage", "coverage = 0.8"),
        ({"family": "lognormal", "low": 1, "high": 5, "coverage": 1}, ".coverage", "no upper limit"),
        ({"family": "lognormal", "low": 1, "high": 5}, ".coverage", "how often the truth lies"),
        ({"family": "lognormal", "low": 0, "high": 5, "coverage": 0.9}, ".low", "Mixture with Constant"),
        ({"family": "pert", "low": 1, "mode": 7, "high": 5, "coverage": 0.9}, "", "mode = 7, high = 5"),
        ({"family": "lognormal", "mean": 3, "sigma": 2}, "", "of the cost itself"),
        ({"family": "lognormal", "median": 3, "sigma": 2}, "", "exp(sigma)"),
    ],
)
def test_refusals_say_what_to_do(spec, place, said):
    with pytest.raises(ParameterError) as caught:
        build(spec, "a.toml", ("cost",))
    assert any(problem.where.startswith(f"a.toml: cost{place}") for problem in caught.value.problems)
    assert all(said in str(problem) for problem in caught.value.problems)


NESTED = {
    "family": "mixture",
    "distributions": [
        {"family": "lognormal", "mu": 1, "sigma": 1},
        {"family": "truncated", "low": 0, "distribution": {"family": "normal", "mean": 1, "std": 2}},
    ],
    "weights": [0.5, 0.5],
}


def spoil(*path_and_value):
    *path, last, value = path_and_value

    def copy(part):
        if isinstance(part, dict):
            return {key: copy(item) for key, item in part.items()}
        return [copy(item) for item in part] if isinstance(part, list) else part

    table = copy(NESTED)
    inner = table
    for step in path:
        inner = inner[step]
    inner[last] = value
    return table


@pytest.mark.parametrize(
    ("spec", "places"),
    [
        (spoil("distributions", 0, "sigma", -1), [".distributions[0].sigma"]),
        (spoil("distributions", 1, "distribution", "std", 0), [".distributions[1].distribution.std"]),
        (spoil("distributions", 1, "distribution", 7), [".distributions[1].distribution"]),
        (spoil("distributions", 1, "lwo", 7), [".distributions[1].lwo"]),
        (spoil("distributions", 0, "family", "lognorml"), [".distributions[0].family"]),
        (spoil("distributions", 3), [".distributions"]),
        (spoil("distributions", 0, 3), [".distributions[0]"]),
        (spoil("weights", [0.5, "x"]), [".weights[1]"]),
        (spoil("weights", [0.5, 0.4]), [".weights"]),
        (spoil("weight", 1), [".weight"]),
        ({"family": "shifted", "distribution": {"family": "uniform", "low": 1}}, [".by", ".distribution.high"]),
        ({"family": "scaled", "distribution": NESTED, "by": -2}, [".by"]),
        ({"family": "truncated", "distribution": NESTED, "low": float("nan")}, [".low"]),
    ],
)
def test_problems_inside_say_their_whole_path(spec, places):
    with pytest.raises(ParameterError) as caught:
        build(spec, "a.toml", ("cost",))
    assert [problem.where for problem in caught.value.problems] == [f"a.toml: cost{place}" for place in places]


def test_unknown_keys_inside_are_offered_the_nearest():
    with pytest.raises(ParameterError, match='did you mean "low"'):
        build(spoil("distributions", 1, "lwo", 7), "here")
    with pytest.raises(ParameterError, match='did you mean "lognormal"'):
        build(spoil("distributions", 0, "family", "lognorml"), "here")
