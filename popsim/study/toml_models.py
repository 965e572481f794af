"""Schema of TOML files: of a study, with its tables, and of the catalogue, one file for each activity area.

Each field says what it means, so that the table of keys in the documentation and the JSON schema follow from here.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from popsim.study.fields import (
    AnyExponent,
    Breakdown,
    CalendarYear,
    Cost,
    Currency,
    Factor,
    Format,
    Identifier,
    LateYears,
    Probability,
    Rate,
    Share,
    SizeExponent,
    Table,
    Text,
    Years,
    one_of,
    value_kind,
)
from popsim.tables import Dialect
from popsim.types import Base, Basis, Design

__all__ = [
    "AreaTable",
    "CatalogueComponent",
    "CatalogueFile",
    "ChangeTable",
    "CofinancingTable",
    "CsvTable",
    "DelayTable",
    "DependenceTable",
    "DriverTable",
    "EscalationTable",
    "FinancingTable",
    "GroupsTable",
    "MatrixTable",
    "NeedTable",
    "OptionTable",
    "SizeTable",
    "Source",
    "StudyFile",
]

BY = "group column = value = what holds there; the first column that has an entry for the country applies"


class NeedTable(Table):
    """How probable it is that a country needs an area, or a component of it."""

    probability: Probability = Field(description="probability of need; uncertain where a table")
    by: dict[str, dict[str, Probability]] = Field(default_factory=dict, description=BY)
    basis: Basis = Field(description="what the probability rests on")
    rationale: Text = Field(description="why this probability")


class StartTable(Table):
    """When a country begins."""

    years: LateYears = Field(description="years after the first year at which a country begins")
    by: dict[str, dict[str, LateYears]] = Field(default_factory=dict, description=BY)
    basis: Basis = Field(description="what the years rest on")
    rationale: Text = Field(description="why these years")


class DelayTable(Table):
    """How late an area's work in a country is, and what that adds to its cost."""

    years: LateYears = Field(description="years by which an area's work in a country is late")
    cost_per_year: Annotated[float, Field(ge=0)] = Field(0.0, description="what a year of delay adds, as a share")
    by: dict[str, dict[str, LateYears]] = Field(default_factory=dict, description=BY)
    basis: Basis = Field(description="what the years rest on")
    rationale: Text = Field(description="why these years")


class EscalationTable(Table):
    """Rise of costs on top of general prices."""

    rate: Rate = Field(description="real rise per year after price_year; uncertain where a table")
    basis: Basis = Field(description="what the rate rests on")
    rationale: Text = Field(description="why this rate")


class ShockTable(Table):
    """An event common to all countries that multiplies the cost of some areas."""

    name: Text = Field(description="name, as the report shows it")
    areas: Annotated[list[Text], Field(min_length=1)] = Field(description="ids of the areas it hits")
    probability: Share = Field(description="probability that it happens")
    factor: Factor = Field(description="what it multiplies costs by; uncertain where a table")
    basis: Basis = Field(description="what probability and factor rest on")
    rationale: Text = Field(description="why this probability and factor")


class FinancingTable(Table):
    """What a fund is asked for: the cost after co-financing, with the fee of the agencies."""

    agency_fee: Share = Field(0.0, description="share that agencies add to what is financed")
    cofinancing: Share = Field(0.0, description="share of cost that governments, agencies and other donors co-finance")
    by: dict[str, dict[str, Share]] = Field(default_factory=dict, description=BY)
    basis: Basis = Field(description="what these shares rest on")
    rationale: Text = Field(description="why these shares")


class CofinancingTable(Table):
    """Co-financing of one area."""

    cofinancing: Share = Field(description="share of the area's cost that others co-finance")
    by: dict[str, dict[str, Share]] = Field(default_factory=dict, description=BY)
    basis: Basis | None = Field(None, description="what the share rests on; as in [financing] unless said")
    rationale: Text | None = Field(None, description="why this share; as in [financing] unless said")


class ChangeTable(Table):
    """What the study changes in one component of the catalogue; all else stays as it is there."""

    include: bool = Field(True, description="false leaves the component out")
    start: Annotated[int, Field(ge=1)] | None = Field(None, description="programme year of the first payment")
    spread: list[Share] | None = Field(
        None, description="one-off: shares paid in successive years from start; they sum to 1"
    )
    years: Years | None = Field(None, description='per-year, stepped: number of years paid from start, or "all"')
    every: Annotated[int, Field(ge=1)] | None = Field(None, description="stepped: years from one payment to the next")
    cost: Cost | None = Field(
        None, description="family and its parameters, in the currency and prices of the catalogue's cost"
    )
    basis: Basis | None = Field(None, description="what a changed cost rests on; judgement unless said")
    rationale: Text | None = Field(None, description="why a changed cost")
    size_exponent: SizeExponent | None = Field(None, description="as that of the area, which it defaults to")
    exponent: dict[str, AnyExponent] = Field(
        default_factory=dict, description="driver = exponent; those of the area hold for drivers that are not named"
    )
    need: NeedTable | None = Field(
        None, description="probability that a country which needs the area needs this component; 1 unless said"
    )


