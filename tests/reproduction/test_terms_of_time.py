"""Each term that moves money in time or between purses, alone, against a result derived on paper.

Results that chance has no part in are exact to rounding (1e-12). Statistical ones fail by chance with 2e-9 each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .conftest import Simulate
from .small import ONE, REASONS, check_mean, check_share, check_variance, component, uniform

COUNT = 200_000
EXACT = 1e-12
PER_YEAR = component(100.0, "per-year", years="all")


def power_mean(low: float, high: float, t: int) -> float:
    """E[(1 + r)**t] of r uniform: ((1 + b)**(t+1) - (1 + a)**(t+1)) / ((t+1)(b - a)), ln((1+b)/(1+a)) / (b-a) at -1."""
    if t == -1:
        return float(np.log((1 + high) / (1 + low)) / (high - low))
    return ((1 + high) ** (t + 1) - (1 + low) ** (t + 1)) / ((t + 1) * (high - low))


DELAYED = {"years": 1.25, **REASONS}


def test_delay_moves_known_amounts(simulate: Simulate) -> None:
    """L = 1 + 1/4: three quarters of a payment go one year on, a quarter two; what falls behind the end is told."""
    areas = {"x": {"k": component(100.0, start=2)}, "y": {"k": PER_YEAR}}
    ds = simulate(areas, countries=ONE, delay=DELAYED)
    by = ds["cost_by_area_year"].transpose("scenario", "area", "year").values
    np.testing.assert_allclose(by[:, 0], np.broadcast_to([0.0, 0.0, 75.0], (10, 3)), rtol=EXACT, atol=1e-10)
    np.testing.assert_allclose(by[:, 1], np.broadcast_to([0.0, 75.0, 100.0], (10, 3)), rtol=EXACT, atol=1e-10)
    np.testing.assert_allclose(ds["cost"], 250.0, rtol=EXACT)
    np.testing.assert_allclose(ds["cost_after_horizon"], 25.0 + 125.0, rtol=EXACT)


def test_start_and_delay_add_and_only_delay_costs(simulate: Simulate) -> None:
    """L = 0.5 + 0.75; amount 100 (1 + 0.2 x 0.75) = 115."""
    ds = simulate(
        {"x": {"k": component()}},
        countries=ONE,
        start={"years": 0.5, **REASONS},
        delay={"years": 0.75, "cost_per_year": 0.2, **REASONS},
    )
    np.testing.assert_allclose(
        ds["cost_by_year"], np.broadcast_to([0.0, 86.25, 28.75], (10, 3)), rtol=EXACT, atol=1e-10
    )


def test_a_level_of_two_values_is_common_to_all_countries_and_areas(simulate: Simulate) -> None:
    """Level 1/2 or 2, delay 1: 100 is half paid in the first year, or all of it in the third, everywhere alike."""
    level = {"family": "discrete", "values": [0.5, 2.0], "probabilities": [0.25, 0.75]}
    ds = simulate(
        {"x": {"k": component()}, "y": {"k": component()}},
        20_000,
        delay={"years": 1.0, "level": level, "cost_per_year": 0.1, **REASONS},
    )
    by = ds["cost_by_area_year"].transpose("scenario", "area", "year").values / 2.0
    low = np.isclose(by[:, 0, 0], 52.5, rtol=EXACT)
    np.testing.assert_allclose(by[low], np.broadcast_to([52.5, 52.5, 0.0], (low.sum(), 2, 3)), rtol=EXACT, atol=1e-10)
    np.testing.assert_allclose(by[~low], np.broadcast_to([0.0, 0.0, 120.0], (sum(~low), 2, 3)), rtol=EXACT, atol=1e-10)
    check_share(low, 0.25)


def test_an_area_s_own_level_is_a_draw_of_its_own(simulate: Simulate) -> None:
    """Where an area has a table of its own, its level is its own: 1 unless said, or an independent draw."""
    level = {"family": "discrete", "values": [0.0, 1.0], "probabilities": [0.5, 0.5]}
    delay = {"years": 1.0, "level": level, **REASONS}
    ds = simulate(
        {"x": {"k": component()}, "y": {"k": component()}, "z": {"k": component()}},
        20_000,
        countries=ONE,
        delay=delay,
        area={"x": {}, "y": {"delay": {"years": 1.0, **REASONS}}, "z": {"delay": delay}},
    )
    first = ds["cost_by_area_year"].isel(year=0).transpose("scenario", "area").values
    check_share(first[:, 0] == 100.0, 0.5)
    assert (first[:, 1] == 0.0).all()
    check_share((first[:, 0] == 100.0) & (first[:, 2] == 100.0), 0.25)


def test_a_level_drawn_beside_a_delay_that_is_drawn(simulate: Simulate) -> None:
    """Mean and variance of the share paid late, L D with L uniform on 0 to 1 and D uniform on 0 to 1 by country.

    E = 1/4; the same country: E[L^2] E[D^2] = 1/9, two countries: E[L^2] E[D]^2 = 1/12.
    """
    delay = {"years": uniform(0.0, 1.0), "level": uniform(0.0, 1.0), **REASONS}
    ds = simulate({"x": {"k": component()}}, COUNT, delay=delay)
    late = ds["cost_by_year"].transpose("scenario", "year").values[:, 1] / 100.0
    check_mean(late, 2 / 4)
    check_variance(late, 2 / 9 + 2 / 12 - 1 / 4)


def test_uncertain_delay_of_less_than_a_year(simulate: Simulate) -> None:
    """D uniform on 0 to 1: the share 1 - D is paid in the first year: mean 50, variance 100^2 / 12."""
    ds = simulate({"x": {"k": component()}}, COUNT, countries=ONE, delay={"years": uniform(0.0, 1.0), **REASONS})
    first = ds["cost_by_year"].isel(year=0).values
    check_mean(first, 50.0)
    check_variance(first, 100.0**2 / 12)
    np.testing.assert_allclose(ds["cost"], 100.0, rtol=EXACT)


def test_delays_hang_together_as_stated(simulate: Simulate) -> None:
    """Correlation of uniforms whose scores correlate by rho: (6 / pi) asin(rho / 2); rho = s, and b in a country."""
    b, s = 0.6, 0.3
    ds = simulate(
        {"x": {"k": component()}, "y": {"k": component()}},
        COUNT,
        delay={"years": uniform(0.0, 1.0), "cost_per_year": 1.0, **REASONS},
        dependence={"delay": {"between_areas": b, "common_share": s}},
    )
    delay = ds["cost_by_country_area"].transpose("scenario", "country", "area").values
    delay = (delay - delay.mean(axis=0)) / delay.std(axis=0)
    for rho, product in ((b, delay[:, 0, 0] * delay[:, 0, 1]), (s, delay[:, 0, 0] * delay[:, 1, 0])):
        check_mean(product, 6 / np.pi * np.arcsin(rho / 2))


def test_discounting(simulate: Simulate) -> None:
    """100 (1 + 1/1.05 + 1/1.05^2), from the first year whatever the price year."""
    ds = simulate({"x": {"k": PER_YEAR}}, countries=ONE, money={"discount_rate": 0.05})
    np.testing.assert_allclose(ds["cost_discounted"], 100 * (1 + 1 / 1.05 + 1 / 1.05**2), rtol=EXACT)


def test_nominal_before_and_after_the_price_year(simulate: Simulate) -> None:
    """100 (1/1.02 + 1 + 1.02) with prices of the second year."""
    areas = {"x": {"k": {**PER_YEAR, "price_year": 2031}}}
    ds = simulate(areas, countries=ONE, money={"price_year": 2031, "inflation": 0.02})
    np.testing.assert_allclose(ds["cost_nominal"], 100 * (1 / 1.02 + 1 + 1.02), rtol=EXACT)
    np.testing.assert_allclose(ds["cost"], 300.0, rtol=EXACT)


def test_uncertain_inflation(simulate: Simulate) -> None:
    """100 (E[(1+i)^-1] + 1 + E[1+i]), i uniform."""
    areas = {"x": {"k": {**PER_YEAR, "price_year": 2031}}}
    inflation = uniform(0.0, 0.3)
    ds = simulate(areas, COUNT, countries=ONE, money={"price_year": 2031, "inflation": inflation})
    check_mean(ds["cost_nominal"].values, 100 * sum(power_mean(0.0, 0.3, t) for t in (-1, 0, 1)))


def test_escalation_of_known_rate_begins_after_the_price_year(simulate: Simulate) -> None:
    areas = {"x": {"k": {**PER_YEAR, "price_year": 2031}}}
    ds = simulate(areas, countries=ONE, money={"price_year": 2031}, escalation={"rate": 0.1, **REASONS})
    np.testing.assert_allclose(ds["cost_by_year"], np.broadcast_to([100.0, 100.0, 110.0], (10, 3)), rtol=EXACT)


def test_uncertain_escalation_is_one_draw_or_an_areas_own(simulate: Simulate) -> None:
    """E[(1+r)^t] of r uniform, in each year; areas that share the rate have equal costs, one with its own does not."""
    rate = {"rate": uniform(-0.1, 0.3), **REASONS}
    areas = {"x": {"k": PER_YEAR}, "y": {"k": PER_YEAR}, "z": {"k": PER_YEAR}}
    ds = simulate(areas, COUNT, countries=ONE, escalation=rate, area={"x": {}, "y": {}, "z": {"escalation": rate}})
    by = ds["cost_by_area_year"].transpose("area", "year", "scenario").values
    for t in (1, 2):
        check_mean(by[0, t], 100 * power_mean(-0.1, 0.3, t))
        check_mean(by[2, t], 100 * power_mean(-0.1, 0.3, t))
    np.testing.assert_allclose(by[0], by[1], rtol=EXACT)
    x, z = by[0, 1] - by[0, 1].mean(), by[2, 1] - by[2, 1].mean()
    check_mean(x * z, 0.0)


def test_late_payments_are_escalated_when_they_are_paid(simulate: Simulate) -> None:
    """100, due in 2031 and 1.25 years late: 75 x 1.1^2 in 2032, 25 x 1.1^3 after the end."""
    areas = {"x": {"k": component(100.0, start=2)}}
    ds = simulate(areas, countries=ONE, delay=DELAYED, escalation={"rate": 0.1, **REASONS})
    np.testing.assert_allclose(ds["cost"], 75 * 1.1**2, rtol=EXACT)
    np.testing.assert_allclose(ds["cost_after_horizon"], 25 * 1.1**3, rtol=EXACT)


def test_cofinancing_and_fee(simulate: Simulate) -> None:
    """100 (1 - own share)(1 + fee), own share by group, and of an area that says otherwise."""
    areas = {"x": {"k": component()}, "y": {"k": component()}}
    financing = {"agency_fee": 0.08, "cofinancing": 0.25, "by": {"region": {"South": 0.5}}, **REASONS}
    ds = simulate(areas, financing=financing, area={"x": {}, "y": {"financing": {"cofinancing": 0.1}}})
    need = ds["financing_need_by_area"].transpose("scenario", "area").values
    np.testing.assert_allclose(need, np.broadcast_to([125.0 * 1.08, 180.0 * 1.08], (10, 2)), rtol=EXACT)
    np.testing.assert_allclose(ds["financing_need"], 305.0 * 1.08, rtol=EXACT)
    np.testing.assert_allclose(ds["cost"], 400.0, rtol=EXACT)


def test_cofinancing_of_one_component(simulate: Simulate) -> None:
    """100 (1 - 0.5) + 100 (1 - 0.2); what arrives of a pledge is 0.5: 75 + 90, and a fee of a tenth."""
    areas = {"x": {"k": component(), "l": component()}}
    financing = {"agency_fee": 0.1, "cofinancing": 0.5, "materialised": 0.5, **REASONS}
    own = {"l": {"financing": {"cofinancing": 0.2}}}
    ds = simulate(areas, countries=ONE, financing=financing, area={"x": {"component": own}})
    np.testing.assert_allclose(ds["financing_need"], 165.0 * 1.1, rtol=EXACT)


def test_uncertain_shares_are_independent_of_one_another(simulate: Simulate) -> None:
    """100 (1 - c m)(1 + f), c, m, f uniform: E = 1 - E[c] E[m], 1 + E[f]; E[Q^2] from the second moments of each."""
    c, m, f = (0.2, 0.6), (0.5, 1.0), (0.0, 0.2)
    financing = {"agency_fee": uniform(*f), "cofinancing": uniform(*c), "materialised": uniform(*m), **REASONS}
    ds = simulate({"x": {"k": component()}}, COUNT, countries=ONE, financing=financing)
    (c1, c2), (m1, m2), (f1, f2) = (((a + b) / 2, (a * a + a * b + b * b) / 3) for a, b in (c, m, f))
    mean = 100.0 * (1.0 - c1 * m1) * (1.0 + f1)
    square = 100.0**2 * (1.0 - 2.0 * c1 * m1 + c2 * m2) * (1.0 + 2.0 * f1 + f2)
    need = ds["financing_need"].values
    check_mean(need, mean)
    check_variance(need, square - mean**2)
    np.testing.assert_allclose(ds["cost"], 100.0, rtol=EXACT)


def test_a_pledge_is_one_draw_where_it_is_stated(simulate: Simulate) -> None:
    """All areas that take the pledge from [financing] have one share, in each group of countries its own."""
    financing = {"cofinancing": uniform(0.0, 1.0), "by": {"region": {"South": uniform(0.0, 1.0)}}, **REASONS}
    areas = {name: {"k": component()} for name in ("x", "y", "z")}
    own = {"x": {}, "y": {}, "z": {"financing": {"cofinancing": uniform(0.0, 1.0)}}}
    ds = simulate(areas, COUNT, financing=financing, area=own)
    need = ds["financing_need_by_country_area"].transpose("country", "area", "scenario").values / 100.0
    np.testing.assert_allclose(need[:, 0], need[:, 1], rtol=EXACT)
    np.testing.assert_allclose(need[0, 2], need[1, 2], rtol=EXACT)
    for one, other in ((need[0, 0], need[1, 0]), (need[0, 0], need[0, 2]), (need[1, 0], need[1, 2])):
        check_mean((one - 0.5) * (other - 0.5), 0.0)


def test_stepped_payments(simulate: Simulate) -> None:
    """Start 1, every 2, 4 years: 1 and 3; start 2, every 3, to the end: 2 and 5."""
    areas = {
        "x": {"k": component(100.0, "stepped", every=2, years=4)},
        "y": {"k": component(100.0, "stepped", start=2, every=3, years="all")},
    }
    ds = simulate(areas, countries=ONE, study={"years": 6})
    by = ds["cost_by_area_year"].transpose("scenario", "area", "year").values / 100.0
    expected = [[1, 0, 1, 0, 0, 0], [0, 1, 0, 0, 1, 0]]
    np.testing.assert_allclose(by, np.broadcast_to(expected, (10, 2, 6)), rtol=EXACT, atol=1e-12)


def test_money_of_another_currency_and_year(simulate: Simulate, tmp_path: Path) -> None:
    """80 euros of 2024 at 0.8 euros a dollar are 100 dollars of 2024, and 121 of 2030 at an index of 121 to 100."""
    (tmp_path / "prices.csv").write_text("currency,year,index,source\nUSD,2024,100,made up\nUSD,2030,121,made up\n")
    (tmp_path / "rates.csv").write_text("currency,year,rate,per,source\nEUR,2024,0.8,USD,made up\n")
    areas = {"x": {"k": {**component(80.0), "currency": "EUR", "price_year": 2024}}}
    money = {"price_index": "prices.csv", "exchange_rates": "rates.csv"}
    ds = simulate(areas, countries=ONE, money=money)
    np.testing.assert_allclose(ds["cost"], 121.0, rtol=EXACT)


def test_changes_of_components_and_postponement(simulate: Simulate) -> None:
    """k: 200 instead of 100, half each in years 2 and 3; l left out; y: a payment of year 1 two years later."""
    changed = {"cost": {"family": "constant", "value": 200.0}, "start": 2, "spread": [0.5, 0.5]}
    ds = simulate(
        {"x": {"k": component(), "l": component()}, "y": {"k": component()}},
        countries=ONE,
        area={"x": {"component": {"k": {**changed, **REASONS}, "l": {"include": False}}}, "y": {"postponed": 2}},
    )
    by = ds["cost_by_area_year"].transpose("scenario", "area", "year").values
    expected = [[0, 100, 100], [0, 0, 100]]
    np.testing.assert_allclose(by, np.broadcast_to(expected, (10, 2, 3)), rtol=EXACT, atol=1e-10)
