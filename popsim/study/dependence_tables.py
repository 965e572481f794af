"""Schema of the table [dependence]: how uncertain costs hang together."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, Tag

from popsim.study.toml_base import BasisWord, Share, Table, Text, one_of, sort_of

__all__ = ["Between", "DependenceTable", "GroupTable", "GroupsTable", "MatrixTable"]


class MatrixTable(Table):
    """A correlation matrix with its labels."""

    labels: list[Text] = Field(description="ids of areas, in the order of rows and columns", examples=[[]])
    values: list[list[float]] = Field(description="rows of the matrix", examples=[[]])


class GroupTable(Table):
    """Areas that hang together, each with each, by one correlation."""

    areas: Annotated[list[Text], Field(min_length=2)] = Field(
        description="ids of two areas or more", examples=[["not_given", "not_given_either"]]
    )
    correlation: Annotated[float, Field(ge=-1, le=1)] = Field(
        description="correlation between any two of these areas in one country", examples=[0.0]
    )


class GroupsTable(Table):
    """Correlations of areas by groups of areas."""

    groups: list[GroupTable] = Field(description="groups of areas, each with its correlation", examples=[[]])
    otherwise: Annotated[float, Field(ge=-1, le=1)] = Field(
        description="correlation of two areas that no group holds together", examples=[0.0]
    )


def _form(value: Any) -> str | None:
    if isinstance(value, dict | Table):
        keys = value if isinstance(value, dict) else type(value).model_fields
        return "<groups>" if "groups" in keys or "otherwise" in keys else "<matrix>"
    return sort_of(value)


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
    """How needs hang together."""

    between_needs: Share = Field(0.0, description="correlation between two needs of one country, apart from cost")
    with_cost: Correlation = Field(
        0.0, description="correlation between the need for an area and its cost: above 0, it is dear where it is needed"
    )
    common_share: Share = Field(0.0, description="correlation between two countries in one need, apart from cost")


class DelayDependenceTable(Table):
    """How delays of areas hang together."""

    between_areas: Share = Field(0.0, description="correlation between the delays of two areas of one country")
    common_share: Share = Field(0.0, description="correlation between the delays of an area in two countries")


class StartDependenceTable(Table):
    """How the starts of countries hang together."""

    common_share: Share = Field(0.0, description="correlation between the starts of two countries")


class DependenceTable(Table):
    """How uncertain costs hang together."""

    between_areas: Between = Field(
        description="correlation between two areas of one country: a number, a labelled CSV file, {labels, values}, or "
        "{groups, otherwise}",
        examples=[0.0],
    )
    between_components: Share = Field(description="correlation between two components of one area", examples=[0.0])
    common_share: Share = Field(
        description="correlation between two countries in one area; the share of uncertainty common to all",
        examples=[0.0],
    )
    basis: BasisWord = Field(description="what these numbers rest on", examples=["judgement"])
    rationale: Text = Field(description="why these numbers", examples=["not given"])
    group: Text | None = Field(
        None, description="group column of the countries file: countries of one group share more than all countries do"
    )
    group_share: Share | None = Field(
        None, description="correlation between two countries of one group in one area; at least common_share"
    )
    need: NeedDependenceTable = Field(default_factory=lambda: NeedDependenceTable(), description="of needs")
    delay: DelayDependenceTable = Field(default_factory=lambda: DelayDependenceTable(), description="of delays")
    start: StartDependenceTable = Field(default_factory=lambda: StartDependenceTable(), description="of starts")
