"""Schema of the table [dependence]: how uncertain costs hang together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Tag

from popsim.study.toml_base import BasisWord, Share, Table, Text, one_of

__all__ = ["Between", "DependenceTable", "MatrixTable"]


class MatrixTable(Table):
    """A correlation matrix with its labels."""

    labels: list[Text] = Field(description="ids of areas, in the order of rows and columns", examples=[[]])
    values: list[list[float]] = Field(description="rows of the matrix", examples=[[]])


Between = Annotated[
    Annotated[float, Field(ge=0, le=1), Tag("<number>")]
    | Annotated[Text, Tag("<text>")]
    | Annotated[MatrixTable, Tag("<table>")],
    one_of("a number from 0 to 1, the name of a CSV file, or a table with labels and values"),
]


class DependenceTable(Table):
    """How uncertain costs hang together."""

    between_areas: Between = Field(
        description="correlation between two areas of one country: a number, a labelled CSV file, or {labels, values}",
        examples=[0.0],
    )
    between_components: Share = Field(description="correlation between two components of one area", examples=[0.0])
    common_share: Share = Field(
        description="correlation between two countries in one area; the share of uncertainty common to all",
        examples=[0.0],
    )
    basis: BasisWord = Field(description="what these numbers rest on", examples=["judgement"])
    rationale: Text = Field(description="why these numbers", examples=["not given"])
