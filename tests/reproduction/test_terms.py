"""Each term that says who costs what, alone, against a result derived on paper: see the formula in each test.

Results that chance has no part in are exact to rounding (1e-12). Statistical ones fail by chance with 2e-9 each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import popsim as ps

from .conftest import Simulate
from .small import LIMIT, ONE, REASONS, check_mean, check_share, check_variance, component, lognormal, uniform, write

COUNT = 200_000
EXACT = 1e-12


@pytest.mark.parametrize("wrong", [0.0, 0.15], ids=["stated", "negative control"])
def test_sum_of_lognormals_with_common_group_and_own_parts(simulate: Simulate, wrong: float) -> None:
    """cov = m1 m2 (exp(rho s1 s2) - 1) of lognormals whose scores correlate by rho.

    rho: areas of one country r; one area in two countries q[a] within a group and s[a] beyond; one area and another of
    another country r q0 and r s0, times sqrt(w) for a component that is one of two; components k and l of one area w in
    one country, w times the area's between countries.
    """
    r, w, s0, q0, s, q = 0.4, 0.6, 0.2, 0.45, {"x": 0.3, "y": 0.2}, {"x": 0.6, "y": 0.45}
    countries = (("AAA", "North", 1e6), ("BBB", "North", 1e6), ("CCC", "South", 1e6))
    cells = [("x", "one", 100.0, 0.4), ("x", "two", 60.0, 0.3), ("y", "one", 150.0, 0.35)]
    areas: dict[str, dict[str, dict[str, object]]] = {"x": {}, "y": {}}
    for a, k, mean, sigma in cells:
        areas[a][k] = component(lognormal(mean, sigma))
    shares = {"common_share": s0, "group": "region", "group_share": q0}
    ds = simulate(
        areas,
        COUNT,
        countries=countries,
        dependence={"between_areas": r, "between_components": w, **shares},
        area={"x": {"common_share": 0.3, "group_share": 0.6}},
    )

    def rho(one: tuple[str, str, str, str], other: tuple[str, str, str, str]) -> float:
        (c, region, a, k), (d, region_d, b, j) = one, other
        within = region == region_d
        if a != b:
            return np.sqrt(w) * r * (1.0 if c == d else (q0 if within else s0))
        between = 1.0 if c == d else (q if within else s)[a] - wrong * within
        return between * (1.0 if k == j else w)

    rows = [((c, region, a, k), mean, sigma) for c, region, _ in countries for a, k, mean, sigma in cells]
    variance = sum(m * n * np.expm1(rho(i, j) * u * v) for i, m, u in rows for j, n, v in rows)
    total = ds["cost"].values
    check_mean(total, 3 * 310.0)
    if wrong:
        with pytest.raises(AssertionError):
            check_variance(total, variance)
        return
    check_variance(total, variance)
    x = [row for row in rows if row[0][2] == "x"]
    own = sum(m * n * np.expm1(rho(i, j) * u * v) for i, m, u in x for j, n, v in x)
    check_variance(ds["cost_by_area"].sel(area="x").values, own)


def test_need_is_a_bernoulli_factor(simulate: Simulate) -> None:
    """P(cost = 0) = 1 - p, mean p m, variance p (v + m^2) - p^2 m^2."""
    p, m, sigma = 0.3, 100.0, 0.5
    need = {"need": {"probability": p, **REASONS}}
    ds = simulate({"x": {"k": component(lognormal(m, sigma))}}, COUNT, countries=ONE, area={"x": need})
    cost, v = ds["cost"].values, m**2 * np.expm1(sigma**2)
    check_share(cost == 0.0, 1 - p)
    check_mean(cost, p * m)
    check_variance(cost, p * (v + m**2) - (p * m) ** 2)


def test_an_uncertain_probability_of_need_is_one_draw_for_all(simulate: Simulate) -> None:
    """P(needed) = E[p], P(needed in both countries) = E[p^2] = (b^3 - a^3) / (3 (b - a)); by groups, others' own."""
    low, high = 0.1, 0.7
    countries = (("AAA", "North", 1e6), ("BBB", "North", 1e6), ("CCC", "South", 1e6), ("DDD", "East", 1e6))
    need = {"probability": uniform(low, high), "by": {"region": {"South": 1.0, "East": 0.0}}, **REASONS}
    ds = simulate({"x": {"k": component()}}, COUNT, countries=countries, area={"x": {"need": need}})
    paid = ds["cost_by_country"].sel(country=["AAA", "BBB", "CCC", "DDD"]).values > 0
    check_share(paid[:, 0], (low + high) / 2)
    check_share(paid[:, 0] & paid[:, 1], (high**3 - low**3) / (3 * (high - low)))
    assert paid[:, 2].all()
    assert not paid[:, 3].any()


