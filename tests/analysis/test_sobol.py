"""Sobol indices against published values, derived again here, and against what theory says of groups and errors.

Estimates are held to their own standard errors: so many that chance exceeds them with 1e-8 (Student's t, whose degrees
of freedom are 15 for designs, from 16 replicates).
"""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import popsim as ps
from popsim.analysis.sobol import Bootstrap, Replicates, indices, reported

UNIT = ps.Uniform(0, 1)


def held(found: xr.Dataset, name: str, expected: list[float], sets: int = 6) -> bool:
    """Whether estimates agree with what is expected; `sets` of them are tested together."""
    freedom = 15 if found.attrs["design"] != "random" else found.attrs["scenarios"] - 1
    limit = stats.t.isf(1e-8 / 2 / sets, freedom)
    apart = np.abs(found[name].values - np.array(expected))
    return bool((apart <= limit * found[f"{name}_error"].values + 1e-12).all())


def ishigami(x1: np.ndarray, x2: np.ndarray, x3: np.ndarray) -> np.ndarray:
    """Ishigami and Homma (1990), with a = 7, b = 0.1."""
    return np.sin(x1) + 7.0 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)


ANGLE = ps.Uniform(-np.pi, np.pi)
ANGLES = {"x1": ANGLE, "x2": ANGLE, "x3": ANGLE}


def ishigami_indices(a: float = 7.0, b: float = 0.1) -> tuple[list[float], list[float]]:
    """Integrals over the functions of the decomposition, in closed form."""
    first = 0.5 * (1.0 + b * np.pi**4 / 5.0) ** 2
    second = a**2 / 8.0
    both = 8.0 * b**2 * np.pi**8 / 225.0  # of x1 and x3 together
    whole = first + second + both
    return [first / whole, second / whole, 0.0], [(first + both) / whole, second / whole, both / whole]


def test_the_published_indices_of_ishigami_are_those_of_the_formulas() -> None:
    first, total = ishigami_indices()
    np.testing.assert_allclose(first, [0.3139, 0.4424, 0.0], atol=5e-5)
    np.testing.assert_allclose(total, [0.5576, 0.4424, 0.2437], atol=5e-5)


@pytest.mark.parametrize("design", ["sobol", "latin", "random"])
def test_ishigami(design: str) -> None:
    first, total = ishigami_indices()
    found = ps.sobol_indices(ishigami, ANGLES, scenarios=2**16, seed=1, design=design)
    assert held(found, "first_order", first)
    assert held(found, "total", total)
    # The widest standard error is 0.0045, that of random scenarios.
    tolerance = 0.01 if design == "sobol" else 0.025
    np.testing.assert_allclose(found["first_order"], first, atol=tolerance)
    np.testing.assert_allclose(found["total"], total, atol=tolerance)


def test_negative_control_other_functions_are_told_apart() -> None:
    first, total = ishigami_indices(a=6.5)
    found = ps.sobol_indices(ishigami, ANGLES, scenarios=2**16, seed=1)
    assert not held(found, "first_order", first)
    assert not held(found, "total", total)


def test_sobol_g() -> None:
    """V_i = 1 / (3 (1 + a_i)^2), V = prod (1 + V_i) - 1; the g-function of Sobol."""
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
    part = 1.0 / (3.0 * (1.0 + a) ** 2)
    whole = np.prod(1.0 + part) - 1.0
    first, total = part / whole, part / (1.0 + part) * (1.0 + whole) / whole

    def g(**inputs: np.ndarray) -> np.ndarray:
        x = np.array(list(inputs.values()))
        return np.prod((np.abs(4.0 * x - 2.0) + a[:, None]) / (1.0 + a[:, None]), axis=0)

    found = ps.sobol_indices(g, {f"x{k}": UNIT for k in range(5)}, seed=2)
    for name, expected in (("first_order", first), ("total", total)):
        assert held(found, name, expected.tolist(), 10)
        np.testing.assert_allclose(found[name], expected, atol=0.01)


