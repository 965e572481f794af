"""Schema of the TOML files of the catalogue: one for each activity area, with its components and their evidence."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator
from pydantic_core import PydanticCustomError

from popsim.errors import Problem
from popsim.schema import MOST_CHANGES, MOST_COMPONENTS, MOST_ENTRIES, MOST_PROGRAMME_YEARS
from popsim.study.quantities import ShareOf
from popsim.study.toml_models import (
    AnyCost,
    CalendarYear,
    Count,
    Currency,
    Format,
    FreeText,
    Identifier,
    Name,
    PositiveNumber,
    Share,
    Table,
    Text,
    YearCount,
    Years,
    key,
    one_of,
)
from popsim.types import Basis, CostScope, RangeBasis, Scope, Stage

Date = Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
PartOfAmount = Annotated[float, Field(gt=0, le=1)]
CountryCodes = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[list[Text], Field(min_length=1, max_length=MOST_ENTRIES), Tag("<list>")],
    one_of("the code of a country, or a list of codes"),
]


class Source(Table):
    """Where a figure was read."""

    document: Text = key("document symbol or page")
    figure: Text = key("what was read there, with its year and unit")
    status: Literal["verified", "derived"] = key("verified: read there; derived: arithmetic on verified figures")
    address: FreeText = key("web address", "")


class Expert(Table):
    """Somebody who was asked, and how."""

    name: Name | None = key("name; a role may stand for it", None)
    role: Name | None = key("role, such as head of the ozone unit", None)
    date: Date = key("when: year, month or day, as 2026, 2026-11 or 2026-11-29")
    method: Text = key("how the range was asked for, such as quartiles in an interview")


class DataRow(Table):
    """An amount that was read: what somebody planned, pledged or paid."""

    id: Identifier = key("id, unique among the data of the component")
    name: Name = key("what it was paid for, and where")
    amount: PositiveNumber = key("amount, in money of `year`, for all its countries together")
    currency: Currency | None = key("currency of the amount; that of the component unless said", None)
    year: CalendarYear = key("year of that money")
    country: CountryCodes | None = key("code of the country, or a list of codes, as in the countries file", None)
    countries: Count | None = key("number of countries that the amount is for; as many as codes, or 1", None)
    size: PositiveNumber | None = key("size of such a country where the countries file does not have it", None)
    scope: Scope = key("what it counts: a grant, all that was paid, or co-financing")
    stage: Stage = key("how far the money had come: planned, pledged, approved or actual", "approved")
    share: PartOfAmount = key("part of the amount that was for this component", 1.0)
    share_rationale: Text | None = key("where the rest of it stands; needed with a share below 1", None)
    use: Literal["fit", "shown"] = key("fit: counts as a point of the range; shown: stands beside it", "fit")
    reason: Text | None = key("why it is only shown; needed then", None)
    document: Text = key("document symbol or page")
    figure: Text = key("what was read there, with its year and unit")
    status: Literal["verified", "derived"] = key("verified: read there; derived: arithmetic on verified figures")
    address: FreeText = key("web address", "")
    read: Date | None = key("when it was read", None)

    def __hash__(self) -> int:
        """Return a hash; that of pydantic fails where there is a list of codes."""
        return hash((self.id, self.name, self.amount, self.year, self.codes, self.document))

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the countries that the amount is for, as far as they are stated."""
        stated = self.country or ()
        return (stated,) if isinstance(stated, str) else tuple(stated)


class AcceptedTable(Table):
    """Warnings about evidence that are accepted, each with the reason."""

    outside: Text | None = key("why so many amounts may lie outside the range", None)
    spread: Text | None = key("why the amounts may spread farther than the range", None)
    far: Text | None = key("why an amount may be so far out", None)
    end: Text | None = key("why an amount may stand at the end of the range", None)
    size: Text | None = key("why an amount may have no size", None)
    source: Text | None = key("why a source may stand behind another component too", None)
    scopes: Text | None = key("why amounts of another scope may stand behind the cost", None)
    financing: Text | None = key("why a cost of this scope may be financed so", None)

    def reasons(self) -> tuple[tuple[str, str], ...]:
        """Return (warning, reason) pairs."""
        return tuple((name, reason) for name, reason in self if reason is not None)


class Named(Table):
    """What has an id and a name in a file of the catalogue."""

    id: Identifier = key("id, unique in the file")
    name: Name = key("name, as the report shows it")