def test_needs_hang_together_as_stated(simulate: Simulate) -> None:
    """P(both needed) = Phi2(t, t; rho), t = Phi^-1(p); rho = b, s and b s, and for a component b with its area."""
    b, s, p = 0.5, 0.3, 0.4
    need = {"need": {"probability": p, **REASONS}}
    ds = simulate(
        {"x": {"k": component()}, "y": {"k": component(), "l": component(10.0)}},
        COUNT,
        dependence={"need": {"between_needs": b, "common_share": s}},
        area={"x": need, "y": {**need, "component": {"l": need}}},
    )
    cost = ds["cost_by_country_area"].transpose("scenario", "country", "area").values
    t = stats.norm.ppf(p)
    pairs = {b: cost[:, 0, 0] * cost[:, 0, 1], s: cost[:, 0, 0] * cost[:, 1, 0], b * s: cost[:, 0, 0] * cost[:, 1, 1]}
    for rho, both in pairs.items():
        check_share(both > 0, stats.multivariate_normal(cov=[[1, rho], [rho, 1]]).cdf([t, t]))
    check_share(cost[:, 0, 1] == 110.0, stats.multivariate_normal(cov=[[1, b], [b, 1]]).cdf([t, t]))
    check_share(cost[:, 0, 1] == 0.0, 1 - p)


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_needed_with_another_component_is_both_or_neither(simulate: Simulate, rho: float) -> None:
    """k and l cost both or neither; E[X_l 1(n_k > -t)] = m Phi(t + rho w sigma): l's score correlates by w with k's."""
    m, sigma, p, w = 100.0, 0.8, 0.3, 0.5
    need = {"probability": p, **REASONS}
    # What is needed with another may come before it in the catalogue.
    areas = {"x": {"l": component(lognormal(m, sigma)), "k": component(lognormal(m, sigma)), "o": component(1.0)}}
    areas["y"] = {"l": component(10.0), "k": component(100.0), "o": component(1.0)}
    needs = {"component": {"k": {"need": need}, "l": {"needed_with": "k"}}}
    dependence = {"between_components": w, "need": {"with_cost": rho}}
    ds = simulate(areas, COUNT, countries=ONE, dependence=dependence, area={"x": needs, "y": needs})
    cost, t = ds["cost_by_area"].transpose("scenario", "area").values, stats.norm.ppf(p)
    check_share(cost[:, 0] > 1.0 + 1e-9, p)
    check_mean(cost[:, 0], 1.0 + m * (stats.norm.cdf(t + rho * w * sigma) + stats.norm.cdf(t + rho * sigma)))
    both = np.isclose(cost[:, 1], 111.0, rtol=EXACT)
    np.testing.assert_allclose(cost[~both, 1], 1.0, rtol=EXACT)
    check_share(both, p)


@pytest.mark.parametrize("rho", [0.6, -0.6, 0.0])
def test_need_with_cost(simulate: Simulate, rho: float) -> None:
    """E[X 1(n > -t)] = m Phi(t + rho sigma) for lognormal X: weighting by X moves the need score by rho sigma."""
    m, sigma, p = 100.0, 0.8, 0.3
    areas = {"x": {"k": component(lognormal(m, sigma))}}
    need = {"need": {"probability": p, **REASONS}}
    ds = simulate(areas, COUNT, countries=ONE, dependence={"need": {"with_cost": rho}}, area={"x": need})
    cost, t = ds["cost"].values, stats.norm.ppf(p)
    check_share(cost > 0, p)
    check_mean(cost, m * stats.norm.cdf(t + rho * sigma))


def test_shock_hits_its_areas_together(simulate: Simulate) -> None:
    """Mean 100 (1 - p + p E[f]); two areas rise in the same scenarios by the same factor, the third never."""
    p = 0.2
    shock = {"bad": {"name": "bad", "areas": ["x", "y"], "probability": p, "factor": uniform(1.5, 2.5), **REASONS}}
    areas = {"x": {"k": component()}, "y": {"k": component()}, "z": {"k": component()}}
    ds = simulate(areas, COUNT, countries=ONE, shock=shock)
    x, y, z = ds["cost_by_area"].transpose("area", "scenario").values
    check_share(x > 100.0, p)
    check_mean(x, 100 * (1 - p + p * 2.0))
    np.testing.assert_allclose(x, y, rtol=EXACT)
    np.testing.assert_allclose(z, 100.0, rtol=EXACT)


