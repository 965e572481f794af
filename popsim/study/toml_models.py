"""Schema of the TOML file of a study, with its tables; `popsim.study.catalogue_models` has that of the catalogue.

Each field says what it means, so that the table of keys in the documentation and the JSON schema follow from here.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from popsim.sampling import MOST_SCENARIOS
from popsim.schema import (
    LARGEST,
    LONGEST_ID,
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_CHANGES,
    MOST_COST_PER_YEAR,
    MOST_COUNTED,
    MOST_ENTRIES,
    MOST_OPTIONS,
    MOST_PROGRAMME_YEARS,
    SMALLEST,
)
from popsim.study.quantities import (
    AgencyFee,
    AnyExponent,
    Cofinancing,
    Cost,
    Factor,
    LateYears,
    Level,
    Materialised,
    Probability,
    Rate,
    ShareOf,
    SizeExponent,
    value_kind,
)
from popsim.tables import Dialect
from popsim.types import Base, Basis, Design, Scope

Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
FreeText = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=LONGEST_ID)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
CalendarYear = Annotated[int, Field(ge=1900, le=2200)]
Count = Annotated[int, Field(ge=1, le=MOST_COUNTED)]
YearCount = Annotated[int, Field(ge=1, le=MOST_PROGRAMME_YEARS)]
Share = Annotated[float, Field(ge=0, le=1)]


def key(meaning: str, default: Any = ...) -> Any:
    """Return a key of a TOML table, with what it means and its default; required where it has none."""
    return Field(default, description=meaning)


class Table(BaseModel):
    """A TOML table: no unknown keys, no conversion of types, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def one_of(wording: str, kind: Callable[[Any], str | None] = value_kind) -> Any:
    """Choose among alternatives by the tag of a value; where none fits, report `wording`."""
    return Discriminator(kind, custom_error_type="popsim", custom_error_message=wording)


def _first_format(value: int) -> int:
    if value != 1:
        raise PydanticCustomError("popsim", "format = 1: this version of popsim reads no other")
    return value


def _not_tiny(value: float) -> float:
    if value < SMALLEST:
        raise PydanticCustomError("popsim", f"a number of at least {SMALLEST:g}")
    return value


PositiveNumber = Annotated[float, Field(gt=0, le=LARGEST), AfterValidator(_not_tiny)]
Format = Annotated[int, AfterValidator(_first_format), Field(json_schema_extra={"const": 1})]
Breakdown = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[list[Text], Field(min_length=1, max_length=20), Tag("<list>")],
    one_of('a name, such as "area", or a list of names, such as ["area", "year"]'),
]
Years = Annotated[
    Annotated[YearCount, Tag("<number>")] | Annotated[Literal["all"], Tag("<text>")],
    one_of('a whole number of years, or "all"'),
]
FitFamily = Literal["lognormal", "gamma", "weibull", "normal"]
FitSize = Annotated[
    Annotated[float, Field(ge=0, le=2), Tag("<number>")] | Annotated[Literal["estimate", "study"], Tag("<text>")],
    one_of('"estimate", "study", or a number from 0 to 2'),
]
DataChoice = Annotated[
    Annotated[str, StringConstraints(pattern=r"^[^/\\]+\.csv$", max_length=LONGEST_NAME), Tag("<text>")]
    | Annotated[list[Identifier], Field(min_length=1), Tag("<list>")],
    one_of('the name of a CSV file, such as "projects.csv", or a list of ids of data'),
]


BY = "group column = value = what holds there; the first column that has an entry for the country applies"


class NeedTable(Table):
    """How probable it is that a country needs an area, or a component of it."""

    probability: Probability = key("probability of need; uncertain where a table")
    by: dict[str, Annotated[dict[str, Probability], Field(max_length=MOST_ENTRIES)]] = key(BY, {})
    basis: Basis = key("what the probability rests on")
    rationale: Text = key("why this probability")


class StartTable(Table):
    """When a country begins."""

    years: LateYears = key("years after the first year at which a country begins")
    by: dict[str, Annotated[dict[str, LateYears], Field(max_length=MOST_ENTRIES)]] = key(BY, {})
    basis: Basis = key("what the years rest on")
    rationale: Text = key("why these years")


