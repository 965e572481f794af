"""Quantities in TOML files: numbers within limits, and distributions, which are built as they are read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from popsim.errors import PopsimError, Problem, words
from popsim.families import build
from popsim.families.base import Family
from popsim.schema import (
    AGENCY_FEE,
    COFINANCING,
    COST,
    EXPONENT,
    FACTOR,
    LEVEL,
    MATERIALISED,
    PROBABILITY,
    RATE,
    SIZE_EXPONENT,
    WHOLE_SHARE,
    YEARS,
    Limits,
)


def value_kind(value: object) -> str | None:
    """Return the tag of a kind of value, <number>, <text>, <table> or <list>; None for any other."""
    if isinstance(value, bool):
        return None
    kinds = {"<number>": int | float, "<text>": str, "<table>": dict | BaseModel, "<list>": list}
    return next((tag for tag, types in kinds.items() if isinstance(value, types)), None)


@dataclass(frozen=True)
class Drawn:
    """Marks a field as a distribution with a finite mean, all values of which lie within limits."""

    limits: Limits
    mend: str = "use a family whose smallest and largest value lie within, such as beta, triangular or pert"

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema by which pydantic reads the field: a table, from which the distribution is built."""
        table = core_schema.dict_schema(core_schema.str_schema(), core_schema.any_schema(), strict=True)
        return core_schema.no_info_after_validator_function(self.read, table)

    def read(self, table: dict[str, Any]) -> Family:
        """Build the distribution that a table states.

        Raises
        ------
        PydanticCustomError
            Of type "problems", which are in its context, with keys from the table on.
        """
        return _built(self, _Table(repr(table), table))

    def check_support(self, family: Family, table: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with the values that a distribution can take, which a table states."""
        (low, high), limits = family.support(), self.limits
        at_low = limits.is_open and low == limits.low and float(family.cdf(low)) > 0.0
        if limits.low <= low and high <= limits.high and not at_low:
            return []
        if limits is COST:
            found, allowed = f"values down to {low:.10g}", "smallest value >= 0: a cost cannot be negative"
        else:
            found, allowed = f"values from {low:.10g} to {high:.10g}", f"{limits.words()}, in every scenario"
        return [Problem("", (), f"{found} ({_stated(table)})", allowed, self.mend)]

    def check_mean(self, family: Family, table: Mapping[str, Any]) -> list[Problem]:
        """Return what is wrong with the mean of a distribution."""
        mean, most = family.mean(), self.limits.most
        if math.isfinite(mean) and mean <= most:
            return []
        allowed = "a finite mean" if mean == math.inf else f"a mean of at most {most:.10g}"
        mend = "use a lighter tail, or truncate it"
        return [Problem("", (), f"mean = {mean:.10g} ({_stated(table)})", allowed, mend)]


@dataclass(frozen=True)
class Within(Drawn):
    """Marks a field as a number within limits, or a distribution within them; a number is `below` something as well.

    Examples
    --------
    >>> from pydantic import TypeAdapter
    >>> TypeAdapter(Probability).validate_python({"family": "uniform", "low": 0.2, "high": 0.6}).support()
    (0.2, 0.6)
    """

    wording: str = ""
    below: float | None = None

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema by which pydantic reads the field: an alternative by the kind of value."""
        limits = self.limits
        most = math.inf if self.below is not None else min(limits.high, limits.most)
        number = core_schema.float_schema(
            ge=None if limits.is_open else limits.low,
            gt=limits.low if limits.is_open else None,
            le=None if math.isinf(most) else most,
            lt=self.below,
            strict=True,
            allow_inf_nan=False,
        )
        return core_schema.tagged_union_schema(
            {"<number>": number, "<table>": super().__get_pydantic_core_schema__(source, handler)},
            value_kind,
            custom_error_type="popsim",
            custom_error_message=f"{self.wording}, or a table with a family and its parameters",
        )


@dataclass(frozen=True)
class _Table:
    """A table known by what stands in it: as Python shows it, 1, 1.0 and true are three things."""

    text: str
    content: dict[str, Any] = field(compare=False)


@lru_cache(maxsize=1024)
def _built(marked: Drawn, table: _Table) -> Family:
    """Build the distribution that a table states; options and cases of a study state most of them again."""
    problems: list[Problem] = []
    try:
        family = build(table.content)
    except PopsimError as error:
        problems += error.problems
    else:
        problems = [*marked.check_support(family, table.content), *marked.check_mean(family, table.content)]
    if problems:
        raise PydanticCustomError("problems", "problems", {"problems": problems})
    return family


def _stated(table: Mapping[str, Any]) -> str:
    return words(f"{name} = {value!r}" for name, value in table.items())


Cost = Annotated[Family, Drawn(COST, "use a family with a smallest value, such as lognormal, gamma or pert")]
Probability = Annotated[float | Family, Within(PROBABILITY, wording="a number from 0 to 1")]
ShareOf = Annotated[float | Family, Within(WHOLE_SHARE, wording="a number from 0 to 1")]
LateYears = Annotated[float | Family, Within(YEARS, wording="a number of years")]
Level = Annotated[float | Family, Within(LEVEL, wording="a factor, such as 1.3")]
Rate = Annotated[float | Family, Within(RATE, wording="a rate per year, such as 0.02", below=1)]
Factor = Annotated[float | Family, Within(FACTOR, wording="a factor, such as 1.3")]
SizeExponent = Annotated[float | Family, Within(SIZE_EXPONENT, wording="a number from 0 to 2")]
AnyExponent = Annotated[float | Family, Within(EXPONENT, wording="a number from -2 to 2")]
_SHARE = "a share from 0 to 1, such as 0.2"
AgencyFee = Annotated[float | Family, Within(AGENCY_FEE, wording=_SHARE)]
Cofinancing = Annotated[float | Family, Within(COFINANCING, wording=_SHARE)]
Materialised = Annotated[float | Family, Within(MATERIALISED, wording=_SHARE)]
