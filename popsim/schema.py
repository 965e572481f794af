"""Every dimension and variable of our datasets: its name, dimensions, unit and one-line meaning.

Datasets take their attributes from here, readers are checked against it, and the reference page is made from it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

__all__ = [
    "BASES",
    "BREAKDOWNS",
    "COORDINATES",
    "DIMENSIONS",
    "VARIABLES",
    "Variable",
    "breakdown_name",
    "describe",
    "seed_of",
]

DIMENSIONS = ("option", "scenario", "country", "area", "component", "basis", "year")
"""The order of dimensions; a group of countries stands where `country` does."""

BASES = ("evidence", "proxy", "judgement")
"""What a cost may rest on, the firmest first: the labels of the dimension `basis`."""


@dataclass(frozen=True)
class Variable:
    """One variable or coordinate.

    `money` says that its unit is the currency of the study; otherwise `unit` holds. `nominal` money is in the prices of
    the year of each payment, all other at the prices of the study's price year.
    """

    dims: tuple[str, ...]
    long_name: str
    description: str
    money: bool = False
    unit: str = "1"
    nominal: bool = False


COORDINATES: dict[str, Variable] = {
    "option": Variable(("option",), "Negotiating option", "Identifier of the option; the study as written is 'full'."),
    "option_name": Variable(("option",), "Negotiating option", "Name of the option."),
    "scenario": Variable(
        ("scenario",), "Scenario", "Number of the scenario: one joint draw of everything uncertain, counted from 0."
    ),
    "country": Variable(("country",), "Country", "Code of the country (ISO 3166-1 alpha-3 in the packaged study)."),
    "country_name": Variable(("country",), "Country name", "Name of the country in the countries file."),
    "area": Variable(("area",), "Activity area", "Identifier of the activity area in the catalogue."),
    "area_name": Variable(("area",), "Activity area", "Name of the activity area."),
    "year": Variable(("year",), "Year", "Calendar year of the payment.", unit="year"),
    "component": Variable(("component",), "Cost component", "Area and component, such as a/first_inventory."),
    "component_name": Variable(("component",), "Cost component", "Name of the cost component."),
    "component_area": Variable(("component",), "Activity area", "Area that the component belongs to."),
    "component_basis": Variable(("component",), "Basis", "What the cost rests on: evidence, proxy or judgement."),
    "basis": Variable(("basis",), "Basis", "What costs rest on: evidence, proxy or judgement."),
}

VARIABLES: dict[str, Variable] = {
    "cost": Variable(
        ("option", "scenario"), "Total cost", "Cost of all areas, countries and years, at constant prices.", money=True
    ),
    "cost_after_horizon": Variable(
        ("option", "scenario"),
        "Cost after the last year",
        "Cost that late starts and delays push beyond the last year; comes on top of cost. "
        "Where lateness has no upper limit, prices are those of lateness by at most the years of the programme.",
        money=True,
    ),
    "cost_nominal": Variable(
        ("option", "scenario"),
        "Nominal total cost",
        "Total cost with inflation, each payment in the prices of its own year.",
        money=True,
        nominal=True,
    ),
    "cost_discounted": Variable(
        ("option", "scenario"),
        "Discounted total cost",
        "Total cost as its value in the first year, at constant prices and the discount rate of the study.",
        money=True,
    ),
    "financing_need": Variable(
        ("option", "scenario"),
        "Need for financing",
        "Cost without what countries bear themselves, with the fee of the agencies on top.",
        money=True,
    ),
    "point_estimate": Variable(
        ("option",), "Point estimate", "Sum of the most likely values of all costs, at constant prices.", money=True
    ),
    "point_estimate_by_area": Variable(
        ("option", "area"), "Point estimate by area", "Sum of the most likely values of an area's costs.", money=True
    ),
    "expected_cost": Variable(
        ("option",), "Expected cost", "Exact mean of the total cost, from the means of the distributions.", money=True
    ),
    "expected_cost_by_area": Variable(
        ("option", "area"), "Expected cost by area", "Exact mean of the cost of each area.", money=True
    ),
    "expected_cost_by_component": Variable(
        ("option", "component"), "Expected cost by component", "Exact mean of the cost of each component.", money=True
    ),
    "expected_financing_need": Variable(
        ("option",), "Expected need for financing", "Exact mean of the need for financing.", money=True
    ),
    "expected_financing_need_by_area": Variable(
        ("option", "area"), "Expected need for financing by area", "Exact mean of each area's need.", money=True
    ),
    "cost_countries_independent": Variable(
        ("option", "scenario"),
        "Total cost if countries were independent",
        "Total cost with nothing common to countries; everything else as in the study.",
        money=True,
    ),
    "cost_countries_fully_dependent": Variable(
        ("option", "scenario"),
        "Total cost if countries moved together",
        "Total cost with every draw common to all countries; everything else as in the study.",
        money=True,
    ),
}


BREAKDOWNS: dict[str, tuple[str, str]] = {
    "cost": ("Cost", "Cost over the study's years"),
    "financing_need": ("Need for financing", "Need for financing over the study's years"),
}
"""Totals that may be broken down; the words that stand before "by" in long name and description."""


def breakdown_name(names: tuple[str, ...], variable: str = "cost") -> str:
    """Name the variable of a breakdown.

    Examples
    --------
    >>> breakdown_name(("area", "year"))
    'cost_by_area_year'
    >>> breakdown_name(("area",), "financing_need")
    'financing_need_by_area'
    """
    return f"{variable}_by_" + "_".join(names) if names else variable


def seed_of(attributes: Mapping[Hashable, object], stated: int = 0) -> int:
    """Read the seed from the attributes of a dataset, which keep it as text: netCDF has no whole numbers above 2**63.

    Parameters
    ----------
    attributes
        Of a dataset of `simulate`, `sample` or an analysis of one.
    stated
        What holds where they name none.

    Examples
    --------
    >>> seed_of({"seed": "18446744073709551615"}), seed_of({}, stated=1998)
    (18446744073709551615, 1998)
    """
    return int(str(attributes.get("seed", stated)))


def describe(name: str, currency: str, price_year: int) -> dict[str, str]:
    """Give units, long name and description of a variable, a coordinate or a breakdown.

    Returns
    -------
    dict
        ``units``, ``long_name`` and ``description``; money is in `currency` at prices of `price_year`, but for the
        nominal total, which is in the prices of the year of each payment.

    Examples
    --------
    >>> describe("cost", "USD", 2025)["units"]
    'USD'
    """
    entry = VARIABLES.get(name) or COORDINATES.get(name)
    if entry is None:
        total, by, names = name.partition("_by_")
        if by and total in BREAKDOWNS:
            words = names.replace("_", ", ")
            title, meaning = BREAKDOWNS[total]
            entry = Variable((), f"{title} by {words}", f"{meaning} by {words}; sums to {total}.", money=True)
    if entry is None:
        entry = Variable((), name, f"Group of countries by {name}, as in the countries file.")
    constant = entry.money and not entry.nominal
    return {
        "units": currency if entry.money else entry.unit,
        "long_name": entry.long_name,
        "description": f"{entry.description} Prices of {price_year}." if constant else entry.description,
    }
