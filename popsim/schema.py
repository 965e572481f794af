"""Names that a study, its datasets and the folder of a run have in common, each stated once.

Every dimension and variable of a dataset with its unit and meaning, every total, the option "full", the files of a run
and the limits of quantities. Datasets take their attributes from here, stored runs are checked against it, and the
page docs/reference/variables.md is made from it.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import get_args

from popsim.types import BASES as BASES
from popsim.types import DESIGNS as DESIGNS
from popsim.types import RANGE_BASES as RANGE_BASES
from popsim.types import Base, Prices, Span

DIMENSIONS = ("option", "scenario", "country", "area", "component", "basis", "width", "year")
"""The order of dimensions; a group of countries stands where `country` does."""

AMOUNTS = (1e-80, 1e80)
"""Smallest and largest size of a draw of a study, if not 0: powers up to the third stay within the range of floats."""

FULL = "full"
"""The full programme: the study without any option, with which the options are compared."""
FULL_NAME = "Full programme"
"""How `FULL` is called where options have names."""

ENSEMBLE_FILE, PLAN_FILE, STUDY_FILE, INPUTS_FOLDER = "ensemble.nc", "plan.nc", "study.toml", "inputs"
"""What makes a folder a run."""
REQUEST_FILE = "request.json"
"""What was asked of the command that made a run, for those that go on with it; earlier runs have none."""
MANIFEST_FILE = "manifest.json"
"""The files of a run and what was in them, written last; runs of earlier versions have none."""
TRUSTED = "trusted_files"
"""Attribute of the dataset of a run: its files that were changed since, and are taken as they are."""
SWEEP_FILE, SWEEP_TABLE, SWEEP_PARTS = "sweep.nc", "sweep.csv", "cases"
"""What `popsim sweep` writes: all scenarios of all cases, their ranges, and, until it is done, the parts of both."""
CSV_FILES = {
    ("countries", "file"): "countries.csv",
    ("money", "price_index"): "prices.csv",
    ("money", "exchange_rates"): "exchange-rates.csv",
    ("dependence", "between_areas"): "correlation.csv",
}
"""Keys of a study that name CSV files, and the names of these files where a study is written or copied."""
STORE_FILE = "ensemble.zarr"
"""The ensemble of a run that does not fit the memory; a folder."""
JOINT_FILE = "joint.nc"
"""A sample of the scenarios in fine detail, from which the page composes packages; earlier runs have none."""
SUMMARY_FILE, REPORT_FILE = "summary.csv", "report.html"
"""What is written for readers."""
DOCUMENT_FILES = {
    "html": REPORT_FILE,
    "docx": "report.docx",
    "xlsx": "report.xlsx",
    "md": "report.md",
    "csv": "tables",
    "sipmath": "sipmath.json",
    "pdf": "report.pdf",
}
"""The file of each format of documents in English; that of CSV is a folder."""
RUN_FILES = (
    ENSEMBLE_FILE,
    STORE_FILE,
    PLAN_FILE,
    STUDY_FILE,
    INPUTS_FOLDER,
    REQUEST_FILE,
    MANIFEST_FILE,
    JOINT_FILE,
    SUMMARY_FILE,
    SWEEP_FILE,
    SWEEP_TABLE,
    *DOCUMENT_FILES.values(),
)
"""Everything that `popsim run` and `popsim sweep` may write into a folder."""


def document_file(format_name: str, language: str) -> str:
    """Return the name of a document: in another language than English it has the code of the language in it.

    Parameters
    ----------
    format_name
        One of `DOCUMENT_FILES`.
    language
        Code of the language.

    Examples
    --------
    >>> document_file("docx", "en"), document_file("docx", "fr"), document_file("csv", "fr")
    ('report.docx', 'report.fr.docx', 'tables.fr')
    """
    stem, dot, ending = DOCUMENT_FILES[format_name].partition(".")
    return f"{stem}{dot}{ending}" if language == "en" else f"{stem}.{language}{dot}{ending}"


def pictures_folder(document: str) -> str:
    """Return the name of the folder beside a document that cannot hold pictures itself.

    Examples
    --------
    >>> pictures_folder("report.md"), pictures_folder("report.fr.md")
    ('report-figures', 'report.fr-figures')
    """
    return f"{document.rpartition('.')[0]}-figures"


FIGURES_FOLDER = "figures"
"""Folder of a run for the figures of `popsim figures`."""
_IN_FOLDERS = (".csv", ".svg", ".png", ".pdf")
"""Endings of the files in the folders of tables and figures; what else lies there is somebody's own."""