class AreaTable(Table):
    """One counted area, named by its id in the catalogue."""

    include: bool = Field(True, description="false leaves the area out")
    size_exponent: SizeExponent | None = Field(
        None,
        description="cost is multiplied by size_factor ** size_exponent: 0, the default, not at all, 1 in proportion; "
        "uncertain where a table",
    )
    common_share: Share | None = Field(None, description="as dependence.common_share, which it defaults to")
    group_share: Share | None = Field(None, description="as dependence.group_share, which it defaults to")
    exponent: dict[str, AnyExponent] = Field(
        default_factory=dict, description="driver = exponent: cost is multiplied by (value / reference) ** exponent"
    )
    postponed: Annotated[int, Field(ge=0)] | None = Field(
        None, description="whole years by which all payments are planned later than the catalogue says; 0 unless said"
    )
    need: NeedTable | None = Field(None, description="probability that a country needs the area; 1 unless said")
    delay: DelayTable | None = Field(None, description="as [delay], which it takes the place of")
    escalation: EscalationTable | None = Field(None, description="as [escalation], which it takes the place of")
    financing: CofinancingTable | None = Field(None, description="takes the place of financing.cofinancing")
    component: dict[str, ChangeTable] = Field(default_factory=dict, description="changes of components, by id")


class Source(Table):
    """Where a figure was read."""

    document: Text = Field(description="document symbol or page")
    figure: Text = Field(description="what was read there, with its year and unit")
    status: Literal["verified", "derived"] = Field(
        description="verified: read there; derived: arithmetic on verified figures"
    )
    address: str = Field("", description="web address")


class CatalogueComponent(Table):
    """One cost component of an area, per country of reference size."""

    id: Identifier = Field(description="id, unique in the file")
    name: Text = Field(description="name, as the report shows it")
    kind: Literal["one-off", "per-year", "stepped"] = Field(description="paid once, every year, or every few years")
    start: Annotated[int, Field(ge=1)] = Field(1, description="programme year of the first payment; 1 is the first")
    spread: list[Share] | None = Field(
        None, description="one-off: shares paid in successive years from start; they sum to 1; all at once by default"
    )
    years: Years | None = Field(None, description='per-year, stepped: number of years paid from start, or "all"')
    every: Annotated[int, Field(ge=1)] | None = Field(None, description="stepped: years from one payment to the next")
    currency: Currency = Field(description="currency of the cost")
    price_year: CalendarYear = Field(description="year whose prices the cost is in")
    basis: Basis = Field(description="what the cost rests on")
    rationale: Text = Field(description="why this cost, in sentences a finance ministry can follow")
    cost: Cost = Field(description="family and its parameters, or quantiles such as p05 and p95")
    source: list[Source] = Field(default_factory=list, description="where the figures were read")

    def last(self, years: int) -> int:
        """Return the programme year of the last payment, in a programme of so many years."""
        if self.kind == "one-off":
            return self.start + len(self.spread or [1.0]) - 1
        whole = self.years if isinstance(self.years, int) else max(1, years - self.start + 1)
        step = self.every or 1
        return self.start + (whole - 1) // step * step

    def profile(self, years: int) -> tuple[float, ...]:
        """Return the share of a one-off that is paid in each programme year; else 1 in each year paid, 0 in others."""
        if self.kind == "one-off":
            paid = tuple(self.spread or [1.0])
        else:
            step = self.every or 1
            paid = tuple(float(k % step == 0) for k in range(self.last(years) - self.start + 1))
        before = (0.0,) * (self.start - 1)
        return before + paid + (0.0,) * (years - len(before) - len(paid))


class CatalogueAreaTable(Table):
    """An activity area."""

    id: Identifier = Field(description="short id used in studies")
    name: Text = Field(description="name, as the report shows it")
    document: Text = Field(description="where the area is defined")
    description: Text = Field(description="what it takes, in own words")


class CatalogueFile(Table):
    """A file of the catalogue: one activity area."""

    format: Format = Field(description="version of this schema")
    area: CatalogueAreaTable = Field(description="the area")
    component: Annotated[list[CatalogueComponent], Field(min_length=1)] = Field(
        description="cost components of the area"
    )


class MatrixTable(Table):
    """A correlation matrix with its labels."""

    labels: list[Text] = Field(description="ids of areas, in the order of rows and columns")
    values: list[list[float]] = Field(description="rows of the matrix")


class GroupTable(Table):
    """Areas that are correlated, each with each, by one number."""

    areas: Annotated[list[Text], Field(min_length=2)] = Field(description="ids of two areas or more")
    correlation: Annotated[float, Field(ge=-1, le=1)] = Field(
        description="correlation between any two of these areas in one country"
    )


class GroupsTable(Table):
    """Correlations of areas by groups of areas."""

    groups: list[GroupTable] = Field(description="groups of areas, each with its correlation")
    otherwise: Annotated[float, Field(ge=-1, le=1)] = Field(
        description="correlation of two areas that no group has in common"
    )


