"""Schema of what may differ among groups of countries: needs, starts, delays, financing; and of rises and shocks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from popsim.study.toml_base import BasisWord, Factor, LateYears, Probability, Rate, Share, Table, Text

__all__ = [
    "CofinancingTable",
    "DelayTable",
    "EscalationTable",
    "FinancingTable",
    "NeedTable",
    "ShockTable",
    "StartTable",
]

BY = "group column = value = what holds there; the first column that has an entry for the country applies"


class NeedTable(Table):
    """How probable it is that a country needs an area, or a component of it."""

    probability: Probability = Field(description="probability of need; uncertain where a table", examples=[1.0])
    by: dict[str, dict[str, Probability]] = Field(default_factory=dict, description=BY)
    basis: BasisWord = Field(description="what the probability rests on", examples=["judgement"])
    rationale: Text = Field(description="why this probability", examples=["not given"])


class StartTable(Table):
    """When a country begins."""

    years: LateYears = Field(description="years after the first year at which a country begins", examples=[0.0])
    by: dict[str, dict[str, LateYears]] = Field(default_factory=dict, description=BY)
    basis: BasisWord = Field(description="what the years rest on", examples=["judgement"])
    rationale: Text = Field(description="why these years", examples=["not given"])


class DelayTable(Table):
    """How late an area's work in a country is, and what that adds to its cost."""

    years: LateYears = Field(description="years by which an area's work in a country is late", examples=[0.0])
    cost_per_year: Annotated[float, Field(ge=0)] = Field(0.0, description="what a year of delay adds, as a share")
    by: dict[str, dict[str, LateYears]] = Field(default_factory=dict, description=BY)
    basis: BasisWord = Field(description="what the years rest on", examples=["judgement"])
    rationale: Text = Field(description="why these years", examples=["not given"])


class EscalationTable(Table):
    """Rise of costs on top of general prices."""

    rate: Rate = Field(description="real rise per year after price_year; uncertain where a table", examples=[0.0])
    basis: BasisWord = Field(description="what the rate rests on", examples=["judgement"])
    rationale: Text = Field(description="why this rate", examples=["not given"])


class ShockTable(Table):
    """An event common to all countries that multiplies the cost of some areas."""

    name: Text = Field(description="name, as the report shows it", examples=["not given"])
    areas: Annotated[list[Text], Field(min_length=1)] = Field(description="ids of the areas it hits", examples=[["a"]])
    probability: Share = Field(description="probability that it happens", examples=[0.0])
    factor: Factor = Field(description="what it multiplies costs by; uncertain where a table", examples=[1.0])
    basis: BasisWord = Field(description="what probability and factor rest on", examples=["judgement"])
    rationale: Text = Field(description="why this probability and factor", examples=["not given"])


class FinancingTable(Table):
    """What a fund is asked for: the cost after co-financing, with the fee of the agencies."""

    agency_fee: Share = Field(0.0, description="share that agencies add to what is financed")
    cofinancing: Share = Field(0.0, description="share of cost that governments, agencies and other donors co-finance")
    by: dict[str, dict[str, Share]] = Field(default_factory=dict, description=BY)
    basis: BasisWord = Field(description="what these shares rest on", examples=["judgement"])
    rationale: Text = Field(description="why these shares", examples=["not given"])


class CofinancingTable(Table):
    """Co-financing of one area."""

    cofinancing: Share = Field(description="share of the area's cost that others co-finance", examples=[0.0])
    by: dict[str, dict[str, Share]] = Field(default_factory=dict, description=BY)
    basis: BasisWord | None = Field(None, description="what the share rests on; as in [financing] unless said")
    rationale: Text | None = Field(None, description="why this share; as in [financing] unless said")
