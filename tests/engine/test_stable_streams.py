"""Whatever is added, left out or changed, all other draws stay as they were, to the bit."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import xarray as xr

from popsim.engine.sample import sample
from popsim.engine.simulate import simulate
from popsim.families import Constant, Discrete, LogNormal, Normal, Triangular, Uniform
from popsim.study.model import Study

from .studies import COUNTRIES, area, country, matrix, mixed, number, replace_area

VALUES = [[1.0, 0.6, -0.2], [0.6, 1.0, 0.1], [-0.2, 0.1, 1.0]]
BASES = {"number": mixed(), "matrix": mixed(dependence=matrix("abc", VALUES, (0.5, 0.2, 0.4)))}


def cells(item: Study, scenarios: int = 600) -> xr.DataArray:
    return simulate(item, scenarios=scenarios, breakdowns=[("country", "area")])["cost_by_country_area"]


def assert_rest_is_equal(before: Study, after: Study, changed_areas: tuple[str, ...] = ()) -> None:
    one, two = cells(before), cells(after)
    countries = [code for code in one.country.values if code in two.country.values]
    areas = [name for name in one.area.values if name in two.area.values and name not in changed_areas]
    assert countries
    assert areas
    np.testing.assert_array_equal(
        one.sel(country=countries, area=areas).values, two.sel(country=countries, area=areas).values
    )


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("left_out", range(4))
def test_deleting_a_country_changes_no_other(base: str, left_out: int) -> None:
    kept = tuple(each for place, each in enumerate(COUNTRIES) if place != left_out)
    assert_rest_is_equal(BASES[base], dataclasses.replace(BASES[base], countries=kept))


@pytest.mark.parametrize("base", BASES)
def test_adding_countries_anywhere_changes_no_other(base: str) -> None:
    more = (country("XXX"), *COUNTRIES[:2], country("YYY"), *COUNTRIES[2:], country("ZZZ"))
    assert_rest_is_equal(BASES[base], dataclasses.replace(BASES[base], countries=more))


@pytest.mark.parametrize("place", [0, 1, 3])
def test_adding_an_area_changes_no_other(place: int) -> None:
    areas = list(BASES["number"].areas)
    areas.insert(place, area("n", Triangular(1.0, 5.0, 6.0), LogNormal(0.0, 1.0), share=0.3))
    assert_rest_is_equal(BASES["number"], dataclasses.replace(BASES["number"], areas=tuple(areas)))


def test_adding_an_area_at_the_end_of_a_matrix_changes_no_other() -> None:
    larger = np.eye(4)
    larger[:3, :3] = VALUES
    larger[3, :3] = larger[:3, 3] = [0.2, 0.1, 0.3]
    after = dataclasses.replace(
        BASES["matrix"],
        areas=(*BASES["matrix"].areas, area("n", LogNormal(0.0, 1.0), share=0.3)),
        dependence=matrix("abcn", larger.tolist(), (0.5, 0.2, 0.4, 0.3)),
    )
    assert_rest_is_equal(BASES["matrix"], after)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("left_out", ["a", "b", "c"])
def test_deleting_an_area_changes_no_other(base: str, left_out: str) -> None:
    """With a matrix, an area that is not counted keeps its label."""
    kept = tuple(each for each in BASES[base].areas if each.id != left_out)
    assert_rest_is_equal(BASES[base], dataclasses.replace(BASES[base], areas=kept))


@pytest.mark.parametrize("cost", [LogNormal(0.0, 2.0), Constant(3.0), Discrete((0.0, 1.0), (0.5, 0.5)), Uniform(0, 1)])
@pytest.mark.parametrize("base", BASES)
def test_changing_a_distribution_changes_no_other(base: str, cost: object) -> None:
    old = BASES[base].areas[0].components[0]
    after = replace_area(BASES[base], "a", components=(dataclasses.replace(old, cost=cost),))
    assert_rest_is_equal(BASES[base], after, changed_areas=("a",))
    assert not np.any(cells(after).sel(area="a").values == cells(BASES[base]).sel(area="a").values)


def test_a_changed_distribution_keeps_its_own_scores() -> None:
    """Twice the scale is twice the draw, so a difference between studies is no noise."""
    old = BASES["number"].areas[0].components[0]
    after = replace_area(BASES["number"], "a", components=(dataclasses.replace(old, money_factor=2.0),))
    np.testing.assert_array_equal(cells(after).sel(area="a").values, 2.0 * cells(BASES["number"]).sel(area="a").values)


def test_adding_a_component_to_several_changes_no_other_area_and_no_other_component() -> None:
    parts = BASES["number"].areas[1].components
    three = replace_area(BASES["number"], "b", components=(*parts, dataclasses.replace(parts[0], id="third")))
    assert_rest_is_equal(BASES["number"], three, changed_areas=("b",))
    quiet = dataclasses.replace(parts[0], id="third", cost=Constant(0.0))
    assert_rest_is_equal(BASES["number"], replace_area(BASES["number"], "b", components=(*parts, quiet)))


def test_the_check_sees_other_draws() -> None:
    """Negative control: another seed, another dependence."""
    for after in (dataclasses.replace(BASES["number"], seed=8), mixed(dependence=number(0.31))):
        with pytest.raises(AssertionError):
            assert_rest_is_equal(BASES["number"], after)


def test_samples_draw_by_name() -> None:
    family = {"x": Normal(0.0, 1.0), "y": LogNormal(0.0, 1.0), "z": Uniform(0.0, 1.0)}
    whole = sample(family, scenarios=400, seed=9)
    for names in (["x"], ["z", "x"], ["y", "z", "x"]):
        part = sample({name: family[name] for name in names}, scenarios=400, seed=9)
        for name in names:
            np.testing.assert_array_equal(part[name].values, whole[name].values)


@pytest.mark.parametrize("correlation", [None, 0.0, 0.4, 1.0])
def test_order_of_names_changes_no_draw(correlation: float | None) -> None:
    family = {"x": Normal(0.0, 1.0), "y": LogNormal(0.0, 1.0), "z": Uniform(0.0, 1.0)}
    one = sample(family, scenarios=400, correlation=correlation)
    two = sample(dict(reversed(family.items())), scenarios=400, correlation=correlation)
    assert list(two) == ["z", "y", "x"]
    for name in family:
        np.testing.assert_array_equal(one[name].values, two[name].values)