def _form(value: Any) -> str | None:
    if isinstance(value, dict | Table):
        keys = value if isinstance(value, dict) else type(value).model_fields
        return "<groups>" if "groups" in keys or "otherwise" in keys else "<matrix>"
    return value_kind(value)


Between = Annotated[
    Annotated[float, Field(ge=0, le=1), Tag("<number>")]
    | Annotated[Text, Tag("<text>")]
    | Annotated[MatrixTable, Tag("<matrix>")]
    | Annotated[GroupsTable, Tag("<groups>")],
    one_of(
        "a number from 0 to 1, the name of a CSV file, or a table with labels and values, or groups and otherwise",
        _form,
    ),
]

Correlation = Annotated[float, Field(gt=-1, lt=1)]


class NeedDependenceTable(Table):
    """How needs are correlated."""

    between_needs: Share = Field(0.0, description="correlation between two needs of one country, apart from cost")
    with_cost: Correlation = Field(
        0.0,
        description="correlation between the need for an area and its cost: above 0, it costs more where it is needed",
    )
    common_share: Share = Field(0.0, description="correlation between two countries in one need, apart from cost")


class DelayDependenceTable(Table):
    """How delays of areas are correlated."""

    between_areas: Share = Field(0.0, description="correlation between the delays of two areas of one country")
    common_share: Share = Field(0.0, description="correlation between the delays of an area in two countries")


class StartDependenceTable(Table):
    """How the starts of countries are correlated."""

    common_share: Share = Field(0.0, description="correlation between the starts of two countries")


class DependenceTable(Table):
    """How uncertain costs are correlated."""

    between_areas: Between = Field(
        description="correlation between two areas of one country: a number, a labelled CSV file, {labels, values}, or "
        "{groups, otherwise}"
    )
    between_components: Share = Field(description="correlation between two components of one area")
    common_share: Share = Field(
        description="correlation between two countries in one area; the share of uncertainty common to all"
    )
    basis: Basis = Field(description="what these numbers rest on")
    rationale: Text = Field(description="why these numbers")
    group: Text | None = Field(
        None, description="group column of the countries file: countries of one group share more than all countries do"
    )
    group_share: Share | None = Field(
        None, description="correlation between two countries of one group in one area; at least common_share"
    )
    need: NeedDependenceTable = Field(default_factory=lambda: NeedDependenceTable(), description="of needs")
    delay: DelayDependenceTable = Field(default_factory=lambda: DelayDependenceTable(), description="of delays")
    start: StartDependenceTable = Field(default_factory=lambda: StartDependenceTable(), description="of starts")


class AboutTable(Table):
    """What the study is and which years it covers."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")] = Field(
        description="short name of the study"
    )
    title: Text = Field(description="title, as it heads the report")
    description: str = Field("", description="what the study answers, in a few sentences")
    first_year: CalendarYear = Field(description="first calendar year of the programme")
    years: Annotated[int, Field(ge=1, le=1000)] = Field(description="number of years of the programme")


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

    currency: Currency = Field(description="currency of all results, as a code of three capital letters")
    price_year: CalendarYear = Field(description="year whose prices all results are in")
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

    folder: Text = Field(description="folder of *.toml files, one per activity area")


class CountriesTable(Table):
    """Which countries are counted, and why."""

    file: Text = Field(description="CSV file with one row per country")
    rationale: Text = Field(description="who is counted and why")
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

    driver: Text = Field(description="numeric column of the countries file")
    reference: Annotated[float, Field(gt=0)] = Field(
        description="driver of the country that the costs of the catalogue describe"
    )
    lowest: Annotated[float, Field(gt=0)] | None = Field(None, description="a smaller driver is counted as this")
    highest: Annotated[float, Field(gt=0)] | None = Field(None, description="a larger driver is counted as this")
    rationale: Text = Field(description="why this driver, this reference and these limits")
    basis: Basis = Field(description="what the rule of size rests on")


class DriverTable(Table):
    """A further measure of countries; the exponent of each area says what it does to cost."""

    column: Text = Field(description="numeric column of the countries file")
    reference: Annotated[float, Field(gt=0)] = Field(
        description="value in the country that the costs of the catalogue describe"
    )
    lowest: Annotated[float, Field(gt=0)] | None = Field(None, description="a smaller value is counted as this")
    highest: Annotated[float, Field(gt=0)] | None = Field(None, description="a larger value is counted as this")
    rationale: Text = Field(description="why this measure, this reference and these limits")
    basis: Basis = Field(description="what the rule rests on")


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

    id: Identifier = Field(description='id in results; "full" is the study as written')
    name: Text = Field(description="name, as the report shows it")
    rationale: Text = Field(description="what the option means, and why it is looked at")
    set: Annotated[dict[str, Any], Field(min_length=1)] = Field(
        description="keys of the study file and their values, nested or dotted"
    )


class StudyFile(Table):
    """A study file."""

    format: Format = Field(description="version of this schema")
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