class DelayTable(Table):
    """How late an area's work in a country is, and what that adds to its cost."""

    years: LateYears = key("years by which an area's work in a country is late")
    level: Level = key(
        "factor on the years, the same for all countries and areas that take this table: one draw where uncertain", 1.0
    )
    cost_per_year: Annotated[float, Field(ge=0, le=MOST_COST_PER_YEAR)] = key(
        "what a year of delay adds, as a share", 0.0
    )
    by: dict[str, Annotated[dict[str, LateYears], Field(max_length=MOST_ENTRIES)]] = key(BY, {})
    basis: Basis = key("what the years rest on")
    rationale: Text = key("why these years")


class EscalationTable(Table):
    """Rise of costs on top of general prices."""

    rate: Rate = key("real rise per year after price_year; uncertain where a table")
    basis: Basis = key("what the rate rests on")
    rationale: Text = key("why this rate")


class ShockTable(Table):
    """An event common to all countries that multiplies the cost of some areas."""

    name: Name = key("name, as the report shows it")
    areas: Annotated[list[Text], Field(min_length=1, max_length=MOST_ENTRIES)] = key("ids of the areas it hits")
    probability: Share = key("probability that it happens")
    factor: Factor = key("what it multiplies costs by; uncertain where a table")
    basis: Basis = key("what probability and factor rest on")
    rationale: Text = key("why this probability and factor")


class FinancingTable(Table):
    """What a fund is asked for: the cost after co-financing, with the fee of the agencies.

    Shares that are tables are drawn once for all countries, each where it is stated and for each entry of `by`.
    """

    agency_fee: AgencyFee = key("share that agencies add to what is financed; uncertain where a table", 0.0)
    cofinancing: Cofinancing = key(
        "share of cost that governments, agencies and other donors pledge to co-finance; uncertain where a table", 0.0
    )
    materialised: Materialised = key(
        "share of the pledged co-financing that is paid in the end, in all areas; uncertain where a table", 1.0
    )
    by: dict[str, Annotated[dict[str, Cofinancing], Field(max_length=MOST_ENTRIES)]] = key(BY, {})
    basis: Basis = key("what these shares rest on")
    rationale: Text = key("why these shares")


class CofinancingTable(Table):
    """Co-financing of one area, or of one component."""

    cofinancing: Cofinancing = key("share of its cost that others pledge to co-finance; uncertain where a table")
    materialised: Share | None = key("share of these pledges that is paid; that of [financing] unless said", None)
    by: dict[str, Annotated[dict[str, Cofinancing], Field(max_length=MOST_ENTRIES)]] = key(BY, {})
    basis: Basis | None = key("what the share rests on; as in [financing] unless said", None)
    rationale: Text | None = key("why this share; as in [financing] unless said", None)


class FitTable(Table):
    """A cost that is fitted to data: few points leave it uncertain, and so the range is wide."""

    fit: FitFamily = key("family that is fitted to the data of the component")
    data: DataChoice | None = key(
        "the data: a CSV file beside the catalogue, or ids of rows [[component.data]]; all rows that are not "
        "only shown, unless said",
        None,
    )
    size: FitSize = key(
        'how cost grows with size: "estimate" takes the exponent from the data, a number states it, "study" is that '
        "of the study at its mean",
        "study",
    )
    cap: PositiveNumber | None = key(
        "no cost above this, in a country of reference size; needed where the fit has no finite mean", None
    )
    cap_rationale: Text | None = key("why no cost can be above the cap", None)


def _cost_form(value: Any) -> str:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Table) else ()
    return "<fit>" if "fit" in keys else "<family>"


AnyCost = Annotated[Annotated[FitTable, Tag("<fit>")] | Annotated[Cost, Tag("<family>")], Discriminator(_cost_form)]


