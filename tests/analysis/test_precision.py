"""Runs that go on until they are exact enough: the same numbers, the stated precision, and refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from popsim.analysis.order import coverage_interval, quantile_with_error
from popsim.analysis.precision import batch_size, numerical_tolerance, relative_error, simulate_to
from popsim.engine.simulate import simulate
from popsim.errors import ParameterError
from popsim.plan import compile as compile_study
from popsim.study.load import load_study

from ..engine.studies import gaussian

ADDED = ("precision_method", "precision", "precision_reached", "precision_batches")


@pytest.mark.parametrize("precision", [0.05, 0.0025, 0.0012])
def test_the_run_is_that_of_as_many_scenarios_and_is_exact_enough(precision: float) -> None:
    plan = compile_study(gaussian())
    told: list[tuple[int, float]] = []
    done: list[tuple[int, int]] = []
    found = simulate_to(
        plan,
        precision=precision,
        seed=3,
        breakdowns=["area", "year"],
        on_batch=lambda n, r: told.append((n, r)),
        progress=lambda n, m: done.append((n, m)),
    )
    count = found.sizes["scenario"]
    fixed = simulate(plan, scenarios=count, seed=3, breakdowns=["area", "year"])
    attributes = {name: found.attrs.pop(name) for name in ADDED}
    assert found.identical(fixed)
    # Laid out alike as well: scenarios next to each other.
    assert found["cost_by_area"].values.strides[1] == fixed["cost_by_area"].values.strides[1] == 8
    value, error = quantile_with_error(found["cost"].values, np.array([0.05, 0.5, 0.95]))
    reached = float(np.max(stats.norm.ppf(0.975) * error / value))
    assert reached <= precision
    assert attributes["precision_reached"] == pytest.approx(reached, rel=1e-12)
    assert attributes["precision_batches"] == len(told)
    assert told[-1] == (count, attributes["precision_reached"])
    # No batch too many: the one before had not reached it.
    assert all(each > precision for _, each in told[:-1])
    assert done[-1] == (count, count)
    numbers = [n for n, _ in told]
    assert all(1.0 < later / earlier <= 4.2 for earlier, later in itertools.pairwise(numbers))


def test_half_the_error_takes_four_times_the_scenarios() -> None:
    plan = compile_study(gaussian())
    counts = [simulate_to(plan, precision=precision, breakdowns=()).sizes["scenario"] for precision in (0.002, 0.001)]
    # Within the 1.25-fold steps of batches and the noise of the error.
    assert 2.5 < counts[1] / counts[0] < 6.0


def test_a_precision_beyond_the_most_is_refused_with_what_it_takes() -> None:
    plan = compile_study(gaussian())
    needed = simulate_to(plan, precision=0.001, breakdowns=()).sizes["scenario"]
    for most in (100, 6_000, needed // 2):
        with pytest.raises(ParameterError, match="the most allowed") as caught:
            simulate_to(plan, precision=0.001, breakdowns=(), max_scenarios=most)
        (problem,) = caught.value.problems
        estimate = int(problem.found.partition("about ")[2].replace(",", ""))
        assert needed / 2.5 < estimate < needed * 2.5
        assert f"{most:,} scenarios" in problem.allowed
    with pytest.raises(ParameterError, match="memory"):
        simulate_to(plan, precision=1e-7, breakdowns=())
    assert simulate_to(plan, precision=0.05, max_scenarios=1_000, breakdowns=()).sizes["scenario"] == 1_000


def test_a_latin_hypercube_whose_error_one_run_cannot_tell_is_refused() -> None:
    with pytest.raises(ParameterError, match="design 'latin'"):
        simulate_to(load_study("pops", {"scenarios.design": "latin"}), precision=0.01)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"precision": 0.0}, "0.005 for 0.5 %"),
        ({"precision": 1.0}, "precision"),
        ({"precision": None}, "precision"),
        ({"precision": True}, "precision"),
        ({"precision": 0.01, "max_scenarios": 0}, "max_scenarios"),
        ({"precision": 0.01, "coverage": 1.5}, "coverage"),
        ({"precision": 0.01, "method": "jcgm10"}, 'did you mean "jcgm101"'),
        ({"precision": 0.01, "method": "jcgm101"}, "say digits instead"),
        ({"method": "jcgm101", "digits": 0}, "digits"),
        ({"method": "jcgm101", "interval": "short"}, "shortest"),
    ],
)
def test_arguments_that_cannot_be_honoured(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        simulate_to(gaussian(), **arguments)


def test_nothing_is_relative_to_zero() -> None:
    with pytest.raises(ParameterError, match="a quantile of the total that is 0"):
        relative_error(np.array([[0.0] * 100 + [1.0] * 90]), 0.9)
    assert relative_error(np.full((1, 100), 5.0), 0.9) == 0.0
    assert relative_error(np.zeros((1, 100)), 0.9) == 0.0


def test_batch_size_and_tolerance_of_the_standard() -> None:
    """7.9.4 b): M = max(J, 10^4), J >= 100 / (1 - p); 7.9.2: half a unit of the last digit."""
    assert [batch_size(p) for p in (0.9, 0.95, 0.99, 0.9975)] == [10_000, 10_000, 10_000, 40_000]
    assert numerical_tolerance(0.00035, 2) == pytest.approx(0.5e-5)
    assert numerical_tolerance(2.0, 1) == 0.5
    assert numerical_tolerance(123_456.0, 2) == 5_000.0
    assert numerical_tolerance(0.0, 2) == 0.0


@pytest.mark.parametrize("interval", ["symmetric", "shortest"])
def test_adaptive_procedure_letter_by_letter(interval: str) -> None:
    plan = compile_study(gaussian())
    found = simulate_to(plan, method="jcgm101", digits=2, interval=interval, seed=5, breakdowns=())
    count = found.sizes["scenario"]
    assert np.array_equal(found["cost"], simulate(plan, scenarios=count, seed=5, breakdowns=())["cost"])
    batches = found["cost"].values[0].reshape(-1, 10_000)

    def stable(h: int) -> bool:
        each = [[b.mean(), b.std(ddof=1), *coverage_interval(b[None], 0.9, interval)[0]] for b in batches[:h]]
        deviation = np.std(each, axis=0, ddof=1) / np.sqrt(h)
        uncertainty = batches[:h].std(ddof=1)
        half = 0.5 * 10.0 ** (np.floor(np.log10(uncertainty)) - 1)
        return bool((2.0 * deviation <= half).all())

    assert [stable(h) for h in range(2, len(batches) + 1)] == [False] * (len(batches) - 2) + [True]
    assert found.attrs["precision_reached"] <= 1.0
    assert len(batches) >= 2


def test_former_names_of_arguments_still_work_with_a_warning() -> None:
    plan = compile_study(load_study("pops"))
    seen: list[int] = []
    with pytest.warns(DeprecationWarning, match="is called") as caught:
        former = simulate_to(plan, precision=0.5, most=5_000, told=lambda n, _: seen.append(n), breakdowns=())  # type: ignore[call-arg]
    assert [str(warning.message).split(";")[0] for warning in caught] == [
        "simulate_to(): most is called max_scenarios now",
        "simulate_to(): told is called on_batch now",
    ]
    assert former.identical(simulate_to(plan, precision=0.5, max_scenarios=5_000, breakdowns=()))
    assert seen == [5_000]
