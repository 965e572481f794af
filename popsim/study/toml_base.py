"""Kinds of values that stand in TOML files, and what all tables have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag
from pydantic_core import PydanticCustomError

from popsim.schema import EXPONENT, FACTOR, PROBABILITY, RATE, SIZE_EXPONENT, YEARS
from popsim.types import Basis

__all__ = [
    "AnyExponent",
    "BasisWord",
    "Breakdown",
    "CalendarYear",
    "Currency",
    "Factor",
    "Format",
    "Identifier",
    "LateYears",
    "Probability",
    "Rate",
    "Share",
    "SizeExponent",
    "Table",
    "Text",
    "Years",
    "one_of",
    "sort_of",
]

BasisWord = Basis
Text = Annotated[str, StringConstraints(min_length=1)]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
CalendarYear = Annotated[int, Field(ge=1900, le=2200)]
Share = Annotated[float, Field(ge=0, le=1)]


class Table(BaseModel):
    """A TOML table: no unknown keys, no conversion of types, no NaN or infinity."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _first_format(value: int) -> int:
    if value != 1:
        raise PydanticCustomError("popsim", "format = 1: this version of popsim reads no other")
    return value


def sort_of(value: Any) -> str | None:
    """Tag of the sort of a value; None where it has none."""
    if isinstance(value, bool):
        return None
    for sort, types in {
        "<number>": (int, float),
        "<text>": str,
        "<table>": (dict, Table),
        "<list>": list,
    }.items():
        if isinstance(value, types):  # type: ignore[arg-type]
            return sort
    return None


def one_of(wording: str, sort: Callable[[Any], str | None] = sort_of) -> Any:
    """Tell numbers, texts, tables and lists apart by the tags <number>, <text>, <table>, <list>; else say `wording`."""
    return Discriminator(sort, custom_error_type="popsim", custom_error_message=wording)


Format = Annotated[int, AfterValidator(_first_format)]
Breakdown = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[list[Text], Field(min_length=1), Tag("<list>")],
    one_of('a name, such as "area", or a list of names, such as ["area", "year"]'),
]
Years = Annotated[
    Annotated[int, Field(ge=1), Tag("<number>")] | Annotated[Literal["all"], Tag("<text>")],
    one_of('a whole number of years, or "all"'),
]

Drawn = Annotated[dict[str, Any], Tag("<table>")]
"""A distribution: its family and parameters, which `popsim.families.build` reads."""
Probability = Annotated[
    Annotated[float, Field(ge=PROBABILITY.low, le=PROBABILITY.high), Tag("<number>")] | Drawn,
    one_of("a number from 0 to 1, or a table with a family and its parameters"),
]
LateYears = Annotated[
    Annotated[float, Field(ge=YEARS.low), Tag("<number>")] | Drawn,
    one_of("a number of years, or a table with a family and its parameters"),
]
Rate = Annotated[
    Annotated[float, Field(gt=RATE.low, lt=1), Tag("<number>")] | Drawn,
    one_of("a rate per year, such as 0.02, or a table with a family and its parameters"),
]
Factor = Annotated[
    Annotated[float, Field(gt=FACTOR.low), Tag("<number>")] | Drawn,
    one_of("a factor, such as 1.3, or a table with a family and its parameters"),
]
SizeExponent = Annotated[
    Annotated[float, Field(ge=SIZE_EXPONENT.low, le=SIZE_EXPONENT.high), Tag("<number>")] | Drawn,
    one_of("a number from 0 to 2, or a table with a family and its parameters"),
]
AnyExponent = Annotated[
    Annotated[float, Field(ge=EXPONENT.low, le=EXPONENT.high), Tag("<number>")] | Drawn,
    one_of("a number from -2 to 2, or a table with a family and its parameters"),
]
