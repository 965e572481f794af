"""Schema of a study file; the tables of areas, settings, dependence and the catalogue have files of their own.

Each field says what it means, so that the table of keys in the documentation and the JSON schema follow from here. Each
required field carries an example: it stands in for a value that is refused, so that the rest can still be checked.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from popsim.study.area_tables import AreaTable, ChangeTable
from popsim.study.catalogue_tables import CatalogueFile, ComponentTable, SourceTable
from popsim.study.dependence_tables import DependenceTable, MatrixTable
from popsim.study.setting_tables import DelayTable, EscalationTable, FinancingTable, ShockTable, StartTable
from popsim.study.toml_base import (
    BasisWord,
    Breakdown,
    CalendarYear,
    Currency,
    Format,
    Identifier,
    Rate,
    Table,
    Text,
)
from popsim.tables import Dialect
from popsim.types import Base, Design

__all__ = [
    "AreaTable",
    "CatalogueFile",
    "ChangeTable",
    "ComponentTable",
    "DependenceTable",
    "DriverTable",
    "MatrixTable",
    "OptionTable",
    "SizeTable",
    "SourceTable",
    "StudyFile",
]


class AboutTable(Table):
    """What the study is and which years it covers."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")] = Field(
        description="short name of the study", examples=["study"]
    )
    title: Text = Field(description="title, as it heads the report", examples=["A study"])
    description: str = Field("", description="what the study answers, in a few sentences")
    first_year: CalendarYear = Field(description="first calendar year of the programme", examples=[2027])
    years: Annotated[int, Field(ge=1, le=1000)] = Field(description="number of years of the programme", examples=[10])


class ScenariosTable(Table):
    """How many scenarios are drawn, and from which seed."""

    count: Annotated[int, Field(ge=1)] = Field(10_000, description="number of scenarios")
    seed: Annotated[int, Field(ge=0, lt=2**64)] = Field(1, description="seed of the random streams")
    design: Design = Field("random", description="independent scenarios, a Latin hypercube, or scrambled Sobol points")
    replicates: Annotated[int, Field(ge=1, le=1024)] = Field(
        1,
        description='with design "sobol": independent scramblings that take turns, whose spread tells Monte Carlo '
        "errors; divides count, best into a power of two",
    )


class MoneyTable(Table):
    """The money in which the study counts: one currency, at constant prices of one year."""

    currency: Currency = Field(
        description="currency of all results, as a code of three capital letters", examples=["USD"]
    )
    price_year: CalendarYear = Field(description="year whose prices all results are in", examples=[2025])
    price_index: Text | None = Field(
        None, description="CSV file with columns currency, year, index: brings costs to the prices of price_year"
    )
    exchange_rates: Text | None = Field(
        None,
        description="CSV file with columns currency, year, rate, per, rate in units of currency per one of per: "
        "brings costs in other currencies to the currency of the study",
    )
    inflation: Rate | None = Field(
        None, description="general rise of prices per year: asks for the nominal total as well; uncertain where a table"
    )
    discount_rate: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="asks for the total discounted to the first year at this rate per year as well"
    )


class CatalogueTable(Table):
    """Where the catalogue of cost distributions is."""

    folder: Text = Field(description="folder of *.toml files, one per activity area", examples=["distributions"])


class CountriesTable(Table):
    """Which countries are counted, and why."""

    file: Text = Field(description="CSV file with one row per country", examples=["countries.csv"])
    rationale: Text = Field(description="who is counted and why", examples=["not given"])
    select: dict[str, list[str]] = Field(
        default_factory=dict, description="group column = values that are kept; all conditions must hold"
    )
    also: list[str] = Field(default_factory=list, description="codes of countries counted whatever the selection says")
    without: list[str] = Field(
        default_factory=list, description="codes of countries left out whatever the selection says"
    )


def _known_encoding(name: str) -> str:
    try:
        text = codecs.lookup(name)._is_text_encoding  # the flag that open() goes by, too
    except LookupError:
        text = False
    if not text:
        raise PydanticCustomError("popsim", 'the name of an encoding, such as "utf-8", "utf-16" or "windows-1252"')
    return name


class MarksTable(Table):
    """How a CSV file is written; what is not said is concluded from the file."""

    delimiter: Literal[",", ";", "tab", "|"] | None = Field(None, description="sign between columns")
    decimal: Literal[".", ","] | None = Field(None, description="sign before the fraction of a number")
    thousands: Literal["", ".", ",", "'", " "] | None = Field(
        None, description="sign between groups of three digits; empty text: there is none"
    )
    encoding: Annotated[Text, AfterValidator(_known_encoding)] | None = Field(
        None, description='such as "utf-8", "utf-16" or "windows-1252"'
    )

    def marks(self) -> Dialect:
        """Return what is said of the file, in signs."""
        delimiter = "\t" if self.delimiter == "tab" else self.delimiter
        return Dialect(delimiter, self.decimal, self.thousands, self.encoding)


