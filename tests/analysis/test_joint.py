"""Amounts that suffice together, against optima known by analysis and by brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr
from scipy import optimize, stats

from popsim.analysis.joint import cheapest_limits, common_limits, fits, joint_budget
from popsim.analysis.parts import pairs, variance_shares
from popsim.analysis.reserve import reserve
from popsim.errors import ParameterError, RunError

from .normals import COVARIANCE, ERRORS, MEAN, SPREAD, of_parts, run


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def slack(level: float, count: int, total: float, slope: float) -> float:
    """What sets a split of a sample apart from the optimum: the error of a share, and the local optimum (0.5 %)."""
    return ERRORS * np.sqrt(level * (1.0 - level) / count) * slope + 0.005 * total


def test_independent_uniform_parts() -> None:
    """Least sum of w u with product of u = c: all w u alike, (c prod w) ^ (1 / k)."""
    width, level, count = np.array([1.0, 1.05, 1.1]), 0.8, 20_000
    found = joint_budget(of_parts(width * random(1).random((count, 3))), "area", level).squeeze("option")
    each = (level * width.prod()) ** (1.0 / 3.0)
    assert (each < width).all()
    allowed = slack(level, count, 3 * each, each / level)
    assert abs(found["total"].item() - 3 * each) < allowed
    true = (found["amount"].values / width).prod()
    assert abs(true - found["unseen_confidence"].item()) < ERRORS * np.sqrt(2.0) * found["unseen_confidence_error"]
    # All at one level, u = c^(1/k): known as well.
    common = level ** (1.0 / 3.0)
    assert abs(found["common_total"].item() - common * width.sum()) < slack(level, count, 0.0, width.sum() / level)
    assert found["joint_confidence"].item() >= level


def test_amounts_of_each_alone_rarely_suffice_together() -> None:
    """Of three independent parts, each with 80 %, all suffice in 0.8^3 of the scenarios."""
    count = 20_000
    found = joint_budget(of_parts(random(11).random((count, 3))), "area", 0.8).squeeze("option")
    assert abs(found["separate_joint_confidence"].item() - 0.8**3) < ERRORS * np.sqrt(0.25 / count)


def test_scenarios_that_were_not_searched_tell_that_a_search_finds_too_little() -> None:
    """Amounts for ten parts fit 80 % of the 100 scenarios in which they were searched, and fewer of the other 100."""
    found = joint_budget(of_parts(random(12).random((200, 10))), "area", 0.8).squeeze("option")
    assert found["joint_confidence"].item() >= 0.8
    assert found["unseen_confidence"].item() < 0.75


def test_exponential_parts_of_unlike_size() -> None:
    """u = lam / (lam + s): a cheap part gets a higher quantile; one level for all costs more (the negative control)."""
    scale, level, count = np.array([1.0, 10.0]), 0.8, 20_000
    found = joint_budget(of_parts(random(2).exponential(size=(count, 2)) * scale), "area", level).squeeze("option")
    lam = optimize.brentq(lambda x: (x / (x + scale)).prod() - level, 1e-6, 1e6)
    share = lam / (lam + scale)
    total = float(-(scale * np.log1p(-share)).sum())
    # By the envelope theorem, d total / d log c = lam.
    allowed = slack(level, count, total, lam / level)
    assert abs(found["total"].item() - total) < allowed
    assert found["common_total"].item() > total + allowed
    assert share[0] > share[1]


def test_parts_that_move_as_one_need_no_more_than_each_alone() -> None:
    values = random(3).random((1_000, 1)) * np.array([1.0, 5.0, 2.0])
    found = joint_budget(of_parts(values), "area", 0.8).squeeze("option")
    np.testing.assert_array_equal(found["amount"], np.sort(values, axis=0)[799])
    assert found["joint_confidence"].item() == found["separate_joint_confidence"].item() == 0.8
    assert found["separate_total_confidence"].item() == 0.8
    assert found["total"].item() == pytest.approx(found["separate_total"].item(), rel=0.01)


def test_quantiles_of_normals_do_not_add_up() -> None:
    """The sum of four P80 is z x the sum of standard deviations over the mean, and its confidence follows."""
    found = joint_budget(run(20_000, 4), "area", 0.8).squeeze("option")
    z, stds = stats.norm.ppf(0.8), np.sqrt(np.diag(COVARIANCE))
    assert abs(found["separate_total"] - (MEAN + z * stds).sum()) < ERRORS * found["separate_total_error"]
    sure = stats.norm.cdf(z * stds.sum() / SPREAD)
    assert sure > 0.9
    # The amounts err too: their error times the density of the total, on top of the error of the share.
    density = stats.norm.pdf(z * stds.sum() / SPREAD) / SPREAD
    error = np.hypot(found["separate_total_confidence_error"], density * found["separate_total_error"])
    assert abs(found["separate_total_confidence"] - sure) < ERRORS * error
    together = stats.multivariate_normal(MEAN, COVARIANCE).cdf(MEAN + z * stds)
    assert together < 0.6
    assert abs(found["separate_joint_confidence"] - together) < ERRORS * 2.0 * found["separate_joint_confidence_error"]
    assert abs(found["pooled_amount"] - (MEAN.sum() + z * SPREAD)) < ERRORS * found["pooled_amount_error"]
    assert found["total"] < found["common_total"]
    assert found["pooled_amount"] < found["separate_total"] < found["total"]


@pytest.mark.slow
def test_error_of_a_sum_of_quantiles_over_many_seeds() -> None:
    """The sums of 60 seeds scatter as the error says, to within what a chi-square of 60 allows once in 1e8."""
    exact = (MEAN + stats.norm.ppf(0.8) * np.sqrt(np.diag(COVARIANCE))).sum()
    runs = [joint_budget(run(400, 100 + seed), "area", 0.8) for seed in range(60)]
    apart = np.array([((each["separate_total"] - exact) / each["separate_total_error"]).item() for each in runs])
    low, high = stats.chi2(60).ppf([5e-9, 1 - 5e-9])
    assert low < (apart**2).sum() < high
    assert not low < (4.0 * apart**2).sum() < high


def test_the_search_is_no_better_than_brute_force_and_no_worse_than_the_start() -> None:
    gaps = []
    for seed in range(20):
        values = random(seed).lognormal(sigma=[[0.5], [1.0]], size=(2, 40))
        found, start = cheapest_limits(values, 30), common_limits(values, 30)
        sums = [a + b for a, b in itertools.product(*values) if fits(values, np.array([a, b])).sum() >= 30]
        assert min(sums) <= found.limit.sum() <= start.limit.sum()
        assert found.fitting == fits(values, found.limit).sum() >= 30
        gaps.append(found.limit.sum() / min(sums) - 1.0)
    # A local optimum: the best of all for most, never far from it in a sample as small as this.
    assert np.median(gaps) == 0.0
    assert max(gaps) < 0.15


def test_common_limits_are_the_lowest() -> None:
    values = random(5).random((3, 500))
    found = common_limits(values, 400)
    ranks = {int((row <= limit).sum()) for row, limit in zip(values, found.limit, strict=True)}
    assert len(ranks) == 1
    lower = np.sort(values, axis=1)[:, ranks.pop() - 2]
    assert fits(values, lower).sum() < 400 <= found.fitting


@pytest.mark.parametrize("values", [np.ones((50, 3)), np.repeat([[1.0, 2.0], [3.0, 1.0]], 30, axis=0)])
def test_ties_and_constants(values: np.ndarray) -> None:
    found = joint_budget(of_parts(values), "area", 0.8).squeeze("option")
    assert found["joint_confidence"].item() >= 0.8
    np.testing.assert_array_equal(found["amount"], values.max(axis=0))
    assert found["unseen_confidence"].item() == 1.0


def test_refusals() -> None:
    with pytest.raises(ParameterError, match="confidence"):
        joint_budget(run(100, 1), "area", 1.0)
    with pytest.raises(ParameterError, match="run at least 36 scenarios"):
        joint_budget(run(35, 1), "area", 0.8)
    with pytest.raises(RunError, match=r"cost_by_yera.*\n.*holds: area.*"):
        joint_budget(run(100, 1), "yera", 0.8)
    assert joint_budget(run(36, 1), "area", 0.8)["amount"].shape == (1, 4)


def crossed(names: tuple[str, ...] = ("area", "year")) -> xr.Dataset:
    """Costs of two areas in three years, and their total."""
    costs = random(12).lognormal(sigma=[[0.3, 0.6, 0.0], [1.0, 0.2, 0.5]], size=(400, 2, 3))
    costs[:, 1, 2] = 0.0
    parts = xr.DataArray(
        costs[np.newaxis],
        {"option": ["full"], "area": ["a", "b"], "year": [2027, 2028, 2029]},
        ("option", "scenario", "area", "year"),
        attrs={"units": "USD"},
    )
    whole = parts.sum(("area", "year")).assign_attrs(units="USD")
    return xr.Dataset({"cost": whole, "cost_by_area_year": parts.transpose(..., *names)})


BOTH = ("area", "year")


@pytest.mark.parametrize("by", [BOTH, list(BOTH), ("year", "area")])
def test_several_dimensions_are_those_of_one_laid_flat(by: list[str] | tuple[str, ...]) -> None:
    """The same as for one dimension of six parts, in the shape that was asked for."""
    dataset = crossed()
    found = joint_budget(dataset, by, 0.8)
    part = dataset["cost_by_area_year"].stack(part=list(by)).drop_vars(["part", *by]).assign_coords(part=range(6))
    flat = xr.Dataset({"cost": dataset["cost"], "cost_by_area": part.rename(part="area")})
    wanted = joint_budget(flat, "area", 0.8)
    assert found["amount"].dims == ("option", *by)
    assert found["amount"].sel(area="b", year=2029).item() == 0.0
    for name, values in wanted.data_vars.items():
        np.testing.assert_allclose(found[name].values.ravel(), values.values.ravel(), rtol=1e-12)
        if "area" in values.dims:
            assert found[name].dims == ("option", *by)
    assert found.attrs["by"] == ",".join(by)
    kept, flatly = reserve(dataset, 0.8, by), reserve(flat, 0.8, "area")
    assert kept["contribution"].dims == ("option", *by)
    for name, values in flatly.data_vars.items():
        np.testing.assert_allclose(kept[name].values.ravel(), values.values.ravel(), rtol=1e-12)
    np.testing.assert_allclose(kept["contribution"].sum(by), kept["reserve"], rtol=1e-9)
    shares, flat_shares = variance_shares(dataset, by), variance_shares(flat, "area")
    assert shares["variance_share"].dims == ("option", *by)
    for name, values in flat_shares.data_vars.items():
        np.testing.assert_allclose(shares[name].values.ravel(), values.values.ravel(), rtol=1e-9)
    assert pairs(dataset, by)["member"].values.tolist()[-1] == "total"


def test_amounts_by_several_dimensions_suffice_together() -> None:
    dataset = crossed()
    found = joint_budget(dataset, BOTH, 0.8)
    enough = (dataset["cost_by_area_year"] <= found["amount"]).all(BOTH).mean("scenario")
    assert enough.item() == found["joint_confidence"].item() >= 0.8
    np.testing.assert_allclose(found["total"], found["amount"].sum(BOTH), rtol=1e-12)


@pytest.mark.parametrize("by", [(), ("area", "area"), 3, ("area", 3), "", None, ("",)])
def test_what_names_no_dimensions_is_refused(by: object) -> None:
    with pytest.raises(ParameterError, match=r'a dimension such as "area"'):
        joint_budget(crossed(), by)  # type: ignore[arg-type]


def test_names_in_one_text_are_answered_with_a_list() -> None:
    with pytest.raises(ParameterError, match=r"write by=\('area', 'year'\)"):
        joint_budget(crossed(), "area, year")


def test_a_breakdown_that_is_not_held_is_answered_with_those_that_are() -> None:
    with pytest.raises(RunError) as caught:
        joint_budget(crossed(), "area")
    assert "area,year" in str(caught.value)
    with pytest.raises(RunError, match=r"simulate with breakdowns=\[\('basis', 'region'\)\]"):
        joint_budget(crossed(), ("basis", "region"))
