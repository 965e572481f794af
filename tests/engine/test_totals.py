"""Every total: at each of the prices, within the years of the study and after them, of cost and of need."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
import xarray as xr

from popsim import schema
from popsim.analysis import budget, budget_curve, budget_for, compare, joint_budget, summarise, with_all_years
from popsim.engine.simulate import simulate
from popsim.errors import ParameterError, RunError
from popsim.families import Constant, Triangular, Uniform
from popsim.study.model import Delay, Escalation, Setting, Study

from . import features
from .features import FEATURES, with_all_areas, with_options
from .studies import area, component, country, mixed
from .studies import study as study_of

ERRORS = 6.0
"""Standard errors allowed for a mean: 2e-9 for one."""
PRICES = ("constant", "nominal", "discounted")
BASES = ("cost", "financing_need")


def priced(item: Study) -> Study:
    """The study with inflation, a discount rate and financing, and no delay without an upper limit."""
    return features.with_area(features.financing(features.money(item)), "b", delay=None)


LATE = {
    "start": priced(features.start(mixed())),
    "delay": priced(features.delay(mixed())),
    "start past the programme": priced(dataclasses.replace(mixed(), start=Setting(Uniform(3.0, 6.5)))),
    "everything": priced(features.everything(mixed())),
}


def over_more_years(item: Study, more: int) -> Study:
    """Give the same payments over a longer horizon."""
    areas = [
        dataclasses.replace(
            each,
            components=tuple(
                dataclasses.replace(part, profile=(*part.profile, *[0.0] * more)) for part in each.components
            ),
        )
        for each in item.areas
    ]
    years = range(item.years[0], item.years[-1] + more + 1)
    return dataclasses.replace(item, years=tuple(years), areas=tuple(areas))


@pytest.mark.parametrize("name", LATE)
def test_what_is_paid_after_the_horizon_is_what_a_longer_one_holds(name: str) -> None:
    """At every kind of prices, and after co-financing."""
    short = with_all_years(simulate(LATE[name], scenarios=200))
    long = simulate(over_more_years(LATE[name], 8), scenarios=200)
    for base, prices in itertools.product(BASES, PRICES):
        within = schema.total_name(base, prices)
        whole = schema.total_name(base, prices, "all_years")
        np.testing.assert_allclose(short[whole], long[within], rtol=1e-12, err_msg=whole)
        np.testing.assert_allclose(short[f"expected_{whole}"], long[f"expected_{within}"], rtol=1e-5)
        after = schema.total_name(base, prices, "after_horizon")
        assert (short[after] > 0.0).any()
        assert not long[after].any() if after in long else True


def test_totals_of_a_certain_study_by_hand() -> None:
    """Three payments of 100 in two countries that start one and a half years late, one of them co-financed by half."""
    parts = [component("run", Constant(100.0), (1.0, 1.0, 1.0))]
    item = study_of([country("AAA", "North"), country("BBB", "South")], [area("a", *parts)])
    item = with_all_areas(item, cofinancing=Setting(0.0, (("region", "South", 0.5),)), escalation=Escalation(0.05, "e"))
    item = dataclasses.replace(item, start=Setting(1.5), inflation=0.02, discount_rate=0.1, agency_fee=0.2)
    found = with_all_years(simulate(item, scenarios=3))
    paid = {2031: 50.0, 2032: 100.0, 2033: 100.0, 2034: 50.0}
    factors = {
        "constant": lambda year: 1.05 ** (year - 2025),
        "nominal": lambda year: (1.05 * 1.02) ** (year - 2025),
        "discounted": lambda year: 1.05 ** (year - 2025) / 1.1 ** (year - 2030),
    }
    for prices in PRICES:
        within = sum(amount * factors[prices](year) for year, amount in paid.items() if year <= 2032)
        after = sum(amount * factors[prices](year) for year, amount in paid.items() if year > 2032)
        for base, share in (("cost", 2.0), ("financing_need", 1.2 + 0.6)):
            expected = {"within_horizon": within, "after_horizon": after, "all_years": within + after}
            for span, amount in expected.items():
                name = schema.total_name(base, prices, span)  # type: ignore[arg-type]
                np.testing.assert_allclose(found[name], share * amount, rtol=1e-12, err_msg=name)
                np.testing.assert_allclose(found[f"expected_{name}"], share * amount, rtol=1e-9, err_msg=name)
                np.testing.assert_allclose(found[f"expected_{name}_by_area"].sum("area"), share * amount, rtol=1e-9)
                by_component = found[f"expected_{name}_by_component"].sum("component")
                np.testing.assert_allclose(by_component, share * amount, rtol=1e-9)


@pytest.mark.parametrize("name", FEATURES)
def test_expected_totals_are_the_means_of_scenarios(name: str) -> None:
    item = FEATURES[name](priced(mixed()))
    dataset = with_all_years(simulate(item, scenarios=40_000, breakdowns=()))
    for total in schema.TOTALS:
        if total in dataset:
            values = dataset[total].values[0]
            error = values.std() / np.sqrt(len(values))
            assert abs(values.mean() - dataset[f"expected_{total}"].item()) < ERRORS * error, total


def test_the_check_of_means_sees_another_rate() -> None:
    """Negative control: the expectation of a study with two per cent more inflation."""
    item = dataclasses.replace(LATE["delay"], inflation=0.02)
    dataset = simulate(item, scenarios=40_000, breakdowns=())
    other = simulate(dataclasses.replace(item, inflation=0.04), scenarios=2, breakdowns=())
    name = "cost_nominal_after_horizon"
    values = dataset[name].values[0]
    assert abs(values.mean() - other[f"expected_{name}"].item()) > ERRORS * values.std() / np.sqrt(len(values))


def test_prices_that_an_option_does_not_know_are_constant_and_said_to_be() -> None:
    late = dataclasses.replace(mixed(), start=Setting(Uniform(0.0, 2.0)))
    known = with_options(late, priced=priced(late), on_time=mixed())
    dataset = simulate(known, scenarios=100)
    for option in ("full", "on_time"):
        one = dataset.sel(option=option)
        for base, span in itertools.product(BASES, ("", "_after_horizon")):
            for prices in ("_nominal", "_discounted"):
                np.testing.assert_array_equal(one[f"{base}{prices}{span}"], one[f"{base}{span}"])
                np.testing.assert_array_equal(one[f"expected_{base}{prices}{span}"], one[f"expected_{base}{span}"])
        np.testing.assert_array_equal(one["financing_need_after_horizon"], one["cost_after_horizon"])
    assert not dataset["cost_after_horizon"].sel(option="on_time").any()
    assert dataset["option_is_financed"].values.tolist() == [False, True, False]
    comment = dataset["cost_nominal"].attrs["comment"]
    assert "'full' has no money.inflation" in comment
    assert "'priced'" not in comment
    assert "[financing]" in dataset["financing_need"].attrs["comment"]
    assert "comment" not in dataset["cost"].attrs


def test_analyses_take_totals_of_all_years() -> None:
    dataset = simulate(with_options(mixed(), late=LATE["start"]), scenarios=2_000)
    whole = dataset["cost"] + dataset["cost_after_horizon"]
    amount = float(whole.sel(option="late").quantile(0.7))
    found = budget(dataset, amount, "cost_all_years")["sufficient"].sel(option="late").item()
    assert found == (whole.sel(option="late") <= amount).mean().item()
    enough = budget_for(dataset, 0.8, "cost_all_years")["amount"].sel(option="late").item()
    assert enough == pytest.approx(float(whole.sel(option="late").quantile(0.8)), rel=1e-3)
    curve = budget_curve(dataset, 9, "financing_need_nominal_all_years")
    assert curve["amount"].dims == ("option", "confidence")
    assert curve["amount"].attrs["units"] == "USD"
    means = summarise(with_all_years(dataset))["cost_all_years_mean"]
    np.testing.assert_allclose(means, whole.mean("scenario"), rtol=1e-12)
    with pytest.raises(ParameterError, match="'cost' or 'financing_need', the totals that are broken down by area"):
        joint_budget(dataset, "area", 0.8, "cost_all_years")


def test_options_are_compared_within_after_and_in_all_years() -> None:
    """A start one year later of costs that are certain: nothing is saved, one year of three is paid afterwards."""
    parts = [component("run", Constant(100.0), (1.0, 1.0, 1.0))]
    item = study_of([country("AAA")], [area("a", *parts)])
    dataset = simulate(with_options(item, later=dataclasses.replace(item, start=Setting(1.0))), scenarios=50)
    found = compare(dataset).sel(option="later")
    assert found["cost_difference_mean"].item() == -100.0
    assert found["cost_after_horizon_difference_mean"].item() == 100.0
    assert found["cost_all_years_difference_mean"].item() == 0.0
    assert found["cost_all_years_equal"].item() == 1.0


def test_a_part_of_a_dataset_does_not_pass_for_all_years() -> None:
    dataset = simulate(LATE["start"], scenarios=20)
    assert "cost_all_years" not in with_all_years(dataset[["cost", "point_estimate"]])
    assert "cost_all_years" in with_all_years(dataset[["cost", "cost_after_horizon"]])
    with pytest.raises(RunError, match="cost_all_years"):
        budget(dataset[["cost"]], 100.0, "cost_all_years")


def test_no_breakdown_passes_for_one_of_all_years() -> None:
    dataset = with_all_years(simulate(LATE["start"], scenarios=20, breakdowns=["area"]))
    assert "cost_all_years" in dataset
    assert "cost_all_years_by_area" not in dataset
    assert "point_estimate_cost_all_years_by_area" not in dataset
    parts = dataset["expected_cost_all_years_by_area"].sum("area")
    np.testing.assert_allclose(parts, dataset["expected_cost"] + dataset["expected_cost_after_horizon"], rtol=1e-12)


def test_all_years_of_what_is_never_late_is_what_the_years_hold() -> None:
    dataset = with_all_years(simulate(mixed(), scenarios=20))
    np.testing.assert_array_equal(dataset["cost_all_years"], dataset["cost"])
    xr.testing.assert_identical(with_all_years(dataset), dataset)


def test_delays_that_cost_more_are_paid_at_the_prices_of_their_years() -> None:
    """Brute force, year by year, from the lateness of each scenario."""
    parts = [component("once", Constant(60.0), (0.5, 0.25, 0.25))]
    late = Delay(Setting(Triangular(0.0, 1.0, 3.7)), 0.2)
    item = with_all_areas(study_of([country("AAA")], [area("a", *parts)]), delay=late)
    item = dataclasses.replace(item, inflation=0.03, discount_rate=0.07)
    found = simulate(item, scenarios=400)
    # Without rises, what a delay adds to the cost tells how late it is.
    years = ((found["cost"] + found["cost_after_horizon"]).values[0] / 60.0 - 1.0) / 0.2
    assert 0.0 < years.min() < years.max() < 3.7
    nominal, discounted = np.zeros((2, 400)), np.zeros((2, 400))
    for place, share in enumerate((0.5, 0.25, 0.25)):
        whole = np.floor(years).astype(int)
        for lag, weight in ((whole, 1.0 - (years - whole)), (whole + 1, years - whole)):
            paid = 60.0 * share * weight * (1.0 + 0.2 * years)
            year = place + lag
            span = (year >= 3).astype(int)
            np.add.at(nominal, (span, np.arange(400)), paid * 1.03 ** (2030 + year - 2025.0))
            np.add.at(discounted, (span, np.arange(400)), paid / 1.07**year)
    for span, suffix in enumerate(("", "_after_horizon")):
        np.testing.assert_allclose(found[f"cost_nominal{suffix}"].values[0], nominal[span], rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(found[f"cost_discounted{suffix}"].values[0], discounted[span], rtol=1e-9, atol=1e-6)