def is_document(name: str) -> bool:
    """Return whether a file of a run, by its name in the folder, is for readers: popsim itself reads none of these.

    Examples
    --------
    >>> [is_document(name) for name in ("report.html", "report.fr.html", "tables.fr/ranges.csv", "figures/cost.svg")]
    [True, True, True, True]
    >>> [is_document(name) for name in ("plan.nc", "report.old.html", "tables/notes.txt")]
    [False, False, False]
    """
    top, slash, rest = name.partition("/")
    if slash:
        return bool(_FOLDER_OF_READERS.fullmatch(top)) and "/" not in rest and rest.endswith(_IN_FOLDERS)
    return top in (SUMMARY_FILE, SWEEP_TABLE) or bool(_DOCUMENT.fullmatch(top))


def _in_any_language(name: str) -> str:
    stem, dot, ending = name.partition(".")
    return rf"{stem}(\.[a-z]{{2}})?{re.escape(dot + ending)}"


_DOCUMENT = re.compile("|".join(_in_any_language(name) for name in DOCUMENT_FILES.values()))
_FOLDER_OF_READERS = re.compile(
    "|".join([FIGURES_FOLDER, _in_any_language(DOCUMENT_FILES["csv"]), r"report(\.[a-z]{2})?-figures"])
)


SMALLEST, LARGEST = 1e-12, 1e18
"""Amounts of money, sizes of countries and other positive numbers lie between these."""
RATES_OF_EXCHANGE = 1e-15, 1e15
"""Units of a currency per unit of another."""
PRICE_INDICES = 1e-9, 1e15
COST_SCALE = 1e-30, 1e30
"""Between these is the mean cost of a component in a country, in money of the study at the prices of each year."""
LARGEST_ANALYSED = 1e70
"""Values that analyses take are at most so large: fourth powers of others are beyond what a float holds."""
MOST_PROGRAMME_YEARS, MOST_YEARS_LATE = 1_000, 5_000
"""Years of a programme, and by which its payments may be late where lateness has an upper limit."""
LONGEST_ID, LONGEST_NAME, LONGEST_TEXT = 64, 300, 20_000
"""Characters of an id, of a name, and of any other text of a study."""
MOST_AREAS, MOST_COMPONENTS, MOST_COUNTRIES = 500, 500, 20_000
"""Areas of a catalogue, components of an area, and rows of a countries file."""
MOST_OPTIONS, MOST_CHANGES, MOST_ENTRIES = 200, 10_000, 1_000
"""Options or what-ifs of a study, changes of keys in one of them or from outside, and entries of any other list."""
MOST_CASES = 100_000
"""Cases of a sweep."""
MOST_ROWS, MOST_COLUMNS, LONGEST_LINE = 1_000_000, 5_000, 1_000_000
"""Of a CSV file: lines, columns, and characters of a line."""
MOST_COUNTED = 1_000_000
"""Countries of an amount, and other whole numbers of things."""
MOST_COST_PER_YEAR = 100.0
"""What a year of delay adds, as a share of the cost."""


