"""Errors are infinite where no interval has two ends, and no smaller where replicates cannot have seen the tail."""

from __future__ import annotations

import numpy as np
import pytest

import popsim as ps
from popsim.analysis.excess import excess_errors
from popsim.analysis.order import Moments
from popsim.analysis.widening import LONGEST, NORMAL, of_deviation, of_heavy


@pytest.mark.parametrize("error_of", [of_heavy, of_deviation])
def test_an_interval_without_an_upper_end_is_not_cut(error_of) -> None:  # type: ignore[no-untyped-def]
    """Up to the longest interval errors rise; beyond, they are infinite, and never lower than before."""
    parts = np.array([0.0, 0.5, 0.999 * LONGEST, 1.001 * LONGEST, 1.0, 3.0])
    found = error_of(np.ones(6), parts / NORMAL)
    assert found[0] == 0.0
    assert (np.diff(found[:3]) > 0.0).all()
    assert np.isinf(found[3:]).all()


def test_few_scenarios_give_a_standard_deviation_no_error() -> None:
    rng = np.random.default_rng(1)
    assert np.isinf(Moments(rng.normal(size=9)).std_error)
    assert np.isfinite(Moments(rng.normal(size=100)).std_error)
    assert Moments(np.full(9, 4.0)).std_error == 0.0


def test_what_is_missing_in_one_scenario_above_all_others_has_no_error() -> None:
    most = np.random.default_rng(1).normal(size=1_000)
    assert excess_errors(np.concatenate([most, [10.0, 11.0, 12.0, 13.0, 200.0]]), 9.0).beyond == np.inf
    # One that is alike leaves the others with an interval.
    assert np.isfinite(excess_errors(np.concatenate([most, [12.0, 12.5, 13.0, 13.5, 14.0]]), 9.0).beyond)


@pytest.mark.parametrize(("sigma", "is_skewed"), [(1.0, True), (0.02, False)])
def test_scramblings_know_an_index_better_in_light_tails_alone(sigma: float, is_skewed: bool) -> None:
    inputs = {name: ps.LogNormal(0.0, sigma * part) for name, part in (("x", 1.0), ("y", 0.7))}
    errors = [
        ps.sobol_indices(lambda x, y: x + y, inputs, 8_192, design=design, threads=1)["first_order_error"].max().item()
        for design in ("sobol", "random")
    ]
    assert (errors[0] > 0.5 * errors[1]) is is_skewed, errors