class CsvTable(MarksTable):
    """How the CSV files of the study are written; what is not said is concluded from each file."""

    countries: MarksTable | None = Field(None, description="of countries.file alone")
    price_index: MarksTable | None = Field(None, description="of money.price_index alone")
    exchange_rates: MarksTable | None = Field(None, description="of money.exchange_rates alone")
    between_areas: MarksTable | None = Field(None, description="of the file in dependence.between_areas alone")

    def of(self, role: str) -> Dialect:
        """Return what is said of one file, by the key that names it."""
        own: MarksTable | None = getattr(self, role)
        return self.marks() if own is None else own.marks().over(self.marks())


class SizeTable(Table):
    """How the size of a country is measured; the size_exponent of each area says what it does to cost."""

    driver: Text = Field(description="numeric column of the countries file", examples=["population"])
    reference: Annotated[float, Field(gt=0)] = Field(
        description="driver of the country that the costs of the catalogue describe", examples=[1.0]
    )
    lowest: Annotated[float, Field(gt=0)] | None = Field(None, description="a smaller driver is counted as this")
    highest: Annotated[float, Field(gt=0)] | None = Field(None, description="a larger driver is counted as this")
    rationale: Text = Field(description="why this driver, this reference and these limits", examples=["not given"])
    basis: BasisWord = Field(description="what the rule of size rests on", examples=["judgement"])


class DriverTable(Table):
    """A further measure of countries; the exponent of each area says what it does to cost."""

    column: Text = Field(description="numeric column of the countries file", examples=["population"])
    reference: Annotated[float, Field(gt=0)] = Field(
        description="value in the country that the costs of the catalogue describe", examples=[1.0]
    )
    lowest: Annotated[float, Field(gt=0)] | None = Field(None, description="a smaller value is counted as this")
    highest: Annotated[float, Field(gt=0)] | None = Field(None, description="a larger value is counted as this")
    rationale: Text = Field(description="why this measure, this reference and these limits", examples=["not given"])
    basis: BasisWord = Field(description="what the rule rests on", examples=["judgement"])


def _breakdowns() -> list[str | list[str]]:
    return ["area", "year"]


class ReportTable(Table):
    """What the report shows."""

    coverage: Annotated[float, Field(gt=0, lt=1)] = Field(0.90, description="probability that a range covers")
    breakdowns: list[Breakdown] = Field(
        default_factory=_breakdowns,
        description="results wanted by: country, area, component, basis, year, a group column of countries, or lists "
        "of these",
    )
    headline: Base = Field(
        "cost", description="which total the report speaks of first: cost, or financing_need (needs [financing])"
    )
    not_known: list[Text] = Field(
        default_factory=list, description="sentences on what could not be found out, for the report's list of these"
    )


ValueLabels = dict[str, Annotated[dict[str, Text], Field(description="value of the column = its name")]]


class OptionTable(Table):
    """A negotiating option: the study with some keys changed."""

    id: Identifier = Field(description='id in results; "full" is the study as written', examples=["not_given"])
    name: Text = Field(description="name, as the report shows it", examples=["not given"])
    rationale: Text = Field(description="what the option means, and why it is looked at", examples=["not given"])
    set: Annotated[dict[str, Any], Field(min_length=1)] = Field(
        description="keys of the study file and their values, nested or dotted", examples=[{}]
    )


class StudyFile(Table):
    """A study file."""

    format: Format = Field(description="version of this schema", examples=[1])
    study: AboutTable = Field(description="what the study is")
    scenarios: ScenariosTable = Field(default_factory=lambda: ScenariosTable(), description="scenarios and seed")
    money: MoneyTable = Field(description="currency and price year")
    catalogue: CatalogueTable = Field(description="cost distributions")
    countries: CountriesTable = Field(description="countries that are counted")
    csv: CsvTable | None = Field(None, description="how the CSV files are written")
    size: SizeTable | None = Field(None, description="size of countries")
    driver: dict[str, DriverTable] = Field(default_factory=dict, description="further measures of countries, by name")
    dependence: DependenceTable = Field(description="correlations")
    start: StartTable | None = Field(None, description="when countries begin")
    delay: DelayTable | None = Field(None, description="how late work is, in all areas that do not say it themselves")
    escalation: EscalationTable | None = Field(
        None, description="real rise of costs, in all areas that do not say it themselves"
    )
    shock: dict[str, ShockTable] = Field(default_factory=dict, description="events common to all countries, by id")
    financing: FinancingTable | None = Field(None, description="what is asked of a fund")
    area: dict[str, AreaTable] = Field(default_factory=dict, description="counted areas, by id")
    report: ReportTable = Field(default_factory=lambda: ReportTable(), description="ranges and breakdowns")
    headings: dict[str, Text] = Field(
        default_factory=dict,
        description="names of columns of the countries file for print, as they stand inside a sentence",
    )
    labels: ValueLabels = Field(
        default_factory=dict,
        description="names of values of columns of the countries file for print, by column, as they stand inside a "
        "sentence",
    )
    option: list[OptionTable] = Field(default_factory=list, description="negotiating options beside the study")