def test_two_shocks_multiply(simulate: Simulate) -> None:
    """Independent events: mean 100 (1 + p f - p)(1 + q g - q)."""
    one, two = (
        {"name": "bad", "areas": ["x"], **REASONS, "probability": p, "factor": f} for p, f in ((0.3, 2.0), (0.5, 0.5))
    )
    ds = simulate({"x": {"k": component()}}, COUNT, countries=ONE, shock={"one": one, "two": two})
    check_mean(ds["cost"].values, 100 * (0.7 + 0.3 * 2.0) * (0.5 + 0.5 * 0.5))


SIZE = {"driver": "population", "reference": 1_000_000, **REASONS}


def test_an_uncertain_exponent_is_one_draw_for_all_countries(simulate: Simulate) -> None:
    """E[d^g] = (d^b - d^a) / ((b - a) ln d), g uniform; countries of 4 and 1/4 the reference: product 1 always."""
    countries = (("AAA", "North", 4e6), ("BBB", "South", 0.25e6))
    exponent = {"size_exponent": uniform(0.2, 1.0)}
    areas = {"x": {"k": component(), "l": component()}}
    ds = simulate(areas, COUNT, countries=countries, size=SIZE, area={"x": exponent})
    large, little = ds["cost_by_country"].sel(country=["AAA", "BBB"]).transpose("country", "scenario").values / 200.0
    for d, factor in ((4.0, large), (0.25, little)):
        check_mean(factor, (d**1.0 - d**0.2) / (0.8 * np.log(d)))
    # The table of the exponent is good to 1e-8 of its width.
    np.testing.assert_allclose(large * little, 1.0, rtol=1e-7)


def test_further_drivers_and_limits(simulate: Simulate) -> None:
    """4^0.5 of size and (4, held at 2)^-1 of the second driver: factor 1."""
    driver = {"second": {"column": "population", "reference": 1_000_000, "highest": 2_000_000, **REASONS}}
    exponents = {"size_exponent": 0.5, "exponent": {"second": -1.0}}
    countries = (("AAA", "North", 4e6),)
    areas = {"x": {"k": component()}}
    ds = simulate(areas, countries=countries, size=SIZE, driver=driver, area={"x": exponents})
    np.testing.assert_allclose(ds["cost"], 100.0, rtol=EXACT)


def test_options_differ_by_what_they_say_and_share_all_draws(tmp_path: Path) -> None:
    """Without y: exactly the cost of y less in every scenario. With twice the exponent: 4^0.5 as much in x."""
    options = [
        {"id": "without_y", "name": "without", "rationale": "Made up.", "set": {"area.y.include": False}},
        {"id": "larger", "name": "larger", "rationale": "Made up.", "set": {"area": {"x": {"size_exponent": 1.0}}}},
    ]
    areas = {"x": {"k": component(lognormal(100.0, 0.5))}, "y": {"k": component(lognormal(50.0, 0.5))}}
    path = write(
        tmp_path,
        areas,
        countries=(("AAA", "North", 4e6),),
        size=SIZE,
        area={"x": {"size_exponent": 0.5}, "y": {}},
        dependence={"between_areas": 0.3, "common_share": 0.2},
        option=options,
    )
    ds = ps.simulate(ps.load_study(path), scenarios=1000)
    assert ds["option"].values.tolist() == ["full", "without_y", "larger"]
    cost, by = ds["cost"], ds["cost_by_area"]
    full, y = cost.sel(option="full"), by.sel(option="full", area="y")
    np.testing.assert_allclose(cost.sel(option="without_y"), full - y, rtol=1e-10)
    larger = by.sel(option="larger")
    np.testing.assert_allclose(larger.sel(area="x"), 2.0 * by.sel(option="full", area="x"), rtol=EXACT)
    np.testing.assert_allclose(larger.sel(area="y"), y, rtol=0.0)


def test_the_checks_see_three_standard_errors_more_than_they_allow() -> None:
    """Negative control of the checks themselves."""
    values = np.random.Generator(np.random.PCG64(1)).standard_normal(10_000)
    check_mean(values, 0.0)
    check_variance(values, 1.0)
    check_share(values > 0, 0.5)
    off = (LIMIT + 4.0) / 100.0
    for check, expected in ((check_mean, off), (check_variance, 1.0 + 1.6 * off)):
        with pytest.raises(AssertionError):
            check(values, expected)
    with pytest.raises(AssertionError):
        check_share(values > 0, 0.5 + off / 2)