class ChangeTable(Table):
    """What the study changes in one component of the catalogue; all else stays as it is there."""

    include: bool = key("false leaves the component out", True)
    start: YearCount | None = key("programme year of the first payment", None)
    spread: Annotated[list[Share], Field(max_length=MOST_PROGRAMME_YEARS)] | None = key(
        "one-off: shares paid in successive years from start; they sum to 1", None
    )
    years: Years | None = key('per-year, stepped: number of years paid from start, or "all"', None)
    every: YearCount | None = key("stepped: years from one payment to the next", None)
    cost: AnyCost | None = key(
        "family and its parameters, or a fit, in the currency and prices of the catalogue's cost", None
    )
    common_share: Share | None = key("as that of the area; that of a fit follows from its data unless said", None)
    group_share: Share | None = key("as that of the area", None)
    share: ShareOf | None = key("share of a whole, of a component that is one", None)
    basis: Basis | None = key("what a changed cost or share rests on; judgement unless said", None)
    rationale: Text | None = key("why a changed cost or share", None)
    size_exponent: SizeExponent | None = key("as that of the area, which it defaults to", None)
    exponent: dict[str, AnyExponent] = key(
        "driver = exponent; those of the area hold for drivers that are not named", {}
    )
    need: NeedTable | None = key(
        "probability that a country which needs the area needs this component; 1 unless said", None
    )
    needed_with: Text | None = key(
        "id of another component of the area: needed in a country exactly where that one is", None
    )
    financing: CofinancingTable | None = key("takes the place of the area's co-financing", None)


class OverlapTable(Table):
    """What the study changes in a whole that components share; all else stays as it is in the catalogue."""

    cost: AnyCost | None = key(
        "family and its parameters, or a fit, in the currency and prices of the catalogue's cost", None
    )
    common_share: Share | None = key("as that of its area; that of a fit follows from its data unless said", None)
    group_share: Share | None = key("as that of its area", None)
    basis: Basis | None = key("what a changed cost rests on; judgement unless said", None)
    rationale: Text | None = key("why a changed cost", None)


class AreaTable(Table):
    """One counted area, named by its id in the catalogue."""

    include: bool = key("false leaves the area out", True)
    size_exponent: SizeExponent | None = key(
        "cost is multiplied by size_factor ** size_exponent: 0, the default, not at all, 1 in proportion; "
        "uncertain where a table",
        None,
    )
    common_share: Share | None = key("as dependence.common_share, which it defaults to", None)
    group_share: Share | None = key("as dependence.group_share, which it defaults to", None)
    exponent: dict[str, AnyExponent] = key(
        "driver = exponent: cost is multiplied by (value / reference) ** exponent", {}
    )
    postponed: Annotated[int, Field(ge=0, le=MOST_PROGRAMME_YEARS)] | None = key(
        "whole years by which all payments are planned later than the catalogue says; 0 unless said", None
    )
    need: NeedTable | None = key("probability that a country needs the area; 1 unless said", None)
    delay: DelayTable | None = key("as [delay], which it takes the place of", None)
    escalation: EscalationTable | None = key("as [escalation], which it takes the place of", None)
    financing: CofinancingTable | None = key("takes the place of financing.cofinancing", None)
    component: Annotated[dict[str, ChangeTable], Field(max_length=MOST_ENTRIES)] = key(
        "changes of components, by id", {}
    )


class MatrixTable(Table):
    """A correlation matrix with its labels."""

    labels: Annotated[list[Text], Field(max_length=MOST_ENTRIES)] = key(
        "ids of areas, in the order of rows and columns"
    )
    values: Annotated[list[Annotated[list[float], Field(max_length=MOST_ENTRIES)]], Field(max_length=MOST_ENTRIES)] = (
        key("rows of the matrix")
    )


class GroupTable(Table):
    """Areas that are correlated, each with each, by one number."""

    areas: Annotated[list[Text], Field(min_length=2, max_length=MOST_ENTRIES)] = key("ids of two areas or more")
    correlation: Annotated[float, Field(ge=-1, le=1)] = key("correlation between any two of these areas in one country")


class GroupsTable(Table):
    """Correlations of areas by groups of areas."""

    groups: Annotated[list[GroupTable], Field(max_length=MOST_ENTRIES)] = key(
        "groups of areas, each with its correlation"
    )
    otherwise: Annotated[float, Field(ge=-1, le=1)] = key("correlation of two areas that no group has in common")


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

    between_needs: Share = key("correlation between two needs of one country, apart from cost", 0.0)
    with_cost: Correlation = key(
        "correlation between the need for an area and its cost: above 0, it costs more where it is needed", 0.0
    )
    common_share: Share = key("correlation between two countries in one need, apart from cost", 0.0)