@dataclass(frozen=True)
class Limits:
    """Limits of a quantity, be it a number or drawn; `is_open` leaves the lower limit itself out.

    No number is above `most`, and no mean of a distribution: its values may be, and they are finite then, too.

    Examples
    --------
    >>> PROBABILITY.words(), RATE.words()
    ('0 <= probability <= 1', 'rate > -1')
    """

    name: str
    low: float
    high: float = math.inf
    is_open: bool = False
    most: float = math.inf

    def words(self) -> str:
        """Return the limits as a relation."""
        if self.high == math.inf:
            return f"{self.name} {'>' if self.is_open else '>='} {self.low:.10g}"
        return f"{self.low:.10g} <= {self.name} <= {self.high:.10g}"


PROBABILITY = Limits("probability", 0, 1)
COST = Limits("cost", 0, most=LARGEST)
YEARS = Limits("years", 0, most=1_000)
LEVEL = Limits("level", 0, most=1_000)
RATE = Limits("rate", -1, is_open=True, most=10)
"""Of a distribution; a number is below 1 as well, since 2 is 2 per cent mistyped."""
FACTOR = Limits("factor", 0, is_open=True, most=1_000_000)
COFINANCING = Limits("cofinancing", 0, 1)
MATERIALISED = Limits("materialised", 0, 1)
AGENCY_FEE = Limits("agency_fee", 0, 1)
WHOLE_SHARE = Limits("share", 0, 1)
"""Of a whole that several components share."""
SIZE_EXPONENT = Limits("size_exponent", 0, 2)
EXPONENT = Limits("exponent", -2, 2)

TOTAL_BASES: tuple[Base, ...] = get_args(Base)
"""What totals are of: the cost, and what a fund is asked for."""


@dataclass(frozen=True)
class Total:
    """One total of a study: a variable with the dimensions option and scenario.

    Examples
    --------
    >>> TOTALS["cost_nominal_after_horizon"].span
    'after_horizon'
    """

    name: str
    base: Base
    prices: Prices
    span: Span


def total_name(base: Base, prices: Prices = "constant", span: Span = "within_horizon") -> str:
    """Name the variable of a total.

    Examples
    --------
    >>> total_name("cost"), total_name("financing_need", "nominal", "after_horizon")
    ('cost', 'financing_need_nominal_after_horizon')
    """
    return base + ("" if prices == "constant" else f"_{prices}") + ("" if span == "within_horizon" else f"_{span}")


_EVERY: tuple[tuple[Base, Prices, Span], ...] = tuple(itertools.product(TOTAL_BASES, get_args(Prices), get_args(Span)))

TOTALS: dict[str, Total] = {total_name(*each): Total(total_name(*each), *each) for each in _EVERY}
"""Every total by name."""
SIMULATED_TOTALS = tuple(name for name, total in TOTALS.items() if total.span != "all_years")
"""Totals that `simulate` returns; `analysis.with_all_years` adds the sums within and after the horizon."""


def point_estimate_name(variable: str) -> str:
    """Name the point estimate of a total or of its breakdown; that of the cost has the shortest name.

    Examples
    --------
    >>> point_estimate_name("cost"), point_estimate_name("cost_by_area"), point_estimate_name("cost_nominal")
    ('point_estimate', 'point_estimate_by_area', 'point_estimate_cost_nominal')
    """
    total, by, names = variable.partition("_by_")
    return ("point_estimate" if total == "cost" else f"point_estimate_{total}") + by + names


def total_of(name: str) -> Total | None:
    """Return the total that a variable of a dataset is, breaks down, or is the mean or point estimate of.

    Examples
    --------
    >>> total_of("expected_cost_nominal_by_area").name, total_of("point_estimate").name, total_of("region")
    ('cost_nominal', 'cost', None)
    """
    whole = name.partition("_by_")[0]
    if whole == "point_estimate":
        return TOTALS["cost"]
    return TOTALS.get(whole.removeprefix("expected_").removeprefix("point_estimate_"))


@dataclass(frozen=True)
class Variable:
    """One variable or coordinate: its dimensions, what it is, and its values.

    `money` is in the currency of the study; any other in `unit`. `nominal` money is in the prices of the year of each
    payment, all other at the prices of the study's price year. `kind` is the kind of its values: one of `KINDS`.
    """

    dims: tuple[str, ...]
    long_name: str
    description: str
    money: bool = False
    unit: str = "1"
    nominal: bool = False
    kind: str = "f"

    def units(self, currency: str) -> str:
        """Return the unit, in a study of this currency."""
        return currency if self.money else self.unit


