"""Coverage intervals by JCGM 101:2008, and how far other seeds move the shortest one."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import optimize, stats

from popsim.analysis.order import coverage_interval, shortest_with_error
from popsim.analysis.summarise import summarise
from popsim.errors import ParameterError, RunError

from .normals import run


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_symmetric_interval_by_hand() -> None:
    """7.7.2, p = 0.9: of 100, q = 90 and r = 5: the 5th and the 95th; of 99, q = 89 and r = 5: the 5th and the 94th."""
    order = random(1).permutation(100) + 1.0
    assert coverage_interval(order[None], 0.9).tolist() == [[5.0, 95.0]]
    odd = random(1).permutation(99) + 1.0
    assert coverage_interval(odd[None], 0.9).tolist() == [[5.0, 94.0]]


def test_shortest_interval_by_hand() -> None:
    values = np.array([[10.0, 1.0, 4.0, 3.5, 3.0, 8.0]])
    # q = 3 of 6: lengths 3, 5, 6.5 from 1, 3, 3.5.
    assert coverage_interval(values, 0.5, "shortest").tolist() == [[1.0, 4.0]]
    assert coverage_interval(np.arange(10.0)[None], 0.5, "shortest").tolist() == [[0.0, 5.0]]


@pytest.mark.parametrize("name", ["lognorm", "gamma"])
def test_shortest_interval_of_a_skew_distribution(name: str) -> None:
    family = {"lognorm": stats.lognorm(0.5), "gamma": stats.gamma(4)}[name]
    found = optimize.minimize_scalar(
        lambda low: family.ppf(low + 0.9) - family.ppf(low), bounds=(1e-9, 0.1 - 1e-9), method="bounded"
    )
    exact = family.ppf([found.x, found.x + 0.9])
    values = family.rvs((60, 10_000), random_state=random(2))
    ends, error = shortest_with_error(values, 0.9)
    apart = (ends - exact) / error
    # Ends are no normals and their errors are themselves estimates: 60 squares stay far within these limits.
    squares = (apart**2).mean(axis=0)
    assert np.all((squares > 0.3) & (squares < 2.0))
    symmetric = coverage_interval(values, 0.9)
    assert np.all(np.diff(ends) <= np.diff(symmetric))
    # Negative control: the symmetric interval is another one.
    assert np.all(np.abs(symmetric.mean(axis=0) - exact) > 5.0 * error.mean(axis=0) / np.sqrt(60))


def test_summary_with_the_shortest_interval() -> None:
    dataset = run(10_000, 1)
    found = summarise(dataset, 0.9, interval="shortest")
    assert found["cost_by_area_interval"].dims == ("option", "area", "bound")
    assert found["bound"].values.tolist() == ["low", "high"]
    assert found.attrs["interval"] == "shortest"
    values = dataset["cost"].values
    ordered = np.sort(values[0])
    lengths = ordered[9_000:] - ordered[:1_000]
    place = lengths.argmin()
    assert found["cost_interval"].values.tolist() == [[ordered[place], ordered[place + 9_000]]]
    assert np.isfinite(found["cost_interval_error"]).all()
    assert found["cost_interval"].attrs["units"] == "USD"
    plain = summarise(dataset, 0.9)
    assert "cost_interval" not in plain
    assert plain.attrs["interval"] == "symmetric"
    xr.testing.assert_equal(plain, found[list(plain.data_vars)].drop_vars("bound", errors="ignore"))


def test_too_few_scenarios_have_no_error_or_no_interval() -> None:
    few = random(3).random((1, 500))
    assert np.isinf(shortest_with_error(few, 0.9)[1]).all()
    with pytest.raises(ParameterError, match="at least 6"):
        coverage_interval(few[:, :5], 0.9)
    assert coverage_interval(few[:, :6], 0.9).shape == (1, 2)
    with pytest.raises(RunError, match="NaN"):
        shortest_with_error(np.array([[1.0, np.nan]]), 0.5)
    with pytest.raises(ParameterError, match='did you mean "shortest"'):
        summarise(run(100, 1), 0.9, interval="shortst")