class DelayDependenceTable(Table):
    """How delays of areas are correlated."""

    between_areas: Share = key("correlation between the delays of two areas of one country", 0.0)
    common_share: Share = key("correlation between the delays of an area in two countries", 0.0)


class StartDependenceTable(Table):
    """How the starts of countries are correlated."""

    common_share: Share = key("correlation between the starts of two countries", 0.0)


class DependenceTable(Table):
    """How uncertain costs are correlated."""

    between_areas: Between = key(
        "correlation between two areas of one country: a number, a labelled CSV file, {labels, values}, or "
        "{groups, otherwise}"
    )
    between_components: Share = key("correlation between two components of one area")
    common_share: Share = key("correlation between two countries in one area; the share of uncertainty common to all")
    basis: Basis = key("what these numbers rest on")
    rationale: Text = key("why these numbers")
    group: Text | None = key(
        "group column of the countries file: countries of one group share more than all countries do", None
    )
    group_share: Share | None = key(
        "correlation between two countries of one group in one area; at least common_share", None
    )
    need: NeedDependenceTable = key("of needs", NeedDependenceTable())
    delay: DelayDependenceTable = key("of delays", DelayDependenceTable())
    start: StartDependenceTable = key("of starts", StartDependenceTable())


class AboutTable(Table):
    """What the study is and which years it covers."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=LONGEST_ID)] = key(
        "short name of the study"
    )
    title: Name = key("title, as it heads the report")
    description: FreeText = key("what the study answers, in a few sentences", "")
    first_year: CalendarYear = key("first calendar year of the programme")
    years: YearCount = key("number of years of the programme")


class ScenariosTable(Table):
    """How many scenarios are drawn, and from which seed."""

    count: Annotated[int, Field(ge=1, le=MOST_SCENARIOS)] = key("number of scenarios", 10_000)
    seed: Annotated[int, Field(ge=0, lt=2**64)] = key("seed of the random streams", 1)
    design: Design = key("independent scenarios, a Latin hypercube, or scrambled Sobol points", "random")
    replicates: Annotated[int, Field(ge=1, le=1024)] = key(
        'with design "sobol": independent scramblings that take turns, whose spread tells Monte Carlo '
        "errors; divides count, best into a power of two",
        1,
    )


class MoneyTable(Table):
    """The money in which the study counts: one currency, at constant prices of one year."""

    currency: Currency = key("currency of all results, as a code of three capital letters")
    price_year: CalendarYear = key("year whose prices all results are in")
    price_index: Text | None = key(
        "CSV file with columns currency, year, index: brings costs to the prices of price_year", None
    )
    exchange_rates: Text | None = key(
        "CSV file with columns currency, year, rate, per, rate in units of currency per one of per: "
        "brings costs in other currencies to the currency of the study",
        None,
    )
    inflation: Rate | None = key(
        "general rise of prices per year: asks for the nominal total as well; uncertain where a table", None
    )
    discount_rate: Annotated[float, Field(ge=0, lt=1)] | None = key(
        "asks for the total discounted to the first year at this rate per year as well", None
    )


class CatalogueTable(Table):
    """Where the catalogue of cost distributions is."""

    folder: Text = key("folder of *.toml files, one per activity area")


class CountriesTable(Table):
    """Which countries are counted, and why."""

    file: Text = key("CSV file with one row per country")
    rationale: Text = key("who is counted and why")
    select: dict[str, Annotated[list[str], Field(max_length=MOST_ENTRIES)]] = key(
        "group column = values that are kept; all conditions must hold", {}
    )
    also: Annotated[list[str], Field(max_length=MOST_ENTRIES)] = key(
        "codes of countries counted whatever the selection says", []
    )
    without: Annotated[list[str], Field(max_length=MOST_ENTRIES)] = key(
        "codes of countries left out whatever the selection says", []
    )


def _known_encoding(name: str) -> str:
    try:
        text = codecs.lookup(name)._is_text_encoding  # the flag that open() goes by, too
    except LookupError:
        text = False
    if not text:
        raise PydanticCustomError("popsim", 'the name of an encoding, such as "utf-8", "utf-16" or "windows-1252"')
    return name


class DialectTable(Table):
    """How a CSV file is written; what is not stated is concluded from the file."""

    delimiter: Literal[",", ";", "tab", "|"] | None = key("sign between columns", None)
    decimal: Literal[".", ","] | None = key("sign before the fraction of a number", None)
    thousands: Literal["", ".", ",", "'", " "] | None = key(
        "sign between groups of three digits; empty text: there is none", None
    )
    encoding: Annotated[Text, AfterValidator(_known_encoding)] | None = key(
        'such as "utf-8", "utf-16" or "windows-1252"', None
    )

    def dialect(self) -> Dialect:
        """Return what is stated of the file, a tab as the sign itself."""
        delimiter = "\t" if self.delimiter == "tab" else self.delimiter
        return Dialect(delimiter, self.decimal, self.thousands, self.encoding)


class CsvTable(DialectTable):
    """How the CSV files of the study are written; what is not stated is concluded from each file."""

    countries: DialectTable | None = key("of countries.file alone", None)
    price_index: DialectTable | None = key("of money.price_index alone", None)
    exchange_rates: DialectTable | None = key("of money.exchange_rates alone", None)
    between_areas: DialectTable | None = key("of the file in dependence.between_areas alone", None)

    def of(self, role: str) -> Dialect:
        """Return what is stated of one file, by the key that names it: its own table first, then what holds for all."""
        own: DialectTable | None = getattr(self, role)
        return self.dialect() if own is None else own.dialect().over(self.dialect())


class SizeTable(Table):
    """How the size of a country is measured; the size_exponent of each area says what it does to cost."""

    driver: Text = key("numeric column of the countries file")
    data_driver: Text | None = key(
        "numeric column of the countries file with the sizes at the time of cited amounts; that of driver unless said",
        None,
    )
    reference: PositiveNumber = key("driver of the country that the costs of the catalogue describe")
    lowest: PositiveNumber | None = key("a smaller driver is counted as this", None)
    highest: PositiveNumber | None = key("a larger driver is counted as this", None)
    rationale: Text = key("why this driver, this reference and these limits")
    basis: Basis = key("what the rule of size rests on")


class DriverTable(Table):
    """A further measure of countries; the exponent of each area says what it does to cost."""

    column: Text = key("numeric column of the countries file")
    reference: PositiveNumber = key("value in the country that the costs of the catalogue describe")
    lowest: PositiveNumber | None = key("a smaller value is counted as this", None)
    highest: PositiveNumber | None = key("a larger value is counted as this", None)
    rationale: Text = key("why this measure, this reference and these limits")
    basis: Basis = key("what the rule rests on")


class NotCountedTable(Table):
    """What the study leaves out, for readers who would miss it."""

    what: Text = key("what is not counted")
    why: Text = key("why it is not")
    known: FreeText = key("what is known of its size, with the source", "")


class CrossCheckTable(Table):
    """Money that was really paid or pledged, which the report sets beside the result."""

    name: Name = key("what was paid, and by whom")
    amount: PositiveNumber = key("amount, in money of `year`")
    currency: Currency = key("currency of the amount")
    year: CalendarYear = key("year of that money; the middle one of several")
    scope: Scope = key("grant, all-in, or cofinancing")
    years: PositiveNumber | None = key("how many years it was for", None)
    countries: Count | None = key("how many countries it was for", None)
    document: Text = key("document symbol or page")
    figure: Text = key("what was read there, with its year and unit")
    status: Literal["verified", "derived"] = key("verified: read there; derived: arithmetic on verified figures")
    address: FreeText = key("web address", "")
    rationale: Text = key("how it compares with what the study counts")


class ReportTable(Table):
    """What the report shows."""

    coverage: Annotated[float, Field(gt=0, lt=1)] = key("probability that a range covers", 0.90)
    breakdowns: Annotated[list[Breakdown], Field(max_length=MOST_ENTRIES)] = key(
        "results wanted by: country, area, component, basis, year, a group column of countries, or lists of these",
        ["area", "year"],
    )
    headline: Base = key("which total the report speaks of first: cost, or financing_need (needs [financing])", "cost")
    not_known: Annotated[list[Text], Field(max_length=MOST_ENTRIES)] = key(
        "sentences on what could not be found out, for the report's list of these", []
    )
    not_counted: Annotated[list[NotCountedTable], Field(max_length=MOST_ENTRIES)] = key(
        "what is left out, for the report's list of it", []
    )
    cross_check: Annotated[list[CrossCheckTable], Field(max_length=MOST_ENTRIES)] = key(
        "money that was really paid, to compare the result with", []
    )


ValueLabels = dict[
    str, Annotated[dict[str, Name], Field(max_length=MOST_ENTRIES, description="value of the column = its name")]
]


class OptionTable(Table):
    """A negotiating option: the study with some keys changed."""

    id: Identifier = key('id in results; "full" is the full programme')
    name: Name = key("name, as the report shows it")
    rationale: Text = key("what the option means, and why it is looked at")
    set: Annotated[dict[str, Any], Field(min_length=1, max_length=MOST_CHANGES)] = key(
        "keys of the study file and their values, nested or dotted"
    )


class WhatIfTable(OptionTable):
    """A stated alternative to an assumption: the study with some keys changed, to see how far results rest on it."""

    id: Identifier = key('id in results; "full" is the full programme')
    rationale: Text = key("what the alternative means, and what speaks for it")
    assumption: Name = key("the assumption that it is an alternative to; several may share one; else its own name", "")
    all_years: bool = key("whether what is paid after the last year of the study counts, too", False)
    # A table without any limit stands for a distribution in the JSON schema.
    set: Annotated[dict[str, Any], Field(max_length=MOST_CHANGES, json_schema_extra={"minProperties": 0})] = key(
        "keys of the study file and their values, nested or dotted; none where all_years is the alternative", {}
    )


class StudyFile(Table):
    """A study file."""

    format: Format = key("version of this schema")
    study: AboutTable = key("what the study is")
    scenarios: ScenariosTable = key("scenarios and seed", ScenariosTable())
    money: MoneyTable = key("currency and price year")
    catalogue: CatalogueTable = key("cost distributions")
    countries: CountriesTable = key("countries that are counted")
    csv: CsvTable | None = key("how the CSV files are written", None)
    size: SizeTable | None = key("size of countries", None)
    driver: Annotated[dict[str, DriverTable], Field(max_length=MOST_ENTRIES)] = key(
        "further measures of countries, by name", {}
    )
    dependence: DependenceTable = key("correlations")
    start: StartTable | None = key("when countries begin", None)
    delay: DelayTable | None = key("how late work is, in all areas that do not state it themselves", None)
    escalation: EscalationTable | None = key("real rise of costs, in all areas that do not state it themselves", None)
    shock: Annotated[dict[str, ShockTable], Field(max_length=MOST_ENTRIES)] = key(
        "events common to all countries, by id", {}
    )
    financing: FinancingTable | None = key("what is asked of a fund", None)
    area: Annotated[dict[str, AreaTable], Field(max_length=MOST_ENTRIES)] = key("counted areas, by id", {})
    overlap: Annotated[dict[str, OverlapTable], Field(max_length=MOST_ENTRIES)] = key(
        "changes of wholes that components share, by id", {}
    )
    report: ReportTable = key("ranges and breakdowns", ReportTable())
    headings: Annotated[dict[str, Name], Field(max_length=MOST_ENTRIES)] = key(
        "names of columns of the countries file for print, as they stand inside a sentence", {}
    )
    labels: ValueLabels = key(
        "names of values of columns of the countries file for print, by column, as they stand inside a sentence", {}
    )
    translations: dict[str, Text] = key(
        "files of translated names, by code of language, such as fr; relative to the study file", {}
    )
    option: Annotated[list[OptionTable], Field(max_length=MOST_OPTIONS)] = key(
        "negotiating options beside the study", []
    )
    what_if: Annotated[list[WhatIfTable], Field(max_length=MOST_OPTIONS)] = key(
        "stated alternatives to assumptions of the study", []
    )


class TranslationFile(Table):
    """A file of names of a study in another language."""

    format: Format = key("version of this schema")
    names: Annotated[dict[str, Name], Field(max_length=MOST_CHANGES)] = key("name in the study = its translation")