class Paid(Named):
    """What is paid in some years of the programme."""

    kind: Literal["one-off", "per-year", "stepped"] = key("paid once, every year, or every few years")
    start: YearCount = key("programme year of the first payment; 1 is the first", 1)
    spread: Annotated[list[Share], Field(max_length=MOST_PROGRAMME_YEARS)] | None = key(
        "one-off: shares paid in successive years from start; they sum to 1; all at once by default", None
    )
    years: Years | None = key('per-year, stepped: number of years paid from start, or "all"', None)
    every: YearCount | None = key("stepped: years from one payment to the next", None)
    person_years: PositiveNumber | None = key(
        "posts that it pays in a country of reference size: person-years a year, or in all for a one-off", None
    )

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


class Costed(Named):
    """A cost with all that it rests on."""

    currency: Currency = key("currency of the cost")
    price_year: CalendarYear = key("year whose prices the cost is in")
    basis: Basis = key("what the centre of the range rests on")
    width_basis: RangeBasis | None = key('what its width rests on; "data" where it is a fit, else judgement', None)
    shape_basis: RangeBasis | None = key("what its shape, the family, rests on; judgement unless said", None)
    covers: FreeText = key("what the range is meant to cover, such as differences between countries", "")
    scope: CostScope = key("what the cost counts: all that is paid, what funds grant, or what others add", "whole")
    rationale: Text = key("why this cost, in sentences a finance ministry can follow")
    cost: AnyCost = key("family and its parameters, or quantiles such as p05 and p95, or a fit to data")
    source: Annotated[list[Source], Field(max_length=MOST_ENTRIES)] = key("where the figures were read", [])
    expert: Annotated[list[Expert], Field(max_length=MOST_ENTRIES)] = key("who was asked", [])
    data: Annotated[list[DataRow], Field(max_length=MOST_CHANGES)] = key(
        "amounts that were read: what a range is fitted to, or checked by", []
    )
    accepted: AcceptedTable = key("warnings about evidence that are accepted, and why", AcceptedTable())


class CatalogueComponent(Costed, Paid):
    """One cost component of an area, per country of reference size."""


class CatalogueOverlap(Costed):
    """A whole that several components share: drawn once for a country, then split."""


class CatalogueShare(Paid):
    """A component that is a share of a whole, and has no cost of its own."""

    overlap: Identifier = key("id of the [[overlap]] that it is a share of, in this file or another")
    share: ShareOf = key("its share of the whole; uncertain where a table")
    basis: Basis = key("what the share rests on")
    rationale: Text = key("why this share")
    currency: Currency | None = key("not needed: that of the whole", None)
    price_year: CalendarYear | None = key("not needed: that of the whole", None)
    source: Annotated[list[Source], Field(max_length=MOST_ENTRIES)] = key("where the share was read", [])

    @model_validator(mode="before")
    @classmethod
    def _without_cost(cls, table: Any) -> Any:
        if isinstance(table, dict) and "cost" in table:
            found, allowed = "a cost beside a share of a whole", "cost, or overlap with share"
            problem = Problem("", ("cost",), found, allowed, "leave cost out: it is that of the whole times the share")
            raise PydanticCustomError("problems", "problems", {"problems": [problem]})
        return table


def _component_form(value: Any) -> str:
    keys = value if isinstance(value, dict) else type(value).model_fields if isinstance(value, Table) else ()
    return "<share>" if "overlap" in keys or "share" in keys else "<cost>"


AnyComponent = Annotated[
    Annotated[CatalogueComponent, Tag("<cost>")] | Annotated[CatalogueShare, Tag("<share>")],
    Discriminator(_component_form),
]


class CatalogueAreaTable(Table):
    """An activity area."""

    id: Identifier = key("short id used in studies")
    name: Name = key("name, as the report shows it")
    document: Text = key("where the area is defined")
    description: Text = key("what it takes, in own words")


class CatalogueFile(Table):
    """A file of the catalogue: one activity area."""

    format: Format = key("version of this schema")
    area: CatalogueAreaTable = key("the area")
    component: Annotated[list[AnyComponent], Field(min_length=1, max_length=MOST_COMPONENTS)] = key(
        "cost components of the area"
    )
    overlap: Annotated[list[CatalogueOverlap], Field(max_length=MOST_COMPONENTS)] = key(
        "wholes that components share, of this area and of others", []
    )