@pytest.mark.parametrize("design", ["sobol", "random"])
def test_a_sum_is_divided_in_proportion_to_variances(design: str) -> None:
    inputs = {"x": ps.Normal(3, 1), "y": ps.Normal(-1, 2), "z": ps.Gamma(2, 1), "unused": UNIT}
    expected = (np.array([1.0, 4.0, 2.0, 0.0]) / 7.0).tolist()
    found = ps.sobol_indices(lambda x, y, z, unused: x + y + z, inputs, 2**14, seed=3, design=design)
    assert held(found, "first_order", expected, 8)
    assert held(found, "total", expected, 8)
    # What is not used changes no result: the total index is exact, the other is off by what two estimates of the
    # variance differ times the estimated correlation of independent runs: both some 1 / sqrt(n).
    assert found["total"].sel(input="unused").item() == 0.0
    assert abs(found["first_order"].sel(input="unused").item()) < 20 / 2**14


def test_groups_of_a_sum_share_out_all_of_its_variance() -> None:
    inputs = {name: ps.Normal(0, std) for name, std in zip("abcd", (1.0, 2.0, 3.0, 4.0), strict=True)}
    groups = {"odd": ["a", "c"], "large": ["d"]}
    found = ps.sobol_indices(lambda a, b, c, d: a + b + c + d, inputs, 2**14, seed=4, groups=groups)
    assert found["group"].values.tolist() == ["odd", "large", "b"]
    assert found["members"].values.tolist() == ["a, c", "d", "b"]
    expected = [10 / 30, 16 / 30, 4 / 30]
    assert held(found, "first_order", expected)
    assert held(found, "total", expected)
    error = float(np.sqrt((found["first_order_error"] ** 2).sum()))
    assert abs(float(found["first_order"].sum()) - 1.0) < stats.t.isf(1e-8 / 2, 15) * error


def test_a_group_of_everything_explains_everything_and_a_product_interacts() -> None:
    inputs = {"x": ps.Normal(0, 1), "y": ps.Normal(0, 1)}
    whole = ps.sobol_indices(lambda x, y: x * y, inputs, 2**12, seed=5, groups={"all": ["x", "y"]})
    np.testing.assert_allclose(whole["first_order"], 1.0, atol=1e-12)
    np.testing.assert_allclose(whole["total"], 1.0, atol=20 / 2**12)  # as of an input that is not used
    # x y has no main effect at all: S = 0, T = 1 for each.
    found = ps.sobol_indices(lambda x, y: x * y, inputs, 2**14, seed=5)
    assert held(found, "first_order", [0.0, 0.0])
    assert held(found, "total", [1.0, 1.0])


SPREADS = {"bootstrap": Bootstrap(512, 1, 0.95), "replicates": Replicates(16, 0.95)}


@pytest.mark.parametrize("spread", SPREADS)
@pytest.mark.one_in(2)
def test_intervals_cover_as_often_as_they_say(spread: str) -> None:
    """1000 independent runs of x + 2 y + x y / 2 with normal inputs: V = 5.25, S_x = 1 / 5.25, T_x = 1.25 / 5.25.

    Binomial, at 1e-8; an interval from 512 scenarios is approximate, so 93 to 97 % is allowed for 95 %.
    """
    rng = np.random.default_rng(2)
    inside = {"first_order": 0, "total": 0, "wrong": 0}
    for _ in range(1000):
        x, y = rng.standard_normal((2, 2, 512))
        a, b, mixed = (u + 2.0 * v + 0.5 * u * v for u, v in ((x[0], y[0]), (x[1], y[1]), (x[1], y[0])))
        found = indices(a, b, mixed, SPREADS[spread])
        for name, expected in (("first_order", 1.0 / 5.25), ("total", 1.25 / 5.25)):
            _, _, low, high = getattr(found, name)
            inside[name] += bool(low <= expected <= high)
        inside["wrong"] += bool(low <= 1.6 / 5.25 <= high)
    for name in ("first_order", "total"):
        assert stats.binom(1000, 0.93).cdf(inside[name]) > 1e-8, inside
        assert stats.binom(1000, 0.97).sf(inside[name] - 1) > 1e-8, inside
    assert stats.binom(1000, 0.93).cdf(inside["wrong"]) < 1e-8, inside