KINDS = {"f": "numbers", "i": "whole numbers", "U": "text", "b": "true or false"}
"""What values are, by the letter that numpy has for their type."""


def _label(dim: str, long_name: str, description: str, kind: str = "U", unit: str = "1") -> Variable:
    return Variable((dim,), long_name, description, unit=unit, kind=kind)


COORDINATES: dict[str, Variable] = {
    "option": _label("option", "Negotiating option", "Identifier of the option; the full programme is 'full'."),
    "option_name": _label("option", "Negotiating option", "Name of the option."),
    "scenario": _label(
        "scenario", "Scenario", "Number of the scenario: one joint draw of everything uncertain, counted from 0.", "i"
    ),
    "country": _label("country", "Country", "Code of the country (ISO 3166-1 alpha-3 in the packaged study)."),
    "country_name": _label("country", "Country name", "Name of the country in the countries file."),
    "area": _label("area", "Activity area", "Identifier of the activity area in the catalogue."),
    "area_name": _label("area", "Activity area", "Name of the activity area."),
    "year": _label("year", "Year", "Calendar year of the payment.", "i", "year"),
    "component": _label("component", "Cost component", "Area and component, such as a/first_inventory."),
    "component_name": _label("component", "Cost component", "Name of the cost component."),
    "component_area": _label("component", "Activity area", "Area that the component belongs to."),
    "option_is_financed": _label(
        "option", "Has financing", "Whether the option says who pays; all that another costs is its need.", "b"
    ),
    "component_basis": _label(
        "component", "Basis", "What the centre of the range rests on: evidence, proxy, expert or judgement."
    ),
    "basis": _label("basis", "Basis", "What the centres of ranges rest on: evidence, proxy, expert or judgement."),
    "component_width": _label(
        "component", "Basis of the width", "What the width of the range rests on: data, proxy, expert or judgement."
    ),
    "width": _label("width", "Basis of the width", "What widths of ranges rest on: data, proxy, expert or judgement."),
}

_TITLES: dict[Base, dict[Prices, str]] = {
    "cost": {"constant": "Total cost", "nominal": "Nominal total cost", "discounted": "Discounted total cost"},
    "financing_need": {
        "constant": "Financing need",
        "nominal": "Nominal financing need",
        "discounted": "Discounted financing need",
    },
}
_BASE_WORDS: dict[Base, str] = {
    "cost": "Cost of all areas and countries",
    "financing_need": "Cost after co-financing by governments, agencies and other donors, with the agency fee, "
    "of all areas and countries",
}
_PRICE_WORDS: dict[Prices, str] = {
    "constant": "at constant prices",
    "nominal": "each payment in the prices of its own year",
    "discounted": "as its value in the first year, at constant prices and the discount rate of the study",
}
_SPAN_WORDS: dict[Span, tuple[str, str, str]] = {
    "within_horizon": ("", "in the years of the study", ""),
    "after_horizon": (
        " after the last year",
        "that late starts and delays push beyond the last year of the study",
        " Comes on top of what is paid within the years. Where lateness has no upper limit, prices are those of "
        "lateness by at most the years of the programme.",
    ),
    "all_years": (", all years", "in the years of the study and after them", ""),
}


def _described_total(total: Total) -> Variable:
    title, span, note = _SPAN_WORDS[total.span]
    return Variable(
        ("option", "scenario"),
        _TITLES[total.base][total.prices] + title,
        f"{_BASE_WORDS[total.base]} {span}, {_PRICE_WORDS[total.prices]}.{note}",
        money=True,
        nominal=total.prices == "nominal",
    )


