"""Schema of the tables of areas: what a study says of an area of the catalogue and of its components."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from popsim.study.setting_tables import CofinancingTable, DelayTable, EscalationTable, NeedTable
from popsim.study.toml_base import AnyExponent, BasisWord, Share, SizeExponent, Table, Text, Years

__all__ = ["AreaTable", "ChangeTable"]


class ChangeTable(Table):
    """What the study changes in one component of the catalogue; all else stays as it is there."""

    include: bool = Field(True, description="false leaves the component out")
    start: Annotated[int, Field(ge=1)] | None = Field(None, description="programme year of the first payment")
    spread: list[Annotated[float, Field(ge=0, le=1)]] | None = Field(
        None, description="one-off: shares paid in successive years from start; they sum to 1"
    )
    years: Years | None = Field(None, description='per-year, stepped: number of years paid from start, or "all"')
    every: Annotated[int, Field(ge=1)] | None = Field(None, description="stepped: years from one payment to the next")
    cost: dict[str, Any] | None = Field(
        None, description="family and its parameters, in the currency and prices of the catalogue's cost"
    )
    basis: BasisWord | None = Field(None, description="what a changed cost rests on; judgement unless said")
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
