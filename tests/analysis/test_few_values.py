"""Few values are summarised by numpy, many by kernels: both give the same to the bit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.analysis import few_values
from popsim.analysis.order import Moments
from popsim.arrays import Floats
from popsim.errors import RunError
from popsim.kernels.selection import central_moments

RANDOM = np.random.default_rng(20261)


@pytest.mark.parametrize(
    ("rows", "scenarios"), [(1, 1), (1, 2), (3, 7), (2, 8), (16, 9), (5, 16), (4, 10_007), (40, 1000)]
)
def test_moments_are_those_of_the_kernel(rows: int, scenarios: int) -> None:
    values = RANDOM.lognormal(3.0, 2.0, size=(rows, scenarios)) - 20.0
    assert few_values.central_moments_of(values).tobytes() == moments_by_kernel(values).tobytes()


@given(
    st.integers(1, 40), st.integers(0, 2**32 - 1), st.integers(-300, 300), st.sampled_from(["normal", "atoms", "few"])
)
@settings(max_examples=200, deadline=None)
def test_moments_of_any_values_are_those_of_the_kernel(scenarios: int, seed: int, power: int, kind: str) -> None:
    values = np.random.default_rng(seed).standard_normal((3, scenarios))
    if kind == "atoms":
        values = np.round(values)
    if kind == "few":
        values = np.where(values > 1.5, values, 1.0)
    # Of zeros of both signs, which is the least is nobody's to say.
    values = (values + 0.0) * 10.0**power
    found = moments_by_kernel(values)
    assert few_values.central_moments_of(values).tobytes() == found.tobytes()
    assert np.isfinite(found).all()


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e300, 5e306])
def test_moments_at_the_ends_of_floats_are_finite(size: float) -> None:
    values = size * np.array([[0.0, 3.0, 1.0, 1.0, 2.0, 8.0, 4.0, 1.0, 1.0]])
    found = moments_by_kernel(values)
    assert few_values.central_moments_of(values).tobytes() == found.tobytes()
    assert np.isfinite(found).all()
    assert (found[:, 1:6] > 0.0).all()


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("of", [1, 2**30])
def test_values_that_are_no_numbers_are_refused_by_both(odd: float, of: int) -> None:
    for place in (0, 9, 19):
        values = np.arange(20.0)
        values[place] = odd
        with pytest.raises(RunError, match="NaN or infinite"):
            Moments(values, of=of)


def moments_by_kernel(values: Floats) -> Floats:
    kernel = np.empty((len(values), 8))
    central_moments(kernel, values)
    return kernel


def test_another_order_of_the_sum_would_be_seen() -> None:
    values = RANDOM.lognormal(3.0, 2.0, size=(40, 1000))
    assert few_values.central_moments_of(values)[:, 0].tobytes() != values.mean(axis=1).tobytes()


def test_few_and_many_rows_have_the_same_quantiles() -> None:
    levels = np.array([0.05, 0.5, 0.8, 0.999])
    many = RANDOM.lognormal(3.0, 2.0, size=(450, 10_000))
    values, errors = Moments(many).quantiles(levels)
    for row in (0, 449):
        alone = Moments(many[row : row + 1])
        few, few_errors = alone.quantiles(levels)
        assert few.tobytes() == values[row].tobytes()
        assert few_errors.tobytes() == errors[row].tobytes()


def test_a_budget_is_read_without_compiled_kernels() -> None:
    """Who reads a finished run does not wait for numba; who simulates does."""
    code = (
        "import sys, numpy as np, xarray as xr, popsim as ps\n"
        "ds = xr.Dataset({'cost': (('option', 'scenario'), np.arange(1000.0)[np.newaxis])}, {'option': ['full']})\n"
        "assert 799.0 <= ps.summarise(ds)['cost_quantile'].sel(quantile=0.8).item() <= 800.0\n"
        "assert 'numba' not in sys.modules\n"
        "ps.simulate(ps.load_study('example'), scenarios=100)\n"
        "assert 'numba' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