def test_bootstrap_intervals_are_those_of_a_plain_bootstrap() -> None:
    """Estimator and weights of controls as they are, scenarios drawn again one by one with numpy's generator.

    Ends of two sets of 1000 resamples differ by chance: a P2.5 has a standard error of 0.09 standard deviations, and
    six of those of a difference are 0.8.
    """
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((2, 2, 600))
    a, b, mixed = (u + 2.0 * v for u, v in ((x[0], y[0]), (x[1], y[1]), (x[1], y[0])))
    found = indices(a, b, mixed, Bootstrap(600, 7, 0.95)).first_order
    one, other, both = (np.stack([a, b, mixed]) - np.mean([a, b, mixed])) / np.std([a, b, mixed])
    controls = np.stack([one * other, one - other, one - both, one**2 - other**2, one**2 - both**2])

    def correlation(where: np.ndarray) -> float:
        y, z = other[where], both[where]
        middle = 0.5 * (y.mean() + z.mean())
        return float(((y - middle) * (z - middle)).mean() / (0.5 * ((y - middle) ** 2 + (z - middle) ** 2)).mean())

    everything = np.arange(600)
    plain = correlation(everything)
    pair = 0.5 * (other**2 + both**2)
    influence = other * both - plain * pair
    apart = controls - controls.mean(axis=1, keepdims=True)
    weights = np.linalg.lstsq(apart @ apart.T, apart @ influence, rcond=None)[0]
    drawn = rng.integers(0, 600, (1000, 600))
    again = [correlation(where) - weights @ controls[:, where].mean(axis=1) for where in drawn]
    for end, expected in zip((found.low, found.high), np.quantile(again, [0.025, 0.975]), strict=True):
        assert abs(end - expected) < 0.8 * found.error
    # Negative control: the ends are well apart.
    assert found.high - found.low > 3.0 * found.error


def test_resamples_draw_every_scenario_as_often() -> None:
    """Means over resamples of the number of times that each of 100 scenarios is drawn: 1, with error sqrt(1 / 1000)."""
    means = Bootstrap(100, 3, 0.9).means(np.eye(100)) * 100.0
    assert means.shape == (1000, 100)
    np.testing.assert_allclose(means.sum(axis=1), 100.0)
    assert np.abs(means.mean(axis=0) - 1.0).max() < 7.0 / np.sqrt(1000.0)
    assert means.std() == pytest.approx(1.0, abs=0.05)
    uneven = Bootstrap(3000, 3, 0.9).means(np.ones((1, 3000)))
    np.testing.assert_array_equal(uneven, 1.0)


def test_a_dict_of_results_and_one_that_never_varies() -> None:
    def both(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"sum": x + y, "first": x, "constant": np.full(len(x), 3.0), "count": (x > 0.5).astype(int)}

    found = ps.sobol_indices(both, {"x": UNIT, "y": UNIT}, scenarios=2**12, seed=6)
    assert found["first_order"].dims == ("input", "output")
    assert found["output"].values.tolist() == ["sum", "first", "constant", "count"]
    np.testing.assert_allclose(found["total"].sel(output="first"), [1.0, 0.0], atol=0.05)
    assert np.isnan(found.sel(output="constant")["first_order"]).all()
    assert (found.sel(output="sum")["first_order_error"] > 0).all()


