"""Schema of the TOML files: a study, and one activity area of the catalogue.

Each field says what it means, so that the table of keys in the documentation and the JSON schema follow from here. Each
required field carries an example: it stands in for a value that is refused, so that the rest can still be checked.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from popsim.study.dependence_tables import DependenceTable, MatrixTable
from popsim.study.toml_base import (
    BasisWord,
    Breakdown,
    CalendarYear,
    Currency,
    Format,
    Identifier,
    Share,
    Table,
    Text,
    Years,
)

__all__ = [
    "AreaTable",
    "CatalogueFile",
    "ComponentTable",
    "DependenceTable",
    "MatrixTable",
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
    design: Literal["random", "latin", "sobol"] = Field(
        "random", description="independent scenarios, a Latin hypercube, or scrambled Sobol points"
    )


class MoneyTable(Table):
    """The money in which the study counts: one currency, at constant prices of one year."""

    currency: Currency = Field(
        description="currency of all results, as a code of three capital letters", examples=["USD"]
    )
    price_year: CalendarYear = Field(description="year whose prices all results are in", examples=[2025])
    price_index: Text = Field(
        description="CSV file with columns currency, year, index: brings costs to the prices of price_year",
        examples=["prices.csv"],
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


class AreaTable(Table):
    """One counted area, named by its id in the catalogue."""

    include: bool = Field(True, description="false leaves the area out")
    size_exponent: Annotated[float, Field(ge=0, le=2)] = Field(
        0.0, description="cost is multiplied by size_factor ** size_exponent: 0 not at all, 1 in proportion"
    )
    common_share: Share | None = Field(None, description="as dependence.common_share, which it defaults to")


def _breakdowns() -> list[str | list[str]]:
    return ["area", "year"]


class ReportTable(Table):
    """What the report shows."""

    coverage: Annotated[float, Field(gt=0, lt=1)] = Field(0.90, description="probability that a range covers")
    breakdowns: list[Breakdown] = Field(
        default_factory=_breakdowns,
        description="results wanted by: country, area, year, a group column of countries, or lists of these",
    )


class StudyFile(Table):
    """A study file."""

    format: Format = Field(description="version of this schema", examples=[1])
    study: AboutTable = Field(description="what the study is")
    scenarios: ScenariosTable = Field(default_factory=lambda: ScenariosTable(), description="scenarios and seed")
    money: MoneyTable = Field(description="currency and price year")
    catalogue: CatalogueTable = Field(description="cost distributions")
    countries: CountriesTable = Field(description="countries that are counted")
    size: SizeTable = Field(description="size of countries")
    dependence: DependenceTable = Field(description="correlations")
    area: dict[str, AreaTable] = Field(default_factory=dict, description="counted areas, by id")
    report: ReportTable = Field(default_factory=lambda: ReportTable(), description="ranges and breakdowns")


class SourceTable(Table):
    """Where a figure was read."""

    document: Text = Field(description="document symbol or page", examples=["not given"])
    figure: Text = Field(description="what was read there, with its year and unit", examples=["not given"])
    status: Literal["verified", "derived"] = Field(
        description="verified: read there; derived: arithmetic on verified figures", examples=["verified"]
    )
    address: str = Field("", description="web address")


class ComponentTable(Table):
    """One cost component of an area, per country of reference size."""

    id: Identifier = Field(description="id, unique in the file", examples=["not_given"])
    name: Text = Field(description="name, as the report shows it", examples=["not given"])
    kind: Literal["one-off", "per-year"] = Field(description="paid once, or every year", examples=["one-off"])
    start: Annotated[int, Field(ge=1)] = Field(1, description="programme year of the first payment; 1 is the first")
    spread: list[Annotated[float, Field(ge=0, le=1)]] | None = Field(
        None, description="one-off: shares paid in successive years from start; they sum to 1; all at once by default"
    )
    years: Years | None = Field(None, description='per-year: number of years paid from start, or "all"')
    currency: Currency = Field(description="currency of the cost", examples=["USD"])
    price_year: CalendarYear = Field(description="year whose prices the cost is in", examples=[2025])
    basis: BasisWord = Field(description="what the cost rests on", examples=["judgement"])
    rationale: Text = Field(
        description="why this cost, in sentences a finance ministry can follow", examples=["not given"]
    )
    cost: dict[str, Any] = Field(
        description="family and its parameters, or quantiles such as p05 and p95", examples=[{"family": "constant"}]
    )
    source: list[SourceTable] = Field(default_factory=list, description="where the figures were read")


class CatalogueAreaTable(Table):
    """An activity area."""

    id: Identifier = Field(description="short id used in studies", examples=["not_given"])
    name: Text = Field(description="name, as the report shows it", examples=["not given"])
    document: Text = Field(description="where the area is defined", examples=["not given"])
    description: Text = Field(description="what it takes, in own words", examples=["not given"])


class CatalogueFile(Table):
    """A file of the catalogue: one activity area."""

    format: Format = Field(description="version of this schema", examples=[1])
    area: CatalogueAreaTable = Field(description="the area")
    component: Annotated[list[ComponentTable], Field(min_length=1)] = Field(
        description="cost components of the area", examples=[[]]
    )
