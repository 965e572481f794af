"""Breakdowns are parts of the total, and datasets say what they hold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from popsim import schema
from popsim.engine.breakdowns import read_breakdowns
from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.engine.variants import dependence_extremes
from popsim.errors import UnknownNameError
from popsim.families import Normal
from popsim.plan import compile as compile_study

from .studies import COUNTRIES, YEARS, country, gaussian, mixed

PLAN = compile_study(mixed())
ALLOWED = ("country", "region", "income", "area", "component", "basis", "width", "year")
EVERY = [names for size in (1, 2, 3) for names in itertools.combinations(ALLOWED, size)]
WHOLE = simulate(PLAN, scenarios=200, breakdowns=EVERY)


def variable(names: tuple[str, ...]) -> str:
    return schema.breakdown_name(read_breakdowns([names], PLAN.labels)[0])


@pytest.mark.parametrize("names", EVERY)
def test_every_breakdown_sums_to_the_cost(names: tuple[str, ...]) -> None:
    parts = WHOLE[variable(names)]
    assert set(parts.dims) == {"option", "scenario", *names}
    total = parts.sum(list(names))
    assert float(np.abs(total / WHOLE["cost"] - 1.0).max()) < 1e-9


@pytest.mark.parametrize(("names", "larger"), [(("area",), ("area", "year")), (("region",), ("country", "region"))])
def test_breakdowns_agree_with_finer_ones(names: tuple[str, ...], larger: tuple[str, ...]) -> None:
    finer = WHOLE[variable(larger)].sum([name for name in larger if name not in names])
    np.testing.assert_allclose(finer.transpose(*WHOLE[variable(names)].dims), WHOLE[variable(names)], rtol=1e-12)


def test_bases_hold_their_own_components() -> None:
    components = WHOLE["cost_by_component"]
    bases = WHOLE["component_basis"].values
    asked = [basis for basis in schema.BASES if basis != "expert"]
    assert WHOLE["cost_by_basis"]["basis"].values.tolist() == asked
    for basis in asked:
        own = components.isel(component=np.flatnonzero(bases == basis)).sum("component")
        np.testing.assert_allclose(WHOLE["cost_by_basis"].sel(basis=basis), own, rtol=1e-12)
    for area in WHOLE["area"].values:
        own = components.isel(component=np.flatnonzero(WHOLE["component_area"].values == area)).sum("component")
        np.testing.assert_allclose(WHOLE["cost_by_area"].sel(area=area), own, rtol=1e-12)


def test_groups_hold_their_own_countries() -> None:
    for name in ("region", "income"):
        for value in dict.fromkeys(dict(each.groups)[name] for each in COUNTRIES):
            members = [each.code for each in COUNTRIES if dict(each.groups)[name] == value]
            np.testing.assert_allclose(
                WHOLE[f"cost_by_{name}"].sel({name: value}),
                WHOLE["cost_by_country"].sel(country=members).sum("country"),
                rtol=1e-12,
            )
    apart = WHOLE["cost_by_country_region"].sel(country="AAA", region="South")
    assert np.all(apart == 0.0)


def test_years_follow_the_profiles() -> None:
    areas_years = WHOLE["cost_by_area_year"]
    assert areas_years.year.values.tolist() == list(YEARS)
    np.testing.assert_array_equal(areas_years.sel(area="a", year=[2031, 2032]), 0.0)
    # Area b: a one-off paid 0.25, 0.75, 0; a recurrent cost half and half in the last two years.
    one_off = areas_years.sel(area="b", year=2030) * 4.0
    recurrent = areas_years.sel(area="b", year=2032) * 2.0
    np.testing.assert_allclose(one_off + recurrent, WHOLE["cost_by_area"].sel(area="b"), rtol=1e-12)


def test_dimensions_stand_in_the_stated_order() -> None:
    order = ["option", "scenario", "country", "region", "income", "area", "component", "basis", "width", "year"]
    for name, array in WHOLE.data_vars.items():
        places = [order.index(str(dim)) for dim in array.dims]
        assert places == sorted(places), name
    assert WHOLE["cost_by_area_year"].dims == ("option", "scenario", "area", "year")
    assert read_breakdowns([("year", "region"), ["region", "year"]], PLAN.labels) == (("region", "year"),)


@pytest.mark.parametrize(
    ("given", "mend"),
    [(["regoin"], "region"), ([("area", "yaer")], "year"), (["areas"], "area"), (["qqq"], "")],
)
def test_unknown_names_are_refused_with_the_nearest(given: list, mend: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        simulate(PLAN, scenarios=10, breakdowns=given)
    (problem,) = caught.value.problems
    assert problem.where == "breakdowns"
    assert problem.allowed == "country, region, income, area, component, basis, width, year"
    assert problem.mend == (f'did you mean "{mend}"?' if mend else "")


@pytest.mark.parametrize("given", [[()], [("area", "area")]])
def test_empty_and_repeated_names_are_refused(given: list) -> None:
    with pytest.raises(UnknownNameError, match="one or more different names"):
        simulate(PLAN, scenarios=10, breakdowns=given)


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(UnknownNameError) as caught:
        simulate(PLAN, scenarios=10, breakdowns=["regoin", ("yaer", "area")])
    assert len(caught.value.problems) == 2


def described(dataset) -> None:  # type: ignore[no-untyped-def]
    for name, array in dataset.variables.items():
        for key in ("units", "long_name", "description"):
            assert array.attrs.get(key), f"{name} has no {key}"
        assert array.attrs["units"] in ("USD", "1", "year")


def test_every_variable_says_what_it_is() -> None:
    described(WHOLE)
    described(dependence_extremes(mixed(), 10))
    for name in ("cost", "cost_by_area", "expected_cost", "point_estimate_by_area"):
        assert WHOLE[name].attrs["units"] == "USD"
        assert "2025" in WHOLE[name].attrs["description"]
    assert WHOLE["year"].attrs["units"] == "year"


def test_every_variable_stands_in_the_schema_with_its_dimensions() -> None:
    dataset = simulate(PLAN, scenarios=10, breakdowns=())
    assert set(map(str, dataset.data_vars)) <= set(schema.VARIABLES)
    for name, array in dataset.variables.items():
        entry = schema.VARIABLES.get(str(name)) or schema.COORDINATES[str(name)]
        assert array.dims == entry.dims, name


def test_attributes_say_how_to_make_it_again() -> None:
    dataset = simulate(PLAN, scenarios=10, seed=2**64 - 1, first_scenario=5)
    attrs = dataset.attrs
    assert attrs["title"] == "A study for tests"
    assert attrs["study_name"] == "tiny"
    assert attrs["currency"] == "USD"
    assert attrs["price_year"] == 2025
    assert attrs["coverage"] == 0.9
    assert attrs["seed"] == str(2**64 - 1)
    assert attrs["first_scenario"] == 5
    assert attrs["study"] == "text of the study"
    assert attrs["plan_digest"] != PLAN.digest
    assert simulate(PLAN, scenarios=10).attrs["plan_digest"] == PLAN.digest
    assert {"popsim_version", "numpy_version", "scipy_version", "stream_version"} <= set(attrs)
    assert dataset.scenario.values.tolist() == list(range(5, 15))
    assert dataset.scenario.dtype == np.int64


def test_countries_carry_their_names_and_groups() -> None:
    dataset = simulate(PLAN, scenarios=10, breakdowns=["country"])
    assert dataset.country_name.sel(country="AAA").item() == "name of AAA"
    assert dataset.region.sel(country="BBB").item() == "South"
    assert simulate(PLAN, scenarios=10, breakdowns=["region"]).region.values.tolist() == ["North", "South"]


def test_exact_means_and_point_estimates_by_hand() -> None:
    dataset = simulate(gaussian(), scenarios=10)
    # Size factors 0.5, 1, 3, 7 to the powers 0.3, 0 and 0.5; the recurrent cost is paid twice at 1.25.
    sizes = np.array([0.5, 1.0, 3.0, 7.0])
    expected = [10.0 * (sizes**0.3).sum(), 4 * 5.0 + 4 * 4.0 * 2 * 1.25, 100.0 * (sizes**0.5).sum()]
    np.testing.assert_allclose(dataset.expected_cost_by_area.values[0], expected, rtol=1e-14)
    np.testing.assert_allclose(dataset.expected_cost.item(), sum(expected), rtol=1e-14)
    # The mode of a normal is its mean.
    np.testing.assert_allclose(dataset.point_estimate_by_area.values[0], expected, rtol=1e-14)
    np.testing.assert_allclose(dataset.expected_cost_by_component.sum().item(), sum(expected), rtol=1e-14)
    assert dataset.component_area.values.tolist() == ["a", "b", "b", "c"]


def test_one_country_alone_can_be_simulated() -> None:
    item = mixed()
    one = simulate(
        type(item)(**{**item.__dict__, "countries": (country("AAA", factor=0.5),)}),
        scenarios=50,
        breakdowns=["country"],
    )
    np.testing.assert_array_equal(one["cost"].values, one["cost_by_country"].values[..., 0])


def test_progress_ends_with_all_scenarios() -> None:
    seen: list[tuple[int, int]] = []
    simulate(PLAN, scenarios=20_000, breakdowns=(), threads=2, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (20_000, 20_000)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    seen.clear()
    sample({"x": Normal(0.0, 1.0)}, scenarios=100, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(100, 100)]


def test_what_progress_raises_ends_the_work() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(PLAN, scenarios=20_000, breakdowns=(), progress=stop)