def test_same_seed_same_indices_and_names_not_positions_decide() -> None:
    inputs = {"x": UNIT, "y": ps.Normal(0, 1)}
    again = [ps.sobol_indices(lambda x, y: x + y, inputs, 2**10, seed=7, threads=t) for t in (1, 2)]
    xr.testing.assert_identical(*again)
    turned = dict(reversed(inputs.items()))
    one, other = (ps.sobol_indices(lambda x, y: x + y, each, 2**10, 7, design="random") for each in (inputs, turned))
    np.testing.assert_allclose(one["total"], other["total"].sel(input=["x", "y"]), rtol=1e-12)


def test_a_function_that_works_in_place_spoils_nothing() -> None:
    def in_place(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x *= 2.0
        x += y
        return x

    inputs = {"x": UNIT, "y": UNIT}
    found, same = (ps.sobol_indices(f, inputs, 2**10, seed=8) for f in (in_place, lambda x, y: 2.0 * x + y))
    xr.testing.assert_identical(found, same)


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no function": ({"function": 3}, "a function of one array"),
    "too few": ({"scenarios": 16}, "at least 32"),
    "uneven": ({"scenarios": 1001}, "a multiple of 16"),
    "unknown design": ({"design": "sobl"}, "sobol"),
    "confidence": ({"confidence": 95}, "between 0 and 1"),
    "confidence of the bootstrap": ({"confidence": 0.999, "design": "random"}, "at most 0.99"),
    "shape": ({"function": lambda x, y: x[:5]}, "one number for each scenario"),
    "not finite": ({"function": lambda x, y: np.log(x - 2.0 + 0.0j).real * np.inf}, "finite numbers"),
    "text": ({"function": lambda x, y: np.array(["a"] * len(x))}, "numbers"),
    "nothing": ({"function": lambda x, y: {}}, "at least one array"),
    "unknown input": ({"groups": {"one": ["x", "z"]}}, "'z'"),
    "twice": ({"groups": {"one": ["x"], "two": ["x", "y"]}}, "each input in one group"),
    "no list": ({"groups": {"one": "x"}}, "a list of one or more inputs"),
    "no mapping": ({"groups": [["x"]]}, "lists of inputs by name"),
    "name taken": ({"groups": {"y": ["x"]}}, "another name"),
    "no family": ({"distributions": {"x": 1.0, "y": UNIT}}, "a family"),
    "no mapping of families": ({"distributions": [UNIT]}, "a dict of families"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_honoured_is_refused(case: str) -> None:
    changed, words = REFUSED[case]
    arguments = {"function": lambda x, y: x + y, "distributions": {"x": UNIT, "y": UNIT}, "scenarios": 64, **changed}
    with pytest.raises(ps.ParameterError, match=words):
        ps.sobol_indices(**arguments)


def janon_and_saltelli(a: np.ndarray, b: np.ndarray, mixed: np.ndarray) -> tuple[float, float]:
    """First-order estimators as printed: Janon et al. (2014), eq. 2.6; Saltelli et al. (2010), table 2 (b)."""
    middle = (b.mean() + mixed.mean()) / 2.0
    janon = ((b * mixed).mean() - middle**2) / (((b**2 + mixed**2) / 2.0).mean() - middle**2)
    saltelli = (b * (mixed - a)).mean() / np.var(np.concatenate([a, b]))
    return janon, saltelli


@pytest.mark.parametrize("weight", [0.05, 0.5, 3.0])
def test_control_variates_do_no_worse_than_either_estimator(weight: float) -> None:
    """Mean squared errors over 400 runs; a mean square of 400 has a relative error of 7 %, so 1.5 is seven of them."""
    rng = np.random.default_rng(1)
    expected = weight**2 / (1.0 + weight**2)
    errors = []
    for _ in range(400):
        x, y = rng.standard_normal((2, 2, 500))
        a, b, mixed = weight * x[0] + y[0], weight * x[1] + y[1], weight * x[1] + y[0]
        errors.append([indices(a, b, mixed, Replicates(20, 0.95)).first_order.value, *janon_and_saltelli(a, b, mixed)])
    ours, janon, saltelli = np.mean(np.square(np.array(errors) - expected), axis=0)
    assert ours < 1.5 * min(janon, saltelli)
    assert ours < 0.9 * max(janon, saltelli)


ESTIMATES = st.tuples(st.floats(-0.5, 1.5), st.floats(0.0, 0.5))


@given(ESTIMATES, ESTIMATES)
def test_indices_as_reported_are_in_order(first: tuple[float, float], total: tuple[float, float]) -> None:
    alone, whole = reported(first, total)
    assert 0.0 <= alone.value <= whole.value <= 1.0
    assert alone.value <= alone.bound <= whole.bound <= 1.0
    assert whole.is_resolved or not alone.is_resolved
    for share in (alone, whole):
        assert np.copysign(1.0, share.value) == 1.0
    # What is in order is reported as it is.
    if 0.0 <= first[0] <= total[0] <= 1.0:
        assert (alone.value, whole.value) == (first[0], total[0])
    elif 0.0 <= total[0] < first[0] <= 1.0:
        assert alone.value == whole.value
        assert total[0] - 1e-12 <= alone.value <= first[0] + 1e-12


def test_indices_in_the_wrong_order_are_averaged_by_what_their_errors_say() -> None:
    """Weights 1 / error^2, here 4 to 1: (4 x 0.04 + 0.03) / 5, with the error 0.02 / sqrt(5)."""
    for share in reported((0.04, 0.01), (0.03, 0.02)):
        assert share.value == pytest.approx(0.038, rel=1e-12)
        assert share.error == pytest.approx(0.02 / np.sqrt(5.0), rel=1e-12)


def test_an_input_without_effect_is_not_resolved_as_often_as_its_error_says() -> None:
    """One-sided 2.5 %: of 400 runs, less than 25 with a probability above 0.9999. A share of 10 % is seen in all."""
    rng = np.random.default_rng(8)
    seen = []
    for _ in range(400):
        x, y, z = rng.standard_normal((3, 2, 500))
        runs = x[0] + y[0] / 3.0, x[1] + y[1] / 3.0
        idle = indices(*runs, x[0] + y[0] / 3.0 + 0.0 * z[0], Replicates(20, 0.95))
        small = indices(*runs, x[0] + y[1] / 3.0, Replicates(20, 0.95))
        seen.append([reported(each.first_order[:2], each.total[:2])[0].is_resolved for each in (idle, small)])
    idle_seen, small_seen = np.sum(seen, axis=0)
    assert idle_seen < 25
    assert small_seen > 200


def test_indices_of_a_tail_that_was_not_seen_have_no_error() -> None:
    """Of a lognormal of sigma 5, 8,192 scenarios do not know the variance; of sigma 1 they do."""
    for sigma, known in ((5.0, False), (1.0, True)):
        inputs = {"a": ps.LogNormal(0.0, sigma), "b": ps.Uniform(0.0, 1.0)}
        found = ps.sobol_indices(lambda a, b: a + b, inputs, scenarios=2**13, seed=1)
        for name in ("first_order", "total"):
            assert np.isfinite(found[name]).all()
            assert (np.isfinite(found[f"{name}_error"]) == known).all()
            assert ("infinite_because" in found[f"{name}_error"].attrs) == (not known)
            assert (np.isfinite(found[f"{name}_high"]) == known).all()


@pytest.mark.parametrize("wrong", [3.0, ps.LogNormal(700.0, 10.0)])
def test_a_wrong_input_is_named_as_it_was_given(wrong: object) -> None:
    with pytest.raises(ps.PopsimError) as caught:
        ps.sobol_indices(lambda x: x, {"x": wrong})
    assert caught.value.problems[0].where in {"x", "distributions.x"}
