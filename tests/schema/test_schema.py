"""The schema names every variable once, and describes any that a study may ask for."""

from __future__ import annotations

import pytest

from popsim import schema

ALL = {**schema.COORDINATES, **schema.VARIABLES}


def test_no_name_stands_twice() -> None:
    assert len(ALL) == len(schema.COORDINATES) + len(schema.VARIABLES)


@pytest.mark.parametrize("name", ALL)
def test_entries_are_complete(name: str) -> None:
    entry = ALL[name]
    assert entry.dims
    assert entry.long_name
    assert entry.description.endswith(".")
    places = [schema.DIMENSIONS.index(dim) for dim in entry.dims]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "name", [name for name, entry in schema.VARIABLES.items() if entry.money and not entry.nominal]
)
def test_money_is_in_the_currency_of_the_study_at_its_prices(name: str) -> None:
    words = schema.describe(name, "XDR", 1999)
    assert words["units"] == "XDR"
    assert words["description"].endswith("Prices of 1999.")
    assert set(words) == {"units", "long_name", "description"}


@pytest.mark.parametrize("name", schema.COORDINATES)
def test_coordinates_are_no_money(name: str) -> None:
    words = schema.describe(name, "XDR", 1999)
    assert words["units"] == ("year" if name == "year" else "1")
    assert "1999" not in words["description"]


@pytest.mark.parametrize("names", [("area",), ("area", "year"), ("country", "region")])
def test_breakdowns_are_described_from_their_names(names: tuple[str, ...]) -> None:
    name = schema.breakdown_name(names)
    assert name == "cost_by_" + "_".join(names)
    words = schema.describe(name, "USD", 2025)
    assert words["units"] == "USD"
    assert all(each in words["long_name"] for each in names)


@pytest.mark.parametrize("names", [("area",), ("region", "year")])
def test_breakdowns_of_the_financing_need_are_described_as_such(names: tuple[str, ...]) -> None:
    name = schema.breakdown_name(names, "financing_need")
    words = schema.describe(name, "USD", 2025)
    assert words["units"] == "USD"
    assert words["long_name"] == "Financing need by " + ", ".join(names)
    assert "sums to financing_need." in words["description"]


def test_the_nominal_total_names_no_price_year() -> None:
    words = schema.describe("cost_nominal", "USD", 2025)
    assert words["units"] == "USD"
    assert "2025" not in words["description"]
    assert "prices of its own year" in words["description"]
    assert all(("nominal" in name) == entry.nominal for name, entry in schema.VARIABLES.items())


def test_a_group_is_no_breakdown_whatever_its_name() -> None:
    assert schema.describe("land_by_sea", "USD", 2025)["units"] == "1"


def test_groups_of_countries_are_described() -> None:
    words = schema.describe("income", "USD", 2025)
    assert words["units"] == "1"
    assert "income" in words["description"]


def test_entries_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        schema.VARIABLES["cost"].unit = "EUR"  # type: ignore[misc]


@pytest.mark.parametrize("name", ALL)
def test_the_kind_of_values_is_one_that_is_known(name: str) -> None:
    assert ALL[name].kind in schema.KINDS


def test_an_entry_of_a_breakdown_says_its_dimensions() -> None:
    entry = schema.variable_of("financing_need_by_area_year")
    assert entry is not None
    assert entry.dims == ("option", "scenario", "area", "year")
    assert entry.units("XDR") == "XDR"
    assert schema.variable_of("land_by_sea") is None