def _exact(total: Variable, prefix: str, dims: tuple[str, ...] = ()) -> Variable:
    """Describe the expected value or the point estimate of a total, as a whole or by a dimension."""
    by = "".join(f" by {dim}" for dim in dims)
    title = {"expected": "Expected", "point_estimate": "Point estimate"}[prefix]
    name = total.long_name[0].lower() + total.long_name[1:]
    meaning = {
        "expected": "Exact mean, from the means of the distributions",
        "point_estimate": "The model with every input at its most likely value, each need at its probability, and "
        "shocks that happen where their probability is one half or more",
    }[prefix]
    long_name = f"{title}, {name}{by}" if prefix == "point_estimate" else f"{title} {name}{by}"
    return Variable(("option", *dims), long_name, f"{meaning}. {total.description}", money=True, nominal=total.nominal)


def _of_totals() -> dict[str, Variable]:
    """Return every total, and its expected values and point estimates."""
    variables = {name: _described_total(total) for name, total in TOTALS.items()}
    for name, total in list(variables.items()):
        variables[f"expected_{name}"] = _exact(total, "expected")
        for dim in ("area", "component"):
            variables[f"expected_{name}_by_{dim}"] = _exact(total, "expected", (dim,))
        variables[point_estimate_name(name)] = _exact(total, "point_estimate")
    for base in TOTAL_BASES:
        variables[point_estimate_name(f"{base}_by_area")] = _exact(variables[base], "point_estimate", ("area",))
    return variables


VARIABLES: dict[str, Variable] = {
    **_of_totals(),
    "planned_payments": Variable(
        ("option", "component"),
        "Planned payments",
        "Payments that a component makes in a country that needs it, in the years of the study and after them: one for "
        "each year of service of a recurrent cost, one in all for a one-off; 0 where the option lacks the component.",
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


EXTREMES = ("cost_countries_independent", "cost_countries_fully_dependent")
"""The cost under the extremes of dependence. `popsim run` stores those of the full programme, without `option`."""

BREAKDOWNS: dict[str, tuple[str, str]] = {
    "cost": ("Cost", "Cost over the study's years"),
    "financing_need": ("Financing need", "Financing need over the study's years"),
}
"""Totals that may be broken down, with the words before "by" in long name and description."""


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
        The seed where they have none.

    Examples
    --------
    >>> seed_of({"seed": "18446744073709551615"}), seed_of({}, stated=1998)
    (18446744073709551615, 1998)
    """
    return int(str(attributes.get("seed", stated)))


def variable_of(name: str) -> Variable | None:
    """Return the entry of a variable or coordinate, that of a breakdown included; None for any other name.

    The dimensions of a breakdown begin with option and scenario; its name says the others.

    Examples
    --------
    >>> variable_of("cost_by_area_year").dims, variable_of("region")
    (('option', 'scenario', 'area', 'year'), None)
    """
    entry = VARIABLES.get(name) or COORDINATES.get(name)
    total, by, names = name.partition("_by_")
    if entry is not None or not by or total not in BREAKDOWNS:
        return entry
    words = names.replace("_", ", ")
    title, meaning = BREAKDOWNS[total]
    dims = ("option", "scenario", *names.split("_"))
    return Variable(dims, f"{title} by {words}", f"{meaning} by {words}; sums to {total}.", money=True)


def describe(name: str, currency: str, price_year: int | str) -> dict[str, str]:
    """Return units, long name and description of a variable, a coordinate or a breakdown.

    Returns
    -------
    dict
        ``units``, ``long_name`` and ``description``; money is in `currency` at prices of `price_year`, but for the
        nominal totals, which are in the prices of the year of each payment.

    Examples
    --------
    >>> describe("cost", "USD", 2025)["units"]
    'USD'
    """
    entry = variable_of(name)
    if entry is None:
        entry = Variable((), name, f"Group of countries by {name}, as in the countries file.")
    constant = entry.money and not entry.nominal
    return {
        "units": entry.units(currency),
        "long_name": entry.long_name,
        "description": f"{entry.description} Prices of {price_year}." if constant else entry.description,
    }
