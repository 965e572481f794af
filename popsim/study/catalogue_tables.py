"""Schema of the catalogue: one activity area to a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from popsim.study.toml_base import BasisWord, CalendarYear, Currency, Format, Identifier, Table, Text, Years

__all__ = ["CatalogueFile", "ComponentTable", "SourceTable"]


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
    kind: Literal["one-off", "per-year", "stepped"] = Field(
        description="paid once, every year, or every few years", examples=["one-off"]
    )
    start: Annotated[int, Field(ge=1)] = Field(1, description="programme year of the first payment; 1 is the first")
    spread: list[Annotated[float, Field(ge=0, le=1)]] | None = Field(
        None, description="one-off: shares paid in successive years from start; they sum to 1; all at once by default"
    )
    years: Years | None = Field(None, description='per-year, stepped: number of years paid from start, or "all"')
    every: Annotated[int, Field(ge=1)] | None = Field(None, description="stepped: years from one payment to the next")
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
